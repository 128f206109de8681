//! Prices of Stork as its REST API hands them out, and the instruction that brings one on chain.
//!
//! Stork signs what its publishers say with one key of its own. Its program on chain has that key's address,
//! recovers the signer, and writes a newer value to the feed's account, which it makes where there is none;
//! an older one is left out, and nothing is refused. Anybody may call it.
//!
//! The crate `stork-solana-sdk` (0.0.7) has the accounts and not the instruction, and is built on another
//! major version of Anchor. The layout is that of Stork's program (Stork-Oracle/stork-external,
//! `chains/solana/contracts/programs/stork/src/lib.rs`).

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::system_program;
use holdfast::oracle::STORK_PROGRAM;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};
use pythnet_sdk::hashers::Hasher;
use pythnet_sdk::hashers::keccak256::Keccak256;

use crate::address;

/// What the data of `update_temporal_numeric_value_evm` begins with.
const UPDATE: [u8; 8] = [201, 67, 98, 156, 22, 183, 29, 81];
/// Nanoseconds in a millisecond, and units of a value of 18 decimals in one of a price of six.
const MILLI: u64 = 1_000_000;
const SCALE: i128 = 1_000_000_000_000;

/// Compute units that an update asks for: recovering a signer takes 25,000 on every cluster
/// (`SECP256K1_RECOVER_COST` of Agave), finding three addresses and making an account the rest.
const UPDATE_UNITS: u32 = 100_000;

/// One price with what the chain needs to believe it. Nobody has checked its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPrice {
    /// Keccak-256 of the asset's name.
    pub id: [u8; 32],
    /// When Stork signed it, nanoseconds since 1970.
    pub timestamp: u64,
    /// The value with 18 decimals.
    pub value: i128,
    /// Root of the tree of what publishers said.
    pub publishers: [u8; 32],
    /// Hash of how the value follows from that.
    pub algorithm: [u8; 32],
    /// The signature's `r`.
    pub r: [u8; 32],
    /// The signature's `s`.
    pub s: [u8; 32],
    /// The signature's `v`: 27 or 28.
    pub v: u8,
}

impl SignedPrice {
    /// What it says; Stork states no confidence, so the value counts as exact. `None` where it is no price.
    pub fn quote(&self) -> Option<Quote> {
        let price = u64::try_from(self.value / SCALE).ok().filter(|price| *price > 0)?;
        let (price, confidence) = (Price(price), Price(0));
        Some(Quote { price, confidence, published: Millis(self.timestamp / MILLI) })
    }
}

/// The id of an asset's feed.
pub fn feed_id(asset: &str) -> [u8; 32] {
    Keccak256::hashv(&[asset])
}

/// Stork's settings, with the address of its key.
pub fn config_address() -> Pubkey {
    Pubkey::find_program_address(&[b"stork_config"], &STORK_PROGRAM).0
}

/// Where Stork's fees are paid: one of 256, so that payments do not wait for one another.
pub fn treasury_address(number: u8) -> Pubkey {
    Pubkey::find_program_address(&[b"stork_treasury", &[number]], &STORK_PROGRAM).0
}

/// The transaction that brings a price. The payer chooses the treasury.
pub fn post(payer: Pubkey, price: &SignedPrice) -> Vec<Instruction> {
    let treasury = payer.to_bytes()[0];
    let accounts = vec![
        AccountMeta::new_readonly(config_address(), false),
        AccountMeta::new(treasury_address(treasury), false),
        AccountMeta::new(address::stork_feed(&price.id), false),
        AccountMeta::new(payer, true),
        AccountMeta::new_readonly(system_program::ID, false),
    ];
    let data = [
        &UPDATE[..],
        &price.id,
        &price.timestamp.to_le_bytes(),
        &price.value.to_le_bytes(),
        &price.publishers,
        &price.algorithm,
        &price.r,
        &price.s,
        &[price.v, treasury],
    ]
    .concat();
    vec![Instruction { program_id: STORK_PROGRAM, accounts, data }]
}

/// Compute units that such an instruction asks for; `None`: it is none.
pub fn units(instruction: &Instruction) -> Option<u32> {
    (instruction.program_id == STORK_PROGRAM).then_some(UPDATE_UNITS)
}

#[cfg(test)]
mod tests {
    use super::feed_id;

    #[test]
    fn feeds_are_named_as_stork_names_them() {
        // The id in the example of Stork's documentation of its REST API.
        let known = [
            0x74, 0x04, 0xe3, 0xd1, 0x04, 0xea, 0x78, 0x41, 0xc3, 0xd9, 0xe6, 0xfd, 0x20, 0xad,
            0xfe, 0x99, 0xb4, 0xad, 0x58, 0x6b, 0xc0, 0x8d, 0x8f, 0x3b, 0xd3, 0xaf, 0xef, 0x89,
            0x4c, 0xf1, 0x84, 0xde,
        ];
        assert_eq!(feed_id("BTCUSD"), known);
    }
}
