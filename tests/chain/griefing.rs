//! What somebody might do to make the venue see a chain that is not there, or not see the one that is.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::instruction;
use holdfast_risk::chain::health::State;
use holdfast_testkit::feed::Published;

use crate::forge::remember;
use holdfast_tests::{PRICE, Stage};

/// Somebody looks every three seconds, without evidence of the time or with one market's, so that nobody
/// else's look is ever due. What keepers bring is taken all the same: the disruption's end is proved, and
/// the next halt that the clock hides is one.
#[test]
fn looks_without_evidence_keep_none_out() {
    let mut stage = Stage::open();
    stage.calm(30, PRICE);
    stage.venue.cluster.advance(60_000, 1, 1);
    stage.venue.observe().unwrap();
    assert_eq!(stage.state(), State::Shelter);
    for _ in 0..1_200 {
        stage.venue.cluster.pass(3_000);
        let now = stage.venue.cluster.now_ms();
        let _ = stage.venue.publish_one(0, Published::new(PRICE, now));
        stage.venue.cluster.send(&[instruction::observe(&[])], &[&stage.venue.admin]).unwrap();
        stage.keep();
        if stage.state() == State::Normal {
            break;
        }
    }
    assert_eq!((stage.state(), stage.health().monitor.proven), (State::Normal, 1));
    let later = stage.venue.cluster.now_ms() + 600_000;
    stage.venue.publish_one(0, Published::new(PRICE, later)).unwrap();
    for _ in 0..3 {
        stage.venue.cluster.pass(3_000);
        stage.venue.cluster.send(&[instruction::observe(&[])], &[&stage.venue.admin]).unwrap();
        stage.keep();
    }
    assert_eq!(stage.state(), State::Shelter);
}

#[test]
fn spam_within_two_seconds_is_refused_and_changes_nothing() {
    let mut stage = Stage::open();
    stage.venue.cluster.pass(2_000);
    stage.venue.observe().unwrap();
    let before = stage.health();
    let observe = instruction::observe(&stage.venue.markets);
    for _ in 0..20 {
        let failure = stage
            .venue
            .cluster
            .send(std::slice::from_ref(&observe), &[&stage.venue.admin])
            .unwrap_err();
        assert!(failure.is(HoldfastError::SampleTooSoon));
    }
    assert_eq!(bytemuck::bytes_of(&stage.health()), bytemuck::bytes_of(&before));
}

/// Looking as often as anybody may is no window: twenty seconds are.
#[test]
fn looking_as_often_as_one_may_strains_nothing() {
    let mut stage = Stage::open();
    for second in 0..120 {
        // Seconds of two slots and of three: half of them would be slow by themselves.
        stage.venue.cluster.advance(1_000, 2 + second % 2, 2 + second % 2);
        stage.venue.observe().unwrap();
        assert_eq!(stage.state(), State::Normal, "second {second}");
    }
}

#[test]
fn one_leader_skipping_its_four_slots_is_nothing() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    stage.venue.cluster.advance(1_600, 4, 0);
    stage.venue.cluster.pass(3_400);
    stage.venue.publish(&[PRICE]).unwrap();
    let health = stage.health();
    assert_eq!(health.samples[usize::from(health.newest)].skipped, 4);
    assert_eq!(stage.state(), State::Normal);
}

/// Publishes one price at a time relative to the cluster's clock, and looks. Returns how far the
/// venue's clock then leads.
fn lead_after(stage: &mut Stage, ahead_ms: i64) -> u64 {
    stage.venue.cluster.pass(5_000);
    let at_ms = stage.venue.cluster.now_ms().saturating_add_signed(ahead_ms);
    // The market may refuse a price that proves nothing; that is not what is asked here.
    let _ = stage.venue.publish_one(0, Published::new(PRICE, at_ms));
    stage.venue.observe().unwrap();
    stage.health().monitor.lead_ms
}

