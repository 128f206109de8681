import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decimal, millionths, OrderEffect, order, type OrderText } from '../src/index.js';

const SOUND: OrderText = {
    side: 'sell',
    size: '1.25',
    limit: '149.5',
    effect: 'open',
    trigger: { atOrBelow: '150' },
    expires: new Date(1_800_000_000_000),
};

test('text becomes millionths, exactly', () => {
    assert.deepEqual(order(SOUND), {
        delta: -1_250_000n,
        limit: 149_500_000n,
        trigger: { __kind: 'AtOrBelow', price: 150_000_000n },
        effect: OrderEffect.Open,
        anyPrice: false,
        expiresMs: 1_800_000_000_000n,
        fee: 0n,
    });
});

test('decimal text is read and written without loss', () => {
    for (const text of ['0', '1', '0.000001', '123456789.654321', '-2.5', '9007199254740993.000001']) {
        assert.equal(decimal(millionths(text, 'size')), text);
    }
    assert.equal(millionths('1.50', 'size'), 1_500_000n);
});

test('nothing that is missing, misspelt or out of range becomes zero', () => {
    const wrong: [object, RegExp][] = [
        [{ side: 'long' }, /side is "long": write buy or sell/],
        [{ side: undefined }, /side is "undefined"/],
        [{ side: 'constructor' }, /side/],
        [{ size: '0' }, /size is "0": it has to be above zero/],
        [{ size: '-1' }, /size/],
        [{ size: '1e3' }, /size is "1e3": write a decimal number/],
        [{ size: '1,5' }, /size/],
        [{ size: '' }, /size/],
        [{ size: undefined }, /size/],
        [{ size: '0.0000001' }, /at most 6 places/],
        [{ limit: '0.00' }, /limit/],
        [{ limit: undefined }, /limit/],
        [{ effect: 'close' }, /effect is "close": write open or reduce/],
        [{ effect: undefined }, /effect/],
        [{ trigger: undefined }, /trigger is none/],
        [{ trigger: {} }, /trigger is none/],
        [{ trigger: { above: '150' } }, /trigger is none/],
        [{ trigger: { atOrAbove: '0' } }, /trigger.atOrAbove/],
        [{ trigger: { atOrAbove: undefined } }, /trigger.atOrAbove/],
        [{ trigger: { atOrAbove: '150', atOrBelow: '140' } }, /trigger is none/],
        [{ expires: new Date(1_800_000_000) }, /expires/],
        [{ expires: undefined }, /expires/],
        [{ expires: 1_800_000_000_000 }, /expires/],
        [{ expires: new Date(NaN) }, /expires/],
        [{ fee: '0' }, /fee/],
        [{ fees: '0.02' }, /an order has no fees: write side, size/],
        [{ anyprice: true }, /an order has no anyprice/],
        [{ anyPrice: 'no' }, /anyPrice is "no": write true or false/],
    ];
    for (const [change, message] of wrong) {
        assert.throws(() => order({ ...SOUND, ...change } as OrderText), { name: 'RangeError', message });
    }
});
