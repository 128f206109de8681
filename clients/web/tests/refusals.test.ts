// What the page does where it must not go on: dead endpoints, deployments that are not what they say, and a wallet of
// the browser away from this machine.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { localWalletRefusal } from '../src/venue/cluster.js';
import { DESKTOP, PHONE, faults, startBrowser } from './browser.js';
import { PageServer } from './server.js';
import { Visitor, settingsOf } from './visitor.js';
import { World } from './world.js';

/** Nobody listens there. */
const DEAD = 'http://127.0.0.1:9';
/** What a browser says of itself when an endpoint does not answer. */
const NETWORK = /net::ERR_|WebSocket connection/;
const SOMEBODY = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin';
const MAINNET = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';
const DEVNET = 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG';

let [world, server, browser]: [World, PageServer, Browser] = [] as never;

beforeAll(async () => {
    world = await World.start();
    server = await PageServer.start((to) => world.gift(to));
    browser = await startBrowser();
});
beforeEach(() => {
    server.settings = settingsOf(world);
});
afterAll(async () => {
    await browser?.close();
    server?.stop();
    await world?.stop();
});

/** The alert of a page that does not go on. */
const alert = (visitor: Visitor) => visitor.page.getByRole('alert');

test('a dead endpoint is named, and once there is a live one the page goes on', async () => {
    server.settings = { ...settingsOf(world), rpc: [DEAD] };
    const visitor = await Visitor.at(browser, server);
    await alert(visitor).getByText('The endpoint 127.0.0.1:9 does not answer').waitFor();
    await alert(visitor).getByText('It asks again every few seconds').waitFor();
    expect(await faults(visitor.page)).toEqual([]);
    server.settings = settingsOf(world);
    await visitor.button('Try again now').click();
    await visitor.state('Normal');
    await visitor.leave(NETWORK);
});

test('of several endpoints the first that answers is taken', async () => {
    const { rpc, webSocket: _, ...settings } = settingsOf(world);
    server.settings = { ...settings, rpc: [DEAD, ...rpc] };
    const visitor = await Visitor.at(browser, server);
    await visitor.state('Normal');
    await visitor.leave(NETWORK);
});

test('an endpoint of the visitor is used and kept, and given up again', async () => {
    const visitor = await Visitor.at(browser, server);
    await visitor.state('Normal');
    const own = visitor.page.getByLabel('Your own endpoint');
    await own.fill('nowhere');
    await visitor.reads('Write an address that begins with');
    await own.fill(world.cluster.url.replace('127.0.0.1', 'localhost'));
    await visitor.button('Use it').click();
    await visitor.page.locator('.place', { hasText: 'localhost' }).waitFor();
    await visitor.page.reload();
    await visitor.page.locator('.place', { hasText: 'localhost' }).waitFor();
    await own.fill('');
    await visitor.button('Use it').click();
    await visitor.page.locator('.place', { hasText: '127.0.0.1' }).waitFor();
    await visitor.leave();
});

test('an endpoint that stops answering is told apart from a chain that stops', async () => {
    const visitor = await Visitor.at(browser, server);
    await visitor.state('Normal');
    const dead = (route: { abort: () => Promise<void> }) => route.abort();
    await visitor.page.context().setOffline(true);
    await visitor.page.route(`${world.cluster.url}/**`, dead);
    await visitor.state('No answer');
    await visitor.reads('The chain may be all right: this page cannot know');
    await visitor.reads(/Opening waits: the endpoint does not answer/);
    await visitor.page.unroute(`${world.cluster.url}/**`, dead);
    await visitor.page.context().setOffline(false);
    await visitor.state('Normal');
    await visitor.leave(NETWORK);
});

const hostile: [string, (settings: ReturnType<typeof settingsOf>) => object, RegExp][] = [
    [
        'another program',
        ({ deployment, ...others }) => ({ ...others, deployment: { ...deployment, program: SOMEBODY } }),
        /it names 9xQeW\w+ as the program, and this page is made for 693HM/,
    ],
    [
        'another market',
        ({ deployment, ...others }) => {
            const [silo] = deployment.silos;
            const markets = [{ index: 0, address: SOMEBODY }];
            return { ...others, deployment: { ...deployment, silos: [{ ...silo, markets }] } };
        },
        /it names 9xQeW\w+ as the market 0 of silo 0/,
    ],
    [
        'another cluster',
        ({ deployment, ...others }) => ({ ...others, deployment: { ...deployment, genesis: MAINNET } }),
        /shows another cluster: its genesis hash is \w+, and the deployment in venue.json is on 5eykt/,
    ],
    ['no endpoint', (settings) => ({ ...settings, rpc: ['javascript:alert(1)'] }), /names no endpoint/],
    ['nothing of use', () => ({ rpc: 'http://127.0.0.1' }), /has no "deployment"/],
];

test.each(hostile)('a venue.json that names %s is refused with the reason', async (_, change, reason) => {
    server.settings = change(settingsOf(world));
    const visitor = await Visitor.at(browser, server);
    await alert(visitor).getByText(reason).waitFor();
    expect(await visitor.button('Connect wallet').count()).toBe(0);
    await visitor.leave();
});

test.each([DESKTOP, PHONE])('a refusal can be read at $width pixels', async (size) => {
    const [, change, reason] = hostile[0] as (typeof hostile)[number];
    server.settings = change(settingsOf(world));
    const visitor = await Visitor.at(browser, server, size, 'dark');
    await alert(visitor).getByText(reason).waitFor();
    expect(await faults(visitor.page)).toEqual([]);
    expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
    await visitor.leave();
});

test('a wallet of the browser is refused on public clusters and other machines', () => {
    const local = { genesis: 'US517G59', endpoint: 'http://127.0.0.1:8899' };
    expect(localWalletRefusal(local)).toBeUndefined();
    expect(localWalletRefusal({ ...local, endpoint: 'http://localhost:8899' })).toBeUndefined();
    expect(localWalletRefusal({ ...local, genesis: MAINNET })).toContain('this is mainnet');
    expect(localWalletRefusal({ ...local, genesis: DEVNET })).toContain('this is devnet');
    expect(localWalletRefusal({ ...local, endpoint: 'https://rpc.example.org' })).toContain(
        'rpc.example.org is another',
    );
    expect(localWalletRefusal({ ...local, endpoint: 'http://127.0.0.1.example.org' })).toContain('is another');
});

test('and the page does not offer it there', async () => {
    const elsewhere = (url: string) => url.replace('127.0.0.1', 'elsewhere.test');
    const { rpc, webSocket, ...settings } = settingsOf(world);
    server.settings = { ...settings, rpc: rpc.map(elsewhere), webSocket: elsewhere(webSocket) };
    const visitor = await Visitor.at(browser, server);
    await visitor.state('Normal');
    await visitor.button('Connect wallet').click();
    await visitor.reads('A wallet kept in the browser is for a cluster on this machine; elsewhere.test');
    expect(await visitor.button('Use a wallet of this browser').count()).toBe(0);
    await visitor.leave();
});
