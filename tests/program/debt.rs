//! What an account owes while other positions may still pay it: nothing is forgiven before the last
//! one is closed, and nothing leaves meanwhile.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::instruction;
use holdfast_risk::Usd;
use holdfast_testkit::Trader;
use holdfast_testkit::audit::Audit;
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use crate::pool::{Provider, pool_now};
use crate::world::{BTC, SOL, World};

const MARGIN: u64 = 600_000_000;
/// Bought of the one and sold of the other, each worth 1,500.
const LONG: i64 = 10_000_000;
const SHORT: i64 = -15_000;
/// Both rise by 49 percent: one position gains 735, the other loses as much.
pub const RISEN: [u64; 2] = [SOL * 149 / 100, BTC * 149 / 100];
/// Only the losing one's price has risen.
pub const LOST: [u64; 2] = [SOL, BTC * 149 / 100];

fn hedged() -> (World, Trader) {
    let mut world = World::new();
    let trader = world.trader_with(MARGIN, &[(0, LONG), (1, SHORT)]);
    (world, trader)
}

/// Hedged, and the losing position is closed at `prices`.
pub fn owing(prices: &[u64; 2]) -> (World, Trader) {
    let (mut world, trader) = hedged();
    world.trade(&trader, 1, -SHORT, prices).unwrap();
    let account = world.account(&trader.account);
    assert!((130_000_000..165_000_000).contains(&account.debt), "{}", account.debt);
    assert_eq!((account.collateral, account.pending_profit), (0, 0));
    assert_eq!(world.silo_state().ledger.debt, account.debt);
    (world, trader)
}

fn owns(account: &MarginAccount) -> u64 {
    account.collateral + account.pending_profit
}

fn deposit(world: &mut World, trader: &Trader, amount: u64) {
    let (giver, wallet) = world.person(amount);
    let (silo, account) = (world.silo, trader.account);
    world.send(instruction::deposit(giver.pubkey(), wallet, silo, account, amount));
}

#[test]
fn a_hedge_gains_nothing_whichever_leg_is_closed_first() {
    let end = |order: [(usize, i64); 2]| {
        let (mut world, trader) = hedged();
        let insurance = world.silo_state().ledger.insurance;
        for (market, delta) in order {
            world.trade(&trader, market, delta, &RISEN).unwrap();
            assert_eq!(Audit::new(&world, &[trader.account]), Audit::default());
        }
        let account = world.account(&trader.account);
        assert_eq!((account.debt, world.silo_state().ledger.debt), (0, 0));
        assert!(world.silo_state().ledger.insurance >= insurance, "nobody paid for it");
        owns(&account)
    };
    let [loser_first, winner_first] =
        [[(1, -SHORT), (0, -LONG)], [(0, -LONG), (1, -SHORT)]].map(end);
    assert!(loser_first <= MARGIN && winner_first <= MARGIN);
    // Funding of the seconds between the two apart.
    assert!(loser_first.abs_diff(winner_first) < 10_000, "{loser_first} {winner_first}");
}

#[test]
fn a_debtor_takes_nothing_out() {
    let (mut world, trader) = owing(&RISEN);
    let owner = trader.keypair.pubkey();
    let debt = world.account(&trader.account).debt;
    deposit(&mut world, &trader, debt);
    let markets = [world.markets[0]];
    let withdraw = |world: &World, amount| {
        let (silo, account, wallet) = (world.silo, trader.account, trader.wallet);
        instruction::withdraw(owner, silo, account, wallet, amount, &markets)
    };
    world.refuses(&withdraw(&world, 1), HoldfastError::BelowInitialMargin);
    let request = holdfast_client::holdfast::instructions::OrderRequest {
        fee: 1,
        ..market_order(-1_000, world.cluster.now_ms())
    };
    let fee = instruction::place_order(owner, trader.account, markets[0], request, &markets);
    world.refuses(&fee, HoldfastError::BelowInitialMargin);
    let mature = instruction::mature_profit(owner, world.silo, trader.account);
    world.refuses(&mature, HoldfastError::NotMatured);
    let close = instruction::close_margin_account(owner, trader.account);
    world.refuses(&close, HoldfastError::AccountNotEmpty);
    // With more than debt and margin some of it may leave, and never so much that it does not stay
    // covered without the gain.
    deposit(&mut world, &trader, 1_000_000_000);
    world.refuses(&withdraw(&world, 1_000_000_000), HoldfastError::BelowInitialMargin);
    world.send(withdraw(&world, 100_000_000));
    let left = world.account(&trader.account);
    assert_eq!((left.collateral, left.debt), (debt + 900_000_000, debt));

    world.trade(&trader, 0, -LONG, &RISEN).unwrap();
    let paid = world.account(&trader.account);
    assert_eq!((paid.debt, paid.collateral), (0, left.collateral));
    assert!(paid.pending_profit > 500_000_000 && paid.pending_profit < 610_000_000);
}

