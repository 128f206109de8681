use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::chain::policy::Action;
use holdfast_risk::market::exposure::{SideTotal, traders_gain};
use holdfast_risk::pool::{Exit, PoolKind, join, leave, liquidity_value};
use holdfast_risk::{Bps, SignedUsd, Usd};

use crate::account_health;
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
        close = owner,
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

/// Prices a request by what the pool is worth at prices published after it, and executes it.
pub fn execute_pool_request<'info>(ctx: Context<'info, ExecutePoolRequest<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let request = *accounts.request.load()?;
    let kind = request.kind();
    let mut silo = accounts.silo.load_mut()?;
    tokens::check_pool(&silo, kind, kind, &accounts.vault, &accounts.share_mint)?;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    chain.require(Action::ChangePool)?;
    let due = request.due(&silo.terms);
    require!(chain.now >= due, HoldfastError::RequestNotDue);
    let ledger = Ledger::from(&silo.ledger);
    let assets = match kind {
        PoolKind::Insurance => ledger.insurance,
        PoolKind::Liquidity => {
            let owed = owed_to_traders(&ctx, &silo, &request, &chain)?;
            liquidity_value(&ledger, owed, request.leaves == 0).into_program_error()?
        }
    };
    let received = if request.leaves == 0 {
        let pool = silo.pool(kind, assets);
        let (after, shares) =
            join(&ledger, kind, pool, Usd(request.amount), request.least).into_program_error()?;
        silo.ledger.set(&after);
        let outstanding = silo.shares_mut(kind);
        *outstanding = outstanding.checked_add(shares).ok_or(HoldfastError::Overflow)?;
        shares
    } else {
        leave_pool(&mut silo, &request, &ledger, assets)?
    };
    silo.invariant()?;
    let signer = tokens::SiloSigner::of(&silo);
    drop(silo);
    let (silo, to) = (accounts.silo.as_ref(), &accounts.destination);
    if request.leaves == 0 {
        tokens::mint_shares(&accounts.share_mint, to, silo, &signer, received)?;
    } else {
        tokens::pay(&accounts.vault, to, silo, &signer, received)?;
    }
    emit!(PoolRequestExecuted {
        request: accounts.request.key(),
        amount: request.amount,
        received,
        assets: assets.0,
    });
    Ok(())
}

fn leave_pool(silo: &mut Silo, request: &PoolRequest, ledger: &Ledger, assets: Usd) -> Result<u64> {
    let kind = request.kind();
    let exit = Exit {
        shares: request.amount,
        at_request: (kind == PoolKind::Insurance).then_some(Usd(request.worth_at_request)),
        least: Usd(request.least),
    };
    let (open, utilisation) = (Usd(silo.open_notional), Bps(silo.terms.utilisation_bps));
    let pool = silo.pool(kind, assets);
    let (after, paid) = leave(ledger, kind, pool, exit, open, utilisation).into_program_error()?;
    silo.ledger.set(&after);
    let outstanding = silo.shares_mut(kind);
    *outstanding = outstanding.checked_sub(request.amount).ok_or(HoldfastError::Overflow)?;
    silo.take_from_vault(kind, paid.0)?;
    Ok(paid.0)
}

/// What the traders of all the silo's markets would gain at prices published since the request was
/// due: the most while somebody leaves, the least while somebody joins. A market without positions
/// owes nothing, whatever its price.
fn owed_to_traders<'info>(
    ctx: &Context<'info, ExecutePoolRequest<'info>>,
    silo: &Silo,
    request: &PoolRequest,
    chain: &Chain,
) -> Result<SignedUsd> {
    let count = ctx.remaining_accounts.len();
    require!(count == usize::from(silo.market_count), HoldfastError::MarketsMissing);
    let (due, leaves) = (request.due(&silo.terms), request.leaves != 0);
    let mut owed = SignedUsd(0);
    for (index, info) in (0..silo.market_count).zip(ctx.remaining_accounts) {
        let market = account_health::open_market(info, &ctx.accounts.silo.key(), index)
            .map_err(|_| HoldfastError::MarketsMissing)?;
        let (longs, shorts) = (SideTotal::from(&market.longs), SideTotal::from(&market.shorts));
        if longs.size.0 == 0 && shorts.size.0 == 0 {
            continue;
        }
        let point = account_health::fresh_price(&market, chain)?;
        require!(point.published >= due, HoldfastError::RequestNotDue);
        let price =
            |side| if leaves { point.trader_favourable(side) } else { point.trader_adverse(side) };
        let gain =
            traders_gain(&longs, &shorts, price, |side| market.carry(side)).into_program_error()?;
        owed = owed.plus(gain).into_program_error()?;
    }
    Ok(owed)
}
