//! Replacing one account at a time.

use holdfast_client::{Instruction, Pubkey, address};
use holdfast_sim::audit::Audit;
use holdfast_sim::venue::keypair;
use solana_signer::Signer;

use super::Allowed;
use super::scenes::Scene;
use crate::world::{World, stranger};

/// What is wrong with the account in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account of nobody's program.
    Stranger,
    /// Another account of the same kind in the same silo.
    SameKind,
    /// The same account of another silo.
    OtherSilo,
    /// Another kind of account of this program or the token program.
    WrongKind,
    /// A copy to the byte that belongs to another program.
    Copy,
    /// The account of another slot.
    Duplicate,
    /// Passed read-only.
    ReadOnly,
    /// Passed without its signature.
    Unsigned,
}

/// Tries every replacement in every slot.
pub fn attack(world: &World, scene: &Scene, allowed: Allowed) {
    let payer = world.admin.pubkey();
    let valid = world.cluster.simulate(std::slice::from_ref(&scene.instruction), &payer);
    valid.unwrap_or_else(|failure| panic!("the valid instruction fails: {}", failure.message));
    let mut tried = 0;
    for slot in 0..scene.instruction.accounts.len() {
        for (kind, forged, world) in forgeries(world, scene, slot) {
            tried += 1;
            let result = world.cluster.simulate(std::slice::from_ref(&forged), &payer);
            if result.is_err() {
                continue;
            }
            let name = format!("slot {slot} with {kind:?}");
            let listed = allowed.iter().any(|(at, what, _)| *at == slot && *what == kind);
            assert!(listed, "{name} was accepted: {forged:?}");
            is_harmless(&world, scene, forged, &name);
        }
    }
    assert!(tried > 10, "{tried} forgeries are too few to mean anything");
}

/// Carries an accepted forgery out and adds the books up.
fn is_harmless(world: &World, scene: &Scene, forged: Instruction, name: &str) {
    let mut after = world.fork();
    after.send(forged);
    let sums = Audit::of(&after, &scene.people);
    assert_eq!(sums, Audit::default(), "{name}");
    let second = |world: &World| world.cluster.get(&world.second.silo).map(|found| found.data);
    assert_eq!(second(world), second(&after), "{name} reached through a silo's wall");
}

fn forgeries(world: &World, scene: &Scene, slot: usize) -> Vec<(Kind, Instruction, World)> {
    let original = &scene.instruction.accounts[slot];
    let key = original.pubkey;
    let mut found = Vec::new();
    let mut put = |kind, replacement: Pubkey, world: World| {
        if replacement != key {
            let mut forged = scene.instruction.clone();
            forged.accounts[slot].pubkey = replacement;
            found.push((kind, forged, world));
        }
    };
    put(Kind::Stranger, stranger(), world.fork());
    for (first, second) in pairs(world, scene) {
        if first == key {
            put(Kind::OtherSilo, second, world.fork());
        }
    }
    for other in scene.same_kind.iter().filter(|(at, _)| *at == slot) {
        put(Kind::SameKind, other.1, world.fork());
    }
    let kind_of =
        |key: &Pubkey| world.cluster.get(key).map(|found| (found.owner, found.data.len()));
    for other in kinds(world, scene).into_iter().filter(|other| kind_of(other) != kind_of(&key)) {
        put(Kind::WrongKind, other, world.fork());
    }
    let (copy, forked) = copied(world, &key);
    put(Kind::Copy, copy, forked);
    for other in &scene.instruction.accounts {
        put(Kind::Duplicate, other.pubkey, world.fork());
    }
    let mut weaken = |kind, writable, signer| {
        let mut forged = scene.instruction.clone();
        forged.accounts[slot].is_writable = writable;
        forged.accounts[slot].is_signer = signer;
        found.push((kind, forged, world.fork()));
    };
    if original.is_writable && key != world.admin.pubkey() {
        weaken(Kind::ReadOnly, false, original.is_signer);
    }
    if original.is_signer && key != world.admin.pubkey() {
        weaken(Kind::Unsigned, original.is_writable, false);
    }
    found
}

/// A copy to the byte, owned by the system program.
fn copied(world: &World, key: &Pubkey) -> (Pubkey, World) {
    let mut forked = world.fork();
    let copy = keypair("copy", 0).pubkey();
    if let Some(mut account) = world.cluster.get(key).filter(|account| !account.executable) {
        account.owner = Pubkey::default();
        forked.cluster.set(copy, account);
    }
    (copy, forked)
}

/// One account of each kind.
fn kinds(world: &World, scene: &Scene) -> Vec<Pubkey> {
    let mut kinds = vec![
        address::exchange(),
        address::chain_health(),
        world.silo,
        scene.people[0],
        address::liquidity_vault(&world.silo),
        address::liquidity_mint(&world.silo),
        world.mint,
    ];
    kinds.extend(world.markets.first());
    kinds
}

/// Accounts of the first silo and their counterparts in the second.
fn pairs(world: &World, scene: &Scene) -> Vec<(Pubkey, Pubkey)> {
    let (first, second) = (world.silo, world.second.silo);
    let mut pairs = vec![
        (first, second),
        (world.mint, world.second.mint),
        (address::liquidity_vault(&first), address::liquidity_vault(&second)),
        (address::insurance_vault(&first), address::insurance_vault(&second)),
        (address::liquidity_mint(&first), address::liquidity_mint(&second)),
        (address::insurance_mint(&first), address::insurance_mint(&second)),
    ];
    pairs.extend(world.markets.iter().copied().zip(world.second.markets.iter().copied()));
    pairs.extend(scene.people.iter().map(|account| (*account, scene.other_account)));
    pairs
}
