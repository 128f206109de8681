//! A silo's accounts in parts, so that no answer has to hold all of them.

use std::mem::offset_of;

use holdfast_client::Pubkey;
use holdfast_client::decode::Kind;
use holdfast_client::holdfast::state::{Change, MarginAccount, Market, PoolRequest};

/// Bytes before an account's fields.
const DISCRIMINATOR: usize = 8;
/// Where the owner's first bytes end and the number's begin in a [`Key`], and where the number's end.
const NUMBER: usize = 2;
const REST: usize = 4;
/// Bytes of a whole [`Key`]: an owner and a number.
const WHOLE: usize = 34;

/// What is asked for in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The accounts of these addresses.
    Named(Vec<Pubkey>),
    /// Changes that wait, of the whole exchange.
    Changes,
    /// A silo's markets.
    Markets(Pubkey),
    /// Those of a silo's pool requests whose key begins like this.
    Requests(Pubkey, Key),
    /// Those of a silo's margin accounts whose key begins like this.
    Accounts(Pubkey, Key),
}

/// The beginning of a key: two bytes of the owner, the number, and the rest of the owner. Addresses
/// cannot be filtered by, so these are what accounts are told apart by. Owners choose both, and who
/// gives many accounts the same beginning only makes that part be split again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// Keys that begin with this byte.
    pub fn beginning_with(byte: u8) -> Self {
        Self(vec![byte])
    }

    /// The first byte, if it is fixed.
    pub fn first(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The 256 that are one byte longer; none beyond a whole key.
    fn longer(&self) -> Vec<Self> {
        if self.0.len() >= WHOLE {
            return Vec::new();
        }
        let longer = |byte| Self([self.0.as_slice(), &[byte]].concat());
        (0..=u8::MAX).map(longer).collect()
    }

    /// The owner's and the number's bytes that are fixed.
    fn parts(&self) -> (Vec<u8>, &[u8]) {
        let owner = &self.0[..self.0.len().min(NUMBER)];
        let number = &self.0[owner.len()..self.0.len().min(REST)];
        let rest = &self.0[owner.len() + number.len()..];
        ([owner, rest].concat(), number)
    }
}

// The filters rely on it.
const _: () = {
    assert!(offset_of!(MarginAccount, owner) == offset_of!(MarginAccount, silo) + 32);
    assert!(offset_of!(PoolRequest, owner) == offset_of!(PoolRequest, silo) + 32);
};

impl Part {
    /// Bytes that its accounts have, and where; none where they are named.
    pub fn filters(&self) -> Vec<(usize, Vec<u8>)> {
        match self {
            Self::Named(_) => Vec::new(),
            Self::Changes => vec![(0, Change::DISCRIMINATOR.to_vec())],
            Self::Markets(silo) => {
                let at = offset_of!(Market, silo);
                owned(Market::DISCRIMINATOR, [at, 0], silo, &Key::default())
            }
            Self::Requests(silo, key) => {
                let at = [offset_of!(PoolRequest, silo), offset_of!(PoolRequest, number)];
                owned(PoolRequest::DISCRIMINATOR, at, silo, key)
            }
            Self::Accounts(silo, key) => {
                let at = [offset_of!(MarginAccount, silo), offset_of!(MarginAccount, number)];
                owned(MarginAccount::DISCRIMINATOR, at, silo, key)
            }
        }
    }

    /// Whether an account of the program is in it.
    pub fn has(&self, address: &Pubkey, data: &[u8]) -> bool {
        if let Self::Named(addresses) = self {
            return addresses.contains(address);
        }
        let filters = self.filters();
        filters.iter().all(|(at, bytes)| data.get(*at..).is_some_and(|it| it.starts_with(bytes)))
    }

    /// Whether it is all of a silo's accounts of a kind that can be split.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Requests(_, key) | Self::Accounts(_, key) if key.0.is_empty())
    }

    /// The same in 256 parts; none where it cannot be split.
    pub fn split(&self) -> Vec<Self> {
        let longer = |key: &Key| key.longer().into_iter();
        match self {
            Self::Named(_) | Self::Changes | Self::Markets(_) => Vec::new(),
            Self::Requests(silo, key) => {
                longer(key).map(|key| Self::Requests(*silo, key)).collect()
            }
            Self::Accounts(silo, key) => {
                longer(key).map(|key| Self::Accounts(*silo, key)).collect()
            }
        }
    }
}

/// Filters of a kind, with the offsets of silo and number among its fields.
fn owned(
    discriminator: &[u8],
    [silo_at, number_at]: [usize; 2],
    silo: &Pubkey,
    key: &Key,
) -> Vec<(usize, Vec<u8>)> {
    let (owner, number) = key.parts();
    let silo_and_owner = [&silo.to_bytes()[..], owner.as_slice()].concat();
    let mut filters = vec![(0, discriminator.to_vec()), (DISCRIMINATOR + silo_at, silo_and_owner)];
    if !number.is_empty() {
        filters.push((DISCRIMINATOR + number_at, number.to_vec()));
    }
    filters
}

#[cfg(test)]
#[path = "part_tests.rs"]
mod tests;
