//! The sBPF side.

use std::path::Path;

use holdfast_differential_operations::{Output, VECTOR};
use litesvm::LiteSVM;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_pubkey::Pubkey;
use solana_signer::Signer as _;
use solana_transaction::Transaction;

/// Vectors per transaction: as many as there is return data for.
pub const BATCH: usize = 32;

/// The most a transaction may ask for.
const COMPUTE_UNITS: u32 = 1_400_000;

/// Pays for every transaction a test sends.
const LAMPORTS: u64 = 100_000_000_000;

const PROGRAM: Pubkey = Pubkey::new_from_array([7; 32]);

/// A virtual machine with the program.
pub struct VirtualMachine {
    svm: LiteSVM,
    payer: Keypair,
}

impl VirtualMachine {
    /// Loads the program that `cargo xtask build` compiled.
    pub fn start() -> Self {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/deploy/differential.so");
        let program = std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{} cannot be read ({error}): run `cargo xtask build` first", path.display())
        });
        let mut svm = LiteSVM::new().with_sigverify(false).with_transaction_history(0);
        svm.add_program(PROGRAM, &program).expect("a program that loads");
        let payer = Keypair::new();
        svm.airdrop(&payer.pubkey(), LAMPORTS).expect("lamports");
        Self { svm, payer }
    }

    /// What the program computes of the vectors.
    pub fn run(&mut self, vectors: &[[u8; VECTOR]]) -> Vec<Output> {
        let compute = ComputeBudgetInstruction::set_compute_unit_limit(COMPUTE_UNITS);
        let run = Instruction::new_with_bytes(PROGRAM, vectors.as_flattened(), Vec::new());
        let message = Message::new(&[compute, run], Some(&self.payer.pubkey()));
        let transaction = Transaction::new(&[&self.payer], message, self.svm.latest_blockhash());
        let done = self.svm.send_transaction(transaction).expect("a transaction that succeeds");
        // The virtual machine cuts zeros off the end.
        let mut returned = done.return_data.data;
        returned.resize(vectors.len() * size_of::<Output>(), 0);
        let values = returned.as_chunks().0.iter().copied().map(u128::from_le_bytes);
        values.collect::<Vec<_>>().as_chunks().0.to_vec()
    }
}
