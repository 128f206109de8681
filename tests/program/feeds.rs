//! Several feeds: quorum, median, outliers, and what each provider's account must hold.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::{MarketRefreshed, MarketUnpriced};
use holdfast_client::holdfast::oracle::switchboard::layout;
use holdfast_client::holdfast::oracle::{Provider, SWITCHBOARD_PROGRAM};
use holdfast_testkit::feed::Published;
use holdfast_testkit::tokens::set_owned;
use holdfast_testkit::venue::{ALL, Listing, Venue, feed_address, feed_id, silo_plan};
use holdfast_testkit::{events, switchboard};
use switchboard_on_demand::on_demand::accounts::pull_feed::{CurrentResult, PullFeedAccountData};

use crate::world::{SOL, START_MS};

const PULL: Provider = Provider::PythPull;
const ACCOUNT: Provider = Provider::PythPriceAccount;
const SWITCHBOARD: Provider = Provider::Switchboard;

/// One market with three feeds of which two have to agree, and its first price.
fn venue() -> Venue {
    let listing = [Listing { name: "SOL-PERP", price: SOL, providers: ALL }];
    let mut venue = Venue::install_silo(START_MS, silo_plan(&listing)).unwrap();
    venue.publish(&[SOL]).unwrap();
    venue.cluster.pass(5_000);
    venue
}

/// Publishes on some feeds, each a price and how many seconds old, and refreshes with them.
fn refreshed<
    T: anchor_lang::Event + anchor_lang::AnchorDeserialize + anchor_lang::Discriminator,
>(
    venue: &mut Venue,
    said: &[(Provider, u64, u64)],
) -> T {
    let now = venue.cluster.now_ms();
    for (provider, price, age) in said {
        venue.publish_feed(*provider, 0, Published::new(*price, now - age * 1_000));
    }
    let feeds: Vec<_> = said.iter().map(|(provider, ..)| feed_address(*provider, 0)).collect();
    let refresh =
        holdfast_client::instruction::refresh_market(venue.silo, venue.markets[0], &feeds);
    let landed = venue.cluster.send(&[refresh], &[&venue.admin]).unwrap();
    events::find(&landed).expect("the event")
}

#[test]
fn the_median_of_all_three() {
    let mut venue = venue();
    let now = venue.cluster.now_ms() / 1_000 * 1_000;
    let all = [(PULL, SOL + 3, 1), (ACCOUNT, SOL, 0), (SWITCHBOARD, SOL + 5, 3)];
    let event: MarketRefreshed = refreshed(&mut venue, &all);
    assert_eq!((event.low, event.high), (SOL + 3, SOL + 3));
    assert_eq!((event.feeds, event.outliers), (0b111, 0));
    assert_eq!(event.published_ms, now - 1_000, "a quorum was published then or later");
}

#[test]
fn an_outlier_is_dropped_and_the_two_left_resolve_against_the_trader() {
    let mut venue = venue();
    let lied = [(PULL, SOL * 2, 0), (ACCOUNT, SOL, 0), (SWITCHBOARD, SOL + 5, 0)];
    let event: MarketRefreshed = refreshed(&mut venue, &lied);
    assert_eq!((event.low, event.high), (SOL, SOL + 5));
    assert_eq!((event.feeds, event.outliers), (0b110, 0b001));
    let newest = venue.market(0).newest_price();
    assert_eq!((newest.low.0, newest.high.0), (SOL, SOL + 5));
}

#[test]
fn without_a_quorum_there_is_no_price_and_the_event_says_why() {
    let mut venue = venue();
    let before = venue.market(0).newest_price();
    // One new reading; the others' are the first, still fresh: nothing newer has a quorum.
    let alone: MarketUnpriced = refreshed(&mut venue, &[(PULL, SOL, 0)]);
    assert_eq!((alone.reason, alone.feeds), (3, 0b001));
    venue.cluster.pass(28_000);
    // The others are too old by now.
    let alone: MarketUnpriced = refreshed(&mut venue, &[(PULL, SOL, 0)]);
    assert_eq!((alone.reason, alone.feeds), (1, 0b001));
    let apart: MarketUnpriced = refreshed(&mut venue, &[(ACCOUNT, SOL * 11 / 10, 0)]);
    assert_eq!((apart.reason, apart.feeds), (2, 0b010));
    assert_eq!(venue.market(0).newest_price(), before);
    // What was stored counts: a third feed completes the quorum by itself.
    let third: MarketRefreshed = refreshed(&mut venue, &[(SWITCHBOARD, SOL, 0)]);
    assert_eq!((third.feeds, third.outliers), (0b101, 0b010));
}

