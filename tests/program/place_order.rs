//! `place_order` and `cancel_order`.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::OrderRequest;
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use crate::world::{SOL, World, stranger};

const SIZE: i64 = 10_000_000;

fn order(world: &World) -> OrderRequest {
    market_order(SIZE, world.cluster.now_ms())
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
        trigger: 2,
        trigger_price: SOL,
        reduce_only: true,
        expires_ms: now + 1,
        fee: 400,
    };
    world.send(place(&world, &trader, asked));
    let state = world.account(&trader.account);
    assert_eq!((state.collateral, state.reserved_fees, state.next_order), (600, 400, 2));
    let kept = state.orders[0];
    assert_eq!((kept.number, kept.delta, kept.limit, kept.market), (1, -SIZE, 7, 0));
    assert_eq!((kept.trigger, kept.trigger_price, kept.reduce_only), (2, SOL, 1));
    assert_eq!((kept.requested_ms, kept.expires_ms, kept.fee), (now, now + 1, 400));
    assert_eq!(world.silo_state().ledger, before);
}

#[test]
fn numbers_go_on_and_slots_are_used_again() {
    let mut world = World::new();
    let trader = world.trader(0).unwrap();
    let owner = trader.keypair.pubkey();
    for _ in 0..8 {
        world.send(place(&world, &trader, order(&world)));
    }
    world.send(instruction::cancel_order(owner, trader.account, 3));
    world.send(place(&world, &trader, order(&world)));
    let numbers = world.account(&trader.account).orders.map(|order| order.number);
    assert_eq!(numbers, [1, 2, 9, 4, 5, 6, 7, 8]);
}

#[test]
pub(crate) fn placing_is_refused() {
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    let now = world.cluster.now_ms() / 1_000 * 1_000;
    let sound = order(&world);
    let never = [
        OrderRequest { delta: 0, ..sound },
        OrderRequest { limit: 0, ..sound },
        OrderRequest { trigger: 3, trigger_price: SOL, ..sound },
        OrderRequest { trigger: u8::MAX, trigger_price: SOL, ..sound },
        OrderRequest { trigger: 1, ..sound },
        OrderRequest { trigger: 2, ..sound },
        OrderRequest { expires_ms: now, ..sound },
    ];
    for request in never {
        world.refuses(&place(&world, &trader, request), HoldfastError::InvalidOrder);
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
    broken.send(place(&broken, &trader, OrderRequest { reduce_only: true, ..order(&broken) }));

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
        world.send(place(&world, &trader, OrderRequest { fee: 300, expires_ms, ..order(&world) }));
    }
    let cancel = |who, number| instruction::cancel_order(who, trader.account, number);
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
    world.send(place(&world, &trader, order(&world)));
    let owner = trader.keypair.pubkey();
    let cancel = |who, number| instruction::cancel_order(who, trader.account, number);
    for number in [0, 2, u64::MAX] {
        world.refuses(&cancel(owner, number), HoldfastError::OrderNotFound);
    }
    world.refuses(&cancel(stranger(), 1), HoldfastError::OrderNotExpired);
    let expires = world.account(&trader.account).orders[0].expires_ms;
    // At the very moment it expires it still stands.
    let left = expires - world.cluster.now_ms();
    world.cluster.pass(left);
    world.refuses(&cancel(stranger(), 1), HoldfastError::OrderNotExpired);
}

#[test]
pub(crate) fn a_fee_takes_no_margin_from_positions() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, 2 * SIZE)]);
    let (owner, account, markets) = (trader.keypair.pubkey(), trader.account, [world.markets[0]]);
    let has = world.account(&account).collateral;
    let reduce = OrderRequest { delta: -SIZE, reduce_only: true, ..order(&world) };
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
    let exit = OrderRequest { delta: -SIZE, reduce_only: true, ..free };
    world.send(place(&world, &trader, exit));
}
