//! Attacks that once paid, played on the compiled program.

mod liquidation;
mod prices;
mod trading;
