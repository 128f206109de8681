//! What a price tick costs a keeper, against looking at everybody: `cargo xtask bench --keeper`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytemuck::{Pod, Zeroable, bytes_of};
use comfy_table::{Table, presets as borders};
use holdfast_client::decode::Kind;
use holdfast_client::holdfast::state::{
    ChainHealth, MarginAccount, Market, OrderState, PriceState, Silo, VERSION,
};
use holdfast_client::{Pubkey, address};
use holdfast_keeper_core::{AccountCache, Snapshot, Version, decide};
use holdfast_migrations::presets;
use holdfast_risk::account::position::Position;
use holdfast_risk::chain::health::{ChainSample, Monitor, Thresholds};
use holdfast_risk::market::belief::StoredPrice;
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::{CarryIndex, Millis, Price, SignedSize, Usd};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const NOW: u64 = 1_700_000_000_000;
const MARKETS: u8 = 8;
const PRICE: u64 = 100_000_000;
const TICKS: usize = 200;
const UPDATES: u64 = 10_000;

fn main() {
    let mut table = Table::new();
    table.load_preset(borders::ASCII_MARKDOWN).set_header([
        "accounts",
        "full load",
        "tick, median",
        "tick, worst",
        "looked at per tick, most",
        "10,000 updates",
        "rescan",
        "rescan ÷ tick",
    ]);
    for count in [10_000, 100_000, 1_000_000] {
        table.add_row(measure(count));
    }
    println!("{table}");
}

fn measure(count: u64) -> Vec<String> {
    let mut random = SmallRng::seed_from_u64(count);
    let mut markets: Vec<Market> = (0..MARKETS).map(market).collect();
    let snapshot = snapshot(count, &markets, &mut random);

    let begun = Instant::now();
    let mut replica = AccountCache::new(silo(), &snapshot).expect("it is all there");
    while !replica.has_looked_at_all() {
        replica.decide(Millis(NOW), u64::MAX);
    }
    let load = begun.elapsed();
    drop(snapshot);

    let mut ticks = Vec::with_capacity(TICKS);
    let (mut now, mut slot, mut looked_at) = (NOW, 2, 0);
    while ticks.len() < TICKS {
        (now, slot) = (now + 400, slot + 1);
        let market = &mut markets[ticks.len() % usize::from(MARKETS)];
        let price = market.newest_price().middle().0;
        let moved = random.random_range(-3..=3_i64) * (PRICE / 100_000) as i64;
        let price = Price(price.saturating_add_signed(moved));
        let point = PricePoint::exact(price, Millis(now));
        market.push_price(&StoredPrice { point, lag: Millis(0), believed: true, sudden: false });
        market.carry_long += 1_000_000;
        let (address, data) = (address::market(&silo(), market.index), bytes(market));
        let begun = Instant::now();
        replica.update(address, Version { slot, write: 1 }, &data);
        let decided = replica.decide(Millis(now), u64::MAX);
        ticks.push(begun.elapsed());
        looked_at = looked_at.max(replica.hot());
        let rescued = decided.iter().any(|intent| intent.account().is_some());
        assert!(!rescued, "the tick was meant to concern nobody");
    }
    ticks.sort_unstable();

    let begun = Instant::now();
    let all = decide(replica.mirror(), Millis(now));
    let rescan = begun.elapsed();
    assert_eq!(all, replica.decide(Millis(now), u64::MAX));

    let updates: Vec<_> = (0..UPDATES)
        .map(|_| (name(random.random_range(0..count)), bytes(&account(&mut random, &markets))))
        .collect();
    let begun = Instant::now();
    for (write, (address, data)) in updates.iter().enumerate() {
        replica.update(*address, Version { slot: slot + 1, write: write as u64 + 1 }, data);
    }
    replica.decide(Millis(now), u64::MAX);
    let updated = begun.elapsed();

    let median = ticks[ticks.len() / 2];
    let times = rescan.as_nanos() / median.as_nanos().max(1);
    vec![
        count.to_string(),
        shown(load),
        shown(median),
        shown(ticks[ticks.len() - 1]),
        looked_at.to_string(),
        shown(updated),
        shown(rescan),
        format!("{times} ×"),
    ]
}

