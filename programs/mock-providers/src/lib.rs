//! The way of providers' prices onto local clusters: stands at the addresses of Pyth's core bridge, receiver
//! and push oracle, of Switchboard On-Demand's program and of Stork's, and does what they do with a price,
//! except for what takes guardians', oracles' or Stork's keys.
//!
//! **Only for local clusters.** Of Pyth are checked accounts, the form of a guardians' message (its version,
//! at least three signatures, in rising order), who is said to have sent it, that each price is under the
//! root it names, and that prices only get newer. Not checked are the signatures themselves and who may
//! sign, the receiver's settings are fixed, and it takes no fee. Of Switchboard are checked accounts, that
//! as many signatures as oracles were checked right before, the feed's queue, and that the slot is one whose
//! hash a cluster has. Not checked are the signatures, what is signed, and who may sign; it takes no reward,
//! and a value counts from when it lands. Of Stork are checked accounts and that values only get newer. Not
//! checked is the signature, and it takes no fee. Whoever can call it can say any price.

mod bridge;
mod push_oracle;
mod receiver;
mod stork;
mod switchboard;

use anchor_lang::solana_program::account_info::AccountInfo;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program_error::ProgramError;
use anchor_lang::solana_program::pubkey::Pubkey;
use pyth_solana_receiver_sdk::PYTH_PUSH_ORACLE_ID;

pub use stork::STORK;
pub use switchboard::{SECP256K1, SWITCHBOARD};

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
    if *program == SECP256K1 {
        return switchboard::verify();
    }
    let (name, arguments) = data.split_first_chunk().ok_or(ProgramError::InvalidInstructionData)?;
    match *program {
        CORE_BRIDGE => bridge::process(name, accounts, arguments),
        PYTH_PUSH_ORACLE_ID => push_oracle::process(name, accounts, arguments),
        id if id == pyth_solana_receiver_sdk::ID => receiver::process(name, accounts, arguments),
        STORK => stork::process(name, accounts, arguments),
        SWITCHBOARD => switchboard::process(name, accounts, arguments),
        _ => Err(ProgramError::IncorrectProgramId),
    }
}

/// An error unless something holds.
fn require(holds: bool, otherwise: ProgramError) -> ProgramResult {
    if holds { Ok(()) } else { Err(otherwise) }
}
