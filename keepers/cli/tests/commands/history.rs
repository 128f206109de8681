//! A history that is read from a living venue, killed, and continued.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Pubkey, address, decode, holdfast, instruction};
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::node::Node;
use holdfast_testkit::venue::{feed_account, feed_id};
use rusqlite::Connection;
use serde_json::Value;
use slotstall::node::{Condition, Finality};

use super::operator::{Fault, Operator, PRICE, keep, land};

/// Nothing here takes so long; a test that waits longer says what it has seen.
const PATIENCE: Duration = Duration::from_secs(120);
/// A slot, milliseconds.
const SLOT_MS: u64 = 400;
/// How often the command is killed.
const KILLS: u64 = 100;

/// A venue whose price the test sets, and which it can have rest.
struct Market {
    operator: Operator,
    price: Arc<AtomicU64>,
    rests: Arc<AtomicBool>,
}

impl Market {
    fn new(name: &str) -> Self {
        let (price, rests) = (Arc::new(AtomicU64::new(PRICE)), Arc::new(AtomicBool::new(false)));
        let (of, resting) = (price.clone(), rests.clone());
        let operator = Operator::on_a_venue(name, 5_000, move |node| {
            if resting.load(Relaxed) {
                node.run(SLOT_MS);
            } else {
                live(node, of.load(Relaxed));
            }
        });
        operator.node.lock().expect("no panic").set_finality(Finality::Voted);
        Self { operator, price, rests }
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
            let mut node = self.operator.node.lock().expect("no panic");
            live(&mut node, self.price.load(Relaxed));
        }
    }

    /// The chain stands still for a while, and goes on.
    fn stall(&self) {
        let mut node = self.operator.node.lock().expect("no panic");
        node.begin(Condition::Stalled, Some(60_000));
        node.run(61_000);
    }
}

