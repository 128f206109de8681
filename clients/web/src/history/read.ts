/** Reading answers that nobody vouches for: what is not as it is described is refused, and never shown. */

/** A part of an answer is not as it is described; the message names the part. */
export class Malformed extends Error {}

/** Takes a value that was found at a place of an answer, or throws `Malformed`. */
export type Read<T> = (value: unknown, at: string) => T;
/** What a reader takes. */
export type Of<R> = R extends Read<infer T> ? T : never;

const BASE58 = /^[1-9A-HJ-NP-Za-km-z]{32,88}$/;
const CURSOR = /^[\d.-]{1,64}$/;
/** After this no date is written, seconds since 1970: the year 5138. */
const LAST_S = 100_000_000_000;
/** The most markets that a silo has. */
const MARKETS = 256;

const refuse = (at: string, what: string): never => {
    throw new Malformed(`${at} is no ${what}`);
};

/** A whole number that a browser holds exactly. */
export const integer: Read<bigint> = (value, at) =>
    Number.isSafeInteger(value) ? BigInt(value as number) : refuse(at, 'whole number');

/** The same, zero or above. */
export const natural: Read<bigint> = (value, at) => {
    const read = integer(value, at);
    return read >= 0n ? read : refuse(at, 'amount');
};

function within(least: number, most: number, what: string): Read<number> {
    return (value, at) => {
        const read = Number(integer(value, at));
        return read >= least && read <= most ? read : refuse(at, what);
    };
}

export const count = within(0, Number.MAX_SAFE_INTEGER, 'number');
export const seconds = within(0, LAST_S, 'time');
export const milliseconds = within(0, LAST_S * 1_000, 'time');
export const marketIndex = within(0, MARKETS - 1, 'market');
export const side = within(-1, 1, 'side');

function matching(pattern: RegExp, what: string): Read<string> {
    return (value, at) => (typeof value === 'string' && pattern.test(value) ? value : refuse(at, what));
}

/** An address, a signature or a hash. */
export const base58 = matching(BASE58, 'address');
/** What a part of a list is continued with. */
export const cursor = matching(CURSOR, 'cursor');

export const flag: Read<boolean> = (value, at) => (typeof value === 'boolean' ? value : refuse(at, 'yes or no'));

/** One of a few words. */
export function word<T extends string>(...words: readonly T[]): Read<T> {
    return (value, at) => words.find((known) => known === value) ?? refuse(at, words.join(' or '));
}

/** Nothing, where the answer says null. */
export function optional<T>(read: Read<T>): Read<T | undefined> {
    return (value, at) => (value === null ? undefined : read(value, at));
}

/** A list that is no longer than `most`. */
export function list<T>(read: Read<T>, most: number): Read<T[]> {
    return (value, at) => {
        if (!Array.isArray(value)) return refuse(at, 'list');
        if (value.length > most) return refuse(at, `list of ${most} or fewer`);
        return value.map((item: unknown, index) => read(item, `${at}[${index}]`));
    };
}

/** An object with these properties; others are left out. */
export function record<T extends object>(properties: { [Name in keyof T]: Read<T[Name]> }): Read<T> {
    const readers = Object.entries(properties) as [string, Read<unknown>][];
    return (value, at) => {
        if (typeof value !== 'object' || value === null) return refuse(at, 'object');
        const found = value as Record<string, unknown>;
        const taken: [string, unknown][] = readers.map(([name, read]) => [name, read(found[name], `${at}.${name}`)]);
        return Object.fromEntries(taken) as unknown as T;
    };
}
