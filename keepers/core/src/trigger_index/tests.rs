use std::collections::BTreeSet;

use holdfast_client::Pubkey;
use holdfast_client::feed::Reading;
use holdfast_client::holdfast::state::{MarginAccount, Market, OrderState};
use holdfast_risk::account::position::Position;
use holdfast_risk::market::belief::{StoredPrice, is_sudden};
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::market::reference::Observed;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::{CarryIndex, Millis, Price, SignedSize, Usd};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{AT_ONCE, TriggerIndex};
use crate::world::{NOW, PRICE, flagged, key, long, mirror, order};
use crate::{Intent, VenueSnapshot, decide, decide_about};

/// Something that happens to the venue.
#[derive(Clone, Debug)]
enum Event {
    /// A market stores a price, thousandths of the first one, published this long before.
    Price { market: usize, thousandths: u64, late: u64 },
    /// Carry moves, thousandths of a price.
    Carry { market: usize, long: i64, short: i64 },
    /// An account is new, or has become another one.
    Account { name: u8, sketch: Sketch },
    /// An account is closed.
    Gone { name: u8 },
    /// Time passes.
    Passes { ms: u64 },
    /// A fork is abandoned: the clock and a market go back.
    Back { ms: u64, market: usize },
    /// A market is settled, or, on another fork, was not.
    Settled { market: usize, at: u64 },
    /// The chain breaks, or is well again.
    State { state: u64, breaks: bool },
}

/// A position: size, entry price in thousandths of the first one, carry.
type Held = (i64, u64, i64);
/// An order: whether it buys, its trigger, level, limit, age and time to live. At an even age it waits
/// for its trigger, if it has one.
type Waiting = (bool, u8, u64, u64, u64, u64);

/// What an account is made of.
#[derive(Clone, Debug)]
struct Sketch {
    positions: Vec<Option<Held>>,
    orders: Vec<Waiting>,
    collateral: u64,
    pending: u64,
    profit_age: u64,
    flag_age: Option<u64>,
    exit: u64,
}

impl Sketch {
    fn account(&self) -> MarginAccount {
        let mut account = long(self.collateral);
        account.set_position(0, &Position::default());
        account.pending_profit = self.pending;
        account.profit_since_ms = NOW - self.profit_age;
        account.exit_amount = self.exit;
        for (index, position) in self.positions.iter().enumerate() {
            let Some((size, thousandths, carry)) = *position else { continue };
            let entry = Usd(size.unsigned_abs() * thousandths / 1_000 * (PRICE / 1_000_000));
            let (size, carry) = (SignedSize(size), CarryIndex(carry));
            account.set_position(index as u8, &Position { size, entry, carry });
            if self.profit_age.is_multiple_of(2) {
                let changed = Millis(NOW - self.profit_age % 10_000);
                account.note_position_change(index as u8, changed, 0);
            }
        }
        for (slot, (buys, trigger, level, limit, age, life)) in self.orders.iter().enumerate() {
            let order =
                order(slot as u64 + 1, if *buys { 2_000_000 } else { -2_000_000 }, NOW - age);
            let untriggered = *trigger < 2 && age.is_multiple_of(2);
            account.orders[slot] = OrderState {
                earliest_ms: if untriggered { 0 } else { order.earliest_ms },
                limit: PRICE / 1_000 * limit,
                trigger: *trigger,
                trigger_price: PRICE / 1_000 * level,
                market: (slot % 2) as u8,
                reduce_only: u8::from(level.is_multiple_of(2)),
                expires_ms: NOW + life,
                ..order
            };
        }
        match self.flag_age {
            Some(age) => flagged(account, age),
            None => account,
        }
    }
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let level = || 900..1_100_u64;
    // Up to three times the leverage that maintenance allows.
    let held = (-60_000_000..60_000_000_i64, level(), -3_000_000_000..3_000_000_000_i64);
    let waiting = (any::<bool>(), 0..3_u8, level(), level(), 0..20_000_u64, 0..90_000_u64);
    (
        vec(proptest::option::of(held), 2),
        vec(waiting, 0..3),
        0..400_000_000_u64,
        prop_oneof![Just(0), 1..50_000_000_u64],
        0..400_000_u64,
        proptest::option::weighted(0.3, 1..400_000_u64),
        prop_oneof![9 => Just(0), 1 => 1..1_000_u64],
    )
        .prop_map(|(positions, orders, collateral, pending, profit_age, flag_age, exit)| {
            Sketch { positions, orders, collateral, pending, profit_age, flag_age, exit }
        })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..2_usize, 900..1_100_u64, prop_oneof![3 => Just(0), 1 => 0..9_000_u64])
            .prop_map(|(market, thousandths, late)| Event::Price { market, thousandths, late }),
        2 => (0..2_usize, -9..9_i64, -9..9_i64).prop_map(|(market, long, short)| Event::Carry { market, long, short }),
        4 => (0..9_u8, sketch()).prop_map(|(name, sketch)| Event::Account { name, sketch }),
        1 => (0..9_u8).prop_map(|name| Event::Gone { name }),
        3 => (1..100_000_u64).prop_map(|ms| Event::Passes { ms }),
        2 => (1..200_000_u64, 0..2_usize).prop_map(|(ms, market)| Event::Back { ms, market }),
        1 => (0..2_usize, prop_oneof![2 => Just(0), 1 => 900..1_100_u64])
            .prop_map(|(market, at)| Event::Settled { market, at }),
        1 => (0..5_u64, any::<bool>()).prop_map(|(state, breaks)| Event::State { state, breaks }),
    ]
}