#[test]
fn a_feed_that_cannot_be_read_stops_nothing() {
    let mut venue = venue();
    let now = venue.cluster.now_ms();
    for provider in [ACCOUNT, SWITCHBOARD] {
        venue.publish_feed(provider, 0, Published::new(SOL + 7, now));
    }
    let broken = feed_address(PULL, 0);
    set_owned(&mut venue.cluster, broken, vec![1; 40], pyth_solana_receiver_sdk::ID);
    venue.refresh(0, ALL).unwrap();
    assert_eq!(venue.market(0).newest_price().low.0, SOL + 7);
}

/// Whoever owns a Switchboard feed changes what it is pinned to, just before keepers refresh; and
/// somebody adds an account that is no feed of the market's.
#[test]
fn a_feed_that_is_no_longer_the_one_listed_stops_nothing() {
    let mut venue = venue();
    let now = venue.cluster.now_ms();
    for provider in ALL {
        venue.publish_feed(*provider, 0, Published::new(SOL + 7, now));
    }
    let changed = feed_address(SWITCHBOARD, 0);
    let mut data = venue.cluster.get(&changed).unwrap().data;
    data[layout::QUEUE] ^= 1;
    set_owned(&mut venue.cluster, changed, data.clone(), SWITCHBOARD_PROGRAM);
    let mut other_owner = venue.fork();
    let alone = venue.refresh(0, &[SWITCHBOARD]).unwrap_err();
    assert!(alone.is(HoldfastError::WrongFeed), "{}", alone.message);
    venue.refresh(0, ALL).unwrap();
    assert_eq!(venue.market(0).newest_price().low.0, SOL + 7);
    set_owned(&mut other_owner.cluster, changed, data, holdfast_client::holdfast::ID);
    other_owner.refresh(0, ALL).unwrap();
    assert_eq!(other_owner.market(0).newest_price().low.0, SOL + 7);
}

#[test]
fn a_market_never_goes_back_in_time_whoever_leaves_which_feed_out() {
    let mut venue = venue();
    let all = [(PULL, SOL + 1, 0), (ACCOUNT, SOL + 1, 0), (SWITCHBOARD, SOL + 1, 0)];
    let _: MarketRefreshed = refreshed(&mut venue, &all);
    let newest = venue.market(0).newest_price();
    for provider in ALL {
        let old = Published::new(SOL, newest.published.0 - 2_000);
        venue.publish_feed(*provider, 0, old);
        let refused = venue.refresh(0, &[*provider]).unwrap_err();
        assert!(refused.is(HoldfastError::FeedNotNewer));
    }
    assert_eq!(venue.market(0).newest_price(), newest);
}

/// The layout read on chain is the provider's: its own crate reads what is written here.
#[test]
fn switchboards_crate_agrees_on_the_layout() {
    use core::mem::offset_of;
    let result = 8 + offset_of!(PullFeedAccountData, result);
    let said = [
        (layout::QUEUE, 8 + offset_of!(PullFeedAccountData, queue)),
        (layout::FEED_HASH, 8 + offset_of!(PullFeedAccountData, feed_hash)),
        (
            layout::WRITE_BY_AUTHORITY,
            8 + offset_of!(PullFeedAccountData, permit_write_by_authority),
        ),
        (layout::MIN_SAMPLE_SIZE, 8 + offset_of!(PullFeedAccountData, min_sample_size)),
        (layout::VARIANCE_AND_RESPONSES.start, 8 + offset_of!(PullFeedAccountData, max_variance)),
        (
            layout::VARIANCE_AND_RESPONSES.end,
            8 + offset_of!(PullFeedAccountData, min_responses) + 4,
        ),
        (layout::MAX_STALENESS.start, 8 + offset_of!(PullFeedAccountData, max_staleness)),
        (layout::MAX_STALENESS.end, 8 + offset_of!(PullFeedAccountData, max_staleness) + 4),
        (layout::VALUE, result + offset_of!(CurrentResult, value)),
        (layout::STD_DEV, result + offset_of!(CurrentResult, std_dev)),
        (layout::NUM_SAMPLES, result + offset_of!(CurrentResult, num_samples)),
        (layout::SUBMISSION_INDEX, result + offset_of!(CurrentResult, submission_idx)),
        (layout::TIMESTAMPS, 8 + offset_of!(PullFeedAccountData, submission_timestamps)),
        (layout::LENGTH, 8 + size_of::<PullFeedAccountData>()),
    ];
    for (ours, theirs) in said {
        assert_eq!(ours, theirs);
    }
    let program = switchboard_on_demand::program_id::ON_DEMAND_MAINNET_PID;
    assert_eq!(SWITCHBOARD_PROGRAM.to_bytes(), program.to_bytes());
    let data = switchboard::pull_feed([7; 32], Published::new(SOL, START_MS));
    let feed: PullFeedAccountData = bytemuck::pod_read_unaligned(&data[8..]);
    assert_eq!(feed.result_ts(), (START_MS / 1_000) as i64);
    assert_eq!(feed.result.value, i128::from(SOL) * 1_000_000_000_000);
    assert_eq!(feed.feed_hash, [7; 32]);
}

