//! What a guard decides by.

use holdfast_client::holdfast::clock::Chain;
use holdfast_risk::chain::health::State;

use super::terms::Lines;
use crate::VenueSnapshot;
use crate::health::ChainCondition;

/// The venue and the chain at a moment.
pub struct View<'a> {
    /// The venue.
    pub mirror: &'a VenueSnapshot,
    /// The chain as the program will see it.
    pub chain: &'a Chain,
    /// The lines that hold.
    pub lines: Lines,
    /// The slot up to which the mirror is complete.
    pub complete: u64,
}

/// Whether liquidations may come sooner than usual, or help later: the venue is not in its normal
/// state, or something is the matter with the chain or its prices.
pub fn is_strained(chain: &Chain, condition: ChainCondition) -> bool {
    chain.monitor.state != State::Normal || is_chains(condition)
}

/// Whether a condition is the chain's, and not one of the endpoints that are asked.
pub const fn is_chains(condition: ChainCondition) -> bool {
    match condition {
        ChainCondition::OracleStale
        | ChainCondition::SlowSlots
        | ChainCondition::HighSkip
        | ChainCondition::ForkSwitch
        | ChainCondition::Restart
        | ChainCondition::Halt => true,
        ChainCondition::Healthy
        | ChainCondition::StreamSilent
        | ChainCondition::BlockhashExpired
        | ChainCondition::RpcStale
        | ChainCondition::Disputed => false,
    }
}
