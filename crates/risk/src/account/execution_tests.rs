use super::{ExecutionContext, ExecutionError, SiloRules, execute};
use crate::account::ledger::{AccountBalances, Ledger};
use crate::account::loss::tests::COVER;
use crate::account::order::{Order, Trigger};
use crate::account::position::Position;
use crate::account::trade_context::TradeContext;
use crate::chain::policy::Permit;
use crate::market::belief::{DECIDES_FOR, Moment, StoredPrice};
use crate::market::fee::FeeShares;
use crate::market::limits::Exceeded;
use crate::market::price::PricePoint;
use crate::market::terms::MarketTerms;
use crate::market::terms::tests::good;
use crate::units::{Bps, CarryIndex, Millis, Ppm, Price, Side, SignedSize, SignedUsd, Size, Usd};
use proptest::prelude::*;

const SILO: SiloRules<'static> =
    SiloRules { fees: FeeShares { insurance: Bps(2_000), protocol: Bps(1_000) }, cover: COVER };
const AT: Moment = Moment {
    now: Millis(10_000),
    last_disruption: Millis(0),
    age: Millis(30_000),
    decide_within: Millis(5_000),
};
const MET: ExecutionContext = ExecutionContext {
    at: AT,
    volatility: Ppm(0),
    reference: Price(100_000_000),
    opening: Permit::Allowed,
    position_changed: Millis(0),
};

fn terms() -> MarketTerms {
    let mut terms = good();
    terms.caps.side = Size(10_000_000);
    terms.spread.base = Ppm(0);
    terms.spread.depth = Size(1_000_000_000_000);
    terms.liquidation.smallest = Size(1_000);
    terms
}

fn book() -> TradeContext {
    let balances = AccountBalances { collateral: Usd(1_000_000_000), ..AccountBalances::default() };
    let ledger = Ledger {
        collateral: balances.collateral,
        liquidity: Usd(10_000_000_000),
        ..Ledger::default()
    };
    TradeContext { balances, ledger, ..TradeContext::default() }
}

fn order(delta: i64) -> Order {
    Order {
        delta: SignedSize(delta),
        limit: if delta > 0 { Price(u64::MAX) } else { Price(1) },
        reduce_only: false,
        any_price: false,
        trigger: Trigger::Immediate,
        opens_up_to: Size(u64::MAX),
        earliest: Millis(6_000),
        expires: Millis(20_000),
    }
}

fn point(published: u64) -> StoredPrice {
    at_price(published, 100_000_000)
}

fn at_price(published: u64, price: u64) -> StoredPrice {
    let point = PricePoint::exact(Price(price), Millis(published));
    StoredPrice { point, lag: Millis(0), believed: true, sudden: false }
}

fn run(
    book: &TradeContext,
    order: &Order,
    met: ExecutionContext,
) -> Result<TradeContext, ExecutionError> {
    let recent = [point(9_000), point(6_000), point(3_000)];
    execute(book, order, recent.into_iter(), &terms(), &SILO, &met).map(|done| done.traded.book)
}

#[test]
fn a_fee_of_one_percent_is_divided_and_nothing_is_lost() {
    let after = run(&book(), &order(1_000_000), MET).unwrap();
    assert_eq!(after.balances.collateral, Usd(1_000_000_000 - 1_000_001));
    assert_eq!((after.ledger.insurance, after.ledger.protocol), (Usd(200_000), Usd(100_000)));
    assert_eq!(after.ledger.total(), book().ledger.total());
    assert_eq!((after.longs.size, after.open), (Size(1_000_000), after.position.entry));
}

#[test]
fn each_way_to_refuse() {
    let refused = |order: Order, met| run(&book(), &order, met).err();
    let late = ExecutionContext { at: Moment { now: Millis(20_001), ..AT }, ..MET };
    assert_eq!(refused(order(1_000_000), late), Some(ExecutionError::Expired));
    let reduce = Order { reduce_only: true, ..order(1_000_000) };
    assert_eq!(refused(reduce, MET), Some(ExecutionError::NothingToReduce));
    let closed = ExecutionContext { opening: Permit::Refused, ..MET };
    assert_eq!(refused(order(1_000_000), closed), Some(ExecutionError::Closed));
    let disrupted = Moment { last_disruption: Millis(9_001), ..AT };
    let after_all_prices = ExecutionContext { at: disrupted, ..MET };
    assert_eq!(refused(order(1_000_000), after_all_prices), Some(ExecutionError::NoPrice));
    assert_eq!(refused(reduce, closed), Some(ExecutionError::NothingToReduce));
    assert_eq!(refused(order(999), MET), Some(ExecutionError::TooSmall));
    assert_eq!(refused(order(1_000), MET), None);
    let exceeded = |cap| Some(ExecutionError::Exceeded(cap));
    assert_eq!(refused(order(10_000_001), MET), exceeded(Exceeded::OpenInterest));
    let stressed = ExecutionContext { opening: Permit::Stressed, ..MET };
    assert_eq!(refused(order(5_000_001), stressed), exceeded(Exceeded::OpenInterest));
}

