/** Open positions and waiting orders. */

import {
    type MarginAccount,
    type Order,
    type Position,
    getCancelOrderInstructionAsync,
    openIndices,
} from '@holdfast/client';

import { usePage } from '../context.js';
import { resultOf } from '../trade/estimate.js';
import type { Draft } from '../trade/draft.js';
import { Card, Empty } from '../ui/parts.js';
import { amount, named, percent, price, signed, size, whole } from '../words/format.js';
import { condition, expiry, stage, wants } from '../words/order.js';

/** Fills the ticket. */
type Fill = (index: number, draft: Partial<Draft>) => void;

export function Positions({ fill }: { fill: Fill }) {
    const { account, wallet, lookedAt } = usePage();
    const open = account === undefined ? [] : openIndices(account);
    return (
        <Card title="Positions">
            {account === undefined || open.length === 0 ? (
                <Empty>
                    {lookedAt !== undefined
                        ? 'This account has no position.'
                        : wallet === undefined
                          ? 'Connect a wallet to see your positions.'
                          : 'You have no position.'}
                </Empty>
            ) : (
                <div className="scroll" tabIndex={0} role="group" aria-label="Positions">
                    <table className="table stack">
                        <thead>
                            <tr>
                                {['Market', 'Size', 'Entry', 'Counts at', 'Result', 'Liquidation price', 'Do'].map(
                                    (head) => (
                                        <th key={head} scope="col">
                                            {head}
                                        </th>
                                    ),
                                )}
                            </tr>
                        </thead>
                        <tbody>
                            {open.map((index) => (
                                <PositionRow key={index} account={account} index={index} fill={fill} />
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </Card>
    );
}

function PositionRow({ account, index, fill }: { account: MarginAccount; index: number; fill: Fill }) {
    const { markets, risk, chain, standing, unit, wallet } = usePage();
    const market = markets[index];
    const position = account.positions[index] as Position;
    const judged = standing?.positions.find((held) => held.market === index);
    if (market === undefined || judged === undefined) return null;
    const name = named(market.name);
    const long = position.size > 0n;
    const entry = BigInt(Math.round(Math.abs(whole(position.entry) / whole(position.size)) * 1e6));
    const result = resultOf(risk, account, markets, index, chain);
    const { liquidationPrice } = judged;
    const distance =
        liquidationPrice === undefined ? undefined : Math.abs(whole(liquidationPrice) / whole(judged.price) - 1);
    const closing: Partial<Draft> = {
        side: long ? 'sell' : 'buy',
        closing: true,
        size: String(Math.abs(whole(position.size))),
    };
    return (
        <tr>
            <th scope="row" data-label="Market">
                <span>
                    {name} <span className={`tag ${long ? 'good' : 'bad'}`}>{long ? 'long' : 'short'}</span>
                </span>
            </th>
            <td data-label="Size">{size(position.size, name)}</td>
            <td data-label="Entry">{price(entry, unit)}</td>
            <td data-label="Counts at">{price(judged.price, unit)}</td>
            <td data-label="Result" className={result < 0n ? 'bad' : 'good'}>
                {signed(result, unit)}
            </td>
            <td data-label="Liquidation price">
                <span>
                    {liquidationPrice === undefined ? 'none' : price(liquidationPrice, unit)}
                    {distance !== undefined && <small className="note below">{percent(distance, 1)} away</small>}
                </span>
            </td>
            <td data-label="Do">
                {wallet === undefined ? (
                    'only looking'
                ) : (
                    <span className="buttons">
                        <button
                            type="button"
                            className="button small"
                            onClick={() => fill(index, { ...closing, when: 'now' })}
                        >
                            Close {name}
                        </button>
                        <button
                            type="button"
                            className="button small quiet"
                            onClick={() => fill(index, { ...closing, when: 'price', minutes: '43200', slippage: '2' })}
                        >
                            Stop or target
                        </button>
                    </span>
                )}
            </td>
        </tr>
    );
}

export function Orders() {
    const { account, wallet, lookedAt } = usePage();
    const orders = account === undefined ? [] : account.orders.filter(({ number }) => number !== 0n);
    return (
        <Card title="Orders">
            {orders.length === 0 ? (
                <Empty>
                    {wallet === undefined && lookedAt === undefined
                        ? 'Connect a wallet to see your orders.'
                        : 'No order waits.'}
                </Empty>
            ) : (
                <div className="scroll" tabIndex={0} role="group" aria-label="Orders">
                    <table className="table stack">
                        <thead>
                            <tr>
                                {['Market', 'Wants', 'Trigger', 'Worst price', 'Where it stands', 'Expires', 'Do'].map(
                                    (head) => (
                                        <th key={head} scope="col">
                                            {head}
                                        </th>
                                    ),
                                )}
                            </tr>
                        </thead>
                        <tbody>
                            {orders.map((order) => (
                                <OrderRow key={String(order.number)} order={order} />
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </Card>
    );
}

function OrderRow({ order }: { order: Order }) {
    const { markets, unit, nowMs, snapshot, wallet, submit } = usePage();
    const market = markets[order.market];
    const [placed, holdings] = [snapshot.silo.markets[order.market], snapshot.holdings];
    if (market === undefined || placed === undefined || holdings === undefined) return null;
    const name = named(market.name);
    const cancel = () =>
        submit(`Cancel order ${order.number}`, async (authority) => [
            await getCancelOrderInstructionAsync({
                authority,
                account: holdings.account,
                market: placed.address,
                number: order.number,
            }),
        ]);
    return (
        <tr>
            <th scope="row" data-label="Market">
                {name}
            </th>
            <td data-label="Wants">
                <span>
                    {wants(order, name)}
                    <small className="note below">
                        {order.reduceOnly ? 'closing only' : `${amount(order.margin, unit)} reserved`}
                    </small>
                </span>
            </td>
            <td data-label="Trigger" className="wrap">
                {condition(order, unit)}
            </td>
            <td data-label="Worst price">{price(order.limit, unit)}</td>
            <td data-label="Where it stands" className="wide">
                {stage(order, market, nowMs)}
            </td>
            <td data-label="Expires">{expiry(order, nowMs)}</td>
            <td data-label="Do">
                {wallet === undefined ? (
                    'only looking'
                ) : (
                    <button
                        type="button"
                        className="button small quiet"
                        aria-label={`Cancel order ${order.number}`}
                        onClick={() => void cancel()}
                    >
                        Cancel
                    </button>
                )}
            </td>
        </tr>
    );
}
