//! Token accounts and mints of the classic token program.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::program_pack::Pack;
use anchor_lang::solana_program::system_program;
use anchor_spl::token::spl_token::state::{Account, Mint};

use crate::instruction::TOKEN_PROGRAM;

/// The associated token account program.
pub const ASSOCIATED_TOKEN_PROGRAM: Pubkey =
    Pubkey::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Number of `CreateIdempotent` among its instructions.
const CREATE_IDEMPOTENT: u8 = 1;

/// Where a wallet keeps its tokens of a mint by convention: its associated token account.
pub fn address(owner: &Pubkey, mint: &Pubkey) -> Pubkey {
    let seeds = [owner.as_ref(), TOKEN_PROGRAM.as_ref(), mint.as_ref()];
    Pubkey::find_program_address(&seeds, &ASSOCIATED_TOKEN_PROGRAM).0
}

/// Creates that account; does nothing where it exists.
pub fn create(payer: Pubkey, owner: Pubkey, mint: Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(payer, true),
        AccountMeta::new(address(&owner, &mint), false),
        AccountMeta::new_readonly(owner, false),
        AccountMeta::new_readonly(mint, false),
        AccountMeta::new_readonly(system_program::ID, false),
        AccountMeta::new_readonly(TOKEN_PROGRAM, false),
    ];
    Instruction { program_id: ASSOCIATED_TOKEN_PROGRAM, accounts, data: vec![CREATE_IDEMPOTENT] }
}

/// Native units in a token account; `None` when it is not one.
pub fn balance(data: &[u8]) -> Option<u64> {
    Account::unpack(data).ok().map(|account| account.amount)
}

/// Native units that `authority` may spend of a token account of `mint`: all of its own, or what its owner
/// has approved; `None` when it is no account of this mint.
pub fn spendable(data: &[u8], mint: &Pubkey, authority: &Pubkey) -> Option<u64> {
    let account = Account::unpack(data).ok().filter(|account| account.mint == *mint)?;
    if account.owner == *authority {
        return Some(account.amount);
    }
    let approved = Option::<Pubkey>::from(account.delegate) == Some(*authority);
    Some(if approved { account.delegated_amount.min(account.amount) } else { 0 })
}

/// Native units of a mint in existence; `None` when it is not a mint.
pub fn supply(data: &[u8]) -> Option<u64> {
    Mint::unpack(data).ok().map(|mint| mint.supply)
}
