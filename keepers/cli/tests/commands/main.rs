//! The `holdfast` binary, run as an operator or a trader runs it, against a node of the embedded
//! cluster.

mod auditing;
mod changing;
mod history;
mod machines;
mod operator;
mod outage;
mod prices;
mod refusing;
mod trading;

use holdfast_client::{Pubkey, address, holdfast};
use holdfast_testkit::venue::{feed_account, guardians};
use operator::{Fault, Operator};
use solana_account::Account;
use solana_keypair::write_keypair_file;
use solana_signer::Signer;

#[test]
fn an_operator_opens_an_account_and_looks_around() {
    let operator = Operator::new("looks");
    let said = operator.refuses(&["config", "check"]);
    assert!(said.contains("holdfast account open"), "{said}");
    let opened = operator.works(&["account", "open"]);
    let silo = address::silo(0);
    let account = address::margin_account(&silo, &operator.wallet.pubkey(), 0).to_string();
    assert!(opened.contains(&account), "{opened}");
    let said = operator.works(&["config", "check"]);
    assert!(said.contains("all is well") && said.contains(&account), "{said}");
    let told = operator.tells(&["config", "check"]);
    let wallet = operator.wallet.pubkey().to_string();
    assert_eq!((&told["account"], &told["wallet"]), (&account.as_str().into(), &wallet.into()));
    assert!(told["guardian"].is_null() && told["genesis"].is_string(), "{told}");
    let told = operator.tells(&["config", "check", "--offline"]);
    assert!(told["wallet"].is_string() && told["genesis"].is_null(), "{told}");
    let said = operator.refuses(&["--rpc", "http://127.0.0.1:1/secret", "status"]);
    assert!(said.contains("no endpoint answers"), "{said}");
    let said = operator.works(&["status"]);
    assert!(said.contains("SOL-PERP") && said.contains("normal"), "{said}");
    assert!(operator.works(&["silo", "show"]).contains(&silo.to_string()));
    assert!(operator.works(&["market", "show", "0"]).contains("SOL-PERP"));
    let said = operator.works(&["account", "show", &account]);
    assert!(said.contains(&operator.wallet.pubkey().to_string()), "{said}");
    assert!(operator.works(&["completions", "bash"]).contains("holdfast"));
}

#[test]
fn the_dashboard_is_printed_without_a_terminal_and_a_wallet() {
    let operator = Operator::new("dashboard");
    std::fs::remove_file(operator.home.join("id.json")).expect("it was there");
    let said = operator.works(&["top"]);
    for part in ["[normal]", "SOL-PERP", "--keeper URL", "http://127.0.0.1"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("secret") && !said.contains('\u{1b}'), "{said}");
    let said = operator.works(&["top", "--json", "--keeper", "127.0.0.1:1"]);
    let view: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(view["markets"][0]["name"], "SOL-PERP");
    assert!(view["landing"]["unanswered"].is_string(), "{said}");
    let said = operator.refuses(&["top", "--keeper", "https://keeper"]);
    assert!(said.contains("listen address"), "{said}");
}

#[test]
fn a_guardians_key_is_checked_before_anything_is_sent() {
    let operator = Operator::new("guardian");
    operator.works(&["account", "open"]);
    let check = ["config", "check"];
    let set = |name: &str| {
        let setting = format!("guardian_keypair = '{name}'\n");
        std::fs::write(operator.home.join("holdfast.toml"), setting).expect("a file");
        operator.home.join(name)
    };
    set("nowhere.json");
    let said = operator.refuses(&check);
    assert!(said.contains("nowhere.json cannot be read") && said.contains("set guardian_keypair"));
    let key = set("guardian.json");
    std::fs::write(&key, "[1, 2").expect("a file");
    assert!(operator.refuses(&check).contains("guardian.json is no keypair"));
    // A file that is there would keep its mode, and others may read this one.
    std::fs::remove_file(&key).expect("it was there");
    write_keypair_file(&operator.wallet, &key).expect("a file");
    for command in [&check[..], &["keeper", "run"]] {
        let said = operator.refuses(command);
        let wallet = operator.wallet.pubkey();
        assert!(said.contains(&format!("{wallet} is no guardian of this exchange")), "{said}");
    }
    let [guardian, ..] = guardians();
    write_keypair_file(&guardian, &key).expect("a file");
    assert!(operator.works(&check).contains(&guardian.pubkey().to_string()));
}

