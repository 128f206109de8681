//! Following Pyth's prices at its service Hermes: at one host at a time, by server-sent events or, where
//! those fail, by asking again and again. What a host hands out is read here, in a task of its own; the
//! keeper's loop gets prices.

mod answer;
mod check;
mod host;
mod hours;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use holdfast_keeper_core::keeper::{Event, Report};
use holdfast_keeper_core::posting::{FeedId, Hosts};
use holdfast_risk::Millis;
use holdfast_rpc::Address;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::daemon::Reports;
pub use check::check;
use host::Host;
pub use hours::Timetable;

/// How long after it broke the task is started again.
const RESTARTS: Duration = Duration::from_secs(1);
/// Posts in a row that the chain refuses before a host is not believed any more.
const UNBELIEVED: u64 = 2;

/// Why what a host does is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It does not answer, or not in time, or with an error.
    Failed(String),
    /// It wants to be left alone, for so long if it says.
    TurnedAway(Option<Duration>),
    /// What it says cannot be read, or is too long, or none of what was asked for.
    Unreadable(String),
    /// What it says was signed too long ago.
    Stale,
    /// What it says is from the future.
    Ahead,
    /// What it said was refused on chain.
    Unbelieved,
}

impl Refusal {
    /// Every name, in the order of what is counted.
    pub const NAMES: [&'static str; 6] =
        ["failed", "turned away", "unreadable", "stale", "ahead", "unbelieved"];

    const fn number(&self) -> usize {
        match self {
            Self::Failed(_) => 0,
            Self::TurnedAway(_) => 1,
            Self::Unreadable(_) => 2,
            Self::Stale => 3,
            Self::Ahead => 4,
            Self::Unbelieved => 5,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Failed(reason) => out.write_str(reason),
            Self::TurnedAway(None) => out.write_str("it has too many requests"),
            Self::TurnedAway(Some(pause)) => {
                write!(
                    out,
                    "it has too many requests, and asks for a pause of {} s",
                    pause.as_secs()
                )
            }
            Self::Unreadable(reason) => write!(out, "what it says cannot be used: {reason}"),
            Self::Stale => out.write_str("its prices were signed too long ago"),
            Self::Ahead => out.write_str("its prices are more than a day ahead"),
            Self::Unbelieved => out.write_str("the chain refuses its prices"),
        }
    }
}

/// What was counted since the start.
#[derive(Default)]
pub struct Counts {
    /// Answers and events whose prices were handed on.
    pub taken: AtomicU64,
    /// Those that were not, and hosts that gave none, by [`Refusal::NAMES`].
    pub refused: [AtomicU64; Refusal::NAMES.len()],
}

/// How long hosts are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection and the head of an answer, and for a whole one.
    pub answers: Duration,
    /// For the next event of a stream.
    pub quiet: Duration,
    /// Between two questions to a host whose stream failed, and for how many of them it is asked.
    pub asks: Duration,
    /// How many times, before its stream is tried again.
    pub times: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answers: Duration::from_secs(3),
            quiet: Duration::from_secs(5),
            asks: Duration::from_secs(2),
            times: 30,
        }
    }
}

/// Hosts of Hermes, and who wants to know what they say.
#[derive(Clone)]
pub struct Hermes {
    /// The hosts.
    pub hosts: Vec<Address>,
    /// How long they are waited for.
    pub patience: Patience,
    /// What the keeper wants, and its clock.
    pub reports: Reports,
    /// The keeper.
    pub events: mpsc::Sender<Event>,
    /// What is counted.
    pub counts: Arc<Counts>,
}

/// Why a host is not asked any more.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// It is of no use.
    Refused(Refusal),
    /// Other feeds are wanted, or its stream is to be tried again.
    Anew,
    /// The keeper is gone.
    Gone,
}

impl Hermes {
    /// Follows until the keeper is gone; when the task breaks it is started again.
    pub async fn supervise(self) {
        while tokio::spawn(self.clone().follow()).await.is_err() {
            warn!("following prices broke, and begins again");
            sleep(RESTARTS).await;
        }
    }

