//! The decision: which intents, in which order. Pure: the same mirror gives the same intents.

mod close;
pub(crate) mod guardian;
mod pool;
mod rate_limit;
pub(crate) mod refresh;

use holdfast_client::Pubkey;
use holdfast_client::holdfast::account_health::{self, Purpose};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{MarginAccount, Market};
use holdfast_client::holdfast::trade_context;
use holdfast_client::standing;
use holdfast_risk::account::execution::{Executed, ExecutionContext, ExecutionError, execute};
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::liquidation::{flag_stands, is_liquidatable};
use holdfast_risk::account::loss;
use holdfast_risk::account::margin::{Health, requirement};
use holdfast_risk::account::order::Order;
use holdfast_risk::account::profit;
use holdfast_risk::chain::policy::{Action, Permit, permit};
use holdfast_risk::chain::rate_limit::payable;
use holdfast_risk::market::price::{PricePoint, first_since};
use holdfast_risk::market::settlement::{announced, is_due};
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::{Bps, Millis, Price, Usd};

use crate::{Intent, VenueSnapshot};

pub(crate) use close::is_close;

/// What to do at `now`, the venue's clock: liquidations and flags first, the account that lacks
/// most first; then orders, reductions before openings and older before newer; then prices; then
/// housekeeping.
/// An observation comes last: it can change what is allowed, and the rest was decided before it.
pub fn decide(mirror: &VenueSnapshot, now: Millis) -> Vec<Intent> {
    decide_about(mirror, now, mirror.accounts.keys())
}

/// As [`decide`], about some accounts only, in the order of their addresses: the others are known
/// to have nothing due.
pub fn decide_about<'a>(
    mirror: &'a VenueSnapshot,
    now: Millis,
    accounts: impl IntoIterator<Item = &'a Pubkey>,
) -> Vec<Intent> {
    let chain = mirror.chain(now);
    let mut rescues = Vec::new();
    let mut orders = Vec::new();
    let mut chores = Vec::new();
    let mut awaited = 0;
    let known = |address| mirror.accounts.get_key_value(address);
    for (address, account) in accounts.into_iter().filter_map(known) {
        if let Some((missing, intent)) = rescue(mirror, &chain, address, account) {
            rescues.push((missing, intent));
        }
        for (urgency, intent) in waiting(mirror, &chain, address, account) {
            orders.push((urgency, intent));
        }
        orders.extend(exit(&chain, address, account));
        chores.extend(chore(mirror, &chain, address, account));
        awaited |= refresh::awaited(mirror, &chain, account);
    }
    rescues.sort_by_key(|(missing, _)| core::cmp::Reverse(*missing));
    orders.sort_by_key(|(urgency, _)| *urgency);
    let rescues = rate_limit::keep(mirror, &chain, rescues.into_iter().map(|(_, intent)| intent));
    let orders = orders.into_iter().map(|(_, intent)| intent);
    let notices = mirror.markets.iter().filter_map(|(_, market)| notice(&chain, market));
    let work = rescues.chain(orders).chain(refresh::refreshes(mirror, &chain, awaited));
    let chores = chores.into_iter().chain(pool::requests(mirror, &chain)).chain(notices);
    work.chain(chores).chain(observation(&chain)).collect()
}

/// The next step towards the settlement of a market whose price does not return.
fn notice(chain: &Chain, market: &Market) -> Option<Intent> {
    if market.is_settled() {
        return None;
    }
    let (settles, last_disruption, now) =
        (Millis(market.settles_ms), chain.monitor.last_disruption, market.now(chain.now));
    let (published, index) = (market.newest_price().published, market.index);
    if is_due(settles, last_disruption, now) {
        return Some(Intent::SettleMarket { market: index });
    }
    let announces = settles.0 == 0 && announced(published, last_disruption, now).is_some();
    announces.then_some(Intent::AnnounceSettlement { market: index })
}

/// Observations the keepers make in the time after which the venue counts as unwatched.
const OBSERVATIONS_PER_SILENCE: u64 = 10;

