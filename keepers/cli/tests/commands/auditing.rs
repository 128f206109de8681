//! An audit finds what does not add up, and says which sum.

use std::mem::offset_of;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use holdfast_client::holdfast::state::{LedgerState, MarginAccount, Market, Silo};
use holdfast_client::{Pubkey, address, holdfast, instruction, tokens};
use holdfast_testkit::node::Node;
use holdfast_testkit::tokens::{create_token_account, set_owned};
use holdfast_testkit::venue::keypair;
use serde_json::Value;
use solana_account::Account;
use solana_signer::Signer;

use super::operator::{Fault, Operator, wallet};

/// Where an SPL token account keeps its amount.
const TOKEN_AMOUNT: usize = 64;

/// A venue with a position, a waiting order, an exit and a request.
fn venue(name: &str) -> Operator {
    let operator = Operator::on_a_living_venue(name, 5_000);
    operator.works(&["account", "open"]);
    operator.works(&["account", "deposit", "1000"]);
    operator.works(&["trade", "open", "0", "long", "2", "--limit", "160", "--wait"]);
    operator.works(&["trade", "open", "0", "long", "1", "--limit", "100"]);
    operator.works(&["account", "open", "--account", "1"]);
    operator.works(&["account", "deposit", "50", "--account", "1"]);
    operator.works(&["account", "exit", "request", "20", "--account", "1"]);
    operator.works(&["insurance", "join", "100"]);
    operator
}

/// Adds to a number in an account's data.
fn forge(operator: &Operator, address: Pubkey, at: usize, by: i64) {
    operator.change(|cluster| {
        let mut account = cluster.get(&address).expect("an account");
        let bytes: [u8; 8] = account.data[at..at + 8].try_into().expect("eight bytes");
        let forged = i64::from_le_bytes(bytes) + by;
        account.data[at..at + 8].copy_from_slice(&forged.to_le_bytes());
        cluster.set(address, account);
    });
}

/// The sums of an audit that are not as they should be.
fn off(operator: &Operator) -> (String, Vec<Value>) {
    // It takes two endpoints to accuse.
    let (one, other) = (operator.endpoint(), operator.failing(Fault::Hangs, &[]));
    let output = operator.run(&["--json", "--rpc", &one, "--rpc", &other, "audit"]);
    assert_eq!(output.status.code(), Some(3));
    let facts: Value = serde_json::from_slice(&output.stdout).expect("an object");
    assert_eq!(facts["sound"], false);
    let sums = facts["sums"].as_array().expect("sums").clone();
    let off = sums.into_iter().filter(|sum| sum["sound"] == false).collect();
    (String::from_utf8(output.stderr).expect("text"), off)
}

#[test]
fn a_sound_venue_differs_nowhere() {
    let operator = venue("sound");
    let audited = operator.tells(&["audit"]);
    assert_eq!(audited["sound"], true);
    // The test's own keeper executes the request to insure as soon as it is due.
    let walked = ["accounts", "positions", "orders", "markets"].map(|of| audited[of].clone());
    assert_eq!(walked, [2, 1, 1, 1].map(Value::from));
    for sum in audited["sums"].as_array().expect("sums") {
        assert_eq!(sum["difference"], "0", "{sum}");
    }
    let said = operator.works(&["audit"]);
    assert!(said.contains("market 0 longs open interest"), "{said}");
    assert!(said.contains("walked 2 accounts with 1 positions and 1 orders, 1 markets"), "{said}");
    assert!(!said.contains("OFF"), "{said}");
}

