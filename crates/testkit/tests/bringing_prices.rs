//! Prices of Pyth brought onto the embedded cluster by the client's instructions, through the program
//! that plays Pyth's part there.

use holdfast_client::pyth::{
    self, CORE_BRIDGE, PUSH_ORACLE, RECEIVER, SignedPrice, draft_address, price_feed_address,
};
use holdfast_client::{Instruction, Pubkey, feed};
use holdfast_risk::market::reading::Quote;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::keypair;
use holdfast_testkit::{Cluster, elf, hermes};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// When Hermes handed out the update that was recorded.
const RECORDED_AT: u64 = 1_734_371_078_000;
const RECORDED: &[u8] = include_bytes!("../../../fuzz/corpus/pyth_updates/recorded");
const ID: [u8; 32] = [7; 32];
const SHARD: u16 = 2;

fn stage() -> (Cluster, Keypair) {
    let (mut cluster, payer) = (Cluster::new(RECORDED_AT + 2_000), keypair("payer", 0));
    let program = elf::read_mock_providers().expect("cargo xtask build");
    for id in [CORE_BRIDGE, RECEIVER, PUSH_ORACLE] {
        cluster.install(id, &payer.pubkey(), &program);
    }
    cluster.fund(&payer.pubkey(), 1_000_000_000);
    cluster.pass(400);
    (cluster, payer)
}

fn price(price: u64, at: u64) -> SignedPrice {
    let update = hermes::update(&[(ID, Published::new(price, at))], at);
    pyth::read(&update).expect("an update").remove(0)
}

fn send(
    cluster: &mut Cluster,
    payer: &Keypair,
    instructions: &[Instruction],
) -> Result<(), String> {
    cluster.pass(400);
    cluster.send(instructions, &[payer]).map(|_| ()).map_err(|failure| failure.message)
}

fn bring(cluster: &mut Cluster, payer: &Keypair, price: &SignedPrice) -> Result<(), String> {
    send(cluster, payer, &pyth::open(payer.pubkey(), price))?;
    send(cluster, payer, &pyth::post(payer.pubkey(), SHARD, price))
}

fn stored(cluster: &Cluster, id: &[u8; 32]) -> Option<Quote> {
    let address = price_feed_address(SHARD, id);
    let account = cluster.get(&address)?;
    feed::read(&address, &account.owner, &account.data).map(|reading| reading.quote)
}

fn exists(cluster: &Cluster, address: &Pubkey) -> bool {
    cluster.get(address).is_some_and(|account| account.lamports > 0)
}

#[test]
fn a_recorded_update_is_stored_as_the_program_reads_it() {
    let (mut cluster, payer) = stage();
    let recorded = pyth::read(RECORDED).expect("Hermes handed it out").remove(0);
    bring(&mut cluster, &payer, &recorded).expect("it is brought");
    assert_eq!(stored(&cluster, &recorded.id), Some(recorded.quote));
    assert!(!exists(&cluster, &draft_address(&payer.pubkey(), &recorded.id)), "its rent is back");
}

#[test]
fn what_three_routers_have_signed_fits_the_first_transaction_and_is_stored() {
    let (mut cluster, payer) = stage();
    let prices = [(ID, Published::new(100_000_000, RECORDED_AT))];
    let update = hermes::update_by(&hermes::ROUTERS, &prices, RECORDED_AT);
    let price = pyth::read(&update).expect("an update").remove(0);
    assert_eq!(pyth::post(payer.pubkey(), SHARD, &price).len(), 3, "nothing is left to write");
    assert_eq!(pyth::post_units(&price), 25_000 + 3 * 25_000 + 55_000 + 30_000);
    bring(&mut cluster, &payer, &price).expect("it is brought");
    assert_eq!(stored(&cluster, &ID), Some(price.quote));
    assert!(!exists(&cluster, &draft_address(&payer.pubkey(), &ID)), "its rent is back");
}

