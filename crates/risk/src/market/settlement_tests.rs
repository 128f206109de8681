use super::{announced, is_due, settle};
use crate::account::ledger::{AccountBalances, Ledger};
use crate::account::loss::InsuranceTerms;
use crate::account::position::Position;
use crate::account::trade_context::TradeContext;
use crate::market::exposure::SideTotal;
use crate::units::{Bps, Millis, Price, SignedSize, Size, Usd};
use proptest::prelude::*;

const DAY: u64 = Millis::DAY.0;
const INSURANCE: InsuranceTerms =
    InsuranceTerms { outage_reserve: Bps(2_000), epoch_cap: Bps(5_000) };

#[test]
fn a_day_without_a_price_that_could_have_come_and_a_day_of_notice() {
    let (newest, now) = (Millis(1_000), Millis(1_000 + DAY));
    assert_eq!(announced(newest, Millis(0), Millis(now.0 - 1)), None);
    assert_eq!(announced(newest, Millis(0), now), Some(Millis(now.0 + DAY)));
    let last_disruption = Millis(5_000);
    assert_eq!(announced(newest, last_disruption, now), None);
    assert_eq!(
        announced(newest, last_disruption, Millis(5_000 + DAY)),
        Some(Millis(5_000 + 2 * DAY))
    );
    assert_eq!(announced(Millis(0), Millis(0), Millis(u64::MAX)), None, "there never was a price");
    let due = |settles, last_disruption, now| {
        is_due(Millis(settles), Millis(last_disruption), Millis(now))
    };
    assert!(!due(0, 0, u64::MAX));
    assert!(!due(DAY, 0, DAY - 1) && due(DAY, 0, DAY));
    assert!(!due(DAY, 5, DAY + 4) && due(DAY, 5, DAY + 5), "a break gives notice again");
}

proptest! {
    #[test]
    fn an_account_is_left_with_its_result_and_without_its_position(
        size in prop_oneof![-9_000_000..-1_i64, 1..9_000_000_i64], entry in 0..900_000_000_u64,
        price in 1..400_000_000_u64, collateral in 0..2_000_000_000_u64,
    ) {
        let position = Position { size: SignedSize(size), entry: Usd(entry), ..Position::default() };
        let side = SideTotal { size: Size(size.unsigned_abs()), entry: Usd(entry), carry_basis: 0 };
        let none = SideTotal::default();
        let (longs, shorts) = if size > 0 { (side, none) } else { (none, side) };
        let balances = AccountBalances { collateral: Usd(collateral), ..AccountBalances::default() };
        let ledger =
            Ledger { collateral: Usd(collateral), liquidity: Usd(1 << 50), ..Ledger::default() };
        let book =
            TradeContext { position, balances, longs, shorts, ledger, open: Usd(entry), ..TradeContext::default() };
        let done = settle(&book, Price(price), INSURANCE, Millis(1)).unwrap();
        let after = done.book;
        prop_assert_eq!((after.position.size, after.open), (SignedSize(0), Usd(0)));
        prop_assert_eq!((after.longs.size, after.shorts.size), (Size(0), Size(0)));
        let owned = after.balances.collateral.0 + after.balances.pending_profit.0;
        let expected = collateral as i64 + done.trade.realised.0 + done.bad_debt.0 as i64;
        prop_assert_eq!(owned as i64, expected);
        prop_assert_eq!(after.ledger.total(), ledger.total());
    }
}
