//! The liquidity pool and the insurance fund, and the vaults behind them.

pub mod cancel_pool_request;
pub mod collect_fees;
pub mod execute_pool_request;
pub mod reconcile_vaults;
pub mod request_pool;

pub use cancel_pool_request::*;
pub use collect_fees::*;
pub use execute_pool_request::*;
pub use reconcile_vaults::*;
pub use request_pool::*;
