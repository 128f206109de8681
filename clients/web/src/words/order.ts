/** Orders in sentences: what they are, and where they stand. */

import { type Market, type Order, TriggerKind } from '@holdfast/client';

import { duration, price, size } from './format.js';

/** What an order wants. */
export function wants(order: Order, base: string): string {
    const side = order.delta > 0n ? 'Buy' : 'Sell';
    return `${side} ${size(order.delta, base)}`;
}

/** What sets it off. */
export function condition(order: Order, unit: string): string {
    switch (order.trigger) {
        case TriggerKind.AtOrAbove:
            return `index rises to ${price(order.triggerPrice, unit)}`;
        case TriggerKind.AtOrBelow:
            return `index falls to ${price(order.triggerPrice, unit)}`;
        default:
            return 'none';
    }
}

/** Where it stands in its life, and what it waits for: its place in the queue. */
export function stage(order: Order, market: Market, nowMs: number): string {
    if (order.earliestMs === 0n) {
        return 'Waits for its trigger; then for the next price after the delay.';
    }
    const left = Number(order.earliestMs) - nowMs;
    if (left > 0) {
        return `Its delay ends in ${duration(left)}; the first price published after that decides.`;
    }
    const decides = market.prices.some(
        ({ publishedMs, believed, sudden }) => publishedMs >= order.earliestMs && believed && !sudden,
    );
    if (decides) {
        return 'A price has decided it: a keeper executes it now.';
    }
    return nowMs > Number(order.expiresMs)
        ? 'Expired: anyone may remove it.'
        : 'Next in line: waits for the first price that is believed.';
}

/** How long it may still wait. */
export function expiry(order: Order, nowMs: number): string {
    const left = Number(order.expiresMs) - nowMs;
    return left > 0 ? `in ${duration(left)}` : 'now';
}
