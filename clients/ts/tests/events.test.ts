import assert from 'node:assert/strict';
import { test } from 'node:test';

import { address, getBase64Decoder } from '@solana/kit';

import { HOLDFAST_PROGRAM_ADDRESS, eventsOf, getDepositedEventEncoder } from '../src/index.js';
import { EVENTS } from '../src/generated/events.js';

const ACCOUNT = address('11111111111111111111111111111112');
const data = { account: ACCOUNT, amount: 5n, collateral: 12n };
const discriminator = EVENTS.find(({ name }) => name === 'Deposited')?.discriminator ?? [];
const bytes = Uint8Array.from([...discriminator, ...getDepositedEventEncoder().encode(data)]);
const LINE = `Program data: ${getBase64Decoder().decode(bytes)}`;
const VENUE = HOLDFAST_PROGRAM_ADDRESS;

test('an event of the venue is decoded', () => {
    const logs = [`Program ${VENUE} invoke [1]`, LINE, `Program ${VENUE} success`];
    assert.deepEqual(eventsOf(logs), [{ name: 'Deposited', data }]);
});

test('the same bytes from another program are no event', () => {
    const other = '11111111111111111111111111111113';
    const around = [
        `Program ${VENUE} invoke [1]`,
        `Program ${other} invoke [2]`,
        LINE,
        `Program ${other} success`,
    ];
    assert.deepEqual(eventsOf([...around, `Program ${VENUE} success`]), []);
    assert.deepEqual(eventsOf([...around, LINE, `Program ${VENUE} success`]).length, 1);
    assert.deepEqual(eventsOf([LINE]), []);
});
