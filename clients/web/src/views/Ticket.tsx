/** The ticket: what an order costs, what it leaves, and how long it takes, before it is sent. */

import { type Position, type Standing, getPlaceOrderInstructionAsync, openIndices } from '@holdfast/client';
import { type FormEvent, useState } from 'react';

import { type Page, usePage } from '../context.js';
import { type Draft, LASTS, deltaOf, limitOf, placed, rises, typed } from '../trade/draft.js';
import { type Estimate, estimate, inStrain, indexFor, pricesEvery } from '../trade/estimate.js';
import type { TicketState } from '../trade/useTicket.js';
import { Act, Card, Choice, Field, Line } from '../ui/parts.js';
import { amount, duration, named, percent, price, size } from '../words/format.js';
import { openingRefusal } from '../words/chain.js';
import { doubt } from './Markets.js';

const SIDES = [
    ['buy', 'Buy, long'],
    ['sell', 'Sell, short'],
] as const;
const WHENS = [
    ['now', 'At the next price'],
    ['price', 'At a trigger'],
] as const;
const ABOUT_RPC_MS = 1_000;

export function Ticket({ ticket }: { ticket: TicketState }) {
    const page = usePage();
    const { index, draft, change } = ticket;
    const [sending, setSending] = useState<Draft>();
    const market = page.markets[index];
    if (market === undefined) return null;
    const base = named(market.name);
    const found = estimated(page, draft, index);
    const reason = sending === draft ? 'This order is being sent.' : refusal(page, draft, index, found);
    const send = async (event: FormEvent) => {
        event.preventDefault();
        if (reason !== undefined) return;
        setSending(draft);
        const landed = await place(page, draft, index);
        setSending(undefined);
        if (landed) ticket.done(draft);
    };
    const verb = draft.side === 'buy' ? 'Buy' : 'Sell';
    return (
        <Card title={`Trade ${base}`} className="ticket">
            <form onSubmit={(event) => void send(event)} noValidate>
                <Choice
                    label="Side"
                    value={draft.side}
                    options={SIDES}
                    onChange={(side) => change({ side })}
                    className="sides"
                />
                <SizeField ticket={ticket} base={base} held={page.account?.positions[index]?.size ?? 0n} />
                <label className="check">
                    <input
                        type="checkbox"
                        checked={draft.closing}
                        onChange={(event) => change({ closing: event.target.checked })}
                    />
                    Only close what I hold
                </label>
                <Choice label="When" value={draft.when} options={WHENS} onChange={(when) => change({ when })} />
                <Terms ticket={ticket} unit={page.unit} />
                <Summary page={page} draft={draft} index={index} found={found} />
                <Act submit kind={draft.side} reason={reason}>
                    {draft.size === '' ? `${verb} ${base}` : `${verb} ${draft.size} ${base}`}
                    {draft.closing ? ' to close' : ''}
                </Act>
            </form>
        </Card>
    );
}

function SizeField({ ticket, base, held }: { ticket: TicketState; base: string; held: bigint }) {
    const { draft, change } = ticket;
    const takeAll = () => change({ size: size(held, '').trim().replaceAll(',', '') });
    return (
        <Field
            label="Size"
            unit={base}
            value={draft.size}
            error={typed(draft.size, 'The size').error}
            onChange={(text) => change({ size: text })}
            action={draft.closing && held !== 0n ? { text: `all of ${size(held, base)}`, run: takeAll } : undefined}
        />
    );
}

/** The trigger, the worst price, and for how long. */
function Terms({ ticket, unit }: { ticket: TicketState; unit: string }) {
    const { draft, change } = ticket;
    return (
        <>
            {draft.when === 'price' && (
                <Field
                    label="Trigger: index price to wait for"
                    unit={unit}
                    value={draft.trigger}
                    error={typed(draft.trigger, 'The price').error}
                    onChange={(text) => change({ trigger: text })}
                />
            )}
            <div className="pair">
                <Field
                    label="Accept worse by"
                    unit="%"
                    value={draft.slippage}
                    error={typed(draft.slippage, 'It').error}
                    onChange={(text) => change({ slippage: text })}
                />
                <div className="field">
                    <label htmlFor="lasts">Wait at most</label>
                    <select
                        id="lasts"
                        value={draft.minutes}
                        onChange={(event) => change({ minutes: event.target.value })}
                    >
                        {LASTS.map(([minutes, text]) => (
                            <option key={minutes} value={minutes}>
                                {text}
                            </option>
                        ))}
                    </select>
                </div>
            </div>
        </>
    );
}

/** The trade at the newest price; why there is none, or nothing while no size is typed. */
function estimated(
    { risk, chain, markets, account }: Page,
    draft: Draft,
    index: number,
): Estimate | string | undefined {
    const [market, delta] = [markets[index], deltaOf(draft)];
    if (market === undefined || delta === 0n || account === undefined) return undefined;
    const held = account.positions[index] as Position;
    if (draft.closing && (held.size === 0n || held.size > 0n === delta > 0n)) return undefined;
    try {
        return estimate(risk, chain, markets, account, market, draft.closing ? cut(delta, held.size) : delta);
    } catch (error) {
        return error instanceof Error ? error.message : String(error);
    }
}

/** A reduction is cut at the size of the position. */
function cut(delta: bigint, held: bigint): bigint {
    const most = held < 0n ? -held : held;
    const wanted = delta < 0n ? -delta : delta;
    const least = wanted < most ? wanted : most;
    return delta < 0n ? -least : least;
}

