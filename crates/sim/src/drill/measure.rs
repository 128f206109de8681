//! What the drill watches: who became liquidatable when, and what happened to them.

use std::collections::HashMap;

use hdrhistogram::Histogram;
use holdfast_client::holdfast::events::PositionLiquidated;
use holdfast_client::holdfast::legs::{self, Purpose};
use holdfast_client::holdfast::state::Market;
use holdfast_client::{Pubkey, standing};
use holdfast_keepers::Mirror;
use holdfast_risk::{Millis, Price};

use super::report::Percentiles;

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
    /// Liquidations of accounts that met maintenance, or at a price from before the flag.
    pub wrongful: u64,
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
        }
    }

    /// Notes who fails maintenance at the newest prices.
    pub fn look(&mut self, mirror: &Mirror, now: Millis, slot: u64) {
        let chain = mirror.chain(now);
        for (address, account) in &mirror.accounts {
            let price =
                |market: &Market| legs::worth(account, market, &chain, Purpose::Liquidation);
            let found = standing::health(account, |index| mirror.market(index), price);
            let safe = matches!(found, Ok(Some(health)) if health.meets_maintenance());
            if safe {
                self.below_since.remove(address);
            } else {
                self.below_since.entry(*address).or_insert(slot);
            }
        }
    }

    /// Judges a liquidation that landed by what was true before it: the event says what the program
    /// did, `mirror` what it should have done.
    pub fn judge(&mut self, mirror: &Mirror, now: Millis, event: &PositionLiquidated) {
        if !rightful(mirror, now, event).unwrap_or(false) {
            self.wrongful += 1;
        }
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
/// delay, and the account failed maintenance at it. `None` when that cannot be told.
fn rightful(mirror: &Mirror, now: Millis, event: &PositionLiquidated) -> Option<bool> {
    let chain = mirror.chain(now);
    let account = mirror.accounts.get(&event.account)?;
    let market = mirror.market(event.market)?;
    let side = account.position(event.market).size.side();
    let used = market.recent_prices().find(|point| point.published.0 == event.published_ms)?;
    let published = used.against(side) == Price(event.price);
    let earliest = Millis(account.flagged_ms).after(Millis(market.terms.flag_delay_ms));
    let flagged = account.flagged_ms != 0 && used.published >= earliest;
    let price = |other: &Market| {
        if other.index == event.market {
            used.favouring(side)
        } else {
            legs::worth(account, other, &chain, Purpose::Liquidation)
        }
    };
    let health = standing::health(account, |index| mirror.market(index), price).ok()??;
    Some(published && flagged && !health.meets_maintenance())
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
