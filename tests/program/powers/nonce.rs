//! No transaction of the admin carries a durable nonce: signed once, it would be good for ever.

use anchor_lang::solana_program::system_instruction;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::FeedSource;
use holdfast_client::holdfast::state::{ChangeKind, Exchange};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::venue::{Venue, keypair, majority};
use holdfast_testkit::{Cluster, Failure};
use solana_message::{Hash, Message, VersionedMessage};
use solana_signer::Signer;

use super::{guardian, newcomer, other_terms};
use crate::world::{START_MS, World};

/// A nonce account's address.
fn nonce() -> Pubkey {
    keypair("nonce", 0).pubkey()
}

/// Creates a nonce account whose authority is `admin`.
pub fn create_nonce(cluster: &mut Cluster, admin: &Pubkey) {
    let lamports = cluster.rent(80);
    let create = system_instruction::create_nonce_account(admin, &nonce(), admin, lamports);
    cluster.send_unsigned(&create, admin).unwrap();
    cluster.pass(400);
}

pub fn advance(admin: &Pubkey) -> Instruction {
    system_instruction::advance_nonce_account(&nonce(), admin)
}

/// A transaction signed now by `admin`, good until the nonce account advances.
pub fn presigned(cluster: &Cluster, admin: &Pubkey, last: Instruction) -> VersionedMessage {
    let data = cluster.get(&nonce()).unwrap().data;
    // Version, state and authority come before the nonce.
    let stored = <[u8; 32]>::try_from(&data[40..72]).unwrap();
    let instructions = [advance(admin), last];
    let hash = Hash::new_from_array(stored);
    VersionedMessage::Legacy(Message::new_with_blockhash(&instructions, Some(admin), &hash))
}

#[track_caller]
fn refused(result: Result<(), Failure>) {
    let failure = result.unwrap_err();
    assert!(failure.is(HoldfastError::DurableNonce), "{}", failure.message);
}

#[test]
pub(crate) fn no_instruction_of_the_admin_is_taken() {
    let mut venue = Venue::install_program(START_MS, keypair("mint", 0).pubkey()).unwrap();
    let admin = venue.admin.pubkey();
    create_nonce(&mut venue.cluster, &admin);
    let create = instruction::create_exchange(admin, admin, presets::thresholds());
    refused(venue.cluster.simulate(&[advance(&admin), create], &admin));

    let mut world = World::set_up(|_, _| ());
    create_nonce(&mut world.cluster, &admin);
    let (mint, silo, timelock) = (world.mint, world.silo, presets::timelock());
    let feeds = majority(vec![FeedSource { provider: 1, id: [9; 32] }]);
    let create = instruction::create_silo(admin, 2, mint, presets::silo());
    let list = instruction::list_market(admin, silo, 2, [0; 16], other_terms(), feeds);
    let lock = instruction::lock_exchange(admin, vec![guardian(0), guardian(1)], timelock, 2);
    refuse_each(&mut world, &[create, list, lock]);

    let mut world = World::new();
    create_nonce(&mut world.cluster, &admin);
    let number = world.propose(ChangeKind::FeeReceiver(newcomer()));
    let cancel = world.cancellation(number, admin);
    let propose = world.proposal(ChangeKind::FeeReceiver(newcomer()));
    refuse_each(&mut world, &[cancel, propose]);
}

/// Each with a nonce first and then again without, which works.
fn refuse_each(world: &mut World, instructions: &[Instruction]) {
    let admin = world.admin.pubkey();
    for instruction in instructions {
        let durable = [advance(&admin), instruction.clone()];
        let failure = world.cluster.simulate(&durable, &admin).unwrap_err();
        assert!(failure.is(HoldfastError::DurableNonce), "{}", failure.message);
        crate::world::SEEN.with_borrow_mut(|seen| seen.insert(HoldfastError::DurableNonce.into()));
        // Only the first instruction makes a transaction durable.
        world.cluster.simulate(&[instruction.clone(), advance(&admin)], &admin).unwrap();
    }
}

/// Any other account in the sysvar's place is refused, even one that says what is wanted.
#[test]
fn the_sysvar_is_the_real_one() {
    let mut world = World::new();
    let forged = keypair("forged sysvar", 0).pubkey();
    // No instructions before this one: a count of one, its offset, and a program of its own.
    let mut data = vec![1, 0, 4, 0, 0, 0];
    data.extend([7; 32]);
    data.extend([0; 4]);
    let owner = Pubkey::from_str_const("Sysvar1111111111111111111111111111111111111");
    holdfast_testkit::tokens::set_owned(&mut world.cluster, forged, data, owner);
    let mut propose = world.proposal(ChangeKind::FeeReceiver(newcomer()));
    propose.accounts[3].pubkey = forged;
    let failure = world.fails(&propose);
    assert!(failure.message.contains("UnsupportedSysvar"), "{}", failure.message);
}

/// The cluster takes such transactions long after they were signed; the program does not.
#[test]
fn a_transaction_signed_long_ago() {
    let mut world = World::new();
    let admin = world.admin.insecure_clone();
    let key = admin.pubkey();
    create_nonce(&mut world.cluster, &key);
    let harmless = system_instruction::transfer(&key, &newcomer(), 1_000_000_000);
    let harmless = presigned(&world.cluster, &key, harmless);
    let propose = world.proposal(ChangeKind::Admin(newcomer()));
    let propose = presigned(&world.cluster, &key, propose);
    world.cluster.pass(86_400_000 * 30);
    let failure = world.fork().cluster.send_message(propose, &[&admin]).unwrap_err();
    assert!(failure.is(HoldfastError::DurableNonce), "{}", failure.message);
    world.cluster.send_message(harmless, &[&admin]).unwrap();
    let exchange: Exchange = world.cluster.read(&address::exchange());
    assert_eq!(exchange.change_count, 0);
}
