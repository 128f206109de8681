/** What an order would come to at the newest price, by the venue's own rules. */

import {
    type Chain,
    type MarginAccount,
    type Market,
    type Position,
    type Price,
    type Quote,
    type Risk,
    type Standing,
} from '@holdfast/client';

/** Prices between which the usual wait for the next is measured. */
const PRICES_MEASURED = 8;

/** An account as it would be after a trade: the position changed, the fee paid. */
export function afterTrade(account: MarginAccount, market: Market, quote: Quote): MarginAccount {
    const { index } = market;
    const bit = 1 << index;
    const isOpen = quote.position.size !== 0n;
    const paid = account.collateral > quote.fee ? account.collateral - quote.fee : 0n;
    return {
        ...account,
        collateral: paid,
        openMarkets: isOpen ? account.openMarkets | bit : account.openMarkets & ~bit,
        positions: account.positions.map((position, at) => (at === index ? quote.position : position)),
    };
}

/** The chain as it would be in strain: what an outage asks, 1.5 × margin, by the rules. */
export function inStrain(chain: Chain): Chain {
    return { ...chain, allows: { ...chain.allows, WithdrawFree: 'Stressed' } };
}

/** As `inStrain`, on a calm chain: what is asked as long as all is well. */
export function inCalm(chain: Chain): Chain {
    return { ...chain, allows: { ...chain.allows, WithdrawFree: 'Allowed' } };
}

/** The result of one position alone, carry included, as a liquidation counts it. */
export function resultOf(risk: Risk, account: MarginAccount, markets: Market[], index: number, chain: Chain): bigint {
    const alone = { ...account, collateral: 0n, pendingProfit: 0n, debt: 0n, openMarkets: 1 << index };
    return risk.standing(alone, markets, chain).equity;
}

/** A trade with the account after it. */
export interface Estimate {
    quote: Quote;
    after: MarginAccount;
    standing: Standing;
    /** What the order reserves: how much more initial margin the account needs. */
    margin: bigint;
    /** Whether its equity then covers what an opening asks. */
    covered: boolean;
}

/**
 * What a trade would leave.
 *
 * @throws RangeError when it cannot be traded.
 */
export function estimate(
    risk: Risk,
    chain: Chain,
    markets: Market[],
    account: MarginAccount,
    market: Market,
    delta: bigint,
): Estimate {
    const quote = risk.trade(market, account.positions[market.index] as Position, delta);
    const after = afterTrade(account, market, quote);
    const [before, standing] = [account, after].map((at) => risk.standing(at, markets, chain)) as [Standing, Standing];
    const margin = standing.initial > before.initial ? standing.initial - before.initial : 0n;
    return { quote, after, standing, margin, covered: standing.equity >= standing.initial };
}

/** How far apart prices have been published lately, milliseconds. */
export function pricesEvery(market: Market): number {
    const times = market.prices.map(({ publishedMs }) => Number(publishedMs)).filter((at) => at > 0);
    const newest = times.sort((a, b) => b - a).slice(0, PRICES_MEASURED);
    const [first, last] = [newest[0] ?? 0, newest.at(-1) ?? 0];
    return newest.length < 2 ? 0 : (first - last) / (newest.length - 1);
}

/** The price on the side that a trade takes. */
export function indexFor({ prices, newest }: Market, delta: bigint): bigint {
    const { low, high } = prices[newest] as Price;
    return delta > 0n ? high : low;
}
