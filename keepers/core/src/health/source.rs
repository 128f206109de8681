//! One endpoint and one stream, by what they have shown.

use std::collections::{BTreeMap, VecDeque};

use holdfast_risk::Millis;
use holdfast_rpc::Progress;

use super::{
    ANSWER, APART, BLOCKHASH, CATCH_UP, FAR_BEHIND, OTHERS_MOVED, Pace, SETTLED, STANDS_STILL,
    WINDOW,
};
use crate::witness::Witnesses;

/// Why an endpoint is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointFault {
    /// It does not answer, or not with anything that makes sense.
    Silent,
    /// It answers, but what it shows stands still while the chain moves.
    Frozen,
    /// It moves, but far behind.
    Behind,
    /// It claims slots that cannot have been made in the time, or that nobody else has reached.
    Absurd,
    /// It shows another cluster.
    OtherCluster,
}

/// The shortest a slot can take, milliseconds.
const SHORTEST_SLOT: u64 = 100;

#[derive(Clone)]
pub(super) struct Endpoint {
    pub last: Progress,
    /// Whose it is.
    pub own: Witnesses,
    answered: Option<Millis>,
    begun: Millis,
    chain_moved: Millis,
    slot_at_chain: u64,
    blockhash_moved: Millis,
    /// Slots that cannot have been made in the time, since when it goes on from there.
    leapt: Option<Leap>,
    /// Times at which slots and block heights were seen, oldest first.
    pace: VecDeque<(Millis, u64, u64)>,
}

/// Slots that an endpoint has leapt to.
#[derive(Clone, Copy)]
struct Leap {
    first: u64,
    newest: u64,
    since: Millis,
}

impl Endpoint {
    pub fn new(own: Witnesses, now: Millis) -> Self {
        Self {
            last: Progress::default(),
            own,
            answered: None,
            begun: now,
            chain_moved: now,
            slot_at_chain: 0,
            blockhash_moved: now,
            leapt: None,
            pace: VecDeque::new(),
        }
    }

    pub fn answered(&mut self, progress: &Progress, now: Millis) {
        let before = self.answered.replace(now);
        self.last.genesis = progress.genesis;
        let passed = before.map_or(Millis(0), |at| now.since(at));
        let made = passed.0 / SHORTEST_SLOT;
        let most = self.last.slot.saturating_add(made).saturating_add(CATCH_UP);
        if before.is_some() && progress.slot > most && !self.has_settled(progress.slot, made, now) {
            return;
        }
        self.leapt = None;
        // A step back of a load balancer is no movement and no news.
        let back = before.is_some() && progress.slot <= self.last.slot;
        if back && self.last.slot - progress.slot <= APART {
            return;
        }
        if before.is_none() || progress.transactions != self.last.transactions {
            (self.chain_moved, self.slot_at_chain) = (now, progress.slot);
        }
        if before.is_none() || progress.blockhash != self.last.blockhash {
            self.blockhash_moved = now;
        }
        self.last = *progress;
        self.measure(now);
    }

    /// Whether it has gone on for long enough from where it leapt to: then that is where it is.
    fn has_settled(&mut self, slot: u64, made: u64, now: Millis) -> bool {
        let goes_on = |leap: &Leap| slot >= leap.newest && slot - leap.newest <= made + APART;
        let before = self.leapt.filter(goes_on);
        let leap = before.unwrap_or(Leap { first: slot, newest: slot, since: now });
        self.leapt = Some(Leap { newest: slot, ..leap });
        // At least a slot in a second: what stands where it leapt to is no chain.
        let moved = (slot - leap.first) >= SETTLED.0 / 1_000;
        now.since(leap.since) >= SETTLED && moved
    }

    /// Notes slot and block height; a chain that starts again far below is measured anew.
    fn measure(&mut self, now: Millis) {
        let Progress { slot, block_height, .. } = self.last;
        let newest = self.pace.back().map_or(0, |(_, slot, _)| *slot);
        if slot.saturating_add(CATCH_UP) < newest {
            self.pace.clear();
        } else if slot <= newest {
            return;
        }
        self.pace.push_back((now, slot, block_height));
        while self.pace.get(1).is_some_and(|(at, ..)| now.since(*at) >= WINDOW) {
            self.pace.pop_front();
        }
    }

