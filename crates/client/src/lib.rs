//! What a bot or a front end imports: addresses, instructions, account and event decoding, the
//! standing of an account off chain, and the reconciliation of a silo.

pub mod address;
pub mod audit;
pub mod decode;
pub mod events;
pub mod feed;
pub mod instruction;
pub mod layout;
pub mod market_hours;
pub mod pyth;
pub mod standing;
pub mod stork;
pub mod stress;
pub mod switchboard;
pub mod tokens;

pub use anchor_lang::prelude::{AccountMeta, Pubkey};
pub use anchor_lang::solana_program::instruction::Instruction;
pub use holdfast;