#[test]
fn an_old_price_and_a_barely_newer_one_are_no_evidence_of_a_halt() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    for (ahead_ms, lead_ms) in
        [(-3_600_000, 0), (-1_000, 0), (0, 0), (1_000, 1_000), (9_000, 9_000)]
    {
        assert_eq!(lead_after(&mut stage, ahead_ms), lead_ms, "{ahead_ms} ms ahead");
        assert_eq!(stage.state(), State::Normal, "{ahead_ms} ms ahead");
    }
}

/// The one provider of a market lies about the time. What it says for more than a day ahead is not
/// believed; what is believed wears off.
#[test]
fn a_price_from_the_future_wears_off() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    assert_eq!(lead_after(&mut stage, 31_536_000_000), 0);
    assert_eq!(stage.state(), State::Normal);

    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    assert_eq!(lead_after(&mut stage, 8_000_000), 8_000_000);
    assert_eq!(stage.state(), State::Shelter);
    stage.venue.cluster.pass(4 * 8_000_000);
    stage.venue.observe().unwrap();
    assert_eq!(stage.health().monitor.lead_ms, 0);
}

/// Ten minutes of a halt that the cluster's clock hides; then it catches up at two and a half times
/// its pace. Prices tell the time throughout.
#[test]
fn a_clock_that_catches_up_is_one_halt_and_leaves_no_lead() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    stage.venue.cluster.pass(5_000);
    let mut true_ms = stage.venue.cluster.now_ms() + 600_000;
    stage.venue.publish_one(0, Published::new(PRICE, true_ms)).unwrap();
    stage.venue.observe().unwrap();
    assert_eq!(stage.state(), State::Shelter);
    let last_disruption_ms = stage.health().monitor.last_disruption_ms;
    let mut before = State::Shelter;
    for _ in 0..220 {
        true_ms += 5_000;
        let behind = true_ms - stage.venue.cluster.now_ms();
        stage.venue.cluster.advance(behind.min(12_500), 12, 12);
        stage.venue.publish_one(0, Published::new(PRICE, true_ms)).unwrap();
        stage.venue.observe().unwrap();
        let monitor = stage.health().monitor;
        let moved = monitor.last_disruption_ms.abs_diff(last_disruption_ms);
        // While the clock catches up, the end is dated a few seconds early at the most.
        assert!(moved <= 7_000, "one halt");
        assert!(monitor.seen_ms.abs_diff(true_ms) <= 1_000, "the venue knows the time");
        assert!(stage.state() <= before, "it only gets better");
        before = stage.state();
    }
    assert_eq!((stage.state(), stage.health().monitor.lead_ms), (State::Normal, 0));
}

/// The same without a price: the clock's own pace is all there is, and that strains.
#[test]
fn a_clock_that_catches_up_unexplained_strains() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    for _ in 0..20 {
        stage.venue.cluster.advance(12_500, 12, 12);
        stage.venue.observe().unwrap();
        assert!(stage.state() <= State::Strained);
    }
    assert_eq!(stage.state(), State::Strained);
}

/// Slots became shorter in a halt, so the venue's clock, carried by slots, runs ahead of the true
/// time. It comes back, and prices count again.
#[test]
fn a_lead_that_no_price_confirms_goes() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    remember(&mut stage, |monitor| {
        monitor.baseline_us = 500_000;
        monitor.seen_ms += 60_000;
        monitor.lead_ms += 60_000;
        monitor.window_start_ms += 60_000;
    });
    for _ in 0..48 {
        stage.venue.cluster.pass(5_000);
        stage.venue.observe().unwrap();
    }
    assert_eq!(stage.health().monitor.lead_ms, 0);
    stage.venue.cluster.pass(5_000);
    stage.venue.publish(&[PRICE * 9 / 10]).unwrap();
    assert_eq!(stage.venue.market(0).newest_price().low.0, PRICE * 9 / 10);
}