#[test]
pub(crate) fn what_a_pull_feed_of_switchboard_must_hold() {
    let mut venue = venue();
    let now = venue.cluster.now_ms();
    let sound = switchboard::pull_feed(feed_id(0), Published::new(SOL, now));
    let address = feed_address(SWITCHBOARD, 0);
    type Spoil = (usize, &'static [u8], HoldfastError);
    let (unreadable, wrong) = (HoldfastError::UnreadableFeed, HoldfastError::WrongFeed);
    let spoilt: [Spoil; 11] = [
        (0, &[0], unreadable),
        (layout::NUM_SAMPLES, &[2], unreadable),
        (layout::SUBMISSION_INDEX, &[32], unreadable),
        (layout::SUBMISSION_INDEX, &[255], unreadable),
        (layout::WRITE_BY_AUTHORITY, &[1], unreadable),
        (layout::QUEUE, &[0], wrong),
        (layout::FEED_HASH, &[0], wrong),
        (layout::VALUE, &[0; 16], HoldfastError::NoFeedPrice),
        (layout::VALUE + 15, &[0x80], HoldfastError::NoFeedPrice),
        (layout::VALUE + 15, &[0x7F], HoldfastError::Overflow),
        (layout::STD_DEV + 15, &[0x7F], HoldfastError::UncertainFeed),
    ];
    let mut refuses = |data: Vec<u8>, error: HoldfastError| {
        switchboard::write_pull_feed(&mut venue.cluster, address, data);
        let failed = venue.refresh(0, &[SWITCHBOARD]).unwrap_err();
        assert!(failed.is(error), "{}", failed.message);
    };
    for (at, bytes, error) in spoilt {
        let mut data = sound.clone();
        data[at..at + bytes.len()].copy_from_slice(bytes);
        refuses(data, error);
    }
    for length in [0, 7, 8, layout::LENGTH - 1] {
        refuses(sound[..length].to_vec(), unreadable);
    }
    let mut timeless = sound.clone();
    timeless[layout::TIMESTAMPS..].fill(0);
    refuses(timeless, HoldfastError::StaleFeed);
    // The same jobs in another account, of another owner, and the sound one.
    for owner in [PULL, ACCOUNT]
        .map(|provider| venue.cluster.get(&feed_address(provider, 0)).expect("a feed").owner)
    {
        set_owned(&mut venue.cluster, address, sound.clone(), owner);
        let failed = venue.refresh(0, &[SWITCHBOARD]).unwrap_err();
        assert!(failed.is(unreadable), "{}", failed.message);
    }
    let copy = feed_address(SWITCHBOARD, 1);
    switchboard::write_pull_feed(&mut venue.cluster, copy, sound.clone());
    let refresh =
        holdfast_client::instruction::refresh_market(venue.silo, venue.markets[0], &[copy]);
    let failed = venue.cluster.send(&[refresh], &[&venue.admin]).unwrap_err();
    assert!(failed.is(wrong), "{}", failed.message);
    switchboard::write_pull_feed(&mut venue.cluster, address, sound);
    venue.refresh(0, &[SWITCHBOARD]).unwrap();
}
