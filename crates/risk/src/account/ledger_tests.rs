extern crate std;
use std::vec::Vec;

use super::{AccountBalances, FeeDistribution, Ledger, settle};
use crate::account::loss::tests::COVER;
use crate::account::loss::{InsuranceDraws, LossCover, MARKETS, debts_after};
use crate::account::profit::mature;
use crate::math::Overflow;
use crate::units::{Bps, Millis, SignedUsd, Usd};
use proptest::prelude::*;

fn ledger(collateral: u64, liquidity: u64, insurance: u64) -> Ledger {
    Ledger {
        collateral: Usd(collateral),
        liquidity: Usd(liquidity),
        insurance: Usd(insurance),
        ..Ledger::default()
    }
}

#[test]
fn a_loss_takes_collateral_then_pending_profit_then_insurance() {
    let balances = AccountBalances { collateral: Usd(100), pending_profit: Usd(30), debt: Usd(0) };
    let books = Ledger { pending_profit: Usd(30), ..ledger(100, 1_000, 500) };
    let due = FeeDistribution::default();
    let settled = settle(books, balances, SignedUsd(-180), due, &COVER, true).unwrap();
    assert_eq!(settled.balances, AccountBalances::default());
    assert_eq!((settled.bad_debt, settled.insured), (Usd(50), Usd(50)));
    assert_eq!(settled.ledger, ledger(0, 1_150, 450));
}

#[test]
fn while_positions_are_left_what_is_missing_is_owed_and_paid_off_before_anything_is_gained() {
    let balances = AccountBalances { collateral: Usd(100), pending_profit: Usd(30), debt: Usd(0) };
    let books = Ledger { pending_profit: Usd(30), ..ledger(100, 1_000, 500) };
    let due = FeeDistribution::default();
    let owing = settle(books, balances, SignedUsd(-180), due, &COVER, false).unwrap();
    assert_eq!(owing.balances, AccountBalances { debt: Usd(50), ..AccountBalances::default() });
    assert_eq!((owing.bad_debt, owing.insured), (Usd(0), Usd(0)));
    assert_eq!(owing.ledger, Ledger { debt: Usd(50), ..ledger(0, 1_100, 500) });

    let debts = debts_after(COVER.debts, 0, Usd(0), Usd(50)).unwrap();
    let cover = LossCover { debts: &debts, ..COVER };
    let then = |result, flat| {
        let (ledger, balances) = (owing.ledger, owing.balances);
        settle(ledger, balances, SignedUsd(result), due, &cover, flat).unwrap()
    };
    let less = then(20, false);
    assert_eq!(
        (less.balances.debt, less.ledger),
        (Usd(30), Ledger { debt: Usd(30), ..ledger(0, 1_100, 500) })
    );
    let gained = then(60, true);
    assert_eq!((gained.balances.pending_profit, gained.balances.debt), (Usd(10), Usd(0)));
    assert_eq!(gained.ledger, Ledger { pending_profit: Usd(10), ..ledger(0, 1_100, 500) });
    let left = then(20, true);
    assert_eq!(
        (left.bad_debt, left.insured, left.balances),
        (Usd(30), Usd(30), AccountBalances::default())
    );
    assert_eq!(left.ledger, ledger(0, 1_130, 470));
}

/// A market that the silo does not have cannot be charged.
#[test]
fn nobody_is_charged_where_nothing_is_left_unpaid() {
    let balances = AccountBalances { collateral: Usd(10), ..AccountBalances::default() };
    let nobody = LossCover { market: u8::MAX, ..COVER };
    let settled = |result| {
        let due = FeeDistribution::default();
        settle(ledger(10, 0, 0), balances, SignedUsd(result), due, &nobody, true)
            .map(|done| done.bad_debt)
    };
    assert_eq!(settled(-10), Ok(Usd(0)));
    assert_eq!(settled(-11), Err(Overflow));
}

#[test]
fn what_was_deposited_since_pays_debt_with_the_next_result() {
    let balances = AccountBalances { collateral: Usd(80), pending_profit: Usd(0), debt: Usd(50) };
    assert_eq!(balances.owned(), Ok(SignedUsd(30)));
    let books = Ledger { debt: Usd(57), ..ledger(80, 1_000, 0) };
    let due = FeeDistribution::default();
    let settled = settle(books, balances, SignedUsd(-10), due, &COVER, false).unwrap();
    assert_eq!(
        settled.balances,
        AccountBalances { collateral: Usd(20), ..AccountBalances::default() }
    );
    assert_eq!(settled.ledger, Ledger { debt: Usd(7), ..ledger(20, 1_060, 0) });
}

#[test]
fn every_part_counts_and_a_claim_is_no_part() {
    let mut books = ledger(1, 20, 300);
    (books.protocol, books.queued, books.pending_profit) = (Usd(4_000), Usd(50_000), Usd(600_000));
    books.debt = Usd(7_000_000);
    assert_eq!(books.total(), Ok(Usd(54_321)));
}

