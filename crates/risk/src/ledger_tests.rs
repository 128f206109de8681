use super::{Ledger, PassedOn, Purse, settle};
use crate::loss::{Drawn, InsuranceTerms};
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
}
