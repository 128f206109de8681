//! Who may change the venue, and how long it takes: set-up and its lock, the queue of changes,
//! guardians, and what stolen keys are worth.

mod clock;
pub mod fuses;
pub mod guardians;
pub mod nonce;
pub mod queue;
pub mod queue_refusals;
pub mod set_up;
mod stolen_admin;
mod stolen_guardian;
pub mod stolen_upgrade;
pub mod upgrade;

use holdfast_client::holdfast::state::{Change, ChangeKind, Exchange, MarketTermsState};
use holdfast_client::{Instruction, Pubkey, address, decode, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::venue::{guardians, keypair};
use solana_signer::Signer;

use crate::world::{CALM, World, stranger};

/// What changes of these venues wait, and how long they stay ready.
pub const WAIT_MS: u64 = 172_800_000;
pub const READY_MS: u64 = 604_800_000;

pub fn guardian(number: usize) -> Pubkey {
    guardians()[number].pubkey()
}

/// Somebody with a key and no power.
pub fn newcomer() -> Pubkey {
    keypair("newcomer", 0).pubkey()
}

impl World {
    pub fn exchange(&self) -> Exchange {
        self.cluster.read(&address::exchange())
    }

    /// A change, if it still exists.
    pub fn change(&self, number: u64) -> Option<Change> {
        let account = self.cluster.get(&address::change(number))?;
        Some(decode::change(&account.data).unwrap())
    }

    /// The admin's proposal, as an instruction.
    pub fn proposal(&self, content: ChangeKind) -> Instruction {
        let number = self.exchange().change_count;
        instruction::propose_change(self.admin.pubkey(), number, content)
    }

    /// Proposes, and says the number.
    #[track_caller]
    pub fn propose(&mut self, content: ChangeKind) -> u64 {
        let number = self.exchange().change_count;
        self.send(self.proposal(content));
        number
    }

    /// Applying what the admin proposed.
    pub fn application(&self, number: u64) -> Instruction {
        let change = self.change(number).expect("a change that waits");
        instruction::apply_change(number, change.proposer, &change.content)
    }

    pub fn cancellation(&self, number: u64, by: Pubkey) -> Instruction {
        let proposer = self.change(number).map_or(self.admin.pubkey(), |change| change.proposer);
        instruction::cancel_change(by, number, proposer)
    }

    /// Waits until what was just proposed is ready, on a chain that is well and watched.
    pub fn wait(&mut self) {
        self.watch(WAIT_MS - 120_000).unwrap();
        self.calm(120);
    }

    pub fn calm(&mut self, seconds: u64) {
        for _ in 0..seconds / 5 {
            self.pass_to(5_000, &CALM);
        }
    }

    /// Proposes, waits and has a stranger apply it.
    #[track_caller]
    pub fn change_to(&mut self, content: ChangeKind) {
        let number = self.propose(content);
        self.wait();
        let apply = self.application(number);
        if let Err(failure) = self.cluster.send_unsigned(&[apply], &stranger()) {
            panic!("{}", failure.message);
        }
    }
}

/// Sound settings of a market that differ from those in place.
pub fn other_terms() -> MarketTermsState {
    MarketTermsState { taker_fee_bps: 9, ..presets::market(150) }
}
