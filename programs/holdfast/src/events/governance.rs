//! Events of set-up, of changes and of what guardians do.

use anchor_lang::prelude::*;

/// The exchange exists.
#[event]
pub struct ExchangeCreated {
    /// Its admin.
    pub admin: Pubkey,
}

/// A silo exists.
#[event]
pub struct SiloCreated {
    /// The silo.
    pub silo: Pubkey,
    /// Its collateral mint.
    pub mint: Pubkey,
}

/// A market was listed.
#[event]
pub struct MarketListed {
    /// The market.
    pub market: Pubkey,
    /// Its silo.
    pub silo: Pubkey,
    /// Its index there.
    pub index: u8,
}

/// Set-up is over: silos take money, and every change waits.
#[event]
pub struct ExchangeLocked {
    /// From a proposal until a change may be applied, milliseconds.
    pub wait_ms: u64,
    /// From then until it may no longer be, milliseconds.
    pub ready_ms: u64,
}

/// A change waits: its account says what it changes.
#[event]
pub struct ChangeProposed {
    /// Its number.
    pub number: u64,
    /// It may be applied at this moment at the earliest.
    pub ready_ms: u64,
    /// It may be applied before this moment.
    pub expires_ms: u64,
}

/// An upgrade of the program waits.
#[event]
pub struct UpgradeProposed {
    /// The change's number.
    pub number: u64,
    /// The buffer that holds the new program.
    pub buffer: Pubkey,
    /// SHA-256 of the new program, which the program itself has computed.
    pub sha256: [u8; 32],
}

/// A change was taken back.
#[event]
pub struct ChangeCancelled {
    /// Its number.
    pub number: u64,
    /// By whom.
    pub by: Pubkey,
}

/// A change was made, or what it asked for was created.
#[event]
pub struct ChangeApplied {
    /// Its number.
    pub number: u64,
}

/// Guardians took families of actions away for a time.
#[event]
pub struct FusesBlown {
    /// A bit for each family: 1 openings, 2 pools, 4 maturing.
    pub families: u8,
    /// Until this moment, milliseconds of the cluster's clock.
    pub until_ms: u64,
}

/// A silo's books do not add up: from now on it only reduces.
#[event]
pub struct FuseTripped {
    /// The silo.
    pub silo: Pubkey,
    /// Parts of the ledger that it counts on in no vault.
    pub unbacked: u64,
    /// What the ledger counts on in the vaults and has no part for.
    pub unclaimed: u64,
    /// What is missing in the liquidity vault.
    pub short: u64,
    /// What is missing in the insurance vault.
    pub short_insurance: u64,
}
