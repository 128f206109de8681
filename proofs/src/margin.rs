//! Margin, and what a liquidation may take.

use holdfast_risk::account::ledger::AccountBalances;
use holdfast_risk::account::liquidation::{
    LiquidationError, Terms, charge, is_liquidatable, size_allowed, size_to_close,
};
use holdfast_risk::account::margin::{Health, Leg, Ratios, requirement};
use holdfast_risk::chain::health::{Monitor, State};
use holdfast_risk::{Bps, CarryIndex, Millis, Price, SignedUsd, Size, Usd};

use crate::chain::monitor;
use crate::given::{Answer, Given, accepted, assume, claim};
use crate::ledger::balances;
use crate::position::position;

/// Any health.
fn health(given: &mut Given) -> Health {
    Health {
        equity: SignedUsd(given.i64()),
        unrealised: Usd(given.u64()),
        initial: Usd(given.u64()),
        maintenance: Usd(given.u64()),
    }
}

/// Any terms of a liquidation.
fn terms(given: &mut Given) -> Terms {
    Terms {
        penalty: Bps(given.u16()),
        smallest: Size(given.u64()),
        first_share: Bps(given.u16()),
        last_share: Bps(given.u16()),
        ramp: Millis(given.u64()),
    }
}

/// Any position with its price and ratios.
fn leg(given: &mut Given) -> Leg {
    Leg {
        position: position(given),
        price: Price(given.u64()),
        carry: CarryIndex(given.i64()),
        ratios: Ratios { initial: Bps(given.u16()), maintenance: Bps(given.u16()) },
    }
}

/// A requirement is its ratio of the value, rounded up.
pub fn requirements_round_up(given: &mut Given) -> Answer {
    let (value, ratio) = (given.u64(), given.u16());
    let asked = accepted(requirement(Usd(value), Bps(ratio)))?.0;
    claim(u128::from(asked) == (u128::from(value) * u128::from(ratio)).div_ceil(10_000))
}

/// What a withdrawal may take leaves the initial requirement covered by what is realised, and it
/// never takes more than the collateral.
pub fn a_withdrawal_leaves_initial_margin(given: &mut Given) -> Answer {
    let (health, collateral) = (health(given), given.u64());
    let most = health.withdrawable(Usd(collateral)).0;
    let sure = i128::from(health.equity.0) - i128::from(health.unrealised.0);
    let free = sure - i128::from(health.initial.0);
    claim(most <= collateral)?;
    claim(most == 0 || i128::from(most) <= free)?;
    claim(most == collateral || i128::from(most) == free.max(0))
}

/// Each line is met exactly when the equity is at least what it asks.
pub fn lines_include_equality(given: &mut Given) -> Answer {
    let health = health(given);
    let equity = i128::from(health.equity.0);
    let covers = |line: u64| equity >= i128::from(line);
    claim(health.meets_initial() == covers(health.initial.0))?;
    claim(health.meets_maintenance() == covers(health.maintenance.0))?;
    claim(health.is_deeply_insolvent() != covers(health.maintenance.0 / 2))?;
    let missing = (i128::from(health.maintenance.0) - equity).max(0);
    let missing = missing.min(i128::from(u64::MAX));
    claim(i128::from(health.shortfall().0) == missing)
}

/// An account's equity is its own money and the results of its positions; a gain that is not
/// realised is counted as such, and every position adds its requirements.
pub fn health_counts_every_position(given: &mut Given) -> Answer {
    let (balances, leg): (AccountBalances, Leg) = (balances(given), leg(given));
    let mut health = accepted(Health::new(&balances))?;
    let owned = accepted(balances.owned())?;
    let before = Health {
        equity: owned,
        unrealised: balances.pending_profit,
        initial: Usd(0),
        maintenance: Usd(0),
    };
    claim(health == before)?;
    let asked = accepted(health.add(&leg))?;
    let profit = accepted(leg.position.profit(leg.price))?;
    let carry = accepted(leg.position.carry_owed(leg.carry))?;
    let result = i128::from(profit.0) - i128::from(carry.0);
    claim(i128::from(health.equity.0) == i128::from(owned.0) + result)?;
    let pending = i128::from(balances.pending_profit.0);
    claim(i128::from(health.unrealised.0) == pending + result.max(0))?;
    let value = accepted(leg.notional())?;
    claim(health.initial == accepted(requirement(value, leg.ratios.initial))?)?;
    claim(health.maintenance == accepted(requirement(value, leg.ratios.maintenance))?)?;
    claim(asked == health.maintenance)
}

/// Nobody above maintenance is liquidated, in no state of the chain; in shelter only the deeply
/// insolvent are, after a minute; before and after a thaw everybody below maintenance may be.
pub fn liquidation_is_only_below_maintenance(given: &mut Given) -> Answer {
    let (health, chain) = (health(given), monitor(given));
    let (thaw, now) = (Millis(given.u64()), Millis(given.u64()));
    let may = is_liquidatable(&health, &chain, thaw, now);
    claim(!may || !health.meets_maintenance())?;
    match chain.state {
        State::Normal | State::Strained | State::Throttled => {
            claim(may != health.meets_maintenance())
        }
        State::Shelter => {
            let waited = now.0 >= chain.since.0.saturating_add(60_000);
            claim(may == (!health.meets_maintenance() && health.is_deeply_insolvent() && waited))
        }
        State::Thaw => claim(!health.is_deeply_insolvent() || health.meets_maintenance() || may),
    }
}

