/** What the history answers, as its `/openapi.json` describes it. Amounts are native units, prices and sizes millionths. */

import {
    type Of,
    type Read,
    base58,
    count,
    cursor,
    flag,
    integer,
    list,
    marketIndex,
    milliseconds,
    natural,
    optional,
    record,
    seconds,
    side,
    word,
} from './read.js';

/** Lines of a list that are asked for at once. */
export const LINES = 25;
/** Points of a chart that are asked for at once, the most that the history gives. */
export const POINTS = 500;
/** Positions of one account that are read; the history gives all of them. */
const POSITIONS = 20_000;
/** Spans of time over which a pool's gain is told: a day, a week and a month. */
const SPANS = 3;
/** Sums that may differ. */
const SUMS = 10_000;

/** A part of a list, the newest first. */
export interface Part<T> {
    items: T[];
    /** What the part after it is asked for with; nothing where this one is the last. */
    next: string | undefined;
}

/** A part with as many items as were asked for. */
export function part<T>(item: Read<T>, most: number): Read<Part<T>> {
    return record<Part<T>>({ items: list(item, most), next: optional(cursor) });
}

/** How far reading has come, and whether the sums of events are those of the accounts. */
export const status = record({
    genesis: base58,
    silo: count,
    complete_to: optional(count),
    whole: flag,
    first_slot: count,
    last_slot: count,
    reconciliation: optional(record({ slot: count, off: list(record({}), SUMS) })),
});
export type Status = Of<typeof status>;

/** A change of a position. */
export const fill = record({
    cursor,
    signature: base58,
    slot: count,
    time_s: optional(seconds),
    kind: word('trade', 'liquidation', 'settlement'),
    market: marketIndex,
    price: natural,
    size: natural,
    side,
    position: integer,
    realised: integer,
    carry: optional(integer),
    fee: natural,
    reward: natural,
    to_insurance: natural,
    bad_debt: natural,
});
export type Fill = Of<typeof fill>;

/** A position from opening to closing. */
export const position = record({
    market: marketIndex,
    side,
    opened_s: optional(seconds),
    closed_s: optional(seconds),
    closed_by: optional(base58),
    size: natural,
    largest: natural,
    realised: integer,
    carry: integer,
    fees: natural,
    penalties: natural,
    net: integer,
});
export type PastPosition = Of<typeof position>;
export const positions = record({ items: list(position, POSITIONS) });

/** Tokens that came in or went out. */
export const flow = record({
    cursor,
    signature: base58,
    slot: count,
    time_s: optional(seconds),
    kind: word('Deposited', 'Withdrawn', 'ExitPaid'),
    fields: record({ amount: natural }),
});
export type Flow = Of<typeof flow>;

/** A candle of the index price. */
export const candle = record({
    start_ms: milliseconds,
    open: natural,
    high: natural,
    low: natural,
    close: natural,
});
export type Candle = Of<typeof candle>;

/** What a pool was worth. */
export const worth = record({
    published_ms: milliseconds,
    worth: integer,
    shares: natural,
    share_price: optional(natural),
});
export type Worth = Of<typeof worth>;

/** What a share gained, in a year at that pace: millionths of its price. */
const gain = record({ from_s: seconds, to_s: seconds, apr_ppm: integer });
export type Gain = Of<typeof gain>;

/** What a pool was worth hour by hour, and what a share gained up to now. */
export const worths = record({
    items: list(worth, POINTS),
    earned: list(gain, SPANS),
});
export type Worths = Of<typeof worths>;

const STATES = ['Normal', 'Strained', 'Throttled', 'Thaw', 'Shelter'] as const;
const SIGNALS = ['Time', 'SlowSlots', 'SkippedSlots', 'Silence', 'Gap', 'Restart', 'Guardian'] as const;

/** A change of the chain's state. */
export const turn = record({
    cursor,
    signature: base58,
    slot: count,
    fields: record({ from: word(...STATES), to: word(...STATES), signal: word(...SIGNALS), now_ms: milliseconds }),
});
export type Turn = Of<typeof turn>;
