//! LiteSVM with a clock that only we move.

use anchor_lang::solana_program::bpf_loader_upgradeable;
use holdfast_client::decode::decode;
use holdfast_client::instruction::HASH_UNITS;
use holdfast_client::{Instruction, Pubkey};
use holdfast_migrations::{AccountData, AccountHead, Place};
use litesvm::LiteSVM;
use litesvm::types::{FailedTransactionMetadata, TransactionMetadata};
use solana_account::Account;
use solana_clock::Clock;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_keypair::Keypair;
use solana_last_restart_slot::LastRestartSlot;
use solana_message::{Message, VersionedMessage};
use solana_signer::Signer;
use solana_slot_hashes::SlotHashes;
use solana_transaction::versioned::VersionedTransaction;

use crate::chain::{Chain, Pace};

/// The slot a cluster begins in.
const FIRST_SLOT: u64 = 1_000_000;

/// A transaction that did not land, with what the program said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The program's error code, when it was the program that refused.
    pub code: Option<u32>,
    /// The runtime's error and the program's logs.
    pub message: String,
}

/// An embedded cluster. Time stands still until [`Cluster::advance`] moves it. A clone is a fork:
/// what happens on it leaves the original alone.
#[derive(Clone)]
pub struct Cluster {
    svm: LiteSVM,
    chain: Chain,
}

impl Cluster {
    /// A cluster at `now_ms` (milliseconds since 1970), with signatures not verified: what is
    /// tested is the program, and every test signs with the keys it should.
    pub fn new(now_ms: u64) -> Self {
        let svm = LiteSVM::new().with_sigverify(false).with_transaction_history(0);
        let mut cluster = Self { svm, chain: Chain::new(now_ms, FIRST_SLOT) };
        cluster.show_time();
        cluster
    }

    /// True time, milliseconds since 1970. The sysvar shows it in whole seconds, or, after
    /// [`Cluster::vote_time`], what validators vote.
    pub fn now_ms(&self) -> u64 {
        self.chain.now_ms()
    }

    /// The present slot.
    pub fn slot(&self) -> u64 {
        self.chain.slot()
    }

    /// The chain underneath.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// From now on the cluster calls `ms` a slot, and [`Cluster::pass`] makes them so long.
    pub fn set_nominal(&mut self, ms: u64) {
        self.chain.set_nominal(ms);
    }

    /// From now on the clock is what validators vote, in an epoch that is `slots` old.
    pub fn vote_time(&mut self, slots: u64) {
        self.chain.vote_time(slots);
    }

    /// Becomes a cluster on this chain: its slot, clock, blocks and restarts.
    pub fn show_chain(&mut self, chain: &Chain) {
        self.chain = chain.clone();
        self.show_time();
        self.show_restart(self.chain.restart_slot());
    }

    /// Lets `ms` pass at a pace and says how many blocks were made; without one, nothing can land.
    pub fn run(&mut self, ms: u64, pace: Pace) -> u64 {
        let made = self.chain.run(ms, pace);
        self.show_time();
        made
    }

    /// Lets `ms` pass without a slot.
    pub fn stand(&mut self, ms: u64) {
        self.chain.stand(ms);
    }

    /// Lets `ms` pass while `produced` blocks are made out of `slots` slots; the rest is skipped.
    pub fn advance(&mut self, ms: u64, slots: u64, produced: u64) {
        self.chain.advance(ms, slots, produced);
        self.show_time();
    }

    /// Lets `ms` pass at the cluster's nominal slot duration, none skipped.
    pub fn pass(&mut self, ms: u64) {
        let slots = ms.div_ceil(self.chain.healthy().slot_ms);
        self.advance(ms, slots, slots);
    }

    /// Restarts the cluster from the present slot, as after a hard fork.
    pub fn restart(&mut self) {
        self.chain.restart();
        self.show_restart(self.chain.restart_slot());
    }

    /// Shows `SlotHashes` of these slots, in this order, until time passes.
    pub fn show_hashes(&mut self, slots: &[u64]) {
        let entries = slots.iter().map(|slot| (*slot, hash_of(*slot)));
        self.svm.set_sysvar(&entries.collect::<SlotHashes>());
    }

    /// Shows a `LastRestartSlot`, whatever the chain says.
    pub fn show_restart(&mut self, last_restart_slot: u64) {
        self.svm.set_sysvar(&LastRestartSlot { last_restart_slot });
    }

    /// Shows a time on the cluster's clock until time passes.
    pub fn show_clock(&mut self, unix_timestamp: i64) {
        let clock = self.svm.get_sysvar::<Clock>();
        self.svm.set_sysvar(&Clock { unix_timestamp, ..clock });
    }

