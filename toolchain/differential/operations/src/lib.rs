//! Computations whose results must be the same on the chain and off it.
//!
//! The sBPF program and its host-side test both run this crate: whatever `holdfast-sbpf-link`
//! rewrites is done here at least once, on operands that no optimiser knows. To add an operation,
//! add a line to the list of its group.
#![no_std]

extern crate alloc;

mod calls;
mod floats;
mod integers;
mod memory;
mod rules;
mod shifts;

/// What an operation computes with.
pub type Operands = [u128; 4];

/// What it computes.
pub type Output = [u128; 2];

/// Bytes of one vector as the program reads it: the operation's number and its operands.
pub const VECTOR: usize = 2 + size_of::<Operands>();

/// A named computation.
pub struct Operation {
    /// Names it in a report.
    pub name: &'static str,
    /// Computes it.
    pub run: fn(&Operands) -> Output,
}

/// Operations by what they exercise.
pub const GROUPS: [(&str, &[Operation]); 6] = [
    ("calls", calls::OPERATIONS),
    ("floats", floats::OPERATIONS),
    ("integers", integers::OPERATIONS),
    ("memory", memory::OPERATIONS),
    ("rules", rules::OPERATIONS),
    ("shifts", shifts::OPERATIONS),
];

/// Reads a vector and runs it; `None` if there is no such operation.
#[must_use]
pub fn run(vector: &[u8; VECTOR]) -> Option<Output> {
    let [group, index, operands @ ..] = vector;
    let (_, operations) = GROUPS.get(usize::from(*group))?;
    let operation = operations.get(usize::from(*index))?;
    let mut values = Operands::default();
    for (value, bytes) in values.iter_mut().zip(operands.as_chunks().0) {
        *value = u128::from_le_bytes(*bytes);
    }
    Some((operation.run)(&values))
}

/// Builds an operation from a closure that captures nothing.
macro_rules! operation {
    ($name:expr, $run:expr) => {
        $crate::Operation { name: $name, run: $run }
    };
}
use operation;

/// A result that may be missing, and whether it is there.
fn maybe(value: Option<u128>) -> Output {
    match value {
        Some(value) => [value, 1],
        None => [0, 0],
    }
}
