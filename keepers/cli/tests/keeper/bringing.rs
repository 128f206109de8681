//! Where nobody else publishes: the keeper brings prices from Hermes or from Crossbar through the program that
//! plays the provider's part, and executes what waits for them, also after the host that it follows has gone
//! silent.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{pending, unfold};
use holdfast_client::holdfast::oracle::{Provider, SWITCHBOARD_PROGRAM};
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::pyth::{
    CORE_BRIDGE, PUSH_ORACLE, RECEIVER, draft_address, price_feed_address,
};
use holdfast_client::switchboard::SECP256K1_PROGRAM;
use holdfast_client::{Pubkey, address, instruction};
use holdfast_rpc::loopback;
use holdfast_testkit::feed::Published;
use holdfast_testkit::node::{Node, serve};
use holdfast_testkit::venue::{
    LONE, Listing, Trader, feed_address, feed_id, market_order, silo_plan,
};
use holdfast_testkit::{Venue, crossbar, elf, hermes};
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::running::{RunningKeeper, prepare, wallet};

const NOW: u64 = 1_700_000_000_000;
const PRICE: u64 = 150_000_000;
const SIZE: i64 = 10_000_000;
/// Requests in a slot.
const ASKED_A_SLOT: u64 = 4;
/// How often Hermes says a price.
const EVERY: Duration = Duration::from_millis(200);

/// A provider whose prices are brought, and how.
struct Service {
    /// The name of its prices' source.
    source: &'static str,
    /// The setting that names its hosts.
    setting: &'static str,
    /// The provider, alone.
    providers: &'static [Provider],
    /// Programs whose part is played.
    programs: &'static [Pubkey],
    /// The feed's account.
    feed: Pubkey,
    /// What a host says that is well.
    says: fn(Arc<Mutex<Node>>, Arc<AtomicBool>) -> Response<Body>,
}

/// A venue with liquidity, somebody whose order waits, and a keeper's wallet with its account.
fn venue(wallet: &Keypair, service: &Service) -> (Venue, Trader) {
    let listing = Listing { name: "SOL-PERP", price: PRICE, providers: service.providers };
    let mut plan = silo_plan(&[listing]);
    // A price takes the keeper a few slots.
    plan.markets[0].terms.decide_within_ms = 10_000;
    let mut venue = Venue::install_silo(NOW, plan).expect("cargo xtask build");
    let program = elf::read_mock_providers().expect("cargo xtask build");
    for id in service.programs {
        venue.cluster.install(*id, &wallet.pubkey(), &program);
    }
    venue.publish(&[PRICE]).expect("a price");
    venue.join_pool(false, 10_000_000_000_000, &[PRICE]).expect("liquidity");
    let trader = venue.trader(1_000_000_000).expect("a trader");
    let order = market_order(SIZE, venue.cluster.now_ms());
    venue.place(&trader, 0, order).expect("an order");
    prepare(&mut venue.cluster, wallet);
    (venue, trader)
}

/// Places an order where none waits: the one before was executed, or has lapsed on a slow machine.
fn place_again(node: &mut Node, trader: &Trader) {
    let account = node.cluster.read::<MarginAccount>(&trader.account);
    if account.orders.iter().any(|order| order.number != 0) {
        return;
    }
    let (owner, market) = (trader.keypair.pubkey(), address::market(&address::silo(0), 0));
    let order = market_order(SIZE, node.cluster.now_ms());
    let all = [market];
    let open = &all[..usize::from(account.positions[0].size != 0)];
    let place = instruction::place_order(owner, trader.account, market, order, open);
    // It may be refused while the price is old, and is tried again with the next request.
    let _ = node.cluster.send(&[place], &[&trader.keypair]);
}

/// What Hermes says of the market's feed, at the cluster's time.
fn event(node: &Mutex<Node>) -> Vec<u8> {
    let now_ms = node.lock().expect("no test panicked").cluster.now_ms();
    let update = hermes::update(&[(feed_id(0), Published::new(PRICE, now_ms))], now_ms);
    let binary = json!({"encoding": "base64", "data": [STANDARD.encode(update)]});
    format!("data:{}\n\n", json!({"binary": binary})).into_bytes()
}

/// Prices of Hermes as long as a host is well, and then nothing more.
fn stream(node: Arc<Mutex<Node>>, well: Arc<AtomicBool>) -> Response<Body> {
    let events = unfold((node, well), |(node, well)| async move {
        tokio::time::sleep(EVERY).await;
        if !well.load(Relaxed) {
            return std::future::pending().await;
        }
        Some((Ok::<_, Infallible>(event(&node)), (node, well)))
    });
    loopback::page(200, Body::from_stream(events))
}

