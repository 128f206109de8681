//! The decision: which intents, in which order. Pure: the same mirror gives the same intents.

pub(crate) mod changes;
mod close;
pub(crate) mod guardian;
pub(crate) mod pool;
mod rate_limit;
pub(crate) mod refresh;

use holdfast_client::Pubkey;
use holdfast_client::holdfast::checks::exit::payable_exit;
use holdfast_client::holdfast::checks::liquidation::{Liquidatable, flaggable, liquidatable};
use holdfast_client::holdfast::checks::order::{order_fate, removable, triggerable};
use holdfast_client::holdfast::checks::profit::matured;
use holdfast_client::holdfast::checks::settlement::{
    announceable, position_to_settle, settleable, uncovered,
};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{ChainHealth, MarginAccount, Market};
use holdfast_risk::account::order::Order;
use holdfast_risk::{Millis, Usd};

use crate::{Intent, VenueSnapshot};

pub(crate) use close::is_close;

/// What to do at `now`, the venue's clock: liquidations and flags first, the account that lacks
/// most first; then what payments need, if a vault lacks it; then orders, reductions before openings
/// and older before newer; then prices; then housekeeping.
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
    let mut waits = pool::waits(mirror, &chain);
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
        waits.extend(refresh::waits(mirror, &chain, account));
    }
    rescues.sort_by_key(|(missing, _)| core::cmp::Reverse(*missing));
    orders.sort_by_key(|(urgency, _)| *urgency);
    let rescues = rate_limit::keep(mirror, &chain, rescues.into_iter().map(|(_, intent)| intent));
    let orders = orders.into_iter().map(|(_, intent)| intent);
    let notices = mirror.markets.iter().filter_map(|(_, market)| notice(&chain, market));
    let paid = pool::reconciliation(mirror, &chain).into_iter().chain(orders);
    let work = rescues.chain(paid).chain(refresh::refreshes(mirror, &chain, &waits));
    let chores = chores.into_iter().chain(pool::requests(mirror, &chain)).chain(notices);
    work.chain(chores).chain(observation(mirror, &chain)).collect()
}

/// The next step towards the settlement of a market whose price does not return.
fn notice(chain: &Chain, market: &Market) -> Option<Intent> {
    let index = market.index;
    if settleable(market, chain).is_ok() {
        return Some(Intent::SettleMarket { market: index });
    }
    announceable(market, chain).is_ok().then_some(Intent::AnnounceSettlement { market: index })
}

/// Observations the keepers make in the time after which the venue counts as unwatched.
const OBSERVATIONS_PER_SILENCE: u64 = 10;

/// Evidence of how the chain is doing, often enough that losing several does not strain the venue; and
/// as soon as it may be looked at again, where markets' feeds prove that it is later than the venue's
/// clock can be.
fn observation(mirror: &VenueSnapshot, chain: &Chain) -> Option<Intent> {
    let cadence = Millis(chain.thresholds.silence.0 / OBSERVATIONS_PER_SILENCE);
    let seen = chain.monitor.seen;
    let passed = chain.now >= seen.after(cadence) || is_behind(mirror, chain);
    let shown = chain.now.max(proven(mirror, chain));
    let looks = chain.monitor.is_due(shown, chain.slot, &chain.thresholds) && passed;
    (looks || is_unheard(mirror, chain)).then_some(Intent::Observe)
}

/// Whether what markets know of the time is not with the venue since long. Somebody may have looked
/// without it, so often that no other look is due; it is taken all the same.
fn is_unheard(mirror: &VenueSnapshot, chain: &Chain) -> bool {
    let longest = Millis(chain.thresholds.silence.0 / 2);
    let known = mirror.chain_health.published;
    learned(mirror).published.iter().zip(known).any(|(told, known)| {
        let is_old = |told: u64, known: u64| told > known.saturating_add(longest.0);
        is_old(told.newest_ms, known.newest_ms) || is_old(told.other_ms, known.other_ms)
    })
}

/// What the venue would know of the chain with what all markets know of the time.
fn learned(mirror: &VenueSnapshot) -> ChainHealth {
    let mut health = mirror.chain_health;
    for (_, market) in &mirror.markets {
        health.learn(market);
    }
    health
}

