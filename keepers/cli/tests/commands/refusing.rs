//! What cannot work costs nothing and says what to change.

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{address, tokens};
use holdfast_testkit::tokens::create_token_account;
use holdfast_testkit::venue::{guardians, keypair};
use solana_account::Account;
use solana_keypair::write_keypair_file;
use solana_signer::Signer;

use super::operator::{ONE, Operator};

#[test]
fn amounts_are_taken_exactly_or_not_at_all() {
    let operator = Operator::new("amounts");
    let cases = [
        ("0", "zero"),
        ("-5", "positive decimal"),
        ("1.2345678", "7 decimals"),
        ("ten", "positive decimal"),
        ("18446744073709.551616", "larger than the venue can count"),
    ];
    for (amount, why) in cases {
        for command in ["deposit", "withdraw"] {
            let said = operator.refuses(&["account", command, amount]);
            assert!(said.contains(why), "{said}");
        }
        let order = ["trade", "open", "0", "long", amount, "--limit", "1"];
        assert!(operator.refuses(&order).contains(why), "{amount}");
        assert!(operator.refuses(&["pool", "join", amount]).contains(why), "{amount}");
    }
    let order = ["trade", "open", "0", "long", "1", "--limit", "0"];
    assert!(operator.refuses(&order).contains("zero"));
    let both = ["trade", "open", "0", "long", "1", "--limit", "1", "--slippage", "10"];
    assert!(operator.refuses(&both).contains("cannot be used with"));
}

#[test]
fn without_an_account_one_is_told_to_open_it() {
    let operator = Operator::on_a_living_venue("homeless", 10);
    let commands: [&[&str]; 6] = [
        &["account", "show"],
        &["account", "deposit", "1"],
        &["account", "withdraw", "1"],
        &["account", "exit", "request", "1"],
        &["trade", "open", "0", "long", "1", "--limit", "160"],
        &["trade", "cancel", "0"],
    ];
    for command in commands {
        let said = operator.refuses(command);
        assert!(said.contains("open it first with `holdfast account open`"), "{said}");
    }
    operator.works(&["account", "open"]);
    assert!(operator.refuses(&["account", "open"]).contains("is open already"));
}

#[test]
fn a_key_that_cannot_be_read_signs_nothing() {
    let operator = Operator::new("keyless");
    std::fs::write(operator.home.join("torn.json"), "[1, 2").expect("a file");
    for command in [&["account", "deposit", "1"][..], &["pool", "show"], &["account", "open"]] {
        let with = |key: &str| operator.refuses(&[&["--keypair", key], command].concat());
        assert!(with("nowhere.json").contains("set keypair"));
        assert!(with("torn.json").contains("torn.json is no keypair"));
    }
    let elsewhere = ["--genesis", "elsewhere", "account", "open"];
    assert!(operator.refuses(&elsewhere).contains("another cluster"));
    assert!(operator.refuses(&["--silo", "7", "account", "open"]).contains("there is no silo"));
}

#[test]
fn what_the_chain_shows_to_be_impossible_is_not_sent() {
    let operator = Operator::on_a_living_venue("impossible", 100);
    operator.works(&["account", "open"]);
    let refused = |arguments: &[&str], why: &str| {
        let said = operator.refuses(arguments);
        assert!(said.contains(why), "{said}");
    };
    refused(&["account", "deposit", "100.000001"], "holds 100 tokens");
    operator.works(&["account", "deposit", "100"]);
    refused(&["account", "withdraw", "101"], "has 100 of collateral");
    refused(&["account", "exit", "request", "101"], "has 100 of collateral");
    refused(&["account", "exit", "cancel"], "no exit waits");
    refused(&["trade", "open", "BTC-PERP", "long", "1", "--limit", "1"], "it has: 0 SOL-PERP");
    refused(&["trade", "open", "0", "long", "100", "--limit", "160"], "would not cover");
    refused(&["trade", "close", "0", "--limit", "1"], "no position in SOL-PERP");
    refused(&["pool", "join", "1"], "holds 0 tokens");
    refused(&["pool", "leave", "1"], "holds 0 shares");
    refused(&["guardian", "tighten", "shelter", "--minutes", "31"], "1 to 30 minutes");
    refused(&["guardian", "tighten", "shelter"], "is no guardian");
}

