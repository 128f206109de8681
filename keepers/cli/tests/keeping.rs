//! `holdfast keeper run`, the whole of it, against a node of the embedded cluster: a price falls,
//! and an account is flagged and liquidated.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Pubkey, address, instruction};
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::node::{Node, serve};
use holdfast_testkit::venue::{LONE, Listing, feed_account, feed_id, silo_plan};
use holdfast_testkit::{Cluster, Venue};
use solana_keypair::{keypair_from_seed, write_keypair_file};
use solana_signer::Signer;

const NOW: u64 = 1_700_000_000_000;
const PRICE: u64 = 150_000_000;
/// The price after its fall: as low as is believed at once.
const FALLEN: u64 = PRICE / 10 * 9;
/// Seven times the margin of a thousand, in base units.
const SIZE: i64 = 46_666_666;

/// A venue with liquidity and somebody who is long with seven times their margin.
fn venue() -> (Venue, Pubkey) {
    let listing = Listing { name: "SOL-PERP", price: PRICE, providers: LONE };
    let mut venue = Venue::install_silo(NOW, silo_plan(&[listing])).expect("cargo xtask build");
    venue.publish(&[PRICE]).expect("a price");
    venue.join_pool(false, 10_000_000_000_000, &[PRICE]).expect("liquidity");
    let trader = venue.trader(1_000_000_000).expect("a trader");
    venue.trade(&trader, 0, SIZE, &[PRICE]).expect("a position");
    (venue, trader.account)
}

fn post(cluster: &mut Cluster, price: u64) {
    let published = Published::new(price, cluster.now_ms());
    let update = pyth_update(feed_id(0), published, cluster.slot());
    post_pyth_update(cluster, feed_account(0), &update);
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}

/// A page that the keeper serves, with its head.
fn get(port: u16, page: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let request = format!("GET /{page} HTTP/1.1\r\nhost: keeper\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn an_account_that_fails_is_flagged_and_liquidated() {
    let (mut venue, account) = venue();
    let wallet = keypair_from_seed(&[3; 32]).expect("32 bytes are a seed");
    venue.cluster.fund(&wallet.pubkey(), 1_000_000_000);
    let (owner, silo) = (wallet.pubkey(), address::silo(0));
    let open = instruction::open_margin_account(owner, owner, silo, 0);
    venue.cluster.send(&[open], &[&wallet]).expect("an account");

    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("keeping");
    std::fs::create_dir_all(&home).expect("a directory");
    write_keypair_file(&wallet, home.join("id.json")).expect("a file");
    let port = free_port();
    let feed = feed_account(0);
    let settings = format!("feeds = [\"{feed}\"]\nlisten = \"127.0.0.1:{port}\"\n");
    std::fs::write(home.join("holdfast.toml"), settings).expect("a file");

    let (tell, told) = mpsc::channel();
    let node = Arc::new(Mutex::new(Node::new(venue.cluster)));
    let reward = address::margin_account(&silo, &owner, 0);
    let endpoint = serve(node, move |node| {
        // A slot passes with every request, and the feed publishes once a second.
        node.cluster.pass(400);
        node.tick();
        if node.cluster.now_ms() % 1_000 < 400 {
            post(&mut node.cluster, FALLEN);
        }
        let left: MarginAccount = node.cluster.read(&account);
        let earned: MarginAccount = node.cluster.read(&reward);
        if left.positions[0].size < SIZE {
            // Nobody may listen any more.
            let _ = tell.send(earned.collateral);
        }
    })
    .expect("a port");

    let keeper = Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .current_dir(&home)
        .env_clear()
        .env("HOME", &home)
        .args(["--rpc", &format!("http://{endpoint}"), "--keypair", "id.json"])
        .args(["--log", "json", "keeper", "run"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let result = told.recv_timeout(Duration::from_secs(120));
    let pages = ["healthz", "readyz", "metrics"].map(|page| get(port, page));
    let stop = Command::new("kill").arg(keeper.id().to_string()).status().expect("kill");
    assert!(stop.success());
    let output = keeper.wait_with_output().expect("it ends");
    let log = String::from_utf8_lossy(&output.stderr);
    let earned = result.unwrap_or_else(|_| panic!("nothing was liquidated: {log}"));
    assert!(output.status.success(), "{log}");
    assert!(earned > 0, "the keeper is rewarded");
    let ready = format!("holdfast_ready{{silo=\"{}\"}} 1\n", address::silo(0));
    let said = [("200 OK", "it decides"), ("200 OK", "it works"), ("200 OK", ready.as_str())];
    for (page, (status, text)) in pages.iter().zip(said) {
        assert!(page.contains(status) && page.contains(text), "{page}");
    }
    assert!(log.lines().all(|line| line.starts_with('{')), "{log}");
    assert!(log.contains("\"stopped\""), "{log}");
}
