/** The liquidity pool and the insurance fund: what a share is worth, what the risk is, joining and leaving. */

import {
    Pool,
    type PoolQuote,
    fetchingInstructions,
    getCancelPoolRequestInstructionAsync,
    getRequestPoolInstructionAsync,
} from '@holdfast/client';
import type { Address } from '@solana/kit';
import { type ReactNode, useState } from 'react';

import { type Page, usePage } from '../context.js';
import { creates, tokenAccountOf } from '../send/tokens.js';
import { typed } from '../trade/draft.js';
import { Act, Card, Choice, Empty, Field, Figure, Line } from '../ui/parts.js';
import { type PlacedRequest, REQUESTS } from '../venue/snapshot.js';
import { amount, duration, moment, number, percent, price, short, signed, whole } from '../words/format.js';
import { PoolPast } from './PoolPast.js';

/** Of what would be received now, the least that is accepted: 99 %. */
const LEAST_PERCENT = 99n;
/** How long a request can be executed once it is due, milliseconds. */
const WINDOW_MS = 600_000;

const shares = (millionths: bigint) => `${number(whole(millionths))} shares`;

export function Pools() {
    const page = usePage();
    const { snapshot, unit } = page;
    const { ledger, openNotional, terms } = snapshot.silo.data;
    const used = ledger.liquidity === 0n ? 0 : whole(openNotional) / whole(ledger.liquidity);
    const worth = quoted(page, Pool.Liquidity, true, 0n)?.worth;
    const target = (openNotional * BigInt(terms.insuranceTargetBps)) / 10_000n;
    return (
        <div className="columns even">
            <PoolCard
                pool={Pool.Liquidity}
                title="Liquidity pool"
                text="Takes the other side of every trade: it gains what traders lose and pays what they gain. It earns the spread, most of the fees and the borrow fee."
                risk={
                    <>
                        <Line label="Open positions" hint={`${percent(used, 0)} of the pool's cash`}>
                            {short(openNotional, unit)}
                        </Line>
                        <Line label="Open results" hint="what closing every position now would bring it">
                            {worth === undefined
                                ? 'unknown'
                                : signed(worth + ledger.pendingProfit - ledger.liquidity, unit)}
                        </Line>
                        <Line label="Profit it still owes">{amount(ledger.pendingProfit, unit)}</Line>
                        <Line label="Losses owed to it" hint="debts of accounts, not counted when leaving">
                            {amount(ledger.debt, unit)}
                        </Line>
                        <Line label="Bad debt">borne after insurance</Line>
                    </>
                }
            />
            <PoolCard
                pool={Pool.Insurance}
                title="Insurance fund"
                text="Pays bad debt first: what liquidated accounts cannot. It earns a share of the fees and of the liquidation penalties."
                risk={
                    <>
                        <Line
                            label="It should hold"
                            hint={`${percent(terms.insuranceTargetBps / 10_000, 0)} of what is open`}
                        >
                            {short(target, unit)}
                        </Line>
                        <Line label="Kept for outages">{percent(terms.outageReserveBps / 10_000, 0)} of the fund</Line>
                        <Line label="Leaving takes">{duration(Number(terms.unstakeCooldownMs))}</Line>
                    </>
                }
            />
            <Requests />
        </div>
    );
}

function PoolCard({ pool, title, text, risk }: { pool: Pool; title: string; text: string; risk: ReactNode }) {
    const page = usePage();
    const { snapshot, unit } = page;
    const { data } = snapshot.silo;
    const isInsurance = pool === Pool.Insurance;
    const outstanding = isInsurance ? data.insuranceShares : data.liquidityShares;
    const held = (isInsurance ? snapshot.holdings?.insuranceShares : snapshot.holdings?.liquidityShares) ?? 0n;
    const now = quoted(page, pool, true, held);
    return (
        <Card title={title}>
            <p className="text">{text}</p>
            <dl className="figures three">
                <Figure
                    label="Worth"
                    value={now === undefined ? 'unknown' : short(now.worth, unit)}
                    note="when leaving"
                />
                <Figure
                    label="Share price"
                    value={now === undefined || outstanding === 0n ? 'none yet' : price(now.perShare, unit)}
                    note={outstanding === 0n ? 'nobody has joined' : `${short(outstanding, 'shares')} in all`}
                />
                <Figure
                    label={page.lookedAt === undefined ? 'Yours' : 'Of the owner'}
                    value={now === undefined ? shares(held) : amount(now.gets, unit)}
                    note={shares(held)}
                />
            </dl>
            <h3>Risk</h3>
            <dl className="lines">{risk}</dl>
            <PoolPast pool={isInsurance ? 'insurance' : 'liquidity'} />
            <Ask pool={pool} held={held} />
        </Card>
    );
}

