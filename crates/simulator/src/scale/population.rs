//! Traders whose accounts are made when somebody looks at them, always the same way.

use std::collections::HashMap;

use bytemuck::{Pod, Zeroable, bytes_of};
use holdfast_client::Pubkey;
use holdfast_client::decode::Kind;
use holdfast_client::holdfast::state::{MarginAccount, OrderState};
use holdfast_risk::account::position::Position;
use holdfast_risk::{CarryIndex, SignedSize, Usd};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Markets of the silo.
pub const MARKETS: u8 = 16;
/// The price that all markets keep near, millionths.
pub const PRICE: u64 = 100_000_000;
/// A second part of the seed for each number, so that neighbours have nothing in common.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// Parts by the first byte of the owner that accounts are in.
const PARTS: u64 = 256;

/// All traders.
pub struct Population {
    silo: Pubkey,
    seed: u64,
    began_ms: u64,
    /// How often each account has changed.
    changes: Vec<u32>,
    /// Accounts that are not as they are made: they failed.
    altered: HashMap<u64, Box<MarginAccount>>,
}

impl Population {
    /// This many accounts in a silo.
    pub fn new(silo: Pubkey, accounts: u64, seed: u64, began_ms: u64) -> Self {
        let count = usize::try_from(accounts).expect("fewer accounts than bytes of memory");
        Self { silo, seed, began_ms, changes: vec![0; count], altered: HashMap::new() }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.changes.len() as u64
    }

    /// The address of an account.
    pub fn address(&self, number: u64) -> Pubkey {
        let mut bytes = [9; 32];
        bytes[..8].copy_from_slice(&number.wrapping_mul(SPREAD).to_le_bytes());
        bytes[8..16].copy_from_slice(&number.to_le_bytes());
        Pubkey::new_from_array(bytes)
    }

    /// The number of the account with an address.
    pub fn find(&self, address: &Pubkey) -> Option<u64> {
        let bytes = address.to_bytes();
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[8..16]);
        let number = u64::from_le_bytes(number);
        (number < self.len() && self.address(number) == *address).then_some(number)
    }

    /// The numbers of accounts whose owner's first byte is this; of all without one.
    pub fn numbers(&self, first: Option<u8>) -> impl Iterator<Item = u64> + use<> {
        let (start, step) = first.map_or((0, 1), |byte| (u64::from(byte), PARTS));
        (start..self.len()).step_by(usize::try_from(step).unwrap_or(1))
    }

    /// An account as it is now.
    pub fn account(&self, number: u64) -> MarginAccount {
        match self.altered.get(&number) {
            Some(account) => **account,
            None => self.make(number),
        }
    }

    /// Its bytes.
    pub fn bytes(&self, number: u64) -> Vec<u8> {
        bytes(&self.account(number))
    }

    /// Whether an account has failed since the beginning.
    pub fn has_failed(&self, number: u64) -> bool {
        self.altered.contains_key(&number)
    }

    /// An account becomes another one, unless it has failed.
    pub fn change(&mut self, number: u64) {
        if let Some(changes) = self.changes.get_mut(number as usize) {
            *changes = changes.wrapping_add(1);
        }
    }

    /// An account loses most of its collateral: a hundredth of its one position's worth is left.
    pub fn fail(&mut self, number: u64) {
        let mut account = self.blank(number);
        let worth = 10_000_000_000;
        account.collateral = worth / 100;
        let size = SignedSize((worth * 1_000_000 / PRICE) as i64);
        let position = Position { size, entry: Usd(worth), carry: CarryIndex(0) };
        account.set_position((number % u64::from(MARKETS)) as u8, &position);
        self.altered.insert(number, Box::new(account));
    }

    /// An account that has failed is changed.
    pub fn alter(&mut self, number: u64, change: impl FnOnce(&mut MarginAccount)) {
        if let Some(account) = self.altered.get_mut(&number) {
            change(account);
        }
    }

    /// Nobody has done anything with it yet.
    fn blank(&self, number: u64) -> MarginAccount {
        let mut owner = [5; 32];
        owner[0] = (number % PARTS) as u8;
        owner[1..9].copy_from_slice(&number.to_le_bytes());
        let owner = Pubkey::new_from_array(owner);
        MarginAccount { version: 1, silo: self.silo, owner, ..MarginAccount::zeroed() }
    }

    /// Somebody with one to three positions of up to seven times their margin, opened within two
    /// percent of the price; one in four has a stop order a few percent away.
    fn make(&self, number: u64) -> MarginAccount {
        let changes = self.changes.get(number as usize).copied().unwrap_or_default();
        let own = number.wrapping_add(1).wrapping_mul(SPREAD) ^ u64::from(changes).rotate_left(40);
        let mut random = SmallRng::seed_from_u64(self.seed ^ own);
        let mut account = self.blank(number);
        account.collateral = random.random_range(100..50_000_u64) * 1_000_000;
        let positions = [1, 1, 1, 2, 3][random.random_range(0..5)];
        let leverage = random.random_range(15..=70_u64);
        for _ in 0..positions {
            let market = random.random_range(0..MARKETS);
            let worth = account.collateral * leverage / 10 / positions;
            let opened = PRICE * random.random_range(980..=1_020) / 1_000;
            let units = (worth * 1_000_000 / opened) as i64;
            let size = if random.random_bool(0.7) { units } else { -units };
            let position =
                Position { size: SignedSize(size), entry: Usd(worth), carry: CarryIndex(0) };
            account.set_position(market, &position);
            if random.random_bool(0.25) {
                account.orders[0] = self.stop(market, size, random.random_range(30..200));
            }
        }
        account
    }

    /// An order that closes a position once the price has gone against it by so many thousandths.
    fn stop(&self, market: u8, size: i64, away: u64) -> OrderState {
        let is_long = size > 0;
        let level = if is_long { 1_000 - away } else { 1_000 + away };
        OrderState {
            number: 1,
            delta: -size,
            limit: if is_long { 1 } else { u64::MAX / 2 },
            trigger: u8::from(is_long),
            trigger_price: PRICE / 1_000 * level,
            requested_ms: self.began_ms,
            expires_ms: self.began_ms + 86_400_000,
            market,
            reduce_only: 1,
            ..OrderState::default()
        }
    }
}

/// An account's bytes as they lie on the chain.
pub fn bytes<T: Pod + Kind>(state: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytes_of(state)].concat()
}
