//! A provider that lies about the time moves the venue's clock by up to a day. It shortens no wait and
//! refills no budget: those go by the cluster's.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::instruction;
use holdfast_testkit::feed::Published;

use super::{WAIT_MS, guardian, newcomer};
use crate::world::{BTC, SOL, World};

/// Lets the venue's clock run a day ahead, by both feeds of the one provider.
fn lie(world: &mut World) {
    world.calm(60);
    world.cluster.pass(400);
    let tomorrow = world.cluster.now_ms() + 86_399_000;
    for (index, price) in [SOL, BTC].into_iter().enumerate() {
        world.publish_one(index, Published::new(price, tomorrow)).unwrap();
    }
    world.observe().unwrap();
    let led = world.chain_health().monitor.lead_ms;
    assert!(led > 86_000_000, "{led}");
}

#[test]
fn a_lying_provider_shortens_no_wait() {
    let mut world = World::new();
    let number = world.propose(ChangeKind::FeeReceiver(newcomer()));
    world.watch(WAIT_MS - 86_400_000).unwrap();
    lie(&mut world);
    // The notice after the break that the lie looks like is over too.
    world.watch(7_200_000).unwrap();
    world.refuses(&world.application(number), HoldfastError::ChangeNotReady);
}

#[test]
fn a_lying_provider_refills_no_budget() {
    let mut world = World::new();
    for _ in 0..3 {
        world.send(instruction::tighten(guardian(0), true, 60_000));
        world.cluster.pass(60_000);
    }
    lie(&mut world);
    let fourth = instruction::tighten(guardian(0), true, 1_800_000);
    world.refuses(&fourth, HoldfastError::BudgetExhausted);
}
