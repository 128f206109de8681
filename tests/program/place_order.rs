//! `place_order` and `cancel_order`.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use crate::world::{SOL, World, stranger};

const SIZE: i64 = 10_000_000;

fn order(world: &World) -> OrderRequest {
    market_order(SIZE, world.cluster.now_ms())
}

fn reduction(world: &World) -> OrderRequest {
    OrderRequest { effect: OrderEffect::Reduce, ..order(world) }
}

fn place(world: &World, trader: &Trader, request: OrderRequest) -> Instruction {
    instruction::place_order(
        trader.keypair.pubkey(),
        trader.account,
        world.markets[0],
        request,
        &[],
    )
}

#[test]
fn an_order_takes_a_slot_and_sets_its_fee_aside() {
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    let now = world.cluster.now_ms() / 1_000 * 1_000;
    let before = world.silo_state().ledger;
    let asked = OrderRequest {
        delta: -SIZE,
        limit: 7,
        trigger: OrderTrigger::AtOrBelow { price: SOL },
        effect: OrderEffect::Reduce,
        any_price: true,
        expires_ms: now + 1,
        fee: 400,
    };
    world.send(place(&world, &trader, asked));
    let state = world.account(&trader.account);
    assert_eq!((state.collateral, state.reserved_fees, state.next_order), (600, 400, 2));
    let kept = state.orders[0];
    assert_eq!((kept.number, kept.delta, kept.limit, kept.market), (1, -SIZE, 7, 0));
    assert_eq!((kept.trigger, kept.trigger_price), (1, SOL));
    assert_eq!((kept.reduce_only, kept.any_price, kept.margin), (1, 1, 0));
    assert_eq!(kept.earliest_ms, 0, "it waits for its trigger");
    assert_eq!((kept.requested_ms, kept.expires_ms, kept.fee), (now, now + 1, 400));
    assert_eq!(world.silo_state().ledger, before);
}

#[test]
fn numbers_go_on_and_slots_are_used_again() {
    let mut world = World::new();
    let trader = world.trader(0).unwrap();
    let owner = trader.keypair.pubkey();
    for _ in 0..8 {
        world.send(place(&world, &trader, reduction(&world)));
    }
    world.send(instruction::cancel_order(owner, trader.account, world.markets[0], 3));
    world.send(place(&world, &trader, reduction(&world)));
    let numbers = world.account(&trader.account).orders.map(|order| order.number);
    assert_eq!(numbers, [1, 2, 9, 4, 5, 6, 7, 8]);
}

#[test]
pub(crate) fn placing_is_refused() {
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    let now = world.cluster.now_ms() / 1_000 * 1_000;
    let sound = reduction(&world);
    let never = [
        (OrderRequest { delta: 0, ..sound }, "delta"),
        (OrderRequest { limit: 0, ..sound }, "limit"),
        (OrderRequest { trigger: OrderTrigger::AtOrAbove { price: 0 }, ..sound }, "trigger.price"),
        (OrderRequest { trigger: OrderTrigger::AtOrBelow { price: 0 }, ..sound }, "trigger.price"),
        (OrderRequest { expires_ms: now, ..sound }, "expires_ms"),
    ];
    for (request, argument) in never {
        world.refuses_argument(&place(&world, &trader, request), argument);
    }
    for fee in [1_001, u64::MAX] {
        let dear = OrderRequest { fee, ..sound };
        world.refuses(&place(&world, &trader, dear), HoldfastError::NotEnoughCollateral);
    }
    let mut stolen = place(&world, &trader, sound);
    stolen.accounts[0].pubkey = stranger();
    world.refuses(&stolen, HoldfastError::NotOwner);
    let mut foreign = place(&world, &trader, sound);
    foreign.accounts[3].pubkey = world.second.markets[0];
    world.refuses(&foreign, HoldfastError::WrongSilo);

    let mut broken = world.fork();
    broken.break_chain();
    broken.refuses(&place(&broken, &trader, order(&broken)), HoldfastError::ChainNotReady);
    broken.send(place(
        &broken,
        &trader,
        OrderRequest { effect: OrderEffect::Reduce, ..order(&broken) },
    ));

    for _ in 0..8 {
        world.send(place(&world, &trader, sound));
    }
    world.refuses(&place(&world, &trader, sound), HoldfastError::NoFreeOrderSlot);
}

