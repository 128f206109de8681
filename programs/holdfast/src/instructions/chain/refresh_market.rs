use anchor_lang::prelude::*;
use holdfast_risk::chain::health::LARGEST_LEAD;
use holdfast_risk::market::accrual::{Conditions, refresh};
use holdfast_risk::market::aggregate::{Aggregate, aggregate};
use holdfast_risk::market::belief::{StoredPrice, is_sudden, measured_price};
use holdfast_risk::market::exposure;
use holdfast_risk::market::reading::{Quote, ReadingError};
use holdfast_risk::market::reference::Observed;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::{Millis, Size, Usd};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::{MarketRefreshed, MarketUnpriced, SettlementCancelled};
use crate::oracle::{Provider, Reading};
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
///
/// A feed left out, unreadable, refused or no longer the one that is listed stops nothing: what it said
/// before counts until it is too old.
pub fn refresh_market<'info>(ctx: Context<'info, RefreshMarket<'info>>) -> Result<()> {
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let silo = ctx.accounts.silo.load()?;
    let mut market = ctx.accounts.market.load_mut()?;
    market.require_trading()?;
    let stored = take_readings(&mut market, ctx.remaining_accounts, &chain)?;
    let (now, last_disruption) = (market.now(chain.now), chain.monitor.last_disruption);
    let previous = market.newest_price().published;
    let key = ctx.accounts.market.key();
    let found = match aggregate(&market.readings(), market.panel(), last_disruption, now, previous)
    {
        Ok(found) => found,
        Err(reason) => {
            emit!(MarketUnpriced { market: key, reason: reason as u8, feeds: stored });
            return Ok(());
        }
    };
    take_price(&mut market, &silo, &found, &chain)?;
    if market.settles_ms != 0 {
        market.settles_ms = 0;
        emit!(SettlementCancelled { market: key });
    }
    emit!(MarketRefreshed {
        market: key,
        low: found.point.low.0,
        high: found.point.high.0,
        published_ms: found.point.published.0,
        feeds: found.taking_part,
        outliers: found.outliers,
        believed: market.newest_stored().believed,
        reference: market.reference_price,
        funding_rate: market.funding_rate,
        carry_long: market.carry_long,
        carry_short: market.carry_short,
    });
    Ok(())
}

/// Remembers a price, moves the reference towards it and accrues what time costs.
pub fn take_price(
    market: &mut Market,
    silo: &Silo,
    found: &Aggregate,
    chain: &Chain,
) -> Result<()> {
    let last_disruption = chain.monitor.last_disruption;
    let previous = market.newest_price().published;
    let now = chain.now.max(found.point.published);
    let age = Millis(market.terms.age_ms);
    let seen = Observed { point: found.point, previous, now, last_disruption, age };
    let band = market.terms.band();
    let reference = market.reference().follow(seen, band).into_program_error()?;
    market.set_reference(&reference);
    let believed = reference.believes(found.point, band.width, market.feed_count > 1, now);
    let lag = now.since(found.point.published);
    let (before, at) = (market.newest_stored(), market.moment(now, last_disruption));
    let sudden = is_sudden(found.point, &before, &at, band.width);
    let stored = StoredPrice { point: found.point, lag, believed, sudden };
    market.push_price(&stored);
    let conditions = Conditions {
        skew: exposure::skew(Size(market.longs.size), Size(market.shorts.size))
            .into_program_error()?,
        open: Usd(silo.open_notional),
        liquidity: Usd(silo.ledger.liquidity),
        last_disruption,
        sheltered: chain.monitor.is_disrupted(),
    };
    let terms = MarketTerms::from(&market.terms);
    let (accruals, edges) = (market.accruals(), reference.band(band.width));
    let price = measured_price(&stored, &before, accruals.volatility.price, &at, edges);
    let accruals = refresh(&accruals, conditions, price, now, &terms).into_program_error()?;
    market.set_accruals(&accruals);
    Ok(())
}

/// Stores what counts of the feeds and says whose, a bit per feed. Where nothing does, the first
/// reason is the error, unless something was evidence of the time.
fn take_readings(market: &mut Market, feeds: &[AccountInfo], chain: &Chain) -> Result<u8> {
    let mut stored = 0;
    let mut learned = false;
    let mut refused = None;
    for info in feeds {
        match take_feed(market, info, chain) {
            Ok(bit) => (stored, learned) = (stored | bit, true),
            Err(reason) => refused = refused.or(Some(reason)),
        }
    }
    if learned { Ok(stored) } else { Err(refused.unwrap_or(HoldfastError::WrongFeed.into())) }
}

/// Stores what a feed account says when it counts: the bit of that feed, none for evidence of the time.
fn take_feed(market: &mut Market, info: &AccountInfo, chain: &Chain) -> Result<u8> {
    let reading = Provider::from_feed(info)?.read(info)?;
    let index = feed_index(market, &reading)?;
    let counts = take_reading(market, index, &reading.quote, chain)?;
    Ok(u8::from(counts) << index)
}

/// Which of the market's feeds a reading is of.
fn feed_index(market: &Market, reading: &Reading) -> Result<usize> {
    let provider = reading.provider as u8;
    let mut feeds = market.feeds.iter().take(usize::from(market.feed_count));
    let index = feeds.position(|feed| feed.provider == provider && feed.id == reading.id);
    index.ok_or(HoldfastError::WrongFeed.into())
}

/// Stores a reading when it counts. One that lies too far ahead of the clock does not, but it is
/// kept as evidence of the time, unless it lies further ahead than a clock can be behind: that would
/// be remembered for good.
pub fn take_reading(
    market: &mut Market,
    index: usize,
    quote: &Quote,
    chain: &Chain,
) -> Result<bool> {
    let limits = market.terms.quotes();
    let feed = &mut market.feeds[index];
    let previous = Millis(feed.published_ms);
    let judged = quote.check(previous, chain.monitor.last_disruption, chain.now, limits);
    let cluster = Millis(chain.now.0.saturating_sub(chain.monitor.lead.0));
    let credible = quote.published <= cluster.after(LARGEST_LEAD);
    if judged == Err(ReadingError::Future) && credible && quote.published.0 > feed.seen_ms {
        feed.seen_ms = quote.published.0;
        return Ok(false);
    }
    judged.into_program_error()?;
    *feed = FeedState {
        price: quote.price.0,
        confidence: quote.confidence.0,
        published_ms: quote.published.0,
        seen_ms: quote.published.0.max(feed.seen_ms),
        ..*feed
    };
    Ok(true)
}