#[test]
fn every_forgery_is_found_and_named() {
    let operator = venue("forged");
    let silo = address::silo(0);
    let (account, market) = (operator.account(), address::market(&silo, 0));
    let of_silo = |field| (silo, 8 + field);
    let ledger = |field| of_silo(offset_of!(Silo, ledger) + field);
    let of_account = |field| (account, 8 + field);
    let position = offset_of!(MarginAccount, positions);
    let longs = offset_of!(Market, longs);
    let forgeries = [
        ((address::liquidity_vault(&silo), TOKEN_AMOUNT), -1, vec!["liquidity vault by -1"]),
        (
            ledger(offset_of!(LedgerState, in_insurance_vault)),
            1,
            vec!["insurance vault by -1", "ledger by -1"],
        ),
        (of_account(offset_of!(MarginAccount, collateral)), 1, vec!["collateral by 1"]),
        (of_account(offset_of!(MarginAccount, exit_amount)), 2, vec!["collateral by 2"]),
        (
            of_account(offset_of!(MarginAccount, reserved_fees)),
            1,
            vec!["collateral by 1", "reserved fees by -1"],
        ),
        (of_account(offset_of!(MarginAccount, pending_profit)), 1, vec!["pending profit by 1"]),
        (of_account(offset_of!(MarginAccount, debt)), 1, vec!["debt by 1"]),
        (of_account(position), -1, vec!["market 0 longs open interest by -1"]),
        (of_account(position + 8), 1, vec!["open notional by 1", "market 0 longs entry by 1"]),
        ((market, 8 + longs), 1, vec!["market 0 longs open interest by -1"]),
        (ledger(8), 1, vec!["ledger by 1"]),
        (of_silo(offset_of!(Silo, liquidity_shares)), -1, vec!["liquidity shares by 1"]),
        (of_silo(offset_of!(Silo, insurance_shares)), -1, vec!["insurance shares by 1"]),
    ];
    for ((address, at), by, expected) in forgeries {
        forge(&operator, address, at, by);
        let (said, sums) = off(&operator);
        for name in &expected {
            assert!(said.contains(name), "{name}: {said}");
        }
        // A position's size is a part of its carry basis too.
        let carry = |sum: &Value| sum["sum"].as_str().is_some_and(|it| it.contains("carry"));
        let found = sums.iter().filter(|sum| !carry(sum)).count();
        assert_eq!(found, expected.len(), "{said}");
        forge(&operator, address, at, -by);
    }
    assert!(operator.works(&["audit"]).contains("every sum is as it should be"));
}

#[test]
fn a_gift_to_a_vault_is_shown_and_no_fault() {
    let operator = venue("gift");
    forge(&operator, address::liquidity_vault(&address::silo(0)), TOKEN_AMOUNT, 5);
    let sums = operator.tells(&["audit"])["sums"].clone();
    assert_eq!((&sums[0]["difference"], &sums[0]["sound"]), (&"5".into(), &true.into()));
}

#[test]
fn what_cannot_be_read_is_not_passed_over() {
    let operator = venue("unreadable");
    let stranger = Pubkey::new_from_array([9; 32]);
    operator.change(|cluster| set_owned(cluster, stranger, vec![1; 80], holdfast::ID));
    let (said, _) = off(&operator);
    assert!(said.contains("cannot read") && said.contains(&stranger.to_string()), "{said}");
    // Of a layout to come: it may mean something else.
    operator.change(|cluster| cluster.set(stranger, Account::default()));
    forge(&operator, operator.account(), 8, 1);
    let (said, _) = off(&operator);
    let account = operator.account().to_string();
    assert!(said.contains("cannot read") && said.contains(&account), "{said}");
}

#[test]
fn an_endpoint_that_does_not_answer_says_nothing_of_the_books() {
    let operator = venue("dead endpoint");
    let live = operator.endpoint();
    let dead = "http://127.0.0.1:1/secret";
    let other = operator.failing(Fault::Hangs, &[]);
    let both = ["--rpc", dead, "--rpc", &live, "--rpc", &other, "audit"];
    assert!(operator.works(&both).contains("every sum is as it should be"));
    let code = |arguments: &[&str]| operator.run(arguments).status.code();
    assert_eq!(code(&["--rpc", dead, "audit"]), Some(1));
    assert!(operator.refuses(&["--rpc", dead, "audit"]).contains("does not answer"));
    forge(&operator, address::liquidity_vault(&address::silo(0)), TOKEN_AMOUNT, -1);
    assert_eq!(code(&both), Some(3));
}