#[test]
fn cancelling_returns_the_fee() {
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    let now = world.cluster.now_ms();
    let expires_ms = now + 10_000;
    for _ in 0..2 {
        world.send(place(
            &world,
            &trader,
            OrderRequest { fee: 300, expires_ms, ..reduction(&world) },
        ));
    }
    let market = world.markets[0];
    let cancel = |who, number| instruction::cancel_order(who, trader.account, market, number);
    world.send(cancel(trader.keypair.pubkey(), 2));
    let state = world.account(&trader.account);
    assert_eq!((state.collateral, state.reserved_fees), (700, 300));
    // Once it has expired anyone may remove it; the fee is still the owner's.
    world.refuses(&cancel(stranger(), 1), HoldfastError::OrderNotExpired);
    world.cluster.pass(11_000);
    world.send(cancel(stranger(), 1));
    let state = world.account(&trader.account);
    assert_eq!((state.collateral, state.reserved_fees), (1_000, 0));
    assert!(state.orders.iter().all(|order| order.number == 0));
}

#[test]
pub(crate) fn cancelling_is_refused() {
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    world.send(place(&world, &trader, reduction(&world)));
    let owner = trader.keypair.pubkey();
    let market = world.markets[0];
    let cancel = |who, number| instruction::cancel_order(who, trader.account, market, number);
    for number in [0, 2, u64::MAX] {
        world.refuses(&cancel(owner, number), HoldfastError::OrderNotFound);
    }
    world.refuses(&cancel(stranger(), 1), HoldfastError::OrderNotExpired);
    let expires = world.account(&trader.account).orders[0].expires_ms;
    // At the very moment it expires it still stands.
    let left = expires - world.cluster.now_ms();
    world.cluster.pass(left);
    world.refuses(&cancel(stranger(), 1), HoldfastError::OrderNotExpired);
    let mut foreign = cancel(owner, 1);
    foreign.accounts[3].pubkey = world.second.markets[0];
    world.refuses(&foreign, HoldfastError::WrongSilo);
    let mut other = cancel(owner, 1);
    other.accounts[3].pubkey = world.markets[1];
    world.refuses(&other, HoldfastError::WrongMarket);
}

#[test]
pub(crate) fn an_opening_reserves_its_margin_when_it_is_placed() {
    let mut world = World::new();
    let trader = world.trader(1_000_000_000).unwrap();
    // Ten at 150 need 10 % and the penalty of 1.5 %, and 6 basis points of fee.
    let asked = order(&world);
    world.send(place(&world, &trader, asked));
    let state = world.account(&trader.account);
    let margin = state.orders[0].margin;
    assert_eq!((state.reserved_margin, state.collateral), (margin, 1_000_000_000));
    assert!((172_500_000..260_000_000).contains(&margin), "{margin}");
    // Others need theirs beside it, and what is reserved cannot be withdrawn.
    let many = 1_000_000_000 / margin;
    for _ in 1..many {
        world.send(place(&world, &trader, asked));
    }
    world.refuses(&place(&world, &trader, asked), HoldfastError::BelowInitialMargin);
    let free = 1_000_000_000 - many * margin;
    let owner = trader.keypair.pubkey();
    let withdraw = |amount| {
        instruction::withdraw(owner, world.silo, trader.account, trader.wallet, amount, &[])
    };
    world.refuses(&withdraw(free + 1), HoldfastError::BelowInitialMargin);
    let all = withdraw(free);
    world.send(all);
    let cancel = instruction::cancel_order(owner, trader.account, world.markets[0], 1);
    world.send(cancel);
    assert_eq!(world.account(&trader.account).reserved_margin, (many - 1) * margin);
}

#[test]
pub(crate) fn what_is_decided_is_not_taken_back() {
    let mut world = World::new();
    let trader = world.trader(1_000_000_000).unwrap();
    let owner = trader.keypair.pubkey();
    let asked = order(&world);
    let number = world.place(&trader, 0, asked).unwrap();
    let market = world.markets[0];
    let cancel = |who| instruction::cancel_order(who, trader.account, market, number);
    assert!(world.cluster.simulate(&[cancel(owner)], &world.admin.pubkey()).is_ok());
    world.pass_to(3_000, &crate::world::CALM);
    world.refuses(&cancel(owner), HoldfastError::PriceKnown);
    // Nobody executed it in time: it is nothing any more, and anybody clears it away.
    world.cluster.pass(11_000);
    world.refuses(
        &instruction::execute_order(
            world.silo,
            market,
            trader.account,
            trader.account,
            number,
            &[],
        ),
        HoldfastError::OrderLapsed,
    );
    world.send(cancel(stranger()));
    let state = world.account(&trader.account);
    assert_eq!((state.reserved_margin, state.orders[0].number), (0, 0));
}

