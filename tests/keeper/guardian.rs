//! A keeper with a guardian's key strains the venue when prices stand still everywhere, once, and
//! never when the fault may be its own or the program sees for itself; and it takes changes back.

use std::collections::BTreeSet;

use holdfast_client::decode::content_hash;
use holdfast_client::holdfast::state::{ChangeKind, Exchange};
use holdfast_client::{address, instruction};
use holdfast_keeper_core::health::ChainCondition;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;
use holdfast_simulator::keeping::{Fault, KeeperWorld, WorldPlan};
use holdfast_testkit::venue::{guardians, keypair};
use solana_signer::Signer;

/// A calm world in which all keepers have the key of a guardian of their own.
fn world(keepers: usize, endpoints: usize) -> KeeperWorld {
    let plan = WorldPlan { seed: 7, keepers, endpoints, streams: 2, traders: 1 };
    let mut world = KeeperWorld::new(plan).expect("cargo xtask build");
    for (index, guardian) in guardians().into_iter().enumerate().take(keepers) {
        world.appoint(index, guardian, None);
    }
    world.pass(30_000);
    world
}

fn state(world: &KeeperWorld) -> State {
    State::from_code(world.chain.venue.chain_health().monitor.state)
}

/// How often guardians have tightened.
fn tightened(world: &KeeperWorld) -> usize {
    let exchange: Exchange = world.chain.venue.cluster.read(&address::exchange());
    let times = exchange.guardians().iter().flat_map(|guardian| guardian.tightened_ms);
    times.filter(|at| *at != 0).count()
}

#[test]
fn standing_prices_strain_the_venue_once_whoever_is_first() {
    for keepers in [1, 3] {
        let mut world = world(keepers, 3);
        world.fail(&[Fault::NoPrices]);
        let took = world.until(150_000, |world| state(world) == State::Strained);
        let took = took.expect("it is strained");
        println!("{keepers} keepers: strained after {took} ms");
        assert!(took > 90_000, "{took}");
        world.pass(30_000);
        assert_eq!(tightened(&world), 1);
        assert_eq!(world.chain.venue.chain_health().monitor.last_disruption_ms, 0, "nothing broke");
        let until = world.chain.venue.chain_health().monitor.until_ms;
        assert!(until > world.chain.venue.cluster.now_ms() + 500_000);
    }
}

#[test]
fn without_a_key_or_beyond_doubt_nobody_tightens() {
    let plan = WorldPlan { seed: 7, keepers: 1, endpoints: 3, streams: 2, traders: 1 };
    let mut keyless = KeeperWorld::new(plan).expect("cargo xtask build");
    keyless.fail(&[Fault::NoPrices]);
    keyless.pass(150_000);
    assert_eq!((state(&keyless), tightened(&keyless)), (State::Normal, 0));

    let mut alone = world(1, 1);
    alone.fail(&[Fault::NoPrices]);
    alone.pass(150_000);
    assert_eq!((state(&alone), tightened(&alone)), (State::Normal, 0), "one endpoint is no proof");
}

#[test]
fn a_keeper_whose_own_sources_fail_stands_down() {
    for (fault, class) in [
        (Fault::AllFrozen, ChainCondition::RpcStale),
        (Fault::AllRefusing, ChainCondition::RpcStale),
        (Fault::Silent, ChainCondition::StreamSilent),
    ] {
        let mut world = world(1, 3);
        world.fail(&[fault, Fault::NoPrices]);
        assert!(world.until(20_000, |world| world.keepers[0].class() == class).is_some());
        world.pass(150_000);
        // It cannot even observe: the venue may be strained because nobody looks.
        assert_eq!(tightened(&world), 0, "{fault:?}");
    }
}

#[test]
fn what_the_program_notices_itself_costs_no_budget() {
    for fault in [Fault::Skipping, Fault::SlowSlots] {
        let mut world = world(1, 3);
        world.fail(&[fault]);
        assert!(world.until(120_000, |world| state(world) != State::Normal).is_some());
        world.pass(60_000);
        assert_eq!(tightened(&world), 0, "{fault:?}");
    }
}

/// Numbers of the changes that stand in the queue.
fn waiting(world: &KeeperWorld) -> Vec<u64> {
    let stands = |number: &u64| world.chain.venue.cluster.get(&address::change(*number)).is_some();
    (0..3).filter(stands).collect()
}

#[test]
fn what_nobody_announced_is_taken_back() {
    let mut world = world(1, 3);
    let joins = Some(keypair("another guardian", 0).pubkey());
    let seat = ChangeKind::Guardian { leaves: None, joins };
    let thefts = [
        ChangeKind::FeeReceiver(keypair("thief", 0).pubkey()),
        ChangeKind::Admin(keypair("thief", 0).pubkey()),
    ];
    let admin = world.chain.venue.admin.insecure_clone();
    for (number, content) in (0..).zip([&seat, &thefts[0], &thefts[1]]) {
        let propose = instruction::propose_change(admin.pubkey(), number, content.clone());
        world.chain.venue.cluster.send(&[propose], &[&admin]).expect("a proposal");
    }
    // Its guardian was given no list, so it only tells.
    world.pass(60_000);
    let told = world.keepers[0].report(Millis(world.now)).changes;
    assert_eq!(told.iter().map(|change| change.number).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(told.iter().all(|change| change.ready_in > Millis::HOUR));
    assert_eq!(waiting(&world), [0, 1, 2]);

    let announced = BTreeSet::from([content_hash(&seat)]);
    let guardian = guardians().into_iter().next().expect("a guardian");
    world.appoint(0, guardian, Some(announced));
    let took = world.until(60_000, |world| waiting(world) == [0]);
    assert!(took.is_some(), "still there: {:?}", waiting(&world));
    world.pass(60_000);
    assert_eq!(waiting(&world), [0], "what was announced stays");
}
