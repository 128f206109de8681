//! `propose_change`, `apply_change` and `cancel_change`: what each change does when its time has come.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::{
    ChangeApplied, ChangeCancelled, ChangeProposed, MarketListed, SiloCreated,
};
use holdfast_client::holdfast::state::FeedSource;
use holdfast_client::holdfast::state::{
    ChangeKind, Market, MarketTermsState, Silo, SiloTermsState, TimelockState,
};
use holdfast_client::{Instruction, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::events;
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{feed_account, majority};
use solana_signer::Signer;

use super::{READY_MS, WAIT_MS, guardian, newcomer, other_terms};
use crate::world::{BTC, CALM, SOL, START_MS, World, stranger};

const FEED: FeedSource = FeedSource { provider: 1, id: [9; 32] };

#[test]
fn a_change_is_public_waits_and_returns_its_rent() {
    let mut world = World::new();
    let admin = world.admin.pubkey();
    let content = ChangeKind::MarketFeeds { market: world.markets[0], feeds: majority(vec![FEED]) };
    let lamports = |world: &World| world.cluster.get(&admin).unwrap().lamports;
    let before = lamports(&world);
    let propose = world.proposal(content.clone());
    let sent = world.cluster.send_unsigned(&[propose], &stranger());
    let proposed: ChangeProposed = events::find(&sent.unwrap()).unwrap();
    let now = world.cluster.now_ms() / 1_000 * 1_000;
    let change = world.change(0).unwrap();
    assert_eq!((change.version, change.number, change.proposer), (1, 0, admin));
    assert_eq!((change.ready_ms, change.expires_ms), (now + WAIT_MS, now + WAIT_MS + READY_MS));
    assert_eq!((proposed.number, proposed.ready_ms), (0, change.ready_ms));
    assert_eq!(proposed.expires_ms, change.expires_ms);
    assert_eq!(change.content, content);
    assert_eq!(world.exchange().change_count, 1);
    assert!(lamports(&world) < before);
    world.wait();
    let settled = lamports(&world);
    let apply = world.application(0);
    let sent = world.cluster.send_unsigned(&[apply], &stranger()).unwrap();
    assert_eq!(events::find::<ChangeApplied>(&sent).unwrap().number, 0);
    assert_eq!(world.change(0), None);
    assert!(lamports(&world) > settled);
}

#[test]
fn admin_fee_receiver_timelock_thresholds_and_silo_terms() {
    let mut world = World::new();
    world.change_to(ChangeKind::FeeReceiver(newcomer()));
    assert_eq!(world.exchange().fee_receiver, newcomer());
    let timelock = TimelockState { wait_ms: 86_400_000, ready_ms: 86_400_000 };
    world.change_to(ChangeKind::Timelock(timelock));
    assert_eq!(world.exchange().timelock, timelock);
    let mut thresholds = world.chain_health().thresholds;
    thresholds.thaw_ms = 1_200_000;
    world.cluster.pass(1_000);
    let number = world.propose(ChangeKind::Thresholds(thresholds));
    let change = world.change(number).unwrap();
    assert_eq!(change.expires_ms - change.ready_ms, 86_400_000, "the new timelock");
    world.watch(86_400_000).unwrap();
    world.send(world.application(number));
    assert_eq!(world.chain_health().thresholds, thresholds);
    let terms = SiloTermsState { maturity_ms: 1, ..presets::silo() };
    let number = world.propose(ChangeKind::SiloTerms { silo: world.silo, terms });
    world.watch(86_400_000).unwrap();
    world.send(world.application(number));
    assert_eq!(world.silo_state().terms, terms);
    let number = world.propose(ChangeKind::Admin(newcomer()));
    world.watch(86_400_000).unwrap();
    world.send(world.application(number));
    assert_eq!(world.exchange().admin, newcomer());
    let late = world.proposal(ChangeKind::FeeReceiver(stranger()));
    world.refuses(&late, HoldfastError::NotAdmin);
}

#[test]
fn one_guardian_at_a_time() {
    let mut world = World::new();
    let keys = |world: &World| -> Vec<_> {
        world.exchange().guardians().iter().map(|guardian| guardian.key).collect()
    };
    let [first, second, third] = [0, 1, 2].map(guardian);
    world.send(instruction::tighten(third, false, 60_000));
    world.change_to(ChangeKind::Guardian { leaves: Some(second), joins: Some(newcomer()) });
    assert_eq!(keys(&world), [first, third, newcomer()]);
    assert!(world.exchange().guardians()[1].tightened_ms[0] > 0, "who stays keeps the budget");
    assert_eq!(world.exchange().guardians()[2].tightened_ms, [0; 3]);
    world.change_to(ChangeKind::Guardian { leaves: Some(first), joins: None });
    assert_eq!(keys(&world), [third, newcomer()]);
    world.change_to(ChangeKind::Guardian { leaves: None, joins: Some(first) });
    assert_eq!(keys(&world), [third, newcomer(), first]);
}

#[test]
fn market_terms_and_feeds() {
    let mut world = World::new();
    let market = world.markets[0];
    let terms = other_terms();
    world.change_to(ChangeKind::MarketTerms { market, terms });
    assert_eq!(world.market(0).terms, terms);
    assert_ne!(world.market(1).terms, terms);
    world.change_to(ChangeKind::MarketFeeds { market, feeds: majority(vec![FEED]) });
    let changed = world.market(0);
    assert_eq!((changed.feeds[0].provider, changed.feeds[0].id), (FEED.provider, FEED.id));
    assert_eq!(changed.feeds[0].price, 0);
    assert_eq!(changed.newest_price().low.0, SOL, "the ring stays");
    // What the new feed published before the newest price is no news.
    let newest = changed.newest_price().published.0;
    let feed = feed_account(0);
    let refresh = instruction::refresh_market(world.silo, market, &[feed]);
    let post = |world: &mut World, at_ms| {
        let update = pyth_update(FEED.id, Published::new(SOL, at_ms), world.cluster.slot());
        post_pyth_update(&mut world.cluster, feed, &update);
    };
    post(&mut world, newest);
    world.refuses(&refresh, HoldfastError::FeedNotNewer);
    world.cluster.pass(1_000);
    post(&mut world, newest + 1_000);
    world.send(refresh);
    assert_eq!(world.market(0).newest_price().published.0, newest + 1_000);
}

/// Both are made in the name of a change, with exactly its arguments.
#[test]
fn a_silo_and_a_market_after_the_lock() {
    let mut world = World::new();
    let (admin, mint) = (world.admin.pubkey(), world.mint);
    let terms = SiloTermsState { maturity_ms: 7, ..presets::silo() };
    let number = world.propose(ChangeKind::Silo { mint, terms });
    world.wait();
    let create = instruction::with_change(instruction::create_silo(admin, 2, mint, terms), number);
    let sent = world.cluster.send_unsigned(&[create], &admin).unwrap();
    let silo = address::silo(2);
    assert_eq!(events::find::<SiloCreated>(&sent).unwrap().silo, silo);
    assert_eq!(events::find::<ChangeApplied>(&sent).unwrap().number, number);
    let created: Silo = world.cluster.read(&silo);
    assert_eq!((created.locked, created.terms), (1, terms), "it takes money at once");
    assert_eq!(world.change(number), None);

    let (name, terms, feeds) = ([7; 16], other_terms(), majority(vec![FEED]));
    let number = world.propose(ChangeKind::Market { silo, name, terms, feeds: feeds.clone() });
    world.wait();
    let list = instruction::list_market(admin, silo, 0, name, terms, feeds);
    let sent =
        world.cluster.send_unsigned(&[instruction::with_change(list, number)], &admin).unwrap();
    assert_eq!(events::find::<MarketListed>(&sent).unwrap().silo, silo);
    assert_eq!(events::find::<ChangeApplied>(&sent).unwrap().number, number);
    let listed: Market = world.cluster.read(&address::market(&silo, 0));
    assert_eq!((listed.name, listed.terms, listed.feed_count), (name, terms, 1));
    assert_eq!(world.change(number), None);
}

#[test]
fn the_admin_and_every_guardian_take_a_change_back() {
    let world = World::new();
    for by in [world.admin.pubkey(), guardian(0), guardian(1), guardian(2)] {
        let mut world = world.fork();
        let number = world.propose(ChangeKind::FeeReceiver(newcomer()));
        let cancel = world.cancellation(number, by);
        let sent = world.cluster.send_unsigned(&[cancel], &stranger()).unwrap();
        let event: ChangeCancelled = events::find(&sent).unwrap();
        assert_eq!((event.number, event.by), (number, by));
        assert_eq!(world.change(number), None);
        // Numbers are not used twice.
        assert_eq!(world.propose(ChangeKind::FeeReceiver(newcomer())), number + 1);
    }
}

/// A day of silence or a storm changes nothing for other changes; maintenance waits for a normal
/// state.
#[test]
fn maintenance_changes_in_a_normal_state_only() {
    let mut world = World::new();
    let mut terms = other_terms();
    terms.maintenance_bps += 10;
    let market = world.markets[0];
    let maintenance = world.propose(ChangeKind::MarketTerms { market, terms });
    let elsewhere = world.markets[1];
    let same = MarketTermsState { taker_fee_bps: 9, ..world.market(1).terms };
    let others = world.propose(ChangeKind::MarketTerms { market: elsewhere, terms: same });
    world.wait();
    let mut strained = world.fork();
    strained.send(instruction::tighten(guardian(0), false, 60_000));
    strained.refuses(&strained.application(maintenance), HoldfastError::ChainNotReady);
    strained.send(strained.application(others));
    world.send(world.application(maintenance));
    assert_eq!(world.market(0).terms.maintenance_bps, terms.maintenance_bps);
}

/// A halt is no notice: guardians get an hour of a running chain.
#[test]
pub(crate) fn after_a_break_changes_wait_an_hour() {
    let mut world = World::new();
    let number = world.propose(ChangeKind::FeeReceiver(newcomer()));
    let thresholds = world.chain_health().thresholds;
    let exempt = world.propose(ChangeKind::Thresholds(thresholds));
    let apply: Instruction = world.application(number);
    world.cluster.advance(WAIT_MS, 2, 2);
    world.refuses(&apply, HoldfastError::ChangeNotReady);
    world.send(world.application(exempt));
    let prices = [SOL, BTC];
    world.publish(&prices).unwrap();
    let last_disruption = world.chain_health().monitor.last_disruption_ms;
    assert!(last_disruption > START_MS + WAIT_MS);
    while world.cluster.now_ms() + 5_000 < last_disruption + 3_600_000 {
        world.pass_to(5_000, &CALM);
    }
    world.refuses(&apply, HoldfastError::ChangeNotReady);
    world.cluster.pass(5_000);
    world.send(apply);
}
