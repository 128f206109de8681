//! The queue of changes from the command line.

use std::collections::BTreeMap;
use std::mem::offset_of;

use bytemuck::bytes_of;
use holdfast_client::holdfast::state::{Exchange, Silo, TripState};
use holdfast_client::{address, instruction};
use holdfast_testkit::venue::{guardians, keypair};
use serde_json::{Value, json};
use solana_keypair::write_keypair_file;
use solana_signer::Signer;

use crate::operator::Operator;

const DAY_MS: u64 = 86_400_000;

/// A venue with the keys of its admin and of a guardian in the operator's home.
fn operator(name: &str) -> Operator {
    let operator = Operator::new(name);
    let guardian = &guardians()[0];
    operator.change(|cluster| cluster.fund(&guardian.pubkey(), 1_000_000_000));
    write_keypair_file(guardian, operator.home.join("guardian.json")).expect("a file");
    let admin = keypair("admin", 0);
    write_keypair_file(&admin, operator.home.join("admin.json")).expect("a file");
    operator
}

/// As the admin.
fn admin<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--keypair", "admin.json", "change"], arguments].concat()
}

#[test]
fn a_setting_is_announced_shown_and_taken_back() {
    let operator = operator("changing");
    assert!(operator.works(&["change", "list"]).contains("no change waits"));
    let fee = ["propose", "market-terms", "0", "--set", "taker_fee_bps=8"];
    let said = operator.refuses(&[&["change"], &fee[..]].concat());
    assert!(said.contains("only the admin"), "{said}");
    let said = operator.refuses(&admin(&["propose", "market-terms", "0", "--set", "fee=8"]));
    assert!(said.contains("there is no setting fee; there are "), "{said}");
    let said = operator.refuses(&admin(&["propose", "timelock", "--set", "wait_ms=1"]));
    assert!(said.contains("the program would refuse this"), "{said}");
    let proposed = operator.tells(&admin(&fee));
    assert_eq!((&proposed["number"], &proposed["kind"]), (&0.into(), &"MarketTerms".into()));

    let listed = operator.tells(&["change", "list"]);
    assert_eq!(listed["changes"][0]["standing"], "waits");
    let shown = operator.tells(&["change", "show", "0"]);
    let differences = shown["differences"].as_array().expect("a list");
    assert_eq!(differences.len(), 1, "{shown}");
    assert_eq!(differences[0]["field"], "MarketTerms.terms.taker_fee_bps");
    assert_eq!(differences[0]["then"], "8");
    assert_eq!(shown["taken_back_by"].as_array().expect("a list").len(), 4);
    let text = operator.works(&["change", "show", "0"]);
    assert!(text.contains("it waits: in 2 d 0 h"), "{text}");
    let said = operator.refuses(&["change", "show", "0", "--build", "admin.json"]);
    assert!(said.contains("this change is no upgrade"), "{said}");

    // Its content is a file that proposes the same.
    let file = operator.home.join("change.json");
    std::fs::write(&file, shown["content"].to_string()).expect("a file");
    let printed = operator.tells(&admin(&["propose", "file", "change.json", "--print-message"]));
    let program = holdfast_client::holdfast::ID.to_string();
    assert_eq!(printed["instructions"][0]["program"], program);
    assert_eq!(printed["signer"], keypair("admin", 0).pubkey().to_string());
    let accounts = printed["instructions"][0]["accounts"].as_array().expect("a list");
    assert_eq!(accounts[2]["address"], address::change(1).to_string());

    let said = operator.refuses(&["change", "apply", "0"]);
    assert!(said.contains("change 0 cannot be applied: it waits"), "{said}");
    let said = operator.refuses(&["change", "cancel", "0"]);
    assert!(said.contains("cannot take change 0 back"), "{said}");
    operator.works(&["--keypair", "guardian.json", "change", "cancel", "0"]);
    assert!(operator.works(&["change", "list"]).contains("no change waits"));
    let said = operator.refuses(&["change", "show", "0"]);
    assert!(said.contains("there is no change 0"), "{said}");
}

#[test]
fn a_change_is_applied_once_its_time_has_come() {
    let operator = operator("applying");
    let receiver = keypair("receiver", 0).pubkey();
    operator.works(&admin(&["propose", "fee-receiver", &receiver.to_string()]));
    operator.works(&admin(&["propose", "admin", &receiver.to_string()]));
    let said = operator.refuses(&admin(&["cancel", "1"]));
    assert!(said.contains("cannot take change 1 back"), "its own removal: {said}");
    wait(&operator, 2 * DAY_MS + 1_000);
    assert_eq!(operator.tells(&["change", "list"])["changes"][0]["standing"], "ready");
    operator.works(&["change", "apply", "0"]);
    let exchange: Exchange = operator.change(|cluster| cluster.read(&address::exchange()));
    assert_eq!(exchange.fee_receiver, receiver);
    wait(&operator, 8 * DAY_MS);
    let said = operator.refuses(&["change", "apply", "1"]);
    assert!(said.contains("it has expired"), "{said}");
    operator.works(&["change", "cancel", "1"]);
}

