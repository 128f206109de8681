//! What a thief of the admin's key can try, how far it gets, and how long before. A thief is patient:
//! "nobody looks" means that no guardian does anything until it is too late.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::FeedSource;
use holdfast_client::holdfast::state::{
    ChangeKind, MarketTermsState, SiloTermsState, ThresholdsState, TimelockState,
};
use holdfast_client::{Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::audit::Audit;
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::tokens::create_mint;
use holdfast_testkit::venue::{keypair, majority};
use solana_signer::Signer;

use super::nonce::{create_nonce, presigned};
use super::{WAIT_MS, guardian, newcomer};
use crate::world::{CALM, LIQUIDITY, World, stranger};

/// A feed the thief can publish what it likes in.
const FORGED: FeedSource = FeedSource { provider: 1, id: [66; 32] };

/// The key that the thief has besides the admin's.
fn thief() -> Pubkey {
    keypair("thief", 0).pubkey()
}

/// Nothing of a change happens before its time to the last second, and a guardian who looks once in
/// that time ends it. Gives the number of the change in a world where nobody looked.
#[track_caller]
fn waits(world: &mut World, content: ChangeKind) -> u64 {
    let number = world.propose(content);
    let mut watched = world.fork();
    let apply = world.application(number);
    world.watch(WAIT_MS - 1_000).unwrap();
    world.refuses(&apply, HoldfastError::ChangeNotReady);
    world.cluster.pass(1_000);
    watched.watch(WAIT_MS - 1_000).unwrap();
    watched.send(watched.cancellation(number, guardian(2)));
    watched.watch(86_400_000).unwrap();
    watched.fails(&apply);
    number
}

/// Collateral out of thin air buys a silo of its own, after two days; money in others is not near.
#[test]
fn listing_fake_collateral() {
    let mut world = World::new();
    let admin = world.admin.pubkey();
    let fake = keypair("fake mint", 0).pubkey();
    create_mint(&mut world.cluster, fake, 6);
    let terms = presets::silo();
    let create = instruction::create_silo(admin, 2, fake, terms);
    world.refuses(&create, HoldfastError::ChangeRequired);
    let vaults = vaults(&world);
    let number = world.propose(ChangeKind::Silo { mint: fake, terms });
    let create = instruction::with_change(create, number);
    world.watch(WAIT_MS - 1_000).unwrap();
    world.refuses(&create, HoldfastError::ChangeNotReady);
    let mut watched = world.fork();
    watched.send(watched.cancellation(number, guardian(0)));
    world.cluster.pass(1_000);
    watched.cluster.pass(1_000);
    watched.fails(&create);
    // Nobody looked: the fake silo exists and is rich, behind its wall.
    world.send(create);
    let silo = address::silo(2);
    let wallet = world.token_account("counterfeit", fake, thief(), u64::MAX / 2);
    let account = address::margin_account(&silo, &thief(), 0);
    world.cluster.fund(&thief(), 1_000_000_000_000);
    world.send(instruction::open_margin_account(thief(), thief(), silo, 0));
    world.send(instruction::deposit(thief(), wallet, silo, account, 1_000_000_000_000));
    let honest = world.token_account("honest", world.mint, thief(), 0);
    let mut withdraw = instruction::withdraw(thief(), world.silo, account, honest, 1, &[]);
    world.refuses(&withdraw, HoldfastError::WrongSilo);
    withdraw.accounts[2].pubkey = silo;
    world.refuses(&withdraw, HoldfastError::WrongVault);
    assert_eq!(self::vaults(&world), vaults);
}

#[test]
fn pointing_a_market_at_a_forged_feed() {
    let mut world = World::new();
    let forge = |world: &mut World| {
        let published = Published::new(CALM[0] * 100, world.cluster.now_ms());
        let update = pyth_update(FORGED.id, published, world.cluster.slot());
        let address = keypair("forged feed", 0).pubkey();
        post_pyth_update(&mut world.cluster, address, &update);
        instruction::refresh_market(world.silo, world.markets[0], &[address])
    };
    let refresh = forge(&mut world);
    world.refuses(&refresh, HoldfastError::WrongFeed);
    let content =
        ChangeKind::MarketFeeds { market: world.markets[0], feeds: majority(vec![FORGED]) };
    let number = waits(&mut world, content);
    let refresh = forge(&mut world);
    world.refuses(&refresh, HoldfastError::WrongFeed);
    // Nobody looked for two days: the market is the thief's, as had been announced.
    world.send(world.application(number));
    world.send(refresh);
}

#[test]
fn lifting_limits() {
    let mut world = World::new();
    let (market, silo) = (world.markets[0], world.silo);
    let sound = world.market(0).terms;
    // What the code forbids cannot even be proposed.
    for terms in [
        MarketTermsState { maintenance_bps: 49, ..sound },
        MarketTermsState { account_share_bps: 10_001, ..sound },
        MarketTermsState { utilisation_bps: 50_001, ..sound },
        MarketTermsState { taker_fee_bps: 101, ..sound },
        MarketTermsState { age_ms: 300_001, ..sound },
    ] {
        let propose = world.proposal(ChangeKind::MarketTerms { market, terms });
        world.refuses(&propose, HoldfastError::TermsOutOfBounds);
    }
    // What it allows waits.
    let lifted = MarketTermsState {
        account_share_bps: 10_000,
        utilisation_bps: 50_000,
        side_cap: sound.depth / 10,
        full_skew: sound.depth / 20,
        ..sound
    };
    let mut patient = world.fork();
    waits(&mut patient, ChangeKind::MarketTerms { market, terms: lifted });
    let terms = SiloTermsState { maturity_ms: 1, payable_share_bps: 10_000, ..presets::silo() };
    waits(&mut world.fork(), ChangeKind::SiloTerms { silo, terms });
    let deaf = ThresholdsState { gap_ms: 60_000, ..world.chain_health().thresholds };
    waits(&mut world, ChangeKind::Thresholds(deaf));
}

/// Raised maintenance would make everybody liquidatable: it waits, and for calm weather too.
#[test]
fn liquidating_everybody() {
    let mut world = World::new();
    let sound = world.market(0).terms;
    let terms = MarketTermsState { initial_bps: 10_000, maintenance_bps: 9_500, ..sound };
    let market = world.markets[0];
    let number = waits(&mut world, ChangeKind::MarketTerms { market, terms });
    world.break_chain();
    world.publish(&CALM).unwrap();
    world.calm(3_600);
    let mut stormy = world.fork();
    stormy.send(instruction::tighten(guardian(0), true, 1_800_000));
    stormy.refuses(&stormy.application(number), HoldfastError::ChainNotReady);
    world.send(world.application(number));
}

/// Everything the key signs directly, and the most it gets by waiting: fees that were the protocol's.
#[test]
fn draining_a_vault() {
    let mut world = World::new();
    let admin = world.admin.pubkey();
    let trader = world.trader_with(1_000_000_000, &[(0, 20_000_000)]);
    let silo = world.silo;
    let mine = world.token_account("mine", world.mint, thief(), 0);
    let steal = instruction::withdraw(admin, silo, trader.account, mine, 1, &world.markets[..1]);
    world.refuses(&steal, HoldfastError::NotOwner);
    world.refuses(&instruction::collect_fees(silo, mine), HoldfastError::WrongTokenAccount);
    let before = vaults(&world);
    let number = waits(&mut world, ChangeKind::FeeReceiver(thief()));
    world.send(world.application(number));
    let protocol = world.silo_state().ledger.protocol;
    assert!(protocol > 0 && protocol < LIQUIDITY / 100_000);
    world.send(instruction::collect_fees(silo, mine));
    world.refuses(&instruction::collect_fees(silo, mine), HoldfastError::NothingToMove);
    assert_eq!(world.balance(&mine), protocol);
    let after = vaults(&world);
    assert_eq!(after[0], before[0] - protocol);
    assert_eq!(after[1..], before[1..]);
}

/// One removal at a time, each of which the others can take back; a set never shrinks below two.
#[test]
fn replacing_the_guardians() {
    let mut world = World::new();
    let keys = [0, 1, 2].map(guardian);
    let replacements: Vec<_> = (0..3)
        .map(|number| {
            let joins = Some(keypair("accomplice", number as u64).pubkey());
            ChangeKind::Guardian { leaves: Some(keys[number]), joins }
        })
        .collect();
    let numbers: Vec<_> = replacements.into_iter().map(|it| world.propose(it)).collect();
    world.watch(WAIT_MS - 1_000).unwrap();
    for (number, key) in numbers.iter().zip(keys) {
        world.refuses(&world.application(*number), HoldfastError::ChangeNotReady);
        world.refuses(&world.cancellation(*number, key), HoldfastError::OwnRemoval);
    }
    // Any two of the three end all of it.
    for pair in [[0, 1], [1, 2], [0, 2]] {
        let mut world = world.fork();
        for (removed, number) in numbers.iter().enumerate() {
            let by = pair.into_iter().find(|it| *it != removed).unwrap();
            world.send(world.cancellation(*number, keys[by]));
        }
        assert!(keys.iter().all(|key| world.exchange().is_guardian(key)));
    }
    // One alone ends the removals of the others, keeps its seat for two days, and is then gone.
    for number in &numbers[1..] {
        world.send(world.cancellation(*number, keys[0]));
    }
    world.cluster.pass(1_000);
    world.send(world.application(numbers[0]));
    assert!(!world.exchange().is_guardian(&keys[0]));
    assert!(world.exchange().is_guardian(&keys[1]) && world.exchange().is_guardian(&keys[2]));
}

/// The wait is a day at the least, and what was announced before keeps its own.
#[test]
fn shortening_the_wait() {
    let mut world = World::new();
    let none = TimelockState { wait_ms: 0, ..presets::timelock() };
    world.refuses(&world.proposal(ChangeKind::Timelock(none)), HoldfastError::TermsOutOfBounds);
    let fees = world.propose(ChangeKind::FeeReceiver(thief()));
    let least = TimelockState { wait_ms: 86_400_000, ..presets::timelock() };
    world.cluster.pass(1_000);
    let number = waits(&mut world, ChangeKind::Timelock(least));
    world.send(world.application(number));
    world.send(world.cancellation(fees, guardian(0)));
    let again = world.propose(ChangeKind::FeeReceiver(thief()));
    world.watch(86_399_000).unwrap();
    world.refuses(&world.application(again), HoldfastError::ChangeNotReady);
}

/// The key does not outlive its theft: its true holder hands the exchange over, which the thief
/// cannot take back, and what the thief announced lapses. The thief's own handover guardians end.
#[test]
fn keeping_the_key() {
    let mut world = World::new();
    let admin = world.admin.pubkey();
    let to_thief = waits(&mut world, ChangeKind::Admin(thief()));
    world.send(world.cancellation(to_thief, guardian(1)));
    let forged =
        ChangeKind::MarketFeeds { market: world.markets[0], feeds: majority(vec![FORGED]) };
    let recovery = world.propose(ChangeKind::Admin(newcomer()));
    let forged = world.propose(forged);
    world.refuses(&world.cancellation(recovery, admin), HoldfastError::OwnRemoval);
    world.watch(WAIT_MS).unwrap();
    world.send(world.application(recovery));
    world.refuses(&world.application(forged), HoldfastError::ProposerReplaced);
    let late = world.proposal(ChangeKind::FeeReceiver(thief()));
    world.refuses(&late, HoldfastError::NotAdmin);
    world.refuses(&instruction::tighten(admin, true, 60_000), HoldfastError::NotGuardian);
}

/// Stealing a signature for later instead of the key.
#[test]
fn a_signature_kept_for_later() {
    let mut world = World::new();
    let admin = world.admin.insecure_clone();
    create_nonce(&mut world.cluster, &admin.pubkey());
    let propose = world.proposal(ChangeKind::Admin(thief()));
    let propose = presigned(&world.cluster, &admin.pubkey(), propose);
    for days in [0, 1, 365] {
        let mut world = world.fork();
        world.watch(86_400_000 * days).unwrap();
        let failure = world.cluster.send_message(propose.clone(), &[&admin]).unwrap_err();
        assert!(failure.is(HoldfastError::DurableNonce), "{}", failure.message);
    }
}

/// The admin cannot stop anybody: it has no power over the state of the chain, and while every one of
/// its changes waits, a trader gets everything out.
#[test]
fn everybody_leaves_while_it_waits() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, 20_000_000), (1, -10_000)]);
    let feeds = majority(vec![FORGED]);
    let number = world.propose(ChangeKind::MarketFeeds { market: world.markets[0], feeds });
    world.trade(&trader, 0, -20_000_000, &CALM).unwrap();
    world.trade(&trader, 1, 10_000, &CALM).unwrap();
    let account = world.account(&trader.account);
    let owner = trader.keypair.pubkey();
    let (silo, wallet) = (world.silo, trader.wallet);
    let all = account.collateral;
    world.send(instruction::withdraw(owner, silo, trader.account, wallet, all, &[]));
    assert_eq!(world.balance(&wallet), all);
    world.refuses(&world.application(number), HoldfastError::ChangeNotReady);
    assert_eq!(Audit::new(&world, &[trader.account]), Audit::default());
    assert!(world.cluster.get(&stranger()).is_some());
}

/// What both silos' vaults hold.
fn vaults(world: &World) -> [u64; 4] {
    let (first, second) = (world.silo, world.second.silo);
    [
        address::liquidity_vault(&first),
        address::insurance_vault(&first),
        address::liquidity_vault(&second),
        address::insurance_vault(&second),
    ]
    .map(|vault| world.balance(&vault))
}
