/** Changes of power in sentences: what would be different, and when. */

import type { Change, ChangeKind, Market } from '@holdfast/client';
import { isSome } from '@solana/kit';

import type { Snapshot } from '../venue/snapshot.js';
import { brief, duration, moment, named, number, percent } from './format.js';

/** A change for people. */
export interface Announced {
    title: string;
    /** What would be different, a line each. */
    lines: string[];
}

const marketOf = (address: string, { silo }: Snapshot): Market | undefined =>
    silo.markets.find((market) => market.address === address)?.data;
const marketName = (address: string, snapshot: Snapshot): string => {
    const market = marketOf(address, snapshot);
    return market === undefined ? brief(address) : named(market.name);
};

/** What a change is. */
export function announced({ content }: Change, snapshot: Snapshot): Announced {
    switch (content.__kind) {
        case 'Guardian':
            return { title: 'Guardians', lines: guardians(content) };
        case 'Admin':
            return { title: 'Another admin', lines: [`${brief(snapshot.exchange.admin)} → ${content.fields[0]}`] };
        case 'FeeReceiver':
            return {
                title: 'Another receiver of protocol fees',
                lines: [`${brief(snapshot.exchange.feeReceiver)} → ${content.fields[0]}`],
            };
        case 'Timelock':
            return { title: 'Timelock', lines: differences(snapshot.exchange.timelock, content.fields[0]) };
        case 'Thresholds':
            return {
                title: "Thresholds of the chain's states",
                lines: differences(snapshot.health.thresholds, content.fields[0]),
            };
        case 'MarketTerms':
            return {
                title: `Settings of ${marketName(content.market, snapshot)}`,
                lines: differences(marketOf(content.market, snapshot)?.terms ?? {}, content.terms),
            };
        case 'MarketFeeds':
            return {
                title: `Price feeds of ${marketName(content.market, snapshot)}`,
                lines: ['Other accounts would tell the price.'],
            };
        case 'SiloTerms':
            return { title: 'Settings of the silo', lines: differences(snapshot.silo.data.terms, content.terms) };
        case 'Silo':
            return { title: 'A new silo', lines: [`Collateral: ${content.mint}`] };
        case 'Market':
            return { title: `A new market, ${named(content.name)}`, lines: [] };
        case 'Upgrade':
            return {
                title: 'Another program',
                lines: [`SHA-256 ${[...content.sha256].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`],
            };
        case 'FuseReset':
            return { title: 'Reset of the fuse of the silo', lines: ['Openings and pools would be on again.'] };
    }
}

function guardians({ leaves, joins }: Extract<ChangeKind, { __kind: 'Guardian' }>): string[] {
    return [...(isSome(leaves) ? [`${leaves.value} leaves`] : []), ...(isSome(joins) ? [`${joins.value} joins`] : [])];
}

/** The settings that differ: `initial: 10 % → 12 %`. */
function differences(now: object, then: object): string[] {
    const before = now as Record<string, unknown>;
    const changed = Object.entries(then).filter(([name, value]) => isNumber(value) && before[name] !== value);
    return changed.map(([name, value]) => {
        const [, stem = name, unit = ''] = /^(.*?)(Bps|Ppm|Ppb|Ms)?$/.exec(name) ?? [];
        const shown = (of: unknown) => (isNumber(of) ? setting(Number(of), unit) : 'unknown');
        return `${stem.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${shown(before[name])} → ${shown(value)}`;
    });
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint';

function setting(value: number, unit: string): string {
    switch (unit) {
        case 'Bps':
            return percent(value / 10_000);
        case 'Ppm':
            return percent(value / 1e6, 4);
        case 'Ppb':
            return `${percent(value / 1e9, 5)} an hour`;
        case 'Ms':
            return value < 1_000 ? `${value} ms` : duration(value);
        default:
            return `${number(value / 1e6)} units`;
    }
}

/** Where a change stands. */
export function standing(change: Change, snapshot: Snapshot, nowMs: number): { ready: boolean; text: string } {
    const [ready, expires] = [Number(change.readyMs), Number(change.expiresMs)];
    if (change.proposer !== snapshot.exchange.admin) {
        return { ready: false, text: 'Void: whoever proposed it is admin no more.' };
    }
    if (isReplaced(change, snapshot)) {
        return { ready: false, text: 'Void: a newer change of the same was proposed.' };
    }
    if (nowMs >= expires) {
        return { ready: false, text: 'Expired: it can no longer be applied.' };
    }
    return nowMs < ready
        ? { ready: false, text: `Can be applied in ${duration(ready - nowMs)}, from ${moment(ready)}.` }
        : { ready: true, text: `Anyone can apply it now, for ${duration(expires - nowMs)} more.` };
}

/** Whether a newer change of the same thing was proposed: each such thing keeps the number of its newest, plus one. */
function isReplaced({ number: own, content }: Change, snapshot: Snapshot): boolean {
    const newest = newestOf(content, snapshot);
    return newest !== undefined && newest !== 0n && newest !== own + 1n;
}

function newestOf(content: ChangeKind, snapshot: Snapshot): bigint | undefined {
    const { newest, guardians: known } = snapshot.exchange;
    switch (content.__kind) {
        case 'FeeReceiver':
            return newest.feeReceiver;
        case 'Timelock':
            return newest.timelock;
        case 'Thresholds':
            return newest.thresholds;
        case 'Upgrade':
            return newest.upgrade;
        case 'Guardian': {
            const { leaves } = content;
            return isSome(leaves) ? known.find(({ key }) => key === leaves.value)?.leaving : newest.joining;
        }
        case 'MarketTerms':
            return marketOf(content.market, snapshot)?.newestTerms;
        case 'MarketFeeds':
            return marketOf(content.market, snapshot)?.newestFeeds;
        case 'SiloTerms':
            return content.silo === snapshot.silo.address ? snapshot.silo.data.newestTerms : undefined;
        case 'FuseReset':
            return content.silo === snapshot.silo.address ? snapshot.silo.data.newestReset : undefined;
        case 'Admin':
        case 'Silo':
        case 'Market':
            return undefined;
    }
}
