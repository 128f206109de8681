//! `withdraw`.

use holdfast_client::holdfast::account_health;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_risk::account::margin::Health;
use holdfast_risk::chain::health::{Monitor, Thresholds};
use holdfast_risk::chain::latency;
use holdfast_risk::{Bps, Millis, Usd};
use holdfast_testkit::Trader;
use solana_signer::Signer;

use crate::world::{CALM, LIQUIDITY, SOL, TOKEN_MINT_MISMATCH, World, stranger};

const SIZE: i64 = 10_000_000;

fn withdraw(world: &World, trader: &Trader, amount: u64, markets: &[Pubkey]) -> Instruction {
    let owner = trader.keypair.pubkey();
    instruction::withdraw(owner, world.silo, trader.account, trader.wallet, amount, markets)
}

#[test]
fn everything_leaves_an_idle_account() {
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    let vault = address::liquidity_vault(&world.silo);
    for (amount, left) in [(1, 999), (999, 0)] {
        world.send(withdraw(&world, &trader, amount, &[]));
        assert_eq!(world.account(&trader.account).collateral, left);
        assert_eq!(world.silo_state().ledger.collateral, left);
        assert_eq!(world.silo_state().ledger.in_liquidity_vault, LIQUIDITY + left);
        assert_eq!(world.balance(&vault), LIQUIDITY + left);
        assert_eq!(world.balance(&trader.wallet), 1_000 - left);
    }
}

/// What the rules let an account with one long in the first market withdraw.
fn free(world: &World, trader: &Trader) -> u64 {
    let (market, account) = (world.market(0), world.account(&trader.account));
    let monitor = Monitor::from(&world.chain_health().monitor);
    let thresholds = Thresholds::from(&world.chain_health().thresholds);
    let terms = &market.terms;
    let wait = latency::exposure(Millis(terms.flag_delay_ms), &monitor, &thresholds);
    let (floor, costs) = (Bps(terms.initial_bps), Bps(terms.penalty_bps));
    let volatility = market.volatility_per_minute();
    let mut leg = account_health::leg_of(&market, account.position(0), market.newest_price().low);
    leg.ratios.initial = latency::initial_ratio(floor, costs, volatility, wait, false).unwrap();
    let mut health = Health::new(&account.balances()).unwrap();
    health.add(&leg).unwrap();
    health.withdrawable(Usd(account.collateral)).0
}

#[test]
pub(crate) fn positions_keep_their_initial_margin() {
    for price in [SOL, SOL * 98 / 100, SOL * 105 / 100] {
        let mut world = World::new();
        let trader = world.trader_with(1_000_000_000, &[(0, SIZE)]);
        world.pass_to(1_000, &[price, CALM[1]]);
        let free = free(&world, &trader);
        assert!(free > 500_000_000 && free < 900_000_000);
        let markets = [world.markets[0]];
        let more = withdraw(&world, &trader, free + 1, &markets);
        world.refuses(&more, HoldfastError::BelowInitialMargin);
        world.send(withdraw(&world, &trader, free, &markets));
        world.refuses(&withdraw(&world, &trader, 1, &markets), HoldfastError::BelowInitialMargin);
    }
}

#[test]
pub(crate) fn refusals() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, SIZE)]);
    let [first, second] = [world.markets[0], world.markets[1]];
    let has = world.account(&trader.account).collateral;
    let sound = withdraw(&world, &trader, 1, &[first]);
    world.refuses(&withdraw(&world, &trader, 0, &[first]), HoldfastError::ZeroAmount);
    for amount in [has + 1, u64::MAX] {
        let much = withdraw(&world, &trader, amount, &[first]);
        world.refuses(&much, HoldfastError::NotEnoughCollateral);
    }
    let foreign = world.second.markets[0];
    for markets in [&[][..], &[second], &[first, second], &[first, first], &[foreign]] {
        world.refuses(&withdraw(&world, &trader, 1, markets), HoldfastError::WrongMarket);
    }
    let replaced = |slot: usize, address| {
        let mut forged = sound.clone();
        forged.accounts[slot].pubkey = address;
        forged
    };
    world.refuses(&replaced(0, stranger()), HoldfastError::NotOwner);
    let insurance = address::insurance_vault(&world.silo);
    world.refuses(&replaced(3, insurance), HoldfastError::WrongVault);
    let other = world.in_second(|world| world.trader(0).unwrap());
    world.refuses(&replaced(4, other.account), HoldfastError::WrongSilo);
    let vault = address::liquidity_vault(&world.silo);
    world.refuses(&replaced(5, vault), HoldfastError::WrongTokenAccount);
    world.other_refuses(&replaced(5, other.wallet), TOKEN_MINT_MISMATCH);

    // A stale position counts at the far edge of its band.
    let mut late = world.fork();
    late.cluster.pass(31_000);
    let much = withdraw(&late, &trader, 600_000_000, &[first]);
    world.fork().send(much.clone());
    late.refuses(&much, HoldfastError::BelowInitialMargin);
    late.send(sound.clone());
    world.break_chain();
    world.refuses(&sound, HoldfastError::ChainNotReady);
}

#[test]
pub(crate) fn tokens_in_the_other_vault_are_fetched_first() {
    // Nothing pays for a loss but insurance, which is in the other vault.
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    let mut silo = world.silo_state();
    silo.ledger.in_insurance_vault += silo.ledger.in_liquidity_vault - 999;
    silo.ledger.in_liquidity_vault = 999;
    world.put(&silo);
    let all = withdraw(&world, &trader, 1_000, &[]);
    world.refuses(&all, HoldfastError::ReconcileFirst);
}
