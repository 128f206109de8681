use super::{SideExposure, TradersResult, insurance, is_trifle, liquidity};
use crate::account::ledger::Ledger;
use crate::market::exposure::SideTotal;
use crate::units::{Bps, CarryIndex, Price, Side, SignedUsd, Size, Usd};
use proptest::prelude::*;

fn ledger() -> Ledger {
    Ledger {
        collateral: Usd(1_000),
        liquidity: Usd(1_000),
        insurance: Usd(500),
        pending_profit: Usd(50),
        ..Ledger::default()
    }
}

/// Positions worth `entry` at their opening and `now` now, with a margin of a tenth.
fn exposure(side: Side, entry: u64, now: u64) -> SideExposure {
    SideExposure {
        side,
        total: SideTotal { size: Size(1_000_000), entry: Usd(entry), carry_basis: 0 },
        price: Price(now),
        carry: CarryIndex(0),
        initial: Bps(1_000),
    }
}

fn traders(sides: &[SideExposure]) -> TradersResult {
    let mut traders = TradersResult::default();
    for side in sides {
        traders.add(side).unwrap();
    }
    traders
}

#[test]
fn the_pool_owes_pending_profit_and_what_traders_would_gain() {
    for joins in [false, true] {
        let lose = traders(&[exposure(Side::Long, 300, 270)]);
        assert_eq!(liquidity(&ledger(), &lose, joins), Ok(SignedUsd(980)));
        let gain = traders(&[exposure(Side::Short, 3_000, 1_000)]);
        assert_eq!(liquidity(&ledger(), &gain, joins), Ok(SignedUsd(-1_050)), "not clipped");
        let hedged = traders(&[exposure(Side::Long, 300, 320), exposure(Side::Short, 300, 320)]);
        assert_eq!(liquidity(&ledger(), &hedged, joins), Ok(SignedUsd(950)));
    }
}

#[test]
fn what_margin_does_not_cover_counts_for_who_joins_and_not_for_who_leaves() {
    let crash = traders(&[exposure(Side::Long, 300, 200)]);
    assert_eq!(liquidity(&ledger(), &crash, true), Ok(SignedUsd(1_050)));
    assert_eq!(liquidity(&ledger(), &crash, false), Ok(SignedUsd(980)), "a tenth of the entry");
    let poor = Ledger { collateral: Usd(12), ..ledger() };
    assert_eq!(liquidity(&poor, &crash, false), Ok(SignedUsd(962)), "all the collateral there is");
}

#[test]
fn debt_counts_for_who_joins_and_not_for_who_leaves() {
    let owed = Ledger { debt: Usd(20), ..ledger() };
    let none = TradersResult::default();
    assert_eq!(liquidity(&owed, &none, false), Ok(SignedUsd(950)));
    assert_eq!(liquidity(&owed, &none, true), Ok(SignedUsd(970)));
    assert_eq!(insurance(&owed, false), Ok(SignedUsd(480)));
    assert_eq!(insurance(&owed, true), Ok(SignedUsd(500)));
    let more = Ledger { debt: Usd(501), ..ledger() };
    assert_eq!(insurance(&more, false), Ok(SignedUsd(-1)));
}

#[test]
fn a_hundredth_of_the_cash_is_a_trifle() {
    let total = |entry| SideTotal { size: Size(1_000_000), entry: Usd(entry), carry_basis: 0 };
    let trifle = |entry, price, cash| is_trifle(&total(entry), Price(price), Usd(cash));
    assert_eq!(trifle(100, 100, 10_000), Ok(true));
    assert_eq!(trifle(100, 101, 10_000), Ok(false));
    assert_eq!(trifle(101, 100, 10_000), Ok(false));
    assert_eq!(trifle(0, 0, 0), Ok(true));
}

proptest! {
    /// Whatever the accounts behind the totals can pay: with margin as opened, those who leave are
    /// never paid from what cannot be collected.
    #[test]
    fn who_leaves_is_not_paid_from_what_cannot_be_collected(
        positions in proptest::collection::vec((any::<bool>(), 1_000..100_000_u64), 1..8),
        now in 1..200_u64,
    ) {
        // One account each, opened at 100 with a tenth for margin; at `now` nobody was liquidated.
        let (mut longs, mut shorts) = (0, 0);
        let (mut collectable, mut gains, mut collateral) = (0, 0, 0);
        for (short, entry) in positions {
            let margin = entry.div_ceil(10);
            let value = entry * now / 100;
            let gain = if short { entry as i64 - value as i64 } else { value as i64 - entry as i64 };
            gains += gain.max(0);
            collectable += (-gain).max(0).min(margin as i64);
            collateral += margin;
            *(if short { &mut shorts } else { &mut longs }) += entry;
        }
        let side = |side, entry: u64| SideExposure {
            total: SideTotal { size: Size(entry * 1_000_000), entry: Usd(entry * 100), carry_basis: 0 },
            price: Price(now),
            ..exposure(side, 0, 0)
        };
        let result = traders(&[side(Side::Long, longs), side(Side::Short, shorts)]);
        let books = Ledger {
            collateral: Usd(collateral * 100),
            liquidity: Usd(1 << 40),
            ..Ledger::default()
        };
        let fair = (1 << 40) + (collectable - gains) * 100;
        // A unit per position is the rounding of its value above.
        let [leaves, joins] = [false, true].map(|joins| liquidity(&books, &result, joins).unwrap());
        prop_assert!(leaves.0 <= fair + 8 * 100, "{leaves:?} of {fair}");
        prop_assert!(joins >= leaves);
    }
}
