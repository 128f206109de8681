//! The beacon, as other programs read it: from the account and the sysvars, by return data, and in a
//! lender that is compiled and executed.

mod asking;
mod judging;
mod lending;
