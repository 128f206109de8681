/** The prices that a market has stored, and those that came since the page was opened. */

import type { Market } from '@holdfast/client';
import {
    type IChartApi,
    type IPriceLine,
    type ISeriesApi,
    LineStyle,
    LineSeries,
    type UTCTimestamp,
    createChart,
} from 'lightweight-charts';
import { useEffect, useRef } from 'react';

import { usePage } from '../context.js';
import { Card } from '../ui/parts.js';
import { duration, named, number, price, whole } from '../words/format.js';

/** Prices kept for each market while the page is open. */
const KEPT = 2_000;
const seen = new Map<string, Map<number, number>>();

/** Everything known of a market's prices, by the second they were published in, rising. */
function history(key: string, market: Market): [number, number][] {
    const known = seen.get(key) ?? new Map<number, number>();
    seen.set(key, known);
    for (const { publishedMs, low, high } of market.prices) {
        if (publishedMs > 0n) known.set(Math.floor(Number(publishedMs) / 1_000), whole(low + high) / 2);
    }
    const sorted = [...known].sort(([a], [b]) => a - b);
    sorted.slice(0, -KEPT).forEach(([second]) => known.delete(second));
    return sorted.slice(-KEPT);
}

interface Drawn {
    chart: IChartApi;
    line: ISeriesApi<'Line'>;
    marks: IPriceLine[];
}

function colours() {
    const style = getComputedStyle(document.documentElement);
    const of = (name: string) => style.getPropertyValue(name).trim();
    return { text: of('--muted'), grid: of('--line'), line: of('--accent'), good: of('--good'), bad: of('--bad') };
}

function options() {
    const { text, grid } = colours();
    return {
        layout: {
            background: { color: 'transparent' },
            textColor: text,
            attributionLogo: false,
            fontFamily: 'inherit',
        },
        grid: { vertLines: { visible: false }, horzLines: { color: grid } },
        rightPriceScale: { borderVisible: false },
        timeScale: { borderVisible: false, timeVisible: true, secondsVisible: true },
        handleScroll: { vertTouchDrag: false },
    };
}

/** A chart in a place, and the prices of a market in it. */
function useDrawing(address: string, points: [number, number][], levels: [string, number, 'good' | 'bad'][]) {
    const place = useRef<HTMLDivElement>(null);
    const drawn = useRef<Drawn>(undefined);
    useEffect(() => {
        const element = place.current;
        if (element === null) return undefined;
        const chart = createChart(element, { ...options(), autoSize: true });
        const line = chart.addSeries(LineSeries, { color: colours().line, lineWidth: 2, priceLineVisible: false });
        drawn.current = { chart, line, marks: [] };
        const scheme = matchMedia('(prefers-color-scheme: dark)');
        const repaint = () => {
            chart.applyOptions(options());
            line.applyOptions({ color: colours().line });
        };
        scheme.addEventListener('change', repaint);
        return () => {
            scheme.removeEventListener('change', repaint);
            drawn.current = undefined;
            chart.remove();
        };
    }, [address]);
    useEffect(() => {
        const now = drawn.current;
        if (now === undefined) return;
        now.line.setData(points.map(([time, value]) => ({ time: time as UTCTimestamp, value })));
        now.chart.timeScale().fitContent();
        now.marks.forEach((mark) => now.line.removePriceLine(mark));
        const look = { lineStyle: LineStyle.Dashed, lineWidth: 1, axisLabelVisible: true } as const;
        now.marks = levels.map(([title, level, tone]) =>
            now.line.createPriceLine({ ...look, price: level, title, color: colours()[tone] }),
        );
    }, [points.at(-1)?.[0], points.length, levels.flat().join(), address]);
    return place;
}

export function Chart({ market, address }: { market: Market; address: string }) {
    const { unit, account, standing } = usePage();
    const points = history(address, market);
    const position = account?.positions[market.index];
    const liquidation = standing?.positions.find((held) => held.market === market.index)?.liquidationPrice;
    const levels: [string, number, 'good' | 'bad'][] = [];
    if (position !== undefined && position.size !== 0n) {
        levels.push(['entry', Math.abs(whole(position.entry) / whole(position.size)), 'good']);
    }
    if (liquidation !== undefined) levels.push(['liquidation', whole(liquidation), 'bad']);
    const place = useDrawing(address, points, levels);
    const name = named(market.name);
    const [first, last] = [points[0], points.at(-1)];
    const moved = first === undefined || last === undefined ? 0 : (last[1] / first[1] - 1) * 100;
    const span = first === undefined || last === undefined ? 0 : (last[0] - first[0]) * 1_000;
    const level = BigInt(Math.round((last?.[1] ?? 0) * 1e6));
    return (
        <Card
            title={`${name} index`}
            className="chart-card"
            aside={
                <>
                    <span className="big">{price(level, unit)}</span>
                    <span className={moved < 0 ? 'bad' : 'good'}>
                        {moved < 0 ? '' : '+'}
                        {number(moved, 2)} % in {duration(span)}
                    </span>
                </>
            }
        >
            <div
                ref={place}
                className="chart"
                role="img"
                aria-label={`Prices of ${name} that the chain has stored: ${price(level, unit)} now, ${number(moved, 2)} % in ${duration(span)}`}
            />
        </Card>
    );
}
