use proptest::prelude::*;

use super::liquidation_price;
use crate::account::ledger::AccountBalances;
use crate::account::margin::{Health, Leg, Ratios};
use crate::account::position::Position;
use crate::units::{Bps, CarryIndex, Price, SignedSize, Usd};

/// A position of the first of several markets.
fn leg(size: i64, entry: u64, price: u64) -> Leg {
    Leg {
        position: Position { size: SignedSize(size), entry: Usd(entry), carry: CarryIndex(0) },
        price: Price(price),
        carry: CarryIndex(0),
        ratios: Ratios { initial: Bps(1_000), maintenance: Bps(500) },
    }
}

fn money(collateral: u64) -> AccountBalances {
    AccountBalances { collateral: Usd(collateral), ..AccountBalances::default() }
}

/// Whether the account is safe when the first leg's price is `price`.
fn is_safe(balances: &AccountBalances, leg: Leg, others: &[Leg], price: u64) -> bool {
    let mut health = Health::new(balances).unwrap();
    health.add(&Leg { price: Price(price), ..leg }).unwrap();
    for other in others {
        health.add(other).unwrap();
    }
    health.meets_maintenance()
}

#[test]
fn a_long_at_ten_times_its_collateral_falls_by_a_twentieth() {
    // 10 units at 100 with 100 of collateral: 100 + 10 (p - 100) = 10 p / 20 at p = 94.736843.
    let found =
        liquidation_price(&money(100_000_000), &leg(10_000_000, 1_000_000_000, 100_000_000), &[]);
    assert_eq!(found, Ok(Some(Price(94_736_843))));
}

#[test]
fn what_cannot_fail_or_cannot_be_saved_has_none() {
    let held = leg(10_000_000, 1_000_000_000, 100_000_000);
    assert_eq!(liquidation_price(&money(2_000_000_000), &held, &[]), Ok(None));
    let short = leg(-1, 0, 1);
    let debt = AccountBalances { debt: Usd(1_000_000_000), ..AccountBalances::default() };
    assert_eq!(liquidation_price(&debt, &short, &[]), Ok(None));
    assert_eq!(liquidation_price(&money(1), &leg(0, 0, 100), &[]), Ok(None));
}

proptest! {
    #[test]
    fn the_account_is_safe_at_the_price_found_and_fails_one_millionth_on(
        size in prop_oneof![-50_000_000_i64..-1_000, 1_000_i64..50_000_000],
        price in 1_000_u64..400_000_000,
        entry_bps in 5_000_u64..15_000,
        collateral in 0_u64..2_000_000_000,
        other in (-5_000_000_i64..5_000_000, 0_u64..1_000_000_000, 1_u64..400_000_000),
    ) {
        let value = (size.unsigned_abs() as u128 * price as u128 / 1_000_000) as u64;
        let held = leg(size, value / 10_000 * entry_bps, price);
        let (balances, others) = (money(collateral), [leg(other.0, other.1, other.2)]);
        let Some(found) = liquidation_price(&balances, &held, &others).unwrap() else {
            // Then it is safe, or fails, wherever one looks.
            let looks = [0, price / 2, price, price * 2, price * 1_000];
            let safe = looks.map(|at| is_safe(&balances, held, &others, at));
            prop_assert!(safe.iter().all(|it| *it == safe[0]), "{safe:?}");
            return Ok(());
        };
        let beyond = if size > 0 { found.0 - 1 } else { found.0 + 1 };
        prop_assert!(is_safe(&balances, held, &others, found.0));
        prop_assert!(!is_safe(&balances, held, &others, beyond));
    }
}
