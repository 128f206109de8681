//! Prices of Switchboard On-Demand as its service Crossbar hands them out, and the instructions that bring
//! one on chain.
//!
//! Crossbar asks oracles to run a feed's jobs and hands out two instructions: the cluster's own check of the
//! oracles' secp256k1 signatures, and `pull_feed_submit_response_consensus` of Switchboard's program, which
//! reads that check and writes the value to the feed's account. That account is what the venue reads. The
//! newer quote accounts of Switchboard's quote program are not: they hold no samples and no deviation.
//!
//! What a host says is not signed as it is. Only the slot, the value, the queue, the oracles and their
//! signatures are taken from it, and the instructions are made anew around them: no other program is called,
//! and nothing else can be written or paid for.

mod wire;

use std::fmt;

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::system_program;
use holdfast::oracle::SWITCHBOARD_PROGRAM;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};

use crate::instruction::TOKEN_PROGRAM;
use crate::tokens;
use wire::{Signatures, Submission};

/// The cluster's check of secp256k1 signatures.
pub const SECP256K1_PROGRAM: Pubkey =
    Pubkey::from_str_const("KeccakSecp256k11111111111111111111111111111");
/// Wrapped SOL, in which Switchboard's program is paid.
pub const WRAPPED_SOL: Pubkey =
    Pubkey::from_str_const("So11111111111111111111111111111111111111112");
/// Oracles whose signatures are asked for: as many as fit a transaction without a table of addresses, and as
/// many as the venue takes for a price at least.
pub const ORACLES: usize = 3;

const SLOT_HASHES: Pubkey = Pubkey::from_str_const("SysvarS1otHashes111111111111111111111111111");
const INSTRUCTIONS: Pubkey = Pubkey::from_str_const("Sysvar1nstructions1111111111111111111111111");

/// Accounts of the instruction before the feed and the oracles.
const FIXED: usize = 9;
/// Native units of a value in one of a price: 18 decimals in six.
const SCALE: i128 = 1_000_000_000_000;

/// Compute units of Switchboard's instruction where nothing else is known: what a cluster gives one that does
/// not ask. Of the check of signatures, which is none of a program's work: something for a program that
/// stands in its place.
const SUBMIT_UNITS: u32 = 200_000;
const VERIFY_UNITS: u32 = 5_000;

/// Why what a host hands out cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not in the known form.
    Form,
    /// It is of several feeds, or of none.
    Feeds,
    /// Its signatures are not those of as many oracles, or of more than fit a transaction.
    Oracles,
    /// It has no price.
    NoPrice,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            Self::Form => "an update is not in the known form",
            Self::Feeds => "an update is not of one feed",
            Self::Oracles => "an update has not as many signatures as oracles, or more than three",
            Self::NoPrice => "an update has no price",
        })
    }
}

/// One price with what the chain needs to believe it. Nobody has checked its signatures.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedPrice {
    /// The feed's account.
    pub account: Pubkey,
    /// The slot whose hash the oracles signed.
    pub slot: u64,
    /// The price.
    pub price: Price,
    value: i128,
    queue: Pubkey,
    /// Oracles and the accounts of their statistics, in the order that the program is to be given them.
    oracles: Vec<AccountMeta>,
    signatures: Signatures,
}

/// Reads an update: two instructions, each as `bincode` writes it.
///
/// # Errors
/// Why it cannot be used.
pub fn read(verify: &[u8], submit: &[u8]) -> Result<SignedPrice, Unreadable> {
    let verify = wire::instruction(verify).ok_or(Unreadable::Form)?;
    let submit = wire::instruction(submit).ok_or(Unreadable::Form)?;
    let known = verify.program_id == SECP256K1_PROGRAM && submit.program_id == SWITCHBOARD_PROGRAM;
    let submission = Submission::read(&submit.data).filter(|_| known).ok_or(Unreadable::Form)?;
    let [value] = submission.values[..] else { return Err(Unreadable::Feeds) };
    let (own, rest) = submit.accounts.split_at_checked(FIXED).ok_or(Unreadable::Form)?;
    let [feed, oracles @ ..] = rest else { return Err(Unreadable::Feeds) };
    let signatures = Signatures::read(&verify.data).ok_or(Unreadable::Form)?;
    let oracles = arranged(oracles).ok_or(Unreadable::Oracles)?;
    if oracles.len() != 2 * signatures.count() || signatures.count() > ORACLES {
        return Err(Unreadable::Oracles);
    }
    // What could not be found out is said by the highest number there is.
    let price = u64::try_from(value / SCALE).ok().filter(|price| *price > 0);
    let price = Price(price.ok_or(Unreadable::NoPrice)?);
    let (account, queue) = (feed.pubkey, own[0].pubkey);
    Ok(SignedPrice { account, slot: submission.slot, price, value, queue, oracles, signatures })
}

