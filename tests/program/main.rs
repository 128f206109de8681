//! The compiled program, run by a real SVM: every instruction's numbers and every refusal.

mod administration;
mod band;
mod broken_books;
mod coverage;
mod debt;
mod deposit;
mod execute_order;
mod execute_refusals;
mod feeds;
mod flag;
mod forged;
mod life;
mod liquidate;
mod margin_account;
mod mature_profit;
mod migration;
mod observe;
mod place_order;
mod pool;
mod pool_refusals;
mod refresh_market;
mod vaults;
mod withdraw;
mod world;