    fn show_time(&mut self) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        clock.slot = self.chain.slot();
        clock.unix_timestamp = i64::try_from(self.chain.clock_s()).unwrap_or(i64::MAX);
        self.svm.set_sysvar(&clock);
        let slots: Vec<_> = self.chain.hashes().collect();
        self.show_hashes(&slots);
        self.svm.expire_blockhash();
    }

    /// Gives lamports.
    pub fn fund(&mut self, address: &Pubkey, lamports: u64) {
        let mut account = self.svm.get_account(address).unwrap_or_default();
        account.lamports += lamports;
        self.set(*address, account);
    }

    /// Puts an account in place, whatever was there.
    pub fn set(&mut self, address: Pubkey, account: Account) {
        self.svm.set_account(address, account).expect("an account that the SVM accepts");
    }

    /// Puts a program in place as the upgradeable loader leaves it after a deployment, without the
    /// hundreds of transactions that write its buffer.
    pub fn install(&mut self, program: Pubkey, authority: &Pubkey, elf: &[u8]) {
        let owner = bpf_loader_upgradeable::ID;
        let data_address = Pubkey::find_program_address(&[program.as_ref()], &owner).0;
        // `UpgradeableLoaderState::ProgramData { slot, upgrade_authority_address }`, then the ELF and room
        // for one that is twice as large.
        let mut data = 3_u32.to_le_bytes().to_vec();
        data.extend(0_u64.to_le_bytes());
        data.push(1);
        data.extend(authority.as_ref());
        let head = data.len();
        data.extend(elf);
        data.resize(head + 2 * elf.len(), 0);
        let lamports = self.rent(data.len());
        let account = Account { lamports, data, owner, executable: false, rent_epoch: 0 };
        self.set(data_address, account);
        // `UpgradeableLoaderState::Program { programdata_address }`.
        let mut data = 2_u32.to_le_bytes().to_vec();
        data.extend(data_address.as_ref());
        let lamports = self.rent(data.len());
        self.set(program, Account { lamports, data, owner, executable: true, rent_epoch: 0 });
    }

    /// Puts a buffer in place as the upgradeable loader leaves it once a program is written to it.
    pub fn write_buffer(&mut self, buffer: Pubkey, authority: &Pubkey, elf: &[u8]) {
        // `UpgradeableLoaderState::Buffer { authority_address }`, then the ELF.
        let mut data = 1_u32.to_le_bytes().to_vec();
        data.push(1);
        data.extend(authority.as_ref());
        data.extend(elf);
        let (lamports, owner) = (self.rent(data.len()), bpf_loader_upgradeable::ID);
        self.set(buffer, Account { lamports, data, owner, executable: false, rent_epoch: 0 });
    }

    /// An account, if it exists.
    pub fn get(&self, address: &Pubkey) -> Option<Account> {
        self.svm.get_account(address).filter(|account| account.lamports > 0)
    }

    /// All accounts of a program, in the order of their addresses.
    pub fn program_accounts(&self, program: &Pubkey) -> Vec<(Pubkey, Account)> {
        let mut accounts = self.svm.get_program_accounts(program);
        accounts.retain(|(_, account)| account.lamports > 0);
        accounts.sort_by_key(|(address, _)| *address);
        accounts
    }

    /// Lamports that keep an account of `length` bytes.
    pub fn rent(&self, length: usize) -> u64 {
        self.svm.minimum_balance_for_rent_exemption(length)
    }

    /// One of the program's accounts.
    ///
    /// # Panics
    /// When there is none of this kind at `address`: a mistake of the test.
    pub fn read<T: anchor_lang::Discriminator + anchor_lang::ZeroCopy>(
        &self,
        address: &Pubkey,
    ) -> T {
        let account = self.get(address).unwrap_or_else(|| panic!("no account at {address}"));
        decode(&account.data).unwrap_or_else(|reason| panic!("{address}: {reason:?}"))
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

    /// Sends instructions in one transaction, paid by the first signer.
    ///
    /// # Errors
    /// What the runtime and the program said.
    pub fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<TransactionMetadata, Failure> {
        let payer = signers.first().map(|signer| signer.pubkey());
        let blockhash = self.svm.latest_blockhash();
        let message = Message::new_with_blockhash(instructions, payer.as_ref(), &blockhash);
        self.send_message(VersionedMessage::Legacy(message), signers)
    }

    /// Sends a message as it is.
    ///
    /// # Errors
    /// What the runtime and the program said.
    pub fn send_message(
        &mut self,
        message: VersionedMessage,
        signers: &[&Keypair],
    ) -> Result<TransactionMetadata, Failure> {
        let transaction = VersionedTransaction::try_new(message, signers)
            .map_err(|error| Failure { code: None, message: error.to_string() })?;
        // The same instruction may be sent again at once.
        let result = self.svm.send_transaction(transaction);
        self.svm.expire_blockhash();
        result.map_err(|failed| Failure::from_metadata(&failed))
    }

    /// Sends a transaction whose blockhash the caller has judged.
    ///
    /// # Errors
    /// What the runtime and the program said.
    pub fn send_transaction(
        &mut self,
        mut transaction: VersionedTransaction,
    ) -> Result<TransactionMetadata, Failure> {
        transaction.message.set_recent_blockhash(self.svm.latest_blockhash());
        let result = self.svm.send_transaction(transaction);
        self.svm.expire_blockhash();
        result.map_err(|failed| Failure::from_metadata(&failed))
    }

    /// What sending a transaction would end in; nothing changes. Whether its blockhash lives is for
    /// the caller to judge.
    ///
    /// # Errors
    /// What the runtime and the programs said.
    pub fn try_transaction(
        &self,
        mut transaction: VersionedTransaction,
    ) -> Result<TransactionMetadata, Box<FailedTransactionMetadata>> {
        transaction.message.set_recent_blockhash(self.svm.latest_blockhash());
        self.svm.simulate_transaction(transaction).map(|tried| tried.meta).map_err(Box::new)
    }

    /// What sending instructions would end in, as if everyone they name as a signer had signed;
    /// nothing changes.
    ///
    /// # Errors
    /// What the runtime and the program said.
    pub fn simulate(&self, instructions: &[Instruction], payer: &Pubkey) -> Result<(), Failure> {
        let message = Message::new_with_blockhash(instructions, Some(payer), &self.blockhash());
        let result = self.svm.simulate_transaction(unsigned(VersionedMessage::Legacy(message)));
        result.map(|_| ()).map_err(|failed| Failure::from_metadata(&failed))
    }

    /// Sends instructions as if everyone they name as a signer had signed.
    ///
    /// # Errors
    /// What the runtime and the program said.
    pub fn send_unsigned(
        &mut self,
        instructions: &[Instruction],
        payer: &Pubkey,
    ) -> Result<TransactionMetadata, Failure> {
        let message = Message::new_with_blockhash(instructions, Some(payer), &self.blockhash());
        let result = self.svm.send_transaction(unsigned(VersionedMessage::Legacy(message)));
        self.svm.expire_blockhash();
        result.map_err(|failed| Failure::from_metadata(&failed))
    }

    /// The newest blockhash.
    pub fn blockhash(&self) -> solana_message::Hash {
        self.svm.latest_blockhash()
    }
}

