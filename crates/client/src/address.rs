//! Addresses of the program's accounts.

use std::sync::LazyLock;

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::bpf_loader_upgradeable;
use holdfast::oracle::STORK_PROGRAM;
use holdfast::state::{ChainHealth, Change, Exchange, MarginAccount, Market, PoolRequest, Silo};

/// The program that holds upgradeable programs.
pub const UPGRADEABLE_LOADER: Pubkey = bpf_loader_upgradeable::ID;

fn derive(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &holdfast::ID).0
}

/// The exchange.
pub fn exchange() -> Pubkey {
    derive(&[Exchange::SEED])
}

/// The exchange's chain health. Nearly every instruction names it, and deriving an address takes
/// longer than building one: it is derived once.
pub fn chain_health() -> Pubkey {
    static ADDRESS: LazyLock<Pubkey> = LazyLock::new(|| derive(&[ChainHealth::SEED]));
    *ADDRESS
}

/// A change by its number.
pub fn change(number: u64) -> Pubkey {
    derive(&[Change::SEED, &number.to_le_bytes()])
}

/// A silo by its number.
pub fn silo(number: u16) -> Pubkey {
    derive(&[Silo::SEED, &number.to_le_bytes()])
}

/// A silo's vault of collateral and liquidity.
pub fn liquidity_vault(silo: &Pubkey) -> Pubkey {
    derive(&[Silo::LIQUIDITY_VAULT_SEED, silo.as_ref()])
}

/// A silo's vault of the insurance fund.
pub fn insurance_vault(silo: &Pubkey) -> Pubkey {
    derive(&[Silo::INSURANCE_VAULT_SEED, silo.as_ref()])
}

/// Share token of a silo's liquidity pool.
pub fn liquidity_mint(silo: &Pubkey) -> Pubkey {
    derive(&[Silo::LIQUIDITY_MINT_SEED, silo.as_ref()])
}

/// Share token of a silo's insurance fund.
pub fn insurance_mint(silo: &Pubkey) -> Pubkey {
    derive(&[Silo::INSURANCE_MINT_SEED, silo.as_ref()])
}

/// A market by its index in the silo.
pub fn market(silo: &Pubkey, index: u8) -> Pubkey {
    derive(&[Market::SEED, silo.as_ref(), &[index]])
}

/// The account in which Stork's program keeps the feed of an asset.
pub fn stork_feed(id: &[u8; 32]) -> Pubkey {
    Pubkey::find_program_address(&[b"stork_feed", id], &STORK_PROGRAM).0
}

/// An owner's margin account by its number.
pub fn margin_account(silo: &Pubkey, owner: &Pubkey, number: u16) -> Pubkey {
    derive(&[MarginAccount::SEED, silo.as_ref(), owner.as_ref(), &number.to_le_bytes()])
}

/// An owner's pool request by its number.
pub fn pool_request(silo: &Pubkey, owner: &Pubkey, number: u16) -> Pubkey {
    derive(&[PoolRequest::SEED, silo.as_ref(), owner.as_ref(), &number.to_le_bytes()])
}

/// The program's data account, which names its upgrade authority.
pub fn program_data() -> Pubkey {
    Pubkey::find_program_address(&[holdfast::ID.as_ref()], &UPGRADEABLE_LOADER).0
}
