//! What `holdfast config check` says of the hosts that prices come from.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use holdfast_client::pyth::price_feed_address;
use holdfast_rpc::loopback;
use holdfast_testkit::feed::Published;
use holdfast_testkit::hermes;
use holdfast_testkit::venue::feed_id;
use serde_json::json;

use crate::operator::{Operator, PRICE};

/// What a host says whose prices are of now.
fn answer() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let now_ms = u64::try_from(now.as_millis()).expect("a time");
    let update = hermes::update(&[(feed_id(0), Published::new(PRICE, now_ms))], now_ms);
    json!({"binary": {"encoding": "base64", "data": [STANDARD.encode(update)]}}).to_string()
}

#[test]
fn hosts_of_hermes_are_asked_and_none_of_use_is_refused() {
    let operator = Operator::new("hosts");
    operator.works(&["account", "open"]);
    let check = ["config", "check"];
    assert!(operator.works(&check).contains("brought by others"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let [sound, locked] = runtime.block_on(async {
        let sound = loopback::serve(|_, _| loopback::page(200, answer())).await;
        let locked = loopback::serve(|_, _| loopback::page(401, "who are you?")).await;
        [sound, locked].map(|host| host.address)
    });
    let set = |feeds: &[String], hosts: &[&str]| {
        let prices = format!("[prices]\nhermes = {hosts:?}\nposts_a_minute = 5\n");
        let settings = format!("feeds = {feeds:?}\n{prices}");
        std::fs::write(operator.home.join("holdfast.toml"), settings).expect("a file");
    };
    let account = price_feed_address(0, &feed_id(0)).to_string();
    set(&[], &[sound.secret()]);
    let said = operator.refuses(&check);
    assert!(said.contains(&format!("feeds does not name {account}")), "{said}");
    let feeds = [account];
    set(&feeds, &["http://127.0.0.1:1/secret", sound.secret()]);
    let told = operator.tells(&check);
    let prices = told["prices"].as_str().expect("text");
    assert!(prices.contains(&format!("{sound}: 1 of 1 feeds")), "{prices}");
    assert!(prices.contains("http://127.0.0.1:1: ") && !prices.contains("secret"), "{prices}");
    assert!(prices.contains("4 prices a minute") && prices.contains("make it 6 or"), "{prices}");
    set(&feeds, &[locked.secret()]);
    let said = operator.refuses(&check);
    assert!(said.contains("no host in prices.hermes gives a price"), "{said}");
    assert!(said.contains("HTTP status 401") && said.contains("write its token"), "{said}");
    assert!(loopback::KEYS.iter().all(|key| !said.contains(key)), "{said}");
}