function quoted({ risk, snapshot, chain }: Page, pool: Pool, leaves: boolean, asked: bigint): PoolQuote | undefined {
    try {
        return risk.pool(snapshot.silo, chain, pool, leaves, asked);
    } catch {
        return undefined;
    }
}

type Way = 'join' | 'leave';
const WAYS = [
    ['join', 'Join'],
    ['leave', 'Leave'],
] as const;

function Ask({ pool, held }: { pool: Pool; held: bigint }) {
    const page = usePage();
    const { snapshot, unit } = page;
    const [way, setWay] = useState<Way>('join');
    const [text, setText] = useState('');
    const leaves = way === 'leave';
    const { value = 0n, error } = typed(text, leaves ? 'The number of shares' : 'The amount');
    const most = leaves ? held : (snapshot.holdings?.tokens ?? 0n);
    const quote = value === 0n ? undefined : quoted(page, pool, leaves, value);
    const wait =
        pool === Pool.Insurance && leaves
            ? snapshot.silo.data.terms.unstakeCooldownMs
            : snapshot.silo.data.terms.requestDelayMs;
    const reason = error ?? refusal(page, leaves, value, most, quote);
    const shown = (units: bigint) => (leaves ? shares(units) : amount(units, unit));
    return (
        <>
            <Choice label="Way" value={way} options={WAYS} onChange={setWay} />
            <Field
                label={leaves ? 'Shares to give up' : 'Deposit'}
                unit={leaves ? 'shares' : unit}
                value={text}
                error={error}
                onChange={setText}
                action={{ text: `at most ${shown(most)}`, run: () => setText(String(whole(most))) }}
            />
            <dl className="lines">
                <Line label="Would get now" hint="decided by prices published after the request">
                    {quote === undefined ? '–' : leaves ? amount(quote.gets, unit) : shares(quote.gets)}
                </Line>
                <Line label="Wait">at least {duration(Number(wait))}</Line>
            </dl>
            <Act
                reason={reason}
                run={() => void request(page, pool, leaves, value, quote).then(() => setText(''))}
                kind="quiet"
            >
                {leaves ? 'Ask to leave' : 'Ask to join'}
            </Act>
        </>
    );
}

function refusal(
    page: Page,
    leaves: boolean,
    value: bigint,
    most: bigint,
    quote: PoolQuote | undefined,
): string | undefined {
    const { wallet, pulse, chain, snapshot, unit } = page;
    if (wallet === undefined) return 'Connect a wallet first.';
    if (pulse.kind === 'silent') return 'The endpoint does not answer: nothing can be sent through it.';
    if (!leaves && chain.fuses.pools) return 'Pools are switched off by a fuse.';
    if (value === 0n) return leaves ? 'Write a number of shares.' : 'Write an amount.';
    if (value > most) return leaves ? `The wallet holds ${shares(most)}.` : `The wallet holds ${amount(most, unit)}.`;
    if (quote === undefined) return 'What that is worth now does not fit: write less.';
    if ((snapshot.holdings?.requests.length ?? 0) >= REQUESTS)
        return 'Four requests wait already: wait for one of them.';
    return undefined;
}

