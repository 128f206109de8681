use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use holdfast_risk::chain::fuse::{BLOWS_KEPT, Blow, Blows, Fuses};
use holdfast_risk::chain::health::{
    ChainSample, Monitor, ProviderTimes, State, Thresholds, proven_time,
};
use holdfast_risk::pool::request::Closure;
use holdfast_risk::{Bps, Millis};

use super::{HEALTH_SAMPLES, Market};
use crate::error::OrRefuse;

/// What the program has seen of the chain: one per exchange. Address: `["health"]`.
///
/// Holds: neither the last look's time nor its slot ever falls, and samples lie at least two
/// seconds apart.
#[account(zero_copy)]
pub struct ChainHealth {
    /// Layout version, for readers off chain: the program writes it and does not look at it.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Index of the newest sample.
    pub newest: u8,
    /// Samples taken, up to the ring's length.
    pub count: u8,
    /// Explicit padding.
    pub padding: [u8; 4],
    /// What the venue remembers of the chain.
    pub monitor: MonitorState,
    /// When states are entered and left.
    pub thresholds: ThresholdsState,
    /// Newest verified publish times of each provider, by provider code.
    pub published: [ProviderTimesState; 8],
    /// Ring of samples: the evidence.
    pub samples: [SampleState; HEALTH_SAMPLES],
    /// What guardians have taken away for a time.
    pub fuse: FuseState,
    /// When the chain last allowed again what it does not allow in Shelter and Thaw, milliseconds.
    pub recovered_ms: u64,
    /// The last look before it no longer did, milliseconds: of several such times within ten minutes of
    /// each other, before the first.
    pub closed_ms: u64,
    /// Room for attesters.
    pub reserved: [u8; 104],
}

/// Fuses that guardians blew, as [`Fuses`] and [`Blows`].
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FuseState {
    /// A bit for each family, as long as a blow runs.
    pub families: u8,
    /// A bit for each family that each of the blows took away.
    pub blown: [u8; BLOWS_KEPT],
    /// Explicit padding.
    pub padding: [u8; 3],
    /// When they were blown.
    pub blows: [BlowState; BLOWS_KEPT],
}

/// A time for which guardians blew fuses, milliseconds of the cluster's clock.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BlowState {
    /// From this moment on.
    pub from_ms: u64,
    /// Up to this moment; zero where the place is free.
    pub until_ms: u64,
}

/// As [`Monitor`]; times in milliseconds.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MonitorState {
    /// State: see [`State`].
    pub state: u8,
    /// One when verified prices have told the time since the last disruption.
    pub proven: u8,
    /// Explicit padding.
    pub padding: [u8; 6],
    /// When the state was entered.
    pub since_ms: u64,
    /// When shelter ends at the earliest.
    pub until_ms: u64,
    /// When signals last were not good.
    pub unrest_ms: u64,
    /// The last disruption.
    pub last_disruption_ms: u64,
    /// When the last look was taken.
    pub seen_ms: u64,
    /// How far the venue's clock then led the cluster's.
    pub lead_ms: u64,
    /// Its slot.
    pub slot: u64,
    /// The newest `LastRestartSlot` that is known; `u64::MAX` when none is.
    pub restart_slot: u64,
    /// When the running window began.
    pub window_start_ms: u64,
    /// The slot it began in.
    pub window_slot: u64,
    /// Mean slot duration of the last whole window, microseconds.
    pub window_us: u32,
    /// What a slot usually takes, microseconds.
    pub baseline_us: u32,
}

/// As [`Thresholds`]: ratios in basis points, times in milliseconds.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable, AnchorSerialize, AnchorDeserialize,
)]
pub struct ThresholdsState {
    /// Slot duration that strains.
    pub slow_bps: u16,
    /// Slot duration below which strain ends.
    pub slow_over_bps: u16,
    /// Slot duration that is a disruption.
    pub crawling_bps: u16,
    /// Skip rate that strains.
    pub skipping_bps: u16,
    /// Skip rate below which strain ends.
    pub skipping_over_bps: u16,
    /// Skip rate that is a disruption.
    pub failing_bps: u16,
    /// Time without a sample that is a disruption; zero, as accounts from before this field have it,
    /// stands for the preset.
    pub blackout_ms: u32,
    /// Time missing between two samples that is a halt.
    pub gap_ms: u64,
    /// Time without a sample that strains.
    pub silence_ms: u64,
    /// How long signals must be good.
    pub hold_ms: u64,
    /// Shelter after a disruption.
    pub grace_ms: u64,
    /// Shelter after a restart.
    pub restart_grace_ms: u64,
    /// Length of the thaw.
    pub thaw_ms: u64,
}

