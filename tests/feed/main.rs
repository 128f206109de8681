//! The program that holds prices on local clusters: what it writes, what it refuses, and that the
//! venue believes it as it believes Pyth's.

use anchor_lang::error::ErrorCode;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::{Instruction, Pubkey, instruction};
use holdfast_localnet::publisher::feed::{LENGTH, create, encoded, write};
use holdfast_localnet::publisher::feed_address;
use holdfast_risk::Millis;
use holdfast_testkit::feed::Published;
use holdfast_testkit::tokens::set_owned;
use holdfast_testkit::venue::{LONE, Listing, Venue, keypair, silo_plan};
use holdfast_testkit::{Cluster, Failure, elf};
use mock_oracle::{FeedError, WRITER};
use solana_keypair::Keypair;
use solana_signer::Signer;

const NOW: u64 = 1_760_000_000_000;
const SOL: u64 = 150_000_000;
/// Bytes before the writer's name in the feeds of these tests.
const CONTENT: usize = 8;

fn writer() -> Keypair {
    keypair("writer", 0)
}

fn stranger() -> Keypair {
    keypair("stranger", 0)
}

/// A cluster with the program and people who can pay.
fn prepare(cluster: &mut Cluster) {
    let elf = elf::read_mock_oracle().expect("the compiled program");
    cluster.install(mock_oracle::ID, &writer().pubkey(), &elf);
    for person in [writer(), stranger()] {
        cluster.fund(&person.pubkey(), 1_000_000_000);
    }
    cluster.pass(400);
}

/// The same with an empty feed.
fn with_feed(length: usize) -> (Cluster, Pubkey) {
    let mut cluster = Cluster::new(NOW);
    prepare(&mut cluster);
    let feed = keypair("a feed", 0).pubkey();
    set_owned(&mut cluster, feed, vec![0; length], mock_oracle::ID);
    (cluster, feed)
}

#[track_caller]
fn send(cluster: &mut Cluster, signer: &Keypair, instructions: &[Instruction]) {
    if let Err(failure) = cluster.send(instructions, &[signer]) {
        panic!("{}", failure.message);
    }
}

#[track_caller]
fn refused(cluster: &Cluster, instruction: &Instruction) -> Failure {
    let payer = stranger().pubkey();
    let result = cluster.simulate(std::slice::from_ref(instruction), &payer);
    result.expect_err("this must be refused")
}

#[track_caller]
fn refuses(cluster: &Cluster, instruction: &Instruction, error: FeedError) {
    let failure = refused(cluster, instruction);
    let name = error.name();
    assert_eq!(failure.code, Some(u32::from(error)), "not {name}: {}", failure.message);
}

#[test]
fn bytes_are_replaced_and_the_rest_stays() {
    let (mut cluster, feed) = with_feed(CONTENT + WRITER);
    let by = writer().pubkey();
    send(&mut cluster, &writer(), &[write(&by, &feed, 0, vec![1; CONTENT])]);
    send(&mut cluster, &writer(), &[write(&by, &feed, 6, vec![2, 3])]);
    send(&mut cluster, &writer(), &[write(&by, &feed, 2, vec![4])]);
    let data = cluster.get(&feed).expect("the feed").data;
    let (content, name) = data.split_at(CONTENT);
    assert_eq!(content, [1, 1, 4, 1, 1, 1, 2, 3]);
    assert_eq!(name, by.as_ref());
}

#[test]
fn the_first_to_write_becomes_the_writer_even_of_nothing() {
    let (mut cluster, feed) = with_feed(CONTENT + WRITER);
    let other = write(&stranger().pubkey(), &feed, 0, vec![9]);
    cluster.simulate(std::slice::from_ref(&other), &stranger().pubkey()).expect("not taken yet");
    send(&mut cluster, &writer(), &[write(&writer().pubkey(), &feed, 0, Vec::new())]);
    refuses(&cluster, &other, FeedError::OtherWriter);
    send(&mut cluster, &writer(), &[write(&writer().pubkey(), &feed, 0, vec![9])]);
}

#[test]
fn the_writers_name_cannot_be_written() {
    let (cluster, feed) = with_feed(CONTENT + WRITER);
    let by = writer().pubkey();
    let too_far = [
        (0, CONTENT + 1),
        (0, CONTENT + WRITER),
        (CONTENT, 1),
        (CONTENT + 1, 0),
        (CONTENT + WRITER, 1),
        (u32::MAX as usize, 1),
    ];
    for (offset, length) in too_far {
        let offset = u32::try_from(offset).expect("small");
        let instruction = write(&by, &feed, offset, vec![1; length]);
        refuses(&cluster, &instruction, FeedError::PastTheEnd);
    }
}

#[test]
fn an_account_without_room_for_a_writer_is_refused() {
    let (cluster, feed) = with_feed(WRITER - 1);
    let instruction = write(&writer().pubkey(), &feed, 0, Vec::new());
    refuses(&cluster, &instruction, FeedError::TooSmall);
}

#[test]
fn an_account_of_another_program_is_refused() {
    let (mut cluster, feed) = with_feed(0);
    set_owned(&mut cluster, feed, vec![0; CONTENT + WRITER], holdfast_client::holdfast::ID);
    let instruction = write(&writer().pubkey(), &feed, 0, vec![1]);
    refuses(&cluster, &instruction, FeedError::NotAFeed);
}

#[test]
fn the_writer_signs_and_the_feed_is_writable() {
    let (cluster, feed) = with_feed(CONTENT + WRITER);
    let mut unsigned = write(&writer().pubkey(), &feed, 0, vec![1]);
    unsigned.accounts[1].is_signer = false;
    assert!(refused(&cluster, &unsigned).is(ErrorCode::AccountNotSigner));
    let mut fixed = write(&writer().pubkey(), &feed, 0, vec![1]);
    fixed.accounts[0].is_writable = false;
    assert!(refused(&cluster, &fixed).is(ErrorCode::ConstraintMut));
}

/// Made by the system program and written in one transaction, as the publisher does.
#[test]
fn the_venue_believes_what_is_written() {
    let by = writer().pubkey();
    let feed = feed_address(&by, "SOL").expect("a short name");
    let mut plan = silo_plan(&[Listing { name: "SOL-PERP", price: SOL, providers: LONE }]);
    let source = FeedSource { provider: Provider::PythPriceAccount as u8, id: feed.to_bytes() };
    plan.markets[0].feeds = Feeds { sources: vec![source], quorum: 1 };
    let mut venue = Venue::install_silo(NOW, plan).expect("the compiled program");
    prepare(&mut venue.cluster);
    let rent = venue.cluster.rent(LENGTH);
    let create = create(&by, "SOL", rent).expect("a short name");
    for price in [SOL, SOL + 1_000_000] {
        let published = Published::new(price, venue.cluster.now_ms() / 1_000 * 1_000);
        let bytes = encoded(published, venue.cluster.slot());
        let mut instructions = vec![write(&by, &feed, 0, bytes)];
        if venue.cluster.get(&feed).is_none() {
            instructions.insert(0, create.clone());
        }
        send(&mut venue.cluster, &writer(), &instructions);
        let refresh = instruction::refresh_market(venue.silo, venue.markets[0], &[feed]);
        send(&mut venue.cluster, &writer(), &[refresh]);
        let newest = venue.market(0).newest_price();
        assert_eq!(newest.published, Millis(published.at_ms));
        assert!((newest.low.0..=newest.high.0).contains(&price), "{newest:?}");
        venue.cluster.pass(5_000);
    }
}
