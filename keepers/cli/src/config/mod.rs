//! What an operator sets: flags before environment before file before the Solana CLI's own
//! configuration before defaults.

mod deployment;
mod example;
mod guard;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::error::{Actual, Kind};
use figment::providers::{Env, Format, Serialized, Toml, Yaml};
use holdfast_client::Pubkey;
use holdfast_keeper_core::fees::Fees;
use holdfast_keeper_core::posting::{PostingTerms, Source, Sources};
use holdfast_rpc::{Address, Addresses};
use serde::{Deserialize, Serialize};

pub use example::EXAMPLE;
pub use guard::{GuardSettings, Hook, HookForm};

/// Characters of an address in base 58, at most.
const LONGEST_ADDRESS: usize = 44;

/// Environment variables start with this.
const PREFIX: &str = "HOLDFAST_";

/// What is said where no endpoint is named.
pub const NO_ENDPOINT: &str = "rpc is empty: name at least one RPC endpoint";

/// Every setting.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// RPC endpoints, the preferred one first.
    pub rpc: Addresses,
    /// WebSocket endpoints; empty: derived from `rpc`.
    pub websocket: Addresses,
    /// The cluster's genesis hash; without it, whatever the first endpoint says.
    pub genesis: Option<String>,
    /// Manifest of the deployment: `genesis` and `feeds` where they are not set.
    pub deployment: Option<PathBuf>,
    /// File with the keypair that pays and signs.
    pub keypair: PathBuf,
    /// File with the keypair of a guardian; without it the keeper never tightens.
    pub guardian_keypair: Option<PathBuf>,
    /// Hashes of changes that were announced: the guardian takes all others back; not set: none.
    pub announced: Option<Vec<String>>,
    /// Where changes that appear are told of.
    pub webhook: Option<Address>,
    /// The silo's number.
    pub silo: u16,
    /// Number of the wallet's margin account that rewards and fees are paid into.
    pub account: u16,
    /// Wallets of all keepers of this venue, this one's included; empty: it is alone.
    #[serde(deserialize_with = "list")]
    pub keepers: Vec<String>,
    /// Feed accounts of the markets; markets whose feeds are not named are refreshed by others.
    #[serde(deserialize_with = "list")]
    pub feeds: Vec<String>,
    /// The wallet must hold at least this, lamports.
    pub least_lamports: u64,
    /// Decide and log, send nothing.
    pub dry_run: bool,
    /// Where metrics and health are served; nowhere when not set.
    pub listen: Option<SocketAddr>,
    /// Form of the log.
    pub log: LogForm,
    /// What transactions may cost.
    pub fees: Fees,
    /// Sending to leaders.
    pub leaders: Leaders,
    /// Bringing prices.
    pub prices: Prices,
    /// Watching accounts of one's own.
    pub guard: GuardSettings,
}

/// Bringing prices of providers' feeds.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// Hosts of Hermes, the preferred one first; empty: others bring prices of Pyth's pull feeds.
    pub hermes: Addresses,
    /// Hosts of Crossbar, the preferred one first; empty: others bring prices of Switchboard's feeds.
    pub crossbar: Addresses,
    /// Hosts of Stork's REST API, the preferred one first; empty: others bring prices of Stork's feeds.
    pub stork: Addresses,
    /// Whose accounts of Pyth's push oracle are written to.
    pub shard: u16,
    /// A move worth bringing, basis points.
    pub moved_bps: u64,
    /// Prices begun within a minute, at most.
    pub posts_a_minute: u32,
    /// Fees within an hour, lamports, from which on nothing more is begun.
    pub lamports_an_hour: u64,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            hermes: Addresses::default(),
            crossbar: Addresses::default(),
            stork: Addresses::default(),
            shard: 0,
            moved_bps: 20,
            posts_a_minute: 20,
            lamports_an_hour: 20_000_000,
        }
    }
}

