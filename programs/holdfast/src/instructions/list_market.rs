use anchor_lang::prelude::*;
use holdfast_risk::aggregate::quorum_fits;
use holdfast_risk::terms::MarketTerms;

use crate::error::{HoldfastError, OrRefuse};
use crate::events::MarketListed;
use crate::oracle::Provider;
use crate::state::{
    Exchange, FeedState, MAX_FEEDS, MAX_MARKETS, Market, MarketTermsState, Silo, VERSION,
};

/// A feed to price a market by.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedSource {
    /// Provider code: see `oracle::Provider`.
    pub provider: u8,
    /// The provider's identifier of the feed.
    pub id: [u8; 32],
}

/// Accounts of `list_market`.
#[derive(Accounts)]
pub struct ListMarket<'info> {
    /// The exchange's admin; pays.
    #[account(mut)]
    pub admin: Signer<'info>,
    /// The exchange.
    #[account(has_one = admin @ HoldfastError::NotAdmin)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The silo to list in.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// The market to create.
    #[account(
        init,
        payer = admin,
        space = 8 + size_of::<Market>(),
        seeds = [Market::SEED, silo.key().as_ref(), &[silo.load()?.market_count]],
        bump,
    )]
    pub market: AccountLoader<'info, Market>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Lists a market.
pub fn list_market(
    ctx: Context<ListMarket>,
    name: [u8; 16],
    terms: MarketTermsState,
    feeds: Vec<FeedSource>,
    quorum: u8,
) -> Result<()> {
    MarketTerms::from(&terms).check().or_refuse()?;
    check_feeds(&feeds, quorum)?;
    let mut silo = ctx.accounts.silo.load_mut()?;
    require!(usize::from(silo.market_count) < MAX_MARKETS, HoldfastError::TooManyMarkets);
    let mut market = ctx.accounts.market.load_init()?;
    market.version = VERSION;
    market.bump = ctx.bumps.market;
    market.index = silo.market_count;
    market.feed_count = feeds.len() as u8;
    market.quorum = quorum;
    market.silo = ctx.accounts.silo.key();
    market.name = name;
    market.terms = terms;
    for (slot, feed) in market.feeds.iter_mut().zip(&feeds) {
        *slot = FeedState { provider: feed.provider, id: feed.id, ..FeedState::default() };
    }
    silo.market_count += 1;
    let (market_key, silo_key) = (ctx.accounts.market.key(), ctx.accounts.silo.key());
    emit!(MarketListed { market: market_key, silo: silo_key, index: market.index });
    Ok(())
}

/// One to five different feeds of known providers, and a quorum that fits them.
fn check_feeds(feeds: &[FeedSource], quorum: u8) -> Result<()> {
    let mut providers = [0; MAX_FEEDS];
    require!(feeds.len() <= MAX_FEEDS, HoldfastError::FeedCount);
    for (index, feed) in feeds.iter().enumerate() {
        providers[index] = Provider::from_code(feed.provider)? as u8;
        require!(!feeds[..index].contains(feed), HoldfastError::FeedCount);
    }
    let fits = quorum_fits(&providers[..feeds.len()], quorum);
    require!(fits, HoldfastError::FeedCount);
    Ok(())
}
