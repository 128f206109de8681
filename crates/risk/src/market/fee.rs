//! The taker fee and who gets it.

use crate::account::margin::requirement;
use crate::math::{Overflow, Rounding};
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