#[test]
fn an_exit_is_never_refused_for_its_fee_or_its_loss() {
    let mut opened = run(&book(), &order(1_000_000), MET).unwrap();
    opened.ledger.collateral = Usd(0);
    opened.balances.collateral = Usd(0);
    let closed = ExecutionContext { opening: Permit::Refused, ..MET };
    let recent = [point(9_000)].into_iter();
    let exit = order(-9_000_000);
    let done = execute(&opened, &exit, recent, &terms(), &SILO, &closed).unwrap();
    let after = done.traded.book;
    assert_eq!((after.position.size, after.open), (SignedSize(0), Usd(0)));
    assert_eq!((done.fee, done.traded.bad_debt.0 < 1_000), (Usd(0), true));
}

/// The book with a position open in it.
fn holding(position: Position) -> TradeContext {
    let mut held = book();
    held.longs = held.longs.replace(Side::Long, &Position::default(), &position).unwrap();
    held.shorts = held.shorts.replace(Side::Short, &Position::default(), &position).unwrap();
    (held.position, held.open) = (position, position.entry);
    held
}

#[test]
fn caps_bind_what_opens_and_never_a_reduction() {
    let size = SignedSize(20_000_000);
    let above = holding(Position { size, entry: Usd(2_000_000_000), ..Position::default() });
    assert_eq!(run(&above, &order(-1), MET).unwrap().position.size, SignedSize(19_999_999));
    let cap = Some(ExecutionError::Exceeded(Exceeded::OpenInterest));
    assert_eq!(run(&above, &order(1_000), MET).err(), cap);
}

#[test]
fn a_fraction_of_a_unit_above_an_accounts_share_is_above_it() {
    let mut terms = terms();
    (terms.taker_fee, terms.caps.account_share) = (Bps(0), Bps(1_000));
    let recent = at_price(9_000, 100_000_001);
    // Worth 100,000,101 and a millionth, of which ten percent of the pool covers the whole units.
    let mut book = book();
    for (liquidity, fits) in [(1_000_001_010, false), (1_000_001_020, true)] {
        book.ledger.liquidity = Usd(liquidity);
        let order = order(1_000_001);
        let done = execute(&book, &order, [recent].into_iter(), &terms, &SILO, &MET);
        let refused = ExecutionError::Exceeded(Exceeded::AccountShare);
        assert_eq!(done.err(), if fits { None } else { Some(refused) });
    }
}

#[test]
fn carry_since_the_last_trade_is_settled_with_the_next() {
    for (size, index, owed) in [
        (1_000_000, 5_000_000_000_000, 5_000_000),
        (1_000_000, -5_000_000_000_000, -5_000_000),
        (-1_000_000, 5_000_000_000_000, 5_000_000),
        (-1_000_000, -5_000_000_000_000, -5_000_000),
    ] {
        let position =
            Position { size: SignedSize(size), entry: Usd(100_000_000), ..Position::default() };
        let carry = CarryIndex(index);
        let held = TradeContext { carry_long: carry, carry_short: carry, ..holding(position) };
        let free = |_: &_, _| Ok(super::Charges::default());
        let close = SignedSize(-size);
        let done = held.trade(close, Price(100_000_000), &COVER, free).unwrap();
        assert_eq!((done.carry, done.book.position), (SignedUsd(owed), Position::default()));
        let balances = done.book.balances;
        let owned = balances.collateral.0 + balances.pending_profit.0;
        assert_eq!(owned as i64, 1_000_000_000 - owed);
    }
}

