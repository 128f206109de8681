//! What keepers get done while things fail, and how several of them divide it.

use holdfast_client::address;
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_keeper_core::Intent;
use holdfast_keeper_core::health::ChainCondition;
use holdfast_keeper_core::keeper::Event;
use holdfast_risk::Millis;
use holdfast_simulator::keeping::{Fault, KeeperWorld, WorldPlan};
use solana_signer::Signer;

fn plan(seed: u64, keepers: usize) -> WorldPlan {
    WorldPlan { seed, keepers, endpoints: 3, streams: 2, traders: 1 }
}

/// A world that has been calm for a while.
fn world(plan: WorldPlan) -> KeeperWorld {
    let mut world = KeeperWorld::new(plan).expect("cargo xtask build");
    world.pass(10_000);
    world
}

fn account(world: &KeeperWorld) -> MarginAccount {
    world.chain.venue.account(&world.traders[0].account)
}

/// The price falls by a tenth, and the account is partly closed within this many milliseconds.
fn liquidates(world: &mut KeeperWorld, within: u64) -> u64 {
    let before = account(world).positions[0].size;
    world.price = world.price / 10 * 9;
    let took = world.until(within, |world| account(world).positions[0].size < before);
    took.unwrap_or_else(|| {
        let report = world.keepers[0].report(Millis(world.now));
        panic!("nothing was liquidated: {report:?}")
    })
}

fn landed(world: &KeeperWorld) -> Vec<u64> {
    let counts = world.keepers.iter().map(|keeper| keeper.report(Millis(world.now)).counts);
    counts.map(|counts| counts.landed + counts.refused).collect()
}

#[test]
fn an_account_that_fails_is_liquidated_while_other_things_do() {
    let faults = [
        Fault::Frozen(0),
        Fault::Refusing(0),
        Fault::Garbage(0),
        Fault::Stale(0, 100),
        Fault::Slow(1_500),
        Fault::Silent,
        Fault::Closing,
        Fault::Dropping(3),
        Fault::Duplicating,
        Fault::Reordering(1_500),
        Fault::Losing,
        Fault::Forking(2),
    ];
    for fault in faults {
        for seed in 0..2 {
            let mut world = world(plan(seed, 1));
            world.fail(&[fault]);
            world.pass(3_000);
            let took = liquidates(&mut world, 60_000);
            println!("{fault:?} seed {seed}: after {took} ms");
        }
    }
}

#[test]
fn three_keepers_send_what_one_would() {
    for seed in 0..3 {
        let mut alone = world(plan(seed, 1));
        let mut three = world(plan(seed, 3));
        for world in [&mut alone, &mut three] {
            liquidates(world, 20_000);
            world.pass(60_000);
        }
        let (one, all) = (landed(&alone), landed(&three));
        let sum: u64 = all.iter().sum();
        println!("seed {seed}: alone {one:?}, three {all:?}");
        assert!(sum <= one[0] + one[0] / 5 + 1, "alone {one:?}, three {all:?}");
    }
}

#[test]
fn the_others_step_in_for_those_that_died() {
    let took = |running: [bool; 3]| {
        let mut world = world(plan(1, 3));
        world.running = running.to_vec();
        liquidates(&mut world, 60_000)
    };
    let all = took([true; 3]);
    for dead in 0..3 {
        let one_dead = took(std::array::from_fn(|index| index != dead));
        let one_left = took(std::array::from_fn(|index| index == dead));
        println!("all {all} ms, {dead} dead {one_dead} ms, {dead} left {one_left} ms");
        // The dead are waited for once, two seconds each, and then not for a minute; prices come
        // once a second.
        assert!(one_dead <= all + 2_000 + 1_500, "all {all} ms, {dead} dead {one_dead} ms");
        assert!(one_left <= all + 4_000 + 1_500, "all {all} ms, {dead} left {one_left} ms");
    }
}

#[test]
fn a_keeper_that_starts_again_knows_what_is_to_do() {
    let mut world = world(plan(5, 1));
    world.price = world.price / 10 * 9;
    let flagged = world.until(20_000, |world| account(world).flagged_ms != 0);
    assert!(flagged.is_some());
    world.restart_keeper(0);
    let before = account(&world).positions[0].size;
    let took = world.until(20_000, |world| account(world).positions[0].size < before);
    assert!(took.is_some(), "nothing was liquidated");
}

#[test]
fn an_empty_wallet_is_told_and_is_no_fault_of_the_chain() {
    let mut world = world(plan(1, 1));
    let holds = |world: &mut KeeperWorld, lamports: u64| {
        let now = Millis(world.now);
        world.keepers[0].hear(Event::Wallet { lamports }, now);
    };
    holds(&mut world, 10_000);
    // What was under way still lands.
    world.pass(2_000);
    let before = account(&world).positions[0].size;
    world.price = world.price / 10 * 9;
    world.pass(15_000);
    assert_eq!(account(&world).flagged_ms, 0, "nothing is sent");
    let report = world.keepers[0].report(Millis(world.now));
    assert!(report.poor && !report.ready, "{report:?}");
    assert_eq!(report.diagnosis.class, ChainCondition::Healthy);
    assert!(report.held_back.iter().any(|held| held.reason.contains("send it SOL")), "{report:?}");
    holds(&mut world, 1_000_000_000);
    let took = world.until(60_000, |world| account(world).positions[0].size < before);
    assert!(took.is_some(), "nothing was liquidated");
}

/// Streams tell of the program's accounts, and not of those that are none any more.
#[test]
fn a_request_that_is_gone_is_not_tried_again() {
    for keepers in [1, 3] {
        let mut world = world(plan(3, keepers));
        let venue = &mut world.chain.venue;
        let (owner, _) = venue.ask_to_join(true, 1_000_000_000).unwrap();
        let request = address::pool_request(&venue.silo, &owner.pubkey(), 0);
        let gone = |world: &KeeperWorld| world.chain.venue.cluster.get(&request).is_none();
        assert!(world.until(30_000, gone).is_some(), "nobody executed it");
        world.pass(30_000);
        for keeper in &world.keepers {
            let counts = keeper.report(Millis(world.now)).counts;
            println!("{keepers} keepers, one refused {} times", counts.refused);
            assert!(!keeper.due().contains(&Intent::ExecutePool { request }));
            assert!(counts.refused <= 1);
        }
    }
}