/// A market's next price, stored at `now`: an even number of readings leaves two in the middle.
fn publish(market: &mut Market, price: Price, at: u64, now: u64) {
    let apart = at % 3 * PRICE / 10_000;
    let point = PricePoint { published: Millis(at), low: price, high: Price(price.0 + apart) };
    let seen = Observed {
        point,
        previous: Millis(at),
        now: Millis(now),
        last_disruption: Millis(0),
        age: Millis(market.terms.age_ms),
    };
    let terms = MarketTerms::from(&market.terms);
    let reference = market.reference().follow(seen, terms.band).expect("it fits");
    market.set_reference(&reference);
    let believed = reference.believes(point, terms.band.width, false, Millis(now));
    let at_now = market.moment(Millis(now), Millis(0));
    let sudden = is_sudden(point, &market.newest_stored(), &at_now, terms.band.width);
    market.push_price(&StoredPrice { point, lag: Millis(now - at), believed, sudden });
}

/// The venue, its index, and the venue's clock.
struct World {
    mirror: VenueSnapshot,
    watch: TriggerIndex,
    now: u64,
}

impl World {
    fn happens(&mut self, event: &Event) {
        match event {
            Event::Price { market, thousandths, late } => {
                let market = &mut self.mirror.markets[*market].1;
                let at = self.now - late;
                if at > market.newest_price().published.0 {
                    let price = Price(PRICE / 1_000 * thousandths);
                    publish(market, price, at, self.now);
                }
            }
            Event::Carry { market, long, short } => {
                let market = &mut self.mirror.markets[*market].1;
                market.carry_long += long * 100_000_000_000;
                market.carry_short += short * 100_000_000_000;
            }
            Event::Account { name, sketch } => self.becomes(*name, sketch.account()),
            Event::Gone { name } => {
                self.mirror.accounts.remove(&key(100 + name));
                self.watch.account_changed(key(100 + name));
            }
            Event::Passes { ms } => self.now += ms,
            Event::Back { ms, market } => {
                self.now -= ms;
                let market = &mut self.mirror.markets[*market].1;
                market.newest = market.newest.wrapping_sub(1) % 32;
            }
            Event::Settled { market, at } => {
                self.mirror.markets[*market].1.settlement_price = PRICE / 1_000 * at;
            }
            Event::State { state, breaks } => {
                let monitor = &mut self.mirror.chain_health.monitor;
                monitor.state = u8::try_from(*state).expect("a state's code");
                monitor.since_ms = self.now;
                monitor.last_disruption_ms = if *breaks { self.now } else { 0 };
            }
        }
    }

    fn becomes(&mut self, name: u8, account: MarginAccount) {
        self.mirror.accounts.insert(key(100 + name), account);
        self.watch.account_changed(key(100 + name));
    }

    /// The second market's feed always has something newer to say.
    fn feed(&mut self) {
        let quote = Quote {
            price: Price(PRICE),
            confidence: Price(PRICE / 10_000),
            published: Millis(self.now),
        };
        self.mirror.feeds.insert(key(50), Reading { provider: 1, id: [4; 32], quote });
    }

    fn agrees(&mut self) -> Vec<Intent> {
        let now = Millis(self.now);
        let all = decide(&self.mirror, now);
        let candidates = self.watch.candidates(&self.mirror, now);
        assert_eq!(decide_about(&self.mirror, now, candidates), all);
        all
    }
}

fn world() -> World {
    let mut mirror = mirror();
    let market = &mut mirror.markets[1].1;
    (market.feed_count, market.quorum) = (1, 1);
    (market.feeds[0].provider, market.feeds[0].id) = (1, [4; 32]);
    World { mirror, watch: TriggerIndex::default(), now: NOW }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn candidates_decide_what_a_rescan_decides(events in vec(event(), 1..60)) {
        let mut world = world();
        for event in &events {
            world.happens(event);
            world.feed();
            world.agrees();
        }
    }
}

