//! What initial margin covers at the least.

use holdfast_client::holdfast::state::MarketTermsState;
use holdfast_migrations::presets;
use holdfast_migrations::tier::Tier;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, Thresholds};
use holdfast_risk::chain::latency;
use serde::Serialize;

use super::looks::LEAST_VARIANCE;

/// Standard deviations that margin covers.
const DEVIATIONS: f64 = 3.0;

/// A margin: what it covers however calm the price is.
#[derive(Clone, Debug, Serialize)]
pub struct Margin {
    /// What it is.
    pub name: String,
    /// One standard deviation of a minute's move that is always covered, millionths.
    pub least_ppm: f64,
}

impl Margin {
    /// The least variance of a minute, millionths squared.
    pub fn least(&self) -> f64 {
        self.least_ppm.powi(2).max(LEAST_VARIANCE)
    }

    /// As a market with these terms charges it: never below its initial margin.
    fn charged(name: &str, terms: &MarketTermsState) -> Self {
        let covered_ppm = f64::from(terms.initial_bps) * 100.0;
        let minutes = wait().0 as f64 / Millis::MINUTE.0 as f64;
        Self { name: name.to_owned(), least_ppm: covered_ppm / DEVIATIONS / minutes.sqrt() }
    }
}

/// How long margin has to cover the price: the longest that a liquidation waits with the presets.
pub fn wait() -> Millis {
    let chain = Monitor::new(&ChainSample::default());
    let delay = Millis(presets::market(100).flag_delay_ms);
    latency::exposure(delay, &chain, &Thresholds::default())
}

/// The measure alone, then with the least volatility that the presets assume, then as markets charge it.
pub fn margins() -> Vec<Margin> {
    let preset = presets::market(100);
    let tier_ppm = f64::from(preset.tier_volatility_ppm);
    let mut margins = vec![
        Margin { name: "the measure alone".to_owned(), least_ppm: 0.0 },
        Margin { name: "with the tier's least volatility".to_owned(), least_ppm: tier_ppm },
    ];
    for tier in Tier::ALL {
        margins
            .push(Margin::charged(&format!("as `{}` charges it", tier.name()), &tier.market(100)));
    }
    margins.push(Margin::charged("as the preset charges it", &preset));
    margins
}

#[cfg(test)]
mod tests {
    use super::{margins, wait};
    use holdfast_migrations::presets;
    use holdfast_risk::Ppm;
    use holdfast_risk::chain::latency;

    #[test]
    fn what_is_charged_covers_as_much_as_the_rules_say() {
        let margins = margins();
        let preset = margins.last().unwrap();
        let covered = latency::covered_move(Ppm(preset.least_ppm as u32), wait()).unwrap();
        assert!(covered.0.abs_diff(presets::market(100).initial_bps) <= 1, "{covered:?}");
        let least: Vec<_> = margins.iter().map(super::Margin::least).collect();
        assert!(least.windows(2).all(|pair| pair[0] < pair[1]), "{least:?}");
    }
}
