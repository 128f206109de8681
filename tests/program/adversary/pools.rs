//! The liquidity pool: its share price, who leaves it with what, and what holds it up.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::instruction;
use holdfast_risk::Usd;
use holdfast_risk::chain::health::State;
use holdfast_testkit::Trader;
use holdfast_testkit::audit::Audit;
use holdfast_testkit::feed::Published;
use solana_account::Account;

use crate::pool::{Provider, pool_now};
use crate::world::{BTC, CALM, LIQUIDITY, SOL, World, stranger};

/// Of the first market: worth nine tenths of the liquidity that [`World`] begins with.
const BIG: i64 = 6_000_000_000;
/// What a provider brings.
const MINE: u64 = 5_000_000_000;
/// At this price two such positions gain 72 percent of it.
const RISEN: [u64; 2] = [SOL * 140 / 100, BTC];

fn roomy() -> World {
    World::with(|silo, market| {
        market.account_share_bps = 10_000;
        silo.payable_share_bps = 5_000;
    })
}

#[test]
pub(crate) fn nobody_joins_a_pool_that_owes_most_of_its_cash() {
    let mut world = roomy();
    for _ in 0..2 {
        world.trader_with(LIQUIDITY, &[(0, BIG)]);
    }
    let attacker = Provider::new(&mut world, false, 10_000_000);
    // A print that nobody believes, and a price at which little is left.
    let unbelieved = (SOL * 5, HoldfastError::PriceOutsideBand);
    for (price, refusal) in [unbelieved, (RISEN[0], HoldfastError::PoolUndervalued)] {
        world.send(attacker.request(&world, false, 10_000_000, 1));
        world.pass_to(6_000, &[price, BTC]);
        world.refuses(&attacker.execute(&world, false), refusal);
        for _ in 0..21 {
            world.pass_to(30_000, &CALM);
        }
        world.refuses(&attacker.execute(&world, false), HoldfastError::RequestLapsed);
        world.send(attacker.cancel(&world, attacker.money));
    }
    assert_eq!(world.balance(&attacker.shares), 0);
    // The next provider joins as usual.
    let next = Provider::new(&mut world, false, LIQUIDITY);
    next.join(&mut world, LIQUIDITY, &CALM);
    assert!(world.balance(&next.shares) > LIQUIDITY * 9 / 10);
}

#[test]
fn leaving_does_not_cut_profit_that_was_payable_in_full() {
    let mut world = roomy();
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    provider.join(&mut world, LIQUIDITY, &CALM);
    let winner = world.trader_with(LIQUIDITY, &[(0, 2 * BIG)]);
    world.pass_to(3_000, &RISEN);
    world.trade(&winner, 0, -2 * BIG, &RISEN).unwrap();
    let pending = world.account(&winner.account).pending_profit;
    let payable = |world: &World| world.silo_state().ledger.liquidity / 2;
    assert!(payable(&world) > pending, "{pending} is payable in full");

    let shares = world.balance(&provider.shares);
    world.send(provider.request(&world, true, shares, 1));
    world.pass_to(6_000, &RISEN);
    let worth = pool_now(&world, false, false).amount_for(shares).unwrap().0;
    assert!((world.silo_state().ledger.liquidity - worth) / 2 < pending, "but not beside this");
    world.refuses(&provider.execute(&world, true), HoldfastError::LiquidityInUse);
    for _ in 0..11 {
        world.pass_to(30_000, &RISEN);
    }
    let (silo, before) = (world.silo, world.account(&winner.account).collateral);
    world.send(instruction::mature_profit(stranger(), silo, winner.account));
    assert_eq!(world.account(&winner.account).collateral, before + pending);
    // Nothing is owed any more: the request is due still.
    world.send(provider.execute(&world, true));
    assert_eq!(Audit::new(&world, &[winner.account]), Audit::default());
}

