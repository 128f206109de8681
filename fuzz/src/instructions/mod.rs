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
        Outcome::of(&done)
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
