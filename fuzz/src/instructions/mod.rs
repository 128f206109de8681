//! Instructions at the compiled program.

mod reach;
mod stage;

use holdfast_client::Instruction;
use holdfast_client::holdfast;

use crate::Outcome;
use stage::{Stage, with_stage};

/// Bytes that Anchor names an instruction by.
const DISCRIMINATOR: usize = 8;

/// Instruction data, and accounts that are not those an instruction should have, at the compiled
/// program on the embedded cluster. The program may refuse, and it may run out of compute units; it
/// must not abort.
///
/// The first byte chooses an instruction that is valid there. The second says how many of its
/// accounts are exchanged, two bytes each: which one, and for which address. What is left replaces
/// its arguments; with the highest bit of the first byte, all of its data.
pub fn instructions(data: &[u8]) -> Outcome {
    with_stage(|stage| {
        let Some(instruction) = instruction(stage, data) else { return Outcome::Refused };
        let done = stage.cluster.simulate(&[instruction], &stage.payer);
        if let Err(failure) = &done {
            let aborted = failure.message.contains("ProgramFailedToComplete");
            assert!(!aborted, "the program aborted: {}", failure.message);
            reach::note(data[0], failure.code.unwrap_or_default());
        }
        Outcome::from(&done)
    })
}

fn instruction(stage: &Stage, data: &[u8]) -> Option<Instruction> {
    let ([choice, exchanges], rest) = data.split_first_chunk()?;
    let (all_of_it, choice) = (choice & 0x80 > 0, usize::from(choice & 0x7f));
    let mut instruction = stage.valid[choice % stage.valid.len()].clone();
    instruction.program_id = holdfast::ID;
    let (exchanges, rest) = rest.split_at_checked(2 * usize::from(exchanges % 4))?;
    for exchange in exchanges.chunks_exact(2) {
        let account = usize::from(exchange[0]) % instruction.accounts.len();
        let address = usize::from(exchange[1]) % stage.addresses.len();
        instruction.accounts[account].pubkey = stage.addresses[address];
    }
    if !rest.is_empty() || all_of_it {
        instruction.data.truncate(if all_of_it { 0 } else { DISCRIMINATOR });
        instruction.data.extend(rest);
    }
    Some(instruction)
}

#[cfg(test)]
mod tests {
    use super::{DISCRIMINATOR, with_stage};

    #[test]
    fn every_instruction_is_there_and_has_a_file() {
        let idl = include_str!("../../../idl/holdfast.json");
        let idl: serde_json::Value = serde_json::from_str(idl).unwrap();
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/instructions");
        with_stage(|stage| {
            for described in idl["instructions"].as_array().unwrap() {
                let bytes: [u8; DISCRIMINATOR] =
                    serde_json::from_value(described["discriminator"].clone()).unwrap();
                let known = stage.valid.iter().any(|valid| valid.data.starts_with(&bytes));
                assert!(known, "fuzz/src/instructions/stage.rs has no {}", described["name"]);
            }
            for choice in 0..stage.valid.len() {
                let file = corpus.join(format!("valid_{choice:02}"));
                let found = std::fs::read(&file).unwrap_or_default();
                assert_eq!(found, [choice as u8, 0], "{} has to be these bytes", file.display());
            }
        });
    }
}
