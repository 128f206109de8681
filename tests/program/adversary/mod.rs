//! Attacks on the compiled program: what somebody who wants to gain tries, and what it gets.

use holdfast_client::Pubkey;
use holdfast_testkit::Trader;
use solana_signer::Signer;

mod crash;
mod doubt;
mod exits;
pub mod governance;
mod insurance;
mod liquidation;
pub mod losses;
mod one_slot;
mod oracle;
pub mod orders;
pub mod pools;
mod prices;
mod prints;
pub mod settings;
mod trading;

/// Whose a margin account is.
fn owner(trader: &Trader) -> Pubkey {
    trader.keypair.pubkey()
}
