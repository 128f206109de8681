//! Orders of all sorts.

use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_risk::Price;
use rand::Rng;

use super::Generator;
use crate::action::Action;
use crate::cast::{ACCOUNTS, PEOPLE};
use crate::model::{Look, Progress, Settings};
use crate::state::{Account, State, Waiting};

/// Collateral worth opening with, native units.
const WORTH_TRADING: u64 = 100_000_000;
/// Share of notional that a calm chain asks to open.
const ASKED_MARGIN: f64 = 0.12;

impl Generator {
    pub(super) fn place(&mut self, account: usize, state: &State, look: &Look) -> Action {
        // The last two mostly stay idle, so that they can close.
        let account = if self.random.random_ratio(9, 10) { account % 8 } else { account };
        let wealthy =
            |it: Option<&Account>| it.is_some_and(|it| it.balances.collateral.0 > WORTH_TRADING);
        let account = self.any_account(state, wealthy).unwrap_or(account);
        let sunk = self.sunk(state).filter(|_| self.random.random_ratio(1, 3));
        let (account, market) = sunk.unwrap_or((account, self.market()));
        let signer = self.owner_of(account);
        let held = state.accounts[account].as_ref().map_or(0, |it| it.positions[market].size.0);
        let reduce_only = held != 0 && self.random.random_ratio(1, 4);
        let delta = match sunk {
            Some(_) => -held,
            None => self.delta(account, market, held, reduce_only, state),
        };
        let effect = if reduce_only { OrderEffect::Reduce } else { OrderEffect::Open };
        let request = OrderRequest {
            delta,
            limit: self.limit(market, delta),
            trigger: self.trigger(market),
            effect,
            any_price: self.random.random_ratio(1, 3),
            expires_ms: self.expiry(state.guard(look).now.0),
            fee: self.fee(),
        };
        Action::Place { signer, account, market, request }
    }

    /// A size: for opening, about what the account's margin allows, mostly within its share of the
    /// pool; for the rest, around what is held. Now and then dust, zero or an extreme.
    fn delta(
        &mut self,
        account: usize,
        market: usize,
        held: i64,
        reduce_only: bool,
        state: &State,
    ) -> i64 {
        if reduce_only {
            let part = self.random.random_range(0.1..2.0);
            return (held as f64 * -part) as i64;
        }
        match self.random.random_range(0..100) {
            0 => 0,
            1 => 1,
            2 => *self.one_of(&[i64::MIN, i64::MAX, i64::MIN + 1, i64::MAX / 2]),
            3..15 if held != 0 => held.saturating_mul(-2),
            15..25 if held != 0 => -held,
            _ => {
                let share = if self.random.random_ratio(1, 10) { 1.0 } else { 0.18 };
                let most = state.ledger.liquidity.0 as f64 * share;
                let affordable = self.free(account, state) / ASKED_MARGIN;
                let notional = (affordable * self.random.random_range(0.4..1.05)).min(most);
                let size = notional / self.prices[market] as f64 * 1e6;
                if self.random.random() { size as i64 } else { -(size as i64) }
            }
        }
    }

    /// A position of many that has lost more than its account's collateral: closing it leaves a debt.
    fn sunk(&self, state: &State) -> Option<(usize, usize)> {
        let accounts = state.accounts.iter().enumerate();
        accounts.filter_map(|(account, it)| Some((account, it.as_ref()?))).find_map(
            |(account, it)| {
                let sunk = it.open().find(|market| {
                    let loss =
                        it.positions[*market].profit(Price(self.prices[*market])).unwrap().loss();
                    loss > it.balances.collateral
                });
                sunk.filter(|_| it.open().count() > 1).map(|market| (account, market))
            },
        )
    }

    /// About what an account has left for margin.
    fn free(&self, account: usize, state: &State) -> f64 {
        let Some(account) = state.accounts[account].as_ref() else { return 0.0 };
        let positions = account.positions.iter().zip(self.prices);
        let open: f64 =
            positions.map(|(held, price)| held.size.0.abs() as f64 * price as f64 / 1e6).sum();
        let reserved = account.reserved_margin as f64;
        (account.balances.collateral.0 as f64 - reserved - open * ASKED_MARGIN).max(0.0)
    }