/// Evidence of how the chain is doing, often enough that losing several does not strain the venue.
fn observation(chain: &Chain) -> Option<Intent> {
    let cadence = Millis(chain.thresholds.silence.0 / OBSERVATIONS_PER_SILENCE);
    let seen = chain.monitor.seen;
    let due = chain.monitor.is_due(chain.now) && chain.now >= seen.after(cadence);
    due.then_some(Intent::Observe)
}

/// Flags an account that fails maintenance, or liquidates it once its flag has aged. With it, what
/// the account lacks.
fn rescue(
    mirror: &VenueSnapshot,
    chain: &Chain,
    address: &Pubkey,
    account: &MarginAccount,
) -> Option<(Usd, Intent)> {
    if account.open_markets == 0 {
        return None;
    }
    let health = health_at(mirror, chain, account, None)?;
    let latest = account.open_indices().filter_map(|index| mirror.market(index));
    let now = latest.map(|market| market.now(chain.now)).max()?;
    if flag_stands(Millis(account.flagged_ms), now) {
        let market = closable_leg(mirror, chain, account)?;
        return Some((health.shortfall(), Intent::Liquidate { account: *address, market }));
    }
    let fails = !health.meets_maintenance();
    fails.then(|| (health.shortfall(), Intent::Flag { account: *address }))
}

/// The position a liquidation may close now: the one with the largest requirement, at the price
/// its market had first after the flag's delay.
fn closable_leg(mirror: &VenueSnapshot, chain: &Chain, account: &MarginAccount) -> Option<u8> {
    let required = |market: &Market, price: Price| {
        let leg = account_health::leg(account, market, price);
        requirement(leg.notional().ok()?, leg.ratios.maintenance).ok()
    };
    account.open_indices().find(|&index| {
        let Some(market) = mirror.market(index) else { return false };
        let last_disruption = chain.monitor.last_disruption;
        let Some(point) = execution_price(chain, account, market) else { return false };
        let side = account.position(index).size.side();
        let own = required(market, point.trader_adverse(side));
        let largest = account.open_indices().filter(|other| *other != index).all(|other| {
            let found = mirror.market(other);
            found.is_some_and(|found| required(found, worth(account, found, chain)) <= own)
        });
        let mark = market.mark(chain.now, last_disruption);
        let believed = mark.allows(point);
        let at_point =
            health_at(mirror, chain, account, Some((index, mark.liquidation_price(point, side))));
        let now = market.now(chain.now);
        let reached = at_point.is_some_and(|health| {
            is_liquidatable(&health, &chain.monitor, chain.thresholds.thaw, now)
        });
        let trades = !market.is_settled() && market.is_ready(last_disruption);
        believed && largest && reached && trades
    })
}

/// The price a liquidation of a flagged account gets in a market: the first after the flag's delay.
fn execution_price(chain: &Chain, account: &MarginAccount, market: &Market) -> Option<PricePoint> {
    let delay = Millis(market.terms.flag_delay_ms);
    let earliest = Millis(account.flagged_ms).after(delay).max(chain.monitor.last_disruption);
    first_since(market.recent_prices(), earliest)
}

/// Health as a liquidation judges it, one market's price replaced by `own`.
fn health_at(
    mirror: &VenueSnapshot,
    chain: &Chain,
    account: &MarginAccount,
    own: Option<(u8, Price)>,
) -> Option<Health> {
    let price = |market: &Market| {
        own.filter(|(index, _)| *index == market.index)
            .map_or_else(|| worth(account, market, chain), |(_, price)| price)
    };
    standing::health(account, |index| mirror.market(index), price).ok().flatten()
}

/// What one unit of the account's position counts for in a liquidation.
fn worth(account: &MarginAccount, market: &Market, chain: &Chain) -> Price {
    account_health::valuation_price(account, market, chain, Purpose::Liquidation)
}

