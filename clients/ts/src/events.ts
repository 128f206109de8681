import {
    type Address,
    type LogsNotificationsApi,
    type ReadonlyUint8Array,
    type RpcSubscriptions,
    getBase64Encoder,
} from '@solana/kit';

import { EVENTS } from './generated/events.js';
import { HOLDFAST_PROGRAM_ADDRESS } from './generated/index.js';

type Described = (typeof EVENTS)[number];

/** An event of the program: its name and its data, of the type that belongs to the name. */
export type HoldfastEvent = {
    [Name in Described['name']]: {
        name: Name;
        data: ReturnType<Extract<Described, { name: Name }>['decode']>;
    };
}[Described['name']];

const PREFIX = 'Program data: ';

/**
 * The events among the lines that a transaction logged, in their order. Only what the venue's program
 * wrote itself counts: any program can log the same bytes.
 */
export function eventsOf(
    logs: readonly string[],
    program: Address = HOLDFAST_PROGRAM_ADDRESS,
): HoldfastEvent[] {
    const running: string[] = [];
    const events: HoldfastEvent[] = [];
    for (const line of logs) {
        const [, invoked] = /^Program (\w+) invoke \[\d+\]$/.exec(line) ?? [];
        if (invoked !== undefined) {
            running.push(invoked);
        } else if (/^Program \w+ (success|failed.*)$/.test(line)) {
            running.pop();
        } else if (line.startsWith(PREFIX) && running.at(-1) === program) {
            const event = decoded(getBase64Encoder().encode(line.slice(PREFIX.length)));
            if (event !== undefined) {
                events.push(event);
            }
        }
    }
    return events;
}

function decoded(bytes: ReadonlyUint8Array): HoldfastEvent | undefined {
    const begins = (known: Described) => known.discriminator.every((byte, at) => bytes[at] === byte);
    const known = EVENTS.find(begins);
    if (known === undefined) {
        return undefined;
    }
    return { name: known.name, data: known.decode(bytes.slice(8)) } as HoldfastEvent;
}

/** Events with the transaction and the slot that they are from. */
export interface Notice {
    signature: string;
    slot: bigint;
    events: HoldfastEvent[];
}

/**
 * The events of every transaction that names an account, as they are confirmed; of the whole program
 * where none is given. Failed transactions changed nothing and are left out. The subscription ends
 * with the signal; what happened while a connection was lost is not repeated.
 */
export async function* subscribeEvents(
    subscriptions: RpcSubscriptions<LogsNotificationsApi>,
    { mentions = HOLDFAST_PROGRAM_ADDRESS, signal }: { mentions?: Address; signal: AbortSignal },
): AsyncGenerator<Notice> {
    const request = subscriptions.logsNotifications({ mentions: [mentions] }, { commitment: 'confirmed' });
    for await (const { context, value } of await request.subscribe({ abortSignal: signal })) {
        const events = value.err === null ? eventsOf(value.logs ?? []) : [];
        if (events.length > 0) {
            yield { signature: value.signature, slot: context.slot, events };
        }
    }
}
