//! `holdfast guard run`, the whole of it, against a node of the embedded cluster: a price falls, margin
//! is added, and a guard that is started again spends what the budget has left and no more.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_testkit::node::{Node, pass_with_price, serve};
use holdfast_testkit::venue::{LONE, Listing, Trader, feed_account, silo_plan};
use holdfast_testkit::{Venue, tokens};
use solana_keypair::write_keypair_file;
use solana_signer::Signer;

const NOW: u64 = 1_700_000_000_000;
const PRICE: u64 = 150_000_000;
/// Below the line, and so far below it that the whole budget does not help.
const FALLEN: u64 = 138_000_000;
const FALLEN_FURTHER: u64 = 130_000_000;
/// Seven times the margin, in base units.
const SIZE: i64 = 46_666_666;
const MARGIN: u64 = 1_000_000_000;
const BUDGET: u64 = 300_000_000;
/// Far more than the budget.
const PURSE: u64 = 5_000_000_000;

/// A venue with somebody who is long with seven times their margin and has tokens left.
fn venue() -> (Venue, Trader) {
    let listing = Listing { name: "SOL-PERP", price: PRICE, providers: LONE };
    let mut venue = Venue::install_silo(NOW, silo_plan(&[listing])).expect("cargo xtask build");
    venue.publish(&[PRICE]).expect("a price");
    venue.join_pool(false, 10_000_000_000_000, &[PRICE]).expect("liquidity");
    let trader = venue.trader(MARGIN).expect("a trader");
    venue.trade(&trader, 0, SIZE, &[PRICE]).expect("a position");
    let owner = trader.keypair.pubkey();
    venue.cluster.fund(&owner, 1_000_000_000);
    tokens::create_token_account(&mut venue.cluster, trader.wallet, venue.mint, owner, PURSE);
    (venue, trader)
}

fn settings(home: &Path, trader: &Trader) {
    let text = format!(
        "feeds = [\"{}\"]\n[guard]\naccounts = [\"{}\"]\nsource = \"{}\"\ntop_up_percent = 150\n\
         budget = {BUDGET}\n",
        feed_account(0),
        trader.account,
        trader.wallet
    );
    write_keypair_file(&trader.keypair, home.join("id.json")).expect("a file");
    std::fs::write(home.join("holdfast.toml"), text).expect("a file");
}

fn start(home: &Path, endpoint: SocketAddr) -> Child {
    Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .args(["--rpc", &format!("http://{endpoint}"), "--keypair", "id.json"])
        .args(["--log", "json", "guard", "run"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary")
}

/// Asks it to stop and says what it logged.
fn stop(guard: Child) -> String {
    let stop = Command::new("kill").arg(guard.id().to_string()).status().expect("kill");
    assert!(stop.success());
    let output = guard.wait_with_output().expect("it ends");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    log
}

/// Waits until this much was added; it is looked at with every request that the node answers.
fn added(seen: &Receiver<u64>, least: u64) -> Option<u64> {
    loop {
        let added = seen.recv_timeout(Duration::from_secs(120)).ok()?;
        assert!(added <= BUDGET, "{added}");
        if added >= least {
            return Some(added);
        }
    }
}

#[test]
fn margin_is_added_and_a_restart_spends_only_what_is_left() {
    let (venue, trader) = venue();
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("guarding");
    // What an earlier run of this test has left is spent.
    let _ = std::fs::remove_dir_all(&home);
    std::fs::create_dir_all(&home).expect("a directory");
    settings(&home, &trader);
    let before = venue.account(&trader.account).collateral;
    let (price, account) = (Arc::new(AtomicU64::new(FALLEN)), trader.account);
    let (tell, seen) = mpsc::channel();
    let node = Arc::new(Mutex::new(Node::new(venue.cluster)));
    let now = price.clone();
    let endpoint = serve(node, move |node| {
        pass_with_price(node, now.load(Relaxed));
        let state: MarginAccount = node.cluster.read(&account);
        // Nobody may listen any more.
        let _ = tell.send(state.collateral - before);
    })
    .expect("a port");

    let guard = start(&home, endpoint);
    let first = added(&seen, 1);
    let log = stop(guard);
    assert!(first.is_some(), "nothing was added: {log}");
    let kept = std::fs::read_to_string(home.join("holdfast-guard.json")).expect("it is kept");
    assert!(kept.contains(&account.to_string()), "{kept}");

    price.store(FALLEN_FURTHER, Relaxed);
    let guard = start(&home, endpoint);
    let all = added(&seen, BUDGET);
    // Long enough for another deposit, if one were sent.
    let more: Vec<_> = (0..60).map_while(|_| added(&seen, 0)).collect();
    let log = stop(guard);
    assert_eq!(all, Some(BUDGET), "{log}");
    assert_eq!(more, [BUDGET; 60], "{log}");
    assert!(log.contains("\"stopped\""), "{log}");
}
