//! `refresh_market`: what counts as a price, for both Pyth adapters.

use anchor_lang::AccountSerialize;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::oracle::PYTH_PRICE_PROGRAM;
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::feed::{
    Published, post_pyth_update, pyth_price_account, pyth_update, write_pyth_price_account,
};
use holdfast_testkit::tokens::set_owned;
use holdfast_testkit::venue::{feed_account, feed_id, keypair};
use pyth_sdk_solana::state::{GenericPriceAccount, PriceStatus};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use solana_signer::Signer;

use crate::world::{SOL, World, stranger};

fn refresh(world: &World, feeds: &[Pubkey]) -> Instruction {
    instruction::refresh_market(world.silo, world.markets[0], feeds)
}

/// Ways to spoil a feed, and why the program refuses it then.
type Cases<T> = [(fn(&mut T), HoldfastError)];

/// What both adapters' feeds say.
#[derive(Clone, Copy)]
struct Said {
    price: i64,
    confidence: u64,
    exponent: i32,
    /// Seconds since the feed was sound.
    late: i64,
}

const SOUND: Said = Said { price: 15_000_000_000, confidence: 300_000_000, exponent: -8, late: 0 };

/// What no adapter accepts.
const NEVER: &Cases<Said> = &[
    (|said| said.price = 0, HoldfastError::NoFeedPrice),
    (|said| said.price = -1, HoldfastError::NoFeedPrice),
    (|said| said.price = i64::MIN, HoldfastError::NoFeedPrice),
    (|said| said.price = 99, HoldfastError::NoFeedPrice),
    (|said| said.exponent = 8, HoldfastError::Overflow),
    (|said| said.exponent = i32::MAX, HoldfastError::Overflow),
    (|said| said.exponent = i32::MIN, HoldfastError::Overflow),
    (|said| said.exponent = -30, HoldfastError::Overflow),
    (|said| said.confidence += 1, HoldfastError::UncertainFeed),
    (|said| said.confidence = u64::MAX, HoldfastError::UncertainFeed),
    (|said| said.late = 31, HoldfastError::StaleFeed),
    (|said| said.late = 1_000_000_000, HoldfastError::StaleFeed),
    (|said| said.late = 1_760_000_000 * 2, HoldfastError::StaleFeed),
    (|said| said.late = 3, HoldfastError::FeedNotNewer),
];

/// A market whose last price was published three seconds ago.
fn world() -> (World, Published) {
    let mut world = World::set_up(|_, _| ());
    world.pass_to(5_000, &crate::world::CALM);
    world.cluster.pass(3_000);
    let published = Published::new(SOL, world.cluster.now_ms() / 1_000 * 1_000);
    (world, published)
}

#[test]
pub(crate) fn pull_feed() {
    let (mut world, published) = world();
    let update = pyth_update(feed_id(0), published, 0);
    let address = feed_account(0);
    let unsound: &Cases<PriceUpdateV2> = &[
        (
            |feed| feed.verification_level = VerificationLevel::Partial { num_signatures: 13 },
            HoldfastError::UnreadableFeed,
        ),
        (|feed| feed.price_message.feed_id[31] ^= 1, HoldfastError::WrongFeed),
        (|feed| feed.price_message.publish_time += 3_600, HoldfastError::FutureFeed),
    ];
    // A reading from the future is kept as evidence of the time once; the same again is refused.
    let mut ahead = update.clone();
    ahead.price_message.publish_time += 3_600;
    post_pyth_update(&mut world.cluster, address, &ahead);
    let before = world.market(0).newest_price();
    world.send(refresh(&world, &[address]));
    let market = world.market(0);
    assert_eq!(market.newest_price(), before);
    assert_eq!(market.feeds[0].seen_ms, published.at_ms + 3_600_000);
    let mut refuses = |feed: &PriceUpdateV2, error| {
        post_pyth_update(&mut world.cluster, address, feed);
        world.refuses(&refresh(&world, &[address]), error);
    };
    for (spoil, error) in unsound {
        let mut feed = update.clone();
        spoil(&mut feed);
        refuses(&feed, *error);
    }
    for (spoil, error) in NEVER {
        let mut said = SOUND;
        spoil(&mut said);
        let mut feed = update.clone();
        let message = &mut feed.price_message;
        (message.price, message.conf) = (said.price, said.confidence);
        message.exponent = said.exponent;
        message.publish_time -= said.late;
        refuses(&feed, *error);
    }
    let mut data = Vec::new();
    update.try_serialize(&mut data).unwrap();
    malformed(&mut world, address, &data, pyth_solana_receiver_sdk::ID);
    post_pyth_update(&mut world.cluster, address, &update);
    world.send(refresh(&world, &[address]));
    assert_eq!(world.market(0).newest_price().published.0, published.at_ms);
}

