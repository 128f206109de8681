/** A venue on a cluster that stalls, with time and keepers that go on by themselves. */

import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import {
    type MarginAccount,
    type Order,
    TriggerKind,
    changeKind,
    fetchAllMaybePoolRequest,
    fetchExchange,
    fetchMarket,
    fetchMaybeMarginAccount,
    findChangePda,
    findExchangePda,
    findLiquidityMintPda,
    findLiquidityVaultPda,
    findMarginAccountPda,
    findPoolRequestPda,
    getExecuteOrderInstructionAsync,
    getExecutePoolRequestInstructionAsync,
    getProposeChangeInstructionAsync,
    getTriggerOrderInstructionAsync,
} from '@holdfast/client';
import type { Address } from '@solana/kit';
import { Slotstall } from 'slotstall';

import { UNIT, Venue, expectRefusal } from '../../../tests/ts/venue.js';
import { tokenAccountOf } from '../src/send/tokens.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BINARY = process.env['SLOTSTALL_BIN'] ?? `${ROOT}target/debug/slotstall`;
/** How long a slot takes, by every clock, milliseconds. */
const SLOT_MS = 400;
/** Keepers work once in so many slots. */
const WORK_EVERY = 4;
/** What the faucet gives, whole units. */
const GIFT = 50_000n;

export { UNIT };

/** The venue with a chain that makes slots, prices that come, and a keeper that does what is due. */
export class World {
    /** Whose orders and requests the keeper executes. */
    private readonly followed = new Set<Address>();
    private going = false;
    private ended = false;
    private turn: Promise<unknown> = Promise.resolve();

    private constructor(
        readonly cluster: Slotstall,
        readonly venue: Venue,
    ) {}

    /** With so many prices before anybody looks. */
    static async start(prices = 0): Promise<World> {
        const cluster = await Slotstall.start({ binary: BINARY, anchor: ROOT });
        const world = new World(cluster, await Venue.open(cluster));
        for (let price = 1; price <= prices; price += 1) {
            await cluster.run(SLOT_MS * (WORK_EVERY - 1));
            await world.slot(price * WORK_EVERY);
        }
        world.going = true;
        void world.live(prices * WORK_EVERY);
        return world;
    }

    async stop(): Promise<void> {
        this.ended = true;
        await this.turn.catch(() => undefined);
        await this.cluster.stop();
    }

    /** No slot and no price until `goOn`. */
    async stall(): Promise<void> {
        this.going = false;
        await this.alone(() => this.cluster.stall());
    }

    /** The chain goes on after it has stood still for so long by its own clock. */
    async goOn(ms: number): Promise<void> {
        await this.alone(async () => {
            await this.cluster.run(ms);
            await this.cluster.resume();
            await this.cluster.run(SLOT_MS * 3);
        });
        this.going = true;
    }

    /** Does something while neither slots nor keepers go on. */
    alone<T>(something: () => Promise<T>): Promise<T> {
        const done = this.turn.catch(() => undefined).then(something);
        this.turn = done.catch(() => undefined);
        return done;
    }

    /** Gives collateral to somebody, as the faucet of a local cluster does; the keeper follows them from now on. */
    async gift(owner: Address): Promise<void> {
        const { venue } = this;
        this.followed.add(owner);
        const at = await tokenAccountOf(owner, venue.mint);
        await this.alone(() => venue.tokens(owner, venue.mint, GIFT * UNIT, at));
    }

    /** The admin announces that the market asks for more margin. */
    async propose(): Promise<void> {
        const { rpc, keeper, market } = this.venue;
        const [exchange] = await findExchangePda();
        const { changeCount: number } = (await fetchExchange(rpc, exchange)).data;
        const [change] = await findChangePda({ number });
        const { terms } = (await fetchMarket(rpc, market)).data;
        const content = changeKind('MarketTerms', { market, terms: { ...terms, initialBps: 1_200 } });
        await this.venue.send(
            keeper,
            await getProposeChangeInstructionAsync({ admin: keeper, change, market, content }),
        );
    }

    private async live(from: number): Promise<void> {
        for (let slots = from + 1; !this.ended; slots += 1) {
            const next = pause(SLOT_MS);
            if (this.going) {
                await this.alone(async () => this.going && this.slot(slots)).catch((error: unknown) =>
                    console.error(error),
                );
            }
            await next;
        }
    }

    private async slot(number: number): Promise<void> {
        await this.cluster.run(SLOT_MS);
        if (number % WORK_EVERY === 0) {
            // A price that moves a little, the same way every time.
            const swing = BigInt(Math.round(Math.sin(number / 23) * 400_000 + Math.sin(number / 7) * 90_000));
            const before = this.venue.price;
            this.venue.price = before + swing;
            // Feeds tell whole seconds: there may be nothing newer yet.
            await this.venue.work().catch((refusal) => expectRefusal(refusal, 'FeedNotNewer'));
            this.venue.price = before;
            for (const owner of this.followed) await this.keep(owner);
        }
    }

    /** What a keeper does for one trader; what is refused is not due yet. */
    private async keep(owner: Address): Promise<void> {
        const { venue } = this;
        const { silo, market } = venue;
        const [account] = await findMarginAccountPda({ silo, owner, number: 0 });
        const found = await fetchMaybeMarginAccount(venue.rpc, account);
        const orders = found.exists ? found.data.orders.filter(({ number }) => number > 0n) : [];
        const { data } = await fetchMarket(venue.rpc, market);
        const price = data.prices[data.newest]?.low ?? 0n;
        for (const order of orders) {
            const { number } = order;
            const executor = account;
            const instruction = isSetOff(order, price)
                ? await getTriggerOrderInstructionAsync({ market, account, number })
                : await getExecuteOrderInstructionAsync({ silo, market, account, executor, number });
            await venue.send(venue.keeper, instruction).catch(() => undefined);
        }
        await this.keepRequests(owner);
    }

    private async keepRequests(owner: Address): Promise<void> {
        const { venue } = this;
        const { silo } = venue;
        const [vault] = await findLiquidityVaultPda({ silo });
        const [shareMint] = await findLiquidityMintPda({ silo });
        const addresses = await Promise.all([0, 1].map((number) => findPoolRequestPda({ silo, owner, number })));
        const requests = await fetchAllMaybePoolRequest(
            venue.rpc,
            addresses.map(([address]) => address),
        );
        for (const request of requests) {
            if (!request.exists || request.data.dueMs === 0n) continue;
            const { destination } = request.data;
            const execute = {
                owner,
                request: request.address,
                markets: [venue.market],
                silo,
                destination,
                vault,
                shareMint,
            };
            await venue.send(venue.keeper, await getExecutePoolRequestInstructionAsync(execute)).catch(() => undefined);
        }
    }

    /** A trader's account, once it is as wanted. */
    async until(owner: Address, wanted: (account: MarginAccount) => boolean): Promise<MarginAccount> {
        const [account] = await findMarginAccountPda({ silo: this.venue.silo, owner, number: 0 });
        for (;;) {
            const found = await fetchMaybeMarginAccount(this.venue.rpc, account);
            if (found.exists && wanted(found.data)) return found.data;
            await pause(SLOT_MS);
        }
    }
}

function isSetOff({ trigger, triggerPrice, earliestMs }: Order, price: bigint): boolean {
    const meets = trigger === TriggerKind.AtOrAbove ? price >= triggerPrice : price <= triggerPrice;
    return earliestMs === 0n && trigger !== TriggerKind.Immediate && meets;
}
