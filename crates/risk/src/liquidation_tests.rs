use super::{Terms, charge, flag_stands, is_liquidatable, liquidate, size_to_close};
use crate::book::Book;
use crate::chain_health::{Monitor, Sighting, State};
use crate::exposure::SideTotal;
use crate::ledger::{Ledger, Purse};
use crate::loss::InsuranceTerms;
use crate::margin::{Health, Leg, Ratios};
use crate::position::Position;
use crate::units::{Bps, CarryIndex, Millis, Price, Side, SignedSize, SignedUsd, Size, Usd};
use proptest::prelude::*;

const TERMS: Terms = Terms {
    penalty: Bps(150),
    smallest: Size(1_000),
    first_share: Bps(1_000),
    last_share: Bps(5_000),
    ramp: Millis(60_000),
};
const INSURANCE: InsuranceTerms =
    InsuranceTerms { outage_reserve: Bps(2_000), epoch_cap: Bps(5_000) };

fn leg(size: i64, entry: u64, price: u64) -> Leg {
    Leg {
        position: Position { size: SignedSize(size), entry: Usd(entry), carry: CarryIndex(0) },
        price: Price(price),
        carry: CarryIndex(0),
        ratios: Ratios { initial: Bps(1_000), maintenance: Bps(500) },
    }
}

fn health(collateral: u64, leg: &Leg) -> Health {
    let mut health = Health::new(Usd(collateral), Usd(0)).unwrap();
    health.add(leg).unwrap();
    health
}

#[test]
fn the_share_of_the_liquidator_rises_from_the_flag_on() {
    let share = |waited| {
        charge(Usd(1_000_000), Millis(waited), SignedUsd(1_000_000), TERMS).unwrap().reward.0
    };
    assert_eq!([0, 30_000, 60_000, 600_000].map(share), [1_500, 4_500, 7_500, 7_500]);
}

#[test]
fn a_bankrupt_account_owes_the_liquidator_but_not_the_fund() {
    let due = charge(Usd(1_000_000), Millis(0), SignedUsd(-5), TERMS).unwrap();
    assert_eq!((due.reward, due.insurance), (Usd(1_500), Usd(0)));
}

#[test]
fn the_size_that_reaches_the_target_is_rounded_up() {
    // Worth 960; the target is 72 and equity 40: 32 over a relief of six percent is 533.33…
    let position = leg(10_000_000, 1_000_000_000, 96_000_000);
    let found = size_to_close(&health(80_000_000, &position), &position, TERMS).unwrap();
    assert_eq!(found, Size(5_555_556));
}

#[test]
fn a_flag_stands_for_five_minutes() {
    assert!(!flag_stands(Millis(0), Millis(1)));
    assert!(flag_stands(Millis(5), Millis(300_005)));
    assert!(!flag_stands(Millis(5), Millis(300_006)));
}

#[test]
fn in_a_thaw_the_line_rises_and_in_shelter_only_the_deep_go_after_a_wait() {
    let position = leg(10_000_000, 1_000_000_000, 96_000_000);
    let thaw = Millis(600_000);
    let mut chain = Monitor::new(&Sighting::default());
    let reached = |chain: &Monitor, collateral: u64, now: u64| {
        is_liquidatable(&health(collateral, &position), chain, thaw, Millis(now))
    };
    // Maintenance is 48 and the deep line 24; the loss is 40.
    assert!(!reached(&chain, 88_000_000, 0) && reached(&chain, 87_000_000, 0));
    chain.state = State::Thaw;
    for (now, line) in [(0, 24), (300_000, 36), (600_000, 48), (900_000, 48)] {
        assert!(!reached(&chain, (40 + line) * 1_000_000, now), "at the line at {now}");
        assert!(reached(&chain, (40 + line) * 1_000_000 - 1, now), "below it at {now}");
    }
    chain.state = State::Shelter;
    assert!(!reached(&chain, 63_000_000, 59_999) && reached(&chain, 63_000_000, 60_000));
    assert!(!reached(&chain, 64_000_000, 60_000));
}

proptest! {
    #[test]
    fn a_partial_close_brings_the_account_back_over_maintenance(
        size in 1_000..1_000_000_000_i64, short: bool, entry in 1_000_000..1_000_000_000_u64,
        moved in 1..2_500_u64, collateral_bps in 1..2_000_u64,
    ) {
        let signed = if short { -size } else { size };
        let value = (size as u64 * (entry / 1_000)) / 1_000;
        let price = if short { entry + entry * moved / 10_000 } else { entry - entry * moved / 10_000 };
        let position = leg(signed, value, price);
        let collateral = value * collateral_bps / 10_000;
        let before = health(collateral, &position);
        prop_assume!(!before.meets_maintenance());
        let closed = size_to_close(&before, &position, TERMS).unwrap();
        prop_assert!(closed.0 > 0 && closed.0 <= size as u64);
        prop_assert!(closed.0 == size as u64 || size as u64 - closed.0 >= TERMS.smallest.0);
        prop_assert!(!before.is_deeply_insolvent() || closed.0 == size as u64);

        let mut book = Book {
            position: position.position,
            purse: Purse { collateral: Usd(collateral), pending_profit: Usd(0) },
            ledger: Ledger {
                collateral: Usd(collateral),
                liquidity: Usd(1 << 50),
                insurance: Usd(1 << 40),
                ..Ledger::default()
            },
            open: Usd(value),
            ..Book::default()
        };
        let total = SideTotal::default();
        book.longs = total.replace(Side::Long, &Position::default(), &position.position).unwrap();
        book.shorts = total.replace(Side::Short, &Position::default(), &position.position).unwrap();
        let done = liquidate(&book, &before, &position, TERMS, INSURANCE, Millis(1), Millis(9)).unwrap();
        prop_assert_eq!(done.book.ledger.total(), book.ledger.total());
        prop_assert_eq!(done.book.open, done.book.position.entry);
        if done.book.position.size.0 != 0 {
            let rest = Leg { position: done.book.position, ..position };
            let after = health(done.book.purse.collateral.0, &rest);
            prop_assert!(after.meets_maintenance(), "{:?}", after);
            prop_assert_eq!(done.bad_debt, Usd(0));
        }
    }
}
