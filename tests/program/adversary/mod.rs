//! Attacks on the compiled program: what somebody who wants to gain tries, and what it gets.

pub mod governance;
mod liquidation;
mod oracle;
mod prices;
pub mod settings;
mod trading;
