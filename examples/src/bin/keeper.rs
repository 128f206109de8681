//! A keeper of one's own: looks at the whole venue, asks the rules what is due, and does it.
//!
//! ```text
//! cargo run -p holdfast-examples --bin keeper -- URL KEYPAIR ROUNDS
//! ```
//!
//! It trusts its one endpoint and reads every account in each round. `holdfast keeper run` follows
//! streams, compares endpoints and knows when not to act.

use std::time::Duration;

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Pubkey, address, instruction};
use holdfast_examples::{arguments, connect, land, read};
use holdfast_keeper_core::{AccountCache, decide};
use holdfast_rpc::Endpoint;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(400);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), String> {
    let [url, keypair, rounds] = arguments("keeper URL KEYPAIR ROUNDS")?;
    let (endpoint, wallet) = connect(&url, &keypair)?;
    let rounds: u64 = rounds.parse().map_err(|_| "ROUNDS is a number")?;
    // What a keeper earns is paid into its own margin account.
    let (silo, owner) = (address::silo(0), wallet.pubkey());
    let keeper = address::margin_account(&silo, &owner, 0);
    if read::<MarginAccount>(&endpoint, &keeper).await?.is_none() {
        let open = instruction::open_margin_account(owner, owner, silo, 0);
        land(&endpoint, &[open], &wallet).await?;
    }
    for _ in 0..rounds {
        round(&endpoint, &wallet, silo, keeper).await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn round(
    endpoint: &Endpoint,
    wallet: &Keypair,
    silo: Pubkey,
    keeper: Pubkey,
) -> Result<(), String> {
    let snapshot = endpoint.everything(CommitmentConfig::processed()).await?;
    let venue = AccountCache::new(silo, &snapshot)?;
    let now = endpoint.clock().await?;
    for intent in decide(venue.mirror(), now) {
        let Some(instruction) = intent.instruction(venue.mirror(), keeper, wallet.pubkey()) else {
            continue;
        };
        match land(endpoint, &[instruction], wallet).await {
            Ok(signature) => println!("{intent:?} in {signature}"),
            Err(reason) => println!("{intent:?} came to nothing: {reason}"),
        }
    }
    Ok(())
}
