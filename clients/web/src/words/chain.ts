/** The state of the chain in sentences: what it is, why, what comes next, and what works. */

import { type Action, type Chain, type ChainHealth, ChainState, type Permit, type Sample } from '@holdfast/client';

import type { Pulse } from '../venue/pulse.js';
import type { Snapshot } from '../venue/snapshot.js';
import { duration, moment, percent } from './format.js';

/** How bad it is, for colours: from all is well to nothing is known. */
export type Tone = 'good' | 'careful' | 'bad' | 'recovering' | 'unknown';

const TONES: Record<ChainState, Tone> = {
    [ChainState.Normal]: 'good',
    [ChainState.Strained]: 'careful',
    [ChainState.Throttled]: 'careful',
    [ChainState.Thaw]: 'recovering',
    [ChainState.Shelter]: 'bad',
};

/** What the banner says. */
export interface Condition {
    tone: Tone;
    title: string;
    since: string;
    why: string;
    next: string | undefined;
}

const BLOCKS = 128n;

/** The chain as it is now, for people. */
export function condition(chain: Chain, snapshot: Snapshot, pulse: Pulse, nowMs: number): Condition {
    if (pulse.kind === 'silent') {
        return {
            tone: 'unknown',
            title: 'No answer',
            since: `for ${duration(pulse.forMs)}`,
            why: 'The endpoint does not answer. The chain may be all right: this page cannot know. What it shows is from before.',
            next: 'It asks again every two seconds. Check your connection, or choose another endpoint.',
        };
    }
    if (pulse.kind === 'stands') {
        return {
            tone: 'bad',
            title: 'Standing still',
            since: `for ${duration(pulse.forMs)}`,
            why: `There has been no new slot since ${snapshot.slot.toLocaleString('en-US')}. The chain has stopped, or this endpoint is behind.`,
            next: 'Nothing lands until the chain goes on. A close or a deposit sent now waits and lands then, if this page stays open.',
        };
    }
    return {
        tone: TONES[chain.state],
        title: ChainState[chain.state],
        since: since(chain, nowMs),
        why: why(chain, snapshot, nowMs),
        next: next(chain, nowMs),
    };
}

function since({ sinceMs }: Chain, nowMs: number): string {
    const at = Number(sinceMs);
    return at === 0 ? 'from the beginning' : `since ${moment(at)}, for ${duration(nowMs - at)}`;
}

function next({ state, untilMs, sinceMs, thresholds }: Chain, nowMs: number): string | undefined {
    switch (state) {
        case ChainState.Shelter: {
            const left = Number(untilMs) - nowMs;
            const rest = `then Thaw for ${duration(Number(thresholds.thawMs))}, Throttled, Normal`;
            return left > 0
                ? `Shelter ends in ${duration(left)} at the earliest; ${rest}.`
                : `Shelter ends with the next look at the chain; ${rest}.`;
        }
        case ChainState.Thaw: {
            const left = Number(sinceMs + thresholds.thawMs) - nowMs;
            return `Throttled follows in ${duration(left)}, then Normal, unless the chain is disrupted again.`;
        }
        case ChainState.Throttled:
        case ChainState.Strained:
            return `Normal follows after ${duration(Number(thresholds.holdMs))} of good signals.`;
        default:
            return undefined;
    }
}

function why(chain: Chain, { facts, health }: Snapshot, nowMs: number): string {
    const unrecorded =
        chain.state === health.monitor.state ? '' : ' Nobody has recorded it yet; the program acts on it all the same.';
    const signal = presentSignal(chain, facts.skipped, health, nowMs);
    if (chain.state === ChainState.Normal) {
        return `Slots take ${slotTime(chain)}${skips(facts.skipped)}. Last looked at ${duration(nowMs - Number(health.monitor.seenMs))} ago.`;
    }
    if (chain.state === ChainState.Strained) {
        return (signal ?? 'A guardian asked for it, or signals were bad a moment ago.') + unrecorded;
    }
    return (disruption(chain, health) ?? signal ?? 'A guardian asked for it.') + unrecorded;
}

/** What is bad just now. */
function presentSignal(
    chain: Chain,
    skipped: bigint | undefined,
    health: ChainHealth,
    nowMs: number,
): string | undefined {
    const { thresholds: at, monitor } = chain;
    const silence = nowMs - Number(health.monitor.seenMs);
    if (silence > Number(at.silenceMs)) {
        return `Nobody has looked at the chain for ${duration(silence)}: nothing of the venue's lands, or no keeper runs.`;
    }
    if (monitor.windowUs * 10_000 >= monitor.baselineUs * at.slowOverBps && monitor.windowUs > 0) {
        return `Slots take ${slotTime(chain)} instead of ${(monitor.baselineUs / 1e6).toFixed(2)} s.`;
    }
    if (skipped !== undefined && skipped * 10_000n >= (skipped + BLOCKS) * BigInt(at.skippingOverBps)) {
        return `Many leaders make no block${skips(skipped)}.`;
    }
    return undefined;
}

