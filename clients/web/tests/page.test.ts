// A trader on a venue whose chain stops in the middle: what the page says, what it lets one do, and the way back.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { ChainState } from '@holdfast/client';
import { type Address, address } from '@solana/kit';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { PHONE, startBrowser } from './browser.js';
import { PageServer } from './server.js';
import { Visitor, settingsOf } from './visitor.js';
import { UNIT, World } from './world.js';

/** Prices that there are to see at the beginning. */
const PRICES = 32;
/** A halt of 10 s or more is a disruption; this one lasts, milliseconds. */
const HALT_MS = 45_000;
/** The banner has to be there by then, milliseconds. */
const BANNER_MS = 15_000;
/** Where pictures go: `npm run pictures` names the documentation's folder. */
const SEEN = fileURLToPath(new URL('seen', import.meta.url));
const PICTURES = process.env['PICTURES'] ?? SEEN;
/** Tall enough for the whole of a trader's page. */
const PICTURED = { width: 1280, height: 1090 };

let [world, server, browser]: [World, PageServer, Browser] = [] as never;
let [trader, owner]: [Visitor, Address] = [] as never;

beforeAll(async () => {
    world = await World.start(PRICES);
    server = await PageServer.start((to) => world.gift(to));
    server.settings = settingsOf(world);
    browser = await startBrowser();
    await mkdir(SEEN, { recursive: true });
    trader = await Visitor.at(browser, server, PICTURED);
});
afterAll(async () => {
    await trader?.leave();
    await browser?.close();
    server?.stop();
    await world?.stop();
});
afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await trader.page.screenshot({ path: `${SEEN}/failed.png`, fullPage: true });
});

/** A picture without what has landed, in a form that is small. */
const picture = async (name: string, of = trader) => {
    await of.page.evaluate(() => {
        document.querySelectorAll<HTMLElement>('.toast.good button').forEach((hide) => hide.click());
        scrollTo(0, 0);
    });
    const browser = await of.page.context().newCDPSession(of.page);
    const { data } = await browser.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
    await writeFile(`${PICTURES}/${name}.webp`, data, 'base64');
};

test('first comes the state of the chain, and everything works', async () => {
    await trader.state('Normal');
    await trader.reads('What works now');
    await trader.reads('Slots take');
    expect(await trader.page.locator('.abilities .yes').count()).toBe(9);
});

test('somebody gets a wallet, deposits and buys at the price that the ticket showed', async () => {
    owner = address(await trader.connect());
    await trader.deposit('10000');
    await trader.view('Trade');
    await trader.size('100');
    const ticket = trader.part('Trade SOL');
    for (const line of [
        'Price it would get',
        'Margin it reserves',
        'Margin in an outage',
        'Liquidation price after',
        'Wait',
    ]) {
        await ticket.locator('dt', { hasText: line }).first().waitFor();
    }
    await ticket.getByText('skew').waitFor();
    await trader.button('Buy 100 SOL').click();
    const account = await world.until(owner, ({ positions }) => positions[0]?.size === 100n * UNIT);
    await trader.part('Positions').getByText('100 SOL').waitFor();
    const entry = Number(account.positions[0]?.entry ?? 0n) / 1e6 / 100;
    expect(entry).toBeGreaterThan(149);
    expect(entry).toBeLessThan(151.5);
});

test('a stop waits, and says for what', async () => {
    await trader.button('Stop or target').click();
    await trader.page.getByLabel('Trigger: index price').fill('140');
    await trader.button('Sell 100 SOL to close').click();
    await trader.part('Orders').getByText('Waits for its trigger').waitFor();
    await trader.part('Orders').getByText('index falls to 140.00 tUSD').waitFor();
    await trader.sent('Sell 100 SOL to close', 'landed');
    await trader.choose('Buy, long');
    await trader.size('25');
    await trader.part('Trade SOL').getByText('Price it would get').waitFor();
    await picture('page');
});

