//! `execute_order`: every refusal.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::holdfast::state::{MarketTermsState, SiloTermsState};
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use crate::world::{CALM, SOL, World};

const SIZE: i64 = 10_000_000;

/// A world in which a trader's first order could execute.
struct Waiting {
    world: World,
    trader: Trader,
    number: u64,
}

fn waiting_in(mut world: World, trader: Trader, request: OrderRequest) -> Waiting {
    let number = world.place(&trader, 0, request).unwrap();
    world.pass_to(3_000, &CALM);
    Waiting { world, trader, number }
}

fn waiting(change: impl Fn(OrderRequest) -> OrderRequest) -> Waiting {
    let mut world = World::new();
    let trader = world.trader(1_000_000_000).unwrap();
    let request = change(market_order(SIZE, world.cluster.now_ms()));
    waiting_in(world, trader, request)
}

impl Waiting {
    fn execute(&self) -> Instruction {
        let (silo, market) = (self.world.silo, self.world.markets[0]);
        let account = self.trader.account;
        instruction::execute_order(silo, market, account, account, self.number, &[])
    }

    #[track_caller]
    fn refuses(&self, error: HoldfastError) {
        self.world.refuses(&self.execute(), error);
    }
}

#[test]
pub(crate) fn an_order_waits_for_its_price() {
    let mut world = World::new();
    let trader = world.trader(1_000_000_000).unwrap();
    let request = market_order(SIZE, world.cluster.now_ms());
    let number = world.place(&trader, 0, request).unwrap();
    // A price published after the request, but before its delay of two seconds is over.
    world.pass_to(1_000, &CALM);
    let mut waiting = Waiting { world, trader, number };
    waiting.refuses(HoldfastError::NoPriceYet);
    waiting.world.cluster.pass(5_000);
    waiting.refuses(HoldfastError::NoPriceYet);
    waiting.world.publish(&CALM).unwrap();
    waiting.world.send(waiting.execute());

    self::waiting(|order| OrderRequest { limit: SOL, ..order }).refuses(HoldfastError::BeyondLimit);
    let sell = |order| OrderRequest { delta: -SIZE, limit: SOL, ..order };
    self::waiting(sell).refuses(HoldfastError::BeyondLimit);
    for trigger in
        [OrderTrigger::AtOrAbove { price: SOL + 1 }, OrderTrigger::AtOrBelow { price: SOL - 1 }]
    {
        let waiting = self::waiting(|order| OrderRequest { trigger, ..order });
        waiting.refuses(HoldfastError::OrderNotTriggered);
    }
}

#[test]
pub(crate) fn orders_that_are_not_there_expired_or_reduce_nothing() {
    let mut found = waiting(|order| order);
    for number in [0, 2, u64::MAX] {
        found.number = number;
        found.refuses(HoldfastError::OrderNotFound);
    }
    let mut expired =
        waiting(|order| OrderRequest { expires_ms: order.expires_ms - 3_600_000 + 1_000, ..order });
    expired.world.pass_to(2_000, &CALM);
    expired.refuses(HoldfastError::OrderExpired);
    let nothing = waiting(|order| OrderRequest { effect: OrderEffect::Reduce, ..order });
    nothing.refuses(HoldfastError::NothingToReduce);
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, SIZE)]);
    let request = market_order(SIZE, world.cluster.now_ms());
    let same_side = OrderRequest { effect: OrderEffect::Reduce, ..request };
    waiting_in(world, trader, same_side).refuses(HoldfastError::NothingToReduce);
}

#[test]
pub(crate) fn sizes_and_margin() {
    // Too small to be kept: removed, since its owner could make it possible by opening more.
    let mut small = waiting(|order| OrderRequest { delta: 66_665, ..order });
    small.world.send(small.execute());
    let state = small.world.account(&small.trader.account);
    assert_eq!((state.open_markets, state.orders[0].number, state.reserved_margin), (0, 0, 0));
    let mut enough = waiting(|order| OrderRequest { delta: 66_666, ..order });
    enough.world.send(enough.execute());
    assert_eq!(enough.world.account(&enough.trader.account).open_markets, 1);
    // Dust that a reduction would leave is closed with it.
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, SIZE)]);
    let request = market_order(66_665 - SIZE, world.cluster.now_ms());
    let mut dust = waiting_in(world, trader, request);
    dust.world.send(dust.execute());
    assert_eq!(dust.world.account(&dust.trader.account).open_markets, 0);

    let mut world = World::new();
    let trader = world.trader(1_000_000_000).unwrap();
    let now = world.cluster.now_ms();
    let too_much = market_order(10 * SIZE, now);
    let asked = |request| {
        let (owner, account) = (trader.keypair.pubkey(), trader.account);
        instruction::place_order(owner, account, world.markets[0], request, &[])
    };
    world.refuses(&asked(too_much), HoldfastError::BelowInitialMargin);
    for delta in [i64::MAX, i64::MIN + 1, i64::MIN] {
        world.refuses(&asked(OrderRequest { delta, ..too_much }), HoldfastError::Overflow);
    }
}

