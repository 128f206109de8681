// Margin, liquidation prices and the state of the chain are what the program's own code makes of the
// same accounts: tests/standings.json is written by `cargo xtask idl`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { getBase16Encoder } from '@solana/kit';

import {
    ACTIONS,
    ChainState,
    Risk,
    chainFacts,
    getChainHealthDecoder,
    getMarginAccountDecoder,
    getMarketDecoder,
} from '../src/index.js';

interface Bytes {
    length: number;
    runs: [number, string][];
}

interface Case {
    health: Bytes;
    markets: Bytes[];
    account: Bytes;
    facts: { slot: string; clock_ms: string; last_restart_slot: string | null; skipped: string | null };
    expected: {
        state: number;
        now_ms: string;
        equity: string;
        maintenance: string;
        shortfall: string;
        initial: string;
        withdrawable: string;
        prices: string[];
        liquidation_prices: (string | null)[];
    };
}

const CASES = JSON.parse(readFileSync('tests/standings.json', 'utf8')) as Case[];
const DISCRIMINATOR = 8;

function account({ length, runs }: Bytes): Uint8Array {
    const data = new Uint8Array(DISCRIMINATOR + length);
    for (const [begins, run] of runs) {
        data.set(getBase16Encoder().encode(run), DISCRIMINATOR + begins);
    }
    return data;
}

function known(text: string | null): bigint | undefined {
    return text === null ? undefined : BigInt(text);
}

const risk = await Risk.load();

for (const [number, { health, markets, account: bytes, facts, expected }] of CASES.entries()) {
    test(`case ${number}: as the program computes it`, () => {
        const chain = risk.chainState(getChainHealthDecoder().decode(account(health)), {
            slot: BigInt(facts.slot),
            clockMs: BigInt(facts.clock_ms),
            lastRestartSlot: known(facts.last_restart_slot),
            skipped: known(facts.skipped),
        });
        assert.equal(chain.state, expected.state);
        assert.equal(chain.nowMs, BigInt(expected.now_ms));
        const decoded = markets.map((market) => getMarketDecoder().decode(account(market)));
        const standing = risk.standing(getMarginAccountDecoder().decode(account(bytes)), decoded, chain);
        const { positions, ...sums } = standing;
        assert.deepEqual(sums, {
            equity: BigInt(expected.equity),
            maintenance: BigInt(expected.maintenance),
            shortfall: BigInt(expected.shortfall),
            initial: BigInt(expected.initial),
            withdrawable: BigInt(expected.withdrawable),
        });
        assert.deepEqual(
            positions.map(({ price }) => price),
            expected.prices.map(BigInt),
        );
        const limits = positions.map(({ liquidationPrice }) => liquidationPrice);
        assert.deepEqual(limits, expected.liquidation_prices.map(known));
    });
}

test('the cases see every state of the chain, and accounts that fail', () => {
    const states = new Set(CASES.map(({ expected }) => expected.state));
    assert.deepEqual([...states].sort(), [0, 1, 2, 3, 4]);
    assert.ok(CASES.some(({ expected }) => expected.shortfall !== '0'));
    assert.ok(CASES.some(({ expected }) => expected.liquidation_prices.some((price) => price !== null)));
});

test('what reduces is allowed in every state, and opening is not in shelter', () => {
    for (const state of [0, 1, 2, 3, 4]) {
        for (const action of ['AddMargin', 'Cancel', 'Reduce'] as const) {
            assert.equal(risk.permit(action, state), 'Allowed');
        }
    }
    assert.equal(risk.permit('Open', ChainState.Shelter), 'Refused');
    assert.equal(risk.permit('Open', ChainState.Strained), 'Stressed');
});

test('a list of slots that is too short says nothing about skipped ones', () => {
    const clock = new Uint8Array(40);
    new DataView(clock.buffer).setBigUint64(0, 1_000n, true);
    const hashes = new Uint8Array(8 + 40 * 512);
    const view = new DataView(hashes.buffer);
    const slots = (count: number) => {
        view.setBigUint64(0, BigInt(count), true);
        for (let entry = 0; entry < count; entry += 1) {
            view.setBigUint64(8 + 40 * entry, BigInt(999 - entry), true);
        }
        return chainFacts(clock, undefined, hashes).skipped;
    };
    assert.equal(slots(128), undefined);
    assert.equal(slots(129), 0n);
    assert.equal(chainFacts(clock, undefined, undefined).skipped, undefined);
});

test('a blown fuse takes away its family and nothing else, for as long as it is blown', () => {
    const [first] = CASES;
    assert.ok(first);
    const health = getChainHealthDecoder().decode(account(first.health));
    const facts = {
        slot: BigInt(first.facts.slot),
        clockMs: BigInt(first.facts.clock_ms),
        lastRestartSlot: known(first.facts.last_restart_slot),
        skipped: known(first.facts.skipped),
    };
    const whole = risk.chainState(health, facts);
    assert.deepEqual(whole.fuses, { openings: false, pools: false, maturing: false });
    const families = { 1: ['RequestOpening', 'Open'], 2: ['ChangePool'], 4: ['MatureProfit'] };
    const blow = (families: number, from: bigint, until: bigint) => {
        const [, ...others] = health.fuse.blows;
        const blows = [{ fromMs: facts.clockMs + from, untilMs: facts.clockMs + until }, ...others];
        return risk.chainState({ ...health, fuse: { ...health.fuse, families, blows } }, facts);
    };
    for (const [family, taken] of Object.entries(families)) {
        const { allows } = blow(Number(family), -1_000n, 1n);
        for (const action of ACTIONS) {
            assert.equal(allows[action], taken.includes(action) ? 'Refused' : whole.allows[action], action);
        }
        assert.deepEqual(blow(Number(family), -1_000n, 0n).allows, whole.allows);
    }
    assert.deepEqual(blow(7, -1n, 1n).fuses, { openings: true, pools: true, maturing: true });
});
