//! Settlement: a market whose price never returns.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::SettlementCancelled;
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::audit::Audit;
use holdfast_testkit::venue::market_order;
use holdfast_testkit::{Trader, events, tokens};
use solana_signer::Signer;

use crate::powers::guardian;
use crate::world::{BTC, CALM, SOL, World};

const MONEY: u64 = 1_000_000_000;
const SIZE: i64 = 20_000_000;
const DAY: u64 = 86_400_000;

/// Somebody long and somebody short in the first market, whose feeds have gone silent; the second
/// market lives on.
struct Case {
    world: World,
    long: Trader,
    short: Trader,
}

impl Case {
    fn new() -> Self {
        let mut world = World::new();
        let long = world.trader_with(MONEY, &[(0, SIZE), (1, 1_000)]);
        let short = world.trader_with(MONEY, &[(0, -SIZE)]);
        Self { world, long, short }
    }

    /// Time passes with prices in the second market only.
    fn silent_for(&mut self, ms: u64) {
        let until = self.world.cluster.now_ms() + ms;
        while self.world.cluster.now_ms() < until {
            let left = until - self.world.cluster.now_ms();
            self.world.watch(left.min(600_000)).unwrap();
            self.world.observe().unwrap();
        }
        let published = holdfast_testkit::feed::Published::new(BTC, self.world.cluster.now_ms());
        self.world.publish_one(1, published).unwrap();
    }

    fn market(&self) -> holdfast_client::Pubkey {
        self.world.markets[0]
    }

    fn settle(&self, trader: &Trader) -> Instruction {
        instruction::settle_position(self.world.silo, self.market(), trader.account)
    }

    /// Given up, and the notice is over.
    fn settled() -> Self {
        let mut case = Self::new();
        case.silent_for(DAY);
        case.world.send(instruction::announce_settlement(case.market()));
        case.silent_for(DAY);
        case.world.send(instruction::settle_market(case.market()));
        case
    }
}

#[test]
fn everybody_is_settled_by_anybody_and_leaves_with_everything() {
    let mut case = Case::settled();
    assert_eq!(case.world.market(0).settlement_price, SOL);
    for trader in [&case.long, &case.short] {
        let settle = case.settle(trader);
        case.world.send(settle);
        assert_eq!(case.world.account(&trader.account).positions[0].size, 0);
    }
    let market = case.world.market(0);
    assert_eq!((market.longs.size, market.shorts.size), (0, 0));
    // The long's other position goes on, and closes as usual.
    let world = &mut case.world;
    let close = market_order(-1_000, world.cluster.now_ms());
    let number = world.place(&case.long, 1, close).unwrap();
    world.cluster.pass(3_000);
    let published = holdfast_testkit::feed::Published::new(BTC, world.cluster.now_ms());
    world.publish_one(1, published).unwrap();
    world.execute(&case.long.account, number, &case.long.account).unwrap();
    let both = [case.long.account, case.short.account];
    assert_eq!(Audit::new(world, &both), Audit::default());
    for trader in [&case.long, &case.short] {
        world.watch(400_000).unwrap();
        world.observe().unwrap();
        if world.account(&trader.account).pending_profit > 0 {
            let payer = world.admin.pubkey();
            world.send(instruction::mature_profit(payer, world.silo, trader.account));
        }
        let all = world.account(&trader.account).collateral;
        let owner = trader.keypair.pubkey();
        let (silo, account) = (world.silo, trader.account);
        world.send(instruction::withdraw(owner, silo, account, trader.wallet, all, &[]));
        assert_eq!(tokens::balance(&world.cluster, &trader.wallet), all);
        world.send(instruction::close_margin_account(owner, account));
    }
    assert_eq!(Audit::new(world, &[]), Audit::default());
}

/// Neither broken books nor two guardians hold a settlement up: it has no fuse.
#[test]
fn no_fuse_holds_a_settlement_up() {
    let mut case = Case::new();
    case.world.send(instruction::blow_fuses([guardian(0), guardian(1)], 7, 3 * DAY));
    let mut silo = case.world.silo_state();
    silo.ledger.liquidity += 1;
    case.world.put(&silo);
    case.world.send(instruction::trip_fuse(case.world.silo, None));
    case.silent_for(DAY);
    case.world.send(instruction::announce_settlement(case.market()));
    case.silent_for(DAY);
    case.world.send(instruction::settle_market(case.market()));
    for trader in [&case.long, &case.short] {
        let settle = case.settle(trader);
        case.world.send(settle);
        assert_eq!(case.world.account(&trader.account).positions[0].size, 0);
    }
    let now = case.world.cluster.now_ms();
    let health = case.world.chain_health();
    assert!(health.fuse.blows[0].until_ms > now && case.world.silo_state().trip.tripped == 1);
}

