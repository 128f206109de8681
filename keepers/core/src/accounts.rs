//! Margin accounts by address. Each lies in memory of its own: a map of a million that holds them by
//! value leaves a third of its nodes empty, which is a gigabyte.

use std::collections::{BTreeMap, btree_map};
use std::iter::Map;
use std::ops::Index;

use holdfast_client::Pubkey;
use holdfast_client::holdfast::state::MarginAccount;

/// Margin accounts by address, in an order that is the same in every run.
#[derive(Clone, Default)]
pub struct Accounts(BTreeMap<Pubkey, Box<MarginAccount>>);

type Entry<'a> = (&'a Pubkey, &'a Box<MarginAccount>);
type EntryMut<'a> = (&'a Pubkey, &'a mut Box<MarginAccount>);
type Shown<'a> = (&'a Pubkey, &'a MarginAccount);
type ShownMut<'a> = (&'a Pubkey, &'a mut MarginAccount);

impl Accounts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one has this address.
    pub fn contains_key(&self, address: &Pubkey) -> bool {
        self.0.contains_key(address)
    }

    /// The account of an address.
    pub fn get(&self, address: &Pubkey) -> Option<&MarginAccount> {
        self.0.get(address).map(Box::as_ref)
    }

    /// The same, with the address as it is kept.
    pub fn get_key_value(&self, address: &Pubkey) -> Option<(&Pubkey, &MarginAccount)> {
        self.0.get_key_value(address).map(shown)
    }

    /// Takes an account over, in the place of an earlier state.
    pub fn insert(&mut self, address: Pubkey, account: MarginAccount) {
        self.put(address, Box::new(account));
    }

    /// The same of an account that lies in memory of its own already.
    pub fn put(&mut self, address: Pubkey, account: Box<MarginAccount>) {
        self.0.insert(address, account);
    }

    /// Removes an account. Says whether there was one.
    pub fn remove(&mut self, address: &Pubkey) -> bool {
        self.0.remove(address).is_some()
    }

    /// All of them, in the order of their addresses.
    pub fn iter(&self) -> impl Iterator<Item = (&Pubkey, &MarginAccount)> {
        self.into_iter()
    }

    /// All addresses, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Pubkey> {
        self.0.keys()
    }

    /// The addresses from this one on, in order.
    pub fn keys_from(&self, first: Pubkey) -> impl Iterator<Item = &Pubkey> {
        self.0.range(first..).map(|(address, _)| address)
    }

    /// All accounts, in the order of their addresses.
    pub fn values(&self) -> impl Iterator<Item = &MarginAccount> {
        self.0.values().map(Box::as_ref)
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut MarginAccount> {
        self.0.values_mut().map(Box::as_mut)
    }
}

impl Index<&Pubkey> for Accounts {
    type Output = MarginAccount;

    fn index(&self, address: &Pubkey) -> &MarginAccount {
        &self.0[address]
    }
}

impl FromIterator<(Pubkey, MarginAccount)> for Accounts {
    fn from_iter<T: IntoIterator<Item = (Pubkey, MarginAccount)>>(accounts: T) -> Self {
        let boxed = accounts.into_iter().map(|(address, account)| (address, Box::new(account)));
        Self(boxed.collect())
    }
}

impl<'a> IntoIterator for &'a Accounts {
    type Item = Shown<'a>;
    type IntoIter =
        Map<btree_map::Iter<'a, Pubkey, Box<MarginAccount>>, fn(Entry<'a>) -> Shown<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(shown as fn(Entry<'a>) -> Shown<'a>)
    }
}

impl<'a> IntoIterator for &'a mut Accounts {
    type Item = ShownMut<'a>;
    type IntoIter =
        Map<btree_map::IterMut<'a, Pubkey, Box<MarginAccount>>, fn(EntryMut<'a>) -> ShownMut<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut().map(shown_mut as fn(EntryMut<'a>) -> ShownMut<'a>)
    }
}

fn shown((address, account): Entry<'_>) -> Shown<'_> {
    (address, account.as_ref())
}

fn shown_mut((address, account): EntryMut<'_>) -> ShownMut<'_> {
    (address, account.as_mut())
}
