//! What slots as time come to on a chain that stalls, and on one with shorter slots.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{InstructionData, ToAccountMetas, system_program};
use example_vesting::{DAY_SLOTS, ID, Schedule, VestingError, accounts, instruction};
use slotstall::{Cluster, Pace};
use solana_keypair::Keypair;
use solana_signer::Signer;

const ELF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/deploy/example_vesting.so");
const DAY_MS: u64 = 86_400_000;

/// A cluster on which somebody is due a million lamports in a day, a payer, and the instruction that
/// unlocks them.
fn due_in_a_day() -> (Cluster, Keypair, Instruction) {
    let (mut cluster, payer) = (Cluster::new(1_760_000_000_000), Keypair::new());
    cluster.install(ID, &payer.pubkey(), &std::fs::read(ELF).expect("run `cargo xtask build`"));
    cluster.fund(&payer.pubkey(), 1_000_000_000);
    let (granter, beneficiary) = (payer.pubkey(), Pubkey::new_unique());
    let vesting = Pubkey::find_program_address(&[b"vesting", beneficiary.as_ref()], &ID).0;
    let system_program = system_program::ID;
    let accounts = accounts::Create { vesting, beneficiary, granter, system_program };
    let part = Schedule { release_height: cluster.slot() + DAY_SLOTS, amount: 1_000_000 };
    let data = instruction::Create { schedules: vec![part] }.data();
    let create = Instruction::new_with_bytes(ID, &data, accounts.to_account_metas(None));
    cluster.send(&[create], &[&payer]).expect("a vesting contract");
    let accounts = accounts::Unlock { vesting, beneficiary }.to_account_metas(None);
    (cluster, payer, Instruction::new_with_bytes(ID, &instruction::Unlock {}.data(), accounts))
}

#[test]
fn on_a_healthy_chain_of_400_ms_slots_a_day_is_a_day() {
    let (mut cluster, payer, unlock) = due_in_a_day();
    cluster.run(DAY_MS - 60_000, Pace::HEALTHY);
    let early = cluster.send(std::slice::from_ref(&unlock), &[&payer]).unwrap_err();
    assert!(early.is(VestingError::NotYet));
    cluster.run(60_000, Pace::HEALTHY);
    cluster.send(&[unlock], &[&payer]).unwrap();
}

#[test]
fn a_day_in_which_the_chain_stands_pays_nothing() {
    let (mut cluster, payer, unlock) = due_in_a_day();
    cluster.stall(DAY_MS);
    cluster.run(400, Pace::HEALTHY);
    // Right: it pays. The day has passed, and no slot in it.
    assert!(cluster.send(&[unlock], &[&payer]).unwrap_err().is(VestingError::NotYet));
}

#[test]
fn where_slots_are_200_ms_half_a_day_pays_the_whole_day() {
    let (mut cluster, payer, unlock) = due_in_a_day();
    cluster.set_nominal(200);
    let healthy = cluster.chain().healthy();
    cluster.run(DAY_MS / 2, healthy);
    // Right: `NotYet`.
    cluster.send(&[unlock], &[&payer]).unwrap();
}
