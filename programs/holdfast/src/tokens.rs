//! Moving tokens and checking vaults.

use anchor_lang::prelude::*;
use anchor_spl::token::{self, Burn, MintTo, TokenAccount, Transfer, accessor};
use holdfast_risk::pool::PoolKind;

use crate::error::HoldfastError;
use crate::state::Silo;

/// Where a token account says whether it is open, and the byte for that: `AccountState::Initialized`.
const STATE: usize = 108;
const OPEN: u8 = 1;

/// The seeds a silo signs with.
pub struct SiloSigner {
    number: [u8; 2],
    bump: [u8; 1],
}

impl SiloSigner {
    /// The seeds of a silo.
    pub fn new(silo: &Silo) -> Self {
        Self { number: silo.number.to_le_bytes(), bump: [silo.bump] }
    }

    fn seeds(&self) -> [&[u8]; 3] {
        [Silo::SEED, &self.number, &self.bump]
    }
}

/// Transfers from a user's token account, signed by the user.
pub fn take<'info>(
    from: &AccountInfo<'info>,
    vault: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    amount: u64,
) -> Result<()> {
    let accounts = Transfer { from: from.clone(), to: vault.clone(), authority: authority.clone() };
    token::transfer(CpiContext::new(token::ID, accounts), amount)
}

/// Transfers out of a vault, signed by the silo.
pub fn pay<'info>(
    vault: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    silo: &AccountInfo<'info>,
    signer: &SiloSigner,
    amount: u64,
) -> Result<()> {
    let accounts = Transfer { from: vault.clone(), to: to.clone(), authority: silo.clone() };
    let seeds = [&signer.seeds()[..]];
    token::transfer(CpiContext::new_with_signer(token::ID, accounts, &seeds), amount)
}

/// Mints share tokens, signed by the silo.
pub fn mint_shares<'info>(
    mint: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    silo: &AccountInfo<'info>,
    signer: &SiloSigner,
    amount: u64,
) -> Result<()> {
    let accounts = MintTo { mint: mint.clone(), to: to.clone(), authority: silo.clone() };
    let seeds = [&signer.seeds()[..]];
    token::mint_to(CpiContext::new_with_signer(token::ID, accounts, &seeds), amount)
}

/// Burns share tokens, signed by their owner.
pub fn burn_shares<'info>(
    mint: &AccountInfo<'info>,
    from: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    amount: u64,
) -> Result<()> {
    let accounts = Burn { mint: mint.clone(), from: from.clone(), authority: authority.clone() };
    token::burn(CpiContext::new(token::ID, accounts), amount)
}

/// The vault holds at least what the ledger counts on; donations do not matter.
pub fn check_vault(vault: &AccountInfo, counted: u64) -> Result<()> {
    require!(accessor::amount(vault)? >= counted, HoldfastError::VaultShort);
    Ok(())
}

/// The vault is the silo's `holder`, and the share mint that of pool `kind`.
pub fn check_pool(
    silo: &Silo,
    holder: PoolKind,
    kind: PoolKind,
    vault: &AccountInfo,
    share_mint: &AccountInfo,
) -> Result<()> {
    let matches = silo.vault(holder) == *vault.key && silo.share_mint(kind) == *share_mint.key;
    require!(matches, HoldfastError::WrongVault);
    Ok(())
}

/// Whether tokens of `mint` can be sent to an account now: it is one for them, neither closed nor frozen.
pub fn can_receive(account: &AccountInfo, mint: &Pubkey, vault: &AccountInfo) -> bool {
    let is_open = || account.try_borrow_data().is_ok_and(|data| data.get(STATE) == Some(&OPEN));
    check_account(account, mint, vault).is_ok() && is_open()
}

/// A token account of the classic token program and of `mint` that is not `vault`.
pub fn check_account(account: &AccountInfo, mint: &Pubkey, vault: &AccountInfo) -> Result<()> {
    let is_token_account = *account.owner == token::ID
        && account.data_len() == TokenAccount::LEN
        && account.key != vault.key;
    require!(is_token_account, HoldfastError::WrongTokenAccount);
    require!(accessor::mint(account)? == *mint, HoldfastError::WrongTokenAccount);
    Ok(())
}
