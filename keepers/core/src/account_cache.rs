//! The mirror kept up to date by what is believed, in whatever order it arrives.
//!
//! Every account has a [`Version`]. An update counts if it is not older than what is there. When a
//! fork is abandoned, what was seen beyond the last common slot yields to whatever is said next.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use holdfast_client::decode::{Kind, change, decode};
use holdfast_client::feed::Reading;
use holdfast_client::holdfast::state::{
    ChainHealth, Change, Exchange, MarginAccount, Market, PoolRequest, Silo,
};
use holdfast_client::layout::Layout;
use holdfast_client::{Pubkey, address};
use holdfast_risk::Millis;

use crate::decide::pool;
use crate::decide::refresh::{self, Wait};
use crate::{Accounts, Intent, Snapshot, TriggerIndex, VenueSnapshot, decide_about};

/// When an account was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// In which slot.
    pub slot: u64,
    /// Which write of the slot, as far as the source tells: its count of messages. Zero for a
    /// snapshot, which may have been taken before the slot was over.
    pub write: u64,
}

/// What an update came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The mirror changed.
    New,
    /// It was older than what is there, or the same.
    Old,
    /// It is about something that is not kept.
    Foreign,
    /// The bytes are none of this program's accounts as this version knows them.
    Unreadable,
}

/// A mirror with its versions and its index.
pub struct AccountCache {
    mirror: VenueSnapshot,
    watch: TriggerIndex,
    versions: HashMap<Pubkey, Known>,
    /// The number of the last snapshot that the mirror was compared with.
    comparison: u32,
    /// Where the chain's health is: deriving an address takes longer than anything else here.
    chain_health: Pubkey,
    exchange: Pubkey,
}

/// What is known of an account besides its state.
#[derive(Clone, Copy, Default)]
struct Known {
    version: Version,
    /// The number of the last snapshot that showed it.
    shown: u32,
}

/// One account, decoded.
enum Kept {
    Silo(Box<Silo>),
    ChainHealth(Box<ChainHealth>),
    Exchange(Box<Exchange>),
    Market(Box<Market>),
    Account(Box<MarginAccount>),
    Request(Box<PoolRequest>),
    Change(Box<Change>),
}

impl AccountCache {
    /// The mirror that a snapshot shows.
    ///
    /// # Errors
    /// A sentence saying what the snapshot lacks.
    pub fn new(silo: Pubkey, snapshot: &Snapshot) -> Result<Self, String> {
        let found = |wanted: Pubkey| {
            let mut accounts = snapshot.accounts.iter();
            accounts.find(|(address, _)| *address == wanted).map(|(_, data)| data.as_slice())
        };
        let lacks = |what: &str| format!("the snapshot of slot {} has no {what}", snapshot.slot);
        let state = found(silo).and_then(|data| decode(data).ok()).ok_or_else(|| lacks("silo"))?;
        let chain_health = address::chain_health();
        let health = found(chain_health).and_then(|data| decode(data).ok());
        let mirror = VenueSnapshot {
            silo_address: silo,
            silo: state,
            chain_health: health.ok_or_else(|| lacks("chain health"))?,
            exchange: None,
            markets: Vec::new(),
            accounts: Accounts::default(),
            requests: BTreeMap::new(),
            changes: BTreeMap::new(),
            feeds: BTreeMap::new(),
            slot: snapshot.slot.saturating_add(1),
        };
        let (watch, versions) = (TriggerIndex::default(), HashMap::new());
        let exchange = address::exchange();
        let mut replica = Self { mirror, watch, versions, comparison: 0, chain_health, exchange };
        for (address, data) in &snapshot.accounts {
            replica.update(*address, Version { slot: snapshot.slot, write: 0 }, data);
        }
        Ok(replica)
    }

    /// The mirror.
    pub fn mirror(&self) -> &VenueSnapshot {
        &self.mirror
    }

    /// What to do at `now`: as [`crate::decide()`], at the cost of the accounts concerned. What is sent
    /// lands in `slot` at the earliest.
    pub fn decide(&mut self, now: Millis, slot: u64) -> Vec<Intent> {
        self.mirror.slot = slot;
        let candidates = self.watch.candidates(&self.mirror, now);
        let intents = decide_about(&self.mirror, now, candidates);
        self.watch.remember_due(intents.iter().filter_map(Intent::account));
        intents
    }