#[test]
fn who_leaves_is_not_paid_from_losses_that_margin_does_not_cover() {
    let mut world = roomy();
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    provider.join(&mut world, LIQUIDITY, &CALM);
    // Long for 900,000 each on 220,000, and the price halves before anybody liquidates.
    let losers: Vec<_> = (0..2).map(|_| world.trader_with(220_000_000_000, &[(0, BIG)])).collect();
    let shares = world.balance(&provider.shares);
    world.send(provider.request(&world, true, shares, 1));
    world.pass_to(6_000, &[SOL / 2, BTC]);
    let silo = world.silo_state();
    world.send(provider.execute(&world, true));
    let paid = world.balance(&provider.money);
    let has: u64 = losers.iter().map(|loser| world.account(&loser.account).collateral).sum();
    let most = (silo.ledger.liquidity + has) / 2;
    assert!(paid < most, "{paid} of {most}");
    assert!(paid > silo.ledger.liquidity / 2, "what margin covers is theirs");
}

/// A position of a hundred in the second market, whose feed has ended.
fn stale_trifle() -> (World, Trader) {
    let mut world = roomy();
    let trader = world.trader_with(LIQUIDITY, &[(1, 1_000)]);
    (world, trader)
}

/// The first market's price goes on.
fn pass(world: &mut World, ms: u64) {
    world.cluster.pass(ms);
    let now = world.cluster.now_ms();
    world.publish_one(0, Published::new(SOL, now)).unwrap();
    world.observe().unwrap();
}

#[test]
fn a_trifle_without_a_price_holds_nobody() {
    for leaves in [false, true] {
        let (mut world, _) = stale_trifle();
        let provider = Provider::new(&mut world, false, LIQUIDITY);
        if leaves {
            provider.join(&mut world, LIQUIDITY, &CALM);
        }
        let amount = if leaves { world.balance(&provider.shares) } else { LIQUIDITY };
        pass(&mut world, 60_000);
        world.send(provider.request(&world, leaves, amount, 1));
        pass(&mut world, 6_000);
        world.send(provider.execute(&world, leaves));
        let received = if leaves { provider.money } else { provider.shares };
        // The trifle counted at the edge of its band, half its value away.
        let received = world.balance(&received);
        assert!((LIQUIDITY - 60_000_000..LIQUIDITY + 60_000_000).contains(&received), "{received}");
    }
}

#[test]
fn more_than_a_trifle_waits_for_its_price() {
    let (mut world, trader) = stale_trifle();
    world.trade(&trader, 1, 200_000, &CALM).unwrap();
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    pass(&mut world, 60_000);
    world.send(provider.request(&world, false, LIQUIDITY, 1));
    pass(&mut world, 6_000);
    world.refuses(&provider.execute(&world, false), HoldfastError::StalePrice);
}

/// Whoever posts prices looks back and stores the tick at which a share is cheapest.
#[test]
fn a_tick_that_is_stored_late_prices_no_request() {
    let mut world = roomy();
    world.trader_with(LIQUIDITY, &[(0, BIG)]);
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    world.send(provider.request(&world, false, LIQUIDITY, 1));
    world.cluster.pass(20_000);
    let now = world.cluster.now_ms();
    world.publish_one(0, Published::new(SOL * 105 / 100, now - 10_000)).unwrap();
    world.refuses(&provider.execute(&world, false), HoldfastError::RequestNotDue);
    world.reprice(0, SOL).unwrap();
    world.send(provider.execute(&world, false));
}

/// A provider in front of big positions, who is about to join or to leave with this much.
fn about_to_ask(leaves: bool) -> (World, Provider, u64) {
    let mut world = roomy();
    world.trader_with(LIQUIDITY, &[(0, BIG)]);
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    if leaves {
        provider.join(&mut world, LIQUIDITY, &CALM);
    }
    let amount = if leaves { world.balance(&provider.shares) } else { LIQUIDITY };
    (world, provider, amount)
}

