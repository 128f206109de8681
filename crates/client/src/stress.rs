//! How a whole book moves with the price, and what disrupting the chain would gain in it.

use holdfast::account_health::leg_of;
use holdfast::state::{MarginAccount, Market, Silo};
use holdfast_risk::account::margin::Health;
use holdfast_risk::market::exposure::{SideTotal, side_gain};
use holdfast_risk::{Overflow, Price, Side};
use serde::Serialize;

/// Moves at which a book is looked at, thousandths of today's prices.
const MOVES: core::ops::RangeInclusive<i64> = -400..=400;
const MOVE_STEP: usize = 10;
/// Compute units of a block.
pub const BLOCK_UNITS: u64 = 60_000_000;
/// What has to be outbid in each block, millionths of a lamport a compute unit: an assumption, printed
/// with the result.
pub const PRIORITY_MICROLAMPORTS: u64 = 50_000;
/// Dollars a SOL: an assumption, likewise.
pub const SOL_DOLLARS: u64 = 200;
/// Stake that has to fail for a halt, percent.
pub const STAKE_PERCENT: u64 = 34;
/// Share of notional that a liquidation's reward takes at the most, in half penalties.
const REWARD_SHARE: u64 = 2;

/// Everything that a book consists of.
#[derive(Clone, Copy)]
pub struct Book<'a> {
    /// The silo.
    pub silo: &'a Silo,
    /// Its markets, by index.
    pub markets: &'a [Market],
    /// Its accounts.
    pub accounts: &'a [MarginAccount],
}

/// A book at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AtPrice {
    /// The move, thousandths.
    pub move_thousandths: i64,
    /// What accounts could not pay if everybody were settled there, native units.
    pub deficit: u64,
    /// Maintenance asked of accounts that fail it there, native units: what has to be liquidated.
    pub failing: u64,
    /// What liquidity would have gained since, native units.
    pub liquidity: i128,
}

/// How a book moves with the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BookRisk {
    /// What liquidity gains when all prices rise by a hundredth, native units.
    pub delta: i128,
    /// By how much that itself grows when they rise by a hundredth: liquidations would make it so.
    pub gamma: i128,
    /// The smallest fall after which insurance would not cover what accounts could not pay,
    /// thousandths; `None` where none up to 40 % is.
    pub fall_before_deficit: Option<u64>,
    /// The same of a rise.
    pub rise_before_deficit: Option<u64>,
    /// The curve.
    pub curve: Vec<AtPrice>,
}

impl Book<'_> {
    /// Where an account stands at these prices, by market.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit, or a market or price is missing.
    pub fn standing(&self, account: &MarginAccount, prices: &[u64]) -> Result<Health, Overflow> {
        let mut health = Health::new(&account.balances())?;
        for index in account.open_indices() {
            let at = usize::from(index);
            let market = self.markets.get(at).ok_or(Overflow)?;
            let price = Price(*prices.get(at).ok_or(Overflow)?);
            health.add(&leg_of(market, account.position(index), price))?;
        }
        Ok(health)
    }

    /// What liquidity is worth at these prices: its cash and what it is owed, less what traders could
    /// take out of it.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn liquidity_worth(&self, prices: &[u64]) -> Result<i128, Overflow> {
        let ledger = &self.silo.ledger;
        let mut worth = i128::from(ledger.liquidity) + i128::from(ledger.debt)
            - i128::from(ledger.pending_profit);
        for (market, price) in self.markets.iter().zip(prices) {
            for (side, state) in [(Side::Long, &market.longs), (Side::Short, &market.shorts)] {
                let total = SideTotal::from(state);
                worth -= i128::from(side_gain(side, &total, Price(*price), market.carry(side))?.0);
            }
        }
        Ok(worth)
    }

    /// Looks at the book at all prices around these, all markets moving alike and nobody liquidated
    /// on the way: the worst that a gap can do. An account that is broke counts with its deficit
    /// only, so liquidity's curve bends where accounts end.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn risk(&self, prices: &[u64]) -> Result<BookRisk, Overflow> {
        let today = self.at(0, prices, 0)?.liquidity;
        let at = |thousandths| self.at(thousandths, prices, today);
        let curve: Vec<_> = MOVES.step_by(MOVE_STEP).map(at).collect::<Result<_, _>>()?;
        let (up, down) = (at(10)?.liquidity, at(-10)?.liquidity);
        let insurance = self.silo.ledger.insurance;
        let beyond = |sign: i64| {
            let of_side = curve.iter().filter(|at| at.move_thousandths.signum() == sign);
            let broken = of_side.filter(|at| at.deficit > insurance);
            broken.map(|at| at.move_thousandths.unsigned_abs()).min()
        };
        Ok(BookRisk {
            delta: (up - down) / 2,
            gamma: up + down,
            fall_before_deficit: beyond(-1),
            rise_before_deficit: beyond(1),
            curve,
        })
    }

    fn at(&self, thousandths: i64, prices: &[u64], today: i128) -> Result<AtPrice, Overflow> {
        let share = u64::try_from(1_000 + thousandths).map_err(|_| Overflow)?;
        let moved: Vec<u64> = prices.iter().map(|price| price * share / 1_000).collect();
        let (mut deficit, mut failing) = (0_u64, 0_u64);
        for account in self.accounts {
            let health = self.standing(account, &moved)?;
            deficit += u64::try_from(-health.equity.0).unwrap_or(0);
            failing += if health.meets_maintenance() { 0 } else { health.maintenance.0 };
        }
        let liquidity = self.liquidity_worth(&moved)? - i128::from(deficit) - today;
        Ok(AtPrice { move_thousandths: thousandths, deficit, failing, liquidity })
    }
}