/// Oracles and their statistics as they were given, with the right to write to the latter only; `None`
/// where an account is neither, or one of them is missing.
fn arranged(given: &[AccountMeta]) -> Option<Vec<AccountMeta>> {
    let named = given.iter().filter(|account| !account.is_writable);
    let statistics: Vec<_> = named.map(|oracle| statistics_address(&oracle.pubkey)).collect();
    let written: Vec<_> = given.iter().filter(|account| account.is_writable).collect();
    let whole = written.len() == statistics.len()
        && statistics.iter().all(|it| written.iter().any(|account| account.pubkey == *it));
    let plain = |account: &AccountMeta| AccountMeta {
        pubkey: account.pubkey,
        is_signer: false,
        is_writable: account.is_writable,
    };
    whole.then(|| given.iter().map(plain).collect())
}

/// Where Switchboard's program keeps what it knows of an oracle's work.
pub fn statistics_address(oracle: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[b"OracleStats", oracle.as_ref()], &SWITCHBOARD_PROGRAM).0
}

/// Switchboard's own state.
pub fn state_address() -> Pubkey {
    Pubkey::find_program_address(&[b"STATE"], &SWITCHBOARD_PROGRAM).0
}

impl SignedPrice {
    /// What it says, published at a time: oracles sign the hash of a slot, and no time. How far they
    /// differ is not known before it is stored.
    pub fn quote(&self, published: Millis) -> Quote {
        Quote { price: self.price, confidence: Price(0), published }
    }

    /// Signatures that the cluster checks, each for the fee of one.
    pub fn signatures(&self) -> u64 {
        self.signatures.count() as u64
    }
}

/// The transaction that brings a price, after so many other instructions: the check of signatures names its
/// own place, and Switchboard's program looks for it right before itself.
pub fn post(payer: Pubkey, before: u8, price: &SignedPrice) -> Vec<Instruction> {
    let verify = Instruction {
        program_id: SECP256K1_PROGRAM,
        accounts: Vec::new(),
        data: price.signatures.at(before),
    };
    let mut accounts = vec![
        AccountMeta::new_readonly(price.queue, false),
        AccountMeta::new_readonly(state_address(), false),
        AccountMeta::new_readonly(SLOT_HASHES, false),
        AccountMeta::new(payer, true),
        AccountMeta::new_readonly(system_program::ID, false),
        AccountMeta::new(tokens::address(&price.queue, &WRAPPED_SOL), false),
        AccountMeta::new_readonly(TOKEN_PROGRAM, false),
        AccountMeta::new_readonly(WRAPPED_SOL, false),
        AccountMeta::new_readonly(INSTRUCTIONS, false),
        AccountMeta::new(price.account, false),
    ];
    accounts.extend(price.oracles.iter().cloned());
    let data = Submission { slot: price.slot, values: vec![price.value] }.data();
    vec![verify, Instruction { program_id: SWITCHBOARD_PROGRAM, accounts, data }]
}

/// Compute units that one of these instructions asks for before a simulation has shown what it takes; `None`:
/// it is none of them.
pub fn units(instruction: &Instruction) -> Option<u32> {
    match instruction.program_id {
        SECP256K1_PROGRAM => Some(VERIFY_UNITS),
        SWITCHBOARD_PROGRAM => Some(SUBMIT_UNITS),
        _ => None,
    }
}
