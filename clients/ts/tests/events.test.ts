import assert from 'node:assert/strict';
import { test } from 'node:test';

import { address, getAddressDecoder, getBase64Decoder } from '@solana/kit';

import { IDL } from '../src/anchor.js';
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

interface Field {
    name: string;
    type: string | { defined: { name: string } } | { array: [string, number] };
}

const INTEGERS: Record<string, number> = { u8: 1, u16: 2, u32: 4, u64: 8, i64: 8 };

/** Bytes that a field of this type can hold, each event's own, and the value that they are. */
function sample({ type }: Field, at: number): { bytes: Uint8Array; value: unknown } {
    const filled = (length: number) => new Uint8Array(length).fill(at + 1);
    if (type === 'pubkey') {
        return { bytes: filled(32), value: getAddressDecoder().decode(filled(32)) };
    }
    // A boolean that holds, or the second variant.
    if (type === 'bool' || (typeof type === 'object' && 'defined' in type)) {
        return { bytes: Uint8Array.of(1), value: type === 'bool' ? true : 1 };
    }
    if (typeof type === 'object') {
        assert.equal(type.array[0], 'u8');
        return { bytes: filled(type.array[1]), value: filled(type.array[1]) };
    }
    const length = INTEGERS[type];
    assert.ok(length !== undefined, `a type that is not read here: ${type}`);
    const value = filled(length).reduce((sum, byte, place) => sum + (BigInt(byte) << BigInt(8 * place)), 0n);
    return { bytes: filled(length), value: length === 8 ? value : Number(value) };
}

test('every event is read as the interface description has it', () => {
    const described = IDL as unknown as {
        events: { name: string; discriminator: number[] }[];
        types: { name: string; type: { fields: Field[] } }[];
    };
    const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    for (const { name, discriminator } of described.events) {
        const fields = described.types.find((known) => known.name === name)?.type.fields ?? [];
        const samples = fields.map(sample);
        const line = Uint8Array.from([...discriminator, ...samples.flatMap(({ bytes }) => [...bytes])]);
        const logs = [
            `Program ${VENUE} invoke [1]`,
            `Program data: ${getBase64Decoder().decode(line)}`,
            `Program ${VENUE} success`,
        ];
        const data = Object.fromEntries(fields.map((field, at) => [camel(field.name), samples[at]?.value]));
        const pascal = name.charAt(0).toUpperCase() + name.slice(1);
        assert.deepEqual(eventsOf(logs), [{ name: pascal, data }], name);
    }
    assert.equal(described.events.length, EVENTS.length);
});
