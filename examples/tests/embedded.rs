//! The examples, run as somebody would run them, against a node of the embedded cluster.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use holdfast_client::{address, tokens};
use holdfast_testkit::Venue;
use holdfast_testkit::node::{Node, pass_with_price, serve};
use holdfast_testkit::tokens::create_token_account;
use holdfast_testkit::venue::{LONE, Listing, keypair, silo_plan};
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer;

const NOW: u64 = 1_700_000_000_000;
const ONE: u64 = 1_000_000;
const PRICE: u64 = 150 * ONE;

/// What an example prints.
fn works(example: &str, arguments: &[&str]) -> String {
    let output = Command::new(example).args(arguments).output().expect("the example is built");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example} {arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

/// A keypair with SOL in the cluster and in a file, and the file.
fn wallet(venue: &mut Venue, name: &str) -> (Keypair, String) {
    let wallet = keypair(name, 0);
    venue.cluster.fund(&wallet.pubkey(), 1_000_000_000);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    write_keypair_file(&wallet, &file).expect("a file");
    (wallet, file.display().to_string())
}

#[test]
fn an_order_is_placed_executed_by_the_keeper_and_read_back() {
    let listing = Listing { name: "SOL-PERP", price: PRICE, providers: LONE };
    let mut venue = Venue::install_silo(NOW, silo_plan(&[listing])).expect("cargo xtask build");
    venue.publish(&[PRICE]).expect("a price");
    venue.join_pool(false, 10_000_000 * ONE, &[PRICE]).expect("liquidity");
    let (trader, trader_file) = wallet(&mut venue, "trader");
    let (_, keeper_file) = wallet(&mut venue, "keeper");
    let (mint, owner) = (venue.mint, trader.pubkey());
    let source = tokens::address(&owner, &mint);
    create_token_account(&mut venue.cluster, source, mint, owner, 2_000 * ONE);
    let node = Arc::new(Mutex::new(Node::new(venue.cluster)));
    let endpoint = serve(node, |node| pass_with_price(node, PRICE)).expect("a port");
    let url = format!("http://{endpoint}");

    let said = works(env!("CARGO_BIN_EXE_place_order"), &[&url, &trader_file]);
    assert!(said.contains("deposited and ordered"), "{said}");
    let said = works(env!("CARGO_BIN_EXE_keeper"), &[&url, &keeper_file, "6"]);
    let account = address::margin_account(&address::silo(0), &owner, 0);
    let executed = format!("ExecuteOrder {{ account: {account}, market: 0, number: 1 }} in ");
    assert!(said.contains(&executed), "{said}");
    let said = works(env!("CARGO_BIN_EXE_read_account"), &[&url, &owner.to_string()]);
    assert!(said.contains("SOL-PERP: 1000000 millionths of a unit"), "{said}");
    assert!(said.contains("equity 99") && said.contains("maintenance margin 7"), "{said}");
}

#[test]
fn what_an_example_cannot_use_is_refused_with_what_to_change() {
    let refuses = |example: &str, arguments: &[&str]| {
        let output = Command::new(example).args(arguments).output().expect("the example is built");
        assert!(!output.status.success(), "{arguments:?} did not refuse");
        String::from_utf8(output.stderr).expect("text")
    };
    let place = env!("CARGO_BIN_EXE_place_order");
    assert!(refuses(place, &[]).contains("usage: place_order URL KEYPAIR"));
    assert!(refuses(place, &["somewhere", "id.json"]).contains("write an address with http://"));
    let nowhere = ["http://127.0.0.1:1", "nowhere.json"];
    assert!(refuses(place, &nowhere).contains("nowhere.json cannot be read"));
    let read = env!("CARGO_BIN_EXE_read_account");
    assert!(refuses(read, &[nowhere[0], "somebody"]).contains("OWNER is no address"));
}
