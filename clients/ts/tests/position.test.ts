// A whole position through the client, on the compiled program.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Address, KeyPairSigner } from '@solana/kit';

import * as holdfast from '../src/index.js';
import { provide } from './pool.js';
import { Stage } from './stage.js';

const FIELD: Omit<holdfast.OrderText, 'side' | 'size' | 'limit' | 'expires'> = {
    effect: 'open',
    trigger: 'immediate',
};

interface Person {
    signer: KeyPairSigner;
    tokens: Address;
}

/** A margin account with so many whole units. */
async function open(stage: Stage, person: Person, units: bigint): Promise<Address> {
    const { silo } = await stage.addresses();
    const owner = person.signer;
    const [account] = await holdfast.findMarginAccountPda({ silo, owner: owner.address, number: 0 });
    const create = await holdfast.getOpenMarginAccountInstructionAsync({
        payer: owner,
        owner,
        silo,
        number: 0,
    });
    const deposit = await holdfast.getDepositInstructionAsync({
        authority: owner,
        source: person.tokens,
        silo,
        account,
        amount: units * 1_000_000n,
    });
    await stage.send(owner, [create, deposit]);
    return account;
}

async function read(stage: Stage, account: Address): Promise<holdfast.MarginAccount> {
    return (await holdfast.fetchMarginAccount(stage.rpc, account)).data;
}

/** Places an order and, at a price published after the delay, has it executed. */
async function trade(
    stage: Stage,
    owner: KeyPairSigner,
    account: Address,
    text: holdfast.OrderText,
    price: bigint,
): Promise<holdfast.HoldfastEvent[]> {
    const { silo, market } = await stage.addresses();
    const venue = await holdfast.loadVenue(stage.rpc);
    const held = await read(stage, account);
    const markets = holdfast.marketsOf(venue, held);
    const request = { owner, account, market, ...holdfast.order(text), markets };
    await stage.send(owner, [await holdfast.getPlaceOrderInstructionAsync(request)]);
    stage.pass(3n);
    await stage.price(price);
    stage.pass(1n);
    const others = holdfast.otherMarketsOf(venue, held, 0);
    const number = held.nextOrder;
    const execution = { silo, market, account, executor: account, number, markets: others };
    return (await stage.send(owner, [await holdfast.getExecuteOrderInstructionAsync(execution)])).events;
}

async function observe(stage: Stage): Promise<void> {
    await stage.send(stage.admin, [await holdfast.getObserveInstructionAsync({})]);
}

test('a position is opened, valued, stopped and closed, and its money taken out', async () => {
    const stage = await Stage.create();
    const { silo, market } = await stage.addresses();
    await stage.price(150n);
    await provide(stage, 100_000n);
    const person = await stage.person(1_000n);
    const owner = person.signer;
    const account = await open(stage, person, 1_000n);
    const expires = new Date(Number(stage.nowMs) + 600_000);
    const buy = { ...FIELD, side: 'buy', size: '10', limit: '152', expires } as const;
    const events = await trade(stage, owner, account, buy, 150n);
    const executed = events.find((event) => event.name === 'OrderExecuted');
    assert.equal(executed?.name === 'OrderExecuted' && executed.data.position, 10_000_000n);

    const risk = await holdfast.Risk.load();
    const venue = await holdfast.loadVenue(stage.rpc);
    const chain = risk.chainState(venue.chainHealth.data, stage.facts());
    assert.equal(chain.state, holdfast.ChainState.Normal);
    const markets = holdfast.siloOf(venue, { silo }).markets.map(({ data }) => data);
    const standing = risk.standing(await read(stage, account), markets, chain);
    assert.equal(standing.maintenance, 75_000_000n);
    assert.ok(standing.equity > 990_000_000n && standing.equity < 1_000_000_000n, `${standing.equity}`);
    const limit = standing.positions[0]?.liquidationPrice ?? 0n;
    assert.ok(limit > 50_000_000n && limit < 60_000_000n, `${limit}`);

    // A stop that a falling price sets off.
    const stop = {
        side: 'sell',
        size: '10',
        limit: '130',
        effect: 'reduce',
        trigger: { atOrBelow: '145' },
        expires,
    } as const;
    const { nextOrder: number } = await read(stage, account);
    const request = { owner, account, market, ...holdfast.order(stop), markets: [market] };
    await stage.send(owner, [await holdfast.getPlaceOrderInstructionAsync(request)]);
    stage.pass(3n);
    await stage.price(149n);
    const trigger = await holdfast.getTriggerOrderInstructionAsync({ account, market, number });
    await assert.rejects(stage.send(owner, [trigger]), (error) => {
        const explained = holdfast.explainError(error);
        assert.equal(explained?.name, 'TriggerNotMet');
        assert.equal(explained?.remedy, 'wait');
        return true;
    });
    stage.pass(2n);
    await stage.price(144n);
    await stage.send(owner, [trigger]);
    stage.pass(3n);
    await stage.price(144n);
    stage.pass(1n);
    const execution = { silo, market, account, executor: account, number, markets: [] };
    await stage.send(owner, [await holdfast.getExecuteOrderInstructionAsync(execution)]);
    const closed = await read(stage, account);
    assert.deepEqual(holdfast.openIndices(closed), []);

    // Everything that is left leaves, and the account with it.
    const withdrawal = { owner, silo, account, destination: person.tokens, amount: closed.collateral };
    await stage.send(owner, [await holdfast.getWithdrawInstructionAsync(withdrawal)]);
    assert.equal(stage.tokens(person.tokens), closed.collateral);
    assert.ok(closed.collateral > 930_000_000n && closed.collateral < 945_000_000n, `${closed.collateral}`);
    await stage.send(owner, [holdfast.getCloseMarginAccountInstruction({ owner, account })]);
});

