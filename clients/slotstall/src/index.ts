/** A local Solana cluster whose slots stall when a test says so. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What the chain shows, and what is true. */
export interface Status {
  /** How the chain goes: `well`, `runs` (at another pace), `votesOnly` or `stalled`. */
  condition: 'well' | 'runs' | 'votesOnly' | 'stalled';
  /** True time, milliseconds since 1970. */
  nowMs: number;
  /** The newest slot. */
  slot: number;
  blockHeight: number;
  /** What `Clock.unix_timestamp` shows, seconds. */
  clock: number;
  lastRestartSlot: number;
  epoch: number;
  /** Transactions that wait for a block in which something can land. */
  waiting: number;
  frozen: boolean;
  /** By how many slots the endpoint is behind. */
  slotsBehind: number;
  /** The number of the last snapshot. */
  snapshot: number | null;
}

/** How to start the `slotstall` command. */
export interface Options {
  /** Its path; `SLOTSTALL_BIN` or `slotstall` on the path otherwise. */
  binary?: string;
  /** The directory of an Anchor.toml whose programs and accounts are installed. */
  anchor?: string;
  /** The directory of the accounts that Anchor.toml clones, as ADDRESS.json; `tests/accounts` otherwise. */
  clones?: string;
  /** Programs to install: address and ELF file. */
  programs?: readonly (readonly [id: string, elf: string])[];
  /** Files of accounts, as `solana account ADDRESS --output json` writes them. */
  accounts?: readonly string[];
  /** The keypair file that gets SOL; it is made where there is none. */
  wallet?: string;
  /** `virtual`, the default: only this object lets time pass. `real`: time passes by itself too. */
  time?: 'virtual' | 'real';
}

/** A request that the cluster refused. */
export class Refused extends Error {
  constructor(
    readonly method: string,
    readonly code: number,
    message: string,
    readonly data: unknown,
  ) {
    const { logs } = (data ?? {}) as { logs?: string[] | null };
    super([`${method}: ${message}`, ...(logs ?? [])].join('\n'));
    this.name = 'Refused';
  }
}

/** A cluster that stalls. Times are milliseconds of true time, and pass at once. */
export class Slotstall {
  private constructor(
    /** Where it answers JSON-RPC. */
    readonly url: string,
    /** Where it answers over WebSocket. */
    readonly webSocketUrl: string,
    /** The keypair file of a wallet with SOL, where it is known. */
    readonly wallet: string | undefined,
    private readonly child: ChildProcess | undefined,
  ) {}

