/** Places of sizes, prices and amounts. */
const PLACES = 6;

/**
 * A decimal number as whole millionths, exactly: `"1.5"` is `1500000n`.
 *
 * @param what Names the number in errors.
 * @throws RangeError when the text is no decimal number, or has more than six places.
 */
export function millionths(text: string, what: string): bigint {
    const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
    if (whole === undefined) {
        throw new RangeError(`${what} is "${text}": write a decimal number such as "1.5"`);
    }
    if (fraction.length > PLACES) {
        throw new RangeError(`${what} is "${text}": write at most ${PLACES} places`);
    }
    const units = BigInt(whole + fraction.padEnd(PLACES, '0'));
    return sign === '-' ? -units : units;
}

/** As `millionths`, and above zero. */
export function positive(text: string, what: string): bigint {
    const units = millionths(text, what);
    if (units <= 0n) {
        throw new RangeError(`${what} is "${text}": it has to be above zero`);
    }
    return units;
}

/** Millionths as the shortest decimal text: the inverse of `millionths`. */
export function decimal(units: bigint): string {
    const digits = (units < 0n ? -units : units).toString().padStart(PLACES + 1, '0');
    const whole = digits.slice(0, -PLACES);
    const fraction = digits.slice(-PLACES).replace(/0+$/, '');
    return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
