use crate::error::HoldfastError;
use crate::events::{ChangeApplied, MarketListed};
use crate::governance::{refuse_durable_nonce, require_creatable};
use crate::state::{
    ChainHealth, Change, ChangeKind, Exchange, Feeds, MAX_MARKETS, Market, MarketTermsState, Silo,
    VERSION,
};
use anchor_lang::prelude::*;

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
    /// CHECK: `load_instruction_at_checked` refuses another address; read by `list_market`.
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
    let created =
        ChangeKind::Market { silo: accounts.silo.key(), name, terms, feeds: feeds.clone() };
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
