//! The compiled program, run by a real SVM: every instruction's numbers and every refusal.

mod deposit;
mod life;
mod margin_account;
mod world;
