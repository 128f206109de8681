//! Is the chain all right? Any program can ask before it liquidates, settles or pays on a price.
//!
//! A Holdfast venue keeps an account with what its keepers have observed of the chain: how long slots
//! take, when it stood still, when it was restarted. A program passes that account and what its
//! sysvars say now, and gets a judgement. Both are needed: the account may be from before a halt that
//! nobody has recorded yet, and the sysvars alone do not say what is usual.
//!
//! ```
//! # use holdfast_beacon::{Beacon, Now, require_calm};
//! # fn liquidate(owner: [u8; 32], address: [u8; 32], data: &[u8], now: Now) -> Result<(), &'static str> {
//! let beacon = Beacon::read(&address, &owner, data).map_err(|_| "not the beacon")?;
//! require_calm!(beacon.judge(&now), "the chain was disrupted: wait");
//! // ... liquidate ...
//! # Ok(())
//! # }
//! ```
//!
//! The beacon tells facts and has no power: nobody can make it call a chain disrupted that runs, by
//! leaving it alone least of all. A sample that is stale reads as [`State::Strained`], for however
//! long nobody observes; only time that is missing, slots that take far too long, leaders that fail
//! and a restart read as [`State::Shelter`]. After a disruption it loosens by time alone, as the
//! samples show it, and reads as it was last observed until they do.
//!
//! No Solana type is in it, so it fits programs of every framework and version.
#![no_std]

use holdfast_risk::chain::health::{ChainSample, Monitor, Thresholds};
use holdfast_risk::{Bps, Millis};

pub use holdfast_risk::chain::health::State;

/// Address of the venue's program.
pub const PROGRAM: [u8; 32] = [
    76, 89, 169, 83, 10, 6, 75, 250, 200, 255, 190, 200, 143, 70, 7, 232, 205, 86, 14, 208, 26, 87,
    54, 35, 105, 79, 241, 86, 88, 3, 195, 246,
];
/// Address of its account of the chain's health.
pub const HEALTH: [u8; 32] = [
    177, 212, 183, 1, 134, 68, 193, 205, 89, 104, 171, 228, 144, 246, 87, 38, 219, 216, 96, 133,
    179, 171, 31, 252, 139, 164, 17, 52, 222, 29, 96, 21,
];

/// What the account begins with: Anchor's discriminator and the layout version.
const BEGINS: [u8; 9] = [156, 148, 161, 185, 73, 76, 9, 102, 1];
/// Bytes of it that are read.
const READ: usize = 176;
/// What stands for a slot that is not known.
const UNKNOWN: u64 = u64::MAX;

/// Why an account is not the beacon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTheBeacon {
    /// It lies at another address than [`HEALTH`].
    Address,
    /// It belongs to another program than [`PROGRAM`].
    Owner,
    /// Its layout is not one that this version reads.
    Layout,
}

/// What the chain says of itself now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// `Clock.slot`.
    pub slot: u64,
    /// `Clock.unix_timestamp`.
    pub unix_timestamp: i64,
    /// `LastRestartSlot`; `None` where the cluster has none, or it was not read.
    pub last_restart_slot: Option<u64>,
}

/// What was last observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beacon {
    monitor: Monitor,
    thresholds: Thresholds,
}

/// What a beacon and the sysvars come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The state: the stricter of what was observed and of what the sysvars say.
    pub state: State,
    /// The state as it was last observed.
    pub observed: State,
    /// How long ago that was, milliseconds.
    pub age_ms: u64,
    /// When the chain was last disrupted, milliseconds since 1970; zero when it has not been seen to
    /// be. Prices published before are history.
    pub last_disruption_ms: u64,
    /// What a slot usually takes, microseconds.
    pub slot_us: u32,
}

impl Judgement {
    /// Whether nothing is wrong, or only a reason for more care: the chain was not disrupted, and has
    /// recovered from the last time that it was.
    pub fn is_calm(&self) -> bool {
        self.state < State::Thaw
    }
}

impl Judgement {
    /// Bytes of what the venue's instruction `chain_state` returns.
    pub const RETURNED: usize = 22;

    /// The judgement in the return data of `chain_state`, for a program that calls it or a client
    /// that simulates it; `None` where the bytes are something else. That they are the venue's, the
    /// caller checks by the program id that comes with them.
    pub fn returned(data: &[u8]) -> Option<Self> {
        let data: &[u8; Self::RETURNED] = data.try_into().ok()?;
        let [state, observed, rest @ ..] = data;
        let (age, rest) = rest.split_first_chunk()?;
        let (last_disruption, slot) = rest.split_first_chunk()?;
        Some(Self {
            state: State::from_code(*state),
            observed: State::from_code(*observed),
            age_ms: u64::from_le_bytes(*age),
            last_disruption_ms: u64::from_le_bytes(*last_disruption),
            slot_us: u32::from_le_bytes(slot.try_into().ok()?),
        })
    }
}