impl Prices {
    /// The hosts of a source's prices, and the setting that names them.
    pub fn hosts(&self, source: Source) -> (&'static str, &[Address]) {
        match source {
            Source::Pyth => ("prices.hermes", &self.hermes.0),
            Source::Switchboard => ("prices.crossbar", &self.crossbar.0),
            Source::Stork => ("prices.stork", &self.stork.0),
        }
    }

    /// Every host.
    pub fn all_hosts(&self) -> impl Iterator<Item = (&'static str, &Address)> {
        let hosts = Source::ALL.into_iter().map(move |source| self.hosts(source));
        hosts.flat_map(|(setting, hosts)| hosts.iter().map(move |host| (setting, host)))
    }
}

/// Sending to leaders.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Leaders {
    /// Send to the current and the next leader, besides the endpoints.
    pub send: bool,
    /// File with the keypair that connections are made with; without it, the wallet's.
    pub identity: Option<PathBuf>,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// For a person.
    Text,
    /// For a machine: one object per line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rpc: Addresses(vec![Address("http://127.0.0.1:8899".to_owned())]),
            websocket: Addresses::default(),
            genesis: None,
            deployment: None,
            keypair: home().join(".config/solana/id.json"),
            guardian_keypair: None,
            announced: None,
            webhook: None,
            silo: 0,
            account: 0,
            keepers: Vec::new(),
            feeds: Vec::new(),
            least_lamports: 50_000_000,
            dry_run: false,
            listen: None,
            log: LogForm::Text,
            fees: Fees::default(),
            leaders: Leaders::default(),
            prices: Prices::default(),
            guard: GuardSettings::default(),
        }
    }
}

/// Settings given as flags; what is not given is left to the other sources.
#[derive(Clone, Debug, Default, Serialize, clap::Args)]
pub struct Flags {
    /// RPC endpoint; may be repeated, the preferred one first
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rpc: Vec<String>,
    /// WebSocket endpoint; may be repeated [default: derived from --rpc]
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    websocket: Vec<String>,
    /// The cluster's genesis hash; another one is refused
    #[arg(long, global = true, value_name = "HASH")]
    #[serde(skip_serializing_if = "Option::is_none")]
    genesis: Option<String>,
    /// Manifest of the deployment: gives genesis hash and feeds where they are not set
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<PathBuf>,
    /// File with the keypair that pays and signs
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    keypair: Option<PathBuf>,
    /// The silo's number
    #[arg(long, global = true, value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    silo: Option<u16>,
    /// Number of the wallet's margin account
    #[arg(long, global = true, value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<u16>,
    /// Form of the log
    #[arg(long, global = true, value_name = "FORM")]
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogForm>,
    /// Send nothing: keepers decide and log, other commands say what they would send
    #[arg(long, global = true)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// What the Solana CLI keeps in its own configuration, as far as it is used here.
#[derive(Deserialize)]
struct SolanaCli {
    json_rpc_url: Option<String>,
    websocket_url: Option<String>,
    keypair_path: Option<PathBuf>,
}

/// Puts the sources together. `file` was asked for and has to exist; without it `holdfast.toml` in
/// the working directory is read if it is there.
///
/// # Errors
/// A sentence saying what to change.
pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Config, String> {
    let chosen = file.unwrap_or(Path::new("holdfast.toml"));
    if file.is_some() && !chosen.is_file() {
        return Err(format!(
            "{} does not exist: `holdfast config example` prints one to start from",
            chosen.display()
        ));
    }
    let own = |mut figment: Figment| {
        if chosen.is_file() {
            figment = figment.merge(Toml::file_exact(chosen));
        }
        figment.merge(environment()).merge(Serialized::globals(flags))
    };
    let solana = home().join(".config/solana/cli/config.yml");
    let defaults = Figment::from(Serialized::defaults(Config::default()));
    // Its stream belongs to its endpoint, and may be another cluster's than one that is named here.
    let others = own(Figment::new()).contains("rpc");
    let figment = own(with_solana_cli(defaults, &solana, others)?);
    let mut config: Config = figment.extract().map_err(sentences)?;
    config.complete()?;
    config.check()?;
    Ok(config)
}

/// Reads a file's text alone, over the defaults: neither the environment nor the manifest that it may
/// name.
///
/// # Errors
/// A sentence saying what to change.
pub fn parse(text: &str) -> Result<Config, String> {
    let defaults = Figment::from(Serialized::defaults(Config::default()));
    let config: Config = defaults.merge(Toml::string(text)).extract().map_err(sentences)?;
    config.check()?;
    Ok(config)
}

/// Settings in the environment. Kubernetes describes each service of a namespace there by variables
/// that begin with the service's name, which may be this prefix; they are no settings.
fn environment() -> Env {
    let described = |name: &str| {
        // The prefix may end where the service's name does.
        let name = format!("_{}", name.to_ascii_uppercase());
        let after_port = name.split("_PORT_").nth(1).unwrap_or_default();
        name.ends_with("_SERVICE_HOST")
            || name.contains("_SERVICE_PORT")
            || name.ends_with("_PORT")
            || after_port.starts_with(|first: char| first.is_ascii_digit())
    };
    Env::prefixed(PREFIX)
        .ignore(&["config"])
        .filter(move |name| !described(name.as_str()))
        .split("__")
}

/// A list, or one text with commas: the way it is written in the environment.
fn list<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
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
    Ok(texts.into_iter().filter(|text: &String| !text.is_empty()).collect())
}

