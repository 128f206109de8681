//! Sums of events against what the accounts hold: whatever is missing from the history, or was cut off a log,
//! shows here.
//!
//! What accounts held at a slot is compared with the events up to that slot and no others, once all of those
//! are there to stay: `crate::comparing` decides when that is.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::Pubkey;
use holdfast_client::decode::decode;
use holdfast_client::events::read;
use holdfast_client::holdfast::events::{
    AccountClosed, AccountOpened, Deposited, ExitCancelled, ExitPaid, ExitRequested, FeesCollected,
    OrderExecuted, OrderPlaced, OrderRemoved, PoolRequestCancelled, PoolRequestExecuted,
    PoolRequested, PositionLiquidated, PositionSettled, VaultsReconciled, Withdrawn,
};
use holdfast_client::holdfast::state::{MarginAccount, PoolRequest, Silo};
use holdfast_rpc::Snapshot;
use serde::Serialize;
use utoipa::ToSchema;

/// Kinds of events that move a sum.
pub const KINDS: [&str; 17] = [
    "AccountOpened",
    "AccountClosed",
    "Deposited",
    "Withdrawn",
    "ExitRequested",
    "ExitPaid",
    "ExitCancelled",
    "OrderPlaced",
    "OrderRemoved",
    "OrderExecuted",
    "PositionLiquidated",
    "PositionSettled",
    "PoolRequested",
    "PoolRequestExecuted",
    "PoolRequestCancelled",
    "FeesCollected",
    "VaultsReconciled",
];

/// Native units that the ledgers count on in all vaults.
const VAULTS: &str = "vaults";
/// Margin accounts.
const ACCOUNTS: &str = "accounts";
/// Requests to join or leave a pool that wait, or hold what they received.
const REQUESTS: &str = "requests";

/// Sums by their names; those that are zero are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    lines: BTreeMap<String, i128>,
    /// On which side open positions are, as the last event about each says.
    sides: BTreeMap<String, i128>,
}

/// A sum that is not the same by events and by accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// Of what: `vaults` (native units), `accounts`, `position ACCOUNT MARKET` (millionths of a base unit),
    /// `exit ACCOUNT` (native units), `orders ACCOUNT`, `requests`, `deposit REQUEST` (native units that wait to
    /// join).
    pub sum: String,
    /// What the accounts hold; an integer as text, because it may be wider than a JSON number.
    pub held: String,
    /// What the events come to.
    pub by_events: String,
}

/// What looking at events and accounts came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Events up to the slot of the accounts are not all there to stay, for this reason.
    NotYet(String),
    /// They were compared.
    Done(Reconciliation),
}

/// What comparing came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reconciliation {
    /// The slot at which the accounts were looked at; its block is final.
    pub slot: u64,
    /// The slot from whose accounts the events were counted; null where they were from the beginning.
    pub since: Option<u64>,
    /// How many sums were compared.
    pub sums: u64,
    /// Those that differ.
    pub off: Vec<Difference>,
    /// Signatures of transactions whose log was cut, where sums differ: what was cut off may be what is missing.
    /// Ten at the most, the oldest first.
    pub truncated: Vec<String>,
}

/// Compares what the accounts held at `slot` with what the events come to.
pub fn compare(slot: u64, since: Option<u64>, held: &Sums, by_events: &Sums) -> Reconciliation {
    let names: BTreeSet<_> = held.lines.keys().chain(by_events.lines.keys()).collect();
    let differ = names.iter().filter(|name| held.get(name) != by_events.get(name));
    let off = differ.map(|name| Difference {
        sum: (**name).clone(),
        held: held.get(name).to_string(),
        by_events: by_events.get(name).to_string(),
    });
    let (sums, off) = (names.len() as u64, off.collect());
    Reconciliation { slot, since, sums, off, truncated: Vec::new() }
}

impl Sums {
    /// What the accounts of all silos hold.
    pub fn held(snapshot: &Snapshot) -> Self {
        let mut sums = Self::default();
        for (address, data) in &snapshot.accounts {
            if let Ok(account) = decode::<MarginAccount>(data) {
                sums.hold(address, &account);
            } else if let Ok(silo) = decode::<Silo>(data) {
                let ledger = &silo.ledger;
                sums.add(
                    VAULTS,
                    i128::from(ledger.in_liquidity_vault) + i128::from(ledger.in_insurance_vault),
                );
            } else if let Ok(request) = decode::<PoolRequest>(data) {
                sums.add(REQUESTS, 1);
                if request.leaves == 0 {
                    sums.add(&deposit(address), request.amount.into());
                }
            }
        }
        sums
    }

    fn hold(&mut self, address: &Pubkey, account: &MarginAccount) {
        self.add(ACCOUNTS, 1);
        self.add(&exit(address), account.exit_amount.into());
        let waiting = account.orders.iter().filter(|order| order.number != 0).count();
        self.add(&orders(address), waiting as i128);
        for (market, held) in account.positions.iter().enumerate() {
            self.add(&position(address, market as u8), held.size.into());
        }
    }

