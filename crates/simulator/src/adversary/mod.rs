//! An attacker that searches: on the compiled program it looks for sequences of moves that gain
//! money at no market exposure, or that keep an account from being liquidated.

pub mod attempt;
pub mod course;
pub mod draw;
pub mod exits;
pub mod grammar;
pub mod honest;
pub mod moves;
mod playing;
pub mod print;
pub mod search;
pub mod stage;
pub mod trace;
pub mod value;
mod watches;

pub use search::{Found, Honest, Search};
pub use stage::{Stage, Theatre};
