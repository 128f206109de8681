//! Accounts: one file per type, each with its layout and its invariant.

pub use holdfast_risk::market::aggregate::MAX_FEEDS;
pub use holdfast_risk::market::belief::PRICES_KEPT as RECENT_PRICES;

mod chain_health;
mod change;
mod exchange;
mod feeds;
mod margin_account;
mod market;
mod market_terms;
mod pool_request;
mod silo;

pub use chain_health::{
    BlowState, ChainHealth, FuseState, MonitorState, ProviderTimesState, SampleState,
    ThresholdsState,
};
pub use change::{Change, ChangeKind, require_key};
pub use exchange::{Exchange, GuardianState, MAX_GUARDIANS, NewestChanges, TimelockState};
pub use feeds::{FeedSource, Feeds};
pub use margin_account::{MarginAccount, OrderState, PositionState};
pub use market::{FeedState, Market, PriceState, SideState};
pub use market_terms::MarketTermsState;
pub use pool_request::PoolRequest;
pub use silo::{DrawsState, LedgerState, Silo, SiloTermsState, TripState};

/// Layout version that this program writes. Every account on a cluster has the layout of the program
/// there: migrations refuse to deploy one that would not read them all.
pub const VERSION: u8 = 1;
/// Markets in a silo, and positions in a margin account.
pub const MAX_MARKETS: usize = holdfast_risk::account::loss::MARKETS;
/// Order slots of a margin account.
pub const ORDER_SLOTS: usize = 8;
/// Samples kept of the chain's speed.
pub const HEALTH_SAMPLES: usize = 64;
