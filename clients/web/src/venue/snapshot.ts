/** Everything the page shows, read at once. */

import {
    type Change,
    type ChainFacts,
    type ChainHealth,
    type Exchange,
    type MarginAccount,
    type PoolRequest,
    HOLDFAST_PROGRAM_ADDRESS,
    MARGIN_ACCOUNT_DISCRIMINATOR,
    type Venue,
    type VenueSilo,
    chainFacts,
    findChangePda,
    findMarginAccountPda,
    findPoolRequestPda,
    getChainHealthDecoder,
    getChangeDecoder,
    getExchangeDecoder,
    getMarginAccountDecoder,
    getMarketDecoder,
    getPoolRequestDecoder,
    getSiloDecoder,
} from '@holdfast/client';
import {
    type Account,
    type Address,
    type ReadonlyUint8Array,
    type Rpc,
    type SolanaRpcApi,
    address,
    getBase64Encoder,
    getU64Decoder,
} from '@solana/kit';

import { tokenAccountOf } from '../send/tokens.js';

const CLOCK = address('SysvarC1ock11111111111111111111111111111111');
const RESTART = address('SysvarLastRestartS1ot1111111111111111111111');
const HASHES = address('SysvarS1otHashes111111111111111111111111111');
/** As much of `SlotHashes` as tells the skipped slots. */
const HASHES_READ = 16 + 40 * 128;
/** Changes and requests looked for: the newest, and those with the lowest numbers. */
const CHANGES = 12;
export const REQUESTS = 4;

/** A pool request with where it is. */
export interface PlacedRequest {
    address: Address;
    data: PoolRequest;
}

/** Whose account is wanted: that of the visitor's wallet, or one that the visitor only looks at. */
export interface Who {
    kind: 'wallet' | 'looked-at';
    /** A wallet; where it is only looked at, a margin account just as well. */
    address: Address;
}

/** An owner and one margin account of theirs. */
interface Held {
    owner: Address;
    account: Address;
}

/** What belongs to a wallet. */
export interface Holdings extends Held {
    /** The address that was asked about. */
    asked: Address;
    /** Its margin account, if there is one: number 0 where a wallet was asked about. */
    margin: MarginAccount | undefined;
    lamports: bigint;
    /** Collateral in its token account. */
    tokens: bigint;
    liquidityShares: bigint;
    insuranceShares: bigint;
    requests: PlacedRequest[];
}

/** The venue as it was at a slot. */
export interface Snapshot {
    slot: bigint;
    facts: ChainFacts;
    health: ChainHealth;
    exchange: Exchange;
    silo: VenueSilo;
    changes: Change[];
    holdings: Holdings | undefined;
}

/** What to read. */
export interface Wanted {
    /** The silo's number. */
    number: number;
    /** How many changes have been proposed, as far as is known. */
    changeCount: bigint;
    /** Whose account, if anybody's. */
    who: Who | undefined;
}

type Read = (ReadonlyUint8Array | undefined)[];

/**
 * Reads the silo with a number, the chain and what a wallet has, in one answer of one endpoint.
 *
 * @throws SolanaError when the endpoint does not answer.
 */
export async function readSnapshot(
    rpc: Rpc<SolanaRpcApi>,
    venue: Venue,
    { number, changeCount, who }: Wanted,
    signal: AbortSignal,
): Promise<Snapshot> {
    const silo = siloNumbered(venue, number);
    const fixed = [CLOCK, RESTART, venue.chainHealth.address, venue.exchange.address, silo.address];
    const changes = await newestChanges(changeCount);
    const held = who === undefined ? undefined : await heldBy(rpc, who, silo.address, signal);
    const theirs = held === undefined ? [] : await addressesOf(held, silo);
    const markets = silo.markets.map((market) => market.address);
    const asked = [...fixed, ...markets, ...changes, ...theirs];
    const config = { commitment: 'confirmed', encoding: 'base64' } as const;
    const [all, hashes] = await Promise.all([
        rpc.getMultipleAccounts(asked, config).send({ abortSignal: signal }),
        rpc
            .getAccountInfo(HASHES, { ...config, dataSlice: { offset: 0, length: HASHES_READ } })
            .send({ abortSignal: signal }),
    ]);
    const bytes = (found: { data: readonly [string, string] } | null) =>
        found === null ? undefined : getBase64Encoder().encode(found.data[0]);
    const read: Read = all.value.map((found) => bytes(found as { data: readonly [string, string] } | null));
    const take = (count: number) => read.splice(0, count);
    const [clock, restart, health, exchange, siloData] = take(fixed.length);
    const found = required(clock, 'clock');
    return {
        slot: all.context.slot,
        facts: chainFacts(found, restart, bytes(hashes.value as { data: readonly [string, string] } | null)),
        health: getChainHealthDecoder().decode(required(health, 'chain health')),
        exchange: getExchangeDecoder().decode(required(exchange, 'exchange')),
        silo: withData(silo, required(siloData, 'silo'), take(markets.length)),
        changes: take(changes.length).flatMap((data) => (isAccount(data) ? [getChangeDecoder().decode(data)] : [])),
        holdings:
            who === undefined || held === undefined
                ? undefined
                : { ...holdings(theirs, read, all.value.at(-1)?.lamports ?? 0n), ...held, asked: who.address },
    };
}

