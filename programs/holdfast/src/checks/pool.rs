//! What becomes of a pool request now, and what brings the vaults in line with the ledger.

use core::ops::Deref;

use anchor_lang::prelude::*;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::chain::landing::{counted_until, has_landed};
use holdfast_risk::chain::policy::Action;
use holdfast_risk::pool::request::Stage;
use holdfast_risk::pool::worth::{self, TradersResult};
use holdfast_risk::pool::{Exit, Joined, PoolKind, join, leave};
use holdfast_risk::{Millis, SignedUsd, Usd};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::pool_worth::{self, Valued};
use crate::state::{ChainHealth, LedgerState, Market, PoolRequest, Silo};

/// What executing a request comes to.
pub struct Executed {
    /// The silo's ledger after it.
    pub ledger: Ledger,
    /// What the pool was worth to whoever asked.
    pub worth: SignedUsd,
    /// What they receive: shares for joining, native units for leaving.
    pub received: u64,
    /// Shares that nobody holds, issued before theirs.
    pub unheld: u64,
}

/// What a due request comes to at what its pool is worth at prices published since its window opened.
/// The liquidity pool is valued over all the silo's markets, in index order, and the insurance fund over
/// none. Whether the pool's own vault holds what it pays is seen when it is paid.
#[inline]
pub fn executed<M: Deref<Target = Market>>(
    silo: &Silo,
    request: &PoolRequest,
    health: &ChainHealth,
    chain: &Chain,
    mut next: impl FnMut(u8) -> Result<M>,
) -> Result<Executed> {
    chain.within(silo).require(Action::ChangePool)?;
    match request.stage(chain, health) {
        Stage::Waits => return err!(HoldfastError::RequestNotDue),
        Stage::Lapsed => return err!(HoldfastError::RequestLapsed),
        Stage::Due => (),
    }
    require!(has_landed(request.slot, chain.slot), HoldfastError::RequestNotDue);
    let slots = chain.slot.saturating_sub(request.slot);
    let counted = counted_until(Millis(request.requested_ms), slots, chain.now);
    require!(counted >= Millis(request.due_ms), HoldfastError::RequestNotDue);
    let ledger = Ledger::from(&silo.ledger);
    let joins = request.leaves == 0;
    let worth = match request.kind() {
        PoolKind::Insurance => worth::insurance(&ledger, joins),
        PoolKind::Liquidity => {
            let (since, cash) = (request.opens(chain, health), ledger.liquidity);
            let valued = Valued { since, leaves: !joins, cash };
            let mut traders = TradersResult::default();
            for index in 0..silo.market_count {
                pool_worth::add_market(&mut traders, &*next(index)?, chain, &valued)?;
            }
            worth::liquidity(&ledger, &traders, joins)
        }
    }
    .into_program_error()?;
    exchanged(silo, request, &ledger, worth)
}

/// What a request comes to in a pool that is worth so much to whoever asked.
#[inline]
pub fn exchanged(
    silo: &Silo,
    request: &PoolRequest,
    ledger: &Ledger,
    worth: SignedUsd,
) -> Result<Executed> {
    let kind = request.kind();
    let shares = silo.shares(kind);
    if request.leaves == 0 {
        let deposit = Usd(request.amount);
        let Joined { ledger, shares, unheld } =
            join(ledger, kind, worth, shares, deposit, request.least).into_program_error()?;
        return Ok(Executed { ledger, worth, received: shares, unheld });
    }
    let exit = Exit {
        shares: request.amount,
        at_request: (kind == PoolKind::Insurance).then_some(Usd(request.worth_at_request)),
        least: Usd(request.least),
    };
    let (ledger, paid) =
        leave(ledger, kind, worth, shares, exit, &silo.claims()).into_program_error()?;
    Ok(Executed { ledger, worth, received: paid.0, unheld: 0 })
}

/// Refused where a request may not go back now to where it came from. Its owner takes back what waits or
/// has lapsed; anyone else returns what has lapsed.
#[inline]
pub fn returnable(
    request: &PoolRequest,
    health: &ChainHealth,
    chain: &Chain,
    owns: bool,
) -> Result<()> {
    match request.stage(chain, health) {
        Stage::Due => err!(HoldfastError::RequestDue),
        Stage::Waits if !owns => err!(HoldfastError::NotOwner),
        Stage::Waits | Stage::Lapsed => Ok(()),
    }
}

/// The vaults in line with the ledger.
pub struct InLine {
    /// What the insurance fund has, all of it in its vault.
    pub insurance: Usd,
    /// What lies in the liquidity vault: everything else.
    pub in_liquidity_vault: Usd,
    /// What was given to the vaults for nothing, which the fund gets.
    pub surplus: Usd,
    /// What moves into the insurance vault; out of it where it is negative.
    pub moved: SignedUsd,
}

impl InLine {
    /// Whether nothing moves and nobody gave anything: the vaults are in line already.
    pub const fn is_nothing(&self) -> bool {
        self.moved.0 == 0 && self.surplus.0 == 0
    }
}

/// What brings the vaults in line with the ledger, where they hold `extra` beyond what it counts on: in the
/// liquidity vault and in the insurance vault.
#[inline]
pub fn in_line(ledger: &LedgerState, extra: [u64; 2]) -> Result<InLine> {
    let [liquidity, insurance] = extra.map(Usd);
    let surplus = liquidity.plus(insurance).into_program_error()?;
    let counted = Usd(ledger.in_insurance_vault).plus(insurance).into_program_error()?;
    let total = Usd(ledger.in_liquidity_vault).plus(liquidity).and_then(|it| it.plus(counted));
    let insurance = Usd(ledger.insurance).plus(surplus).into_program_error()?;
    let in_liquidity_vault = total.and_then(|total| total.minus(insurance)).into_program_error()?;
    let moved =
        insurance.signed().and_then(|to| to.minus(counted.signed()?)).into_program_error()?;
    Ok(InLine { insurance, in_liquidity_vault, surplus, moved })
}
