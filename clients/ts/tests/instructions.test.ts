// Every instruction's accounts and bytes are those that Rust builds: tests/instructions.json is written
// by `cargo xtask idl` from crates/client, and tests/proposals.json beside it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import {
    AccountRole,
    type Address,
    type Instruction,
    address,
    createNoopSigner,
    getAddressDecoder,
    getBase16Decoder,
    getUtf8Encoder,
    isSignerRole,
    isWritableRole,
} from '@solana/kit';

import * as holdfast from '../src/index.js';
import { presets } from './presets.js';

interface Meta {
    name?: string;
    address: string;
    signer: boolean;
    writable: boolean;
}

interface Example {
    name: string;
    accounts: Meta[];
    following: Meta[];
    data: string;
}

const EXAMPLES = JSON.parse(readFileSync('tests/instructions.json', 'utf8')) as Example[];
const PROPOSALS = JSON.parse(readFileSync('tests/proposals.json', 'utf8')) as Example[];

/** A key that is nobody's: each number its own. */
function key(number: number): Address {
    return getAddressDecoder().decode(new Uint8Array(32).fill(number));
}

const name = new Uint8Array(16);
name.set(getUtf8Encoder().encode('SOL-PERP'));

function source(provider: holdfast.Provider, id: number): holdfast.FeedSourceArgs {
    return { provider, id: new Uint8Array(32).fill(id) };
}

const { Provider } = holdfast;
const feeds = {
    sources: [
        source(Provider.PythPull, 21),
        source(Provider.Switchboard, 22),
        source(Provider.PythPriceAccount, 23),
    ],
    quorum: 2,
};

/** The arguments of each instruction, as a front end writes them. */
async function argumentsOf(): Promise<Record<string, object>> {
    const [silo] = await holdfast.findSiloPda({ number: 1 });
    const [market] = await holdfast.findMarketPda({ silo, index: 3 });
    const stop = holdfast.order({
        side: 'buy',
        size: '3',
        limit: '165',
        trigger: { atOrAbove: '162.5' },
        effect: 'reduce',
        anyPrice: true,
        expires: new Date(1_800_000_000_000),
        fee: '0.02',
    });
    return {
        create_exchange: { feeReceiver: key(3), thresholds: presets.thresholds },
        create_silo: { terms: presets.silo },
        list_market: { name, terms: presets.market, feeds },
        lock_exchange: { guardians: [key(4), key(5)], timelock: presets.timelock },
        propose_change: {
            content: holdfast.changeKind('MarketTerms', { market, terms: presets.market }),
        },
        tighten: { shelter: true, lastsMs: 600_000 },
        blow_fuses: { families: 5, lastsMs: 600_000 },
        open_margin_account: { number: 2 },
        deposit: { amount: holdfast.millionths('250', 'amount') },
        withdraw: { amount: holdfast.millionths('10', 'amount') },
        request_exit: { amount: holdfast.millionths('10', 'amount') },
        place_order: stop,
        cancel_order: { number: 12 },
        trigger_order: { number: 12 },
        execute_order: { number: 12 },
        request_pool: { number: 2, insurance: true, leaves: true, amount: 5_000_000, least: 4_900_000 },
    };
}

