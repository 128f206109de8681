//! A person's day.

use std::sync::Arc;

use holdfast_client::address;
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_testkit::node::Node;
use holdfast_testkit::venue::keypair;
use serde_json::{Value, json};
use solana_signer::Signer;

use super::operator::{ONE, Operator, PRICE};

/// A thousand in the account, of five thousand.
fn trader(name: &str) -> Operator {
    let operator = Operator::on_a_living_venue(name, 5_000);
    operator.works(&["account", "open"]);
    operator.works(&["account", "deposit", "1000"]);
    operator
}

#[test]
fn a_trader_opens_deposits_trades_waits_closes_and_withdraws() {
    let operator = Operator::on_a_living_venue("day", 5_000);
    let account = operator.account().to_string();
    let opened = operator.tells(&["account", "open"]);
    assert_eq!(opened["account"], account.as_str());
    assert!(opened["signature"].as_str().is_some_and(|text| text.len() > 80), "{opened}");
    let deposited = operator.tells(&["account", "deposit", "1000.5"]);
    assert_eq!(deposited["amount"], 1_000_500_000);
    let mint = keypair("mint", 0).pubkey();
    assert_eq!(operator.holds(&mint), 3_999_500_000);
    assert_eq!(operator.tells(&["account", "show"])["collateral"], 1_000_500_000);
    assert_eq!(operator.tells(&["account", "list"])["accounts"][0]["account"], account.as_str());

    let open = ["trade", "open", "SOL-PERP", "long", "2", "--limit", "160", "--wait"];
    let opened = operator.tells(&open);
    assert_eq!(opened["outcome"], "executed", "{opened}");
    assert_eq!((&opened["order"], &opened["position"]), (&1.into(), &2_000_000.into()));
    let paid = opened["price"].as_u64().expect("a price");
    assert!((PRICE..=160 * ONE).contains(&paid), "{paid}");
    let shown = operator.tells(&["account", "show"]);
    assert_eq!(shown["positions"][0]["size"], 2_000_000);
    assert!(operator.works(&["account", "show"]).contains("SOL-PERP"));

    let half = ["trade", "close", "0", "0.5", "--limit", "140", "--wait"];
    assert_eq!(operator.tells(&half)["position"], 1_500_000);
    let closed = operator.works(&["trade", "close", "sol-perp", "--limit", "140", "--wait"]);
    assert!(closed.contains("executed: -1.5 at 149."), "{closed}");

    let left = operator.tells(&["account", "show"])["collateral"].as_u64().expect("an amount");
    let all = format!("{}.{:06}", left / ONE, left % ONE);
    operator.works(&["account", "withdraw", &all]);
    assert_eq!(operator.holds(&mint), 3_999_500_000 + left);
    assert!(operator.works(&["audit"]).contains("every sum is as it should be"));
}

#[test]
fn without_a_limit_the_price_may_be_worse_by_the_slippage() {
    let operator = trader("slippage");
    let opened = operator.tells(&["trade", "open", "0", "long", "2", "--wait"]);
    assert_eq!((&opened["outcome"], &opened["limit"]), (&"executed".into(), &150_750_000.into()));
    let stop = ["trade", "close", "0", "--below", "100", "--slippage", "200"];
    assert_eq!(operator.tells(&stop)["limit"], 98 * ONE);
}

#[test]
fn without_a_fresh_price_a_limit_has_to_be_given() {
    let operator = Operator::on_a_venue("stale", 10, Node::tick);
    operator.works(&["account", "open"]);
    operator.pass(120_000);
    let said = operator.refuses(&["trade", "open", "0", "long", "1"]);
    assert!(said.contains("SOL-PERP has no fresh price to start from: give --limit"), "{said}");
}

