//! Pyth's way onto local clusters: stands at the addresses of the core bridge, of the receiver and of the
//! push oracle, and does what they do with a price, except for what takes guardians' keys.
//!
//! **Only for local clusters.** Checked are accounts, the form of a guardians' message (its version, at
//! least three signatures, in rising order), who is said to have sent it, that each price is under the
//! root it names, and that prices only get newer. Not checked are the signatures themselves and who may
//! sign, the receiver's settings are fixed, and it takes no fee: whoever can call it can say any price.

mod bridge;
mod push_oracle;
mod receiver;

use anchor_lang::solana_program::account_info::AccountInfo;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program_error::ProgramError;
use anchor_lang::solana_program::pubkey::Pubkey;
use pyth_solana_receiver_sdk::PYTH_PUSH_ORACLE_ID;

/// The core bridge that verifies guardians' messages for the receiver.
pub const CORE_BRIDGE: Pubkey =
    Pubkey::from_str_const("HDwcJBJXjL9FpJ7UBsYBtaDjsBUhuLCUYoz3zr8SWWaQ");

#[cfg(not(feature = "no-entrypoint"))]
anchor_lang::solana_program::entrypoint!(process);

/// Carries out an instruction as the program at `program` would.
///
/// # Errors
/// When that program would refuse it.
pub fn process(program: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (name, arguments) = data.split_first_chunk().ok_or(ProgramError::InvalidInstructionData)?;
    match *program {
        CORE_BRIDGE => bridge::process(name, accounts, arguments),
        PYTH_PUSH_ORACLE_ID => push_oracle::process(name, accounts, arguments),
        id if id == pyth_solana_receiver_sdk::ID => receiver::process(name, accounts, arguments),
        _ => Err(ProgramError::IncorrectProgramId),
    }
}

/// An error unless something holds.
fn require(holds: bool, otherwise: ProgramError) -> ProgramResult {
    if holds { Ok(()) } else { Err(otherwise) }
}
