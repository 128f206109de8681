//! The taker fee and who gets it.

use crate::account::margin::requirement;
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Bps, Usd};

/// How fees are divided; what is left goes to liquidity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeShares {
    /// Share of the insurance fund.
    pub insurance: Bps,
    /// Share of the protocol.
    pub protocol: Bps,
}

/// A fee divided among its receivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeSplit {
    /// To the insurance fund, rounded down.
    pub insurance: Usd,
    /// To the protocol, rounded down.
    pub protocol: Usd,
    /// The rest, to liquidity.
    pub liquidity: Usd,
}

impl FeeShares {
    /// The shares while insurance holds `fund`, and should hold `target` of what is `open`: it takes the
    /// part of liquidity's share that it lacks of its target, rounded down, and all of it when it holds
    /// nothing. So a fund that a crash has used up grows back without anybody's key, and the nearer it is to
    /// its target the slower.
    ///
    /// # Errors
    /// [`Overflow`] when the shares exceed 100 %, or the target exceeds `u64`.
    pub fn while_insurance_lacks(
        self,
        fund: Usd,
        open: Usd,
        target: Bps,
    ) -> Result<Self, Overflow> {
        let target = open.portion(target, Rounding::Up)?;
        let missing = target.0.saturating_sub(fund.0);
        if missing == 0 {
            return Ok(self);
        }
        let given = self.insurance.0.checked_add(self.protocol.0).ok_or(Overflow)?;
        let liquidity = 10_000_u16.checked_sub(given).ok_or(Overflow)?;
        let more = mul_div(u64::from(liquidity), missing, target.0, Rounding::Down)?;
        let more = u16::try_from(more).map_err(|_| Overflow)?;
        Ok(Self { insurance: Bps(self.insurance.0.checked_add(more).ok_or(Overflow)?), ..self })
    }
}

/// Fee on `notional`, rounded up.
///
/// # Errors
/// [`Overflow`] when the fee exceeds `u64`.
pub fn taker_fee(notional: Usd, rate: Bps) -> Result<Usd, Overflow> {
    requirement(notional, rate)
}

/// Divides `fee`; the parts sum to it.
///
/// # Errors
/// [`Overflow`] when the shares exceed 100 %.
pub fn split(fee: Usd, shares: FeeShares) -> Result<FeeSplit, Overflow> {
    let insurance = fee.portion(shares.insurance, Rounding::Down)?;
    let protocol = fee.portion(shares.protocol, Rounding::Down)?;
    Ok(FeeSplit { insurance, protocol, liquidity: fee.minus(insurance)?.minus(protocol)? })
}

#[cfg(test)]
#[path = "fee_tests.rs"]
mod tests;
