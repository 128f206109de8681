/** Prices of a market: those that the chain has stored and that came since, or candles of the history. */

import type { Market } from '@holdfast/client';
import { useMemo, useState } from 'react';

import { usePage } from '../context.js';
import type { Candle } from '../history/answers.js';
import type { Minutes } from '../history/client.js';
import { type Asked, useAsked } from '../history/useHistory.js';
import { Card, Choice } from '../ui/parts.js';
import { type Bar, bars } from '../words/candles.js';
import { duration, moment, named, number, price, whole } from '../words/format.js';
import { type Level, type Point, type Series, useDrawing } from './drawing.js';

/** Prices kept for each market while the page is open. */
const KEPT = 2_000;
const seen = new Map<string, Map<number, number>>();

/** What the chart shows: prices as they come, or candles of so many minutes. */
type Shown = 'newest' | '1' | '15' | '60' | '1440';
const CHOICES = [
    ['newest', 'Now'],
    ['1', '1 min'],
    ['15', '15 min'],
    ['60', '1 h'],
    ['1440', '1 d'],
] as const;

/** Everything known of a market's prices, by the second they were published in, rising. */
function known(key: string, market: Market): Point[] {
    const kept = seen.get(key) ?? new Map<number, number>();
    seen.set(key, kept);
    for (const { publishedMs, low, high } of market.prices) {
        if (publishedMs > 0n) kept.set(Math.floor(Number(publishedMs) / 1_000), whole(low + high) / 2);
    }
    const sorted = [...kept].sort(([a], [b]) => a - b);
    sorted.slice(0, -KEPT).forEach(([second]) => kept.delete(second));
    return sorted.slice(-KEPT);
}

/** Levels of the account that is shown: its entry, and where it is liquidated. */
function useLevels(market: Market): Level[] {
    const { account, standing } = usePage();
    const position = account?.positions[market.index];
    const liquidation = standing?.positions.find((held) => held.market === market.index)?.liquidationPrice;
    const levels: Level[] = [];
    if (position !== undefined && position.size !== 0n) {
        levels.push(['entry', Math.abs(whole(position.entry) / whole(position.size)), 'good']);
    }
    if (liquidation !== undefined) levels.push(['liquidation', whole(liquidation), 'bad']);
    return levels;
}

/** How much a price moved, in percent, and in which time, milliseconds. */
function move(series: Series): { percent: number; spanMs: number } {
    const ends = series.kind === 'line' ? series.points : endsOf(series.bars);
    const [first, last] = [ends[0], ends.at(-1)];
    if (first === undefined || last === undefined || first[1] === 0) return { percent: 0, spanMs: 0 };
    return { percent: (last[1] / first[1] - 1) * 100, spanMs: (last[0] - first[0]) * 1_000 };
}

function endsOf(all: readonly Bar[]): Point[] {
    const [first, last] = [all[0], all.at(-1)];
    return first === undefined || last === undefined
        ? []
        : [
              [first.time, first.open],
              [last.time, last.close],
          ];
}

/** Why there are no candles although somebody chose them; `undefined` where there are, or nobody did. */
function lack(shown: Shown, asked: Asked<Candle[]>): string | undefined {
    if (shown === 'newest') return undefined;
    if (asked.kind === 'waiting') return 'Asking the history… The newest prices are shown meanwhile.';
    if (asked.kind === 'failed') return `${asked.reason} The newest prices are shown instead.`;
    return asked.value.length === 0
        ? 'The history has no candle of this market yet. The newest prices are shown instead.'
        : undefined;
}

export function Chart({ market, address }: { market: Market; address: string }) {
    const { unit, history } = usePage();
    const [chosen, setShown] = useState<Shown>('newest');
    const shown = history.kind === 'found' ? chosen : 'newest';
    const { index } = market;
    const question = shown === 'newest' ? undefined : `candles ${index} ${shown}`;
    const asked = useAsked(history, question, (from, signal) => from.candles(index, Number(shown) as Minutes, signal));
    const candles = shown !== 'newest' && asked.kind === 'answered' ? asked.value : undefined;
    const all = useMemo(() => bars(candles ?? []), [candles]);
    const points = known(address, market);
    const series: Series = all.length > 0 ? { kind: 'candles', bars: all } : { kind: 'line', points };
    const place = useDrawing(`${address} ${shown}`, series, useLevels(market));
    const name = named(market.name);
    const { percent, spanMs } = move(series);
    const level = BigInt(Math.round((points.at(-1)?.[1] ?? 0) * 1e6));
    const moved = `${number(percent, 2)} % in ${duration(spanMs)}`;
    const what =
        all.length > 0
            ? `Candles of ${name} since ${moment((all[0]?.time ?? 0) * 1_000)}`
            : `Prices of ${name} that the chain has stored`;
    const line = lack(shown, asked);
    return (
        <Card
            title={`${name} index`}
            className="chart-card"
            aside={
                <>
                    <span className="big">{price(level, unit)}</span>
                    <span className={percent < 0 ? 'bad' : 'good'}>
                        {percent < 0 ? '' : '+'}
                        {moved}
                    </span>
                </>
            }
        >
            {history.kind === 'found' && (
                <Choice label="Prices shown" value={shown} options={CHOICES} onChange={setShown} />
            )}
            {line !== undefined && (
                <p className="note" role="status">
                    {line}
                </p>
            )}
            <div
                ref={place}
                className="chart"
                role="img"
                aria-label={`${what}: ${price(level, unit)} now, ${moved}`}
            />
        </Card>
    );
}
