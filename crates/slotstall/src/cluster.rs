//! LiteSVM with a clock that only we move.

use litesvm::LiteSVM;
use litesvm::error::LiteSVMError;
use litesvm::types::{FailedTransactionMetadata, SimulatedTransactionInfo, TransactionMetadata};
use solana_account::{Account, ReadableAccount};
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_last_restart_slot::LastRestartSlot;
use solana_message::{Hash, Message, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_signer::Signer;
use solana_signer::null_signer::NullSigner;
use solana_slot_hashes::SlotHashes;
use solana_transaction::versioned::VersionedTransaction;

use crate::chain::{Block, Chain, EPOCH_SLOTS, Pace};

/// The memo program of most clients, and the one that Agave's command line calls.
const MEMO_3: Pubkey = Pubkey::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const MEMO_4: Pubkey = Pubkey::from_str_const("Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH");
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

/// An embedded cluster. Time stands still until [`Cluster::run`], [`Cluster::pass`],
/// [`Cluster::advance`] or [`Cluster::stall`] moves it. A clone is a snapshot, or a fork: what happens
/// on it leaves the original alone.
#[derive(Clone)]
pub struct Cluster {
    svm: LiteSVM,
    chain: Chain,
}

impl Cluster {
    /// A cluster at `now_ms` (milliseconds since 1970) that verifies signatures. Its clock is voted,
    /// in an epoch that is 136,000 slots old.
    pub fn new(now_ms: u64) -> Self {
        let mut chain = Chain::new(now_ms, FIRST_SLOT);
        chain.vote_time(FIRST_SLOT % EPOCH_SLOTS);
        Self::with(LiteSVM::new(), chain)
    }

    /// A cluster that verifies no signature and shows true time on its clock until
    /// [`Cluster::vote_time`] is called: for tests that are about neither.
    pub fn without_checks(now_ms: u64) -> Self {
        Self::with(LiteSVM::new().with_sigverify(false), Chain::new(now_ms, FIRST_SLOT))
    }

    /// Puts a chain under a virtual machine that has been set up in another way. The cluster judges
    /// blockhashes and remembers transactions by itself, so that the machine does neither.
    pub fn with(svm: LiteSVM, chain: Chain) -> Self {
        let svm = svm.with_blockhash_check(false).with_transaction_history(0);
        let mut cluster = Self { svm, chain };
        cluster.add_memo();
        cluster.show_time();
        cluster
    }

    /// Puts the memo program at its newest address too, as validators have it. The machine has the same
    /// bytes, at the address before that.
    fn add_memo(&mut self) {
        if let Some(memo) = self.svm.get_account(&MEMO_3) {
            self.svm.add_program(MEMO_4, &memo.data).expect("a program that the SVM has already");
        }
    }

    /// True time, milliseconds since 1970. The sysvar shows what validators vote.
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

    /// The virtual machine underneath.
    pub fn svm(&self) -> &LiteSVM {
        &self.svm
    }

    /// The virtual machine underneath, to set up what nothing else here does. Sysvars that tell the
    /// time are overwritten when time passes.
    pub fn svm_mut(&mut self) -> &mut LiteSVM {
        &mut self.svm
    }

    /// From now on the cluster calls `ms` a slot, and [`Cluster::pass`] makes them this long.
    pub fn set_nominal(&mut self, ms: u64) {
        self.chain.set_nominal(ms);
    }

    /// From now on the clock is what validators vote, in an epoch that is `slots` old.
    pub fn vote_time(&mut self, slots: u64) {
        self.chain.vote_time(slots);
    }

    /// Becomes a cluster on this chain: its slot, clock, blocks and restarts. Accounts stay.
    pub fn show_chain(&mut self, chain: &Chain) {
        let before = std::mem::replace(&mut self.chain, chain.clone());
        let clock = |chain: &Chain| (chain.tip(), chain.epoch(), chain.clock_s());
        if clock(&before) != clock(chain) || !before.parents().eq(chain.parents()) {
            self.show_time();
        }
        if before.restart_slot() != chain.restart_slot() {
            self.show_restart(chain.restart_slot());
        }
    }

    /// Lets `ms` pass at a pace and says how many blocks were made; without one, nothing can land.
    pub fn run(&mut self, ms: u64, pace: Pace) -> u64 {
        let made = self.chain.run(ms, pace);
        // Without a block no sysvar moves.
        if made > 0 {
            self.show_time();
        }
        made
    }

    /// Lets `ms` pass without a slot: no sysvar moves, and slots go on where they stopped.
    pub fn stall(&mut self, ms: u64) {
        self.chain.stall(ms);
    }

    /// Abandons the blocks made since `earlier`, a clone of this cluster: accounts and sysvars are as
    /// they were, slots in between count as skipped, and time goes on.
    pub fn fork_from(&mut self, earlier: &Self) {
        let mut chain = self.chain.clone();
        chain.fork_from(&earlier.chain);
        *self = Self { svm: earlier.svm.clone(), chain };
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
        let entries = slots.iter().map(|slot| (*slot, Block { slot: *slot, made_ms: 0 }.hash()));
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
        let epoch = self.chain.epoch();
        let seconds = |of: u64| i64::try_from(of).unwrap_or(i64::MAX);
        self.svm.set_sysvar(&Clock {
            slot: self.chain.slot(),
            epoch_start_timestamp: seconds(epoch.start_s),
            epoch: epoch.number,
            leader_schedule_epoch: epoch.number + 1,
            unix_timestamp: seconds(self.chain.clock_s()),
        });
        let entries = self.chain.parents().map(|block| (block.slot, block.hash()));
        self.svm.set_sysvar(&entries.collect::<SlotHashes>());
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
    ///
    /// # Panics
    /// When the machine does not accept the ELF.
    pub fn install(&mut self, program: Pubkey, authority: &Pubkey, elf: &[u8]) {
        self.try_install(program, authority, elf).expect("a program that the SVM accepts");
    }

    /// As [`Cluster::install`], for an ELF from outside.
    ///
    /// # Errors
    /// When the machine does not accept it.
    pub fn try_install(
        &mut self,
        program: Pubkey,
        authority: &Pubkey,
        elf: &[u8],
    ) -> Result<(), LiteSVMError> {
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
        self.svm.set_account(data_address, account)?;
        // `UpgradeableLoaderState::Program { programdata_address }`.
        let mut data = 2_u32.to_le_bytes().to_vec();
        data.extend(data_address.as_ref());
        let lamports = self.rent(data.len());
        let account = Account { lamports, data, owner, executable: true, rent_epoch: 0 };
        self.svm.set_account(program, account)
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

    /// What all accounts but programs hold, in no order.
    pub fn balances(&self) -> impl Iterator<Item = (Pubkey, u64)> {
        let accounts = self.svm.accounts_db().inner.iter();
        let held = accounts.filter(|(_, account)| account.lamports() > 0 && !account.executable());
        held.map(|(address, account)| (*address, account.lamports()))
    }

    /// Lamports that keep an account of `length` bytes.
    pub fn rent(&self, length: usize) -> u64 {
        self.svm.minimum_balance_for_rent_exemption(length)
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
        let message = Message::new_with_blockhash(instructions, payer.as_ref(), &self.blockhash());
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
        let signed = if self.svm.get_sigverify() {
            VersionedTransaction::try_new(message, signers)
        } else {
            // The signers are checked all the same; a signature that nobody looks at is left blank.
            let mute = signers.iter().map(|signer| NullSigner::new(&signer.pubkey()));
            VersionedTransaction::try_new(message, &mute.collect::<Vec<_>>())
        };
        let transaction =
            signed.map_err(|error| Failure { code: None, message: error.to_string() })?;
        let result = self.svm.send_transaction(transaction);
        result.map_err(|failed| Failure::from_metadata(&failed))
    }

    /// Takes a transaction as it is. Whether its blockhash lives and whether it is new is for the
    /// caller to judge.
    ///
    /// # Errors
    /// What the runtime and the programs said.
    pub fn send_transaction(
        &mut self,
        transaction: VersionedTransaction,
    ) -> Result<TransactionMetadata, Box<FailedTransactionMetadata>> {
        self.svm.send_transaction(transaction).map_err(Box::new)
    }

    /// What sending a transaction would end in; nothing changes. Whether its blockhash lives is for
    /// the caller to judge.
    ///
    /// # Errors
    /// What the runtime and the programs said.
    pub fn try_transaction(
        &self,
        transaction: VersionedTransaction,
    ) -> Result<SimulatedTransactionInfo, Box<FailedTransactionMetadata>> {
        self.svm.simulate_transaction(transaction).map_err(Box::new)
    }

    /// What sending instructions would end in, as if everyone they name as a signer had signed;
    /// nothing changes. A cluster that verifies signatures refuses.
    ///
    /// # Errors
    /// What the runtime and the program said.
    pub fn simulate(&self, instructions: &[Instruction], payer: &Pubkey) -> Result<(), Failure> {
        let message = Message::new_with_blockhash(instructions, Some(payer), &self.blockhash());
        let result = self.svm.simulate_transaction(unsigned(VersionedMessage::Legacy(message)));
        result.map(|_| ()).map_err(|failed| Failure::from_metadata(&failed))
    }

    /// Sends instructions as if everyone they name as a signer had signed. A cluster that verifies
    /// signatures refuses.
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
        result.map_err(|failed| Failure::from_metadata(&failed))
    }

    /// The newest blockhash.
    pub fn blockhash(&self) -> Hash {
        self.chain.tip().hash()
    }
}

/// A transaction whose signatures are blank.
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

    /// Whether it was refused with this error.
    pub fn is(&self, error: impl Into<u32>) -> bool {
        self.code == Some(error.into())
    }
}

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
