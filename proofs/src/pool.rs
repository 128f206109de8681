//! Joining and leaving the pools, the price of their shares, and what liquidity may back.

use holdfast_risk::account::profit::{matured, paid_in_full_by};
use holdfast_risk::market::limits::{Caps, Resulting, check, removable};
use holdfast_risk::pool::share::{FOUNDING_SHARES, Pool};
use holdfast_risk::pool::{Claims, Exit, PoolError, PoolKind, join, leave};
use holdfast_risk::{Bps, SignedUsd, Size, Usd};

use crate::given::{Answer, Given, accepted, assume, claim, scaled};
use crate::ledger::{held, ledger};

fn kind(given: &mut Given) -> PoolKind {
    if given.bool() { PoolKind::Insurance } else { PoolKind::Liquidity }
}

fn claims(given: &mut Given) -> Claims {
    Claims {
        open: Usd(given.u64()),
        utilisation: Bps(given.u16()),
        payable_share: Bps(given.u16()),
    }
}

fn exit(given: &mut Given) -> Exit {
    let at_request = if given.bool() { Some(Usd(given.u64())) } else { None };
    Exit { shares: given.u64(), at_request, least: Usd(given.u64()) }
}

fn pool(given: &mut Given) -> Pool {
    Pool { assets: Usd(given.u64()), shares: given.u64() }
}

