// A venue in an embedded cluster (npm litesvm) that runs the compiled program, with the clock in our
// hands, and an RPC that answers from it.
import { readFileSync } from 'node:fs';

import {
    type Address,
    type Instruction,
    type KeyPairSigner,
    type RpcTransport,
    address,
    appendTransactionMessageInstructions,
    createSolanaRpcFromTransport,
    createTransactionMessage,
    generateKeyPairSigner,
    getAddressEncoder,
    getBase64Decoder,
    lamports,
    pipe,
    setTransactionMessageFeePayerSigner,
    signTransactionMessageWithSigners,
} from '@solana/kit';
import { FailedTransactionMetadata, LiteSVM, type TransactionMetadata } from 'litesvm';

import * as holdfast from '../src/index.js';
import { market, presets } from './presets.js';

const PROGRAM = holdfast.HOLDFAST_PROGRAM_ADDRESS;
const LOADER = address('BPFLoaderUpgradeab1e11111111111111111111111');
const TOKEN_PROGRAM = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const PYTH_RECEIVER = address('rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ');
const FEED_ID = new Uint8Array(32).fill(7);
const ONE = 1_000_000n;
const NOW = 1_800_000_000n;

/** A refusal with what was logged. */
class Refused extends Error {
    constructor(
        message: string,
        readonly logs: string[],
    ) {
        super(message);
    }
}

/** A transaction's logs and what it took. */
export interface Receipt {
    logs: string[];
    events: holdfast.HoldfastEvent[];
}

/** The cluster with one silo and one market, locked, with liquidity. */
const ELF = '../../target/deploy/holdfast.so';

export class Stage {
    readonly svm = new LiteSVM();
    readonly rpc = createSolanaRpcFromTransport(transport(this.svm));
    #slot = 1_000n;
    #now = NOW;

    private constructor(
        readonly admin: KeyPairSigner,
        readonly mint: Address,
        readonly feed: Address,
    ) {}

    static async create(): Promise<Stage> {
        const [admin, mint, feed] = await Promise.all([1, 2, 3].map(() => generateKeyPairSigner()));
        if (admin === undefined || mint === undefined || feed === undefined) {
            throw new Error('no keys');
        }
        const stage = new Stage(admin, mint.address, feed.address);
        stage.pass(0n);
        stage.svm.airdrop(admin.address, lamports(1_000_000_000_000n));
        await stage.#deploy();
        stage.#put(stage.mint, mintBytes(), TOKEN_PROGRAM);
        await stage.#setUp();
        return stage;
    }

    /** Milliseconds of the cluster's clock. */
    get nowMs(): bigint {
        return this.#now * 1_000n;
    }

    /** Seconds pass, and slots with them: two and a half each second unless said otherwise. */
    pass(seconds: bigint, slots: bigint = (seconds * 5n) / 2n): void {
        this.#now += seconds;
        this.#slot += slots;
        const clock = this.svm.getClock();
        clock.slot = this.#slot;
        clock.unixTimestamp = this.#now;
        this.svm.setClock(clock);
    }

    /** Publishes a price of whole units, and has the market take it. */
    async price(units: bigint): Promise<Receipt> {
        this.#put(this.feed, priceUpdate(units * ONE, this.#now, this.#slot), PYTH_RECEIVER);
        const { silo, market } = await this.addresses();
        const refresh = { silo, market, feeds: [this.feed] };
        return this.send(this.admin, [await holdfast.getRefreshMarketInstructionAsync(refresh)]);
    }

    async addresses(): Promise<{ silo: Address; market: Address }> {
        const [silo] = await holdfast.findSiloPda({ number: 0 });
        const [market] = await holdfast.findMarketPda({ silo, index: 0 });
        return { silo, market };
    }