/// A request that somebody executes late gets no better price for it: not even where the pool's worth
/// has moved to the liking of who joins or leaves.
#[test]
fn executing_a_request_late_never_pays() {
    for leaves in [false, true] {
        let (mut world, provider, amount) = about_to_ask(leaves);
        world.send(provider.request(&world, leaves, amount, 1));
        world.pass_to(6_000, &CALM);
        // Traders gain, and a share is cheap; or they lose, and it is dear.
        let moved = if leaves { SOL * 95 / 100 } else { SOL * 105 / 100 };
        let mut waits = world.fork();
        waits.pass_to(3_000, &[moved, BTC]);
        let [at_once, waited] = [&mut world, &mut waits].map(|world| {
            world.send(provider.execute(world, leaves));
            world.balance(if leaves { &provider.money } else { &provider.shares })
        });
        // Three seconds of the borrow fee are all that came in.
        assert!(waited <= at_once + at_once / 1_000_000, "{leaves}: {waited} of {at_once}");
    }
}

/// More prices than a market remembers come before the chain allows a request that fell due while it did
/// not: it is priced by those since then.
#[test]
fn a_request_from_a_thaw_executes_once_the_chain_allows_it() {
    for leaves in [false, true] {
        let (mut world, provider, amount) = about_to_ask(leaves);
        world.break_chain();
        world.observe().unwrap();
        let until = |world: &mut World, state: State| {
            let mut prices = 0;
            while world.chain_health().monitor.state != state as u8 {
                world.pass_to(5_000, &CALM);
                prices += 1;
            }
            prices
        };
        until(&mut world, State::Thaw);
        world.send(provider.request(&world, leaves, amount, 1));
        let executes = provider.execute(&world, leaves);
        assert!(until(&mut world, State::Throttled) > 40);
        world.pass_to(5_000, &CALM);
        let mut late = world.fork();
        world.send(executes.clone());
        late.watch(600_000).unwrap();
        late.publish(&CALM).unwrap();
        late.refuses(&executes, HoldfastError::RequestLapsed);
    }
}

#[test]
fn terms_that_change_do_not_reach_into_a_request() {
    for (delay, executes) in [(3_600_000, true), (1_000, false)] {
        let mut world = World::new();
        let provider = Provider::new(&mut world, false, LIQUIDITY);
        world.send(provider.request(&world, false, LIQUIDITY, 1));
        let mut silo = world.silo_state();
        silo.terms.request_delay_ms = delay;
        world.put(&silo);
        world.pass_to(if executes { 6_000 } else { 4_000 }, &CALM);
        if executes {
            world.send(provider.execute(&world, false));
        } else {
            world.refuses(&provider.execute(&world, false), HoldfastError::RequestNotDue);
        }
    }
}

#[test]
fn a_request_whose_price_may_be_known_is_executed_or_lapses() {
    let mut world = World::new();
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    world.send(provider.request(&world, false, LIQUIDITY, 1));
    world.pass_to(6_000, &CALM);
    let cancel = provider.cancel(&world, provider.money);
    world.refuses(&cancel, HoldfastError::RequestDue);
    // While the chain does not allow it, its time does not run and its owner may go.
    let mut broken = world.fork();
    broken.break_chain();
    broken.observe().unwrap();
    broken.cluster.pass(200_000);
    broken.send(cancel.clone());
    assert_eq!(broken.balance(&provider.money), LIQUIDITY);
    for _ in 0..20 {
        world.pass_to(30_000, &CALM);
    }
    world.refuses(&provider.execute(&world, false), HoldfastError::RequestLapsed);
    let mut returned = cancel;
    returned.accounts[0].pubkey = stranger();
    world.send(returned);
    assert_eq!(world.balance(&provider.money), LIQUIDITY);
}

