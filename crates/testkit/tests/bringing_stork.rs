//! Prices of Stork brought onto the embedded cluster by the client's instruction, through the program that
//! plays Stork's part there.

use holdfast_client::holdfast::oracle::STORK_PROGRAM;
use holdfast_client::stork::{self, SignedPrice, feed_id};
use holdfast_client::{Instruction, Pubkey, address, feed};
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};
use holdfast_testkit::venue::keypair;
use holdfast_testkit::{Cluster, elf};
use solana_keypair::Keypair;
use solana_signer::Signer;

const NOW: u64 = 1_734_371_078_000;

fn stage() -> (Cluster, Keypair) {
    let (mut cluster, payer) = (Cluster::new(NOW), keypair("payer", 0));
    let program = elf::read_mock_providers().expect("cargo xtask build");
    cluster.install(STORK_PROGRAM, &payer.pubkey(), &program);
    cluster.fund(&payer.pubkey(), 1_000_000_000);
    cluster.pass(400);
    (cluster, payer)
}

fn price(price: u64, at: u64) -> SignedPrice {
    SignedPrice {
        id: feed_id("SOLUSD"),
        timestamp: at * 1_000_000,
        value: i128::from(price) * 1_000_000_000_000,
        publishers: [1; 32],
        algorithm: [2; 32],
        r: [3; 32],
        s: [4; 32],
        v: 27,
    }
}

fn send(
    cluster: &mut Cluster,
    payer: &Keypair,
    instructions: &[Instruction],
) -> Result<(), String> {
    cluster.pass(400);
    cluster.send(instructions, &[payer]).map(|_| ()).map_err(|failure| failure.message)
}

fn stored(cluster: &Cluster) -> Option<Quote> {
    let address = address::stork_feed(&feed_id("SOLUSD"));
    let account = cluster.get(&address)?;
    feed::read(&address, &account.owner, &account.data).map(|reading| reading.quote)
}

#[test]
fn the_first_price_makes_the_account_and_prices_only_get_newer() {
    let (mut cluster, payer) = stage();
    assert_eq!(stored(&cluster), None);
    for (value, at, kept) in [(2, NOW, 2), (3, NOW - 1, 2), (4, NOW, 2), (5, NOW + 1, 5)] {
        let post = stork::post(payer.pubkey(), &price(value, at));
        send(&mut cluster, &payer, &post).expect("an older one is left out, and nothing refused");
        assert_eq!(stored(&cluster).map(|quote| quote.price), Some(Price(kept)), "{value}");
    }
    let quote = Quote { price: Price(5), confidence: Price(0), published: Millis(NOW + 1) };
    assert_eq!(stored(&cluster), Some(quote));
    assert_eq!(price(5, NOW + 1).quote(), Some(quote), "as it was offered");
}

#[test]
fn accounts_that_are_not_storks_and_signatures_of_no_form_are_refused() {
    for account in [0, 1, 2] {
        let (mut cluster, payer) = stage();
        let mut post = stork::post(payer.pubkey(), &price(1, NOW));
        post[0].accounts[account].pubkey = Pubkey::new_from_array([9; 32]);
        send(&mut cluster, &payer, &post).expect_err("another account");
        assert_eq!(stored(&cluster), None);
    }
    let (mut cluster, payer) = stage();
    let unsigned = SignedPrice { v: 1, ..price(1, NOW) };
    send(&mut cluster, &payer, &stork::post(payer.pubkey(), &unsigned)).expect_err("no signature");
    assert_eq!(stored(&cluster), None);
}

#[test]
fn what_is_no_price_has_no_quote() {
    for value in [0, -1, i128::MAX, 999_999_999_999] {
        assert_eq!(SignedPrice { value, ..price(1, NOW) }.quote(), None, "{value}");
    }
}
