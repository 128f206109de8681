//! Transactions that get lost, and endpoints that do not answer.

use std::time::{Duration, Instant};

use holdfast_client::address;
use holdfast_testkit::Cluster;
use holdfast_testkit::node::Node;

use super::operator::{Fault, Operator};

#[test]
fn a_transaction_that_gets_lost_is_sent_again() {
    let operator = Operator::on_a_living_venue("lost twice", 10);
    operator.node.lock().expect("no panic").loses = 2;
    operator.works(&["account", "open"]);
    assert_eq!(operator.node.lock().expect("no panic").loses, 0);
}

#[test]
fn one_that_can_land_no_more_is_said_to_have_failed() {
    let operator = Operator::on_a_venue("lost for good", 10, |node: &mut Node| {
        node.cluster.pass(10_000);
        node.tick();
    });
    operator.node.lock().expect("no panic").loses = usize::MAX;
    let said = operator.refuses(&["account", "open"]);
    assert!(said.contains("did not land before its blockhash expired"), "{said}");
    assert!(said.contains("nothing has happened"), "{said}");
}

#[test]
fn one_endpoint_that_answers_is_enough() {
    let operator = Operator::on_a_living_venue("one of two", 10);
    let live = operator.endpoint();
    let both = ["--rpc", "http://127.0.0.1:1/secret", "--rpc", &live];
    let with = |command: &[&'static str]| [&both[..], command].concat();
    operator.works(&with(&["account", "open"]));
    operator.works(&with(&["account", "deposit", "10"]));
    operator.works(&with(&["account", "withdraw", "10"]));
    assert!(operator.works(&with(&["status"])).contains("SOL-PERP"));
    let said = operator.refuses(&["--rpc", both[1], "account", "open"]);
    assert!(said.contains("http://127.0.0.1:1 does not answer"), "{said}");
}

#[test]
fn one_that_dies_after_sending_does_not_hide_the_landing() {
    let operator = Operator::on_a_living_venue("dies after sending", 10);
    let dies = operator.failing(Fault::Closes, &["getBlockHeight", "getSignatureStatuses"]);
    let live = operator.endpoint();
    operator.works(&["--rpc", &dies, "--rpc", &live, "account", "open"]);
}

#[test]
fn one_that_hangs_keeps_nobody_waiting() {
    let operator = Operator::on_a_living_venue("hangs", 10);
    let methods = &["sendTransaction", "getBlockHeight", "getSignatureStatuses"];
    let hangs = operator.failing(Fault::Hangs, methods);
    let live = operator.endpoint();
    let both = ["--rpc", &hangs, "--rpc", &live, "account", "open"];
    // Lost once, so that there is a second round.
    operator.node.lock().expect("no panic").loses = 1;
    let start = Instant::now();
    operator.works(&both);
    // An endpoint has ten seconds to answer.
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}

#[test]
fn one_that_does_not_answer_does_not_keep_a_transaction_from_having_expired() {
    let operator = Operator::on_a_venue("expired at one", 10, |node: &mut Node| {
        node.cluster.pass(10_000);
        node.tick();
    });
    operator.node.lock().expect("no panic").loses = usize::MAX;
    let dies = operator.failing(Fault::Closes, &["getBlockHeight"]);
    let live = operator.endpoint();
    let said = operator.refuses(&["--rpc", &dies, "--rpc", &live, "account", "open"]);
    assert!(said.contains("did not land before its blockhash expired"), "{said}");
}

#[test]
fn what_the_program_would_find_now_is_told_from_what_it_recorded() {
    let operator = Operator::new("unobserved");
    let live = operator.endpoint();
    let both = ["--rpc", "http://127.0.0.1:1/secret", "--rpc", &live, "status"];
    let said = operator.works(&both);
    assert!(said.contains("http://127.0.0.1:1 does not answer"), "{said}");
    assert!(said.contains("normal") && !said.contains("(recorded)"), "{said}");
    operator.change(Cluster::restart);
    let said = operator.works(&both);
    assert!(said.contains("normal (recorded), shelter now: the chain was disrupted"), "{said}");
    let told = operator.tells(&both);
    let states = ["recorded_state", "state"].map(|of| told["chain"][of].clone());
    assert_eq!(states, ["normal", "shelter"]);
    assert!(told["endpoints"][0]["error"].is_string() && told["endpoints"][0]["slot"].is_null());
    assert!(told["endpoints"][1]["slot"].is_u64() && told["endpoints"][1]["error"].is_null());
    assert_eq!(told["markets"][0]["name"], "SOL-PERP");
    assert_eq!(told["silo"]["silo"], address::silo(0).to_string());
}
