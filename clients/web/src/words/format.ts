/** Numbers and times as people read them, each with its unit. */

/** Millionths in a whole. */
const WHOLE = 1_000_000;

/** Digits after the point that a number of this size is read with. */
function digits(value: number): number {
    const size = Math.abs(value);
    return size >= 100_000 ? 0 : size >= 1 || size === 0 ? 2 : 4;
}

/** A decimal number, grouped. */
export function number(value: number, places = digits(value)): string {
    const text = value.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });
    return text.replace(/^-/, '−');
}

export const whole = (millionths: bigint): number => Number(millionths) / WHOLE;

/** An amount of collateral: `1,250.00 USDC`. */
export function amount(millionths: bigint, unit: string, places?: number): string {
    return `${number(whole(millionths), places)}\u00a0${unit}`;
}

/** As `amount`, with its sign. */
export function signed(millionths: bigint, unit: string): string {
    return `${millionths > 0n ? '+' : ''}${amount(millionths, unit, 2)}`;
}

/** A size in base units: `12.5 SOL`, as exact as it is. */
export function size(millionths: bigint, base: string): string {
    const value = whole(millionths < 0n ? -millionths : millionths);
    return `${value.toLocaleString('en-US', { maximumFractionDigits: 6 })}\u00a0${base}`;
}

/** A price: `150.00 USDC`. */
export function price(millionths: bigint, unit: string): string {
    const value = whole(millionths);
    return `${number(value, value >= 10_000 ? 1 : value >= 10 ? 2 : 4)}\u00a0${unit}`;
}

/** Millionths of something as a percentage. */
export function percent(ratio: number, places = 2): string {
    return `${number(ratio * 100, places)}\u00a0%`;
}

/** A large amount in short: `12.4 M USDC`. */
export function short(millionths: bigint, unit: string): string {
    const value = whole(millionths);
    const scales: [number, string][] = [
        [1e9, '\u00a0bn'],
        [1e6, '\u00a0M'],
        [1e4, '\u00a0k'],
    ];
    const [scale, letter] = scales.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
    const shown = letter === '\u00a0k' ? scale / 10 : scale;
    return `${number(value / shown, letter === '' ? undefined : 1)}${letter}\u00a0${unit}`;
}

/** A duration in its two largest units: `2 min 5 s`. */
export function duration(ms: number): string {
    const seconds = Math.max(0, Math.round(ms / 1_000));
    const parts: [number, string][] = [
        [Math.floor(seconds / 86_400), 'd'],
        [Math.floor(seconds / 3_600) % 24, 'h'],
        [Math.floor(seconds / 60) % 60, 'min'],
        [seconds % 60, 's'],
    ];
    const first = parts.findIndex(([count]) => count > 0);
    const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2);
    return shown
        .filter(([count], at) => at === 0 || count > 0)
        .map(([count, unit]) => `${count}\u00a0${unit}`)
        .join('\u00a0');
}

/** A moment by the visitor's clock: the time alone today, with the date on other days. */
export function moment(ms: number): string {
    const at = new Date(ms);
    const time = at.toLocaleTimeString('en-GB');
    const isToday = at.toDateString() === new Date().toDateString();
    return isToday
        ? time
        : `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })}, ${time}`;
}

/** An address in short. */
export function brief(address: string): string {
    return `${address.slice(0, 4)}…${address.slice(-4)}`;
}

/** A market's name: UTF-8 filled up with zeros. */
export function named(bytes: { readonly [at: number]: number; readonly length: number }): string {
    const all = Uint8Array.from(bytes as ArrayLike<number>);
    const end = all.indexOf(0);
    return new TextDecoder().decode(end === -1 ? all : all.subarray(0, end));
}
