import { readFileSync } from 'node:fs';
import { Clock, LiteSVM } from 'litesvm';
import { describe, expect, test } from 'vitest';
import { Chain, StallingSvm } from 'slotstall/litesvm';

interface Step {
  does: 'run' | 'stall' | 'restart' | 'nominal' | 'age';
  ms: number;
  slotMs: number;
  failingPercent: number;
  slots: number;
}

interface Trace {
  nowMs: number;
  slot: number;
  epochSlots: number;
  steps: [Step, object][];
}

const trace = JSON.parse(readFileSync(new URL('chain.json', import.meta.url), 'utf8')) as Trace;

const happen = (chain: Chain, step: Step): void => {
  switch (step.does) {
    case 'run':
      chain.run(step.ms, step);
      break;
    case 'stall':
      chain.stall(step.ms);
      break;
    case 'restart':
      chain.restart();
      break;
    case 'nominal':
      chain.nominal(step.ms);
      break;
    case 'age':
      chain.age(step.slots);
  }
};

test('the chain in this process shows what the one in Rust does', () => {
  const chain = new Chain(trace.nowMs, trace.slot, trace.epochSlots);
  for (const [step, shown] of trace.steps) {
    happen(chain, step);
    const { nowMs, slot, height, clock, restartSlot, epoch, slotHashes } = chain;
    const hashes = slotHashes.slice(0, 4).map((block) => [block.slot, block.madeMs]);
    const seen = {
      nowMs, slot, height, clock, restartSlot, epoch: epoch.number, epochStart: epoch.startS,
      hashes, oldest: slotHashes.at(-1)!.slot,
    };
    expect(seen, JSON.stringify(step)).toEqual(shown);
  }
});

describe('under litesvm', () => {
  const shown = ({ svm }: StallingSvm) => {
    const clock: Clock = svm.getClock();
    const hashes = svm.getSlotHashes().map((entry) => entry.slot);
    return { slot: clock.slot, clock: clock.unixTimestamp, hashes, restart: svm.getLastRestartSlot() };
  };

  test('a stall takes no slots, and the clock is late in the first block after it', () => {
    const stalling = new StallingSvm(new LiteSVM(), 1_800_000_000_000);
    const before = shown(stalling);
    stalling.stall(45_000);
    const first = shown(stalling);
    expect(first.slot).toBe(before.slot + 1n);
    expect(first.hashes[0]).toBe(before.slot);
    expect(first.clock - before.clock).toBeLessThanOrEqual(1n);
    stalling.run(1_200);
    expect(shown(stalling).clock - before.clock).toBeGreaterThanOrEqual(44n);
  });

  test('skipped slots are gaps in SlotHashes, and a restart moves LastRestartSlot', () => {
    const stalling = new StallingSvm(new LiteSVM(), 1_800_000_000_000);
    expect(stalling.slow(1_000, 10_000)).toBeLessThanOrEqual(11);
    stalling.nominal(200);
    const made = stalling.skip(60, 40_000);
    expect(made).toBeLessThan(100);
    stalling.epochAge(10);
    stalling.restart();
    const { hashes, restart, slot } = shown(stalling);
    expect(restart).toBe(slot);
    expect(hashes[0]! - hashes[made - 1]!).toBeGreaterThan(BigInt(made));
    expect(hashes).toHaveLength(512);
    expect(() => stalling.skip(100, 1)).toThrow('at most 99');
  });
});
