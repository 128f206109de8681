extern crate std;
use std::vec::Vec;

use super::{AccountBalances, FeeDistribution, Ledger, LossCover, settle};
use crate::account::loss::{InsuranceDraw, InsuranceTerms};
use crate::account::profit::mature;
use crate::units::{Bps, Millis, SignedUsd, Usd};
use proptest::prelude::*;

const TERMS: InsuranceTerms = InsuranceTerms { outage_reserve: Bps(2_000), epoch_cap: Bps(5_000) };
const NOW: Millis = Millis(1_700_000_000_000);
const COVER: LossCover = LossCover {
    drawn: InsuranceDraw { since: Millis(0), fund: Usd(0), amount: Usd(0) },
    terms: TERMS,
    now: NOW,
};

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
    let settled = settle(books, balances, SignedUsd(-180), due, COVER, true).unwrap();
    assert_eq!(settled.balances, AccountBalances::default());
    assert_eq!((settled.bad_debt, settled.insured), (Usd(50), Usd(50)));
    assert_eq!(settled.ledger, ledger(0, 1_150, 450));
    assert_eq!(settled.drawn, InsuranceDraw { since: NOW, fund: Usd(500), amount: Usd(50) });
}

#[test]
fn while_positions_are_left_what_is_missing_is_owed_and_paid_off_before_anything_is_gained() {
    let balances = AccountBalances { collateral: Usd(100), pending_profit: Usd(30), debt: Usd(0) };
    let books = Ledger { pending_profit: Usd(30), ..ledger(100, 1_000, 500) };
    let due = FeeDistribution::default();
    let owing = settle(books, balances, SignedUsd(-180), due, COVER, false).unwrap();
    assert_eq!(owing.balances, AccountBalances { debt: Usd(50), ..AccountBalances::default() });
    assert_eq!(
        (owing.bad_debt, owing.insured, owing.drawn),
        (Usd(0), Usd(0), InsuranceDraw::default())
    );
    assert_eq!(owing.ledger, Ledger { debt: Usd(50), ..ledger(0, 1_100, 500) });

    let then = |result, flat| {
        let (ledger, balances) = (owing.ledger, owing.balances);
        settle(ledger, balances, SignedUsd(result), due, COVER, flat).unwrap()
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

#[test]
fn what_was_deposited_since_pays_debt_with_the_next_result() {
    let balances = AccountBalances { collateral: Usd(80), pending_profit: Usd(0), debt: Usd(50) };
    assert_eq!(balances.owned(), Ok(SignedUsd(30)));
    let books = Ledger { debt: Usd(57), ..ledger(80, 1_000, 0) };
    let due = FeeDistribution::default();
    let settled = settle(books, balances, SignedUsd(-10), due, COVER, false).unwrap();
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

#[test]
fn only_bad_debt_begins_a_period() {
    let balances = AccountBalances { collateral: Usd(100), ..AccountBalances::default() };
    let settled = |result, flat| {
        let books = ledger(100, 1_000, 500);
        let due = FeeDistribution::default();
        settle(books, balances, SignedUsd(result), due, COVER, flat).unwrap()
    };
    for result in [-100, 0, 100] {
        assert_eq!(settled(result, true).drawn, InsuranceDraw::default());
    }
    assert_eq!(settled(-101, false).drawn, InsuranceDraw::default());
    assert_eq!(settled(-101, true).drawn.since, NOW);
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
        let period = InsuranceDraw { since: Millis(NOW.0 - 1), fund: Usd(1_000), amount: Usd(drawn) };
        let cover = LossCover { drawn: period, ..COVER };
        let after = settle(before, balances, SignedUsd(result), due, cover, flat).unwrap();
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
        let most = (insurance - (insurance * 2).div_ceil(10)).min(500_u64.saturating_sub(drawn));
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
        let (total, mut drawn, mut rewards) = (books.total(), InsuranceDraw::default(), 0);
        for (account, result, charge, flat, matures) in steps {
            let due = FeeDistribution {
                insurance: Usd(charge / 3),
                protocol: Usd(charge / 4),
                keeper: Usd(charge / 5),
            };
            let cover = LossCover { drawn, ..COVER };
            let done = settle(books, balances[account], SignedUsd(result), due, cover, flat).unwrap();
            (books, balances[account], drawn) = (done.ledger, done.balances, done.drawn);
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
            prop_assert!(drawn.amount.0 <= drawn.fund.0 / 2);
        }
    }
}
