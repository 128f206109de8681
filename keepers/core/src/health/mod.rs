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
use holdfast_rpc::agreed;

pub use class::{ChainCondition, OperatingPolicy};
pub use holdfast_rpc::Progress;
pub use source::EndpointFault;

use crate::witness::{Operators, Source, Witnesses};
use source::{Endpoint, Others, Stream};

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
/// How much later than the first source the last one may have been seen first.
const WATCHED: Millis = Millis(3_000);
/// Slot duration over the baseline, per cent, at which slots are slow.
const SLOW_PERCENT: u128 = 150;
/// Skipped slots, per cent, at which leaders fail.
const SKIP_PERCENT: u128 = 20;
/// The newest blockhash has been the same for this long: what is signed with it expires.
const BLOCKHASH: Millis = Millis(30_000);
/// Slots an endpoint may catch up at once.
const CATCH_UP: u64 = 1_000;
/// An endpoint that has leapt further is believed once it has gone on from there for this long.
const SETTLED: Millis = Millis(10_000);
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
    /// The genesis hash of the cluster this is for, once it is known.
    cluster: Option<[u8; 32]>,
    endpoints: Vec<Endpoint>,
    streams: Vec<Stream>,
    begun: Millis,
    /// The slot that more than half of the sound sources have reached.
    frontier: u64,
    frontier_moved: Millis,
    /// When an abandoned fork was noticed last.
    forked: Option<Millis>,
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
    /// Whether a market with positions has no price within its age limit, and is not known to be closed.
    pub stale_prices: bool,
    /// Whether witnesses contradict one another about an account, with no majority.
    pub disputed: bool,
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
    /// Operators with a usable endpoint or stream.
    pub witnesses: u32,
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
    /// Nothing was seen yet of endpoints and streams of these operators, on the cluster with this
    /// genesis hash; without it, on the one that two operators show, or the only one.
    pub fn new(operators: Operators, cluster: Option<[u8; 32]>, now: Millis) -> Self {
        let endpoint = |number| Endpoint::new(operators.of(Source::Endpoint(number)), now);
        let stream = |number| Stream::new(operators.of(Source::Stream(number)), now);
        Self {
            cluster,
            endpoints: (0..operators.endpoints()).map(endpoint).collect(),
            streams: (0..operators.streams()).map(stream).collect(),
            begun: now,
            frontier: 0,
            frontier_moved: now,
            forked: None,
            ends: VecDeque::new(),
        }
    }

    /// An endpoint answered.
    pub fn answered(&mut self, endpoint: usize, progress: &Progress, now: Millis) {
        let Some(seen) = self.endpoints.get_mut(endpoint) else { return };
        seen.answered(progress, now);
        self.find_cluster(now);
        self.look_around(now);
    }

    /// A stream told of a slot and its parent. Says the last slot the chain has in common with what
    /// was seen before, when slots after it were abandoned, once the streams of two operators have
    /// told of that, or the only one there is.
    pub fn told(&mut self, stream: usize, slot: u64, parent: u64, now: Millis) -> Option<u64> {
        let seen = self.streams.get_mut(stream)?;
        let abandoned = seen.told(slot, parent, now);
        if let Some(common) = abandoned {
            seen.forked = Some((now, common));
        }
        self.look_around(now);
        abandoned?;
        let lately = self.streams.iter().filter_map(|stream| {
            let (at, common) = stream.forked.filter(|(at, _)| now.since(*at) < FORK)?;
            Some((stream.own, at, common))
        });
        let told: Witnesses = lately.clone().map(|(own, ..)| own).collect();
        if told.count() < self.need(now) {
            return None;
        }
        self.forked = Some(now);
        lately.map(|(.., common)| common).min()
    }

    /// Whether a stream has told of an abandoned fork within this time, alone or not.
    pub fn suspects_fork(&self, within: Millis, now: Millis) -> bool {
        let mut forks = self.streams.iter().filter_map(|stream| stream.forked);
        forks.any(|(at, _)| now.since(at) < within)
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
            *seen = Stream::new(seen.own, now);
        }
    }

    /// A transaction landed, or can no longer land.
    pub fn ended(&mut self, landed: bool, now: Millis) {
        self.ends.push_back((now, landed));
        if self.ends.len() > 2 * LANDING {
            self.ends.pop_front();
        }
    }

    /// The slot that more than half of the sources have reached.
    pub fn frontier(&self) -> u64 {
        self.frontier
    }

    /// The slot up to which a stream has told everything.
    pub fn told_up_to(&self, stream: usize) -> u64 {
        self.streams.get(stream).map_or(0, |stream| stream.slot)
    }

    /// The slot up to which the streams of two operators have told, or the only one there is.
    pub fn told_by_all(&self, now: Millis) -> u64 {
        let others = self.others(now);
        let sound = self.streams.iter().filter(|stream| !stream.is_silent(&others, now));
        let mut told: Vec<u64> = sound.map(|stream| stream.slot).collect();
        told.sort_unstable_by_key(|slot| core::cmp::Reverse(*slot));
        told.get(1).or(told.first()).copied().unwrap_or_default().min(self.frontier)
    }

    /// How many operators have to say the same before it is believed: two, where there are two.
    pub fn need(&self, now: Millis) -> u32 {
        self.of_use(&self.others(now), now).count().clamp(1, 2)
    }

    /// Operators with a usable source.
    fn of_use(&self, others: &Others, now: Millis) -> Witnesses {
        let endpoints = self.endpoints.iter().filter(|seen| seen.fault(others, now).is_none());
        let streams = self
            .streams
            .iter()
            .filter(|seen| seen.shows(now).is_some() && !seen.is_silent(others, now));
        endpoints.map(|seen| seen.own).chain(streams.map(|seen| seen.own)).collect()
    }

    /// What every source shows.
    fn others(&self, now: Millis) -> Others {
        let here = |seen: &&Endpoint| self.cluster.is_none_or(|known| known == seen.last.genesis);
        let endpoints = self.endpoints.iter().filter(here);
        let shown = endpoints.filter_map(|seen| Some((seen.own, seen.shows(now)?)));
        let told = self.streams.iter().filter_map(|seen| Some((seen.own, seen.shows(now)?)));
        let slots: Vec<_> = shown.chain(told).collect();
        let operators: Witnesses = slots.iter().map(|(own, _)| *own).collect();
        Others { cluster: self.cluster, slots, operators: operators.count() }
    }

    /// Settles on a cluster where none was named.
    fn find_cluster(&mut self, now: Millis) {
        if self.cluster.is_some() {
            return;
        }
        let need = self.need(now);
        let shows = |hash: [u8; 32]| {
            let same = self.endpoints.iter().filter(|seen| seen.answers(now));
            let same = same.filter(|seen| seen.last.genesis == hash).map(|seen| seen.own);
            same.collect::<Witnesses>().count()
        };
        let hashes = self.endpoints.iter().filter(|seen| seen.answers(now));
        self.cluster = hashes.map(|seen| seen.last.genesis).find(|hash| shows(*hash) >= need);
    }

    /// Finds the frontier anew, from sources that no others contradict.
    fn look_around(&mut self, now: Millis) {
        let others = self.others(now);
        let endpoints = self.endpoints.iter().filter(|seen| seen.fault(&others, now).is_none());
        let streams = self.streams.iter().filter(|seen| !seen.is_silent(&others, now));
        let slots = endpoints.filter_map(|seen| seen.shows(now));
        let slots: Vec<_> = slots.chain(streams.filter_map(|seen| seen.shows(now))).collect();
        let before = self.frontier;
        self.frontier = match slots.len() {
            // Of two, the one that has stopped is more often wrong than the one that goes on.
            0..=2 => slots.into_iter().max().unwrap_or(before),
            _ => agreed(slots).unwrap_or(before),
        };
        if self.frontier > before {
            self.frontier_moved = now;
        }
    }

    /// Judges all that was seen, at `now` of the same clock.
    pub fn judge(&self, venue: &Venue, now: Millis) -> Diagnosis {
        let others = self.others(now);
        let endpoints: Vec<_> =
            self.endpoints.iter().map(|seen| seen.fault(&others, now)).collect();
        let silent: Vec<_> = self.streams.iter().map(|seen| seen.is_silent(&others, now)).collect();
        let pace = self.pace(&endpoints, &silent, now);
        let class = self.class(venue, &endpoints, &silent, pace, now);
        let witnesses = self.of_use(&others, now).count();
        Diagnosis { class, endpoints, silent, pace, witnesses }
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
        let contradicted = faults.contains(&Some(EndpointFault::Absurd))
            && faults.iter().all(Option::is_some)
            && faults.len() > 1;
        if venue.disputed || contradicted {
            return ChainCondition::Disputed;
        }
        let stands = now.since(self.frontier_moved) >= HALT;
        let standing = self.endpoints.iter().filter(|seen| seen.stands_at(self.frontier, now));
        let agree = standing.count();
        // One that counts on alone does not hide a halt from three.
        let beyond = self.others(now).beyond(self.frontier);
        if stands && agree >= 2 && (beyond == 0 || beyond == 1 && agree >= 3) {
            return ChainCondition::Halt;
        }
        if stands || faults.iter().all(Option::is_some) {
            return ChainCondition::RpcStale;
        }
        let most = |is_so: &dyn Fn(&Endpoint) -> bool| self.most(faults, is_so);
        let restarted = |seen: &Endpoint| seen.last.restart_slot > venue.restart_slot;
        if venue.baseline_us > 0 && most(&restarted) {
            return ChainCondition::Restart;
        }
        if most(&|seen| seen.has_expired_blockhash(now)) {
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

    /// Whether something is so at more than half of the endpoints of use.
    fn most(&self, faults: &[Option<EndpointFault>], is_so: &dyn Fn(&Endpoint) -> bool) -> bool {
        let pairs = self.endpoints.iter().zip(faults);
        let usable: Vec<_> =
            pairs.filter(|(_, fault)| fault.is_none()).map(|(seen, _)| seen).collect();
        usable.iter().filter(|seen| is_so(seen)).count() * 2 > usable.len()
    }

    /// The pace of the window as the sources of use saw it: slots and blocks each by the one in the
    /// middle, so that one that miscounts changes neither.
    fn pace(&self, faults: &[Option<EndpointFault>], silent: &[bool], now: Millis) -> Option<Pace> {
        // Until every source has been watched for long enough, a few of them would be all.
        if now.since(self.begun) < WINDOW.after(WATCHED) {
            return None;
        }
        let pairs = self.endpoints.iter().zip(faults);
        let usable = pairs.filter(|(_, fault)| fault.is_none()).map(|(seen, _)| seen);
        let mut paces: Vec<_> = usable.filter_map(|seen| seen.pace(now)).collect();
        let streams = self.streams.iter().zip(silent);
        let telling = streams.filter(|(_, silent)| !**silent).map(|(seen, _)| seen);
        paces.extend(telling.filter_map(|seen| seen.pace(now)));
        let time = paces.first()?.time;
        let level = |count: u64, over: Millis| {
            let scaled = u128::from(count) * u128::from(time.0) / u128::from(over.0.max(1));
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        let slots = agreed(paces.iter().map(|pace| level(pace.slots, pace.time)))?;
        let made = agreed(paces.iter().map(|pace| level(pace.made, pace.time)))?;
        Some(Pace { time, slots, made: made.min(slots) })
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
