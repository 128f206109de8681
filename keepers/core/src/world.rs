//! A small venue in memory for the tests of decisions.

use bytemuck::Zeroable;
use holdfast_client::Pubkey;
use holdfast_client::holdfast::state::{
    ChainHealth, MarginAccount, Market, OrderState, PositionState, PriceState, SideState, Silo,
};
use holdfast_migrations::presets;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, Thresholds};

use crate::VenueSnapshot;

pub const NOW: u64 = 1_700_000_000_000;
pub const PRICE: u64 = 100_000_000;

pub fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

/// Two markets whose prices were published every second up to `NOW`.
pub fn mirror() -> VenueSnapshot {
    let mut chain_health = ChainHealth::zeroed();
    let seen = ChainSample { clock: Millis(NOW), now: Millis(NOW), ..ChainSample::default() };
    chain_health.monitor = (&Monitor::new(&seen)).into();
    chain_health.thresholds = (&Thresholds::default()).into();
    let mut silo = Silo::zeroed();
    silo.terms = presets::silo();
    silo.market_count = 2;
    silo.ledger.liquidity = 1_000_000_000_000_000;
    silo.ledger.collateral = 1_000_000_000_000_000;
    silo.ledger.pending_profit = 1;
    silo.open_notional = 400_000_000_000;
    let markets = (0..2).map(|index| {
        let mut market = Market::zeroed();
        market.index = index;
        market.terms = presets::market(100);
        market.newest = 31;
        market.reference_price = PRICE;
        let side = SideState { size: 1_000_000_000, entry: 100_000_000_000, carry_basis: [0; 16] };
        (market.longs, market.shorts) = (side, side);
        for (age, price) in (0..32_u64).rev().zip(&mut market.prices) {
            *price = PriceState {
                published_ms: NOW - age * 1_000,
                low: PRICE,
                high: PRICE,
                believed: 1,
                ..PriceState::default()
            };
        }
        (key(index + 1), market)
    });
    let markets = markets.collect();
    let (accounts, requests, feeds) = Default::default();
    VenueSnapshot {
        silo_address: key(9),
        silo,
        chain_health,
        exchange: None,
        markets,
        accounts,
        requests,
        changes: Default::default(),
        feeds,
        slot: u64::MAX,
    }
}

/// Long ten units, worth 1,000, in the first market.
pub fn long(collateral: u64) -> MarginAccount {
    let mut account = MarginAccount::zeroed();
    account.open_markets = 1;
    account.collateral = collateral;
    account.positions[0] = held(10_000_000, 1_000_000_000);
    account
}

/// A position whose carry is settled.
pub fn held(size: i64, entry: u64) -> PositionState {
    PositionState { size, entry, ..PositionState::default() }
}

/// The account, flagged this many milliseconds ago.
pub fn flagged(account: MarginAccount, age: u64) -> MarginAccount {
    let flagged_ms = NOW - age;
    let liquidatable_ms = flagged_ms + presets::market(100).flag_delay_ms;
    MarginAccount { flagged_ms, liquidatable_ms, ..account }
}

/// A market order, placed when it says: it waits for the first price after the delay.
pub fn order(number: u64, delta: i64, requested_ms: u64) -> OrderState {
    OrderState {
        number,
        delta,
        limit: if delta > 0 { u64::MAX / 2 } else { 1 },
        trigger: 2,
        requested_ms,
        earliest_ms: requested_ms + presets::market(100).execution_delay_ms,
        opens_up_to: delta.unsigned_abs(),
        expires_ms: NOW + 60_000,
        ..OrderState::default()
    }
}
