use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::Usd;
use holdfast_risk::pool::PoolKind;

use crate::account_health::FollowingMarkets;
use crate::checks::pool::{Executed, executed};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::PoolRequestExecuted;
use crate::state::{ChainHealth, PoolRequest, Silo};
use crate::tokens;

/// Accounts of `execute_pool_request`. For the liquidity pool every market of the silo follows, in
/// index order. Anyone may call it.
#[derive(Accounts)]
pub struct ExecutePoolRequest<'info> {
    /// Asked, and gets the rent back; by its address in the request.
    /// CHECK: equal to the owner in the executed request (`has_one = owner`).
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The silo.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// The request.
    #[account(
        mut,
        has_one = owner @ HoldfastError::NotOwner,
        has_one = silo @ HoldfastError::WrongSilo,
        has_one = destination @ HoldfastError::WrongTokenAccount,
    )]
    pub request: AccountLoader<'info, PoolRequest>,
    /// Where shares or tokens go; by its address in the request.
    /// CHECK: equal to the destination in the executed request (`has_one = destination`).
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The pool's vault, by its address in the silo.
    /// CHECK: `tokens::check_pool`: equal to the vault of the executed request's pool.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The pool's share mint, by its address in the silo.
    /// CHECK: `tokens::check_pool`: equal to the share mint of the executed request's pool.
    #[account(mut)]
    pub share_mint: UncheckedAccount<'info>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
}

/// Prices a request by what the pool is worth at prices published since its window opened, and
/// executes it. If its destination was closed or frozen, what it receives waits in it: otherwise the
/// owner alone could choose when it is executed.
pub fn execute_pool_request<'info>(ctx: Context<'info, ExecutePoolRequest<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let request = *accounts.request.load()?;
    let kind = request.kind();
    let mut silo = accounts.silo.load_mut()?;
    tokens::check_pool(&silo, kind, kind, &accounts.vault, &accounts.share_mint)?;
    let health = accounts.chain_health.load()?;
    let chain = Chain::guard(&health)?;
    let mut following = FollowingMarkets::new(ctx.remaining_accounts, &request.silo);
    let next = |index| following.next(index).map_err(|_| HoldfastError::MarketsMissing.into());
    let done = executed(&silo, &request, &health, &chain, next)?;
    if kind == PoolKind::Liquidity {
        following.finish().map_err(|_| HoldfastError::MarketsMissing)?;
    }
    book_executed(&mut silo, &request, &done)?;
    let (joins, received) = (request.leaves == 0, done.received);
    let (to, mint) = (&accounts.destination, if joins { silo.share_mint(kind) } else { silo.mint });
    let arrives = tokens::can_receive(to, &mint, &accounts.vault);
    if !arrives && !joins {
        silo.add_to_vault(kind, received)?;
        silo.ledger.queued = Usd(silo.ledger.queued).plus(Usd(received)).into_program_error()?.0;
    }
    silo.invariant()?;
    let (signer, counted) = (tokens::SiloSigner::new(&silo), silo.must_hold(kind));
    drop(silo);
    let silo = accounts.silo.as_ref();
    match (arrives, joins) {
        (false, _) => accounts.request.load_mut()?.hold(received),
        (true, true) => tokens::mint_shares(&accounts.share_mint, to, silo, &signer, received)?,
        (true, false) => {
            tokens::pay(&accounts.vault, to, silo, &signer, received)?;
            tokens::check_vault(&accounts.vault, counted)?;
        }
    }
    if arrives {
        accounts.request.close(accounts.owner.to_account_info())?;
    }
    emit!(PoolRequestExecuted {
        request: accounts.request.key(),
        amount: request.amount,
        received,
        worth: done.worth.0,
        arrived: arrives,
    });
    Ok(())
}

/// Books what a request came to: the ledger, the pool's shares, and what leaves its vault.
pub fn book_executed(silo: &mut Silo, request: &PoolRequest, done: &Executed) -> Result<()> {
    let kind = request.kind();
    silo.ledger.set(&done.ledger);
    if request.leaves == 0 {
        return silo.issue(kind, done.received, done.unheld);
    }
    silo.retire(kind, request.amount)?;
    silo.take_from_vault(kind, done.received).map(drop)
}