test('more than the account carries is not sent, and the page says what is missing', async () => {
    await trader.size('100000');
    await trader.page.getByLabel('Only close what I hold').uncheck();
    await trader.choose('At the next price');
    await trader.reads(/This needs .* more margin/);
    await trader.size('');
});

test('the chain stops: the banner says so, opening is off with the reason, a close is taken', async () => {
    await world.stall();
    await trader.state('Standing still', BANNER_MS);
    await trader.reads('There has been no new slot since');
    await trader.choose('Buy, long');
    await trader.size('1');
    await trader.reads(/Opening waits: there has been no new slot/);
    expect(await trader.button('Buy 1 SOL').getAttribute('aria-disabled')).toBe('true');
    await trader.button('Close SOL').click();
    await trader.button('Sell 100 SOL to close').click();
    await trader.sent('Sell 100 SOL to close', 'sent');
    await trader.reads('It lands when the chain goes on');
    await picture('page-halt');
});

test('the chain goes on: the close lands in Shelter, and the reason is named', async () => {
    await world.goOn(HALT_MS);
    await trader.state('Shelter');
    await trader.reads(/The chain stood still for about/);
    await world.until(owner, ({ positions }) => positions[0]?.size === 0n);
    await trader.part('Positions').getByText('You have no position').waitFor();
    await trader.choose('Buy, long');
    await trader.size('1');
    await trader.reads(/Opening is off in Shelter/);
});

test('in Shelter somebody adds margin, and takes it out through the queue', async () => {
    const other = await Visitor.at(browser, server);
    await other.state('Shelter');
    await other.connect();
    await other.deposit('5000');
    await other.choose('Withdraw');
    await other.part('Money').getByLabel('Amount').fill('4000');
    await other.button('Ask for an exit').click();
    const exit = other.part('Exit in the queue');
    await exit.getByText('or sooner, when the chain is trusted again').waitFor();
    expect(await exit.locator('.line', { hasText: 'Asked for' }).textContent()).toContain('4,000.00');
    await exit.getByRole('button', { name: 'Cancel the exit' }).click();
    await exit.waitFor({ state: 'detached' });
    await other.leave();
});

test('it thaws, and everything works again', async () => {
    for (const state of [ChainState.Thaw, ChainState.Throttled, ChainState.Normal]) {
        await world.alone(() => world.venue.until(state));
        await trader.state(ChainState[state]);
    }
    await trader.size('1');
    await trader.button('Buy 1 SOL').click();
    await world.until(owner, ({ positions }) => positions[0]?.size === UNIT);
});

test('the stop is taken back, and what is free leaves', async () => {
    await trader.page
        .getByRole('row', { name: /140.00/ })
        .getByRole('button')
        .click();
    await trader.part('Orders').getByText('No order waits').waitFor();
    await trader.view('Account');
    await trader.choose('Withdraw');
    await trader.part('Money').getByLabel('Amount').fill('1000');
    await trader.button('Withdraw').click();
    await trader.sent('Withdraw 1,000.00 tUSD', 'landed');
});

test('somebody joins the pool, and sees where the request stands', async () => {
    await trader.view('Pools');
    const pool = trader.part('Liquidity pool');
    await pool.getByLabel('Deposit').fill('500');
    await pool.getByRole('button', { name: 'Ask to join' }).click();
    await trader.part('Your requests').getByText('to join with').waitFor();
    await trader.part('Your requests').getByText('No request waits').waitFor();
    await pool.getByText('500.00 shares').waitFor();
});

test('a change of power is announced with its countdown', async () => {
    await trader.view('Powers');
    await trader.reads('Nothing is announced');
    await world.alone(() => world.propose());
    await trader.part('Pending changes').getByText('Settings of SOL').waitFor();
    await trader.reads(/Can be applied in 1\sd/);
    await trader.reads(/initial: 10.00\s% → 12.00\s%/);
});

test('on a phone, it is all there', async () => {
    const phone = await Visitor.at(browser, server, PHONE, 'dark');
    await phone.state('Normal');
    await phone.page.getByLabel('Size').waitFor();
    expect(await phone.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
    await picture('page-phone', phone);
    await phone.leave();
});
