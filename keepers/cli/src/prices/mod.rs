//! Following providers' prices at their services: Pyth's at Hermes, Switchboard's at Crossbar, Stork's at its
//! REST API. One host of each at a time is followed, by server-sent events where the service has them and,
//! where there are none or they fail, by asking again and again. What a host hands out is read here, in a
//! task of its own for each service; the keeper's loop gets prices.

mod check;
mod crossbar;
mod hermes;
mod host;
mod hours;
mod question;
mod stork;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use holdfast_keeper_core::keeper::{Event, Report};
use holdfast_keeper_core::posting::{Hosts, Offer, Source, SourceReport, WantedFeed};
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
/// What was signed longer ago, by the venue's clock, is of no use: whoever says it does not keep up.
const STALE: Millis = Millis(30_000);
/// After a halt a cluster's clock may be behind, and prices prove it; what is further ahead proves nothing.
const AHEAD: Millis = Millis::DAY;
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
            Self::Ahead => out.write_str("its prices are from the future"),
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

/// What was counted of each source that is followed.
pub type Counted = BTreeMap<Source, Arc<Counts>>;

/// How long hosts are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection and the head of an answer, and for a whole one.
    pub answers: Duration,
    /// For the next event of a stream.
    pub quiet: Duration,
    /// Between two questions to a host that is asked, and for how many of them.
    pub asks: Duration,
    /// How many times, before its stream is tried again where there is one.
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

/// Hosts of a service, and who wants to know what they say.
#[derive(Clone)]
pub struct Following {
    /// Whose prices they have.
    pub source: Source,
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

impl Following {
    /// Follows until the keeper is gone; when the task breaks it is started again.
    pub async fn supervise(self) {
        while tokio::spawn(self.clone().follow()).await.is_err() {
            warn!(source = self.source.name(), "following prices broke, and begins again");
            sleep(RESTARTS).await;
        }
    }

    async fn follow(mut self) {
        let begun = Instant::now();
        let now = || Millis(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        let mut hosts = Hosts::new(self.hosts.len());
        // Hosts without a stream, or whose stream failed last: they are asked instead.
        let streams = self.streams();
        let mut asks = vec![!streams; self.hosts.len()];
        while let Some(feeds) = self.wanted().await {
            let number = match hosts.choose(now()) {
                Ok(number) => number,
                Err(until) => {
                    sleep(Duration::from_millis(until.since(now()).0)).await;
                    continue;
                }
            };
            let address = &self.hosts[number];
            let host = Host::new(number, address, self.source, &feeds, self.patience);
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
                End::Anew => asks[number] = !streams,
                End::Refused(reason) => {
                    warn!(host = %self.hosts[number], %reason, "a host of prices is left for now");
                    self.counts.refused[reason.number()].fetch_add(1, Relaxed);
                    asks[number] = !streams || !asks[number];
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
    async fn wanted(&mut self) -> Option<Vec<WantedFeed>> {
        let source = self.source;
        let wants = |(_, report): &(Instant, Report)| !of(report, source).feeds.is_empty();
        let report = self.reports.wait_for(wants).await.ok()?;
        Some(of(&report.1, source).feeds)
    }

    /// Hands on what a host's stream says.
    async fn listen(&mut self, host: Host, feeds: &[WantedFeed]) -> End {
        let mut told = match host.stream().await {
            Ok(told) => told,
            Err(refusal) => return End::Refused(refusal),
        };
        let watch = watch(self.reports.clone(), self.source, feeds);
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

    /// Whether the service has a stream.
    fn streams(&self) -> bool {
        self.source == Source::Pyth
    }

    /// Hands on what a host answers, again and again, and for a while only where it has a stream.
    async fn ask(&mut self, host: Host, feeds: &[WantedFeed]) -> End {
        let watch = watch(self.reports.clone(), self.source, feeds);
        tokio::pin!(watch);
        let times = if self.streams() { self.patience.times } else { u32::MAX };
        for _ in 0..times {
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
        feeds: &[WantedFeed],
    ) -> Result<(), End> {
        let seen = Seen::of(&self.reports.borrow().1);
        let read = said.and_then(|said| read(self.source, &said, feeds, seen));
        let prices = read.map_err(End::Refused)?;
        self.counts.taken.fetch_add(1, Relaxed);
        self.events.send(Event::Offered { host: host.number, prices }).await.map_err(|_| End::Gone)
    }
}

/// The chain when a host said something.
#[derive(Clone, Copy)]
struct Seen {
    /// The venue's clock.
    venue_now: Millis,
    /// The newest slot.
    slot: u64,
}

impl Seen {
    fn of(report: &Report) -> Self {
        Self { venue_now: report.venue_now, slot: report.slot }
    }
}

/// The prices of these feeds in what a host said.
fn read(
    source: Source,
    said: &str,
    feeds: &[WantedFeed],
    seen: Seen,
) -> Result<Vec<Arc<Offer>>, Refusal> {
    match source {
        Source::Pyth => hermes::read(said, feeds, seen.venue_now),
        Source::Switchboard => crossbar::read(said, feeds, seen),
        Source::Stork => stork::read(said, feeds, seen.venue_now),
    }
}

/// Judges the newest time of what was signed, and of what was published.
fn judge(signed: Millis, published: Millis, venue_now: Millis) -> Result<(), Refusal> {
    if signed.max(published) > venue_now.after(AHEAD) {
        return Err(Refusal::Ahead);
    }
    if signed.after(STALE) < venue_now {
        return Err(Refusal::Stale);
    }
    Ok(())
}

/// What a report says of a source.
fn of(report: &Report, source: Source) -> SourceReport {
    report.posting.sources.get(&source).cloned().unwrap_or_default()
}

/// Ends when other feeds are wanted, when the chain refuses what is posted from now on, or when the
/// keeper is gone.
fn watch(mut reports: Reports, source: Source, feeds: &[WantedFeed]) -> impl Future<Output = End> {
    let mut before = of(&reports.borrow_and_update().1, source).counts;
    async move {
        while reports.changed().await.is_ok() {
            let SourceReport { feeds: wanted, counts, .. } =
                of(&reports.borrow_and_update().1, source);
            if wanted != feeds {
                return End::Anew;
            }
            if counts.posted > before.posted {
                before = counts;
            }
            if counts.disbelieved >= before.disbelieved + UNBELIEVED {
                return End::Refused(Refusal::Unbelieved);
            }
        }
        End::Gone
    }
}

#[cfg(test)]
mod crossbar_tests;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod stork_tests;
#[cfg(test)]
mod tests;
