use anchor_lang::prelude::*;
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};

use super::{Provider, Reading, quote};
use crate::error::HoldfastError;

/// Reads a `PriceUpdateV2` account. Stricter than the SDK's getters: only full verification
/// counts, and age, future and confidence are checked later by the market's own limits.
pub fn read(feed: &AccountInfo) -> Result<Reading> {
    let data = feed.try_borrow_data()?;
    let update = PriceUpdateV2::try_deserialize(&mut &data[..])
        .map_err(|_| error!(HoldfastError::UnreadableFeed))?;
    let verified = update.verification_level == VerificationLevel::Full;
    require!(verified, HoldfastError::UnreadableFeed);
    let message = &update.price_message;
    Ok(Reading {
        provider: Provider::PythPull,
        id: message.feed_id,
        quote: quote(message.price, message.conf, message.exponent, message.publish_time)?,
    })
}
