//! What a thief of the admin's key gets out of the power to replace the program: an announcement that
//! everybody can read for a week, and that any guardian takes back.

use anchor_lang::error::ErrorCode;
use anchor_lang::solana_program::bpf_loader_upgradeable as loader;
use holdfast_client::holdfast::ID;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_testkit::tokens::set_owned;
use holdfast_testkit::venue::keypair;
use holdfast_testkit::{elf, with_units};
use solana_account::Account;
use solana_signer::Signer;

use super::nonce::{advance, create_nonce, presigned};
use super::upgrade::{WEEK_MS, sha256};
use super::{READY_MS, guardian, newcomer};
use crate::migration::resume::small_elf;
use crate::world::{CALM, World, stranger};

/// Nobody; pays for what the thief does without the admin's key.
fn thief() -> Pubkey {
    stranger()
}

/// A world in which an upgrade is ready, and its number.
fn ready() -> (World, u64) {
    let mut world = World::new();
    let number = world.small_upgrade();
    world.wait_a_week();
    (world, number)
}

fn buffer() -> Pubkey {
    keypair("buffer", 0).pubkey()
}

/// The upgrade with another account in a slot.
fn with(world: &World, number: u64, slot: usize, account: Pubkey) -> Instruction {
    let mut upgrade = world.upgrade(number);
    upgrade.accounts[slot].pubkey = account;
    upgrade
}

/// The loader must refuse, in these words, and the program must stand as it stood.
#[track_caller]
fn loader_refuses(world: &mut World, instruction: &Instruction, words: &str) {
    let before = world.program_code();
    let sent = world.cluster.send_unsigned(std::slice::from_ref(instruction), &thief());
    let failure = sent.expect_err("this must be refused");
    assert!(failure.message.contains(words), "{}", failure.message);
    assert!(world.program_code() == before, "the program changed");
}

#[test]
fn early_by_a_second_or_a_week() {
    let mut world = World::new();
    let number = world.small_upgrade();
    let upgrade = world.upgrade(number);
    world.refuses(&upgrade, HoldfastError::ChangeNotReady);
    world.watch(WEEK_MS - 122_000).unwrap();
    world.calm(120);
    world.refuses(&upgrade, HoldfastError::ChangeNotReady);
    world.pass_to(1_000, &CALM);
    world.send(upgrade);
    assert!(world.program_code().starts_with(&small_elf(4_000)));
}

/// Other changes go on an hour after a break; an upgrade gives guardians two days.
#[test]
fn after_a_disruption() {
    let (mut world, number) = ready();
    let other = world.propose(ChangeKind::FeeReceiver(newcomer()));
    let upgrade = world.upgrade(number);
    world.break_chain();
    world.publish(&CALM).unwrap();
    let broke = world.chain_health().monitor.last_disruption_ms;
    let until = |world: &World, ms: u64| broke + ms - world.cluster.now_ms();
    let left = until(&world, 47 * 3_600_000);
    world.watch(left).unwrap();
    world.refuses(&upgrade, HoldfastError::ChangeNotReady);
    let left = until(&world, 48 * 3_600_000 - 125_000);
    world.watch(left).unwrap();
    world.calm(120);
    world.refuses(&upgrade, HoldfastError::ChangeNotReady);
    world.send(world.application(other));
    world.pass_to(5_000, &CALM);
    world.send(upgrade);
}

#[test]
fn in_a_storm() {
    let (mut world, number) = ready();
    let upgrade = world.upgrade(number);
    world.send(instruction::tighten(guardian(0), false, 60_000));
    world.refuses(&upgrade, HoldfastError::ChainNotReady);
}

#[test]
fn taken_back_by_one_guardian() {
    for by in [guardian(0), guardian(1), guardian(2)] {
        let mut world = World::new();
        let number = world.small_upgrade();
        let upgrade = world.upgrade(number);
        world.send(world.cancellation(number, by));
        world.anchor_refuses(&upgrade, ErrorCode::AccountNotInitialized);
    }
    let mut world = World::new();
    let number = world.small_upgrade();
    let cancel = world.cancellation(number, thief());
    world.refuses(&cancel, HoldfastError::NotGuardian);
}

#[test]
fn too_late_superseded_or_of_a_replaced_admin() {
    let (world, number) = ready();
    let upgrade = world.upgrade(number);
    let mut late = world.fork();
    late.watch(READY_MS).unwrap();
    late.refuses(&upgrade, HoldfastError::ChangeExpired);
    let mut newer = world.fork();
    let content = newer.frozen("newer", &small_elf(5_000));
    newer.propose(content);
    newer.refuses(&upgrade, HoldfastError::ChangeSuperseded);
    let mut replaced = world.fork();
    replaced.change_to(ChangeKind::Admin(newcomer()));
    replaced.refuses(&upgrade, HoldfastError::ProposerReplaced);
}

