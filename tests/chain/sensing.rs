//! A disruption is seen by the first instruction that comes by, before anybody has observed it.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::instruction;
use holdfast_risk::chain::health::State;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::{LONE, Listing, market_order, silo_plan};
use holdfast_testkit::{Failure, Venue};
use solana_signer::Signer;

use holdfast_tests::{PRICE, START_MS, Stage};

fn open(stage: &mut Stage) -> Result<u64, Failure> {
    let order = market_order(1_000_000, stage.venue.cluster.now_ms());
    stage.venue.place(&stage.trader, 0, order)
}

#[track_caller]
fn is_refused(found: Result<u64, Failure>) {
    let failure = found.expect_err("opening on a disrupted chain");
    assert!(failure.is(HoldfastError::ChainNotReady), "{}", failure.message);
}

#[test]
fn a_halt() {
    let mut stage = Stage::open();
    assert!(open(&mut stage).is_ok());
    stage.venue.cluster.advance(3_600_000, 2, 2);
    assert_eq!(stage.state(), State::Normal);
    is_refused(open(&mut stage));
    stage.venue.observe().unwrap();
    assert_eq!(stage.state(), State::Shelter);
    assert_eq!(
        stage.health().monitor.last_disruption_ms / 1_000,
        stage.venue.cluster.now_ms() / 1_000
    );
}

/// Nobody looked for 36 seconds before a halt of a minute.
#[test]
fn a_halt_within_a_silence() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    stage.venue.cluster.advance(36_000, 90, 90);
    // A price alone is no look at the chain.
    stage.venue.reprice(0, PRICE).unwrap();
    assert!(open(&mut stage).is_ok());
    stage.venue.cluster.advance(60_000, 1, 1);
    is_refused(open(&mut stage));
    stage.venue.observe().unwrap();
    assert_eq!(stage.state(), State::Shelter);
}

#[test]
fn failing_leaders() {
    let mut stage = Stage::open();
    stage.calm(120, PRICE);
    stage.venue.cluster.advance(100_000, 250, 110);
    is_refused(open(&mut stage));
}

#[test]
fn crawling_slots() {
    let mut stage = Stage::open();
    for _ in 0..4 {
        stage.venue.cluster.advance(12_000, 8, 8);
        stage.venue.publish(&[PRICE]).unwrap();
    }
    is_refused(open(&mut stage));
}

#[test]
fn a_restart() {
    let mut stage = Stage::open();
    stage.venue.cluster.restart();
    is_refused(open(&mut stage));
    stage.venue.cluster.pass(3_000);
    stage.venue.observe().unwrap();
    let monitor = stage.health().monitor;
    assert_eq!(monitor.until_ms - monitor.since_ms, 900_000);
}

/// The clock lags after a halt as if nothing had happened; only prices tell the time.
#[test]
fn a_halt_that_the_clock_hides() {
    let mut stage = Stage::open();
    stage.calm(30, PRICE);
    stage.venue.cluster.pass(3_000);
    let later = stage.venue.cluster.now_ms() + 7_200_000;
    stage.venue.publish_one(0, Published::new(PRICE * 8 / 10, later)).unwrap();
    let market = stage.venue.market(0);
    assert_eq!(market.newest_price().low.0, PRICE, "a price from the future does not count");
    stage.venue.observe().unwrap();
    assert_eq!(stage.state(), State::Shelter);
    stage.venue.cluster.pass(2_000);
    stage.venue.publish_one(0, Published::new(PRICE * 8 / 10, later + 2_000)).unwrap();
    let market = stage.venue.market(0);
    assert_eq!(market.newest_price().low.0, PRICE * 8 / 10, "now it does");
}

/// Keepers alone bring the evidence: nobody else refreshes. What was true in the hidden hours, and is
/// signed, decides nothing then.
#[test]
fn a_hidden_halt_is_seen_by_what_keepers_do() {
    let mut stage = Stage::open();
    stage.calm(30, PRICE);
    stage.venue.cluster.pass(3_000);
    let later = stage.venue.cluster.now_ms() + 7_200_000;
    let crashed = Published::new(PRICE * 8 / 10, later);
    stage.venue.publish_feed(Provider::PythPull, 0, crashed);
    stage.keep();
    assert_eq!(stage.venue.market(0).feeds[0].seen_ms, later / 1_000 * 1_000);
    stage.keep();
    assert_eq!(stage.state(), State::Shelter);
    stage.venue.cluster.pass(1_000);
    let replayed = Published::new(PRICE * 9 / 10, stage.venue.cluster.now_ms());
    let refused = stage.venue.publish_one(0, replayed).unwrap_err();
    assert!(refused.is(HoldfastError::StaleFeed), "{}", refused.message);
}

