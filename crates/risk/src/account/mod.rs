//! One account: its balances, positions and orders, its margin, and how it is liquidated.

pub mod execution;
pub mod ledger;
pub mod liquidation;
pub mod liquidation_price;
pub mod loss;
pub mod margin;
pub mod order;
pub mod position;
pub mod profit;
pub mod trade_context;
pub mod write_off;