    fn limit(&mut self, market: usize, delta: i64) -> u64 {
        let price = self.prices[market];
        let near = self.random.random_range(990..1_010);
        match self.random.random_range(0..20) {
            0 => 0,
            1 => u64::MAX,
            2..5 => price / 1_000 * near,
            _ if delta > 0 => u64::MAX / 2,
            _ => 1,
        }
    }

    fn trigger(&mut self, market: usize) -> OrderTrigger {
        let price = self.prices[market] / 1_000 * self.random.random_range(990..1_010);
        match self.random.random_range(0..60) {
            0 => OrderTrigger::AtOrAbove { price: 0 },
            1..10 => OrderTrigger::AtOrAbove { price },
            10..19 => OrderTrigger::AtOrBelow { price },
            _ => OrderTrigger::Immediate,
        }
    }

    fn expiry(&mut self, now: u64) -> u64 {
        match self.random.random_range(0..20) {
            0 => self.random.random_range(now - 1_000..=now),
            1 => now + self.random.random_range(1..6_000),
            2..12 => now + self.random.random_range(30_000..120_000),
            12 => u64::MAX,
            _ => now + 3_600_000,
        }
    }

    fn fee(&mut self) -> u64 {
        match self.random.random_range(0..30) {
            0 => u64::MAX,
            1 => 1_000_000_000_000,
            2..15 => 0,
            _ => self.random.random_range(0..2_000_000),
        }
    }

    /// Mostly one that has lapsed: anybody may remove it.
    pub(super) fn cancel(&mut self, state: &State, look: &Look, settings: &Settings) -> Action {
        let lapsed = |far: Progress| far == Progress::Lapsed;
        let (account, number, market) = self.any_order(state, look, settings, lapsed);
        let signer = if self.random.random_ratio(1, 4) {
            self.random.random_range(0..PEOPLE)
        } else {
            ACCOUNTS[account].0
        };
        Action::Cancel { signer, account, number, market }
    }

    /// Mostly one that waits for its trigger.
    pub(super) fn set_off(&mut self, state: &State, look: &Look, settings: &Settings) -> Action {
        let asleep = |far: Progress| matches!(far, Progress::Untriggered | Progress::Lapsed);
        let (account, number, market) = self.any_order(state, look, settings, asleep);
        let market = if self.random.random_ratio(1, 50) { self.market() } else { market };
        Action::Trigger { account, number, market }
    }

    /// Mostly one whose price is known.
    pub(super) fn execute(&mut self, state: &State, look: &Look, settings: &Settings) -> Action {
        let known = |far: Progress| far == Progress::Known;
        let (account, number, market) = self.any_order(state, look, settings, known);
        let executor = self.random.random_range(0..ACCOUNTS.len());
        let market = if self.random.random_ratio(1, 50) { self.market() } else { market };
        let executor = if self.random.random() { account } else { executor };
        Action::Execute { account, number, market, executor }
    }

    /// An order that waits with its account, mostly one that is so far; one that does not exist where
    /// there is none.
    fn any_order(
        &mut self,
        state: &State,
        look: &Look,
        settings: &Settings,
        wanted: impl Fn(Progress) -> bool,
    ) -> (usize, u64, usize) {
        let mut orders = state.orders(look, settings);
        let so_far = |(.., far): &(usize, Waiting, Progress)| wanted(*far);
        if self.random.random_ratio(5, 6) && orders.iter().any(so_far) {
            orders.retain(so_far);
        }
        if orders.is_empty() {
            return (self.random.random_range(0..ACCOUNTS.len()), 1, 0);
        }
        let (account, waiting, _) = self.one_of(&orders);
        (*account, waiting.number, waiting.market)
    }

    pub(super) fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.random.random_range(0..of.len())]
    }
}
