//! What `propose_change`, `apply_change`, `cancel_change`, and creating after the lock refuse.

use anchor_lang::error::ErrorCode;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::{
    ChangeKind, MarketTermsState, SiloTermsState, ThresholdsState, TimelockState,
};
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::venue::majority;
use solana_signer::Signer;

use super::{READY_MS, WAIT_MS, guardian, newcomer, other_terms};
use crate::world::{World, stranger};

const FEED: FeedSource = FeedSource { provider: 1, id: [9; 32] };

#[test]
pub(crate) fn proposing_is_refused() {
    let world = World::new();
    let sound = world.proposal(ChangeKind::Admin(newcomer()));
    for other in [stranger(), guardian(0)] {
        let mut stolen = sound.clone();
        stolen.accounts[0].pubkey = other;
        world.refuses(&stolen, HoldfastError::NotAdmin);
    }
    let skipped =
        instruction::propose_change(world.admin.pubkey(), 1, ChangeKind::Admin(newcomer()));
    world.anchor_refuses(&skipped, ErrorCode::ConstraintSeeds);
}

/// Out of bounds is out of bounds at once, not only after the wait.
#[test]
pub(crate) fn contents_outside_the_bounds_are_refused() {
    let world = World::new();
    let (market, silo) = (world.markets[0], world.silo);
    let refuses = |content, error| world.refuses(&world.proposal(content), error);
    let out = HoldfastError::TermsOutOfBounds;
    refuses(ChangeKind::Admin(Pubkey::default()), out);
    refuses(ChangeKind::FeeReceiver(Pubkey::default()), out);
    let timelock = TimelockState { wait_ms: 86_399_999, ..presets::timelock() };
    refuses(ChangeKind::Timelock(timelock), out);
    let thresholds = world.chain_health().thresholds;
    let thresholds = ThresholdsState { gap_ms: 60_001, ..thresholds };
    refuses(ChangeKind::Thresholds(thresholds), out);
    let terms = MarketTermsState { maintenance_bps: 49, ..other_terms() };
    refuses(ChangeKind::MarketTerms { market, terms }, out);
    let feeds = majority(vec![FEED]);
    let listed = ChangeKind::Market { silo, name: [0; 16], terms, feeds: feeds.clone() };
    refuses(listed, out);
    let terms = SiloTermsState { outage_reserve_bps: 9_001, ..presets::silo() };
    refuses(ChangeKind::SiloTerms { silo, terms }, out);
    refuses(ChangeKind::Silo { mint: world.mint, terms }, out);
    for feeds in [vec![], vec![FEED; 6]].map(majority) {
        refuses(ChangeKind::MarketFeeds { market, feeds: feeds.clone() }, HoldfastError::FeedCount);
        let listed = ChangeKind::Market { silo, name: [0; 16], terms: other_terms(), feeds };
        refuses(listed, HoldfastError::FeedCount);
    }
    let feeds = majority(vec![FeedSource { provider: 0, ..FEED }]);
    refuses(ChangeKind::MarketFeeds { market, feeds }, HoldfastError::UnknownProvider);
    let [first, second] = [0, 1].map(guardian);
    for (leaves, joins) in [
        (None, None),
        (None, Some(first)),
        (Some(newcomer()), None),
        (Some(newcomer()), Some(stranger())),
        (Some(first), Some(first)),
        (Some(first), Some(second)),
    ] {
        refuses(ChangeKind::Guardian { leaves, joins }, HoldfastError::GuardianSet);
    }
    let nobody = Some(Pubkey::default());
    refuses(ChangeKind::Guardian { leaves: None, joins: nobody }, HoldfastError::GuardianSet);
}

#[test]
pub(crate) fn applying_too_early_or_too_late() {
    let mut world = World::new();
    let number = world.propose(ChangeKind::FeeReceiver(newcomer()));
    let apply = world.application(number);
    world.refuses(&apply, HoldfastError::ChangeNotReady);
    world.watch(WAIT_MS - 1_000).unwrap();
    world.refuses(&apply, HoldfastError::ChangeNotReady);
    world.cluster.pass(1_000);
    let mut last = world.fork();
    last.watch(READY_MS - 1_000).unwrap();
    last.send(apply.clone());
    world.watch(READY_MS).unwrap();
    world.refuses(&apply, HoldfastError::ChangeExpired);
    // Whoever passes by may clean up; the rent goes to the proposer.
    world.send(world.cancellation(number, stranger()));
    world.anchor_refuses(&apply, ErrorCode::AccountNotInitialized);
}

#[test]
pub(crate) fn applying_with_other_accounts() {
    let mut world = World::new();
    let (market, silo) = (world.markets[0], world.silo);
    let terms = world.propose(ChangeKind::MarketTerms { market, terms: other_terms() });
    let silo_terms = world.propose(ChangeKind::SiloTerms { silo, terms: presets::silo() });
    let create = world.propose(ChangeKind::Silo { mint: world.mint, terms: presets::silo() });
    let list = ChangeKind::Market {
        silo,
        name: [0; 16],
        terms: other_terms(),
        feeds: majority(vec![FEED]),
    };
    let list = world.propose(list);
    world.wait();
    let replaced = |number, slot: usize, with: Pubkey| -> Instruction {
        let mut apply = world.application(number);
        apply.accounts[slot].pubkey = with;
        apply.accounts[slot].is_writable = with != holdfast_client::holdfast::ID;
        apply
    };
    let nothing = holdfast_client::holdfast::ID;
    for other in [world.markets[1], world.second.markets[0], nothing] {
        world.refuses(&replaced(terms, 4, other), HoldfastError::WrongChange);
    }
    for other in [world.second.silo, nothing] {
        world.refuses(&replaced(silo_terms, 5, other), HoldfastError::WrongChange);
    }
    world.refuses(&replaced(terms, 3, stranger()), HoldfastError::WrongChange);
    for creates in [create, list] {
        world.refuses(&world.application(creates), HoldfastError::WrongChange);
    }
}

