import assert from 'node:assert/strict';
import { test } from 'node:test';

import { address, getSolanaErrorFromJsonRpcError } from '@solana/kit';

import { HOLDFAST_PROGRAM_ADDRESS, explain, explainError } from '../src/index.js';
import { ERRORS } from '../src/generated/errorTable.js';

test('every error of the program has a remedy', () => {
    for (const [code, name] of ERRORS) {
        const explained = explain(code);
        assert.equal(explained?.name, name);
        assert.match(explained?.remedy ?? '', /^(now|refresh|wait|never)$/);
    }
    assert.equal(explain(5_999), undefined);
    assert.equal(explain(6_000 + ERRORS.length), undefined);
});

test('the argument at fault is in the log', () => {
    const logs = [
        'Program log: Instruction: PlaceOrder',
        'Program log: InvalidOrder: limit has to be above zero',
    ];
    const explained = explain(ERRORS.find(([, name]) => name === 'InvalidOrder')?.[0] ?? 0, logs);
    assert.equal(explained?.argument, 'limit has to be above zero');
});

test('an error is explained wherever it is wrapped', () => {
    const stale = ERRORS.find(([, name]) => name === 'StalePrice')?.[0] ?? 0;
    const kit = Object.assign(new Error('failed'), {
        cause: Object.assign(new Error(), { context: { code: stale } }),
    });
    assert.equal(explainError(kit)?.remedy, 'refresh');
    const web3 = new Error(`Transaction simulation failed: custom program error: 0x${stale.toString(16)}`);
    assert.equal(explainError(web3)?.name, 'StalePrice');
    assert.equal(explainError(new Error('the network is down')), undefined);
    assert.equal(explainError(undefined), undefined);
});

/** What an endpoint answers when `program` refuses with a code in its simulation. */
function preflight(program: string, code: number): Error {
    const logs = [
        `Program ${program} invoke [1]`,
        'Program log: Instruction: PlaceOrder',
        `Program ${program} failed: custom program error: 0x${code.toString(16)}`,
    ];
    return getSolanaErrorFromJsonRpcError({
        code: -32_002,
        message: 'Transaction simulation failed',
        data: { err: { InstructionError: [0, { Custom: code }] }, logs, unitsConsumed: 900 },
    });
}

test("what @solana/kit makes of an endpoint's refusal is explained, of this program alone", () => {
    const [code, name] = ERRORS[2] ?? [];
    assert.ok(code !== undefined);
    assert.equal(explainError(preflight(HOLDFAST_PROGRAM_ADDRESS, code))?.name, name);
    const other = '11111111111111111111111111111113';
    assert.equal(explainError(preflight(other, code)), undefined);
    assert.equal(explainError(preflight(other, code), address(other))?.name, name);
});

test('what @anchor-lang/core throws is explained', () => {
    const [code, name] = ERRORS[2] ?? [];
    const thrown = Object.assign(new Error('AnchorError thrown'), {
        error: { errorCode: { number: code } },
        logs: [`Program ${HOLDFAST_PROGRAM_ADDRESS} failed: custom program error: 0x${code?.toString(16)}`],
    });
    assert.equal(explainError(thrown)?.name, name);
});