    /// The pace since the window's beginning, once it is whole.
    pub fn pace(&self, now: Millis) -> Option<Pace> {
        let (at, slot, height) = self.pace.front().filter(|(at, ..)| now.since(*at) >= WINDOW)?;
        let (_, last, last_height) = self.pace.back()?;
        let slots = last.saturating_sub(*slot);
        let made = last_height.saturating_sub(*height).min(slots);
        Some(Pace { time: now.since(*at), slots, made })
    }

    /// The slot it shows, if it answers with one that can be.
    pub fn shows(&self, now: Millis) -> Option<u64> {
        (self.answers(now) && self.leapt.is_none()).then_some(self.last.slot)
    }

    /// Whether it answers and shows the chain where others do.
    pub fn stands_at(&self, frontier: u64, now: Millis) -> bool {
        self.shows(now).is_some_and(|slot| frontier.abs_diff(slot) <= APART)
    }

    pub fn answers(&self, now: Millis) -> bool {
        self.answered.is_some_and(|at| now.since(at) < ANSWER)
    }

    /// What is wrong with it by what it shows itself, and by what `others` show: how many operators
    /// are at a slot or beyond, and below one.
    pub fn fault(&self, others: &Others, now: Millis) -> Option<EndpointFault> {
        if !self.answers(now) {
            let starting = self.answered.is_none() && now.since(self.begun) < ANSWER;
            return (!starting).then_some(EndpointFault::Silent);
        }
        if others.cluster.is_some_and(|cluster| cluster != self.last.genesis) {
            return Some(EndpointFault::OtherCluster);
        }
        let slot = self.last.slot;
        if self.leapt.is_some() || others.say_it_is_ahead(self.own, slot) {
            return Some(EndpointFault::Absurd);
        }
        // Not the slot: that can count up over a bank that stands still. Every block carries votes.
        let still = now.since(self.chain_moved) >= STANDS_STILL;
        if still && others.say_it_is_behind(self.slot_at_chain, OTHERS_MOVED) {
            return Some(EndpointFault::Frozen);
        }
        let behind = others.say_it_is_far_behind(slot);
        behind.then_some(EndpointFault::Behind)
    }

    pub fn has_expired_blockhash(&self, now: Millis) -> bool {
        let answered = self.answered.is_some();
        let old = now.since(self.blockhash_moved) >= BLOCKHASH;
        answered && (old || self.last.last_height < self.last.block_height)
    }
}

/// What all sources show, each with its operator.
pub(super) struct Others {
    /// The cluster's genesis hash, where it is known.
    pub cluster: Option<[u8; 32]>,
    /// Slots, with who shows them.
    pub slots: Vec<(Witnesses, u64)>,
    /// Operators that show any.
    pub operators: u32,
}

impl Others {
    /// Operators it takes against one: one is not enough where there are three.
    fn quorum(&self) -> u32 {
        if self.operators >= 3 { 2 } else { 1 }
    }

    /// Whether enough operators are this many slots beyond one of their sources: its own may contradict
    /// it.
    pub fn say_it_is_behind(&self, slot: u64, by: u64) -> bool {
        self.operators_where(|other| other.saturating_sub(slot) >= by).count() >= self.quorum()
    }

    /// Whether a source is so far behind enough others that it is of no use.
    pub fn say_it_is_far_behind(&self, slot: u64) -> bool {
        let beyond = self.operators_where(|other| other.saturating_sub(slot) >= FAR_BEHIND);
        beyond.count() >= self.quorum() && self.outvotes(beyond, slot)
    }

    /// Whether those who contradict a slot are more than those who are near it: of three endpoints two
    /// may be wrong, and streams know better. Of two operators neither outvotes the other.
    fn outvotes(&self, against: Witnesses, slot: u64) -> bool {
        let near = self.operators_where(|other| other.abs_diff(slot) < FAR_BEHIND);
        self.operators < 3 || against.count() > near.count()
    }

