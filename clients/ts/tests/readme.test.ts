// The first position as the README has it, word for word.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import ts from 'typescript';

import type { Instruction } from '@solana/kit';
import * as holdfast from '../src/index.js';
import { provide } from './pool.js';
import { Stage } from './stage.js';

/** The first example of the README. */
function example(): string {
    const [, text] = /^```ts\n(.*?)^```$/ms.exec(readFileSync('README.md', 'utf8')) ?? [];
    assert.ok(text);
    return text;
}

test('it opens a position, in no more than 20 lines', async () => {
    const lines = example().trimEnd().split('\n');
    assert.ok(lines.length <= 20, `${lines.length} lines`);
    const stage = await Stage.create();
    await stage.price(150n);
    await provide(stage, 100_000n);
    const { signer: owner, tokens: source } = await stage.person(1_000n);
    const given = {
        holdfast,
        owner,
        source,
        createSolanaRpc: () => stage.rpc,
        send: (instructions: Instruction[]) => stage.send(owner, instructions),
        // The stage's time is not ours.
        Date: class extends Date {
            static override now = () => Number(stage.nowMs);
        },
    };
    const body = lines.filter((line) => !line.startsWith('import ')).join('\n');
    const { outputText } = ts.transpileModule(`async () => {${body}}`, {
        compilerOptions: { target: ts.ScriptTarget.ES2022 },
    });
    const run = new Function(...Object.keys(given), `return (${outputText.trim().replace(/;$/, '')})()`);
    await run(...Object.values(given));

    stage.pass(3n);
    await stage.price(150n);
    stage.pass(1n);
    const { silo, market } = await stage.addresses();
    const [account] = await holdfast.findMarginAccountPda({ silo, owner: owner.address, number: 0 });
    const execution = { silo, market, account, executor: account, number: 1n };
    await stage.send(owner, [await holdfast.getExecuteOrderInstructionAsync(execution)]);
    const { data } = await holdfast.fetchMarginAccount(stage.rpc, account);
    assert.equal(data.positions[0]?.size, 10_000_000n);
});
