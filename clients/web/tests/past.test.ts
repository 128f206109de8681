// What the page makes of a history, without a browser: answers that are refused, addresses, words and sums.
import type { Market } from '@holdfast/client';
import { expect, test } from 'vitest';

import { LINES, candle, fill as readFill, part, positions, status, worth } from '../src/history/answers.js';
import { historyAddress } from '../src/history/client.js';
import { Malformed } from '../src/history/read.js';
import { lookedAtIn, queryFor } from '../src/venue/useLookedAt.js';
import { bars, sharePoints } from '../src/words/candles.js';
import { did, held, marketName, pace, results, when } from '../src/words/past.js';
import { fill, honest } from './past.js';

const SOMEBODY = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin';
const GENESIS = 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG';
const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const answers = honest(GENESIS);
const answer = (path: string) => answers[path]?.(new URL('http://127.0.0.1/?limit=25'));
const fills = part(readFill, LINES);

test('what is as it is described is taken, with amounts as whole numbers', () => {
    expect(status(answer('/v1/status'), 'the answer')).toMatchObject({ genesis: GENESIS, silo: 0, whole: true });
    const { items, next } = fills(answer('/v1/fills'), 'the answer');
    expect([items.length, next]).toEqual([LINES, '6.0.0']);
    expect(items[0]).toMatchObject({ kind: 'trade', side: 1, price: 150_000_000n, carry: 10_000n });
    const { items: known } = positions(answer('/positions'), 'the answer');
    expect(known[0]).toMatchObject({ closed_by: undefined, net: -60_000n });
});

const refused: [string, object][] = [
    ['a price that is text', { price: '150000000' }],
    ['a price with a point', { price: 1.5 }],
    ['a price below zero', { price: -1 }],
    ['an amount that a browser cannot hold exactly', { realised: 2 ** 53 }],
    ['an amount that is nothing', { fee: null }],
    ['a time without an end', { time_s: 1e15 }],
    ['a script for a signature', { signature: '<img src=x onerror=alert(1)>' }],
    ['a kind that nobody knows', { kind: '<b>gift</b>' }],
    ['a cursor that is a path', { cursor: '../../status' }],
    ['a market that cannot be', { market: 256 }],
];

test.each(refused)('%s is refused', (_, change) => {
    expect(() => fills({ items: [{ ...fill(4), ...change }], next: null }, 'the answer')).toThrow(Malformed);
});

test('what is no list, or a longer one than was asked for, is refused', () => {
    const long = Array.from({ length: LINES + 1 }, (_, number) => fill(number));
    for (const items of [long, {}, 'none', null, undefined]) {
        expect(() => fills({ items, next: null }, 'the answer')).toThrow(Malformed);
    }
    expect(() => fills(null, 'the answer')).toThrow('the answer is no object');
});

test('a history is at an http address, and one that serves the page is where the page is', () => {
    const page = 'https://example.org/venue/index.html?account=x#trade';
    expect(historyAddress('.', page)).toBe('https://example.org/venue/');
    expect(historyAddress('/past', page)).toBe('https://example.org/past/');
    expect(historyAddress('https://history.example.org?key=1#x', page)).toBe('https://history.example.org/');
    for (const wrong of ['javascript:alert(1)', 'data:text/json,{}', 'http://[', 7, undefined, null]) {
        expect(historyAddress(wrong, page)).toBeUndefined();
    }
});

test('an account to look at is named by the address of the page, and by nothing that is no address', () => {
    expect(lookedAtIn(`?account=${SOMEBODY}`)).toBe(SOMEBODY);
    expect(lookedAtIn('?account=<script>')).toBeUndefined();
    expect(lookedAtIn('')).toBeUndefined();
    expect(queryFor('?a=1', lookedAtIn(`?account=${SOMEBODY}`))).toBe(`?a=1&account=${SOMEBODY}`);
    expect(queryFor(`?account=${SOMEBODY}`, undefined)).toBe('');
});

test('fills and positions are said with their units', () => {
    const [read] = fills({ items: [fill(4)], next: null }, 'the answer').items;
    if (read === undefined) throw new Error('there is one');
    expect(plain(did(read, 'SOL'))).toBe('Bought 2 SOL');
    expect(plain(did({ ...read, side: -1 }, 'SOL'))).toBe('Sold 2 SOL');
    expect(plain(did({ ...read, kind: 'liquidation', side: 0 }, 'SOL'))).toBe('Liquidated: 2 SOL');
    expect(plain(held(-2_500_000n, 'SOL'))).toBe('short 2.5 SOL');
    expect(held(0n, 'SOL')).toBe('none');
    expect(when(undefined, 1_234)).toBe('slot 1,234');
    const market = { index: 1, name: new TextEncoder().encode('ETH\0\0') } as unknown as Market;
    expect([marketName([market], 1), marketName([market], 2)]).toEqual(['ETH', 'market 2']);
});

test('what positions came to is what was gained less what was paid', () => {
    const sum = results(positions(answer('/positions'), 'the answer').items);
    expect(sum).toEqual({ byPrice: 4_160_000n, carry: -20_000n, fees: -200_000n, penalties: 0n, net: 3_940_000n });
    expect(sum.byPrice + sum.carry + sum.fees + sum.penalties).toBe(sum.net);
});

test('a gain is said as it would be in a year, with the time that it was seen over', () => {
    const said = pace({ from_s: 0, to_s: 7 * 86_400, apr_ppm: -30_000n });
    expect([plain(said.apr), plain(said.over)]).toEqual(['−3.00 % a year', '7 d']);
    expect(plain(pace({ from_s: 0, to_s: 86_400, apr_ppm: 12_345_678n }).apr)).toBe('+1,235 % a year');
});

test('candles and prices of shares are drawn by rising times, one for each', () => {
    const read = (start_ms: number, close: number) =>
        candle({ start_ms, open: 1_000_000, high: 2_000_000, low: 500_000, close }, 'the answer');
    const drawn = bars([read(120_000, 1_500_000), read(60_000, 1_000_000), read(60_000, 1_250_000)]);
    expect(drawn.map(({ time, close }) => [time, close])).toEqual([
        [60, 1.25],
        [120, 1.5],
    ]);
    const priced = (published_ms: number, share_price: number | null) =>
        worth({ published_ms, worth: 1, shares: 1, share_price }, 'the answer');
    expect(sharePoints([priced(2_000, 1_100_000), priced(1_500, null), priced(1_000, 1_000_000)])).toEqual([
        [1, 1],
        [2, 1.1],
    ]);
});
