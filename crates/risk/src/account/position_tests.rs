extern crate std;
use std::vec::Vec;

use super::{Position, notional};
use crate::market::exposure::{SideTotal, side_gain};
use crate::math::Rounding;
use crate::units::{CarryIndex, Price, Side, SignedSize, SignedUsd, Size, Usd};
use proptest::prelude::*;

fn at(price: u64) -> Price {
    Price(price)
}

/// What both sides of a market would gain.
fn both(
    longs: &SideTotal,
    shorts: &SideTotal,
    price: Price,
    carry: impl Fn(Side) -> CarryIndex,
) -> SignedUsd {
    let [long, short] = [(Side::Long, longs), (Side::Short, shorts)]
        .map(|(side, total)| side_gain(side, total, price, carry(side)).unwrap());
    long.plus(short).unwrap()
}

const FLAT: fn(Side) -> CarryIndex = |_| CarryIndex(0);

#[test]
fn a_long_gains_what_the_price_rises() {
    let opened = Position::default().trade(SignedSize(2_000_000), at(100_000_000), FLAT).unwrap();
    assert_eq!(opened.position.entry, Usd(200_000_000));
    assert_eq!(opened.position.profit(at(103_000_000)), Ok(SignedUsd(6_000_000)));
    let closed = opened.position.trade(SignedSize(-2_000_000), at(103_000_000), FLAT).unwrap();
    assert_eq!((closed.position, closed.realised), (Position::default(), SignedUsd(6_000_000)));
}

#[test]
fn a_flip_closes_whole_and_opens_the_rest() {
    let long = Position::default().trade(SignedSize(2_000_000), at(100_000_000), FLAT).unwrap();
    let flipped = long.position.trade(SignedSize(-5_000_000), at(90_000_000), FLAT).unwrap();
    assert_eq!((flipped.closed, flipped.opened), (Size(2_000_000), Size(3_000_000)));
    assert_eq!(flipped.position.size, SignedSize(-3_000_000));
    assert_eq!(flipped.position.entry, Usd(270_000_000));
    assert_eq!(flipped.realised, SignedUsd(-20_000_000));
}

#[test]
fn the_pool_counts_a_fraction_of_a_unit_it_owes_as_a_whole_one() {
    let total = |size, entry| SideTotal { size: Size(size), entry: Usd(entry), carry_basis: 0 };
    let owed = |longs: SideTotal, shorts: SideTotal| both(&longs, &shorts, at(1_500_000), FLAT);
    assert_eq!(owed(total(1, 1), total(0, 0)), SignedUsd(1));
    assert_eq!(owed(total(0, 0), total(1, 2)), SignedUsd(1));
}

#[test]
fn values_out_of_range_are_errors() {
    assert!(notional(Size(u64::MAX), Price(u64::MAX), Rounding::Up).is_err());
    let huge = SignedSize(i64::MAX);
    assert!(Position::default().trade(huge, Price(u64::MAX), FLAT).is_err());
    let long = Position::default().trade(huge, Price(1), FLAT).unwrap().position;
    assert!(long.trade(SignedSize(1), Price(1), FLAT).is_err());
}

fn trades() -> impl Strategy<Value = Vec<(i64, u64)>> {
    let size = prop_oneof![-5_000_000..5_000_000_i64, -9..9_i64];
    proptest::collection::vec((size, 1..400_000_000_u64), 1..20)
}

