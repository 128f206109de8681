//! When things were disrupted, when the venue knew, when it was safe, whom it then liquidated, and
//! when it traded again.

use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::Market;
use holdfast_keeper_core::VenueSnapshot;
use holdfast_risk::chain::health::State;
use serde::Serialize;

use super::scenario::FaultKind;

/// A moment, in true time and in the chain's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Milliseconds since 1970.
    pub ms: u64,
    /// The newest slot.
    pub slot: u64,
}

/// The moments that are watched for.
pub struct Milestones {
    trouble: FaultKind,
    /// When chain or feeds were disrupted; in a crash, when the first account failed maintenance.
    pub last_disruption: Option<Mark>,
    /// When the venue acted on it: it left Normal, had no price to act on, or dropped a feed; in a
    /// crash, when the first account was flagged.
    pub known: Option<Mark>,
    /// When nobody could trade any more on what was before: Shelter, no price, or one without the
    /// feed; in a crash, when nobody failed maintenance any more.
    pub safe: Option<Mark>,
    /// When, after that, somebody new traded again in Normal.
    pub resumed: Option<Mark>,
    /// When, after chain or feeds were disrupted, somebody was first liquidated.
    pub liquidated: Option<Mark>,
}

impl Milestones {
    /// Nothing has happened.
    pub fn new(trouble: FaultKind) -> Self {
        Self {
            trouble,
            last_disruption: None,
            known: None,
            safe: None,
            resumed: None,
            liquidated: None,
        }
    }

    /// Chain or feeds are disrupted.
    pub fn disrupted(&mut self, at: Mark) {
        self.last_disruption.get_or_insert(at);
    }

    /// One look at the venue; `failing` accounts fail maintenance, and feeds are `in_doubt` when a
    /// market has just dropped one or found that they diverge.
    pub fn look(
        &mut self,
        at: Mark,
        mirror: &VenueSnapshot,
        chain: &Chain,
        failing: usize,
        in_doubt: bool,
    ) {
        let (knows, is_safe) = match self.trouble {
            FaultKind::Price => {
                if failing > 0 {
                    self.disrupted(at);
                }
                let flagged = mirror.accounts.values().any(|account| account.flagged_ms != 0);
                (flagged, failing == 0)
            }
            FaultKind::Chain => {
                let state = chain.monitor.state;
                (state != State::Normal, state == State::Shelter)
            }
            FaultKind::Feeds => {
                let last_disruption = chain.monitor.last_disruption;
                let stale =
                    |market: &Market| !market.valuation(chain.now, last_disruption).is_certain();
                let wary = in_doubt || mirror.markets.iter().any(|(_, market)| stale(market));
                (wary, wary)
            }
        };
        if self.last_disruption.is_some() && knows {
            self.known.get_or_insert(at);
        }
        if self.known.is_some() && is_safe {
            self.safe.get_or_insert(at);
        }
    }

    /// Somebody was liquidated.
    pub fn liquidated(&mut self, at: Mark) {
        if self.last_disruption.is_some() {
            self.liquidated.get_or_insert(at);
        }
    }

    /// Somebody new traded.
    pub fn traded(&mut self, at: Mark, state: State) {
        if self.safe.is_some() && state == State::Normal {
            self.resumed.get_or_insert(at);
        }
    }
}
