/** The price of a share over time. */

import { useMemo } from 'react';

import { usePage } from '../context.js';
import type { Worth } from '../history/answers.js';
import type { PoolName } from '../history/client.js';
import { sharePoints } from '../words/candles.js';
import { moment, price } from '../words/format.js';
import { type Point, useDrawing } from './drawing.js';

export function ShareChart({ pool, items }: { pool: PoolName; items: Worth[] }) {
    const points = useMemo(() => sharePoints(items), [items]);
    const [first, last] = [points[0], points.at(-1)];
    // One price alone is in the figures above.
    if (first === undefined || last === undefined || first === last) return null;
    return <Curve pool={pool} points={points} first={first} last={last} />;
}

function Curve({ pool, points, first, last }: { pool: PoolName; points: readonly Point[]; first: Point; last: Point }) {
    const { unit } = usePage();
    const place = useDrawing(`share ${pool}`, { kind: 'line', points }, []);
    const at = ([second, value]: Point) =>
        `${price(BigInt(Math.round(value * 1e6)), unit)} at ${moment(second * 1_000)}`;
    const words = `A share was worth ${at(first)}, and ${at(last)}.`;
    return (
        <>
            <div ref={place} className="chart small" role="img" aria-label={words} />
            <p className="note">{words}</p>
        </>
    );
}
