use super::{Claims, Exit, Joined, PoolError, PoolKind, join, leave};
use crate::account::ledger::{AccountBalances, Ledger};
use crate::account::profit::mature;
use crate::pool::share::LEAST_SHARES;
use crate::units::{Bps, SignedUsd, Usd};
use proptest::prelude::*;

const MILLION: u64 = 1_000_000;
const CLAIMS: Claims = Claims { open: Usd(0), utilisation: Bps(10_000), payable_share: Bps(8_000) };

fn ledger() -> Ledger {
    Ledger {
        liquidity: Usd(1_000 * MILLION),
        insurance: Usd(500 * MILLION),
        queued: Usd(100 * MILLION),
        ..Ledger::default()
    }
}

#[test]
fn joining_moves_the_queued_deposit_into_its_pool() {
    let worth = SignedUsd(1_000 * MILLION as i64 - 1);
    let joins = |kind, deposit, least| {
        join(&ledger(), kind, worth, 1_000 * MILLION - 1, Usd(deposit), least)
    };
    let Joined { ledger: after, shares, unheld } =
        joins(PoolKind::Liquidity, 100 * MILLION, 100 * MILLION).unwrap();
    assert_eq!((after.liquidity, after.queued), (Usd(1_100 * MILLION), Usd(0)));
    assert_eq!((shares, unheld), (100 * MILLION, 0));
    let after = joins(PoolKind::Insurance, 100 * MILLION, 0).unwrap().ledger;
    assert_eq!(after.insurance, Usd(600 * MILLION));
    let refused = |deposit, least| joins(PoolKind::Liquidity, deposit, least);
    assert_eq!(refused(100 * MILLION, 100 * MILLION + 1), Err(PoolError::BelowMinimum));
    assert_eq!(refused(LEAST_SHARES - 1, 0), Err(PoolError::TooSmall));
    let fewest = joins(PoolKind::Liquidity, LEAST_SHARES, LEAST_SHARES).unwrap();
    assert_eq!(fewest.shares, LEAST_SHARES);
    assert_eq!(refused(100 * MILLION + 1, 0), Err(PoolError::Overflow));
}

#[test]
fn nobody_joins_a_pool_that_is_worth_less_than_half_its_cash() {
    let joins = |worth| {
        let shares = 1_000 * MILLION;
        join(&ledger(), PoolKind::Liquidity, SignedUsd(worth), shares, Usd(100 * MILLION), 0)
    };
    let half = 500 * MILLION as i64;
    assert!(joins(half).is_ok());
    for worth in [half - 1, 0, -1, i64::MIN / 2] {
        assert_eq!(joins(worth), Err(PoolError::Undervalued));
    }
}

#[test]
fn what_came_in_before_anybody_had_a_stake_is_nobodys() {
    let rich = Ledger { insurance: Usd(100_000 * MILLION), queued: Usd(20 * MILLION), ..ledger() };
    let worth = SignedUsd(100_000 * MILLION as i64);
    for held in [0, 1, 99 * MILLION] {
        let done = join(&rich, PoolKind::Insurance, worth, held, Usd(20 * MILLION), 0).unwrap();
        assert_eq!((done.shares, done.unheld + held), (20 * MILLION, 100_000 * MILLION));
    }
    // With a stake the fund is its holders'.
    let done = join(&rich, PoolKind::Insurance, worth, 100 * MILLION, Usd(20 * MILLION), 0);
    assert_eq!(done, Err(PoolError::TooSmall));
}

/// What nobody has a stake in is not paid to whoever leaves: a share is worth a unit until there is one.
#[test]
fn what_is_nobodys_is_paid_to_nobody() {
    let rich = Ledger { insurance: Usd(100_000 * MILLION), ..ledger() };
    let worth = SignedUsd(100_000 * MILLION as i64);
    for kind in [PoolKind::Insurance, PoolKind::Liquidity] {
        let ledger = Ledger { liquidity: rich.insurance, ..rich };
        for (held, most) in [(MILLION, 1), (99 * MILLION, 99), (100 * MILLION, 100_000)] {
            let exit = Exit { shares: held, at_request: None, least: Usd(0) };
            let (_, paid) = leave(&ledger, kind, worth, held, exit, &CLAIMS).unwrap();
            assert!(paid <= Usd(most * MILLION), "{paid:?} for {held} shares");
            assert!(paid.0 + 1_000 >= most * MILLION, "{paid:?} for {held} shares");
        }
    }
}

#[test]
fn insurance_leaves_at_the_lower_worth_and_liquidity_in_use_stays() {
    let exit = |shares, at_request, least| Exit { shares, at_request, least: Usd(least) };
    let out = |kind, exit, open| {
        let claims = Claims { open: Usd(open), ..CLAIMS };
        leave(&ledger(), kind, SignedUsd(999), 999, exit, &claims)
    };
    let (after, paid) = out(PoolKind::Insurance, exit(100, Some(Usd(90)), 90), 0).unwrap();
    assert_eq!((after.insurance, paid), (Usd(500 * MILLION - 90), Usd(90)));
    let (_, paid) = out(PoolKind::Insurance, exit(100, Some(Usd(110)), 0), 0).unwrap();
    assert_eq!(paid, Usd(100));
    assert_eq!(out(PoolKind::Liquidity, exit(100, None, 101), 0), Err(PoolError::BelowMinimum));
    let most = 1_000 * MILLION - 100;
    assert!(out(PoolKind::Liquidity, exit(100, None, 0), most).is_ok());
    assert_eq!(out(PoolKind::Liquidity, exit(100, None, 0), most + 1), Err(PoolError::InUse));
    assert_eq!(out(PoolKind::Liquidity, exit(0, None, 0), 0), Err(PoolError::Nothing));
    let owing = leave(&ledger(), PoolKind::Liquidity, SignedUsd(-5), 9, exit(9, None, 0), &CLAIMS);
    assert_eq!(owing, Err(PoolError::Nothing));
}

