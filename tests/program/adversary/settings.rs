//! Settings that are legal and fatal, and arguments in the wrong unit.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::trading::{OrderEffect, OrderRequest};
use holdfast_client::holdfast::state::{ChangeKind, MarketTermsState, SiloTermsState};
use holdfast_client::instruction;
use holdfast_migrations::presets;
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{feed_account, feed_id, market_order};

use crate::world::{BTC, CALM, SOL, World};

type MarketChange = (&'static str, fn(&mut MarketTermsState));
type SiloChange = (&'static str, fn(&mut SiloTermsState));

/// What could be set before, and stopped a market or gave somebody a free option.
#[test]
pub(crate) fn fatal_settings_cannot_be_proposed_and_the_log_says_which() {
    let world = World::new();
    let fatal: [MarketChange; 11] = [
        // Closing moves the price by more than all of it: no exit.
        ("depth", |terms| terms.depth = 1),
        ("depth", |terms| terms.depth = terms.side_cap),
        // Twice this does not fit: no trade has a price.
        ("depth", |terms| (terms.smallest, terms.side_cap, terms.depth) = (1, 1, u64::MAX)),
        // Nothing can be opened, and no liquidity leaves.
        ("utilisation_bps", |terms| terms.utilisation_bps = 1),
        // The index is full within a year at a price of 100,000.
        ("funding_cap_ppb", |terms| terms.funding_cap_ppb = 10_000_000),
        ("borrow_ppb", |terms| terms.borrow_ppb = 1_000_000),
        // No price lands in a second; no feed is as sure as this.
        ("age_ms", |terms| terms.age_ms = 1_000),
        ("confidence_bps", |terms| terms.confidence_bps = 1),
        // Nobody is paid to liquidate.
        ("last_share_bps", |terms| (terms.first_share_bps, terms.last_share_bps) = (0, 0)),
        ("ramp_ms", |terms| terms.ramp_ms = 3_600_000),
        // A price from the future serves a request made now.
        ("future_ms", |terms| (terms.future_ms, terms.execution_delay_ms) = (10_000, 2_000)),
    ];
    for (setting, change) in fatal {
        let mut terms = world.market(0).terms;
        change(&mut terms);
        let content = ChangeKind::MarketTerms { market: world.markets[0], terms };
        world.refuses_setting(&world.proposal(content), setting);
    }
    let fatal: [SiloChange; 4] = [
        ("payable_share_bps", |terms| terms.payable_share_bps = 0),
        // Positions would keep ten times their value of liquidity in the pool.
        ("utilisation_bps", |terms| terms.utilisation_bps = 1_000),
        ("request_delay_ms", |terms| terms.request_delay_ms = 1_000),
        // Whoever sees a loss coming leaves the insurance fund before it is booked.
        ("unstake_cooldown_ms", |terms| terms.unstake_cooldown_ms = 0),
    ];
    for (setting, change) in fatal {
        let mut terms = presets::silo();
        change(&mut terms);
        let content = ChangeKind::SiloTerms { silo: world.silo, terms };
        world.refuses_setting(&world.proposal(content), setting);
    }
}

/// Terms that are sound for an empty market and would trap what is open in this one.
#[test]
fn a_market_cannot_become_too_shallow_for_what_is_open() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, 20_000_000)]);
    let terms = MarketTermsState {
        side_cap: 100_000,
        smallest: 10,
        depth: 1_000_000,
        ..world.market(0).terms
    };
    let content = ChangeKind::MarketTerms { market: world.markets[0], terms };
    let number = world.propose(content);
    world.wait();
    let apply = world.application(number);
    world.refuses_setting(&apply, "depth");
    world.trade(&trader, 0, -20_000_000, &CALM).unwrap();
    world.send(apply);
}

/// At opposite corners of the bounds people open, close, are liquidated, and liquidity leaves.
#[test]
fn life_goes_on_at_the_corners_of_the_bounds() {
    let tight = |terms: &mut MarketTermsState| {
        terms.penalty_bps = 10;
        (terms.first_share_bps, terms.last_share_bps, terms.ramp_ms) = (0, 1_000, 300_000);
        (terms.taker_fee_bps, terms.base_spread_ppm) = (100, 10_000);
        terms.volatility_share_bps = 10_000;
        terms.depth = terms.side_cap * 10;
        (terms.funding_cap_ppb, terms.funding_velocity_ppb) = (1_000_000, u32::MAX);
        (terms.full_skew, terms.borrow_ppb) = (terms.side_cap.div_ceil(4), 100_000);
        (terms.age_ms, terms.future_ms, terms.decide_within_ms) = (15_000, 999, 5_000);
        (terms.execution_delay_ms, terms.flag_delay_ms) = (1_000, 1_000);
        (terms.confidence_bps, terms.divergence_bps, terms.reference_speed_bps) = (10, 10, 1);
        terms.utilisation_bps = 1_000;
        terms.thaw_pace_bps = 10;
    };
    let loose = |terms: &mut MarketTermsState| {
        (terms.first_share_bps, terms.last_share_bps, terms.ramp_ms) = (10_000, 10_000, 0);
        (terms.taker_fee_bps, terms.base_spread_ppm, terms.volatility_share_bps) = (0, 0, 0);
        (terms.depth, terms.full_skew) = (1 << 62, u64::MAX);
        (terms.funding_cap_ppb, terms.funding_velocity_ppb, terms.borrow_ppb) = (0, 0, 0);
        (terms.age_ms, terms.future_ms) = (300_000, 0);
        (terms.execution_delay_ms, terms.flag_delay_ms) = (30_000, 30_000);
        (terms.account_share_bps, terms.utilisation_bps) = (10_000, 50_000);
        terms.smallest = 1;
    };
    let corners: [fn(&mut MarketTermsState); 2] = [tight, loose];
    for corner in corners {
        live(World::with(|_, terms| corner(terms)));
    }
}

