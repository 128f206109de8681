//! What a bot or a front end imports: addresses, instructions, account decoding and the standing
//! of an account off chain.

pub mod address;
pub mod decode;
pub mod feed;
pub mod instruction;
pub mod layout;
pub mod standing;

pub use anchor_lang::prelude::{AccountMeta, Pubkey};
pub use anchor_lang::solana_program::instruction::Instruction;
pub use holdfast;
