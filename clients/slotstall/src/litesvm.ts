/** A chain that stalls in the test's own process, under npm's litesvm. */

import { getBase58Decoder } from '@solana/kit';
import { Clock, type LiteSVM, type SlotHash } from 'litesvm';
import { Chain, type Block } from './chain.js';

export { Chain, type Block, type Epoch, type Pace } from './chain.js';

/**
 * Moves the sysvars of a LiteSVM as a chain would. Between its calls time stands still; blockhashes
 * stay LiteSVM's own.
 */
export class StallingSvm {
  /** What the chain shows, and what is true. */
  readonly chain: Chain;

  /** Puts a chain that is well under a virtual machine. */
  constructor(
    readonly svm: LiteSVM,
    nowMs: number = Date.now(),
  ) {
    this.chain = new Chain(nowMs);
    this.show();
  }

  /** Lets time pass on a chain that is well; says how many blocks were made. */
  run(ms: number): number {
    return this.shown(() => this.chain.run(ms));
  }

  /** No slot for so long, then the first block. */
  stall(ms: number): void {
    this.shown(() => {
      this.chain.stall(ms);
      this.chain.run(0);
    });
  }

  /** Slots take so long, for `ms`. */
  slow(slotMs: number, ms: number): number {
    return this.shown(() => this.chain.run(ms, { slotMs, failingPercent: 0 }));
  }

  /** This share of leaders makes no block, for `ms`. */
  skip(percent: number, ms: number): number {
    if (percent > 99) throw new RangeError('percent is at most 99; a chain without blocks is stall()');
    const pace = { ...this.chain.healthy, failingPercent: percent };
    return this.shown(() => this.chain.run(ms, pace));
  }

  /** As after a hard fork at the present slot. */
  restart(): void {
    this.shown(() => this.chain.restart());
  }

  /** The epoch is so many slots old: early in one, the clock hides a halt. */
  epochAge(slots: number): void {
    this.shown(() => this.chain.age(slots));
  }

  /** What the cluster calls a slot, milliseconds. */
  nominal(ms: number): void {
    this.shown(() => this.chain.nominal(ms));
  }

  private shown<T>(happens: () => T): T {
    const result = happens();
    this.show();
    return result;
  }

  private show(): void {
    const { slot, epoch, clock, slotHashes, restartSlot } = this.chain;
    const number = BigInt(epoch.number);
    this.svm.setClock(new Clock(BigInt(slot), BigInt(epoch.startS), number, number + 1n, BigInt(clock)));
    this.svm.setSlotHashes(slotHashes.map(entry));
    this.svm.setLastRestartSlot(BigInt(restartSlot));
  }
}

/** An entry of `SlotHashes`, with a hash that names the block. */
function entry({ slot, madeMs }: Block): SlotHash {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(slot), true);
  view.setBigUint64(8, BigInt(madeMs), true);
  view.setUint8(31, 1);
  return { slot: BigInt(slot), hash: getBase58Decoder().decode(bytes) } as SlotHash;
}
