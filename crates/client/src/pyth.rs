//! Prices of Pyth as its service Hermes hands them out, and the instructions that bring one on chain.
//!
//! Hermes signs nothing: what it hands out is a message of guardians (a VAA) with the root of a tree of
//! prices, and each price with its path to that root. Guardians are Wormhole's or, since August 2026,
//! Pyth's routers. Pyth has two sets of programs that take the same messages: "Pyth Core", whose
//! addresses stayed the same when it was upgraded then, and "Pyth Core Compatible" at other ones. These
//! are the former, because they own the accounts that the venue reads.
//!
//! On chain the core bridge verifies all signatures, which takes an account to write the message to,
//! because it does not fit one transaction with everything else. Then Pyth's push oracle has the receiver
//! check the path and write the price into the account of that feed and shard, unless what is there is as
//! new. Anybody may update such an account, so several keepers share one for each feed, and nobody can
//! close it.

mod instructions;

use std::fmt;
use std::sync::Arc;

use anchor_lang::prelude::Pubkey;
use byteorder::BE;
use holdfast::oracle::quote;
use holdfast_risk::Millis;
use holdfast_risk::market::reading::Quote;
use pythnet_sdk::accumulators::merkle::MerkleRoot;
use pythnet_sdk::hashers::keccak256_160::Keccak160;
use pythnet_sdk::messages::Message;
use pythnet_sdk::wire::from_slice;
use pythnet_sdk::wire::v1::{
    AccumulatorUpdateData, MerklePriceUpdate, Proof, WormholeMessage, WormholePayload,
};

pub use instructions::{close, draft_address, open, post, post_units, price_feed_address, units};

/// The receiver, which owns price feed accounts.
pub const RECEIVER: Pubkey = pyth_solana_receiver_sdk::ID;
/// The push oracle, which decides what is written to them.
pub const PUSH_ORACLE: Pubkey = pyth_solana_receiver_sdk::PYTH_PUSH_ORACLE_ID;
/// The core bridge that verifies guardians' messages for the receiver (pyth-crosschain, `address.ts` of
/// its Solana SDK: the default Wormhole program).
pub const CORE_BRIDGE: Pubkey =
    Pubkey::from_str_const("HDwcJBJXjL9FpJ7UBsYBtaDjsBUhuLCUYoz3zr8SWWaQ");

/// The version of guardians' messages that is known, and where its parts are: a header, signatures, a
/// body that ends with what the message says.
const VERSION: u8 = 1;
const HEADER: usize = 6;
const SIGNATURE: usize = 66;
const BODY: usize = 51;

/// Why an update cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not in the known form.
    Form,
    /// A price is not under the root that guardians signed.
    Path,
    /// It does not fit the transactions that would bring it.
    TooLong,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            Self::Form => "an update is not in the known form",
            Self::Path => "a price is not under the root that was signed",
            Self::TooLong => "an update does not fit the transactions that would bring it",
        })
    }
}

/// One price with what the chain needs to believe it. Nobody has checked its signatures.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedPrice {
    /// The feed.
    pub id: [u8; 32],
    /// What it says.
    pub quote: Quote,
    /// When guardians saw it, by their word: later than all prices in the same message.
    pub signed: Millis,
    message: Arc<[u8]>,
    guardian_set: u32,
    update: MerklePriceUpdate,
}

/// The guardians' message, as far as it is looked at.
struct GuardianMessage {
    set: u32,
    seen: Millis,
    root: MerkleRoot<Keccak160>,
}

/// Reads an update, as Hermes hands it out: every price in it.
///
/// # Errors
/// Why none of it can be used.
pub fn read(update: &[u8]) -> Result<Vec<SignedPrice>, Unreadable> {
    let parsed = AccumulatorUpdateData::try_from_slice(update).map_err(|_| Unreadable::Form)?;
    let Proof::WormholeMerkle { vaa, updates } = parsed.proof;
    let message: Arc<[u8]> = Arc::from(Vec::from(vaa));
    let read = guardian_message(&message)?;
    if !updates.iter().all(|update| instructions::fits(&message, update)) {
        return Err(Unreadable::TooLong);
    }
    let mut prices = Vec::with_capacity(updates.len());
    for update in updates {
        if !read.root.check(update.proof.clone(), update.message.as_ref()) {
            return Err(Unreadable::Path);
        }
        let said = from_slice::<BE, Message>(update.message.as_ref());
        let Message::PriceFeedMessage(price) = said.map_err(|_| Unreadable::Form)? else {
            continue;
        };
        let quote = quote(price.price, price.conf, price.exponent, price.publish_time)
            .map_err(|_| Unreadable::Form)?;
        prices.push(SignedPrice {
            id: price.feed_id,
            quote,
            signed: read.seen,
            message: message.clone(),
            guardian_set: read.set,
            update,
        });
    }
    Ok(prices)
}

fn guardian_message(message: &[u8]) -> Result<GuardianMessage, Unreadable> {
    let number = |at: usize| {
        let bytes = message.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let read = || {
        let (version, signatures) = (*message.first()?, usize::from(*message.get(HEADER - 1)?));
        let body = HEADER + signatures * SIGNATURE;
        let said = WormholeMessage::try_from_bytes(message.get(body + BODY..)?).ok()?;
        let WormholePayload::Merkle(root) = said.payload;
        let (set, seen) = (number(1)?, Millis(u64::from(number(body)?) * 1_000));
        (version == VERSION).then_some(GuardianMessage {
            set,
            seen,
            root: MerkleRoot::new(root.root),
        })
    };
    read().ok_or(Unreadable::Form)
}

#[cfg(test)]
#[path = "pyth_tests.rs"]
mod tests;