proptest! {
    #[test]
    fn nothing_is_made_or_lost_and_every_limit_holds(
        collateral in 0..1_000_u64, others in 0..1_000_u64, pending in 0..1_000_u64,
        debt in 0..1_000_u64, flat: bool,
        liquidity in 0..3_000_u64, insurance in 0..1_000_u64, result in -4_000..4_000_i64,
        keeper in 0..50_u64, to_insurance in 0..50_u64, protocol in 0..50_u64, drawn in 0..600_u64,
    ) {
        let balances =
            AccountBalances { collateral: Usd(collateral), pending_profit: Usd(pending), debt: Usd(debt) };
        let before = Ledger {
            pending_profit: Usd(pending + 5),
            debt: Usd(debt + 3),
            ..ledger(collateral + others, liquidity, insurance)
        };
        let due = FeeDistribution {
            insurance: Usd(to_insurance),
            protocol: Usd(protocol),
            keeper: Usd(keeper),
        };
        let mut by_market = [0; MARKETS];
        by_market[0] = drawn;
        let draws =
            InsuranceDraws { since: Millis(COVER.now.0 - 1), start: Usd(1_000), drawn: &by_market };
        let mut debts = [0; MARKETS];
        debts[0] = debt;
        let cover = LossCover { debts: &debts, draws, ..COVER };
        let after = settle(before, balances, SignedUsd(result), due, &cover, flat).unwrap();
        prop_assert_eq!(after.ledger.total(), before.total());
        let held = after.ledger.collateral.0 - after.passed_on.keeper.0;
        prop_assert_eq!(held - after.balances.collateral.0, others);
        prop_assert_eq!(after.ledger.pending_profit.0 - after.balances.pending_profit.0, 5);
        prop_assert_eq!(after.ledger.debt.0 - after.balances.debt.0, 3);
        let owned = |balances: AccountBalances| balances.owned().unwrap().0;
        let owns = owned(balances) + result;
        prop_assert_eq!(owned(after.balances), owns + after.bad_debt.0 as i64);
        prop_assert_eq!(after.bad_debt.0 as i64, if flat { (-owns).max(0) } else { 0 });
        prop_assert_eq!(after.balances.debt.0 as i64, if flat { 0 } else { (-owns).max(0) });
        let money = (after.balances.collateral, after.balances.pending_profit);
        prop_assert!(owns >= 0 || money == (Usd(0), Usd(0)));
        prop_assert!(after.insured <= after.bad_debt);
        let base = (insurance + drawn).min(1_000);
        let above_reserve = (base - base.div_ceil(5)).saturating_sub(drawn);
        let most = above_reserve.min((base / 2).saturating_sub(drawn));
        prop_assert_eq!(after.insured.0, after.bad_debt.0.min(most));
        prop_assert!(after.passed_on.keeper.0 == keeper || after.passed_on.insurance.0 == 0);
        prop_assert!(after.passed_on.insurance.0 == to_insurance || after.passed_on.protocol.0 == 0);
    }

    #[test]
    fn the_parts_stay_the_sums_over_all_accounts_whatever_is_settled_and_matured(
        deposits in proptest::collection::vec(0..1_000_u64, 3), liquidity in 0..2_000_u64,
        steps in proptest::collection::vec(
            (0..3_usize, -1_500..1_500_i64, 0..60_u64, any::<bool>(), any::<bool>()),
            1..30,
        ),
    ) {
        let mut balances: Vec<AccountBalances> = deposits
            .iter()
            .map(|deposit| AccountBalances { collateral: Usd(*deposit), ..AccountBalances::default() })
            .collect();
        let mut books = ledger(deposits.iter().sum(), liquidity, 700);
        let (total, mut rewards) = (books.total(), 0);
        let (mut since, mut start, mut drawn) = (Millis(0), Usd(0), [0; MARKETS]);
        let mut debts = [[0; MARKETS]; 3];
        for (account, result, charge, flat, matures) in steps {
            let due = FeeDistribution {
                insurance: Usd(charge / 3),
                protocol: Usd(charge / 4),
                keeper: Usd(charge / 5),
            };
            let owed = balances[account].debt;
            let draws = InsuranceDraws { since, start, drawn: &drawn };
            let cover = LossCover { debts: &debts[account], draws, ..COVER };
            let done = settle(books, balances[account], SignedUsd(result), due, &cover, flat).unwrap();
            if done.bad_debt.0 > 0 {
                let charged = cover.insure(owed, done.bad_debt, books.insurance).unwrap();
                prop_assert_eq!(charged.insured, done.insured);
                (since, start, drawn) = (charged.since, charged.start, charged.drawn);
                debts[account] = [0; MARKETS];
            } else {
                debts[account] = debts_after(&debts[account], 0, owed, done.balances.debt).unwrap();
            }
            (books, balances[account]) = (done.ledger, done.balances);
            rewards += done.passed_on.keeper.0;
            if matures {
                let matured = mature(&books, balances[account], Bps(8_000), true).unwrap();
                (books, balances[account]) = (matured.ledger, matured.balances);
            }
            prop_assert_eq!(books.total(), total);
            let sum = |of: fn(&AccountBalances) -> Usd| balances.iter().map(|balances| of(balances).0).sum::<u64>();
            prop_assert_eq!(books.collateral.0, sum(|balances| balances.collateral) + rewards);
            prop_assert_eq!(books.pending_profit.0, sum(|balances| balances.pending_profit));
            prop_assert_eq!(books.debt.0, sum(|balances| balances.debt));
            prop_assert!(drawn[0] <= start.0 / 2);
            prop_assert_eq!(debts[account][0], balances[account].debt.0);
        }
    }
}