/// Orders that the rules execute now: reductions first, then by when they were placed. Whether an
/// opening leaves enough margin is seen when it is sent.
fn waiting<'a>(
    mirror: &'a VenueSnapshot,
    chain: &'a Chain,
    address: &'a Pubkey,
    account: &'a MarginAccount,
) -> impl Iterator<Item = ((bool, u64), Intent)> + 'a {
    account.orders.iter().filter(|slot| slot.number != 0).filter_map(move |slot| {
        let market = mirror.market(slot.market).filter(|market| !market.is_settled())?;
        let order = Order::from(slot);
        let opens = order.opens(account.position(slot.market).size);
        let ready = !opens || market.is_ready(chain.monitor.last_disruption);
        let executes = ready && executed(mirror, chain, account, market, &order).is_ok();
        let (account, market, number) = (*address, slot.market, slot.number);
        let intent = Intent::ExecuteOrder { account, market, number };
        executes.then_some(((opens, slot.requested_ms), intent))
    })
}

/// What executing an order would do, by the rules the program calls.
fn executed(
    mirror: &VenueSnapshot,
    chain: &Chain,
    account: &MarginAccount,
    market: &Market,
    order: &Order,
) -> Result<Executed, ExecutionError> {
    let met = ExecutionContext {
        now: market.now(chain.now),
        last_disruption: chain.monitor.last_disruption,
        volatility: market.volatility().per_minute(),
        opening: permit(Action::Open, chain.monitor.state),
    };
    let book = trade_context::open(&mirror.silo, market, account);
    let terms = MarketTerms::from(&market.terms);
    let silo = mirror.silo.rules(market.index, &account.debts, met.now);
    execute(&book, order, market.recent_prices(), &terms, &silo, met)
}

/// An exit of which something can be paid now; among reductions, by when it was asked for.
fn exit(chain: &Chain, address: &Pubkey, account: &MarginAccount) -> Option<((bool, u64), Intent)> {
    let permit = permit(Action::WithdrawIdle, chain.monitor.state);
    let amount = payable(account.exit(), chain.now, permit).ok()?;
    let urgency = (false, account.exit_ms);
    (amount.0 > 0).then_some((urgency, Intent::PayExit { account: *address }))
}

/// Positions in settled markets to close, expired orders to remove, profit to mature and debt to write
/// off; what would be cut is its owner's to decide.
fn chore<'a>(
    mirror: &'a VenueSnapshot,
    chain: &'a Chain,
    address: &'a Pubkey,
    account: &'a MarginAccount,
) -> impl Iterator<Item = Intent> + 'a {
    let expired = account
        .orders
        .iter()
        .filter(|slot| slot.number != 0 && Order::from(*slot).is_expired(chain.now))
        .map(|slot| Intent::RemoveOrder { account: *address, number: slot.number });
    let due = Millis(account.profit_since_ms).after(Millis(mirror.silo.terms.maturity_ms));
    let allowed = permit(Action::MatureProfit, chain.monitor.state) == Permit::Allowed;
    let (ledger, share) = (Ledger::from(&mirror.silo.ledger), mirror.silo.terms.payable_share_bps);
    let whole = profit::mature(&ledger, account.balances(), Bps(share), false).is_ok();
    let matures = allowed && account.pending_profit > 0 && chain.now >= due && whole;
    let settled = account
        .open_indices()
        .filter(|index| mirror.market(*index).is_some_and(Market::is_settled))
        .map(|market| Intent::SettlePosition { account: *address, market });
    let matures = matures.then_some(Intent::MatureProfit { account: *address });
    let owes = is_written_off(mirror, chain, account);
    let owes = owes.then_some(Intent::WriteOffDebt { account: *address });
    settled.chain(expired).chain(matures).chain(owes)
}

/// Whether an account owes more than all it has can be worth.
fn is_written_off(mirror: &VenueSnapshot, chain: &Chain, account: &MarginAccount) -> bool {
    let trusted = permit(Action::Liquidate, chain.monitor.state) == Permit::Allowed;
    if account.debt == 0 || !trusted {
        return false;
    }
    let Some(health) = health_at(mirror, chain, account, None) else { return false };
    let cover = mirror.silo.cover(0, &account.debts, chain.now);
    let ledger = Ledger::from(&mirror.silo.ledger);
    loss::write_off(&ledger, account.balances(), health.unrealised, &cover).is_ok()
}

#[cfg(test)]
mod tests;
