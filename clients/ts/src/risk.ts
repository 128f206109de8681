import { getBase64Encoder, getU64Decoder } from '@solana/kit';

import type { ChainFacts } from './chain.js';
import {
    type ChainHealth,
    ChainState,
    type MarginAccount,
    type Market,
    type Monitor,
    Pool,
    type Position,
    type Price,
    type Side,
    type Silo,
    type Thresholds,
} from './generated/index.js';
import { RISK_MODULE } from './generated/risk.js';
import { type VenueSilo, openIndices } from './venue.js';

/** What a person or a keeper may want to do, as docs/chain-health.md lists it. */
export const ACTIONS = [
    'AddMargin',
    'Cancel',
    'RequestReduction',
    'Reduce',
    'RequestOpening',
    'Open',
    'WithdrawIdle',
    'WithdrawFree',
    'Flag',
    'Liquidate',
    'RequestPool',
    'ChangePool',
    'MatureProfit',
    'ChangeInCalm',
] as const;
export type Action = (typeof ACTIONS)[number];

/** How far an action is allowed, as docs/chain-health.md explains it. */
export const PERMITS = ['Allowed', 'Stressed', 'Queued', 'DeeplyInsolvent', 'RisingLine', 'Refused'] as const;
export type Permit = (typeof PERMITS)[number];

/** Families of actions that are taken away: docs/powers.md. */
export interface Fuses {
    openings: boolean;
    pools: boolean;
    maturing: boolean;
}

const NO_FUSES: Fuses = { openings: false, pools: false, maturing: false };

/** The chain as an instruction would see it now, and what it allows. */
export interface Chain {
    state: ChainState;
    /** The venue's clock, milliseconds. */
    nowMs: bigint;
    /** When the state was entered. */
    sinceMs: bigint;
    /** When shelter, or strain that a guardian asked for, ends at the earliest. */
    untilMs: bigint;
    /** Prices published before it are history. */
    lastDisruptionMs: bigint;
    allows: Record<Action, Permit>;
    /** What guardians took away for a time, or broken books for good; `allows` knows of it. */
    fuses: Fuses;
    /** What `standing` needs of it. */
    monitor: Monitor;
    thresholds: Thresholds;
}

/** Where an account stands; amounts are native units of its collateral, millionths. */
export interface Standing {
    /** Collateral, pending profit and the result of every position, less debt: as a liquidation counts it. */
    equity: bigint;
    /** What has to be left; an account with less equity can be flagged. */
    maintenance: bigint;
    /** What is missing to be safe from liquidation; zero while it is safe. */
    shortfall: bigint;
    /** What opening and withdrawing ask now, waiting orders included. */
    initial: bigint;
    /** Collateral that could be withdrawn now, as far as the chain's state allows it. */
    withdrawable: bigint;
    positions: PositionStanding[];
}

/** A position, valued. */
export interface PositionStanding {
    /** The market's index. */
    market: number;
    /** What a base unit counts for when the account is judged for liquidation, millionths. */
    price: bigint;
    /**
     * The last price of this market at which the account is safe while all others stay: a long is
     * liquidatable below it, a short above it. `undefined` where this market alone does not decide it.
     */
    liquidationPrice: bigint | undefined;
}

/** A trade as it would be at the newest price; the price that decides it is published after it. */
export interface Quote {
    /** The price with spread, millionths. */
    price: bigint;
    /** What the price is above or below the index, millionths of it: the sum of three parts. */
    spreadPpm: bigint;
    /** The part that is for the skew. */
    impactPpm: bigint;
    /** The part that is for volatility. */
    volatilityPpm: bigint;
    /** The taker fee, native units. */
    fee: bigint;
    /** The position afterwards. */
    position: Position;
}

/** A pool as somebody who joins or leaves it now would find it. */
export interface PoolQuote {
    /** What it is worth, native units; below zero when it owes more than it has. */
    worth: bigint;
    /** What a whole share, a million units of the share token, is paid, native units. */
    perShare: bigint;
    /** Shares that a deposit buys, or native units that shares are paid. */
    gets: bigint;
}

interface Exports {
    memory: WebAssembly.Memory;
    input(): number;
    output(): number;
    standing(): number;
    liquidation_price(): bigint;
    counts_for(): bigint;
    per_minute(): number;
    initial_margin(): number;
    guard(): void;
    fuses(): number;
    permit(action: number, state: number, fuses: number): number;
    trade(): number;
    pool(): number;
    exit_payable(): bigint;
}