/** The owner and the margin account that an address stands for. */
async function heldBy(
    rpc: Rpc<SolanaRpcApi>,
    { kind, address: asked }: Who,
    silo: Address,
    signal: AbortSignal,
): Promise<Held> {
    const known = kind === 'looked-at' ? await ownerOf(rpc, asked, silo, signal) : undefined;
    if (known !== undefined) return { owner: known, account: asked };
    return { owner: asked, account: (await findMarginAccountPda({ silo, owner: asked, number: 0 }))[0] };
}

/** Who owns the margin account of the silo at an address; `undefined` where there is none. */
async function ownerOf(
    rpc: Rpc<SolanaRpcApi>,
    asked: Address,
    silo: Address,
    signal: AbortSignal,
): Promise<Address | undefined> {
    const config = { commitment: 'confirmed', encoding: 'base64' } as const;
    const { value } = await rpc.getAccountInfo(asked, config).send({ abortSignal: signal });
    const found = value as { owner: Address; data: readonly [string, string] } | null;
    if (found === null || found.owner !== HOLDFAST_PROGRAM_ADDRESS) return undefined;
    const data = getBase64Encoder().encode(found.data[0]);
    if (MARGIN_ACCOUNT_DISCRIMINATOR.some((byte, at) => data[at] !== byte)) return undefined;
    const account = getMarginAccountDecoder().decode(data);
    return account.silo === silo ? account.owner : undefined;
}

/** The silo that the page is for. */
function siloNumbered({ silos }: Venue, number: number): VenueSilo {
    const silo = silos.find(({ data }) => data.number === number);
    if (silo === undefined) {
        throw new RangeError(`the venue has no silo ${number}`);
    }
    return silo;
}

function withData(silo: VenueSilo, data: ReadonlyUint8Array, markets: Read): VenueSilo {
    const read = <T extends object>(account: Account<T>, now: T): Account<T> => ({ ...account, data: now });
    return {
        ...silo,
        data: getSiloDecoder().decode(data),
        markets: silo.markets.map((market, at) =>
            read(market, getMarketDecoder().decode(required(markets[at], 'market'))),
        ),
    };
}

function required(data: ReadonlyUint8Array | undefined, what: string): ReadonlyUint8Array {
    if (data === undefined) {
        throw new RangeError(`the endpoint does not show the ${what}`);
    }
    return data;
}

const isAccount = (data: ReadonlyUint8Array | undefined): data is ReadonlyUint8Array =>
    data !== undefined && data.length > 0;

async function newestChanges(count: bigint): Promise<Address[]> {
    const newest = Array.from({ length: CHANGES }, (_, back) => count - 1n - BigInt(back));
    const numbers = newest.filter((number) => number >= 0n);
    return Promise.all(numbers.map(async (number) => (await findChangePda({ number }))[0]));
}

/** Margin account, token accounts, requests, and the wallet itself at the end. */
async function addressesOf({ owner, account }: Held, { address: silo, data }: VenueSilo): Promise<Address[]> {
    const mints = [data.mint, data.liquidityMint, data.insuranceMint];
    const requests = Array.from({ length: REQUESTS }, (_, number) => findPoolRequestPda({ silo, owner, number }));
    const tokens = await Promise.all(mints.map((mint) => tokenAccountOf(owner, mint)));
    return [account, ...tokens, ...(await Promise.all(requests)).map(([request]) => request), owner];
}

function holdings(at: Address[], read: Read, lamports: bigint): Omit<Holdings, keyof Held | 'asked'> {
    const [margin, tokens, liquidity, insurance, ...rest] = read;
    const amount = (data: ReadonlyUint8Array | undefined) => (isAccount(data) ? getU64Decoder().decode(data, 64) : 0n);
    const requests = rest
        .slice(0, REQUESTS)
        .flatMap((data, number) =>
            isAccount(data) ? [{ address: at[4 + number] as Address, data: getPoolRequestDecoder().decode(data) }] : [],
        );
    return {
        margin: isAccount(margin) ? getMarginAccountDecoder().decode(margin) : undefined,
        lamports,
        tokens: amount(tokens),
        liquidityShares: amount(liquidity),
        insuranceShares: amount(insurance),
        requests,
    };
}
