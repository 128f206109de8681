use holdfast_client::events::{all, own};
use holdfast_client::holdfast;
use holdfast_client::holdfast::events::{
    AccountFlagged, ChangeProposed, OrderExecuted, OrderPlaced,
};

use crate::Outcome;

/// The logs of a transaction, a line each, at the client's event decoder.
pub fn events(data: &[u8]) -> Outcome {
    let logs: Vec<_> = String::from_utf8_lossy(data).lines().map(str::to_owned).collect();
    let found = all::<AccountFlagged>(&logs).count()
        + all::<ChangeProposed>(&logs).count()
        + all::<OrderExecuted>(&logs).count()
        + all::<OrderPlaced>(&logs).count();
    let own = own(&logs, &holdfast::ID).events.len();
    assert!(own <= logs.len(), "no line is two events");
    if found > 0 { Outcome::Accepted } else { Outcome::Refused }
}