/// In a thaw the line rises with time from half of maintenance to all of it.
pub fn the_line_rises_over_the_thaw(given: &mut Given) -> Answer {
    let (health, mut chain): (Health, Monitor) = (health(given), monitor(given));
    let (thaw, now) = (given.u64(), given.u64());
    chain.state = State::Thaw;
    assume(thaw > 0 && !health.meets_maintenance())?;
    let may = is_liquidatable(&health, &chain, Millis(thaw), Millis(now));
    let passed = now.saturating_sub(chain.since.0).min(thaw);
    let deep = health.maintenance.0 / 2;
    let range = u128::from(health.maintenance.0 - deep);
    // What the equity has above the deep line, against what the line has risen by.
    let above = i128::from(health.equity.0) - i128::from(deep);
    let risen = range * u128::from(passed);
    let covered = above >= 0 && (above.unsigned_abs() + 1) * u128::from(thaw) > risen;
    claim(may != covered)
}

/// What is closed is at most what is held; what is left is worth keeping; and a deeply insolvent
/// account's position is closed whole.
pub fn no_more_is_closed_than_is_held(given: &mut Given) -> Answer {
    let (health, leg, terms) = (health(given), leg(given), terms(given));
    let held = leg.position.size.0.unsigned_abs();
    let closed = accepted(size_to_close(&health, &leg, terms))?.0;
    claim(closed <= held || held < terms.smallest.0 || terms.smallest.0 == 0)?;
    claim(closed >= held || held - closed >= terms.smallest.0)?;
    claim(!health.is_deeply_insolvent() || closed == held)
}

/// What is closed is enough: the equity that is left, less the penalty, reaches the middle between
/// the requirements that are left, to the rounding of the price.
pub fn what_is_closed_reaches_the_target(given: &mut Given) -> Answer {
    let (health, leg, terms) = (health(given), leg(given), terms(given));
    let held = leg.position.size.0.unsigned_abs();
    let closed = accepted(size_to_close(&health, &leg, terms))?.0;
    assume(closed < held)?;
    let target = (u128::from(health.initial.0) + u128::from(health.maintenance.0)).div_ceil(2);
    let target = i128::try_from(target).unwrap_or(i128::MAX);
    let missing = (target - i128::from(health.equity.0)).max(0).unsigned_abs();
    let (initial, maintenance) = (leg.ratios.initial.0, leg.ratios.maintenance.0);
    let relief = u128::from(initial) + u128::from(maintenance) - 2 * u128::from(terms.penalty.0);
    // `closed · price · relief` covers what is missing, twice and in basis points and millionths.
    let value = u128::from(closed) * u128::from(leg.price.0) / 1_000_000;
    claim(value * relief >= missing * 20_000)
}

/// A bound on what may be closed is kept, and what it leaves is worth a liquidation.
pub fn a_liquidation_keeps_its_bound(given: &mut Given) -> Answer {
    let (health, leg, terms, most) = (health(given), leg(given), terms(given), given.u64());
    assume(leg.price.0 > 0)?;
    let wanted = accepted(size_to_close(&health, &leg, terms))?;
    claim(size_allowed(&health, &leg, terms, None) == Ok(wanted))?;
    let bound = u128::from(most) * 1_000_000;
    let costs = |size: Size| u128::from(size.0) * u128::from(leg.price.0);
    match size_allowed(&health, &leg, terms, Some(Usd(most))) {
        Ok(size) => {
            claim(size <= wanted && costs(size) <= bound)?;
            claim(size == wanted || size >= terms.smallest)?;
            claim(size == wanted || costs(size) + u128::from(leg.price.0) > bound)
        }
        Err(LiquidationError::Paced) => {
            claim(costs(wanted) > bound)?;
            claim(costs(terms.smallest) > bound)
        }
        Err(LiquidationError::Overflow) => Ok(()),
    }
}

/// Reward and insurance stay within the penalty; insurance takes only what the account has after the
/// reward, and all of it that is due.
pub fn penalty_and_reward_stay_within_what_is_due(given: &mut Given) -> Answer {
    let (closed, waited) = (given.u64(), given.u64());
    let (available, terms) = (given.i64(), terms(given));
    let taken = accepted(charge(Usd(closed), Millis(waited), SignedUsd(available), terms))?;
    let penalty = (u128::from(closed) * u128::from(terms.penalty.0)).div_ceil(10_000);
    let (reward, insurance) = (u128::from(taken.reward.0), u128::from(taken.insurance.0));
    claim(reward + insurance <= penalty)?;
    let has = u128::from(available.max(0).unsigned_abs()).saturating_sub(reward);
    claim(insurance == has.min(penalty - reward))
}

/// The liquidator's share begins at the first, rises evenly over the ramp, and ends at the last.
pub fn the_reward_rises_over_the_ramp(given: &mut Given) -> Answer {
    let (closed, waited) = (given.u64(), given.u64());
    let (available, terms) = (given.i64(), terms(given));
    assume(terms.first_share <= terms.last_share && terms.last_share <= Bps(10_000))?;
    let taken = accepted(charge(Usd(closed), Millis(waited), SignedUsd(available), terms))?;
    let penalty = u128::from(accepted(requirement(Usd(closed), terms.penalty))?.0);
    let (first, last) = (u128::from(terms.first_share.0), u128::from(terms.last_share.0));
    let ramp = u128::from(terms.ramp.0.max(1));
    let risen = (last - first) * u128::from(waited.min(terms.ramp.0)) / ramp;
    claim(u128::from(taken.reward.0) == penalty * (first + risen) / 10_000)
}
