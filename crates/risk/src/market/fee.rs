//! The taker fee and who gets it.

use crate::account::margin::requirement;
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{BPS_ONE, Bps, Usd};

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
    /// The shares while insurance holds `fund` and should hold `target` of what is `open`. It also takes
    /// liquidity's share times the fraction by which it misses the target, rounded down: all of it when it
    /// holds nothing. So a fund that a crash has used up grows back without anybody's key, more slowly as
    /// it nears its target. A target beyond `u64` counts as the largest amount.
    pub fn while_insurance_lacks(self, fund: Usd, open: Usd, target: Bps) -> Self {
        // Usually it holds enough, and no division is needed.
        let (held, wanted) = (fund.0.checked_mul(BPS_ONE), open.0.checked_mul(target.0.into()));
        if held.zip(wanted).is_some_and(|(held, wanted)| held >= wanted) {
            return self;
        }
        self.with_more_for_insurance(fund, open, target)
    }

    #[cold]
    fn with_more_for_insurance(self, fund: Usd, open: Usd, target: Bps) -> Self {
        let target = open.portion(target, Rounding::Up).unwrap_or(Usd(u64::MAX));
        let missing = target.0.saturating_sub(fund.0);
        let given = self.insurance.0.saturating_add(self.protocol.0);
        let liquidity = 10_000_u16.saturating_sub(given);
        // At most all of liquidity's share.
        let more = mul_div(u64::from(liquidity), missing, target.0.max(1), Rounding::Down);
        let more = more.ok().and_then(|more| u16::try_from(more).ok()).unwrap_or(liquidity);
        Self { insurance: Bps(self.insurance.0.saturating_add(more)), ..self }
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
