//! Orders of all sorts.

use holdfast_client::holdfast::instructions::OrderRequest;
use holdfast_risk::Price;
use rand::Rng;

use super::Generator;
use crate::action::Action;
use crate::cast::{ACCOUNTS, PEOPLE};
use crate::model::Look;
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
        let (trigger, trigger_price) = self.trigger(market);
        let request = OrderRequest {
            delta,
            limit: self.limit(market, delta),
            trigger,
            trigger_price,
            reduce_only,
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
        (account.balances.collateral.0 as f64 - open * ASKED_MARGIN).max(0.0)
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

    fn trigger(&mut self, market: usize) -> (u8, u64) {
        let level = self.prices[market] / 1_000 * self.random.random_range(990..1_010);
        match self.random.random_range(0..60) {
            0 => (3, level),
            1 => (1, 0),
            2..5 => (1, level),
            5..8 => (2, level),
            _ => (0, 0),
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

    /// Mostly one that expired, where there is one.
    pub(super) fn cancel(&mut self, account: usize, state: &State, look: &Look) -> Action {
        let now = state.guard(look).now;
        let expired = |it: &Waiting| it.order.is_expired(now);
        let lapsed =
            |it: Option<&Account>| it.is_some_and(|it| it.orders.iter().flatten().any(expired));
        let account = self.any_account(state, lapsed).unwrap_or(account);
        let orders = state.accounts[account].iter().flat_map(|it| it.orders.iter().flatten());
        let found = orders.clone().find(|it| expired(it)).or_else(|| orders.clone().next());
        let number = found.map_or(0, |waiting| waiting.number);
        let signer = if self.random.random_ratio(1, 4) {
            self.random.random_range(0..PEOPLE)
        } else {
            ACCOUNTS[account].0
        };
        Action::Cancel { signer, account, number }
    }

    /// Any order that waits, mostly one with time left.
    pub(super) fn execute(&mut self, state: &State, look: &Look) -> Action {
        let now = state.guard(look).now;
        let lapsed_too = self.random.random_ratio(1, 10);
        let accounts = state.accounts.iter().enumerate();
        let waiting: Vec<_> = accounts
            .flat_map(|(account, it)| {
                let orders = it.iter().flat_map(|it| it.orders.iter().flatten());
                orders.map(move |waiting| (account, *waiting))
            })
            .filter(|(_, waiting)| lapsed_too || !waiting.order.is_expired(now))
            .collect();
        let executor = self.random.random_range(0..ACCOUNTS.len());
        if waiting.is_empty() {
            return Action::Execute { account: executor, number: 1, market: 0, executor };
        }
        let (account, Waiting { number, market, .. }) = *self.one_of(&waiting);
        let market = if self.random.random_ratio(1, 50) { self.market() } else { market };
        let executor = if self.random.random() { account } else { executor };
        Action::Execute { account, number, market, executor }
    }

    pub(super) fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.random.random_range(0..of.len())]
    }
}
