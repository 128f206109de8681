// The past on the page: of a history that answers, of one that does not, and of one that answers anything it likes;
// and accounts of others, that one may only look at.
import { findMarginAccountPda } from '@holdfast/client';
import { type Address, address } from '@solana/kit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { DESKTOP, PHONE, faults, startBrowser } from './browser.js';
import { type Answer, FILLS, HistoryServer, fill, honest } from './past.js';
import { PageServer } from './server.js';
import { Visitor, settingsOf } from './visitor.js';
import { World } from './world.js';

/** Nobody listens there. */
const DEAD = 'http://127.0.0.1:9';
/** What a browser says of itself when somebody does not answer. */
const NETWORK = /net::ERR_/;
const SOMEBODY = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin';
const LOOKING = `?account=${SOMEBODY}`;
const VIEWS = ['Trade', 'Account', 'Pools', 'History', 'Chain'];
/** What is not there by then never comes. */
const PATIENT = { timeout: 25_000 };
const STRANGE = 'answers what this page does not understand: it is not shown';

let [world, server, history, browser]: [World, PageServer, HistoryServer, Browser] = [] as never;

beforeAll(async () => {
    world = await World.start();
    server = await PageServer.start((to) => world.gift(to));
    history = await HistoryServer.start();
    browser = await startBrowser();
});
beforeEach(() => {
    server.settings = { ...settingsOf(world), history: history.url };
    server.beside = undefined;
    history.answers = honest(settingsOf(world).deployment.genesis);
});
afterAll(async () => {
    await browser?.close();
    history?.stop();
    server?.stop();
    await world?.stop();
});

/** Somebody who looks at an account, at a view. */
async function looker(view: string): Promise<Visitor> {
    const visitor = await Visitor.at(browser, server, DESKTOP, 'light', LOOKING);
    await visitor.state('Normal');
    await visitor.view(view);
    return visitor;
}

test('without a history the page says so in a line, and everything else is there', async () => {
    server.settings = settingsOf(world);
    const visitor = await looker('History');
    await visitor.part('History').getByText('This page was told of no history').waitFor();
    await visitor.view('Chain');
    await visitor.part('States so far').getByText('This page was told of no history').waitFor();
    await visitor.part('What each state allows').waitFor();
    await visitor.view('Trade');
    await visitor.part('SOL index').waitFor();
    expect(await visitor.page.getByRole('radio', { name: '15 min' }).count()).toBe(0);
    await visitor.leave();
});

test('what an account did is told page by page, with what it came to', async () => {
    const visitor = await looker('History');
    const fills = visitor.part('Fills');
    const rows = fills.locator('tbody tr');
    await fills.getByText('Bought 2 SOL').first().waitFor();
    expect(await rows.count()).toBe(25);
    await fills.getByRole('button', { name: 'Older: Fills' }).click();
    await fills.getByText('page 2').waitFor();
    await expect.poll(() => rows.count(), PATIENT).toBe(FILLS - 25);
    await fills.getByRole('button', { name: 'Newer: Fills' }).click();
    await expect.poll(() => rows.count(), PATIENT).toBe(25);
    const sums = visitor.part('Profit and loss');
    expect(await sums.locator('.figure', { hasText: 'after all that follows' }).textContent()).toMatch(/\+3\.94\stUSD/);
    const positions = visitor.part('Profit and loss by position');
    await positions.getByText('short', { exact: true }).waitFor();
    await positions.getByText('+4.00 tUSD').waitFor();
    await visitor.part('Money in and out').getByText('+25.00 tUSD').waitFor();
    const source = visitor.part('Where this comes from');
    await source.getByText('agrees at slot 880').waitFor();
    const link = source.getByRole('link', { name: /this account \(CSV\)/ });
    expect(await link.getAttribute('href')).toMatch(/\/v1\/accounts\/\w+\/taxes\.csv$/);
    await visitor.leave();
});

test('the chart has candles, pools what a share gained, the chain its states', async () => {
    const visitor = await looker('Trade');
    await visitor.page.getByRole('radio', { name: '1 h' }).check();
    await visitor.page.getByRole('img', { name: /^Candles of SOL since/ }).waitFor();
    await visitor.page.getByRole('radio', { name: 'Now' }).check();
    await visitor.page.getByRole('img', { name: /^Prices of SOL that the chain has stored/ }).waitFor();
    await visitor.view('Pools');
    const pool = visitor.part('Liquidity pool');
    await pool.locator('.line', { hasText: 'At the pace of the last 1 d' }).getByText('+12.00 % a year').waitFor();
    await pool.locator('.line', { hasText: 'At the pace of the last 7 d' }).getByText('−3.00 % a year').waitFor();
    await pool.getByText(/A share was worth 1\.\d+\stUSD at/).waitFor();
    await visitor.part('Insurance fund').getByText('The history is less than a day long').waitFor();
    await visitor.view('Chain');
    await visitor.part('States so far').getByText('the chain stood still').waitFor();
    await visitor.leave();
});

