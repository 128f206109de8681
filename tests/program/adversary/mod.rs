//! People who want to gain from the rules, one file per subject: each test plays what somebody could
//! do, and says what they must not get.

use holdfast_client::Pubkey;
use holdfast_testkit::Trader;
use solana_signer::Signer;

mod exits;
mod insurance;
pub mod losses;
pub mod pools;

/// Whose a margin account is.
fn owner(trader: &Trader) -> Pubkey {
    trader.keypair.pubkey()
}
