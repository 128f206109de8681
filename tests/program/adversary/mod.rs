//! Attacks on the compiled program: what somebody who wants to gain tries, and what it gets.

pub mod governance;
mod oracle;
pub mod settings;
