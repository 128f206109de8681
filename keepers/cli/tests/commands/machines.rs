//! What machines are told: one object, whatever is asked for and however it goes wrong.

use std::process::Output;

use holdfast_client::Pubkey;
use serde_json::Value;

use super::operator::Operator;

/// Every command that asks a cluster, with arguments that are right.
const COMMANDS: [&[&str]; 32] = [
    &["keeper", "run"],
    &["status"],
    &["account", "open"],
    &["account", "show"],
    &["account", "list"],
    &["account", "deposit", "1"],
    &["account", "withdraw", "1"],
    &["account", "exit", "request", "1"],
    &["account", "exit", "pay"],
    &["account", "exit", "cancel"],
    &["trade", "open", "0", "long", "1", "--limit", "1"],
    &["trade", "close", "0", "--limit", "1"],
    &["trade", "cancel", "0"],
    &["pool", "join", "1"],
    &["pool", "leave", "1"],
    &["pool", "cancel"],
    &["pool", "show"],
    &["insurance", "show"],
    &["market", "list"],
    &["market", "show", "0"],
    &["silo", "show"],
    &["guardian", "tighten", "strained"],
    &["change", "list"],
    &["change", "show", "0"],
    &["change", "cancel", "0"],
    &["change", "apply", "0"],
    &["change", "propose", "market-terms", "0", "--set", "taker_fee_bps=8"],
    &["change", "propose", "silo-terms", "--set", "maturity_ms=1"],
    &["change", "propose", "timelock", "--set", "wait_ms=1"],
    &["audit"],
    &["risk"],
    &["config", "check"],
];

/// Arguments that are wrong whatever the cluster says, and a part of what is said of them.
const WRONG: [(&[&str], &str); 25] = [
    (&["status", "--nothing"], "unexpected argument"),
    (&["nothing"], "unrecognized subcommand"),
    (&["market", "show", "256"], "256"),
    (&["market", "show", "-1"], "-1"),
    (&["account", "show", "me"], "invalid value 'me'"),
    (&["account", "deposit", "99999999999999999999"], "larger than the venue can count"),
    (&["account", "deposit", "1e6"], "positive decimal"),
    (&["account", "deposit", "NaN"], "positive decimal"),
    (&["trade", "open", "0", "up", "1"], "invalid value 'up'"),
    (&["trade", "open", "0", "long", "1", "--slippage", "5001"], "5001"),
    (&["trade", "open", "0", "long", "1", "--lasts", "0"], "--lasts"),
    (&["trade", "open", "0", "long", "1", "--above", "1", "--below", "1"], "cannot be used with"),
    (&["trade", "cancel", "0", "--all"], "cannot be used with"),
    (&["trade", "cancel", "256"], "256"),
    (&["pool", "cancel", "65536"], "65536"),
    (&["guardian", "tighten", "shelter", "--minutes", "18446744073709551615"], "--minutes"),
    (&["change", "show", "none"], "invalid value 'none'"),
    (&["change", "propose", "timelock", "--set", "wait_ms"], "NAME=VALUE"),
    (&["change", "cancel", "0", "--signer", "me"], "invalid value 'me'"),
    (&["--silo", "70000", "status"], "70000"),
    (&["--config", "nowhere.toml", "status"], "nowhere.toml does not exist"),
    (&["--rpc", "ftp://host", "status"], "rpc names"),
    (&["--rpc", "", "status"], "rpc"),
    (&["--websocket", "http://host", "status"], "websocket"),
    (&["--deployment", "nowhere.json", "status"], "nowhere.json cannot be read"),
];

/// A command for a machine that fails: the sentence that it is told, which is in one object, and on the error
/// stream too.
fn sentence(command: &[&str], output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{command:?} works");
    assert!(output.status.code().is_some(), "{command:?}: {said}");
    assert!(!said.contains("panicked") && !said.contains("secret"), "{command:?}: {said}");
    let told = serde_json::from_slice::<Value>(&output.stdout);
    let told = told.unwrap_or_else(|error| panic!("{command:?}: {error}: {said}"));
    let sentence = told["error"].as_str().unwrap_or_default().to_owned();
    assert!(!sentence.is_empty(), "{command:?}: {told}");
    sentence
}

#[test]
fn no_command_says_anything_but_one_object_when_no_endpoint_answers() {
    let operator = Operator::new("all dead");
    let dead = ["--json", "--rpc", "http://127.0.0.1:1/secret"];
    for command in COMMANDS {
        let output = operator.run(&[&dead[..], command].concat());
        let sentence = sentence(command, &output);
        assert!(sentence.contains("check rpc"), "{command:?}: {sentence}");
    }
}

#[test]
fn what_is_wrong_with_arguments_is_told_in_one_object() {
    let operator = Operator::new("all wrong");
    for (command, part) in WRONG {
        let output = operator.run(&[&["--json"], command].concat());
        let sentence = sentence(command, &output);
        assert!(sentence.contains(part), "{command:?}: {sentence}");
    }
}

#[test]
fn files_that_are_none_are_told_by_name() {
    let operator = Operator::new("all torn");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(operator.home.join(name), bytes).expect("a file");
    };
    write("torn.json", b"{\"Admin\": ");
    write("bytes.json", &[0xff, 0xfe, 0x00]);
    write("empty.json", b"");
    write("list.json", b"[1, 2, 3]");
    for name in ["torn.json", "bytes.json", "empty.json", "list.json", "nowhere.json", "."] {
        let commands: [&[&str]; 4] = [
            &["--keypair", name, "account", "open"],
            &["--deployment", name, "status"],
            &["--config", name, "status"],
            &["change", "propose", "file", name],
        ];
        // A configuration that sets nothing is one.
        let wrong = commands.iter().filter(|it| it[0] != "--config" || name != "empty.json");
        for command in wrong {
            let output = operator.run(&[&["--json"], *command].concat());
            let sentence = sentence(command, &output);
            assert!(sentence.contains(name), "{command:?}: {sentence}");
        }
    }
}

#[test]
fn what_is_not_on_the_chain_is_told_in_one_object() {
    let operator = Operator::new("all missing");
    let nobody = Pubkey::new_from_array([9; 32]).to_string();
    let cases: [(&[&str], &str); 8] = [
        (&["account", "show", &nobody], "there is no margin account at"),
        (&["account", "exit", "pay", &nobody], "there is no margin account at"),
        (&["market", "show", "255"], "there is no market at"),
        (&["--silo", "65535", "silo", "show"], "there is no silo at"),
        (&["--silo", "65535", "audit"], "there is no silo at"),
        (&["--silo", "65535", "risk"], "there is no silo at"),
        (&["change", "show", "18446744073709551615"], "there is no change"),
        (&["change", "cancel", "7"], "there is no change 7"),
    ];
    for (command, part) in cases {
        let output = operator.run(&[&["--json"], command].concat());
        let sentence = sentence(command, &output);
        assert!(sentence.contains(part), "{command:?}: {sentence}");
    }
}

#[test]
fn files_to_be_kept_are_under_their_name() {
    let operator = Operator::new("kept");
    let example = operator.tells(&["config", "example"]);
    assert!(example["example"].as_str().is_some_and(|text| text.contains("websocket = []")));
    let script = operator.tells(&["completions", "bash"]);
    assert!(script["completions"].as_str().is_some_and(|text| text.contains("holdfast")));
}
