//! A node of the embedded cluster, for clients that are given its address, and a venue on it that
//! lives.

use holdfast_client::{address, instruction};

use crate::Cluster;
use crate::feed::{Published, post_pyth_update, pyth_update};
use crate::venue::{feed_account, feed_id, keypair};

pub use slotstall::rpc::answer;
pub use slotstall::serve;

/// A node of the venue's cluster, on which every block is final at once.
pub type Node = slotstall::Node<Cluster>;

/// How far a venue that lives moves on at a time, milliseconds.
const SLOT_MS: u64 = 400;
/// How often its price is published, milliseconds.
const PRICE_EVERY_MS: u64 = 1_000;

/// One unit of time of a venue that lives: a slot passes, and once a second the price of the first
/// market is published on its one feed, the market refreshed and the chain observed.
pub fn pass_with_price(node: &mut Node, price: u64) {
    node.cluster.pass(SLOT_MS);
    node.tick();
    let now_ms = node.cluster.now_ms();
    if now_ms % PRICE_EVERY_MS >= SLOT_MS {
        return;
    }
    let (admin, silo) = (keypair("admin", 0), address::silo(0));
    let market = address::market(&silo, 0);
    let update = pyth_update(feed_id(0), Published::new(price, now_ms), node.cluster.slot());
    post_pyth_update(&mut node.cluster, feed_account(0), &update);
    let refresh = instruction::refresh_market(silo, market, &[feed_account(0)]);
    node.cluster.send(&[refresh], &[&admin]).expect("a fresh price");
    // The last sample may be too recent.
    let _ = node.cluster.send(&[instruction::observe(&[market])], &[&admin]);
}
