//! Setting up and changing the exchange, its silos and markets, and what guardians may do.

pub mod apply_change;
pub mod apply_upgrade;
pub mod blow_fuses;
pub mod cancel_change;
pub mod create_exchange;
pub mod create_silo;
pub mod list_market;
pub mod lock_exchange;
pub mod propose_change;
pub mod tighten;
pub mod trip_fuse;

pub use apply_change::*;
pub use apply_upgrade::*;
pub use blow_fuses::*;
pub use cancel_change::*;
pub use create_exchange::*;
pub use create_silo::*;
pub use list_market::*;
pub use lock_exchange::*;
pub use propose_change::*;
pub use tighten::*;
pub use trip_fuse::*;
