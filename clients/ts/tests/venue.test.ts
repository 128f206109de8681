import assert from 'node:assert/strict';
import { test } from 'node:test';

import { address, getAddressEncoder, getBase16Encoder, getBase64Decoder } from '@solana/kit';

import {
    type Feed,
    HOLDFAST_PROGRAM_ADDRESS,
    type Market,
    type MarginAccount,
    Provider,
    type Venue,
    type VenueSilo,
    feedAccountsOf,
    fetchingInstructions,
    getDepositedEventEncoder,
    getReconcileVaultsInstructionAsync,
    marketsOf,
    otherMarketsOf,
    subscribeEvents,
} from '../src/index.js';
import { EVENTS } from '../src/generated/events.js';

const KEYS = ['11111111111111111111111111111112', '11111111111111111111111111111113'].map((key) =>
    address(key),
);
const SILO = address('11111111111111111111111111111114');

function feed(provider: Provider, id: Iterable<number>): Feed {
    return {
        provider,
        id: Uint8Array.from(id),
        padding: [],
        price: 0n,
        confidence: 0n,
        publishedMs: 0n,
        seenMs: 0n,
    } as unknown as Feed;
}

function market(...feeds: Feed[]): Market {
    return { feeds: [...feeds, feed(Provider.Unset, [])], feedCount: feeds.length } as unknown as Market;
}

test("the accounts of feeds follow in the market's order", async () => {
    // SOL/USD, as https://docs.pyth.network/price-feeds lists the feed and its sponsored account.
    const sol = getBase16Encoder().encode('ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d');
    // Keccak-256 of SOLUSD.
    const solUsd = getBase16Encoder().encode('1dcd89dfded9e8a9b0fa1745a8ebbacbb7c81e33d5abc81616633206d932e837');
    const account = getAddressEncoder().encode(KEYS[0] ?? SILO);
    const feeds = market(
        feed(Provider.PythPriceAccount, account),
        feed(Provider.PythPull, sol),
        feed(Provider.Switchboard, new Uint8Array(32)),
        feed(Provider.Stork, solUsd),
    );
    await assert.rejects(feedAccountsOf(feeds), /locate has to name the account of a Switchboard feed/);
    const locate = ({ provider }: Feed) => (provider === Provider.Switchboard ? KEYS[1] : undefined);
    assert.deepEqual(await feedAccountsOf(feeds, locate), [
        KEYS[0],
        '7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE',
        KEYS[1],
        '7yDnexYRRvSndPC5aR2cCoNB4ihc2qHGAgvJVx5m2Aj5',
    ]);
});

test('the markets of open positions follow in rising order', () => {
    const markets = KEYS.map((address) => ({ address }));
    const venue = { silos: [{ address: SILO, markets }] } as unknown as Venue;
    const positions = Array<object>(16).fill({});
    const held = { silo: SILO, openMarkets: 0b11, positions } as unknown as MarginAccount;
    assert.deepEqual(marketsOf(venue, held), KEYS);
    assert.deepEqual(otherMarketsOf(venue, held, 0), [KEYS[1]]);
    assert.deepEqual(marketsOf(venue, { ...held, openMarkets: 0 }), []);
    assert.throws(() => marketsOf(venue, { ...held, openMarkets: 0b100 }), /no market 2: load it again/);
    assert.throws(() => marketsOf(venue, { ...held, silo: HOLDFAST_PROGRAM_ADDRESS }), /no silo/);
});

test('tokens are fetched from the other vault where they are missing', async () => {
    const ledger = { inLiquidityVault: 7n, inInsuranceVault: 5n };
    const silo = { address: SILO, data: { ledger } } as unknown as VenueSilo;
    assert.deepEqual(await fetchingInstructions(silo, 7n), []);
    assert.deepEqual(await fetchingInstructions(silo, 5n, 'insurance'), []);
    const reconcile = [await getReconcileVaultsInstructionAsync({ silo: SILO })];
    assert.deepEqual(await fetchingInstructions(silo, 8n), reconcile);
    assert.deepEqual(await fetchingInstructions(silo, 6n, 'insurance'), reconcile);
});

test('a subscription yields the events of transactions that succeeded', async () => {
    const data = { account: SILO, amount: 5n, collateral: 12n };
    const discriminator = EVENTS.find(({ name }) => name === 'Deposited')?.discriminator ?? [];
    const bytes = Uint8Array.from([...discriminator, ...getDepositedEventEncoder().encode(data)]);
    const line = `Program data: ${getBase64Decoder().decode(bytes)}`;
    const logs = [`Program ${HOLDFAST_PROGRAM_ADDRESS} invoke [1]`, line];
    const context = { slot: 7n };
    async function* notifications() {
        yield { context, value: { signature: 'failed', err: {}, logs } };
        yield { context, value: { signature: 'other', err: null, logs: [] } };
        yield { context, value: { signature: 'done', err: null, logs } };
    }
    const asked: unknown[] = [];
    const subscriptions = {
        logsNotifications: (filter: unknown) => {
            asked.push(filter);
            return { subscribe: async () => notifications() };
        },
    } as unknown as Parameters<typeof subscribeEvents>[0];
    const { signal } = new AbortController();
    const notices = [];
    for await (const notice of subscribeEvents(subscriptions, { mentions: SILO, signal })) {
        notices.push(notice);
    }
    assert.deepEqual(asked, [{ mentions: [SILO] }]);
    assert.deepEqual(notices, [{ signature: 'done', slot: 7n, events: [{ name: 'Deposited', data }] }]);
});
