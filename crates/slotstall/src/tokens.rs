//! What accounts of the token programs hold.

use solana_account::Account;
use solana_account_decoder::parse_account_data::SplTokenAdditionalDataV2;
use solana_account_decoder::parse_token::{
    UiTokenAmount, get_token_account_mint, token_amount_to_ui_amount_v3,
};
use solana_pubkey::Pubkey;
use solana_transaction_status_client_types::TransactionTokenBalance;

use crate::Cluster;

/// The token programs.
pub const PROGRAMS: [&str; 2] =
    ["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"];
/// Where a token account holds its mint, its owner, its delegate (after a word that says whether there
/// is one) and its amount, and a mint its supply and its decimals.
pub const MINT: usize = 0;
pub const OWNER: usize = 32;
pub const DELEGATE: usize = 72;
const AMOUNT: usize = 64;
const SUPPLY: usize = 36;
const DECIMALS: usize = 44;

/// Whether a token program owns an account.
pub fn owns(account: &Account) -> bool {
    PROGRAMS.contains(&account.owner.to_string().as_str())
}

/// The mint of a token account.
pub fn mint_of(account: &Account) -> Option<Pubkey> {
    get_token_account_mint(&account.data).filter(|_| owns(account))
}

/// What showing an amount of a mint takes.
pub fn decimals(view: &Cluster, mint: &Pubkey) -> Option<SplTokenAdditionalDataV2> {
    let decimals = *view.get(mint)?.data.get(DECIMALS)?;
    Some(SplTokenAdditionalDataV2 { decimals, ..SplTokenAdditionalDataV2::default() })
}

/// What a token account holds.
pub fn amount(view: &Cluster, account: &Account) -> Option<UiTokenAmount> {
    let mint = mint_of(account)?;
    Some(token_amount_to_ui_amount_v3(number(account, AMOUNT)?, &decimals(view, &mint)?))
}

/// How much of a mint there is.
pub fn supply(view: &Cluster, mint: &Pubkey) -> Option<UiTokenAmount> {
    let account = view.get(mint).filter(|account| owns(account) && mint_of(account).is_none())?;
    Some(token_amount_to_ui_amount_v3(number(&account, SUPPLY)?, &decimals(view, mint)?))
}

/// What those of a transaction's accounts hold that are token accounts.
pub fn balances(view: &Cluster, accounts: &[Pubkey]) -> Vec<TransactionTokenBalance> {
    let balance = |(account_index, address): (u8, &Pubkey)| {
        let account = view.get(address)?;
        let owner = account.data.get(OWNER..OWNER + 32)?;
        Some(TransactionTokenBalance {
            account_index,
            mint: mint_of(&account)?.to_string(),
            ui_token_amount: amount(view, &account)?,
            owner: Pubkey::try_from(owner).ok()?.to_string(),
            program_id: account.owner.to_string(),
        })
    };
    (0_u8..=u8::MAX).zip(accounts).filter_map(balance).collect()
}

fn number(account: &Account, at: usize) -> Option<u64> {
    account.data.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}
