//! What became of a keeper's transactions, from the metrics it serves.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

/// How long a keeper has to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// A page longer than this is not a keeper's.
const LONGEST: u64 = 1_000_000;

/// What is known of landing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Landing {
    /// No keeper was named.
    NotAsked,
    /// The keeper has not answered; why.
    Unanswered(String),
    /// What it counted since its start.
    Counted(Counted),
}

/// What a keeper counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Transactions handed to endpoints, repetitions included.
    pub sent: u64,
    /// Things under way.
    pub flying: u64,
    /// Things done.
    pub landed: u64,
    /// Things the program refused.
    pub refused: u64,
    /// Things that could not land.
    pub expired: u64,
    /// Slots to land, summed over all that landed.
    pub slots: u64,
    /// Micro-lamports per compute unit, summed over all that landed.
    pub prices: u64,
}

impl Counted {
    /// Reads a page of metrics. `None` when it is not a keeper's.
    fn read(page: &str) -> Option<Self> {
        let samples = page.lines().filter(|line| !line.starts_with('#'));
        let samples: HashMap<_, _> =
            samples.filter_map(|line| line.strip_prefix("holdfast_")?.rsplit_once(' ')).collect();
        let of = |name: &str| samples.get(name)?.parse::<u64>().ok();
        let ended = |outcome: &str| of(&format!("ended_total{{outcome=\"{outcome}\"}}"));
        Some(Self {
            sent: of("sent_total")?,
            flying: of("flying")?,
            landed: ended("landed")?,
            refused: ended("refused")?,
            expired: ended("expired")?,
            slots: of("landed_slots_total")?,
            prices: of("landed_price_total")?,
        })
    }

    /// Tenths of a slot that it took to land, on average.
    pub fn slots_to_land(&self) -> u64 {
        self.slots.saturating_mul(10).checked_div(self.landed).unwrap_or_default()
    }

    /// Micro-lamports per compute unit paid, on average.
    pub fn price(&self) -> u64 {
        self.prices.checked_div(self.landed).unwrap_or_default()
    }
}

/// Where a keeper's metrics are: what `listen` says there.
///
/// # Errors
/// A sentence when that is no such address.
pub fn address(keeper: &str) -> Result<Url, String> {
    let text = if keeper.contains("://") { keeper.to_owned() } else { format!("http://{keeper}") };
    let url = Url::parse(&text).ok().filter(|url| url.scheme() == "http" && url.has_host());
    url.ok_or_else(|| {
        "--keeper names something unreadable: write the keeper's listen address, like \
         http://127.0.0.1:9464"
            .to_owned()
    })
}

/// Asks a keeper.
pub async fn ask(keeper: &Url) -> Landing {
    let answered = tokio::time::timeout(PATIENCE, page(keeper)).await;
    let page = answered.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")));
    let counted = page.and_then(|page| {
        Counted::read(&page).ok_or_else(|| "what answers is no keeper's /metrics".to_owned())
    });
    counted.map_or_else(Landing::Unanswered, Landing::Counted)
}

/// The metrics page with its head. Keepers serve plain HTTP.
async fn page(keeper: &Url) -> Result<String, String> {
    let port = keeper.port_or_known_default().unwrap_or(80);
    let host = keeper.host_str().unwrap_or_default();
    let asked = async {
        let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
        let request = format!("GET /metrics HTTP/1.0\r\nhost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.take(LONGEST).read_to_string(&mut answer).await?;
        Ok(answer)
    };
    asked.await.map_err(|reason: std::io::Error| reason.to_string())
}

#[cfg(test)]
#[path = "landing_tests.rs"]
mod tests;