#[test]
fn the_fee_of_an_exit_may_come_out_of_pending_profit() {
    let size = SignedSize(1_000_000);
    let mut held = holding(Position { size, entry: Usd(100_000_000), ..Position::default() });
    (held.balances, held.ledger.collateral) = (AccountBalances::default(), Usd(0));
    for (pending, fee) in [(0, 0), (600_000, 600_000), (2_000_000, 1_000_000)] {
        held.balances.pending_profit = Usd(pending);
        held.ledger.pending_profit = Usd(pending);
        let recent = [point(9_000)].into_iter();
        let done = execute(&held, &order(-1_000_000), recent, &terms(), &SILO, &MET).unwrap();
        assert_eq!((done.fee, done.traded.bad_debt), (Usd(fee), Usd(0)));
        assert_eq!(done.traded.book.balances.pending_profit, Usd(pending - fee));
    }
}

#[test]
fn an_account_that_could_pay_out_of_its_other_positions_leaves_no_bad_debt() {
    // Long and short one unit at 100 in two markets on one price, on 20 of margin; at 140 equity
    // is still 20 and maintenance 14, yet closing the losing leg first owes 40 and pays 20.
    let free = |_: &_, _: SignedUsd| Ok(super::Charges::default());
    let leg =
        |size| Position { size: SignedSize(size), entry: Usd(100_000_000), ..Position::default() };
    let mut losing = holding(leg(-1_000_000));
    losing.balances.collateral = Usd(20_000_000);
    losing.others = true;
    let first = losing.trade(SignedSize(1_000_000), Price(140_000_000), &COVER, free);
    let (balances, ledger) = (first.unwrap().book.balances, first.unwrap().book.ledger);
    let winning = TradeContext { balances, ledger, ..holding(leg(1_000_000)) };
    let second = winning.trade(SignedSize(-1_000_000), Price(140_000_000), &COVER, free);
    let owned = second.unwrap().book.balances;
    assert_eq!(owned.collateral.0 + owned.pending_profit.0, 20_000_000, "a hedge earns nothing");
    assert_eq!((first.unwrap().bad_debt, second.unwrap().bad_debt), (Usd(0), Usd(0)));
    assert_eq!((balances.debt, owned.debt), (Usd(20_000_000), Usd(0)));
}

#[test]
fn closing_all_but_a_rest_forgives_nothing() {
    let mut held = holding(Position {
        size: SignedSize(1_000_000),
        entry: Usd(100_000_000),
        ..Position::default()
    });
    held.balances.collateral = Usd(20_000_000);
    let after = run(&held, &order(-990_000), MET).unwrap();
    assert_eq!(after.balances.debt, Usd(0));
    held.position.entry = Usd(200_000_000);
    (held.longs.entry, held.open) = (held.position.entry, held.position.entry);
    let after = run(&held, &order(-990_000), MET).unwrap();
    // Ninety-nine are lost and 990,000 of fee, of which the margin paid twenty.
    assert_eq!(
        after.balances,
        AccountBalances { debt: Usd(79_990_000), ..AccountBalances::default() }
    );
    assert_eq!(after.ledger.debt, Usd(79_990_000));
}

#[test]
fn only_the_last_exit_is_spared_a_fee_it_cannot_pay() {
    let size = SignedSize(1_000_000);
    let mut held = holding(Position { size, entry: Usd(100_000_000), ..Position::default() });
    held.balances.collateral = Usd(0);
    for (others, debt, charged, owes) in [
        (true, 0, 1_000_000, 1_000_000),
        (true, 5, 1_000_000, 1_000_005),
        (false, 0, 0, 0),
        (false, 5, 0, 0),
    ] {
        (held.others, held.balances.debt, held.ledger.debt) = (others, Usd(debt), Usd(debt));
        let recent = [point(9_000)].into_iter();
        let done = execute(&held, &order(-1_000_000), recent, &terms(), &SILO, &MET).unwrap();
        assert_eq!((done.fee, done.traded.book.balances.debt), (Usd(charged), Usd(owes)));
        assert_eq!(done.traded.bad_debt, Usd(if others { 0 } else { debt }));
    }
}

/// A position opened by an order when the venue's clock showed this.
fn changed_at(at: u64) -> ExecutionContext {
    ExecutionContext { position_changed: Millis(at), ..MET }
}

