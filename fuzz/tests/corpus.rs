//! What searches found, and what they start from, tried again.

use std::fs;
use std::path::Path;

use holdfast_fuzz::Outcome;

/// Tries every file of a corpus. It holds bytes of both kinds: a corpus of nothing but refusals
/// would pass if everything were refused.
fn replay(name: &str, target: fn(&[u8]) -> Outcome) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut outcomes = Vec::new();
    for entry in fs::read_dir(&folder).expect("a corpus") {
        let path = entry.expect("an entry").path();
        println!("{}", path.display());
        outcomes.push(target(&fs::read(&path).expect("a file")));
    }
    for outcome in [Outcome::Accepted, Outcome::Refused] {
        assert!(outcomes.contains(&outcome), "nothing in {} is {outcome:?}", folder.display());
    }
}

#[test]
fn account_data() {
    replay("accounts", holdfast_fuzz::accounts);
}

#[test]
fn lists_of_pyths_feeds() {
    replay("catalogue", holdfast_fuzz::catalogue);
}

#[test]
fn files_of_changes() {
    replay("change_file", holdfast_fuzz::change_file);
}

#[test]
fn configurations() {
    replay("config", holdfast_fuzz::config);
}

#[test]
fn deployment_files() {
    replay("deployment", holdfast_fuzz::deployment);
}

#[test]
fn event_logs() {
    replay("events", holdfast_fuzz::events);
}

#[test]
fn feed_accounts() {
    replay("feeds", holdfast_fuzz::feeds);
}

#[test]
fn instruction_data() {
    replay("instructions", holdfast_fuzz::instructions);
}

#[test]
fn answers_of_rpc_endpoints() {
    replay("json_rpc", holdfast_fuzz::json_rpc);
}

#[test]
fn manifests() {
    replay("manifest", holdfast_fuzz::manifest);
}

#[test]
fn price_files() {
    replay("prices", holdfast_fuzz::prices);
}

#[test]
fn updates_of_hermes() {
    replay("pyth_updates", holdfast_fuzz::pyth_updates);
}

#[test]
fn scenarios_of_the_lab() {
    replay("scenario", holdfast_fuzz::scenario);
}

#[test]
fn slot_times() {
    replay("slot_times", holdfast_fuzz::slot_times);
}