#[test]
fn an_endpoint_that_shows_no_accounts_is_passed_over() {
    let operator = venue("no accounts");
    let live = operator.endpoint();
    let mean = operator.failing(Fault::Closes, &["getProgramAccounts"]);
    let both = ["--rpc", &mean, "--rpc", &live, "audit"];
    assert!(operator.gives_up(&both).contains("only one endpoint shows them"));
    let other = operator.failing(Fault::Hangs, &[]);
    let all = ["--rpc", &mean, "--rpc", &live, "--rpc", &other, "audit"];
    assert!(operator.works(&all).contains("every sum is as it should be"));
    let output = operator.run(&["--rpc", &mean, "audit"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn of_three_the_endpoint_that_leaves_something_out_is_named() {
    let operator = venue("witnesses");
    let (live, other) = (operator.endpoint(), operator.failing(Fault::Hangs, &[]));
    let liar = operator.failing(Fault::LeavesAccountsOut, &["getProgramAccounts"]);
    let host = liar.trim_end_matches("/secret");
    for order in [[&live, &other, &liar], [&liar, &live, &other]] {
        let [first, second, third] = order.map(String::as_str);
        let all = ["--rpc", first, "--rpc", second, "--rpc", third, "--json", "audit"];
        let output = operator.run(&all);
        assert_eq!(output.status.code(), Some(1));
        let facts: Value = serde_json::from_slice(&output.stdout).expect("an object");
        let named = facts["contradicted_by"][0].as_str().expect("a liar");
        assert!(named.starts_with(host) && named.contains("collateral"), "{named}");
        assert_eq!(
            (&facts["sound"], facts["witnesses"].as_array().map(Vec::len)),
            (&true.into(), Some(2))
        );
    }
    let two = ["--rpc", &live, "--rpc", &liar, "audit"];
    let said = operator.gives_up(&two);
    assert!(said.contains("no verdict") && said.contains(host), "of two nobody knows: {said}");
    let accused = operator.run(&["--rpc", &liar, "audit"]);
    assert_eq!(accused.status.code(), Some(1), "one alone accuses nobody");
}

#[test]
fn a_vault_that_is_none_is_refused() {
    let operator = venue("no vault");
    let (vault, mint) = (address::liquidity_vault(&address::silo(0)), address::silo(0));
    operator.change(|cluster| {
        create_token_account(cluster, vault, mint, mint, 0);
        let mut account = cluster.get(&vault).expect("a vault");
        account.data.pop();
        cluster.set(vault, account);
    });
    assert!(operator.refuses(&["audit"]).contains("cannot be read"));
}

#[test]
fn books_that_move_between_two_looks_are_looked_at_again() {
    let deposits = Arc::new(AtomicUsize::new(0));
    let left = deposits.clone();
    let operator = Operator::on_a_venue("moving", 5_000, move |node| {
        node.cluster.pass(400);
        node.tick();
        let again = left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        if again.is_ok() {
            deposit_one(node);
        }
    });
    operator.works(&["account", "open"]);
    deposits.store(8, Relaxed);
    assert!(operator.works(&["audit"]).contains("every sum is as it should be"));
    assert_eq!(deposits.load(Relaxed), 0);
    deposits.store(usize::MAX, Relaxed);
    assert!(operator.refuses(&["audit"]).contains("the books moved between all"));
}

fn deposit_one(node: &mut Node) {
    let (wallet, silo) = (wallet(), address::silo(0));
    let owner = wallet.pubkey();
    let source = tokens::address(&owner, &keypair("mint", 0).pubkey());
    let account = address::margin_account(&silo, &owner, 0);
    let deposit = instruction::deposit(owner, source, silo, account, 1);
    node.cluster.send(&[deposit], &[&wallet]).expect("a deposit");
}

/// Two long units at about 150: a percent more costs liquidity about three dollars.
#[test]
fn the_whole_book_is_looked_at_from_outside() {
    let operator = venue("risk");
    let risk = operator.tells(&["risk"]);
    let delta: i64 = risk["delta"].as_str().expect("a text").parse().expect("a number");
    assert!((-3_500_000..-2_500_000).contains(&delta), "{delta}");
    assert_eq!(risk["disruption_could_pay"], false);
    assert_eq!(risk["disruptions"].as_array().map(Vec::len), Some(5));
    assert_eq!(risk["fall_before_deficit_thousandths"], Value::Null);
    assert!(operator.works(&["risk"]).contains("does not pay"));
}
