//! The instructions that bring a price: two transactions, because the guardians' message and everything
//! else do not fit one. [`open`] is the first, [`post`] the second, [`close`] gives the rent back when
//! there will be no second.

use anchor_lang::prelude::{AccountMeta, Pubkey, Rent};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::system_instruction::{allocate_with_seed, transfer};
use anchor_lang::solana_program::system_program;
use pyth_solana_receiver_sdk::PostUpdateParams;
use pyth_solana_receiver_sdk::pda::{get_config_address, get_treasury_address};
use pythnet_sdk::wire::v1::MerklePriceUpdate;

use super::{CORE_BRIDGE, HEADER, PUSH_ORACLE, RECEIVER, SignedPrice};

/// Bytes of a draft before the guardians' message.
const DRAFT_HEADER: usize = 46;
/// Bytes of the message that the first transaction writes: about as many as it has room for.
pub(super) const FIRST_PART: usize = 760;
/// Bytes of the rest, of the price and of its path, at most: the second transaction has no more room. A
/// message of thirteen guardians has 952 bytes, a price 85, and among thousands of feeds its path twelve
/// hashes of twenty: together 517 after the first part.
pub(super) const LAST_PART: usize = 645;

/// What instruction data begins with: the first bytes of the SHA-256 of `global:` and the name.
const INIT_ENCODED_VAA: [u8; 8] = [209, 193, 173, 25, 91, 202, 181, 218];
const WRITE_ENCODED_VAA: [u8; 8] = [199, 208, 110, 177, 150, 76, 118, 42];
const VERIFY_ENCODED_VAA_V1: [u8; 8] = [103, 56, 177, 229, 240, 103, 68, 73];
const CLOSE_ENCODED_VAA: [u8; 8] = [48, 221, 174, 198, 231, 7, 152, 38];
const UPDATE_PRICE_FEED: [u8; 8] = [28, 9, 93, 150, 86, 153, 188, 115];

/// Compute units as Pyth's own SDK budgets them (pyth-crosschain, `compute_budget.ts`): 350,000 for verifying
/// thirteen signatures, for storing a price, and for closing a draft. Making the account of a price takes
/// more once, which a simulation shows.
const VERIFY_UNITS: u32 = 25_000 + GUARDIANS * RECOVER_UNITS;
const UPDATE_UNITS: u32 = 55_000;
const CLOSE_UNITS: u32 = 30_000;
/// Of these, what recovering one signer takes on every cluster (`secp256k1_recover_cost` of Agave): the core
/// bridge does it for each signature.
const RECOVER_UNITS: u32 = 25_000;
/// The most who sign.
const GUARDIANS: u32 = 13;
/// For an instruction that moves a few bytes, and for what the system program does.
const SMALL_UNITS: u32 = 5_000;

/// The account that a feed's prices are written to in a shard.
pub fn price_feed_address(shard: u16, id: &[u8; 32]) -> Pubkey {
    Pubkey::find_program_address(&[&shard.to_le_bytes(), id], &PUSH_ORACLE).0
}

/// Where `payer` writes guardians' messages with prices of this feed, one at a time. It is the same
/// whenever it is asked for, so that what a keeper left behind is found again.
pub fn draft_address(payer: &Pubkey, id: &[u8; 32]) -> Pubkey {
    Pubkey::create_with_seed(payer, &seed(id), &CORE_BRIDGE).unwrap_or_default()
}

