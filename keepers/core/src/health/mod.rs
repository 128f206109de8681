//! Whether it is the chain, the oracle or one's own endpoints: a pure judgement of what several
//! endpoints and streams have shown.
//!
//! Nobody's word is taken: an endpoint that answers and calls itself healthy, but whose slot stands
//! still while others move, is frozen. [`Sources`] keeps what was seen, [`Sources::judge`] says
//! which [`ChainCondition`] it is, and [`ChainCondition::consequence`] what a keeper then does.

mod class;
mod source;

use std::collections::VecDeque;

use holdfast_risk::Millis;

pub use class::{ChainCondition, OperatingPolicy};
pub use holdfast_rpc::Progress;
pub use source::EndpointFault;

use source::{Endpoint, Stream};

/// A source that has not moved for this long, while others have, stands still.
const STANDS_STILL: Millis = Millis(5_000);
/// How far the others must have moved meanwhile, slots: two leaders that skip prove nothing.
const OTHERS_MOVED: u64 = 8;
/// An endpoint that moves, but this far behind, is of no use.
const FAR_BEHIND: u64 = 50;
/// Nothing has moved anywhere for this long: the chain stands still.
const HALT: Millis = Millis(10_000);
/// An answer older than this is none.
const ANSWER: Millis = Millis(6_000);
/// Over which speed and skipped slots are measured.
const WINDOW: Millis = Millis(20_000);
/// Slot duration over the baseline, per cent, at which slots are slow.
const SLOW_PERCENT: u128 = 150;
/// Skipped slots, per cent, at which leaders fail.
const SKIP_PERCENT: u128 = 20;
/// The newest blockhash has been the same for this long: what is signed with it expires.
const BLOCKHASH: Millis = Millis(30_000);
/// Slots an endpoint may catch up at once, or be ahead of all others.
const CATCH_UP: u64 = 1_000;
/// Slots that endpoints of one chain, or the machines behind one address, may be apart.
const APART: u64 = 10;
/// How long after an abandoned fork its slots may still be talked about.
const FORK: Millis = Millis(3_000);
/// Of this many transactions whose end is known, fewer than half landed: as good as slow slots.
const LANDING: usize = 8;
/// What ended longer ago says nothing of now.
const LATELY: Millis = Millis(300_000);

/// All that was seen of endpoints and streams.
pub struct Sources {
    endpoints: Vec<Endpoint>,
    streams: Vec<Stream>,
    /// The highest slot that plausible sources show.
    frontier: u64,
    frontier_moved: Millis,
    /// When an abandoned fork was noticed last.
    forked: Option<Millis>,
    /// Times at which slots and block heights were seen, oldest first.
    pace: VecDeque<(Millis, u64, u64)>,
    /// Whether what was sent lately landed, and when that was known.
    ends: VecDeque<(Millis, bool)>,
}

/// What the venue adds to the judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Venue {
    /// What a slot usually takes, microseconds.
    pub baseline_us: u32,
    /// The restart it knows of.
    pub restart_slot: u64,
    /// Whether a market with positions has no price within its age limit.
    pub stale_prices: bool,
}

/// What is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The worst of it.
    pub class: ChainCondition,
    /// Why each endpoint is of no use, if it is not.
    pub endpoints: Vec<Option<EndpointFault>>,
    /// Which streams are silent.
    pub silent: Vec<bool>,
    /// How fast the chain was lately; not known before it was watched for long enough.
    pub pace: Option<Pace>,
}

/// The chain's pace over the last while, as endpoints showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Over which time.
    pub time: Millis,
    /// Slots that passed in it.
    pub slots: u64,
    /// Slots of these that have a block.
    pub made: u64,
}

impl Pace {
    /// Mean duration of a slot, microseconds.
    pub fn slot_us(self) -> u64 {
        self.time.0.saturating_mul(1_000) / self.slots.max(1)
    }