/// Whether the venue's clock is so far behind what an observation would prove that true prices are
/// refused.
fn is_behind(mirror: &VenueSnapshot, chain: &Chain) -> bool {
    let future = mirror.markets.iter().map(|(_, market)| market.terms.quotes().future);
    future.min().is_some_and(|future| proven(mirror, chain) > chain.now.after(future))
}

/// The publish time that an observation would prove.
fn proven(mirror: &VenueSnapshot, chain: &Chain) -> Millis {
    // The venue's clock leads the cluster's.
    learned(mirror).proven(Millis(chain.now.0.saturating_sub(chain.monitor.lead.0)))
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
    let next = |index| mirror.open_market(index);
    if account.flagged_ms != 0
        && let Some(found) = closable(mirror, chain, account)
    {
        let intent = Intent::Liquidate { account: *address, market: found.0 };
        return Some((found.1.assessment.health.shortfall(), intent));
    }
    let found = flaggable(account, chain, next).ok()?;
    Some((found.health.shortfall(), Intent::Flag { account: *address }))
}

/// The position a liquidation may close now, with its market's index.
fn closable(
    mirror: &VenueSnapshot,
    chain: &Chain,
    account: &MarginAccount,
) -> Option<(u8, Liquidatable)> {
    account.open_indices().find_map(|index| {
        let market = mirror.market(index)?;
        let next = |index| mirror.open_market(index);
        let found = liquidatable(&mirror.silo, account, market, chain, next).ok()?;
        Some((index, found))
    })
}

/// Orders that execute, or are removed by executing them, and triggers that are met: reductions
/// first, then by when they were placed.
fn waiting<'a>(
    mirror: &'a VenueSnapshot,
    chain: &'a Chain,
    address: &'a Pubkey,
    account: &'a MarginAccount,
) -> impl Iterator<Item = ((bool, u64), Intent)> + 'a {
    account.orders.iter().filter(|slot| slot.number != 0).filter_map(move |slot| {
        let market = mirror.market(slot.market)?;
        let order = Order::from(slot);
        let opens = order.opened(account.position(slot.market).size).0 > 0;
        let (account_address, index, number) = (*address, slot.market, slot.number);
        let next = |index| mirror.open_market(index);
        let intent = if triggerable(slot, account, market, chain).is_ok() {
            Intent::TriggerOrder { account: account_address, market: index, number }
        } else {
            order_fate(&mirror.silo, account, market, slot, chain, next).ok()?;
            Intent::ExecuteOrder { account: account_address, market: index, number }
        };
        Some(((opens, slot.requested_ms), intent))
    })
}

/// An exit of which something can be paid now; among reductions, by when it was asked for.
fn exit(chain: &Chain, address: &Pubkey, account: &MarginAccount) -> Option<((bool, u64), Intent)> {
    payable_exit(account, chain).ok()?;
    Some(((false, account.exit_ms), Intent::PayExit { account: *address }))
}

/// Positions in settled markets to close, orders that are over to remove, profit to mature and debt to
/// write off; what would be cut is its owner's to decide.
fn chore<'a>(
    mirror: &'a VenueSnapshot,
    chain: &'a Chain,
    address: &'a Pubkey,
    account: &'a MarginAccount,
) -> impl Iterator<Item = Intent> + 'a {
    let waiting = account.orders.iter().filter(|slot| slot.number != 0);
    let removed = waiting.filter_map(|slot| {
        let (market, number) = (slot.market, slot.number);
        removable(slot, account, mirror.market(market)?, chain, false).ok()?;
        Some(Intent::RemoveOrder { account: *address, market, number })
    });
    let is_settled = |market: &Market| position_to_settle(account, market).is_ok();
    let settled = account
        .open_indices()
        .filter(move |index| mirror.market(*index).is_some_and(is_settled))
        .map(|market| Intent::SettlePosition { account: *address, market });
    let matures = matured(&mirror.silo, account, chain, false).is_ok();
    let matures = matures.then_some(Intent::MatureProfit { account: *address });
    let owes = uncovered(&mirror.silo, account, chain, |index| mirror.open_market(index)).is_ok();
    let owes = owes.then_some(Intent::WriteOffDebt { account: *address });
    settled.chain(removed).chain(matures).chain(owes)
}

#[cfg(test)]
mod tests;
