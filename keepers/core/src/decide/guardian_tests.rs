use bytemuck::Zeroable;
use holdfast_client::feed::Reading;
use holdfast_client::holdfast::state::{Exchange, Market};
use holdfast_client::market_hours::MarketHours;
use holdfast_risk::chain::health::State;
use holdfast_risk::governance::{TIGHTENINGS_PER_PERIOD, check_length};
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};

use super::{Guardian, LASTING, Look, STRAINED, Verdict};
use crate::health::{ChainCondition, Diagnosis, EndpointFault, Pace};
use crate::world::{NOW, PRICE, key, mirror};
use crate::{Hours, VenueSnapshot};

/// How often the guardian looks, milliseconds.
const EVERY: u64 = 1_000;
/// Well past every age limit in the venue of these tests.
const LONG: u64 = 3 * LASTING.0;

/// A guardian and everything it sees.
struct World {
    mirror: VenueSnapshot,
    hours: Hours,
    diagnosis: Diagnosis,
    guardian: Guardian,
    /// Milliseconds since the beginning.
    passed: u64,
    /// Whether snapshots are taken when they are asked for.
    snapshots: bool,
    snapshot: Option<Millis>,
}

impl World {
    /// Two markets with positions and a feed each, an exchange with two guardians, and sources
    /// without fault.
    fn new() -> Self {
        let mut mirror = mirror();
        for (index, (_, market)) in mirror.markets.iter_mut().enumerate() {
            let name = index as u8 + 50;
            (market.feed_count, market.quorum) = (1, 1);
            (market.feeds[0].provider, market.feeds[0].id) = (1, [name; 32]);
            let price = Price(PRICE);
            let quote = Quote { price, confidence: Price(1), published: Millis(NOW) };
            mirror.feeds.insert(key(name), Reading { provider: 1, id: [name; 32], quote });
        }
        let mut exchange = Exchange::zeroed();
        exchange.guardian_count = 2;
        (exchange.guardians[0].key, exchange.guardians[1].key) = (key(1), key(2));
        mirror.exchange = Some(exchange);
        Self {
            mirror,
            hours: Hours::default(),
            diagnosis: Diagnosis {
                witnesses: 3,
                class: ChainCondition::Healthy,
                endpoints: vec![None, None],
                silent: vec![false],
                pace: Some(steady(50, 50)),
            },
            guardian: Guardian::new(key(1)),
            passed: 0,
            snapshots: true,
            snapshot: None,
        }
    }

    fn look(&mut self) -> Verdict {
        self.passed += EVERY;
        let clock = Millis(NOW + self.passed);
        let (now, snapshot) = (Millis(self.passed), self.snapshot);
        let (mirror, hours, diagnosis) = (&self.mirror, &self.hours, &self.diagnosis);
        let look = Look { mirror, hours, diagnosis, snapshot, clock, venue_now: clock, now };
        let verdict = self.guardian.judge(&look);
        if verdict == Verdict::Confirm && self.snapshots {
            self.snapshot = Some(now);
        }
        verdict
    }

    /// After how long it tightens, or `None` within `most`.
    fn tightens(&mut self, most: u64) -> Option<u64> {
        let begun = self.passed;
        while self.passed - begun < most {
            if self.look() == Verdict::Tighten {
                return Some(self.passed - begun);
            }
        }
        None
    }

    /// Prices and feeds say something new.
    fn publish(&mut self) {
        let now = Millis(NOW + self.passed);
        for reading in self.mirror.feeds.values_mut() {
            reading.quote.published = now;
        }
    }

    fn guardian(&mut self, index: usize) -> &mut [u64; TIGHTENINGS_PER_PERIOD] {
        let exchange = self.mirror.exchange.as_mut().expect("it is there");
        &mut exchange.guardians[index].tightened_ms
    }

    fn market(&mut self, index: usize) -> &mut Market {
        &mut self.mirror.markets[index].1
    }
}

/// Twenty seconds with this many slots, of which this many were made.
fn steady(slots: u64, made: u64) -> Pace {
    Pace { time: Millis(20_000), slots, made }
}

#[test]
fn prices_that_stand_everywhere_strain_the_venue_after_a_while() {
    let mut world = World::new();
    let age = world.market(0).terms.age_ms;
    let took = world.tightens(LONG).expect("it tightens");
    assert!((age + LASTING.0..age + LASTING.0 + 4 * EVERY).contains(&took), "{took}");
    check_length(STRAINED).expect("the program allows it");
}

#[test]
fn a_price_anywhere_is_no_such_condition() {
    let mut one_lives = World::new();
    for _ in 0..LONG / EVERY {
        let now = Millis(NOW + one_lives.passed);
        one_lives.mirror.feeds.get_mut(&key(51)).expect("it is there").quote.published = now;
        assert_eq!(one_lives.look(), Verdict::Nothing);
    }
    let mut nobody_trades = World::new();
    for index in 0..2 {
        let market = nobody_trades.market(index);
        (market.longs.size, market.shorts.size) = (0, 0);
    }
    assert_eq!(nobody_trades.tightens(LONG), None);
    let mut feeds_unknown = World::new();
    feeds_unknown.mirror.feeds.clear();
    assert_eq!(feeds_unknown.tightens(LONG), None);
}

