use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::Usd;
use holdfast_risk::pool::PoolKind;

use crate::checks::pool::returnable;
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::PoolRequestCancelled;
use crate::state::{ChainHealth, PoolRequest, Silo};
use crate::tokens;

/// Accounts of `cancel_pool_request`.
#[derive(Accounts)]
pub struct CancelPoolRequest<'info> {
    /// The owner; anyone once the request has lapsed.
    pub authority: Signer<'info>,
    /// Asked, and gets the rent back; by its address in the request.
    /// CHECK: the request's owner (`has_one`); only rent is paid to it.
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
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
    /// Where the deposit or the shares return. Whoever is not the owner returns them to where they came
    /// from.
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

/// Takes a request back: the deposit, or the shares, return in full. From the moment a price may
/// decide it until it lapses, nobody can. Deposits for either pool wait in the liquidity vault, and
/// are paid back out of it.
pub fn cancel_pool_request(ctx: Context<CancelPoolRequest>) -> Result<()> {
    let accounts = &ctx.accounts;
    let request = *accounts.request.load()?;
    let health = accounts.chain_health.load()?;
    let owns = *accounts.authority.key == request.owner;
    returnable(&request, &health, &Chain::guard(&health)?, owns)?;
    // The owner says where to; whoever else returns it does not.
    let named = owns || *accounts.refund.key == request.refund;
    require!(named, HoldfastError::WrongTokenAccount);
    let mut silo = accounts.silo.load_mut()?;
    let kind = request.kind();
    let holder = PoolKind::Liquidity;
    tokens::check_pool(&silo, holder, kind, &accounts.vault, &accounts.share_mint)?;
    let signer = tokens::SiloSigner::new(&silo);
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
