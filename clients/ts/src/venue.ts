import {
    type Account,
    type Address,
    type FetchAccountsConfig,
    type GetMultipleAccountsApi,
    type Instruction,
    type Rpc,
    getAddressDecoder,
    getProgramDerivedAddress,
    address,
} from '@solana/kit';

import {
    type ChainHealth,
    type Exchange,
    type Feed,
    type MarginAccount,
    type Market,
    Provider,
    type Silo,
    fetchAllMarket,
    fetchAllSilo,
    fetchChainHealth,
    fetchExchange,
    findChainHealthPda,
    findExchangePda,
    findMarketPda,
    findSiloPda,
    getReconcileVaultsInstructionAsync,
} from './generated/index.js';

/** Accounts that one request may ask for. */
const BATCH = 100;

/** Stork's program. */
const STORK = address('stork1JUZMKYgjNagHiK2KdMmb42iTnYe9bYUCDUk8n');
/** The program whose accounts hold Pyth's sponsored feeds. */
const PYTH_PUSH_ORACLE = address('pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT');

/** A silo with its markets, by index. */
export interface VenueSilo extends Account<Silo> {
    markets: Account<Market>[];
}

/** Everything that instructions and margin need besides a trader's own accounts. */
export interface Venue {
    exchange: Account<Exchange>;
    chainHealth: Account<ChainHealth>;
    /** By number. */
    silos: VenueSilo[];
}

type VenueRpc = Parameters<typeof fetchExchange>[0] & Rpc<GetMultipleAccountsApi>;

/**
 * Reads the exchange, the chain's health, every silo and every market.
 *
 * @throws SolanaError when the exchange does not exist on this cluster.
 */
export async function loadVenue(rpc: VenueRpc, config: FetchAccountsConfig = {}): Promise<Venue> {
    const [[exchangeAddress], [healthAddress]] = await Promise.all([findExchangePda(), findChainHealthPda()]);
    const [exchange, chainHealth] = await Promise.all([
        fetchExchange(rpc, exchangeAddress, config),
        fetchChainHealth(rpc, healthAddress, config),
    ]);
    const numbers = range(exchange.data.siloCount);
    const addresses = await Promise.all(numbers.map(async (number) => (await findSiloPda({ number }))[0]));
    const silos = await inBatches(addresses, (batch) => fetchAllSilo(rpc, batch, config));
    const withMarkets = silos.map(async (silo) => {
        const indices = range(silo.data.marketCount);
        const found = indices.map(async (index) => (await findMarketPda({ silo: silo.address, index }))[0]);
        const markets = await inBatches(await Promise.all(found), (batch) =>
            fetchAllMarket(rpc, batch, config),
        );
        return { ...silo, markets };
    });
    return { exchange, chainHealth, silos: await Promise.all(withMarkets) };
}

/**
 * The silo that an account belongs to.
 *
 * @throws RangeError when the venue was read before that silo existed.
 */
export function siloOf(venue: Venue, account: { silo: Address }): VenueSilo {
    const silo = venue.silos.find((known) => known.address === account.silo);
    if (silo === undefined) {
        throw new RangeError(`the venue has no silo ${account.silo}: load it again`);
    }
    return silo;
}

/** Indices of the markets in which an account has a position, rising. */
export function openIndices(account: MarginAccount): number[] {
    return range(account.positions.length).filter((index) => ((account.openMarkets >> index) & 1) === 1);
}

/**
 * The markets that follow `withdraw`, `place_order`, `flag` and `write_off_debt`: those of all open
 * positions, in rising index order.
 */
export function marketsOf(venue: Venue, account: MarginAccount): Address[] {
    const { markets } = siloOf(venue, account);
    return openIndices(account).map((index) => at(markets, index).address);
}

/**
 * The markets that follow `execute_order` and `liquidate`: those of the account's open positions in
 * other markets, in rising index order.
 */
export function otherMarketsOf(venue: Venue, account: MarginAccount, index: number): Address[] {
    const { markets } = siloOf(venue, account);
    const others = openIndices(account).filter((open) => open !== index);
    return others.map((open) => at(markets, open).address);
}

/** The markets that follow `execute_pool_request` for the liquidity pool: all of the silo's. */
export function allMarketsOf(silo: VenueSilo): Address[] {
    return silo.markets.map((market) => market.address);
}

/**
 * What goes in front of `withdraw`, `pay_exit`, `cancel_pool_request` or `execute_pool_request` that pays
 * up to `amount` out of a silo's vault: nothing while the silo counts on as much there, else the
 * instruction that fetches the rest from the other vault. Without it they are refused with
 * `ReconcileFirst`. Only insurance that leaves is paid out of the insurance vault.
 */
export async function fetchingInstructions(
    silo: VenueSilo,
    amount: bigint,
    vault: 'liquidity' | 'insurance' = 'liquidity',
): Promise<Instruction[]> {
    const { inLiquidityVault, inInsuranceVault } = silo.data.ledger;
    const held = vault === 'liquidity' ? inLiquidityVault : inInsuranceVault;
    return held < amount ? [await getReconcileVaultsInstructionAsync({ silo: silo.address })] : [];
}

/** The silos that follow `lock_exchange`: all of them, in the order of their numbers. */
export function allSilosOf(venue: Venue): Address[] {
    return venue.silos.map((silo) => silo.address);
}

/** The feeds of a market that are in use, as it stores them. */
export function feedsOf(market: Market): Feed[] {
    return market.feeds.slice(0, market.feedCount);
}

/**
 * The feed accounts that follow `refresh_market`, in the market's order. Pyth's price accounts are
 * their own id, Pyth's pull feeds are the sponsored ones of shard 0, and Stork's follow from their ids;
 * an id of Switchboard's does not say which account it is of, so `locate` has to know it, and may name
 * others as well.
 *
 * @throws RangeError when a feed's account is not known.
 */
export async function feedAccountsOf(
    market: Market,
    locate: (feed: Feed) => Address | undefined = () => undefined,
): Promise<Address[]> {
    return Promise.all(feedsOf(market).map(async (feed) => locate(feed) ?? (await feedAccount(feed))));
}

async function feedAccount({ provider, id }: Feed): Promise<Address> {
    switch (provider) {
        case Provider.PythPriceAccount:
            return getAddressDecoder().decode(Uint8Array.from(id));
        case Provider.PythPull: {
            const seeds = [new Uint8Array(2), Uint8Array.from(id)];
            return (await getProgramDerivedAddress({ programAddress: PYTH_PUSH_ORACLE, seeds }))[0];
        }
        case Provider.Stork: {
            const seeds = ['stork_feed', Uint8Array.from(id)];
            return (await getProgramDerivedAddress({ programAddress: STORK, seeds }))[0];
        }
        default:
            throw new RangeError(`locate has to name the account of a ${Provider[provider]} feed`);
    }
}

function range(length: number): number[] {
    return Array.from({ length }, (_, index) => index);
}

function at<Item>(items: Item[], index: number): Item {
    const item = items[index];
    if (item === undefined) {
        throw new RangeError(`the venue has no market ${index}: load it again`);
    }
    return item;
}

async function inBatches<Item>(
    addresses: Address[],
    fetch: (batch: Address[]) => Promise<Item[]>,
): Promise<Item[]> {
    const starts = range(Math.ceil(addresses.length / BATCH)).map((batch) => batch * BATCH);
    const found = starts.map((start) => fetch(addresses.slice(start, start + BATCH)));
    return (await Promise.all(found)).flat();
}
