//! What `holdfast-sbpf-link` makes of a computation must compute what the host's compiler makes
//! of it: every operation is run on both, on random operands and on those at the limits.

mod chain;
mod operands;

use chain::{BATCH, VirtualMachine};
use holdfast_differential_operations::{GROUPS, Operands, Output, VECTOR, run};
use rand::{SeedableRng as _, rngs::SmallRng};

/// Transactions per operation, each with [`BATCH`] vectors.
const ROUNDS: usize = 100;

#[test]
fn calls() {
    compare("calls");
}

#[test]
fn floats() {
    compare("floats");
}

#[test]
fn integers() {
    compare("integers");
}

#[test]
fn memory() {
    compare("memory");
}

#[test]
fn rules() {
    compare("rules");
}

#[test]
fn shifts() {
    compare("shifts");
}

/// Runs every operation of a group on both sides.
fn compare(group: &str) {
    let number = GROUPS.iter().position(|(name, _)| *name == group).expect("a group by that name");
    let mut chain = VirtualMachine::start();
    let mut random = SmallRng::seed_from_u64(number as u64);
    for (index, operation) in GROUPS[number].1.iter().enumerate() {
        for _ in 0..ROUNDS {
            let batch: Vec<Operands> = (0..BATCH).map(|_| operands::random(&mut random)).collect();
            let vectors: Vec<_> =
                batch.iter().map(|operands| encode(number, index, operands)).collect();
            let expected: Vec<Output> =
                vectors.iter().map(|vector| run(vector).expect("an operation")).collect();
            let found = chain.run(&vectors);
            for ((operands, expected), found) in batch.iter().zip(&expected).zip(&found) {
                assert_eq!(found, expected, "{group}: {}, of {operands:#x?}", operation.name);
            }
            assert_eq!(found.len(), expected.len(), "{group}: {}", operation.name);
        }
    }
}

fn encode(group: usize, index: usize, operands: &Operands) -> [u8; VECTOR] {
    let mut vector = [0; VECTOR];
    let (operation, values) = vector.split_at_mut(2);
    operation[0] = group.try_into().expect("fewer than 256 groups");
    operation[1] = index.try_into().expect("fewer than 256 operations");
    for (bytes, value) in values.as_chunks_mut().0.iter_mut().zip(operands) {
        *bytes = value.to_le_bytes();
    }
    vector
}
