/** The markets of the silo, one of them chosen. */

import type { Market, Price } from '@holdfast/client';

import { usePage } from '../context.js';
import { Card } from '../ui/parts.js';
import { duration, named, number, percent, price, short } from '../words/format.js';

/** Parts of a whole that a funding rate counts in. */
const RATE_ONE = 1e15;

/** What a market's newest price is worth, in a word; `undefined` where it is fresh and believed. */
export function doubt(market: Market, lastDisruptionMs: bigint, nowMs: number): string | undefined {
    const newest = market.prices[market.newest] as Price;
    if (market.settlementPrice > 0n) return 'settled';
    if (newest.publishedMs === 0n) return 'no price yet';
    if (newest.publishedMs <= lastDisruptionMs) return 'from before the disruption';
    if (nowMs - Number(newest.publishedMs) > Number(market.terms.ageMs)) return 'stale';
    if (!newest.believed) return 'outside the band';
    return undefined;
}

/** Which side pays funding, and how much an hour. */
export function funding({ fundingRate }: Market): string {
    const rate = Number(fundingRate) / RATE_ONE;
    if (Math.abs(rate) < 5e-7) return '0 % an hour';
    return `${percent(Math.abs(rate), 4)} an hour, ${rate > 0 ? 'longs' : 'shorts'} pay`;
}

export function Markets({ chosen, choose }: { chosen: number; choose: (index: number) => void }) {
    const { markets, unit, chain, nowMs } = usePage();
    return (
        <Card title="Markets" className="markets">
            <div className="scroll" tabIndex={0} role="group" aria-label="Markets">
                <table className="table">
                    <thead>
                        <tr>
                            <th scope="col">Market</th>
                            <th scope="col" className="right">
                                Index price
                            </th>
                            <th scope="col" className="right">
                                Age
                            </th>
                            <th scope="col" className="right">
                                Open long / short
                            </th>
                            <th scope="col">Funding</th>
                            <th scope="col" className="right">
                                Leverage
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {markets.map((market) => {
                            const { publishedMs, low } = market.prices[market.newest] as Price;
                            const doubts = doubt(market, chain.lastDisruptionMs, nowMs);
                            const isChosen = market.index === chosen;
                            const name = named(market.name);
                            return (
                                <tr key={market.index} className={isChosen ? 'chosen' : ''}>
                                    <th scope="row">
                                        <button
                                            type="button"
                                            className="market-name"
                                            aria-pressed={isChosen}
                                            onClick={() => choose(market.index)}
                                        >
                                            {name}
                                        </button>
                                    </th>
                                    <td className="right strong">{price(low, unit)}</td>
                                    <td className="right">
                                        {duration(nowMs - Number(publishedMs))}
                                        {doubts !== undefined && <span className="tag careful">{doubts}</span>}
                                    </td>
                                    <td className="right">
                                        {short(market.longs.entry, unit)} / {short(market.shorts.entry, unit)}
                                    </td>
                                    <td>{funding(market)}</td>
                                    <td className="right">
                                        {number(10_000 / (market.terms.initialBps + market.terms.penaltyBps), 1)}
                                        {'\u00a0'}×
                                    </td>
                                </tr>
                            );
                        })}
                    </tbody>
                </table>
            </div>
        </Card>
    );
}
