use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use holdfast_risk::{Millis, Price};
use pyth_solana_receiver_sdk::PostUpdateParams;
use pythnet_sdk::wire::v1::{AccumulatorUpdateData, Proof};
use solana_message::{Hash, Message};
use solana_sha256_hasher::hash;

use super::instructions::{FIRST_PART, LAST_PART};
use super::{
    CORE_BRIDGE, PUSH_ORACLE, RECEIVER, SignedPrice, Unreadable, close, draft_address, open, post,
    post_units, price_feed_address, read, units,
};

/// An update of BTC/USD that Hermes handed out (test data of pyth-hermes-client 0.7.0, Apache-2.0), with
/// the signatures of thirteen guardians.
const RECORDED: &[u8] = include_bytes!("../../../fuzz/corpus/pyth_updates/recorded");
/// Bytes of its price, and of the eleven hashes on the path to the root.
const PRICE: usize = 85;
const PATH: usize = 220;
/// Bytes that a transaction may have.
const MOST_BYTES: usize = 1_232;

fn recorded() -> SignedPrice {
    let mut prices = read(RECORDED).expect("Hermes handed it out");
    assert_eq!(prices.len(), 1);
    prices.remove(0)
}

fn payer() -> Pubkey {
    Pubkey::new_from_array([9; 32])
}

/// Bytes of a transaction of these instructions and those that set its budget.
fn size(instructions: &[Instruction]) -> usize {
    let budget = |data: Vec<u8>| Instruction {
        program_id: Pubkey::new_from_array([3; 32]),
        accounts: Vec::new(),
        data,
    };
    let all = [vec![budget(vec![0; 5]), budget(vec![0; 9])], instructions.to_vec()].concat();
    let message = Message::new_with_blockhash(&all, Some(&payer()), &Hash::default());
    1 + 64 * usize::from(message.header.num_required_signatures) + message.serialize().len()
}

#[test]
fn a_recorded_update_is_read() {
    let price = recorded();
    assert_eq!(price.quote.price, Price(107_104_716_705));
    assert_eq!(price.quote.confidence, Price(49_060_056));
    assert_eq!(price.quote.published, Millis(1_734_371_078_000));
    assert_eq!(price.signed, Millis(1_734_371_078_000));
    assert_eq!((price.id[0], price.id[31], price.guardian_set), (0xe6, 0x43, 4));
}

#[test]
fn what_is_no_update_or_was_changed_is_refused() {
    for length in 0..RECORDED.len() {
        assert!(read(&RECORDED[..length]).is_err(), "{length}");
    }
    assert_eq!(read(b"<html>"), Err(Unreadable::Form));
    let with = |at: usize, by: u8| {
        let mut changed = RECORDED.to_vec();
        changed[at] ^= by;
        read(&changed).map(|_| ())
    };
    assert_eq!(with(4, 2), Err(Unreadable::Form), "another version");
    assert_eq!(with(10, 1), Err(Unreadable::Form), "another version of the guardians' message");
    // The price, a hash on its path, and the root that guardians signed.
    for at in [1_271 - 221 - 85 + 40, 1_270, 961] {
        assert_eq!(with(at, 1), Err(Unreadable::Path), "{at}");
    }
    // Nobody checks signatures here: the core bridge does.
    assert_eq!(with(100, 1), Ok(()));
}

#[test]
fn what_does_not_fit_a_transaction_is_refused() {
    // A payload may be longer than what is known of it.
    let read_with = |length: usize| {
        let parsed = AccumulatorUpdateData::try_from_slice(RECORDED).expect("Hermes handed it out");
        let Proof::WormholeMerkle { vaa, updates } = parsed.proof;
        let mut long: Vec<u8> = vaa.into();
        long.resize(length, 0);
        let proof = Proof::WormholeMerkle { vaa: long.into(), updates };
        let update = AccumulatorUpdateData::new(proof);
        let bytes = pythnet_sdk::wire::to_vec::<_, byteorder::BE>(&update).expect("it serialises");
        read(&bytes).map(|prices| prices.len())
    };
    let longest = FIRST_PART + LAST_PART - PRICE - PATH;
    assert_eq!(read_with(longest), Ok(1));
    assert_eq!(read_with(longest + 1), Err(Unreadable::TooLong));
}

