//! What must hold after every step, whatever happened: sums over all accounts, and who may be
//! harmed by whom.

use holdfast_client::holdfast::events::{OrderExecuted, OrderRemoved, PositionLiquidated};
use holdfast_risk::account::margin::Health;
use holdfast_risk::account::position::Position;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::{Millis, Side, Size, Usd};
use holdfast_testkit::events;
use litesvm::types::TransactionMetadata;

use crate::action::Action;
use crate::cast::{REQUESTS, pool_of};
use crate::model::Settings;
use crate::state::MARKETS;
use crate::state::{Account, State, slot_of};

/// Index steps are this many to the hour and unit of rate times price; see `holdfast_risk::market::carry`.
const INDEX_DIVISOR: i128 = 3_600_000 * 1_000_000_000;
/// Longest time that one refresh may charge for, milliseconds.
const LONGEST_STEP: u64 = 600_000;

impl State {
    /// Every sum over accounts, requests and vaults.
    pub fn check_sums(&self) {
        self.check_vaults();
        self.check_accounts();
        self.check_pools();
        self.check_returnable();
        for index in 0..MARKETS {
            self.check_market(index);
        }
    }

    fn check_vaults(&self) {
        for (vault, counted) in self.tokens.vaults.iter().zip(&self.counted) {
            assert!(vault >= counted, "a vault holds what the ledger counts on");
        }
        let total = self.ledger.total().unwrap().0;
        assert_eq!(self.counted[0] + self.counted[1], total, "the ledger's parts sum to the total");
    }

    fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter().flatten()
    }

    fn check_accounts(&self) {
        let sum = |of: fn(&Account) -> u64| self.accounts().map(of).sum::<u64>();
        let held = sum(|it| it.balances.collateral.0 + it.reserved + it.exit.waits.0);
        assert_eq!(self.ledger.collateral, Usd(held), "collateral is the accounts'");
        let pending = sum(|it| it.balances.pending_profit.0);
        assert_eq!(self.ledger.pending_profit, Usd(pending), "pending profit is the accounts'");
        for account in self.accounts() {
            let debts: u64 = account.debts.iter().sum();
            assert_eq!(account.balances.debt.0, debts, "debt is its markets'");
        }
        let owed = sum(|it| it.balances.debt.0);
        assert_eq!(self.ledger.debt, Usd(owed), "debt is the accounts'");
        let entries = sum(|it| it.positions.iter().map(|held| held.entry.0).sum());
        assert_eq!(self.open, Usd(entries), "open notional is the positions'");
        for account in self.accounts() {
            let orders = account.orders.iter().flatten();
            let fees: u64 = orders.clone().map(|waiting| waiting.fee).sum();
            assert_eq!(account.reserved, fees, "what is reserved is for waiting orders");
            let margin: u64 = orders.map(|waiting| waiting.margin).sum();
            assert_eq!(account.reserved_margin, margin, "margin is reserved for waiting orders");
            let may_owe = account.open().count() > 0 && account.balances.pending_profit.0 == 0;
            assert!(may_owe || account.balances.debt.0 == 0, "only positions keep a debt");
            let closed = account.positions.iter().filter(|held| held.size.0 == 0);
            assert!(closed.clone().all(|held| *held == Position::default()), "no dust is left");
        }
    }

    fn check_market(&self, index: usize) {
        let market = &self.markets[index];
        for (side, total) in [(Side::Long, market.longs), (Side::Short, market.shorts)] {
            let positions = self.accounts().map(|account| account.positions[index]);
            let summed = positions
                .filter(|held| held.size.0 != 0 && held.size.side() == side)
                .fold(SideTotal::default(), |sum, held| add(&sum, &held));
            assert_eq!(summed, total, "market {index}'s {side:?} total is its positions'");
        }
    }

    fn check_pools(&self) {
        for kind in [PoolKind::Liquidity, PoolKind::Insurance] {
            let slot = slot_of(kind);
            let waiting = self.requests.iter().zip(REQUESTS);
            let given_up: u64 = waiting
                .filter(|(_, (provider, _))| pool_of(*provider) == kind)
                .filter_map(|(request, _)| request.filter(|request| request.leaves))
                .map(|request| request.amount)
                .sum();
            let outstanding = self.tokens.supply[slot] + given_up + self.unheld[slot];
            assert_eq!(self.shares[slot], outstanding, "{kind:?} shares");
        }
        let waiting = self.requests.iter().flatten().filter(|request| !request.leaves);
        let queued: u64 = waiting.map(|request| request.amount).sum();
        assert_eq!(self.ledger.queued, Usd(queued), "queued is the waiting deposits");
    }

    /// Whatever waits to join or leave a pool can be returned, after reconciling at the most.
    fn check_returnable(&self) {
        for (request, (provider, _)) in REQUESTS.into_iter().enumerate() {
            if self.requests[request].is_none() {
                continue;
            }
            let mut reconciled = self.clone();
            reconciled.reconcile().expect("anybody may reconcile");
            let returns = |mut state: Self| state.return_request(provider, request).is_ok();
            assert!(returns(self.clone()) || returns(reconciled), "request {request} is stuck");
        }
    }

    /// Tokens of everyone in this silo's reach.
    pub fn all_tokens(&self) -> u128 {
        let held = self.tokens.wallets.iter().chain(&self.tokens.vaults);
        held.map(|amount| u128::from(*amount)).sum()
    }

    /// An account's health at the newest prices, however old.
    pub fn health(&self, account: &Account, settings: &Settings) -> Health {
        let mut health = Health::new(&account.balances).unwrap();
        for index in account.open() {
            let price = self.markets[index].newest().low;
            let ratios = settings.markets[index].ratios;
            health.add(&self.leg(account, index, price, ratios)).unwrap();
        }
        health
    }

    /// Nobody safe became liquidatable by what someone else did.
    pub fn check_unharmed(&self, before: &Self, action: &Action, settings: &Settings) {
        if matches!(action, Action::Refresh { .. }) {
            return;
        }
        for (index, account) in self.accounts.iter().enumerate() {
            let (Some(now), Some(then)) = (account, &before.accounts[index]) else { continue };
            if action.exposed_account() == Some(index) {
                continue;
            }
            let safe = |state: &Self, account| state.health(account, settings).meets_maintenance();
            let harmed = safe(before, then) && !safe(self, now);
            assert!(!harmed, "account {index} was made liquidatable by another's act");
        }
    }

    /// Funding between the sides stayed within its cap for the time that passed.
    pub fn check_funding(&self, before: &Self, action: &Action, settings: &Settings) {
        let Action::Refresh { market, published, .. } = *action else { return };
        let (after, then) = (&self.markets[market].accruals, &before.markets[market].accruals);
        let spread = |long: i64, short: i64| i128::from(long) - i128::from(short);
        let moved = spread(after.carry_long.0, after.carry_short.0)
            - spread(then.carry_long.0, then.carry_short.0);
        let elapsed = after.accrued.since(then.accrued).0.min(LONGEST_STEP);
        let cap = i128::from(settings.markets[market].funding.cap) * 1_000_000;
        // A price outside the band is measured as its edge.
        let edge = self.markets[market].reference.band(settings.markets[market].band.width).high;
        let price = i128::from(published.price.max(edge.0));
        let most = price * cap * i128::from(elapsed) / INDEX_DIVISOR + 1;
        assert!(moved.abs() <= 2 * most, "funding moved by {moved}, its cap allows {most}");
    }
}