#[test]
fn with_the_last_position_the_rest_is_bad_debt_and_insurance_pays() {
    let (mut world, trader) = owing(&LOST);
    let (debt, before) = (world.account(&trader.account).debt, world.silo_state().ledger);
    deposit(&mut world, &trader, 1_000);
    world.trade(&trader, 0, -LONG, &LOST).unwrap();
    let (account, after) = (world.account(&trader.account), world.silo_state().ledger);
    assert_eq!((owns(&account), account.debt, after.debt), (0, 0, 0));
    let insured = before.insurance - after.insurance;
    assert_eq!(after.liquidity, before.liquidity + 1_000 + insured);
    // The spread and carry of the second position are lost with it; no fee is.
    assert!(insured >= debt - 1_000 && insured < debt + 2_000_000, "{insured} of {debt}");
    assert_eq!(after.protocol, before.protocol);
}

#[test]
fn a_liquidation_books_bad_debt_only_with_the_last_position() {
    let (mut world, trader) = hedged();
    let keeper = world.trader(0).unwrap();
    // Long enough for prices outside the band to be followed.
    for _ in 0..31 {
        world.pass_to(10_000, &LOST);
    }
    let markets = world.markets_of(&trader.account, None);
    world.send(instruction::flag(trader.account, &markets));
    world.pass_to(4_000, &LOST);
    let (silo, account) = (world.silo, trader.account);
    let liquidate = |world: &World, index: u8| {
        let others = world.markets_of(&account, Some(index));
        let market = world.markets[usize::from(index)];
        instruction::liquidate(silo, market, account, keeper.account, &others)
    };
    let before = world.silo_state().ledger;
    world.send(liquidate(&world, 1));
    let (owing, ledger) = (world.account(&account), world.silo_state().ledger);
    assert!(owing.debt > 130_000_000 && owing.flagged_ms > 0 && owing.open_markets == 1);
    assert_eq!((ledger.debt, ledger.insurance), (owing.debt, before.insurance));
    world.send(liquidate(&world, 0));
    let (ended, after) = (world.account(&account), world.silo_state().ledger);
    assert_eq!((owns(&ended), ended.debt, after.debt), (0, 0, 0));
    assert!(after.insurance + owing.debt <= ledger.insurance, "insurance pays all of it");
    let both = [trader.account, keeper.account];
    assert_eq!(Audit::new(&world, &both), Audit::default());
}

#[test]
fn the_pool_counts_debt_for_who_joins_and_not_for_who_leaves() {
    let amount = 1_000_000_007;
    let (mut world, trader) = owing(&RISEN);
    let debt = world.account(&trader.account).debt;
    let provider = Provider::new(&mut world, false, amount);
    world.send(provider.request(&world, false, amount, 1));
    world.pass_to(6_000, &RISEN);
    let [cheaper, pool] = [false, true].map(|joins| pool_now(&world, false, joins));
    assert_eq!(pool.assets.0, cheaper.assets.0 + debt);
    let shares = pool.shares_for(Usd(amount)).unwrap();
    assert_ne!(shares, cheaper.shares_for(Usd(amount)).unwrap());
    world.send(provider.execute(&world, false));
    assert_eq!(world.balance(&provider.shares), shares);

    world.send(provider.request(&world, true, shares, 1));
    world.pass_to(6_000, &RISEN);
    let worth = pool_now(&world, false, false).amount_for(shares).unwrap();
    world.send(provider.execute(&world, true));
    assert_eq!(world.balance(&provider.money), worth.0);
}
