//! A venue of few accounts: whatever is done there is an event, and leaves accounts behind.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anchor_lang::Event;
use bytemuck::{Pod, Zeroable, bytes_of};
use holdfast_client::decode::Kind;
use holdfast_client::holdfast::events::{
    AccountClosed, AccountOpened, Deposited, ExitCancelled, ExitPaid, ExitRequested, OrderExecuted,
    OrderPlaced, OrderRemoved, PoolRequestCancelled, PoolRequestExecuted, PoolRequested,
    PositionLiquidated, PositionSettled, Withdrawn,
};
use holdfast_client::holdfast::state::{MarginAccount, PoolRequest, Silo};
use holdfast_client::{Pubkey, address};

/// Orders that an account may have waiting here.
const MOST_ORDERS: usize = 4;

/// What somebody does, and by how much.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    pub who: u8,
    pub what: u8,
    /// Not zero.
    pub amount: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Trader {
    position: i64,
    exit: u64,
    orders: usize,
}

#[derive(Clone, Copy)]
struct Request {
    leaves: bool,
    amount: u64,
    executed: bool,
}

/// The venue's accounts.
#[derive(Clone, Default)]
pub struct World {
    traders: BTreeMap<u8, Trader>,
    requests: BTreeMap<u8, Request>,
    vaults: u64,
}

fn trader(who: u8) -> Pubkey {
    Pubkey::new_from_array([who + 1; 32])
}

fn request(who: u8) -> Pubkey {
    Pubkey::new_from_array([who + 101; 32])
}

fn data<T: Pod + Kind>(account: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytes_of(account)].concat()
}

impl World {
    /// Does it, or deposits where it cannot be done, and says so as the program does.
    pub fn act(&mut self, deed: Deed) -> Vec<u8> {
        let account = trader(deed.who);
        if let Entry::Vacant(place) = self.traders.entry(deed.who) {
            place.insert(Trader::default());
            return AccountOpened { account, owner: trader(99) }.data();
        }
        let done = match deed.what % 5 {
            0 => self.withdraws(deed),
            1 => self.exits(deed),
            2 => self.trades(deed),
            3 => self.closes(deed),
            _ => self.pools(deed),
        };
        done.unwrap_or_else(|| {
            self.vaults += deed.amount;
            Deposited { account, amount: deed.amount, collateral: 0 }.data()
        })
    }

    fn withdraws(&mut self, deed: Deed) -> Option<Vec<u8>> {
        let (account, amount) = (trader(deed.who), deed.amount);
        self.vaults = self.vaults.checked_sub(amount)?;
        Some(Withdrawn { account, amount, collateral: 0 }.data())
    }

    fn exits(&mut self, deed: Deed) -> Option<Vec<u8>> {
        let (account, amount) = (trader(deed.who), deed.amount);
        let held = self.traders.get_mut(&deed.who)?;
        if held.exit == 0 {
            held.exit = amount;
            let destination = trader(98);
            return Some(ExitRequested { account, amount, destination, requested_ms: 1 }.data());
        }
        if amount.is_multiple_of(3) {
            let amount = core::mem::take(&mut held.exit);
            return Some(ExitCancelled { account, amount }.data());
        }
        let amount = amount.min(held.exit);
        self.vaults = self.vaults.checked_sub(amount)?;
        held.exit -= amount;
        Some(ExitPaid { account, amount, left: held.exit }.data())
    }

