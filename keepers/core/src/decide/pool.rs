//! Pool requests that can be executed, and those that have lapsed.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::checks::pool::{Executed, executed, in_line, returnable};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::pool_worth::{self, Valued};
use holdfast_client::holdfast::state::PoolRequest;
use holdfast_risk::Usd;
use holdfast_risk::chain::policy::{Action, Permit};
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::request::Stage;
use holdfast_risk::pool::worth::TradersResult;

use super::refresh::Wait;
use crate::{Intent, VenueSnapshot};

/// Requests that can be executed now, and lapsed ones; the oldest first.
pub fn requests(mirror: &VenueSnapshot, chain: &Chain) -> Vec<Intent> {
    let wanted = |(address, request): (&Pubkey, &PoolRequest)| {
        let intent = if returnable(request, &mirror.chain_health, chain, false).is_ok() {
            Intent::ReturnPool { request: *address }
        } else {
            judged(mirror, chain, request).ok()?;
            Intent::ExecutePool { request: *address }
        };
        Some((request.requested_ms, intent))
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
    let unstakes =
        |request: &&PoolRequest| request.kind() == PoolKind::Insurance && request.leaves != 0;
    let paid = |request: &PoolRequest| judged(mirror, chain, request).ok().map(|it| it.received);
    let asked = mirror.requests.values().filter(unstakes).filter_map(paid).max();
    // What was given to the vaults for nothing is not seen, and nobody waits for it.
    let moved = in_line(ledger, [0; 2]).ok()?.moved;
    let lacks = moved.0 < 0 || (moved.0 > 0 && asked > Some(ledger.in_insurance_vault));
    lacks.then_some(Intent::Reconcile)
}

/// What a request comes to if it is executed now.
fn judged(
    mirror: &VenueSnapshot,
    chain: &Chain,
    request: &PoolRequest,
) -> anchor_lang::Result<Executed> {
    let next = |index| mirror.open_market(index);
    executed(&mirror.silo, request, &mirror.chain_health, chain, next)
}

/// Markets whose prices requests wait for, where they wait for nothing else.
pub fn waits(mirror: &VenueSnapshot, chain: &Chain) -> Vec<Wait> {
    let open = chain.permit(Action::ChangePool) != Permit::Refused;
    let due = mirror.requests.values().filter(|request| {
        let stage = request.stage(chain, &mirror.chain_health);
        open && stage == Stage::Due && request.kind() == PoolKind::Liquidity
    });
    let unpriced = due.flat_map(|request| {
        let from = request.opens(chain, &mirror.chain_health);
        let cash = Usd(mirror.silo.ledger.liquidity);
        let valued = Valued { since: from, leaves: request.leaves != 0, cash };
        let markets = mirror.markets.iter().filter(move |(_, market)| {
            let mut alone = TradersResult::default();
            pool_worth::add_market(&mut alone, market, chain, &valued).is_err()
        });
        markets.map(move |(_, market)| Wait { market: market.index, from })
    });
    unpriced.collect()
}
