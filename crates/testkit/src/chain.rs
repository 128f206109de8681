//! What a chain shows of the time: slots that are made, skipped, slow or missing, and a clock that
//! its validators vote.

use std::collections::VecDeque;

use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, SKIP_WINDOW, skipped};

/// What a cluster calls a slot until it is told otherwise, milliseconds.
const NOMINAL_MS: u64 = 400;
/// Entries the real `SlotHashes` holds.
const SLOT_HASHES: usize = 512;
/// A block's clock rests on votes for the block this many before it.
const VOTE_LAG: usize = 2;
/// The clock since the epoch's first slot is within −25 % and +150 % of nominal time.
const SLOWEST_PERCENT: u64 = 75;
const FASTEST_PERCENT: u64 = 250;
/// Slots in a row that one leader has.
const LEADER_SLOTS: u64 = 4;
/// Spreads failing leaders over the schedule: prime to one hundred.
const SCHEDULE: u64 = 37;

/// How slots go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// What a slot takes, milliseconds.
    pub slot_ms: u64,
    /// Share of leaders that make no block, percent.
    pub failing_percent: u64,
}

impl Pace {
    /// A healthy chain of 400 ms slots.
    pub const HEALTHY: Self = Self { slot_ms: NOMINAL_MS, failing_percent: 0 };
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    slot: u64,
    /// True time at which it was made, milliseconds.
    made_ms: u64,
}

/// Where the epoch's first slot stood; the clock is bounded by the nominal time since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchor {
    slot: u64,
    clock_s: u64,
}

/// A chain, seen from outside with true time, and from inside through its sysvars.
#[derive(Clone, Debug)]
pub struct Chain {
    /// True time, milliseconds since 1970.
    now_ms: u64,
    /// The block in which transactions execute.
    tip: Block,
    /// The slot that comes next, and when.
    next: Block,
    /// Blocks before the tip, newest first.
    parents: VecDeque<Block>,
    restart_slot: u64,
    /// What the cluster calls a slot, milliseconds: its clock is bounded by this, whatever slots
    /// take.
    nominal_ms: u64,
    /// `None` while the clock shows true time.
    anchor: Option<Anchor>,
    clock_s: u64,
}

impl Chain {
    /// A healthy chain whose clock shows true time.
    pub fn new(now_ms: u64, slot: u64) -> Self {
        let block = |back: u64| Block { slot: slot - back, made_ms: now_ms - back * NOMINAL_MS };
        Self {
            now_ms,
            tip: block(0),
            next: Block { slot: slot + 1, made_ms: now_ms + NOMINAL_MS },
            parents: (1..=SLOT_HASHES as u64).map(block).collect(),
            restart_slot: 0,
            nominal_ms: NOMINAL_MS,
            anchor: None,
            clock_s: now_ms / 1_000,
        }
    }

    /// From now on the cluster calls `ms` a slot.
    pub fn set_nominal(&mut self, ms: u64) {
        self.nominal_ms = ms;
        self.next.made_ms = self.now_ms + ms;
    }

    /// The pace of this cluster when it is well.
    pub fn healthy(&self) -> Pace {
        Pace { slot_ms: self.nominal_ms, failing_percent: 0 }
    }

    /// From now on the clock is what validators vote, in an epoch that is `slots` old.
    pub fn vote_time(&mut self, slots: u64) {
        let clock_s = (self.now_ms - slots * self.nominal_ms) / 1_000;
        self.anchor = Some(Anchor { slot: self.tip.slot.saturating_sub(slots), clock_s });
    }

    /// True time, milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The present slot.
    pub fn slot(&self) -> u64 {
        self.tip.slot
    }

    /// `Clock.unix_timestamp`, seconds.
    pub fn clock_s(&self) -> u64 {
        self.clock_s
    }

    /// `LastRestartSlot`.
    pub fn restart_slot(&self) -> u64 {
        self.restart_slot
    }

    /// Slots of `SlotHashes`, newest first.
    pub fn hashes(&self) -> impl Iterator<Item = u64> {
        self.parents.iter().map(|block| block.slot)
    }

    /// What a guarded instruction sees in the present block, after the look in `last`.
    pub fn sighting(&self, last: &Monitor) -> ChainSample {
        let clock = Millis(self.clock_s * 1_000);
        let entry = |index: u64| self.hashes().nth(usize::try_from(index).ok()?);
        ChainSample {
            slot: self.slot(),
            clock,
            now: last.now(clock, self.slot(), Millis(0)),
            proven: Millis(0),
            restart_slot: Some(self.restart_slot),
            skipped: entry(0).zip(entry(SKIP_WINDOW)).and_then(|(new, old)| skipped(new, old)),
        }
    }

    /// Lets `ms` pass at a pace and says how many blocks were made.
    pub fn run(&mut self, ms: u64, pace: Pace) -> u64 {
        self.now_ms += ms;
        let mut made = 0;
        while self.next.made_ms <= self.now_ms {
            let block = self.next;
            self.next = Block { slot: block.slot + 1, made_ms: block.made_ms + pace.slot_ms };
            if block.slot / LEADER_SLOTS * SCHEDULE % 100 >= pace.failing_percent {
                self.make(block);
                made += 1;
            }
        }
        made
    }

    /// Lets `ms` pass without a slot.
    pub fn stand(&mut self, ms: u64) {
        self.now_ms += ms;
        self.next.made_ms = self.next.made_ms.max(self.now_ms);
    }

    /// Lets `ms` pass evenly over `slots` slots, of which `produced` bring a block, the last of
    /// them among these.
    pub fn advance(&mut self, ms: u64, slots: u64, produced: u64) {
        for index in 1..=produced {
            let passed = slots * index / produced;
            self.make(Block {
                slot: self.next.slot - 1 + passed,
                made_ms: self.now_ms + ms * passed / slots.max(1),
            });
        }
        self.now_ms += ms;
        self.next = Block { slot: self.next.slot + slots, made_ms: self.now_ms + self.nominal_ms };
        if self.anchor.is_none() {
            self.clock_s = self.now_ms / 1_000;
        }
    }

    /// Restarts from the present slot, as after a hard fork.
    pub fn restart(&mut self) {
        self.restart_slot = self.tip.slot;
    }

    fn make(&mut self, block: Block) {
        self.parents.push_front(self.tip);
        self.parents.truncate(SLOT_HASHES);
        self.tip = block;
        self.clock_s = match self.anchor {
            Some(anchor) => self.voted(anchor).max(self.clock_s),
            None => block.made_ms / 1_000,
        };
    }

    /// The time of the votes a block rests on, carried to its slot at nominal duration, within the
    /// bounds of the epoch.
    fn voted(&self, anchor: Anchor) -> u64 {
        let nominal = |slots: u64| slots * self.nominal_ms;
        let seen = self.parents.get(VOTE_LAG - 1).unwrap_or(&self.tip);
        let estimate = seen.made_ms / 1_000 + nominal(self.tip.slot - seen.slot) / 1_000;
        let passed = nominal(self.tip.slot - anchor.slot);
        let bound = |percent: u64| anchor.clock_s + passed * percent / 100_000;
        estimate.clamp(bound(SLOWEST_PERCENT), bound(FASTEST_PERCENT))
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
