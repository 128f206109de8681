//! Fees, maturing profit, and how fast money may leave.

use holdfast_risk::account::profit::{MaturityError, mature, matured, since};
use holdfast_risk::chain::policy::Permit;
use holdfast_risk::chain::rate_limit::{
    Exit, RateLimitWindow, payable, thaw_left, thaw_spend, within,
};
use holdfast_risk::market::fee::{FeeShares, split, taker_fee};
use holdfast_risk::math::mul_div;
use holdfast_risk::{Bps, Millis, Price, Rounding, Size, Usd};

use crate::given::{Answer, Given, accepted, assume, case, claim};
use crate::ledger::{balances, held, ledger};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A fee's parts sum to it, and each is its share, rounded down.
pub fn fee_splits_conserve(given: &mut Given) -> Answer {
    let (fee, insurance, protocol) = (given.u64(), given.u16(), given.u16());
    let shares = FeeShares { insurance: Bps(insurance), protocol: Bps(protocol) };
    let parts = accepted(split(Usd(fee), shares))?;
    let part = |share: u16| u128::from(fee) * u128::from(share) / 10_000;
    claim(u128::from(parts.insurance.0) == part(insurance))?;
    claim(u128::from(parts.protocol.0) == part(protocol))?;
    let sum = u128::from(parts.insurance.0) + u128::from(parts.protocol.0);
    claim(sum + u128::from(parts.liquidity.0) == u128::from(fee))
}

/// A fee is its rate of what is traded, rounded up, and never more than is traded at a rate of at
/// most a whole.
pub fn fees_round_up(given: &mut Given) -> Answer {
    let (notional, rate) = (given.u64(), given.u16());
    let fee = accepted(taker_fee(Usd(notional), Bps(rate)))?.0;
    let exact = u128::from(notional) * u128::from(rate);
    claim(u128::from(fee) == exact.div_ceil(10_000))?;
    claim(rate > 10_000 || fee <= notional)
}

/// While insurance lacks, what it takes of fees beside its own share is liquidity's: that share times the
/// fraction by which it misses its target, rounded down, and never more than all of it. Its own share is
/// never lowered, the protocol's stays, and a fund that holds its target takes nothing.
///
/// The cases are a fund that holds it, one that does not, and a target beyond `u64`.
pub fn insurance_grows_back_out_of_liquiditys_share(given: &mut Given) -> Answer {
    let which = case(given, 3)?;
    let before = FeeShares { insurance: Bps(given.u16()), protocol: Bps(given.u16()) };
    let (fund, open, target) = (given.u64(), given.u64(), Bps(given.u16()));
    let counted = Usd(open).portion(target, Rounding::Up);
    assume(counted.is_err() == (which == 2))?;
    let wanted = counted.unwrap_or(Usd(u64::MAX)).0;
    assume(which == 2 || (fund < wanted) == (which == 1))?;
    let after = before.while_insurance_lacks(Usd(fund), Usd(open), target);
    if which == 0 {
        return claim(after == before);
    }
    let shared = before.insurance.0.saturating_add(before.protocol.0);
    let liquidity = 10_000_u16.saturating_sub(shared);
    let missing = wanted.saturating_sub(fund);
    // What a fund is below is above zero anyway: this way the solvers see the division that the rule makes.
    let Ok(due) = mul_div(u64::from(liquidity), missing, wanted.max(1), Rounding::Down) else {
        return claim(false);
    };
    claim(due <= u64::from(liquidity) && after.protocol == before.protocol)?;
    claim(u64::from(after.insurance.0) == u64::from(before.insurance.0) + due)
}

