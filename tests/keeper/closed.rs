//! A market that is closed by its hours misses no price: the keeper says so, calls the chain healthy and
//! strains nothing with a guardian's key. Once the market should have opened, the price is missing.

use std::collections::BTreeMap;

use holdfast_client::market_hours::MarketHours;
use holdfast_keeper_core::Hours;
use holdfast_keeper_core::health::ChainCondition;
use holdfast_keeper_core::keeper::{Event, Report};
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;
use holdfast_simulator::keeping::{Fault, KeeperWorld, WorldPlan};
use holdfast_testkit::venue::{feed_id, guardians};

/// For how long the market is closed: longer than a guardian waits for prices.
const CLOSED_MS: u64 = 240_000;

/// A calm world with a guardian's keeper, to which hosts say that its market closes for a while.
fn world(hosts: &[bool]) -> KeeperWorld {
    let plan = WorldPlan { seed: 7, keepers: 1, endpoints: 3, streams: 2, traders: 1 };
    let mut world = KeeperWorld::new(plan).expect("cargo xtask build");
    let [guardian, ..] = guardians();
    world.appoint(0, guardian, None);
    world.pass(30_000);
    let opens = Some(Millis(world.chain.venue.cluster.now_ms() + CLOSED_MS));
    let said = hosts.iter().map(|closed| match closed {
        true => MarketHours { is_open: false, opens, closes: None },
        false => MarketHours { is_open: true, opens: None, closes: None },
    });
    let said = Hours::new(BTreeMap::from([(feed_id(0), said.collect())]));
    world.keepers[0].hear(Event::Hours(said), Millis(world.now));
    world.fail(&[Fault::NoPrices]);
    world
}

fn report(world: &KeeperWorld) -> Report {
    world.keepers[0].report(Millis(world.now))
}

fn state(world: &KeeperWorld) -> State {
    State::from_code(world.chain.venue.chain_health().monitor.state)
}

#[test]
fn no_price_is_missing_while_a_market_is_closed() {
    let mut world = world(&[true, true]);
    for _ in 0..CLOSED_MS / 10_000 - 2 {
        world.pass(10_000);
        let report = report(&world);
        assert_eq!(report.diagnosis.class, ChainCondition::Healthy, "{} ms", world.now);
        assert!(!report.stale_prices && !report.feeds[0].late, "{report:?}");
    }
    assert!(report(&world).feeds[0].closed);
    assert_eq!(state(&world), State::Normal, "nothing is strained");
    let missing = world.until(60_000, |world| {
        let report = report(world);
        report.diagnosis.class == ChainCondition::OracleStale && report.feeds[0].late
    });
    assert!(missing.is_some(), "it should have opened: {:?}", report(&world));
}

#[test]
fn one_host_of_two_hides_no_missing_price() {
    let mut world = world(&[true, false]);
    let found = world.until(60_000, |world| {
        world.keepers[0].class() == ChainCondition::OracleStale && report(world).feeds[0].late
    });
    assert!(found.is_some(), "{:?}", report(&world));
}
