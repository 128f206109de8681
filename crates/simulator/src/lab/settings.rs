//! Other settings of our market than the presets': how constants are chosen.

use holdfast_client::holdfast::state::MarketTermsState;
use holdfast_risk::market::terms::MarketTerms;

/// A setting of a market, as it is called in its terms.
type Field = (&'static str, fn(&mut MarketTermsState, u64));

/// A setting that is too large for its field is refused by the terms' own bounds.
fn short(value: u64) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

fn word(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

const FIELDS: [Field; 13] = [
    ("initial_bps", |terms, value| terms.initial_bps = short(value)),
    ("maintenance_bps", |terms, value| terms.maintenance_bps = short(value)),
    ("penalty_bps", |terms, value| terms.penalty_bps = short(value)),
    ("band_bps", |terms, value| terms.band_bps = short(value)),
    ("reference_speed_bps", |terms, value| terms.reference_speed_bps = short(value)),
    ("divergence_bps", |terms, value| terms.divergence_bps = short(value)),
    ("confidence_bps", |terms, value| terms.confidence_bps = short(value)),
    ("thaw_pace_bps", |terms, value| terms.thaw_pace_bps = short(value)),
    ("tier_volatility_ppm", |terms, value| terms.tier_volatility_ppm = word(value)),
    ("borrow_ppb", |terms, value| terms.borrow_ppb = word(value)),
    ("funding_cap_ppb", |terms, value| terms.funding_cap_ppb = word(value)),
    ("flag_delay_ms", |terms, value| terms.flag_delay_ms = value),
    ("age_ms", |terms, value| terms.age_ms = value),
];

/// What differs from the presets.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<(&'static str, u64)>);

impl Settings {
    /// Reads `name=value` pairs.
    ///
    /// # Errors
    /// Which name is unknown, or which value cannot be read.
    pub fn parse(pairs: &[String]) -> Result<Self, String> {
        let one = |pair: &String| {
            let (name, value) =
                pair.split_once('=').ok_or_else(|| format!("`{pair}` is not NAME=VALUE"))?;
            let known = FIELDS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
                let names: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
                format!("`{name}` is no setting; take one of {}", names.join(", "))
            })?;
            let value = value.parse().map_err(|_| format!("`{value}` is not a whole number"))?;
            Ok((known.0, value))
        };
        let settings = Self(pairs.iter().map(one).collect::<Result<_, String>>()?);
        let mut terms = holdfast_migrations::presets::market(100);
        settings.apply(&mut terms);
        MarketTerms::from(&terms)
            .check()
            .map_err(|refused| format!("no market could be listed so: {refused:?}"))?;
        Ok(settings)
    }

    /// Changes a market's terms.
    pub fn apply(&self, terms: &mut MarketTermsState) {
        for (name, value) in &self.0 {
            if let Some((_, set)) = FIELDS.iter().find(|(known, _)| known == name) {
                set(terms, *value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn settings_are_read_and_bounded() {
        let parse = |pairs: &[&str]| {
            Settings::parse(&pairs.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let mut terms = holdfast_migrations::presets::market(100);
        parse(&["band_bps=1500", "age_ms=20000"]).unwrap().apply(&mut terms);
        assert_eq!((terms.band_bps, terms.age_ms), (1_500, 20_000));
        for (pair, said) in [
            ("band_bps", "not NAME=VALUE"),
            ("colour=3", "no setting"),
            ("band_bps=wide", "not a whole number"),
            ("band_bps=99", "no market could be listed"),
            ("band_bps=99999", "no market could be listed"),
        ] {
            let error = parse(&[pair]).unwrap_err();
            assert!(error.contains(said), "{pair}: {error}");
        }
    }
}