async function request(
    page: Page,
    pool: Pool,
    leaves: boolean,
    value: bigint,
    quote: PoolQuote | undefined,
): Promise<void> {
    const { snapshot, submit } = page;
    const { silo, holdings } = snapshot;
    if (holdings === undefined || quote === undefined) return;
    const insurance = pool === Pool.Insurance;
    const shareMint = insurance ? silo.data.insuranceMint : silo.data.liquidityMint;
    const vault = leaves && insurance ? silo.data.insuranceVault : silo.data.liquidityVault;
    const taken = holdings.requests.map(({ data }) => data.number);
    const free = Array.from({ length: REQUESTS }, (_, at) => at).find((at) => !taken.includes(at)) ?? 0;
    const name = insurance ? 'insurance fund' : 'liquidity pool';
    await submit(`${leaves ? 'Leave' : 'Join'} the ${name}`, async (owner) => {
        const [tokens, held] = await Promise.all(
            [silo.data.mint, shareMint].map((mint) => tokenAccountOf(owner.address, mint)),
        );
        const [source, destination] = (leaves ? [held, tokens] : [tokens, held]) as [Address, Address];
        const least = (quote.gets * LEAST_PERCENT) / 100n;
        const ask = { number: free, insurance, leaves, amount: value, least: least > 0n ? least : 1n };
        return [
            await creates(owner, leaves ? silo.data.mint : shareMint),
            await getRequestPoolInstructionAsync({
                owner,
                silo: silo.address,
                source,
                destination,
                vault,
                shareMint,
                ...ask,
            }),
        ];
    });
}

/** Requests that wait, and what for. */
function Requests() {
    const { snapshot, wallet, lookedAt } = usePage();
    const waiting = snapshot.holdings?.requests ?? [];
    return (
        <Card title="Your requests" className="span">
            {waiting.length === 0 ? (
                <Empty>
                    {wallet === undefined && lookedAt === undefined
                        ? 'Connect a wallet to see your requests.'
                        : 'No request waits.'}
                </Empty>
            ) : (
                <div className="scroll" tabIndex={0} role="group" aria-label="Your requests">
                    <table className="table stack">
                        <thead>
                            <tr>
                                {['Pool', 'Asks', 'At least', 'Where it stands', 'Do'].map((head) => (
                                    <th key={head} scope="col">
                                        {head}
                                    </th>
                                ))}
                            </tr>
                        </thead>
                        <tbody>
                            {waiting.map((placed) => (
                                <RequestRow key={placed.address} placed={placed} />
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </Card>
    );
}

function RequestRow({ placed }: { placed: PlacedRequest }) {
    const { snapshot, nowMs, unit, wallet, submit } = usePage();
    const { data } = placed;
    const { silo } = snapshot;
    const due = Number(data.dueMs);
    const lapsed = nowMs > due + WINDOW_MS;
    const insurance = data.pool === Pool.Insurance;
    const shareMint = insurance ? silo.data.insuranceMint : silo.data.liquidityMint;
    const stage =
        nowMs < due
            ? `Due in ${duration(due - nowMs)}, at ${moment(due)}.`
            : lapsed
              ? 'Lapsed: take back what you gave.'
              : 'Due: a keeper executes it at the next prices.';
    const cancel = () =>
        submit('Take back a pool request', async (authority) => [
            ...(await fetchingInstructions(silo, data.leaves ? 0n : data.amount)),
            await getCancelPoolRequestInstructionAsync({
                ...{ authority, owner: data.owner, silo: silo.address, request: placed.address, refund: data.refund },
                ...{ vault: silo.data.liquidityVault, shareMint },
            }),
        ]);
    return (
        <tr>
            <th scope="row" data-label="Pool">
                {insurance ? 'Insurance' : 'Liquidity'}
            </th>
            <td data-label="Asks">
                {data.leaves ? `to leave with ${shares(data.amount)}` : `to join with ${amount(data.amount, unit)}`}
            </td>
            <td data-label="At least">{data.leaves ? amount(data.least, unit) : shares(data.least)}</td>
            <td data-label="Where it stands" className="wide">
                {stage}
            </td>
            <td data-label="Do">
                {wallet === undefined ? (
                    'only looking'
                ) : (
                    <Act
                        kind="quiet"
                        reason={nowMs >= due && !lapsed ? 'While it is due, nobody can take it back.' : undefined}
                        run={() => void cancel()}
                    >
                        Take back
                    </Act>
                )}
            </td>
        </tr>
    );
}
