//! Margin accounts: collateral, orders, profit and exits.

pub mod cancel_exit;
pub mod cancel_order;
pub mod close_margin_account;
pub mod deposit;
pub mod execute_order;
pub mod mature_profit;
pub mod open_margin_account;
pub mod pay_exit;
pub mod place_order;
pub mod request_exit;
pub mod trigger_order;
pub mod withdraw;

pub use cancel_exit::*;
pub use cancel_order::*;
pub use close_margin_account::*;
pub use deposit::*;
pub use execute_order::*;
pub use mature_profit::*;
pub use open_margin_account::*;
pub use pay_exit::*;
pub use place_order::*;
pub use request_exit::*;
pub use trigger_order::*;
pub use withdraw::*;
