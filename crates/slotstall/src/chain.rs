//! What a chain shows of the time: slots that are made, skipped, slow or missing, and a clock that
//! its validators vote.
//!
//! The rules are those of a validator (Agave 4.2.2, `runtime/src/bank.rs` and
//! `runtime/src/stake_weighted_timestamp.rs`): the clock of a block rests on the votes that its parent
//! holds, is kept within bounds of the nominal time since the epoch began, and never falls.

use std::collections::VecDeque;

use solana_message::Hash;

/// What a cluster calls a slot until it is told otherwise, milliseconds.
pub const NOMINAL_MS: u64 = 400;
/// Entries that the sysvar `SlotHashes` holds.
pub const SLOT_HASHES: usize = 512;
/// Blocks after its own in which a blockhash may still be named.
pub const BLOCKHASH_LIFE: u64 = 150;
/// Slots of an epoch.
pub const EPOCH_SLOTS: u64 = 432_000;
/// A block's clock rests on votes for the block this many before it, where votes land in the next
/// block.
const VOTE_LAG: usize = 2;
/// The clock since the epoch's first slot is within −25 % and +150 % of nominal time.
const MOST_BEHIND_PERCENT: u64 = 25;
const MOST_AHEAD_PERCENT: u64 = 150;
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
pub struct Block {
    /// Its slot.
    pub slot: u64,
    /// True time at which it was made, milliseconds since 1970.
    pub made_ms: u64,
}

impl Block {
    /// Its hash, which names it among the blocks of all forks.
    pub fn hash(&self) -> Hash {
        let words = [self.slot, self.made_ms, self.slot ^ self.made_ms.rotate_left(32), 1];
        let bytes = words.map(u64::to_le_bytes).concat();
        Hash::new_from_array(bytes.try_into().unwrap_or_default())
    }
}

/// A block as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The block.
    pub block: Block,
    /// What the clock showed in it, seconds.
    pub clock_s: u64,
    /// Blocks made up to it, itself among them.
    pub height: u64,
}

/// Where an epoch began; the clock is bounded by the nominal time since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Which one it is.
    pub number: u64,
    /// Its first slot.
    pub first_slot: u64,
    /// What the clock showed there, seconds.
    pub start_s: u64,
}

/// A chain, seen from outside with true time, and from inside through its sysvars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// True time, milliseconds since 1970.
    now_ms: u64,
    /// The block in which transactions execute.
    tip: Block,
    /// The slot that comes next, and when.
    next: Block,
    /// Blocks before the tip, newest first.
    parents: VecDeque<Block>,
    /// What the clock showed in each of them, seconds.
    clocks: VecDeque<u64>,
    /// Blocks made so far.
    height: u64,
    restart_slot: u64,
    /// What the cluster calls a slot, milliseconds: its clock is bounded by this, whatever slots
    /// take.
    nominal_ms: u64,
    epoch: Epoch,
    /// The slot at which slots were last called differently, and the nominal time from the epoch's
    /// first slot to it, milliseconds.
    renamed: (u64, u64),
    /// Whether the clock is voted; otherwise it shows true time.
    voted: bool,
    /// Blocks between the one that is voted for and the first whose clock rests on these votes.
    vote_lag: usize,
    clock_s: u64,
}

impl Chain {
    /// A healthy chain whose clock shows true time.
    ///
    /// # Panics
    /// When fewer than 512 slots of 400 ms lie before `slot` or before `now_ms`.
    pub fn new(now_ms: u64, slot: u64) -> Self {
        let block = |back: u64| Block { slot: slot - back, made_ms: now_ms - back * NOMINAL_MS };
        let (number, index) = (slot / EPOCH_SLOTS, slot % EPOCH_SLOTS);
        let start_s = now_ms.saturating_sub(index * NOMINAL_MS) / 1_000;
        Self {
            now_ms,
            tip: block(0),
            next: Block { slot: slot + 1, made_ms: now_ms + NOMINAL_MS },
            parents: (1..=SLOT_HASHES as u64).map(block).collect(),
            clocks: (1..=SLOT_HASHES as u64).map(|back| block(back).made_ms / 1_000).collect(),
            height: slot,
            restart_slot: 0,
            nominal_ms: NOMINAL_MS,
            epoch: Epoch { number, first_slot: slot - index, start_s },
            renamed: (slot - index, 0),
            voted: false,
            vote_lag: VOTE_LAG,
            clock_s: now_ms / 1_000,
        }
    }

    /// A chain as it was found: in this slot, epoch and at this voted clock, with healthy blocks behind
    /// it.
    ///
    /// # Panics
    /// As [`Chain::new`].
    pub fn found(now_ms: u64, slot: u64, epoch: Epoch, clock_s: u64) -> Self {
        let renamed = (epoch.first_slot, 0);
        Self { epoch, renamed, clock_s, voted: true, ..Self::new(now_ms, slot) }
    }

    /// From now on the cluster calls `ms` a slot; the slots before keep the duration they had.
    pub fn set_nominal(&mut self, ms: u64) {
        self.renamed = (self.tip.slot, self.nominal_passed_ms());
        self.nominal_ms = ms;
        self.next.made_ms = self.now_ms + ms;
    }

    /// The pace of this cluster when it is well.
    pub fn healthy(&self) -> Pace {
        Pace { slot_ms: self.nominal_ms, failing_percent: 0 }
    }

