//! What is played, in this order. Each leaves prices, endpoints and daemons as it found them.

mod client;
mod crash;
mod endpoints;
mod lender;
mod load;
mod outage;
mod people;
mod prices;
mod restart;
mod upgrade;

use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::report::Report;
use crate::stage::Stage;

/// How long the climb back to normal may take; its times alone are 160 s.
pub const CLIMB: Duration = Duration::from_secs(420);

/// A scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name on the command line and in the report.
    pub name: &'static str,
    /// What happens in it.
    pub about: &'static str,
    /// Plays it.
    pub play: for<'a> fn(&'a mut Stage, &'a mut Report) -> LocalBoxFuture<'a, Result<()>>,
}

/// All scenarios.
pub const SCENARIOS: [Scenario; 14] = [
    Scenario {
        name: "people",
        about: "somebody deposits, trades and withdraws",
        play: |stage, report| people::play(stage, report).boxed_local(),
    },
    Scenario {
        name: "client",
        about: "somebody trades through the TypeScript client",
        play: |stage, report| client::play(stage, report).boxed_local(),
    },
    Scenario {
        name: "liquidation",
        about: "the price falls below a margin",
        play: |stage, report| crash::liquidation(stage, report).boxed_local(),
    },
    Scenario {
        name: "primary",
        about: "the keeper that flagged an account is killed before it liquidates",
        play: |stage, report| crash::primary_killed(stage, report).boxed_local(),
    },
    Scenario {
        name: "frozen",
        about: "one of three endpoints stands still and keeps answering",
        play: |stage, report| endpoints::frozen(stage, report).boxed_local(),
    },
    Scenario {
        name: "lossy",
        about: "every endpoint loses 80 % of the keepers' transactions",
        play: |stage, report| endpoints::lossy(stage, report).boxed_local(),
    },
    Scenario {
        name: "silence",
        about: "the publisher stops",
        play: |stage, report| prices::silence(stage, report).boxed_local(),
    },
    Scenario {
        name: "lie",
        about: "the publisher says four fifths of the price",
        play: |stage, report| prices::lie(stage, report).boxed_local(),
    },
    Scenario {
        name: "future",
        about: "the publisher's prices are from the next hour",
        play: |stage, report| prices::future(stage, report).boxed_local(),
    },
    Scenario {
        name: "crash",
        about: "the validator is killed and started again on its ledger",
        play: |stage, report| restart::play(stage, report).boxed_local(),
    },
    Scenario {
        name: "outage",
        about: "the validator stands still for 20 s while the price falls",
        play: |stage, report| outage::play(stage, report).boxed_local(),
    },
    Scenario {
        name: "load",
        about: "many traders place orders as fast as the machine allows",
        play: |stage, report| load::play(stage, report).boxed_local(),
    },
    Scenario {
        name: "upgrade",
        about: "the program is replaced through its own queue while people trade",
        play: |stage, report| upgrade::play(stage, report).boxed_local(),
    },
    Scenario {
        name: "leaving",
        about: "everybody who holds nothing takes everything out",
        play: |stage, report| people::leave(stage, report).boxed_local(),
    },
];
