//! Price accounts for clusters without a price provider: stands at the address of Pyth's price
//! program and lets one key write an account's bytes, whatever they say.
//!
//! **Only for local clusters.** It believes its writer: who holds that key sets every price of every
//! venue that reads the account. On a cluster with value Pyth's own program stands at this address;
//! nothing here may ever be deployed to one.
//!
//! An account is made by the system program with this program as its owner. Its last 32 bytes name
//! its writer; whoever writes first becomes it. Readers take what they know from the beginning and
//! leave the end alone.

use anchor_lang::prelude::*;

declare_id!("FsJ3A3u2vn5cTVofAjvaGnQBRArCwg8ZGnUNtcJ5wzcv");

/// Bytes at an account's end that name its writer.
pub const WRITER: usize = 32;

/// Instructions.
#[program]
pub mod mock_oracle {
    use super::*;

    /// Replaces bytes of a feed from `offset` on. The first to write becomes the feed's writer.
    ///
    /// Refuses: `NotAFeed`, `TooSmall`, `OtherWriter`, `PastTheEnd`.
    ///
    /// - `offset`: where the bytes begin in the account.
    /// - `bytes`: what is written.
    pub fn write(ctx: Context<Write>, offset: u32, bytes: Vec<u8>) -> Result<()> {
        let mut data = ctx.accounts.feed.try_borrow_mut_data()?;
        let (content, writer) = data.split_last_chunk_mut::<WRITER>().ok_or(FeedError::TooSmall)?;
        let signer = ctx.accounts.writer.key().to_bytes();
        require!(*writer == [0; WRITER] || *writer == signer, FeedError::OtherWriter);
        let offset = usize::try_from(offset).map_err(|_| FeedError::PastTheEnd)?;
        let end = offset.checked_add(bytes.len()).ok_or(FeedError::PastTheEnd)?;
        content.get_mut(offset..end).ok_or(FeedError::PastTheEnd)?.copy_from_slice(&bytes);
        *writer = signer;
        Ok(())
    }
}

/// Accounts of `write`.
#[derive(Accounts)]
pub struct Write<'info> {
    /// The feed, an account of this program.
    /// CHECK: an account of this program (`owner = ID`) holds whatever its writer says.
    #[account(mut, owner = ID @ FeedError::NotAFeed)]
    pub feed: UncheckedAccount<'info>,
    /// Signs; must be the feed's writer once it has one.
    pub writer: Signer<'info>,
}

/// Reasons to refuse. Nothing is changed when one is returned.
#[error_code]
pub enum FeedError {
    /// The account belongs to another program.
    #[msg("Not a feed: create the account with the price feed program as its owner")]
    NotAFeed,
    /// The account has no room for its writer.
    #[msg("The account is too small: make it 32 bytes longer than its content")]
    TooSmall,
    /// Somebody else wrote first.
    #[msg("The feed has another writer: sign with the key that wrote to it first")]
    OtherWriter,
    /// The bytes do not end before the writer's name.
    #[msg("The bytes go too far: an account's last 32 bytes name its writer")]
    PastTheEnd,
}
