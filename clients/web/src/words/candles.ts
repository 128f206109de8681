/** Candles and prices of the history as they are drawn. */

import type { Candle, Worth } from '../history/answers.js';
import { whole } from './format.js';

/** Prices within a time that begins at `time`, seconds since 1970. */
export interface Bar {
    time: number;
    open: number;
    high: number;
    low: number;
    close: number;
}

/** Candles by rising times, one for each: a chart refuses anything else. */
export function bars(candles: readonly Candle[]): Bar[] {
    const byTime = new Map<number, Bar>();
    for (const { start_ms, open, high, low, close } of candles) {
        const time = Math.floor(start_ms / 1_000);
        byTime.set(time, { time, open: whole(open), high: whole(high), low: whole(low), close: whole(close) });
    }
    return [...byTime.values()].sort((a, b) => a.time - b.time);
}

/** Prices of a share by rising times, one for each second; those that are not known are left out. */
export function sharePoints(worths: readonly Worth[]): [number, number][] {
    const bySecond = new Map<number, number>();
    for (const { published_ms, share_price } of worths) {
        if (share_price !== undefined) bySecond.set(Math.floor(published_ms / 1_000), whole(share_price));
    }
    return [...bySecond].sort(([a], [b]) => a - b);
}
