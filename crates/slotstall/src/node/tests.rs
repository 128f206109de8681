use solana_commitment_config::CommitmentLevel::{Confirmed, Finalized, Processed};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::{Condition, Finality, Node};
use crate::Cluster;

const NOW: u64 = 1_760_000_000_000;
const SOL: u64 = 1_000_000_000;
const SLOT_MS: u64 = 400;

struct Stage {
    node: Node,
    payer: Keypair,
    friend: Pubkey,
}

impl Stage {
    fn new(finality: Finality) -> Self {
        let (payer, friend) = (Keypair::new(), Pubkey::new_unique());
        let mut cluster = Cluster::new(NOW);
        cluster.fund(&payer.pubkey(), 1_000 * SOL);
        Self { node: Node::with(cluster, finality), payer, friend }
    }

    /// A transfer of this many lamports, with the newest blockhash.
    fn transfer(&self, lamports: u64) -> VersionedTransaction {
        let data = [2_u32.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat();
        let accounts =
            vec![AccountMeta::new(self.payer.pubkey(), true), AccountMeta::new(self.friend, false)];
        let transfer = Instruction { program_id: Pubkey::default(), accounts, data };
        let hash = self.node.present().blockhash();
        let message = Message::new_with_blockhash(&[transfer], Some(&self.payer.pubkey()), &hash);
        VersionedTransaction::try_new(VersionedMessage::Legacy(message), &[&self.payer]).unwrap()
    }

    fn send(&mut self, lamports: u64) -> String {
        let transaction = self.transfer(lamports);
        self.node.send(transaction).unwrap().to_string()
    }

    fn received(&self, level: solana_commitment_config::CommitmentLevel) -> u64 {
        self.node.view(level).get(&self.friend).map_or(0, |account| account.lamports)
    }

    fn blocks(&mut self, count: u64) {
        assert_eq!(self.node.run(count * SLOT_MS), count);
    }
}

#[test]
fn what_lands_is_confirmed_a_block_later_and_final_after_31() {
    let mut stage = Stage::new(Finality::Voted);
    stage.blocks(40);
    stage.send(SOL);
    let seen = |stage: &Stage| [Processed, Confirmed, Finalized].map(|level| stage.received(level));
    assert_eq!(seen(&stage), [SOL, 0, 0]);
    stage.blocks(1);
    assert_eq!(seen(&stage), [SOL, SOL, 0]);
    stage.blocks(29);
    assert_eq!(seen(&stage), [SOL, SOL, 0]);
    stage.blocks(1);
    assert_eq!(seen(&stage), [SOL, SOL, SOL]);
}

#[test]
fn where_blocks_are_final_at_once_so_is_what_lands() {
    let mut stage = Stage::new(Finality::Instant);
    stage.send(SOL);
    assert_eq!(stage.received(Finalized), SOL);
}

#[test]
fn nothing_lands_while_the_chain_stands_and_everything_that_still_can_does_afterwards() {
    for condition in [Condition::Stalled, Condition::VotesOnly] {
        let mut stage = Stage::new(Finality::Voted);
        stage.node.begin(condition, Some(30_000));
        let signature = stage.send(SOL);
        let made = stage.node.run(29_999);
        assert_eq!(made > 0, condition == Condition::VotesOnly);
        assert_eq!((stage.node.waiting(), stage.received(Processed)), (1, 0));
        assert!(stage.node.landed(&signature).is_none());
        stage.node.run(1_000);
        assert_eq!((stage.node.waiting(), stage.received(Processed)), (0, SOL));
        assert_eq!(stage.node.condition(), Condition::Well);
    }
}

#[test]
fn what_waited_through_hours_of_votes_has_expired_and_through_a_halt_has_not() {
    for (condition, lands) in [(Condition::Stalled, true), (Condition::VotesOnly, false)] {
        let mut stage = Stage::new(Finality::Voted);
        stage.node.begin(condition, None);
        stage.send(SOL);
        stage.node.run(7_200_000);
        stage.node.begin(Condition::Well, None);
        stage.node.run(SLOT_MS);
        assert_eq!(stage.received(Processed), if lands { SOL } else { 0 });
    }
}

#[test]
fn a_transaction_lands_once() {
    let mut stage = Stage::new(Finality::Voted);
    let transaction = stage.transfer(SOL);
    for _ in 0..3 {
        stage.node.send(transaction.clone()).unwrap();
        stage.blocks(1);
    }
    assert_eq!(stage.received(Processed), SOL);
    assert_eq!(stage.node.history().count(), 1);
}

#[test]
fn what_cannot_be_paid_for_leaves_no_trace_and_what_fails_does() {
    let mut stage = Stage::new(Finality::Voted);
    let signature = stage.send(5_000 * SOL);
    let failed = stage.node.landed(&signature).unwrap();
    assert!(failed.error.is_some() && failed.said.logs.iter().any(|line| line.contains("failed")));
    assert_eq!(failed.before[0] - failed.after[0], 5_000, "the fee is paid");
    stage.payer = Keypair::new();
    let signature = stage.send(SOL);
    assert!(stage.node.landed(&signature).is_none());
    assert_eq!(stage.node.history().count(), 1);
}

#[test]
fn transactions_get_lost_as_often_as_asked_for() {
    let mut stage = Stage::new(Finality::Instant);
    stage.node.lose(2);
    stage.send(1_000_000);
    stage.send(2_000_000);
    assert_eq!(stage.received(Processed), 0);
    stage.send(3_000_000);
    assert_eq!(stage.received(Processed), 3_000_000);
}

#[test]
fn a_fork_abandons_what_landed_since_and_goes_no_further_back_than_the_root() {
    for finality in [Finality::Voted, Finality::Instant] {
        forks(Stage::new(finality));
    }
}

fn forks(mut stage: Stage) {
    stage.blocks(40);
    let kept = stage.send(SOL);
    stage.blocks(3);
    let abandoned = stage.send(2 * SOL);
    let slot = stage.node.present().slot();
    assert_eq!(stage.node.fork(2), 2);
    assert_eq!(stage.node.present().slot(), slot - 2);
    assert_eq!(stage.received(Processed), SOL);
    assert!(stage.node.landed(&kept).is_some() && stage.node.landed(&abandoned).is_none());
    stage.blocks(1);
    assert_eq!(stage.node.present().slot(), slot + 1, "slots of the abandoned fork are skipped");
    stage.send(2 * SOL);
    assert_eq!(stage.received(Processed), 3 * SOL);
    let root = stage.node.behind(super::FINALIZED_AFTER).slot();
    stage.node.fork(usize::MAX);
    assert!(stage.node.present().slot() > root);
}

#[test]
fn a_blockhash_of_an_abandoned_block_is_not_known_any_more() {
    let mut stage = Stage::new(Finality::Voted);
    stage.blocks(5);
    let transaction = stage.transfer(SOL);
    stage.node.fork(2);
    stage.blocks(2);
    let signature = stage.node.send(transaction).unwrap().to_string();
    assert!(stage.node.landed(&signature).is_none());
}

#[test]
fn an_endpoint_that_lags_knows_later() {
    let mut stage = Stage::new(Finality::Voted);
    stage.blocks(40);
    stage.node.lag(10);
    let signature = stage.send(SOL);
    assert!(stage.node.landed(&signature).is_none());
    assert_eq!(stage.node.slots_behind(), 10);
    stage.blocks(10);
    assert!(stage.node.landed(&signature).is_some());
    stage.node.lag(0);
    assert_eq!(stage.node.slots_behind(), 0);
}

#[test]
fn a_frozen_endpoint_shows_what_it_showed_and_does_not_know_it() {
    let mut stage = Stage::new(Finality::Voted);
    stage.blocks(40);
    let shown = stage.node.view(Processed).slot();
    stage.node.freeze(true);
    stage.blocks(10);
    let signature = stage.send(SOL);
    assert_eq!(stage.node.view(Processed).slot(), shown);
    assert_eq!(stage.node.slots_behind(), 0);
    stage.node.freeze(false);
    assert_eq!(stage.node.view(Processed).slot(), shown + 10);
    assert!(stage.node.landed(&signature).is_none(), "what it was sent is lost");
}

#[test]
fn every_known_blockhash_expires_at_once() {
    let mut stage = Stage::new(Finality::Voted);
    let transaction = stage.transfer(SOL);
    stage.node.expire_blockhashes();
    let signature = stage.node.send(transaction).unwrap().to_string();
    assert!(stage.node.landed(&signature).is_none());
    stage.send(SOL);
    assert_eq!(stage.received(Processed), SOL);
}

#[test]
fn a_long_run_at_once_ends_where_many_short_ones_do() {
    let (mut at_once, mut in_steps) = (Stage::new(Finality::Voted), Stage::new(Finality::Voted));
    at_once.node.run(600_000);
    for _ in 0..600 {
        in_steps.node.run(1_000);
    }
    assert_eq!(at_once.node.present().chain(), in_steps.node.present().chain());
    for level in [Confirmed, Finalized] {
        assert_eq!(at_once.node.view(level).chain(), in_steps.node.view(level).chain());
    }
}

#[test]
fn a_durable_nonce_lives_longer_than_a_blockhash() {
    let mut stage = Stage::new(Finality::Instant);
    let nonce = Pubkey::new_unique();
    let value = solana_message::Hash::new_from_array([9; 32]);
    // Version 1, initialized, its authority, its nonce and what a signature cost.
    let data = [
        1_u32.to_le_bytes().as_slice(),
        &1_u32.to_le_bytes(),
        stage.payer.pubkey().as_ref(),
        value.as_ref(),
        &5_000_u64.to_le_bytes(),
    ]
    .concat();
    let lamports = stage.node.present().rent(data.len());
    let owner = solana_sdk_ids::system_program::ID;
    let account = solana_account::Account { lamports, data, owner, ..Default::default() };
    stage.node.cluster.set(nonce, account);
    let advance = Instruction {
        program_id: owner,
        accounts: vec![
            AccountMeta::new(nonce, false),
            AccountMeta::new_readonly(solana_sdk_ids::sysvar::recent_blockhashes::ID, false),
            AccountMeta::new_readonly(stage.payer.pubkey(), true),
        ],
        data: 4_u32.to_le_bytes().to_vec(),
    };
    let message = Message::new_with_blockhash(&[advance], Some(&stage.payer.pubkey()), &value);
    let message = VersionedMessage::Legacy(message);
    let transaction = VersionedTransaction::try_new(message, &[&stage.payer]).unwrap();
    stage.node.run(3_600_000);
    for landed in [1, 1] {
        stage.node.send(transaction.clone()).unwrap();
        assert_eq!(stage.node.history().count(), landed);
    }
    assert!(stage.node.history().all(|(_, landed)| landed.error.is_none()));
}
