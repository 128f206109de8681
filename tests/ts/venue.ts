/** A venue that `holdfast-migrate` made, on a cluster that stalls, and people who trade on it. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import {
  appendTransactionMessageInstructions,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  createTransactionMessage,
  generateKeyPairSigner,
  getAddressEncoder,
  getBase64EncodedWireTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type Address,
  type Instruction,
  type KeyPairSigner,
} from '@solana/kit';
import * as holdfast from '@holdfast/client';
import { Refused, Slotstall } from 'slotstall';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA' as Address;
const PYTH_RECEIVER = 'rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ' as Address;
const FEED = new Uint8Array(32).fill(1);
/** Whole units of collateral in its smallest ones. */
export const UNIT = 1_000_000n;
/** How often the market's price is published and the chain is observed, milliseconds. */
const PRICE_MS = 2_000;
/** The same while nothing is waited for but the chain's state. */
const RARELY_MS = 15_000;

const bytes = (of: Address): Uint8Array => Uint8Array.from(getAddressEncoder().encode(of));

/** Somebody with SOL, tokens and a margin account. */
export interface Person {
  signer: KeyPairSigner;
  wallet: Address;
  account: Address;
}

export class Venue {
  /** What one unit of the asset costs, in smallest units of collateral. */
  price = 150n * UNIT;
  /** The manifest that the migrations wrote. */
  deployment: unknown;

  private constructor(
    readonly cluster: Slotstall,
    readonly rpc: ReturnType<typeof createSolanaRpc>,
    readonly keeper: KeyPairSigner,
    readonly silo: Address,
    readonly market: Address,
    readonly mint: Address,
    private readonly feed: Address,
  ) {}

  /** A venue with one market and ten million of liquidity. */
  static async open(cluster: Slotstall): Promise<Venue> {
    const wallet = cluster.wallet!;
    const keeper = await createKeyPairSignerFromBytes(
      Uint8Array.from(JSON.parse(await readFile(wallet, 'utf8'))),
    );
    const [silo] = await holdfast.findSiloPda({ number: 0 });
    const [market] = await holdfast.findMarketPda({ silo, index: 0 });
    const [mint, feed] = [await generateKeyPairSigner(), await generateKeyPairSigner()];
    const rpc = createSolanaRpc(cluster.url);
    const venue = new Venue(
      cluster, rpc, keeper, silo, market, mint.address, feed.address,
    );
    await venue.forgeMint();
    // The migrations wait for slots to go by.
    await cluster.time('real');
    await venue.migrate(wallet);
    await cluster.time('virtual');
    await venue.live(20_000);
    await venue.addLiquidity(10_000_000n * UNIT);
    return venue;
  }

  private async migrate(wallet: string): Promise<void> {
    const home = await mkdtemp(join(tmpdir(), 'holdfast-suite-'));
    const guardians = await Promise.all([1, 2].map(() => generateKeyPairSigner()));
    const plan = `
      fee_receiver = "${this.keeper.address}"
      guardians = [${guardians.map((guardian) => `"${guardian.address}"`).join(', ')}]
      [[silo]]
      mint = "${this.mint}"
      [[silo.market]]
      name = "SOL"
      price = 150
      quorum = 1
      [[silo.market.feed]]
      provider = "pyth-pull"
      id = "0x${Buffer.from(FEED).toString('hex')}"
      account = "${this.feed}"
    `;
    const file = join(home, 'deployment.toml');
    await writeFile(file, plan);
    const elf = join(ROOT, 'target/deploy/holdfast.so');
    const manifest = join(home, 'manifest.json');
    const binary = process.env['HOLDFAST_MIGRATE'] ?? join(ROOT, 'target/debug/holdfast-migrate');
    await promisify(execFile)(binary, [
      '--url', this.cluster.url, '--keypair', wallet, '--plan-file', file, '--elf', elf,
      '--manifest', manifest,
    ]);
    this.deployment = JSON.parse(await readFile(manifest, 'utf8'));
  }

  private async forgeMint(): Promise<void> {
    const data = new Uint8Array(82);
    data.set([1], 0);
    data.set(bytes(this.keeper.address), 4);
    data[44] = 6;
    data[45] = 1;
    await this.cluster.setAccount(this.mint, TOKEN, data);
  }