/// A price of Crossbar, signed at the cluster's slot, as long as a host is well, and then nothing.
fn answer(node: Arc<Mutex<Node>>, well: Arc<AtomicBool>) -> Response<Body> {
    if !well.load(Relaxed) {
        return loopback::page(200, Body::from_stream(pending::<Result<Vec<u8>, Infallible>>()));
    }
    let slot = node.lock().expect("no test panicked").cluster.slot();
    let feed = feed_address(Provider::Switchboard, 0);
    let instructions = crossbar::update(&feed, slot, PRICE).map(hex::encode);
    let said = json!([{"success": true, "pullIxns": instructions}]);
    loopback::page(200, said.to_string())
}

/// A host that says prices as long as it is well. Then it takes connections and says nothing.
async fn host(service: &Service, node: Arc<Mutex<Node>>, well: Arc<AtomicBool>) -> String {
    let says = service.says;
    let host = loopback::serve(move |_, _| says(node.clone(), well.clone()));
    host.await.address.secret().to_owned()
}

/// The figure of a metric.
fn counted(page: &str, name: &str) -> u64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)).expect("a metric");
    line.trim().parse().expect("a number")
}

/// The metric of prices that were stored.
fn stored(source: &str) -> String {
    format!("holdfast_posts_stored_total{{source=\"{source}\"}} ")
}

/// The metrics once both orders' prices are counted, or what they are after ten seconds: what was sent is
/// counted when the keeper has seen it land.
fn metrics_with_both(keeper: &RunningKeeper, source: &str) -> String {
    for _ in 0..100 {
        let page = keeper.page("metrics");
        if counted(&page, &stored(source)) >= 2 {
            return page;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    keeper.page("metrics")
}

/// Runs a keeper until it has executed two orders, the second after its first host has gone silent: the
/// cluster afterwards.
fn brings(service: &Service) -> Arc<Mutex<Node>> {
    let wallet = wallet();
    let (venue, trader) = venue(&wallet, service);
    let node = Arc::new(Mutex::new(Node::new(venue.cluster)));
    let (tell, told) = mpsc::channel();
    let (asked, first_is_well) = (AtomicU64::new(0), Arc::new(AtomicBool::new(true)));
    let well = first_is_well.clone();
    let endpoint = serve(node.clone(), move |node| {
        // Time passes with what the keeper asks, about as fast as it would.
        if asked.fetch_add(1, Relaxed).is_multiple_of(ASKED_A_SLOT) {
            node.cluster.pass(400);
            node.tick();
        }
        let size = node.cluster.read::<MarginAccount>(&trader.account).positions[0].size;
        if size == SIZE {
            well.store(false, Relaxed);
        }
        if size < 2 * SIZE {
            place_again(node, &trader);
        } else {
            // Nobody may listen any more.
            let _ = tell.send(());
        }
    })
    .expect("a port");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let second_is_well = Arc::new(AtomicBool::new(true));
    let hosts = [first_is_well, second_is_well];
    let hosts = hosts.map(|well| runtime.block_on(host(service, node.clone(), well)));

    let Service { source, setting, feed, .. } = service;
    let settings = format!("feeds = [\"{feed}\"]\n[prices]\n{setting} = {hosts:?}\n");
    let keeper = RunningKeeper::start(&format!("bringing-{source}"), endpoint, &settings);
    let result = told.recv_timeout(Duration::from_secs(120));
    let page = metrics_with_both(&keeper, source);
    let (ended, log) = keeper.stop();
    assert!(result.is_ok(), "the orders were not executed: {log}");
    assert!(ended.success(), "{log}");

    assert!(counted(&page, &stored(source)) >= 2, "{page}");
    let left =
        format!("holdfast_price_hosts_refused_total{{source=\"{source}\",reason=\"failed\"}} ");
    assert!(counted(&page, &left) >= 1, "{page}");
    assert!(loopback::KEYS.iter().all(|key| !log.contains(key)), "no key is logged: {log}");
    node
}

#[test]
fn orders_get_their_prices_from_hermes_also_after_one_of_two_hosts_has_gone_silent() {
    let feed = price_feed_address(0, &feed_id(0));
    let node = brings(&Service {
        source: "pyth",
        setting: "hermes",
        providers: LONE,
        programs: &[CORE_BRIDGE, RECEIVER, PUSH_ORACLE],
        feed,
        says: stream,
    });
    let cluster = &node.lock().expect("no test panicked").cluster;
    assert_eq!(cluster.get(&feed).expect("its account").owner, RECEIVER);
    let draft = cluster.get(&draft_address(&wallet().pubkey(), &feed_id(0)));
    // The last one may have been on its way when the keeper was stopped.
    assert!(draft.is_none_or(|draft| draft.lamports == 0 || draft.owner == CORE_BRIDGE));
}

#[test]
fn orders_get_their_prices_from_crossbar_also_after_one_of_two_hosts_has_gone_silent() {
    brings(&Service {
        source: "switchboard",
        setting: "crossbar",
        providers: &[Provider::Switchboard],
        programs: &[SWITCHBOARD_PROGRAM, SECP256K1_PROGRAM],
        feed: feed_address(Provider::Switchboard, 0),
        says: answer,
    });
}
