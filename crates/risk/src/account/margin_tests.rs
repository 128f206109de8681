extern crate std;

use super::{Health, Leg, Ratios, covers, requirement};
use crate::account::ledger::AccountBalances;
use crate::account::position::Position;
use crate::math::Overflow;
use crate::units::{Bps, CarryIndex, Price, SignedSize, SignedUsd, Usd};
use proptest::prelude::*;

const RATIOS: Ratios = Ratios { initial: Bps(1_000), maintenance: Bps(500) };

/// A long of ten units at 100, valued at `price`.
fn long_at(price: u64) -> Leg {
    let position =
        Position { size: SignedSize(10_000_000), entry: Usd(1_000_000_000), carry: CarryIndex(0) };
    Leg { position, price: Price(price), carry: CarryIndex(0), ratios: RATIOS }
}

fn balances(collateral: u64, pending: u64) -> AccountBalances {
    AccountBalances { collateral: Usd(collateral), pending_profit: Usd(pending), debt: Usd(0) }
}

fn health(collateral: u64, pending: u64, legs: &[Leg]) -> Health {
    let mut health = Health::new(&balances(collateral, pending)).unwrap();
    for leg in legs {
        health.add(leg).unwrap();
    }
    health
}

#[test]
fn five_percent_of_a_thousand() {
    assert_eq!(requirement(Usd(1_000_000_000), Bps(500)), Ok(Usd(50_000_000)));
}

#[test]
fn the_line_itself_is_safe_and_one_unit_below_is_not() {
    assert!(covers(SignedUsd(50), Usd(50)));
    assert!(!covers(SignedUsd(49), Usd(50)));
    assert!(covers(SignedUsd(0), Usd(0)));
    assert!(!covers(SignedUsd(-1), Usd(0)));
    assert!(!covers(SignedUsd(i64::MAX), Usd(u64::MAX)));
}

#[test]
fn an_amount_out_of_range_is_an_error() {
    assert_eq!(Health::new(&balances(u64::MAX, 1)).err(), Some(Overflow));
    assert_eq!(Health::new(&balances(u64::MAX, 0)).err(), Some(Overflow));
}

#[test]
fn maintenance_is_five_percent_of_the_value_now() {
    // At 96 the loss is 40 and maintenance 48.
    assert!(health(88_000_000, 0, &[long_at(96_000_000)]).meets_maintenance());
    let short_by_one = health(87_999_999, 0, &[long_at(96_000_000)]);
    assert!(!short_by_one.meets_maintenance());
    assert_eq!(short_by_one.shortfall(), Usd(1));
    assert!(!short_by_one.is_deeply_insolvent());
    assert!(!health(64_000_000, 0, &[long_at(96_000_000)]).is_deeply_insolvent());
    assert!(health(63_999_999, 0, &[long_at(96_000_000)]).is_deeply_insolvent());
}

#[test]
fn the_initial_line_is_met_at_equality_and_missed_by_one_unit() {
    // A tenth of a thousand.
    assert!(health(100_000_000, 0, &[long_at(100_000_000)]).meets_initial());
    assert!(!health(99_999_999, 0, &[long_at(100_000_000)]).meets_initial());
}

#[test]
fn gains_and_pending_profit_back_positions_but_cannot_be_withdrawn() {
    let gaining = health(120_000_000, 50_000_000, &[long_at(110_000_000)]);
    assert_eq!(gaining.equity, SignedUsd(270_000_000));
    assert_eq!(gaining.withdrawable(Usd(120_000_000)), Usd(10_000_000));
    assert!(gaining.meets_initial());
    let idle = health(120_000_000, 50_000_000, &[]);
    assert_eq!(idle.withdrawable(Usd(120_000_000)), Usd(120_000_000));
}

#[test]
fn debt_lowers_equity_and_what_can_be_withdrawn() {
    let owing = AccountBalances { debt: Usd(30), ..balances(100, 0) };
    let mut health = Health::new(&owing).unwrap();
    assert_eq!((health.equity, health.withdrawable(Usd(100))), (SignedUsd(70), Usd(70)));
    health.add(&long_at(200_000_000)).unwrap();
    assert_eq!(health.equity, SignedUsd(1_000_000_070));
    assert_eq!(
        health.withdrawable(Usd(100)),
        Usd(0),
        "a gain does not pay it before it is realised"
    );
    let owing = AccountBalances { debt: Usd(30), ..balances(29, 0) };
    assert_eq!(Health::new(&owing).unwrap().equity, SignedUsd(-1));
}

