//! Transactions that get lost, and endpoints that do not answer.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use holdfast_client::address;
use holdfast_testkit::node::Node;
use serde_json::Value;

use super::operator::{Fault, Operator};

#[test]
fn a_transaction_that_gets_lost_is_sent_again() {
    let operator = Operator::on_a_living_venue("lost twice", 10);
    operator.node.lock().expect("no panic").lose(2);
    operator.works(&["account", "open"]);
    assert_eq!(operator.node.lock().expect("no panic").loses(), 0);
}

#[test]
fn one_that_can_land_no_more_is_said_to_have_failed() {
    let operator = Operator::on_a_venue("lost for good", 10, |node: &mut Node| {
        node.cluster.pass(10_000);
        node.tick();
    });
    operator.node.lock().expect("no panic").lose(usize::MAX);
    let output = operator.run(&["--json", "account", "open"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("did not land before its blockhash expired"), "{said}");
    assert!(said.contains("nothing has happened"), "{said}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("one object");
    let signature = told["signature"].as_str().expect("a signature");
    assert!(said.starts_with(&format!("sending {signature}")), "{said}");
    assert_eq!((&told["verdict"], &told["slot"]), (&"expired".into(), &Value::Null));
    assert!(told["error"].as_str().is_some_and(|error| said.contains(error)), "{told}");
}

#[test]
fn the_signature_is_there_before_anything_is_sent() {
    let operator = Operator::on_a_living_venue("signature first", 10);
    let hangs = operator.failing(Fault::Hangs, &["sendTransaction"]);
    let mut command = operator.command(&["--rpc", &hangs, "account", "open"]);
    let mut running = command.stderr(Stdio::piped()).spawn().expect("the binary");
    let mut first = String::new();
    let said = running.stderr.take().expect("its errors");
    BufReader::new(said).read_line(&mut first).expect("a line");
    running.kill().expect("it runs");
    running.wait().expect("it ends");
    let signature = first.trim().strip_prefix("sending ").expect("a signature");
    assert!(signature.len() > 80, "{first}");
    assert!(operator.node.lock().expect("no panic").landed(signature).is_none());
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
fn looking_works_while_any_endpoint_answers() {
    let operator = Operator::on_a_living_venue("looks at any", 10);
    operator.works(&["account", "open"]);
    let account = operator.account().to_string();
    let deaf = operator.failing(Fault::Closes, &["getMultipleAccounts", "getProgramAccounts"]);
    let live = operator.endpoint();
    let commands: [&[&str]; 12] = [
        &["status"],
        &["silo", "show"],
        &["market", "list"],
        &["market", "show", "0"],
        &["account", "show"],
        &["account", "show", &account],
        &["account", "list"],
        &["pool", "show"],
        &["insurance", "show"],
        &["change", "list"],
        &["risk"],
        &["config", "check"],
    ];
    for command in commands {
        for dead in ["http://127.0.0.1:1/secret", &deaf] {
            operator.works(&[&["--rpc", dead, "--rpc", &live], command].concat());
        }
        let said = operator.gives_up(&[&["--genesis", "elsewhere"], command].concat());
        assert!(said.contains("another cluster") && !said.contains("secret"), "{said}");
    }
}

#[test]
fn what_an_endpoint_does_not_offer_or_judges_wrongly_keeps_nobody_from_anything() {
    let operator = Operator::on_a_living_venue("odd endpoints", 1_000);
    // Fees paid lately are an extra, even where nobody tells of them.
    let feeless = operator.failing(Fault::Closes, &["getRecentPrioritizationFees"]);
    operator.works(&["--rpc", &feeless, "account", "open"]);
    operator.works(&["--rpc", &feeless, "account", "deposit", "10"]);
    let live = operator.endpoint();
    let mean = operator.failing(Fault::RefusesToTry, &["simulateTransaction"]);
    let mute = operator.failing(Fault::Closes, &["simulateTransaction", "getLatestBlockhash"]);
    for odd in [&mean, &mute] {
        operator.works(&["--rpc", odd, "--rpc", &live, "account", "withdraw", "1"]);
    }
    // Two agree, or the only one that answers says so.
    let other = operator.failing(Fault::RefusesToTry, &["simulateTransaction"]);
    let withdraw = ["account", "withdraw", "1"];
    for both in [[&mean, &other], [&mean, &mute]] {
        let [first, second] = both.map(String::as_str);
        let all = [&["--rpc", first, "--rpc", second], &withdraw[..]].concat();
        let said = operator.gives_up(&all);
        assert!(said.contains("custom program error: 0x1"), "{said}");
        assert!(!said.contains("sending"), "{said}");
    }
}

#[test]
fn an_endpoint_that_is_somewhere_else_is_asked_last() {
    let operator = Operator::on_a_living_venue("elsewhere", 10);
    let methods = &["getEpochInfo", "getMultipleAccounts"];
    let elsewhere = operator.failing(Fault::IsElsewhere, methods);
    let (live, other) = (operator.endpoint(), operator.failing(Fault::Hangs, &[]));
    for command in [["silo", "show"], ["account", "open"], ["account", "show"]] {
        let all = ["--rpc", &elsewhere, "--rpc", &live, "--rpc", &other];
        let output = operator.run(&[&all[..], &command[..]].concat());
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(output.status.success(), "{said}");
        let host = elsewhere.trim_end_matches("/secret");
        assert!(said.contains(&format!("note: {host} is ")), "{said}");
        assert!(said.contains(" slots beyond the others: it is asked last"), "{said}");
        assert!(!said.contains("there is no"), "it was not asked: {said}");
    }
}

#[test]
fn an_output_that_nobody_reads_or_that_is_full_ends_in_no_panic() {
    let operator = Operator::new("unread");
    let live = operator.endpoint();
    let dead = ["--rpc", "http://127.0.0.1:1/secret", "--rpc", &live, "status"];
    let commands: [&[&str]; 5] = [
        &["config", "example"],
        &["completions", "bash"],
        &["status"],
        &["--json", "silo", "show"],
        &dead,
    ];
    let closed = || std::io::pipe().expect("a pipe").1;
    for command in commands {
        let output = operator.command(command).stdout(closed()).output().expect("the binary");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(output.status.success() && !said.contains("panicked"), "{command:?}: {said}");
        let output = operator.command(command).stderr(closed()).output().expect("the binary");
        assert!(output.status.success() && !output.stdout.is_empty(), "{command:?}");
        let full = File::options().write(true).open("/dev/full").expect("a device");
        let output = operator.command(command).stdout(full).output().expect("the binary");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("the output cannot be written"), "{command:?}: {said}");
    }
}

#[test]
fn a_landing_is_told_whatever_cannot_be_read_after_it() {
    let operator = Operator::on_a_living_venue("lands unread", 1_000);
    operator.works(&["account", "open"]);
    operator.works(&["account", "deposit", "1000"]);
    // The number of the order is in a history that this endpoint does not show.
    let forgets = operator.failing(Fault::Closes, &["getTransaction"]);
    let order = ["trade", "open", "0", "long", "1", "--limit", "100"];
    let output = operator.run(&[&["--json", "--rpc", &forgets], &order[..]].concat());
    assert!(output.status.success(), "it landed");
    let told: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!((&told["verdict"], &told["delta"]), (&"landed".into(), &1_000_000.into()));
    let waits = [&["--json", "--rpc", &forgets], &order[..], &["--wait"]].concat();
    let output = operator.run(&waits);
    assert_eq!(output.status.code(), Some(1), "how it ended is not known");
    let told: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!(told["verdict"], "landed");
    assert!(told["signature"].is_string() && told["error"].is_string(), "{told}");
}

#[test]
fn machines_are_told_of_every_failure_in_one_object() {
    let operator = Operator::new("told");
    let failing: [&[&str]; 5] = [
        &["--rpc", "http://127.0.0.1:1/secret", "status"],
        &["market", "show", "9"],
        &["--keypair", "nowhere.json", "account", "open"],
        &["trade", "open", "0", "long", "0", "--limit", "1"],
        &["--silo", "7", "silo", "show"],
    ];
    for command in failing {
        let output = operator.run(&[&["--json"], command].concat());
        assert!(!output.status.success(), "{command:?}");
        let told: Value = serde_json::from_slice(&output.stdout).expect("one object");
        assert!(told["error"].as_str().is_some_and(|error| !error.is_empty()), "{told}");
    }
}

#[test]
fn one_that_dies_after_sending_does_not_hide_the_landing() {
    let operator = Operator::on_a_living_venue("dies after sending", 10);
    let dies = operator.failing(Fault::Closes, &["getEpochInfo", "getSignatureStatuses"]);
    let live = operator.endpoint();
    operator.works(&["--rpc", &dies, "--rpc", &live, "account", "open"]);
}

#[test]
fn one_that_hangs_keeps_nobody_waiting() {
    let operator = Operator::on_a_living_venue("hangs", 10);
    let methods = &["sendTransaction", "getEpochInfo", "getSignatureStatuses"];
    let hangs = operator.failing(Fault::Hangs, methods);
    let live = operator.endpoint();
    let both = ["--rpc", &hangs, "--rpc", &live, "account", "open"];
    // Lost once, so that there is a second round.
    operator.node.lock().expect("no panic").lose(1);
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
    operator.node.lock().expect("no panic").lose(usize::MAX);
    let dies = operator.failing(Fault::Closes, &["getEpochInfo"]);
    let live = operator.endpoint();
    let said = operator.gives_up(&["--rpc", &dies, "--rpc", &live, "account", "open"]);
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
    operator.change(|cluster| cluster.restart());
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
