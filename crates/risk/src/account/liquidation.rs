//! How much of a position a liquidation closes, and what it costs.

use crate::account::ledger::{AccountBalances, FeeDistribution};
use crate::account::loss::LossCover;
use crate::account::margin::{Health, Leg, covers, requirement};
use crate::account::trade_context::{Charges, TradeContext, Traded};
use crate::chain::health::{Monitor, State};
use crate::chain::policy::{Action, Permit, permit};
use crate::chain::rate_limit::within;
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{BPS_ONE, Bps, Millis, ONE, Price, Side, SignedUsd, Size, Usd};

/// A market's liquidation settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Penalty on the closed notional.
    pub penalty: Bps,
    /// The smallest position worth keeping.
    pub smallest: Size,
    /// Liquidator's share of the penalty from the moment a liquidation is possible.
    pub first_share: Bps,
    /// Liquidator's share once `ramp` has passed.
    pub last_share: Bps,
    /// Time over which the share rises.
    pub ramp: Millis,
}

/// The circumstances of a liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationContext {
    /// When a liquidation became possible: the reward rises from then on.
    pub due: Millis,
    /// The venue's clock.
    pub now: Millis,
    /// The most notional it may close; `None` without such a bound.
    pub most: Option<Usd>,
}

/// Why a liquidation cannot happen now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiquidationError {
    /// The market's liquidations have closed all they may in this minute.
    Paced,
    /// An amount does not fit.
    Overflow,
}

impl From<Overflow> for LiquidationError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// What a liquidation charges the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// To the liquidator: always due, from the account or else from whoever bears its bad debt.
    pub reward: Usd,
    /// To the insurance fund: only what the account still has.
    pub insurance: Usd,
}

/// An account as a liquidation judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarginAssessment {
    /// Where it stands.
    pub health: Health,
    /// What the position to close counts for in that; it may be closed at a worse price.
    pub price: Price,
}

impl MarginAssessment {
    /// Unrealised result of all positions but `leg`'s.
    fn elsewhere(&self, balances: &AccountBalances, leg: &Leg) -> Result<SignedUsd, Overflow> {
        let judged = Leg { price: self.price, ..*leg };
        self.health.equity.minus(balances.owned()?)?.minus(judged.result()?)
    }
}

/// Closes what [`size_to_close`] says of `leg` into the pool at the leg's price, without spread
/// (the penalty is the cost); with the last position bad debt is booked in the same step.
///
/// # Errors
/// The reason why not; nothing was changed.
pub fn liquidate(
    book: &TradeContext,
    judged: &MarginAssessment,
    leg: &Leg,
    terms: Terms,
    cover: &LossCover<'_>,
    met: LiquidationContext,
) -> Result<Traded, LiquidationError> {
    let closing = match leg.position.size.side() {
        Side::Long => Side::Short,
        Side::Short => Side::Long,
    };
    let size = size_allowed(&judged.health, leg, terms, met.most)?;
    let elsewhere = if book.others { judged.elsewhere(&book.balances, leg)? } else { SignedUsd(0) };
    let delta = size.on(closing)?;
    let traded = book.trade(delta, leg.price, cover, |trade, available| {
        let rest = trade.position.profit(leg.price)?;
        let has = available.plus(rest)?.plus(elsewhere)?;
        let charge = charge(trade.notional, met.now.since(met.due), has, terms)?;
        let total = charge.reward.plus(charge.insurance)?;
        let due = FeeDistribution {
            insurance: charge.insurance,
            protocol: Usd(0),
            keeper: charge.reward,
        };
        Ok(Charges { total, due })
    })?;
    Ok(traded)
}

/// How long a flag stands: an old one says nothing about the account now, so it must be set again.
pub const FLAG_LIFETIME: Millis = Millis::MINUTE.times(5);

/// Whether a flag set at `flagged` (zero: none) may be acted on at `now`.
pub fn flag_stands(flagged: Millis, now: Millis) -> bool {
    flagged.0 != 0 && now <= flagged.after(FLAG_LIFETIME)
}

/// How long shelter lasts before even a deeply insolvent account may be liquidated.
const SHELTER_WAIT: Millis = Millis::MINUTE;

/// Whether the state of the chain lets an account of this health be liquidated.
///
/// In a thaw the line rises from the deep-insolvency line to maintenance over its window, so the
/// worst go first; in shelter only the deeply insolvent go, after a wait that each disruption begins
/// anew.
pub fn is_liquidatable(health: &Health, chain: &Monitor, thaw: Millis, now: Millis) -> bool {
    if health.meets_maintenance() {
        return false;
    }
    match permit(Action::Liquidate, chain.state) {
        Permit::Allowed | Permit::Stressed => true,
        Permit::RisingLine => !covers(health.equity, rising_line(health, chain, thaw, now)),
        Permit::DeeplyInsolvent => {
            let begun = chain.since.max(chain.last_disruption);
            health.is_deeply_insolvent() && now >= begun.after(SHELTER_WAIT)
        }
        Permit::Refused | Permit::Queued => false,
    }
}

