//! Fees, maturing profit, and how fast money may leave.

use holdfast_risk::account::profit::{MaturityError, mature, matured, since};
use holdfast_risk::chain::policy::Permit;
use holdfast_risk::chain::rate_limit::{
    Exit, RateLimitWindow, paid, payable, thaw_left, thaw_spend, within,
};
use holdfast_risk::market::fee::{FeeShares, split, taker_fee};
use holdfast_risk::{Bps, Millis, Price, Size, Usd};

use crate::given::{Answer, Given, accepted, assume, claim};
use crate::ledger::{balances, held, ledger};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 3_600_000;
const DAY: u64 = 86_400_000;

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

/// Maturing pays an account out of liquidity what it gives up of pending profit, or less: the ledger
/// keeps its sum, and nobody's profit is cut who did not accept it.
pub fn maturing_pays_out_of_liquidity(given: &mut Given) -> Answer {
    let (ledger, balances) = (ledger(given), balances(given));
    let (share, accepts) = (Bps(given.u16()), given.bool());
    let pending = balances.pending_profit;
    let done = match mature(&ledger, balances, share, accepts) {
        Err(MaturityError::Cut) => {
            claim(!accepts)?;
            let amount =
                accepted(matured(pending, ledger.pending_profit, ledger.liquidity, share))?;
            return claim(amount < pending);
        }
        done => accepted(done)?,
    };
    claim(held(&done.ledger) == held(&ledger))?;
    claim(done.amount <= pending && (accepts || done.amount == pending))?;
    claim(done.balances.pending_profit == Usd(0) && done.balances.debt == balances.debt)?;
    claim(done.balances.collateral.0 - balances.collateral.0 == done.amount.0)?;
    claim(ledger.pending_profit.0 - done.ledger.pending_profit.0 == pending.0)?;
    claim(ledger.liquidity.0 - done.ledger.liquidity.0 == done.amount.0)?;
    claim(done.ledger.collateral.0 - ledger.collateral.0 == done.amount.0)?;
    claim(done.ledger.insurance == ledger.insurance && done.ledger.debt == ledger.debt)
}

/// All claims together never get more than the payable share of liquidity, and each gets its part
/// to the unit.
pub fn maturing_divides_what_is_payable(given: &mut Given) -> Answer {
    let (pending, total) = (given.u64(), given.u64());
    let (liquidity, share) = (given.u64(), given.u16());
    assume(share <= 10_000)?;
    let amount = accepted(matured(Usd(pending), Usd(total), Usd(liquidity), Bps(share)))?.0;
    let payable = u128::from(liquidity) * u128::from(share) / 10_000;
    if payable >= u128::from(total) {
        return claim(amount == pending);
    }
    let (given_out, asked) =
        (u128::from(amount) * u128::from(total), u128::from(pending) * payable);
    claim(given_out <= asked)?;
    claim(asked - given_out < u128::from(total))
}

/// A profit that is added moves the beginning of the wait towards now, never past it and never back.
pub fn added_profit_waits_anew_by_its_share(given: &mut Given) -> Answer {
    let (before, began) = (given.u64(), given.u64());
    let (after, now) = (given.u64(), given.u64());
    let counts = accepted(since(Usd(before), Millis(began), Usd(after), Millis(now)))?.0;
    if after <= before || now <= began {
        return claim(counts == began);
    }
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

/// While the chain is not trusted, exits of an hour take no more than their share of what the silo
/// held; one that has waited for a day, or that a trusted chain sees, takes all it asks for.
pub fn exits_never_borrow_from_the_next_hour(given: &mut Given) -> Answer {
    let (spent, now, collateral) = (spent(given), given.u64(), given.u64());
    let exit = Exit { amount: Usd(given.u64()), requested: Millis(given.u64()) };
    let permit = if given.bool() { Permit::Allowed } else { Permit::Queued };
    let waited = u128::from(now) >= u128::from(exit.requested.0) + u128::from(DAY);
    let free = permit == Permit::Allowed || waited || now == u64::MAX;
    let (began, used) = spent_at(spent, now, HOUR);
    let pays = accepted(payable(exit, spent, Millis(now), Usd(collateral), permit))?;
    let after = accepted(paid(spent, Millis(now), pays))?;
    claim(after.since.0 == began)?;
    claim(u128::from(after.amount.0) == u128::from(used) + u128::from(pays.0))?;
    if free {
        return claim(pays == exit.amount);
    }
    let base = u128::from(collateral) + u128::from(used);
    let left = (base / 10).saturating_sub(u128::from(used));
    claim(u128::from(pays.0) == left.min(u128::from(exit.amount.0)))
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
