//! What the drill watches: who became liquidatable when, and what happened to them.

use std::collections::{HashMap, HashSet};

use hdrhistogram::Histogram;
use holdfast_client::holdfast::account_health::{self, Purpose};
use holdfast_client::holdfast::events::PositionLiquidated;
use holdfast_client::holdfast::state::Market;
use holdfast_client::{Pubkey, standing};
use holdfast_keeper_core::VenueSnapshot;
use holdfast_risk::market::belief::closing_price;
use holdfast_risk::{Millis, Price, Side};

use super::report::Percentiles;
use super::watch::Mark;

/// Counts of a running drill.
pub struct Measure {
    /// Slot at which an account was first seen below maintenance.
    below_since: HashMap<Pubkey, u64>,
    waits: Histogram<u64>,
    /// Accounts liquidated at least once.
    pub liquidated: HashMap<Pubkey, u64>,
    /// Liquidations that left a part open.
    pub partial: u64,
    /// Liquidations that closed a position.
    pub full: u64,
    /// What accounts could not pay, native units.
    pub bad_debt: u64,
    /// Liquidations of accounts that met maintenance or whose margin was on its way, or at a price
    /// from before the flag or the disruption.
    pub wrongful: u64,
    /// Accounts for which margin was sent that has not landed yet.
    pub margin_sent: HashSet<Pubkey>,
    /// What was true when prices were published, by their publish time.
    pub true_prices: HashMap<u64, Vec<u64>>,
}

impl Measure {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self {
            below_since: HashMap::new(),
            waits: Histogram::new(3).expect("three digits are a valid precision"),
            liquidated: HashMap::new(),
            partial: 0,
            full: 0,
            bad_debt: 0,
            wrongful: 0,
            margin_sent: HashSet::new(),
            true_prices: HashMap::new(),
        }
    }

    /// Notes who fails maintenance at the newest prices.
    pub fn look(&mut self, mirror: &VenueSnapshot, now: Millis, slot: u64) {
        let chain = mirror.chain(now);
        for (address, account) in &mirror.accounts {
            let price = |market: &Market| {
                let position = account.position(market.index);
                account_health::valuation_price(&position, market, &chain, Purpose::Liquidation)
            };
            let found = standing::health(account, |index| mirror.market(index), price);
            let safe = matches!(found, Ok(Some(health)) if health.meets_maintenance());
            if safe {
                self.below_since.remove(address);
            } else {
                self.below_since.entry(*address).or_insert(slot);
            }
        }
    }

    /// How many fail it.
    pub fn failing(&self) -> usize {
        self.below_since.len()
    }

    /// Judges a liquidation that landed by what was true before it: the event says what the program
    /// did, `mirror` what it should have done, `last_disruption` when chain or feeds did.
    pub fn judge(
        &mut self,
        mirror: &VenueSnapshot,
        now: Millis,
        event: &PositionLiquidated,
        last_disruption: Option<Mark>,
    ) {
        let outdated =
            last_disruption.is_some_and(|last_disruption| event.published_ms < last_disruption.ms);
        let saved = self.margin_sent.contains(&event.account);
        let account = mirror.accounts.get(&event.account);
        let side = account.map(|account| account.position(event.market).size.side());
        let lied = side.is_some_and(|side| self.is_lie(event, side));
        let wronged = outdated || saved || lied;
        if wronged || !rightful(mirror, now, event).unwrap_or(false) {
            self.wrongful += 1;
        }
    }

    /// Whether the price was worse for the position's owner, by more than a hundredth, than what was
    /// true when it was published.
    fn is_lie(&self, event: &PositionLiquidated, side: Side) -> bool {
        let truth = self.true_prices.get(&event.published_ms);
        let truth = truth.and_then(|prices| prices.get(usize::from(event.market)));
        truth.is_some_and(|truth| match side {
            Side::Long => event.price < truth - truth / 100,
            Side::Short => event.price > truth + truth / 100,
        })
    }

    /// Books a liquidation that landed, by the event the program emitted.
    pub fn landed(&mut self, event: &PositionLiquidated, slot: u64) {
        if let Some(since) = self.below_since.remove(&event.account) {
            self.waits.saturating_record(slot.saturating_sub(since));
        }
        *self.liquidated.entry(event.account).or_insert(0) += 1;
        if event.position == 0 {
            self.full += 1;
        } else {
            self.partial += 1;
        }
        self.bad_debt += event.bad_debt;
    }

    /// Slots from liquidatable to liquidated.
    pub fn percentiles(&self) -> Percentiles {
        let at = |quantile| self.waits.value_at_quantile(quantile);
        Percentiles { p50: at(0.5), p99: at(0.99) }
    }
}

/// Whether the account was flagged, the price was one its market published after the flag and its
/// delay, or where that was sudden, the better one before it, and the account failed maintenance at it
/// and at the newest. `None` when that cannot be told.
fn rightful(mirror: &VenueSnapshot, now: Millis, event: &PositionLiquidated) -> Option<bool> {
    let chain = mirror.chain(now);
    let account = mirror.accounts.get(&event.account)?;
    let market = mirror.market(event.market)?;
    let side = account.position(event.market).size.side();
    let earliest = account.liquidatable_from(market);
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    let then =
        market.recent_prices().skip_while(|stored| stored.point.published.0 > event.published_ms);
    let used = closing_price(then, earliest, &at, side)?;
    let published =
        used.published.0 == event.published_ms && used.trader_adverse(side) == Price(event.price);
    let flagged = account.flagged_ms != 0;
    let worth = |market: &Market| {
        let position = account.position(market.index);
        account_health::valuation_price(&position, market, &chain, Purpose::Liquidation)
    };
    let fails = |own: Price| {
        let price = |other: &Market| if other.index == event.market { own } else { worth(other) };
        let health = standing::health(account, |index| mirror.market(index), price).ok()??;
        Some(!health.meets_maintenance())
    };
    let failed = fails(used.trader_favourable(side))? && fails(worth(market))?;
    Some(published && flagged && failed)
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
