//! Stork: a value that Stork is said to have signed is written to its feed's account.

use anchor_lang::prelude::{Rent, SolanaSysvar};
use anchor_lang::solana_program::account_info::AccountInfo;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program::invoke_signed;
use anchor_lang::solana_program::program_error::ProgramError;
use anchor_lang::solana_program::pubkey::Pubkey;
use anchor_lang::solana_program::system_instruction::create_account;
use anchor_lang::solana_program::system_program;

use crate::require;

/// Stork's program.
pub const STORK: Pubkey = Pubkey::from_str_const("stork1JUZMKYgjNagHiK2KdMmb42iTnYe9bYUCDUk8n");

const UPDATE: [u8; 8] = [201, 67, 98, 156, 22, 183, 29, 81];
/// What a feed's account begins with, and where it keeps the rest: the asset, when its value was signed, and
/// the value.
const DISCRIMINATOR: [u8; 8] = [37, 166, 65, 196, 29, 105, 97, 161];
const ID: core::ops::Range<usize> = 8..40;
const TIMESTAMP: core::ops::Range<usize> = 40..48;
const SAID: core::ops::Range<usize> = 8..64;
/// Length of an account: there is room for as much again as it holds.
const LENGTH: usize = 120;

/// Bytes of arguments: the asset, when and what, the publishers' root, the algorithm's hash, the signature,
/// and the treasury's number.
const ARGUMENTS: usize = 186;
const V: usize = 184;
/// What a signature may end with.
const RECOVERY: core::ops::RangeInclusive<u8> = 27..=28;

/// Carries out an instruction.
pub fn process(name: &[u8; 8], accounts: &[AccountInfo], arguments: &[u8]) -> ProgramResult {
    let whole = *name == UPDATE && arguments.len() == ARGUMENTS;
    require(whole, ProgramError::InvalidInstructionData)?;
    let [config, treasury, feed, payer, system, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    require(payer.is_signer && payer.is_writable, ProgramError::MissingRequiredSignature)?;
    let asset = &arguments[..32];
    let find = |seeds: &[&[u8]]| Pubkey::find_program_address(seeds, &STORK);
    let (address, bump) = find(&[b"stork_feed", asset]);
    let known = *config.key == find(&[b"stork_config"]).0
        && *treasury.key == find(&[b"stork_treasury", &arguments[V + 1..]]).0
        && *feed.key == address
        && *system.key == system_program::ID;
    require(known && treasury.is_writable, ProgramError::InvalidSeeds)?;
    if feed.data_is_empty() {
        let rent = Rent::get()?.minimum_balance(LENGTH);
        let create = create_account(payer.key, &address, rent, LENGTH as u64, &STORK);
        let seeds: [&[u8]; 3] = [b"stork_feed", asset, &[bump]];
        invoke_signed(&create, accounts, &[&seeds])?;
        let mut data = feed.try_borrow_mut_data()?;
        data[..8].copy_from_slice(&DISCRIMINATOR);
        data[ID].copy_from_slice(asset);
    }
    require(*feed.owner == STORK, ProgramError::IllegalOwner)?;
    let mut data = feed.try_borrow_mut_data()?;
    let known = data.len() >= LENGTH && data[..8] == DISCRIMINATOR;
    require(known, ProgramError::InvalidAccountData)?;
    if signed(&data[TIMESTAMP]) >= signed(&arguments[32..40]) {
        return Ok(());
    }
    require(RECOVERY.contains(&arguments[V]), ProgramError::InvalidArgument)?;
    data[SAID].copy_from_slice(&arguments[..56]);
    Ok(())
}

/// When a value was signed, nanoseconds since 1970.
fn signed(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}