    async fn follow(mut self) {
        let begun = Instant::now();
        let now = || Millis(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        let mut hosts = Hosts::new(self.hosts.len());
        // Hosts whose stream failed last: they are asked instead.
        let mut asks = vec![false; self.hosts.len()];
        while let Some(feeds) = self.wanted().await {
            let number = match hosts.choose(now()) {
                Ok(number) => number,
                Err(until) => {
                    sleep(Duration::from_millis(until.since(now()).0)).await;
                    continue;
                }
            };
            let host = Host::new(number, &self.hosts[number], &feeds, self.patience);
            info!(host = %self.hosts[number], asks = asks[number], "following prices");
            let taken = self.counts.taken.load(Relaxed);
            let end = if asks[number] {
                self.ask(host, &feeds).await
            } else {
                self.listen(host, &feeds).await
            };
            let served = self.counts.taken.load(Relaxed) > taken;
            if served && end != End::Refused(Refusal::Unbelieved) {
                hosts.served(number);
            }
            match end {
                End::Gone => return,
                End::Anew => asks[number] = false,
                End::Refused(reason) => {
                    warn!(host = %self.hosts[number], %reason, "a host of Hermes is left for now");
                    self.counts.refused[reason.number()].fetch_add(1, Relaxed);
                    asks[number] = !asks[number];
                    let pause = match reason {
                        Refusal::TurnedAway(asked) => asked,
                        _ => None,
                    };
                    let millis = |pause: Duration| pause.as_millis().try_into().unwrap_or(u64::MAX);
                    hosts.failed(number, pause.map(|pause| Millis(millis(pause))), now());
                }
            }
        }
    }

    /// The feeds that are wanted, once there are any; `None`: the keeper is gone.
    async fn wanted(&mut self) -> Option<Vec<FeedId>> {
        let wants = |(_, report): &(Instant, Report)| !report.posting.feeds.is_empty();
        let report = self.reports.wait_for(wants).await.ok()?;
        Some(report.1.posting.feeds.clone())
    }

    /// Hands on what a host's stream says.
    async fn listen(&mut self, host: Host, feeds: &[FeedId]) -> End {
        let mut told = match host.stream().await {
            Ok(told) => told,
            Err(refusal) => return End::Refused(refusal),
        };
        let watch = watch(self.reports.clone(), feeds);
        tokio::pin!(watch);
        loop {
            let said = tokio::select! {
                end = &mut watch => return end,
                said = told.next() => said,
            };
            if let Err(end) = self.take(&host, said, feeds).await {
                return end;
            }
        }
    }

    /// Hands on what a host answers, again and again for a while.
    async fn ask(&mut self, host: Host, feeds: &[FeedId]) -> End {
        let watch = watch(self.reports.clone(), feeds);
        tokio::pin!(watch);
        for _ in 0..self.patience.times {
            let said = tokio::select! {
                end = &mut watch => return end,
                said = host.latest() => said,
            };
            if let Err(end) = self.take(&host, said, feeds).await {
                return end;
            }
            sleep(self.patience.asks).await;
        }
        End::Anew
    }

    /// Reads what a host said and hands its prices to the keeper.
    async fn take(
        &self,
        host: &Host,
        said: Result<String, Refusal>,
        feeds: &[FeedId],
    ) -> Result<(), End> {
        let venue_now = self.reports.borrow().1.venue_now;
        let read = said.and_then(|said| answer::read(&said, feeds, venue_now));
        let prices = read.map_err(End::Refused)?;
        self.counts.taken.fetch_add(1, Relaxed);
        self.events.send(Event::Offered { host: host.number, prices }).await.map_err(|_| End::Gone)
    }
}

/// Ends when other feeds are wanted, when the chain refuses what is posted from now on, or when the
/// keeper is gone.
fn watch(mut reports: Reports, feeds: &[FeedId]) -> impl Future<Output = End> {
    let mut before = reports.borrow_and_update().1.posting.counts;
    async move {
        while reports.changed().await.is_ok() {
            let posting = &reports.borrow_and_update().1.posting;
            if posting.feeds != feeds {
                return End::Anew;
            }
            if posting.counts.posted > before.posted {
                before = posting.counts;
            }
            if posting.counts.disbelieved >= before.disbelieved + UNBELIEVED {
                return End::Refused(Refusal::Unbelieved);
            }
        }
        End::Gone
    }
}

#[cfg(test)]
mod tests;
