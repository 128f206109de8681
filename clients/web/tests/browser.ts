/** The Chromium that `cargo xtask setup` installs, and pages in it that must not complain. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import axe from 'axe-core';
import { type Browser, type Page, chromium } from 'playwright-core';

/** What a browser may be called, as the tests of the lab's page have it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];
const FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--host-resolver-rules=MAP elsewhere.test 127.0.0.1',
];

/** What is not there by then never comes, milliseconds. */
const PATIENCE_MS = 25_000;

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };
export type Scheme = 'light' | 'dark';

/** Starts the first browser found. */
export async function startBrowser(): Promise<Browser> {
    const places = (process.env['PATH'] ?? '').split(delimiter);
    const paths = NAMES.flatMap((name) => places.map((place) => join(place, name)));
    const executablePath = paths.find(isExecutable);
    if (executablePath === undefined) {
        throw new Error('no Chromium was found: `cargo xtask setup` installs one');
    }
    return chromium.launch({ executablePath, args: FLAGS });
}

function isExecutable(path: string): boolean {
    try {
        accessSync(path, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

/** A page, and what it complained of. */
export interface Watched {
    page: Page;
    complaints: string[];
}

/** Opens a page in a context of its own. */
export async function openPage(browser: Browser, size = DESKTOP, colorScheme: Scheme = 'light'): Promise<Watched> {
    const context = await browser.newContext({
        viewport: size,
        colorScheme,
        hasTouch: size === PHONE,
        reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    return { page, complaints };
}

/** What axe finds wrong with the page, by WCAG 2.2 AA and what is usually counted with it. */
export async function faults(page: Page): Promise<string[]> {
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
        const checker = (globalThis as unknown as { axe: typeof axe }).axe;
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
        const { violations } = await checker.run({ runOnly: tags });
        return violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join(' | ')}`,
        );
    });
    return found;
}
