import { getBase64Encoder } from '@solana/kit';

import type { ChainFacts } from './chain.js';
import {
    type ChainHealth,
    ChainState,
    type MarginAccount,
    type Market,
    type Monitor,
    type Price,
    type Silo,
    type Thresholds,
} from './generated/index.js';
import { RISK_MODULE } from './generated/risk.js';
import { openIndices } from './venue.js';

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
}

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
        const judged = indices.map((index) => this.#leg(account, markets, index, chain, true));
        const asked = indices.map((index) => this.#leg(account, markets, index, chain, false));
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

    /** A position as the module takes it: valued for or, when it may be taken, against the venue. */
    #leg(
        account: MarginAccount,
        markets: readonly Market[],
        index: number,
        chain: Chain,
        taken: boolean,
    ): Numbers {
        const [market, position] = [markets[index], account.positions[index]];
        if (market === undefined || position === undefined || market.index !== index) {
            throw new RangeError(`market ${index} is missing: pass the silo's markets by index`);
        }
        const { terms } = market;
        const long = position.size >= 0n;
        const newest = market.prices[market.newest] as Price;
        const older = pricesBefore(market);
        const last = older[0];
        const believed = older.find((price) => price.believed);
        this.#write([market.variance, terms.tierVolatilityPpm]);
        const volatility = this.#rules.per_minute();
        const now = newest.publishedMs > chain.nowMs ? newest.publishedMs : chain.nowMs;
        this.#write([
            ...[long, taken, newest.low, newest.high, newest.publishedMs, newest.lagMs],
            ...[newest.believed, newest.sudden, last?.low ?? 0n, last?.high ?? 0n],
            ...[last?.publishedMs ?? 0n, last?.believed ?? false],
            ...[believed?.low ?? 0n, believed?.high ?? 0n],
            ...[market.referencePrice, now, chain.lastDisruptionMs, terms.ageMs, terms.bandBps],
            ...[terms.maintenanceBps, volatility, market.settlementPrice],
        ]);
        const price = BigInt.asUintN(64, this.#rules.counts_for());
        const strained = chain.allows.WithdrawFree === 'Stressed';
        const initial = taken ? terms.initialBps : this.#initialMargin(market, chain, volatility, strained);
        const carry = long ? market.carryLong : market.carryShort;
        return [position.size, position.entry, position.carry, price, carry, initial, terms.maintenanceBps];
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
        const input = new BigUint64Array(this.#rules.memory.buffer, this.#rules.input(), 128);
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
