//! Announcing two things and choosing later, and being admin and guardian in one.

use anchor_lang::error::ErrorCode;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::{
    ChangeKind, FeedSource, MarketTermsState, SiloTermsState, ThresholdsState, TimelockState,
};
use holdfast_client::{Pubkey, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::venue::{keypair, majority};
use solana_signer::Signer;

use crate::powers::{WAIT_MS, guardian, newcomer, other_terms};
use crate::world::{World, stranger};

fn thief() -> Pubkey {
    keypair("thief", 0).pubkey()
}

/// For every target two changes that differ.
fn rivals(world: &World) -> Vec<[ChangeKind; 2]> {
    let (market, silo) = (world.markets[0], world.silo);
    let feeds = |id| majority(vec![FeedSource { provider: 1, id: [id; 32] }]);
    let timelock = |ready_ms| TimelockState { ready_ms, ..presets::timelock() };
    let thresholds = |thaw_ms| ThresholdsState { thaw_ms, ..presets::thresholds() };
    let silo_terms = |maturity_ms| SiloTermsState { maturity_ms, ..presets::silo() };
    let slow = MarketTermsState { execution_delay_ms: 30_000, ..other_terms() };
    let leaves = |joins| ChangeKind::Guardian { leaves: Some(guardian(0)), joins: Some(joins) };
    let joins = |key| ChangeKind::Guardian { leaves: None, joins: Some(key) };
    vec![
        [ChangeKind::FeeReceiver(thief()), ChangeKind::FeeReceiver(newcomer())],
        [ChangeKind::Timelock(timelock(86_400_000)), ChangeKind::Timelock(timelock(172_800_000))],
        [
            ChangeKind::Thresholds(thresholds(900_000)),
            ChangeKind::Thresholds(thresholds(1_200_000)),
        ],
        [
            ChangeKind::MarketTerms { market, terms: other_terms() },
            ChangeKind::MarketTerms { market, terms: slow },
        ],
        [
            ChangeKind::MarketFeeds { market, feeds: feeds(8) },
            ChangeKind::MarketFeeds { market, feeds: feeds(9) },
        ],
        [
            ChangeKind::SiloTerms { silo, terms: silo_terms(1) },
            ChangeKind::SiloTerms { silo, terms: silo_terms(2) },
        ],
        [leaves(keypair("accomplice", 0).pubkey()), leaves(newcomer())],
        [joins(thief()), joins(newcomer())],
    ]
}

/// The older of two announcements stands ready beside the newer, and whoever applies changes waits
/// for the market to say which is worth more.
#[test]
pub(crate) fn the_applier_cannot_choose_between_two_announcements() {
    let world = World::new();
    for [older, newer] in rivals(&world) {
        println!("{older:?}");
        let mut world = world.fork();
        let older = world.propose(older);
        world.watch(3_600_000).unwrap();
        let newer = world.propose(newer);
        world.watch(WAIT_MS - 3_600_000).unwrap();
        // The older's time has come first, and it is void already.
        let apply = world.application(older);
        world.refuses(&apply, HoldfastError::ChangeSuperseded);
        let mut cancelled = world.fork();
        cancelled.send(cancelled.cancellation(newer, guardian(1)));
        cancelled.refuses(&apply, HoldfastError::ChangeSuperseded);
        world.watch(3_600_000).unwrap();
        world.send(world.application(newer));
        world.fails(&apply);
    }
}

/// Changes of different targets do not void each other, whatever their order.
#[test]
fn changes_of_different_targets_stand_beside_each_other() {
    let mut world = World::new();
    let proposed: Vec<_> = rivals(&world)
        .into_iter()
        .map(|[change, _]| {
            world.cluster.pass(1_000);
            world.propose(change)
        })
        .collect();
    world.watch(WAIT_MS).unwrap();
    for number in proposed.into_iter().rev() {
        world.send(world.application(number));
    }
}

/// A change names its market or silo when it is proposed, so that it can void the older ones.
#[test]
fn a_proposal_cannot_leave_out_whose_older_changes_it_voids() {
    let world = World::new();
    let terms =
        world.proposal(ChangeKind::MarketTerms { market: world.markets[0], terms: other_terms() });
    let nothing = holdfast_client::holdfast::ID;
    for other in [world.markets[1], world.second.markets[0], nothing] {
        let mut elsewhere = terms.clone();
        elsewhere.accounts[5].pubkey = other;
        elsewhere.accounts[5].is_writable = other != nothing;
        world.refuses(&elsewhere, HoldfastError::WrongChange);
    }
    let silo = ChangeKind::SiloTerms { silo: world.silo, terms: presets::silo() };
    let mut elsewhere = world.proposal(silo);
    elsewhere.accounts[6].pubkey = world.second.silo;
    world.refuses(&elsewhere, HoldfastError::WrongChange);
    let mut unnamed = terms;
    unnamed.accounts.truncate(5);
    world.anchor_refuses(&unnamed, ErrorCode::AccountNotEnoughKeys);
}

/// The thief of the admin's key cannot void the handover that takes it away.
#[test]
fn a_newer_handover_voids_no_older_one() {
    let mut world = World::new();
    let rescue = world.propose(ChangeKind::Admin(newcomer()));
    let theft = world.propose(ChangeKind::Admin(thief()));
    world.send(world.cancellation(theft, guardian(0)));
    world.watch(WAIT_MS).unwrap();
    world.send(world.application(rescue));
    assert_eq!(world.exchange().admin, newcomer());
}

/// As one of two guardians the admin could not be overruled without the other, and its key would be
/// worth two.
#[test]
pub(crate) fn the_admin_is_none_of_the_guardians() {
    let world = World::set_up(|_, _| ());
    let admin = world.admin.pubkey();
    let lock = |guardians| instruction::lock_exchange(admin, guardians, presets::timelock(), 2);
    world.refuses(&lock(vec![guardian(0), admin]), HoldfastError::GuardianSet);
    world.refuses(&lock(vec![admin, guardian(0), guardian(1)]), HoldfastError::GuardianSet);

    let mut world = World::new();
    for leaves in [None, Some(guardian(0))] {
        let joins = world.proposal(ChangeKind::Guardian { leaves, joins: Some(admin) });
        world.refuses(&joins, HoldfastError::GuardianSet);
    }
    world.refuses(&world.proposal(ChangeKind::Admin(guardian(1))), HoldfastError::GuardianSet);
    // Neither in two steps that are each sound when they are proposed.
    let handover = world.propose(ChangeKind::Admin(newcomer()));
    let joins = world.propose(ChangeKind::Guardian { leaves: None, joins: Some(newcomer()) });
    world.watch(WAIT_MS).unwrap();
    for [first, second] in [[handover, joins], [joins, handover]] {
        let mut world = world.fork();
        let second = world.application(second);
        world.send(world.application(first));
        world.fails(&second);
    }
}

#[test]
pub(crate) fn fees_for_nobody_are_refused_from_the_beginning() {
    let world = World::new();
    let nobody = world.proposal(ChangeKind::FeeReceiver(Pubkey::default()));
    world.refuses_setting(&nobody, "fee_receiver");
    let nobody = world.proposal(ChangeKind::Admin(Pubkey::default()));
    world.refuses_setting(&nobody, "admin");
    let mut venue = crate::administration::bare();
    let create = |receiver| instruction::create_exchange(venue.1, receiver, presets::thresholds());
    let (nobody, somebody) = (create(Pubkey::default()), create(stranger()));
    let refused = venue.0.cluster.simulate(&[nobody], &venue.1).unwrap_err();
    assert!(refused.is(HoldfastError::TermsOutOfBounds), "{}", refused.message);
    assert!(refused.message.contains("fee_receiver"), "{}", refused.message);
    venue.0.cluster.send_unsigned(&[somebody], &venue.1).unwrap();
}