#[test]
fn the_order_of_requests_at_one_price_changes_nothing() {
    let amounts = [LIQUIDITY, LIQUIDITY / 3];
    let end = |order: [usize; 2]| {
        let mut world = World::new();
        world.trader_with(LIQUIDITY, &[(0, BIG / 9)]);
        let providers = amounts.map(|amount| Provider::new(&mut world, false, amount));
        for (provider, amount) in providers.iter().zip(amounts) {
            world.send(provider.request(&world, false, amount, 1));
        }
        world.pass_to(6_000, &RISEN);
        for index in order {
            world.send(providers[index].execute(&world, false));
        }
        let held = providers.map(|provider| world.balance(&provider.shares));
        (held, Usd(world.silo_state().ledger.liquidity))
    };
    let ([first, second], cash) = end([0, 1]);
    let ([other_first, other_second], other_cash) = end([1, 0]);
    assert_eq!(cash, other_cash);
    assert!(first.abs_diff(other_first) <= 1 && second.abs_diff(other_second) <= 1);
}

/// Whose destination cannot be paid does not choose when a request is executed: it is executed like any
/// other, and what it receives waits in it.
#[test]
fn a_closed_destination_is_no_way_to_choose() {
    for (insurance, leaves) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut world = World::new();
        let provider = Provider::new(&mut world, insurance, MINE);
        if leaves {
            provider.join(&mut world, MINE, &CALM);
        }
        let amount = if leaves { world.balance(&provider.shares) } else { MINE };
        world.send(provider.request(&world, leaves, amount, 1));
        provider.wait(&mut world, &CALM);
        let to = if leaves { provider.money } else { provider.shares };
        let mut open = world.fork();
        open.send(provider.execute(&world, leaves));
        let account = world.cluster.get(&to).unwrap();
        let mut frozen = account.clone();
        frozen.data[108] = 2;
        for unusable in [frozen, Account::default()] {
            let mut world = world.fork();
            world.cluster.set(to, unusable);
            world.send(provider.execute(&world, leaves));
            assert_eq!(world.silo_state().ledger.liquidity, open.silo_state().ledger.liquidity);
            assert_eq!(world.silo_state().ledger.insurance, open.silo_state().ledger.insurance);
            // It is over: nobody executes it again, and anybody delivers once that is possible.
            world.refuses(&provider.execute(&world, leaves), HoldfastError::RequestLapsed);
            let early = provider.returned(&world, to);
            assert!(world.cluster.simulate(&[early], &stranger()).is_err());
            world.cluster.set(to, account.clone());
            if leaves && insurance {
                world.send(instruction::reconcile_vaults(world.silo));
            }
            world.send(provider.returned(&world, to));
            assert_eq!(world.balance(&to), open.balance(&to), "{insurance} {leaves}");
            assert_eq!(world.silo_state().ledger.queued, open.silo_state().ledger.queued);
        }
    }
}

/// A trifle whose every price is stored late decides nothing, and holds nobody either.
#[test]
fn a_trifle_whose_prices_do_not_decide_holds_nobody() {
    let (mut world, _) = stale_trifle();
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    world.send(provider.request(&world, false, LIQUIDITY, 1));
    world.cluster.pass(14_000);
    let late = |world: &mut World| {
        world.cluster.pass(1_000);
        let now = world.cluster.now_ms();
        world.publish_one(0, Published::new(SOL, now)).unwrap();
        world.publish_one(1, Published::new(BTC, now - 12_000)).unwrap();
        world.observe().ok();
    };
    for _ in 0..6 {
        late(&mut world);
    }
    world.send(provider.execute(&world, false));
    // More of them than the market remembers.
    let (mut world, _) = stale_trifle();
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    world.send(provider.request(&world, false, LIQUIDITY, 1));
    world.cluster.pass(6_000);
    for _ in 0..34 {
        world.cluster.pass(1_000);
        let now = world.cluster.now_ms();
        world.publish_one(1, Published::new(BTC, now)).unwrap();
        world.observe().ok();
    }
    let now = world.cluster.now_ms();
    world.publish_one(0, Published::new(SOL, now)).unwrap();
    world.send(provider.execute(&world, false));
}
