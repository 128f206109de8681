//! A guard in the real keeper loop, with everything failing between it and the chain: margin is added where
//! it is needed, its budget is never exceeded on chain, and it knows the chain from its own endpoints.

use holdfast_client::{Pubkey, tokens as wallets};
use holdfast_keeper_core::guard::{Alarm, Guard, GuardTerms, Memory};
use holdfast_keeper_core::witness::Source;
use holdfast_risk::Millis;
use holdfast_simulator::keeping::{Fault, KeeperWorld, Lie, PRICE, WorldPlan};
use holdfast_testkit::tokens;
use holdfast_testkit::venue::keypair;
use solana_signer::Signer;

/// The keeper that is started again as a guard.
const GUARD: usize = 1;
/// What it has, which is far more than it may spend.
const PURSE: u64 = 5_000_000_000;
const BUDGET: u64 = 300_000_000;
/// Percent of the first price: below the line of 150 % of maintenance, and not liquidatable.
const FALLEN: u64 = 92;
const FALLEN_FURTHER: u64 = 89;

fn wallet() -> Pubkey {
    keypair("keeper", GUARD as u64).pubkey()
}

fn purse(world: &KeeperWorld) -> Pubkey {
    wallets::address(&wallet(), &world.chain.venue.mint)
}

/// Starts the guard with what it remembers.
fn watch(world: &mut KeeperWorld, memory: Memory) {
    let terms = GuardTerms {
        accounts: [world.traders[0].account].into(),
        source: purse(world),
        warn_percent: 200,
        top_up_percent: 150,
        reduce_percent: 0,
        to_percent: 200,
        strained_percent: 50,
        budget: BUDGET,
        period: Millis::DAY,
        trail_bps: 0,
        step_bps: 1,
        slippage_bps: 0,
    };
    world.watch(GUARD, Guard::new(terms, wallet(), memory));
}

/// A keeper for the venue, and a guard for the trader's account.
fn world(seed: u64) -> KeeperWorld {
    let plan = WorldPlan { seed, keepers: 2, endpoints: 3, streams: 2, traders: 1 };
    let mut world = KeeperWorld::new(plan).expect("cargo xtask build");
    let (purse, mint) = (purse(&world), world.chain.venue.mint);
    tokens::create_token_account(&mut world.chain.venue.cluster, purse, mint, wallet(), PURSE);
    watch(&mut world, Memory::default());
    world.pass(10_000);
    world
}

fn price(world: &mut KeeperWorld, percent: u64) {
    world.price = PRICE / 100 * percent;
}

/// What was added by now, on chain.
fn added(world: &KeeperWorld) -> u64 {
    let added = PURSE - tokens::balance(&world.chain.venue.cluster, &purse(world));
    assert!(added <= BUDGET, "{added}");
    added
}

fn alarms(world: &KeeperWorld) -> Vec<Alarm> {
    let report = world.keepers[GUARD].report(Millis(world.now));
    let notices = report.guard.expect("it is a guard").notices;
    notices.into_iter().map(|notice| notice.alarm).collect()
}

#[test]
fn whatever_fails_margin_is_added_and_a_restart_spends_only_what_is_left() {
    let faults: [&[Fault]; 5] = [
        &[],
        &[Fault::Losing],
        &[Fault::Unsimulated],
        &[Fault::Slow(3_000)],
        &[Fault::Stale(0, 6)],
    ];
    for (seed, faults) in (0..).zip(faults) {
        let mut world = world(seed);
        assert_eq!(added(&world), 0, "nothing is needed yet");
        world.fail(faults);
        price(&mut world, FALLEN);
        let took = world.until(120_000, |world| added(world) > 0);
        println!("{faults:?}: {} were added after {took:?} ms", added(&world));
        assert!(took.is_some(), "{faults:?}: {:?}", alarms(&world));
        // Long enough to notice that it has landed.
        world.pass(10_000);
        let memory = world.keepers[GUARD].changed_memory().expect("it has spent");
        watch(&mut world, memory);
        price(&mut world, FALLEN_FURTHER);
        let took = world.until(400_000, |world| added(world) == BUDGET);
        assert!(took.is_some(), "{faults:?}: {} {:?}", added(&world), alarms(&world));
        for _ in 0..30 {
            world.pass(1_000);
            assert_eq!(added(&world), BUDGET, "{faults:?}");
        }
    }
}

/// A deposit that was begun by a guard that died may still land: until it cannot any more, nothing is added.
#[test]
fn who_dies_with_a_deposit_under_way_spends_nothing_twice() {
    for seed in 0..2 {
        let mut world = world(seed);
        price(&mut world, FALLEN);
        let begun =
            |world: &KeeperWorld| world.keepers[GUARD].report(Millis(world.now)).counts.begun > 0;
        assert!(world.until(60_000, begun).is_some(), "seed {seed}");
        let memory = world.keepers[GUARD].changed_memory().expect("it has spent");
        watch(&mut world, memory);
        for _ in 0..60 {
            world.pass(5_000);
            added(&world);
        }
        assert!(added(&world) > 0, "seed {seed}: {:?}", alarms(&world));
    }
}

#[test]
fn a_halt_is_the_chains_and_silent_endpoints_are_ones_own() {
    let mut world = world(3);
    world.fail(&[Fault::Halt]);
    price(&mut world, FALLEN);
    world.pass(40_000);
    let told = alarms(&world);
    assert!(told.iter().any(|alarm| matches!(alarm, Alarm::Chain { .. })), "{told:?}");
    assert_eq!(added(&world), 0, "nothing lands");
    world.fail(&[]);
    assert!(world.until(120_000, |world| added(world) > 0).is_some(), "{:?}", alarms(&world));

    let mut world = self::world(4);
    world.fail(&[Fault::AllRefusing]);
    world.pass(40_000);
    let told = alarms(&world);
    assert!(told.iter().any(|alarm| matches!(alarm, Alarm::Endpoints { .. })), "{told:?}");
    assert!(!told.iter().any(|alarm| matches!(alarm, Alarm::Chain { .. })), "{told:?}");
}

/// Endpoints that say everything of the chain and show no accounts leave a guard with nothing to look at.
#[test]
fn who_is_shown_no_accounts_is_told_so() {
    let mut world = world(5);
    let withholds = |endpoint| Fault::Lies(Source::Endpoint(endpoint), Lie::WithholdsSnapshots);
    world.fail(&[0, 1, 2].map(withholds));
    watch(&mut world, Memory::default());
    world.pass(40_000);
    let told = alarms(&world);
    assert!(told.iter().any(|alarm| matches!(alarm, Alarm::Endpoints { .. })), "{told:?}");
}
