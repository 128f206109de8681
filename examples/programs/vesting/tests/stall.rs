//! What slots as time come to on a chain that stalls, and on one with shorter slots.

mod stage;

use slotstall::Pace;

const DAY_MS: u64 = 86_400_000;

#[test]
fn on_a_healthy_chain_of_400_ms_slots_half_a_day_is_half_a_day() {
    let (mut cluster, beneficiary) = stage::granted(1);
    cluster.run(DAY_MS / 2, Pace::HEALTHY);
    assert_eq!(stage::withdrawn(&mut cluster, &beneficiary), 500_000);
}

#[test]
fn a_day_in_which_the_chain_stands_vests_nothing() {
    let (mut cluster, beneficiary) = stage::granted(1);
    cluster.stall(DAY_MS);
    cluster.run(400, Pace::HEALTHY);
    let paid = stage::withdrawn(&mut cluster, &beneficiary);
    assert!(paid < 10, "the whole grant is due, and {paid} millionths of it are paid");
}

#[test]
fn where_slots_are_200_ms_half_a_day_pays_the_whole_day() {
    let (mut cluster, beneficiary) = stage::granted(1);
    cluster.set_nominal(200);
    let healthy = cluster.chain().healthy();
    cluster.run(DAY_MS / 2, healthy);
    assert_eq!(stage::withdrawn(&mut cluster, &beneficiary), 1_000_000);
}
