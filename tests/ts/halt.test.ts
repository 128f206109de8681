import { setTimeout as pause } from 'node:timers/promises';

import { ChainState, subscribeEvents } from '@holdfast/client';
import { createSolanaRpcSubscriptions } from '@solana/kit';
import { useSlotstall } from 'slotstall/vitest';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { UNIT, Venue, expectRefusal, type Person } from './venue.js';

const cluster = useSlotstall({ anchor: '.' });
let venue: Venue;
let opened: number;
beforeAll(async () => {
  venue = await Venue.open(cluster());
  opened = await cluster().snapshot();
});
beforeEach(async () => {
  await cluster().revert(opened);
  venue.price = 150n * UNIT;
});

const refuses = async (tried: Promise<unknown>, name: string) => {
  const refusal = await tried.then(
    () => expect.fail(`not refused with ${name}`),
    (refusal: unknown) => refusal,
  );
  expectRefusal(refusal, name);
};

/** Somebody who is long with about seven times their margin. */
const long = async (): Promise<Person> => {
  const trader = await venue.person(1_000n * UNIT);
  await venue.execute(trader, await venue.place(trader, 'buy', '46', 'open'));
  expect(await venue.position(trader)).toBe(46n * UNIT);
  return trader;
};

test('in a halt nobody can open, everybody can top up and close, and the venue climbs back', async () => {
  const trader = await long();
  expect(await venue.state()).toBe(ChainState.Normal);
  await venue.cluster.stall(45_000);
  await venue.cluster.run(1_200);
  // Before anybody has observed it.
  await refuses(venue.place(trader, 'buy', '1', 'open'), 'ChainNotReady');
  await venue.deposit(trader, 100n * UNIT);
  const close = await venue.place(trader, 'sell', '46', 'reduce');
  await venue.work();
  expect(await venue.state()).toBe(ChainState.Shelter);
  await venue.execute(trader, close);
  expect(await venue.position(trader)).toBe(0n);
  for (const state of [ChainState.Thaw, ChainState.Throttled, ChainState.Normal]) {
    await venue.until(state);
  }
  await venue.execute(trader, await venue.place(trader, 'buy', '1', 'open'));
});

test('after a halt who fails is liquidated only when the grace is over', async () => {
  const trader = await long();
  const liquidator = await venue.person(0n);
  await venue.cluster.stall(600_000);
  // Below maintenance, above the line of deep insolvency.
  venue.price = 135n * UNIT;
  await venue.live(6_000);
  await venue.flag(trader);
  await venue.live(10_000);
  await refuses(venue.liquidate(trader, liquidator), 'ChainNotReady');
  await venue.until(ChainState.Throttled);
  await venue.flag(trader).catch(() => undefined);
  await venue.live(10_000);
  await venue.liquidate(trader, liquidator);
  expect(await venue.position(trader)).toBeLessThan(46n * UNIT);
});

test('a halt that the clock hides is found by the prices', async () => {
  await venue.cluster.epochAge(10);
  await venue.cluster.stall(60_000);
  await venue.cluster.run(800);
  await venue.work();
  await venue.live(4_000);
  expect(await venue.state()).toBe(ChainState.Shelter);
});

test('what happens to an account is heard once it is confirmed', async () => {
  const [trader, other] = [await venue.person(0n), await venue.person(0n)];
  const ended = new AbortController();
  const subscriptions = createSolanaRpcSubscriptions(venue.cluster.webSocketUrl);
  const notices = subscribeEvents(subscriptions, { mentions: trader.account, signal: ended.signal });
  const first = notices.next();
  // The subscription takes a moment to begin.
  while ((await Promise.race([first, pause(20)])) === undefined) {
    await venue.deposit(other, UNIT);
    await venue.deposit(trader, UNIT);
    await venue.cluster.run(2_000);
  }
  const { value } = await first;
  const [event] = value?.events ?? [];
  expect(event).toMatchObject({ name: 'Deposited', data: { account: trader.account, amount: UNIT } });
  ended.abort();
});