fn shown(duration: Duration) -> String {
    match duration.as_micros() {
        0..10_000 => format!("{:.1} µs", duration.as_nanos() as f64 / 1_000.0),
        10_000..10_000_000 => format!("{} ms", duration.as_millis()),
        _ => format!("{} s", duration.as_secs()),
    }
}

fn silo() -> Pubkey {
    address::silo(0)
}

fn name(number: u64) -> Pubkey {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    Pubkey::new_from_array(bytes)
}

fn bytes<T: Pod + Kind>(state: &T) -> Vec<u8> {
    let mut bytes = [T::DISCRIMINATOR, bytes_of(state)].concat();
    bytes[T::DISCRIMINATOR.len()] = VERSION;
    bytes
}

fn market(index: u8) -> Market {
    let mut market = Market { index, silo: silo(), ..Market::zeroed() };
    market.terms = presets::market(PRICE / 1_000_000);
    market.newest = 31;
    market.reference_price = PRICE;
    for (age, price) in (0..32_u64).rev().zip(&mut market.prices) {
        *price = PriceState {
            published_ms: NOW - age * 400,
            low: PRICE,
            high: PRICE,
            believed: 1,
            ..PriceState::default()
        };
    }
    market
}

fn snapshot(count: u64, markets: &[Market], random: &mut SmallRng) -> Snapshot {
    let mut health = ChainHealth::zeroed();
    let seen = ChainSample { clock: Millis(NOW), now: Millis(NOW), ..ChainSample::default() };
    health.monitor = (&Monitor::new(&seen)).into();
    health.thresholds = (&Thresholds::default()).into();
    let silo_state = Silo { terms: presets::silo(), market_count: MARKETS, ..Silo::zeroed() };
    let mut accounts =
        vec![(silo(), bytes(&silo_state)), (address::chain_health(), bytes(&health))];
    accounts.extend(
        markets.iter().map(|market| (address::market(&silo(), market.index), bytes(market))),
    );
    let people: BTreeMap<_, _> =
        (0..count).map(|number| (name(number), bytes(&account(random, markets)))).collect();
    accounts.extend(people);
    Snapshot { slot: 1, accounts }
}

/// Somebody with one to three positions of up to 8.7 times their margin, opened within two percent
/// of the present price; one in four has a stop order a few percent away.
fn account(random: &mut SmallRng, markets: &[Market]) -> MarginAccount {
    let mut account = MarginAccount { silo: silo(), ..MarginAccount::zeroed() };
    account.collateral = random.random_range(100..50_000_u64) * 1_000_000;
    let positions = [1, 1, 1, 2, 3][random.random_range(0..5)];
    let leverage = random.random_range(15..=87_u64);
    for _ in 0..positions {
        let market = &markets[random.random_range(0..markets.len())];
        let worth = account.collateral * leverage / 10 / positions;
        let opened = PRICE * random.random_range(980..=1_020) / 1_000;
        let size = i64::try_from(worth * 1_000_000 / opened).expect("small")
            * if random.random_bool(0.7) { 1 } else { -1 };
        let position = Position {
            size: SignedSize(size),
            entry: Usd(worth),
            carry: CarryIndex(market.carry_long * i64::from(size > 0)),
        };
        account.set_position(market.index, &position);
        if random.random_bool(0.25) {
            let away = random.random_range(30..200);
            let level = if size > 0 {
                PRICE / 1_000 * (1_000 - away)
            } else {
                PRICE / 1_000 * (1_000 + away)
            };
            account.orders[0] = OrderState {
                number: 1,
                delta: -size,
                limit: if size > 0 { 1 } else { u64::MAX / 2 },
                trigger: if size > 0 { 2 } else { 1 },
                trigger_price: level,
                requested_ms: NOW - 60_000,
                expires_ms: NOW + 86_400_000,
                market: market.index,
                reduce_only: 1,
                ..OrderState::default()
            };
        }
    }
    account
}