/// The beginning of the feed's id: a seed is short, and so is what a transaction has room for.
fn seed(id: &[u8; 32]) -> String {
    id.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the two transactions have room for a price under a guardians' message.
pub(super) fn fits(message: &[u8], update: &MerklePriceUpdate) -> bool {
    let rest = message.len().saturating_sub(FIRST_PART);
    let price: &[u8] = update.message.as_ref();
    rest + price.len() + update.proof.to_bytes().len() <= LAST_PART
}

/// The first transaction: makes the draft and writes what fits. It is refused where there is one; not
/// where somebody sent lamports to its address, as the creation of an account would be.
pub fn open(payer: Pubkey, price: &SignedPrice) -> Vec<Instruction> {
    let draft = draft_address(&payer, &price.id);
    let length = DRAFT_HEADER + price.message.len();
    let rent = Rent::default().minimum_balance(length);
    let (seed, length) = (seed(&price.id), length as u64);
    let fund = transfer(&payer, &draft, rent);
    let allocate = allocate_with_seed(&draft, &payer, &seed, length, &CORE_BRIDGE);
    let init = Instruction {
        program_id: CORE_BRIDGE,
        accounts: draft_accounts(payer, draft),
        data: INIT_ENCODED_VAA.to_vec(),
    };
    let first = &price.message[..price.message.len().min(FIRST_PART)];
    vec![fund, allocate, init, write(payer, draft, 0, first)]
}

/// The second transaction: writes the rest, has all signatures verified and the price written to its
/// account in the shard, and closes the draft. A price that is not newer than the account's is left
/// out, and nothing is refused.
pub fn post(payer: Pubkey, shard: u16, price: &SignedPrice) -> Vec<Instruction> {
    let draft = draft_address(&payer, &price.id);
    let set = price.guardian_set.to_be_bytes();
    let guardians = Pubkey::find_program_address(&[b"GuardianSet", &set], &CORE_BRIDGE).0;
    let mut verified = draft_accounts(payer, draft);
    verified.push(AccountMeta::new_readonly(guardians, false));
    let verify = Instruction {
        program_id: CORE_BRIDGE,
        accounts: verified,
        data: VERIFY_ENCODED_VAA_V1.to_vec(),
    };
    let rest = price.message.get(FIRST_PART..).filter(|rest| !rest.is_empty());
    let rest = rest.map(|rest| write(payer, draft, FIRST_PART as u32, rest));
    let last = [verify, update(payer, shard, price, draft), close(payer, &price.id)];
    rest.into_iter().chain(last).collect()
}

/// Closes a draft, whatever is in it: its rent returns to `payer`.
pub fn close(payer: Pubkey, id: &[u8; 32]) -> Instruction {
    let draft = draft_address(&payer, id);
    let accounts = vec![AccountMeta::new(payer, true), AccountMeta::new(draft, false)];
    Instruction { program_id: CORE_BRIDGE, accounts, data: CLOSE_ENCODED_VAA.to_vec() }
}

/// Compute units that the second transaction of a price asks for: by the number of its signatures, which are
/// thirteen of Wormhole's guardians or three of Pyth's routers.
pub fn post_units(price: &SignedPrice) -> u32 {
    let signatures = price.message.get(HEADER - 1).map_or(GUARDIANS, |count| u32::from(*count));
    let fewer = GUARDIANS.saturating_sub(signatures) * RECOVER_UNITS;
    let write = if price.message.len() > FIRST_PART { SMALL_UNITS } else { 0 };
    write + VERIFY_UNITS - fewer + UPDATE_UNITS + CLOSE_UNITS
}

/// Compute units that one of these instructions asks for at most; `None`: it is none of them.
pub fn units(instruction: &Instruction) -> Option<u32> {
    let name = instruction.data.get(..8)?;
    match instruction.program_id {
        CORE_BRIDGE if name == VERIFY_ENCODED_VAA_V1 => Some(VERIFY_UNITS),
        CORE_BRIDGE if name == CLOSE_ENCODED_VAA => Some(CLOSE_UNITS),
        CORE_BRIDGE | system_program::ID => Some(SMALL_UNITS),
        PUSH_ORACLE => Some(UPDATE_UNITS),
        _ => None,
    }
}

fn draft_accounts(payer: Pubkey, draft: Pubkey) -> Vec<AccountMeta> {
    vec![AccountMeta::new_readonly(payer, true), AccountMeta::new(draft, false)]
}

fn write(payer: Pubkey, draft: Pubkey, index: u32, bytes: &[u8]) -> Instruction {
    let length = (bytes.len() as u32).to_le_bytes();
    let data = [&WRITE_ENCODED_VAA[..], &index.to_le_bytes(), &length, bytes].concat();
    Instruction { program_id: CORE_BRIDGE, accounts: draft_accounts(payer, draft), data }
}

/// Treasuries are many so that updates do not wait for one another: the feed chooses.
fn update(payer: Pubkey, shard: u16, price: &SignedPrice, draft: Pubkey) -> Instruction {
    let treasury_id = price.id[0];
    let params = PostUpdateParams { merkle_price_update: price.update.clone(), treasury_id };
    let params = borsh::to_vec(&params).unwrap_or_default();
    let data = [&UPDATE_PRICE_FEED[..], &params, &shard.to_le_bytes(), &price.id].concat();
    let accounts = vec![
        AccountMeta::new(payer, true),
        AccountMeta::new_readonly(RECEIVER, false),
        AccountMeta::new_readonly(draft, false),
        AccountMeta::new_readonly(get_config_address(), false),
        AccountMeta::new(get_treasury_address(treasury_id), false),
        AccountMeta::new(price_feed_address(shard, &price.id), false),
        AccountMeta::new_readonly(system_program::ID, false),
    ];
    Instruction { program_id: PUSH_ORACLE, accounts, data }
}