/// `a · b`.
fn times(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// Shares cost at least their worth, and no more than one share's rounding above it: a deposit never
/// lowers the price of a share.
pub fn joining_never_dilutes(given: &mut Given) -> Answer {
    let (pool, amount) = (pool(given), given.u64());
    let shares = accepted(pool.shares_for(Usd(amount)))?;
    // The refusals say that these fit.
    let (assets, total) = (pool.assets.0 + 1, pool.shares + 1);
    claim(times(shares, assets) <= times(amount, total))?;
    claim(times(amount, total) - times(shares, assets) < u128::from(assets))
}

/// What is paid for shares is at most their worth, and less than one unit below it: a leave never
/// lowers the price of a share.
pub fn leaving_never_dilutes(given: &mut Given) -> Answer {
    let (pool, shares) = (pool(given), given.u64());
    let paid = accepted(pool.amount_for(shares))?.0;
    let (assets, total) = (pool.assets.0 + 1, pool.shares + 1);
    claim(times(paid, total) <= times(shares, assets))?;
    claim(times(shares, assets) - times(paid, total) < u128::from(total))
}

/// A pool that is founded anew keeps its assets. Shares that nobody holds are added only where fewer
/// than a founding stake are held, and bring a share that is worth more than a unit back to one; so
/// what a holder's shares are worth never rises by it.
pub fn founding_never_raises_a_share(given: &mut Given) -> Answer {
    let before = pool(given);
    let after = before.founded();
    claim(after.assets == before.assets && after.shares >= before.shares)?;
    let dear = before.assets.0 > before.shares && before.shares < FOUNDING_SHARES;
    claim(after.shares == if dear { before.assets.0 } else { before.shares })
}

/// `a · b` of numbers of which only the product's place in a comparison matters.
const fn product(a: u128, b: u128) -> u128 {
    a.wrapping_mul(b)
}

/// Whoever joins, with whatever shares were held before, has gained nothing by it: what all the
/// shares would be paid then is at most what those held before would have been, and the deposit.
/// Founding is part of it, and joining at a higher worth than a leave would count changes nothing.
pub fn joining_gains_nothing(given: &mut Given) -> Answer {
    let (before, amount, held) = (pool(given), given.u64(), given.u64());
    let worth = given.u64();
    assume(held <= before.shares && worth >= before.assets.0)?;
    let found = Pool { assets: Usd(worth), shares: before.shares }.founded();
    let shares = accepted(found.shares_for(Usd(amount)))?;
    let had = accepted(before.amount_for(held))?.0;
    assume(before.assets.0.checked_add(amount).is_some())?;
    assume(found.shares.checked_add(shares).is_some())?;
    let after = Pool { assets: Usd(before.assets.0 + amount), shares: found.shares + shares };
    let has = accepted(after.amount_for(held + shares))?.0;
    let [worth, held, shares, amount] = [worth, held, shares, amount].map(u128::from);
    let [had, has] = [had, has].map(u128::from);
    let (assets, total) = (u128::from(before.assets.0) + 1, u128::from(before.shares) + 1);
    let (founded, then) = (u128::from(found.shares) + 1, u128::from(after.shares) + 1);
    scaled(assets, worth + 1, shares);
    scaled(product(shares, assets), product(amount, founded), total - held);
    scaled(total, founded, product(held, assets));
    scaled(total, founded, product(amount, held));
    scaled(product(held, assets) + 1, product(had + 1, total), then);
    scaled(product(has, then), product(held + shares, assets + amount), total);
    scaled(had + amount + 1, has, product(total, then));
    claim(has <= had + amount)
}

/// Whoever leaves with some of the shares held has gained nothing by it: what is paid, and what those
/// that are left would be paid then, is at most what all would have been. The pool has what it pays.
pub fn leaving_gains_nothing(given: &mut Given) -> Answer {
    let (before, shares, held) = (pool(given), given.u64(), given.u64());
    assume(shares <= held && held <= before.shares)?;
    let had = accepted(before.amount_for(held))?.0;
    let paid = accepted(before.amount_for(shares))?.0;
    claim(paid <= before.assets.0)?;
    let after = Pool { assets: Usd(before.assets.0 - paid), shares: before.shares - shares };
    let has = accepted(after.amount_for(held - shares))?.0;
    let [held, shares, had, paid, has] = [held, shares, had, paid, has].map(u128::from);
    let (assets, total) = (u128::from(before.assets.0) + 1, u128::from(before.shares) + 1);
    let then = total - shares;
    scaled(product(paid, total), product(shares, assets), total - held);
    scaled(product(held, assets) + 1, product(had + 1, total), then);
    scaled(product(has, then), product(held - shares, assets - paid), total);
    scaled(had + 1, has + paid, product(total, then));
    claim(paid + has <= had)
}

/// Joining moves the deposit from the queue into the pool, and nothing else. It buys what the founded
/// pool says, at least a million shares and what was asked; and no pool that is worth less than half
/// of its cash takes any. It is refused for no other reason.
pub fn joining_moves_the_deposit(given: &mut Given) -> Answer {
    let (ledger, kind) = (ledger(given), kind(given));
    let (worth, shares) = (SignedUsd(given.i64()), given.u64());
    let (deposit, least) = (given.u64(), given.u64());
    let pool = Pool { assets: worth.gain(), shares }.founded();
    let bought = pool.shares_for(Usd(deposit));
    let cash = match kind {
        PoolKind::Liquidity => ledger.liquidity,
        PoolKind::Insurance => ledger.insurance,
    };
    let undervalued = i128::from(worth.0) * 2 < i128::from(cash.0);
    let joined = match join(&ledger, kind, worth, shares, Usd(deposit), least) {
        Ok(joined) => joined,
        Err(PoolError::Undervalued) => return claim(undervalued),
        Err(PoolError::TooSmall) => return claim(bought.is_ok_and(|bought| bought < 1_000_000)),
        Err(PoolError::BelowMinimum) => return claim(bought.is_ok_and(|bought| bought < least)),
        Err(PoolError::Overflow) => return Ok(()),
        Err(PoolError::Nothing | PoolError::InUse) => return claim(false),
    };
    claim(!undervalued && Ok(joined.shares) == bought)?;
    claim(joined.shares >= 1_000_000 && joined.shares >= least)?;
    claim(joined.unheld == pool.shares - shares)?;
    claim(held(&joined.ledger) == held(&ledger))?;
    let mut expected = ledger;
    expected.queued = Usd(ledger.queued.0 - deposit);
    match kind {
        PoolKind::Liquidity => expected.liquidity = Usd(cash.0 + deposit),
        PoolKind::Insurance => expected.insurance = Usd(cash.0 + deposit),
    }
    claim(joined.ledger == expected)
}

/// A leave is refused only for its reason.
fn refused_rightly(refusal: PoolError, paid: u64, exit: Exit, most: Option<u64>) -> Answer {
    match refusal {
        PoolError::Nothing => claim(paid == 0),
        PoolError::BelowMinimum => claim(paid < exit.least.0),
        PoolError::InUse => claim(most.is_some_and(|most| paid > most)),
        PoolError::Overflow => Ok(()),
        PoolError::TooSmall | PoolError::Undervalued => claim(false),
    }
}

/// Leaving pays out of the pool's own cash what the shares are worth in the founded pool, at most their
/// worth when they were given up, and leaves enough liquidity for what is open. It is refused for no
/// other reason.
pub fn leaving_pays_the_worth(given: &mut Given) -> Answer {
    let (ledger, kind) = (ledger(given), kind(given));
    let (worth, shares) = (SignedUsd(given.i64()), given.u64());
    let (exit, claims) = (exit(given), claims(given));
    let pool = Pool { assets: worth.gain(), shares }.founded();
    let whole = accepted(pool.amount_for(exit.shares))?.0;
    let behind = accepted(removable(ledger.liquidity, claims.open, claims.utilisation))?.0;
    let owed = accepted(paid_in_full_by(ledger.pending_profit, claims.payable_share))?.0;
    let most = behind.min(ledger.liquidity.0.saturating_sub(owed));
    let most = if kind == PoolKind::Liquidity { Some(most) } else { None };
    let expected = exit.at_request.map_or(whole, |then| then.0.min(whole));
    let (after, paid) = match leave(&ledger, kind, worth, shares, exit, &claims) {
        Err(refusal) => return refused_rightly(refusal, expected, exit, most),
        Ok(left) => left,
    };
    claim(paid.0 == expected && paid.0 > 0 && paid >= exit.least)?;
    claim(most.is_none_or(|most| paid.0 <= most))?;
    let mut expected = ledger;
    match kind {
        PoolKind::Liquidity => expected.liquidity = Usd(ledger.liquidity.0 - paid.0),
        PoolKind::Insurance => expected.insurance = Usd(ledger.insurance.0 - paid.0),
    }
    claim(after == expected)
}

/// After a leave of the liquidity pool there is what pays all pending profit in full, and what the
/// open positions need behind them: no leave turns what was payable in full into a cut.
pub fn a_leave_keeps_what_is_owed(given: &mut Given) -> Answer {
    let (ledger, worth, shares) = (ledger(given), SignedUsd(given.i64()), given.u64());
    let (exit, claims) = (exit(given), claims(given));
    let left = leave(&ledger, PoolKind::Liquidity, worth, shares, exit, &claims);
    let (after, paid) = accepted(left)?;
    let owed = accepted(paid_in_full_by(after.pending_profit, claims.payable_share))?;
    claim(after.pending_profit == ledger.pending_profit && after.liquidity >= owed)?;
    let most = accepted(removable(ledger.liquidity, claims.open, claims.utilisation))?;
    claim(paid <= most)
}

/// What is said to pay profit in full is the least liquidity that does.
pub fn the_least_that_pays_in_full_does(given: &mut Given) -> Answer {
    let (pending, total) = (given.u64(), given.u64());
    let (liquidity, share) = (given.u64(), Bps(given.u16()));
    let least = accepted(paid_in_full_by(Usd(total), share))?.0;
    let paid = accepted(matured(Usd(pending), Usd(total), Usd(liquidity), share))?.0;
    scaled(u128::from(least), u128::from(liquidity), u128::from(share.0));
    scaled(u128::from(liquidity) + 1, u128::from(least), u128::from(share.0));
    claim(paid <= pending)?;
    claim(liquidity < least || paid == pending)?;
    claim(liquidity >= least || total > 0)?;
    // With all of it pending, anything less is a cut.
    claim(liquidity >= least || pending < total || paid < pending)
}

/// What may be removed leaves enough liquidity for what is open.
pub fn what_is_removed_leaves_what_backs_positions(given: &mut Given) -> Answer {
    let (liquidity, open, utilisation) = (given.u64(), given.u64(), given.u16());
    let taken = given.u64();
    let most = accepted(removable(Usd(liquidity), Usd(open), Bps(utilisation)))?.0;
    assume(taken > 0 && taken <= most)?;
    let (needed, left) = (u128::from(liquidity - most), u128::from(liquidity - taken));
    scaled(needed, left, u128::from(utilisation));
    let usable = times(liquidity - taken, u64::from(utilisation));
    claim(usable >= u128::from(open) * 10_000)
}

/// Opening is within every cap exactly when it is allowed, and a strained chain's caps are lower.
pub fn opening_keeps_every_cap(given: &mut Given) -> Answer {
    let caps = Caps {
        side: Size(given.u64()),
        account_share: Bps(given.u16()),
        utilisation: Bps(given.u16()),
    };
    let resulting =
        Resulting { side: Size(given.u64()), account: Usd(given.u64()), silo: Usd(given.u64()) };
    let liquidity = given.u64();
    let share = |share: Bps| u128::from(liquidity) * u128::from(share.0);
    let fits = |amount: Usd, of: Bps| u128::from(amount.0) * 10_000 <= share(of);
    let within = resulting.side <= caps.side
        && fits(resulting.account, caps.account_share)
        && fits(resulting.silo, caps.utilisation);
    let representable = |of: Bps| share(of) / 10_000 <= u128::from(u64::MAX);
    assume(representable(caps.account_share) && representable(caps.utilisation))?;
    claim(check(resulting, Usd(liquidity), caps).is_ok() == within)?;
    let strained = caps.stressed();
    claim(strained.side.0 == caps.side.0 / 2)?;
    claim(strained.account_share.0 == caps.account_share.0 / 2)?;
    claim(strained.utilisation.0 == caps.utilisation.0 / 2)
}