/// All claims together never get more than the payable share of liquidity, and each gets its part
/// to the unit; only a claim of more than all of them is refused.
pub fn maturing_divides_what_is_payable(given: &mut Given) -> Answer {
    let (pending, total) = (given.u64(), given.u64());
    let (liquidity, share) = (given.u64(), given.u16());
    assume(share <= 10_000)?;
    let Ok(Usd(amount)) = matured(Usd(pending), Usd(total), Usd(liquidity), Bps(share)) else {
        return claim(pending > total);
    };
    claim(pending <= total)?;
    let payable = u128::from(liquidity) * u128::from(share) / 10_000;
    if payable >= u128::from(total) {
        return claim(amount == pending);
    }
    let (given_out, asked) =
        (u128::from(amount) * u128::from(total), u128::from(pending) * payable);
    claim(given_out <= asked)?;
    claim(asked - given_out < u128::from(total))
}

/// Maturing turns all of an account's pending profit into nothing and what matures into collateral,
/// out of liquidity; without the owner's consent it is all of it or none, and none only where less than
/// all is payable.
pub fn maturing_conserves(given: &mut Given) -> Answer {
    let (before, owns) = (ledger(given), balances(given));
    let (share, consents) = (Bps(given.u16()), given.bool());
    let after = match mature(&before, owns, share, consents) {
        Err(MaturityError::Cut) => {
            let (pending, liquidity) = (owns.pending_profit, before.liquidity);
            let most = accepted(matured(pending, before.pending_profit, liquidity, share))?;
            return claim(!consents && most < pending);
        }
        answer => accepted(answer)?,
    };
    let (books, owned) = (after.ledger, after.balances);
    claim(held(&books) == held(&before))?;
    claim(after.amount <= owns.pending_profit)?;
    claim(consents || after.amount == owns.pending_profit)?;
    claim(owned.pending_profit == Usd(0) && owned.debt == owns.debt)?;
    claim(owned.collateral.0 == owns.collateral.0 + after.amount.0)?;
    claim(books.collateral.0 == before.collateral.0 + after.amount.0)?;
    claim(books.pending_profit.0 == before.pending_profit.0 - owns.pending_profit.0)?;
    claim(books.insurance == before.insurance && books.debt == before.debt)
}

/// A profit that is added moves the beginning of the wait towards now, never past it and never back,
/// and what has waited for longer than the maturity lends the rest of its wait to nothing.
pub fn added_profit_waits_anew_by_its_share(given: &mut Given) -> Answer {
    let (before, began) = (given.u64(), given.u64());
    let (after, now, maturity) = (given.u64(), given.u64(), given.u64());
    let found = since(Usd(before), Millis(began), Usd(after), Millis(now), Millis(maturity));
    let Ok(Millis(counts)) = found else { return claim(false) };
    if after <= before || now <= began {
        return claim(counts == began);
    }
    let began = began.max(now.saturating_sub(maturity));
    claim(counts >= began && counts <= now)?;
    let (moved, due) = (counts - began, u128::from(now - began) * u128::from(after - before));
    claim(u128::from(moved) * u128::from(after) >= due)?;
    claim(u128::from(moved) * u128::from(after) < due + u128::from(after))
}

/// What has been spent in the period that a moment belongs to.
fn spent_at(spent: RateLimitWindow, now: u64, period: u64) -> (u64, u64) {
    let ends = u128::from(spent.since.0) + u128::from(period);
    let runs = spent.since.0 != 0 && u128::from(now) < ends.min(u128::from(u64::MAX));
    if runs { (spent.since.0, spent.amount.0) } else { (now, 0) }
}

fn spent(given: &mut Given) -> RateLimitWindow {
    RateLimitWindow { since: Millis(given.u64()), amount: Usd(given.u64()) }
}

/// Liquidations of a thaw get what the running minute has left of its share, and what they close is
/// booked in that minute: a minute never has the next one's.
pub fn a_thaw_never_borrows_from_the_next_minute(given: &mut Given) -> Answer {
    let (spent, now) = (spent(given), given.u64());
    let (liquidity, share, closed) = (given.u64(), given.u16(), given.u64());
    let left = accepted(thaw_left(spent, Millis(now), Usd(liquidity), Bps(share)))?.0;
    let budget = u128::from(liquidity) * u128::from(share) / 10_000;
    let (began, used) = spent_at(spent, now, MINUTE);
    claim(u128::from(left) == budget.saturating_sub(u128::from(used)))?;
    let after = accepted(thaw_spend(spent, Millis(now), Usd(closed)))?;
    claim(after.since.0 == began)?;
    claim(u128::from(after.amount.0) == u128::from(used) + u128::from(closed))?;
    claim(closed > left || u128::from(after.amount.0) <= budget.max(u128::from(used)))
}

