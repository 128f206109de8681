// The entry for `@anchor-lang/core`: types that fit, accounts that resolve, bytes that are Rust's.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import anchor from '@anchor-lang/core';

import { type Holdfast, IDL } from '../src/anchor.js';

const { BN, Program, web3 } = anchor;
const EXAMPLES = JSON.parse(readFileSync('tests/instructions.json', 'utf8')) as {
    name: string;
    accounts: { name: string; address: string }[];
    data: string;
}[];

const connection = new web3.Connection('http://127.0.0.1:1');
const program = new Program<Holdfast>(IDL, { connection });

function example(name: string): { address: (account: string) => string; data: string } {
    const found = EXAMPLES.find((known) => known.name === name);
    const address = (account: string) => found?.accounts.find((meta) => meta.name === account)?.address ?? '';
    return { address, data: found?.data ?? '' };
}

test('an order has the same bytes, and what is fixed or derived resolves', async () => {
    const { address, data } = example('place_order');
    const instruction = await program.methods
        .placeOrder({
            delta: new BN(3_000_000),
            limit: new BN(165_000_000),
            trigger: { atOrAbove: { price: new BN(162_500_000) } },
            effect: { reduce: {} },
            anyPrice: true,
            expiresMs: new BN(1_800_000_000_000),
            fee: new BN(20_000),
        })
        .accountsPartial({ owner: address('owner'), account: address('account'), market: address('market') })
        .instruction();
    assert.equal(instruction.data.toString('hex'), data);
    assert.equal(instruction.keys[2]?.pubkey.toBase58(), address('chain_health'));
});

test('an account is opened by its silo and owner alone', async () => {
    const { address, data } = example('open_margin_account');
    const instruction = await program.methods
        .openMarginAccount(2)
        .accounts({ payer: address('payer'), owner: address('owner'), silo: address('silo') })
        .instruction();
    assert.equal(instruction.data.toString('hex'), data);
    assert.equal(instruction.keys[3]?.pubkey.toBase58(), address('account'));
});

test('a wrong trigger throws instead of trading at once', async () => {
    const { address } = example('place_order');
    const place = program.methods
        .placeOrder({ trigger: { above: { price: new BN(1) } } } as never)
        .accountsPartial({ owner: address('owner'), account: address('account'), market: address('market') });
    await assert.rejects(place.instruction());
});