#[test]
pub(crate) fn price_account() {
    let (mut world, published) = world();
    let address = keypair("price account", 0).pubkey();
    let feed = FeedSource { provider: 2, id: address.to_bytes() };
    let (admin, silo) = (world.admin.pubkey(), world.silo);
    let terms = presets::market(150);
    world.send(instruction::list_market(
        admin,
        silo,
        2,
        [0; 16],
        terms,
        Feeds { sources: vec![feed], quorum: 1 },
    ));
    world.markets[0] = address::market(&silo, 2);
    let account = pyth_price_account(published);
    let earlier = pyth_price_account(Published { at_ms: published.at_ms - 3_000, ..published });
    write_pyth_price_account(&mut world.cluster, address, &earlier);
    world.send(refresh(&world, &[address]));
    type Account = GenericPriceAccount<32, ()>;
    let unsound: &Cases<Account> = &[
        (|feed| feed.agg.status = PriceStatus::Unknown, HoldfastError::UnreadableFeed),
        (|feed| feed.agg.status = PriceStatus::Halted, HoldfastError::UnreadableFeed),
        (|feed| feed.agg.status = PriceStatus::Auction, HoldfastError::UnreadableFeed),
        (|feed| feed.agg.status = PriceStatus::Ignored, HoldfastError::UnreadableFeed),
        (|feed| feed.magic ^= 1, HoldfastError::UnreadableFeed),
        (|feed| feed.ver += 1, HoldfastError::UnreadableFeed),
        (|feed| feed.atype += 1, HoldfastError::UnreadableFeed),
    ];
    let mut refuses = |feed: &Account, error| {
        write_pyth_price_account(&mut world.cluster, address, feed);
        world.refuses(&refresh(&world, &[address]), error);
    };
    for (spoil, error) in unsound {
        let mut feed = account;
        spoil(&mut feed);
        refuses(&feed, *error);
    }
    for (spoil, error) in NEVER {
        let mut said = SOUND;
        spoil(&mut said);
        let mut feed = account;
        (feed.agg.price, feed.agg.conf) = (said.price, said.confidence);
        feed.expo = said.exponent;
        feed.timestamp -= said.late;
        refuses(&feed, *error);
    }
    malformed(&mut world, address, bytemuck::bytes_of(&account), PYTH_PRICE_PROGRAM);
    // Sound, but at another address than the market lists.
    write_pyth_price_account(&mut world.cluster, stranger(), &account);
    world.refuses(&refresh(&world, &[stranger()]), HoldfastError::WrongFeed);
    write_pyth_price_account(&mut world.cluster, address, &account);
    world.send(refresh(&world, &[address]));
    assert_eq!(world.market(0).newest_price().low.0, SOL);
}

/// Data that is cut short, empty or not of this kind, and sound data of another owner.
fn malformed(world: &mut World, address: Pubkey, data: &[u8], owner: Pubkey) {
    let cut = [0, 1, 7, 8, 20, data.len() / 4].map(|length| data[..length].to_vec());
    let garbage = vec![0xAB; data.len()];
    for data in cut.into_iter().chain([garbage, vec![0; data.len()]]) {
        set_owned(&mut world.cluster, address, data, owner);
        world.refuses(&refresh(world, &[address]), HoldfastError::UnreadableFeed);
    }
    let system = Pubkey::default();
    for owner in [system, instruction::TOKEN_PROGRAM, holdfast_client::holdfast::ID] {
        set_owned(&mut world.cluster, address, data.to_vec(), owner);
        world.refuses(&refresh(world, &[address]), HoldfastError::WrongFeed);
    }
}

#[test]
pub(crate) fn wrong_accounts() {
    let (mut world, published) = world();
    for (index, price) in [(0, SOL), (1, SOL)] {
        let update = pyth_update(feed_id(index), Published { price, ..published }, 0);
        post_pyth_update(&mut world.cluster, feed_account(index), &update);
    }
    world.refuses(&refresh(&world, &[]), HoldfastError::WrongFeed);
    world.refuses(&refresh(&world, &[feed_account(1)]), HoldfastError::WrongFeed);
    let sound = feed_account(0);
    let mut beside = world.fork();
    let before = beside.market(0).newest;
    beside.send(refresh(&beside, &[feed_account(1), sound]));
    assert_eq!(beside.market(0).newest, before + 1, "another market's feed stops nothing");
    let silo = world.second.silo;
    let crossed = instruction::refresh_market(silo, world.markets[0], &[sound]);
    world.refuses(&crossed, HoldfastError::WrongSilo);
    // Twice counts once.
    let mut twice = world.fork();
    let before = twice.market(0).newest;
    twice.send(refresh(&twice, &[sound, sound]));
    assert_eq!(twice.market(0).newest, before + 1);
    // Sound, but published before the chain broke: the venue's clock knows.
    let mut broken = world.fork();
    broken.cluster.advance(20_000, 1, 1);
    broken.refuses(&refresh(&broken, &[sound]), HoldfastError::FeedBeforeDisruption);
}