#[test]
fn the_longest_update_fits_two_transactions() {
    let mut price = recorded();
    assert_eq!((size(&open(payer(), &price)), size(&post(payer(), 0, &price))), (1_199, 1_082));
    price.message = vec![0; FIRST_PART + LAST_PART - PRICE - PATH].into();
    let sizes = [size(&open(payer(), &price)), size(&post(payer(), 0, &price))];
    assert!(sizes.iter().all(|bytes| *bytes <= MOST_BYTES), "{sizes:?}");
}

#[test]
fn the_parts_of_the_message_are_the_message() {
    let price = recorded();
    let writes = [open(payer(), &price), post(payer(), 0, &price)].concat();
    let written = |it: &&Instruction| it.data.starts_with(&[199, 208, 110, 177, 150, 76, 118, 42]);
    let parts: Vec<_> = writes.iter().filter(written).map(|it| it.data[16..].to_vec()).collect();
    assert_eq!(parts.concat(), *price.message);
    let mut short = price;
    short.message = vec![1; FIRST_PART].into();
    assert_eq!(post(payer(), 0, &short).len(), 3, "nothing is left to write");
}

#[test]
fn names_and_addresses_are_those_of_pyth() {
    let name = |name: &str| hash(format!("global:{name}").as_bytes()).to_bytes()[..8].to_vec();
    let price = recorded();
    let names: Vec<_> = [open(payer(), &price), post(payer(), 0, &price)].concat();
    let names: Vec<_> = names[2..].iter().map(|it| it.data[..8].to_vec()).collect();
    let expected = [
        "init_encoded_vaa",
        "write_encoded_vaa",
        "write_encoded_vaa",
        "verify_encoded_vaa_v1",
        "update_price_feed",
        "close_encoded_vaa",
    ];
    assert_eq!(names, expected.map(name));
    // The account of SOL/USD that Pyth's documentation lists for shard 0.
    let sol = hex("ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d");
    let listed = "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE";
    assert_eq!(price_feed_address(0, &sol).to_string(), listed);
    assert_ne!(price_feed_address(1, &sol), price_feed_address(0, &sol));
}

fn hex(text: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("a digit"))
}

#[test]
fn the_update_is_what_the_crate_makes_of_it() {
    let price = recorded();
    let all = post(payer(), 7, &price);
    let update = &all[2];
    assert_eq!(update.program_id, PUSH_ORACLE);
    let (params, rest) = update.data[8..].split_at(update.data.len() - 8 - 34);
    let params: PostUpdateParams = borsh::from_slice(params).expect("the crate reads it");
    assert_eq!((params.merkle_price_update, params.treasury_id), (price.update, price.id[0]));
    assert_eq!(rest, [&7_u16.to_le_bytes()[..], &price.id].concat());
    // Of the receiver's accounts, in its order, all but the two that the push oracle signs for.
    let accounts = &update.accounts;
    assert_eq!(accounts[1], AccountMeta::new_readonly(RECEIVER, false));
    let written: Vec<_> = accounts.iter().map(|meta| (meta.is_writable, meta.is_signer)).collect();
    let (all, none, writes) = ((true, true), (false, false), (true, false));
    assert_eq!(written, [all, none, none, none, writes, writes, none]);
}

#[test]
fn every_instruction_has_its_units() {
    let price = recorded();
    let all = [open(payer(), &price), post(payer(), 0, &price)].concat();
    let asked: Vec<_> = all.iter().filter_map(units).collect();
    assert_eq!(asked.len(), all.len());
    assert_eq!(asked.iter().sum::<u32>(), 5 * 5_000 + 350_000 + 55_000 + 30_000);
    assert_eq!(post_units(&price), 5_000 + 350_000 + 55_000 + 30_000);
    let other = Instruction { program_id: payer(), accounts: Vec::new(), data: vec![0; 8] };
    assert_eq!(units(&other), None);
}

#[test]
fn a_draft_is_one_payers_for_one_feed() {
    let (one, other) = (recorded().id, [1; 32]);
    let drafts = [
        draft_address(&payer(), &one),
        draft_address(&payer(), &other),
        draft_address(&Pubkey::default(), &one),
    ];
    assert!(drafts[0] != drafts[1] && drafts[0] != drafts[2]);
    let closes = close(payer(), &one);
    assert_eq!((closes.program_id, closes.accounts[1].pubkey), (CORE_BRIDGE, drafts[0]));
}
