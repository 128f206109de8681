//! What the program sees of the embedded cluster's chain.

use holdfast_client::holdfast::clock::Chain;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, SKIP_WINDOW, skipped};

use crate::{Venue, chain};

impl Venue {
    /// The chain as a guarded instruction would see it now.
    pub fn seen_chain(&self) -> Chain {
        let health = self.chain_health();
        let last = Monitor::from(&health.monitor);
        Chain::judge(&health, &last, &sighting(self.cluster.chain(), &last))
    }
}

/// What a guarded instruction sees in the present block, after the look in `last`.
pub fn sighting(chain: &chain::Chain, last: &Monitor) -> ChainSample {
    let clock = Millis(chain.clock_s() * 1_000);
    let entry = |index: u64| chain.hashes().nth(usize::try_from(index).ok()?);
    ChainSample {
        slot: chain.slot(),
        clock,
        now: last.now(clock, chain.slot(), Millis(0)),
        proven: Millis(0),
        restart_slot: Some(chain.restart_slot()),
        skipped: entry(0).zip(entry(SKIP_WINDOW)).and_then(|(new, old)| skipped(new, old)),
    }
}
