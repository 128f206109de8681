//! Stork's feeds as its program writes them.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::oracle::STORK_PROGRAM;
use holdfast_client::holdfast::oracle::stork::{DISCRIMINATOR, layout};

use crate::Cluster;
use crate::feed::Published;
use crate::tokens::set_owned;

/// Length of an account: Stork leaves room for as much again as it holds.
const ACCOUNT: usize = 8 + 2 * (layout::LENGTH - layout::ID);

/// A feed of the asset `id` that says `published`.
pub fn feed(id: [u8; 32], published: Published) -> Vec<u8> {
    let mut data = vec![0; ACCOUNT];
    let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &DISCRIMINATOR);
    put(layout::ID, &id);
    put(layout::TIMESTAMP, &(published.at_ms * 1_000_000).to_le_bytes());
    put(layout::VALUE, &Published::in_eighteen_decimals(published.price));
    data
}

/// Writes a feed, as Stork's program would.
pub fn write_feed(cluster: &mut Cluster, address: Pubkey, data: Vec<u8>) {
    set_owned(cluster, address, data, STORK_PROGRAM);
}
