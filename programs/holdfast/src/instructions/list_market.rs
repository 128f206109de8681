use anchor_lang::prelude::*;
use holdfast_risk::aggregate::quorum_fits;

use crate::error::HoldfastError;
use crate::events::{ChangeApplied, MarketListed};
use crate::oracle::Provider;
use crate::powers::{refuse_durable_nonce, require_creatable};
use crate::state::{
    ChainHealth, Change, Content, Exchange, MAX_FEEDS, MAX_MARKETS, Market, MarketTermsState, Silo,
    VERSION,
};

/// A feed to price a market by.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedSource {
    /// Provider code: see `oracle::Provider`.
    pub provider: u8,
    /// The provider's identifier of the feed.
    pub id: [u8; 32],
}

/// What a market is priced by.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct Feeds {
    /// One to five, of different providers.
    pub sources: Vec<FeedSource>,
    /// How many have to agree.
    pub quorum: u8,
}

impl Feeds {
    /// Whether a market may have them: different feeds of known providers, and a quorum that fits.
    pub fn check(&self) -> Result<()> {
        let sources = &self.sources;
        let mut providers = [0; MAX_FEEDS];
        require!(sources.len() <= MAX_FEEDS, HoldfastError::FeedCount);
        for (index, feed) in sources.iter().enumerate() {
            providers[index] = Provider::from_code(feed.provider)? as u8;
            require!(!sources[..index].contains(feed), HoldfastError::FeedCount);
        }
        let fits = quorum_fits(&providers[..sources.len()], self.quorum);
        require!(fits, HoldfastError::FeedCount);
        Ok(())
    }
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
    /// The instructions sysvar, by its address.
    /// CHECK: as said above.
    pub instructions: UncheckedAccount<'info>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The change that asked for it, once the exchange is locked; its rent returns to the admin.
    #[account(mut, close = admin)]
    pub change: Option<Box<Account<'info, Change>>>,
}

/// Lists a market.
pub fn list_market(
    ctx: Context<ListMarket>,
    name: [u8; 16],
    terms: MarketTermsState,
    feeds: Feeds,
) -> Result<()> {
    let accounts = &ctx.accounts;
    refuse_durable_nonce(&accounts.instructions)?;
    let exchange = accounts.exchange.load()?;
    let created = Content::Market { silo: accounts.silo.key(), name, terms, feeds: feeds.clone() };
    created.check(&exchange)?;
    let change = accounts.change.as_deref().map(|change| &**change);
    require_creatable(&exchange, &*accounts.chain_health.load()?, change, &created)?;
    let mut silo = accounts.silo.load_mut()?;
    require!(usize::from(silo.market_count) < MAX_MARKETS, HoldfastError::TooManyMarkets);
    let mut market = accounts.market.load_init()?;
    market.version = VERSION;
    market.bump = ctx.bumps.market;
    market.index = silo.market_count;
    market.silo = accounts.silo.key();
    market.name = name;
    market.terms = terms;
    market.set_feeds(&feeds);
    silo.market_count += 1;
    if let Some(change) = change {
        emit!(ChangeApplied { number: change.number });
    }
    let (market_key, silo_key) = (accounts.market.key(), accounts.silo.key());
    emit!(MarketListed { market: market_key, silo: silo_key, index: market.index });
    Ok(())
}