/// A set that stood when a change was proposed may not when it is applied.
#[test]
pub(crate) fn two_guardians_stay() {
    let mut world = World::new();
    let [first, second, third] = [0, 1, 2].map(guardian);
    let leave = |key| ChangeKind::Guardian { leaves: Some(key), joins: None };
    let numbers = [first, second, third].map(|key| world.propose(leave(key)));
    world.wait();
    world.send(world.application(numbers[0]));
    for number in &numbers[1..] {
        world.refuses(&world.application(*number), HoldfastError::GuardianSet);
    }
}

#[test]
pub(crate) fn cancelling_is_refused() {
    let mut world = World::new();
    let admin = world.admin.pubkey();
    let [first, second] = [0, 1].map(guardian);
    let fees = world.propose(ChangeKind::FeeReceiver(newcomer()));
    world.refuses(&world.cancellation(fees, stranger()), HoldfastError::NotGuardian);
    let mut elsewhere = world.cancellation(fees, first);
    elsewhere.accounts[3].pubkey = first;
    world.refuses(&elsewhere, HoldfastError::WrongChange);
    let removal = world.propose(ChangeKind::Guardian { leaves: Some(first), joins: None });
    world.refuses(&world.cancellation(removal, first), HoldfastError::OwnRemoval);
    let handover = world.propose(ChangeKind::Admin(newcomer()));
    world.refuses(&world.cancellation(handover, admin), HoldfastError::OwnRemoval);
    world.send(world.cancellation(removal, second));
    world.send(world.cancellation(handover, second));
    world.anchor_refuses(&world.cancellation(handover, first), ErrorCode::AccountNotInitialized);
}

/// A change lapses with the admin who proposed it, and then anyone may remove it.
#[test]
pub(crate) fn after_a_handover() {
    let mut world = World::new();
    let handover = world.propose(ChangeKind::Admin(newcomer()));
    let left = world.propose(ChangeKind::FeeReceiver(stranger()));
    world.wait();
    let early = world.cancellation(left, stranger());
    world.refuses(&early, HoldfastError::NotGuardian);
    world.send(world.application(handover));
    world.refuses(&world.application(left), HoldfastError::ProposerReplaced);
    world.send(early);
}

/// After the lock nothing is created but what waited, and exactly that.
#[test]
pub(crate) fn creating_needs_a_change_that_names_it() {
    let mut world = World::new();
    let (admin, mint, silo) = (world.admin.pubkey(), world.mint, world.silo);
    let terms = presets::silo();
    let create = instruction::create_silo(admin, 2, mint, terms);
    let number = world.propose(ChangeKind::Silo { mint, terms });
    let sound = instruction::with_change(create.clone(), number);
    world.refuses(&create, HoldfastError::ChangeRequired);
    world.refuses(&sound, HoldfastError::ChangeNotReady);

    let (name, market, feeds) = ([7; 16], other_terms(), majority(vec![FEED]));
    let content = ChangeKind::Market { silo, name, terms: market, feeds: feeds.clone() };
    let listing = world.propose(content);
    let list = |silo, name, terms, feeds: &Feeds| {
        let list = instruction::list_market(admin, silo, 2, name, terms, feeds.clone());
        instruction::with_change(list, listing)
    };
    let direct = instruction::list_market(admin, silo, 2, name, market, feeds.clone());
    world.refuses(&direct, HoldfastError::ChangeRequired);
    world.refuses(&list(silo, name, market, &feeds), HoldfastError::ChangeNotReady);
    world.wait();
    let required = |instruction: &Instruction| {
        world.refuses(instruction, HoldfastError::ChangeRequired);
    };
    let other = SiloTermsState { maturity_ms: 1, ..terms };
    required(&instruction::with_change(instruction::create_silo(admin, 2, mint, other), number));
    let mint = world.second.mint;
    required(&instruction::with_change(instruction::create_silo(admin, 2, mint, terms), number));
    required(&instruction::with_change(create.clone(), listing));
    required(&list(world.second.silo, name, market, &feeds));
    required(&list(silo, [8; 16], market, &feeds));
    required(&list(silo, name, MarketTermsState { taker_fee_bps: 8, ..market }, &feeds));
    required(&list(silo, name, market, &majority(vec![FeedSource { id: [8; 32], ..FEED }])));
    let mut other_change = list(silo, name, market, &feeds);
    other_change.accounts.last_mut().unwrap().pubkey = address::change(number);
    required(&other_change);

    world.watch(READY_MS).unwrap();
    world.refuses(&sound, HoldfastError::ChangeExpired);
    world.refuses(&list(silo, name, market, &feeds), HoldfastError::ChangeExpired);
}
