//! When the markets behind Pyth's feeds are open, as every host of Hermes says: asked again and again, in a
//! task of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use holdfast_keeper_core::Hours;
use holdfast_keeper_core::keeper::Event;
use holdfast_migrations::Catalogue;
use holdfast_rpc::Address;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tracing::{info, warn};

use super::RESTARTS;

/// Hosts that say when markets are open, and who wants to know.
#[derive(Clone)]
pub struct Timetable {
    /// The hosts.
    pub hosts: Vec<Address>,
    /// How long after an answer they are asked again: before markets have opened and closed once more.
    pub again: Duration,
    /// The same where none of them has answered.
    pub soon: Duration,
    /// The keeper.
    pub events: mpsc::Sender<Event>,
}

impl Timetable {
    /// Hosts that are asked as often as hours change.
    pub const fn new(hosts: Vec<Address>, events: mpsc::Sender<Event>) -> Self {
        Self { hosts, again: Duration::from_secs(3_600), soon: Duration::from_secs(60), events }
    }

    /// Tells the keeper until it is gone; when the task breaks it is started again.
    pub async fn supervise(self) {
        while tokio::spawn(self.clone().tell()).await.is_err() {
            warn!("asking when markets are open broke, and begins again");
            sleep(RESTARTS).await;
        }
    }

    async fn tell(self) {
        while !self.events.is_closed() {
            let known = self.ask().await;
            let pause = if known.is_some() { self.again } else { self.soon };
            if let Some(hours) = known
                && self.events.send(Event::Hours(hours)).await.is_err()
            {
                return;
            }
            tokio::select! {
                () = self.events.closed() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// What the hosts say; `None`: none of them says anything.
    async fn ask(&self) -> Option<Hours> {
        let answers = join_all(self.hosts.iter().map(Catalogue::ask)).await;
        let mut said = BTreeMap::<_, Vec<_>>::new();
        for (host, answer) in self.hosts.iter().zip(answers) {
            match answer {
                Ok(catalogue) => {
                    for (id, hours) in catalogue.hours() {
                        said.entry(id).or_default().push(hours);
                    }
                }
                Err(reason) => info!(%host, %reason, "a host does not say when markets are open"),
            }
        }
        (!said.is_empty()).then(|| Hours::new(said))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::time::Duration;

    use holdfast_client::market_hours::MarketHours;
    use holdfast_keeper_core::Hours;
    use holdfast_keeper_core::keeper::Event;
    use holdfast_risk::Millis;
    use holdfast_rpc::Address;
    use serde_json::json;
    use tokio::sync::mpsc;

    use super::Timetable;
    use crate::loopback::{page, serve};

    const SHORT: Duration = Duration::from_millis(10);

    fn list(is_open: bool) -> String {
        let hours = json!({"is_open": is_open, "next_open": 7, "next_close": 8});
        let attributes = json!({"symbol": "Equity.US.AAPL/USD"});
        json!([{"id": "07".repeat(32), "attributes": attributes, "market_hours": hours}])
            .to_string()
    }

    fn hours(is_open: bool) -> MarketHours {
        MarketHours { is_open, opens: Some(Millis(7_000)), closes: Some(Millis(8_000)) }
    }

    async fn next(heard: &mut mpsc::Receiver<Event>) -> Hours {
        let heard = heard.recv().await;
        let Some(Event::Hours(hours)) = heard else { panic!("{heard:?}") };
        hours
    }

    #[tokio::test]
    async fn every_host_is_asked_again_and_again_and_one_that_fails_says_nothing() {
        let asked = Arc::new(AtomicU64::new(0));
        let count = asked.clone();
        let first = serve(move |uri, _| {
            assert!(uri.path().ends_with("/v2/price_feeds"), "{uri}");
            count.fetch_add(1, Relaxed);
            page(200, list(false))
        });
        let second = serve(|_, _| page(200, list(true)));
        let broken = serve(|_, _| page(503, "down"));
        let hosts = vec![first.await.address, broken.await.address, second.await.address];
        let (events, mut heard) = mpsc::channel(1);
        let timetable = Timetable { hosts, again: SHORT, soon: SHORT, events };
        let task = tokio::spawn(timetable.supervise());
        let said = Hours::new(BTreeMap::from([([7; 32], vec![hours(false), hours(true)])]));
        for _ in 0..3 {
            assert_eq!(next(&mut heard).await, said);
        }
        assert!(asked.load(Relaxed) >= 3);
        drop(heard);
        task.await.expect("it ends with the keeper");
    }

    #[tokio::test]
    async fn hosts_that_say_nothing_are_asked_until_one_does() {
        let asked = Arc::new(AtomicU64::new(0));
        let late = serve(move |_, _| match asked.fetch_add(1, Relaxed) {
            0 => page(401, "who are you?"),
            1 => page(200, "[]"),
            _ => page(200, list(true)),
        });
        let nobody = Address("http://127.0.0.1:1".to_owned());
        let (events, mut heard) = mpsc::channel(1);
        let hosts = vec![nobody, late.await.address];
        let timetable = Timetable { hosts, again: SHORT, soon: SHORT, events };
        let task = tokio::spawn(timetable.supervise());
        let said = Hours::new(BTreeMap::from([([7; 32], vec![hours(true)])]));
        assert_eq!(next(&mut heard).await, said);
        task.abort();
    }
}