fn live(mut world: World) {
    let delay_ms = world.market(0).terms.execution_delay_ms;
    let keeper = world.trader(0).unwrap();
    let people = [0, 1].map(|_| world.trader(1_000_000_000).unwrap());
    let size = 20_000_000;
    let open = |world: &mut World, delta, price: [u64; 2]| {
        for person in &people {
            let request = market_order(delta, world.cluster.now_ms());
            let number = world.place(person, 0, request).unwrap();
            world.pass_to(delay_ms + 1_000, &price);
            world.execute(&person.account, number, &keeper.account).unwrap();
        }
    };
    open(&mut world, size, CALM);
    let market = world.markets[0];
    // The first is liquidated after a crash.
    let crash = [SOL * 69 / 100, BTC];
    world.pass_to(1_000, &crash);
    let liquidated = people[0].account;
    world.send(instruction::flag(liquidated, &[market]));
    let flag_delay_ms = world.market(0).terms.flag_delay_ms;
    world.pass_to(flag_delay_ms + 1_000, &crash);
    let liquidate =
        instruction::liquidate(world.silo, world.markets[0], liquidated, keeper.account, &[]);
    world.send(liquidate);
    assert!(world.account(&liquidated).positions[0].size < size);
    // The second closes, whatever it costs.
    let person = &people[1];
    let request =
        OrderRequest { effect: OrderEffect::Reduce, ..market_order(-size, world.cluster.now_ms()) };
    let number = world.place(person, 0, request).unwrap();
    world.pass_to(delay_ms + 1_000, &crash);
    world.execute(&person.account, number, &keeper.account).unwrap();
    assert_eq!(world.account(&person.account).open_markets, 0);
}

/// In one transaction: an order, a price that lies as far in the future as any that counts, and the
/// order's execution.
#[test]
fn nobody_requests_and_executes_in_one_transaction() {
    let mut world = World::with(|_, terms| terms.future_ms = terms.execution_delay_ms - 1);
    let trader = world.trader(1_000_000_000).unwrap();
    let now = world.cluster.now_ms();
    let place = |world: &World| {
        let request = market_order(20_000_000, now);
        let owner = solana_signer::Signer::pubkey(&trader.keypair);
        instruction::place_order(owner, trader.account, world.markets[0], request, &[])
    };
    let number = world.account(&trader.account).next_order;
    let feed = feed_account(0);
    for ahead_ms in [1_000, 2_000, 10_000] {
        let update =
            pyth_update(feed_id(0), Published::new(SOL, now + ahead_ms), world.cluster.slot());
        post_pyth_update(&mut world.cluster, feed, &update);
        let refresh = instruction::refresh_market(world.silo, world.markets[0], &[feed]);
        let keeper = trader.account;
        let execute = instruction::execute_order(
            world.silo,
            world.markets[0],
            trader.account,
            keeper,
            number,
            &[],
        );
        let payer = solana_signer::Signer::pubkey(&world.admin);
        let all = [place(&world), refresh, execute];
        let refused = world.cluster.simulate(&all, &payer).unwrap_err();
        assert!(refused.is(HoldfastError::NoPriceYet), "{}", refused.message);
    }
}

/// Seconds or microseconds for milliseconds, or nothing at all.
#[test]
pub(crate) fn a_time_in_another_unit_is_named() {
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    let now = world.cluster.now_ms();
    let owner = solana_signer::Signer::pubkey(&trader.keypair);
    for expires_ms in [0, now / 1_000 + 60, (now + 60_000) * 1_000, u64::MAX - 1] {
        let request = OrderRequest { expires_ms, ..market_order(1_000_000, now) };
        let place = instruction::place_order(owner, trader.account, world.markets[0], request, &[]);
        world.refuses(&place, HoldfastError::NotMilliseconds);
    }
}