/// Two providers have published, and one of them not for ten minutes: the other one tells the time.
#[test]
fn a_silent_provider_hides_no_halt() {
    let of = |name, providers| Listing { name, price: PRICE, providers };
    let listings = [of("SOL-PERP", LONE), of("ETH-PERP", &[Provider::Stork])];
    let mut venue = Venue::install_silo(START_MS, silo_plan(&listings)).unwrap();
    venue.publish(&[PRICE, PRICE]).unwrap();
    let goes_on = |venue: &mut Venue, ahead: u64| {
        venue.cluster.pass(5_000);
        let now = venue.cluster.now_ms();
        venue.publish_one(0, Published::new(PRICE, now + ahead)).unwrap();
        venue.observe().unwrap();
        State::from_code(venue.chain_health().monitor.state)
    };
    // While both are heard, neither moves the clock by itself.
    let mut early = venue.fork();
    assert_eq!(goes_on(&mut early, 7_200_000), State::Normal);
    for _ in 0..120 {
        assert_eq!(goes_on(&mut venue, 0), State::Normal);
    }
    assert_eq!(goes_on(&mut venue, 7_200_000), State::Shelter);
}

/// One provider publishes for two markets. A feed that is ahead of the other moves no clock, whoever
/// brings it and however often; both together show a hidden halt.
#[test]
fn one_feed_tells_no_time_that_another_contradicts() {
    let of = |name| Listing { name, price: PRICE, providers: LONE };
    let plan = silo_plan(&[of("SOL-PERP"), of("ETH-PERP")]);
    let mut venue = Venue::install_silo(START_MS, plan).unwrap();
    venue.publish(&[PRICE, PRICE]).unwrap();
    let observed = |venue: &mut Venue, ahead: [u64; 2]| {
        venue.cluster.pass(5_000);
        let now = venue.cluster.now_ms();
        for (index, ahead) in ahead.into_iter().enumerate() {
            venue.publish_one(index, Published::new(PRICE, now + ahead)).unwrap();
        }
        venue.observe().unwrap();
        State::from_code(venue.chain_health().monitor.state)
    };
    for _ in 0..12 {
        assert_eq!(observed(&mut venue, [3_600_000, 0]), State::Normal);
    }
    let mut halted = venue.fork();
    assert_eq!(observed(&mut halted, [3_600_000, 3_600_000]), State::Shelter);
    venue.cluster.pass(5_000);
    let markets = venue.markets.clone();
    let ahead = Published::new(PRICE, venue.cluster.now_ms() + 3_600_000);
    venue.publish_one(0, ahead).unwrap();
    let payer = venue.admin.insecure_clone();
    venue.cluster.send(&[instruction::observe(&markets[..1])], &[&payer]).unwrap();
    assert_eq!(State::from_code(venue.chain_health().monitor.state), State::Normal);
}

#[test]
fn every_slot_duration_and_the_steps_between_them_are_calm() {
    let mut stage = Stage::open();
    for slot_ms in [400, 350, 300, 250, 200, 250, 300, 350, 400] {
        for _ in 0..120 {
            stage.venue.cluster.advance(5_000, 5_000 / slot_ms, 5_000 / slot_ms);
            stage.venue.publish(&[PRICE]).unwrap();
            assert_eq!(stage.state(), State::Normal, "{slot_ms} ms");
        }
    }
}

/// Deposits do not look at the chain at all: they work while nothing else does.
#[test]
fn margin_can_be_added_in_the_first_block_after_a_halt() {
    let mut stage = Stage::open();
    stage.venue.cluster.advance(3_600_000, 2, 2);
    let (owner, wallet) = stage.venue.person(5_000_000);
    let (silo, account) = (stage.venue.silo, stage.trader.account);
    let deposit = instruction::deposit(owner.pubkey(), wallet, silo, account, 5_000_000);
    stage.venue.cluster.send(&[deposit], &[&owner]).unwrap();
}
