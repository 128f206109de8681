//! Trades, their prices and their carry: nothing rounds in the trader's favour.

use holdfast_risk::account::order::{Order, Trigger};
use holdfast_risk::account::position::{Position, notional};
use holdfast_risk::market::spread::trade_price;
use holdfast_risk::{CarryIndex, Millis, Ppm, Price, Side, SignedSize, SignedUsd, Size, Usd};

use crate::given::{Answer, Given, Stop, accepted, assume, case, claim};
use crate::math::rounding;

const ONE: u128 = 1_000_000;

/// Any position that can be: an open one is worth something or nothing, one that is not open has no
/// entry value.
pub fn position(given: &mut Given) -> Position {
    Position {
        size: SignedSize(given.i64()),
        entry: Usd(given.u64()),
        carry: CarryIndex(given.i64()),
    }
}

/// Either side.
pub fn side(given: &mut Given) -> Side {
    if given.bool() { Side::Short } else { Side::Long }
}

const fn index(_: Side) -> CarryIndex {
    CarryIndex(0)
}

/// A value is the exact product, rounded as asked.
pub fn values_round_as_asked(given: &mut Given) -> Answer {
    let (size, price, up) = (given.u64(), given.u64(), given.bool());
    let value = accepted(notional(Size(size), Price(price), rounding(up)))?.0;
    let exact = u128::from(size) * u128::from(price);
    claim(u128::from(value) == if up { exact.div_ceil(ONE) } else { exact / ONE })
}

/// A trade at a price leaves nobody better off at that price: what it realises and what is left are
/// worth no more than the position before, and less by two units at the most.
fn never_gains(before: Position, delta: i64, price: Price) -> Answer {
    let worth = accepted(before.profit(price))?;
    let trade = accepted(before.trade(SignedSize(delta), price, index))?;
    let left = accepted(trade.position.profit(price))?;
    let after = i128::from(trade.realised.0) + i128::from(left.0);
    claim(after <= i128::from(worth.0))?;
    claim(after >= i128::from(worth.0) - 2)
}

/// Any size on a side, zero included.
fn on(side: Side, size: u64) -> Result<i64, Stop> {
    match side {
        Side::Long => i64::try_from(size).map_err(|_| Stop::Void),
        Side::Short => {
            assume(size <= i64::MIN.unsigned_abs())?;
            Ok(0_i64.wrapping_sub_unsigned(size))
        }
    }
}

/// Any size above zero.
fn some_size(given: &mut Given) -> Result<u64, Stop> {
    given.u64().checked_add(1).ok_or(Stop::Void)
}

/// A side and the other one, by the parity of a case.
const fn sides(case: u64) -> (Side, Side) {
    match case % 2 {
        0 => (Side::Long, Side::Short),
        _ => (Side::Short, Side::Long),
    }
}

/// Closing some or all of a position never gains by rounding.
pub fn closing_never_rounds_in_the_traders_favour(given: &mut Given) -> Answer {
    let (case, held, some) = (case(given, 4)?, some_size(given)?, some_size(given)?);
    let ((side, other), whole) = (sides(case), case / 2 == 1);
    let (entry, price) = (Usd(given.u64()), Price(given.u64()));
    assume(whole || some < held)?;
    let before = Position { size: SignedSize(on(side, held)?), entry, carry: CarryIndex(0) };
    never_gains(before, on(other, if whole { held } else { some })?, price)
}

/// Opening or increasing a position never gains by rounding.
pub fn opening_never_rounds_in_the_traders_favour(given: &mut Given) -> Answer {
    let (case, some, traded) = (case(given, 4)?, some_size(given)?, some_size(given)?);
    let ((side, _), flat) = (sides(case), case / 2 == 1);
    let (entry, price) = (given.u64(), Price(given.u64()));
    let (held, entry) = if flat { (0, 0) } else { (some, entry) };
    let size = SignedSize(on(side, held)?);
    let before = Position { size, entry: Usd(entry), carry: CarryIndex(0) };
    never_gains(before, on(side, traded)?, price)
}

/// A trade moves the size by what is traded, closes no more than is held, opens the rest, and a
/// position that is closed leaves nothing behind.
pub fn a_trade_moves_the_size_exactly(given: &mut Given) -> Answer {
    let (before, delta, price) = (position(given), given.i64(), Price(given.u64()));
    assume(before.size.0 != 0 || before.entry == Usd(0))?;
    let trade = accepted(before.trade(SignedSize(delta), price, index))?;
    let (held, traded) = (before.size.0.unsigned_abs(), delta.unsigned_abs());
    claim(i128::from(trade.position.size.0) == i128::from(before.size.0) + i128::from(delta))?;
    claim(trade.closed.0 <= held && trade.closed.0 <= traded)?;
    claim(trade.opened.0 == traded - trade.closed.0)?;
    let against = (before.size.0 < 0) != (delta < 0);
    claim(against || trade.closed == Size(0))?;
    claim(!against || trade.closed.0 == held.min(traded))?;
    claim(trade.position.size.0 != 0 || trade.position.entry == Usd(0))?;
    let exact = u128::from(traded) * u128::from(price.0);
    claim(u128::from(trade.notional.0) == exact.div_ceil(ONE))
}