#[test]
fn only_who_may_be_concerned_is_looked_at() {
    let mut world = world();
    for name in 0..100 {
        let collateral = 52_000_000 + u64::from(name) * 10_000_000;
        world.becomes(name, long(collateral));
    }
    assert_eq!(world.agrees(), []);
    assert_eq!(world.watch.hot(), 0);
    world.happens(&Event::Passes { ms: 1_000 });
    world.happens(&Event::Price { market: 0, thousandths: 990, late: 0 });
    assert_eq!(world.agrees(), [], "it is sudden");
    world.happens(&Event::Passes { ms: 1_000 });
    world.happens(&Event::Price { market: 0, thousandths: 990, late: 0 });
    // A unit less for each of ten units: who had less than the maintenance of 990 and 10 is short.
    assert_eq!(world.agrees(), [Intent::Flag { account: key(100) }]);
    assert_eq!(world.watch.hot(), 1);
    world.happens(&Event::Passes { ms: 1_000 });
    world.happens(&Event::Price { market: 0, thousandths: 1_000, late: 0 });
    assert_eq!((world.agrees(), world.watch.hot()), (vec![], 0));
}

#[test]
fn an_order_is_woken_by_a_price_that_replaces_a_newer_one() {
    let mut world = world();
    let mut account = long(900_000_000);
    let level = PRICE / 100 * 99;
    let placed = order(1, -1_000_000, NOW - 9_000);
    let waits = OrderState { trigger: 1, trigger_price: level, earliest_ms: 0, ..placed };
    account.orders[0] = waits;
    world.becomes(0, account);
    assert_eq!((world.agrees(), world.watch.hot()), (vec![], 0));
    world.happens(&Event::Back { ms: 0, market: 0 });
    publish(&mut world.mirror.markets[0].1, Price(level), NOW - 500, NOW);
    let triggers = Intent::TriggerOrder { account: key(100), market: 0, number: 1 };
    assert_eq!(world.agrees(), [triggers]);
}

#[test]
fn after_a_break_orders_that_have_lapsed_wait_for_a_price_again() {
    let mut world = world();
    let mut account = long(900_000_000);
    let lapsed = order(1, -1_000_000, NOW - 20_000);
    account.orders[0] = OrderState { market: 1, trigger: 0, trigger_price: PRICE * 2, ..lapsed };
    world.becomes(0, account);
    world.feed();
    assert_eq!((world.agrees(), world.watch.hot()), (vec![], 0));
    world.happens(&Event::Passes { ms: 1_000 });
    world.happens(&Event::State { state: 0, breaks: true });
    world.feed();
    assert_eq!(world.agrees(), [Intent::RefreshMarket { market: 1 }]);
}

/// An address for each of many accounts, in the order of the numbers.
fn name(number: u32) -> Pubkey {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Pubkey::new_from_array(bytes)
}

/// More accounts than one decision looks at.
#[test]
fn everybody_is_looked_at_in_several_decisions_and_meanwhile_alarms_go_off() {
    let mut world = world();
    let many = 2 * AT_ONCE as u32 + 10;
    for number in 0..many {
        world.mirror.accounts.insert(name(number), long(900_000_000));
    }
    let (last, safe) = (name(many - 1), name(many - 2));
    world.mirror.accounts.insert(last, long(40_000_000));
    let flags = |world: &mut World, account: Pubkey| {
        let now = Millis(world.now);
        let candidates = world.watch.candidates(&world.mirror, now);
        let decided = decide_about(&world.mirror, now, candidates);
        decided.contains(&Intent::Flag { account })
    };
    for decision in 0..3 {
        assert!(!world.watch.has_looked_at_all(), "before decision {decision}");
        assert_eq!(flags(&mut world, last), decision == 2);
    }
    assert!(world.watch.has_looked_at_all());
    // Everybody is looked at again, from the first on; who has changed is not waited for.
    world.watch.forget();
    world.mirror.accounts.insert(safe, long(40_000_000));
    world.watch.account_changed(safe);
    assert!(flags(&mut world, safe) && !world.watch.has_looked_at_all());
}

#[test]
fn where_very_many_fail_they_are_looked_at_in_turn_and_who_lacks_most_stays() {
    let mut world = world();
    let many = 2 * AT_ONCE as u32 + 10;
    for number in 0..many {
        world.mirror.accounts.insert(name(number), long(40_000_000));
    }
    let worst = name(many / 2);
    world.mirror.accounts.insert(worst, long(10_000_000));
    let mut found = BTreeSet::new();
    let mut first = None;
    for _ in 0..6 {
        let now = Millis(world.now);
        let candidates = world.watch.candidates(&world.mirror, now);
        assert!(candidates.len() <= 3 * AT_ONCE, "{}", candidates.len());
        let decided = decide_about(&world.mirror, now, candidates);
        world.watch.remember_due(decided.iter().filter_map(Intent::account));
        found.extend(decided.iter().filter_map(Intent::account));
        first = decided.first().copied();
    }
    assert_eq!(first, Some(Intent::Flag { account: worst }));
    assert_eq!(found.len(), many as usize, "everybody had a turn");
}
