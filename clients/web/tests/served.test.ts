// The page that the real history serves: what somebody did is on it, and the page understands every answer.
import { findMarginAccountPda } from '@holdfast/client';
import { address } from '@solana/kit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startBrowser } from './browser.js';
import { PageServer } from './server.js';
import { ServedHistory } from './served.js';
import { Visitor, settingsOf } from './visitor.js';
import { UNIT, World } from './world.js';

let [world, server, history, browser]: [World, PageServer, ServedHistory, Browser] = [] as never;

beforeAll(async () => {
    world = await World.start();
    server = await PageServer.start((to) => world.gift(to));
    server.settings = settingsOf(world);
    history = await ServedHistory.start(world.cluster.url, settingsOf(world));
    browser = await startBrowser();
});
afterAll(async () => {
    await browser?.close();
    await history?.stop();
    server?.stop();
    await world?.stop();
});

test('what a trader did can be read on the page that the history serves', async () => {
    const trader = await Visitor.at(browser, server);
    await trader.state('Normal');
    const owner = address(await trader.connect());
    await trader.deposit('1000');
    await trader.view('Trade');
    await trader.size('2');
    await trader.button('Buy 2 SOL').click();
    await world.until(owner, ({ positions }) => positions[0]?.size === 2n * UNIT);
    await trader.leave();
    const [account] = await findMarginAccountPda({ silo: world.venue.silo, owner, number: 0 });
    const listed = (page: { items: unknown[] }) => page.items.length > 0;
    await history.until(`v1/fills?account=${account}`, listed);
    await history.until('v1/markets/0/candles?minutes=1', listed);

    const visitor = await Visitor.at(browser, history, undefined, 'light', `?account=${account}`);
    await visitor.state('Normal');
    await visitor.view('History');
    await visitor.part('Fills').getByText('Bought 2 SOL').waitFor();
    await visitor.part('Money in and out').getByText('+1,000.00 tUSD').waitFor();
    await visitor.part('Profit and loss by position').getByText('open', { exact: true }).waitFor();
    const source = visitor.part('Where this comes from');
    const table = await source.getByRole('link', { name: /this account \(CSV\)/ }).getAttribute('href');
    expect(await (await fetch(table ?? '')).text()).toContain('1000.000000');
    await visitor.view('Trade');
    await visitor.page.getByRole('radio', { name: '1 min' }).check();
    await visitor.page.getByRole('img', { name: /^Candles of SOL since/ }).waitFor();
    for (const view of ['Pools', 'Chain', 'History']) {
        await visitor.view(view);
        await visitor.page.locator('nav [aria-current]', { hasText: view }).waitFor();
        await expect.poll(() => visitor.page.getByText('Asking the history').count(), { timeout: 25_000 }).toBe(0);
        expect(await visitor.page.getByText('does not understand').count()).toBe(0);
    }
    await visitor.leave();
});
