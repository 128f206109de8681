use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::Usd;
use holdfast_risk::pool::PoolKind;

use crate::error::{HoldfastError, OrRefuse};
use crate::events::PoolRequestCancelled;
use crate::state::{PoolRequest, Silo};
use crate::tokens;

/// Accounts of `cancel_pool_request`.
#[derive(Accounts)]
pub struct CancelPoolRequest<'info> {
    /// Asked, and gets the rent back.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The silo.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// The request to take back.
    #[account(
        mut,
        close = owner,
        has_one = owner @ HoldfastError::NotOwner,
        has_one = silo @ HoldfastError::WrongSilo,
    )]
    pub request: AccountLoader<'info, PoolRequest>,
    /// Where the deposit or the shares return; checked by `tokens::check_account`.
    /// CHECK: `tokens::check_account`: of the mint that is given back, not the vault.
    #[account(mut)]
    pub refund: UncheckedAccount<'info>,
    /// The liquidity vault, whichever pool was asked; by its address in the silo.
    /// CHECK: `tokens::check_pool`: equal to the liquidity vault, which holds what is queued.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The pool's share mint, by its address in the silo.
    /// CHECK: `tokens::check_pool`: equal to the share mint of the cancelled request's pool.
    #[account(mut)]
    pub share_mint: UncheckedAccount<'info>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
}

/// Takes a waiting request back: the deposit, or the shares, return in full.
pub fn cancel_pool_request(ctx: Context<CancelPoolRequest>) -> Result<()> {
    let accounts = &ctx.accounts;
    let request = *accounts.request.load()?;
    let mut silo = accounts.silo.load_mut()?;
    let kind = request.kind();
    // It ends up with everything but insurance, so a deposit never waits for the insurance fund.
    let holder = PoolKind::Liquidity;
    tokens::check_pool(&silo, holder, kind, &accounts.vault, &accounts.share_mint)?;
    let signer = tokens::SiloSigner::of(&silo);
    let joins = request.leaves == 0;
    let returned = if joins { silo.mint } else { silo.share_mint(kind) };
    tokens::check_account(&accounts.refund, &returned, &accounts.vault)?;
    if joins {
        let left = Usd(silo.ledger.queued).minus(Usd(request.amount)).into_program_error()?;
        silo.ledger.queued = left.0;
        silo.take_from_vault(holder, request.amount)?;
    }
    silo.invariant()?;
    drop(silo);
    let (silo, refund) = (accounts.silo.as_ref(), &accounts.refund);
    if joins {
        tokens::pay(&accounts.vault, refund, silo, &signer, request.amount)?;
    } else {
        tokens::mint_shares(&accounts.share_mint, refund, silo, &signer, request.amount)?;
    }
    emit!(PoolRequestCancelled { request: accounts.request.key() });
    Ok(())
}
