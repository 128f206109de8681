//! Mints and token accounts of the classic token program, written as its own layouts.

use anchor_lang::solana_program::program_pack::Pack;
use anchor_spl::token::spl_token::state::{Account as TokenAccount, AccountState, Mint};
use holdfast_client::Pubkey;
use solana_account::Account;

use crate::Cluster;

/// Puts a mint of six decimals in place.
pub fn create_mint(cluster: &mut Cluster, address: Pubkey, decimals: u8) {
    let mint = Mint { decimals, is_initialized: true, supply: 0, ..Mint::default() };
    let mut data = vec![0; Mint::LEN];
    Mint::pack(mint, &mut data).expect("a mint fits its length");
    set_owned(cluster, address, data, anchor_spl::token::ID);
}

/// Puts a token account in place.
pub fn create_token_account(
    cluster: &mut Cluster,
    address: Pubkey,
    mint: Pubkey,
    owner: Pubkey,
    amount: u64,
) {
    let state = AccountState::Initialized;
    let account = TokenAccount { mint, owner, amount, state, ..TokenAccount::default() };
    let mut data = vec![0; TokenAccount::LEN];
    TokenAccount::pack(account, &mut data).expect("a token account fits its length");
    set_owned(cluster, address, data, anchor_spl::token::ID);
}

/// Tokens in an account; zero when there is none.
pub fn balance(cluster: &Cluster, address: &Pubkey) -> u64 {
    let found = cluster.get(address);
    found.and_then(|found| holdfast_client::tokens::balance(&found.data)).unwrap_or_default()
}

/// Tokens of a mint.
pub fn supply(cluster: &Cluster, mint: &Pubkey) -> u64 {
    let found = cluster.get(mint);
    found.and_then(|found| holdfast_client::tokens::supply(&found.data)).unwrap_or_default()
}

/// Puts an account of `owner` in place with the rent it needs.
pub fn set_owned(cluster: &mut Cluster, address: Pubkey, data: Vec<u8>, owner: Pubkey) {
    let lamports = cluster.rent(data.len());
    cluster.set(address, Account { lamports, data, owner, executable: false, rent_epoch: 0 });
}
