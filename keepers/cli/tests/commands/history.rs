//! A history that is read from a living venue, killed, and continued.

use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, MutexGuard};
use std::thread::sleep;
use std::time::{Duration, Instant};

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Pubkey, address, decode, holdfast, instruction};
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::node::{Node, serve};
use holdfast_testkit::venue::{feed_account, feed_id};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use rusqlite::Connection;
use serde_json::Value;
use slotstall::node::{Condition, Finality};
use solana_commitment_config::CommitmentLevel;
use solana_signer::Signer;

use super::operator::{Fault, Operator, PRICE, keep, land};

/// A test that has seen nothing new for so long says what it saw last.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a test asks a history for its status: less often than it turns away.
const LOOK: Duration = Duration::from_millis(60);
/// How often a test looks at what a history has asked its endpoint for.
const GLANCE: Duration = Duration::from_millis(2);
/// A slot, milliseconds.
const SLOT_MS: u64 = 400;
/// Slots after which everything before them is final.
const FINAL_AFTER: u64 = 40;
/// How often the command is killed.
const KILLS: u64 = 100;
/// Two to this power is how often a run asks at most before it is killed: reading a whole page takes half of it.
const MOST_ASKED_LOG2: u32 = 8;
/// A run is killed so much later at the most: while it handles an answer, or writes, microseconds.
const LATER_US: u64 = 3_000;

/// A venue whose price the test sets. Time passes there with what a command asks for, and when the test says
/// so; a history's endpoint lets no time pass, or it would have more to read the more it reads.
struct Market {
    operator: Operator,
    price: Arc<AtomicU64>,
}

/// An endpoint that lets no time pass.
struct Still {
    address: String,
    /// How often it was asked.
    asked: Arc<AtomicU64>,
}

impl Market {
    fn new(name: &str) -> Self {
        let price = Arc::new(AtomicU64::new(PRICE));
        let of = price.clone();
        let before = move |node: &mut Node| live(node, of.load(Relaxed));
        let operator = Operator::on_a_venue(name, 5_000, before);
        let market = Self { operator, price };
        market.node().set_finality(Finality::Voted);
        market
    }

    fn node(&self) -> MutexGuard<'_, Node> {
        self.operator.node.lock().expect("no panic")
    }

    fn still(&self) -> Still {
        let asked = Arc::new(AtomicU64::new(0));
        let counted = asked.clone();
        let count = move |_: &mut Node| {
            counted.fetch_add(1, Relaxed);
        };
        let place = serve(self.operator.node.clone(), count).expect("a port");
        Still { address: format!("http://{place}/secret"), asked }
    }

    /// The slot of the newest transaction.
    fn last_slot(&self) -> u64 {
        self.node().history().next().map_or(0, |(_, landed)| landed.slot)
    }

    /// The newest slot whose block is confirmed.
    fn confirmed_slot(&self) -> u64 {
        self.node().view(CommitmentLevel::Confirmed).slot()
    }

    /// A trader with a position, one that was closed, and another account.
    fn trade(&self) {
        let operator = &self.operator;
        operator.works(&["account", "open"]);
        operator.works(&["account", "deposit", "1000"]);
        operator.works(&["trade", "open", "0", "long", "2", "--wait"]);
        operator.works(&["trade", "close", "0", "0.5", "--wait"]);
        operator.works(&["account", "open", "--account", "1"]);
        operator.works(&["account", "deposit", "50", "--account", "1"]);
        operator.works(&["account", "exit", "request", "20", "--account", "1"]);
        operator.works(&["account", "withdraw", "5"]);
        operator.works(&["pool", "join", "100"]);
        // A request is executed once it is due.
        self.live(100);
    }

    /// Lets so many slots pass, with everything that happens in them.
    fn live(&self, slots: usize) {
        for _ in 0..slots {
            live(&mut self.node(), self.price.load(Relaxed));
        }
    }

    /// The chain stands still for a while, and goes on.
    fn stall(&self) {
        let mut node = self.node();
        node.begin(Condition::Stalled, Some(60_000));
        node.run(61_000);
    }

    /// Slots pass in which nothing happens, until all that has happened is final.
    fn rest(&self) {
        self.node().run(FINAL_AFTER * SLOT_MS);
    }

    /// Whether a history has everything that happened, and none of it can be taken back any more.
    fn is_read(&self, status: &Value) -> bool {
        is_final(status) && status["final_to"].as_u64() >= Some(self.last_slot())
    }
}

