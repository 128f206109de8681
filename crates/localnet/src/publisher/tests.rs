//! Against a node of the embedded cluster, with the compiled program.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use holdfast_client::feed::{Reading, read};
use holdfast_risk::{Millis, Price};
use holdfast_testkit::node::{Node, serve};
use holdfast_testkit::{Cluster, elf};
use solana_keypair::keypair_from_seed;

use super::*;

const SOL: u64 = 150_000_000;
const BTC: u64 = 100_000_000_000;
const NOW: u64 = 1_760_000_000_000;

fn writer() -> Keypair {
    keypair_from_seed(&[5; 32]).expect("32 bytes are a seed")
}

fn cluster() -> Cluster {
    let mut cluster = Cluster::new(NOW);
    cluster.fund(&writer().pubkey(), 1_000_000_000);
    cluster
}

fn with_program() -> Cluster {
    let mut cluster = cluster();
    let elf = elf::read_mock_oracle().expect("the compiled program");
    cluster.install(mock_oracle::ID, &writer().pubkey(), &elf);
    cluster.pass(400);
    cluster
}

/// A node whose slots pass with every request.
fn node(cluster: Cluster) -> (Arc<Mutex<Node>>, SocketAddr) {
    let node = Arc::new(Mutex::new(Node::new(cluster)));
    let address = serve(Arc::clone(&node), |node| {
        node.cluster.pass(400);
        node.tick();
    });
    (node, address.expect("a port"))
}

fn publisher(node: SocketAddr) -> Publisher {
    let feeds = vec![("SOL".to_owned(), SOL), ("BTC".to_owned(), BTC)];
    Publisher::new(Settings {
        url: format!("http://{node}"),
        writer: writer(),
        feeds,
        offered: Vec::new(),
        motion: Motion::Still,
        speed: 1.0,
        interval: Duration::from_millis(1),
    })
    .expect("two names")
}

/// What the venue reads in a feed's account.
fn reading(node: &Mutex<Node>, name: &str) -> Option<Reading> {
    let address = feed_address(&writer().pubkey(), name).expect("a short name");
    let account = node.lock().expect("no panic").account(&address)?;
    assert_eq!(account.data[feed::LENGTH - 32..], *writer().pubkey().as_ref());
    read(&address, &account.owner, &account.data)
}

#[tokio::test]
async fn accounts_are_made_once_and_prices_follow() {
    let (node, address) = node(with_program());
    let first = publisher(address);
    assert!(reading(&node, "SOL").is_none());
    first.publish(|| NOW).await.unwrap();
    let said = ["SOL", "BTC"].map(|name| reading(&node, name).unwrap().quote);
    assert_eq!(said.map(|quote| quote.price), [Price(SOL), Price(BTC)]);
    assert_eq!(said.map(|quote| quote.published), [Millis(NOW); 2]);
    // Another process goes on where this one stopped.
    let second = publisher(address);
    second.board().set("SOL", Some(SOL * 2), FeedFault::Normal).unwrap();
    second.publish(|| NOW + 1_000).await.unwrap();
    let quote = reading(&node, "SOL").unwrap().quote;
    assert_eq!((quote.price, quote.published), (Price(SOL * 2), Millis(NOW + 1_000)));
    let sent = second.board().state().feeds[0].published.unwrap();
    assert_eq!((sent.price, sent.at_ms), (SOL * 2, NOW + 1_000));
    assert!(sent.slot > 1_000_000);
}

#[tokio::test]
async fn a_cluster_without_the_program_is_told() {
    let (node, address) = node(cluster());
    let reason = publisher(address).publish(|| NOW).await.unwrap_err();
    assert!(reason.contains("--upgradeable-program"), "{reason}");
    assert!(reading(&node, "SOL").is_none());
}

#[tokio::test]
async fn a_dead_endpoint_is_outlived() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let dead = listener.local_addr().unwrap();
    drop(listener);
    let publisher = publisher(dead);
    let board = publisher.board();
    // It goes on after it was in trouble.
    let told = async {
        while board.state().trouble.is_none() {
            tokio::task::yield_now().await;
        }
    };
    publisher.run(told).await;
    let trouble = board.state().trouble.unwrap();
    assert!(trouble.contains("does not answer"), "{trouble}");
}

#[tokio::test]
async fn run_publishes_again_and_again_until_it_is_stopped() {
    let (node, address) = node(with_program());
    let publisher = publisher(address);
    let board = publisher.board();
    let slot = || board.state().feeds[0].published.map(|sent| sent.slot);
    let thrice = async {
        for _ in 0..3 {
            let before = slot();
            while slot() == before {
                tokio::task::yield_now().await;
            }
        }
    };
    publisher.run(thrice).await;
    assert!(reading(&node, "SOL").is_some());
    assert_eq!(board.state().trouble, None);
}

#[test]
fn names_are_checked() {
    let settings = |names: [&str; 2]| Settings {
        url: "http://127.0.0.1:1".to_owned(),
        writer: writer(),
        feeds: names.map(|name| (name.to_owned(), SOL)).to_vec(),
        offered: Vec::new(),
        motion: Motion::Still,
        speed: 1.0,
        interval: Duration::from_secs(1),
    };
    let refused = |names| Publisher::new(settings(names)).err().expect("a refusal");
    assert!(refused(["SOL", "SOL"]).contains("two feeds"));
    assert!(refused(["SOL", &"x".repeat(33)]).contains("at most 32"));
}