/// Takes what the Solana CLI has; without its stream where `others` are named as endpoints.
fn with_solana_cli(figment: Figment, file: &Path, others: bool) -> Result<Figment, String> {
    if !file.is_file() {
        return Ok(figment);
    }
    let cli: SolanaCli = Figment::from(Yaml::file_exact(file)).extract().map_err(sentences)?;
    let set = |text: Option<String>| text.filter(|text| !text.is_empty());
    let mut figment = figment;
    if let Some(url) = set(cli.json_rpc_url) {
        figment = figment.merge(Serialized::default("rpc", url));
    }
    if let Some(url) = set(cli.websocket_url).filter(|_| !others) {
        figment = figment.merge(Serialized::default("websocket", url));
    }
    if let Some(path) = cli.keypair_path {
        figment = figment.merge(Serialized::default("keypair", path));
    }
    Ok(figment)
}

/// What is wrong, where, and what helps.
fn sentences(error: figment::Error) -> String {
    let said: Vec<_> = error
        .into_iter()
        .map(|error| {
            let from = error.metadata.as_ref().map(|found| match &found.source {
                Some(source) => format!(" in {source}"),
                None => format!(" in {}", found.name),
            });
            let (path, kind) = (error.path.join("."), without_keys(&error.kind));
            let path = if path.is_empty() { "configuration".to_owned() } else { path };
            format!("{path}{}: {kind}", from.unwrap_or_default())
        })
        .collect();
    format!("{}: `holdfast config example` prints every setting with its form", said.join("; "))
}

/// What is wrong with a setting, without what may hold a key: a text where none belongs.
fn without_keys(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(Actual::Str(_), expected) => {
            format!("invalid type: found a text, expected {expected}")
        }
        Kind::InvalidValue(Actual::Str(_), expected) => {
            format!("invalid value: found a text, expected {expected}")
        }
        kind => without_excerpt(&kind.to_string()),
    }
}

/// What a parser says, without the line of the file that it shows, which may hold a key: line numbers and
/// a bar are in front of it, and of the mark below it.
fn without_excerpt(said: &str) -> String {
    let shows = |line: &&str| {
        let rest = line.trim_start_matches(|first: char| first.is_ascii_digit() || first == ' ');
        !rest.starts_with('|')
    };
    said.lines().filter(shows).collect::<Vec<_>>().join(", ")
}

