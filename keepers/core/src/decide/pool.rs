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
        let intent = match request.stage(chain, &mirror.chain_health) {
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

/// Brings the vaults in line where somebody may wait for what lies in the other one. The liquidity vault
/// lacks something once insurance has paid for a loss; whoever withdraws from it does not tell a keeper
/// first. The insurance vault lacks what the fund has earned: a staker is paid from it.
pub fn reconciliation(mirror: &VenueSnapshot, chain: &Chain) -> Option<Intent> {
    let ledger = &mirror.silo.ledger;
    let due = |request: &&PoolRequest| {
        request.kind() == PoolKind::Insurance
            && request.leaves != 0
            && request.stage(chain, &mirror.chain_health) == Stage::Due
    };
    // Nobody is paid more than their shares were worth when they asked.
    let most = mirror.requests.values().filter(due).map(|request| request.worth_at_request).max();
    let asked = most.unwrap_or_default().min(ledger.insurance);
    let lacks = ledger.in_insurance_vault > ledger.insurance || ledger.in_insurance_vault < asked;
    lacks.then_some(Intent::Reconcile)
}

/// Whether every market has a price that counts for a request, or needs none.
fn is_priced(mirror: &VenueSnapshot, chain: &Chain, request: &PoolRequest) -> bool {
    let (since, leaves) = (request.opens(chain, &mirror.chain_health), request.leaves != 0);
    let valued = Valued { since, leaves, cash: Usd(mirror.silo.ledger.liquidity) };
    let mut traders = TradersResult::default();
    let listed = usize::from(mirror.silo.market_count) == mirror.markets.len();
    listed
        && mirror
            .markets
            .iter()
            .all(|(_, market)| pool_worth::add_market(&mut traders, market, chain, &valued).is_ok())
}