#[test]
fn a_price_that_returns_during_the_notice_cancels_it() {
    let mut case = Case::new();
    case.silent_for(DAY);
    case.world.send(instruction::announce_settlement(case.market()));
    case.silent_for(DAY - 600_000);
    let feed = holdfast_testkit::venue::feed_account(0);
    let published = holdfast_testkit::feed::Published::new(SOL, case.world.cluster.now_ms());
    let provider = holdfast_client::holdfast::oracle::Provider::PythPull;
    case.world.publish_feed(provider, 0, published);
    let refresh = instruction::refresh_market(case.world.silo, case.market(), &[feed]);
    let admin = case.world.admin.insecure_clone();
    let landed = case.world.cluster.send(&[refresh], &[&admin]).unwrap();
    assert!(events::find::<SettlementCancelled>(&landed).is_some());
    assert_eq!(case.world.market(0).settles_ms, 0);
    case.silent_for(700_000);
    case.world.refuses(&instruction::settle_market(case.market()), HoldfastError::SettlementNotDue);
}

#[test]
pub(crate) fn too_early_and_twice() {
    let mut case = Case::new();
    let announce = instruction::announce_settlement(case.market());
    let settle = instruction::settle_market(case.market());
    case.world.refuses(&announce, HoldfastError::PriceMayReturn);
    case.world.refuses(&settle, HoldfastError::SettlementNotDue);
    case.silent_for(DAY - 60_000);
    case.world.refuses(&announce, HoldfastError::PriceMayReturn);
    // A halt is no time in which a price could have come.
    let mut halted = case.world.fork();
    halted.cluster.advance(DAY, 2, 2);
    halted.observe().unwrap();
    halted.refuses(&announce, HoldfastError::PriceMayReturn);
    case.silent_for(61_000);
    case.world.send(announce.clone());
    case.world.refuses(&announce, HoldfastError::AlreadyAnnounced);
    case.silent_for(DAY - 60_000);
    case.world.refuses(&settle, HoldfastError::SettlementNotDue);
    let position = case.settle(&case.long);
    case.world.refuses(&position, HoldfastError::NotSettled);
    case.silent_for(61_000);
    case.world.send(settle.clone());
    case.world.refuses(&settle, HoldfastError::MarketSettled);
    case.world.refuses(&announce, HoldfastError::MarketSettled);
    case.world.send(position.clone());
    case.world.refuses(&position, HoldfastError::NoPosition);
}

#[test]
pub(crate) fn a_settled_market_trades_no_more() {
    let mut case = Case::new();
    let order = market_order(-SIZE, case.world.cluster.now_ms());
    let lasting =
        holdfast_client::holdfast::instructions::OrderRequest { expires_ms: u64::MAX, ..order };
    let number = case.world.place(&case.long, 0, lasting).unwrap();
    case.silent_for(DAY);
    case.world.send(instruction::announce_settlement(case.market()));
    case.silent_for(DAY);
    case.world.send(instruction::settle_market(case.market()));
    let world = &mut case.world;
    let (account, settled) = (case.long.account, HoldfastError::MarketSettled);
    assert!(world.execute(&account, number, &account).unwrap_err().is(settled));
    assert!(world.place(&case.long, 0, lasting).unwrap_err().is(settled));
    assert!(world.publish(&CALM).unwrap_err().is(settled));
    let (market, keeper) = (world.markets[0], case.short.account);
    let others = [world.markets[1]];
    let liquidate = instruction::liquidate(world.silo, market, account, keeper, &others);
    world.refuses(&liquidate, settled);
    world.send(instruction::cancel_order(case.long.keypair.pubkey(), account, market, number));
    let foreign = world.in_second(|world| world.trader(0).unwrap());
    let crossed = instruction::settle_position(world.silo, market, foreign.account);
    world.refuses(&crossed, HoldfastError::WrongSilo);
    // What is left can be withdrawn as far as margin at the settlement price allows.
    let markets = world.markets_of(&account, None);
    let (owner, wallet) = (case.long.keypair.pubkey(), case.long.wallet);
    world.send(instruction::withdraw(owner, world.silo, account, wallet, 1_000, &markets));
}
