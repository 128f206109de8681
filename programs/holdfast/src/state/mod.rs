//! Accounts: one file per type, each with its layout and its invariant.

pub use holdfast_risk::market::aggregate::MAX_FEEDS;

mod chain_health;
mod change;
mod exchange;
mod feeds;
mod margin_account;
mod market;
mod market_terms;
mod pool_request;
mod silo;

pub use chain_health::{ChainHealth, MonitorState, SampleState, ThresholdsState};
pub use change::{Change, ChangeKind};
pub use exchange::{Exchange, GuardianState, MAX_GUARDIANS, TimelockState};
pub use feeds::{FeedSource, Feeds};
pub use margin_account::{MarginAccount, OrderState, PositionState};
pub use market::{FeedState, Market, PriceState, SideState};
pub use market_terms::MarketTermsState;
pub use pool_request::PoolRequest;
pub use silo::{DrawsState, LedgerState, Silo, SiloTermsState};

/// Layout version that this program writes.
pub const VERSION: u8 = 1;
/// Markets in a silo, and positions in a margin account.
pub const MAX_MARKETS: usize = holdfast_risk::account::loss::MARKETS;
/// Prices a market remembers.
pub const RECENT_PRICES: usize = 32;
/// Order slots of a margin account.
pub const ORDER_SLOTS: usize = 8;
/// Samples kept of the chain's speed.
pub const HEALTH_SAMPLES: usize = 64;
