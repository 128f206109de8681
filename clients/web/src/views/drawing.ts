/** Drawing prices over time: a line or candles, and levels across them. */

import {
    CandlestickSeries,
    type CreatePriceLineOptions,
    type IChartApi,
    type IPriceLine,
    LineSeries,
    LineStyle,
    type UTCTimestamp,
    createChart,
} from 'lightweight-charts';
import { type RefObject, useEffect, useRef } from 'react';

import type { Bar } from '../words/candles.js';

/** A moment in seconds since 1970, and a price. */
export type Point = readonly [number, number];

/** What is drawn, by rising times without repeats. */
export type Series = { kind: 'line'; points: readonly Point[] } | { kind: 'candles'; bars: readonly Bar[] };
/** A name, a price and a colour. */
export type Level = readonly [string, number, 'good' | 'bad'];

/** A chart with its one series. */
interface Drawn {
    chart: IChartApi;
    draw: (series: Series) => void;
    repaint: () => void;
    mark: (options: CreatePriceLineOptions) => IPriceLine;
    unmark: (mark: IPriceLine) => void;
    marks: IPriceLine[];
    isFitted: boolean;
}

function colours() {
    const style = getComputedStyle(document.documentElement);
    const of = (name: string) => style.getPropertyValue(name).trim();
    return { text: of('--muted'), grid: of('--line'), line: of('--accent'), good: of('--good'), bad: of('--bad') };
}

function options(kind: Series['kind']) {
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
        timeScale: { borderVisible: false, timeVisible: true, secondsVisible: kind === 'line' },
        handleScroll: { vertTouchDrag: false },
    };
}

function candleColours() {
    const { good, bad } = colours();
    return { upColor: good, downColor: bad, wickUpColor: good, wickDownColor: bad, borderVisible: false };
}

function drawn(element: HTMLElement, kind: Series['kind']): Drawn {
    const chart = createChart(element, { ...options(kind), autoSize: true });
    const rest = { chart, marks: [], isFitted: false };
    if (kind === 'candles') {
        const candles = chart.addSeries(CandlestickSeries, { ...candleColours(), priceLineVisible: false });
        return {
            ...rest,
            draw: (series) => {
                if (series.kind !== 'candles') return;
                candles.setData(series.bars.map((bar) => ({ ...bar, time: bar.time as UTCTimestamp })));
            },
            repaint: () => candles.applyOptions(candleColours()),
            mark: (level) => candles.createPriceLine(level),
            unmark: (mark) => candles.removePriceLine(mark),
        };
    }
    const line = chart.addSeries(LineSeries, { color: colours().line, lineWidth: 2, priceLineVisible: false });
    return {
        ...rest,
        draw: (series) => {
            if (series.kind !== 'line') return;
            line.setData(series.points.map(([time, value]) => ({ time: time as UTCTimestamp, value })));
        },
        repaint: () => line.applyOptions({ color: colours().line }),
        mark: (level) => line.createPriceLine(level),
        unmark: (mark) => line.removePriceLine(mark),
    };
}

/** What changes when there is something else to draw. */
function version(series: Series): string {
    if (series.kind === 'line') return `${series.points.at(-1)?.[0]} ${series.points.length}`;
    const last = series.bars.at(-1);
    return `${last?.time} ${last?.high} ${last?.low} ${last?.close} ${series.bars.length}`;
}

/** A chart in a place. One with another name is another chart. */
export function useDrawing(name: string, series: Series, levels: readonly Level[]): RefObject<HTMLDivElement | null> {
    const place = useRef<HTMLDivElement>(null);
    const now = useRef<Drawn>(undefined);
    const { kind } = series;
    useEffect(() => {
        const element = place.current;
        if (element === null) return undefined;
        const made = drawn(element, kind);
        now.current = made;
        const scheme = matchMedia('(prefers-color-scheme: dark)');
        const repaint = () => {
            made.chart.applyOptions(options(kind));
            made.repaint();
        };
        scheme.addEventListener('change', repaint);
        return () => {
            scheme.removeEventListener('change', repaint);
            now.current = undefined;
            made.chart.remove();
        };
    }, [name, kind]);
    useEffect(() => {
        const made = now.current;
        if (made === undefined) return;
        made.draw(series);
        // Candles that somebody has zoomed into stay as they are.
        if (kind === 'line' || !made.isFitted) made.chart.timeScale().fitContent();
        made.isFitted = true;
        made.marks.forEach(made.unmark);
        const look = { lineStyle: LineStyle.Dashed, lineWidth: 1, axisLabelVisible: true } as const;
        made.marks = levels.map(([title, level, tone]) =>
            made.mark({ ...look, price: level, title, color: colours()[tone] }),
        );
    }, [version(series), levels.flat().join(), name, kind]);
    return place;
}