#[test]
fn prices_only_get_newer_whoever_brings_them() {
    let (mut cluster, payer) = stage();
    let other = keypair("payer", 1);
    cluster.fund(&other.pubkey(), 1_000_000_000);
    let prices = [2_000, 1_000, 3_000].map(|after| price(100_000_000 + after, RECORDED_AT + after));
    let mut seen = Vec::new();
    for (price, payer) in prices.iter().zip([&payer, &other, &other]) {
        bring(&mut cluster, payer, price).expect("an older one is left out, and nothing refused");
        assert!(!exists(&cluster, &draft_address(&payer.pubkey(), &ID)));
        seen.push(stored(&cluster, &ID));
    }
    let [second, _, third] = prices.map(|price| Some(price.quote));
    assert_eq!(seen, [second, second, third]);
}

#[test]
fn a_draft_that_was_left_is_closed_and_opened_again() {
    let (mut cluster, payer) = stage();
    let (me, price) = (payer.pubkey(), price(100_000_000, RECORDED_AT));
    let draft = draft_address(&me, &ID);
    send(&mut cluster, &payer, &pyth::post(me, SHARD, &price)).expect_err("nothing is opened");
    send(&mut cluster, &payer, &[pyth::close(me, &ID)]).expect_err("nothing is there");
    send(&mut cluster, &payer, &pyth::open(me, &price)).expect("it opens");
    let rent = cluster.get(&draft).expect("a draft").lamports;
    send(&mut cluster, &payer, &pyth::open(me, &price)).expect_err("there is one");
    let other = keypair("payer", 1);
    cluster.fund(&other.pubkey(), 1_000_000_000);
    let mut stolen = pyth::close(other.pubkey(), &ID);
    stolen.accounts[1].pubkey = draft;
    send(&mut cluster, &other, &[stolen]).expect_err("it is not theirs");
    let lamports = |cluster: &Cluster| cluster.get(&me).expect("the payer").lamports;
    let before = lamports(&cluster);
    send(&mut cluster, &payer, &[pyth::close(me, &ID)]).expect("it closes");
    assert!(lamports(&cluster) > before + rent - 10_000, "all of it but fees returns");
    bring(&mut cluster, &payer, &price).expect("it is brought");
}

#[test]
fn lamports_sent_to_a_draft_stop_nothing() {
    let (mut cluster, payer) = stage();
    cluster.fund(&draft_address(&payer.pubkey(), &ID), 1);
    bring(&mut cluster, &payer, &price(100_000_000, RECORDED_AT)).expect("it is brought");
}

#[test]
fn what_guardians_cannot_have_signed_is_refused() {
    let price = price(100_000_000, RECORDED_AT);
    // Where, in which transaction's which instruction, which byte: the version, the number of signatures,
    // the second guardian, the sender's chain and name, and the root, all behind a write's 16 bytes; then
    // the price in the message that is under the root, and the treasury.
    let (first, second) = ((0, 3), (1, 0));
    let body = 6 + 13 * 66 - 760;
    let cases = [
        ("version", first, 16, 3),
        ("signatures", first, 16 + 5, 15),
        ("order of guardians", first, 16 + 6 + 66, 1),
        ("chain", second, 16 + body + 9, 1),
        ("sender", second, 16 + body + 10, 1),
        ("root", second, 16 + body + 51 + 17, 1),
        ("price", (1, 2), 8 + 4 + 1 + 32 + 7, 1),
    ];
    for (what, (transaction, instruction), at, by) in cases {
        let (mut cluster, payer) = stage();
        let me = payer.pubkey();
        let mut both = [pyth::open(me, &price), pyth::post(me, SHARD, &price)];
        both[transaction][instruction].data[at] ^= by;
        let [open, post] = both;
        send(&mut cluster, &payer, &open).expect("nobody has looked at it yet");
        send(&mut cluster, &payer, &post).expect_err(what);
        assert_eq!(stored(&cluster, &ID), None, "{what}");
    }
}
