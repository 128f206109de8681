//! Writing off a debt that an account with positions can no longer pay.

use crate::account::ledger::{AccountBalances, Ledger};
use crate::account::loss::{ByMarket, Charged, LossCover, take};
use crate::math::Overflow;
use crate::units::Usd;

/// Books after a debt that cannot be covered was written off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenOff {
    /// The silo.
    pub ledger: Ledger,
    /// The account.
    pub balances: AccountBalances,
    /// What the account still owes, by the market where it arose.
    pub debts: ByMarket,
    /// What became bad debt.
    pub bad_debt: Usd,
    /// How it was charged.
    pub charged: Charged,
}

/// Why a debt is not written off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOffError {
    /// What the account has may still cover it.
    Coverable,
    /// An amount does not fit.
    Overflow,
}

impl From<Overflow> for WriteOffError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// Pays an account's debt out of its collateral and writes off what is left of it beyond `gains`:
/// what its positions would gain where they count for the most. Insurance pays first, then
/// liquidity, as with any bad debt.
///
/// # Errors
/// [`WriteOffError::Coverable`] when nothing is left beyond; nothing was changed.
pub fn write_off(
    ledger: &Ledger,
    balances: AccountBalances,
    gains: Usd,
    cover: &LossCover<'_>,
) -> Result<WrittenOff, WriteOffError> {
    let (mut ledger, mut balances) = (*ledger, balances);
    let paid = balances.debt.min(balances.collateral);
    let unpaid = balances.debt.minus(paid)?;
    let bad_debt = Usd(unpaid.0.saturating_sub(gains.0));
    if bad_debt.0 == 0 {
        return Err(WriteOffError::Coverable);
    }
    let mut debts = *cover.debts;
    take(&mut debts, paid);
    let before = debts;
    take(&mut debts, bad_debt);
    let mut written_off = before;
    for (gone, kept) in written_off.iter_mut().zip(debts) {
        *gone = gone.saturating_sub(kept);
    }
    let charged = cover.charge(&written_off, ledger.insurance)?;

    ledger.debt = ledger.debt.minus(paid)?.minus(bad_debt)?;
    ledger.collateral = ledger.collateral.minus(paid)?;
    ledger.insurance = ledger.insurance.minus(charged.insured)?;
    ledger.liquidity = ledger.liquidity.plus(paid)?.plus(charged.insured)?;
    balances.collateral = balances.collateral.minus(paid)?;
    balances.debt = unpaid.minus(bad_debt)?;
    Ok(WrittenOff { ledger, balances, debts, bad_debt, charged })
}
