extern crate std;
use std::vec::Vec;

use super::{
    LiquidationContext, LiquidationError, MarginAssessment, Terms, charge, flag_stands,
    is_liquidatable, is_worth_closing, liquidatable_since, liquidate, size_allowed, size_to_close,
};
use crate::account::ledger::{AccountBalances, Ledger};
use crate::account::loss::tests::COVER;
use crate::account::margin::{Health, Leg, Ratios};
use crate::account::position::Position;
use crate::account::trade_context::TradeContext;
use crate::chain::health::{ChainSample, Monitor, State};
use crate::market::exposure::SideTotal;
use crate::units::{Bps, CarryIndex, Millis, Price, Side, SignedSize, SignedUsd, Size, Usd};
use proptest::prelude::*;

const TERMS: Terms = Terms {
    penalty: Bps(150),
    smallest: Size(1_000),
    first_share: Bps(1_000),
    last_share: Bps(5_000),
    ramp: Millis(60_000),
};
/// Flagged, and free to close everything.
const MET: LiquidationContext = LiquidationContext { due: Millis(1), now: Millis(9), most: None };

fn leg(size: i64, entry: u64, price: u64) -> Leg {
    Leg {
        position: Position { size: SignedSize(size), entry: Usd(entry), carry: CarryIndex(0) },
        price: Price(price),
        carry: CarryIndex(0),
        ratios: Ratios { initial: Bps(1_000), maintenance: Bps(500) },
    }
}

fn balances(collateral: u64, pending: u64) -> AccountBalances {
    AccountBalances { collateral: Usd(collateral), pending_profit: Usd(pending), debt: Usd(0) }
}

fn health(collateral: u64, leg: &Leg) -> Health {
    let mut health = Health::new(&balances(collateral, 0)).unwrap();
    health.add(leg).unwrap();
    health
}

/// A book with one position and an account's money in it.
fn holding(leg: &Leg, collateral: u64, pending: u64) -> TradeContext {
    let none = Position::default();
    let total = |side| SideTotal::default().replace(side, &none, &leg.position).unwrap();
    let balances = balances(collateral, pending);
    let ledger = Ledger {
        collateral: balances.collateral,
        liquidity: Usd(1 << 50),
        insurance: Usd(1 << 40),
        pending_profit: balances.pending_profit,
        ..Ledger::default()
    };
    let open = leg.position.entry;
    let (longs, shorts) = (total(Side::Long), total(Side::Short));
    TradeContext {
        position: leg.position,
        balances,
        longs,
        shorts,
        ledger,
        open,
        ..TradeContext::default()
    }
}

#[test]
fn the_share_of_the_liquidator_rises_from_the_flag_on() {
    let share = |waited| {
        charge(Usd(1_000_000), Millis(waited), SignedUsd(1_000_000), TERMS).unwrap().reward.0
    };
    assert_eq!([0, 30_000, 60_000, 600_000].map(share), [1_500, 4_500, 7_500, 7_500]);
}

#[test]
fn without_a_ramp_the_share_has_risen_once_any_time_has_passed() {
    let terms = Terms { ramp: Millis(0), ..TERMS };
    let share = |waited| {
        charge(Usd(1_000_000), Millis(waited), SignedUsd(1_000_000), terms).unwrap().reward.0
    };
    assert_eq!([0, 1, 60_000].map(share), [1_500, 7_500, 7_500]);
}

#[test]
fn a_bankrupt_account_owes_the_liquidator_but_not_the_fund() {
    let due = charge(Usd(1_000_000), Millis(0), SignedUsd(-5), TERMS).unwrap();
    assert_eq!((due.reward, due.insurance), (Usd(1_500), Usd(0)));
}

