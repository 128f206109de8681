/** Whether the chain goes on, as far as this browser can tell. Times are milliseconds of a clock that never goes back. */

/** A slot takes 0.4 s. So long without one is a halt or an endpoint that is behind. */
export const STANDS_AFTER_MS = 6_000;
/** So long without an answer, nothing is known. */
export const SILENT_AFTER_MS = 8_000;

export type Pulse =
    | { kind: 'goes' }
    /** The endpoint answers, and shows no new slot. */
    | { kind: 'stands'; forMs: number }
    /** The endpoint does not answer. */
    | { kind: 'silent'; forMs: number };

/** What was seen of the chain. */
export interface Seen {
    slot: bigint;
    /** When that slot was first seen. */
    slotAt: number;
    /** When the endpoint last answered. */
    answeredAt: number;
}

/** With another answer. */
export function withAnswer(seen: Seen | undefined, slot: bigint, now: number): Seen {
    const isNew = seen === undefined || slot > seen.slot;
    return isNew ? { slot, slotAt: now, answeredAt: now } : { ...seen, answeredAt: now };
}

/** How the chain does. */
export function pulseOf(seen: Seen, now: number): Pulse {
    if (now - seen.answeredAt >= SILENT_AFTER_MS) {
        return { kind: 'silent', forMs: now - seen.answeredAt };
    }
    if (now - seen.slotAt >= STANDS_AFTER_MS) {
        return { kind: 'stands', forMs: now - seen.slotAt };
    }
    return { kind: 'goes' };
}