#[test]
fn the_programs_refusals_come_by_name_and_cost_nothing() {
    let operator = Operator::on_a_living_venue("refused by name", 1_000);
    operator.works(&["account", "open"]);
    operator.works(&["account", "deposit", "1000"]);
    operator.works(&["trade", "open", "0", "long", "20", "--limit", "160", "--wait"]);
    let lamports = |operator: &Operator| {
        let owner = operator.wallet.pubkey();
        operator.change(|cluster| cluster.get(&owner).expect("a wallet").lamports)
    };
    let before = lamports(&operator);
    let said = operator.refuses(&["account", "withdraw", "900"]);
    assert!(said.contains("BelowInitialMargin: Initial margin would not be met"), "{said}");
    assert!(!said.contains("the chain's state"), "the chain is well: {said}");
    let said = operator.refuses(&["account", "exit", "request", "1"]);
    assert!(said.contains("NotIdle: Close all positions"), "{said}");
    assert_eq!(lamports(&operator), before);
}

#[test]
fn a_wallet_without_sol_is_told_to_get_some() {
    let operator = Operator::on_a_living_venue("poor", 0);
    let owner = operator.wallet.pubkey();
    operator.change(|cluster| cluster.set(owner, Account::default()));
    let said = operator.refuses(&["account", "open"]);
    assert!(said.contains("send it SOL"), "{said}");
}

#[test]
fn a_guardian_tightens_and_people_are_told_what_is_left() {
    let operator = Operator::on_a_living_venue("tightened", 1_000);
    operator.works(&["account", "open"]);
    operator.works(&["account", "deposit", "500"]);
    let guardian = &guardians()[0];
    operator.change(|cluster| cluster.fund(&guardian.pubkey(), 1_000_000_000));
    write_keypair_file(guardian, operator.home.join("guardian.json")).expect("a file");
    let tighten = ["--keypair", "guardian.json", "guardian", "tighten", "shelter"];
    let tightened = operator.tells(&tighten);
    assert_eq!(
        (&tightened["minimum_state"], &tightened["lasts_ms"]),
        (&"shelter".into(), &600_000.into())
    );
    let looser = ["--keypair", "guardian.json", "guardian", "tighten", "strained"];
    assert!(operator.refuses(&looser).contains("NothingToTighten"));

    let said = operator.refuses(&["trade", "open", "0", "long", "1", "--limit", "160"]);
    assert!(said.contains("ChainNotReady"), "{said}");
    assert!(said.contains("shelter"), "{said}");
    assert!(said.contains("allowed now: deposit, close, cancel"), "{said}");
    let said = operator.refuses(&["account", "withdraw", "1"]);
    assert!(said.contains("ExitsQueue"), "{said}");
    assert!(said.contains("through `holdfast account exit request`: withdraw"), "{said}");
    operator.works(&["account", "deposit", "1"]);
    operator.works(&["account", "exit", "request", "501"]);
    let account = operator.account();
    let state: MarginAccount = operator.change(|cluster| cluster.read(&account));
    assert_eq!(state.exit_amount, 501 * ONE);
    assert!(operator.works(&["audit"]).contains("every sum is as it should be"));
}

#[test]
fn tokens_of_another_program_are_no_tokens() {
    let operator = Operator::on_a_living_venue("other tokens", 10);
    operator.works(&["account", "open"]);
    let (mint, owner) = (keypair("mint", 0).pubkey(), operator.wallet.pubkey());
    let account = tokens::address(&owner, &mint);
    // The tokens are somebody else's, whatever the address says.
    let other = address::silo(0);
    operator.change(|cluster| create_token_account(cluster, account, mint, other, 10 * ONE));
    let said = operator.refuses(&["account", "deposit", "10"]);
    assert!(said.contains("custom program error: 0x4"), "{said}");
}

#[test]
fn a_guard_says_what_it_lacks_before_it_starts() {
    let operator = Operator::new("guardless");
    operator.works(&["account", "open"]);
    let wallet = operator.wallet.pubkey();
    let own = address::margin_account(&address::silo(0), &wallet, 0);
    let purse = keypair("nobody", 0).pubkey();
    let cases = [
        (String::new(), "guard.accounts is empty"),
        (format!("accounts = ['{wallet}']"), "which is no margin account of silo 0"),
        (
            format!("accounts = ['{own}']\ntop_up_percent = 150\nbudget = 1"),
            "is no token account of the silo's mint",
        ),
        (
            format!("accounts = ['{own}']\ntop_up_percent = 150\nbudget = 1\nsource = '{purse}'"),
            "send the wallet tokens, or set guard.source",
        ),
    ];
    for (settings, why) in cases {
        let text = format!("[guard]\n{settings}\n");
        std::fs::write(operator.home.join("holdfast.toml"), text).expect("a file");
        let said = operator.refuses(&["guard", "run"]);
        assert!(said.contains(why), "{settings}: {said}");
    }
    let said = operator.refuses(&["guard", "test"]);
    assert!(said.contains("guard.webhooks is empty"), "{said}");
}