#[test]
fn an_upgrade_is_compared_with_a_build() {
    let operator = operator("upgrading");
    let buffer = keypair("buffer", 0).pubkey();
    let build = operator.home.join("program.so");
    std::fs::write(&build, b"a program").expect("a file");
    operator.change(|cluster| {
        cluster.write_buffer(buffer, &address::exchange(), b"a program");
    });
    let buffer = buffer.to_string();
    operator.works(&admin(&["propose", "upgrade", &buffer, "--build", "program.so"]));
    let shown = operator.tells(&["change", "show", "0", "--build", "program.so"]);
    assert_eq!(shown["build_matches"], true);
    std::fs::write(&build, b"another").expect("a file");
    let text = operator.works(&["change", "show", "0", "--build", "program.so"]);
    assert!(text.contains("ANOTHER PROGRAM") && text.contains("in 7 d 0 h"), "{text}");
    let said = operator.refuses(&admin(&["propose", "upgrade", &buffer, "--build", "program.so"]));
    assert!(said.contains("WrongBuffer"), "{said}");
}

/// What `change show` says of each field now, in the order of their names.
fn now(operator: &Operator, number: &str) -> Vec<(String, String)> {
    let shown = operator.tells(&["change", "show", number]);
    let rows = shown["differences"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let rows = rows.iter().map(|row| (text(&row["field"]), text(&row["now"])));
    BTreeMap::from_iter(rows).into_iter().collect()
}

#[test]
fn what_is_there_now_is_shown_of_every_kind_that_replaces_something() {
    let operator = operator("present");
    let row = |field: &str, now: &str| (field.to_owned(), now.to_owned());
    let (guardian, stranger) = (guardians()[0].pubkey(), keypair("stranger", 0).pubkey());
    let (leaves, joins) = (guardian.to_string(), stranger.to_string());
    operator.works(&admin(&["propose", "guardian", "--leaves", &leaves, "--joins", &joins]));
    let seats = [row("Guardian.joins", "no guardian"), row("Guardian.leaves", "a guardian")];
    assert_eq!(now(&operator, "0"), seats);

    let (silo, file) = (address::silo(0), operator.home.join("change.json"));
    std::fs::write(&file, json!({"FuseReset": {"silo": silo.to_string()}}).to_string())
        .expect("a file");
    operator.works(&admin(&["propose", "file", "change.json"]));
    assert_eq!(now(&operator, "1"), [row("FuseReset.silo", "not tripped")]);
    let trip = TripState { tripped: 1, short: 1_500_000, ..TripState::default() };
    operator.change(|cluster| {
        let mut account = cluster.get(&silo).expect("a silo");
        let at = 8 + offset_of!(Silo, trip);
        account.data[at..at + size_of::<TripState>()].copy_from_slice(bytes_of(&trip));
        cluster.set(silo, account);
    });
    let tripped = "tripped: 1.5 missing in the liquidity vault";
    assert_eq!(now(&operator, "1"), [row("FuseReset.silo", tripped)]);
    let text = operator.works(&["change", "show", "1"]);
    assert!(text.contains(tripped), "{text}");

    let buffer = keypair("buffer", 0).pubkey();
    std::fs::write(operator.home.join("program.so"), b"a program").expect("a file");
    operator.change(|cluster| {
        cluster.write_buffer(buffer, &address::exchange(), b"a program");
    });
    let buffer = buffer.to_string();
    operator.works(&admin(&["propose", "upgrade", &buffer, "--build", "program.so"]));
    let runs = [row("Upgrade.buffer", "none"), row("Upgrade.sha256", "the program of slot 0")];
    assert_eq!(now(&operator, "2"), runs);
}

/// Time passes on a chain that is watched.
fn wait(operator: &Operator, ms: u64) {
    let payer = keypair("admin", 0).pubkey();
    operator.change(|cluster| {
        let until = cluster.now_ms() + ms;
        while cluster.now_ms() < until {
            let left = until - cluster.now_ms();
            cluster.pass(left.min(150_000));
            let observe = instruction::observe(&[]);
            // Looked at too recently is looked at.
            let _ = cluster.send_unsigned(&[observe], &payer);
        }
    });
    operator.pass(400);
}
