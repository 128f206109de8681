//! The price of a pool's shares, and what its liquidity may back.

use holdfast_risk::market::limits::{Caps, Resulting, check};
use holdfast_risk::pool::share::Pool;
use holdfast_risk::{Bps, Size, Usd};

use crate::given::{Answer, Given, accepted, assume, claim};

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