    /// From now on the clock is what validators vote, in an epoch that is `slots` old.
    pub fn vote_time(&mut self, slots: u64) {
        let start_s = (self.now_ms - slots * self.nominal_ms) / 1_000;
        let first_slot = self.tip.slot.saturating_sub(slots);
        self.epoch = Epoch { first_slot, start_s, ..self.epoch };
        self.renamed = (first_slot, 0);
        self.voted = true;
    }

    /// From now on a block's clock rests on votes for the one this many blocks before it, instead of two:
    /// a validator under load was seen to take three.
    pub fn set_vote_lag(&mut self, blocks: usize) {
        self.vote_lag = blocks.max(1);
    }

    /// True time, milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The present slot.
    pub fn slot(&self) -> u64 {
        self.tip.slot
    }

    /// The block in which transactions execute now.
    pub fn tip(&self) -> Block {
        self.tip
    }

    /// The slot that comes next, and when, if slots go on.
    pub fn next(&self) -> Block {
        self.next
    }

    /// Blocks made so far, the present one among them.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The present epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// `Clock.unix_timestamp`, seconds.
    pub fn clock_s(&self) -> u64 {
        self.clock_s
    }

    /// `LastRestartSlot`.
    pub fn restart_slot(&self) -> u64 {
        self.restart_slot
    }

    /// Blocks before the present one, newest first: what `SlotHashes` lists.
    pub fn parents(&self) -> impl Iterator<Item = Block> {
        self.parents.iter().copied()
    }

    /// The present block and those before it, newest first.
    pub fn blocks(&self) -> impl Iterator<Item = Remembered> {
        let blocks = std::iter::once(self.tip).chain(self.parents());
        let clocks = std::iter::once(self.clock_s).chain(self.clocks.iter().copied());
        let heights = (0..=self.height).rev();
        let all = blocks.zip(clocks).zip(heights);
        all.map(|((block, clock_s), height)| Remembered { block, clock_s, height })
    }

    /// Slots of `SlotHashes`, newest first.
    pub fn hashes(&self) -> impl Iterator<Item = u64> {
        self.parents().map(|block| block.slot)
    }

    /// The last block height at which this blockhash may be named, if a transaction may name it now.
    pub fn living(&self, blockhash: &Hash) -> Option<u64> {
        let mut alive = self.blocks().zip(0..=BLOCKHASH_LIFE).map(|(alive, _)| alive);
        let named = alive.find(|alive| alive.block.hash() == *blockhash);
        named.map(|named| named.height + BLOCKHASH_LIFE)
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
    pub fn stall(&mut self, ms: u64) {
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
        if !self.voted {
            self.clock_s = self.now_ms / 1_000;
        }
    }

    /// Restarts from the present slot, as after a hard fork.
    pub fn restart(&mut self) {
        self.restart_slot = self.tip.slot;
    }

    /// Abandons the blocks made since `earlier`, a copy of this chain: it goes on from the block that
    /// was its tip then, and the slots in between are skipped. Time goes on.
    pub fn fork_from(&mut self, earlier: &Self) {
        *self = Self { now_ms: self.now_ms, next: self.next, ..earlier.clone() };
    }

    fn make(&mut self, block: Block) {
        self.parents.push_front(self.tip);
        self.parents.truncate(SLOT_HASHES);
        self.clocks.push_front(self.clock_s);
        self.clocks.truncate(SLOT_HASHES);
        self.tip = block;
        self.height += 1;
        self.clock_s =
            if self.voted { self.estimate().max(self.clock_s) } else { block.made_ms / 1_000 };
        let epochs = (block.slot - self.epoch.first_slot) / EPOCH_SLOTS;
        if epochs > 0 {
            let first_slot = self.epoch.first_slot + epochs * EPOCH_SLOTS;
            self.begin_epoch(self.epoch.number + epochs, first_slot);
        }
    }

    fn begin_epoch(&mut self, number: u64, first_slot: u64) {
        self.epoch = Epoch { number, first_slot, start_s: self.clock_s };
        self.renamed = (first_slot, 0);
    }

    /// From the epoch's first slot to the tip, as the cluster calls slots.
    fn nominal_passed_ms(&self) -> u64 {
        let (slot, passed_ms) = self.renamed;
        passed_ms + self.tip.slot.saturating_sub(slot) * self.nominal_ms
    }

    /// The time of the votes a block rests on, carried to its slot at nominal duration, within the
    /// bounds of the epoch.
    fn estimate(&self) -> u64 {
        let seen = self.parents.get(self.vote_lag - 1).unwrap_or(&self.tip);
        let carried = (self.tip.slot - seen.slot) * self.nominal_ms;
        let estimate = seen.made_ms / 1_000 + carried / 1_000;
        let start_s = self.epoch.start_s;
        let (passed, shown) = (self.nominal_passed_ms(), estimate.saturating_sub(start_s) * 1_000);
        let (ahead, behind) =
            (passed * MOST_AHEAD_PERCENT / 100, passed * MOST_BEHIND_PERCENT / 100);
        if shown > passed + ahead {
            start_s + passed / 1_000 + ahead / 1_000
        } else if shown < passed - behind {
            start_s + passed / 1_000 - behind / 1_000
        } else {
            estimate
        }
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
