//! A loan on an embedded cluster.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{InstructionData, ToAccountMetas, system_program};
use example_lending::{ID, accounts, instruction};
use slotstall::{Cluster, Failure};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// A lender, somebody who borrowed, and a feed.
pub struct Stage {
    pub cluster: Cluster,
    publisher: Keypair,
    borrower: Keypair,
}

impl Stage {
    /// 7,000 lamports are owed against 100 units of 100 lamports.
    pub fn with_a_loan() -> Self {
        let mut cluster = Cluster::new(1_760_000_000_000);
        let (publisher, borrower) = (Keypair::new(), Keypair::new());
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/deploy/example_lending.so");
        let elf = std::fs::read(path).expect("run `cargo xtask build` first");
        cluster.install(ID, &publisher.pubkey(), &elf);
        for key in [&publisher, &borrower] {
            cluster.fund(&key.pubkey(), 1_000_000_000);
        }
        cluster.pass(400);
        let mut stage = Self { cluster, publisher, borrower };
        let accounts = accounts::OpenFeed {
            price: stage.price(),
            publisher: stage.publisher.pubkey(),
            system_program: system_program::ID,
        };
        let open = instruction(&accounts, instruction::OpenFeed {}.data());
        stage.cluster.send(&[open], &[&stage.publisher]).expect("a feed");
        stage.publish(100);
        let accounts = accounts::Borrow {
            loan: stage.loan(),
            price: stage.price(),
            borrower: stage.borrower.pubkey(),
            system_program: system_program::ID,
        };
        let data = instruction::Borrow { units: 100, debt: 7_000 }.data();
        let borrow = instruction(&accounts, data);
        stage.cluster.send(&[borrow], &[&stage.borrower]).expect("a loan");
        stage
    }

    /// The feed says what a unit costs now.
    pub fn publish(&mut self, value: u64) {
        let accounts =
            accounts::Publish { price: self.price(), publisher: self.publisher.pubkey() };
        let published = (self.cluster.now_ms() / 1_000).cast_signed();
        let publish = instruction(&accounts, instruction::Publish { value, published }.data());
        self.cluster.send(&[publish], &[&self.publisher]).expect("a price");
    }

    /// Somebody liquidates the loan.
    pub fn liquidate(&mut self) -> Result<(), Failure> {
        let accounts = accounts::Liquidate { loan: self.loan(), price: self.price() };
        let liquidate = instruction(&accounts, instruction::Liquidate {}.data());
        self.cluster.send(&[liquidate], &[&self.publisher]).map(|_| ())
    }

    fn loan(&self) -> Pubkey {
        Pubkey::find_program_address(&[b"loan", self.borrower.pubkey().as_ref()], &ID).0
    }

    fn price(&self) -> Pubkey {
        Pubkey::find_program_address(&[b"price", self.publisher.pubkey().as_ref()], &ID).0
    }
}

fn instruction(accounts: &impl ToAccountMetas, data: Vec<u8>) -> Instruction {
    Instruction { program_id: ID, accounts: accounts.to_account_metas(None), data }
}
