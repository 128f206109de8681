//! Addresses of endpoints, which may carry a key: they show no more than their host.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

/// What is shorter is no key, but a word as in `/v2`.
const SHORTEST_KEY: usize = 6;

/// An endpoint. What it prints leaves out user, path and query: that is where providers put keys.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Address(pub String);

/// Endpoints: a list, or one text with commas.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Addresses(pub Vec<Address>);

impl Address {
    /// The address for the client that connects there.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Refuses anything but an address with one of these schemes.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn must_be(&self, schemes: &[&str], setting: &str) -> Result<(), String> {
        let known =
            Url::parse(&self.0).is_ok_and(|url| url.has_host() && schemes.contains(&url.scheme()));
        let examples = schemes.join(":// or ");
        known
            .then_some(())
            .ok_or_else(|| format!("{setting} names {self}: write an address with {examples}://"))
    }

    /// Where the WebSocket of this RPC endpoint is by convention: the next port where one is
    /// given, else the same place.
    pub fn websocket(&self) -> Option<Self> {
        let mut url = Url::parse(&self.0).ok()?;
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        if let Some(port) = url.port() {
            url.set_port(Some(port.checked_add(1)?)).ok()?;
        }
        url.set_scheme(scheme).ok()?;
        Some(Self(url.into()))
    }
}

impl Address {
    /// What somebody said, without the parts of this address that may be keys: whoever answers may
    /// repeat what they were asked.
    pub fn without_keys(&self, said: &str) -> String {
        let Ok(url) = Url::parse(&self.0) else { return said.to_owned() };
        let values = url.query_pairs().map(|(_, value)| value.into_owned());
        let parts = url.path_segments().into_iter().flatten().map(str::to_owned);
        let names = [url.username(), url.password().unwrap_or_default()].map(str::to_owned);
        let mut keys: Vec<_> = values.chain(parts).chain(names).collect();
        // The longest first: one may be part of another.
        keys.sort_by_key(|key| core::cmp::Reverse(key.len()));
        let long = keys.iter().filter(|key| key.len() >= SHORTEST_KEY);
        long.fold(said.to_owned(), |said, key| said.replace(key.as_str(), "…"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Ok(url) = Url::parse(&self.0) else { return out.write_str("something unreadable") };
        write!(out, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
        url.port().map_or(Ok(()), |port| write!(out, ":{port}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrMany {
            One(String),
            Many(Vec<String>),
        }
        let texts = match OneOrMany::deserialize(source)? {
            OneOrMany::One(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
            OneOrMany::Many(texts) => texts,
        };
        Ok(Self(texts.into_iter().filter(|text| !text.is_empty()).map(Address).collect()))
    }
}