#[test]
fn the_penalty_is_what_the_account_has_in_all_its_positions_and_no_more() {
    // Forty lost on 960, whose penalty is 14.4 and the reward a tenth of that.
    let losing = leg(10_000_000, 1_000_000_000, 96_000_000);
    for (collateral, entered, price, to_insurance, left, debt) in [
        // Nothing but the other position's sixty: it pays the whole penalty later.
        (0, 900_000_000, 96_000_000, 12_960_000, 0, 54_400_000),
        // The other position has lost fifty of the margin: they are not there for a penalty.
        (100_000_000, 1_010_000_000, 96_000_000, 8_560_000, 50_000_000, 0),
        // Judged at 97, which twenty are left at: at the price of the trade ten are.
        (50_000_000, 960_000_000, 97_000_000, 8_560_000, 0, 0),
    ] {
        let price = Price(price);
        let mut health = health(collateral, &Leg { price, ..losing });
        health.add(&leg(10_000_000, entered, 96_000_000)).unwrap();
        let book = TradeContext { others: true, ..holding(&losing, collateral, 0) };
        let judged = MarginAssessment { health, price };
        let done = liquidate(&book, &judged, &losing, TERMS, &COVER, MET);
        let done = done.unwrap();
        assert_eq!(done.passed_on.keeper, Usd(1_440_000));
        assert_eq!(done.passed_on.insurance, Usd(to_insurance));
        assert_eq!(
            (done.book.balances.collateral, done.book.balances.debt),
            (Usd(left), Usd(debt))
        );
    }
}

