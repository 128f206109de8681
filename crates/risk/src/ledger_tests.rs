extern crate std;
use std::vec::Vec;

use super::{Ledger, PassedOn, Purse, settle};
use crate::loss::{Drawn, InsuranceTerms};
use crate::profit::mature;
use crate::units::{Bps, Millis, SignedUsd, Usd};
use proptest::prelude::*;

const TERMS: InsuranceTerms = InsuranceTerms { outage_reserve: Bps(2_000), epoch_cap: Bps(5_000) };
const NOW: Millis = Millis(1_700_000_000_000);

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
    let purse = Purse { collateral: Usd(100), pending_profit: Usd(30) };
    let books = Ledger { pending_profit: Usd(30), ..ledger(100, 1_000, 500) };
    let due = PassedOn::default();
    let settled = settle(books, purse, SignedUsd(-180), due, Drawn::default(), TERMS, NOW).unwrap();
    assert_eq!(settled.purse, Purse::default());
    assert_eq!((settled.bad_debt, settled.insured), (Usd(50), Usd(50)));
    assert_eq!(settled.ledger, ledger(0, 1_150, 450));
    assert_eq!(settled.drawn, Drawn { since: NOW, fund: Usd(500), amount: Usd(50) });
}

#[test]
fn every_part_counts_and_a_claim_is_no_part() {
    let mut books = ledger(1, 20, 300);
    (books.protocol, books.queued, books.pending_profit) = (Usd(4_000), Usd(50_000), Usd(600_000));
    assert_eq!(books.total(), Ok(Usd(54_321)));
}

#[test]
fn only_bad_debt_begins_a_period() {
    let purse = Purse { collateral: Usd(100), pending_profit: Usd(0) };
    let settled = |result| {
        let books = ledger(100, 1_000, 500);
        let due = PassedOn::default();
        settle(books, purse, SignedUsd(result), due, Drawn::default(), TERMS, NOW).unwrap()
    };
    for result in [-100, 0, 100] {
        assert_eq!(settled(result).drawn, Drawn::default());
    }
    assert_eq!(settled(-101).drawn.since, NOW);
}

proptest! {
    #[test]
    fn nothing_is_made_or_lost_and_every_limit_holds(
        collateral in 0..1_000_u64, others in 0..1_000_u64, pending in 0..1_000_u64,
        liquidity in 0..3_000_u64, insurance in 0..1_000_u64, result in -4_000..4_000_i64,
        keeper in 0..50_u64, to_insurance in 0..50_u64, protocol in 0..50_u64, drawn in 0..600_u64,
    ) {
        let purse = Purse { collateral: Usd(collateral), pending_profit: Usd(pending) };
        let before = Ledger {
            pending_profit: Usd(pending + 5),
            ..ledger(collateral + others, liquidity, insurance)
        };
        let due = PassedOn {
            insurance: Usd(to_insurance),
            protocol: Usd(protocol),
            keeper: Usd(keeper),
        };
        let period = Drawn { since: Millis(NOW.0 - 1), fund: Usd(1_000), amount: Usd(drawn) };
        let after = settle(before, purse, SignedUsd(result), due, period, TERMS, NOW).unwrap();
        prop_assert_eq!(after.ledger.total(), before.total());
        let held = after.ledger.collateral.0 - after.passed_on.keeper.0;
        prop_assert_eq!(held - after.purse.collateral.0, others);
        prop_assert_eq!(after.ledger.pending_profit.0 - after.purse.pending_profit.0, 5);
        let owned = |purse: Purse| (purse.collateral.0 + purse.pending_profit.0) as i64;
        prop_assert_eq!(owned(after.purse), owned(purse) + result + after.bad_debt.0 as i64);
        prop_assert!(after.bad_debt.0 == 0 || after.purse == Purse::default());
        prop_assert!(after.insured <= after.bad_debt);
        let most = (insurance - (insurance * 2).div_ceil(10)).min(500_u64.saturating_sub(drawn));
        prop_assert_eq!(after.insured.0, after.bad_debt.0.min(most));
        prop_assert!(after.passed_on.keeper.0 == keeper || after.passed_on.insurance.0 == 0);
        prop_assert!(after.passed_on.insurance.0 == to_insurance || after.passed_on.protocol.0 == 0);
    }

    #[test]
    fn the_parts_stay_the_sums_over_all_accounts_whatever_is_settled_and_matured(
        deposits in proptest::collection::vec(0..1_000_u64, 3), liquidity in 0..2_000_u64,
        steps in proptest::collection::vec((0..3_usize, -1_500..1_500_i64, 0..60_u64, any::<bool>()), 1..30),
    ) {
        let mut purses: Vec<Purse> = deposits
            .iter()
            .map(|deposit| Purse { collateral: Usd(*deposit), pending_profit: Usd(0) })
            .collect();
        let mut books = ledger(deposits.iter().sum(), liquidity, 700);
        let (total, mut drawn, mut rewards) = (books.total(), Drawn::default(), 0);
        for (account, result, charge, matures) in steps {
            let due = PassedOn {
                insurance: Usd(charge / 3),
                protocol: Usd(charge / 4),
                keeper: Usd(charge / 5),
            };
            let done = settle(books, purses[account], SignedUsd(result), due, drawn, TERMS, NOW).unwrap();
            (books, purses[account], drawn) = (done.ledger, done.purse, done.drawn);
            rewards += done.passed_on.keeper.0;
            if matures {
                let matured = mature(&books, purses[account], Bps(8_000)).unwrap();
                (books, purses[account]) = (matured.ledger, matured.purse);
            }
            prop_assert_eq!(books.total(), total);
            let sum = |of: fn(&Purse) -> Usd| purses.iter().map(|purse| of(purse).0).sum::<u64>();
            prop_assert_eq!(books.collateral.0, sum(|purse| purse.collateral) + rewards);
            prop_assert_eq!(books.pending_profit.0, sum(|purse| purse.pending_profit));
            prop_assert!(drawn.amount.0 <= drawn.fund.0 / 2);
        }
    }
}
