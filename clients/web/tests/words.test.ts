// What the page says, without a browser: numbers with their units, the pulse, tickets.
import { type Market, OrderEffect, type Price } from '@holdfast/client';
import { expect, test } from 'vitest';

import { FRESH, deltaOf, limitOf, placed, rises, typed } from '../src/trade/draft.js';
import { pricesEvery } from '../src/trade/estimate.js';
import { SILENT_AFTER_MS, STANDS_AFTER_MS, pulseOf, withAnswer } from '../src/venue/pulse.js';
import { isEndpoint, webSocketOf } from '../src/venue/settings.js';
import { amount, duration, percent, price, short, signed, size } from '../src/words/format.js';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

/** A market whose index is 150 between 149.9 and 150.1, with a price every two seconds. */
const market = {
    newest: 0,
    prices: [0, 2_000, 4_000].map(
        (back) => ({ publishedMs: BigInt(1_800_000_000_000 - back), low: 149_900_000n, high: 150_100_000n }) as Price,
    ),
} as Market;

test('numbers have their units, and as many places as they are read with', () => {
    expect(plain(amount(1_234_567_890n, 'tUSD'))).toBe('1,234.57 tUSD');
    expect(plain(amount(12_300n, 'tUSD'))).toBe('0.0123 tUSD');
    expect(plain(signed(-5_000_000n, 'tUSD'))).toBe('−5.00 tUSD');
    expect(plain(signed(5_000_000n, 'tUSD'))).toBe('+5.00 tUSD');
    expect(plain(size(-2_500_000n, 'SOL'))).toBe('2.5 SOL');
    expect(plain(price(150_000_000n, 'tUSD'))).toBe('150.00 tUSD');
    expect(plain(short(12_400_000_000_000n, 'tUSD'))).toBe('12.4 M tUSD');
    expect(plain(short(45_000_000_000n, 'tUSD'))).toBe('45.0 k tUSD');
    expect(plain(percent(0.1234))).toBe('12.34 %');
});

test('a duration is said in its two largest units', () => {
    expect(plain(duration(400))).toBe('0 s');
    expect(plain(duration(65_000))).toBe('1 min 5 s');
    expect(plain(duration(3_600_000))).toBe('1 h');
    expect(plain(duration(90_000_000))).toBe('1 d 1 h');
    expect(plain(duration(-5_000))).toBe('0 s');
});

test('a chain stands when no slot comes, and an endpoint is silent when no answer does', () => {
    const first = withAnswer(undefined, 100n, 1_000);
    expect(pulseOf(first, 1_000)).toEqual({ kind: 'goes' });
    const same = withAnswer(first, 100n, 1_000 + STANDS_AFTER_MS);
    expect(pulseOf(same, 1_000 + STANDS_AFTER_MS)).toEqual({ kind: 'stands', forMs: STANDS_AFTER_MS });
    expect(pulseOf(same, same.answeredAt + SILENT_AFTER_MS)).toEqual({ kind: 'silent', forMs: SILENT_AFTER_MS });
    const next = withAnswer(same, 101n, 9_000);
    expect(pulseOf(next, 9_000)).toEqual({ kind: 'goes' });
    // An endpoint that goes back to an older slot shows nothing new.
    expect(withAnswer(next, 99n, 10_000).slotAt).toBe(9_000);
});

test('a ticket takes no price worse than its slippage, from the side that is traded or from its trigger', () => {
    const buy = { ...FRESH, size: '2' };
    expect(deltaOf(buy)).toBe(2_000_000n);
    expect(limitOf(buy, market)).toBe(150_850_500n);
    const stop = { ...buy, side: 'sell', when: 'price', trigger: '140', slippage: '2', closing: true } as const;
    expect(deltaOf(stop)).toBe(-2_000_000n);
    expect(limitOf(stop, market)).toBe(137_200_000n);
    expect(rises(stop, market)).toBe(false);
    expect(rises({ ...stop, trigger: '160' }, market)).toBe(true);
    // Whoever sells and accepts anything still names a price above zero.
    expect(limitOf({ ...buy, side: 'sell', slippage: '500' }, market)).toBe(1n);
});

test('an order only closes where the ticket says so, and expires', () => {
    const now = 1_800_000_000_000;
    const order = placed({ ...FRESH, size: '2', closing: true, side: 'sell' }, market, now);
    expect(order).toMatchObject({ delta: -2_000_000n, effect: OrderEffect.Reduce, expiresMs: BigInt(now + 600_000) });
    expect(placed({ ...FRESH, size: '2' }, market, now).effect).toBe(OrderEffect.Open);
});

test('what is typed and no number is said, and what is not typed is nothing', () => {
    expect(typed('', 'The size')).toEqual({});
    expect(typed('1.5', 'The size')).toEqual({ value: 1_500_000n });
    expect(typed('0', 'The size').error).toBe('The size has to be above zero');
    expect(typed('much', 'The size').error).toContain('The size is no number');
});

test('the wait is measured by how often prices come', () => {
    expect(pricesEvery(market)).toBe(2_000);
    expect(pricesEvery({ ...market, prices: [] })).toBe(0);
});

test('an endpoint is an http address, and its WebSocket is where validators have it', () => {
    expect(isEndpoint('https://rpc.example.org')).toBe(true);
    expect(isEndpoint('javascript:alert(1)')).toBe(false);
    expect(isEndpoint(7)).toBe(false);
    expect(webSocketOf('http://127.0.0.1:8899')).toBe('ws://127.0.0.1:8900/');
    expect(webSocketOf('https://rpc.example.org/key')).toBe('wss://rpc.example.org/key');
});
