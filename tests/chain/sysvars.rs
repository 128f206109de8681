//! Sysvars that hold too little, nothing, or nonsense: what they do not say is unknown, and unknown is
//! neither a disruption nor a number.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::SampleState;
use holdfast_client::instruction;
use holdfast_risk::chain::health::State;

use holdfast_tests::{PRICE, Stage};

/// Observes with the `SlotHashes` that `entries` makes of the newest slots, and returns the sample.
fn observed_with(entries: impl FnOnce(u64) -> Vec<u64>) -> (Stage, SampleState) {
    let mut stage = Stage::open();
    stage.calm(30, PRICE);
    stage.venue.cluster.pass(5_000);
    let entries = entries(stage.venue.cluster.slot());
    stage.venue.cluster.show_hashes(&entries);
    stage.venue.observe().unwrap();
    let health = stage.health();
    let sample = health.samples[usize::from(health.newest)];
    (stage, sample)
}

/// `count` blocks before `slot`, newest first, none skipped.
fn blocks(slot: u64, count: u64) -> Vec<u64> {
    (1..=count).map(|back| slot - back).collect()
}

#[test]
fn fewer_entries_than_the_window_takes_are_unknown() {
    for count in [0, 1, 50, 128] {
        let (stage, sample) = observed_with(|slot| blocks(slot, count));
        assert_eq!(sample.skipped, u64::MAX, "{count} entries");
        assert_eq!(stage.state(), State::Normal, "{count} entries");
    }
    let (_, sample) = observed_with(|slot| blocks(slot, 129));
    assert_eq!(sample.skipped, 0, "the first number that is known");
}

#[test]
fn entries_that_are_zero_or_out_of_order_or_from_the_future_are_unknown() {
    type Nonsense = fn(u64) -> Vec<u64>;
    let nonsense: [Nonsense; 4] = [
        |_| vec![0; 512],
        |slot| vec![slot - 1; 512],
        |slot| (0..512).map(|on| slot + 512 - on).collect(),
        |slot| blocks(slot, 128).into_iter().chain([0; 384]).map(|entry| entry * 447).collect(),
    ];
    for (index, entries) in nonsense.into_iter().enumerate() {
        let (stage, sample) = observed_with(entries);
        assert_eq!(sample.skipped, u64::MAX, "{index}");
        assert_eq!(stage.state(), State::Normal, "{index}");
    }
}

/// A cluster that was moved to a later slot shows its old slots right behind the new ones.
#[test]
fn a_jump_of_more_than_an_epoch_is_unknown() {
    let (stage, sample) =
        observed_with(|slot| blocks(slot, 100).into_iter().chain(blocks(5_000, 412)).collect());
    assert_eq!(sample.skipped, u64::MAX);
    assert_eq!(stage.state(), State::Normal);
}

#[test]
fn a_restart_that_is_yet_to_come_is_unknown() {
    let mut stage = Stage::open();
    stage.calm(30, PRICE);
    stage.venue.cluster.pass(5_000);
    let yet_to_come = stage.venue.cluster.slot() + 1;
    stage.venue.cluster.show_restart(yet_to_come);
    stage.venue.observe().unwrap();
    let health = stage.health();
    assert_eq!(health.samples[usize::from(health.newest)].last_restart_slot, u64::MAX);
    assert_eq!((stage.state(), health.monitor.restart_slot), (State::Normal, 0));
}

#[test]
fn a_clock_that_was_never_set_is_refused_and_changes_nothing() {
    let mut stage = Stage::open();
    stage.calm(30, PRICE);
    stage.venue.cluster.pass(5_000);
    let before = stage.health();
    let payer = stage.trader.keypair.insecure_clone();
    for unix_timestamp in [0, -1, i64::MIN] {
        stage.venue.cluster.show_clock(unix_timestamp);
        let failure = stage.venue.observe().unwrap_err();
        assert!(failure.is(HoldfastError::UnreadableSysvar), "{}", failure.message);
        let providers = stage.venue.providers(0);
        let failure = stage.venue.refresh(0, &providers).unwrap_err();
        assert!(failure.is(HoldfastError::UnreadableSysvar), "{}", failure.message);
        // How long ago the last look was cannot be told, so nobody is told that the chain is well.
        let asked = stage.venue.cluster.send(&[instruction::chain_state()], &[&payer]);
        let failure = asked.unwrap_err();
        assert!(failure.is(HoldfastError::UnreadableSysvar), "{}", failure.message);
    }
    assert_eq!(bytemuck::bytes_of(&stage.health()), bytemuck::bytes_of(&before));
    stage.venue.cluster.pass(5_000);
    stage.venue.observe().unwrap();
    assert_eq!(stage.state(), State::Normal);
}