/// A position takes the carry index of the side it is on after the trade; one that is closed keeps
/// none.
pub fn a_trade_takes_its_sides_carry(given: &mut Given) -> Answer {
    let (before, delta, price) = (position(given), given.i64(), Price(given.u64()));
    let (long, short) = (CarryIndex(given.i64()), CarryIndex(given.i64()));
    let carry = |side| if side == Side::Long { long } else { short };
    let after = accepted(before.trade(SignedSize(delta), price, carry))?.position;
    let expected = match after.size.0 {
        0 => CarryIndex(0),
        1.. => long,
        _ => short,
    };
    claim(after.carry == expected)
}

/// A position's profit is its value less what it cost, rounded down; a short's the other way round.
pub fn profit_rounds_against_the_trader(given: &mut Given) -> Answer {
    let (position, price) = (position(given), given.u64());
    let profit = i128::from(accepted(position.profit(Price(price)))?.0);
    let exact = u128::from(position.size.0.unsigned_abs()) * u128::from(price);
    let entry = i128::from(position.entry.0);
    if position.size.0 < 0 {
        let value = i128::try_from(exact.div_ceil(ONE)).unwrap_or(i128::MAX);
        return claim(profit == entry - value);
    }
    let value = i128::try_from(exact / ONE).unwrap_or(i128::MAX);
    claim(profit == value - entry)
}

/// Carry is the size times what the index moved: rounded up where the position pays, and down where
/// it receives.
pub fn carry_rounds_against_the_trader(given: &mut Given) -> Answer {
    let (position, now) = (position(given), CarryIndex(given.i64()));
    let owed = accepted(position.carry_owed(now))?.0;
    // A move that does not fit is refused.
    let moved = now.0.checked_sub(position.carry.0).ok_or(Stop::Broken)?;
    let size = u128::from(position.size.0.unsigned_abs());
    let product = size * u128::from(moved.unsigned_abs());
    let scale = ONE * ONE;
    if moved > 0 {
        return claim(owed >= 0 && u128::from(owed.unsigned_abs()) == product.div_ceil(scale));
    }
    claim(owed <= 0 && u128::from(owed.unsigned_abs()) == product / scale)
}

/// A buyer pays at least the index and a seller gets at most that, by the spread, rounded against
/// them.
pub fn spreads_round_against_the_trader(given: &mut Given) -> Answer {
    let (index, side, spread) = (given.u64(), side(given), given.u32());
    let price = u128::from(accepted(trade_price(Price(index), side, Ppm(spread)))?.0);
    let distance = (u128::from(index) * u128::from(spread)).div_ceil(ONE);
    let index = u128::from(index);
    claim(
        price == if side == Side::Long { index + distance } else { index.saturating_sub(distance) },
    )
}

/// Any order.
pub fn order(given: &mut Given) -> Order {
    let level = Price(given.u64());
    let trigger = match given.u64() {
        0 => Trigger::Immediate,
        1 => Trigger::AtOrAbove(level),
        _ => Trigger::AtOrBelow(level),
    };
    Order {
        delta: SignedSize(given.i64()),
        limit: Price(given.u64()),
        reduce_only: given.bool(),
        any_price: given.bool(),
        trigger,
        opens_up_to: Size(given.u64()),
        earliest: Millis(given.u64()),
        expires: Millis(given.u64()),
    }
}

/// An order that may not open opens nothing, closes no more than is held or asked for, and nothing of a
/// position on its own side; what may open opens no more than margin is reserved for.
pub fn reductions_never_open(given: &mut Given) -> Answer {
    let (order, held, may_open) = (order(given), SignedSize(given.i64()), given.bool());
    let parts = order.parts(held, may_open);
    claim(parts.opens.0 == 0 || (may_open && !order.reduce_only))?;
    claim(parts.opens <= order.opens_up_to)?;
    let against = held.0 != 0 && (held.0 < 0) != (order.delta.0 < 0);
    let most = held.0.unsigned_abs().min(order.delta.0.unsigned_abs());
    claim(parts.closes.0 == if against { most } else { 0 })
}

/// How much an order opens is what it asks for beyond what it closes, and nothing when it only reduces.
pub fn opening_is_told_from_reducing(given: &mut Given) -> Answer {
    let (order, held) = (order(given), given.i64());
    let against = held != 0 && (held < 0) != (order.delta.0 < 0);
    let closes = if against { held.unsigned_abs() } else { 0 };
    let more = order.delta.0.unsigned_abs().saturating_sub(closes);
    let opens = order.opened(SignedSize(held)).0;
    claim(opens == if order.reduce_only { 0 } else { more })?;
    let now = given.u64();
    claim(order.is_expired(Millis(now)) == (now > order.expires.0))
}

/// A trigger is met on its side of the level, the level included.
pub fn triggers_include_their_level(given: &mut Given) -> Answer {
    let (order, index) = (order(given), given.u64());
    let met = match order.trigger {
        Trigger::Immediate => true,
        Trigger::AtOrAbove(level) => index >= level.0,
        Trigger::AtOrBelow(level) => index <= level.0,
    };
    claim(order.trigger.is_met(Price(index)) == met)
}

/// What an account gains from a result is its gain less its loss, and only one of them is not zero.
pub fn results_are_gain_or_loss(given: &mut Given) -> Answer {
    let result = given.i64();
    let (gain, loss) = (SignedUsd(result).gain().0, SignedUsd(result).loss().0);
    claim(i128::from(gain) - i128::from(loss) == i128::from(result))?;
    claim(gain == 0 || loss == 0)?;
    let signed = accepted(Usd(gain).signed())?;
    claim(signed.0 == result.max(0))
}
