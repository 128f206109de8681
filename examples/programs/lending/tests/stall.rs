//! What a price's age comes to on a chain that stalls.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{InstructionData, ToAccountMetas, system_program};
use example_lending::{ID, LendingError, accounts, instruction};
use slotstall::{Cluster, Pace};
use solana_keypair::Keypair;
use solana_signer::Signer;

const ELF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/deploy/example_lending.so");
const NOW: u64 = 1_760_000_000;
const HOUR_MS: u64 = 3_600_000;

/// A cluster on which 7,000 lamports are owed against 100 units, which cost 100 lamports each until a
/// dip to 50 a moment ago, somebody, and the instruction that liquidates the loan.
fn after_a_dip() -> (Cluster, Keypair, Instruction) {
    let (mut cluster, payer) = (Cluster::new(1_000 * NOW), Keypair::new());
    cluster.install(ID, &payer.pubkey(), &std::fs::read(ELF).expect("run `cargo xtask build`"));
    cluster.fund(&payer.pubkey(), 1_000_000_000);
    let (borrower, system_program) = (payer.pubkey(), system_program::ID);
    let loan = Pubkey::find_program_address(&[b"loan", borrower.as_ref()], &ID).0;
    let publish = |price, value| {
        let accounts = accounts::Publish { price, publisher: borrower, system_program };
        let data = instruction::Publish { value, publish_time: NOW.cast_signed() }.data();
        Instruction::new_with_bytes(ID, &data, accounts.to_account_metas(None))
    };
    let (calm, dip) = (Keypair::new(), Keypair::new());
    let accounts = accounts::Borrow { loan, price: calm.pubkey(), borrower, system_program };
    let data = instruction::Borrow { units: 100, debt: 7_000 }.data();
    let borrow = Instruction::new_with_bytes(ID, &data, accounts.to_account_metas(None));
    let set_up = [publish(calm.pubkey(), 100), borrow, publish(dip.pubkey(), 50)];
    cluster.send(&set_up, &[&payer, &calm, &dip]).expect("a loan");
    let accounts = accounts::Liquidate { loan, price: dip.pubkey() }.to_account_metas(None);
    (cluster, payer, Instruction::new_with_bytes(ID, &instruction::Liquidate {}.data(), accounts))
}

#[test]
fn on_a_chain_that_goes_on_a_price_of_two_minutes_ago_liquidates_nobody() {
    let (mut cluster, payer, liquidate) = after_a_dip();
    cluster.run(120_000, Pace::HEALTHY);
    assert!(cluster.send(&[liquidate], &[&payer]).unwrap_err().is(LendingError::StalePrice));
}

#[test]
fn after_a_halt_of_six_hours_a_price_from_before_it_liquidates() {
    let (mut cluster, payer, liquidate) = after_a_dip();
    cluster.stall(6 * HOUR_MS);
    cluster.run(400, Pace::HEALTHY);
    // Right: `StalePrice`. The clock has moved by a second.
    cluster.send(&[liquidate], &[&payer]).unwrap();
}

#[test]
fn early_in_an_epoch_it_does_so_even_minutes_later() {
    let (mut cluster, payer, liquidate) = after_a_dip();
    cluster.vote_time(10);
    cluster.stall(6 * HOUR_MS);
    cluster.run(20_000, Pace::HEALTHY);
    assert!(cluster.now_ms() / 1_000 - cluster.chain().clock_s() > 5 * 3_600);
    cluster.send(&[liquidate], &[&payer]).unwrap();
}
