//! How much a market's price moves, and what its margins have to cover because of that.

use holdfast_client::holdfast::state::MarketTermsState;
use holdfast_risk::Overflow;
use holdfast_risk::market::volatility::Volatility;
use holdfast_risk::{Millis, Price};
use serde::{Deserialize, Serialize};

use crate::presets;
use crate::recording::Bar;

/// Minutes in a hundred that a market's own volatility stays within its tier's: in the others initial
/// margin rises with it by itself.
const COVERED_PERCENT: usize = 95;
/// Values from before the measure has seen this much are not looked at.
const LEARNS_MS: u64 = 3_600_000;

/// A tier of volatility: the preset of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// The largest assets.
    Calm,
    /// Large ones.
    Lively,
    /// Small ones.
    Wild,
}

impl Tier {
    /// All of them, the one with the most leverage first.
    pub const ALL: [Self; 3] = [Self::Calm, Self::Lively, Self::Wild];

    /// Its name in the deployment file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Lively => "lively",
            Self::Wild => "wild",
        }
    }

    /// One standard deviation of a minute's move that its margins cover, millionths.
    pub const fn volatility_ppm(self) -> u32 {
        match self {
            Self::Calm => 800,
            Self::Lively => 1_600,
            Self::Wild => 3_200,
        }
    }

    /// The preset of this tier, for an asset worth about `price` whole units. Maintenance is the least
    /// that a market of the tier may be listed with, rounded up to a twentieth of a percent; initial
    /// margin is a quarter above it, and by a fifteenth of the band at the least.
    pub fn market(self, price: u64) -> MarketTermsState {
        let (initial_bps, maintenance_bps) = match self {
            Self::Calm => (375, 275),
            Self::Lively => (495, 395),
            Self::Wild => (795, 635),
        };
        let tier_volatility_ppm = self.volatility_ppm();
        MarketTermsState {
            initial_bps,
            maintenance_bps,
            tier_volatility_ppm,
            ..presets::market(price)
        }
    }

    /// The tier that covers this much volatility; none does for what moves more than the last one's.
    pub fn covering(ppm: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| ppm <= tier.volatility_ppm())
    }
}

/// The volatility that a market of this history stays within in 95 minutes of a hundred, as the venue
/// measures it, millionths; `None` of a history of less than two hours.
///
/// # Errors
/// [`Overflow`] never for prices above zero.
pub fn measured(bars: &[Bar]) -> Result<Option<u32>, Overflow> {
    let Some(first) = bars.first() else { return Ok(None) };
    let mut volatility = Volatility::default();
    let mut values = Vec::new();
    for bar in bars {
        let closes = bar.opened_ms + bar.lasted_ms;
        volatility = volatility.observe(Millis(closes), Price(bar.close))?;
        if closes >= first.opened_ms + 2 * LEARNS_MS {
            values.push(volatility.per_minute().0);
        }
    }
    values.sort_unstable();
    let place = (values.len() * COVERED_PERCENT / 100).min(values.len().saturating_sub(1));
    Ok(values.get(place).copied())
}

/// What a market's history says about the volatility it is listed with: a sentence, and whether it
/// asks for more.
///
/// # Errors
/// A sentence when the history is too short.
pub fn judge(name: &str, bars: &[Bar], listed_ppm: u32) -> Result<(String, bool), String> {
    let found = measured(bars).ok().flatten();
    let ppm = found.ok_or(format!("{name}: its history is shorter than two hours"))?;
    let asked = Tier::covering(ppm).map_or_else(
        || "more than any tier covers: list it with a tier_volatility_ppm of its own".to_owned(),
        |tier| format!("tier {}", tier.name()),
    );
    let percent = |ppm: u32| f64::from(ppm) / 10_000.0;
    let (measured, listed) = (percent(ppm), percent(listed_ppm));
    let said = format!(
        "{name}: its history moved by {measured:.3} % a minute at the most in {COVERED_PERCENT} minutes of \
         a hundred, which asks for {asked}; its terms cover {listed:.3} %"
    );
    Ok((said, ppm > listed_ppm))
}

#[cfg(test)]
#[path = "tier_tests.rs"]
mod tests;
