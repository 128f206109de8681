/** What a share of a pool gained, and what it was worth, as the history tells it. */

import { Suspense, lazy } from 'react';

import { usePage } from '../context.js';
import type { Worths } from '../history/answers.js';
import type { PoolName } from '../history/client.js';
import { missing, useAsked } from '../history/useHistory.js';
import { Answered } from '../ui/past.js';
import { Empty, Line } from '../ui/parts.js';
import { pace } from '../words/past.js';

/** Drawing takes more code than all the rest: it comes afterwards. */
const ShareChart = lazy(() => import('./ShareChart.js').then(({ ShareChart: chart }) => ({ default: chart })));

export function PoolPast({ pool }: { pool: PoolName }) {
    const { history } = usePage();
    const line = missing(history);
    const asked = useAsked(history, `worth ${pool}`, (from, signal) => from.worths(pool, signal));
    return (
        <>
            <h3>What a share gained</h3>
            {line === undefined ? (
                <Answered asked={asked}>{(worths) => <Gained pool={pool} worths={worths} />}</Answered>
            ) : (
                <Empty>{line}</Empty>
            )}
        </>
    );
}

function Gained({ pool, worths: { earned, items } }: { pool: PoolName; worths: Worths }) {
    // Where little is known, a week and a month begin with the same hour.
    const gains = earned.filter(({ from_s }, at) => earned.findIndex((other) => other.from_s === from_s) === at);
    return (
        <>
            {gains.length === 0 ? (
                <Empty>The history is less than a day long: what a share gains in a year cannot be said yet.</Empty>
            ) : (
                <dl className="lines">
                    {gains.map((gain) => {
                        const { apr, over } = pace(gain);
                        return (
                            <Line key={gain.from_s} label={`At the pace of the last ${over}`} hint="without compounding">
                                <strong className={gain.apr_ppm < 0n ? 'bad' : 'good'}>{apr}</strong>
                            </Line>
                        );
                    })}
                </dl>
            )}
            <Suspense fallback={null}>
                <ShareChart pool={pool} items={items} />
            </Suspense>
        </>
    );
}