#[test]
fn closed_markets_are_no_such_condition() {
    let opens = Some(Millis(NOW + 2 * LONG));
    let closed = MarketHours { is_open: false, opens, closes: None };
    let closing = |feeds: &[u8]| {
        let mut world = World::new();
        world.hours = Hours::new(feeds.iter().map(|feed| ([*feed; 32], vec![closed])).collect());
        world
    };
    assert_eq!(closing(&[50, 51]).tightens(LONG), None);
    assert!(closing(&[50]).tightens(LONG).is_some(), "the other one should have a price");
    let mut opened = closing(&[50, 51]);
    opened.passed = 2 * LONG;
    assert!(opened.tightens(LONG).is_some(), "they have opened, and no price came");
}

#[test]
fn it_stands_down_while_the_fault_may_be_its_own() {
    let doubts: [fn(&mut Diagnosis); 8] = [
        |diagnosis| diagnosis.class = ChainCondition::RpcStale,
        |diagnosis| diagnosis.class = ChainCondition::StreamSilent,
        |diagnosis| diagnosis.class = ChainCondition::Halt,
        |diagnosis| diagnosis.class = ChainCondition::Restart,
        |diagnosis| diagnosis.class = ChainCondition::BlockhashExpired,
        |diagnosis| diagnosis.class = ChainCondition::ForkSwitch,
        |diagnosis| diagnosis.endpoints = vec![None],
        |diagnosis| diagnosis.endpoints[1] = Some(EndpointFault::Frozen),
    ];
    for doubt in doubts {
        let mut world = World::new();
        world.diagnosis.pace = Some(steady(50, 20));
        doubt(&mut world.diagnosis);
        assert_eq!(world.tightens(LONG), None, "{:?}", world.diagnosis);
        // The time in doubt does not count.
        world.diagnosis = World::new().diagnosis;
        assert!(world.tightens(LONG).is_some_and(|took| took > LASTING.0));
    }
}

#[test]
fn a_snapshot_has_to_confirm_it() {
    let mut world = World::new();
    world.snapshots = false;
    assert_eq!(world.tightens(LONG), None);
    assert_eq!(world.look(), Verdict::Confirm);
    world.snapshots = true;
    assert_eq!(world.tightens(LONG), Some(2 * EVERY));
}

#[test]
fn slow_and_skipped_slots_strain_a_venue_that_has_not_noticed() {
    let after = |pace: Pace| {
        let mut world = World::new();
        world.diagnosis.pace = Some(pace);
        let mut took = None;
        for _ in 0..LONG / EVERY {
            world.publish();
            if world.look() == Verdict::Tighten {
                took = took.or(Some(world.passed));
            }
        }
        took
    };
    let soon = LASTING.0..LASTING.0 + 4 * EVERY;
    for strains in [steady(50, 40), steady(33, 33), steady(10, 10), steady(50, 0)] {
        assert!(after(strains).is_some_and(|took| soon.contains(&took)), "{strains:?}");
    }
    for fine in [steady(50, 41), steady(34, 34), steady(100, 100)] {
        assert_eq!(after(fine), None, "{fine:?}");
    }
}

#[test]
fn the_venues_own_thresholds_decide() {
    let mut world = World::new();
    world.diagnosis.pace = Some(steady(50, 40));
    world.mirror.chain_health.thresholds.skipping_bps = 4_000;
    world.publish();
    assert_eq!(world.tightens(LASTING.0 + 5 * EVERY), None);
}

#[test]
fn a_venue_that_noticed_needs_no_guardian() {
    for state in [State::Strained, State::Throttled, State::Thaw, State::Shelter] {
        let mut world = World::new();
        world.mirror.chain_health.monitor.state = state as u8;
        world.diagnosis.pace = Some(steady(50, 20));
        assert_eq!(world.tightens(LONG), None);
    }
}

#[test]
fn one_condition_is_told_once_by_whomever() {
    for who in 0..2 {
        let mut world = World::new();
        world.tightens(LONG).expect("it tightens");
        let now = NOW + world.passed;
        world.guardian(who)[0] = now;
        assert_eq!(world.tightens(LONG), None, "it goes on");
        // A moment without it is the same condition, a while without it ends it.
        world.publish();
        world.look();
        assert_eq!(world.tightens(LONG), None);
        for _ in 0..LASTING.0 / EVERY + 2 {
            world.publish();
            assert_eq!(world.look(), Verdict::Nothing);
        }
        assert!(world.tightens(LONG).is_some(), "it is another one");
    }
}

#[test]
fn it_keeps_within_its_budget_and_needs_its_office() {
    let mut spent = World::new();
    *spent.guardian(0) = [NOW - 1_000, NOW - 2_000, NOW - 3_000];
    assert_eq!(spent.tightens(LONG), None);
    let mut one_left = World::new();
    *one_left.guardian(0) = [NOW - 1_000, NOW - 86_400_000, NOW - 3_000];
    assert!(one_left.tightens(LONG).is_some());
    let mut removed = World::new();
    removed.guardian = Guardian::new(key(3));
    assert_eq!(removed.tightens(LONG), None);
    let mut unknown = World::new();
    unknown.mirror.exchange = None;
    assert_eq!(unknown.tightens(LONG), None);
}
