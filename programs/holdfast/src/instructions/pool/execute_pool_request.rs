use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::chain::policy::Action;
use holdfast_risk::pool::request::Stage;
use holdfast_risk::pool::worth::{self, TradersResult};
use holdfast_risk::pool::{Exit, Joined, PoolKind, join, leave};
use holdfast_risk::{SignedUsd, Usd};

use crate::account_health;
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::PoolRequestExecuted;
use crate::pool_worth::{self, Valued};
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
    chain.within(&silo).require(Action::ChangePool)?;
    match request.stage(&chain, &health) {
        Stage::Waits => return err!(HoldfastError::RequestNotDue),
        Stage::Lapsed => return err!(HoldfastError::RequestLapsed),
        Stage::Due => (),
    }
    let ledger = Ledger::from(&silo.ledger);
    let joins = request.leaves == 0;
    let worth = match kind {
        PoolKind::Insurance => worth::insurance(&ledger, joins),
        PoolKind::Liquidity => {
            let (since, cash) = (request.opens(&chain, &health), ledger.liquidity);
            let valued = Valued { since, leaves: !joins, cash };
            worth::liquidity(&ledger, &traders_result(&ctx, &silo, &valued, &chain)?, joins)
        }
    }
    .into_program_error()?;
    let received = if joins {
        join_pool(&mut silo, &request, &ledger, worth)?
    } else {
        leave_pool(&mut silo, &request, &ledger, worth)?
    };
    let (to, mint) = (&accounts.destination, if joins { silo.share_mint(kind) } else { silo.mint });
    let arrives = tokens::can_receive(to, &mint, &accounts.vault);
    if !arrives && !joins {
        silo.add_to_vault(kind, received)?;
        silo.ledger.queued = Usd(silo.ledger.queued).plus(Usd(received)).into_program_error()?.0;
    }
    silo.invariant()?;
    let signer = tokens::SiloSigner::of(&silo);
    drop(silo);
    let silo = accounts.silo.as_ref();
    match (arrives, joins) {
        (false, _) => accounts.request.load_mut()?.hold(received),
        (true, true) => tokens::mint_shares(&accounts.share_mint, to, silo, &signer, received)?,
        (true, false) => tokens::pay(&accounts.vault, to, silo, &signer, received)?,
    }
    if arrives {
        accounts.request.close(accounts.owner.to_account_info())?;
    }
    emit!(PoolRequestExecuted {
        request: accounts.request.key(),
        amount: request.amount,
        received,
        worth: worth.0,
        arrived: arrives,
    });
    Ok(())
}

/// Books what a request that joins brings in, and says how many shares it buys.
pub fn join_pool(
    silo: &mut Silo,
    request: &PoolRequest,
    ledger: &Ledger,
    worth: SignedUsd,
) -> Result<u64> {
    let (kind, deposit) = (request.kind(), Usd(request.amount));
    let Joined { ledger, shares, unheld } =
        join(ledger, kind, worth, silo.shares(kind), deposit, request.least)
            .into_program_error()?;
    silo.ledger.set(&ledger);
    silo.issue(kind, shares, unheld)?;
    Ok(shares)
}

/// Books what a request that leaves takes out, and says how much that is.
pub fn leave_pool(
    silo: &mut Silo,
    request: &PoolRequest,
    ledger: &Ledger,
    worth: SignedUsd,
) -> Result<u64> {
    let kind = request.kind();
    let exit = Exit {
        shares: request.amount,
        at_request: (kind == PoolKind::Insurance).then_some(Usd(request.worth_at_request)),
        least: Usd(request.least),
    };
    let (after, paid) =
        leave(ledger, kind, worth, silo.shares(kind), exit, &silo.claims()).into_program_error()?;
    silo.ledger.set(&after);
    silo.retire(kind, request.amount)?;
    silo.take_from_vault(kind, paid.0)?;
    Ok(paid.0)
}

/// What the traders of all the silo's markets would gain and lose, against whoever moves.
fn traders_result<'info>(
    ctx: &Context<'info, ExecutePoolRequest<'info>>,
    silo: &Silo,
    valued: &Valued,
    chain: &Chain,
) -> Result<TradersResult> {
    let count = ctx.remaining_accounts.len();
    require!(count == usize::from(silo.market_count), HoldfastError::MarketsMissing);
    let mut traders = TradersResult::default();
    for (index, info) in (0..silo.market_count).zip(ctx.remaining_accounts) {
        let market = account_health::open_market(info, &ctx.accounts.silo.key(), index)
            .map_err(|_| HoldfastError::MarketsMissing)?;
        pool_worth::add_market(&mut traders, &market, chain, valued)?;
    }
    Ok(traders)
}
