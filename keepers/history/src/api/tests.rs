use std::collections::BTreeSet;

use anchor_lang::Event as _;
use futures_util::StreamExt;
use governor::clock::FakeRelativeClock;
use holdfast_client::holdfast::events::{
    ChainStateChanged, Deposited, MarketRefreshed, PoolRequestExecuted, PoolRequested,
};
use holdfast_client::{Pubkey, address, holdfast};
use holdfast_rpc::{Listed, Past};
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::store::Entry;
use crate::worth::{PoolWorth, Worth};

struct Served {
    place: String,
    live: broadcast::Sender<Arc<Happened>>,
    database: Database,
    _folder: TempDir,
}

fn account() -> Pubkey {
    Pubkey::new_from_array([7; 32])
}

fn entry(number: u64, bytes: &[u8]) -> Entry {
    let data = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes);
    let logs =
        vec![format!("Program {} invoke [1]", holdfast::ID), format!("Program data: {data}")];
    let signature = format!("tx{number}");
    let listed =
        Listed { signature, slot: number, time_s: Some(9), failed: false, finalized: true };
    Entry { listed, past: Some(Past { logs, accounts: vec![address::silo(0)] }) }
}

/// What a million shares of liquidity were worth on a day.
fn on_day(day: u64, worth: i64) -> PoolWorth {
    let worth = Worth::new(day, day * 86_400_000, worth, 1_000_000);
    PoolWorth { silo: 0, pool: "liquidity", worth }
}

/// A history of a few events, and a folder of files.
async fn served() -> Served {
    let folder = TempDir::new().expect("a folder");
    let page = folder.path().join("page");
    std::fs::create_dir(&page).expect("a folder");
    std::fs::write(page.join("index.html"), "the page").expect("a file");
    let database = Database::open(&folder.path().join("history"), "genesis").expect("a database");
    let entries: Vec<_> = (1..=7_u64)
        .rev()
        .map(|number| {
            let deposited = Deposited { account: account(), amount: number, collateral: number };
            entry(number, &deposited.data())
        })
        .collect();
    database.with(move |store| store.write_newest(&entries, false)).await.expect("it writes");
    let worths = [on_day(1, 1_000_000), on_day(30, 1_090_000), on_day(31, 1_100_000)];
    database.with(move |store| store.write_worths(&worths)).await.expect("it writes");
    let (live, status) = (broadcast::channel(8).0, watch::channel(Status::default()).1);
    let api = Api::new(database.clone(), status, live.clone(), 0);
    let router = api.router_by(FakeRelativeClock::default(), Some(&page));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let place = listener.local_addr().expect("its address").to_string();
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Served { place, live, database, _folder: folder }
}

impl Served {
    async fn get(&self, path: &str) -> (u16, String) {
        let answer =
            reqwest::get(format!("http://{}{path}", self.place)).await.expect("it answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    async fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }
}

/// A value has exactly the properties that a schema says.
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/components/schemas/");
        let named = &document["components"]["schemas"][name];
        assert!(named.is_object(), "{place}: there is no schema {name}");
        return fits(document, named, value, place);
    }
    if value.is_null() {
        return;
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let choice = choices.iter().find(|choice| choice["type"] != "null").expect("a choice");
        return fits(document, choice, value, place);
    }
    if let Some(items) = value.as_array() {
        return items.iter().for_each(|item| fits(document, &schema["items"], item, place));
    }
    if let Some(properties) = schema["properties"].as_object() {
        let known: BTreeSet<_> = properties.keys().collect();
        let found: BTreeSet<_> = value.as_object().expect(place).keys().collect();
        assert_eq!(known, found, "{place}");
        for (name, schema) in properties {
            fits(document, schema, &value[name], &format!("{place}.{name}"));
        }
    }
}