/** For whom a position is valued: its owner, who wants something; somebody who may take something; at most. */
type Purpose = 0 | 1 | 2;
const [WANTED, TAKEN, AT_MOST]: [Purpose, Purpose, Purpose] = [0, 1, 2];

type Numbers = readonly (bigint | number | boolean)[];

const UNKNOWN = 0xffff_ffff_ffff_ffffn;

/**
 * The venue's rules: the same code that the program runs, compiled to WebAssembly.
 *
 * `const risk = await Risk.load()`, once; its methods are ordinary functions of accounts.
 */
export class Risk {
    readonly #rules: Exports;

    private constructor(rules: Exports) {
        this.#rules = rules;
    }

    static async load(): Promise<Risk> {
        const bytes = Uint8Array.from(getBase64Encoder().encode(RISK_MODULE));
        const { instance } = await WebAssembly.instantiate(bytes);
        return new Risk(instance.exports as unknown as Exports);
    }

    /**
     * The chain as an instruction would see it now: the stricter of what the venue last observed and
     * of what the sysvars say, so that a halt nobody has recorded yet counts.
     *
     * @param silo The silo that something is wanted of: one whose books were found broken only reduces.
     */
    chainState(health: ChainHealth, facts: ChainFacts, silo?: Silo): Chain {
        const { monitor, thresholds } = health;
        const proven = 0n;
        const sample = [facts.slot, facts.clockMs, proven, facts.lastRestartSlot ?? UNKNOWN];
        this.#write([...sample, facts.skipped ?? UNKNOWN, ...numbersOf(monitor), ...limits(thresholds)]);
        this.#rules.guard();
        const [
            state = 0n,
            nowMs = 0n,
            sinceMs = 0n,
            untilMs = 0n,
            lastDisruptionMs = 0n,
            windowUs,
            baselineUs,
        ] = this.#read(7);
        const now = {
            ...monitor,
            windowUs: Number(windowUs),
            baselineUs: Number(baselineUs),
        };
        const code = Number(state) as ChainState;
        const fuses = this.#fuses(health, facts, silo);
        const allows = Object.fromEntries(ACTIONS.map((action) => [action, this.permit(action, code, fuses)]));
        return {
            state: code,
            nowMs,
            sinceMs,
            untilMs,
            lastDisruptionMs,
            allows: allows as Record<Action, Permit>,
            fuses,
            monitor: now,
            thresholds,
        };
    }

    /** How far an action is allowed in a state, with fuses blown or none. */
    permit(action: Action, state: ChainState, fuses = NO_FUSES): Permit {
        const bits = Number(fuses.openings) | (Number(fuses.pools) << 1) | (Number(fuses.maturing) << 2);
        return PERMITS[this.#rules.permit(ACTIONS.indexOf(action), state, bits)] ?? 'Refused';
    }

    #fuses({ fuse }: ChainHealth, facts: ChainFacts, silo?: Silo): Fuses {
        const blows = fuse.blows.flatMap((blow) => [blow.fromMs, blow.untilMs]);
        this.#write([facts.clockMs, fuse.families, ...blows, (silo?.trip.tripped ?? 0) !== 0]);
        const bits = this.#rules.fuses();
        return { openings: (bits & 1) > 0, pools: (bits & 2) > 0, maturing: (bits & 4) > 0 };
    }