    /// Slots without a block.
    pub const fn skipped(self) -> u64 {
        self.slots.saturating_sub(self.made)
    }
}

impl Sources {
    /// Nothing was seen yet of so many endpoints and streams.
    pub fn new(endpoints: usize, streams: usize, now: Millis) -> Self {
        Self {
            endpoints: vec![Endpoint::new(now); endpoints],
            streams: vec![Stream::new(now); streams],
            frontier: 0,
            frontier_moved: now,
            forked: None,
            pace: VecDeque::new(),
            ends: VecDeque::new(),
        }
    }

    /// An endpoint answered.
    pub fn answered(&mut self, endpoint: usize, progress: &Progress, now: Millis) {
        let Some(seen) = self.endpoints.get_mut(endpoint) else { return };
        seen.answered(progress, now);
        let plausible = seen.is_plausible();
        self.look_around(now);
        let sound = self
            .endpoints
            .get(endpoint)
            .is_some_and(|seen| seen.fault(self.frontier, now).is_none());
        if plausible && sound && progress.slot <= self.frontier {
            self.measure(now, progress.slot, progress.block_height);
        }
    }

    /// A stream told of a slot and its parent. Says the last slot the chain has in common with what
    /// was seen before, when slots after it were abandoned.
    pub fn told(&mut self, stream: usize, slot: u64, parent: u64, now: Millis) -> Option<u64> {
        let seen = self.streams.get_mut(stream)?;
        let abandoned = seen.told(slot, parent, now);
        if abandoned.is_some() {
            self.forked = Some(now);
        }
        self.look_around(now);
        abandoned
    }

    /// A stream sent anything at all.
    pub fn heard(&mut self, stream: usize, now: Millis) {
        if let Some(seen) = self.streams.get_mut(stream) {
            seen.heard(now);
        }
    }

    /// A stream was found to have left something out, or ended: it counts as silent until it is
    /// opened again.
    pub fn lost(&mut self, stream: usize) {
        if let Some(seen) = self.streams.get_mut(stream) {
            seen.lost();
        }
    }

    /// A stream was opened.
    pub fn opened(&mut self, stream: usize, now: Millis) {
        if let Some(seen) = self.streams.get_mut(stream) {
            *seen = Stream::new(now);
        }
    }

    /// A transaction landed, or can no longer land.
    pub fn ended(&mut self, landed: bool, now: Millis) {
        self.ends.push_back((now, landed));
        if self.ends.len() > 2 * LANDING {
            self.ends.pop_front();
        }
    }

    /// The highest slot known.
    pub fn frontier(&self) -> u64 {
        self.frontier
    }

    /// The slot up to which a stream has told everything.
    pub fn told_up_to(&self, stream: usize) -> u64 {
        self.streams.get(stream).map_or(0, |stream| stream.slot)
    }

    /// Finds the frontier anew. A source that is alone far ahead of all others does not count, once
    /// there are three.
    fn look_around(&mut self, now: Millis) {
        let endpoints = self.endpoints.iter().filter(|seen| seen.is_plausible());
        let shown = endpoints.map(|seen| seen.last.slot);
        let told = self.streams.iter().filter(|seen| seen.is_open()).map(|seen| seen.slot);
        let mut slots: Vec<u64> = shown.chain(told).filter(|slot| *slot > 0).collect();
        slots.sort_unstable_by(|one, other| other.cmp(one));
        let alone = slots.len() >= 3 && slots[0] - slots[1] > CATCH_UP;
        let before = self.frontier;
        self.frontier = slots.get(usize::from(alone)).copied().unwrap_or_default();
        if self.frontier > before {
            self.frontier_moved = now;
        }
    }

