/** The evidence: what the venue has seen of the chain, and what each state allows. */

import { type Action, ChainState, type Permit } from '@holdfast/client';

import { usePage } from '../context.js';
import type { Turn } from '../history/answers.js';
import { missing } from '../history/useHistory.js';
import { Listed } from '../ui/past.js';
import { Card, Empty, Figure } from '../ui/parts.js';
import { brief, duration, moment, number, percent } from '../words/format.js';
import { reason } from '../words/past.js';

const STATES = [ChainState.Normal, ChainState.Strained, ChainState.Throttled, ChainState.Thaw, ChainState.Shelter];
const ROWS: [string, Action][] = [
    ['Add margin', 'AddMargin'],
    ['Cancel an order', 'Cancel'],
    ['Close or reduce', 'Reduce'],
    ['Open', 'Open'],
    ['Withdraw, nothing else held', 'WithdrawIdle'],
    ['Withdraw beside positions', 'WithdrawFree'],
    ['Liquidate', 'Liquidate'],
    ['Join or leave a pool', 'ChangePool'],
    ['Mature profit', 'MatureProfit'],
];
const CELLS: Record<Permit, string> = {
    Allowed: 'yes',
    Stressed: '1.5 × margin',
    Queued: 'queue',
    DeeplyInsolvent: 'below half',
    RisingLine: 'rising line',
    Refused: 'no',
};
const BLOCKS = 128;

export function ChainView() {
    const { chain, snapshot, nowMs, cluster, pulse } = usePage();
    const { facts, health } = snapshot;
    const slotMs = (us: number) => `${number(us / 1_000, 0)} ms`;
    const skipped =
        facts.skipped === undefined ? 'unknown' : percent(Number(facts.skipped) / (Number(facts.skipped) + BLOCKS), 0);
    return (
        <div className="columns even">
            <Card title="What was seen" className="span">
                <dl className="figures">
                    <Figure
                        label="Slot"
                        value={`no. ${snapshot.slot.toLocaleString('en-US')}`}
                        note={pulse.kind === 'goes' ? 'newest of this endpoint' : 'no new one comes'}
                    />
                    <Figure
                        label="A slot takes"
                        value={slotMs(chain.monitor.windowUs || chain.monitor.baselineUs)}
                        note={`usually ${slotMs(chain.monitor.baselineUs)}`}
                    />
                    <Figure label="Skipped" value={skipped} note={`of the newest ${BLOCKS} blocks' slots`} />
                    <Figure
                        label="Last look"
                        value={`${duration(nowMs - Number(health.monitor.seenMs))} ago`}
                        note="keepers observe every 6 s"
                    />
                    <Figure
                        label="Last disruption"
                        value={chain.lastDisruptionMs === 0n ? 'none' : moment(Number(chain.lastDisruptionMs))}
                        note="prices from before it decide nothing"
                    />
                    <Figure label="Cluster" value={cluster.name} note={`genesis ${cluster.genesis.slice(0, 8)}…`} />
                </dl>
            </Card>
            <Matrix />
            <Turns />
        </div>
    );
}

/** The states that the chain was in, as the history tells it. */
function Turns() {
    const { history } = usePage();
    const [title, line] = ['States so far', missing(history)];
    if (line !== undefined) {
        return (
            <Card title={title} className="span">
                <Empty>{line}</Empty>
            </Card>
        );
    }
    return (
        <Listed<Turn>
            title={title}
            className="span"
            about="turns"
            empty="The state of the chain has not changed as far back as the history reaches."
            heads={['When', 'From', 'To', 'Why', 'Slot', 'Transaction']}
            ask={(from, before, signal) => from.turns(before, signal)}
            row={(turn) => ({
                key: turn.cursor,
                cells: [
                    moment(turn.fields.now_ms),
                    turn.fields.from,
                    turn.fields.to,
                    reason(turn),
                    `no. ${turn.slot.toLocaleString('en-US')}`,
                    <code title={turn.signature}>{brief(turn.signature)}</code>,
                ],
            })}
        />
    );
}

function Matrix() {
    const { chain, risk } = usePage();
    return (
        <Card title="What each state allows" className="span">
            <div className="scroll" tabIndex={0} role="group" aria-label="What each state allows">
                <table className="table matrix">
                    <thead>
                        <tr>
                            <th scope="col">Action</th>
                            {STATES.map((state) => (
                                <th key={state} scope="col" className={state === chain.state ? 'now' : ''}>
                                    {ChainState[state]}
                                    {state === chain.state && <span className="away"> (now)</span>}
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {ROWS.map(([what, action]) => (
                            <tr key={action}>
                                <th scope="row">{what}</th>
                                {STATES.map((state) => {
                                    const permit = risk.permit(action, state);
                                    const tone =
                                        permit === 'Allowed' ? 'good' : permit === 'Refused' ? 'bad' : 'careful';
                                    return (
                                        <td key={state} className={`${tone} ${state === chain.state ? 'now' : ''}`}>
                                            {CELLS[permit]}
                                        </td>
                                    );
                                })}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            <p className="text note">
                “Below half” is below half of maintenance. The rising line goes from there to maintenance while the
                chain thaws.
            </p>
        </Card>
    );
}
