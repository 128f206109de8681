//! What a silo holds and for whom, and how a result is settled between an account and the pool.

use crate::account::loss::LossCover;
use crate::math::Overflow;
use crate::units::{SignedUsd, Usd};

/// A silo's money. The parts sum to what its vaults hold for the ledger. `pending_profit` and `debt`
/// are no parts: the first is a claim on liquidity, the second a claim of liquidity on accounts.
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
    /// Realised losses that accounts with open positions still owe to liquidity.
    pub debt: Usd,
}

/// What one account owns and owes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountBalances {
    /// Margin and free funds.
    pub collateral: Usd,
    /// Realised profit that has not matured; none while there is debt.
    pub pending_profit: Usd,
    /// Realised losses it could not pay yet; none without open positions.
    pub debt: Usd,
}

/// Amounts the pool passes on out of a settlement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeDistribution {
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
    pub balances: AccountBalances,
    /// What an account without positions could not pay.
    pub bad_debt: Usd,
    /// The part of it that insurance paid.
    pub insured: Usd,
    /// What was really passed on.
    pub passed_on: FeeDistribution,
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

impl AccountBalances {
    /// Collateral and pending profit less debt.
    ///
    /// # Errors
    /// [`Overflow`] when the sum does not fit `i64` native units.
    pub fn owned(&self) -> Result<SignedUsd, Overflow> {
        self.collateral.plus(self.pending_profit)?.signed()?.minus(self.debt.signed()?)
    }
}

/// Settles `result` (what the account gains from the pool, all charges taken off) together with the
/// debt of earlier results, and passes on the charges out of the pool.
///
/// A gain becomes pending profit. A loss takes collateral, then pending profit. What is missing
/// stays the account's debt while it has positions that may still pay it. Without any (`flat`) it
/// is bad debt: in the same step insurance covers what it can, and liquidity bears the rest.
/// What is passed on never exceeds what the pool has; the keeper gets its part first, the
/// protocol last.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn settle(
    ledger: Ledger,
    balances: AccountBalances,
    result: SignedUsd,
    due: FeeDistribution,
    cover: &LossCover<'_>,
    flat: bool,
) -> Result<Settled, Overflow> {
    let (mut ledger, mut balances) = (ledger, balances);
    let owed = balances.debt;
    let unpaid = balance(&mut ledger, &mut balances, result)?;
    let (mut bad_debt, mut insured) = (Usd(0), Usd(0));
    if !flat {
        balances.debt = unpaid;
        ledger.debt = ledger.debt.plus(unpaid)?;
    } else if unpaid.0 > 0 {
        bad_debt = unpaid;
        insured = cover.insure(owed, unpaid, ledger.insurance)?.insured;
        ledger.insurance = ledger.insurance.minus(insured)?;
        ledger.liquidity = ledger.liquidity.plus(insured)?;
    }
    let passed_on = pass_on(&mut ledger, due)?;
    Ok(Settled { ledger, balances, bad_debt, insured, passed_on })
}

/// Adds `result` to the account's money, its debt paid off first, and says what it cannot pay.
fn balance(
    ledger: &mut Ledger,
    balances: &mut AccountBalances,
    result: SignedUsd,
) -> Result<Usd, Overflow> {
    let result = result.minus(balances.debt.signed()?)?;
    ledger.debt = ledger.debt.minus(balances.debt)?;
    balances.debt = Usd(0);
    let gain = result.gain();
    balances.pending_profit = balances.pending_profit.plus(gain)?;
    ledger.pending_profit = ledger.pending_profit.plus(gain)?;

    let loss = result.loss();
    let paid = loss.min(balances.collateral);
    balances.collateral = balances.collateral.minus(paid)?;
    ledger.collateral = ledger.collateral.minus(paid)?;
    ledger.liquidity = ledger.liquidity.plus(paid)?;
    let unpaid = loss.minus(paid)?;
    let forgone = unpaid.min(balances.pending_profit);
    balances.pending_profit = balances.pending_profit.minus(forgone)?;
    ledger.pending_profit = ledger.pending_profit.minus(forgone)?;
    unpaid.minus(forgone)
}

/// Moves what is due out of the pool's cash. The keeper's part becomes some account's collateral.
fn pass_on(ledger: &mut Ledger, due: FeeDistribution) -> Result<FeeDistribution, Overflow> {
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
    Ok(FeeDistribution { insurance, protocol, keeper })
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
