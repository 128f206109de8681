use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};

use crate::error::HoldfastError;
use crate::events::{ChangeApplied, SiloCreated};
use crate::governance::{refuse_durable_nonce, require_creatable};
use crate::state::{ChainHealth, Change, ChangeKind, Exchange, Silo, SiloTermsState, VERSION};

/// Decimals of a collateral mint, which the units of price and size assume, and of share mints.
const DECIMALS: u8 = 6;

/// Accounts of `create_silo`.
#[derive(Accounts)]
pub struct CreateSilo<'info> {
    /// The exchange's admin; pays.
    #[account(mut)]
    pub admin: Signer<'info>,
    /// The exchange.
    #[account(mut, has_one = admin @ HoldfastError::NotAdmin)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The silo to create.
    #[account(
        init,
        payer = admin,
        space = 8 + size_of::<Silo>(),
        seeds = [Silo::SEED, &exchange.load()?.silo_count.to_le_bytes()],
        bump,
    )]
    pub silo: AccountLoader<'info, Silo>,
    /// Its collateral mint, of the classic token program and six decimals.
    #[account(constraint = mint.decimals == DECIMALS @ HoldfastError::MintDecimals)]
    pub mint: Box<Account<'info, Mint>>,
    /// Vault of collateral and liquidity.
    #[account(
        init,
        payer = admin,
        token::mint = mint,
        token::authority = silo,
        seeds = [Silo::LIQUIDITY_VAULT_SEED, silo.key().as_ref()],
        bump,
    )]
    pub liquidity_vault: Box<Account<'info, TokenAccount>>,
    /// Vault of the insurance fund.
    #[account(
        init,
        payer = admin,
        token::mint = mint,
        token::authority = silo,
        seeds = [Silo::INSURANCE_VAULT_SEED, silo.key().as_ref()],
        bump,
    )]
    pub insurance_vault: Box<Account<'info, TokenAccount>>,
    /// Share token of the liquidity pool.
    #[account(
        init,
        payer = admin,
        mint::decimals = DECIMALS,
        mint::authority = silo,
        seeds = [Silo::LIQUIDITY_MINT_SEED, silo.key().as_ref()],
        bump,
    )]
    pub liquidity_mint: Box<Account<'info, Mint>>,
    /// Share token of the insurance fund.
    #[account(
        init,
        payer = admin,
        mint::decimals = DECIMALS,
        mint::authority = silo,
        seeds = [Silo::INSURANCE_MINT_SEED, silo.key().as_ref()],
        bump,
    )]
    pub insurance_mint: Box<Account<'info, Mint>>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
    /// The instructions sysvar, by its address.
    /// CHECK: `load_instruction_at_checked` refuses another address; read by `create_silo`.
    pub instructions: UncheckedAccount<'info>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The change that asked for it, once the exchange is locked; its rent returns to the admin.
    #[account(mut, close = admin)]
    pub change: Option<Box<Account<'info, Change>>>,
}

/// Creates a silo with its vaults and share mints.
pub fn create_silo(ctx: Context<CreateSilo>, terms: SiloTermsState) -> Result<()> {
    let accounts = &ctx.accounts;
    refuse_durable_nonce(&accounts.instructions)?;
    let mut exchange = accounts.exchange.load_mut()?;
    let created = ChangeKind::Silo { mint: accounts.mint.key(), terms };
    created.check(&exchange)?;
    let change = accounts.change.as_deref().map(|change| &**change);
    require_creatable(&exchange, &*accounts.chain_health.load()?, change, &created)?;
    let mut silo = accounts.silo.load_init()?;
    silo.version = VERSION;
    silo.bump = ctx.bumps.silo;
    silo.number = exchange.silo_count;
    silo.locked = exchange.locked;
    silo.mint = accounts.mint.key();
    silo.liquidity_vault = accounts.liquidity_vault.key();
    silo.insurance_vault = accounts.insurance_vault.key();
    silo.liquidity_mint = accounts.liquidity_mint.key();
    silo.insurance_mint = accounts.insurance_mint.key();
    silo.terms = terms;
    exchange.silo_count = exchange.silo_count.checked_add(1).ok_or(HoldfastError::Overflow)?;
    if let Some(change) = change {
        emit!(ChangeApplied { number: change.number });
    }
    emit!(SiloCreated { silo: accounts.silo.key(), mint: silo.mint });
    Ok(())
}
