//! Pool requests that can be executed.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::account_health;
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::PoolRequest;
use holdfast_risk::Millis;
use holdfast_risk::chain::policy::{Action, Permit, permit};
use holdfast_risk::pool::PoolKind;

use crate::{Intent, VenueSnapshot};

/// Requests that are due, with prices published since, the oldest first. Whether the pool has the
/// liquidity, and the owner's minimum is met, is seen when one is sent.
pub fn requests(mirror: &VenueSnapshot, chain: &Chain) -> Vec<Intent> {
    if permit(Action::ChangePool, chain.monitor.state) == Permit::Refused {
        return Vec::new();
    }
    let due = |(address, request): (&Pubkey, &PoolRequest)| {
        let moment = request.due(&mirror.silo.terms);
        let liquid = request.kind() == PoolKind::Liquidity;
        let priced = !liquid || is_priced_since(mirror, chain, moment);
        let executes = chain.now >= moment && priced;
        executes.then_some((request.requested_ms, Intent::ExecutePool { request: *address }))
    };
    let mut due: Vec<_> = mirror.requests.iter().filter_map(due).collect();
    due.sort_by_key(|(requested, _)| *requested);
    due.into_iter().map(|(_, intent)| intent).collect()
}

/// Whether every market that has positions has a price that counts from `moment` on.
fn is_priced_since(mirror: &VenueSnapshot, chain: &Chain, moment: Millis) -> bool {
    let listed = usize::from(mirror.silo.market_count) == mirror.markets.len();
    listed
        && mirror.markets.iter().all(|(_, market)| {
            let idle = market.longs.size == 0 && market.shorts.size == 0;
            let fresh = account_health::fresh_price(market, chain);
            idle || fresh.is_ok_and(|point| point.published >= moment)
        })
}