    fn trades(&mut self, deed: Deed) -> Option<Vec<u8>> {
        let account = trader(deed.who);
        let held = self.traders.get_mut(&deed.who)?;
        if held.orders == 0 || (deed.amount.is_multiple_of(4) && held.orders < MOST_ORDERS) {
            held.orders += 1;
            let (number, market, delta, earliest_ms, margin) = (1, 0, 1, 0, 0);
            let placed = OrderPlaced { account, number, market, delta, earliest_ms, margin };
            return Some(placed.data());
        }
        held.orders -= 1;
        if deed.amount % 4 == 1 {
            return Some(OrderRemoved { account, number: 1, reason: 0 }.data());
        }
        let size = i64::try_from(deed.amount).ok()?;
        let delta = if deed.amount % 4 == 2 { size } else { -size };
        held.position += delta;
        let executed = OrderExecuted {
            account,
            number: 1,
            market: 0,
            index_price: 1,
            published_ms: 1,
            price: 1,
            delta,
            position: held.position,
            realised: 0,
            carry: 0,
            fee: 0,
            debt: 0,
            bad_debt: 0,
        };
        Some(executed.data())
    }

    fn closes(&mut self, deed: Deed) -> Option<Vec<u8>> {
        let account = trader(deed.who);
        let held = self.traders.get_mut(&deed.who)?;
        if *held == Trader::default() {
            self.traders.remove(&deed.who);
            return Some(AccountClosed { account }.data());
        }
        if held.position == 0 {
            return None;
        }
        if deed.amount.is_multiple_of(3) {
            let settled = PositionSettled {
                account,
                market: 0,
                price: 1,
                closed: core::mem::take(&mut held.position),
                realised: 0,
                carry: 0,
                debt: 0,
                bad_debt: 0,
            };
            return Some(settled.data());
        }
        let closed = deed.amount.min(held.position.unsigned_abs());
        held.position -= i64::try_from(closed).ok()? * held.position.signum();
        let liquidated = PositionLiquidated {
            account,
            market: 0,
            price: 1,
            published_ms: 1,
            closed,
            position: held.position,
            realised: 0,
            reward: 0,
            to_insurance: 0,
            debt: 0,
            bad_debt: 0,
            insured: 0,
        };
        Some(liquidated.data())
    }

    fn pools(&mut self, deed: Deed) -> Option<Vec<u8>> {
        let (Deed { who, amount, .. }, request) = (deed, request(deed.who));
        let Some(held) = self.requests.get(&who).copied() else {
            let leaves = amount.is_multiple_of(2);
            if !leaves {
                self.vaults += amount;
            }
            self.requests.insert(who, Request { leaves, amount, executed: false });
            return Some(PoolRequested { request, pool: 0, leaves, amount, due_ms: 1 }.data());
        };
        if held.executed || amount.is_multiple_of(3) {
            let returned = if held.leaves { 0 } else { held.amount };
            self.vaults = self.vaults.checked_sub(returned)?;
            self.requests.remove(&who);
            return Some(PoolRequestCancelled { request }.data());
        }
        let arrived = amount % 3 == 1;
        if arrived {
            let paid = if held.leaves { amount } else { 0 };
            self.vaults = self.vaults.checked_sub(paid)?;
            self.requests.remove(&who);
        } else {
            // What it received waits to be returned: shares as if it left, tokens as if it joined.
            let kept = Request { leaves: !held.leaves, amount, executed: true };
            self.requests.insert(who, kept);
        }
        let (amount, received) = (held.amount, amount);
        let executed = PoolRequestExecuted { request, amount, received, worth: 1, arrived };
        Some(executed.data())
    }

    /// The accounts as they are.
    pub fn accounts(&self) -> Vec<(Pubkey, Vec<u8>)> {
        let mut silo = Silo::zeroed();
        silo.ledger.in_liquidity_vault = self.vaults;
        let mut all = vec![(address::silo(0), data(&silo))];
        for (who, held) in &self.traders {
            let mut account = MarginAccount::zeroed();
            account.exit_amount = held.exit;
            account.positions[0].size = held.position;
            account.orders[..held.orders].iter_mut().for_each(|order| order.number = 1);
            all.push((trader(*who), data(&account)));
        }
        for (who, held) in &self.requests {
            let mut account = PoolRequest::zeroed();
            (account.leaves, account.amount) = (u8::from(held.leaves), held.amount);
            all.push((request(*who), data(&account)));
        }
        all
    }
}
