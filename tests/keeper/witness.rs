//! No single witness decides. Of three operators one lies, with an endpoint, a stream or both, in
//! one way or in two, for a random time: what the keeper takes the chain for, what it holds of the
//! venue and what it says stay as they are, and it does its work meanwhile. Where two of three
//! endpoints tell the same lie it holds nothing that was never so, and pays for nothing that is
//! refused.

use std::collections::BTreeSet;

use bytemuck::{Pod, bytes_of};
use holdfast_client::Pubkey;
use holdfast_client::decode::{Kind, decode};
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_keeper_core::VenueSnapshot;
use holdfast_keeper_core::health::ChainCondition;
use holdfast_keeper_core::keeper::Report;
use holdfast_keeper_core::witness::Source;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;
use holdfast_simulator::keeping::{Fault, KeeperWorld, Lie, WorldPlan};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Blocks by which the mirror may be behind.
const LATE: usize = 40;
/// How long it may take to liquidate whoever fails, milliseconds.
const WORKS_WITHIN: u64 = 60_000;

fn world(seed: u64) -> KeeperWorld {
    let plan = WorldPlan { seed, keepers: 1, endpoints: 3, streams: 2, traders: 2 };
    let mut world = KeeperWorld::new(plan).expect("cargo xtask build");
    world.pass(10_000);
    world
}

fn report(world: &KeeperWorld) -> Report {
    world.keepers[0].report(Millis(world.now))
}

fn bytes<T: Pod + Kind>(state: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytes_of(state)].concat()
}

/// Every account of a mirror, as bytes.
fn kept(mirror: &VenueSnapshot) -> Vec<(Pubkey, Vec<u8>)> {
    let health = holdfast_client::address::chain_health();
    let mut all =
        vec![(mirror.silo_address, bytes(&mirror.silo)), (health, bytes(&mirror.chain_health))];
    all.extend(mirror.markets.iter().map(|(address, market)| (*address, bytes(market))));
    all.extend(mirror.accounts.iter().map(|(address, account)| (*address, bytes(account))));
    all.extend(mirror.requests.iter().map(|(address, request)| (*address, bytes(request))));
    all
}

/// What the mirror has that was not so in any of the last blocks, and accounts that it lacks.
fn wrong(world: &KeeperWorld) -> Option<String> {
    let mirror = world.keepers[0].mirror()?;
    for (address, data) in kept(mirror) {
        let was_so = |blocks| {
            let slot = world.chain.behind(blocks);
            slot.accounts.get(&address).is_some_and(|kept| kept.data == data)
        };
        if !(0..LATE).any(was_so) {
            return Some(format!("{address} was never so"));
        }
    }
    let there = |blocks: usize| -> BTreeSet<Pubkey> {
        let accounts = world.chain.behind(blocks).accounts.iter();
        let margin = accounts.filter(|(_, kept)| decode::<MarginAccount>(&kept.data).is_ok());
        margin.map(|(address, _)| *address).collect()
    };
    let (old, new) = (there(LATE), there(0));
    let lacking = old.intersection(&new).find(|address| !mirror.accounts.contains_key(address));
    lacking.map(|address| format!("{address} is missing"))
}

/// What the keeper tells a person that is not so.
fn misleading(world: &KeeperWorld) -> Option<String> {
    let report = report(world);
    let truth = world.chain.newest().progress;
    let state = State::from_code(world.chain.venue.chain_health().monitor.state);
    let told = [
        ("class", report.diagnosis.class == ChainCondition::Healthy),
        ("ready", report.ready),
        ("slot", report.slot.abs_diff(truth.slot) <= 12),
        ("clock", report.venue_now.0.abs_diff(truth.clock.0) <= 6_000),
        ("state", report.state == Some(state)),
        ("prices", !report.stale_prices),
        ("accounts", report.accounts == there_are(world)),
        ("unreadable", report.counts.unreadable == 0),
        ("disputed", report.disputed.is_none()),
    ];
    let wrong = told.iter().find(|(_, is_right)| !is_right)?;
    Some(format!("{} is told wrongly: {report:?}", wrong.0))
}