/// A signature kept for later, and one that is not the admin's.
#[test]
fn proposed_by_somebody_else_or_some_other_time() {
    let mut world = World::new();
    let content = world.frozen("buffer", &small_elf(4_000));
    let admin = world.admin.insecure_clone();
    create_nonce(&mut world.cluster, &admin.pubkey());
    let propose = world.proposal(content);
    let durable = [advance(&admin.pubkey()), propose.clone()];
    let failure = world.cluster.simulate(&durable, &admin.pubkey()).unwrap_err();
    assert!(failure.is(HoldfastError::DurableNonce), "{}", failure.message);
    let kept = presigned(&world.cluster, &admin.pubkey(), propose.clone());
    world.cluster.pass(30 * 86_400_000);
    let failure = world.cluster.send_message(kept, &[&admin]).unwrap_err();
    assert!(failure.is(HoldfastError::DurableNonce), "{}", failure.message);
    let mut stolen = propose;
    stolen.accounts[0].pubkey = thief();
    world.refuses(&stolen, HoldfastError::NotAdmin);
}

/// What is announced is what is in the buffer, and nobody can write to it any more.
#[test]
pub(crate) fn announcing_something_else() {
    let mut world = World::new();
    let (sound, evil) = (small_elf(4_000), small_elf(4_001));
    let honest = world.frozen("buffer", &sound);
    // Another hash than the buffer's.
    let lie = ChangeKind::Upgrade { buffer: buffer(), sha256: sha256(&evil) };
    world.refuses(&world.proposal(lie), HoldfastError::WrongBuffer);
    // Another buffer than the change's, or none.
    let twin = world.frozen("twin", &sound);
    let ChangeKind::Upgrade { buffer: twin, .. } = twin else { unreachable!() };
    for other in [twin, ID, address::program_data()] {
        let mut propose = world.proposal(honest.clone());
        propose.accounts[7].pubkey = other;
        world.refuses(&propose, HoldfastError::WrongBuffer);
    }
    // A buffer that the thief can still write to.
    for authority in [thief(), world.admin.pubkey(), guardian(0)] {
        let writable = keypair("writable", 0).pubkey();
        world.cluster.write_buffer(writable, &authority, &sound);
        let content = ChangeKind::Upgrade { buffer: writable, sha256: sha256(&sound) };
        world.refuses(&world.proposal(content), HoldfastError::WrongBuffer);
    }
    // The bytes of one, owned by another program; and a program's data, frozen as it is.
    let forged = keypair("forged buffer", 0).pubkey();
    let data = world.cluster.get(&buffer()).unwrap().data;
    set_owned(&mut world.cluster, forged, data, ID);
    let content = ChangeKind::Upgrade { buffer: forged, sha256: sha256(&sound) };
    world.refuses(&world.proposal(content), HoldfastError::WrongBuffer);
    let content = ChangeKind::Upgrade {
        buffer: address::program_data(),
        sha256: sha256(&world.program_code()),
    };
    let propose = with_units(&[world.proposal(content)]);
    let failure = world.cluster.simulate(&propose, &thief()).unwrap_err();
    assert!(failure.is(HoldfastError::WrongBuffer), "{}", failure.message);
    world.propose(honest);
}

/// The buffer's keypair and the admin's are worth nothing once it is frozen.
#[test]
fn writing_to_the_buffer_after_the_proposal() {
    let (mut world, number) = ready();
    let upgrade = world.upgrade(number);
    let exchange = address::exchange();
    for by in [world.admin.pubkey(), thief(), buffer()] {
        for instruction in [
            loader::write(&buffer(), &by, 0, vec![7; 32]),
            loader::set_buffer_authority(&buffer(), &by, &by),
            loader::close_any(&buffer(), &thief(), Some(&by), None),
            loader::upgrade(&ID, &buffer(), &by, &by),
        ] {
            loader_refuses(&mut world, &instruction, "IncorrectAuthority");
        }
    }
    // Even if the loader let somebody: the bytes are hashed again.
    let mut written = world.fork();
    let mut evil = small_elf(4_000);
    *evil.last_mut().unwrap() ^= 1;
    written.cluster.write_buffer(buffer(), &exchange, &evil);
    written.refuses(&upgrade, HoldfastError::WrongBuffer);
    let mut longer = world.fork();
    longer.cluster.write_buffer(buffer(), &exchange, &small_elf(4_001));
    longer.refuses(&upgrade, HoldfastError::WrongBuffer);
    let mut thawed = world.fork();
    thawed.cluster.write_buffer(buffer(), &thief(), &small_elf(4_000));
    thawed.refuses(&upgrade, HoldfastError::WrongBuffer);
}

