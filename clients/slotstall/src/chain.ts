/**
 * What a chain shows of the time: the model of `crates/slotstall/src/chain.rs`, for clusters that run
 * in the test's own process. `test/chain.json`, which that model wrote, holds both to the same.
 */

/** What a cluster calls a slot until it is told otherwise, milliseconds. */
export const NOMINAL_MS = 400;
/** Entries that the sysvar `SlotHashes` holds. */
export const SLOT_HASHES = 512;
/** Slots of an epoch. */
export const EPOCH_SLOTS = 432_000;
const VOTE_LAG = 2;
const MOST_BEHIND_PERCENT = 25;
const MOST_AHEAD_PERCENT = 150;
const LEADER_SLOTS = 4;
const SCHEDULE = 37;

/** A block: its slot, and the true time at which it was made, milliseconds since 1970. */
export interface Block {
  readonly slot: number;
  readonly madeMs: number;
}

/** How slots go by: what one takes, and the share of leaders that make no block. */
export interface Pace {
  readonly slotMs: number;
  readonly failingPercent: number;
}

/** Where an epoch began, and what the clock showed there, seconds. */
export interface Epoch {
  readonly number: number;
  readonly firstSlot: number;
  readonly startS: number;
}

const seconds = (ms: number): number => Math.floor(ms / 1_000);

/** A chain, seen from outside with true time, and from inside through its sysvars. */
export class Chain {
  private parents: Block[];
  private tip: Block;
  private next: Block;
  private blocks: number;
  private restarted = 0;
  private nominalMs = NOMINAL_MS;
  private began: Epoch;
  private renamed: { slot: number; passedMs: number };
  private clockS: number;

  /** A healthy chain whose clock is voted, in an epoch that is `epochSlots` old. */
  constructor(
    private trueMs: number,
    slot = 1_000_000,
    epochSlots = slot % EPOCH_SLOTS,
  ) {
    const block = (back: number): Block => ({ slot: slot - back, madeMs: trueMs - back * NOMINAL_MS });
    this.tip = block(0);
    this.next = block(-1);
    this.parents = Array.from({ length: SLOT_HASHES }, (_, index) => block(index + 1));
    this.blocks = slot;
    this.clockS = seconds(trueMs);
    this.began = { number: Math.floor(slot / EPOCH_SLOTS), firstSlot: 0, startS: 0 };
    this.renamed = { slot: 0, passedMs: 0 };
    this.age(epochSlots);
  }

  /** From now on the epoch is so many slots old. */
  age(slots: number): void {
    const firstSlot = Math.max(this.tip.slot - slots, 0);
    const startS = seconds(this.trueMs - slots * this.nominalMs);
    this.began = { number: this.began.number, firstSlot, startS };
    this.renamed = { slot: firstSlot, passedMs: 0 };
  }

  /** From now on the cluster calls `ms` a slot; the slots before keep the duration they had. */
  nominal(ms: number): void {
    this.renamed = { slot: this.tip.slot, passedMs: this.nominalPassedMs() };
    this.nominalMs = ms;
    this.next = { slot: this.next.slot, madeMs: this.trueMs + ms };
  }

  /** The pace of this cluster when it is well. */
  get healthy(): Pace {
    return { slotMs: this.nominalMs, failingPercent: 0 };
  }

  /** True time, milliseconds since 1970. */
  get nowMs(): number {
    return this.trueMs;
  }

  /** The present slot. */
  get slot(): number {
    return this.tip.slot;
  }

  /** Blocks made so far. */
  get height(): number {
    return this.blocks;
  }

  /** `Clock.unix_timestamp`, seconds. */
  get clock(): number {
    return this.clockS;
  }

  /** `LastRestartSlot`. */
  get restartSlot(): number {
    return this.restarted;
  }

  /** The present epoch. */
  get epoch(): Epoch {
    return this.began;
  }

  /** The blocks that `SlotHashes` lists, newest first. */
  get slotHashes(): readonly Block[] {
    return this.parents;
  }

  /** Lets `ms` pass at a pace and says how many blocks were made. */
  run(ms: number, pace: Pace = this.healthy): number {
    this.trueMs += ms;
    let made = 0;
    while (this.next.madeMs <= this.trueMs) {
      const block = this.next;
      this.next = { slot: block.slot + 1, madeMs: block.madeMs + pace.slotMs };
      if ((Math.floor(block.slot / LEADER_SLOTS) * SCHEDULE) % 100 >= pace.failingPercent) {
        this.make(block);
        made += 1;
      }
    }
    return made;
  }

  /** Lets `ms` pass without a slot. */
  stall(ms: number): void {
    this.trueMs += ms;
    this.next = { slot: this.next.slot, madeMs: Math.max(this.next.madeMs, this.trueMs) };
  }

  /** Restarts from the present slot, as after a hard fork. */
  restart(): void {
    this.restarted = this.tip.slot;
  }

  private make(block: Block): void {
    this.parents.unshift(this.tip);
    this.parents.length = Math.min(this.parents.length, SLOT_HASHES);
    this.tip = block;
    this.blocks += 1;
    this.clockS = Math.max(this.estimate(), this.clockS);
    const epochs = Math.floor((block.slot - this.began.firstSlot) / EPOCH_SLOTS);
    if (epochs > 0) {
      const firstSlot = this.began.firstSlot + epochs * EPOCH_SLOTS;
      this.began = { number: this.began.number + epochs, firstSlot, startS: this.clockS };
      this.renamed = { slot: firstSlot, passedMs: 0 };
    }
  }

  private nominalPassedMs(): number {
    const { slot, passedMs } = this.renamed;
    return passedMs + Math.max(this.tip.slot - slot, 0) * this.nominalMs;
  }

  private estimate(): number {
    const seen = this.parents[VOTE_LAG - 1] ?? this.tip;
    const carriedMs = (this.tip.slot - seen.slot) * this.nominalMs;
    const estimate = seconds(seen.madeMs) + seconds(carriedMs);
    const { startS } = this.began;
    const passed = this.nominalPassedMs();
    const shown = Math.max(estimate - startS, 0) * 1_000;
    const ahead = Math.floor((passed * MOST_AHEAD_PERCENT) / 100);
    const behind = Math.floor((passed * MOST_BEHIND_PERCENT) / 100);
    if (shown > passed + ahead) return startS + seconds(passed) + seconds(ahead);
    if (shown < passed - behind) return startS + seconds(passed) - seconds(behind);
    return estimate;
  }
}
