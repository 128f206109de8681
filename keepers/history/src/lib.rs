//! What happened at the venue: the program's own events, read from endpoints into a database, reconciled with
//! what the accounts hold, and served over HTTP.
//!
//! [`run()`] does all of it. [`Reader`] reads through a [`Source`], which is an endpoint or a test's script,
//! into a [`Database`]; whatever it writes goes in one transaction with what it says of how far it has come,
//! so a process that ends anywhere loses nothing and doubles nothing.

mod api;
mod comparing;
mod database;
mod described;
mod pools;
mod positions;
mod reader;
mod reconcile;
mod rows;
mod run;
mod source;
mod status;
mod store;
mod taxes;
mod worth;

pub use api::Api;
pub use comparing::{Comparing, Outcome};
pub use database::Database;
pub use reader::{Failure, Reader, Step};
pub use reconcile::{Comparison, Difference, Reconciliation, Sums};
pub use run::{Settings, run};
pub use source::Source;
pub use status::Status;
pub use store::{Happened, Store};