/** Why the order cannot be sent; `undefined` where it can. */
function refusal(page: Page, draft: Draft, index: number, found: Estimate | string | undefined): string | undefined {
    const { account, markets, chain, pulse, nowMs, unit, wallet } = page;
    const market = markets[index];
    const opening = draft.closing ? undefined : openingRefusal(chain, pulse, nowMs);
    if (opening !== undefined) return opening;
    if (pulse.kind === 'silent') return 'The endpoint does not answer: nothing can be sent through it.';
    if (wallet === undefined) return 'Connect a wallet to trade.';
    if (account === undefined) return `Deposit ${unit} first, under Account: that opens your margin account.`;
    const held = account.positions[index]?.size ?? 0n;
    if (draft.closing && (held === 0n || held > 0n === (draft.side === 'buy'))) {
        return held === 0n
            ? 'There is no position to close here.'
            : `To close a ${held > 0n ? 'long, sell' : 'short, buy'}.`;
    }
    if (deltaOf(draft) === 0n) return 'Write a size.';
    if (draft.when === 'price' && typed(draft.trigger, 'The price').value === undefined)
        return 'Write the price to wait for.';
    if (typed(draft.slippage, 'The slippage').value === undefined)
        return 'Write by how many percent the price may be worse.';
    if (typeof found === 'string') return found;
    if (draft.closing || market === undefined || draft.when === 'price') return undefined;
    const doubts = doubt(market, chain.lastDisruptionMs, nowMs);
    if (doubts !== undefined) return `Opening waits for a price: the newest is ${doubts}.`;
    const smallest = market.terms.smallest;
    const after = found?.quote.position.size ?? 0n;
    if (after !== 0n && (after < 0n ? -after : after) < smallest) {
        return `The position would be smaller than the smallest here, ${size(smallest, named(market.name))}.`;
    }
    if (found !== undefined && !found.covered) {
        const missing = found.standing.initial - found.standing.equity;
        return `This needs ${amount(missing, unit)} more margin: deposit, or trade less.`;
    }
    return undefined;
}

function Summary({
    page,
    draft,
    index,
    found,
}: {
    page: Page;
    draft: Draft;
    index: number;
    found: Estimate | string | undefined;
}) {
    const { unit, markets, chain, risk, account } = page;
    const market = markets[index];
    if (market === undefined) return null;
    const { terms } = market;
    const delta = deltaOf(draft);
    const known = typeof found === 'object' ? found : undefined;
    const preview = known?.quote ?? (draft.closing ? undefined : quoteOf(page, index, delta));
    const ppm = (part: bigint) => percent(Number(part) / 1e6, 3);
    const wait = Number(terms.executionDelayMs) + pricesEvery(market) + ABOUT_RPC_MS;
    const liquidation = known?.standing.positions.find((position) => position.market === index)?.liquidationPrice;
    const strained: Standing | undefined = known && account && risk.standing(known.after, markets, inStrain(chain));
    return (
        <dl className="summary">
            <Line label="Index price now">{price(indexFor(market, delta === 0n ? 1n : delta), unit)}</Line>
            {preview !== undefined && (
                <>
                    <Line
                        label="Spread"
                        hint={`${ppm(BigInt(terms.baseSpreadPpm))} base, ${ppm(preview.impactPpm)} skew, ${ppm(preview.volatilityPpm)} volatility`}
                    >
                        {ppm(preview.spreadPpm)}
                    </Line>
                    <Line label="Price it would get now">
                        <strong>{price(preview.price, unit)}</strong>
                    </Line>
                    <Line label="Fee">{amount(preview.fee, unit)}</Line>
                </>
            )}
            <Line label={draft.side === 'buy' ? 'Pays at most' : 'Gets at least'}>
                {price(limitOf(draft, market), unit)}
            </Line>
            {known !== undefined && !draft.closing && (
                <>
                    <Line label="Margin it reserves">{amount(known.margin, unit)}</Line>
                    <Line label="Margin in an outage" hint="all positions, at 1.5 ×">
                        {amount(strained?.initial ?? 0n, unit)}
                    </Line>
                </>
            )}
            {known !== undefined && (
                <Line label="Liquidation price after">
                    {liquidation === undefined ? 'none' : price(liquidation, unit)}
                </Line>
            )}
            <Line
                label="Wait"
                hint={
                    draft.when === 'now'
                        ? `decided by the first price published ${duration(Number(terms.executionDelayMs))} after it lands`
                        : `until the index ${rises(draft, market) ? 'rises' : 'falls'} there, then so long`
                }
            >
                {page.pulse.kind === 'goes' ? `about\u00a0${duration(wait)}` : 'until the chain goes on'}
            </Line>
        </dl>
    );
}

/** The price alone, for somebody without an account. */
function quoteOf({ risk, markets }: Page, index: number, delta: bigint) {
    const market = markets[index];
    if (market === undefined || delta === 0n) return undefined;
    const none: Position = { size: 0n, entry: 0n, carry: 0n, changedMs: 0n };
    try {
        return risk.trade(market, none, delta);
    } catch {
        return undefined;
    }
}

/** Whether it landed. */
async function place(page: Page, draft: Draft, index: number): Promise<boolean> {
    const { snapshot, account, markets, nowMs, submit } = page;
    const [market, placedMarket] = [markets[index], snapshot.silo.markets[index]];
    const holdings = snapshot.holdings;
    if (market === undefined || placedMarket === undefined || account === undefined || holdings === undefined) {
        return false;
    }
    const arguments_ = placed(draft, market, nowMs);
    const held = openIndices(account).flatMap((at) => snapshot.silo.markets[at]?.address ?? []);
    const verb = draft.side === 'buy' ? 'Buy' : 'Sell';
    return submit(`${verb} ${draft.size} ${named(market.name)}${draft.closing ? ' to close' : ''}`, async (owner) => [
        await getPlaceOrderInstructionAsync({
            owner,
            account: holdings.account,
            market: placedMarket.address,
            ...arguments_,
            markets: held,
        }),
    ]);
}