  /** Starts a cluster on free ports; {@link stop} ends it. */
  static async start(options: Options = {}): Promise<Slotstall> {
    const binary = options.binary ?? process.env['SLOTSTALL_BIN'] ?? 'slotstall';
    const flags = ['--port', '0', '--json', '--time', options.time ?? 'virtual'];
    if (options.anchor !== undefined) flags.push('--anchor', options.anchor);
    if (options.clones !== undefined) flags.push('--clones', options.clones);
    if (options.wallet !== undefined) flags.push('--wallet', options.wallet);
    for (const [id, elf] of options.programs ?? []) flags.push('--program', id, elf);
    for (const file of options.accounts ?? []) flags.push('--account', file);
    const child = spawn(binary, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text));
    const failed = once(child, 'error').then(([error]) => {
      throw new Error(`${binary} cannot be run (${error}): install it, or set SLOTSTALL_BIN`);
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error(`${binary} ended: ${said.trim()}`);
    });
    const line = once(createInterface({ input: child.stdout }), 'line');
    const [told] = (await Promise.race([line, failed, ended])) as [string];
    // From here on its end is not a failure to start.
    failed.catch(() => undefined);
    ended.catch(() => undefined);
    const { rpc, ws, wallet } = JSON.parse(told) as { rpc: string; ws: string; wallet: string };
    return new Slotstall(rpc, ws, wallet, child);
  }

  /** A cluster that runs already, by default the one that `slotstall -- COMMAND` set up. */
  static at(url = process.env['SLOTSTALL_URL'] ?? 'http://127.0.0.1:8899'): Slotstall {
    const socket = new URL(url);
    socket.protocol = 'ws:';
    socket.port = String(Number(socket.port) + 1);
    return new Slotstall(url, socket.href, process.env['ANCHOR_WALLET'], undefined);
  }

  /** Ends a cluster that {@link start} started. */
  async stop(): Promise<void> {
    if (this.child === undefined || this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }

  /** Asks anything over JSON-RPC. */
  async ask<T>(method: string, params: unknown[] = []): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(this.url, { method: 'POST', headers, body });
    const { result, error } = (await answer.json()) as {
      result: T;
      error?: { code: number; message: string; data?: unknown };
    };
    if (error !== undefined) throw new Refused(method, error.code, error.message, error.data);
    return result;
  }

  private tell(what: string, settings: object = {}): Promise<Status> {
    return this.ask(`slotstall_${what}`, [settings]);
  }

  /** What the chain shows, and what is true. */
  status(): Promise<Status> {
    return this.ask('slotstall_status');
  }

  /** Lets time pass as the chain goes. */
  run(ms: number): Promise<Status> {
    return this.tell('run', { ms });
  }

  /** No slot for so long, then the first block; without `ms`, until {@link resume}. */
  stall(ms?: number): Promise<Status> {
    return this.tell('stall', { ms });
  }

  /** Slots go on, and no user's transaction lands. */
  votesOnly(ms?: number): Promise<Status> {
    return this.tell('votesOnly', { ms });
  }

  /** Slots take so long. */
  slow(slotMs: number, ms?: number): Promise<Status> {
    return this.tell('slow', { slotMs, ms });
  }

  /** This share of leaders makes no block. */
  skip(percent: number, ms?: number): Promise<Status> {
    return this.tell('skip', { percent, ms });
  }

  /** The chain is well. */
  resume(): Promise<Status> {
    return this.tell('resume');
  }

  /** As after a hard fork at the present slot. */
  restart(): Promise<Status> {
    return this.tell('restart');
  }

  /** The last blocks are abandoned, 30 at most, with what landed in them. */
  fork(blocks: number): Promise<Status> {
    return this.tell('fork', { blocks });
  }

  /** Every blockhash known now expires. */
  expire(): Promise<Status> {
    return this.tell('expire');
  }

  /** The epoch is so many slots old: early in one, the clock hides a halt. */
  epochAge(slots: number): Promise<Status> {
    return this.tell('epochAge', { slots });
  }

  /** What the cluster calls a slot, milliseconds. */
  nominal(ms: number): Promise<Status> {
    return this.tell('nominal', { ms });
  }

  /** The next transactions are taken and lost. */
  lose(transactions: number): Promise<Status> {
    return this.tell('lose', { transactions });
  }

  /** The endpoint shows the cluster as it was so many blocks ago. */
  lag(blocks: number): Promise<Status> {
    return this.tell('lag', { blocks });
  }

  /** The endpoint goes on showing what it shows now, or no longer. */
  freeze(frozen = true): Promise<Status> {
    return this.tell('freeze', { frozen });
  }

  /** `virtual`: only this object lets time pass, and every block is final at once. */
  time(time: 'virtual' | 'real'): Promise<Status> {
    return this.tell('time', { time });
  }

  /** Keeps everything as it is, to be gone back to; its number. */
  async snapshot(): Promise<number> {
    const { snapshot } = await this.tell('snapshot');
    return snapshot!;
  }

  /** Everything is as it was at a snapshot, time too; as often as wanted. */
  revert(snapshot: number): Promise<Status> {
    return this.tell('revert', { snapshot });
  }

  /** Puts an account in place, with the rent it needs. */
  setAccount(address: string, owner: string, data: Uint8Array): Promise<Status> {
    return this.tell('setAccount', { address, owner, data: Buffer.from(data).toString('base64') });
  }
}
