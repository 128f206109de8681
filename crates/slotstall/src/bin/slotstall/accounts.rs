//! Accounts in files, as `solana account ADDRESS --output json` writes them.

use std::path::Path;

use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::response::RpcKeyedAccount;

/// An account and its address.
///
/// # Errors
/// A sentence with the file's name.
pub fn read(file: &Path) -> Result<(Pubkey, Account), String> {
    let wrong = |what: String| format!("{}: {what}", file.display());
    let text = std::fs::read(file).map_err(|error| wrong(format!("cannot be read ({error})")))?;
    let keyed: RpcKeyedAccount = serde_json::from_slice(&text).map_err(|error| {
        wrong(format!("no account ({error}): write it with `solana account ADDRESS --output json`"))
    })?;
    let address = keyed.pubkey.parse().map_err(|error| wrong(format!("pubkey: {error}")))?;
    let account = keyed.account.to_account();
    let account = account.ok_or_else(|| wrong("its data is not base64 or base58".to_owned()))?;
    Ok((address, account))
}