impl Config {
    /// What the types do not say.
    fn check(&self) -> Result<(), String> {
        if self.rpc.0.is_empty() {
            return Err("rpc is empty: name at least one RPC endpoint".to_owned());
        }
        for address in &self.rpc.0 {
            address.must_be(&["http", "https"], "rpc")?;
        }
        for address in &self.websocket.0 {
            address.must_be(&["ws", "wss"], "websocket")?;
        }
        if !(1..=100).contains(&self.fees.percentile) {
            let given = self.fees.percentile;
            return Err(format!("fees.percentile is {given}: choose 1 to 100"));
        }
        for (setting, address) in self.prices.all_hosts() {
            address.must_be(&["http", "https"], setting)?;
        }
        let limits = [
            ("moved_bps", self.prices.moved_bps),
            ("posts_a_minute", self.prices.posts_a_minute.into()),
            ("lamports_an_hour", self.prices.lamports_an_hour),
        ];
        if let Some((name, _)) = limits.iter().find(|(_, limit)| *limit == 0) {
            return Err(format!(
                "prices.{name} is 0: choose 1 or more; to bring no prices name no hosts in prices"
            ));
        }
        addresses("keepers", &self.keepers)?;
        addresses("feeds", &self.feeds)?;
        self.guard.check()?;
        let fees = &self.fees;
        let lowest = fees.cap_exits.min(fees.cap_liquidations).min(fees.cap_chores);
        if fees.floor > lowest {
            let floor = fees.floor;
            return Err(format!(
                "fees.floor is {floor}, above the cap of {lowest}: lower the floor"
            ));
        }
        Ok(())
    }

    /// The wallets of all keepers.
    ///
    /// # Errors
    /// A sentence when one is no address.
    pub fn keepers(&self) -> Result<Vec<Pubkey>, String> {
        addresses("keepers", &self.keepers)
    }

    /// Hashes of changes that were announced, where there is such a list.
    ///
    /// # Errors
    /// A sentence when one is no SHA-256 in hexadecimal.
    pub fn announced(&self) -> Result<Option<BTreeSet<[u8; 32]>>, String> {
        let Some(texts) = &self.announced else { return Ok(None) };
        let parsed = texts.iter().map(|text| {
            hex32(text).ok_or_else(|| {
                format!("announced names {text}: write a SHA-256 as 64 hexadecimal digits")
            })
        });
        parsed.collect::<Result<_, _>>().map(Some)
    }

    /// The feed accounts.
    ///
    /// # Errors
    /// A sentence when one is no address.
    pub fn feeds(&self) -> Result<Vec<Pubkey>, String> {
        addresses("feeds", &self.feeds)
    }

    /// When prices are brought, if they are.
    pub fn posting(&self) -> Option<PostingTerms> {
        let Prices { shard, moved_bps, posts_a_minute, lamports_an_hour, .. } = self.prices;
        let has = |source| !self.prices.hosts(source).1.is_empty();
        let sources = Sources {
            pyth: has(Source::Pyth),
            switchboard: has(Source::Switchboard),
            stork: has(Source::Stork),
        };
        let terms = PostingTerms { sources, shard, moved_bps, posts_a_minute, lamports_an_hour };
        (sources != Sources::default()).then_some(terms)
    }

    /// WebSocket endpoints: as set, or where the RPC endpoints have theirs by convention.
    pub fn streams(&self) -> Vec<Address> {
        if self.websocket.0.is_empty() {
            self.rpc.0.iter().filter_map(Address::websocket).collect()
        } else {
            self.websocket.0.clone()
        }
    }
}

/// 32 bytes of hexadecimal digits.
fn hex32(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let digits = text.as_bytes().chunks_exact(2);
    let bytes: Option<Vec<u8>> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    bytes?.try_into().ok()
}

fn addresses(setting: &str, texts: &[String]) -> Result<Vec<Pubkey>, String> {
    let parsed = texts.iter().map(|text| {
        text.parse().map_err(|_| {
            // What is longer may be a secret key.
            let shown = if text.len() > LONGEST_ADDRESS { "no address" } else { text };
            format!("{setting} names {shown}: write addresses in base 58")
        })
    });
    parsed.collect()
}

/// The user's home, or the working directory where there is none.
fn home() -> PathBuf {
    std::env::home_dir().unwrap_or_default()
}

#[cfg(test)]
mod tests;