  /** A token account with an amount in it, at an address of its own unless one is given. */
  async tokens(owner: Address, mint: Address, amount: bigint, at?: Address): Promise<Address> {
    const address = at ?? (await generateKeyPairSigner()).address;
    const data = new Uint8Array(165);
    data.set(bytes(mint), 0);
    data.set(bytes(owner), 32);
    new DataView(data.buffer).setBigUint64(64, amount, true);
    data[108] = 1;
    await this.cluster.setAccount(address, TOKEN, data);
    return address;
  }

  /** Sends instructions and returns the events they emitted. */
  async send(signer: KeyPairSigner, ...instructions: Instruction[]): Promise<holdfast.HoldfastEvent[]> {
    const { value: blockhash } = await this.rpc.getLatestBlockhash().send();
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (m) => setTransactionMessageFeePayerSigner(signer, m),
      (m) => setTransactionMessageLifetimeUsingBlockhash(blockhash, m),
      (m) => appendTransactionMessageInstructions(instructions, m),
    );
    const signed = getBase64EncodedWireTransaction(await signTransactionMessageWithSigners(message));
    const signature = await this.cluster.ask<string>('sendTransaction', [signed, { encoding: 'base64' }]);
    const config = { encoding: 'base64', maxSupportedTransactionVersion: 0 };
    const landed = await this.cluster.ask<{ meta: { logMessages: string[] } }>('getTransaction', [
      signature, config,
    ]);
    return holdfast.eventsOf(landed.meta.logMessages);
  }

  /** The feed says what the asset costs now. */
  private async post(): Promise<void> {
    const { nowMs, slot } = await this.cluster.status();
    const data = new Uint8Array(134);
    const view = new DataView(data.buffer);
    data.set(createHash('sha256').update('account:PriceUpdateV2').digest().subarray(0, 8), 0);
    data[40] = 1; // fully verified
    data.set(FEED, 41);
    const [price, confidence] = [this.price * 100n, (this.price / 5_000n) * 100n];
    const published = BigInt(Math.floor(nowMs / 1_000));
    view.setBigInt64(73, price, true);
    view.setBigUint64(81, confidence, true);
    view.setInt32(89, -8, true);
    view.setBigInt64(93, published, true);
    view.setBigInt64(101, published - 1n, true);
    view.setBigInt64(109, price, true);
    view.setBigUint64(117, confidence, true);
    view.setBigUint64(125, BigInt(slot), true);
    await this.cluster.setAccount(this.feed, PYTH_RECEIVER, data);
  }

  /** Publishes the price and observes the chain, as keepers do. */
  async work(): Promise<void> {
    await this.post();
    const { silo, market, feed } = this;
    await this.send(
      this.keeper,
      await holdfast.getRefreshMarketInstructionAsync({ silo, market, feeds: [feed] }),
    );
    const observe = await holdfast.getObserveInstructionAsync({ markets: [market] });
    // A sample may have been taken a moment ago.
    await this.send(this.keeper, observe).catch((refusal) => expectRefusal(refusal, 'SampleTooSoon'));
  }

  /** Time passes on a chain that is well, with keepers at work. */
  async live(ms: number, every = PRICE_MS): Promise<void> {
    for (let passed = 0; passed < ms; passed += every) {
      await this.cluster.run(every);
      await this.work();
    }
  }

  /** The recorded state of the chain. */
  async state(): Promise<holdfast.ChainState> {
    const [address] = await holdfast.findChainHealthPda();
    const health = await holdfast.fetchChainHealth(this.rpc, address);
    return health.data.monitor.state;
  }

  /** Lets keepers work until the venue has recorded a state, for an hour at most. */
  async until(state: holdfast.ChainState): Promise<void> {
    for (let minutes = 0; (await this.state()) !== state; minutes += 1) {
      if (minutes === 60) throw new Error(`an hour later the state is not ${holdfast.ChainState[state]}`);
      await this.live(60_000, RARELY_MS);
    }
  }

  /** Somebody with a margin account and tokens, some of them deposited. */
  async person(deposited: bigint): Promise<Person> {
    const signer = await generateKeyPairSigner();
    await this.cluster.ask('requestAirdrop', [signer.address, 10_000_000_000]);
    const { silo } = this;
    const [account] = await holdfast.findMarginAccountPda({ silo, owner: signer.address, number: 0 });
    const wallet = await this.tokens(signer.address, this.mint, 1_000_000n * UNIT);
    const open = { payer: signer, owner: signer, silo, number: 0 };
    await this.send(signer, await holdfast.getOpenMarginAccountInstructionAsync(open));
    const person = { signer, wallet, account };
    if (deposited > 0n) await this.deposit(person, deposited);
    return person;
  }

  async deposit({ signer, wallet, account }: Person, amount: bigint): Promise<void> {
    const { silo } = this;
    const deposit = { authority: signer, source: wallet, silo, account, amount };
    await this.send(signer, await holdfast.getDepositInstructionAsync(deposit));
  }

  private async addLiquidity(amount: bigint): Promise<void> {
    const { silo, keeper } = this;
    const [vault] = await holdfast.findLiquidityVaultPda({ silo });
    const [shareMint] = await holdfast.findLiquidityMintPda({ silo });
    const source = await this.tokens(keeper.address, this.mint, amount);
    const destination = await this.tokens(keeper.address, shareMint, 0n);
    const [request] = await holdfast.findPoolRequestPda({ silo, owner: keeper.address, number: 0 });
    const pool = { silo, destination, vault, shareMint };
    const order = { number: 0, insurance: false, leaves: false, amount, least: 1n };
    await this.send(
      keeper,
      await holdfast.getRequestPoolInstructionAsync({ owner: keeper, source, ...pool, ...order }),
    );
    await this.live(10_000);
    const execute = { owner: keeper.address, request, markets: [this.market], ...pool };
    await this.send(keeper, await holdfast.getExecutePoolRequestInstructionAsync(execute));
  }

  /** Asks for a trade at any price; the events say its number. */
  async place(person: Person, side: 'buy' | 'sell', size: string, effect: 'open' | 'reduce'): Promise<bigint> {
    const { nowMs } = await this.cluster.status();
    const wanted = holdfast.order({
      side,
      size,
      effect,
      limit: side === 'buy' ? '1000' : '1',
      trigger: 'immediate',
      expires: new Date(nowMs + 3_600_000),
    });
    const place = { owner: person.signer, account: person.account, market: this.market, ...wanted };
    const markets = await this.openMarkets(person);
    const placed = await this.send(
      person.signer,
      await holdfast.getPlaceOrderInstructionAsync({ ...place, markets }),
    );
    const event = placed.find((event) => event.name === 'OrderPlaced');
    if (event === undefined) throw new Error('no order was placed');
    return event.data.number;
  }

  /** Executes an order once there are prices after it. */
  async execute(person: Person, number: bigint): Promise<void> {
    await this.live(6_000);
    const { silo, market } = this;
    const execute = { silo, market, account: person.account, executor: person.account, number };
    await this.send(this.keeper, await holdfast.getExecuteOrderInstructionAsync(execute));
  }

  /** What somebody holds, in smallest units of the asset. */
  async position(person: Person): Promise<bigint> {
    const { data } = await holdfast.fetchMarginAccount(this.rpc, person.account);
    return data.positions[0]?.size ?? 0n;
  }

  private async openMarkets(person: Person): Promise<Address[]> {
    return (await this.position(person)) === 0n ? [] : [this.market];
  }

  async flag({ account }: Person): Promise<void> {
    const flag = { account, markets: [this.market] };
    await this.send(this.keeper, await holdfast.getFlagInstructionAsync(flag));
  }

  async liquidate(person: Person, liquidator: Person): Promise<void> {
    const { silo, market } = this;
    const liquidate = { silo, market, account: person.account, liquidator: liquidator.account };
    await this.send(this.keeper, await holdfast.getLiquidateInstructionAsync(liquidate));
  }
}

/** Nothing, if the program refused with this error; otherwise throws the refusal again. */
export function expectRefusal(refusal: unknown, name: string): void {
  const data = refusal instanceof Refused ? (refusal.data as { logs?: string[] }) : undefined;
  if (!data?.logs?.some((line) => line.includes(`Error Code: ${name}.`))) throw refusal;
}
