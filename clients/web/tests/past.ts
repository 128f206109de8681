/** A history that a test writes: it answers as `holdfast history run` does, or however a test wants it to. */

import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a path is answered with: an object as JSON, text as it is. */
export type Answer = (url: URL) => object | string;

/** When the newest of what is told happened, seconds since 1970. */
const NEWEST_S = 1_790_000_000;
const HOUR_S = 3_600;
const SIGNATURE = '5'.repeat(88);
/** Fills that there are: more than a page. */
export const FILLS = 30;

export class HistoryServer {
    /** Answers by the end of the path; a test may change them. */
    answers: Record<string, Answer> = {};

    private constructor(private readonly server: Server) {}

    /** Serves on a free port. */
    static async start(): Promise<HistoryServer> {
        const server = createServer((request, response) => {
            const url = new URL(request.url ?? '/', served.url);
            const known = Object.entries(served.answers).find(([path]) => url.pathname.endsWith(path));
            const answer = known?.[1](url);
            response.setHeader('access-control-allow-origin', '*').setHeader('content-type', 'application/json');
            response.statusCode = answer === undefined ? 404 : 200;
            response.end(typeof answer === 'object' ? JSON.stringify(answer) : answer);
        });
        const served = new HistoryServer(server);
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return served;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    }

    stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }
}

/** A fill of 2 SOL at 150 for a fee of 0.05; the higher its number, the newer. */
export const fill = (number: number) => ({
    cursor: `${number}.0.0`,
    signature: SIGNATURE,
    index: 0,
    slot: number,
    time_s: NEWEST_S - (FILLS - number) * HOUR_S,
    silo: 0,
    kind: 'trade',
    account: '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin',
    market: 0,
    price: 150_000_000,
    size: 2_000_000,
    side: number % 2 === 0 ? 1 : -1,
    position: number % 2 === 0 ? 2_000_000 : 0,
    realised: number % 2 === 0 ? 0 : 3_000_000,
    carry: 10_000,
    fee: 50_000,
    reward: 0,
    to_insurance: 0,
    debt: 0,
    bad_debt: 0,
    insured: 0,
});

const position = (side: number, open: boolean, net: number) => ({
    market: 0,
    side,
    opened_s: NEWEST_S - HOUR_S,
    opened_by: SIGNATURE,
    closed_s: open ? null : NEWEST_S,
    closed_by: open ? null : SIGNATURE,
    size: open ? 2_000_000 : 0,
    largest: 2_000_000,
    realised: net + 110_000,
    carry: 10_000,
    fees: 100_000,
    penalties: 0,
    net,
});

const happened = (kind: string, fields: object) => ({
    cursor: '7.0.0',
    signature: SIGNATURE,
    index: 0,
    slot: 7,
    time_s: NEWEST_S,
    silo: 0,
    kind,
    account: null,
    market: null,
    fields,
});

/** Hours of prices, the newest first. */
const hours = (count: number) => Array.from({ length: count }, (_, back) => (NEWEST_S - back * HOUR_S) * 1_000);
const gain = (days: number, apr_ppm: number) => ({
    ...{ pool: 'liquidity', from_s: NEWEST_S - days * 24 * HOUR_S, to_s: NEWEST_S },
    ...{ from_price: 1_000_000, to_price: 1_001_000, apr_ppm },
});

/** The part of a list that is asked for. */
function part<T extends { cursor: string }>(all: T[], url: URL) {
    const before = url.searchParams.get('before');
    const limit = Number(url.searchParams.get('limit') ?? 100);
    const from = all.findIndex(({ cursor }) => cursor === before) + 1;
    const items = all.slice(from, from + limit);
    return { scale: 6, items, next: items.length >= limit ? (items.at(-1)?.cursor ?? null) : null };
}

/** What a history of an account on this cluster answers. */
export function honest(genesis: string): Record<string, Answer> {
    const fills = Array.from({ length: FILLS }, (_, back) => fill(FILLS - back));
    const [deposit, turn] = [{ amount: 25_000_000, collateral: 25_000_000 }, { from: 'Normal', to: 'Shelter' }];
    return {
        '/v1/status': () => ({
            ...{ genesis, silo: 0, endpoint: 'http://127.0.0.1/', complete_to: 900, final_to: 890 },
            ...{ reading_back: false, whole: true, transactions: 9, events: 9, not_final: 0, truncated: 0 },
            ...{ first_slot: 1, last_slot: 901, waiting: null, trouble: null },
            reconciliation: { slot: 880, since: null, sums: 12, off: [], truncated: [] },
        }),
        '/v1/fills': (url) => part(fills, url),
        '/positions': () => ({ scale: 6, items: [position(1, true, -60_000), position(-1, false, 4_000_000)] }),
        '/flows': (url) => part([happened('Deposited', deposit)], url),
        '/candles': () => ({
            scale: 6,
            items: hours(48).map((start_ms, at) => ({
                ...{ start_ms, open: 150_000_000, high: 152_000_000, low: 149_000_000 },
                ...{ close: 150_000_000 + at * 10_000, prices: 60 },
            })),
            next: null,
        }),
        '/liquidity/worth': () => ({
            scale: 6,
            items: hours(48).map((published_ms, back) => ({
                ...{ slot: 900 - back, published_ms, worth: 5_000_000_000_000, shares: 5_000_000_000_000 },
                share_price: 1_010_000 - back * 100,
            })),
            earned: [gain(1, 120_000), gain(7, -30_000), gain(30, 81_234)],
            next: null,
        }),
        '/insurance/worth': () => ({ scale: 6, items: [], earned: [], next: null }),
        '/v1/chain': (url) =>
            part(
                [
                    happened('ChainStateChanged', {
                        ...{ ...turn, signal: 'Gap', now_ms: NEWEST_S * 1_000 },
                        ...{ baseline_us: 400_000, window_us: 400_000 },
                    }),
                ],
                url,
            ),
    };
}