#[test]
fn an_account_says_what_a_trader_asks_first_in_eighty_columns() {
    let operator = trader("asked");
    operator.works(&["trade", "open", "0", "long", "50", "--wait"]);
    operator.works(&["trade", "close", "0", "12.345678", "--below", "100.123456"]);
    let shown = operator.tells(&["account", "show"]);
    let position = &shown["positions"][0];
    let liquidation = position["liquidation_price"].as_u64().expect("a price");
    assert!((130 * ONE..145 * ONE).contains(&liquidation), "{shown}");
    assert_eq!(position["price"], PRICE);
    assert_eq!(shown["leverage"], "7.55", "{shown}");
    assert!(shown["free_collateral"].as_u64().is_some_and(|free| free < 1_000 * ONE), "{shown}");
    let said = operator.works(&["account", "show"]);
    for part in ["liquidation", "leverage", "free collateral", "index <= 100.123456", "carry"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for line in said.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn all_orders_are_taken_back_at_once() {
    let operator = trader("all");
    assert!(operator.refuses(&["trade", "cancel", "--all"]).contains("nothing to take back"));
    for below in ["100", "90"] {
        operator.works(&["trade", "open", "0", "short", "0.5", "--below", below]);
    }
    let told = operator.tells(&["trade", "cancel", "--all"]);
    assert_eq!(told["orders"].as_array().map(Vec::len), Some(2), "{told}");
    assert_eq!(operator.tells(&["account", "show"])["orders"].as_array().map(Vec::len), Some(0));
    assert!(operator.refuses(&["trade", "cancel"]).contains("ORDER_SLOT"));
}

#[test]
fn an_order_that_waits_is_shown_and_taken_back() {
    let operator = trader("waits");
    let stop = ["trade", "open", "0", "short", "0.5", "--limit", "90", "--below", "100"];
    let placed = operator.tells(&stop);
    assert_eq!((&placed["order"], &placed["order_slot"]), (&1.into(), &0.into()), "{placed}");
    let waiting = &operator.tells(&["account", "show"])["orders"][0];
    assert_eq!(waiting["delta"], -500_000);
    assert_eq!(waiting["trigger_price"], 100_000_000);
    assert_eq!(waiting["trigger"], "at-or-below");
    let said = operator.refuses(&["trade", "cancel", "1"]);
    assert!(said.contains("orders wait in 0"), "{said}");
    assert_eq!(operator.tells(&["trade", "cancel", "0"])["order"], 1);
    assert!(operator.refuses(&["trade", "cancel", "0"]).contains("none waits"));
}

#[test]
fn an_order_can_pay_the_keeper_who_executes_it() {
    let operator = trader("pays");
    let order = ["trade", "open", "0", "long", "1", "--below", "100", "--fee", "0.25"];
    assert_eq!(operator.tells(&order)["fee"], 250_000);
    let shown = operator.tells(&["account", "show"]);
    assert_eq!(
        (&shown["orders"][0]["fee"], &shown["reserved_fees"]),
        (&250_000.into(), &250_000.into())
    );
    operator.works(&["trade", "cancel", "0"]);
    assert_eq!(operator.tells(&["account", "show"])["collateral"], 1_000 * ONE);
    let said =
        operator.refuses(&["trade", "open", "0", "long", "1", "--limit", "160", "--fee", "0"]);
    assert!(said.contains("it is zero"), "{said}");
}

#[test]
fn waiting_ends_when_the_order_expires() {
    let operator = trader("expires");
    let order = ["trade", "open", "0", "long", "1", "--limit", "100", "--lasts", "5", "--wait"];
    let output = operator.run(&[&["--json"], &order[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("error: order 1 was not executed: it expired"), "{said}");
    let facts: Value = serde_json::from_slice(&output.stdout).expect("an object");
    assert_eq!(facts["outcome"], "expired");
}

#[test]
fn waiting_ends_when_the_order_is_taken_back() {
    let operator = Arc::new(trader("withdrawn"));
    let waiting = {
        let operator = operator.clone();
        // It waits for its trigger: once a price decides it, it cannot be taken back.
        let order =
            ["trade", "open", "0", "long", "1", "--limit", "100", "--below", "100", "--wait"];
        std::thread::spawn(move || operator.gives_up(&order))
    };
    // As soon as the order is there.
    while !operator.run(&["trade", "cancel", "0"]).status.success() {}
    let said = waiting.join().expect("it ends");
    assert!(said.contains("was cancelled before a keeper executed it"), "{said}");
}

#[test]
fn an_idle_account_is_left_through_the_queue() {
    let operator = trader("leaves");
    let asked = operator.tells(&["account", "exit", "request", "400"]);
    assert_eq!(asked["exit_amount"], 400_000_000);
    assert!(operator.works(&["account", "show"]).contains("on its way out"));
    operator.works(&["account", "exit", "cancel"]);
    let state = |operator: &Operator| -> MarginAccount {
        let account = operator.account();
        operator.change(|cluster| cluster.read(&account))
    };
    assert_eq!((state(&operator).collateral, state(&operator).exit_amount), (1_000 * ONE, 0));
    operator.works(&["account", "exit", "request", "400"]);
    let account = operator.account().to_string();
    let paid = operator.tells(&["account", "exit", "pay", &account]);
    assert_eq!((&paid["paid"], &paid["exit_amount"]), (&400_000_000.into(), &0.into()));
    assert_eq!(operator.holds(&keypair("mint", 0).pubkey()), 4_400 * ONE);
    assert!(operator.refuses(&["account", "exit", "pay"]).contains("no exit waits"));
}

#[test]
fn liquidity_is_provided_and_taken_out() {
    let operator = Operator::on_a_living_venue("provides", 5_000);
    let shares = address::liquidity_mint(&address::silo(0));
    let asked = operator.tells(&["pool", "join", "1000", "--least", "1"]);
    assert_eq!((&asked["number"], &asked["leaves"]), (&0.into(), &false.into()), "{asked}");
    let has_shares = |operator: &Operator| operator.holds(&shares) > 0;
    until(&operator, has_shares);
    let shown = operator.tells(&["pool", "show"]);
    assert_eq!(shown["wallet_shares"], operator.holds(&shares));
    operator.works(&["pool", "leave", "500"]);
    until(&operator, |operator| operator.holds(&keypair("mint", 0).pubkey()) > 4_000 * ONE);
    assert!(operator.works(&["audit"]).contains("every sum is as it should be"));
}

#[test]
fn a_request_to_insure_is_shown_audited_and_taken_back() {
    // No keeper is there to execute it.
    let operator = Operator::on_a_venue("insures", 5_000, |_| {});
    let asked = operator.tells(&["insurance", "join", "100"]);
    assert_eq!(asked["least"], 99_000_000, "99 % of what it buys now: {asked}");
    operator.works(&["insurance", "join", "200"]);
    let shown = operator.tells(&["insurance", "show"]);
    assert_eq!(shown["requests"][1]["amount"], 200_000_000, "{shown}");
    assert!(operator.works(&["insurance", "show"]).contains("joins"));
    let audited = operator.tells(&["audit"]);
    assert_eq!((&audited["requests"], &audited["sound"]), (&2.into(), &true.into()));
    assert!(operator.refuses(&["insurance", "cancel"]).contains("name one by its number"));
    assert!(operator.refuses(&["pool", "cancel"]).contains("no such request"));
    operator.works(&["insurance", "cancel", "1"]);
    operator.works(&["insurance", "cancel"]);
    assert_eq!(operator.holds(&keypair("mint", 0).pubkey()), 5_000 * ONE);
}

#[test]
fn a_dry_run_sends_nothing() {
    let operator = trader("dry");
    let tried = operator.tells(&["--dry-run", "account", "deposit", "7"]);
    assert_eq!(tried["dry_run"], true);
    let units = tried["compute_units"].as_u64().expect("a number");
    assert!((5_000..200_000).contains(&units), "{units}");
    let said = operator.works(&["--dry-run", "trade", "open", "0", "long", "1", "--limit", "160"]);
    assert!(said.starts_with("not sent (--dry-run)"), "{said}");
    let shown = operator.tells(&["account", "show"]);
    assert_eq!(shown["collateral"], 1_000_000_000);
    assert_eq!(shown["orders"], json!([]));
}

#[test]
fn another_account_of_the_wallet_is_named_by_its_number() {
    let operator = trader("second");
    operator.works(&["account", "open", "--account", "7"]);
    operator.works(&["--account", "7", "account", "deposit", "3"]);
    let all = operator.tells(&["account", "list"]);
    let held = |number: u64| {
        let all = all["accounts"].as_array().expect("a list");
        all.iter().find(|it| it["number"] == number).map(|it| it["collateral"].clone())
    };
    assert_eq!((held(0), held(7)), (Some(1_000_000_000.into()), Some(3_000_000.into())));
}

#[test]
fn markets_and_silo_tell_machines_what_they_hold() {
    let operator = Operator::on_a_living_venue("shows", 0);
    let listed = operator.tells(&["market", "list"]);
    let shown = operator.tells(&["market", "show", "0"]);
    assert_eq!(listed["markets"][0]["name"], "SOL-PERP");
    assert_eq!((&shown["price"], &shown["longs"]["size"]), (&PRICE.into(), &0.into()));
    assert!(operator.works(&["market", "list"]).contains("SOL-PERP"));
    let silo = operator.tells(&["silo", "show"]);
    assert_eq!(silo["ledger"]["liquidity"], 10_000_000 * ONE);
}

/// Lets time pass, and the keeper work, until something has happened.
fn until(operator: &Operator, happened: impl Fn(&Operator) -> bool) {
    for _ in 0..20 {
        if happened(operator) {
            return;
        }
        operator.works(&["silo", "show"]);
        operator.pass(1_000);
    }
    panic!("it never happened");
}
