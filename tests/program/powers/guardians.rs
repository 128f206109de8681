//! `tighten`.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::ChainStateChanged;
use holdfast_client::instruction;
use holdfast_risk::chain::health::{Signal, State};
use holdfast_testkit::events;
use solana_signer::Signer;

use super::guardian;
use crate::world::{CALM, World, stranger};

const HALF_HOUR: u64 = 1_800_000;

fn state(world: &World) -> State {
    State::from_code(world.chain_health().monitor.state)
}

#[test]
fn a_guardian_shelters_the_venue_and_time_brings_it_back() {
    let mut world = World::new();
    world.calm(60);
    let before = world.chain_health();
    let tighten = instruction::tighten(guardian(1), true, HALF_HOUR);
    let sent = world.cluster.send_unsigned(&[tighten], &stranger()).unwrap();
    let event: ChainStateChanged = events::find(&sent).unwrap();
    let now = world.cluster.now_ms() / 1_000 * 1_000;
    assert_eq!((event.from, event.to), (State::Normal as u8, State::Shelter as u8));
    assert_eq!((event.signal, event.now_ms), (Signal::Guardian as u8, now));
    let after = world.chain_health();
    assert_eq!(after.monitor.until_ms, now + HALF_HOUR);
    assert_eq!(
        after.monitor.last_disruption_ms, before.monitor.last_disruption_ms,
        "prices stay valid"
    );
    assert_eq!((after.count, after.monitor.seen_ms), (before.count, before.monitor.seen_ms));
    assert_eq!(world.exchange().guardians()[1].tightened_ms, [now, 0, 0]);
    let mut states = vec![state(&world)];
    let end = world.cluster.now_ms() + HALF_HOUR + 600_000 + 60_000;
    while world.cluster.now_ms() <= end {
        world.pass_to(5_000, &CALM);
        if state(&world) != *states.last().unwrap() {
            states.push(state(&world));
        }
    }
    assert_eq!(states, [State::Shelter, State::Thaw, State::Throttled, State::Normal]);
}

#[test]
fn a_guardian_strains_the_venue_for_as_long_as_it_says() {
    let mut world = World::new();
    world.calm(60);
    world.send(instruction::tighten(guardian(0), false, 600_000));
    assert_eq!(state(&world), State::Strained);
    world.calm(590);
    assert_eq!(state(&world), State::Strained);
    world.calm(10);
    assert_eq!(state(&world), State::Normal);
}

#[test]
pub(crate) fn refusals() {
    let mut world = World::new();
    let admin = world.admin.pubkey();
    for other in [stranger(), admin] {
        let tighten = instruction::tighten(other, true, HALF_HOUR);
        world.refuses(&tighten, HoldfastError::NotGuardian);
    }
    for shelter in [false, true] {
        for lasts in [0, 59_999, HALF_HOUR + 1, u64::MAX] {
            let tighten = instruction::tighten(guardian(0), shelter, lasts);
            world.refuses(&tighten, HoldfastError::TermsOutOfBounds);
        }
    }
    world.send(instruction::tighten(guardian(0), true, HALF_HOUR));
    for (shelter, lasts) in [(true, HALF_HOUR), (true, 60_000), (false, HALF_HOUR)] {
        let tighten = instruction::tighten(guardian(1), shelter, lasts);
        world.refuses(&tighten, HoldfastError::NothingToTighten);
    }
}

/// Three in any 24 hours, each guardian for itself.
#[test]
pub(crate) fn a_budget_runs_out_and_refills() {
    let mut world = World::new();
    let first = world.cluster.now_ms() / 1_000 * 1_000;
    for _ in 0..3 {
        world.send(instruction::tighten(guardian(0), true, 60_000));
        world.watch(60_000).unwrap();
    }
    let fourth = instruction::tighten(guardian(0), true, HALF_HOUR);
    world.refuses(&fourth, HoldfastError::BudgetExhausted);
    world.fork().send(instruction::tighten(guardian(1), true, HALF_HOUR));
    let left = first + 86_400_000 - 1_000 - world.cluster.now_ms();
    world.watch(left).unwrap();
    world.refuses(&fourth, HoldfastError::BudgetExhausted);
    world.cluster.pass(1_000);
    world.send(fourth);
    world.cluster.pass(1_000);
    let fifth = instruction::tighten(guardian(0), true, HALF_HOUR);
    world.refuses(&fifth, HoldfastError::BudgetExhausted);
}
