//! The real keeper loop in virtual time, against the program, with everything failing between them.

mod closed;
mod doubt;
mod faults;
mod guard;
mod guardian;
mod scale;
mod witness;
mod work;