#[test]
fn the_size_that_reaches_the_target_is_rounded_up() {
    // Worth 960; the target is 72 and equity 40: 32 over a relief of six percent is 533.33…
    let position = leg(10_000_000, 1_000_000_000, 96_000_000);
    let found = size_to_close(&health(80_000_000, &position), &position, TERMS).unwrap();
    assert_eq!(found, Size(5_555_556));
    // Worth 990: half of 99 and 50 rounds up to 75, and 35 over six percent to 584.
    let small = leg(990, 990, 1_000_000);
    let terms = Terms { smallest: Size(1), ..TERMS };
    assert_eq!(size_to_close(&health(40, &small), &small, terms), Ok(Size(584)));
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
    let mut chain = Monitor::new(&ChainSample::default());
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

/// The reward rises from the first moment at which somebody could have earned it.
#[test]
fn what_is_liquidatable_has_been_so_since_the_moment_that_is_told() {
    let position = leg(10_000_000, 1_000_000_000, 96_000_000);
    let (thaw, begun) = (Millis(600_000), Millis(7_000_000));
    let monitor =
        Monitor { since: begun, last_disruption: begun, ..Monitor::new(&ChainSample::default()) };
    for state in [State::Shelter, State::Thaw, State::Throttled, State::Strained, State::Normal] {
        let chain = Monitor { state, ..monitor };
        for collateral in (0..88_000_000).step_by(612_345) {
            let health = health(collateral, &position);
            let since = liquidatable_since(&health, &chain, thaw);
            let at = |now: u64| is_liquidatable(&health, &chain, thaw, Millis(now));
            let ever = state != State::Shelter || health.is_deeply_insolvent();
            assert_eq!(at(since.0), ever, "{state:?}, {collateral}");
            let early = at(since.0 - 1) && matches!(state, State::Shelter | State::Thaw);
            assert!(!early || since == begun, "{state:?}, {collateral}");
        }
    }
    // In Normal the state began at any time, and waited for nothing; Throttled ended a thaw.
    for (state, since) in [(State::Normal, begun), (State::Throttled, Millis(9_000_000))] {
        let chain = Monitor { since: Millis(9_000_000), state, ..monitor };
        assert_eq!(liquidatable_since(&health(0, &position), &chain, thaw), since, "{state:?}");
    }
}

#[test]
fn what_is_left_is_worth_keeping_from_the_smallest_size_on() {
    // The size to close is 5,555,556 of ten million, as above.
    let position = leg(10_000_000, 1_000_000_000, 96_000_000);
    for (smallest, closed) in [(4_444_444, 5_555_556), (4_444_445, 10_000_000)] {
        let terms = Terms { smallest: Size(smallest), ..TERMS };
        let found = size_to_close(&health(80_000_000, &position), &position, terms).unwrap();
        assert_eq!(found, Size(closed));
    }
    let costly = Terms { penalty: Bps(750), ..TERMS };
    let found = size_to_close(&health(80_000_000, &position), &position, costly).unwrap();
    assert_eq!(found, Size(10_000_000), "a close that does not help is a whole one");
}

#[test]
fn a_line_that_has_risen_by_a_fraction_has_not_risen() {
    // Maintenance is three and the deep line one: the range is two.
    let position = leg(1_000, 100, 60_000);
    let thaw = Millis(600_000);
    let chain = Monitor { state: State::Thaw, ..Monitor::new(&ChainSample::default()) };
    let reached = |now| is_liquidatable(&health(41, &position), &chain, thaw, Millis(now));
    assert_eq!(health(41, &position).equity, SignedUsd(1));
    assert_eq!([0, 299_999, 300_000].map(reached), [false, false, true]);
}

#[test]
fn what_is_worth_closing_is_the_smallest_size_or_all_that_is_held() {
    let price = Price(1_000_000);
    let worth = |held, most| is_worth_closing(Size(held), price, most, TERMS);
    assert!(!worth(0, None), "nothing is held");
    assert!(worth(1, None) && worth(5_000, None));
    assert!(worth(5_000, Some(Usd(1_000))), "exactly the smallest");
    assert!(!worth(5_000, Some(Usd(999))));
    assert!(worth(600, Some(Usd(600))), "all of it");
    assert!(!worth(600, Some(Usd(599))));
}

#[test]
fn a_position_below_the_smallest_is_closed_whole() {
    let leg = leg(500, 500, 1_000_000);
    let mut health = Health::new(&balances(0, 0)).unwrap();
    health.add(&leg).unwrap();
    assert_eq!(size_allowed(&health, &leg, TERMS, None), Ok(Size(500)));
    assert_eq!(size_allowed(&health, &leg, TERMS, Some(Usd(499))), Err(LiquidationError::Paced));
}

proptest! {
    #[test]
    fn a_partial_close_brings_the_account_back_over_maintenance(
        size in 1_000..1_000_000_000_i64, short: bool, entry in 1_000_000..1_000_000_000_u64,
        moved in 1..2_500_u64, standing_bps in -10_000..10_000_i64,
    ) {
        let signed = if short { -size } else { size };
        let value = (size as u64 * (entry / 1_000)) / 1_000;
        let price = if short { entry + entry * moved / 10_000 } else { entry - entry * moved / 10_000 };
        let position = leg(signed, value, price);
        let bare = health(0, &position);
        let equity = bare.maintenance.0 as i64 * standing_bps / 10_000;
        let collateral = (equity.min(bare.maintenance.0 as i64 - 1) - bare.equity.0).max(0) as u64;
        let before = health(collateral, &position);
        prop_assert!(!before.meets_maintenance());
        let closed = size_to_close(&before, &position, TERMS).unwrap();
        prop_assert!(closed.0 > 0 && closed.0 <= size as u64);
        prop_assert!(closed.0 == size as u64 || size as u64 - closed.0 >= TERMS.smallest.0);
        prop_assert!(!before.is_deeply_insolvent() || closed.0 == size as u64);

        let book = holding(&position, collateral, 0);
        let judged = MarginAssessment { health: before, price: position.price };
        let done = liquidate(&book, &judged, &position, TERMS, &COVER, MET).unwrap();
        prop_assert_eq!(done.book.ledger.total(), book.ledger.total());
        prop_assert_eq!(done.book.open, done.book.position.entry);
        if done.book.position.size.0 != 0 {
            let rest = Leg { position: done.book.position, ..position };
            let after = health(done.book.balances.collateral.0, &rest);
            prop_assert!(after.meets_maintenance(), "{:?}", after);
            prop_assert_eq!((done.bad_debt, done.book.balances.debt), (Usd(0), Usd(0)));
        }
    }

    #[test]
    fn the_reward_never_falls_with_time_and_beyond_it_nobody_pays_more_than_they_have(
        closed in 0..1_000_000_000_000_u64, waited in 0..200_000_u64, longer in 0..200_000_u64,
        available in -1_000_000_000..10_000_000_000_i64, ramp in 0..100_000_u64,
        penalty in 0..500_u16, first in 0..=5_000_u16, more in 0..=5_000_u16,
    ) {
        let terms = Terms {
            penalty: Bps(penalty),
            first_share: Bps(first),
            last_share: Bps(first + more),
            ramp: Millis(ramp),
            ..TERMS
        };
        let due = |waited, has| charge(Usd(closed), Millis(waited), SignedUsd(has), terms).unwrap();
        let now = due(waited, available);
        prop_assert!(now.reward <= due(waited + longer, available).reward);
        prop_assert_eq!(now.reward, due(waited, i64::MIN).reward);
        let whole = (closed * u64::from(penalty)).div_ceil(10_000);
        let of = |share: u64| (u128::from(whole) * u128::from(share) / 10_000) as u64;
        let risen = (u64::from(more) * waited).checked_div(ramp).unwrap_or(0);
        let share = if waited >= ramp { first + more } else { first + risen as u16 };
        prop_assert!(ramp == 0 || now.reward.0 == of(u64::from(share)));
        prop_assert!(now.reward.0 >= of(u64::from(first)) && now.reward.0 <= of(u64::from(first + more)));
        let left = available.max(0).unsigned_abs().saturating_sub(now.reward.0);
        prop_assert_eq!(now.insurance.0, (whole - now.reward.0).min(left));
    }

    #[test]
    fn closing_part_of_one_leg_of_many_reaches_the_target_and_one_unit_less_would_not_have_been_due(
        legs in proptest::collection::vec(
            (1_000_000..1_000_000_000_i64, any::<bool>(), 10_000..1_000_000_000_u64, 0..500_u64),
            1..4,
        ),
        standing_bps in 4_000..10_000_u64, pending in 0..1_000_000_u64,
    ) {
        let legs: Vec<Leg> = legs
            .into_iter()
            .map(|(size, short, price, lost)| {
                let value = (size as u64 * (price / 100)) / 10_000;
                let entered = if short { 10_000 - lost } else { 10_000 + lost };
                leg(if short { -size } else { size }, value * entered / 10_000, price)
            })
            .collect();
        let standing = |balances: AccountBalances, legs: &[Leg]| {
            let mut health = Health::new(&balances).unwrap();
            legs.iter().for_each(|leg| { health.add(leg).unwrap(); });
            health
        };
        let bare = standing(AccountBalances::default(), &legs);
        let owned = (bare.maintenance.0 * standing_bps / 10_000) as i64 - bare.equity.0;
        let pending = pending.min(owned as u64);
        let collateral = owned as u64 - pending;
        let before = standing(balances(collateral, pending), &legs);
        prop_assert!(!before.meets_maintenance());
        let first = legs[0];
        let closed = size_to_close(&before, &first, TERMS).unwrap();
        let held = first.position.size.size();
        prop_assert!(closed.0 > 0 && closed <= held);
        prop_assert!(closed == held || held.0 - closed.0 >= TERMS.smallest.0);
        prop_assert!(closed == held || !before.is_deeply_insolvent());
        if closed == held {
            return Ok(());
        }
        // Twice the relief of a unit is 1,500 less 300 basis points.
        let missing = (before.initial.0 + before.maintenance.0).div_ceil(2) as i64 - before.equity.0;
        let less = u128::from(closed.0 - 1) * u128::from(first.price.0) * 1_200;
        prop_assert!(less < (missing as u128 * 20_000 + 1_200) * 1_000_000, "no more than needed");

        let book = holding(&first, collateral, pending);
        let judged = MarginAssessment { health: before, price: first.price };
        let done = liquidate(&book, &judged, &first, TERMS, &COVER, MET).unwrap();
        prop_assert_eq!(done.bad_debt, Usd(0));
        let mut rest = legs;
        rest[0].position = done.book.position;
        let after = standing(done.book.balances, &rest);
        let target = (after.initial.0 + after.maintenance.0) / 2;
        prop_assert!(after.equity.0 + 3 >= target as i64, "{:?} {}", after, target);
        prop_assert!(after.meets_maintenance());
    }
}

#[test]
fn a_budget_cuts_a_liquidation_and_too_little_of_it_refuses() {
    let position = leg(1_000_000, 100_000_000, 80_000_000);
    let balances = AccountBalances { collateral: Usd(10_000_000), ..AccountBalances::default() };
    let mut health = Health::new(&balances).unwrap();
    health.add(&position).unwrap();
    let book = TradeContext {
        position: position.position,
        balances,
        longs: SideTotal { size: Size(1_000_000), entry: Usd(100_000_000), carry_basis: 0 },
        ledger: Ledger {
            collateral: Usd(10_000_000),
            liquidity: Usd(1 << 40),
            ..Ledger::default()
        },
        open: Usd(100_000_000),
        ..TradeContext::default()
    };
    let judged = MarginAssessment { health, price: position.price };
    let closed = |most| {
        let met = LiquidationContext { most: Some(Usd(most)), ..MET };
        liquidate(&book, &judged, &position, TERMS, &COVER, met).map(|done| done.trade.closed)
    };
    assert_eq!(closed(u64::MAX), Ok(Size(1_000_000)));
    assert_eq!(closed(80_000_000), Ok(Size(1_000_000)));
    assert_eq!(closed(79_999_999), Ok(Size(999_999)));
    assert_eq!(closed(80_000), Ok(Size(1_000)));
    assert_eq!(closed(79_999), Err(LiquidationError::Paced));
}