fn add(sum: &SideTotal, held: &Position) -> SideTotal {
    let size = held.size.size();
    SideTotal {
        size: Size(sum.size.0 + size.0),
        entry: Usd(sum.entry.0 + held.entry.0),
        carry_basis: sum.carry_basis + i128::from(size.0) * i128::from(held.carry.0),
    }
}

/// The price of an execution was published late enough after what asked for it.
pub fn check_price_time(
    landed: &TransactionMetadata,
    action: &Action,
    before: &State,
    last_disruption: Millis,
    settings: &Settings,
) {
    let (published, earliest) = match *action {
        Action::Execute { account, number, market, .. } => {
            let Some(executed) = events::find::<OrderExecuted>(landed) else {
                events::find::<OrderRemoved>(landed).expect("executed or removed");
                return;
            };
            let owner = before.accounts[account].as_ref().unwrap();
            let waiting = owner.order(number).unwrap();
            let delay = settings.markets[market].execution_delay;
            let asked = waiting.requested.after(delay).max(waiting.order.earliest);
            let (held, changed) = (owner.positions[market].size.0, owner.changed[market]);
            let closes = held != 0 && held.signum() != executed.delta.signum();
            let earliest = if closes && changed.0 > 0 { changed.after(delay) } else { asked };
            (executed.published_ms, earliest.max(asked))
        }
        Action::Liquidate { account, market, .. } => {
            let liquidated: PositionLiquidated = events::find(landed).expect("an event");
            let flagged = before.accounts[account].as_ref().unwrap().flagged;
            let delay = settings.markets[market].flag_delay;
            (liquidated.published_ms, flagged.after(delay))
        }
        _ => return,
    };
    assert!(published >= earliest.0.max(last_disruption.0), "executed at a price from {published}");
}
