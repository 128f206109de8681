//! What is noted of a running drill, again and again.

use holdfast_risk::chain::health::State;

/// One look at a running drill.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// When, milliseconds.
    pub at_ms: u64,
    /// First market's price, millionths.
    pub price: u64,
    /// Insurance fund, native units.
    pub insurance: u64,
    /// Liquidations so far.
    pub liquidations: u64,
    /// State of the chain, as the venue sees it.
    pub state: State,
}
