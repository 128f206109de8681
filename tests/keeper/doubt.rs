//! What a keeper is in doubt about it asks before it pays: and nobody's answer, or none, keeps it from
//! what is urgent.

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::instruction;
use holdfast_keeper_core::keeper::Report;
use holdfast_risk::Millis;
use holdfast_simulator::keeping::{Fault, KeeperWorld, WorldPlan};
use solana_signer::Signer;

/// Enough to be safe again, in the collateral's units.
const HELP: u64 = 900_000_000;

/// A keeper that has this many streams; without one it has snapshots only, and is always in doubt.
fn world(seed: u64, streams: usize) -> KeeperWorld {
    let plan = WorldPlan { seed, keepers: 1, endpoints: 3, streams, traders: 1 };
    let mut world = KeeperWorld::new(plan).expect("cargo xtask build");
    world.pass(10_000);
    world
}

fn account(world: &KeeperWorld) -> MarginAccount {
    world.chain.venue.account(&world.traders[0].account)
}

fn report(world: &KeeperWorld) -> Report {
    world.keepers[0].report(Millis(world.now))
}

/// Under these faults the price falls by a tenth; after how long the account is partly closed.
fn liquidates_under(seed: u64, streams: usize, faults: &[Fault]) -> (u64, Report) {
    let mut world = world(seed, streams);
    world.fail(faults);
    world.pass(8_000);
    let before = account(&world).positions[0].size;
    world.price = world.price / 10 * 9;
    let took = world.until(60_000, |world| account(world).positions[0].size < before);
    let report = report(&world);
    let took = took.unwrap_or_else(|| panic!("{faults:?} seed {seed}: {report:?}"));
    println!("{faults:?} seed {seed}: after {took} ms, {:?}", report.counts);
    (took, report)
}

#[test]
fn who_sees_everything_asks_nobody() {
    for seed in 0..3 {
        let (_, report) = liquidates_under(seed, 2, &[]);
        assert_eq!((report.counts.simulations, report.counts.refused), (0, 0));
    }
}

#[test]
fn who_has_snapshots_only_asks_first() {
    for seed in 0..3 {
        let counts = liquidates_under(seed, 0, &[]).1.counts;
        assert!(counts.simulations >= 2, "a flag and a liquidation: {counts:?}");
        assert_eq!((counts.simulated, counts.refused), (counts.simulations, 0), "{counts:?}");
    }
}

#[test]
fn who_saw_blocks_abandoned_or_hears_nothing_asks_first() {
    for fault in [Fault::Silent, Fault::Forking(2)] {
        let asked = (0..4).map(|seed| liquidates_under(seed, 2, &[fault]).1.counts.simulations);
        assert!(asked.sum::<u64>() > 0, "{fault:?}");
    }
}

#[test]
fn who_is_not_answered_goes_ahead_after_a_second() {
    for seed in 0..3 {
        let (asked, _) = liquidates_under(seed, 0, &[]);
        let (took, report) = liquidates_under(seed, 0, &[Fault::Unsimulated]);
        assert!(report.counts.simulations >= 2 && report.counts.simulated == 0, "{report:?}");
        // A second for the flag and one for the liquidation; slots, prices and snapshots come in
        // steps of their own.
        assert!(took <= asked + 2_000 + 3_000, "{took} ms, answered {asked} ms");
        let (_, report) = liquidates_under(seed, 0, &[Fault::Slow(3_000)]);
        assert!(report.counts.simulations >= 2, "{report:?}");
    }
}

#[test]
fn one_that_judges_wrongly_stops_nothing() {
    for seed in 0..2 {
        let foreseen = |judge| liquidates_under(seed, 0, &[judge]).1.counts.foreseen;
        foreseen(Fault::Garbage(0));
        assert!((0..3).map(Fault::Misjudging).map(foreseen).sum::<u64>() > 0);
    }
}

/// The account is topped up after its flag, at this moment before or after the liquidation is due,
/// while the keeper has snapshots only: what became of the liquidation.
fn topped_up(wait: u64, faults: &[Fault]) -> Report {
    let mut world = world(wait, 0);
    world.fail(faults);
    world.pass(8_000);
    world.price = world.price / 10 * 9;
    let flagged = world.until(30_000, |world| account(world).flagged_ms != 0);
    assert!(flagged.is_some(), "{:?}", report(&world));
    world.pass(wait);
    let (venue, to) = (&mut world.chain.venue, world.traders[0].account);
    let (payer, wallet) = venue.person(HELP);
    let deposit = instruction::deposit(payer.pubkey(), wallet, venue.silo, to, HELP);
    venue.cluster.send(&[deposit], &[&payer]).expect("a deposit");
    world.pass(15_000);
    report(&world)
}

#[test]
fn what_would_be_refused_is_not_paid_for() {
    // Snapshots come from an endpoint that is two seconds late; others can say better.
    let late = Fault::Stale(0, 6);
    let (mut foreseen, mut refused, mut unasked) = (0, 0, 0);
    for wait in (5_000..10_000).step_by(500) {
        let asked = topped_up(wait, &[late]).counts;
        println!("after {wait} ms: foreseen {}, paid for {}", asked.foreseen, asked.refused);
        foreseen += asked.foreseen;
        refused += asked.refused;
        unasked += topped_up(wait, &[late, Fault::Unsimulated]).counts.refused;
    }
    println!("foreseen {foreseen}, paid for {refused}; without simulations paid for {unasked}");
    assert!(foreseen > 0 && refused < unasked, "{foreseen} {refused} {unasked}");
}

#[test]
fn the_reason_of_a_refusal_that_was_foreseen_is_kept() {
    let mut world = world(1, 0);
    world.fail(&[Fault::Misjudging(0), Fault::Misjudging(1), Fault::Misjudging(2)]);
    world.pass(8_000);
    world.price = world.price / 10 * 9;
    let held = world.until(20_000, |world| !report(world).held_back.is_empty());
    assert!(held.is_some());
    let held = report(&world).held_back.swap_remove(0);
    assert_eq!((held.refusals, held.reason.as_str()), (1, "it says no"));
    world.pass(20_000);
    let counts = report(&world).counts;
    // A second, two, four, eight: five attempts in fifteen seconds.
    assert!((4..=6).contains(&counts.foreseen), "{counts:?}");
    assert_eq!(counts.refused, 0);
}

#[test]
fn an_exit_that_nobody_can_receive_costs_one_fee() {
    let mut world = world(3, 2);
    let venue = &mut world.chain.venue;
    let trader = venue.trader(1_000_000_000).expect("a trader");
    let owner = trader.keypair.pubkey();
    let exit =
        instruction::request_exit(owner, venue.silo, trader.account, trader.wallet, 500_000_000);
    venue.cluster.send(&[exit], &[&trader.keypair]).expect("an exit");
    let mut gone = venue.cluster.get(&trader.wallet).expect("a token account");
    (gone.lamports, gone.data) = (0, Vec::new());
    venue.cluster.set(trader.wallet, gone);
    world.pass(180_000);
    let counts = report(&world).counts;
    let refused = world.chain.landed().iter().filter(|landed| landed.refused.is_some()).count();
    assert_eq!(refused, 1, "{counts:?}");
    assert!(counts.foreseen >= 2, "it is tried again, without paying: {counts:?}");
}