    /// Who waits for a price at `now`: accounts that the last decision looked at, and pool requests.
    pub fn waits(&self, now: Millis) -> Vec<Wait> {
        let chain = self.mirror.chain(now);
        let looked_at = self.watch.looked_at().iter();
        let accounts = looked_at.filter_map(|address| self.mirror.accounts.get(address));
        let waits = accounts.flat_map(|account| refresh::waits(&self.mirror, &chain, account));
        waits.chain(pool::waits(&self.mirror, &chain)).collect()
    }

    /// Accounts that prices would concern first: see [`TriggerIndex::nearest`].
    pub fn nearest(&self, count: usize) -> BTreeSet<Pubkey> {
        self.watch.nearest(count)
    }

    /// The newest slot that any of these accounts is known from.
    pub fn known_since<'a>(&self, addresses: impl IntoIterator<Item = &'a Pubkey>) -> u64 {
        let known = addresses.into_iter().filter_map(|address| self.versions.get(address));
        known.map(|known| known.version.slot).max().unwrap_or_default()
    }

    /// Whether every account has been looked at since that was last necessary: it takes several
    /// decisions where there are many.
    pub const fn has_looked_at_all(&self) -> bool {
        self.watch.has_looked_at_all()
    }

    /// How many accounts the last decision looked at.
    pub fn hot(&self) -> usize {
        self.watch.hot()
    }

    /// Takes an update over.
    pub fn update(&mut self, address: Pubkey, version: Version, data: &[u8]) -> Taken {
        if self.is_old(&address, version) {
            return Taken::Old;
        }
        let taken = self.take(address, data);
        if taken == Taken::New {
            self.note(address, version);
        }
        taken
    }

    /// Takes over what a feed account says.
    pub fn feed(&mut self, address: Pubkey, version: Version, reading: Reading) -> Taken {
        if self.is_old(&address, version) {
            return Taken::Old;
        }
        self.note(address, version);
        self.mirror.feeds.insert(address, reading);
        Taken::New
    }

    /// An account was closed. Its version stays, so that no late update brings it back.
    pub fn close(&mut self, address: Pubkey, version: Version) -> Taken {
        if self.is_old(&address, version) {
            return Taken::Old;
        }
        self.note(address, version);
        let removed = self.remove(&address);
        if removed { Taken::New } else { Taken::Foreign }
    }

    /// A feed account says nothing that can be read any more, or is closed.
    pub fn lose_feed(&mut self, address: Pubkey, version: Version) -> Taken {
        if self.is_old(&address, version) {
            return Taken::Old;
        }
        self.note(address, version);
        self.mirror.feeds.remove(&address);
        Taken::New
    }

    /// The mirror is compared with another snapshot from now on: see [`Self::lacking`].
    pub const fn compare(&mut self) {
        self.comparison = self.comparison.wrapping_add(1);
    }

    /// The snapshot has this account.
    pub fn note_shown(&mut self, address: &Pubkey) {
        if let Some(known) = self.versions.get_mut(address) {
            known.shown = self.comparison;
        }
    }

    /// Accounts that may be closed, are older than the snapshot, which is of `slot` or later, and are
    /// not in it; in the order of their addresses.
    pub fn lacking(&self, slot: u64) -> Vec<Pubkey> {
        let older = self
            .versions
            .iter()
            .filter(|(_, known)| known.shown != self.comparison && known.version.slot < slot);
        let addresses = older.map(|(address, _)| *address);
        let mut lacking: Vec<_> = addresses.filter(|address| self.has(address)).collect();
        lacking.sort_unstable();
        lacking
    }

    /// Whether an account of this address is kept.
    pub fn has(&self, address: &Pubkey) -> bool {
        self.mirror.accounts.contains_key(address)
            || self.mirror.requests.contains_key(address)
            || self.mirror.changes.contains_key(address)
    }

    /// Whether the program would let an account be closed as it is: a request, a change, or a margin
    /// account with nothing in it.
    pub fn may_be_closed(&self, address: &Pubkey) -> bool {
        self.mirror.accounts.get(address).is_none_or(|account| {
            account.open_markets == 0 && account.collateral == 0 && account.pending_profit == 0
        })
    }

    /// Whether these bytes are an account of another silo, or none that is kept.
    pub fn is_foreign(&self, address: &Pubkey, data: &[u8]) -> bool {
        let silo = self.mirror.silo_address;
        match read(data) {
            None => false,
            Some(Kept::Silo(_)) => *address != silo,
            Some(Kept::ChainHealth(_)) => *address != self.chain_health,
            Some(Kept::Exchange(_)) => *address != self.exchange,
            Some(Kept::Market(state)) => state.silo != silo,
            Some(Kept::Account(state)) => state.silo != silo,
            Some(Kept::Request(state)) => state.silo != silo,
            Some(Kept::Change(_)) => false,
        }
    }

    /// Slots after `parent` were abandoned: whatever is said next about accounts written there
    /// counts, as long as it is not older than `parent`.
    pub fn forked(&mut self, parent: u64) {
        let before = Version { slot: parent.saturating_sub(1), write: u64::MAX };
        for known in self.versions.values_mut() {
            known.version = before.min(known.version);
        }
        self.watch.forget();
    }

    /// Whether an account is kept exactly as these bytes say.
    pub fn holds(&self, address: &Pubkey, data: &[u8]) -> bool {
        fn same<T: bytemuck::Pod>(kept: &T, data: &[u8]) -> bool {
            data.get(8..).is_some_and(|body| body == bytemuck::bytes_of(kept))
        }
        let mirror = &self.mirror;
        if let Some(account) = mirror.accounts.get(address) {
            return same(account, data);
        }
        if let Some((_, market)) = mirror.markets.iter().find(|(known, _)| known == address) {
            return same(market, data);
        }
        if *address == mirror.silo_address {
            return same(&mirror.silo, data);
        }
        if *address == self.chain_health {
            return same(&mirror.chain_health, data);
        }
        if *address == self.exchange {
            return mirror.exchange.is_some_and(|exchange| same(&exchange, data));
        }
        if let Some(known) = mirror.changes.get(address) {
            return change(data).is_ok_and(|change| change == *known);
        }
        mirror.requests.get(address).is_some_and(|request| same(request, data))
    }

    /// Whether something newer, or as new, is known of an account: it, or that it was closed.
    fn is_old(&self, address: &Pubkey, version: Version) -> bool {
        self.versions.get(address).is_some_and(|known| known.version >= version)
    }

    fn note(&mut self, address: Pubkey, version: Version) {
        self.versions.entry(address).or_default().version = version;
    }

    fn take(&mut self, address: Pubkey, data: &[u8]) -> Taken {
        let Some(kept) = read(data) else { return Taken::Unreadable };
        let silo = self.mirror.silo_address;
        match kept {
            Kept::Silo(state) if address == silo => self.mirror.silo = *state,
            Kept::ChainHealth(state) if address == self.chain_health => {
                self.mirror.chain_health = *state;
            }
            Kept::Exchange(state) if address == self.exchange => {
                self.mirror.exchange = Some(*state);
            }
            Kept::Market(state) if state.silo == silo => return self.take_market(address, *state),
            Kept::Account(state) if state.silo == silo => {
                self.mirror.accounts.put(address, state);
                self.watch.account_changed(address);
            }
            Kept::Request(state) if state.silo == silo => {
                self.mirror.requests.insert(address, *state);
            }
            Kept::Change(state) => {
                self.mirror.changes.insert(address, *state);
            }
            _ => return Taken::Foreign,
        }
        Taken::New
    }

    /// Markets lie at their index; they are listed in order and never removed.
    fn take_market(&mut self, address: Pubkey, market: Market) -> Taken {
        let silo = self.mirror.silo_address;
        let markets = &mut self.mirror.markets;
        match markets.binary_search_by_key(&market.index, |(_, known)| known.index) {
            Ok(place) if markets[place].0 == address => markets[place].1 = market,
            Err(place) if address::market(&silo, market.index) == address => {
                markets.insert(place, (address, market));
            }
            Ok(_) | Err(_) => return Taken::Foreign,
        }
        Taken::New
    }

    fn remove(&mut self, address: &Pubkey) -> bool {
        if self.mirror.accounts.remove(address) {
            self.watch.account_changed(*address);
            return true;
        }
        let changed = self.mirror.changes.remove(address).is_some();
        self.mirror.requests.remove(address).is_some() || changed
    }
}

/// Decodes an account by its discriminator, if it is of the layout version that is known: of another one the same
/// bytes may mean something else.
fn read(data: &[u8]) -> Option<Kept> {
    fn boxed<T: bytemuck::Pod + Kind>(data: &[u8]) -> Option<Box<T>> {
        decode(data).ok().map(Box::new)
    }
    Layout::identify(data, data.len()).ok()?;
    boxed(data)
        .map(Kept::Account)
        .or_else(|| boxed(data).map(Kept::Market))
        .or_else(|| boxed(data).map(Kept::Request))
        .or_else(|| boxed(data).map(Kept::ChainHealth))
        .or_else(|| boxed(data).map(Kept::Silo))
        .or_else(|| boxed(data).map(Kept::Exchange))
        .or_else(|| Some(Kept::Change(Box::new(change(data).ok()?))))
}

#[cfg(test)]
#[path = "account_cache_tests.rs"]
mod tests;
