//! The whole of it: a price falls, and an account is flagged and liquidated.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Pubkey, address};
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::node::{Node, serve};
use holdfast_testkit::venue::{LONE, Listing, feed_account, feed_id, silo_plan};
use holdfast_testkit::{Cluster, Venue};
use solana_signer::Signer;

use crate::running::{RunningKeeper, prepare, wallet};

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

#[test]
fn an_account_that_fails_is_flagged_and_liquidated() {
    let (mut venue, account) = venue();
    let wallet = wallet();
    prepare(&mut venue.cluster, &wallet);
    let (owner, silo) = (wallet.pubkey(), address::silo(0));

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

    let settings = format!("feeds = [\"{}\"]\n", feed_account(0));
    let keeper = RunningKeeper::start("keeping", endpoint, &settings);
    let result = told.recv_timeout(Duration::from_secs(120));
    let pages = ["healthz", "readyz", "metrics"].map(|page| keeper.page(page));
    let (ended, log) = keeper.stop();
    let earned = result.unwrap_or_else(|_| panic!("nothing was liquidated: {log}"));
    assert!(ended.success(), "{log}");
    assert!(earned > 0, "the keeper is rewarded");
    let ready = format!("holdfast_ready{{silo=\"{silo}\"}} 1\n");
    let said = [("200 OK", "it decides"), ("200 OK", "it works"), ("200 OK", ready.as_str())];
    for (page, (status, text)) in pages.iter().zip(said) {
        assert!(page.contains(status) && page.contains(text), "{page}");
    }
    assert!(log.lines().all(|line| line.starts_with('{')), "{log}");
    assert!(log.contains("\"stopped\""), "{log}");
}