function camel(snake: string): string {
    return snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function pascal(snake: string): string {
    return camel(`_${snake}`);
}

type Build = (input: Record<string, unknown>) => Instruction | Promise<Instruction>;

function builder(example: Example, suffix: string): Build | undefined {
    const all = holdfast as unknown as Record<string, Build | undefined>;
    return all[`get${pascal(example.name)}Instruction${suffix}`];
}

/** Input for a builder: the named accounts, but none of `left`; whoever signs as a signer. */
function input(example: Example, args: object, left: ReadonlySet<string>): Record<string, unknown> {
    const accounts = example.accounts.filter((meta) => !left.has(meta.name ?? ''));
    const entries = accounts.map((meta) => {
        const key = address(meta.address);
        return [camel(meta.name ?? ''), meta.signer ? createNoopSigner(key) : key];
    });
    const following = example.following.map((meta) => address(meta.address));
    const lists = { markets: following, feeds: following, silos: following, vaults: following };
    // `number` names an account's number too, so arguments come last.
    return { ...Object.fromEntries(entries), ...lists, ...args };
}

function shown(instruction: Instruction): unknown {
    return {
        program: instruction.programAddress,
        accounts: (instruction.accounts ?? []).map(({ address, role }) => ({
            address,
            signer: isSignerRole(role as AccountRole),
            writable: isWritableRole(role as AccountRole),
        })),
        data: getBase16Decoder().decode(instruction.data ?? new Uint8Array()),
    };
}

function expected(example: Example): unknown {
    const metas = [...example.accounts, ...example.following];
    return {
        program: holdfast.HOLDFAST_PROGRAM_ADDRESS,
        accounts: metas.map(({ address, signer, writable }) => ({ address, signer, writable })),
        data: example.data,
    };
}

/** An optional account that is left out is the program's address, as Anchor asks for it. */
const OPTIONAL = new Set(['buffer', 'change', 'market', 'silo']);

for (const example of EXAMPLES) {
    test(`${example.name}: accounts and bytes are Rust's`, async () => {
        const args = (await argumentsOf())[example.name] ?? {};
        const absent = example.accounts.filter(
            ({ name, address }) => OPTIONAL.has(name ?? '') && address === holdfast.HOLDFAST_PROGRAM_ADDRESS,
        );
        const left = new Set(absent.map(({ name }) => name ?? ''));
        const build = builder(example, '') as Build;
        assert.deepEqual(shown(await build(input(example, args, left))), expected(example));
    });

    const derive = builder(example, 'Async');
    if (derive !== undefined) {
        test(`${example.name}: what can be derived is derived`, async () => {
            const args = (await argumentsOf())[example.name] ?? {};
            const absent = example.accounts.filter(
                ({ name, address }) =>
                    OPTIONAL.has(name ?? '') && address === holdfast.HOLDFAST_PROGRAM_ADDRESS,
            );
            const derived = [
                'chain_health',
                'exchange',
                'liquidity_vault',
                'insurance_vault',
                'liquidity_mint',
            ];
            const left = new Set([...absent.map(({ name }) => name ?? ''), ...derived, 'insurance_mint']);
            assert.deepEqual(shown(await derive(input(example, args, left))), expected(example));
        });
    }
}

test('every instruction of the program has an example', () => {
    const built = Object.keys(holdfast).filter((name) => /^get\w+InstructionDataEncoder$/.test(name));
    assert.equal(EXAMPLES.length, built.length);
});

/** A change of every kind, as a front end writes it. */
async function changes(): Promise<holdfast.ChangeKindArgs[]> {
    const [silo] = await holdfast.findSiloPda({ number: 1 });
    const [market] = await holdfast.findMarketPda({ silo, index: 3 });
    const { changeKind } = holdfast;
    return [
        changeKind('Guardian', { leaves: key(4), joins: null }),
        changeKind('Admin', [key(5)]),
        changeKind('FeeReceiver', [key(6)]),
        changeKind('Timelock', [presets.timelock]),
        changeKind('Thresholds', [presets.thresholds]),
        changeKind('MarketTerms', { market, terms: presets.market }),
        changeKind('MarketFeeds', { market, feeds }),
        changeKind('SiloTerms', { silo, terms: presets.silo }),
        changeKind('Silo', { mint: key(2), terms: presets.silo }),
        changeKind('Market', { silo, name, terms: presets.market, feeds }),
        changeKind('Upgrade', { buffer: key(7), sha256: new Uint8Array(32).fill(31) }),
        changeKind('FuseReset', { silo }),
    ];
}

test("a proposal of every kind of change has Rust's bytes", async () => {
    const kinds = await changes();
    assert.deepEqual(
        kinds.map(({ __kind }) => __kind),
        PROPOSALS.map(({ name }) => name),
    );
    for (const [at, content] of kinds.entries()) {
        const data = holdfast.getProposeChangeInstructionDataEncoder().encode({ content });
        assert.equal(getBase16Decoder().decode(data), PROPOSALS[at]?.data, content.__kind);
    }
});
