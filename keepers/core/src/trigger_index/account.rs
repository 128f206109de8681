//! When an account has to be looked at again.

use holdfast_client::holdfast::account_health::{self, Purpose};
use holdfast_client::holdfast::checks::order::{OrderProgress, order_progress};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{MarginAccount, Market};
use holdfast_client::standing;
use holdfast_risk::account::liquidation::flag_stands;
use holdfast_risk::account::margin::Health;
use holdfast_risk::account::order::{Order, Trigger};
use holdfast_risk::{Millis, Side};

use super::wake_condition::{WakeCondition, worth};
use crate::VenueSnapshot;

/// What a look at an account ends in.
pub enum Arming {
    /// Look again in every decision.
    Hot,
    /// The same, for its margin alone: where there are very many, in turn, or when one of these says that
    /// something else may be due.
    InTurn(Vec<WakeCondition>),
    /// Nothing can be due before one of these.
    Armed(Vec<WakeCondition>),
}

/// Rounding of one position's result, carry and requirement, in native units, with room to spare:
/// each rounds by less than one, at the present price and again at the alarm's.
const ROUNDING: i128 = 8;
/// Units of [`worth`] times size (millionths) in a native unit.
const SCALE: i128 = 10_000_000_000_000_000;

/// Evaluates an account.
pub fn arm(mirror: &VenueSnapshot, chain: &Chain, account: &MarginAccount) -> Arming {
    let mut alarms = Vec::new();
    if account.exit_amount > 0 || account.debt > 0 {
        return Arming::Hot;
    }
    let waits = arm_orders(mirror, chain, account, &mut alarms)
        .and_then(|()| arm_profit(mirror, chain, account, &mut alarms));
    if waits.is_none() {
        return Arming::Hot;
    }
    let safe = arm_margin(mirror, chain, account, &mut alarms);
    if safe.is_some() { Arming::Armed(alarms) } else { Arming::InTurn(alarms) }
}

/// One alarm per position, such that maintenance is met while none has gone off: each position may
/// lose a share of what the account has above maintenance, as large as its share of the account's
/// value. `None`: hot.
fn arm_margin(
    mirror: &VenueSnapshot,
    chain: &Chain,
    account: &MarginAccount,
    alarms: &mut Vec<WakeCondition>,
) -> Option<()> {
    if account.open_markets == 0 {
        return Some(());
    }
    if account.open_indices().any(|index| mirror.market(index).is_some_and(Market::is_settled)) {
        return None;
    }
    let flagged = Millis(account.flagged_ms);
    if account.flagged_ms != 0 && flag_stands(flagged, chain.now) {
        return None;
    }
    let price = |market: &Market| {
        let position = account.position(market.index);
        account_health::valuation_price(&position, market, chain, Purpose::Liquidation)
    };
    let health = standing::health(account, |index| mirror.market(index), price).ok().flatten()?;
    let positions = i128::from(account.open_markets.count_ones());
    let spare = above_maintenance(&health) - positions * ROUNDING;
    if spare <= 0 {
        return None;
    }
    let leg = |index| {
        let market = mirror.market(index)?;
        let leg = account_health::leg_of(market, account.position(index), price(market));
        Some((leg, i128::from(leg.notional().ok()?.0)))
    };
    let whole: i128 = account.open_indices().filter_map(leg).map(|(_, value)| value).sum();
    for index in account.open_indices() {
        let (leg, value) = leg(index)?;
        let (side, size) = (leg.position.size.side(), i128::from(leg.position.size.size().0));
        let share = spare.checked_mul(value)?.checked_div(whole)?;
        let room = share.checked_mul(SCALE)?.checked_div(size)?;
        let now = worth(side, leg.price, leg.carry, leg.ratios.maintenance);
        let worth = match side {
            Side::Long => now.checked_sub(room)?,
            Side::Short => now.checked_add(room)?,
        };
        alarms.push(WakeCondition::Margin { market: index, side, worth });
    }
    Some(())
}

fn above_maintenance(health: &Health) -> i128 {
    i128::from(health.equity.0) - i128::from(health.maintenance.0)
}

/// An alarm on each order's expiry and on the trigger it waits for. `None`: hot.
fn arm_orders(
    mirror: &VenueSnapshot,
    chain: &Chain,
    account: &MarginAccount,
    alarms: &mut Vec<WakeCondition>,
) -> Option<()> {
    for slot in account.orders.iter().filter(|slot| slot.number != 0) {
        let order = Order::from(slot);
        let market = mirror.market(slot.market)?;
        if order.is_expired(market.now(chain.now)) || market.is_settled() {
            return None;
        }
        alarms.push(WakeCondition::Moment(order.expires.after(Millis(1))));
        match order_progress(&order, account, market, chain) {
            OrderProgress::AwaitsPrice | OrderProgress::PriceKnown => return None,
            OrderProgress::Lapsed if order.is_immediate() => return None,
            OrderProgress::NothingToReduce => {}
            OrderProgress::Untriggered | OrderProgress::Lapsed => {
                alarms.push(trigger_of(slot.market, market, &order)?);
            }
        }
    }
    Some(())
}

/// What sets an order's trigger off. `None`: the newest price would, if it may.
fn trigger_of(index: u8, market: &Market, order: &Order) -> Option<WakeCondition> {
    let newest = market.newest_price().middle();
    if order.trigger.is_met(newest) {
        return None;
    }
    match order.trigger {
        Trigger::AtOrAbove(to) => Some(WakeCondition::Rises { market: index, to }),
        Trigger::AtOrBelow(to) => Some(WakeCondition::Falls { market: index, to }),
        Trigger::Immediate => None,
    }
}

/// An alarm on the moment pending profit matures. `None`: hot.
fn arm_profit(
    mirror: &VenueSnapshot,
    chain: &Chain,
    account: &MarginAccount,
    alarms: &mut Vec<WakeCondition>,
) -> Option<()> {
    if account.pending_profit == 0 {
        return Some(());
    }
    let due = Millis(account.profit_since_ms).after(Millis(mirror.silo.terms.maturity_ms));
    (chain.now < due).then(|| alarms.push(WakeCondition::Moment(due)))
}