/// Returns an error unless the chain is calm: not disrupted and not recovering.
///
/// Takes a [`Judgement`] and the error.
#[macro_export]
macro_rules! require_calm {
    ($judgement:expr, $error:expr $(,)?) => {
        if !$crate::Judgement::is_calm(&$judgement) {
            return Err($error.into());
        }
    };
}

impl Beacon {
    /// Reads the account at `address` that belongs to `owner`.
    ///
    /// # Errors
    /// [`NotTheBeacon`] where anything else was passed.
    pub fn read(address: &[u8; 32], owner: &[u8; 32], data: &[u8]) -> Result<Self, NotTheBeacon> {
        if *address != HEALTH {
            return Err(NotTheBeacon::Address);
        }
        if *owner != PROGRAM {
            return Err(NotTheBeacon::Owner);
        }
        if !data.starts_with(&BEGINS) {
            return Err(NotTheBeacon::Layout);
        }
        let data = data.first_chunk::<READ>().ok_or(NotTheBeacon::Layout)?;
        Ok(Self { monitor: monitor(data), thresholds: thresholds(data) })
    }

    /// What was observed against what the chain says now. Beside a clock that was never set, the state
    /// is the one observed and `age_ms` is zero, because nothing says how long ago that was.
    pub fn judge(&self, now: &Now) -> Judgement {
        let seconds = u64::try_from(now.unix_timestamp).unwrap_or_default();
        let clock = Millis::SECOND.times(seconds);
        let seen = ChainSample {
            slot: now.slot,
            clock,
            now: self.monitor.now(clock, now.slot, Millis(0)),
            restart_slot: now.last_restart_slot.filter(|slot| *slot <= now.slot),
            ..ChainSample::default()
        };
        let guarded = self.monitor.guard(&seen, &self.thresholds);
        Judgement {
            state: guarded.state,
            observed: self.monitor.state,
            age_ms: seen.now.since(self.monitor.seen).0,
            last_disruption_ms: guarded.last_disruption.0,
            slot_us: self.monitor.baseline_us,
        }
    }
}

/// Bytes from `at` on.
fn bytes<const LENGTH: usize>(data: &[u8; READ], at: usize) -> [u8; LENGTH] {
    data.get(at..).and_then(|rest| rest.first_chunk().copied()).unwrap_or([0; LENGTH])
}

fn millis(data: &[u8; READ], at: usize) -> Millis {
    Millis(number(data, at))
}

fn number(data: &[u8; READ], at: usize) -> u64 {
    u64::from_le_bytes(bytes(data, at))
}

fn word(data: &[u8; READ], at: usize) -> u32 {
    u32::from_le_bytes(bytes(data, at))
}

fn bps(data: &[u8; READ], at: usize) -> Bps {
    Bps(u16::from_le_bytes(bytes(data, at)))
}

fn monitor(data: &[u8; READ]) -> Monitor {
    let [state, proven] = bytes(data, 16);
    Monitor {
        state: State::from_code(state),
        proven: proven == 1,
        since: millis(data, 24),
        until: millis(data, 32),
        unrest: millis(data, 40),
        last_disruption: millis(data, 48),
        seen: millis(data, 56),
        lead: millis(data, 64),
        slot: number(data, 72),
        restart_slot: Some(number(data, 80)).filter(|slot| *slot != UNKNOWN),
        window_start: millis(data, 88),
        window_slot: number(data, 96),
        window_us: word(data, 104),
        baseline_us: word(data, 108),
    }
}

/// The venue's, except that no silence is a disruption: that nobody observes is no fact about the
/// chain.
fn thresholds(data: &[u8; READ]) -> Thresholds {
    Thresholds {
        slow: bps(data, 112),
        slow_over: bps(data, 114),
        crawling: bps(data, 116),
        skipping: bps(data, 118),
        skipping_over: bps(data, 120),
        failing: bps(data, 122),
        blackout: Millis(u64::MAX),
        gap: millis(data, 128),
        silence: millis(data, 136),
        hold: millis(data, 144),
        grace: millis(data, 152),
        restart_grace: millis(data, 160),
        thaw: millis(data, 168),
    }
}