/// A slot passes, and orders and requests are executed that are due; once a second the price is published, the
/// market refreshed, the chain observed, and flagged and liquidated what can be.
fn live(node: &mut Node, price: u64) {
    node.run(SLOT_MS);
    let (silo, now_ms) = (address::silo(0), node.cluster.now_ms());
    let market = address::market(&silo, 0);
    keep(node);
    if now_ms % 1_000 >= SLOT_MS {
        return;
    }
    let update = pyth_update(feed_id(0), Published::new(price, now_ms), node.cluster.slot());
    post_pyth_update(&mut node.cluster, feed_account(0), &update);
    land(node, instruction::refresh_market(silo, market, &[feed_account(0)]));
    land(node, instruction::observe(&[market]));
    let other = |owner: &Pubkey| address::margin_account(&silo, owner, 1);
    for (account, found) in node.cluster.program_accounts(&holdfast::ID) {
        let Ok(state) = decode::decode::<MarginAccount>(&found.data) else { continue };
        if state.open_markets == 0 {
            continue;
        }
        land(node, instruction::flag(account, &[market]));
        land(node, instruction::liquidate(silo, market, account, other(&state.owner), &[]));
    }
}

/// `holdfast history run`, which ends with the test at the latest.
struct History {
    process: Option<Child>,
    place: SocketAddr,
    database: PathBuf,
}

impl History {
    fn start(market: &Market, database: &str, endpoints: &[&str]) -> Self {
        let operator = &market.operator;
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let place = listener.local_addr().expect("its address");
        drop(listener);
        let listen = place.to_string();
        let run = ["--json", "history", "run", "--database", database, "--listen", &listen];
        let rpc: Vec<_> = endpoints.iter().flat_map(|endpoint| ["--rpc", *endpoint]).collect();
        let mut command = operator.command(&[&rpc[..], &run].concat());
        let process =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary");
        Self { process: Some(process), place, database: operator.home.join(database) }
    }

    fn get(&self, page: &str) -> Option<(String, String)> {
        let mut stream = TcpStream::connect(self.place).ok()?;
        let request = format!("GET {page} HTTP/1.1\r\nhost: history\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.to_owned(), body.to_owned()))
    }

    fn json(&self, page: &str) -> Value {
        let (head, body) = self.get(page).unwrap_or_else(|| panic!("{page} is not served"));
        assert!(head.starts_with("HTTP/1.1 200"), "{page}: {head} {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{page}: {error}: {body}"))
    }

    fn items(&self, page: &str) -> Vec<Value> {
        self.json(page)["items"].as_array().expect("a list").clone()
    }

    /// What it says of itself; null while it does not answer.
    fn status(&self) -> Value {
        let page = self.get("/v1/status");
        page.and_then(|(_, body)| serde_json::from_str(&body).ok()).unwrap_or_default()
    }

    /// Fails if it has ended.
    fn must_run(&mut self) {
        let process = self.process.as_mut().expect("it was started");
        assert_eq!(process.try_wait().expect("a process"), None, "it ends by itself");
    }