/// Cost of disrupting the chain for a time against what that can gain in a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Disruption {
    /// For how long, minutes.
    pub minutes: u64,
    /// To outbid every block meanwhile, native units.
    pub crowding_costs: u64,
    /// What whoever disrupts can gain here at the most, native units.
    pub gain: u64,
}

impl Disruption {
    /// Whether it does not pay.
    pub const fn is_futile(&self) -> bool {
        self.gain <= self.crowding_costs
    }
}

/// What a venue with this much open offers whoever disrupts the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prize {
    /// Open notional, native units.
    pub open: u64,
    /// A minute's volatility, millionths.
    pub minute_ppm: u64,
    /// Penalty of a liquidation, basis points.
    pub penalty_bps: u64,
    /// What somebody who knows the true price gains at the most by trading on it, millionths.
    pub option_ppm: u64,
    /// What a slot takes, milliseconds.
    pub slot_ms: u64,
}

impl Prize {
    /// The venue is safe from disruption for gain where none of these pays. What moves meanwhile is
    /// three standard deviations; it can be traded on as far as known prices go, and what it pushes
    /// below maintenance is taken to be ten times its share of all that is open, each liquidation
    /// rewarded in full.
    pub fn disruptions(&self) -> Vec<Disruption> {
        [1, 5, 15, 60, 240].into_iter().map(|minutes| self.disruption(minutes)).collect()
    }

    fn disruption(&self, minutes: u64) -> Disruption {
        let slots = u128::from(minutes * 60_000 / self.slot_ms.max(1));
        let lamports =
            slots * u128::from(BLOCK_UNITS) * u128::from(PRIORITY_MICROLAMPORTS) / 1_000_000;
        let costs = lamports * u128::from(SOL_DOLLARS) / 1_000;
        let root = u128::from((minutes * 10_000).isqrt());
        let moved = 3 * u128::from(self.minute_ppm) * root / 100;
        let traded = moved.min(u128::from(self.option_ppm));
        let pushed = (moved * 10).min(1_000_000);
        let open = u128::from(self.open);
        let reward = u128::from(self.penalty_bps / REWARD_SHARE);
        let gain = open * traded / 1_000_000 + open * pushed / 1_000_000 * reward / 10_000;
        let native = |amount: u128| u64::try_from(amount).unwrap_or(u64::MAX);
        Disruption { minutes, crowding_costs: native(costs), gain: native(gain) }
    }
}

#[cfg(test)]
#[path = "stress_tests.rs"]
mod tests;
