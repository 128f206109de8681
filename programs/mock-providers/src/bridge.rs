//! The core bridge: guardians' messages are written to accounts and verified there.

use anchor_lang::solana_program::account_info::AccountInfo;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program_error::ProgramError;
use anchor_lang::solana_program::pubkey::Pubkey;
use anchor_lang::solana_program::system_program;

use crate::{CORE_BRIDGE, require};

const INIT: [u8; 8] = [209, 193, 173, 25, 91, 202, 181, 218];
const WRITE: [u8; 8] = [199, 208, 110, 177, 150, 76, 118, 42];
const VERIFY: [u8; 8] = [103, 56, 177, 229, 240, 103, 68, 73];
const CLOSE: [u8; 8] = [48, 221, 174, 198, 231, 7, 152, 38];

/// What a message's account begins with; then its status, who may write, the verified version and the
/// message's length, and the message.
const DISCRIMINATOR: [u8; 8] = [226, 101, 163, 4, 133, 160, 84, 245];
const STATUS: usize = 8;
const AUTHORITY: core::ops::Range<usize> = 9..41;
const VERSION: usize = 41;
const LENGTH: core::ops::Range<usize> = 42..46;
const MESSAGE: usize = 46;
const WRITING: u8 = 1;
const VERIFIED: u8 = 2;

/// The most who may sign, which are Wormhole's guardians, and the fewest who have to: of Pyth's five
/// routers.
const SIGNERS: u8 = 19;
const QUORUM: u8 = 3;
/// Bytes of a message before its signatures, of each, and of its body before what it says.
const HEADER: usize = 6;
const SIGNATURE: usize = 66;
const BODY: usize = 51;

/// What a verified message says, and who sent it.
pub struct Said {
    /// The chain of its sender.
    pub chain: u16,
    /// Its sender.
    pub emitter: [u8; 32],
    /// What it says.
    pub payload: Vec<u8>,
}

/// Carries out an instruction.
pub fn process(name: &[u8; 8], accounts: &[AccountInfo], arguments: &[u8]) -> ProgramResult {
    let [authority, draft, rest @ ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    require(authority.is_signer, ProgramError::MissingRequiredSignature)?;
    require(*draft.owner == CORE_BRIDGE, ProgramError::IllegalOwner)?;
    match *name {
        INIT => init(authority.key, &mut draft.try_borrow_mut_data()?),
        WRITE => write(authority.key, &mut draft.try_borrow_mut_data()?, arguments),
        VERIFY => verify(authority.key, &mut draft.try_borrow_mut_data()?, rest),
        CLOSE => close(authority, draft),
        _ => Err(ProgramError::InvalidInstructionData),
    }
}

fn init(authority: &Pubkey, data: &mut [u8]) -> ProgramResult {
    require(data.len() > MESSAGE, ProgramError::AccountDataTooSmall)?;
    let empty = data[..MESSAGE].iter().all(|byte| *byte == 0);
    require(empty, ProgramError::AccountAlreadyInitialized)?;
    let length = u32::try_from(data.len() - MESSAGE).unwrap_or(u32::MAX);
    data[..8].copy_from_slice(&DISCRIMINATOR);
    data[STATUS] = WRITING;
    data[AUTHORITY].copy_from_slice(authority.as_ref());
    data[LENGTH].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Whether `authority` may write to a message.
fn require_author(authority: &Pubkey, data: &[u8]) -> ProgramResult {
    let known = data.len() > MESSAGE && data.starts_with(&DISCRIMINATOR);
    require(known, ProgramError::InvalidAccountData)?;
    require(data[AUTHORITY] == authority.to_bytes(), ProgramError::IncorrectAuthority)
}

fn write(authority: &Pubkey, data: &mut [u8], arguments: &[u8]) -> ProgramResult {
    require_author(authority, data)?;
    require(data[STATUS] == WRITING, ProgramError::InvalidAccountData)?;
    let number = |at: usize| {
        let bytes = arguments.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_le_bytes).ok_or(ProgramError::InvalidInstructionData)
    };
    let (index, length) = (number(0)? as usize, number(4)? as usize);
    let bytes = &arguments[8..];
    let whole = bytes.len() == length && length > 0;
    require(whole, ProgramError::InvalidInstructionData)?;
    let place = data[MESSAGE..].get_mut(index..).and_then(|rest| rest.get_mut(..length));
    place.ok_or(ProgramError::AccountDataTooSmall)?.copy_from_slice(bytes);
    Ok(())
}

fn verify(authority: &Pubkey, data: &mut [u8], rest: &[AccountInfo]) -> ProgramResult {
    require_author(authority, data)?;
    require(data[STATUS] == WRITING, ProgramError::InvalidAccountData)?;
    let message = &data[MESSAGE..];
    require(message.len() > HEADER && message[0] == 1, ProgramError::InvalidAccountData)?;
    let guardians = Pubkey::find_program_address(&[b"GuardianSet", &message[1..5]], &CORE_BRIDGE).0;
    let named = rest.first().ok_or(ProgramError::NotEnoughAccountKeys)?;
    require(*named.key == guardians, ProgramError::InvalidSeeds)?;
    let count = usize::from(message[HEADER - 1]);
    let signatures = message.get(HEADER..HEADER + count * SIGNATURE);
    let signatures = signatures.ok_or(ProgramError::InvalidAccountData)?;
    let mut signers = signatures.chunks(SIGNATURE).map(|signature| signature[0]);
    let rising = signers.clone().zip(signers.clone().skip(1)).all(|(one, next)| one < next);
    let known = signers.all(|guardian| guardian < SIGNERS);
    let enough = count >= usize::from(QUORUM);
    require(enough && rising && known, ProgramError::InvalidAccountData)?;
    (data[STATUS], data[VERSION]) = (VERIFIED, 1);
    Ok(())
}

fn close(authority: &AccountInfo, draft: &AccountInfo) -> ProgramResult {
    require_author(authority.key, &draft.try_borrow_data()?)?;
    let rent = draft.lamports();
    **draft.try_borrow_mut_lamports()? = 0;
    **authority.try_borrow_mut_lamports()? += rent;
    draft.assign(&system_program::ID);
    draft.resize(0)
}

/// What a message says that was verified.
pub fn said(account: &AccountInfo) -> Result<Said, ProgramError> {
    require(*account.owner == CORE_BRIDGE, ProgramError::IllegalOwner)?;
    let data = account.try_borrow_data()?;
    let verified = data.starts_with(&DISCRIMINATOR) && data.get(STATUS) == Some(&VERIFIED);
    require(verified, ProgramError::UninitializedAccount)?;
    let message = &data[MESSAGE..];
    let body = HEADER + usize::from(message[HEADER - 1]) * SIGNATURE;
    let body = message.get(body..).filter(|body| body.len() > BODY);
    let body = body.ok_or(ProgramError::InvalidAccountData)?;
    let mut emitter = [0; 32];
    emitter.copy_from_slice(&body[10..42]);
    let chain = u16::from_be_bytes([body[8], body[9]]);
    Ok(Said { chain, emitter, payload: body[BODY..].to_vec() })
}