    /// Waits until the status is as is wanted.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let (mut last, mut changed) = (Value::Null, Instant::now());
        loop {
            let status = self.status();
            if status.is_object() && wanted(&status) {
                return status;
            }
            if status != last {
                (last, changed) = (status, Instant::now());
            }
            self.must_run();
            assert!(changed.elapsed() < PATIENCE, "nothing changes any more: {last}");
            sleep(LOOK);
        }
    }

    /// Waits until the endpoint that it reads from was asked so often, or has nothing more to tell.
    fn wait_for_asked(&mut self, market: &Market, still: &Still, asked: u64) {
        let (mut last, mut changed) = (0, Instant::now());
        loop {
            let look = Instant::now() + LOOK;
            while Instant::now() < look {
                if still.asked.load(Relaxed) >= asked {
                    return;
                }
                sleep(GLANCE);
            }
            let status = self.status();
            let reaches = status["complete_to"].as_u64() >= Some(market.confirmed_slot());
            if reaches && status["reading_back"] == false {
                return;
            }
            let now = still.asked.load(Relaxed);
            if now != last {
                (last, changed) = (now, Instant::now());
            }
            self.must_run();
            assert!(changed.elapsed() < PATIENCE, "asked {now} times of {asked}: {status}");
        }
    }

    /// Ends it in a way that it cannot answer to.
    fn kill(mut self) -> PathBuf {
        let mut process = self.process.take().expect("it was started");
        process.kill().expect("it runs");
        let killed = process.wait().expect("it ends");
        assert_eq!(killed.signal(), Some(9), "{killed}");
        self.database.clone()
    }

    /// Asks it to stop, and says what it told then.
    fn stop(mut self) -> Value {
        let process = self.process.take().expect("it was started");
        let asked = Command::new("kill").arg(process.id().to_string()).status().expect("kill");
        assert!(asked.success());
        let output = process.wait_with_output().expect("it ends");
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).expect("one object")
    }
}

impl Drop for History {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return };
        process.kill().expect("it runs");
        process.wait().expect("it ends");
    }
}

/// Everything that is read, as it is told and not as it was read.
fn contents(database: &Path) -> Vec<String> {
    let connection = Connection::open(database).expect("a database");
    let tables = ["tx", "event", "fill", "price", "candle", "counter"];
    let mut all = Vec::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("a table");
        let columns = statement.column_count();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let values = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
            all.push(format!(
                "{table} {:?}",
                values.collect::<Result<Vec<_>, _>>().expect("values")
            ));
        }
    }
    all
}

/// Whether everything is read and can no more be taken back.
fn is_final(status: &Value) -> bool {
    status["reading_back"] == false && status["not_final"] == 0 && status["complete_to"].is_u64()
}

fn agrees(status: &Value) -> bool {
    status["reconciliation"]["off"].as_array().is_some_and(Vec::is_empty)
}

#[test]
fn what_happened_is_read_served_and_reconciled() {
    let market = Market::new("history");
    let still = market.still();
    let mut history = History::start(&market, "history.sqlite", &[&still.address]);
    history.wait(|status| status["reconciliation"].is_object());
    market.trade();
    market.operator.works(&["trade", "open", "0", "long", "46", "--wait"]);
    let account = market.operator.account().to_string();
    market.price.store(PRICE / 10 * 9, Relaxed);
    while market.operator.tells(&["account", "show"])["positions"][0]["size"] == 47_500_000 {}
    market.stall();
    market.live(20);
    market.rest();
    history.wait(|status| market.is_read(status));
    let told = history.stop();
    assert!(told["history"]["events"].as_u64().is_some_and(|events| events > 30), "{told}");

    // The next one compares what has happened since the first one began.
    let mut history = History::start(&market, "history.sqlite", &[&still.address]);
    let status =
        history.wait(|status| market.is_read(status) && status["reconciliation"].is_object());
    assert!(agrees(&status), "{status}");
    let compared = &status["reconciliation"];
    assert!(compared["slot"].as_u64() >= status["last_slot"].as_u64(), "{status}");
    assert!(compared["sums"].as_u64().is_some_and(|sums| sums > 3), "{status}");
    shows_the_trader(&history, &account);
    the_traders_money_adds_up(&market, &history);
    shows_the_venue(&history);
    shows_the_wallet(&history, &market.operator.wallet.pubkey());
    history.kill();
}