    /// Adds what an event changes.
    pub fn apply(&mut self, bytes: &[u8]) {
        self.apply_account(bytes);
        self.apply_trade(bytes);
        self.apply_pool(bytes);
    }

    fn apply_account(&mut self, bytes: &[u8]) {
        if read::<AccountOpened>(bytes).is_some() {
            self.add(ACCOUNTS, 1);
        } else if read::<AccountClosed>(bytes).is_some() {
            self.add(ACCOUNTS, -1);
        } else if let Some(event) = read::<Deposited>(bytes) {
            self.add(VAULTS, event.amount.into());
        } else if let Some(event) = read::<Withdrawn>(bytes) {
            self.add(VAULTS, -i128::from(event.amount));
        } else if let Some(event) = read::<ExitRequested>(bytes) {
            self.add(&exit(&event.account), event.amount.into());
        } else if let Some(event) = read::<ExitPaid>(bytes) {
            self.add(&exit(&event.account), -i128::from(event.amount));
            self.add(VAULTS, -i128::from(event.amount));
        } else if let Some(event) = read::<ExitCancelled>(bytes) {
            self.add(&exit(&event.account), -i128::from(event.amount));
        }
    }

    fn apply_trade(&mut self, bytes: &[u8]) {
        if let Some(event) = read::<OrderPlaced>(bytes) {
            self.add(&orders(&event.account), 1);
        } else if let Some(event) = read::<OrderRemoved>(bytes) {
            self.add(&orders(&event.account), -1);
        } else if let Some(event) = read::<OrderExecuted>(bytes) {
            self.add(&orders(&event.account), -1);
            let name = position(&event.account, event.market);
            self.add(&name, event.delta.into());
            self.is_on(name, event.position);
        } else if let Some(event) = read::<PositionLiquidated>(bytes) {
            let name = position(&event.account, event.market);
            // It closes, and does not say what: what is left is on the side that all of it was.
            let side = match event.position.signum() {
                0 => self.sides.get(&name).copied().unwrap_or(self.get(&name).signum()),
                side => side.into(),
            };
            self.add(&name, -i128::from(event.closed) * side);
            self.is_on(name, event.position);
        } else if let Some(event) = read::<PositionSettled>(bytes) {
            let name = position(&event.account, event.market);
            self.add(&name, -i128::from(event.closed));
            self.is_on(name, 0);
        }
    }

    /// Remembers on which side a position is, as an event says it.
    fn is_on(&mut self, name: String, position: i64) {
        if position == 0 {
            self.sides.remove(&name);
        } else {
            self.sides.insert(name, position.signum().into());
        }
    }

    fn apply_pool(&mut self, bytes: &[u8]) {
        if let Some(event) = read::<PoolRequested>(bytes) {
            self.add(REQUESTS, 1);
            if !event.leaves {
                self.add(VAULTS, event.amount.into());
                self.add(&deposit(&event.request), event.amount.into());
            }
        } else if let Some(event) = read::<PoolRequestExecuted>(bytes) {
            let name = deposit(&event.request);
            if event.arrived {
                self.add(REQUESTS, -1);
            }
            if self.get(&name) != 0 {
                // It joined: the tokens stay, and are the pool's.
                self.lines.remove(&name);
            } else if event.arrived {
                self.add(VAULTS, -i128::from(event.received));
            } else {
                // They wait like a deposit until somebody returns them.
                self.add(&name, event.received.into());
            }
        } else if let Some(event) = read::<PoolRequestCancelled>(bytes) {
            let returned = self.lines.remove(&deposit(&event.request)).unwrap_or_default();
            self.add(REQUESTS, -1);
            self.add(VAULTS, -returned);
        } else if let Some(event) = read::<FeesCollected>(bytes) {
            self.add(VAULTS, -i128::from(event.amount));
        } else if let Some(event) = read::<VaultsReconciled>(bytes) {
            self.add(VAULTS, event.surplus.into());
        }
    }

    /// A sum.
    pub fn get(&self, name: &str) -> i128 {
        self.lines.get(name).copied().unwrap_or_default()
    }

    /// All that are not zero.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i128)> {
        self.lines.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Adds to a sum.
    pub fn add(&mut self, name: &str, amount: i128) {
        if amount == 0 {
            return;
        }
        let sum = self.get(name).saturating_add(amount);
        if sum == 0 {
            self.lines.remove(name);
        } else {
            self.lines.insert(name.to_owned(), sum);
        }
    }
}

fn position(account: &Pubkey, market: u8) -> String {
    format!("position {account} {market}")
}

fn exit(account: &Pubkey) -> String {
    format!("exit {account}")
}

fn orders(account: &Pubkey) -> String {
    format!("orders {account}")
}

fn deposit(request: &Pubkey) -> String {
    format!("deposit {request}")
}

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
