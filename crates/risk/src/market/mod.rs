//! One market: its prices and how far they are believed, its terms, and what time costs in it.

pub mod accrual;
pub mod aggregate;
pub mod belief;
pub mod carry;
pub mod exposure;
pub mod fee;
pub mod limits;
pub mod price;
pub mod reading;
pub mod reference;
pub mod settlement;
pub mod spread;
pub mod terms;
pub mod valuation;
pub mod volatility;
