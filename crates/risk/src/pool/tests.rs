use super::{Exit, PoolError, PoolKind, join, leave, liquidity_value};
use crate::account::ledger::Ledger;
use crate::pool::share::Pool;
use crate::units::{Bps, SignedUsd, Usd};
use proptest::prelude::*;

fn ledger() -> Ledger {
    Ledger {
        liquidity: Usd(1_000),
        insurance: Usd(500),
        queued: Usd(100),
        pending_profit: Usd(50),
        ..Ledger::default()
    }
}

const SHARES: Pool = Pool { assets: Usd(999), shares: 999 };

#[test]
fn the_pool_owes_pending_profit_and_what_traders_would_gain() {
    for joins in [false, true] {
        assert_eq!(liquidity_value(&ledger(), SignedUsd(-30), joins), Ok(Usd(980)));
        assert_eq!(liquidity_value(&ledger(), SignedUsd(2_000), joins), Ok(Usd(0)));
    }
}

#[test]
fn debt_counts_for_who_joins_and_not_for_who_leaves() {
    let owed = Ledger { debt: Usd(20), ..ledger() };
    assert_eq!(liquidity_value(&owed, SignedUsd(0), false), Ok(Usd(950)));
    assert_eq!(liquidity_value(&owed, SignedUsd(0), true), Ok(Usd(970)));
}

#[test]
fn joining_moves_the_queued_deposit_into_its_pool() {
    let (after, shares) = join(&ledger(), PoolKind::Liquidity, SHARES, Usd(100), 100).unwrap();
    assert_eq!((after.liquidity, after.queued, shares), (Usd(1_100), Usd(0), 100));
    let (after, _) = join(&ledger(), PoolKind::Insurance, SHARES, Usd(100), 0).unwrap();
    assert_eq!(after.insurance, Usd(600));
    let refused =
        |deposit, least| join(&ledger(), PoolKind::Liquidity, SHARES, Usd(deposit), least);
    assert_eq!(refused(100, 101), Err(PoolError::BelowMinimum));
    assert_eq!(refused(0, 0), Err(PoolError::Nothing));
    assert_eq!(refused(101, 0), Err(PoolError::Overflow));
}

#[test]
fn insurance_leaves_at_the_lower_worth_and_liquidity_in_use_stays() {
    let exit = |shares, at_request, least| Exit { shares, at_request, least: Usd(least) };
    let out = |kind, exit, open| leave(&ledger(), kind, SHARES, exit, Usd(open), Bps(10_000));
    let (after, paid) = out(PoolKind::Insurance, exit(100, Some(Usd(90)), 90), 0).unwrap();
    assert_eq!((after.insurance, paid), (Usd(410), Usd(90)));
    let (_, paid) = out(PoolKind::Insurance, exit(100, Some(Usd(110)), 0), 0).unwrap();
    assert_eq!(paid, Usd(100));
    assert_eq!(out(PoolKind::Liquidity, exit(100, None, 101), 0), Err(PoolError::BelowMinimum));
    assert!(out(PoolKind::Liquidity, exit(100, None, 0), 900).is_ok());
    assert_eq!(out(PoolKind::Liquidity, exit(100, None, 0), 901), Err(PoolError::InUse));
    assert_eq!(out(PoolKind::Liquidity, exit(0, None, 0), 0), Err(PoolError::Nothing));
}

proptest! {
    #[test]
    fn joining_and_leaving_at_the_same_worth_never_gains(
        assets in 0..1_000_000_000_u64, shares in 0..1_000_000_000_u64, deposit in 1..1_000_000_u64,
    ) {
        let before = Ledger { liquidity: Usd(assets), queued: Usd(deposit), ..Ledger::default() };
        let pool = Pool { assets: Usd(assets), shares };
        let Ok((joined, bought)) = join(&before, PoolKind::Liquidity, pool, Usd(deposit), 0) else {
            return Ok(());
        };
        let pool = Pool { assets: joined.liquidity, shares: shares + bought };
        let exit = Exit { shares: bought, at_request: None, least: Usd(0) };
        if let Ok((left, paid)) = leave(&joined, PoolKind::Liquidity, pool, exit, Usd(0), Bps(1)) {
            prop_assert!(paid.0 <= deposit && left.liquidity.0 >= assets);
        }
    }
}
