//! What the pace of a thaw leaves: liquidations beyond a market's budget of the minute are refused, so
//! they are not sent before there is a new one.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_client::holdfast::checks::liquidation::liquidatable;
use holdfast_client::holdfast::clock::Chain;
use holdfast_risk::Usd;
use holdfast_risk::account::liquidation::size_allowed;
use holdfast_risk::account::position::notional;
use holdfast_risk::chain::policy::{Action, Permit};
use holdfast_risk::math::Rounding;

use crate::{Intent, VenueSnapshot};

/// Of the rescues, in their order, those that are within the pace.
pub fn keep(
    mirror: &VenueSnapshot,
    chain: &Chain,
    rescues: impl Iterator<Item = Intent>,
) -> impl Iterator<Item = Intent> {
    let paced = chain.permit(Action::Liquidate) == Permit::RisingLine;
    let mut left = BTreeMap::new();
    rescues.filter(move |intent| match *intent {
        Intent::Liquidate { account, market } if paced => {
            take(mirror, chain, &account, market, &mut left).is_some()
        }
        _ => true,
    })
}

/// Takes what a liquidation closes from what is left of its market's minute. `None`: it is refused.
fn take(
    mirror: &VenueSnapshot,
    chain: &Chain,
    address: &Pubkey,
    index: u8,
    left: &mut BTreeMap<u8, Usd>,
) -> Option<()> {
    let (account, market) = (mirror.accounts.get(address)?, mirror.market(index)?);
    let next = |index| mirror.open_market(index);
    let found = liquidatable(&mirror.silo, account, market, chain, next).ok()?;
    let most = left.get(&index).copied().or(found.most)?;
    let (health, leg) = (&found.assessment.health, &found.leg);
    let size = size_allowed(health, leg, market.terms.liquidation(), Some(most)).ok()?;
    let closed = notional(size, leg.price, Rounding::Up).ok()?;
    left.insert(index, Usd(most.0.saturating_sub(closed.0)));
    Some(())
}
