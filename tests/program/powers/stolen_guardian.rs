//! What a thief of one guardian's key can try: to loosen, to keep people in, to do it for ever, and to
//! keep the key.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest};
use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::instruction;
use holdfast_risk::chain::health::State;
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use super::{WAIT_MS, guardian, newcomer};
use crate::world::{CALM, World};

const HALF_HOUR: u64 = 1_800_000;

fn state(world: &World) -> State {
    State::from_code(world.chain_health().monitor.state)
}

#[test]
fn it_never_loosens() {
    let mut world = World::new();
    world.break_chain();
    // Nor does it make a halt's Shelter longer before anybody has recorded it.
    for shelter in [false, true] {
        let tighten = instruction::tighten(guardian(0), shelter, HALF_HOUR);
        world.refuses(&tighten, HoldfastError::NothingToTighten);
    }
    world.publish(&CALM).unwrap();
    let broken = world.chain_health().monitor;
    assert_eq!(state(&world), State::Shelter);
    for (shelter, lasts) in [(false, 60_000), (false, HALF_HOUR), (true, 60_000), (true, HALF_HOUR)]
    {
        let tighten = instruction::tighten(guardian(0), shelter, lasts);
        world.refuses(&tighten, HoldfastError::NothingToTighten);
    }
    assert_eq!(world.chain_health().monitor, broken);
    // Once it thaws a guardian may, and positions cost in it what they cost outside.
    while state(&world) == State::Shelter {
        world.pass_to(10_000, &CALM);
    }
    world.send(instruction::tighten(guardian(0), true, HALF_HOUR));
    let after = world.chain_health().monitor;
    assert_eq!(
        (state(&world), after.last_disruption_ms),
        (State::Shelter, broken.last_disruption_ms)
    );
    assert!(after.since_ms > after.last_disruption_ms);
}

/// Positions cost in the Shelter it made what they cost outside.
#[test]
fn it_makes_no_holiday_from_funding() {
    let mut calm = World::new();
    calm.trader_with(10_000_000_000, &[(0, 300_000_000)]);
    let before = calm.market(0);
    let mut sheltered = calm.fork();
    sheltered.send(instruction::tighten(guardian(0), true, HALF_HOUR));
    for world in [&mut calm, &mut sheltered] {
        for _ in 0..30 {
            world.pass_to(10_000, &CALM);
        }
    }
    assert_eq!((state(&calm), state(&sheltered)), (State::Normal, State::Shelter));
    let carry = |world: &World| (world.market(0).carry_long, world.market(0).carry_short);
    assert_eq!(carry(&sheltered), carry(&calm));
    assert!(calm.market(0).carry_long > before.carry_long, "longs pay");
    // In one that a disruption made, they cost nothing.
    let mut broken = calm.fork();
    broken.break_chain();
    broken.publish(&CALM).unwrap();
    let paid = carry(&broken);
    for _ in 0..6 {
        broken.pass_to(10_000, &CALM);
    }
    assert_eq!((state(&broken), carry(&broken)), (State::Shelter, paid));
}

/// Everything that is an exit, in the Shelter it made.
#[test]
fn it_freezes_no_exit() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, 20_000_000)]);
    let now = world.cluster.now_ms();
    let waiting = world.place(&trader, 0, market_order(1_000_000, now)).unwrap();
    world.send(instruction::tighten(guardian(0), true, HALF_HOUR));
    assert_eq!(state(&world), State::Shelter);
    let (giver, wallet) = world.person(1_000);
    let (silo, account) = (world.silo, trader.account);
    world.send(instruction::deposit(giver.pubkey(), wallet, silo, account, 1_000));
    let owner = trader.keypair.pubkey();
    world.send(instruction::cancel_order(owner, account, world.markets[0], waiting));
    let close = OrderRequest { effect: OrderEffect::Reduce, ..market_order(-i64::MAX, now) };
    let number = world.place(&trader, 0, close).unwrap();
    world.pass_to(3_000, &CALM);
    world.execute(&account, number, &account).unwrap();
    assert_eq!(world.account(&account).open_markets, 0);
    assert_eq!(state(&world), State::Shelter);
    let all = world.account(&account).collateral;
    world.send(instruction::request_exit(owner, silo, account, trader.wallet, all));
    let pay = instruction::pay_exit(silo, account, trader.wallet);
    world.pass_to(600_000, &CALM);
    assert_eq!(state(&world), State::Shelter);
    world.send(pay.clone());
    assert!(world.balance(&trader.wallet) >= all / 60, "a tenth of the exit an hour, evenly");
    while state(&world) != State::Throttled {
        world.pass_to(20_000, &CALM);
    }
    world.send(pay);
    assert_eq!(world.balance(&trader.wallet), all);
}

/// Three half-hours a day, with the ladder behind each: the rest of the day belongs to everybody.
#[test]
fn it_runs_out_of_budget() {
    let mut world = World::new();
    let day = 86_400_000;
    let start = world.cluster.now_ms();
    let (mut used, mut closed) = (0, 0);
    while world.cluster.now_ms() < start + day {
        let tighten = instruction::tighten(guardian(0), true, HALF_HOUR);
        if state(&world) != State::Shelter {
            let payer = world.admin.pubkey();
            match world.cluster.send_unsigned(&[tighten], &payer) {
                Ok(_) => used += 1,
                Err(failure) => assert!(failure.is(HoldfastError::BudgetExhausted)),
            }
        }
        world.cluster.pass(30_000);
        world.observe().unwrap();
        closed += u64::from(state(&world) >= State::Thaw) * 30_000;
    }
    // Half an hour and the thaw's ten minutes each, if it waits for the thaw to end; here less.
    assert_eq!(used, 3);
    assert!((3 * HALF_HOUR..=3 * (HALF_HOUR + 660_000)).contains(&closed), "{closed}");
}

/// It cannot keep its seat: the admin proposes to remove it, and it cannot take that back.
#[test]
fn it_does_not_keep_its_seat() {
    let mut world = World::new();
    let content = ChangeKind::Guardian { leaves: Some(guardian(0)), joins: Some(newcomer()) };
    let number = world.propose(content);
    world.refuses(&world.cancellation(number, guardian(0)), HoldfastError::OwnRemoval);
    // Meanwhile it can take back everything else the admin proposes: nothing changes for two days.
    let other = world.propose(ChangeKind::FeeReceiver(newcomer()));
    world.send(world.cancellation(other, guardian(0)));
    world.watch(WAIT_MS).unwrap();
    world.send(world.application(number));
    let other = world.propose(ChangeKind::FeeReceiver(newcomer()));
    world.refuses(&world.cancellation(other, guardian(0)), HoldfastError::NotGuardian);
    let tighten = instruction::tighten(guardian(0), true, HALF_HOUR);
    world.refuses(&tighten, HoldfastError::NotGuardian);
}

/// It signs for nothing that only the admin does.
#[test]
fn it_proposes_nothing() {
    let world = World::new();
    let mut propose = world.proposal(ChangeKind::Admin(newcomer()));
    propose.accounts[0].pubkey = guardian(0);
    world.refuses(&propose, HoldfastError::NotAdmin);
}
