//! Switchboard On-Demand, read from its pull feed accounts.

use anchor_lang::prelude::*;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};
use solana_sha256_hasher::hashv;

use super::{Provider, Reading, bytes, from_eighteen_decimals};
use crate::error::{HoldfastError, OrRefuse};

/// Switchboard On-Demand's program on mainnet (crate switchboard-on-demand 0.13.0, `program_id`).
pub const SWITCHBOARD_PROGRAM: Pubkey = pubkey!("SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv");

/// What a pull feed's account begins with.
pub const DISCRIMINATOR: [u8; 8] = [196, 27, 108, 196, 10, 215, 219, 40];
/// Submissions an account holds.
const SUBMISSIONS: usize = 32;

/// Where `PullFeedAccountData` of switchboard-on-demand 0.13.0 keeps what is read here, from the
/// account's first byte. The crate's own type is not used on chain: it asks for 16-byte alignment,
/// which account data does not have. A test compares the two.
pub mod layout {
    /// Length of an account.
    pub const LENGTH: usize = 3_208;
    /// The queue whose oracles may submit.
    pub const QUEUE: usize = 2_088;
    /// Hash of the jobs the oracles run.
    pub const FEED_HASH: usize = 2_120;
    /// Most variance among submissions for a result, a `u64`, and the fewest responses, a `u32`.
    pub const VARIANCE_AND_RESPONSES: core::ops::Range<usize> = 2_168..2_180;
    /// Whether the feed's authority may write values by itself.
    pub const WRITE_BY_AUTHORITY: usize = 2_213;
    /// Samples a result needs.
    pub const MIN_SAMPLE_SIZE: usize = 2_215;
    /// Median of the samples, an `i128`.
    pub const VALUE: usize = 2_264;
    /// Their standard deviation, an `i128`.
    pub const STD_DEV: usize = 2_280;
    /// How many there are.
    pub const NUM_SAMPLES: usize = 2_360;
    /// Which submission the result is.
    pub const SUBMISSION_INDEX: usize = 2_361;
    /// How old a submission may be, in slots, to be among the samples, a `u32`.
    pub const MAX_STALENESS: core::ops::Range<usize> = 2_392..2_396;
    /// Unix time of each submission, in seconds, signed by its oracle.
    pub const TIMESTAMPS: usize = 2_952;
}

/// Fewest samples of a result: the median of three is never one oracle's word alone.
const LEAST_SAMPLES: u8 = 3;

/// Reads a pull feed. Its result counts with all the samples it asks for, and not at all where the
/// feed's authority could write one by itself.
pub fn read(feed: &AccountInfo) -> Result<Reading> {
    let data = feed.try_borrow_data()?;
    let known = data.len() >= layout::LENGTH && data[..8] == DISCRIMINATOR;
    require!(known, HoldfastError::UnreadableFeed);
    let byte = |at: usize| data[at];
    let sampled = byte(layout::NUM_SAMPLES) >= byte(layout::MIN_SAMPLE_SIZE).max(LEAST_SAMPLES);
    let submission = usize::from(byte(layout::SUBMISSION_INDEX));
    let by_oracles = byte(layout::WRITE_BY_AUTHORITY) == 0;
    let counts = sampled && by_oracles && submission < SUBMISSIONS;
    require!(counts, HoldfastError::UnreadableFeed);
    let seconds = i64::from_le_bytes(bytes(&data, layout::TIMESTAMPS + 8 * submission));
    let scaled = |at: usize| from_eighteen_decimals(i128::from_le_bytes(bytes(&data, at)));
    let (price, _) = scaled(layout::VALUE).into_program_error()?;
    let confidence = scaled(layout::STD_DEV)
        .map_or(u64::MAX, |(whole, rest)| whole.saturating_add(u64::from(rest > 0)));
    Ok(Reading {
        provider: Provider::Switchboard,
        id: identity(feed.key, &data),
        quote: Quote {
            price: Price(price),
            confidence: Price(confidence),
            published: Millis(u64::try_from(seconds).unwrap_or_default().saturating_mul(1_000)),
        },
    })
}

/// What a market lists as the id of the feed at `address` with this account data: the address together
/// with everything that decides whose word becomes a price. That is the queue and the jobs, and how
/// many samples a result needs, how far apart and how old they may be. An authority who changes any of
/// it silences the feed, instead of pricing something else or letting one oracle be the price.
///
/// The data has to be as long as an account is.
pub fn identity(address: &Pubkey, data: &[u8]) -> [u8; 32] {
    hashv(&[
        address.as_ref(),
        &data[layout::QUEUE..layout::QUEUE + 32],
        &data[layout::FEED_HASH..layout::FEED_HASH + 32],
        &data[layout::VARIANCE_AND_RESPONSES],
        &data[layout::MIN_SAMPLE_SIZE..=layout::MIN_SAMPLE_SIZE],
        &data[layout::MAX_STALENESS],
    ])
    .to_bytes()
}
