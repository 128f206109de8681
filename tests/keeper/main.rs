//! The real keeper loop in virtual time, against the program, with everything failing between them.

mod closed;
mod doubt;
mod faults;
mod guardian;
mod scale;
mod witness;
mod work;
