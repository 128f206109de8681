//! What a silo holds and for whom, and how a result is settled between an account and the pool.

use crate::loss::{Cushions, Drawn, InsuranceTerms, split};
use crate::math::Overflow;
use crate::units::{Millis, SignedUsd, Usd};

/// A silo's money. The parts sum to what its vaults hold for the ledger; `pending_profit` is a
/// claim on liquidity, not a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Sum of all accounts' collateral.
    pub collateral: Usd,
    /// The liquidity pool's cash.
    pub liquidity: Usd,
    /// The insurance fund.
    pub insurance: Usd,
    /// Fees not yet collected.
    pub protocol: Usd,
    /// Deposits into the pools that wait for their price.
    pub queued: Usd,
    /// Realised profit that has not matured: owed by liquidity.
    pub pending_profit: Usd,
}

/// What one account owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    /// Margin and free funds.
    pub collateral: Usd,
    /// Realised profit that has not matured.
    pub pending_profit: Usd,
}

/// Amounts the pool passes on out of a settlement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedOn {
    /// To the insurance fund.
    pub insurance: Usd,
    /// To the protocol.
    pub protocol: Usd,
    /// To the liquidator or executor.
    pub keeper: Usd,
}

/// Books after a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The silo.
    pub ledger: Ledger,
    /// The account.
    pub purse: Purse,
    /// The market's draw on insurance.
    pub drawn: Drawn,
    /// What the account could not pay.
    pub bad_debt: Usd,
    /// The part of it that insurance paid.
    pub insured: Usd,
    /// What was really passed on.
    pub passed_on: PassedOn,
}

impl Ledger {
    /// What the vaults must hold.
    ///
    /// # Errors
    /// [`Overflow`] when the sum does not fit.
    pub fn total(&self) -> Result<Usd, Overflow> {
        self.collateral
            .plus(self.liquidity)?
            .plus(self.insurance)?
            .plus(self.protocol)?
            .plus(self.queued)
    }
}

/// Settles `result` (what the account gains from the pool, all charges taken off) and passes on
/// the charges out of the pool.
///
/// A gain becomes pending profit. A loss takes collateral, then pending profit; what is missing is
/// bad debt, which insurance covers first and liquidity bears the rest of, in the same step.
/// What is passed on never exceeds what the pool has: the keeper comes first, the protocol last.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn settle(
    ledger: Ledger,
    purse: Purse,
    result: SignedUsd,
    due: PassedOn,
    drawn: Drawn,
    terms: InsuranceTerms,
    now: Millis,
) -> Result<Settled, Overflow> {
    let (mut ledger, mut purse) = (ledger, purse);
    let gain = result.gain();
    purse.pending_profit = purse.pending_profit.plus(gain)?;
    ledger.pending_profit = ledger.pending_profit.plus(gain)?;

    let loss = result.loss();
    let paid = Usd(loss.0.min(purse.collateral.0));
    purse.collateral = purse.collateral.minus(paid)?;
    ledger.collateral = ledger.collateral.minus(paid)?;
    ledger.liquidity = ledger.liquidity.plus(paid)?;
    let unpaid = loss.minus(paid)?;
    let forgone = Usd(unpaid.0.min(purse.pending_profit.0));
    purse.pending_profit = purse.pending_profit.minus(forgone)?;
    ledger.pending_profit = ledger.pending_profit.minus(forgone)?;
    let bad_debt = unpaid.minus(forgone)?;

    let mut drawn = drawn;
    let mut insured = Usd(0);
    if bad_debt.0 > 0 {
        drawn = drawn.at(now, ledger.insurance);
        let insurance = drawn.available(ledger.insurance, terms)?;
        insured = split(bad_debt, Cushions { insurance, liquidity: ledger.liquidity }).insurance;
        drawn.amount = drawn.amount.plus(insured)?;
        ledger.insurance = ledger.insurance.minus(insured)?;
        ledger.liquidity = ledger.liquidity.plus(insured)?;
    }
    let passed_on = pass_on(&mut ledger, due)?;
    Ok(Settled { ledger, purse, drawn, bad_debt, insured, passed_on })
}

/// Moves what is due out of the pool's cash. The keeper's part becomes some account's collateral.
fn pass_on(ledger: &mut Ledger, due: PassedOn) -> Result<PassedOn, Overflow> {
    let mut take = |amount: Usd| -> Result<Usd, Overflow> {
        let taken = Usd(amount.0.min(ledger.liquidity.0));
        ledger.liquidity = ledger.liquidity.minus(taken)?;
        Ok(taken)
    };
    let keeper = take(due.keeper)?;
    let insurance = take(due.insurance)?;
    let protocol = take(due.protocol)?;
    ledger.collateral = ledger.collateral.plus(keeper)?;
    ledger.insurance = ledger.insurance.plus(insurance)?;
    ledger.protocol = ledger.protocol.plus(protocol)?;
    Ok(PassedOn { insurance, protocol, keeper })
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
