//! The push oracle: one account for each feed and shard, whose prices only get newer.

use anchor_lang::prelude::AccountDeserialize;
use anchor_lang::solana_program::account_info::AccountInfo;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program::invoke_signed;
use anchor_lang::solana_program::program_error::ProgramError;
use anchor_lang::solana_program::pubkey::Pubkey;
use borsh::BorshDeserialize;
use byteorder::BE;
use pyth_solana_receiver_sdk::price_update::PriceUpdateV2;
use pyth_solana_receiver_sdk::{ID as RECEIVER, PYTH_PUSH_ORACLE_ID, PostUpdateParams};
use pythnet_sdk::messages::Message;
use pythnet_sdk::wire::from_slice;

use crate::receiver::POST_UPDATE;
use crate::require;

const UPDATE_PRICE_FEED: [u8; 8] = [28, 9, 93, 150, 86, 153, 188, 115];

/// Carries out an instruction.
pub fn process(name: &[u8; 8], accounts: &[AccountInfo], arguments: &[u8]) -> ProgramResult {
    require(*name == UPDATE_PRICE_FEED, ProgramError::InvalidInstructionData)?;
    let [payer, receiver, message, config, treasury, feed, system, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let mut rest = arguments;
    let params = PostUpdateParams::deserialize(&mut rest)
        .map_err(|_| ProgramError::InvalidInstructionData)?;
    let (shard, id) = rest.split_at_checked(2).ok_or(ProgramError::InvalidInstructionData)?;
    let (address, bump) = Pubkey::try_find_program_address(&[shard, id], &PYTH_PUSH_ORACLE_ID)
        .ok_or(ProgramError::InvalidSeeds)?;
    require(*feed.key == address && *receiver.key == RECEIVER, ProgramError::InvalidSeeds)?;
    let update: &[u8] = params.merkle_price_update.message.as_ref();
    let Ok(Message::PriceFeedMessage(price)) = from_slice::<BE, Message>(update) else {
        return Err(ProgramError::InvalidArgument);
    };
    if price.publish_time <= published(feed)? {
        return Ok(());
    }
    let params = &arguments[..arguments.len() - rest.len()];
    let post = Instruction {
        program_id: RECEIVER,
        accounts: vec![
            AccountMeta::new(*payer.key, true),
            AccountMeta::new_readonly(*message.key, false),
            AccountMeta::new_readonly(*config.key, false),
            AccountMeta::new(*treasury.key, false),
            AccountMeta::new(address, true),
            AccountMeta::new_readonly(*system.key, false),
            AccountMeta::new_readonly(address, true),
        ],
        data: [&POST_UPDATE[..], params].concat(),
    };
    invoke_signed(&post, accounts, &[&[shard, id, &[bump]]])?;
    require(price.feed_id == id, ProgramError::InvalidArgument)
}

/// When the price in an account was published; zero where there is none.
fn published(feed: &AccountInfo) -> Result<i64, ProgramError> {
    if feed.data_is_empty() {
        return Ok(0);
    }
    let kept = PriceUpdateV2::try_deserialize(&mut &feed.try_borrow_data()?[..])
        .map_err(|_| ProgramError::InvalidAccountData)?;
    Ok(kept.price_message.publish_time)
}
