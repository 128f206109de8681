/** Somebody who looks at the page and uses it, as people do: by names and roles. */

import { type Browser, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';

import { DESKTOP, type Scheme, openPage } from './browser.js';
import type { PageServer } from './server.js';
import type { World } from './world.js';

/** What the page is served with for a venue. */
export function settingsOf({ cluster, venue }: World) {
    return {
        rpc: [cluster.url],
        webSocket: cluster.webSocketUrl,
        faucet: 'faucet',
        collateral: 'tUSD',
        deployment: venue.deployment as {
            genesis: string;
            program: string;
            silos: { markets: { address: string }[] }[];
        },
    };
}

export class Visitor {
    private constructor(
        readonly page: Page,
        readonly complaints: string[],
    ) {}

    /** Opens the page, with a query such as `?account=…` if need be. */
    static async at(
        browser: Browser,
        server: Pick<PageServer, 'url'>,
        size = DESKTOP,
        scheme: Scheme = 'light',
        query = '',
    ): Promise<Visitor> {
        const { page, complaints } = await openPage(browser, size, scheme);
        await page.goto(`${server.url}${query}`);
        return new Visitor(page, complaints);
    }

    /** Leaves; the console must have stayed silent but for what was expected. */
    async leave(expected = /^$/): Promise<void> {
        await this.page.context().close();
        expect(this.complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
    }

    button(name: string | RegExp): Locator {
        return this.page.getByRole('button', { name, exact: typeof name === 'string' });
    }

    /** The part of the page under a heading. */
    part(name: string): Locator {
        return this.page.getByRole('region', { name, exact: true });
    }

    async view(name: string): Promise<void> {
        await this.page.getByRole('navigation').getByRole('link', { name }).click();
    }

    /** Waits until the banner has this title. */
    async state(title: string, patience = 60_000): Promise<void> {
        await this.page.getByRole('heading', { level: 1, name: title }).waitFor({ timeout: patience });
    }

    /** Waits for text anywhere. */
    async reads(text: string | RegExp): Promise<void> {
        await this.page.getByText(text).first().waitFor();
    }

    /** Takes the local wallet, with SOL and collateral; its address. */
    async connect(): Promise<string> {
        await this.button('Connect wallet').click();
        await this.button('Use a wallet of this browser').click();
        await this.page.locator('.wallet-button').click();
        const dialog = this.page.getByRole('dialog');
        const address = await dialog.locator('code').textContent();
        await dialog.getByRole('button', { name: /^Get SOL/ }).click();
        await dialog.getByText('50,000.00').waitFor();
        await dialog.getByRole('button', { name: 'Close' }).click();
        return address ?? '';
    }

    /** Puts collateral into the margin account. */
    async deposit(amount: string): Promise<void> {
        await this.view('Account');
        const money = this.part('Money');
        await money.getByLabel('Amount').fill(amount);
        await money.getByRole('button', { name: /eposit$/ }).click();
        await this.part('Account').getByText('Equity', { exact: true }).waitFor();
    }

    /** Takes one of a few. */
    async choose(name: string): Promise<void> {
        await this.page.getByRole('radio', { name }).check();
    }

    /** Fills the ticket's size. */
    async size(text: string): Promise<void> {
        await this.page.getByLabel('Size').fill(text);
    }

    /** Waits until something that was sent is so far. */
    async sent(title: string, progress: 'sent' | 'landed' | 'refused'): Promise<void> {
        await this.page.locator(`.toast[data-progress=${progress}]`, { hasText: title }).first().waitFor();
    }
}
