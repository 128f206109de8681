//! What a validator's programs and people own, as files that another validator begins with.

use std::path::Path;

use anchor_lang::solana_program::bpf_loader_upgradeable as loader;
use anchor_lang::solana_program::system_program;
use anchor_spl::token::spl_token;
use anyhow::{Context, Error, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use holdfast_client::{Pubkey, holdfast};
use holdfast_rpc::{AccountHead, Address, Endpoint};
use serde_json::json;

/// No account is longer, bytes.
const LONGEST: usize = 10 * 1024 * 1024;

/// How the loader's accounts that are programs begin.
const IS_PROGRAM: [u8; 4] = 2_u32.to_le_bytes();

/// Accounts of a validator, all from between two transactions of the venue's program.
pub struct AccountCopy(Vec<(Pubkey, AccountHead)>);

impl AccountCopy {
    /// Copies what belongs to the venue, to the programs named `beside` it, to the loader, to the token
    /// program, and to wallets; `None` when the venue's accounts changed meanwhile.
    ///
    /// # Errors
    /// When the validator does not answer.
    pub async fn take(url: &str, beside: impl Iterator<Item = Pubkey>) -> Result<Option<Self>> {
        let endpoint = Endpoint::named_by("the validator", Address(url.to_owned())).patient();
        let of = async |owner: Pubkey| -> Result<Vec<(Pubkey, AccountHead)>> {
            let found = endpoint.heads(&owner, &[], LONGEST).await.map_err(Error::msg)?;
            Ok(found.into_iter().map(|account| (owner, account)).collect())
        };
        let mut all = of(holdfast::ID).await?;
        let venue = all.clone();
        let others = [loader::ID, spl_token::ID, system_program::ID];
        for owner in others.into_iter().chain(beside) {
            all.extend(of(owner).await?);
        }
        let unchanged = of(holdfast::ID).await? == venue;
        Ok(unchanged.then_some(Self(all)))
    }

    /// The bytes of an account.
    ///
    /// # Errors
    /// When it was not copied.
    pub fn data(&mut self, address: &Pubkey) -> Result<&mut [u8]> {
        let found = self.0.iter_mut().find(|(_, account)| account.address == *address);
        let (_, account) = found.with_context(|| format!("there is no account {address}"))?;
        Ok(&mut account.data)
    }

    /// Writes a file for each account, as `solana-test-validator --account-dir` reads them.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, directory: &Path) -> Result<()> {
        std::fs::create_dir_all(directory)?;
        for (owner, account) in &self.0 {
            let address = account.address.to_string();
            let file = json!({
                "pubkey": address,
                "account": {
                    "lamports": account.lamports,
                    "data": [BASE64_STANDARD.encode(&account.data), "base64"],
                    "owner": owner.to_string(),
                    "executable": *owner == loader::ID && account.data.starts_with(&IS_PROGRAM),
                    // Whatever pays no rent has this.
                    "rentEpoch": u64::MAX,
                    "space": account.data.len(),
                },
            });
            let path = directory.join(format!("{address}.json"));
            std::fs::write(&path, file.to_string())
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}
