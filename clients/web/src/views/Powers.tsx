/** Who can change what, what waits, and for how long. */

import type { Change } from '@holdfast/client';

import { usePage } from '../context.js';
import { Card, Empty, Line } from '../ui/parts.js';
import { announced, standing } from '../words/change.js';
import { duration, moment } from '../words/format.js';

export function Powers() {
    const { snapshot, nowMs } = usePage();
    const { exchange, changes } = snapshot;
    const waits = duration(Number(exchange.timelock.waitMs));
    return (
        <div className="columns">
            <div className="column">
                <Card
                    title="Pending changes"
                    aside={<span className="note">every change waits {waits} in public</span>}
                >
                    {changes.length === 0 ? (
                        <Empty>
                            Nothing is announced: no setting, key or program can change within the next {waits}.
                        </Empty>
                    ) : (
                        <ul className="changes">
                            {changes.map((change) => (
                                <Pending key={String(change.number)} change={change} nowMs={nowMs} />
                            ))}
                        </ul>
                    )}
                </Card>
            </div>
            <div className="column narrow">
                <Keys />
                <Fuses />
            </div>
        </div>
    );
}

function Pending({ change, nowMs }: { change: Change; nowMs: number }) {
    const { snapshot } = usePage();
    const { title, lines } = announced(change, snapshot);
    const { ready, text } = standing(change, snapshot, nowMs);
    return (
        <li>
            <h3>
                {title} <span className="note">change {String(change.number)}</span>
            </h3>
            <p className={ready ? 'careful' : 'note'}>{text}</p>
            {lines.length > 0 && (
                <ul className="differences">
                    {lines.map((line) => (
                        <li key={line}>{line}</li>
                    ))}
                </ul>
            )}
            <p className="note">The admin or any guardian can take it back until it is applied.</p>
        </li>
    );
}

function Keys() {
    const { snapshot } = usePage();
    const { exchange } = snapshot;
    return (
        <Card title="Keys">
            <dl className="lines tall">
                <Line label="Admin" hint="announces changes; cannot move anybody's collateral">
                    <code>{exchange.admin}</code>
                </Line>
                {exchange.guardians.slice(0, exchange.guardianCount).map(({ key }, at) => (
                    <Line key={key} label={`Guardian ${at + 1}`} hint="takes changes back, tightens for a time">
                        <code>{key}</code>
                    </Line>
                ))}
                <Line label="Changes stay ready for">{duration(Number(exchange.timelock.readyMs))}</Line>
                <Line label="Set-up">
                    {exchange.locked ? 'over: the exchange is locked' : 'not over: changes need no wait yet'}
                </Line>
            </dl>
        </Card>
    );
}

function Fuses() {
    const { chain, snapshot } = usePage();
    const rows: [string, boolean][] = [
        ['Openings', chain.fuses.openings],
        ['Pools', chain.fuses.pools],
        ['Maturing of profit', chain.fuses.maturing],
    ];
    const until = Math.max(...snapshot.health.fuse.blows.map((blow) => Number(blow.untilMs)));
    const isBlown = rows.some(([, blown]) => blown);
    const tripped = snapshot.silo.data.trip.tripped !== 0;
    return (
        <Card title="Fuses">
            <dl className="lines">
                {rows.map(([what, blown]) => (
                    <Line key={what} label={what}>
                        {blown ? <span className="bad">blown</span> : <span className="good">on</span>}
                    </Line>
                ))}
            </dl>
            <p className="text note">
                {tripped
                    ? "This silo's books were found broken: only reducing and withdrawing go on until a change resets it."
                    : isBlown
                      ? `Blown by two guardians, until ${moment(until)}.`
                      : 'Two guardians together can switch these off for a limited time; anyone can who proves that the books are broken.'}
            </p>
        </Card>
    );
}
