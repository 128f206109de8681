//! What a price's age comes to on a chain that stalls.

mod stage;

use example_lending::LendingError;
use slotstall::Pace;

use stage::Stage;

const HOUR_MS: u64 = 3_600_000;

#[test]
fn on_a_chain_that_goes_on_a_price_of_two_minutes_ago_liquidates_nobody() {
    let mut stage = Stage::with_a_loan();
    stage.publish(50);
    stage.cluster.run(120_000, Pace::HEALTHY);
    assert!(stage.liquidate().unwrap_err().is(LendingError::StalePrice));
}

#[test]
fn after_a_halt_of_six_hours_a_price_from_before_it_liquidates() {
    let mut stage = Stage::with_a_loan();
    // A dip, gone a minute later; but the chain stands.
    stage.publish(50);
    stage.cluster.stall(6 * HOUR_MS);
    stage.cluster.run(400, Pace::HEALTHY);
    // Right: `StalePrice`. The clock has moved by a second.
    stage.liquidate().unwrap();
}

#[test]
fn early_in_an_epoch_it_does_so_even_minutes_later() {
    let mut stage = Stage::with_a_loan();
    stage.cluster.vote_time(10);
    stage.publish(50);
    stage.cluster.stall(6 * HOUR_MS);
    stage.cluster.run(20_000, Pace::HEALTHY);
    assert!(stage.cluster.now_ms() / 1_000 - stage.cluster.chain().clock_s() > 5 * 3_600);
    stage.liquidate().unwrap();
}
