//! Prices of Switchboard brought onto the embedded cluster by the client's instructions, through the program
//! that plays Switchboard's part there.

use holdfast_client::holdfast::oracle::SWITCHBOARD_PROGRAM;
use holdfast_client::switchboard::{self, SECP256K1_PROGRAM, SignedPrice, Unreadable};
use holdfast_client::{Instruction, Pubkey, feed};
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};
use holdfast_testkit::feed::Published;
use holdfast_testkit::switchboard::{pull_feed, write_pull_feed};
use holdfast_testkit::venue::keypair;
use holdfast_testkit::{Cluster, crossbar, elf};
use solana_keypair::Keypair;
use solana_signer::Signer;

const NOW: u64 = 1_734_371_078_000;
const FEED: Pubkey = Pubkey::new_from_array([7; 32]);
const BEFORE: u64 = 100_000_000;

/// A cluster with a feed that says a price of a minute ago.
fn stage() -> (Cluster, Keypair) {
    let (mut cluster, payer) = (Cluster::new(NOW), keypair("payer", 0));
    let program = elf::read_mock_providers().expect("cargo xtask build");
    for id in [SWITCHBOARD_PROGRAM, SECP256K1_PROGRAM] {
        cluster.install(id, &payer.pubkey(), &program);
    }
    cluster.fund(&payer.pubkey(), 1_000_000_000);
    let published = Published::new(BEFORE, NOW - 60_000);
    write_pull_feed(&mut cluster, FEED, pull_feed([9; 32], published));
    cluster.pass(400);
    (cluster, payer)
}

fn slot(cluster: &Cluster) -> u64 {
    cluster.slot()
}

fn price(price: u64, slot: u64) -> SignedPrice {
    let [verify, submit] = crossbar::update(&FEED, slot, price);
    switchboard::read(&verify, &submit).expect("an update")
}

fn send(
    cluster: &mut Cluster,
    payer: &Keypair,
    instructions: &[Instruction],
) -> Result<(), String> {
    cluster.pass(400);
    cluster.send(instructions, &[payer]).map(|_| ()).map_err(|failure| failure.message)
}

fn stored(cluster: &Cluster) -> Quote {
    let account = cluster.get(&FEED).expect("the feed");
    feed::read(&FEED, &account.owner, &account.data).expect("a price").quote
}

#[test]
fn a_price_is_stored_as_the_program_reads_it() {
    let (mut cluster, payer) = stage();
    let signed = price(123_456_789, slot(&cluster));
    send(&mut cluster, &payer, &switchboard::post(payer.pubkey(), 0, &signed)).expect("it lands");
    let stored = stored(&cluster);
    assert_eq!((stored.price, stored.confidence), (Price(123_456_789), Price(0)));
    assert!(stored.published >= Millis(NOW), "it counts from when it lands: {stored:?}");
}

#[test]
fn the_check_of_signatures_names_its_place_behind_other_instructions() {
    let (mut cluster, payer) = stage();
    let signed = price(1_000_000, slot(&cluster));
    let transfer = anchor_lang::solana_program::system_instruction::transfer(
        &payer.pubkey(),
        &payer.pubkey(),
        1,
    );
    let behind = |before: u8| {
        let post = switchboard::post(payer.pubkey(), before, &signed);
        [vec![transfer.clone()], post].concat()
    };
    let wrong = behind(0);
    send(&mut cluster, &payer, &wrong).expect_err("it names another instruction");
    let right = behind(1);
    send(&mut cluster, &payer, &right).expect("it names itself");
    assert_eq!(stored(&cluster).price, Price(1_000_000));
}

#[test]
fn what_was_signed_no_later_is_left_out_whoever_brings_it() {
    let (mut cluster, payer) = stage();
    let newest = slot(&cluster);
    for (value, slot, kept) in [(2_000_000, newest, 2_000_000), (3_000_000, newest - 1, 2_000_000)]
    {
        let post = switchboard::post(payer.pubkey(), 0, &price(value, slot));
        send(&mut cluster, &payer, &post).expect("nothing is refused");
        assert_eq!(stored(&cluster).price, Price(kept));
    }
}

/// Makes something else of a post.
type Changes = fn(&mut Vec<Instruction>);

#[test]
fn what_oracles_cannot_have_signed_is_refused() {
    let cases: [(&str, Changes); 6] = [
        ("no check of signatures", |all| drop(all.remove(0))),
        ("another slot", |all| all[1].data[8..16].copy_from_slice(&u64::MAX.to_le_bytes())),
        ("another queue", |all| all[1].accounts[0].pubkey = Pubkey::new_from_array([1; 32])),
        ("another feed's account", |all| all[1].accounts[9].pubkey = all[1].accounts[0].pubkey),
        ("an oracle too few", |all| {
            all[1].accounts.pop();
        }),
        ("other statistics", |all| {
            let last = all[1].accounts.len() - 1;
            all[1].accounts[last].pubkey = Pubkey::new_from_array([2; 32]);
        }),
    ];
    for (what, changes) in cases {
        let (mut cluster, payer) = stage();
        let mut post = switchboard::post(payer.pubkey(), 0, &price(1_000_000, slot(&cluster)));
        changes(&mut post);
        send(&mut cluster, &payer, &post).expect_err(what);
        assert_eq!(stored(&cluster).price, Price(BEFORE), "{what}");
    }
}

#[test]
fn what_a_host_hands_out_is_put_together_anew() {
    let payer = keypair("payer", 0).pubkey();
    let [verify, submit] = crossbar::update(&FEED, 7, 1_000_000);
    let read = |verify: &[u8], submit: &[u8]| switchboard::read(verify, submit);
    let post = switchboard::post(payer, 2, &read(&verify, &submit).expect("an update"));
    let mut signers = post.iter().flat_map(|it| &it.accounts).filter(|account| account.is_signer);
    assert!(signers.all(|account| account.pubkey == payer));
    // Where in the submission: its program, what is called, how many values, an oracle's statistics.
    let accounts = 40 + 34 * 16;
    for (at, reason) in [
        (0, Unreadable::Form),
        (accounts + 8, Unreadable::Form),
        (accounts + 24, Unreadable::Form),
        (accounts - 34, Unreadable::Oracles),
    ] {
        let mut other = submit.clone();
        other[at] ^= 1;
        assert_eq!(read(&verify, &other), Err(reason), "{at}");
    }
    // Where in the check: its program, how many signatures, where the first is, and its message.
    for at in [0, 48, 49 + 1, 49 + 9] {
        let mut other = verify.clone();
        other[at] ^= 1;
        assert!(read(&other, &submit).is_err(), "{at}");
    }
    for length in 0..submit.len() {
        assert!(read(&verify, &submit[..length]).is_err(), "{length}");
    }
    for length in 0..verify.len() {
        assert!(read(&verify[..length], &submit).is_err(), "{length}");
    }
    let worthless = crossbar::update(&FEED, 7, 0);
    assert_eq!(read(&worthless[0], &worthless[1]), Err(Unreadable::NoPrice));
}