#[tokio::test]
async fn every_page_is_served_as_it_is_described() {
    let served = served().await;
    let document = served.json("/openapi.json").await;
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 12, "{paths:?}");
    for (path, methods) in paths {
        let get = &methods["get"];
        assert!(
            get["summary"].is_string() || get["description"].is_string(),
            "{path} says what it is"
        );
        let asked = path
            .replace("{account}", &account().to_string())
            .replace("{owner}", &account().to_string())
            .replace("{market}", "0")
            .replace("{pool}", "liquidity");
        assert!(!asked.contains('{'), "{path}");
        if get["responses"]["101"].is_object() {
            let (status, _) = served.get(&asked).await;
            assert_eq!(status, 400, "{path} wants a WebSocket");
            continue;
        }
        let content = &get["responses"]["200"]["content"];
        if content["text/csv"].is_object() {
            assert_eq!(served.get(&asked).await.0, 200, "{path}");
            continue;
        }
        let schema = &content["application/json"]["schema"];
        assert!(schema.is_object(), "{path} has a schema");
        fits(&document, schema, &served.json(&asked).await, path);
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page_without_gaps_or_repeats() {
    let served = served().await;
    let (mut found, mut before) = (Vec::new(), String::new());
    loop {
        let page = served.json(&format!("/v1/events?limit=3{before}")).await;
        assert_eq!(page["scale"], 6);
        let items = page["items"].as_array().expect("items");
        found.extend(items.iter().map(|item| item["slot"].as_u64().expect("a slot")));
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(found, [7, 6, 5, 4, 3, 2, 1]);
}

/// A transaction in which the first market takes its minute's number for a price.
fn refreshed(number: u64, minute: u64) -> Entry {
    let event = MarketRefreshed {
        market: address::market(&address::silo(0), 0),
        low: minute,
        high: minute,
        published_ms: minute * 60_000,
        feeds: 1,
        outliers: 0,
        believed: true,
        reference: minute,
        funding_rate: 0,
        carry_long: 0,
        carry_short: 0,
    };
    entry(number, &event.data())
}

#[tokio::test]
async fn candles_are_read_page_by_page_across_times_without_prices() {
    let served = served().await;
    let entries = vec![refreshed(12, 200), refreshed(11, 61), refreshed(10, 2), refreshed(9, 1)];
    let written = served.database.with(move |store| store.write_newest(&entries, false)).await;
    assert_eq!(written.expect("it writes").len(), 4);
    let all = async |minutes: u64| {
        let (mut found, mut before) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/markets/0/candles?minutes={minutes}&limit=1{before}");
            let page = served.json(&path).await;
            let numbers = |candle: &Value| {
                ["start_ms", "open", "high", "low", "close", "prices"]
                    .map(|name| candle[name].as_u64().expect("a number"))
            };
            found.extend(page["items"].as_array().expect("items").iter().map(numbers));
            let Some(next) = page["next"].as_str() else { return found };
            before = format!("&before={next}");
        }
    };
    let alone = |minute: u64| [minute * 60_000, minute, minute, minute, minute, 1];
    assert_eq!(all(1).await, [alone(200), alone(61), alone(2), alone(1)]);
    let hours = [[180 * 60_000, 200, 200, 200, 200, 1], [60 * 60_000, 61, 61, 61, 61, 1]];
    assert_eq!(all(60).await, [hours[0], hours[1], [0, 1, 2, 1, 2, 2]]);
}

#[tokio::test]
async fn funding_is_told_once_an_hour_page_by_page() {
    let served = served().await;
    let minutes = [200, 62, 61, 2, 1];
    let entries: Vec<_> =
        minutes.into_iter().zip((9..14).rev()).map(|(minute, it)| refreshed(it, minute)).collect();
    let written = served.database.with(move |store| store.write_newest(&entries, false)).await;
    assert_eq!(written.expect("it writes").len(), 5);
    let (mut found, mut before) = (Vec::new(), String::new());
    loop {
        let page = served.json(&format!("/v1/markets/0/funding?limit=1{before}")).await;
        let items = page["items"].as_array().expect("items");
        found
            .extend(items.iter().map(|it| it["published_ms"].as_u64().expect("a number") / 60_000));
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    assert_eq!(found, [200, 62, 2]);
}

#[tokio::test]
async fn a_pools_worth_is_told_with_what_a_share_gained() {
    let served = served().await;
    let page = served.json("/v1/pools/liquidity/worth?limit=2").await;
    let prices: Vec<_> =
        page["items"].as_array().expect("items").iter().map(|it| &it["share_price"]).collect();
    assert_eq!(prices, [1_100_000, 1_090_000]);
    // Since the day before, and since the first day.
    let earned = page["earned"].as_array().expect("a list").iter().map(|it| &it["apr_ppm"]);
    assert_eq!(earned.collect::<Vec<_>>(), [3_348_623, 1_216_666, 1_216_666]);
    let before = page["next"].as_str().expect("there is more");
    let page = served.json(&format!("/v1/pools/liquidity/worth?before={before}")).await;
    assert_eq!((&page["items"][0]["slot"], &page["next"]), (&1.into(), &Value::Null));
    let other = served.json("/v1/pools/insurance/worth").await;
    assert_eq!((&other["items"], &other["earned"]), (&Value::Array(vec![]), &Value::Array(vec![])));
}

#[tokio::test]
async fn a_wallet_finds_its_accounts_and_its_part_in_the_pools() {
    let served = served().await;
    let (silo, owner) = (address::silo(0), Pubkey::new_from_array([8; 32]));
    let account = address::margin_account(&silo, &owner, 2);
    let [request, foreign] =
        [owner, Pubkey::default()].map(|owner| address::pool_request(&silo, &owner, 1));
    let asked = |request, amount| {
        PoolRequested { request, pool: 0, leaves: false, amount, due_ms: 1 }.data()
    };
    let done = |request, amount| {
        let (received, worth, arrived) = (amount * 2, 1, true);
        PoolRequestExecuted { request, amount, received, worth, arrived }.data()
    };
    let entries = vec![
        entry(12, &done(request, 4_000_000)),
        entry(11, &done(foreign, 9_000_000)),
        entry(10, &asked(request, 4_000_000)),
        entry(9, &asked(foreign, 9_000_000)),
        entry(8, &Deposited { account, amount: 5, collateral: 5 }.data()),
    ];
    let written = served.database.with(move |store| store.write_newest(&entries, false)).await;
    assert_eq!(written.expect("it writes").len(), 5);
    let accounts = served.json(&format!("/v1/owners/{owner}/accounts")).await;
    let expected = serde_json::json!([
        {"account": account.to_string(), "number": 2, "first_slot": 8, "last_slot": 8}
    ]);
    assert_eq!(accounts["items"], expected);
    let requests = served.json(&format!("/v1/owners/{owner}/pools")).await;
    let slots: Vec<_> =
        requests["items"].as_array().expect("items").iter().map(|it| &it["slot"]).collect();
    assert_eq!(slots, [12]);
    let (status, table) = served.get(&format!("/v1/owners/{owner}/taxes.csv")).await;
    assert_eq!((status, table.lines().count()), (200, 3), "{table}");
    assert!(table.contains(&format!("8,deposit,{account},,,,,,,,,0.000005,")), "{table}");
    assert!(table.contains("12,join_liquidity,,,,,,,,,,4.000000,,8.000000,,tx12"), "{table}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_what_to_change() {
    let served = served().await;
    for (path, part) in [
        ("/v1/events?limit=0", "limit is 0: choose 1 to 500"),
        ("/v1/events?limit=501", "choose 1 to 500"),
        ("/v1/events?limit=many", "/openapi.json has the parameters"),
        ("/v1/events?before=7", "before is no cursor"),
        ("/v1/events?account=x", "account is no address"),
        ("/v1/accounts/x/positions", "account is no address"),
        ("/v1/owners/x/accounts", "owner is no address"),
        ("/v1/markets/0/candles?minutes=2", "minutes is 2"),
        ("/v1/pools/other", "there is no pool other"),
        ("/v1/pools/other/worth", "there is no pool other"),
    ] {
        let (status, body) = served.get(path).await;
        assert_eq!(status, 400, "{path}: {body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert!(body["error"].as_str().is_some_and(|error| error.contains(part)), "{path}: {body}");
    }
}

#[tokio::test]
async fn any_page_may_ask_from_a_browser_and_files_are_served_beside() {
    let served = served().await;
    let asked = Client::new().get(format!("http://{}/v1/status", served.place));
    let answer = asked.header("origin", "https://example.com").send().await.expect("it answers");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert_eq!(served.get("/").await, (200, "the page".to_owned()));
    let file = reqwest::get(format!("http://{}/index.html", served.place)).await;
    assert_eq!(file.expect("it answers").headers()["holdfast-history"], ".");
    for outside in ["/../history", "/%2e%2e/history", "/..%2fhistory"] {
        assert_eq!(served.get(outside).await.0, 404, "{outside}");
    }
    assert_eq!(served.get("/nowhere").await.0, 404);
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_to_wait() {
    let served = served().await;
    let client = Client::new();
    let ask = || client.get(format!("http://{}/v1/status", served.place)).send();
    for _ in 0..100 {
        assert_eq!(ask().await.expect("it answers").status(), 200);
    }
    let answer = ask().await.expect("it answers");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"1".parse().expect("a value"))
    );
    assert_eq!(served.get("/").await.0, 200, "files are not counted");
}

#[tokio::test]
async fn a_stream_tells_of_what_was_asked_for() {
    let served = served().await;
    let place = format!("ws://{}/v1/stream?kind=ChainStateChanged", served.place);
    let (mut stream, _) = connect_async(place).await.expect("it opens");
    let changed =
        ChainStateChanged { from: 0, to: 4, signal: 3, now_ms: 1, baseline_us: 2, window_us: 3 };
    let deposited = Deposited { account: account(), amount: 1, collateral: 1 };
    let entries = vec![entry(9, &changed.data()), entry(8, &deposited.data())];
    let happened = served.database.with(move |store| store.write_newest(&entries, false)).await;
    for happened in happened.expect("it writes") {
        served.live.send(Arc::new(happened)).expect("somebody listens");
    }
    let heard = stream.next().await.expect("it is open").expect("a message");
    let told: Value = serde_json::from_str(heard.to_text().expect("text")).expect("JSON");
    assert_eq!(told, served.json("/v1/chain").await["items"][0]);
    assert_eq!(told["fields"]["to"], "Shelter");
}

#[tokio::test]
async fn who_does_not_keep_up_is_told_to_ask_for_the_rest() {
    let served = served().await;
    let (mut stream, _) = connect_async(format!("ws://{}/v1/stream?kind=None", served.place))
        .await
        .expect("it opens");
    let (_, body) = served.get("/v1/events?limit=1").await;
    assert!(body.contains("Deposited"));
    let entries = vec![entry(9, &[1; 9])];
    let happened = served.database.with(move |store| store.write_newest(&entries, false)).await;
    let happened = Arc::new(happened.expect("it writes").remove(0));
    // All at once: the stream cannot hear any of it in between.
    for _ in 0..64 {
        served.live.send(happened.clone()).expect("somebody listens");
    }
    let said = stream.next().await.expect("it is open").expect("a message");
    let Message::Close(Some(frame)) = said else { panic!("{said:?}") };
    assert!(frame.reason.contains("/v1/events"), "{frame}");
}