test('with a history every view passes axe, on a desktop in light and on a phone in dark', async () => {
    const visitor = await looker('Trade');
    for (const [size, colorScheme] of [
        [DESKTOP, 'light'],
        [PHONE, 'dark'],
    ] as const) {
        await visitor.page.setViewportSize(size);
        await visitor.page.emulateMedia({ colorScheme });
        for (const view of VIEWS) {
            await visitor.view(view);
            await visitor.page.locator('nav [aria-current]', { hasText: view }).waitFor();
            await expect.poll(() => visitor.page.getByText('Asking the history').count(), PATIENT).toBe(0);
            const width = await visitor.page.evaluate(() => document.documentElement.scrollWidth);
            expect([view, width <= size.width, await faults(visitor.page)]).toEqual([view, true, []]);
        }
    }
    await visitor.leave();
});

test('a history that serves the page is found without being named', async () => {
    server.settings = settingsOf(world);
    server.beside = history.url;
    const visitor = await looker('History');
    await visitor.part('Fills').getByText('Bought 2 SOL').first().waitFor();
    await visitor.leave();
});

test('a dead history is said to be, and somebody trades without it', async () => {
    server.settings = { ...settingsOf(world), history: DEAD };
    const visitor = await Visitor.at(browser, server);
    await visitor.state('Normal');
    await visitor.view('History');
    await visitor.part('History').getByText('The history at 127.0.0.1:9 does not answer').waitFor();
    await visitor.reads('Everything else works without it');
    await visitor.connect();
    await visitor.deposit('1000');
    await visitor.view('Trade');
    await visitor.size('1');
    await visitor.button('Buy 1 SOL').click();
    await visitor.part('Positions').getByText('1 SOL', { exact: true }).waitFor();
    await visitor.leave(NETWORK);
});

const foreign: [string, object, string][] = [
    ['another cluster', { genesis: SOMEBODY }, 'is of another cluster: it is not shown'],
    ['another silo', { silo: 3 }, 'is of silo 3, and this page is of silo 0: it is not shown'],
    ['no name', { genesis: '<script>' }, STRANGE],
];

test.each(foreign)('a history of %s is not shown', async (_, change, reason) => {
    const honestly = history.answers['/v1/status'] as Answer;
    history.answers['/v1/status'] = (url) => ({ ...(honestly(url) as object), ...change });
    const visitor = await looker('History');
    await visitor.part('History').getByText(reason).waitFor();
    await visitor.leave();
});

const script = '<img src=x onerror="document.title=1"><script>document.title = 1</script>';
const hostile: [string, Answer][] = [
    ['text for numbers', () => ({ items: [{ ...fill(4), price: '150000000' }], next: null })],
    ['a script for a signature', () => ({ items: [{ ...fill(4), signature: script }], next: null })],
    ['a script for a market', () => ({ items: [{ ...fill(4), market: script }], next: null })],
    ['ten thousand lines', () => ({ items: Array.from({ length: 10_000 }, (_, number) => fill(number)), next: null })],
    ['ten million bytes', () => `{"items": [], "next": null, "more": "${'x'.repeat(10_000_000)}"}`],
    ['a page of its own', () => `<!doctype html><title>wallet</title>${script}`],
    ['nothing', () => ''],
    ['null', () => 'null'],
];

test.each(hostile)('a history that answers with %s is not shown, and the rest of it is', async (_, answer) => {
    history.answers['/v1/fills'] = answer;
    const visitor = await looker('History');
    await visitor.part('Fills').getByText(STRANGE).waitFor();
    await visitor.part('Money in and out').getByText('+25.00 tUSD').waitFor();
    expect(await visitor.page.title()).toBe('History · Holdfast');
    expect(await faults(visitor.page)).toEqual([]);
    await visitor.leave();
});

test('somebody looks at the account of another by either address, and can send nothing', async () => {
    const trader = await Visitor.at(browser, server);
    await trader.state('Normal');
    const owner = address(await trader.connect());
    await trader.deposit('2500');
    await trader.leave();
    const [account] = await findMarginAccountPda({ silo: world.venue.silo, owner, number: 0 });
    const visitor = await Visitor.at(browser, server);
    await visitor.state('Normal');
    await visitor.view('Account');
    const look = async (at: Address | string) => {
        await visitor.page.getByLabel('Address of a wallet or a margin account').fill(at);
        await visitor.button('Look').click();
    };
    await look('nobody');
    await visitor.reads('That is no address');
    for (const at of [owner, account]) {
        await look(at);
        await visitor.reads(`You look at ${at}`);
        await visitor.part('Account').getByText('2,500.00 tUSD').first().waitFor();
        expect(await visitor.part('Money').count()).toBe(0);
        expect(new URL(visitor.page.url()).searchParams.get('account')).toBe(at);
    }
    await visitor.button('Stop looking').click();
    await visitor.reads('Connect a wallet to see its margin account');
    expect(new URL(visitor.page.url()).search).toBe('');
    await look(SOMEBODY);
    await visitor.reads('There is no margin account of this venue at it');
    await visitor.leave();
});
