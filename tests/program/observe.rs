//! `observe`.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::instruction;

use solana_signer::Signer;

use crate::world::{CALM, World};

#[test]
fn a_sample_is_kept() {
    let mut world = World::new();
    world.pass_to(2_000, &CALM);
    world.cluster.pass(2_000);
    let before = world.chain_health();
    world.send(instruction::observe(&world.markets));
    let health = world.chain_health();
    assert_eq!(health.count, before.count + 1);
    let sample = health.samples[usize::from(health.newest)];
    let now = world.cluster.now_ms() / 1_000 * 1_000;
    assert_eq!((sample.slot, sample.clock_ms, sample.now_ms), (world.cluster.slot(), now, now));
    assert_eq!((sample.last_restart_slot, sample.skipped), (0, 0));
    assert_eq!(health.published[1].newest_ms, world.market(0).newest_price().published.0);
    assert_eq!((health.monitor.slot, health.monitor.seen_ms), (world.cluster.slot(), now));
}

#[test]
pub(crate) fn refusals() {
    let mut world = World::new();
    world.cluster.pass(2_000);
    for account in
        [world.silo, world.mint, world.admin.pubkey(), holdfast_client::address::exchange()]
    {
        let none = instruction::observe(&[world.markets[0], account]);
        world.refuses(&none, HoldfastError::WrongMarket);
    }
    // Spam: nothing is kept until two seconds have passed.
    world.send(instruction::observe(&[]));
    let observe = instruction::observe(&[]);
    world.refuses(&observe, HoldfastError::SampleTooSoon);
    world.cluster.pass(1_000);
    world.refuses(&observe, HoldfastError::SampleTooSoon);
    world.cluster.pass(1_000);
    world.send(observe);
}
