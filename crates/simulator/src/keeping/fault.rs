//! What can fail between a keeper and the chain.

use holdfast_keeper_core::witness::Source;
use rand::Rng;
use rand_chacha::ChaCha20Rng;

use super::lie::Lie;

/// One thing that fails, in one or in every place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An endpoint answers, and what it shows stands still.
    Frozen(usize),
    /// All endpoints do.
    AllFrozen,
    /// An endpoint shows the chain this many blocks ago.
    Stale(usize, usize),
    /// An endpoint answers 429, or 500, or not at all.
    Refusing(usize),
    /// All endpoints do.
    AllRefusing,
    /// An endpoint answers with garbage.
    Garbage(usize),
    /// All answers are late by up to this many milliseconds.
    Slow(u64),
    /// Streams say nothing.
    Silent,
    /// Streams are closed again and again.
    Closing,
    /// Streams leave out one message in this many.
    Dropping(u32),
    /// Streams say things twice.
    Duplicating,
    /// What streams say is late by up to this many milliseconds, each message by another.
    Reordering(u64),
    /// Two transactions in three are lost.
    Losing,
    /// Simulations are never answered.
    Unsimulated,
    /// An endpoint says of every simulation that it is refused.
    Misjudging(usize),
    /// The chain stands still.
    Halt,
    /// Half of the slots are skipped.
    Skipping,
    /// Slots take twice as long.
    SlowSlots,
    /// Blocks are abandoned, this many at a time, every few seconds.
    Forking(usize),
    /// Feeds publish nothing.
    NoPrices,
    /// Endpoints go on giving out one blockhash.
    OneBlockhash,
    /// An endpoint or a stream lies.
    Lies(Source, Lie),
}

/// What fails now.
#[derive(Clone, Debug, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Whether something fails.
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// What a source says that is not so.
    pub fn lies(&self, source: Source) -> Vec<Lie> {
        let lie = |fault: &Fault| match fault {
            Fault::Lies(liar, lie) if *liar == source => Some(*lie),
            _ => None,
        };
        self.0.iter().filter_map(lie).collect()
    }

    /// Whether a source says one thing that is not so.
    pub fn tells(&self, source: Source, lie: Lie) -> bool {
        self.has(Fault::Lies(source, lie))
    }

    /// Whether an endpoint stands still.
    pub fn is_frozen(&self, endpoint: usize) -> bool {
        let lies = self.tells(Source::Endpoint(endpoint), Lie::Freezes);
        lies || self.has(Fault::AllFrozen) || self.has(Fault::Frozen(endpoint))
    }

    /// Whether an endpoint refuses.
    pub fn is_refusing(&self, endpoint: usize) -> bool {
        let lies = self.tells(Source::Endpoint(endpoint), Lie::Refuses);
        lies || self.has(Fault::AllRefusing) || self.has(Fault::Refusing(endpoint))
    }

    /// How many blocks behind an endpoint is.
    pub fn lag(&self, endpoint: usize, random: &mut ChaCha20Rng) -> usize {
        let lag = |fault: &Fault| match fault {
            Fault::Stale(which, blocks) if *which == endpoint => Some(*blocks),
            Fault::Lies(Source::Endpoint(which), lie) if *which == endpoint => match lie {
                Lie::LagsFar => Some(100),
                Lie::LagsALittle => Some(5),
                Lie::Jumps if random.random_ratio(1, 2) => Some(100),
                _ => None,
            },
            _ => None,
        };
        self.0.iter().find_map(lag).unwrap_or(0)
    }

    /// How late an answer is, milliseconds.
    pub fn delay(&self, random: &mut ChaCha20Rng) -> u64 {
        let late = |fault: &Fault| match fault {
            Fault::Slow(most) => Some(*most),
            _ => None,
        };
        let most = self.0.iter().find_map(late).unwrap_or(150);
        random.random_range(20..=most.max(21))
    }

    /// How late a stream's message is, milliseconds, or `None` when it is left out.
    pub fn message(&self, stream: usize, random: &mut ChaCha20Rng) -> Option<u64> {
        let mut late = 30;
        for fault in &self.0 {
            match fault {
                Fault::Lies(Source::Stream(which), lie) if *which == stream => match lie {
                    Lie::FallsSilent => return None,
                    Lie::LeavesMessagesOut if random.random_ratio(1, 3) => return None,
                    Lie::ComesLate => late = 2_000,
                    Lie::Shuffles => late = random.random_range(10..=2_000),
                    _ => {}
                },
                Fault::Silent => return None,
                Fault::Dropping(one_in) if random.random_ratio(1, *one_in) => return None,
                Fault::Reordering(most) => late = random.random_range(10..=*most),
                _ => {}
            }
        }
        Some(late)
    }
}
