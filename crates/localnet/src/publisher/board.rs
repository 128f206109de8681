//! What every feed says now, and what it is told to say.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_client::Pubkey;
use holdfast_testkit::feed::Published;
use serde::{Deserialize, Serialize, Serializer};

use super::path::{Path, scaled};

/// What is wrong with a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum FeedFault {
    /// Nothing.
    #[default]
    Normal,
    /// It is not published.
    Stop,
    /// It says this many times the price.
    Lie {
        /// Times the price; above zero.
        factor: f64,
    },
    /// It is published with a time that is yet to come.
    Future {
        /// How far ahead.
        seconds: u64,
    },
    /// Its price moves, but its time stays the last one published.
    FreezeTime,
}

/// All feeds; shared by who publishes and who gives orders.
#[derive(Clone)]
pub struct Board(Arc<Mutex<Lines>>);

struct Lines {
    feeds: Vec<Line>,
    /// When the first price was asked for, milliseconds since 1970.
    began_ms: Option<u64>,
    trouble: Option<String>,
    speed: f64,
}

struct Line {
    name: String,
    address: Pubkey,
    path: Path,
    /// The price that is meant, millionths.
    price: u64,
    /// In place of the path's price.
    fixed: Option<u64>,
    fault: FeedFault,
    sent: Option<Sent>,
}

/// What was published of a feed: the cluster's endpoint took it, or it was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sent {
    /// Price, millionths; shown in whole units.
    #[serde(serialize_with = "whole")]
    pub price: u64,
    /// Its publish time, milliseconds since 1970.
    pub at_ms: u64,
    /// The cluster's slot then; zero where the price was handed out for keepers to bring.
    pub slot: u64,
}

/// A price that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Name of its feed.
    pub name: String,
    /// The feed's account.
    pub address: Pubkey,
    /// What to publish.
    pub published: Published,
}

/// What a board shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// Why the last prices could not be published.
    pub trouble: Option<String>,
    /// Every feed.
    pub feeds: Vec<FeedState>,
}

/// A feed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeedState {
    /// Name.
    pub feed: String,
    /// Account.
    pub address: String,
    /// The price that is meant, millionths; shown in whole units.
    #[serde(serialize_with = "whole")]
    pub price: u64,
    /// What is wrong with it.
    #[serde(flatten)]
    pub fault: FeedFault,
    /// What it said last.
    pub published: Option<Sent>,
}

impl Board {
    /// Feeds with their names, accounts and paths. A second of time is `speed` seconds of a path.
    pub fn new(feeds: Vec<(String, Pubkey, Path)>, speed: f64) -> Self {
        let feeds = feeds.into_iter().map(|(name, address, mut path)| {
            let price = path.price(0);
            let fault = FeedFault::Normal;
            Line { name, address, path, price, fixed: None, fault, sent: None }
        });
        let feeds = feeds.collect();
        Self(Arc::new(Mutex::new(Lines { feeds, began_ms: None, trouble: None, speed })))
    }

    /// Changes what a feed says from now on: its price (millionths; the path's without one) and what
    /// is wrong with it.
    ///
    /// # Errors
    /// A sentence when there is no such feed, or the factor of a lie is not above zero.
    pub fn set(&self, feed: &str, price: Option<u64>, fault: FeedFault) -> Result<(), String> {
        if let FeedFault::Lie { factor } = fault
            && !(factor > 0.0 && factor.is_finite())
        {
            return Err("factor must be above zero".to_owned());
        }
        let mut lines = self.lines();
        let names: Vec<&str> = lines.feeds.iter().map(|line| line.name.as_str()).collect();
        let names = names.join(", ");
        let line = lines.feeds.iter_mut().find(|line| line.name == feed);
        let line = line.ok_or(format!("there is no feed {feed:?}: there are {names}"))?;
        (line.fixed, line.fault) = (price, fault);
        if let Some(price) = price {
            line.price = price;
        }
        Ok(())
    }

    /// What feeds say now.
    pub fn state(&self) -> State {
        let lines = self.lines();
        let feeds = lines.feeds.iter().map(|line| FeedState {
            feed: line.name.clone(),
            address: line.address.to_string(),
            price: line.price,
            fault: line.fault,
            published: line.sent,
        });
        State { trouble: lines.trouble.clone(), feeds: feeds.collect() }
    }

    /// The accounts of all feeds.
    pub(super) fn addresses(&self) -> Vec<Pubkey> {
        self.lines().feeds.iter().map(|line| line.address).collect()
    }

    /// What is to be published now.
    pub(super) fn due(&self, now_ms: u64) -> Vec<Due> {
        let mut lines = self.lines();
        let began_ms = *lines.began_ms.get_or_insert(now_ms);
        let path_ms = scaled_time(now_ms.saturating_sub(began_ms), lines.speed);
        let due = lines.feeds.iter_mut().filter_map(|line| {
            let moved = line.path.price(path_ms);
            line.price = line.fixed.unwrap_or(moved);
            let published = line.said(now_ms)?;
            Some(Due { name: line.name.clone(), address: line.address, published })
        });
        due.collect()
    }

    /// Keeps what was published.
    pub(super) fn sent(&self, feed: &Pubkey, published: Published, slot: u64) {
        let mut lines = self.lines();
        if let Some(line) = lines.feeds.iter_mut().find(|line| line.address == *feed) {
            line.sent = Some(Sent { price: published.price, at_ms: published.at_ms, slot });
        }
    }

    /// Keeps how publishing went; whether that is news.
    pub(super) fn went(&self, trouble: Option<String>) -> bool {
        let mut lines = self.lines();
        let news = lines.trouble != trouble;
        lines.trouble = trouble;
        news
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn said(&self, now_ms: u64) -> Option<Published> {
        let (price, at_ms) = match self.fault {
            FeedFault::Normal => (self.price, now_ms),
            FeedFault::Stop => return None,
            FeedFault::Lie { factor } => (scaled(self.price, factor), now_ms),
            FeedFault::Future { seconds } => {
                (self.price, now_ms.saturating_add(seconds.saturating_mul(1_000)))
            }
            FeedFault::FreezeTime => (self.price, self.sent.map_or(now_ms, |sent| sent.at_ms)),
        };
        Some(Published::new(price, at_ms))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "times of a path; the cast saturates"
)]
fn scaled_time(ms: u64, speed: f64) -> u64 {
    (ms as f64 * speed) as u64
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn whole<S: Serializer>(millionths: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*millionths as f64 / 1e6)
}

#[cfg(test)]
#[path = "board_tests.rs"]
mod tests;
