use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::bounds;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::share::Pool;
use holdfast_risk::{Millis, Usd};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::PoolRequested;
use crate::state::{ChainHealth, PoolRequest, Silo, VERSION};
use crate::tokens;

/// What a liquidity provider or insurance staker asks for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolOrder {
    /// The insurance fund rather than the liquidity pool.
    pub insurance: bool,
    /// Leaves rather than joins.
    pub leaves: bool,
    /// Native units to deposit, or shares to give up.
    pub amount: u64,
    /// No less is accepted, and zero is not: shares when joining, native units when leaving.
    pub least: u64,
}

/// Accounts of `request_pool`.
#[derive(Accounts)]
#[instruction(number: u16)]
pub struct RequestPool<'info> {
    /// Asks, signs for the tokens or shares, and pays the rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The silo.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// The request to create.
    #[account(
        init,
        payer = owner,
        space = 8 + size_of::<PoolRequest>(),
        seeds = [
            PoolRequest::SEED,
            silo.key().as_ref(),
            owner.key().as_ref(),
            &number.to_le_bytes(),
        ],
        bump,
    )]
    pub request: AccountLoader<'info, PoolRequest>,
    /// Tokens or shares come from here; the token program checks mint and authority.
    /// CHECK: `tokens::take` or `tokens::burn_shares` refuses another mint or a wrong authority.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// Where shares or tokens will go; checked by `tokens::check_account`.
    /// CHECK: `tokens::check_account`: of the mint that the request pays out, not the vault.
    pub destination: UncheckedAccount<'info>,
    /// When joining, the liquidity vault, where deposits for both pools wait; when leaving, the pool's
    /// own. By its address in the silo.
    /// CHECK: `tokens::check_pool`: equal to the vault that the requested deposit or payment needs.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The pool's share mint, by its address in the silo.
    /// CHECK: `tokens::check_pool`: equal to the share mint of the pool that `request_pool` asks.
    #[account(mut)]
    pub share_mint: UncheckedAccount<'info>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
    /// Creates the request.
    pub system_program: Program<'info, System>,
}

/// Queues a deposit into a pool, or gives shares up to leave it; priced after the request.
pub fn request_pool(ctx: Context<RequestPool>, number: u16, order: PoolOrder) -> Result<()> {
    require!(order.amount > 0, HoldfastError::ZeroAmount);
    bounds::check(&[("least", "above zero, the least you accept", order.least > 0)])
        .map_err(HoldfastError::invalid_order)?;
    let accounts = &ctx.accounts;
    let kind = if order.insurance { PoolKind::Insurance } else { PoolKind::Liquidity };
    let mut silo = accounts.silo.load_mut()?;
    silo.require_locked()?;
    // A deposit can be taken back at any time, so it waits where it is paid back from.
    let holder = if order.leaves { kind } else { PoolKind::Liquidity };
    tokens::check_pool(&silo, holder, kind, &accounts.vault, &accounts.share_mint)?;
    let received = if order.leaves { silo.mint } else { silo.share_mint(kind) };
    tokens::check_account(&accounts.destination, &received, &accounts.vault)?;

    let mut worth_at_request = 0;
    if order.leaves {
        let burn_from = &accounts.source;
        tokens::burn_shares(&accounts.share_mint, burn_from, &accounts.owner, order.amount)?;
        let pool = Pool { assets: Usd(silo.ledger.insurance), shares: silo.shares(kind) }.founded();
        if kind == PoolKind::Insurance {
            worth_at_request = pool.amount_for(order.amount).into_program_error()?.0;
        }
    } else {
        tokens::take(&accounts.source, &accounts.vault, &accounts.owner, order.amount)?;
        silo.ledger.queued =
            Usd(silo.ledger.queued).plus(Usd(order.amount)).into_program_error()?.0;
        let counted = silo.add_to_vault(holder, order.amount)?;
        tokens::check_vault(&accounts.vault, counted)?;
    }
    silo.invariant()?;

    let Chain { now, slot, .. } = Chain::guard(&*accounts.chain_health.load()?)?;
    // Penalties that the fund is about to earn are as foreseeable as losses that it is about to bear.
    let shared = silo.insurance_shares > silo.unheld_insurance_shares;
    let foreseen = order.insurance && (order.leaves || shared);
    let terms = &silo.terms;
    let wait = if foreseen { terms.unstake_cooldown_ms } else { terms.request_delay_ms };
    // Terms that change later do not reach back.
    let due = now.after(Millis(wait));
    let mut request = accounts.request.load_init()?;
    request.version = VERSION;
    request.bump = ctx.bumps.request;
    request.number = number;
    request.pool = u8::from(order.insurance);
    request.leaves = u8::from(order.leaves);
    request.silo = accounts.silo.key();
    request.owner = accounts.owner.key();
    request.destination = accounts.destination.key();
    request.amount = order.amount;
    request.least = order.least;
    request.worth_at_request = worth_at_request;
    request.requested_ms = now.0;
    request.due_ms = due.0;
    request.refund = accounts.source.key();
    request.slot = slot;
    emit!(PoolRequested {
        request: accounts.request.key(),
        pool: request.pool,
        leaves: order.leaves,
        amount: order.amount,
        due_ms: request.due_ms,
    });
    Ok(())
}
