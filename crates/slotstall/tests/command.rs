//! The command `slotstall`, run as from a shell.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

fn slotstall(home: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slotstall"));
    let wallet = home.path().join("id.json");
    command.current_dir(home.path()).args(["--port", "0", "--wallet"]).arg(wallet);
    command.args(arguments);
    command
}

fn run(home: &TempDir, arguments: &[&str]) -> Output {
    slotstall(home, arguments).output().unwrap()
}

#[test]
fn a_command_is_told_where_the_cluster_is_and_ends_it_with_its_code() {
    let home = tempfile::tempdir().unwrap();
    let script = "test -f \"$ANCHOR_WALLET\" && echo $ANCHOR_PROVIDER_URL $SLOTSTALL_WS; exit 7";
    let output = run(&home, &["--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(7));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("http://127.0.0.1:") && said.contains(" ws://127.0.0.1:"), "{said}");
}

#[tokio::test]
async fn it_says_in_json_where_it_answers_and_stalls_when_told() {
    let home = tempfile::tempdir().unwrap();
    let mut running =
        slotstall(&home, &["--json", "--time", "virtual"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let ask = async |method: &str, params: Value| -> Value {
        let question = json!({"id": 1, "method": method, "params": params});
        let url = told["rpc"].as_str().unwrap();
        let asked = reqwest::Client::new().post(url).json(&question).send().await.unwrap();
        asked.json::<Value>().await.unwrap()["result"].clone()
    };
    let before = ask("slotstall_status", json!([])).await;
    let after = ask("slotstall_stall", json!([{"ms": 45_000}])).await;
    assert_eq!(after["slot"].as_u64(), before["slot"].as_u64().map(|slot| slot + 1));
    let passed = after["nowMs"].as_u64().unwrap() - before["nowMs"].as_u64().unwrap();
    assert_eq!(passed, 45_000);
    running.kill().unwrap();
    running.wait().unwrap();
}

#[test]
fn what_cannot_be_used_is_refused_with_what_to_change() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("no.so"), "no program").unwrap();
    std::fs::write(home.path().join("no.json"), "{}").unwrap();
    let program = "Stake11111111111111111111111111111111111112";
    for (arguments, said) in [
        (vec!["--program", "nowhere", "no.so"], "nowhere is no address"),
        (vec!["--program", program, "missing.so"], "build the program first"),
        (vec!["--program", program, "no.so"], "cannot be installed"),
        (vec!["--account", "no.json"], "solana account ADDRESS --output json"),
        (vec!["--anchor"], "there is no Anchor.toml in"),
        (vec!["--", "no-such-command"], "`no-such-command` cannot be run"),
    ] {
        let output = run(&home, &arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
}
