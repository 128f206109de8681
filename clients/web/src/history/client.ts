/** Questions to the history of `holdfast history run`. It is believed in nothing that its description does not say. */

import type { Address } from '@solana/kit';

import {
    type Candle,
    type Fill,
    type Flow,
    LINES,
    POINTS,
    type Part,
    type PastPosition,
    type Status,
    type Turn,
    type Worths,
    candle,
    fill,
    flow,
    part,
    positions,
    status,
    turn,
    worths,
} from './answers.js';
import { Malformed, type Read } from './read.js';

/** A history that has not answered by then is dead, milliseconds. */
const PATIENCE_MS = 8_000;
/** The longest answer that is read, bytes. */
const MOST_BYTES = 4_000_000;
const TOO_MANY_REQUESTS = 429;

export type PoolName = 'liquidity' | 'insurance';
/** How long a candle lasts. */
export type Minutes = 1 | 15 | 60 | 1_440;

/** Why there is no answer, in a sentence that is the page's own: nothing in it was written by the history. */
export class NoAnswer extends Error {}

/** Where the history is, whichever way somebody wrote it: an http address that ends in a slash, or nothing. */
export function historyAddress(written: unknown, page: string): string | undefined {
    if (typeof written !== 'string' || !URL.canParse(written, page)) return undefined;
    const url = new URL(written, page);
    if (!/^https?:$/.test(url.protocol)) return undefined;
    url.search = '';
    url.hash = '';
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    return url.href;
}

/** A history at an address. */
export class History {
    /** @param base an http address that ends in a slash */
    constructor(readonly base: string) {}

    /** Its host, for people. */
    get host(): string {
        return new URL(this.base).host;
    }

    /** How far reading has come. */
    status(signal: AbortSignal): Promise<Status> {
        return this.ask('v1/status', {}, status, signal);
    }

    /** Changes of an account's positions, the newest first. */
    fills(account: Address, before: string | undefined, signal: AbortSignal): Promise<Part<Fill>> {
        return this.ask('v1/fills', { account, before, limit: LINES }, part(fill, LINES), signal);
    }

    /** What came into an account and went out, the newest first. */
    flows(account: Address, before: string | undefined, signal: AbortSignal): Promise<Part<Flow>> {
        return this.ask(`v1/accounts/${account}/flows`, { before, limit: LINES }, part(flow, LINES), signal);
    }

    /** All positions of an account, those that are open first, then the newest. */
    async positions(account: Address, signal: AbortSignal): Promise<PastPosition[]> {
        return (await this.ask(`v1/accounts/${account}/positions`, {}, positions, signal)).items;
    }

    /** The newest candles of a market, the newest first. */
    async candles(market: number, minutes: Minutes, signal: AbortSignal): Promise<Candle[]> {
        const query = { minutes, limit: POINTS };
        return (await this.ask(`v1/markets/${market}/candles`, query, part(candle, POINTS), signal)).items;
    }

    /** What a pool was worth hour by hour, the newest first, and what its shares gained. */
    worths(pool: PoolName, signal: AbortSignal): Promise<Worths> {
        return this.ask(`v1/pools/${pool}/worth`, { limit: POINTS }, worths, signal);
    }

    /** Changes of the chain's state, the newest first. */
    turns(before: string | undefined, signal: AbortSignal): Promise<Part<Turn>> {
        return this.ask('v1/chain', { before, limit: LINES }, part(turn, LINES), signal);
    }

    /** Where the table for taxes of an account is. */
    taxesOfAccount(account: Address): string {
        return new URL(`v1/accounts/${account}/taxes.csv`, this.base).href;
    }

    /** Where the table for taxes of a wallet is: all its accounts, and its part in the pools. */
    taxesOfOwner(owner: Address): string {
        return new URL(`v1/owners/${owner}/taxes.csv`, this.base).href;
    }

    private async ask<T>(
        path: string,
        query: Record<string, string | number | undefined>,
        read: Read<T>,
        signal: AbortSignal,
    ): Promise<T> {
        const url = new URL(path, this.base);
        for (const [name, value] of Object.entries(query)) {
            if (value !== undefined) url.searchParams.set(name, String(value));
        }
        const text = await this.text(url, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
        try {
            return read(JSON.parse(text), 'the answer');
        } catch (error) {
            if (error instanceof Malformed || error instanceof SyntaxError) throw this.strange();
            throw error;
        }
    }

    private async text(url: URL, signal: AbortSignal): Promise<string> {
        try {
            const answer = await fetch(url, { signal, credentials: 'omit', referrerPolicy: 'no-referrer' });
            if (answer.ok) return await this.body(answer);
            throw this.refused(answer.status);
        } catch (error) {
            throw error instanceof NoAnswer ? error : new NoAnswer(`The history at ${this.host} does not answer.`);
        }
    }

    private refused(code: number): NoAnswer {
        return code === TOO_MANY_REQUESTS
            ? new NoAnswer(`The history at ${this.host} is asked too often: it is asked again in a moment.`)
            : new NoAnswer(`The history at ${this.host} answers with status ${code}.`);
    }

    private strange(): NoAnswer {
        return new NoAnswer(`The history at ${this.host} answers what this page does not understand: it is not shown.`);
    }

    /** The answer's text, as long as it is no longer than what is asked for can be. */
    private async body(answer: Response): Promise<string> {
        const reader = answer.body?.getReader();
        const decoder = new TextDecoder();
        let [text, bytes] = ['', 0];
        while (reader !== undefined) {
            const { done, value } = await reader.read();
            if (done) break;
            bytes += value.length;
            if (bytes > MOST_BYTES) {
                await reader.cancel();
                throw this.strange();
            }
            text += decoder.decode(value, { stream: true });
        }
        return text + decoder.decode();
    }
}
