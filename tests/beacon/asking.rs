//! What asking costs: the difference between two instructions that both succeed, one of which asks.

use anchor_lang::{InstructionData, ToAccountMetas};
use holdfast_client::{Instruction, address, holdfast};
use holdfast_migrations::Origin;
use holdfast_testkit::elf;
use holdfast_tests::Stage;
use solana_signer::Signer as _;

/// What it comes to at least and at most, as docs/beacon.md says: a little more the longer ago the last
/// look is. Less, and it was not asked.
const LEAST: u64 = 700;
const MOST: u64 = 800;
/// The most for Solana's own toolchain, which compiles to other instructions.
const MOST_ELSEWHERE: u64 = 1_500;

fn call(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    let accounts = accounts.to_account_metas(None);
    Instruction { program_id: asker::ID, accounts, data: data.data() }
}

#[test]
fn it_costs_what_the_page_says() {
    let mut stage = Stage::open();
    let payer = stage.trader.keypair.insecure_clone();
    let elf = elf::read_asker().unwrap();
    stage.venue.cluster.install(asker::ID, &payer.pubkey(), &elf);
    stage.venue.cluster.pass(400);
    let mut takes = |instruction| {
        let done = stage.venue.cluster.send(&[instruction], &[&payer]).unwrap();
        done.compute_units_consumed
    };
    let without = takes(call(asker::accounts::GoOn {}, asker::instruction::GoOn {}));
    let chain_health = address::chain_health();
    let with = takes(call(asker::accounts::Ask { chain_health }, asker::instruction::Ask {}));
    let asking = with.checked_sub(without).expect("asking is not free");
    let most = if Origin::detect(&elf) == Origin::Another { MOST } else { MOST_ELSEWHERE };
    assert!((LEAST..=most).contains(&asking), "{asking}: {with} with it, {without} without");
    let page = include_str!("../../docs/beacon.md");
    assert!(page.contains(&format!("{LEAST} to {MOST} compute units")), "docs/beacon.md");
}

/// It asks: on a chain that stood still it refuses, and the other one goes on.
#[test]
fn it_refuses_in_a_halt() {
    let mut stage = Stage::open();
    let payer = stage.trader.keypair.insecure_clone();
    stage.venue.cluster.install(asker::ID, &payer.pubkey(), &elf::read_asker().unwrap());
    stage.venue.cluster.advance(45_000, 1, 1);
    let chain_health = address::chain_health();
    let ask = call(asker::accounts::Ask { chain_health }, asker::instruction::Ask {});
    let failure = stage.venue.cluster.send(&[ask], &[&payer]).unwrap_err();
    assert!(failure.is(asker::AskerError::Disrupted), "{}", failure.message);
    let go_on = call(asker::accounts::GoOn {}, asker::instruction::GoOn {});
    stage.venue.cluster.send(&[go_on], &[&payer]).unwrap();
}

/// A program that calls the venue instead gets the same answer, as return data.
#[test]
fn a_call_of_the_venue_answers_too() {
    let mut stage = Stage::open();
    let payer = stage.trader.keypair.insecure_clone();
    stage.venue.cluster.install(asker::ID, &payer.pubkey(), &elf::read_asker().unwrap());
    stage.venue.cluster.pass(400);
    let (chain_health, venue) = (address::chain_health(), holdfast::ID);
    let accounts = asker::accounts::AskVenue { chain_health, venue };
    let ask = call(accounts, asker::instruction::AskVenue {});
    stage.venue.cluster.send(std::slice::from_ref(&ask), &[&payer]).unwrap();
    stage.venue.cluster.advance(45_000, 1, 1);
    let failure = stage.venue.cluster.send(&[ask], &[&payer]).unwrap_err();
    assert!(failure.is(asker::AskerError::Disrupted), "{}", failure.message);
}