#[test]
fn an_order_waits_for_its_trigger_and_for_a_price_that_decides() {
    let with = |stored: StoredPrice| {
        let recent = [stored].into_iter();
        execute(&book(), &order(1_000_000), recent, &terms(), &SILO, &MET).err()
    };
    assert_eq!(with(point(9_000)), None);
    assert_eq!(with(point(5_999)), Some(ExecutionError::NoPrice), "published before the delay");
    let late = StoredPrice { lag: Millis(5_001), ..point(9_000) };
    assert_eq!(with(late), Some(ExecutionError::NoPrice), "stored late");
    let doubted = StoredPrice { believed: false, ..point(9_000) };
    assert_eq!(with(doubted), Some(ExecutionError::NoPrice), "outside the band");
    let untriggered = Order { earliest: Millis(0), ..order(1_000_000) };
    assert_eq!(run(&book(), &untriggered, MET).err(), Some(ExecutionError::NotTriggered));
    let too_dear = Order { limit: Price(99_999_999), ..order(1_000_000) };
    assert_eq!(run(&book(), &too_dear, MET).err(), Some(ExecutionError::BeyondLimit));
}

#[test]
fn whoever_waits_has_lost_the_price() {
    let late = Moment { now: Millis(6_001 + DECIDES_FOR.0), ..AT };
    let recent = [point(6_000)].into_iter();
    let met = ExecutionContext { at: late, ..MET };
    let done = execute(&book(), &order(1_000_000), recent, &terms(), &SILO, &met);
    assert_eq!(done.err(), Some(ExecutionError::Lapsed));
}

#[test]
fn a_price_from_before_it_expired_decides_an_order_and_none_from_after_it() {
    let done = |expires, prices: &[StoredPrice]| {
        let order = Order { expires: Millis(expires), ..order(1_000_000) };
        let recent = prices.iter().copied();
        execute(&book(), &order, recent, &terms(), &SILO, &MET).map(|done| done.point.low.0)
    };
    assert_eq!(done(9_000, &[point(9_000)]), Ok(100_000_000));
    assert_eq!(done(8_999, &[point(9_000)]), Err(ExecutionError::Expired));
    // What came since counts where it is worse, as always.
    assert_eq!(done(8_999, &[at_price(9_000, 101_000_000), point(8_000)]), Ok(101_000_000));
    assert_eq!(done(7_000, &[point(9_000)]), Err(ExecutionError::Expired));
}

#[test]
fn a_later_price_is_taken_only_where_it_is_worse() {
    for (delta, later, gets) in [
        (1_000_000, 101_000_000, 101_000_000),
        (1_000_000, 99_000_000, 100_000_000),
        (-1_000_000, 99_000_000, 99_000_000),
        (-1_000_000, 101_000_000, 100_000_000),
    ] {
        let recent = [at_price(9_000, later), point(8_000)].into_iter();
        let done = execute(&book(), &order(delta), recent, &terms(), &SILO, &MET).unwrap();
        assert_eq!(done.point.low, Price(gets), "{delta} at {later}");
    }
}

#[test]
fn what_closes_gets_no_price_from_before_the_position_was_last_changed() {
    let size = SignedSize(1_000_000);
    let held = holding(Position { size, entry: Usd(100_000_000), ..Position::default() });
    let reduce = Order { reduce_only: true, ..order(-1_000_000) };
    let delay = terms().execution_delay.0;
    let recent = || [point(9_000)].into_iter();
    let at =
        |changed| execute(&held, &reduce, recent(), &terms(), &SILO, &changed_at(changed)).err();
    assert_eq!(at(9_000 - delay), None);
    assert_eq!(at(9_001 - delay), Some(ExecutionError::NoPrice));
    // What opens has its margin reserved: nobody decides about it later.
    let more = order(1_000_000);
    let done = execute(&held, &more, recent(), &terms(), &SILO, &changed_at(9_001));
    assert!(done.is_ok());
}

#[test]
fn nothing_opens_beyond_what_margin_was_reserved_for() {
    let reserved = Order { opens_up_to: Size(400_000), ..order(-1_000_000) };
    let after = run(&book(), &reserved, MET).unwrap();
    assert_eq!(after.position.size, SignedSize(-400_000));
    let size = SignedSize(500_000);
    let held = holding(Position { size, entry: Usd(50_000_000), ..Position::default() });
    let after = run(&held, &reserved, MET).unwrap();
    assert_eq!(after.position.size, SignedSize(-400_000), "closes all, opens what is reserved");
}