function slotTime({ monitor }: Chain): string {
    return `${((monitor.windowUs || monitor.baselineUs) / 1e6).toFixed(2)} s`;
}

function skips(skipped: bigint | undefined): string {
    return skipped === undefined ? '' : `, and ${percent(Number(skipped) / Number(skipped + BLOCKS), 0)} are skipped`;
}

/** The last disruption, by the samples before and after it as long as the chain keeps them. */
function disruption(chain: Chain, health: ChainHealth): string | undefined {
    const { lastDisruptionMs, thresholds, monitor } = chain;
    if (lastDisruptionMs === 0n) {
        return undefined;
    }
    const samples = newestFirst(health);
    const passed = (before: Sample, after: Sample) => Number(after.nowMs - before.nowMs);
    const missing = (before: Sample, after: Sample) =>
        passed(before, after) - (Number(after.slot - before.slot) * monitor.baselineUs) / 1_000;
    for (const [at, after] of samples.entries()) {
        const before = samples[at + 1];
        if (before === undefined) break;
        if (before.lastRestartSlot !== after.lastRestartSlot) {
            return `The cluster was restarted, and went on at ${moment(Number(after.nowMs))}.`;
        }
        if (missing(before, after) >= Number(thresholds.gapMs)) {
            // Prices may prove a part of it only later, when the cluster's clock has hidden it.
            const inAll = missing(before, samples[0] ?? after);
            return `The chain stood still for about ${duration(inAll)}, until ${moment(Number(lastDisruptionMs))}.`;
        }
        if (passed(before, after) >= Number(thresholds.silenceMs)) {
            return `Nobody looked at the chain for ${duration(passed(before, after))}, until ${moment(Number(after.nowMs))}: nothing of the venue's could land.`;
        }
    }
    return `The chain was disrupted at ${moment(Number(lastDisruptionMs))}.`;
}

function newestFirst({ samples, newest, count }: ChainHealth): Sample[] {
    const places = Array.from({ length: count }, (_, back) => (newest - back + samples.length) % samples.length);
    return places.flatMap((place) => samples[place] ?? []);
}

/** Something people do, and whether it works. */
export interface Ability {
    what: string;
    /** `yes`, `no`, or with a condition. */
    works: 'yes' | 'partly' | 'no';
    /** On what condition; nothing where it works as always. */
    how: string | undefined;
}

const TASKS: [string, Action][] = [
    ['Close a position', 'Reduce'],
    ['Add margin', 'AddMargin'],
    ['Cancel an order', 'Cancel'],
    ['Open a position', 'RequestOpening'],
    ['Withdraw with positions', 'WithdrawFree'],
    ['Withdraw everything', 'WithdrawIdle'],
    ['Join or leave a pool', 'ChangePool'],
    ['Mature profit', 'MatureProfit'],
    ['Liquidations', 'Liquidate'],
];

const HOW: Record<Permit, [Ability['works'], string | undefined]> = {
    Allowed: ['yes', undefined],
    Stressed: ['partly', 'at 1.5 × margin'],
    Queued: ['partly', 'through the queue'],
    DeeplyInsolvent: ['partly', 'only below half of maintenance'],
    RisingLine: ['partly', 'the worst accounts first'],
    Refused: ['no', 'not now'],
};

/** What works now, the most urgent first. */
export function abilities(chain: Chain, pulse: Pulse): Ability[] {
    return TASKS.map(([what, action]) => {
        const [works, how] = HOW[chain.allows[action]];
        if (pulse.kind === 'goes' || works === 'no') {
            return { what, works, how };
        }
        const waits = pulse.kind === 'stands' && ['Reduce', 'AddMargin', 'Cancel'].includes(action);
        return waits
            ? { what, works: 'partly', how: 'lands when the chain goes on' }
            : { what, works: 'no', how: 'not now' };
    });
}

/** Why opening is not possible now; `undefined` where it is. */
export function openingRefusal(chain: Chain, pulse: Pulse, nowMs: number): string | undefined {
    if (pulse.kind === 'silent') {
        return 'Opening waits: the endpoint does not answer, so nobody can say whether the chain is all right.';
    }
    if (pulse.kind === 'stands') {
        return `Opening waits: there has been no new slot for ${duration(pulse.forMs)}. Closing and adding margin work.`;
    }
    if (chain.fuses.openings) {
        return 'Opening is switched off by a fuse. Closing and adding margin work.';
    }
    if (chain.allows.RequestOpening === 'Refused') {
        const further = next(chain, nowMs) ?? '';
        return `Opening is off in ${ChainState[chain.state]}. Closing and adding margin work. ${further}`.trim();
    }
    return undefined;
}