#[test]
fn a_fraction_of_a_unit_of_value_asks_for_margin_like_a_whole_one() {
    let position = Position { size: SignedSize(1), ..Position::default() };
    let dust = Leg { position, price: Price(1), ..long_at(1) };
    let asked = health(0, 0, &[dust, dust]);
    assert_eq!((asked.initial, asked.maintenance), (Usd(2), Usd(2)));
}

proptest! {
    #[test]
    fn splitting_a_position_never_lowers_its_requirement(
        a in 0..u64::MAX / 2, b in 0..u64::MAX / 2, ratio in 0..=10_000_u16,
    ) {
        let of = |notional| requirement(Usd(notional), Bps(ratio)).unwrap().0;
        prop_assert!(of(a) + of(b) >= of(a + b));
    }

    #[test]
    fn who_fails_at_a_price_fails_at_a_worse_one_and_lacks_more_there_up_to_a_unit_of_rounding(
        size in 1..5_000_000_000_i64, short: bool, entry in 0..1_000_000_000_000_u64,
        price in 1..400_000_000_u64, fallen in 0..400_000_000_u64, carry in -1_000_000..1_000_000_i64,
        collateral in 0..1_000_000_000_000_u64,
    ) {
        let position = Position {
            size: SignedSize(if short { -size } else { size }),
            entry: Usd(entry),
            carry: CarryIndex(0),
        };
        let worse = if short { price + fallen } else { price.saturating_sub(fallen) };
        let shortfall = |price| {
            let leg = Leg { position, price: Price(price), carry: CarryIndex(carry), ratios: RATIOS };
            health(collateral, 0, &[leg]).shortfall().0
        };
        let (better, worse) = (shortfall(price), shortfall(worse));
        prop_assert!(better == 0 || worse + 1 >= better, "{worse} of {better}");
    }

    #[test]
    fn what_is_withdrawn_leaves_initial_margin_met_without_gains(
        collateral in 0..1_000_000_000_u64, price in 1_000_000..300_000_000_u64,
    ) {
        let leg = long_at(price);
        let free = health(collateral, 0, &[leg]).withdrawable(Usd(collateral));
        prop_assert!(free.0 <= collateral);
        let after = health(collateral - free.0, 0, &[leg]);
        if free.0 > 0 {
            prop_assert!(after.equity.0 - after.unrealised.0 as i64 >= after.initial.0 as i64);
            prop_assert!(after.meets_initial());
        }
    }

    #[test]
    fn an_account_is_the_sum_of_its_legs_in_any_order_and_no_leg_lowers_another_ones_requirement(
        legs in proptest::collection::vec(
            (-5_000_000..5_000_000_i64, 0..1_000_000_000_u64, 1..400_000_000_u64, -1_000_000..1_000_000_i64),
            1..6,
        ),
        collateral in 0..1_000_000_000_u64, pending in 0..1_000_000_000_u64,
    ) {
        let mut legs: std::vec::Vec<Leg> = legs
            .into_iter()
            .map(|(size, entry, price, carry)| Leg {
                position: Position { size: SignedSize(size), entry: Usd(entry), carry: CarryIndex(0) },
                price: Price(price),
                carry: CarryIndex(carry),
                ratios: RATIOS,
            })
            .collect();
        let whole = health(collateral, pending, &legs);
        let results: i64 = legs.iter().map(|leg| leg.result().unwrap().0).sum();
        let gains: u64 = legs.iter().map(|leg| leg.result().unwrap().gain().0).sum();
        let alone: u64 = legs.iter().map(|leg| health(0, 0, &[*leg]).maintenance.0).sum();
        prop_assert_eq!(whole.equity.0, (collateral + pending) as i64 + results);
        prop_assert_eq!(whole.unrealised.0, pending + gains);
        prop_assert_eq!(whole.maintenance.0, alone);
        legs.reverse();
        prop_assert_eq!(health(collateral, pending, &legs), whole);
    }
}
