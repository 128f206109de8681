use anchor_lang::prelude::*;
use holdfast_risk::chain_health::State;
use holdfast_risk::quote::Refusal;
use holdfast_risk::refresh::{Conditions, refresh};
use holdfast_risk::terms::MarketTerms;
use holdfast_risk::{Millis, Price, Size, Usd, exposure};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::MarketRefreshed;
use crate::oracle::{self, Reading};
use crate::state::{ChainHealth, FeedState, Market, Silo};

/// Accounts of `refresh_market`; the market's feed accounts follow. Anyone may call it.
#[derive(Accounts)]
pub struct RefreshMarket<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The market's silo, whose utilisation sets the borrow fee.
    pub silo: AccountLoader<'info, Silo>,
    /// The market.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub market: AccountLoader<'info, Market>,
}

/// Reads the feeds, stores their readings, remembers the aggregated price, and accrues funding,
/// borrow fee and volatility: the one place where feeds are read.
pub fn refresh_market<'info>(ctx: Context<'info, RefreshMarket<'info>>) -> Result<()> {
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let silo = ctx.accounts.silo.load()?;
    let mut market = ctx.accounts.market.load_mut()?;
    let mut taking_part = 0;
    require!(!ctx.remaining_accounts.is_empty(), HoldfastError::WrongFeed);
    for feed in ctx.remaining_accounts {
        taking_part |= take_reading(&mut market, &oracle::read(feed)?, &chain)?;
    }
    if taking_part == 0 {
        return Ok(());
    }
    let newest = market.feeds[0];
    let (price, published) = (Price(newest.price), Millis(newest.published_ms));
    market.push_price(price, published);
    let conditions = Conditions {
        skew: exposure::skew(Size(market.longs.size), Size(market.shorts.size)).or_refuse()?,
        open: Usd(silo.open_notional),
        liquidity: Usd(silo.ledger.liquidity),
        broke: chain.monitor.broke,
        sheltered: chain.monitor.state == State::Shelter,
    };
    let terms = MarketTerms::from(&market.terms);
    let now = market.now(chain.now);
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

/// Stores a reading in its feed's slot and says which, as a bit, when it counts. One that lies too
/// far ahead of the clock does not, but it is kept as evidence of the time.
fn take_reading(market: &mut Market, reading: &Reading, chain: &Chain) -> Result<u8> {
    let limits = market.terms.quotes();
    let feeds = market.feeds.iter_mut().take(usize::from(market.feed_count)).enumerate();
    for (index, feed) in feeds {
        if feed.provider != reading.provider as u8 || feed.id != reading.id {
            continue;
        }
        let quote = &reading.quote;
        let previous = Millis(feed.published_ms);
        let judged = quote.check(previous, chain.monitor.broke, chain.now, limits);
        if judged == Err(Refusal::Future) && quote.published.0 > feed.seen_ms {
            feed.seen_ms = quote.published.0;
            return Ok(0);
        }
        judged.or_refuse()?;
        *feed = FeedState {
            price: quote.price.0,
            confidence: quote.confidence.0,
            published_ms: quote.published.0,
            seen_ms: quote.published.0.max(feed.seen_ms),
            ..*feed
        };
        return Ok(1 << index);
    }
    err!(HoldfastError::WrongFeed)
}