#[test]
pub(crate) fn triggers_are_set_off_by_anybody_once_they_are_met() {
    let mut world = World::new();
    let trader = world.trader(1_000_000_000).unwrap();
    let stop = OrderTrigger::AtOrAbove { price: SOL + 2_000_000 };
    let asked = OrderRequest { trigger: stop, ..order(&world) };
    let number = world.place(&trader, 0, asked).unwrap();
    let trigger = instruction::trigger_order(trader.account, world.markets[0], number);
    let execute = |world: &World| {
        let (market, account) = (world.markets[0], trader.account);
        instruction::execute_order(world.silo, market, account, account, number, &[])
    };
    world.refuses(&execute(&world), HoldfastError::OrderNotTriggered);
    world.refuses(&trigger, HoldfastError::TriggerNotMet);
    let mut wrong = trigger.clone();
    wrong.accounts[2].pubkey = world.markets[1];
    world.refuses(&wrong, HoldfastError::WrongMarket);
    wrong.accounts[2].pubkey = world.second.markets[0];
    world.refuses(&wrong, HoldfastError::WrongSilo);
    world.refuses(
        &instruction::trigger_order(trader.account, world.markets[0], 9),
        HoldfastError::OrderNotFound,
    );
    world.pass_to(3_000, &[SOL + 2_000_000, crate::world::BTC]);
    world.send(trigger.clone());
    world.refuses(&trigger, HoldfastError::AlreadyTriggered);
    let earliest = world.account(&trader.account).orders[0].earliest_ms;
    assert!(earliest > world.cluster.now_ms(), "decided by a price to come");
    world.refuses(&execute(&world), HoldfastError::NoPriceYet);
    world.pass_to(3_000, &[SOL + 3_000_000, crate::world::BTC]);
    let mut lapses = world.fork();
    let executes = execute(&world);
    world.send(executes);
    let entry = world.account(&trader.account).positions[0].entry;
    assert!((1_530_000_000..1_531_500_000).contains(&entry), "{entry}");

    // Nobody executed it: it waits for its trigger again.
    lapses.cluster.pass(12_000);
    lapses.refuses(&execute(&lapses), HoldfastError::OrderLapsed);
    lapses.cluster.pass(20_000);
    lapses.refuses(&trigger, HoldfastError::NoPriceYet);
    lapses.publish(&[SOL + 2_500_000, crate::world::BTC]).unwrap();
    lapses.send(trigger);
    lapses.pass_to(3_000, &[SOL, crate::world::BTC]);
    let executes = execute(&lapses);
    lapses.send(executes);
}

#[test]
pub(crate) fn a_fee_takes_no_margin_from_positions() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, 2 * SIZE)]);
    let (owner, account, markets) = (trader.keypair.pubkey(), trader.account, [world.markets[0]]);
    let has = world.account(&account).collateral;
    let reduce = OrderRequest { delta: -SIZE, effect: OrderEffect::Reduce, ..order(&world) };
    let with = |fee, markets: &[_]| {
        let request = OrderRequest { fee, ..reduce };
        instruction::place_order(owner, account, world.markets[0], request, markets)
    };
    // All of it would leave the position to its losses, and the executor with the collateral.
    world.refuses(&with(has, &markets), HoldfastError::BelowInitialMargin);
    world.refuses(&with(1, &[]), HoldfastError::WrongMarket);
    world.refuses(&with(1, &[world.markets[1]]), HoldfastError::WrongMarket);
    let withdraw =
        |amount| instruction::withdraw(owner, world.silo, account, trader.wallet, amount, &markets);
    let payer = world.admin.pubkey();
    let leaves = |amount| world.cluster.simulate(&[withdraw(amount)], &payer).is_ok();
    // As much as could be withdrawn, to the unit.
    let (mut least, mut most) = (1, has);
    while most - least > 1 {
        let middle = least + (most - least) / 2;
        if leaves(middle) { least = middle } else { most = middle }
    }
    world.refuses(&with(least + 1, &markets), HoldfastError::BelowInitialMargin);
    let all = with(least, &markets);
    world.send(all);
    assert_eq!(world.account(&account).collateral, has - least);

    // Where nothing may be withdrawn an exit still can be asked for, without a fee.
    let paid = instruction::place_order(
        owner,
        account,
        world.markets[0],
        OrderRequest { fee: 1, ..reduce },
        &markets,
    );
    world.break_chain();
    world.refuses(&paid, HoldfastError::ChainNotReady);
    let free = order(&world);
    let exit = OrderRequest { delta: -SIZE, effect: OrderEffect::Reduce, ..free };
    world.send(place(&world, &trader, exit));
}