/// Since when the state of the chain has let an account of this health be liquidated that it lets be
/// liquidated now: a reward grows only where somebody could have earned it.
pub fn liquidatable_since(health: &Health, chain: &Monitor, thaw: Millis) -> Millis {
    let begun = chain.since.max(chain.last_disruption);
    match permit(Action::Liquidate, chain.state) {
        Permit::RisingLine => begun.after(line_reaches(health, thaw)),
        Permit::DeeplyInsolvent => begun.after(SHELTER_WAIT),
        // Before, only those below the rising line could be.
        _ if chain.state == State::Throttled => begun,
        _ => chain.last_disruption,
    }
}

/// How long after a thaw has begun the rising line exceeds the equity of an account, rounded up.
fn line_reaches(health: &Health, thaw: Millis) -> Millis {
    let deep = health.deep_line().0;
    let range = health.maintenance.0.saturating_sub(deep);
    let above = match u64::try_from(health.equity.0) {
        Ok(equity) if equity >= deep => equity.saturating_sub(deep).saturating_add(1),
        _ => 0,
    };
    Millis(mul_div(above.min(range), thaw.0, range, Rounding::Up).unwrap_or_default())
}

/// The requirement an account has to fail `now` in a thaw, rounded down.
fn rising_line(health: &Health, chain: &Monitor, thaw: Millis, now: Millis) -> Usd {
    let deep = health.deep_line();
    let range = health.maintenance.0.saturating_sub(deep.0);
    let passed = now.since(chain.since).min(thaw);
    let risen = mul_div(range, passed.0, thaw.0, Rounding::Down).unwrap_or_default();
    Usd(deep.0.saturating_add(risen))
}

/// How much of `leg` to close: just enough that equity reaches the target, which lies half-way
/// between the maintenance and initial requirements; everything when the account is deeply
/// insolvent or too little would be left.
///
/// Closing notional `c` costs `penalty · c` of equity and lowers the target by `ratio · c`, so
/// `c = (target − equity) ÷ (ratio − penalty)`, rounded up.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn size_to_close(health: &Health, leg: &Leg, terms: Terms) -> Result<Size, Overflow> {
    let held = leg.position.size.size();
    let target = health.initial.plus(health.maintenance)?.0.div_ceil(2);
    let missing = i128::from(target).saturating_sub(i128::from(health.equity.0));
    let missing = u64::try_from(missing.max(0)).map_err(|_| Overflow)?;
    // Twice the target ratio, so that the half stays exact.
    let ratios =
        u64::from(leg.ratios.initial.0).saturating_add(u64::from(leg.ratios.maintenance.0));
    let relief = ratios.saturating_sub(u64::from(terms.penalty.0).saturating_mul(2));
    if relief == 0 || health.is_deeply_insolvent() {
        return Ok(held);
    }
    let Ok(notional) = mul_div(missing, BPS_ONE.saturating_mul(2), relief, Rounding::Up) else {
        return Ok(held);
    };
    let Ok(size) = mul_div(notional, ONE, leg.price.0, Rounding::Up) else {
        return Ok(held);
    };
    let left = held.0.saturating_sub(size);
    Ok(if left < terms.smallest.0 { held } else { Size(size) })
}

/// [`size_to_close`], or less of it if its notional exceeds `most`.
///
/// # Errors
/// [`LiquidationError::Paced`] when what is left of the minute is not worth a liquidation.
pub fn size_allowed(
    health: &Health,
    leg: &Leg,
    terms: Terms,
    most: Option<Usd>,
) -> Result<Size, LiquidationError> {
    let wanted = size_to_close(health, leg, terms)?;
    let size = most.map_or(wanted, |most| within(wanted, leg.price, most));
    if size < wanted && size < terms.smallest { Err(LiquidationError::Paced) } else { Ok(size) }
}

/// Whether a liquidation of a position of `held` within `most` of notional can be worth it: whether
/// that allows the smallest size, or the whole position. [`size_allowed`] refuses less.
pub fn is_worth_closing(held: Size, price: Price, most: Option<Usd>, terms: Terms) -> bool {
    let most = most.map_or(held, |most| within(held, price, most));
    held.0 > 0 && most >= held.min(terms.smallest)
}

/// The penalty on `closed` notional, divided between liquidator and insurance.
///
/// The liquidator's share rises while a liquidation is possible (`waited`), so that the first bot
/// cannot overcharge and a late one is still paid. `available` is the account's equity.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn charge(
    closed: Usd,
    waited: Millis,
    available: SignedUsd,
    terms: Terms,
) -> Result<Charge, Overflow> {
    let penalty = requirement(closed, terms.penalty)?;
    // Without a ramp the share has risen as soon as any time has passed.
    let ramp = terms.ramp.0.max(1);
    let waited = waited.0.min(ramp);
    let range = u64::from(terms.last_share.0.saturating_sub(terms.first_share.0));
    let risen = mul_div(range, waited, ramp, Rounding::Down)?;
    let share = u64::from(terms.first_share.0).saturating_add(risen).min(BPS_ONE);
    let reward = mul_div(penalty.0, share, BPS_ONE, Rounding::Down)?;
    let left = available.gain().0.saturating_sub(reward);
    let insurance = penalty.0.saturating_sub(reward).min(left);
    Ok(Charge { reward: Usd(reward), insurance: Usd(insurance) })
}

#[cfg(test)]
#[path = "liquidation_tests.rs"]
mod tests;
