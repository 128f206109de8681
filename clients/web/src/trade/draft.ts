/** What is typed into the ticket, and the order it makes. */

import { type Market, type OrderArguments, decimal, millionths, order } from '@holdfast/client';

import { indexFor } from './estimate.js';

export type Side = 'buy' | 'sell';
export type When = 'now' | 'price';

export interface Draft {
    side: Side;
    size: string;
    /** Never opens: closes at most what is held. */
    closing: boolean;
    when: When;
    /** The index price it waits for. */
    trigger: string;
    /** How much worse than that price, or than the one now, its price may be; percent. */
    slippage: string;
    /** How long it may wait, minutes. */
    minutes: string;
}

export const FRESH: Draft = {
    side: 'buy',
    size: '',
    closing: false,
    when: 'now',
    trigger: '',
    slippage: '0.5',
    minutes: '10',
};

export const LASTS = [
    ['10', '10 minutes'],
    ['60', '1 hour'],
    ['1440', '1 day'],
    ['43200', '30 days'],
] as const;

/** Parts of a percent in a whole, in millionths. */
const HUNDRED = 100_000_000n;

/** A number that was typed; `undefined` while nothing is. */
export function typed(text: string, what: string): { value?: bigint; error?: string } {
    if (text === '') return {};
    try {
        const value = millionths(text, what);
        return value > 0n ? { value } : { error: `${what} has to be above zero` };
    } catch {
        return { error: `${what} is no number: write one such as 1.5` };
    }
}

/** The size to trade, a buy when positive; zero while none is typed. */
export function deltaOf({ side, size }: Draft): bigint {
    const { value = 0n } = typed(size, 'The size');
    return side === 'buy' ? value : -value;
}

/** The worst price accepted: worse than the level it waits for, or than the newest price, by the slippage. */
export function limitOf(draft: Draft, market: Market): bigint {
    const delta = deltaOf(draft);
    const level = draft.when === 'price' ? typed(draft.trigger, 'The price').value : undefined;
    const from = level ?? indexFor(market, delta === 0n ? 1n : delta);
    const share = typed(draft.slippage, 'The slippage').value ?? 0n;
    const worse = draft.side === 'buy' ? HUNDRED + share : HUNDRED - (share < HUNDRED ? share : HUNDRED - 1n);
    const limit = (from * worse) / HUNDRED;
    return limit > 0n ? limit : 1n;
}

/** Whether the index has to rise to the level or to fall to it. */
export function rises(draft: Draft, market: Market): boolean {
    const level = typed(draft.trigger, 'The price').value ?? 0n;
    return level >= indexFor(market, 1n);
}

/**
 * What `place_order` takes.
 *
 * @param nowMs The venue's clock.
 * @throws RangeError when something is missing.
 */
export function placed(draft: Draft, market: Market, nowMs: number): OrderArguments {
    const trigger = rises(draft, market) ? { atOrAbove: draft.trigger } : { atOrBelow: draft.trigger };
    return order({
        side: draft.side,
        size: draft.size,
        limit: decimal(limitOf(draft, market)),
        effect: draft.closing ? 'reduce' : 'open',
        trigger: draft.when === 'now' ? 'immediate' : trigger,
        expires: new Date(Math.round(nowMs) + Number(draft.minutes) * 60_000),
    });
}
