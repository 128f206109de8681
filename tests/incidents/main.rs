//! What broke elsewhere, tried on this program: each test plays an incident of another venue and
//! would fail on a version that made its mistake.

mod late_help;
mod pauses;
mod stale_markets;
mod stale_prices;

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_risk::Millis;
use holdfast_testkit::Failure;
use holdfast_testkit::chain::Pace;

use holdfast_tests::Stage;

const HOUR_MS: u64 = Millis::HOUR.0;
/// The clock's bounds allow for any halt.
const OLD_EPOCH: u64 = 216_000;
/// The clock stays behind after a halt, for hours.
const YOUNG_EPOCH: u64 = 500;

/// The chain stands still, and comes back with as many blocks as the clock needs to show it.
fn halt(stage: &mut Stage, ms: u64, epoch_slots: u64) {
    let cluster = &mut stage.venue.cluster;
    cluster.vote_time(epoch_slots);
    cluster.stall(ms);
    cluster.run(1_200, Pace::HEALTHY);
}

#[track_caller]
fn refuses<T: std::fmt::Debug>(found: Result<T, Failure>, error: HoldfastError) {
    let failure = found.expect_err("what must be refused");
    assert!(failure.is(error), "{}", failure.message);
}