    /** A person with SOL and a token account that holds so many whole units. */
    async person(units: bigint): Promise<{ signer: KeyPairSigner; tokens: Address }> {
        const [signer, tokens] = await Promise.all([generateKeyPairSigner(), generateKeyPairSigner()]);
        this.svm.airdrop(signer.address, lamports(10_000_000_000n));
        this.put(tokens.address, this.mint, signer.address, units * ONE);
        return { signer, tokens: tokens.address };
    }

    /** A token account. */
    put(at: Address, mint: Address, owner: Address, amount: bigint): void {
        this.#put(at, tokenBytes(mint, owner, amount), TOKEN_PROGRAM);
    }

    tokens(at: Address): bigint {
        const account = this.svm.getAccount(at);
        if (!account.exists) {
            throw new Error(`no account ${at}`);
        }
        return new DataView(account.data.slice(64, 72).buffer).getBigUint64(0, true);
    }

    /** The data of an account. */
    data(at: Address): Uint8Array {
        const account = this.svm.getAccount(at);
        if (!account.exists) {
            throw new Error(`no account ${at}`);
        }
        return Uint8Array.from(account.data);
    }

    /** @throws Refused */
    async send(payer: KeyPairSigner, instructions: Instruction[]): Promise<Receipt> {
        const done = this.svm.sendTransaction(await this.#signed(payer, instructions));
        this.svm.expireBlockhash();
        const { logs } = landed(done);
        return { logs, events: holdfast.eventsOf(logs) };
    }

    /** What an instruction returns; what else it does is not kept. */
    async returned(payer: KeyPairSigner, instruction: Instruction): Promise<Uint8Array> {
        const tried = this.svm.simulateTransaction(await this.#signed(payer, [instruction]));
        const done = tried instanceof FailedTransactionMetadata ? tried : tried.meta();
        return landed(done).returned;
    }

    #signed(payer: KeyPairSigner, instructions: Instruction[]) {
        const message = pipe(
            createTransactionMessage({ version: 0 }),
            (message) => setTransactionMessageFeePayerSigner(payer, message),
            (message) => this.svm.setTransactionMessageLifetimeUsingLatestBlockhash(message),
            (message) => appendTransactionMessageInstructions(instructions, message),
        );
        return signTransactionMessageWithSigners(message);
    }

    /** What the sysvars say now; `SlotHashes` is left out: the embedded cluster keeps none. */
    facts(): holdfast.ChainFacts {
        return { slot: this.#slot, clockMs: this.nowMs, lastRestartSlot: 0n, skipped: undefined };
    }

    #put(at: Address, data: Uint8Array, owner: Address, executable = false): void {
        const space = BigInt(data.length);
        const rent = this.svm.minimumBalanceForRentExemption(space);
        this.svm.setAccount({
            address: at,
            data,
            executable,
            lamports: lamports(rent),
            programAddress: owner,
            space,
        });
    }

    /** As `solana program deploy` leaves it, so that the admin is the upgrade authority. */
    async #deploy(): Promise<void> {
        this.svm.addProgramFromFile(PROGRAM, ELF);
        const create = await holdfast.getCreateExchangeInstructionAsync({
            admin: this.admin,
            feeReceiver: this.admin.address,
            thresholds: presets.thresholds,
        });
        const programData = create.accounts[4].address;
        this.#putProgramData(programData, this.admin.address);
        const program = new Uint8Array(36);
        program.set([2], 0);
        program.set(getAddressEncoder().encode(programData), 4);
        this.#put(PROGRAM, program, LOADER, true);
        await this.send(this.admin, [create]);
    }