proptest! {
    #[test]
    fn no_sequence_of_trades_gains_more_than_exact_arithmetic(
        trades in trades(), last in 1..400_000_000_u64,
    ) {
        let (mut position, mut realised, mut exact) = (Position::default(), 0_i128, 0_i128);
        let mut parts = 1;
        for (delta, price) in &trades {
            let trade = position.trade(SignedSize(*delta), at(*price), FLAT).unwrap();
            prop_assert_eq!(trade.position.size.0, position.size.0 + delta);
            position = trade.position;
            realised += i128::from(trade.realised.0);
            parts += i128::from(trade.closed.0 > 0) + i128::from(trade.opened.0 > 0);
            exact -= i128::from(*delta) * i128::from(*price);
        }
        exact += i128::from(position.size.0) * i128::from(last);
        let booked = realised + i128::from(position.profit(at(last)).unwrap().0);
        prop_assert!(booked * 1_000_000 <= exact);
        prop_assert!(booked * 1_000_000 > exact - parts * 1_000_000, "a unit per part is enough");
        let closed = position.trade(SignedSize(-position.size.0), at(last), FLAT).unwrap();
        prop_assert_eq!(closed.position, Position::default());
    }

    #[test]
    fn what_one_side_pays_in_carry_covers_what_the_other_receives(
        size in 1..i64::MAX / 4, index in -1_000_000_000_000..1_000_000_000_000_i64,
    ) {
        let position = |size| Position { size: SignedSize(size), ..Position::default() };
        let long = position(size).carry_owed(CarryIndex(index));
        let short = position(-size).carry_owed(CarryIndex(-index));
        if let (Ok(long), Ok(short)) = (long, short) {
            prop_assert!((0..=1).contains(&(long.0 + short.0)));
            let exact = i128::from(size) * i128::from(index);
            let over = i128::from(long.0) * 1_000_000_000_000 - exact;
            prop_assert!((0..1_000_000_000_000).contains(&over));
        }
    }

    #[test]
    fn the_pool_never_counts_less_debt_than_its_traders_claim(
        trades in proptest::collection::vec((0..4_usize, -5_000_000..5_000_000_i64, 1..400_000_000_u64), 1..30),
        last in 1..400_000_000_u64, step in -1_000_000_000_000..1_000_000_000_000_i64,
    ) {
        let (mut accounts, mut index) = ([Position::default(); 4], 0_i64);
        let (mut longs, mut shorts) = (SideTotal::default(), SideTotal::default());
        let carry = |index: i64| move |side| CarryIndex(if side == Side::Long { index } else { -index });
        for (account, delta, price) in trades {
            let before = accounts[account];
            let after = before.trade(SignedSize(delta), at(price), carry(index)).unwrap().position;
            longs = longs.replace(Side::Long, &before, &after).unwrap();
            shorts = shorts.replace(Side::Short, &before, &after).unwrap();
            accounts[account] = after;
            index += step / 7;
        }
        let sum = |side, of: fn(&Position) -> i128| -> i128 {
            let open = accounts.iter().filter(|held| held.size.0 != 0 && held.size.side() == side);
            open.map(of).sum()
        };
        for (side, total) in [(Side::Long, &longs), (Side::Short, &shorts)] {
            prop_assert_eq!(i128::from(total.size.0), sum(side, |held| i128::from(held.size.size().0)));
            prop_assert_eq!(i128::from(total.entry.0), sum(side, |held| i128::from(held.entry.0)));
            let basis = |held: &Position| i128::from(held.size.size().0) * i128::from(held.carry.0);
            prop_assert_eq!(total.carry_basis, sum(side, basis));
        }
        let claims: i64 = accounts.iter().map(|held| {
            let owed = held.carry_owed(carry(index)(held.size.side())).unwrap().0;
            held.profit(at(last)).unwrap().0 - owed
        }).sum();
        let debt = both(&longs, &shorts, at(last), carry(index)).0;
        prop_assert!(debt >= claims, "{} < {}", debt, claims);
    }

    #[test]
    fn a_position_closed_in_slices_gives_back_its_whole_entry_value_and_no_slice_less_than_its_share(
        short: bool, size in 1..5_000_000_i64, entry in 0..1_000_000_000_u64,
        slices in proptest::collection::vec((1..1_000_000_i64, 0..400_000_000_u64), 1..8),
    ) {
        let sign = if short { -1 } else { 1 };
        let mut held = Position { size: SignedSize(sign * size), entry: Usd(entry), ..Position::default() };
        let (mut realised, mut value) = (0, 0);
        for (slice, price) in slices.into_iter().chain([(size, 7)]) {
            let slice = slice.min(held.size.0.abs());
            let trade = held.trade(SignedSize(-sign * slice), at(price), FLAT).unwrap();
            let rounding = if short { Rounding::Up } else { Rounding::Down };
            let worth = notional(Size(slice as u64), at(price), rounding).unwrap().0 as i64;
            let given_back = (held.entry.0 - trade.position.entry.0) as i64;
            prop_assert_eq!(trade.realised.0, sign * (worth - given_back));
            let share = i128::from(held.entry.0) * i128::from(slice);
            let over = i128::from(given_back) * i128::from(held.size.0.abs()) - share;
            prop_assert!(i128::from(sign) * over >= 0, "the share rounds against the trader");
            realised += trade.realised.0;
            value += worth;
            held = trade.position;
        }
        prop_assert_eq!(held, Position::default());
        prop_assert_eq!(realised, sign * (value - entry as i64));
    }

    #[test]
    fn a_flip_is_a_close_and_an_opening(
        size in 1..5_000_000_i64, more in 1..5_000_000_i64, short: bool, price in 1..400_000_000_u64,
        entry in 1..1_000_000_000_u64, long_index: i64, short_index: i64,
    ) {
        let sign = if short { -1 } else { 1 };
        let carry = |side| CarryIndex(if side == Side::Long { long_index } else { short_index });
        let held = Position { size: SignedSize(sign * size), entry: Usd(entry), carry: CarryIndex(3) };
        let flip = held.trade(SignedSize(-sign * (size + more)), at(price), carry).unwrap();
        let close = held.trade(SignedSize(-sign * size), at(price), carry).unwrap();
        let open = close.position.trade(SignedSize(-sign * more), at(price), carry).unwrap();
        prop_assert_eq!((flip.position, flip.realised), (open.position, close.realised));
        prop_assert_eq!((flip.closed, flip.opened), (close.closed, open.opened));
        prop_assert_eq!(open.realised, SignedUsd(0));
        prop_assert_eq!(flip.position.carry, carry(flip.position.size.side()));
        let traded = u128::from((size + more).unsigned_abs()) * u128::from(price);
        prop_assert_eq!(u128::from(flip.notional.0), traded.div_ceil(1_000_000));
    }

    #[test]
    fn opening_and_closing_at_the_same_price_never_gains(
        parts in proptest::collection::vec(1..1_000_000_i64, 1..9), short: bool,
        price in 1..400_000_000_u64,
    ) {
        let (sign, mut held, mut total) = (if short { -1 } else { 1 }, Position::default(), 0);
        for part in &parts {
            held = held.trade(SignedSize(sign * part), at(price), FLAT).unwrap().position;
        }
        for part in parts.iter().rev() {
            let trade = held.trade(SignedSize(-sign * part), at(price), FLAT).unwrap();
            total += trade.realised.0;
            held = trade.position;
        }
        prop_assert!(total <= 0 && total > -2 * parts.len() as i64);
        prop_assert_eq!(held, Position::default());
    }
}