#[test]
fn dust_is_closed_with_the_rest_and_too_small_a_flip_only_closes() {
    let size = SignedSize(1_000_000);
    let held = holding(Position { size, entry: Usd(100_000_000), ..Position::default() });
    for (delta, left) in [(-999_000, 1_000), (-999_001, 0), (-1_000_999, 0), (-1_001_000, -1_000)] {
        let after = run(&held, &order(delta), MET).unwrap();
        assert_eq!(after.position.size, SignedSize(left), "{delta}");
    }
}

#[test]
fn an_exit_at_any_price_takes_a_worse_one_that_is_not_believed_and_leaves_no_debt() {
    let size = SignedSize(1_000_000);
    let mut held = holding(Position { size, entry: Usd(100_000_000), ..Position::default() });
    let exit = Order { reduce_only: true, any_price: true, ..order(-1_000_000) };
    let print = |price| StoredPrice { believed: false, ..at_price(9_000, price) };
    let at = |held: &TradeContext, exit: &Order, price| {
        execute(held, exit, [print(price)].into_iter(), &terms(), &SILO, &MET)
            .map(|done| done.point.low)
    };
    assert_eq!(at(&held, &exit, 50_000_000), Ok(Price(50_000_000)));
    let refused = Err(ExecutionError::NoPrice);
    assert_eq!(at(&held, &exit, 500_000_000), refused, "an outlier in its favour");
    assert_eq!(at(&held, &Order { any_price: false, ..exit }, 50_000_000), refused);
    let opens = Order { any_price: true, ..order(1_000_000) };
    assert_eq!(at(&held, &opens, 500_000_000), refused, "only exits");
    held.balances.collateral = Usd(20_000_000);
    assert_eq!(at(&held, &exit, 50_000_000), refused, "nobody pays for a price nobody believes");
}

#[test]
fn a_print_at_the_reference_is_no_worse_for_its_owner_on_either_side() {
    let exit = |delta: i64, price| {
        let entry = Usd(100_000_000);
        let held = holding(Position { size: SignedSize(-delta), entry, ..Position::default() });
        let order = Order { reduce_only: true, any_price: true, ..order(delta) };
        let print = StoredPrice { believed: false, ..at_price(9_000, price) };
        execute(&held, &order, [print].into_iter(), &terms(), &SILO, &MET)
            .map(|done| done.point.low.0)
    };
    for (delta, worse) in [(1_000_000, 100_000_001), (-1_000_000, 99_999_999)] {
        assert_eq!(exit(delta, worse), Ok(worse));
        assert_eq!(exit(delta, MET.reference.0), Err(ExecutionError::NoPrice));
    }
}

#[test]
fn what_an_exit_cannot_pay_is_lost_at_the_newest_price_only() {
    let size = SignedSize(1_000_000);
    let mut held = holding(Position { size, entry: Usd(100_000_000), ..Position::default() });
    held.balances.collateral = Usd(20_000_000);
    let bad_debt = |newest| {
        let recent = [at_price(9_000, newest), at_price(8_000, 50_000_000)].into_iter();
        execute(&held, &order(-1_000_000), recent, &terms(), &SILO, &MET)
            .map(|done| done.traded.bad_debt)
    };
    assert_eq!(bad_debt(50_000_000), Ok(Usd(30_000_000)));
    assert_eq!(bad_debt(50_000_001), Err(ExecutionError::NoPrice), "it was better since");
}

