//! What is proved of the venue's rules, as functions.
//!
//! A theorem reads numbers of which each can be anything, calls the rules with them, and says what
//! has to hold: [`given::assume`] limits what it speaks of, [`given::claim`] is what it says. It is
//! proved when no numbers exist for which it answers [`given::Stop::Broken`], panics or overflows.
//! `cargo xtask prove` shows that, and that numbers exist for which it holds, so that it says
//! something. On the host the same functions run with numbers: that is how a counterexample is
//! checked.
//!
//! To add one: write the function beside those of its kind, name it in `entries.rs`, and give
//! it a row in docs/proofs.md, which a test compares with this list.
#![no_std]

pub mod chain;
pub mod entries;
pub mod given;
pub mod governance;
pub mod ledger;
pub mod margin;
pub mod market;
pub mod math;
pub mod money;
pub mod pool;
pub mod position;

pub use entries::{THEOREMS, Theorem};
