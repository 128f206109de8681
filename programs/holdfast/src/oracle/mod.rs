//! Reading price feeds: one adapter per provider, each turning a feed account into a provider's
//! identifier and a [`Quote`]. `holdfast_risk::market::reading` decides whether the quote counts.

mod pyth_price_account;
mod pyth_pull;
pub mod stork;
pub mod switchboard;

use anchor_lang::prelude::*;
use holdfast_risk::market::reading::{Quote, six_decimals};
use holdfast_risk::math::{Overflow, Rounding, divide};
use holdfast_risk::{Millis, Price};

use crate::error::{HoldfastError, OrRefuse};

pub use pyth_price_account::PYTH_PRICE_PROGRAM;
pub use stork::STORK_PROGRAM;
pub use switchboard::SWITCHBOARD_PROGRAM;

/// Where a feed comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Pyth's pull oracle: `PriceUpdateV2` accounts; the id is the feed id.
    PythPull = 1,
    /// Pyth's price accounts; the id is the account's address.
    PythPriceAccount = 2,
    /// Switchboard On-Demand's pull feeds; the id is the SHA-256 of the account and of what decides
    /// whose word becomes its result: see `switchboard::identity`.
    Switchboard = 3,
    /// Stork's feeds; the id is the Keccak-256 of the asset's name.
    Stork = 4,
}

/// A feed account's content.
pub struct Reading {
    /// Who published it.
    pub provider: Provider,
    /// The provider's identifier of the feed.
    pub id: [u8; 32],
    /// What it says.
    pub quote: Quote,
}

impl Provider {
    /// The provider stored in a market as `code`.
    pub fn from_code(code: u8) -> Result<Self> {
        match code {
            1 => Ok(Self::PythPull),
            2 => Ok(Self::PythPriceAccount),
            3 => Ok(Self::Switchboard),
            4 => Ok(Self::Stork),
            _ => err!(HoldfastError::UnknownProvider),
        }
    }

    /// Whose feed an account is, told by its owner, which only the provider's program can be.
    pub fn from_feed(feed: &AccountInfo) -> Result<Self> {
        match *feed.owner {
            owner if owner == pyth_solana_receiver_sdk::ID => Ok(Self::PythPull),
            PYTH_PRICE_PROGRAM => Ok(Self::PythPriceAccount),
            SWITCHBOARD_PROGRAM => Ok(Self::Switchboard),
            STORK_PROGRAM => Ok(Self::Stork),
            _ => err!(HoldfastError::WrongFeed),
        }
    }

    /// Reads one of this provider's feed accounts.
    pub fn read(self, feed: &AccountInfo) -> Result<Reading> {
        match self {
            Self::PythPull => pyth_pull::read(feed),
            Self::PythPriceAccount => pyth_price_account::read(feed),
            Self::Switchboard => switchboard::read(feed),
            Self::Stork => stork::read(feed),
        }
    }
}

/// A provider's fixed-point numbers as a quote. The price rounds down and the confidence up; a
/// negative price counts as none.
///
/// # Errors
/// When the price does not fit.
pub fn quote(price: i64, confidence: u64, exponent: i32, publish_time: i64) -> Result<Quote> {
    let mantissa = u64::try_from(price).unwrap_or_default();
    let published = u64::try_from(publish_time).unwrap_or_default().saturating_mul(1_000);
    Ok(Quote {
        price: six_decimals(mantissa, exponent, Rounding::Down).into_program_error()?,
        confidence: six_decimals(confidence, exponent, Rounding::Up).unwrap_or(Price(u64::MAX)),
        published: Millis(published),
    })
}

/// A value of 18 decimals in six, rounded down, and what is left over; a negative one counts as none.
fn from_eighteen_decimals(value: i128) -> core::result::Result<(u64, u64), Overflow> {
    const SCALE: u64 = 1_000_000_000_000;
    divide(value.max(0).unsigned_abs(), SCALE)
}

/// `N` bytes from `at`, which the caller has checked to be there.
fn bytes<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    core::array::from_fn(|index| data[at + index])
}