/// What the trader did is served.
fn shows_the_trader(history: &History, account: &str) {
    let fills = history.items(&format!("/v1/fills?account={account}"));
    let deltas: Vec<_> =
        fills.iter().map(|fill| (fill["kind"].clone(), fill["size"].clone())).collect();
    let trades =
        [46_000_000, 500_000, 2_000_000].map(|size| (Value::from("trade"), Value::from(size)));
    assert_eq!(deltas[deltas.len() - 3..], trades, "{fills:?}");
    assert_eq!(history.items("/v1/fills?market=0&kind=trade").len(), 3);
    let liquidations = history.items("/v1/liquidations");
    assert!(!liquidations.is_empty() && liquidations[0]["account"] == account, "{liquidations:?}");
    assert!(liquidations.iter().all(|one| one["carry"].is_i64()), "{liquidations:?}");
    let positions = history.items(&format!("/v1/accounts/{account}/positions"));
    assert_eq!((positions.len(), &positions[0]["side"]), (1, &1.into()));
    assert!(positions[0]["penalties"].as_u64().is_some_and(|paid| paid > 0), "{positions:?}");
    let flows = history.items(&format!("/v1/accounts/{account}/flows"));
    let kinds: Vec<_> =
        flows.iter().map(|flow| flow["kind"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["Withdrawn", "Deposited"]);
    let (head, table) = history.get(&format!("/v1/accounts/{account}/taxes.csv")).expect("a table");
    let deposit = format!("deposit,{account},,,,,,,,,1000.000000");
    assert!(head.contains("text/csv") && table.contains(&deposit), "{table}");
}

/// What an account was paid and has paid comes to what it has, to the unit, what liquidations settled included.
fn the_traders_money_adds_up(market: &Market, history: &History) {
    let account = market.operator.account();
    let number = |of: &Value, field: &str| i128::from(of[field].as_i64().expect(field));
    let fills = history.items(&format!("/v1/fills?account={account}"));
    let paid = |fill: &Value| -> i128 {
        let parts = ["carry", "fee", "reward", "to_insurance"].into_iter();
        parts.map(|part| number(fill, part)).sum()
    };
    let gained: i128 = fills.iter().map(|fill| number(fill, "realised") - paid(fill)).sum();
    let moved = |kind: &str| -> i128 {
        let flows = history.items(&format!("/v1/accounts/{account}/flows"));
        let of_kind = flows.iter().filter(|flow| flow["kind"] == kind);
        of_kind.map(|flow| number(&flow["fields"], "amount")).sum()
    };
    let found = market.node().account(&account).expect("the account");
    let has: MarginAccount = decode::decode(&found.data).expect("a margin account");
    let owned = [has.collateral, has.pending_profit, has.reserved_fees].map(i128::from);
    let owned = owned.iter().sum::<i128>() - i128::from(has.debt);
    assert_eq!(owned, moved("Deposited") - moved("Withdrawn") + gained, "{fills:?}");
}

/// What happened in the venue is served.
fn shows_the_venue(history: &History) {
    let candles = history.items("/v1/markets/0/candles?minutes=1440");
    assert_eq!(
        (&candles[0]["high"], &candles[0]["low"]),
        (&PRICE.into(), &(PRICE / 10 * 9).into())
    );
    assert!(!history.items("/v1/markets/0/funding").is_empty());
    assert_eq!(history.items("/v1/markets/0/days")[0]["trades"], 3);
    let states = history.items("/v1/chain");
    assert!(states.iter().any(|state| state["fields"]["to"] == "Shelter"), "{states:?}");
    assert_eq!(history.items("/v1/pools/liquidity").len(), 1);
    let worth = history.items("/v1/pools/liquidity/worth");
    assert!(worth[0]["share_price"].as_u64().is_some_and(|price| price > 0), "{worth:?}");
}

/// What a wallet has is found by its address.
fn shows_the_wallet(history: &History, owner: &Pubkey) {
    let numbers: Vec<_> = history
        .items(&format!("/v1/owners/{owner}/accounts"))
        .iter()
        .map(|it| it["number"].clone())
        .collect();
    assert_eq!(numbers, [0, 1]);
    assert_eq!(history.items(&format!("/v1/owners/{owner}/pools")).len(), 1);
}

#[test]
fn killed_at_any_time_it_ends_with_the_same_as_one_that_never_was() {
    let seed = RandomState::new().hash_one(KILLS);
    println!("seed {seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let market = Market::new("killed");
    market.trade();
    market.live(250);
    let (still, other) = (market.still(), market.still());
    let mut whole = History::start(&market, "whole.sqlite", &[&other.address]);
    for kill in 0..KILLS {
        let before = still.asked.load(Relaxed);
        let mut history = History::start(&market, "killed.sqlite", &[&still.address]);
        // Meanwhile it goes on, and what was confirmed is not always kept.
        market.live(2);
        if kill % 10 == 9 {
            market.node().fork(6);
        }
        // Most are killed early, and some after they have read more than a page.
        let most = 1_u64 << random.random_range(1..=MOST_ASKED_LOG2);
        history.wait_for_asked(&market, &still, before + random.random_range(1..=most));
        sleep(Duration::from_micros(random.random_range(0..LATER_US)));
        history.kill();
    }
    market.rest();
    let mut history = History::start(&market, "killed.sqlite", &[&still.address]);
    let killed =
        history.wait(|status| market.is_read(status) && status["reconciliation"].is_object());
    assert!(agrees(&killed), "{killed}");
    let ended = [killed, whole.wait(|status| market.is_read(status))];
    assert!(ended.iter().all(|status| status["transactions"].as_u64() > Some(300)), "{ended:?}");
    let (killed, whole) = (contents(&history.kill()), contents(&whole.kill()));
    assert_eq!(killed.len(), whole.len());
    for (killed, whole) in killed.iter().zip(&whole) {
        assert_eq!(killed, whole);
    }
}

#[test]
fn reading_goes_on_from_another_endpoint() {
    let market = Market::new("another");
    market.trade();
    let deaf = market.operator.failing(Fault::Closes, &["getTransaction"]);
    let still = market.still();
    let endpoints = ["http://127.0.0.1:1/secret", &deaf, &still.address];
    let mut history = History::start(&market, "another.sqlite", &endpoints);
    let status = history.wait(|status| status["reading_back"] == false && status["endpoint"] != "");
    let place = still.address.trim_end_matches("/secret");
    assert_eq!(status["endpoint"], place, "{status}");
    assert!(status["events"].as_u64().is_some_and(|events| events > 10), "{status}");
    history.kill();
}

#[test]
fn what_cannot_work_is_refused_with_what_to_change() {
    let operator = Operator::new("no history");
    let run = ["history", "run"];
    let with = |more: &[&'static str]| operator.refuses(&[&run[..], more].concat());
    assert!(
        with(&["--page", "nowhere"]).contains("nowhere has no index.html: build the page first")
    );
    std::fs::write(operator.home.join("text"), "no database, and longer than a header")
        .expect("a file");
    assert!(with(&["--database", "text"]).contains("text cannot be used as a database"));
    assert!(with(&["--database", "nowhere/file"]).contains("name another file with --database"));
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let listen = taken.local_addr().expect("its address").to_string();
    let said = operator.refuses(&[&run[..], &["--listen", &listen]].concat());
    assert!(said.contains("choose another address or port"), "{said}");
    let file = operator.home.join("foreign.sqlite");
    let foreign = Connection::open(file).expect("a database");
    foreign.pragma_update(None, "user_version", 7).expect("it is written");
    assert!(
        with(&["--database", "foreign.sqlite"]).contains("has layout 7 and this version knows 1")
    );
}
