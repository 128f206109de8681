//! Feed accounts: where they are, how they are made, what is written to them.

use std::mem::{offset_of, size_of};

use anchor_lang::solana_program::system_instruction::create_account_with_seed;
use anchor_lang::{InstructionData, ToAccountMetas};
use holdfast_client::{Instruction, Pubkey};
use holdfast_testkit::feed::{Published, pyth_price_account};
use pyth_sdk_solana::state::GenericPriceAccount;

type PriceAccount = GenericPriceAccount<32, ()>;

/// Bytes of a feed account: a price account, then its writer's name.
pub const LENGTH: usize = size_of::<PriceAccount>() + mock_oracle::WRITER;

/// Where a writer's feed of this name is. Known before the account exists, so that markets can list
/// it.
///
/// # Errors
/// When the name is longer than 32 bytes.
pub fn feed_address(writer: &Pubkey, name: &str) -> Result<Pubkey, String> {
    Pubkey::create_with_seed(writer, name, &mock_oracle::ID)
        .map_err(|error| format!("{name:?} cannot name a feed ({error}): use at most 32 bytes"))
}

/// Makes a writer's feed account. The writer pays `rent` lamports for it.
///
/// # Errors
/// When the name is longer than 32 bytes.
pub fn create(writer: &Pubkey, name: &str, rent: u64) -> Result<Instruction, String> {
    let (feed, length) = (feed_address(writer, name)?, LENGTH as u64);
    Ok(create_account_with_seed(writer, &feed, writer, name, rent, length, &mock_oracle::ID))
}

/// Replaces a feed's bytes from `offset` on.
pub fn write(writer: &Pubkey, feed: &Pubkey, offset: u32, bytes: Vec<u8>) -> Instruction {
    Instruction {
        program_id: mock_oracle::ID,
        accounts: mock_oracle::accounts::Write { feed: *feed, writer: *writer }
            .to_account_metas(None),
        data: mock_oracle::instruction::Write { offset, bytes }.data(),
    }
}

/// A price as Pyth's price account says it: all of the account before its components, which stay
/// zero.
pub fn encoded(published: Published, slot: u64) -> Vec<u8> {
    let mut account = pyth_price_account(published);
    (account.last_slot, account.valid_slot, account.agg.pub_slot) = (slot, slot, slot);
    let mut bytes = bytemuck::bytes_of(&account).to_vec();
    bytes.truncate(offset_of!(PriceAccount, comp));
    bytes
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