test('in a halt the client says what the program will, before anybody has observed it', async () => {
    const stage = await Stage.create();
    const { market } = await stage.addresses();
    await stage.price(150n);
    await provide(stage, 100_000n);
    const person = await stage.person(1_000n);
    const owner = person.signer;
    const account = await open(stage, person, 1_000n);
    await observe(stage);
    const risk = await holdfast.Risk.load();
    stage.pass(45n, 1n);
    const [address] = await holdfast.findChainHealthPda();
    const health = await holdfast.fetchChainHealth(stage.rpc, address);
    assert.equal(health.data.monitor.state, holdfast.ChainState.Normal);
    const chain = risk.chainState(health.data, stage.facts());
    assert.equal(chain.state, holdfast.ChainState.Shelter);
    assert.equal(chain.allows.Open, 'Refused');
    assert.equal(chain.allows.AddMargin, 'Allowed');
    const asked = await holdfast.getChainStateInstructionAsync({});
    const report = holdfast.getChainReportDecoder().decode(await stage.returned(owner, asked));
    assert.equal(report.state, chain.state);
    assert.equal(report.observed, holdfast.ChainState.Normal);
    assert.equal(report.ageMs, 45_000n);
    assert.equal(report.lastDisruptionMs, chain.lastDisruptionMs);
    const expires = new Date(Number(stage.nowMs) + 600_000);
    const buy = holdfast.order({ ...FIELD, side: 'buy', size: '1', limit: '152', expires });
    const place = await holdfast.getPlaceOrderInstructionAsync({ owner, account, market, ...buy });
    await assert.rejects(stage.send(owner, [place]), (error) => {
        assert.equal(holdfast.explainError(error)?.name, 'ChainNotReady');
        return true;
    });
    await observe(stage);
    const seen = await holdfast.fetchChainHealth(stage.rpc, address);
    assert.equal(seen.data.monitor.state, holdfast.ChainState.Shelter);
});

test('what is quoted for a trade, a deposit into the pool and an exit is what the program does', async () => {
    const stage = await Stage.create();
    const { silo } = await stage.addresses();
    await stage.price(150n);
    await provide(stage, 100_000n);
    const person = await stage.person(2_000n);
    const owner = person.signer;
    const account = await open(stage, person, 2_000n);
    const risk = await holdfast.Risk.load();
    const look = async () => {
        const venue = await holdfast.loadVenue(stage.rpc);
        return { silo: holdfast.siloOf(venue, { silo }), health: venue.chainHealth.data };
    };
    const first = async () => (await look()).silo.markets[0]!.data;

    // Opening with skew, and closing a part of it.
    const expires = new Date(Number(stage.nowMs) + 600_000);
    for (const [side, size, delta] of [
        ['buy', '40', 40_000_000n],
        ['sell', '15', -15_000_000n],
    ] as const) {
        const { positions } = await read(stage, account);
        const quote = risk.trade(await first(), positions[0]!, delta);
        const limit = side === 'buy' ? '152' : '148';
        const events = await trade(stage, owner, account, { ...FIELD, side, size, limit, expires }, 150n);
        const executed = events.find((event) => event.name === 'OrderExecuted')!;
        assert.ok(executed.name === 'OrderExecuted');
        assert.equal(executed.data.price, quote.price);
        assert.equal(executed.data.fee, quote.fee);
        const held = (await read(stage, account)).positions[0]!;
        assert.deepEqual([held.size, held.entry], [quote.position.size, quote.position.entry]);
        const base = BigInt((await first()).terms.baseSpreadPpm);
        assert.equal(quote.spreadPpm, base + quote.impactPpm + quote.volatilityPpm);
        assert.equal(quote.impactPpm > 0n, side === 'buy');
    }

    let told: holdfast.PoolQuote | undefined;
    const joined = await provide(stage, 5_000n, async () => {
        const now = await look();
        const chain = risk.chainState(now.health, stage.facts());
        told = risk.pool(now.silo, chain, holdfast.Pool.Liquidity, false, 5_000_000_000n);
    });
    const executed = joined.find((event) => event.name === 'PoolRequestExecuted')!;
    assert.ok(executed.name === 'PoolRequestExecuted');
    assert.deepEqual([told?.gets, told?.worth], [executed.data.received, executed.data.worth]);
});

test('what of an exit is due is what the program pays', async () => {
    const stage = await Stage.create();
    const { silo } = await stage.addresses();
    await stage.price(150n);
    const person = await stage.person(1_000n);
    const owner = person.signer;
    const account = await open(stage, person, 1_000n);
    stage.pass(6n);
    await observe(stage);
    stage.pass(45n, 1n);
    await observe(stage);
    const ask = { owner, silo, account, destination: person.tokens, amount: 900_000_000n };
    await stage.send(owner, [await holdfast.getRequestExitInstructionAsync(ask)]);
    stage.pass(4_000n);
    const risk = await holdfast.Risk.load();
    const { chainHealth } = await holdfast.loadVenue(stage.rpc);
    const chain = risk.chainState(chainHealth.data, stage.facts());
    assert.equal(chain.state, holdfast.ChainState.Shelter);
    const due = risk.exitPayable(await read(stage, account), chain);
    const pay = await holdfast.getPayExitInstructionAsync({ silo, account, destination: person.tokens });
    const { events } = await stage.send(owner, [pay]);
    const paid = events.find((event) => event.name === 'ExitPaid')!;
    assert.ok(paid.name === 'ExitPaid');
    assert.equal(due, paid.data.amount);
    assert.ok(due > 90_000_000n && due < 110_000_000n, `${due}`);
});
