//! Pyth's list of its feeds, as its service Hermes gives it to anybody: which there are, what they price, and
//! when their markets are open.

mod schedule;

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast_client::market_hours::MarketHours;
use holdfast_risk::Millis;
use holdfast_rpc::Address;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::timeout;
use url::Url;

use crate::hex;
pub use schedule::Closings;

/// Bytes of a list, at most: thousands of feeds have a few hundred each.
const MOST_BYTES: usize = 16 << 20;
/// How long a host may take for one.
const WITHIN: Duration = Duration::from_secs(30);

/// Feeds by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue(BTreeMap<[u8; 32], PythFeed>);

/// A feed of Pyth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythFeed {
    /// Pyth's name of it, such as `Crypto.SOL/USD`.
    pub symbol: String,
    /// Its market's hours, if they are listed.
    pub hours: Option<MarketHours>,
    /// How long its market is closed at a time, if its week is listed.
    pub closings: Option<Closings>,
}

/// A feed as it is listed.
#[derive(Deserialize)]
struct Row {
    id: String,
    attributes: Attributes,
    market_hours: Option<Known<Hours>>,
}

#[derive(Deserialize)]
struct Attributes {
    symbol: String,
    schedule: Option<String>,
}

/// Times are seconds since 1970.
#[derive(Deserialize)]
struct Hours {
    is_open: bool,
    next_open: Option<u64>,
    next_close: Option<u64>,
}

/// What has the known form, or anything else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Known<T> {
    Yes(T),
    No(IgnoredAny),
}

impl Catalogue {
    /// Reads a list. What is not in the known form is left out.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(said: &str) -> Result<Self, String> {
        let rows: Vec<Known<Row>> =
            serde_json::from_str(said).map_err(|_| "what it says is no list".to_owned())?;
        let feeds: BTreeMap<_, _> = rows.into_iter().filter_map(|row| row.yes()?.read()).collect();
        if feeds.is_empty() {
            return Err("its list has no feed that can be read".to_owned());
        }
        Ok(Self(feeds))
    }

    /// A feed, if it is listed.
    pub fn feed(&self, id: &[u8; 32]) -> Option<&PythFeed> {
        self.0.get(id)
    }

    /// The hours of all feeds' markets, as far as they are listed.
    pub fn hours(&self) -> impl Iterator<Item = ([u8; 32], MarketHours)> {
        self.0.iter().filter_map(|(id, feed)| Some((*id, feed.hours?)))
    }

    /// Asks a host of Hermes for the list.
    ///
    /// # Errors
    /// What went wrong, without the host's address, which may carry a key.
    pub async fn ask(host: &Address) -> Result<Self, String> {
        let said = timeout(WITHIN, list(host)).await;
        Self::read(&said.map_err(|_| "it does not answer in time".to_owned())??)
    }
}

impl PythFeed {
    /// Whether its market is known to be closed.
    pub fn is_closed(&self, now: Millis) -> bool {
        self.hours.is_some_and(|hours| hours.is_closed(now) == Some(true))
    }
}

impl<T> Known<T> {
    fn yes(self) -> Option<T> {
        match self {
            Self::Yes(known) => Some(known),
            Self::No(_) => None,
        }
    }
}

impl Row {
    fn read(self) -> Option<([u8; 32], PythFeed)> {
        let id = hex::read(self.id.strip_prefix("0x").unwrap_or(&self.id))?;
        let feed = PythFeed {
            symbol: self.attributes.symbol,
            hours: self.market_hours.and_then(Known::yes).map(|hours| hours.read()),
            closings: self.attributes.schedule.as_deref().and_then(Closings::read),
        };
        Some((id, feed))
    }
}

impl Hours {
    fn read(&self) -> MarketHours {
        let millis = |seconds: u64| Millis(seconds.saturating_mul(1_000));
        let (opens, closes) = (self.next_open.map(millis), self.next_close.map(millis));
        MarketHours { is_open: self.is_open, opens, closes }
    }
}

/// The list as a host gives it.
async fn list(host: &Address) -> Result<String, String> {
    let failed = |error: reqwest::Error| error.without_url().to_string();
    let request = request(host).ok_or_else(|| "its address is none".to_owned())?.map_err(failed)?;
    let mut response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(format!("HTTP status {}", response.status()));
    }
    let mut said = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failed)? {
        if said.len() + part.len() > MOST_BYTES {
            return Err(format!("its list is longer than {MOST_BYTES} bytes"));
        }
        said.extend_from_slice(&part);
    }
    String::from_utf8(said).map_err(|_| "what it says is no text".to_owned())
}

/// The request for it, below whatever path an address has. A password without a user is a token.
fn request(host: &Address) -> Option<reqwest::Result<RequestBuilder>> {
    let mut url = Url::parse(host.secret()).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(["v2", "price_feeds"]);
    let token = url.password().filter(|_| url.username().is_empty()).map(str::to_owned);
    if token.is_some() {
        url.set_password(None).ok()?;
    }
    // A redirect would send the request, and its key, to whom nobody named.
    let client = Client::builder().redirect(Policy::none()).build();
    Some(client.map(|client| match token {
        Some(token) => client.get(url).bearer_auth(token),
        None => client.get(url),
    }))
}

#[cfg(test)]
mod tests;
