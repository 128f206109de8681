//! What the owner of a feed changes after it was listed, and who refreshes how often.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::oracle::switchboard::layout;
use holdfast_testkit::feed::Published;
use holdfast_testkit::switchboard;
use holdfast_testkit::venue::{ALL, LONE, Listing, Venue, feed_address, feed_id, silo_plan};

use crate::world::{SOL, START_MS};

const SWITCHBOARD: Provider = Provider::Switchboard;

/// The authority of a feed lets one oracle be the price, or lets samples lie far apart or be old: the
/// market hears nothing from the feed any more.
/// Bytes of a feed to overwrite, by where.
type Bytes<'a> = &'a [(usize, &'a [u8])];

#[test]
fn a_feed_whose_sampling_was_changed_falls_silent() {
    let listing = [Listing { name: "SOL-PERP", price: SOL, providers: ALL }];
    let mut venue = Venue::install_silo(START_MS, silo_plan(&listing)).unwrap();
    let now = venue.cluster.now_ms();
    let address = feed_address(SWITCHBOARD, 0);
    let sound = switchboard::pull_feed(feed_id(0), Published::new(SOL, now));
    let lied = switchboard::pull_feed(feed_id(0), Published::new(SOL * 2, now));
    let variance = layout::VARIANCE_AND_RESPONSES.start;
    let changes: [(&str, Bytes<'_>); 6] = [
        ("one sample", &[(layout::MIN_SAMPLE_SIZE, &[1])]),
        ("one sample taken", &[(layout::MIN_SAMPLE_SIZE, &[1]), (layout::NUM_SAMPLES, &[1])]),
        ("more samples", &[(layout::MIN_SAMPLE_SIZE, &[2])]),
        ("any variance", &[(variance, &[0xFF; 8])]),
        ("one response", &[(variance + 8, &[1])]),
        ("any age", &[(layout::MAX_STALENESS.start, &[0xFF; 4])]),
    ];
    for (name, change) in changes {
        println!("{name}");
        let mut data = lied.clone();
        for (at, bytes) in change {
            data[*at..*at + bytes.len()].copy_from_slice(bytes);
        }
        switchboard::write_pull_feed(&mut venue.cluster, address, data);
        let refused = venue.refresh(0, &[SWITCHBOARD]).unwrap_err();
        let silent =
            refused.is(HoldfastError::WrongFeed) || refused.is(HoldfastError::UnreadableFeed);
        assert!(silent, "{}", refused.message);
    }
    switchboard::write_pull_feed(&mut venue.cluster, address, sound);
    venue.refresh(0, &[SWITCHBOARD]).unwrap();
}

/// A feed that asks for two samples when it is listed: its owner needs one oracle to lie, not two.
#[test]
fn a_result_of_two_samples_is_no_median() {
    let listing = [Listing { name: "SOL-PERP", price: SOL, providers: ALL }];
    let mut venue = Venue::install_silo(START_MS, silo_plan(&listing)).unwrap();
    let published = Published::new(SOL, venue.cluster.now_ms());
    let mut data = switchboard::pull_feed(feed_id(0), published);
    data[layout::NUM_SAMPLES] = 2;
    data[layout::MIN_SAMPLE_SIZE] = 2;
    switchboard::write_pull_feed(&mut venue.cluster, feed_address(SWITCHBOARD, 0), data);
    let refused = venue.refresh(0, &[SWITCHBOARD]).unwrap_err();
    assert!(refused.is(HoldfastError::UnreadableFeed), "{}", refused.message);
}

/// Whoever refreshes every second holds the reference of a cheap asset still: what it may move in a
/// second is less than a unit of price.
#[test]
fn refreshing_often_does_not_hold_the_reference_still() {
    let arrives = |pause_ms: u64| {
        let listing = [Listing { name: "TINY-PERP", price: 100, providers: LONE }];
        let mut venue = Venue::install_silo(START_MS, silo_plan(&listing)).unwrap();
        venue.publish(&[100]).unwrap();
        for _ in 0..1_800_000 / pause_ms {
            venue.cluster.pass(pause_ms);
            venue.publish(&[109]).unwrap();
        }
        venue.market(0).reference_price
    };
    // A percent a minute, for half an hour: long enough to arrive.
    assert_eq!([2_000, 20_000].map(arrives), [109, 109]);
}
