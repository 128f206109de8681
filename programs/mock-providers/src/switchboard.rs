//! Switchboard On-Demand: a value that oracles are said to have signed is written to its feed's account.

use anchor_lang::prelude::{Clock, SolanaSysvar};
use anchor_lang::solana_program::account_info::AccountInfo;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program_error::ProgramError;
use anchor_lang::solana_program::pubkey::Pubkey;
use anchor_lang::solana_program::system_program;
use solana_instructions_sysvar::{get_instruction_relative, load_current_index_checked};

use crate::require;

/// Switchboard's program.
pub const SWITCHBOARD: Pubkey =
    Pubkey::from_str_const("SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv");
/// The cluster's check of secp256k1 signatures. The embedded cluster has none.
pub const SECP256K1: Pubkey = Pubkey::from_str_const("KeccakSecp256k11111111111111111111111111111");

const SLOT_HASHES: Pubkey = Pubkey::from_str_const("SysvarS1otHashes111111111111111111111111111");
const TOKEN_PROGRAM: Pubkey = Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const WRAPPED_SOL: Pubkey = Pubkey::from_str_const("So11111111111111111111111111111111111111112");
const ASSOCIATED_TOKENS: Pubkey =
    Pubkey::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");

const SUBMIT: [u8; 8] = [239, 124, 39, 184, 147, 222, 16, 248];
/// What a feed's account begins with, and where it keeps what is read and written here (crate
/// switchboard-on-demand 0.13.0, `PullFeedAccountData`).
const DISCRIMINATOR: [u8; 8] = [196, 27, 108, 196, 10, 215, 219, 40];
const LENGTH: usize = 3_208;
const QUEUE: core::ops::Range<usize> = 2_088..2_120;
const VALUE: usize = 2_264;
const STD_DEV: usize = 2_280;
const NUM_SAMPLES: usize = 2_360;
const SUBMISSION_INDEX: usize = 2_361;
const SLOT: usize = 2_368;
const TIMESTAMPS: usize = 2_952;

/// Slots whose hashes a cluster keeps: what was signed longer ago cannot be checked.
const KEPT_SLOTS: u64 = 512;
/// Bytes in a check of signatures that tell where the parts of each are, and which of them name an
/// instruction.
const PLACES: usize = 11;
const NAMED: [usize; 3] = [2, 5, 10];

/// Stands for the cluster's check: whatever it is given counts as signed.
pub fn verify() -> ProgramResult {
    Ok(())
}

/// Carries out an instruction.
pub fn process(name: &[u8; 8], accounts: &[AccountInfo], arguments: &[u8]) -> ProgramResult {
    require(*name == SUBMIT, ProgramError::InvalidInstructionData)?;
    let [
        queue,
        state,
        hashes,
        payer,
        system,
        vault,
        tokens,
        mint,
        instructions,
        feed,
        oracles @ ..,
    ] = accounts
    else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    require(payer.is_signer && payer.is_writable, ProgramError::MissingRequiredSignature)?;
    let seeds = [queue.key.as_ref(), TOKEN_PROGRAM.as_ref(), WRAPPED_SOL.as_ref()];
    let known = *state.key == Pubkey::find_program_address(&[b"STATE"], &SWITCHBOARD).0
        && *hashes.key == SLOT_HASHES
        && *system.key == system_program::ID
        && *vault.key == Pubkey::find_program_address(&seeds, &ASSOCIATED_TOKENS).0
        && *tokens.key == TOKEN_PROGRAM
        && *mint.key == WRAPPED_SOL;
    require(known && vault.is_writable, ProgramError::InvalidSeeds)?;
    let signatures = signatures(instructions)?;
    check_oracles(oracles, signatures)?;
    let number = |at: usize| {
        let bytes = arguments.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u64::from_le_bytes).ok_or(ProgramError::InvalidInstructionData)
    };
    let (slot, now) = (number(0)?, Clock::get()?);
    let one = arguments.len() == 28 && arguments[8..12] == 1_u32.to_le_bytes();
    require(one, ProgramError::InvalidInstructionData)?;
    let recent = slot <= now.slot && now.slot - slot <= KEPT_SLOTS;
    require(recent, ProgramError::InvalidArgument)?;
    let said = Said { slot, value: &arguments[12..28], signatures, at: now.unix_timestamp };
    write(feed, queue.key, &said)
}

/// A value and who signed it when.
struct Said<'a> {
    slot: u64,
    value: &'a [u8],
    signatures: usize,
    /// Unix time, seconds.
    at: i64,
}

/// How many signatures were checked right before, by an instruction that names itself as the one that holds
/// them.
fn signatures(instructions: &AccountInfo) -> Result<usize, ProgramError> {
    let before = get_instruction_relative(-1, instructions)?;
    let place = load_current_index_checked(instructions)?.saturating_sub(1);
    require(before.program_id == SECP256K1, ProgramError::InvalidInstructionData)?;
    let (count, rest) = before.data.split_first().ok_or(ProgramError::InvalidInstructionData)?;
    let count = usize::from(*count);
    let places = rest.get(..count * PLACES).ok_or(ProgramError::InvalidInstructionData)?;
    let mut named = places.chunks(PLACES).flat_map(|it| NAMED.map(|at| u16::from(it[at])));
    require(named.all(|it| it == place) && count > 0, ProgramError::InvalidInstructionData)?;
    Ok(count)
}

/// Every oracle with its statistics, which are written to: first the ones and then the others.
fn check_oracles(given: &[AccountInfo], signatures: usize) -> ProgramResult {
    require(given.len() == 2 * signatures, ProgramError::NotEnoughAccountKeys)?;
    let (oracles, statistics) = given.split_at(signatures);
    for (oracle, statistics) in oracles.iter().zip(statistics) {
        let seeds = [&b"OracleStats"[..], oracle.key.as_ref()];
        let expected = Pubkey::find_program_address(&seeds, &SWITCHBOARD).0;
        let sound = *statistics.key == expected && statistics.is_writable;
        require(sound, ProgramError::InvalidSeeds)?;
    }
    Ok(())
}

/// Writes a value; one that was signed no later than the one there is left out.
fn write(feed: &AccountInfo, queue: &Pubkey, said: &Said) -> ProgramResult {
    require(*feed.owner == SWITCHBOARD, ProgramError::IllegalOwner)?;
    let mut data = feed.try_borrow_mut_data()?;
    let known = data.len() >= LENGTH && data[..8] == DISCRIMINATOR;
    require(known, ProgramError::InvalidAccountData)?;
    require(data[QUEUE] == queue.to_bytes(), ProgramError::InvalidArgument)?;
    let kept = data[SLOT..SLOT + 8].try_into().map(u64::from_le_bytes);
    if kept.is_ok_and(|kept| kept >= said.slot) {
        return Ok(());
    }
    data[VALUE..VALUE + 16].copy_from_slice(said.value);
    data[STD_DEV..STD_DEV + 16].fill(0);
    data[NUM_SAMPLES] = u8::try_from(said.signatures).unwrap_or(u8::MAX);
    data[SUBMISSION_INDEX] = 0;
    data[SLOT..SLOT + 8].copy_from_slice(&said.slot.to_le_bytes());
    data[TIMESTAMPS..TIMESTAMPS + 8].copy_from_slice(&said.at.to_le_bytes());
    Ok(())
}