/// A size that an amount pays for costs no more than the amount, and one more would.
pub fn a_bound_on_notional_bounds_the_size(given: &mut Given) -> Answer {
    let (size, price, most) = (given.u64(), given.u64(), given.u64());
    assume(price > 0)?;
    let fits = within(Size(size), Price(price), Usd(most)).0;
    let bound = u128::from(most) * 1_000_000;
    claim(fits <= size)?;
    claim(u128::from(fits) * u128::from(price) <= bound)?;
    claim(fits == size || u128::from(fits) * u128::from(price) + u128::from(price) > bound)
}

fn leaving(given: &mut Given) -> Exit {
    Exit { asked: Usd(given.u64()), waits: Usd(given.u64()), requested: Millis(given.u64()) }
}

/// While the chain is not trusted an exit that waits for less than a day has got, with what it may be
/// paid now, no more than the hours that are over and its part of the running one, to the unit: never
/// anything of the next hour. Only what it got before, while the chain was trusted, can be more.
pub fn exits_never_borrow_from_the_next_hour(given: &mut Given) -> Answer {
    let (hours, running) = (case(given, 24)?, given.u64() % HOUR);
    let exit = leaving(given);
    assume(exit.waits <= exit.asked)?;
    assume(exit.requested.0.checked_add(hours * HOUR + running).is_some())?;
    let now = Millis(exit.requested.0 + hours * HOUR + running);
    let pays = accepted(payable(exit, now, Permit::Queued))?.0;
    let mut waits = exit.asked.0;
    for _ in 0..hours {
        waits = waits.saturating_sub(waits / 10);
    }
    let over = exit.asked.0 - waits;
    let part = u128::from(waits / 10) * u128::from(running) / u128::from(HOUR);
    let due = u128::from(over) + part;
    let paid = u128::from(exit.asked.0 - exit.waits.0);
    claim(u128::from(pays) == due.saturating_sub(paid))?;
    claim(pays <= exit.waits.0 && due <= u128::from(over) + u128::from(waits / 10))
}

/// Whoever is paid now and once more in this hour or the next has got then what one payment would have
/// been: when and how often an exit's payment is called for changes nothing.
pub fn calling_often_pays_the_same(given: &mut Given) -> Answer {
    let hours = case(given, 47)?;
    let first = hours / 2 * HOUR + given.u64() % HOUR;
    let second = hours.div_ceil(2) * HOUR + given.u64() % HOUR;
    let exit = Exit { requested: Millis(0), ..leaving(given) };
    assume(exit.waits <= exit.asked && first <= second)?;
    let paid = accepted(payable(exit, Millis(first), Permit::Queued))?.0;
    claim(paid <= exit.waits.0)?;
    let rest = Exit { waits: Usd(exit.waits.0 - paid), ..exit };
    let more = accepted(payable(rest, Millis(second), Permit::Queued))?.0;
    let once = accepted(payable(exit, Millis(second), Permit::Queued))?.0;
    claim(paid + more == once)
}

/// A chain that is trusted, or a day, pays everything that waits.
pub fn exits_are_paid_after_a_day(given: &mut Given) -> Answer {
    let (exit, now) = (leaving(given), given.u64());
    assume(exit.waits <= exit.asked)?;
    let waits = exit.waits;
    claim(payable(exit, Millis(now), Permit::Allowed) == Ok(waits))?;
    assume(now.saturating_sub(exit.requested.0) >= DAY)?;
    claim(payable(exit, Millis(now), Permit::Queued) == Ok(waits))
}
