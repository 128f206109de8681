//! One host of a service: its stream, where the service has one, and its latest prices. Whatever it sends is
//! cut off where an answer cannot be so long, and waited for no longer than it can take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use eventsource_stream::Eventsource;
use futures_util::stream::{BoxStream, StreamExt, try_unfold};
use holdfast_keeper_core::posting::{Source, WantedFeed};
use holdfast_rpc::Address;
use reqwest::header::{AUTHORIZATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use url::{Url, form_urlencoded};

use super::question::Question;
use super::{Patience, Refusal, crossbar, hermes, stork};

/// Bytes of an answer or an event, at most: one of Hermes with eighty feeds has 50,000, and one of Stork has
/// besides each price what every publisher said.
const MOST_BYTES: usize = 1 << 20;

/// A host, and what it is asked for.
pub struct Host {
    /// Its place among the hosts that are named.
    pub number: usize,
    /// Or why this machine makes no connections.
    client: reqwest::Result<Client>,
    address: Address,
    source: Source,
    feeds: Vec<WantedFeed>,
    /// The names of Stork's assets, once they are known.
    names: OnceCell<Vec<String>>,
    patience: Patience,
}

/// What a stream says.
pub struct Told {
    events: BoxStream<'static, Result<String, Refusal>>,
    /// Bytes since the last event.
    length: Arc<AtomicUsize>,
    quiet: Duration,
}

impl Host {
    pub fn new(
        number: usize,
        address: &Address,
        source: Source,
        feeds: &[WantedFeed],
        patience: Patience,
    ) -> Self {
        // A redirect would send the request, and its key, to whom nobody named.
        let client = Client::builder().redirect(Policy::none()).build();
        let (address, feeds) = (address.clone(), feeds.to_vec());
        let names = OnceCell::new();
        Self { number, client, address, source, feeds, names, patience }
    }

    /// Opens the stream of prices.
    pub async fn stream(&self) -> Result<Told, Refusal> {
        let question = hermes::question("stream", &self.feeds);
        let opening = self.open(&question);
        let response = timeout(self.patience.answers, opening).await.map_err(|_| late())??;
        let length = Arc::new(AtomicUsize::new(0));
        let events = bounded(response, length.clone()).eventsource();
        let events = events.map(|event| match event {
            Ok(event) => Ok(event.data),
            Err(error) => Err(Refusal::Unreadable(error.to_string())),
        });
        Ok(Told { events: events.boxed(), length, quiet: self.patience.quiet })
    }

    /// Asks for the latest prices.
    pub async fn latest(&self) -> Result<String, Refusal> {
        let question = match self.source {
            Source::Pyth => hermes::question("latest", &self.feeds),
            Source::Switchboard => crossbar::question(&self.feeds),
            Source::Stork => {
                stork::question(self.names.get_or_try_init(|| self.asset_names()).await?)
            }
        };
        self.answer(&question).await
    }

    async fn asset_names(&self) -> Result<Vec<String>, Refusal> {
        stork::names(&self.answer(&stork::assets_question()).await?, &self.feeds)
    }

    /// Asks, and waits for the whole answer.
    async fn answer(&self, question: &Question) -> Result<String, Refusal> {
        let answering = async {
            let response = self.open(question).await?;
            let mut parts = bounded(response, Arc::default()).boxed();
            let mut whole = Vec::new();
            while let Some(part) = parts.next().await {
                whole.extend_from_slice(&part.map_err(Refusal::Unreadable)?);
            }
            String::from_utf8(whole).map_err(|_| Refusal::Unreadable("it is no text".to_owned()))
        };
        timeout(self.patience.answers, answering).await.map_err(|_| late())?
    }

    async fn open(&self, question: &Question) -> Result<Response, Refusal> {
        let url =
            self.url(question).ok_or_else(|| Refusal::Failed("its address is none".to_owned()))?;
        let client = self.client.as_ref().map_err(|error| Refusal::Failed(error.to_string()))?;
        let failed = |error: reqwest::Error| Refusal::Failed(error.without_url().to_string());
        let request = match token(&url) {
            // Stork's own way: the token as it is.
            Some((without, token)) if self.source == Source::Stork => {
                client.get(without).header(AUTHORIZATION, format!("Basic {token}"))
            }
            Some((without, token)) => client.get(without).bearer_auth(token),
            None => client.get(url),
        };
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        let asked = retry_after(&response);
        let overloaded = status == StatusCode::SERVICE_UNAVAILABLE && asked.is_some();
        if status == StatusCode::TOO_MANY_REQUESTS || overloaded {
            return Err(Refusal::TurnedAway(asked));
        }
        match status {
            StatusCode::OK => Ok(response),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Refusal::Failed(format!(
                "HTTP status {status}: write its token into its address, https://:TOKEN@host"
            ))),
            _ => Err(Refusal::Failed(format!("HTTP status {status}"))),
        }
    }

    /// Where a host answers a question: below whatever path its address has, with whatever key.
    fn url(&self, question: &Question) -> Option<Url> {
        let mut url = Url::parse(self.address.secret()).ok()?;
        let mut path = url.path_segments_mut().ok()?;
        path.pop_if_empty().extend(&question.path);
        drop(path);
        if !question.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&question.query);
        }
        Some(url)
    }
}

impl Told {
    /// The next event.
    pub async fn next(&mut self) -> Result<String, Refusal> {
        let next = timeout(self.quiet, self.events.next()).await.map_err(|_| late())?;
        self.length.store(0, Relaxed);
        next.ok_or_else(|| Refusal::Failed("the stream ended".to_owned()))?
    }
}

/// The token of an address that has a password and no user, and the address without it. One with both
/// is left to the client, which sends them as such.
fn token(url: &Url) -> Option<(Url, String)> {
    let token = url.password().filter(|_| url.username().is_empty())?;
    // Within an address some characters are written as numbers.
    let token = format!("token={}", token.replace('+', "%2B").replace('&', "%26"));
    let token = form_urlencoded::parse(token.as_bytes()).next()?.1.into_owned();
    let mut without = url.clone();
    without.set_password(None).ok()?;
    Some((without, token))
}

fn late() -> Refusal {
    Refusal::Failed("it does not answer in time".to_owned())
}

/// The parts of a body, as long as `length` does not grow beyond what an answer may have.
fn bounded(
    response: Response,
    length: Arc<AtomicUsize>,
) -> impl futures_util::Stream<Item = Result<Vec<u8>, String>> + Send {
    try_unfold((response, length), |(mut response, length)| async move {
        let part = response.chunk().await.map_err(|error| error.without_url().to_string())?;
        let Some(part) = part else { return Ok(None) };
        if length.fetch_add(part.len(), Relaxed) + part.len() > MOST_BYTES {
            return Err(format!("it is longer than {MOST_BYTES} bytes"));
        }
        Ok(Some((part.to_vec(), (response, length))))
    })
}

/// How long a host asks to be left alone.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
