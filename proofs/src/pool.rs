//! Joining and leaving the pools.

use holdfast_risk::market::limits::{Caps, Resulting, check, removable};
use holdfast_risk::pool::share::Pool;
use holdfast_risk::pool::{Exit, PoolError, PoolKind, join, leave, liquidity_value};
use holdfast_risk::{Bps, SignedUsd, Size, Usd};

use crate::given::{Answer, Given, accepted, assume, claim};
use crate::ledger::{held, ledger};

fn kind(given: &mut Given) -> PoolKind {
    if given.bool() { PoolKind::Insurance } else { PoolKind::Liquidity }
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

/// Who joins and leaves at once gets back no more than was put in.
pub fn join_and_leave_never_gains(given: &mut Given) -> Answer {
    let (pool, amount) = (pool(given), given.u64());
    let shares = accepted(pool.shares_for(Usd(amount)))?;
    assume(pool.assets.0.checked_add(amount).is_some())?;
    assume(pool.shares.checked_add(shares).is_some())?;
    let after = Pool { assets: Usd(pool.assets.0 + amount), shares: pool.shares + shares };
    let paid = accepted(after.amount_for(shares))?;
    claim(paid.0 <= amount)
}

/// Who leaves and joins again at once holds no more shares than before.
pub fn leave_and_join_never_gains(given: &mut Given) -> Answer {
    let (pool, shares) = (pool(given), given.u64());
    assume(shares <= pool.shares)?;
    let paid = accepted(pool.amount_for(shares))?.0;
    assume(paid <= pool.assets.0)?;
    let after = Pool { assets: Usd(pool.assets.0 - paid), shares: pool.shares - shares };
    claim(accepted(after.shares_for(Usd(paid)))? <= shares)
}

/// Joining moves the deposit from the queue into the pool, and nothing else; it buys something, and
/// what was asked at least.
pub fn joining_moves_the_deposit(given: &mut Given) -> Answer {
    let (ledger, kind, pool) = (ledger(given), kind(given), pool(given));
    let (deposit, least) = (given.u64(), given.u64());
    let (after, shares) = accepted(join(&ledger, kind, pool, Usd(deposit), least))?;
    claim(shares > 0 && shares >= least)?;
    claim(Ok(shares) == pool.shares_for(Usd(deposit)))?;
    claim(held(&after) == held(&ledger))?;
    let mut expected = ledger;
    expected.queued = Usd(ledger.queued.0 - deposit);
    match kind {
        PoolKind::Liquidity => expected.liquidity = after.liquidity,
        PoolKind::Insurance => expected.insurance = after.insurance,
    }
    claim(after == expected)
}

/// A leave is refused only for its reason.
fn refused_rightly(refusal: PoolError, worth: u64, exit: Exit, most: u64) -> Answer {
    let paid = exit.at_request.map_or(worth, |then| then.0.min(worth));
    match refusal {
        PoolError::Nothing => claim(paid == 0),
        PoolError::BelowMinimum => claim(paid < exit.least.0),
        PoolError::InUse => claim(paid > most),
        PoolError::Overflow => Ok(()),
    }
}

/// Leaving pays out of the pool's own cash what the shares are worth, at most their worth when they
/// were given up, and leaves enough liquidity for what is open. It is refused for no other reason.
pub fn leaving_pays_the_worth(given: &mut Given) -> Answer {
    let (ledger, kind, pool) = (ledger(given), kind(given), pool(given));
    let at_request = if given.bool() { Some(Usd(given.u64())) } else { None };
    let exit = Exit { shares: given.u64(), at_request, least: Usd(given.u64()) };
    let (open, utilisation) = (Usd(given.u64()), Bps(given.u16()));
    let worth = accepted(pool.amount_for(exit.shares))?.0;
    let most = accepted(removable(ledger.liquidity, open, utilisation))?.0;
    let most = if kind == PoolKind::Liquidity { most } else { u64::MAX };
    match leave(&ledger, kind, pool, exit, open, utilisation) {
        Err(refusal) => refused_rightly(refusal, worth, exit, most),
        Ok((after, paid)) => {
            let bound = at_request.map_or(u64::MAX, |then| then.0);
            claim(paid.0 == worth.min(bound))?;
            claim(paid.0 > 0 && paid >= exit.least && paid.0 <= most)?;
            claim(held(&after) + u128::from(paid.0) == held(&ledger))?;
            let mut expected = ledger;
            match kind {
                PoolKind::Liquidity => expected.liquidity = after.liquidity,
                PoolKind::Insurance => expected.insurance = after.insurance,
            }
            claim(after == expected)
        }
    }
}

/// What liquidity providers may take leaves enough for what is open, to the unit.
pub fn what_may_leave_covers_what_is_open(given: &mut Given) -> Answer {
    let (liquidity, open, utilisation) = (given.u64(), given.u64(), given.u16());
    let most = accepted(removable(Usd(liquidity), Usd(open), Bps(utilisation)))?.0;
    claim(most <= liquidity)?;
    let (left, share) = (liquidity - most, u128::from(utilisation));
    claim(most == 0 || u128::from(left) * share >= u128::from(open) * 10_000)?;
    let more = most == liquidity || u128::from(left - 1) * share < u128::from(open) * 10_000;
    claim(more)
}

/// The pool's worth is its cash less what it owes and would owe, and nothing when that is negative.
/// Accounts' debt counts for who joins, and not for who leaves.
pub fn the_pool_is_worth_what_it_has(given: &mut Given) -> Answer {
    let (ledger, gain, joins) = (ledger(given), given.i64(), given.bool());
    let value = accepted(liquidity_value(&ledger, SignedUsd(gain), joins))?;
    let debt = if joins { i128::from(ledger.debt.0) } else { 0 };
    let owes = i128::from(ledger.pending_profit.0) + i128::from(gain);
    let worth = i128::from(ledger.liquidity.0) + debt - owes;
    claim(i128::from(value.0) == worth.max(0))
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
