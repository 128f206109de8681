import { positive } from './decimal.js';
import { OrderEffect, orderTrigger, type OrderTriggerArgs } from './generated/index.js';

/** The first moment in milliseconds that is taken for one; a moment in seconds is smaller. */
const FIRST_MOMENT = 1_000_000_000_000n;

/** What a trader wants, in decimal text. */
export interface OrderText {
    side: 'buy' | 'sell';
    /** Base units, above zero. */
    size: string;
    /** The worst price accepted, spread included. */
    limit: string;
    /** `reduce` never opens, increases or flips a position. */
    effect: 'open' | 'reduce';
    /** What the index price has to do first; `immediate` is the first price after the delay. */
    trigger: 'immediate' | { atOrAbove: string } | { atOrBelow: string };
    /** Removed unexecuted after this. */
    expires: Date;
    /** For whoever executes it, in collateral. None is set aside where it is left out. */
    fee?: string;
    /** Whether a reduction also takes a price outside the market's band, when that is worse for you. */
    anyPrice?: boolean;
}

/** Every field, so that a misspelt one is not taken for one that was left out. */
const FIELDS: Record<keyof OrderText, true> = {
    side: true,
    size: true,
    limit: true,
    effect: true,
    trigger: true,
    expires: true,
    fee: true,
    anyPrice: true,
};

/** What `place_order` takes. */
export interface OrderArguments {
    delta: bigint;
    limit: bigint;
    trigger: OrderTriggerArgs;
    effect: OrderEffect;
    anyPrice: boolean;
    expiresMs: bigint;
    fee: bigint;
}

/**
 * An order from text. Nothing is guessed and nothing becomes zero: whatever is missing, misspelt or
 * out of range throws and says what to write.
 *
 * @throws RangeError
 */
export function order(text: OrderText): OrderArguments {
    const unknown = Object.keys(text).find((field) => !Object.hasOwn(FIELDS, field));
    if (unknown !== undefined) {
        throw new RangeError(`an order has no ${unknown}: write ${Object.keys(FIELDS).join(', ')}`);
    }
    const anyPrice: unknown = text.anyPrice ?? false;
    if (typeof anyPrice !== 'boolean') {
        throw new RangeError(`anyPrice is "${String(anyPrice)}": write true or false`);
    }
    const size = positive(text.size, 'size');
    const expiresMs = moment(text.expires);
    const fee = text.fee === undefined ? 0n : positive(text.fee, 'fee');
    return {
        delta: one('side', text.side, { buy: size, sell: -size }),
        limit: positive(text.limit, 'limit'),
        trigger: trigger(text.trigger),
        effect: one('effect', text.effect, { open: OrderEffect.Open, reduce: OrderEffect.Reduce }),
        anyPrice,
        expiresMs,
        fee,
    };
}

function moment(expires: Date): bigint {
    const time = expires instanceof Date ? expires.getTime() : NaN;
    if (Number.isNaN(time) || BigInt(time) < FIRST_MOMENT) {
        throw new RangeError('expires is no date of these years: pass new Date(milliseconds)');
    }
    return BigInt(time);
}

function trigger(text: OrderText['trigger']): OrderTriggerArgs {
    if (text === 'immediate') {
        return orderTrigger('Immediate');
    }
    const entries = typeof text === 'object' && text !== null ? Object.entries(text) : [];
    const [kind, level] = entries[0] ?? [];
    if (entries.length === 1 && kind === 'atOrAbove') {
        return orderTrigger('AtOrAbove', { price: positive(String(level), 'trigger.atOrAbove') });
    }
    if (entries.length === 1 && kind === 'atOrBelow') {
        return orderTrigger('AtOrBelow', { price: positive(String(level), 'trigger.atOrBelow') });
    }
    throw new RangeError(
        'trigger is none: write "immediate", { atOrAbove: "162.5" } or { atOrBelow: "140" }',
    );
}

/** What a word stands for. */
function one<Value>(what: string, word: string, values: Record<string, Value>): Value {
    const value = Object.hasOwn(values, word) ? values[word] : undefined;
    if (value === undefined) {
        throw new RangeError(`${what} is "${word}": write ${Object.keys(values).join(' or ')}`);
    }
    return value;
}