/// As [`ProviderTimes`], in milliseconds.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ProviderTimesState {
    /// The provider's identifier of the feed that published last.
    pub feed: [u8; 32],
    /// When it did.
    pub newest_ms: u64,
    /// The newest publish time among its other feeds.
    pub other_ms: u64,
}

/// One look at the sysvars.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SampleState {
    /// Slot of the sample.
    pub slot: u64,
    /// `Clock.unix_timestamp`, in milliseconds.
    pub clock_ms: u64,
    /// The venue's clock, milliseconds.
    pub now_ms: u64,
    /// `LastRestartSlot`; `u64::MAX` when unknown.
    pub last_restart_slot: u64,
    /// Slots skipped over the newest 128 blocks; `u64::MAX` when unknown.
    pub skipped: u64,
}

/// What stands for a slot, or a number of slots, that is not known.
const UNKNOWN: u64 = u64::MAX;

const _: () = assert!(size_of::<ChainHealth>() == 8 + 96 + 64 + 8 * 48 + 64 * 40 + 72 + 16 + 104);

impl ChainHealth {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"health";

    /// Keeps a look and what the venue remembers after it.
    pub fn keep(&mut self, seen: &ChainSample, after: &Monitor) {
        self.remember(after);
        self.push(SampleState::from(seen));
    }

    /// Keeps what the venue remembers of the chain, and since when pools are closed.
    pub fn remember(&mut self, after: &Monitor) {
        let closure = self.closure().step(&Monitor::from(&self.monitor), after);
        (self.closed_ms, self.recovered_ms) = (closure.from.0, closure.until.0);
        self.monitor = MonitorState::from(after);
    }

    /// When the chain last let no pool change.
    pub fn closure(&self) -> Closure {
        Closure { from: Millis(self.closed_ms), until: Millis(self.recovered_ms) }
    }

    /// Puts a sample into the ring, over the oldest.
    fn push(&mut self, sample: SampleState) {
        let next =
            if self.count == 0 { 0 } else { (usize::from(self.newest) + 1) % HEALTH_SAMPLES };
        self.samples[next] = sample;
        self.newest = next as u8;
        self.count = self.count.saturating_add(1).min(HEALTH_SAMPLES as u8);
    }

    /// Notes when each of a market's feeds last published, and says whether that was news.
    pub fn learn(&mut self, market: &Market) -> bool {
        let mut learned = false;
        for feed in market.feeds.iter().take(usize::from(market.feed_count)) {
            if let Some(published) = self.published.get_mut(usize::from(feed.provider)) {
                let mut times = ProviderTimes::from(&*published);
                times.learn(feed.id, Millis(feed.seen_ms));
                learned |= times != ProviderTimes::from(&*published);
                *published = ProviderTimesState::from(&times);
            }
        }
        learned
    }

    /// The publish time that providers prove at `clock`, the cluster's. Who had published nothing for a
    /// blackout before the last look has no say.
    pub fn proven(&self, clock: Millis) -> Millis {
        let looked = clock.0.min(self.monitor.seen_ms);
        let blackout = Thresholds::from(&self.thresholds).blackout;
        let providers = self.published.map(|times| ProviderTimes::from(&times));
        proven_time(&providers, Millis(looked.saturating_sub(blackout.0)))
    }
}

impl FuseState {
    /// What is taken away at a moment of the cluster's clock.
    pub fn fuses(&self, now: Millis) -> Fuses {
        let families = Fuses::from_bits(self.families);
        if families != Fuses::NONE && self.times().is_blown(now) { families } else { Fuses::NONE }
    }

    /// Blows more at `now`, for so long; says until when.
    pub fn blow(&mut self, fuses: Fuses, now: Millis, lasts: Millis) -> Result<Millis> {
        let running = self.fuses(now);
        let blown = running.or(fuses);
        let times = self.times().blow(blown, now, lasts).into_program_error()?;
        self.families = blown.bits();
        self.blown = times.0.map(|blow| blow.fuses.bits());
        self.blows = times.0.map(|blow| BlowState { from_ms: blow.from.0, until_ms: blow.until.0 });
        let until = times.0.iter().find(|blow| blow.from <= now && now < blow.until);
        Ok(until.map_or(now, |blow| blow.until))
    }