/// The same with as many compute units as a transaction may ask for.
pub fn with_units(instructions: &[Instruction]) -> Vec<Instruction> {
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(HASH_UNITS);
    [&[limit], instructions].concat()
}

/// A hash for a slot's block.
fn hash_of(slot: u64) -> solana_message::Hash {
    let slot = slot.to_le_bytes();
    solana_message::Hash::new_from_array(std::array::from_fn(|index| slot[index % slot.len()]))
}

/// A transaction whose signatures are blank: this cluster verifies none.
fn unsigned(message: VersionedMessage) -> VersionedTransaction {
    let count = usize::from(message.header().num_required_signatures);
    VersionedTransaction { signatures: vec![Default::default(); count], message }
}

impl Failure {
    /// What a failed transaction says, with the code of its custom error if it has one.
    pub fn from_metadata(failed: &FailedTransactionMetadata) -> Self {
        let message = format!("{:?}\n{}", failed.err, failed.meta.logs.join("\n"));
        let code = message
            .split_once("Custom(")
            .and_then(|(_, rest)| rest.split_once(')'))
            .and_then(|(code, _)| code.parse().ok());
        Self { code, message }
    }

    /// Whether Anchor refused with this error.
    pub fn is_anchor(&self, error: anchor_lang::error::ErrorCode) -> bool {
        self.code == Some(u32::from(error))
    }

    /// Whether the program refused with this error.
    pub fn is(&self, error: holdfast_client::holdfast::error::HoldfastError) -> bool {
        self.code == Some(u32::from(error))
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
        Ok(Cluster::rent(self, length))
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
        Cluster::send(self, &asked, signers).map(|_| ()).map_err(|failure| failure.message)
    }
}
