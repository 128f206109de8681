// Everybody can use the page: axe on every view, in light and dark, on a phone and a desktop, and the keyboard alone.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { address } from '@solana/kit';

import { DESKTOP, PHONE, type Scheme, faults, startBrowser } from './browser.js';
import { PageServer } from './server.js';
import { Visitor, settingsOf } from './visitor.js';
import { UNIT, World } from './world.js';

const VIEWS = ['Trade', 'Account', 'Pools', 'History', 'Powers', 'Chain'];
const LOOKS = [DESKTOP, PHONE].flatMap((size) => (['light', 'dark'] as Scheme[]).map((scheme) => ({ size, scheme })));

let [world, server, browser]: [World, PageServer, Browser] = [] as never;
let trader: Visitor = undefined as never;

beforeAll(async () => {
    world = await World.start();
    await world.propose();
    server = await PageServer.start((to) => world.gift(to));
    server.settings = settingsOf(world);
    browser = await startBrowser();
    trader = await Visitor.at(browser, server);
    await trader.state('Normal');
});
afterAll(async () => {
    await trader?.leave();
    await browser?.close();
    server?.stop();
    await world?.stop();
});

/** What is wrong with the page in each look. */
async function wrong({ page }: Visitor): Promise<string[]> {
    const found: string[] = [];
    for (const { size, scheme } of LOOKS) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme: scheme });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        const wide = width > size.width ? [`content is ${width} pixels wide`] : [];
        found.push(...[...wide, ...(await faults(page))].map((fault) => `${size.width} ${scheme}: ${fault}`));
    }
    await page.setViewportSize(DESKTOP);
    return found;
}

test('every view passes axe with a position and a stop, in every look', async () => {
    const owner = address(await trader.connect());
    await trader.deposit('10000');
    await trader.view('Trade');
    await trader.size('100');
    await trader.button('Buy 100 SOL').click();
    await world.until(owner, ({ positions }) => positions[0]?.size === 100n * UNIT);
    await trader.button('Stop or target').click();
    await trader.page.getByLabel('Trigger: index price').fill('140');
    await trader.button('Sell 100 SOL to close').click();
    await trader.part('Orders').getByText('Waits for its trigger').waitFor();
    for (const view of VIEWS) {
        await trader.view(view);
        await trader.page.locator('nav [aria-current]', { hasText: view }).waitFor();
        expect([view, await wrong(trader)]).toEqual([view, []]);
    }
    await trader.page.locator('.wallet-button').click();
    expect(await wrong(trader)).toEqual([]);
    await trader.button('Close').click();
});

test('a chain that stands still passes axe', async () => {
    await trader.view('Trade');
    await world.stall();
    await trader.state('Standing still');
    expect(await wrong(trader)).toEqual([]);
    await world.goOn(1_000);
    await trader.state('Normal');
});

test('somebody without a mouse gets to the content, a wallet, another view, and an order', async () => {
    const visitor = await Visitor.at(browser, server);
    await visitor.state('Normal');
    const { keyboard } = visitor.page;
    const focused = () =>
        visitor.page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.id || '');
    const tabTo = async (text: string) => {
        for (let presses = 0; (await focused()) !== text; presses += 1) {
            expect(presses, `no way to ${text} by keyboard`).toBeLessThan(60);
            await keyboard.press('Tab');
        }
    };
    await keyboard.press('Tab');
    expect(await focused()).toBe('To the content');
    await keyboard.press('Enter');
    expect(await visitor.page.evaluate(() => document.activeElement?.id)).toBe('main');
    await visitor.page.reload();
    await visitor.state('Normal');
    await tabTo('Connect wallet');
    await keyboard.press('Enter');
    await tabTo('Use a wallet of this browser');
    await keyboard.press('Enter');
    await visitor.page.locator('.wallet-button', { hasText: 'Local wallet' }).waitFor();
    await tabTo('Pools');
    await keyboard.press('Enter');
    await visitor.part('Liquidity pool').waitFor();
    await keyboard.press('Shift+Tab');
    await keyboard.press('Shift+Tab');
    expect(await focused()).toBe('Trade');
    await keyboard.press('Enter');
    const size = visitor.page.getByLabel('Size');
    await size.focus();
    await keyboard.type('2,5');
    expect(await size.inputValue()).toBe('2.5');
    await keyboard.press('Enter');
    await visitor.reads(/Deposit tUSD first/);
    await visitor.leave();
});