    /// When guardians blew fuses, on the cluster's clock.
    pub fn times(&self) -> Blows {
        Blows(core::array::from_fn(|index| {
            let (BlowState { from_ms, until_ms }, fuses) = (self.blows[index], self.blown[index]);
            Blow { from: Millis(from_ms), until: Millis(until_ms), fuses: Fuses::from_bits(fuses) }
        }))
    }
}

impl From<&ProviderTimesState> for ProviderTimes {
    fn from(state: &ProviderTimesState) -> Self {
        let (newest, other) = (Millis(state.newest_ms), Millis(state.other_ms));
        Self { feed: state.feed, newest, other }
    }
}

impl From<&ProviderTimes> for ProviderTimesState {
    fn from(times: &ProviderTimes) -> Self {
        Self { feed: times.feed, newest_ms: times.newest.0, other_ms: times.other.0 }
    }
}

impl From<&ChainSample> for SampleState {
    fn from(seen: &ChainSample) -> Self {
        Self {
            slot: seen.slot,
            clock_ms: seen.clock.0,
            now_ms: seen.now.0,
            last_restart_slot: seen.restart_slot.unwrap_or(UNKNOWN),
            skipped: seen.skipped.unwrap_or(UNKNOWN),
        }
    }
}

impl From<&MonitorState> for Monitor {
    fn from(state: &MonitorState) -> Self {
        Self {
            state: State::from_code(state.state),
            since: Millis(state.since_ms),
            until: Millis(state.until_ms),
            unrest: Millis(state.unrest_ms),
            last_disruption: Millis(state.last_disruption_ms),
            proven: state.proven == 1,
            seen: Millis(state.seen_ms),
            lead: Millis(state.lead_ms),
            slot: state.slot,
            restart_slot: Some(state.restart_slot).filter(|slot| *slot != UNKNOWN),
            window_start: Millis(state.window_start_ms),
            window_slot: state.window_slot,
            window_us: state.window_us,
            baseline_us: state.baseline_us,
        }
    }
}

impl From<&Monitor> for MonitorState {
    fn from(monitor: &Monitor) -> Self {
        Self {
            state: monitor.state as u8,
            proven: monitor.proven.into(),
            padding: [0; 6],
            since_ms: monitor.since.0,
            until_ms: monitor.until.0,
            unrest_ms: monitor.unrest.0,
            last_disruption_ms: monitor.last_disruption.0,
            seen_ms: monitor.seen.0,
            lead_ms: monitor.lead.0,
            slot: monitor.slot,
            restart_slot: monitor.restart_slot.unwrap_or(UNKNOWN),
            window_start_ms: monitor.window_start.0,
            window_slot: monitor.window_slot,
            window_us: monitor.window_us,
            baseline_us: monitor.baseline_us,
        }
    }
}

impl From<&ThresholdsState> for Thresholds {
    fn from(state: &ThresholdsState) -> Self {
        Self {
            slow: Bps(state.slow_bps),
            slow_over: Bps(state.slow_over_bps),
            crawling: Bps(state.crawling_bps),
            skipping: Bps(state.skipping_bps),
            skipping_over: Bps(state.skipping_over_bps),
            failing: Bps(state.failing_bps),
            gap: Millis(state.gap_ms),
            silence: Millis(state.silence_ms),
            blackout: match state.blackout_ms {
                0 => Self::default().blackout,
                ms => Millis(ms.into()),
            },
            hold: Millis(state.hold_ms),
            grace: Millis(state.grace_ms),
            restart_grace: Millis(state.restart_grace_ms),
            thaw: Millis(state.thaw_ms),
        }
    }
}

impl From<&Thresholds> for ThresholdsState {
    fn from(limits: &Thresholds) -> Self {
        Self {
            slow_bps: limits.slow.0,
            slow_over_bps: limits.slow_over.0,
            crawling_bps: limits.crawling.0,
            skipping_bps: limits.skipping.0,
            skipping_over_bps: limits.skipping_over.0,
            failing_bps: limits.failing.0,
            blackout_ms: u32::try_from(limits.blackout.0).unwrap_or(u32::MAX),
            gap_ms: limits.gap.0,
            silence_ms: limits.silence.0,
            hold_ms: limits.hold.0,
            grace_ms: limits.grace.0,
            restart_grace_ms: limits.restart_grace.0,
            thaw_ms: limits.thaw.0,
        }
    }
}
