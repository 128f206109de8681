/** What happened, in words and sums. */

import type { Market } from '@holdfast/client';

import type { Fill, Flow, Gain, PastPosition, Turn } from '../history/answers.js';
import { duration, moment, named, number, percent, size } from './format.js';

/** Parts of a whole that a gain counts in. */
const PPM = 1e6;

/** When a block was made; its slot, where nobody knew. */
export function when(timeS: number | undefined, slot: number): string {
    return timeS === undefined ? `slot ${slot.toLocaleString('en-US')}` : moment(timeS * 1_000);
}

/** A market's name; its number, where this page does not know it. */
export function marketName(markets: readonly Market[], index: number): string {
    const market = markets.find((known) => known.index === index);
    return market === undefined ? `market ${index}` : named(market.name);
}

/** What a fill did: `Bought 2 SOL`. */
export function did({ kind, side, size: changed }: Fill, base: string): string {
    const deeds = {
        trade: side < 0 ? 'Sold' : 'Bought',
        liquidation: 'Liquidated:',
        settlement: 'Settled:',
    };
    return `${deeds[kind]} ${size(changed, base)}`;
}

/** A position's side and size. */
export function held(position: bigint, base: string): string {
    if (position === 0n) return 'none';
    return `${position > 0n ? 'long' : 'short'} ${size(position, base)}`;
}

export const FLOWS: Record<Flow['kind'], string> = {
    Deposited: 'Deposit',
    Withdrawn: 'Withdrawal',
    ExitPaid: 'Exit, paid from the queue',
};

/** What positions came to together, native units; what was paid is negative. */
export interface Results {
    byPrice: bigint;
    carry: bigint;
    fees: bigint;
    penalties: bigint;
    net: bigint;
}

/** The sums over all positions. */
export function results(positions: readonly PastPosition[]): Results {
    const sum = { byPrice: 0n, carry: 0n, fees: 0n, penalties: 0n, net: 0n };
    for (const { realised, carry, fees, penalties, net } of positions) {
        sum.byPrice += realised;
        sum.carry -= carry;
        sum.fees -= fees;
        sum.penalties -= penalties;
        sum.net += net;
    }
    return sum;
}

const REASONS: Record<Turn['fields']['signal'], string> = {
    Time: 'time passed with good signals',
    SlowSlots: 'slots were slow',
    SkippedSlots: 'many slots were skipped',
    Silence: 'nobody had looked at the chain for long',
    Gap: 'the chain stood still',
    Restart: 'the cluster was restarted',
    Guardian: 'a guardian asked for it',
};

/** Why the chain's state changed. */
export function reason({ fields }: Turn): string {
    return REASONS[fields.signal];
}

/** What a share gained in a year at that pace, and over which time that was seen. */
export function pace({ from_s, to_s, apr_ppm }: Gain): { apr: string; over: string } {
    const ratio = Number(apr_ppm) / PPM;
    const sign = ratio > 0 ? '+' : '';
    const apr = Math.abs(ratio) < 10 ? percent(ratio) : `${number(ratio * 100, 0)}\u00a0%`;
    return { apr: `${sign}${apr} a year`, over: duration((to_s - from_s) * 1_000) };
}
