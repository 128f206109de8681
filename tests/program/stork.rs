//! Stork's feeds: what is read of them, what is refused, and a market of three independent providers.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::oracle::stork::layout;
use holdfast_client::holdfast::oracle::{Provider, STORK_PROGRAM, SWITCHBOARD_PROGRAM};
use holdfast_client::{Pubkey, address, feed};
use holdfast_testkit::feed::Published;
use holdfast_testkit::stork;
use holdfast_testkit::tokens::set_owned;
use holdfast_testkit::venue::{Listing, Venue, feed_address, feed_id, silo_plan};

use crate::world::{SOL, START_MS};

const STORK: Provider = Provider::Stork;
const INDEPENDENT: &[Provider] = &[Provider::PythPull, Provider::Switchboard, STORK];

/// One market with a feed of each independent provider, of which two have to agree, and a price.
fn venue() -> Venue {
    let listing = [Listing { name: "SOL-PERP", price: SOL, providers: INDEPENDENT }];
    let mut venue = Venue::install_silo(START_MS, silo_plan(&listing)).unwrap();
    venue.publish(&[SOL]).unwrap();
    venue.cluster.pass(5_000);
    venue
}

/// As the provider's crate, stork-solana-sdk 0.0.7, has it: `TemporalNumericValueFeed` in Borsh.
#[derive(anchor_lang::AnchorDeserialize)]
struct TemporalNumericValueFeed {
    id: [u8; 32],
    timestamp_ns: u64,
    quantized_value: i128,
}

#[test]
fn the_layout_is_the_providers() {
    let data = stork::feed([7; 32], Published::new(SOL, START_MS + 1));
    assert_eq!(data.len(), 120, "twice the room of what it holds, and the discriminator");
    let said: TemporalNumericValueFeed =
        anchor_lang::AnchorDeserialize::deserialize(&mut &data[8..]).unwrap();
    assert_eq!(said.id, [7; 32]);
    assert_eq!(said.timestamp_ns, (START_MS + 1) * 1_000_000);
    assert_eq!(said.quantized_value, i128::from(SOL) * 1_000_000_000_000);
    let read = feed::read(&Pubkey::default(), &STORK_PROGRAM, &data).expect("a reading");
    assert_eq!((read.provider, read.id), (STORK as u8, [7; 32]));
    // SOLUSD, whose id Stork's documentation lists.
    let mut id = [0; 32];
    let listed = "1dcd89dfded9e8a9b0fa1745a8ebbacbb7c81e33d5abc81616633206d932e837";
    for (byte, at) in id.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&listed[at..at + 2], 16).unwrap();
    }
    assert_eq!(
        address::stork_feed(&id).to_string(),
        "7yDnexYRRvSndPC5aR2cCoNB4ihc2qHGAgvJVx5m2Aj5"
    );
}

#[test]
fn what_a_feed_of_stork_must_hold() {
    let mut venue = venue();
    let now = venue.cluster.now_ms();
    let sound = stork::feed(feed_id(0), Published::new(SOL, now));
    let address = feed_address(STORK, 0);
    let (unreadable, wrong) = (HoldfastError::UnreadableFeed, HoldfastError::WrongFeed);
    let spoilt: [(usize, &[u8], HoldfastError); 6] = [
        (0, &[0], unreadable),
        (layout::ID, &[0], wrong),
        (layout::TIMESTAMP, &[0; 8], HoldfastError::StaleFeed),
        (layout::VALUE, &[0; 16], HoldfastError::NoFeedPrice),
        (layout::VALUE + 15, &[0x80], HoldfastError::NoFeedPrice),
        (layout::VALUE + 15, &[0x7F], HoldfastError::Overflow),
    ];
    let mut refuses = |data: Vec<u8>, owner: Pubkey, error: HoldfastError| {
        set_owned(&mut venue.cluster, address, data, owner);
        let failed = venue.refresh(0, &[STORK]).unwrap_err();
        assert!(failed.is(error), "{}", failed.message);
    };
    for (at, bytes, error) in spoilt {
        let mut data = sound.clone();
        data[at..at + bytes.len()].copy_from_slice(bytes);
        refuses(data, STORK_PROGRAM, error);
    }
    for length in [0, 7, 8, layout::LENGTH - 1] {
        refuses(sound[..length].to_vec(), STORK_PROGRAM, unreadable);
    }
    refuses(sound.clone(), SWITCHBOARD_PROGRAM, unreadable);
    refuses(sound.clone(), another_program(), wrong);
    stork::write_feed(&mut venue.cluster, address, sound);
    venue.refresh(0, &[STORK]).unwrap();
}

/// A program that provides no prices.
fn another_program() -> Pubkey {
    Pubkey::new_from_array([9; 32])
}

#[test]
fn any_one_of_three_independent_providers_may_fall_silent() {
    for silent in INDEPENDENT {
        let mut venue = venue();
        let alive: Vec<_> = INDEPENDENT.iter().filter(|other| *other != silent).copied().collect();
        // Longer than any reading counts.
        for _ in 0..12 {
            venue.cluster.pass(5_000);
            let now = venue.cluster.now_ms();
            for provider in &alive {
                venue.publish_feed(*provider, 0, Published::new(SOL + 1_000, now));
            }
            venue.refresh(0, &alive).unwrap();
        }
        let newest = venue.market(0).newest_price();
        assert!(venue.cluster.now_ms() - newest.published.0 < 1_000, "without {silent:?}");
        assert_eq!(newest.middle().0, SOL + 1_000, "without {silent:?}");
        // And one alone decides nothing.
        venue.cluster.pass(60_000);
        let now = venue.cluster.now_ms();
        venue.publish_feed(alive[0], 0, Published::new(SOL * 2, now));
        venue.refresh(0, &alive[..1]).unwrap();
        assert_eq!(venue.market(0).newest_price(), newest, "without {silent:?}");
    }
}