    /** What the loader keeps of the program, with its upgrade authority. */
    #putProgramData(at: Address, authority: Address): void {
        const head = new Uint8Array(45);
        head.set([3], 0);
        head.set([1], 12);
        head.set(getAddressEncoder().encode(authority), 13);
        this.#put(at, Uint8Array.from([...head, ...readFileSync(ELF)]), LOADER);
    }

    async #setUp(): Promise<void> {
        const { admin, mint } = this;
        const { silo, market: first } = await this.addresses();
        const { Provider } = holdfast;
        const sources = [{ provider: Provider.PythPull, id: FEED_ID }];
        const guardians = await Promise.all([1, 2].map(async () => (await generateKeyPairSigner()).address));
        const [create, list, lock] = await Promise.all([
            holdfast.getCreateSiloInstructionAsync({ admin, silo, mint, terms: presets.silo }),
            holdfast.getListMarketInstructionAsync({
                admin,
                silo,
                market: first,
                name: new TextEncoder().encode('SOL-PERP'.padEnd(16, '\0')),
                terms: market(150n),
                feeds: { sources, quorum: 1 },
            }),
            holdfast.getLockExchangeInstructionAsync({
                admin,
                guardians,
                timelock: presets.timelock,
                silos: [silo],
            }),
        ]);
        // The exchange is the upgrade authority before its set-up ends.
        this.#putProgramData(lock.accounts[4].address, lock.accounts[1].address);
        for (const instruction of [create, list, lock]) {
            await this.send(admin, [instruction]);
        }
    }
}

/** Answers the two methods that reading accounts takes. */
function transport(svm: LiteSVM): RpcTransport {
    const shown = (at: Address) => {
        const account = svm.getAccount(at);
        if (!account.exists) {
            return null;
        }
        const { data, executable, lamports, programAddress: owner, space } = account;
        const base64 = [getBase64Decoder().decode(data), 'base64'];
        return { data: base64, executable, lamports, owner, space, rentEpoch: 0n };
    };
    const answer = (method: string, [asked]: [Address | Address[]]): unknown => {
        switch (method) {
            case 'getAccountInfo':
                return shown(asked as Address);
            case 'getMultipleAccounts':
                return (asked as Address[]).map(shown);
            default:
                throw new Error(`the embedded cluster does not answer ${method}`);
        }
    };
    return (async ({ payload }: Parameters<RpcTransport>[0]) => {
        const { id, method, params } = payload as { id: string; method: string; params: [Address] };
        return { jsonrpc: '2.0', id, result: { context: { slot: 0n }, value: answer(method, params) } };
    }) as RpcTransport;
}

/** What was logged and returned. @throws Refused */
function landed(done: TransactionMetadata | FailedTransactionMetadata): {
    logs: string[];
    returned: Uint8Array;
} {
    if (done instanceof FailedTransactionMetadata) {
        const logs = done.meta().logs();
        throw new Refused(logs.findLast((line) => line.includes('failed')) ?? done.toString(), logs);
    }
    return { logs: done.logs(), returned: done.returnData().data() };
}

/** A mint of six decimals whose authority is nobody we need. */
function mintBytes(): Uint8Array {
    const data = new Uint8Array(82);
    data[44] = 6;
    data[45] = 1;
    return data;
}

function tokenBytes(mint: Address, owner: Address, amount: bigint): Uint8Array {
    const data = new Uint8Array(165);
    data.set(getAddressEncoder().encode(mint), 0);
    data.set(getAddressEncoder().encode(owner), 32);
    new DataView(data.buffer).setBigUint64(64, amount, true);
    data[108] = 1;
    return data;
}

/** Pyth's `PriceUpdateV2`, wholly verified, with six decimals. */
function priceUpdate(price: bigint, publishTime: bigint, slot: bigint): Uint8Array {
    const data = new Uint8Array(134);
    const view = new DataView(data.buffer);
    data.set([34, 241, 35, 99, 157, 126, 244, 205], 0);
    data[40] = 1;
    data.set(FEED_ID, 41);
    view.setBigInt64(73, price, true);
    view.setBigUint64(81, price / 10_000n, true);
    view.setInt32(89, -6, true);
    view.setBigInt64(93, publishTime, true);
    view.setBigInt64(101, publishTime - 1n, true);
    view.setBigInt64(109, price, true);
    view.setBigUint64(117, 1n, true);
    view.setBigUint64(125, slot, true);
    return data;
}
