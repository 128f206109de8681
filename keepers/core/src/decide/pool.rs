//! Pool requests that can be executed, and those that have lapsed.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::pool_worth::{self, Valued};
use holdfast_client::holdfast::state::PoolRequest;
use holdfast_risk::Usd;
use holdfast_risk::chain::policy::{Action, Permit};
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::request::Stage;
use holdfast_risk::pool::worth::TradersResult;

use crate::{Intent, VenueSnapshot};

/// Requests that are due, with prices published since, and lapsed ones; the oldest first. Whether the
/// pool has the liquidity, and the owner's minimum is met, is seen when one is sent.
pub fn requests(mirror: &VenueSnapshot, chain: &Chain) -> Vec<Intent> {
    let open = chain.permit(Action::ChangePool) != Permit::Refused;
    let wanted = |(address, request): (&Pubkey, &PoolRequest)| {
        let intent = match request.stage(chain) {
            Stage::Waits => return None,
            Stage::Due if !open => return None,
            Stage::Due => Intent::ExecutePool { request: *address },
            Stage::Lapsed => Intent::ReturnPool { request: *address },
        };
        let lapsed = matches!(intent, Intent::ReturnPool { .. });
        let liquid = request.kind() == PoolKind::Liquidity;
        let ready = lapsed || !liquid || is_priced(mirror, chain, request);
        ready.then_some((request.requested_ms, intent))
    };
    let mut wanted: Vec<_> = mirror.requests.iter().filter_map(wanted).collect();
    wanted.sort_by_key(|(requested, _)| *requested);
    wanted.into_iter().map(|(_, intent)| intent).collect()
}

/// Whether every market has a price that counts for a request, or needs none.
fn is_priced(mirror: &VenueSnapshot, chain: &Chain, request: &PoolRequest) -> bool {
    let (due, leaves) = (request.due(), request.leaves != 0);
    let valued = Valued { due, leaves, cash: Usd(mirror.silo.ledger.liquidity) };
    let mut traders = TradersResult::default();
    let listed = usize::from(mirror.silo.market_count) == mirror.markets.len();
    listed
        && mirror
            .markets
            .iter()
            .all(|(_, market)| pool_worth::add_market(&mut traders, market, chain, &valued).is_ok())
}