#[test]
fn what_a_keeper_needs_only_later_is_checked_too() {
    let operator = Operator::on_a_living_venue("later", 0);
    operator.works(&["account", "open"]);
    let feed = feed_account(0);
    let set = |feed: Pubkey| {
        let setting = format!("feeds = ['{feed}']\n");
        std::fs::write(operator.home.join("holdfast.toml"), setting).expect("a file");
    };
    set(feed);
    let told = operator.tells(&["config", "check"]);
    assert_eq!(told["feeds"][0]["found"], "1 of 1 feeds", "{told}");
    assert_eq!(told["streams"][0]["found"], "opens", "{told}");
    assert!(told["accounts"][0]["error"].is_null(), "{told}");
    let said = operator.works(&["config", "check"]);
    assert!(said.contains("all is well") && !said.contains("except"), "{said}");

    set(Pubkey::new_from_array([9; 32]));
    let said = operator.works(&["config", "check"]);
    assert!(said.contains("except that\n- others have to refresh SOL-PERP"), "{said}");
    set(feed);
    let nowhere = ["--websocket", "ws://127.0.0.1:1/secret", "config", "check"];
    let said = operator.works(&nowhere);
    assert!(said.contains("- ws://127.0.0.1:1 does not open (connecting failed)"), "{said}");
    // A provider that lists no program's accounts.
    let mean = operator.failing(Fault::Closes, &["getProgramAccounts"]);
    let live = operator.endpoint();
    let said = operator.works(&["--rpc", &mean, "--rpc", &live, "config", "check"]);
    let host = mean.trim_end_matches("/secret");
    assert!(said.contains(&format!("- {host} does not answer")), "{said}");
    let said = operator.refuses(&["--rpc", &mean, "config", "check"]);
    assert!(said.contains("no endpoint lists the program's accounts"), "{said}");
    assert!(said.contains("ask a provider for getProgramAccounts"), "{said}");
}

#[test]
fn what_cannot_work_is_refused_with_what_to_change() {
    let operator = Operator::new("refused");
    let check = ["config", "check"];
    let with = |more: &[&'static str]| operator.refuses(&[&check[..], more].concat());
    assert!(with(&["--keypair", "nowhere.json"]).contains("set keypair"));
    std::fs::write(operator.home.join("torn.json"), "[1, 2").expect("a file");
    assert!(with(&["--keypair", "torn.json"]).contains("torn.json is no keypair"));
    assert!(with(&["--genesis", "elsewhere"]).contains("another cluster"));
    assert!(with(&["--silo", "7"]).contains("the program has no silo"));
    assert!(
        with(&["--rpc", "http://127.0.0.1:1/secret"])
            .contains("http://127.0.0.1:1 does not answer")
    );
    assert!(with(&["--rpc", "secret"]).contains("rpc names something unreadable"));
    let nobody = Pubkey::default().to_string();
    assert!(operator.refuses(&["account", "show", &nobody]).contains("is no margin account"));
    assert!(operator.refuses(&["market", "show", "9"]).contains("there is no market"));

    operator.works(&["account", "open"]);
    std::fs::write(operator.home.join("holdfast.toml"), "least_lamports = 5000000000\n")
        .expect("a file");
    assert!(with(&[]).contains("send it SOL"));
    std::fs::write(operator.home.join("holdfast.toml"), "least = 1\n").expect("a file");
    assert!(with(&[]).contains("holdfast.toml: unknown field: found `least`"), "{}", with(&[]));
    std::fs::remove_file(operator.home.join("holdfast.toml")).expect("it was there");

    // A layout to come, which may mean something else by the same bytes.
    let layout = |by: u8| {
        operator.change(|cluster| {
            let mut silo = cluster.get(&address::silo(0)).expect("a silo");
            silo.data[8] = silo.data[8].wrapping_add(by);
            cluster.set(address::silo(0), silo);
        });
    };
    layout(1);
    assert!(with(&[]).contains("the silo at"));
    let said = operator.refuses(&["silo", "show"]);
    assert!(said.contains("is no silo of this program's present version"), "{said}");
    layout(u8::MAX);
    operator.change(|cluster| {
        let mut silo = cluster.get(&address::silo(0)).expect("a silo");
        silo.data.push(0);
        cluster.set(address::silo(0), silo);
    });
    assert!(with(&[]).contains("the silo at"));
    operator.change(|cluster| cluster.set(holdfast::ID, Account::default()));
    assert!(with(&[]).contains("there is no program"));
}