/// What was reserved has been lost in the meantime: the order is removed by whoever executes it, and
/// its fee is the owner's.
#[test]
fn an_order_whose_margin_is_gone_is_removed() {
    let mut world = World::new();
    let trader = world.trader_with(400_000_000, &[(1, 20_000)]);
    let request = OrderRequest { fee: 0, ..market_order(SIZE / 2, world.cluster.now_ms()) };
    let number = world.place(&trader, 0, request).unwrap();
    // The other position loses so much that not even maintenance would be kept.
    world.pass_to(3_000, &[SOL, crate::world::BTC * 81 / 100]);
    world.execute(&trader.account, number, &trader.account).unwrap();
    let state = world.account(&trader.account);
    assert_eq!((state.open_markets, state.reserved_margin, state.orders[0].number), (2, 0, 0));
}

#[test]
pub(crate) fn caps() {
    type Change = fn(&mut SiloTermsState, &mut MarketTermsState);
    let cases: [(Change, i64, HoldfastError); 3] = [
        (|_, terms| terms.side_cap = 9_999_999, SIZE, HoldfastError::OpenInterestCap),
        // A tenth of a percent of a million is less than ten at 150.
        (|_, terms| terms.account_share_bps = 10, SIZE, HoldfastError::AccountShareCap),
        // A tenth of a million is less than seven hundred at 150.
        (
            |_, terms| (terms.account_share_bps, terms.utilisation_bps) = (10_000, 1_000),
            70 * SIZE,
            HoldfastError::UtilisationCap,
        ),
    ];
    for (change, delta, error) in cases {
        let mut world = World::with(change);
        let trader = world.trader(100_000_000_000).unwrap();
        let request = market_order(delta, world.cluster.now_ms());
        waiting_in(world, trader, request).refuses(error);
    }
}

#[test]
pub(crate) fn wrong_accounts() {
    let waiting = waiting(|order| order);
    let mut other_market = waiting.execute();
    other_market.accounts[2].pubkey = waiting.world.markets[1];
    waiting.world.refuses(&other_market, HoldfastError::WrongMarket);
    let mut world = waiting.world.fork();
    let foreign = world.in_second(|world| world.trader(0).unwrap());
    for (slot, address) in
        [(2, world.second.markets[0]), (3, foreign.account), (4, foreign.account)]
    {
        let mut crossed = waiting.execute();
        crossed.accounts[slot].pubkey = address;
        world.refuses(&crossed, HoldfastError::WrongSilo);
    }

    let trader = world.trader_with(1_000_000_000, &[(1, 10_000)]);
    let request = market_order(SIZE, world.cluster.now_ms());
    let waiting = waiting_in(world, trader, request);
    let (world, account) = (&waiting.world, waiting.trader.account);
    let [first, second] = [world.markets[0], world.markets[1]];
    let with = |others: &[_]| {
        instruction::execute_order(world.silo, first, account, account, waiting.number, others)
    };
    for others in [&[][..], &[world.second.markets[1]], &[second, second], &[world.second.silo]] {
        world.refuses(&with(others), HoldfastError::WrongMarket);
    }
    world.refuses_twice(&with(&[first]));
}

#[test]
pub(crate) fn stale_prices_do_not_open() {
    let mut waiting = waiting(|order| order);
    waiting.world.cluster.pass(31_000);
    waiting.refuses(HoldfastError::OrderLapsed);

    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(1, 10_000)]);
    let request = market_order(SIZE, world.cluster.now_ms());
    let number = world.place(&trader, 0, request).unwrap();
    world.cluster.pass(31_000);
    world.reprice(0, SOL).unwrap();
    // The other position is stale: it counts at the far edge of its band, and there is room.
    world.execute(&trader.account, number, &trader.account).unwrap();
}

#[test]
pub(crate) fn after_a_break() {
    let mut waiting = waiting(|order| order);
    waiting.world.break_chain();
    waiting.refuses(HoldfastError::ChainNotReady);
    let world = &mut waiting.world;
    world.observe().unwrap();
    // Shelter and thaw are over, but the market has seen two prices only.
    for _ in 0..50 {
        world.cluster.pass(20_000);
        world.observe().unwrap();
    }
    assert_eq!(world.chain_health().monitor.state, 0);
    let request = market_order(SIZE, world.cluster.now_ms());
    waiting.number = world.place(&waiting.trader, 0, request).unwrap();
    // The first of a disruption is sudden, and posted twice.
    waiting.world.pass_to(3_000, &CALM);
    waiting.refuses(HoldfastError::MarketNotReady);
    waiting.world.pass_to(3_000, &CALM);
    waiting.world.send(waiting.execute());
}