/// A slot passes; once a second the price is published, the market refreshed and the chain observed, and
/// everything is done that a keeper does.
fn live(node: &mut Node, price: u64) {
    node.run(SLOT_MS);
    let (silo, now_ms) = (address::silo(0), node.cluster.now_ms());
    let market = address::market(&silo, 0);
    if now_ms % 1_000 < SLOT_MS {
        let update = pyth_update(feed_id(0), Published::new(price, now_ms), node.cluster.slot());
        post_pyth_update(&mut node.cluster, feed_account(0), &update);
        land(node, instruction::refresh_market(silo, market, &[feed_account(0)]));
        land(node, instruction::observe(&[market]));
    }
    keep(node);
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
    fn start(market: &Market, database: &str, more: &[&str]) -> Self {
        let operator = &market.operator;
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let place = listener.local_addr().expect("its address");
        drop(listener);
        let listen = place.to_string();
        let run = ["--json", "history", "run", "--database", database, "--listen", &listen];
        let mut command = operator.command(&[more, &run].concat());
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

    /// Waits until the status is as is wanted.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let status =
                self.get("/v1/status").and_then(|(_, body)| serde_json::from_str(&body).ok());
            let status: Value = status.unwrap_or_default();
            if status.is_object() && wanted(&status) {
                return status;
            }
            let process = self.process.as_mut().expect("it was started");
            let ended = process.try_wait().expect("a process");
            assert!(ended.is_none() && Instant::now() < until, "{ended:?} {status}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it in a way that it cannot answer to.
    fn kill(self) -> PathBuf {
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
    let mut history = History::start(&market, "history.sqlite", &[]);
    history.wait(|status| status["reconciliation"].is_object());
    market.trade();
    market.operator.works(&["trade", "open", "0", "long", "46", "--wait"]);
    let account = market.operator.account().to_string();
    market.price.store(PRICE / 10 * 9, Relaxed);
    while market.operator.tells(&["account", "show"])["positions"][0]["size"] == 47_500_000 {}
    market.stall();
    market.live(20);
    market.rests.store(true, Relaxed);
    history.wait(is_final);
    let told = history.stop();
    assert!(told["history"]["events"].as_u64().is_some_and(|events| events > 30), "{told}");

    // The next one compares what has happened since the first one began.
    let mut history = History::start(&market, "history.sqlite", &[]);
    let status = history.wait(|status| is_final(status) && status["reconciliation"].is_object());
    assert!(agrees(&status), "{status}");
    let compared = &status["reconciliation"];
    assert!(compared["slot"].as_u64() >= status["last_slot"].as_u64(), "{status}");
    assert!(compared["sums"].as_u64().is_some_and(|sums| sums > 3), "{status}");

    let fills = history.items(&format!("/v1/fills?account={account}"));
    let deltas: Vec<_> =
        fills.iter().map(|fill| (fill["kind"].clone(), fill["size"].clone())).collect();
    let trades =
        [46_000_000, 500_000, 2_000_000].map(|size| (Value::from("trade"), Value::from(size)));
    assert_eq!(deltas[deltas.len() - 3..], trades, "{fills:?}");
    assert_eq!(history.items("/v1/fills?market=0&kind=trade").len(), 3);
    let liquidations = history.items("/v1/liquidations");
    assert!(
        !liquidations.is_empty() && liquidations[0]["account"] == account.as_str(),
        "{liquidations:?}"
    );
    let positions = history.items(&format!("/v1/accounts/{account}/positions"));
    assert_eq!((positions.len(), &positions[0]["side"]), (1, &1.into()));
    assert!(positions[0]["penalties"].as_u64().is_some_and(|paid| paid > 0), "{positions:?}");
    let flows = history.items(&format!("/v1/accounts/{account}/flows"));
    let kinds: Vec<_> =
        flows.iter().map(|flow| flow["kind"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["Withdrawn", "Deposited"]);
    let candles = history.items("/v1/markets/0/candles?minutes=1440");
    assert_eq!(
        (&candles[0]["high"], &candles[0]["low"]),
        (&PRICE.into(), &(PRICE / 10 * 9).into())
    );
    assert!(!history.items("/v1/markets/0/funding").is_empty());
    let states = history.items("/v1/chain");
    assert!(states.iter().any(|state| state["fields"]["to"] == "Shelter"), "{states:?}");
    assert_eq!(history.items("/v1/pools/liquidity").len(), 1);
    let (head, table) = history.get(&format!("/v1/accounts/{account}/taxes.csv")).expect("a table");
    assert!(head.contains("text/csv") && table.contains("deposit,,,,,,,,,1000.000000"), "{table}");
    history.kill();
}

#[test]
fn killed_at_any_time_it_ends_with_the_same_as_one_that_never_was() {
    let market = Market::new("killed");
    market.trade();
    market.live(600);
    let mut whole = History::start(&market, "whole.sqlite", &[]);
    for kill in 0..KILLS {
        let mut history = History::start(&market, "killed.sqlite", &[]);
        // Earlier and later in a page, and while nothing more is read.
        history
            .wait(|status| status["transactions"].as_u64().is_some_and(|there| there >= kill * 6));
        history.kill();
        market.live(5);
        if kill % 10 == 9 {
            // What was confirmed is not always kept.
            market.operator.node.lock().expect("no panic").fork(6);
        }
    }
    let mut history = History::start(&market, "killed.sqlite", &[]);
    history.wait(|status| status["reading_back"] == false);
    market.rests.store(true, Relaxed);
    let ended = [history.wait(is_final), whole.wait(is_final)];
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
    let live = market.operator.endpoint();
    let endpoints = ["--rpc", "http://127.0.0.1:1/secret", "--rpc", &deaf, "--rpc", &live];
    let mut history = History::start(&market, "another.sqlite", &endpoints);
    let status = history.wait(|status| status["reading_back"] == false && status["endpoint"] != "");
    let place = live.trim_end_matches("/secret");
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
