//! One endpoint and one stream, by what they have shown.

use std::collections::BTreeMap;

use holdfast_risk::Millis;
use holdfast_rpc::Progress;

use super::{ANSWER, APART, BLOCKHASH, CATCH_UP, FAR_BEHIND, OTHERS_MOVED, STANDS_STILL};

/// Why an endpoint is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointFault {
    /// It does not answer, or not with anything that makes sense.
    Silent,
    /// It answers, but what it shows stands still while the chain moves.
    Frozen,
    /// It moves, but far behind.
    Behind,
    /// It claims slots that cannot have been made in the time.
    Absurd,
}

/// The shortest a slot can take, milliseconds.
const SHORTEST_SLOT: u64 = 100;

#[derive(Clone)]
pub(super) struct Endpoint {
    pub last: Progress,
    answered: Option<Millis>,
    begun: Millis,
    chain_moved: Millis,
    slot_at_chain: u64,
    blockhash_moved: Millis,
    absurd: bool,
}

impl Endpoint {
    pub fn new(now: Millis) -> Self {
        Self {
            last: Progress::default(),
            answered: None,
            begun: now,
            chain_moved: now,
            slot_at_chain: 0,
            blockhash_moved: now,
            absurd: false,
        }
    }

    pub fn answered(&mut self, progress: &Progress, now: Millis) {
        let first = self.answered.is_none();
        let passed = self.answered.map_or(Millis(0), |at| now.since(at));
        let most = self.last.slot.saturating_add(passed.0 / SHORTEST_SLOT).saturating_add(CATCH_UP);
        self.absurd = !first && progress.slot > most;
        self.answered = Some(now);
        if self.absurd {
            return;
        }
        // A step back of a load balancer is no movement and no news.
        let back = !first && progress.slot <= self.last.slot;
        if back && self.last.slot - progress.slot <= APART {
            return;
        }
        if first || progress.transactions != self.last.transactions {
            (self.chain_moved, self.slot_at_chain) = (now, progress.slot);
        }
        if first || progress.blockhash != self.last.blockhash {
            self.blockhash_moved = now;
        }
        self.last = *progress;
    }

    pub fn is_plausible(&self) -> bool {
        !self.absurd
    }

    /// Whether it answers and shows the chain where others do.
    pub fn stands_at(&self, frontier: u64, now: Millis) -> bool {
        self.answers(now) && frontier.abs_diff(self.last.slot) <= APART
    }

    fn answers(&self, now: Millis) -> bool {
        self.answered.is_some_and(|at| now.since(at) < ANSWER)
    }

    /// `None` when it is of use.
    pub fn fault(&self, frontier: u64, now: Millis) -> Option<EndpointFault> {
        if !self.answers(now) {
            let starting = self.answered.is_none() && now.since(self.begun) < ANSWER;
            return (!starting).then_some(EndpointFault::Silent);
        }
        if self.absurd || self.last.slot > frontier.saturating_add(CATCH_UP) {
            return Some(EndpointFault::Absurd);
        }
        // Not the slot: that can count up over a bank that stands still. Every block carries votes.
        let still = now.since(self.chain_moved) >= STANDS_STILL;
        if still && frontier.saturating_sub(self.slot_at_chain) >= OTHERS_MOVED {
            return Some(EndpointFault::Frozen);
        }
        let behind = frontier.saturating_sub(self.last.slot);
        (behind >= FAR_BEHIND).then_some(EndpointFault::Behind)
    }

    pub fn has_expired_blockhash(&self, now: Millis) -> bool {
        let answered = self.answered.is_some();
        let old = now.since(self.blockhash_moved) >= BLOCKHASH;
        answered && (old || self.last.last_height < self.last.block_height)
    }
}

/// Slots of a stream that are remembered.
const REMEMBERED: usize = 256;
/// So many slots in a row on another fork, none of them beyond the last one, and it is the chain.
const ANOTHER_FORK: u32 = 4;

#[derive(Clone)]
pub(super) struct Stream {
    pub slot: u64,
    heard: Millis,
    open: bool,
    /// The slot before each slot that was told of.
    parents: BTreeMap<u64, u64>,
    /// The last slot that lies on another fork, and how many lie there in a row.
    aside: (u64, u32),
}

impl Stream {
    pub fn new(now: Millis) -> Self {
        Self { slot: 0, heard: now, open: true, parents: BTreeMap::new(), aside: (0, 0) }
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn heard(&mut self, now: Millis) {
        self.heard = now;
    }

    pub fn lost(&mut self) {
        self.open = false;
    }

    /// Takes a slot; says the last slot in common with what was told before, when slots after that
    /// were abandoned. What comes late or twice abandons nothing.
    pub fn told(&mut self, slot: u64, parent: u64, now: Millis) -> Option<u64> {
        self.heard = now;
        let before = self.slot;
        let rebuilt = self.parents.get(&slot).copied().filter(|known| *known != parent);
        if let Some(known) = rebuilt.filter(|_| self.is_known_before(before, slot)) {
            // The chain was taken back below this slot and has come to it anew.
            self.parents.split_off(&slot);
            self.parents.insert(slot, parent);
            (self.slot, self.aside) = (slot, (0, 0));
            return Some(self.common(known, parent));
        }
        self.parents.insert(slot, parent);
        if self.parents.len() > REMEMBERED {
            self.parents.pop_first();
        }
        if slot <= before {
            return self.told_late(slot, parent);
        }
        (self.slot, self.aside) = (slot, (0, 0));
        (before != 0 && parent < before).then(|| self.common(before, parent))
    }

    /// A slot that is not beyond the last one: late, or on another fork.
    fn told_late(&mut self, slot: u64, parent: u64) -> Option<u64> {
        if self.is_known_before(self.slot, slot) {
            return None;
        }
        let (last, row) = self.aside;
        self.aside = (slot, if parent == last { row + 1 } else { 1 });
        if self.aside.1 < ANOTHER_FORK {
            return None;
        }
        let common = self.common(self.slot, slot);
        (self.slot, self.aside) = (slot, (0, 0));
        Some(common)
    }

    /// Whether `slot` lies on the way back from `from`, as far as that way is known.
    fn is_known_before(&self, from: u64, slot: u64) -> bool {
        let mut at = from;
        while at > slot {
            let Some(parent) = self.parents.get(&at).filter(|parent| **parent < at) else {
                return true;
            };
            at = *parent;
        }
        at == slot
    }

    /// The last slot on the way back from `one` that also lies on the way back from `other`.
    fn common(&self, one: u64, other: u64) -> u64 {
        let (mut one, mut other) = (one, other);
        while one != other {
            let higher = if one > other { &mut one } else { &mut other };
            let Some(parent) = self.parents.get(higher).filter(|parent| **parent < *higher) else {
                return one.min(other);
            };
            *higher = *parent;
        }
        one
    }

    pub fn is_silent(&self, frontier: u64, now: Millis) -> bool {
        let moved = frontier.saturating_sub(self.slot) >= OTHERS_MOVED;
        !self.open || now.since(self.heard) >= STANDS_STILL && moved
    }
}