proptest! {
    /// Whatever the order, the account and the print: nobody but the account pays for it.
    #[test]
    fn a_print_that_nobody_believes_costs_nobody_but_its_owner(
        held in -5_000_000..5_000_000_i64, delta in -9_000_000..9_000_000_i64,
        collateral in 0..900_000_000_u64, print in 1..900_000_000_u64,
        any_price: bool, reduce_only: bool, others: bool, debt in 0..9_000_000_u64,
    ) {
        let debt = Usd(if others && held != 0 { debt } else { 0 });
        let entry = Usd(held.unsigned_abs() * 100);
        let position = Position { size: SignedSize(held), entry, carry: CarryIndex(0) };
        let mut before = holding(position);
        (before.balances.collateral, before.balances.debt) = (Usd(collateral), debt);
        (before.others, before.ledger.debt) = (others, debt);
        (before.ledger.collateral, before.ledger.insurance) = (Usd(collateral), Usd(1_000_000_000));
        let print = StoredPrice { believed: false, ..at_price(9_000, print) };
        let order = Order { any_price, reduce_only, ..order(delta) };
        let done = execute(&before, &order, [print].into_iter(), &terms(), &SILO, &MET);
        let Ok(done) = done else { return Ok(()) };
        prop_assert!(any_price && reduce_only && done.traded.trade.opened == Size(0));
        prop_assert_eq!((done.traded.bad_debt, done.traded.insured), (Usd(0), Usd(0)));
        prop_assert!(done.traded.book.balances.debt <= debt);
        prop_assert!(done.traded.book.ledger.insurance >= before.ledger.insurance);
        // A print in the owner's favour is none.
        let worse = if delta > 0 { done.point.high > MET.reference } else { done.point.low < MET.reference };
        prop_assert!(worse);
    }

    /// An exit takes of the spread what the account has left; only what the index lost is bad debt.
    #[test]
    fn the_spread_of_an_exit_becomes_no_bad_debt(
        size in 1_000..5_000_000_u64, long: bool, collateral in 0..200_000_000_u64,
        entry in 90_000_000..110_000_000_u64, base in 0..=10_000_u32,
    ) {
        let (held, value) = (size as i64, size * 100);
        let entry = Usd(size * entry / 1_000_000);
        let held = SignedSize(if long { held } else { -held });
        let mut before = holding(Position { size: held, entry, carry: CarryIndex(0) });
        before.balances.collateral = Usd(collateral);
        (before.ledger.collateral, before.ledger.insurance) = (Usd(collateral), Usd(1_000_000_000));
        let mut terms = terms();
        terms.spread.base = Ppm(base);
        let (recent, exit) = ([point(9_000)].into_iter(), order(-held.0));
        let done = execute(&before, &exit, recent, &terms, &SILO, &MET).unwrap();
        let gain = if long { i128::from(value) - i128::from(entry.0) } else { i128::from(entry.0) - i128::from(value) };
        let equity = i128::from(collateral) + gain;
        // A price rounded down by a unit, and a value by another.
        let lost = u64::try_from((-equity).max(0)).unwrap();
        let rounding = size / 1_000_000 + 2;
        prop_assert!(done.traded.bad_debt.0 <= lost + rounding, "{:?} at {equity}", done.traded.bad_debt);
        let left = done.traded.book.balances;
        prop_assert!(done.traded.bad_debt.0 == 0 || left.collateral.0 + left.pending_profit.0 == 0);
    }

    #[test]
    fn an_account_gets_its_result_less_carry_and_fee_to_the_unit_and_the_pool_the_rest(
        held in prop_oneof![Just(0), -5_000_000..5_000_000_i64], delta in -9_000_000..9_000_000_i64,
        entry in 0..900_000_000_u64, long_index in -9_000_000_000_000..9_000_000_000_000_i64,
        short_index in -9_000_000_000_000..9_000_000_000_000_i64,
    ) {
        let entry = Usd(if held == 0 { 0 } else { entry });
        let position = Position { size: SignedSize(held), entry, carry: CarryIndex(0) };
        let (carry_long, carry_short) = (CarryIndex(long_index), CarryIndex(short_index));
        let before = TradeContext { carry_long, carry_short, ..holding(position) };
        let recent = [point(9_000)].into_iter();
        let Ok(done) = execute(&before, &order(delta), recent, &terms(), &SILO, &MET) else {
            return Ok(());
        };
        let (traded, after) = (done.traded, done.traded.book);
        let owned = |balances: AccountBalances| (balances.collateral.0 + balances.pending_profit.0) as i64;
        let index = if held < 0 { carry_short } else { carry_long };
        let result = traded.trade.realised.0 - position.carry_owed(index).unwrap().0;
        let change = result - done.fee.0 as i64 + traded.bad_debt.0 as i64;
        prop_assert_eq!(owned(after.balances), owned(before.balances) + change);
        prop_assert_eq!(after.ledger.total(), before.ledger.total());
        let traded_size = traded.trade.closed.0 + traded.trade.opened.0;
        prop_assert_eq!(after.skew(), Ok(SignedSize(held + delta.signum() * traded_size as i64)));
        // Nothing is left that is too small to be kept.
        let left = after.position.size.size();
        prop_assert!(left.0 == 0 || left >= terms().liquidation.smallest.min(position.size.size()));
        prop_assert_eq!(after.open, after.position.entry);
    }
}