proptest! {
    #[test]
    fn joining_and_leaving_at_the_same_worth_never_gains(
        assets in 0..1_000_000_000_u64, shares in 0..1_000_000_000_u64,
        deposit in 1..1_000_000_000_u64,
    ) {
        let before = Ledger { liquidity: Usd(assets), queued: Usd(deposit), ..Ledger::default() };
        let worth = SignedUsd(assets as i64);
        let Ok(joined) = join(&before, PoolKind::Liquidity, worth, shares, Usd(deposit), 0) else {
            return Ok(());
        };
        let exit = Exit { shares: joined.shares, at_request: None, least: Usd(0) };
        let (all, worth) =
            (shares + joined.unheld + joined.shares, joined.ledger.liquidity.signed().unwrap());
        let left = leave(&joined.ledger, PoolKind::Liquidity, worth, all, exit, &CLAIMS);
        let (left, paid) = left.unwrap();
        prop_assert!(paid.0 <= deposit && left.liquidity.0 >= assets);
        // A millionth for rounding the shares, a unit for rounding what is paid.
        let lost = u128::from(deposit - paid.0) * 1_000_000;
        prop_assert!(lost <= u128::from(deposit) + 2_000_000, "{paid:?} of {deposit}");
    }

    /// Signed worth, cash and shares at will: a deposit never takes a larger part of the pool than
    /// twice its share of the cash.
    #[test]
    fn a_deposit_never_dilutes_by_more_than_twice_deposit_over_cash(
        cash in 0..1_000_000_000_000_u64, worth in -1_000_000_000_000..2_000_000_000_000_i64,
        shares in 0..1_000_000_000_000_u64, deposit in 1..1_000_000_000_000_u64,
    ) {
        let before = Ledger { liquidity: Usd(cash), queued: Usd(deposit), ..Ledger::default() };
        let joined = join(&before, PoolKind::Liquidity, SignedUsd(worth), shares, Usd(deposit), 0);
        let Ok(joined) = joined else { return Ok(()) };
        let all = u128::from(shares) + u128::from(joined.unheld);
        // part = bought ÷ (all + bought) ≤ 2 · deposit ÷ (cash + deposit), but for virtual share and unit
        let bought = u128::from(joined.shares);
        let total = u128::from(cash) + u128::from(deposit);
        prop_assert!(bought * total <= (2 * u128::from(deposit) + 2) * (all + 1 + bought));
    }

    /// Requests that share a price: in either order each gets the same, but for rounding.
    #[test]
    fn the_order_of_requests_at_one_worth_does_not_matter(
        cash in 200_000_000..1_000_000_000_000_u64, shares in 200_000_000..1_000_000_000_000_u64,
        deposit in 1..1_000_000_000_000_u64, part in 0..=1_000_u64,
    ) {
        let before = Ledger { liquidity: Usd(cash), queued: Usd(deposit), ..Ledger::default() };
        let gives = shares / 1_000 * part / 2;
        let exit = Exit { shares: gives, at_request: None, least: Usd(0) };
        let kind = PoolKind::Liquidity;
        let joins = |ledger: &Ledger, shares| {
            join(ledger, kind, ledger.liquidity.signed().unwrap(), shares, Usd(deposit), 0)
        };
        let leaves = |ledger: &Ledger, shares| {
            leave(ledger, kind, ledger.liquidity.signed().unwrap(), shares, exit, &CLAIMS)
        };
        let (Ok(first), Ok((left, alone))) = (joins(&before, shares), leaves(&before, shares)) else {
            return Ok(());
        };
        let (_, after) = leaves(&first.ledger, shares + first.shares).unwrap();
        prop_assert!(alone.0.abs_diff(after.0) <= 1 + alone.0 / 1_000_000);
        let second = joins(&left, shares - gives).unwrap();
        let per_million = first.shares / 1_000_000;
        prop_assert!(first.shares.abs_diff(second.shares) <= 2 + per_million);
    }

    /// Whoever leaves with whatever, profit that could be paid in full still can.
    #[test]
    fn leaving_never_turns_payable_in_full_into_a_cut(
        cash in 1..1_000_000_000_u64, pending in 0..1_000_000_000_u64, share in 1..=10_000_u16,
        shares in 1..1_000_000_000_u64, part in 1..=1_000_u64,
    ) {
        let before =
            Ledger { liquidity: Usd(cash), pending_profit: Usd(pending), ..Ledger::default() };
        let owner = AccountBalances { pending_profit: Usd(pending), ..AccountBalances::default() };
        let full = |ledger: &Ledger| mature(ledger, owner, Bps(share), false).is_ok();
        let worth = cash as i64 - pending as i64;
        let exit = Exit { shares: shares * part / 1_000, at_request: None, least: Usd(0) };
        let claims = Claims { payable_share: Bps(share), ..CLAIMS };
        let left = leave(&before, PoolKind::Liquidity, SignedUsd(worth), shares, exit, &claims);
        if let Ok((after, _)) = left {
            prop_assert!(full(&before) && full(&after));
        }
    }
}
