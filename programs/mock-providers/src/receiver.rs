//! The receiver: a price under a verified root is written to its account.

use anchor_lang::AccountSerialize;
use anchor_lang::prelude::{AccountDeserialize, Clock, Rent, SolanaSysvar};
use anchor_lang::solana_program::account_info::AccountInfo;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program::invoke;
use anchor_lang::solana_program::program_error::ProgramError;
use anchor_lang::solana_program::pubkey::Pubkey;
use anchor_lang::solana_program::system_instruction::create_account;
use borsh::BorshDeserialize;
use byteorder::BE;
use pyth_solana_receiver_sdk::pda::{get_config_address, get_treasury_address};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use pyth_solana_receiver_sdk::{ID, PostUpdateParams};
use pythnet_sdk::accumulators::merkle::MerkleRoot;
use pythnet_sdk::hashers::keccak256_160::Keccak160;
use pythnet_sdk::messages::{Message, PriceFeedMessage};
use pythnet_sdk::wire::from_slice;
use pythnet_sdk::wire::v1::{MerklePriceUpdate, WormholeMessage, WormholePayload};

use crate::bridge::{Said, said};
use crate::require;

/// The name of `post_update`.
pub const POST_UPDATE: [u8; 8] = [133, 95, 207, 175, 11, 79, 118, 44];

/// Where the roots of prices come from: Pyth's chain, and who sends them there, until August 2026 with
/// Wormhole's guardians and since then with Pyth's routers.
const CHAIN: u16 = 26;
const EMITTERS: [[u8; 32]; 2] = [
    [
        0xe1, 0x01, 0xfa, 0xed, 0xac, 0x58, 0x51, 0xe3, 0x2b, 0x9b, 0x23, 0xb5, 0xf9, 0x41, 0x1a,
        0x8c, 0x2b, 0xac, 0x4a, 0xae, 0x3e, 0xd4, 0xdd, 0x7b, 0x81, 0x1d, 0xd1, 0xa7, 0x2e, 0xa4,
        0xaa, 0x71,
    ],
    *b"PythnetPythnetPythnetPythnetPyth",
];

/// Carries out an instruction.
pub fn process(name: &[u8; 8], accounts: &[AccountInfo], arguments: &[u8]) -> ProgramResult {
    require(*name == POST_UPDATE, ProgramError::InvalidInstructionData)?;
    let [payer, message, config, treasury, account, _system, authority, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let mut arguments = arguments;
    let params = PostUpdateParams::deserialize(&mut arguments)
        .map_err(|_| ProgramError::InvalidInstructionData)?;
    require(payer.is_signer && authority.is_signer, ProgramError::MissingRequiredSignature)?;
    let known = *config.key == get_config_address()
        && *treasury.key == get_treasury_address(params.treasury_id);
    require(known, ProgramError::InvalidSeeds)?;
    let price_message = believed(&said(message)?, &params.merkle_price_update)?;
    make_room(payer, account, authority.key)?;
    let update = PriceUpdateV2 {
        write_authority: *authority.key,
        verification_level: VerificationLevel::Full,
        price_message,
        posted_slot: Clock::get()?.slot,
    };
    let written = update.try_serialize(&mut &mut account.try_borrow_mut_data()?[..]);
    written.map_err(|_| ProgramError::AccountDataTooSmall)
}

/// The price, where it is under the root that Pyth's chain sent.
fn believed(said: &Said, update: &MerklePriceUpdate) -> Result<PriceFeedMessage, ProgramError> {
    let refused = ProgramError::InvalidArgument;
    let is_pyths = said.chain == CHAIN && EMITTERS.contains(&said.emitter);
    require(is_pyths, ProgramError::IncorrectAuthority)?;
    let root = WormholeMessage::try_from_bytes(&said.payload).map_err(|_| refused.clone())?;
    let WormholePayload::Merkle(root) = root.payload;
    let root = MerkleRoot::<Keccak160>::new(root.root);
    require(root.check(update.proof.clone(), update.message.as_ref()), refused.clone())?;
    match from_slice::<BE, Message>(update.message.as_ref()) {
        Ok(Message::PriceFeedMessage(price)) => Ok(price),
        _ => Err(refused),
    }
}

/// Makes the account where there is none; the one that there is must be its writer's.
fn make_room<'a>(
    payer: &AccountInfo<'a>,
    account: &AccountInfo<'a>,
    authority: &Pubkey,
) -> ProgramResult {
    if account.data_is_empty() {
        let (length, rent) = (PriceUpdateV2::LEN, Rent::get()?.minimum_balance(PriceUpdateV2::LEN));
        let create = create_account(payer.key, account.key, rent, length as u64, &ID);
        return invoke(&create, &[payer.clone(), account.clone()]);
    }
    require(*account.owner == ID, ProgramError::IllegalOwner)?;
    let kept = PriceUpdateV2::try_deserialize(&mut &account.try_borrow_data()?[..])
        .map_err(|_| ProgramError::InvalidAccountData)?;
    require(kept.write_authority == *authority, ProgramError::IncorrectAuthority)
}