/// Transactions that the program refused.
fn refused(world: &KeeperWorld) -> usize {
    world.chain.landed().iter().filter(|landed| landed.refused.is_some()).count()
}

fn there_are(world: &KeeperWorld) -> usize {
    let accounts = world.chain.newest().accounts.values();
    accounts.filter(|kept| decode::<MarginAccount>(&kept.data).is_ok()).count()
}

/// One operator's lies: each by its endpoint or its stream. Says what is amiss.
fn one_lies(seed: u64, lies: &[(Source, Lie)]) -> Option<String> {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let mut world = world(seed);
    let faults: Vec<_> = lies.iter().map(|(source, lie)| Fault::Lies(*source, *lie)).collect();
    world.fail(&faults);
    let said = |world: &KeeperWorld, what: String| {
        Some(format!("seed {seed}, {lies:?}, after {} ms: {what}", world.now))
    };
    for _ in 0..random.random_range(80..250) {
        world.pass(100);
        if let Some(amiss) = wrong(&world).or_else(|| misleading(&world)) {
            return said(&world, amiss);
        }
    }
    // It does its work while the lie goes on.
    world.price = world.price / 10 * 9;
    let account = world.traders[0].account;
    let size = |world: &KeeperWorld| world.chain.venue.account(&account).positions[0].size;
    let before = size(&world);
    let took = world.until(WORKS_WITHIN, |world| size(world) < before);
    let report = report(&world);
    if took.is_none() {
        return said(&world, format!("nothing is liquidated: {report:?}"));
    }
    if refused(&world) > 0 {
        return said(&world, format!("it paid for refusals: {report:?}"));
    }
    wrong(&world).and_then(|amiss| said(&world, amiss))
}

fn all_is_well(found: impl Iterator<Item = Option<String>>) {
    let amiss: Vec<_> = found.flatten().collect();
    assert!(amiss.is_empty(), "{} runs:\n{}", amiss.len(), amiss.join("\n"));
}

fn operator(operator: usize) -> Vec<(Source, Lie)> {
    let endpoint = Lie::ENDPOINTS.map(|lie| (Source::Endpoint(operator), lie));
    let stream = Lie::STREAMS.map(|lie| (Source::Stream(operator), lie));
    let streams = if operator < 2 { stream.to_vec() } else { Vec::new() };
    [endpoint.to_vec(), streams].concat()
}

#[test]
fn one_that_lies_changes_nothing() {
    all_is_well(operator(0).into_iter().map(|lie| one_lies(1, &[lie])));
}

#[test]
fn whoever_it_is() {
    let others = operator(1).into_iter().chain(operator(2)).zip(100..);
    all_is_well(others.map(|(lie, seed)| one_lies(seed, &[lie])));
}

#[test]
fn nor_does_one_that_lies_in_two_ways() {
    all_is_well((1_000..1_100).map(|seed| {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let lies = operator(random.random_range(0..3));
        let pair = [(); 2].map(|()| lies[random.random_range(0..lies.len())]);
        one_lies(seed, &pair)
    }));
}

/// Two of three endpoints tell the same lie. Says what is amiss.
fn two_lie(seed: u64, lie: Lie) -> Option<String> {
    let mut world = world(seed);
    let said = |what: String| Some(format!("seed {seed}, {lie:?}: {what}"));
    world.fail(&[0, 1].map(|liar| Fault::Lies(Source::Endpoint(liar), lie)));
    for _ in 0..200 {
        world.pass(100);
        if let Some(amiss) = wrong(&world) {
            return said(amiss);
        }
        // Either the third is right and so is the class, or nothing is risked.
        let class = world.keepers[0].class();
        if class != ChainCondition::Healthy && class.consequence().risk {
            return said(format!("taken for {class:?}"));
        }
    }
    if refused(&world) > 0 {
        return said(format!("it paid for refusals: {:?}", report(&world).counts));
    }
    world.fail(&[]);
    world.pass(60_000);
    misleading(&world).and_then(|amiss| said(format!("afterwards {amiss}")))
}

#[test]
fn what_two_of_three_say_against_the_third_and_the_streams_is_not_acted_upon() {
    all_is_well(Lie::ENDPOINTS.into_iter().map(|lie| two_lie(5, lie)));
}