#[test]
fn a_buffer_that_is_gone_or_another() {
    let (mut world, number) = ready();
    let swapped = world.frozen("swapped", &small_elf(5_000));
    let ChangeKind::Upgrade { buffer: swapped, .. } = swapped else { unreachable!() };
    let twin = world.frozen("twin", &small_elf(4_000));
    let ChangeKind::Upgrade { buffer: twin, .. } = twin else { unreachable!() };
    for other in [swapped, twin, thief(), address::change(number)] {
        world.refuses(&with(&world, number, 6, other), HoldfastError::WrongBuffer);
    }
    let upgrade = world.upgrade(number);
    world.cluster.set(buffer(), Account::default());
    world.refuses(&upgrade, HoldfastError::WrongBuffer);
}

#[test]
fn another_program() {
    let (mut world, number) = ready();
    let other = keypair("other program", 0).pubkey();
    world.cluster.install(other, &address::exchange(), &small_elf(4_000));
    let data = loader::get_program_data_address(&other);
    world.anchor_refuses(&with(&world, number, 4, other), ErrorCode::ConstraintAddress);
    let elsewhere = with(&world, number, 5, data);
    loader_refuses(&mut world, &elsewhere, "Program and ProgramData account mismatch");
    let mut both = with(&world, number, 4, other);
    both.accounts[5].pubkey = data;
    world.anchor_refuses(&both, ErrorCode::ConstraintAddress);
    world.fails(&with(&world, number, 9, other));
}

/// What the buffer held returns to who proposed it, and to nobody else.
#[test]
fn taking_the_buffers_rent() {
    let (mut world, number) = ready();
    for other in [thief(), guardian(0), buffer()] {
        world.refuses(&with(&world, number, 3, other), HoldfastError::WrongChange);
    }
    let held = |world: &World, key: &Pubkey| world.cluster.get(key).map_or(0, |it| it.lamports);
    let admin = world.admin.pubkey();
    let rent = held(&world, &buffer()) + held(&world, &address::change(number));
    let before = [thief(), admin].map(|key| held(&world, &key));
    let upgrade = world.upgrade(number);
    world.cluster.send_unsigned(&[upgrade], &thief()).unwrap();
    assert!(held(&world, &thief()) < before[0]);
    assert_eq!(held(&world, &admin), before[1] + rent);
}

/// A program that does not fit leaves the one that is there.
#[test]
fn program_data_without_the_room() {
    let mut world = World::new();
    let mut new = elf::read().unwrap();
    let mut shrunk = world.cluster.get(&address::program_data()).unwrap();
    shrunk.data.truncate(45 + new.len());
    new.push(1);
    let content = world.frozen("buffer", &new);
    let (admin, number) = (world.admin.pubkey(), world.exchange().change_count);
    let propose = with_units(&[world.proposal(content)]);
    world.cluster.send_unsigned(&propose, &admin).unwrap();
    world.wait_a_week();
    world.cluster.set(address::program_data(), shrunk);
    let before = world.program_code();
    let upgrade = with_units(&[world.upgrade(number)]);
    let failure = world.cluster.send_unsigned(&upgrade, &thief()).unwrap_err();
    let words = "ProgramData account not large enough";
    assert!(failure.message.contains(words), "{}", failure.message);
    assert!(world.program_code() == before);
    assert!(world.change(number).is_some(), "it may be applied once there is room");
}

/// Neither the change nor the buffer serves twice.
#[test]
fn the_same_again() {
    let (mut world, number) = ready();
    // A version that runs, so that it can be asked.
    let mut new = elf::read().unwrap();
    new.extend(b"again");
    let content = world.frozen("again", &new);
    world.send(world.cancellation(number, guardian(0)));
    let number = world.exchange().change_count;
    let (admin, propose) = (world.admin.pubkey(), world.proposal(content.clone()));
    world.cluster.send_unsigned(&with_units(&[propose]), &admin).unwrap();
    world.wait_a_week();
    let upgrade = world.upgrade(number);
    world.cluster.send_unsigned(&with_units(std::slice::from_ref(&upgrade)), &thief()).unwrap();
    world.pass_to(1_000, &CALM);
    world.anchor_refuses(&upgrade, ErrorCode::AccountNotInitialized);
    world.refuses(&world.proposal(content.clone()), HoldfastError::WrongBuffer);
    // Whoever has the buffer's key makes another at its address: it is announced like any.
    world.cluster.write_buffer(keypair("again", 0).pubkey(), &thief(), &new);
    let failure = world.cluster.simulate(&with_units(&[world.proposal(content)]), &admin);
    let failure = failure.unwrap_err();
    assert!(failure.is(HoldfastError::WrongBuffer), "{}", failure.message);
}

/// An upgrade is not applied as another change, nor another change as an upgrade.
#[test]
fn by_the_other_instruction() {
    let (mut world, number) = ready();
    world.refuses(&world.application(number), HoldfastError::WrongChange);
    let fees = world.propose(ChangeKind::FeeReceiver(newcomer()));
    world.wait();
    let upgrade = instruction::apply_upgrade(fees, world.admin.pubkey(), buffer());
    world.refuses(&upgrade, HoldfastError::WrongChange);
}
