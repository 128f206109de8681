//! How insurance grows back: four fifths of it are gone, and then people trade as on ordinary days.
//!
//! Two funds live on the same trades, one with the share of fees that the rules give it, the other with
//! the plain share. Nobody is liquidated, so fees are all that either gets.

use comfy_table::{Cell, Table, presets::UTF8_FULL_CONDENSED};
use holdfast_migrations::presets;
use holdfast_risk::market::fee::{FeeShares, split, taker_fee};
use holdfast_risk::{Bps, Millis, Overflow, Rounding, Usd};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

use super::report::{dollars, right};

/// Its name, as `--scenario` takes it.
pub const POOLS_HEAL: &str = "pools-heal";
/// What is usually open, native units.
const USUALLY_OPEN: u64 = 50_000_000_000_000;
/// What is left of insurance, as a share of its target.
const LEFT: Bps = Bps(2_000);
/// What a trade is worth, dollars.
const TRADE: std::ops::RangeInclusive<u64> = 100..=10_000;
/// From one trade to the next: as much is traded in a day as is usually open.
const EVERY: Millis = Millis(8_727);
/// The days that are looked at.
const LOOKED_AT: Millis = Millis::DAY.times(30);
/// A fund that has not reached half of its target by then does not heal.
const LONGEST: Millis = Millis::DAY.times(365);

/// What became of a fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Healed {
    /// What it holds after thirty days, native units.
    pub fund: u64,
    /// What liquidity got of the fees of these days, native units.
    pub liquidity: u64,
    /// When it first held half of its target, milliseconds; `None` where not within a year.
    pub half_ms: Option<u64>,
}

/// What became of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Healing {
    /// Which drill.
    pub scenario: &'static str,
    /// What the trades were drawn from.
    pub seed: u64,
    /// What was left of insurance, native units.
    pub left: u64,
    /// What was traded in thirty days, native units.
    pub traded: u64,
    /// With a share that grows with what is missing.
    pub growing: Healed,
    /// With the plain share.
    pub plain: Healed,
}

/// Trades, and what is open.
struct Flow {
    random: ChaCha20Rng,
    open: Usd,
}

impl Flow {
    /// What the next trade is worth. It opens or closes; what is open stays near what usually is.
    fn trade(&mut self) -> Usd {
        let notional = self.random.random_range(TRADE) * 1_000_000;
        let opens = self.random.random_range(0..2 * USUALLY_OPEN) >= self.open.0;
        let open = self.open.0;
        let after = if opens { open + notional } else { open.saturating_sub(notional) };
        self.open = Usd(after);
        Usd(notional)
    }
}

impl Healing {
    /// Lets both funds live on the trades of a seed.
    ///
    /// # Errors
    /// [`Overflow`] never for the presets' shares.
    pub fn of(seed: u64) -> Result<Self, Overflow> {
        let terms = presets::silo();
        let rate = Bps(presets::market(100).taker_fee_bps);
        let plain = FeeShares {
            insurance: Bps(terms.insurance_share_bps),
            protocol: Bps(terms.protocol_share_bps),
        };
        let target = Bps(terms.insurance_target_bps);
        let mut flow = Flow { random: ChaCha20Rng::seed_from_u64(seed), open: Usd(USUALLY_OPEN) };
        let left = flow.open.portion(target, Rounding::Up)?.portion(LEFT, Rounding::Down)?;
        let mut funds = [Healed { fund: left.0, liquidity: 0, half_ms: None }; 2];
        let (mut held, mut traded) = ([left; 2], 0);
        let mut now = EVERY;
        while now <= LOOKED_AT
            || (now <= LONGEST && funds.iter().any(|fund| fund.half_ms.is_none()))
        {
            let open = flow.open;
            let notional = flow.trade();
            let half = flow.open.portion(target, Rounding::Up)?.0.div_ceil(2);
            let growing = plain.while_insurance_lacks(held[0], open, target);
            traded += if now <= LOOKED_AT { notional.0 } else { 0 };
            for ((fund, held), shares) in funds.iter_mut().zip(&mut held).zip([growing, plain]) {
                let parts = split(taker_fee(notional, rate)?, shares)?;
                *held = held.plus(parts.insurance)?;
                if now <= LOOKED_AT {
                    (fund.fund, fund.liquidity) = (held.0, fund.liquidity + parts.liquidity.0);
                }
                if fund.half_ms.is_none() && held.0 >= half {
                    fund.half_ms = Some(now.0);
                }
            }
            now = now.after(EVERY);
        }
        let [growing, plain] = funds;
        Ok(Self { scenario: POOLS_HEAL, seed, left: left.0, traded, growing, plain })
    }

    /// The table.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header([POOLS_HEAL, "share as the\nrules have it", "the plain share"]);
        let (growing, plain) = (&self.growing, &self.plain);
        let days = |ms: Option<u64>| {
            let tenths = |ms: u64| ms / (Millis::DAY.0 / 10);
            ms.map_or_else(
                || "over a year".to_owned(),
                |ms| format!("{}.{} days", tenths(ms) / 10, tenths(ms) % 10),
            )
        };
        let money = |native: u64| dollars(native.into());
        let rows = [
            ("insurance at the beginning", money(self.left), money(self.left)),
            ("until half of its target", days(growing.half_ms), days(plain.half_ms)),
            ("insurance after 30 days", money(growing.fund), money(plain.fund)),
            ("fees to liquidity in 30 days", money(growing.liquidity), money(plain.liquidity)),
            ("traded in 30 days", money(self.traded), money(self.traded)),
        ];
        for (name, growing, plain) in rows {
            table.add_row([Cell::new(name), right(growing), right(plain)]);
        }
        table.add_row([Cell::new("seed"), right(self.seed), right(self.seed)]);
        table.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Healing, LOOKED_AT, USUALLY_OPEN};

    #[test]
    fn insurance_reaches_half_of_its_target_in_a_third_of_the_time() {
        for seed in 1..=3 {
            let healing = Healing::of(seed).unwrap();
            let [growing, plain] =
                [healing.growing, healing.plain].map(|fund| fund.half_ms.unwrap());
            assert!(growing * 3 <= plain, "seed {seed}: {growing} ms instead of {plain} ms");
            assert!(growing <= LOOKED_AT.0 && LOOKED_AT.0 < plain, "{healing:?}");
        }
    }

    #[test]
    fn what_insurance_gains_is_what_liquidity_goes_without() {
        let healing = Healing::of(1).unwrap();
        assert_eq!(healing.left, USUALLY_OPEN * 2 / 100 / 5);
        let (growing, plain) = (healing.growing, healing.plain);
        assert_eq!(growing.fund + growing.liquidity, plain.fund + plain.liquidity);
        assert_eq!(Healing::of(1).unwrap(), healing);
        assert!(healing.table().contains("until half of its target"));
    }
}