    /// Notes a slot with its block height, if it is the newest so far; a chain that starts again far
    /// below is measured anew.
    fn measure(&mut self, now: Millis, slot: u64, height: u64) {
        let newest = self.pace.back().map_or(0, |(_, slot, _)| *slot);
        if slot.saturating_add(CATCH_UP) < newest {
            self.pace.clear();
        } else if slot <= newest {
            return;
        }
        self.pace.push_back((now, slot, height));
        while self.pace.get(1).is_some_and(|(at, ..)| now.since(*at) >= WINDOW) {
            self.pace.pop_front();
        }
    }

    /// Judges all that was seen, at `now` of the same clock.
    pub fn judge(&self, venue: &Venue, now: Millis) -> Diagnosis {
        let frontier = self.frontier;
        let endpoints: Vec<_> =
            self.endpoints.iter().map(|seen| seen.fault(frontier, now)).collect();
        let silent: Vec<_> =
            self.streams.iter().map(|seen| seen.is_silent(frontier, now)).collect();
        let pace = self.pace(now);
        let class = self.class(venue, &endpoints, &silent, pace, now);
        Diagnosis { class, endpoints, silent, pace }
    }

    /// The first that applies, worst first.
    fn class(
        &self,
        venue: &Venue,
        faults: &[Option<EndpointFault>],
        silent: &[bool],
        pace: Option<Pace>,
        now: Millis,
    ) -> ChainCondition {
        let stands = now.since(self.frontier_moved) >= HALT;
        let agree = self.endpoints.iter().filter(|seen| seen.stands_at(self.frontier, now)).count();
        if stands && agree >= 2 {
            return ChainCondition::Halt;
        }
        if stands || faults.iter().all(Option::is_some) {
            return ChainCondition::RpcStale;
        }
        let usable = || {
            let pairs = self.endpoints.iter().zip(faults);
            pairs.filter(|(_, fault)| fault.is_none()).map(|(seen, _)| seen)
        };
        let restarted = |seen: &Endpoint| seen.last.restart_slot > venue.restart_slot;
        if venue.baseline_us > 0 && usable().all(restarted) {
            return ChainCondition::Restart;
        }
        if usable().all(|seen| seen.has_expired_blockhash(now)) {
            return ChainCondition::BlockhashExpired;
        }
        if self.forked.is_some_and(|at| now.since(at) < FORK) {
            return ChainCondition::ForkSwitch;
        }
        if !silent.is_empty() && silent.iter().all(|silent| *silent) {
            return ChainCondition::StreamSilent;
        }
        self.drags(venue, pace, now)
    }

    /// The pace since the window's beginning, once it is whole.
    fn pace(&self, now: Millis) -> Option<Pace> {
        let (at, slot, height) = self.pace.front().filter(|(at, ..)| now.since(*at) >= WINDOW)?;
        let (_, last, last_height) = self.pace.back()?;
        let slots = last.saturating_sub(*slot);
        let made = last_height.saturating_sub(*height).min(slots);
        Some(Pace { time: now.since(*at), slots, made })
    }

    /// Speed, skipped slots, landing and prices.
    fn drags(&self, venue: &Venue, pace: Option<Pace>, now: Millis) -> ChainCondition {
        if let Some(pace) = pace {
            let (slots, skipped) = (u128::from(pace.slots), u128::from(pace.skipped()));
            if slots > 0 && skipped * 100 >= slots * SKIP_PERCENT {
                return ChainCondition::HighSkip;
            }
            let usual = u128::from(venue.baseline_us);
            if usual > 0 && u128::from(pace.slot_us()) * 100 >= usual * SLOW_PERCENT {
                return ChainCondition::SlowSlots;
            }
        }
        let lately = || self.ends.iter().filter(|(at, _)| now.since(*at) < LATELY);
        let (ends, landed) = (lately().count(), lately().filter(|(_, landed)| *landed).count());
        if ends >= LANDING && landed * 2 < ends {
            return ChainCondition::SlowSlots;
        }
        if venue.stale_prices { ChainCondition::OracleStale } else { ChainCondition::Healthy }
    }
}

#[cfg(test)]
mod tests;
