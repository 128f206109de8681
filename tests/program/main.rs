//! The compiled program, run by a real SVM: every instruction's numbers and every refusal.

mod administration;
mod deposit;
mod execute_order;
mod execute_refusals;
mod flag;
mod forged;
mod life;
mod liquidate;
mod margin_account;
mod migration;
mod observe;
mod place_order;
mod refresh_market;
mod world;
