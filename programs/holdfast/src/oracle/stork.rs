//! Stork, read from the feed accounts its program keeps.

use anchor_lang::prelude::*;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};

use super::{Provider, Reading, bytes, from_eighteen_decimals};
use crate::error::{HoldfastError, OrRefuse};

/// Stork's program on mainnet (crate stork-solana-sdk 0.0.7, `ID`).
pub const STORK_PROGRAM: Pubkey = pubkey!("stork1JUZMKYgjNagHiK2KdMmb42iTnYe9bYUCDUk8n");

/// What a feed's account begins with: `TemporalNumericValueFeed`.
pub const DISCRIMINATOR: [u8; 8] = [37, 166, 65, 196, 29, 105, 97, 161];

/// Where `TemporalNumericValueFeed` of stork-solana-sdk 0.0.7 keeps what is read here, from the
/// account's first byte. The crate itself is built on another major version of Anchor.
pub mod layout {
    /// Keccak-256 of the asset's name.
    pub const ID: usize = 8;
    /// When the value was signed, nanoseconds since 1970, a `u64`.
    pub const TIMESTAMP: usize = 40;
    /// The value with 18 decimals, an `i128`.
    pub const VALUE: usize = 48;
    /// Length of what is read; accounts are longer.
    pub const LENGTH: usize = 64;
}

/// Reads a feed. Its program stores a value only with Stork's signature and only when it is newer.
/// Stork states no confidence, so the value counts as exact.
pub fn read(feed: &AccountInfo) -> Result<Reading> {
    let data = feed.try_borrow_data()?;
    let known = data.len() >= layout::LENGTH && data[..8] == DISCRIMINATOR;
    require!(known, HoldfastError::UnreadableFeed);
    let value = i128::from_le_bytes(bytes(&data, layout::VALUE));
    let (price, _) = from_eighteen_decimals(value).into_program_error()?;
    let nanoseconds = u64::from_le_bytes(bytes(&data, layout::TIMESTAMP));
    Ok(Reading {
        provider: Provider::Stork,
        id: bytes(&data, layout::ID),
        quote: Quote {
            price: Price(price),
            confidence: Price(0),
            published: Millis(nanoseconds / 1_000_000),
        },
    })
}
