//! Margin, and what a liquidation may take.

use holdfast_risk::account::liquidation::{Terms, charge, is_liquidatable, size_to_close};
use holdfast_risk::account::margin::{Health, Leg, Ratios, requirement};
use holdfast_risk::chain::health::State;
use holdfast_risk::{Bps, CarryIndex, Millis, Price, SignedUsd, Size, Usd};

use crate::chain::monitor;
use crate::given::{Answer, Given, Stop, accepted, assume, claim};
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

/// Nobody above maintenance is liquidated, in no state of the chain; in shelter only the deeply
/// insolvent are, a minute after the last disruption; before and after a thaw everybody below maintenance
/// may be.
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
            let begun = chain.since.0.max(chain.last_disruption.0);
            let waited = now.0 >= begun.saturating_add(60_000);
            claim(may == (!health.meets_maintenance() && health.is_deeply_insolvent() && waited))
        }
        State::Thaw => claim(!health.is_deeply_insolvent() || health.meets_maintenance() || may),
    }
}

/// What is closed is at most what is held; what is left is worth keeping; and a deeply insolvent
/// account's position is closed whole. Every market has a smallest position above zero.
pub fn no_more_is_closed_than_is_held(given: &mut Given) -> Answer {
    let (health, leg, terms) = (health(given), leg(given), terms(given));
    assume(terms.smallest.0 > 0)?;
    let held = leg.position.size.0.unsigned_abs();
    let closed = accepted(size_to_close(&health, &leg, terms))?.0;
    claim(closed <= held)?;
    claim(closed == held || held - closed >= terms.smallest.0)?;
    claim(!health.is_deeply_insolvent() || closed == held)
}

/// The liquidator's share of the penalty rises evenly from the first share to the last while a
/// liquidation is possible, and the reward is that, rounded down.
pub fn the_reward_rises_with_the_wait(given: &mut Given) -> Answer {
    let (closed, waited, terms) = (given.u64(), given.u64(), terms(given));
    let taken = accepted(charge(Usd(closed), Millis(waited), SignedUsd(0), terms))?;
    let Terms { first_share, last_share, ramp, .. } = terms;
    let range = u128::from(last_share.0.saturating_sub(first_share.0));
    // A ramp of no time has passed after a millisecond.
    let ramp = ramp.0.max(1);
    let risen = range * u128::from(waited.min(ramp)) / u128::from(ramp);
    let risen = u64::try_from(risen).map_err(|_| Stop::Broken)?;
    let share = u128::from(u64::from(first_share.0).saturating_add(risen).min(10_000));
    let penalty = (u128::from(closed) * u128::from(terms.penalty.0)).div_ceil(10_000);
    claim(u128::from(taken.reward.0) == penalty * share / 10_000)?;
    claim(
        waited < ramp || first_share > last_share || share == u128::from(last_share.0).min(10_000),
    )
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
