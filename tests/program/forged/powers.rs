//! Set-up, the queue of changes, and guardians.

use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::instruction;
use holdfast_migrations::presets;
use holdfast_testkit::venue::guardians;
use solana_signer::Signer;

use super::Scenario;
use super::catalogue::Kind;
use super::setup::populated;
use crate::migration::resume::small_elf;
use crate::powers::{guardian, newcomer, other_terms};
use crate::world::{World, stranger};

#[test]
fn set_up() {
    let world = World::set_up(|_, _| ());
    let keys = guardians().map(|guardian| guardian.pubkey()).to_vec();
    let admin = world.admin.pubkey();
    let lock = instruction::lock_exchange(admin, keys, presets::timelock(), 2);
    Scenario { name: "lock_exchange", world, instruction: lock, harmless: &[] }.check();
    let world = World::set_up(|_, _| ());
    let create = instruction::create_silo(admin, 2, world.mint, presets::silo());
    Scenario {
        name: "create_silo, set-up",
        world,
        instruction: create,
        harmless: &[
            (3, Kind::Mint, "the admin chooses the mint"),
            (3, Kind::ShareMint, "shares have six decimals too"),
        ],
    }
    .check();
}

#[test]
fn the_queue() {
    let mut world = populated();
    let propose = world.proposal(ChangeKind::FeeReceiver(newcomer()));
    Scenario { name: "propose_change", world: world.fork(), instruction: propose, harmless: &[] }
        .check();
    let number = world.propose(ChangeKind::FeeReceiver(newcomer()));
    let market =
        world.propose(ChangeKind::MarketTerms { market: world.markets[0], terms: other_terms() });
    let silo = world.propose(ChangeKind::SiloTerms { silo: world.silo, terms: presets::silo() });
    let cancel = world.cancellation(number, guardian(0));
    Scenario {
        name: "cancel_change",
        world: world.fork(),
        instruction: cancel,
        harmless: &[(2, Kind::Change, "a guardian may take any change back")],
    }
    .check();
    world.wait();
    let another = &[(2, Kind::Change, "anyone may apply whichever is ready")];
    for (name, number, harmless) in [
        ("apply_change, fee receiver", number, &[][..]),
        ("apply_change, market", market, another),
        ("apply_change, silo", silo, another),
    ] {
        let instruction = world.application(number);
        Scenario { name, world: world.fork(), instruction, harmless }.check();
    }
    world.watch(crate::powers::READY_MS).unwrap();
    let instruction = world.cancellation(number, stranger());
    Scenario {
        name: "cancel_change, expired",
        world,
        instruction,
        harmless: &[
            (0, Kind::Person, "anyone may remove it; the rent goes to its proposer"),
            (0, Kind::Nothing, "the same"),
            (0, Kind::Copy, "the same"),
            (2, Kind::Change, "the same"),
        ],
    }
    .check();
}

#[test]
fn an_upgrade() {
    let mut world = populated();
    let content = world.frozen("buffer", &small_elf(4_000));
    let propose = world.proposal(content.clone());
    Scenario {
        name: "propose_change, upgrade",
        world: world.fork(),
        instruction: propose,
        harmless: &[],
    }
    .check();
    let number = world.propose(content);
    world.wait_a_week();
    let instruction = world.upgrade(number);
    Scenario { name: "apply_upgrade", world, instruction, harmless: &[] }.check();
}

#[test]
fn tightening() {
    let world = populated();
    let instruction = instruction::tighten(guardian(0), true, 60_000);
    Scenario { name: "tighten", world, instruction, harmless: &[] }.check();
}

#[test]
fn fuses() {
    let mut world = populated();
    let instruction = instruction::blow_fuses([guardian(0), guardian(1)], 7, 60_000);
    Scenario { name: "blow_fuses", world: world.fork(), instruction, harmless: &[] }.check();
    let mut silo = world.silo_state();
    silo.ledger.liquidity += 1;
    world.put(&silo);
    let instruction = instruction::trip_fuse(world.silo, None);
    Scenario { name: "trip_fuse", world, instruction, harmless: &[] }.check();
}
