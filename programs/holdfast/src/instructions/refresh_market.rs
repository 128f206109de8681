use anchor_lang::prelude::*;
use holdfast_risk::refresh::{Conditions, refresh};
use holdfast_risk::terms::MarketTerms;
use holdfast_risk::{Millis, Price, Size, Usd, exposure};

use crate::clock::cluster_clock;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::MarketRefreshed;
use crate::oracle::{self, Reading};
use crate::state::{FeedState, Market, Silo};

/// Accounts of `refresh_market`; the market's feed accounts follow. Anyone may call it.
#[derive(Accounts)]
pub struct RefreshMarket<'info> {
    /// The market's silo, whose utilisation sets the borrow fee.
    pub silo: AccountLoader<'info, Silo>,
    /// The market.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub market: AccountLoader<'info, Market>,
}

/// Reads the feeds, stores their readings, remembers the aggregated price, and accrues funding,
/// borrow fee and volatility: the one place where feeds are read.
pub fn refresh_market<'info>(ctx: Context<'info, RefreshMarket<'info>>) -> Result<()> {
    let clock = cluster_clock()?;
    let silo = ctx.accounts.silo.load()?;
    let mut market = ctx.accounts.market.load_mut()?;
    let mut taking_part = 0;
    for feed in ctx.remaining_accounts {
        taking_part |= take_reading(&mut market, &oracle::read(feed)?, clock)?;
    }
    require!(taking_part != 0, HoldfastError::WrongFeed);
    let newest = market.feeds[0];
    let (price, published) = (Price(newest.price), Millis(newest.published_ms));
    market.push_price(price, published);
    let conditions = Conditions {
        skew: exposure::skew(Size(market.longs.size), Size(market.shorts.size)).or_refuse()?,
        open: Usd(silo.open_notional),
        liquidity: Usd(silo.ledger.liquidity),
    };
    let terms = MarketTerms::from(&market.terms);
    let now = market.now(clock);
    let accruals = refresh(&market.accruals(), conditions, price, now, &terms).or_refuse()?;
    market.set_accruals(&accruals);
    emit!(MarketRefreshed {
        market: ctx.accounts.market.key(),
        price: price.0,
        published_ms: published.0,
        feeds: taking_part,
        funding_rate: accruals.funding.rate.0,
        carry_long: accruals.carry_long.0,
        carry_short: accruals.carry_short.0,
    });
    Ok(())
}

/// Stores a reading that counts in its feed's slot and says which, as a bit.
fn take_reading(market: &mut Market, reading: &Reading, clock: Millis) -> Result<u8> {
    let limits = market.terms.quotes();
    let feeds = market.feeds.iter_mut().take(usize::from(market.feed_count)).enumerate();
    for (index, feed) in feeds {
        if feed.provider != reading.provider as u8 || feed.id != reading.id {
            continue;
        }
        let quote = &reading.quote;
        quote.check(Millis(feed.published_ms), clock, limits).or_refuse()?;
        *feed = FeedState {
            price: quote.price.0,
            confidence: quote.confidence.0,
            published_ms: quote.published.0,
            ..*feed
        };
        return Ok(1 << index);
    }
    err!(HoldfastError::WrongFeed)
}
