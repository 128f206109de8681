//! Where the keeper may decide otherwise than the program, each with its reason. `docs/keeper.md` lists them.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::checks::order::{OrderFate, RemovalReason, order_fate};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::Market;
use holdfast_keeper_core::{Intent, VenueSnapshot};
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State as ChainState;
use holdfast_testkit::Failure;

/// Something on which keeper and program differ.
pub struct Differing<'a> {
    /// What one of them would do.
    pub intent: &'a Intent,
    /// Everything that the keeper wants.
    pub intents: &'a [Intent],
    /// What it knows.
    pub mirror: &'a VenueSnapshot,
    /// The chain as the program sees it.
    pub chain: &'a Chain,
}

/// Why what the keeper wants may be refused.
pub fn may_be_refused(differing: &Differing, failure: &Failure) -> Option<&'static str> {
    let fetched = differing.intents.contains(&Intent::Reconcile);
    (fetched && failure.is(HoldfastError::ReconcileFirst))
        .then_some("tokens that lie in the other vault are fetched first")
}

/// Why the keeper may leave undone what the program would accept.
pub fn may_be_left(differing: &Differing) -> Option<&'static str> {
    match *differing.intent {
        Intent::ExecuteOrder { account, market, number } => {
            let triggers = Intent::TriggerOrder { account, market, number };
            (differing.intents.contains(&triggers)
                && is_too_small(account, market, number, differing))
            .then_some("an order that has lapsed is triggered again, not removed as too small")
        }
        Intent::Liquidate { account, market } => liquidation_left(account, market, differing),
        Intent::RefreshMarket { market } => {
            let market = differing.mirror.market(market).expect("it is known");
            refresh_left(market, differing)
        }
        Intent::Observe => {
            let cadence = Millis(differing.chain.thresholds.silence.0 / OBSERVATIONS_PER_SILENCE);
            (differing.chain.now < differing.chain.monitor.seen.after(cadence))
                .then_some("the chain is observed ten times before it counts as unwatched")
        }
        // Where somebody did wait, what they wait for is refused: see `may_be_refused`.
        Intent::Reconcile => Some("tokens that nobody waits for stay where they are"),
        _ => None,
    }
}

/// As often as `docs/keeper.md` says.
const OBSERVATIONS_PER_SILENCE: u64 = 10;
/// Likewise, within a market's age limit.
const REFRESHES_PER_AGE: u64 = 3;
/// Likewise, a move of a price worth fetching: this part of it.
const MOVE_PART: u64 = 1_000;
/// Likewise, how far a feed goes on before what it tells of the time is told again.
const TOLD_AGAIN: Millis = Millis(10_000);

/// Why a liquidation may be left.
fn liquidation_left(account: Pubkey, market: u8, differing: &Differing) -> Option<&'static str> {
    let liquidated = differing.intents.iter().filter_map(|intent| match intent {
        Intent::Liquidate { account, market } => Some((*account, *market)),
        _ => None,
    });
    if liquidated.clone().any(|(other, _)| other == account) {
        return Some("one position of an account is liquidated at a time");
    }
    let thaw = differing.chain.monitor.state == ChainState::Thaw;
    (thaw && liquidated.clone().any(|(_, other)| other == market))
        .then_some("the minute's notional in a thaw is left to who lacks more")
}

/// Why a market may be left as it is. The markets of a walk have one feed each.
fn refresh_left(market: &Market, differing: &Differing) -> Option<&'static str> {
    let newest = market.newest_stored();
    let (_, reading) = differing.mirror.feeds_of(market).next()?;
    let quote = reading.quote;
    if quote.published > differing.chain.now.after(market.terms.quotes().future) {
        let told = Millis(market.feeds[0].seen_ms);
        return (quote.published < told.after(TOLD_AGAIN))
            .then_some("what a feed tells of the time is told again once it has gone on");
    }
    let age = market.now(differing.chain.now).since(newest.point.published);
    let before = newest.point.middle().0;
    let young = age.0 < market.terms.age_ms / REFRESHES_PER_AGE;
    let alike = quote.price.0.abs_diff(before) < before / MOVE_PART;
    (young && alike && !newest.sudden)
        .then_some("a price that has hardly moved is fetched three times within its age limit")
}

/// Whether executing an order would remove it, because what it opens is too small.
fn is_too_small(account: Pubkey, market: u8, number: u64, differing: &Differing) -> bool {
    let mirror = differing.mirror;
    let (account, market) =
        (&mirror.accounts[&account], mirror.market(market).expect("it is known"));
    let waiting = account.orders.iter().find(|slot| slot.number == number).expect("it waits");
    let next = |index| mirror.open_market(index);
    let fate = order_fate(&mirror.silo, account, market, waiting, differing.chain, next);
    matches!(fate, Ok(OrderFate::Removed(RemovalReason::TooSmall)))
}
