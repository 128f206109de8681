//! A grant of a million lamports on an embedded cluster.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{InstructionData, ToAccountMetas, system_program};
use example_vesting::{ID, accounts, instruction};
use slotstall::Cluster;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// A cluster with the program, and a beneficiary whose grant vests over some days from now.
pub fn granted(days: u64) -> (Cluster, Keypair) {
    let mut cluster = Cluster::new(1_760_000_000_000);
    let (granter, beneficiary) = (Keypair::new(), Keypair::new());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/deploy/example_vesting.so");
    let elf = std::fs::read(path).expect("run `cargo xtask build` first");
    cluster.install(ID, &granter.pubkey(), &elf);
    for key in [&granter, &beneficiary] {
        cluster.fund(&key.pubkey(), 1_000_000_000);
    }
    cluster.pass(400);
    let accounts = accounts::Grant {
        vesting: vesting(&beneficiary),
        beneficiary: beneficiary.pubkey(),
        granter: granter.pubkey(),
        system_program: system_program::ID,
    };
    let data = instruction::Grant { amount: 1_000_000, days }.data();
    let grant = Instruction { program_id: ID, accounts: accounts.to_account_metas(None), data };
    cluster.send(&[grant], &[&granter]).expect("a grant");
    (cluster, beneficiary)
}

/// What the beneficiary gets by withdrawing now, lamports.
pub fn withdrawn(cluster: &mut Cluster, beneficiary: &Keypair) -> u64 {
    let accounts =
        accounts::Withdraw { vesting: vesting(beneficiary), beneficiary: beneficiary.pubkey() };
    let data = instruction::Withdraw {}.data();
    let withdraw = Instruction { program_id: ID, accounts: accounts.to_account_metas(None), data };
    let before = cluster.get(&beneficiary.pubkey()).map_or(0, |account| account.lamports);
    let fee = cluster.send(&[withdraw], &[beneficiary]).expect("a withdrawal").fee;
    cluster.get(&beneficiary.pubkey()).map_or(0, |account| account.lamports) + fee - before
}

fn vesting(beneficiary: &Keypair) -> Pubkey {
    Pubkey::find_program_address(&[b"vesting", beneficiary.pubkey().as_ref()], &ID).0
}
