//! The embedded cluster, with what the venue's tests and migrations ask of it.

use std::borrow::{Borrow, BorrowMut};
use std::ops::{Deref, DerefMut};

use holdfast_client::decode::decode;
use holdfast_client::instruction::HASH_UNITS;
use holdfast_client::{Instruction, Pubkey};
use holdfast_migrations::{AccountData, AccountHead, Place};
use solana_account::{Account, ReadableAccount};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_keypair::Keypair;

pub use slotstall::Failure;

/// An embedded cluster whose time we move. It verifies no signature: what is tested is the program,
/// and every test signs with the keys it should. Its clock shows true time until
/// [`slotstall::Cluster::vote_time`] is called.
#[derive(Clone)]
pub struct Cluster(slotstall::Cluster);

impl Cluster {
    /// A cluster at `now_ms`, milliseconds since 1970.
    pub fn new(now_ms: u64) -> Self {
        Self(slotstall::Cluster::without_checks(now_ms))
    }

    /// One of the program's accounts.
    ///
    /// # Panics
    /// When there is none of this kind at `address`: a mistake of the test.
    pub fn read<T: anchor_lang::Discriminator + anchor_lang::ZeroCopy>(
        &self,
        address: &Pubkey,
    ) -> T {
        let found = self.svm().accounts_db().get_account_ref(address);
        let account = found.filter(|found| found.lamports() > 0);
        let account = account.unwrap_or_else(|| panic!("no account at {address}"));
        decode(account.data()).unwrap_or_else(|reason| panic!("{address}: {reason:?}"))
    }

    /// Writes one of the program's accounts, for states that take long to reach or that no instruction
    /// leaves.
    pub fn write<T: anchor_lang::Discriminator + bytemuck::Pod>(
        &mut self,
        address: Pubkey,
        state: &T,
    ) {
        let data = [T::DISCRIMINATOR, bytemuck::bytes_of(state)].concat();
        let (lamports, owner) = (self.rent(data.len()), holdfast_client::holdfast::ID);
        self.set(address, Account { lamports, data, owner, executable: false, rent_epoch: 0 });
    }
}

impl Deref for Cluster {
    type Target = slotstall::Cluster;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Cluster {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Borrow<slotstall::Cluster> for Cluster {
    fn borrow(&self) -> &slotstall::Cluster {
        self
    }
}

impl BorrowMut<slotstall::Cluster> for Cluster {
    fn borrow_mut(&mut self) -> &mut slotstall::Cluster {
        self
    }
}

impl holdfast_migrations::Cluster for Cluster {
    fn place(&mut self) -> Result<Place, String> {
        Ok(Place { genesis: "embedded".to_owned(), near: true })
    }

    fn account(&mut self, address: &Pubkey) -> Result<Option<AccountData>, String> {
        Ok(self.get(address).map(|account| AccountData {
            owner: account.owner,
            lamports: account.lamports,
            data: account.data,
        }))
    }

    fn accounts_of(
        &mut self,
        program: &Pubkey,
        prefix: &[u8],
        head: usize,
    ) -> Result<Vec<AccountHead>, String> {
        let mut found = self.program_accounts(program);
        found.retain(|(_, account)| account.data.starts_with(prefix));
        let heads = found.into_iter().map(|(address, account)| {
            let (lamports, length) = (account.lamports, account.data.len());
            let data = account.data.into_iter().take(head).collect();
            AccountHead { address, lamports, length, data }
        });
        Ok(heads.collect())
    }

    fn rent(&mut self, length: usize) -> Result<u64, String> {
        Ok(self.0.rent(length))
    }

    fn next_slot(&mut self) -> Result<(), String> {
        self.pass(400);
        Ok(())
    }

    fn rehearse(&mut self, instructions: &[Instruction], payer: &Pubkey) -> Result<(), String> {
        self.simulate(&with_units(instructions), payer).map_err(|failure| failure.message)
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        let asked = with_units(instructions);
        self.0.send(&asked, signers).map(|_| ()).map_err(|failure| failure.message)
    }
}

/// The same with as many compute units as a transaction may ask for.
pub fn with_units(instructions: &[Instruction]) -> Vec<Instruction> {
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(HASH_UNITS);
    [&[limit], instructions].concat()
}