    /**
     * Where an account stands.
     *
     * @param markets The silo's markets by index: `venue.silos[n].markets.map((market) => market.data)`.
     * @throws RangeError when a market is missing or an amount does not fit.
     */
    standing(account: MarginAccount, markets: readonly Market[], chain: Chain): Standing {
        const indices = openIndices(account);
        const judged = indices.map((index) => this.#leg(account, markets, index, chain, TAKEN));
        const asked = indices.map((index) => this.#leg(account, markets, index, chain, WANTED));
        const [equity = 0n, , , maintenance = 0n, shortfall = 0n] = this.#sum(account, 0n, judged);
        const [, , initial = 0n, , , withdrawable = 0n] = this.#sum(account, account.reservedMargin, asked);
        return {
            equity: BigInt.asIntN(64, equity),
            maintenance,
            shortfall,
            initial,
            withdrawable,
            positions: indices.map((market, at) => ({
                market,
                price: BigInt(judged[at]?.[3] ?? 0),
                liquidationPrice: this.#liquidationPrice(account, judged, at),
            })),
        };
    }

    #liquidationPrice(account: MarginAccount, legs: Numbers[], at: number): bigint | undefined {
        const others = legs.filter((_, index) => index !== at);
        this.#write([...moneyOf(account), ...(legs[at] ?? []), others.length, ...others.flat()]);
        const price = BigInt.asUintN(64, this.#rules.liquidation_price());
        return price === 0n ? undefined : price;
    }

    #sum(account: MarginAccount, reserved: bigint, legs: Numbers[]): bigint[] {
        this.#write([...moneyOf(account), reserved, legs.length, ...legs.flat()]);
        if (this.#rules.standing() === 0) {
            throw new RangeError('an amount of this account is out of range');
        }
        return this.#read(6);
    }

    /**
     * A trade at the newest price: what a ticket shows.
     *
     * @param delta The size to trade, millionths of a base unit; a buy when positive.
     * @throws RangeError when an amount does not fit or nothing is traded.
     */
    trade(market: Market, position: Position, delta: bigint): Quote {
        const { terms, longs, shorts } = market;
        const newest = market.prices[market.newest] as Price;
        this.#write([
            ...[terms.baseSpreadPpm, terms.depth, terms.volatilityShareBps, terms.takerFeeBps],
            ...[longs.size, shorts.size, market.variance, newest.low, newest.high],
            ...[position.size, position.entry, position.carry, market.carryLong, market.carryShort, delta],
        ]);
        if (this.#rules.trade() === 0) {
            throw new RangeError('this size cannot be traded here: write a smaller one');
        }
        const [spreadPpm = 0n, impactPpm = 0n, volatilityPpm = 0n, price = 0n, fee = 0n, ...after] =
            this.#read(8);
        const [size = 0n, entry = 0n, carry = 0n] = after;
        const changed = { size: BigInt.asIntN(64, size), entry, carry: BigInt.asIntN(64, carry) };
        return { price, spreadPpm, impactPpm, volatilityPpm, fee, position: { ...position, ...changed } };
    }

    /**
     * A pool now, for whoever joins or leaves it: an estimate at the newest prices of what the prices after
     * a request will decide.
     *
     * @param amount The deposit, native units, or the shares given up, millionths.
     * @throws RangeError when an amount does not fit.
     */
    pool(silo: VenueSilo, chain: Chain, pool: Pool, leaves: boolean, amount: bigint): PoolQuote {
        const { ledger, liquidityShares, insuranceShares } = silo.data;
        const isInsurance = pool === Pool.Insurance;
        const now = { ...chain, lastDisruptionMs: 0n };
        const exposures = silo.markets.flatMap(({ data: market }) => [
            market.terms.initialBps,
            ...this.#exposure(market, market.longs, true, leaves, now),
            ...this.#exposure(market, market.shorts, false, leaves, now),
        ]);
        this.#write([
            ...[isInsurance, leaves, ledger.collateral, ledger.liquidity, ledger.insurance],
            ...[ledger.pendingProfit, ledger.debt, isInsurance ? insuranceShares : liquidityShares, amount],
            ...[silo.markets.length, ...exposures],
        ]);
        if (this.#rules.pool() === 0) {
            throw new RangeError('an amount of this pool is out of range');
        }
        const [worth = 0n, perShare = 0n, gets = 0n] = this.#read(3);
        return { worth: BigInt.asIntN(64, worth), perShare, gets };
    }

    #exposure(market: Market, side: Side, long: boolean, leaves: boolean, chain: Chain): Numbers {
        const basis = side.carryBasis;
        const price = this.#countsFor(market, long, leaves ? AT_MOST : WANTED, chain);
        const carry = long ? market.carryLong : market.carryShort;
        const halves = [0, 8].map((at) => getU64Decoder().decode(basis, at));
        return [side.size, side.entry, ...halves, price, carry];
    }

    /** How much of an account's exit can be paid now, native units; what is left follows by its own clock. */
    exitPayable(account: MarginAccount, chain: Chain): bigint {
        const trusted = chain.allows.WithdrawIdle === 'Allowed';
        this.#write([trusted, account.exitAsked, account.exitAmount, account.exitMs, chain.nowMs]);
        return BigInt.asUintN(64, this.#rules.exit_payable());
    }

    /** A position as the module takes it. */
    #leg(
        account: MarginAccount,
        markets: readonly Market[],
        index: number,
        chain: Chain,
        purpose: Purpose,
    ): Numbers {
        const [market, position] = [markets[index], account.positions[index]];
        if (market === undefined || position === undefined || market.index !== index) {
            throw new RangeError(`market ${index} is missing: pass the silo's markets by index`);
        }
        const { terms } = market;
        const long = position.size >= 0n;
        const price = this.#countsFor(market, long, purpose, chain);
        const strained = chain.allows.WithdrawFree === 'Stressed';
        const initial =
            purpose === TAKEN
                ? terms.initialBps
                : this.#initialMargin(market, chain, this.#volatility(market), strained);
        const carry = long ? market.carryLong : market.carryShort;
        return [position.size, position.entry, position.carry, price, carry, initial, terms.maintenanceBps];
    }

    #volatility({ variance, terms }: Market): number {
        this.#write([variance, terms.tierVolatilityPpm]);
        return this.#rules.per_minute();
    }

    /** What a base unit on a side of a market counts for. */
    #countsFor(market: Market, long: boolean, purpose: Purpose, chain: Chain): bigint {
        const { terms } = market;
        const newest = market.prices[market.newest] as Price;
        const older = pricesBefore(market);
        const last = older[0];
        const believed = older.find((price) => price.believed);
        const volatility = this.#volatility(market);
        const now = newest.publishedMs > chain.nowMs ? newest.publishedMs : chain.nowMs;
        this.#write([
            ...[long, purpose, newest.low, newest.high, newest.publishedMs, newest.lagMs],
            ...[newest.believed, newest.sudden, last?.low ?? 0n, last?.high ?? 0n],
            ...[last?.publishedMs ?? 0n, last?.believed ?? false],
            ...[believed?.low ?? 0n, believed?.high ?? 0n],
            ...[market.referencePrice, now, chain.lastDisruptionMs, terms.ageMs, terms.bandBps],
            ...[terms.maintenanceBps, volatility, market.settlementPrice],
        ]);
        return BigInt.asUintN(64, this.#rules.counts_for());
    }

    #initialMargin({ terms }: Market, chain: Chain, volatility: number, strained: boolean): number {
        this.#write([
            ...[terms.initialBps, terms.penaltyBps, volatility, terms.flagDelayMs, strained],
            ...numbersOf(chain.monitor),
            ...limits(chain.thresholds),
        ]);
        return this.#rules.initial_margin();
    }

    #write(numbers: Numbers): void {
        const input = new BigUint64Array(this.#rules.memory.buffer, this.#rules.input(), 256);
        numbers.forEach((number, at) => {
            input[at] = BigInt.asUintN(64, BigInt(number));
        });
    }

    #read(count: number): bigint[] {
        return [...new BigUint64Array(this.#rules.memory.buffer, this.#rules.output(), count)];
    }
}

function moneyOf({ collateral, pendingProfit, debt }: MarginAccount): Numbers {
    return [collateral, pendingProfit, debt];
}

function numbersOf(monitor: Monitor): Numbers {
    return [
        ...[monitor.state, monitor.sinceMs, monitor.untilMs, monitor.unrestMs, monitor.lastDisruptionMs],
        ...[monitor.proven, monitor.seenMs, monitor.leadMs, monitor.slot, monitor.restartSlot],
        ...[monitor.windowStartMs, monitor.windowSlot, monitor.windowUs, monitor.baselineUs],
    ];
}

function limits(at: Thresholds): Numbers {
    return [
        ...[at.slowBps, at.slowOverBps, at.crawlingBps, at.skippingBps, at.skippingOverBps, at.failingBps],
        ...[at.blackoutMs, at.gapMs, at.silenceMs, at.holdMs, at.graceMs, at.restartGraceMs, at.thawMs],
    ];
}

/** The prices stored before a market's newest, which a sudden one reaches to, newest first. */
function pricesBefore({ newest, prices }: Market): Price[] {
    const all = prices.map((_, back) => prices[(newest - back + prices.length) % prices.length] as Price);
    return all.slice(1);
}
