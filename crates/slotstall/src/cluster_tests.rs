use litesvm::LiteSVM;
use solana_clock::Clock;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_last_restart_slot::LastRestartSlot;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_slot_hashes::SlotHashes;

use super::{Cluster, Failure};
use crate::chain::{Chain, Pace};

const NOW: u64 = 1_760_000_000_000;
const SOL: u64 = 1_000_000_000;

fn transfer(from: &Keypair, to: &Pubkey, lamports: u64) -> Instruction {
    let data = [2_u32.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat();
    let accounts = vec![AccountMeta::new(from.pubkey(), true), AccountMeta::new(*to, false)];
    Instruction { program_id: Pubkey::default(), accounts, data }
}

fn payer(cluster: &mut Cluster) -> Keypair {
    let payer = Keypair::new();
    cluster.fund(&payer.pubkey(), 10 * SOL);
    payer
}

/// What programs see, read from the accounts.
fn shown(cluster: &Cluster) -> (Clock, Vec<u64>, u64) {
    let hashes = cluster.svm().get_sysvar::<SlotHashes>();
    let restart = cluster.svm().get_sysvar::<LastRestartSlot>().last_restart_slot;
    let slots = hashes.slot_hashes().iter().map(|(slot, _)| *slot).collect();
    (cluster.svm().get_sysvar::<Clock>(), slots, restart)
}

fn check(cluster: &Cluster) {
    let (clock, slots, restart) = shown(cluster);
    let chain = cluster.chain();
    assert_eq!((clock.slot, clock.unix_timestamp as u64), (chain.slot(), chain.clock_s()));
    assert_eq!(clock.epoch_start_timestamp as u64, chain.epoch().start_s);
    assert_eq!(clock.epoch, chain.epoch().number);
    assert!(slots.iter().copied().eq(chain.hashes()));
    assert_eq!(restart, chain.restart_slot());
}

#[test]
fn programs_see_what_the_chain_shows_after_everything_that_happens_to_it() {
    let mut cluster = Cluster::new(NOW);
    check(&cluster);
    let earlier = cluster.clone();
    let happenings: [fn(&mut Cluster); 8] = [
        |cluster| _ = cluster.run(4_000, Pace::HEALTHY),
        |cluster| cluster.stall(45_000),
        |cluster| _ = cluster.run(4_000, Pace { slot_ms: 1_400, failing_percent: 60 }),
        Cluster::restart,
        |cluster| cluster.set_nominal(200),
        |cluster| cluster.pass(4_000),
        |cluster| cluster.advance(60_000, 1, 1),
        |cluster| cluster.vote_time(10),
    ];
    for happens in happenings {
        happens(&mut cluster);
        cluster.pass(400);
        check(&cluster);
    }
    cluster.fork_from(&earlier);
    check(&cluster);
    cluster.pass(400);
    check(&cluster);
    assert_eq!(shown(&cluster).2, 0, "the restart was on the fork that is abandoned");
}

#[test]
fn a_stall_moves_no_sysvar_and_slots_go_on_where_they_stopped() {
    let mut cluster = Cluster::new(NOW);
    let before = shown(&cluster);
    cluster.stall(3_600_000);
    assert_eq!(shown(&cluster), before);
    while cluster.run(100, Pace::HEALTHY) == 0 {}
    assert_eq!(cluster.slot(), before.0.slot + 1);
    assert_eq!(shown(&cluster).1[0], before.0.slot);
}

#[test]
fn a_fork_undoes_what_landed_on_it() {
    let mut cluster = Cluster::new(NOW);
    let (payer, friend) = (payer(&mut cluster), Pubkey::new_unique());
    let earlier = cluster.clone();
    cluster.pass(400);
    cluster.send(&[transfer(&payer, &friend, SOL)], &[&payer]).unwrap();
    assert_eq!(cluster.get(&friend).unwrap().lamports, SOL);
    cluster.fork_from(&earlier);
    assert!(cluster.get(&friend).is_none());
    assert_eq!(cluster.slot(), earlier.slot());
    cluster.pass(400);
    assert_eq!(cluster.slot(), earlier.slot() + 2, "the abandoned slot is skipped");
    cluster.send(&[transfer(&payer, &friend, SOL)], &[&payer]).unwrap();
}

#[test]
fn signatures_are_verified_unless_told_otherwise() {
    let mut cluster = Cluster::new(NOW);
    let (payer, friend) = (payer(&mut cluster), Pubkey::new_unique());
    let instructions = [transfer(&payer, &friend, SOL)];
    let refused: Failure = cluster.send_unsigned(&instructions, &payer.pubkey()).unwrap_err();
    assert!(refused.message.contains("SignatureFailure"), "{}", refused.message);
    let mut unchecked =
        Cluster::with(LiteSVM::new().with_sigverify(false), Chain::new(NOW, 1_000_000));
    unchecked.fund(&payer.pubkey(), 10 * SOL);
    unchecked.send_unsigned(&instructions, &payer.pubkey()).unwrap();
    unchecked.send_unsigned(&instructions, &payer.pubkey()).unwrap();
    assert_eq!(unchecked.get(&friend).unwrap().lamports, 2 * SOL);
    // The signers are checked all the same.
    unchecked.send(&instructions, &[&payer]).unwrap();
    let stranger = Keypair::new();
    let refused = unchecked.send(&[transfer(&payer, &friend, SOL)], &[&stranger]).unwrap_err();
    assert!(refused.message.contains("signer"), "{}", refused.message);
}

#[test]
fn a_program_that_refuses_is_known_by_its_code() {
    let mut cluster = Cluster::new(NOW);
    let payer = payer(&mut cluster);
    let too_much = transfer(&payer, &Pubkey::new_unique(), 20 * SOL);
    let refused = cluster.send(&[too_much], &[&payer]).unwrap_err();
    // `SystemError::ResultWithNegativeLamports`.
    assert!(refused.is(1_u32) && !refused.is(2_u32), "{}", refused.message);
}