    /// Operators with a source at such a slot.
    fn operators_where(&self, is_there: impl Fn(u64) -> bool) -> Witnesses {
        let there = self.slots.iter().filter(|(_, slot)| is_there(*slot));
        there.map(|(operator, _)| *operator).collect()
    }

    /// Operators that are well beyond a slot.
    pub fn beyond(&self, slot: u64) -> u32 {
        self.operators_where(|other| other.saturating_sub(slot) >= OTHERS_MOVED).count()
    }

    /// Whether one is far ahead of enough others: where there are only two, that proves nothing.
    pub fn say_it_is_ahead(&self, own: Witnesses, slot: u64) -> bool {
        let below = self.operators_where(|other| slot.saturating_sub(other) >= FAR_BEHIND);
        let enough = below.without(own).count() >= self.quorum();
        self.operators >= 3 && enough && self.outvotes(below, slot)
    }
}

/// Slots of a stream that are remembered.
const REMEMBERED: usize = 256;
/// After this many slots in a row on another fork, none of them beyond the last one, that fork is the
/// chain.
const ANOTHER_FORK: u32 = 4;

#[derive(Clone)]
pub(super) struct Stream {
    pub slot: u64,
    /// Whose it is.
    pub own: Witnesses,
    /// When it last told of an abandoned fork, and the slot before that.
    pub forked: Option<(Millis, u64)>,
    heard: Millis,
    open: bool,
    /// When it told of slots, of which, and how many slots each is after its parent.
    steps: VecDeque<(Millis, u64, u64)>,
    /// The slot before each slot that was told of.
    parents: BTreeMap<u64, u64>,
    /// The last slot that lies on another fork, and how many lie there in a row.
    aside: (u64, u32),
}

impl Stream {
    pub fn new(own: Witnesses, now: Millis) -> Self {
        let (steps, parents, aside) = (VecDeque::new(), BTreeMap::new(), (0, 0));
        Self { slot: 0, own, forked: None, heard: now, open: true, steps, parents, aside }
    }

    /// The slot it has told of, if it tells of any lately.
    pub fn shows(&self, now: Millis) -> Option<u64> {
        let lately = self.open && now.since(self.heard) < STANDS_STILL;
        (lately && self.slot > 0).then_some(self.slot)
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
        self.steps.push_back((now, slot, slot.saturating_sub(parent).max(1)));
        while self.steps.get(1).is_some_and(|(at, ..)| now.since(*at) >= WINDOW) {
            self.steps.pop_front();
        }
        (before != 0 && parent < before).then(|| self.common(before, parent))
    }

    /// The pace since the window's beginning, once it is whole. Messages that are left out change
    /// nothing: how many slots are skipped shows in how far each one is from its parent.
    pub fn pace(&self, now: Millis) -> Option<Pace> {
        let (at, slot, _) = self.steps.front().filter(|(at, ..)| now.since(*at) >= WINDOW)?;
        let (newest, last, _) = self.steps.back()?;
        let slots = last.saturating_sub(*slot);
        let told = self.steps.iter().skip(1);
        let (blocks, steps) = (told.clone().count(), told.map(|(.., step)| u128::from(*step)));
        let made = u128::from(slots) * blocks as u128 / steps.sum::<u128>().max(1);
        let made = u64::try_from(made).unwrap_or(u64::MAX).min(slots);
        Some(Pace { time: newest.since(*at), slots, made })
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

    /// Whether it tells nothing while others do, or of slots where no others are.
    pub fn is_silent(&self, others: &Others, now: Millis) -> bool {
        let quiet = now.since(self.heard) >= STANDS_STILL;
        let moved = others.say_it_is_behind(self.slot, OTHERS_MOVED);
        let misled =
            others.say_it_is_far_behind(self.slot) || others.say_it_is_ahead(self.own, self.slot);
        !self.open || quiet && moved || self.slot > 0 && misled
    }
}
