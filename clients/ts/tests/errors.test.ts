import assert from 'node:assert/strict';
import { test } from 'node:test';

import { explain, explainError } from '../src/index.js';
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
