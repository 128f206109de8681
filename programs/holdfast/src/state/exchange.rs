use anchor_lang::prelude::*;

/// The venue: one per program. Address: `["exchange"]`.
///
/// Holds: only the count of silos changes after creation.
#[account(zero_copy)]
pub struct Exchange {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Silos created so far; the next one's number.
    pub silo_count: u16,
    /// Explicit padding.
    pub padding: [u8; 4],
    /// Creates silos, lists markets, collects protocol fees. Cannot move user collateral.
    pub admin: Pubkey,
    /// Where protocol fees may go: the owner of the receiving token account.
    pub fee_receiver: Pubkey,
    /// Room for guardians, attesters, timelock and thresholds.
    pub reserved: [u8; 1024],
}

const _: () = assert!(size_of::<Exchange>() == 1096);

impl Exchange {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"exchange";
}
