//! Switchboard's pull feeds as its program writes them. The tests read what is written here with
//! the provider's own crate.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::oracle::SWITCHBOARD_PROGRAM;
use holdfast_client::holdfast::oracle::switchboard::{DISCRIMINATOR, identity, layout};

use crate::Cluster;
use crate::feed::Published;
use crate::tokens::set_owned;

/// The queue of the feeds published here.
pub(crate) const QUEUE: [u8; 32] = [0x5B; 32];
/// Most variance among their submissions, and the fewest responses.
const VARIANCE_AND_RESPONSES: [u8; 12] = [0, 202, 154, 59, 0, 0, 0, 0, 2, 0, 0, 0];
/// Slots a submission may be old.
const MAX_STALENESS: u32 = 250;
/// Samples they take, and ask for.
const SAMPLES: u8 = 3;
/// The submission that their result is.
const SUBMISSION: usize = 2;

/// A feed of the jobs `feed_hash` that says `published`.
pub fn pull_feed(feed_hash: [u8; 32], published: Published) -> Vec<u8> {
    let mut data = vec![0; layout::LENGTH];
    let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &DISCRIMINATOR);
    put(layout::QUEUE, &QUEUE);
    put(layout::FEED_HASH, &feed_hash);
    put(layout::VARIANCE_AND_RESPONSES.start, &VARIANCE_AND_RESPONSES);
    put(layout::MAX_STALENESS.start, &MAX_STALENESS.to_le_bytes());
    put(layout::MIN_SAMPLE_SIZE, &[SAMPLES]);
    put(layout::VALUE, &Published::in_eighteen_decimals(published.price));
    put(layout::STD_DEV, &Published::in_eighteen_decimals(published.confidence));
    put(layout::NUM_SAMPLES, &[SAMPLES]);
    put(layout::SUBMISSION_INDEX, &[SUBMISSION as u8]);
    let seconds = published.at_ms / 1_000;
    put(layout::TIMESTAMPS + 8 * SUBMISSION, &seconds.to_le_bytes());
    data
}

/// What a market lists as the id of such a feed at `address`.
pub fn feed_id(address: &Pubkey, feed_hash: [u8; 32]) -> [u8; 32] {
    let nothing = Published { price: 0, confidence: 0, at_ms: 0 };
    identity(address, &pull_feed(feed_hash, nothing))
}

/// Writes a feed, as Switchboard's program would.
pub fn write_pull_feed(cluster: &mut Cluster, address: Pubkey, data: Vec<u8>) {
    set_owned(cluster, address, data, SWITCHBOARD_PROGRAM);
}
