use anchor_lang::prelude::*;
use pyth_sdk_solana::state::{PriceStatus, load_price_account};

use super::{Provider, Reading, quote};
use crate::error::HoldfastError;

/// Pyth's price account program on mainnet (Pyth's documentation, "Contract addresses").
pub const PYTH_PRICE_PROGRAM: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvaGnQBRArCwg8ZGnUNtcJ5wzcv");

/// Price components of a Solana price account, all before the fields of other chains.
const COMPONENTS: usize = 32;

/// Reads a price account. Only a trading aggregate counts, because an older one is out of date.
pub fn read(feed: &AccountInfo) -> Result<Reading> {
    let data = feed.try_borrow_data()?;
    let account = load_price_account::<COMPONENTS, ()>(&data)
        .map_err(|_| error!(HoldfastError::UnreadableFeed))?;
    require!(account.agg.status == PriceStatus::Trading, HoldfastError::UnreadableFeed);
    Ok(Reading {
        provider: Provider::PythPriceAccount,
        id: feed.key.to_bytes(),
        quote: quote(account.agg.price, account.agg.conf, account.expo, account.timestamp)?,
    })
}
