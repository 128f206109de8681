//! What a person does with the wallet.

use holdfast_client::{address, instruction};
use solana_signer::Signer;

use crate::config::Config;
use crate::{preflight, show};

/// Opens the wallet's margin account with the number in the settings.
pub async fn open_account(config: &Config) -> Result<(), String> {
    let wallet = preflight::wallet(config)?;
    let endpoint = show::first(config)?;
    let (owner, silo) = (wallet.pubkey(), address::silo(config.silo));
    let open = instruction::open_margin_account(owner, owner, silo, config.account);
    let signature = endpoint.act(&[open], &wallet).await?;
    println!("opened {}: {signature}", address::margin_account(&silo, &owner, config.account));
    Ok(())
}
