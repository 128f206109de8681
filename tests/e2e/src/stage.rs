//! The cluster that scenarios are played on, and what they do and see there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytemuck::Pod;
use holdfast_client::decode::{Kind, decode};
use holdfast_client::holdfast::state::{ChainHealth, MarginAccount};
use holdfast_client::{Pubkey, address};
use holdfast_localnet::cli::Person;
use holdfast_localnet::cluster::{LocalCluster, Options};
use holdfast_localnet::deployment::RecoverySpeed;
use holdfast_localnet::place::Place;
use holdfast_localnet::proxy::ProxyFault;
use holdfast_localnet::wait;
use holdfast_localnet::wallets::Wallet;
use holdfast_risk::chain::health::State;
use serde_json::{Value, json};

use crate::history::{self, Entry};

/// Keepers, and proxies that they and people reach the validator through.
pub const KEEPERS: u16 = 3;

/// How a position is traded in TypeScript.
pub struct Client {
    /// Node.
    pub node: PathBuf,
    /// The compiled script.
    pub script: PathBuf,
}

/// The stage.
pub struct Stage {
    /// All processes.
    pub cluster: LocalCluster,
    /// Orders that each of the many traders places.
    pub orders: u64,
    /// The TypeScript client.
    pub client: Client,
    http: reqwest::Client,
}

impl Stage {
    /// Starts the cluster with prices that stand still. Each of the many traders places `orders`.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn open(
        place: Place,
        validator: &Path,
        programs: &Path,
        orders: u64,
        client: Client,
    ) -> Result<Self> {
        let options = Options {
            validator: validator.to_owned(),
            programs: programs.to_owned(),
            beside: vec![(lender::ID, "lender.so")],
            keepers: KEEPERS,
            proxies: KEEPERS,
            prices: Vec::new(),
            brings: false,
            climb: RecoverySpeed::Fast,
        };
        let cluster = LocalCluster::start(place, options, |step| eprintln!("{step}")).await?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
        Ok(Self { cluster, orders, client, http })
    }

    /// Stops the cluster.
    ///
    /// # Errors
    /// When a process cannot be waited for.
    pub async fn close(self) -> Result<()> {
        self.cluster.stop().await
    }

    /// Somebody with an account that holds `collateral`, in whole units.
    ///
    /// # Errors
    /// When a command fails.
    pub async fn trader(&self, name: &str, collateral: u64) -> Result<Person> {
        let person = self.cluster.person(name).await?;
        person.says(&["account", "open"]).await?;
        person.says(&["account", "deposit", &collateral.to_string()]).await?;
        Ok(person)
    }

    /// The address of somebody's account.
    ///
    /// # Errors
    /// When the keypair cannot be read.
    pub fn account_of(&self, name: &str) -> Result<Pubkey> {
        let wallet = Wallet::open(&self.cluster.place.keys(), name)?;
        Ok(address::margin_account(&LocalCluster::silo(), &wallet.address(), 0))
    }

    /// Somebody's account.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn account(&self, name: &str) -> Result<MarginAccount> {
        self.read(&self.account_of(name)?).await
    }

    /// Somebody's position in a market, millionths; negative when short.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn held(&self, name: &str, market: u8) -> Result<i64> {
        Ok(self.account(name).await?.position(market).size.0)
    }

    /// Chain health.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn health(&self) -> Result<ChainHealth> {
        self.read(&address::chain_health()).await
    }

    /// One of the program's accounts.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read<T: Pod + Kind>(&self, address: &Pubkey) -> Result<T> {
        let data = self.cluster.chain().data(address).await?;
        let data = data.with_context(|| format!("there is no account {address}"))?;
        decode(&data).ok().with_context(|| format!("{address} is unreadable"))
    }

    /// Tells the publisher what a feed says: `order` is as its control takes it.
    ///
    /// # Errors
    /// When the publisher refuses.
    pub async fn publish(&self, feed: &str, order: Value) -> Result<()> {
        let mut order = order;
        order["feed"] = json!(feed);
        let url = format!("http://127.0.0.1:{}/set", self.cluster.place.publisher_port());
        let answer = self.http.post(url).body(order.to_string()).send().await?;
        let accepted = answer.status().is_success();
        ensure!(accepted, "the publisher refuses: {}", answer.text().await?);
        Ok(())
    }

    /// What a keeper says of itself: its metrics by name, without the label of the only silo.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn metrics(&self, keeper: u16) -> Result<BTreeMap<String, u64>> {
        let port = self.cluster.place.keeper_port(keeper);
        let page = self.http.get(format!("http://127.0.0.1:{port}/metrics")).send().await?;
        let text = page.text().await?;
        let silo = format!("silo=\"{}\"", LocalCluster::silo());
        let [alone, before_others] = [format!("{{{silo}}}"), format!("{silo},")];
        let lines = text.lines().filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            let name = name.replace(&alone, "").replace(&before_others, "");
            Some((name, value.parse().ok()?))
        });
        Ok(lines.collect())
    }

    /// Sets what is wrong with a proxy.
    ///
    /// # Errors
    /// When there is no such proxy.
    pub fn fault(&self, proxy: u16, fault: ProxyFault) -> Result<()> {
        self.cluster.proxies.get(usize::from(proxy)).context("no such proxy")?.set(fault);
        Ok(())
    }

    /// What happened after a slot.
    ///
    /// # Errors
    /// When the validator does not answer.
    pub async fn since(&self, slot: u64) -> Result<Vec<Entry>> {
        history::since(&self.cluster.validator.url(), slot).await
    }

    /// The newest slot.
    ///
    /// # Errors
    /// When the validator does not answer.
    pub async fn slot(&self) -> Result<u64> {
        self.cluster.chain().slot().await
    }

    /// Waits until `holds`, and says how long that took.
    ///
    /// # Errors
    /// When it takes longer than `patience`, or a process ended unasked.
    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        holds: impl AsyncFn(&Self) -> Result<bool>,
    ) -> Result<Duration> {
        let look = async || {
            self.cluster.must_run()?;
            // What does not answer is asked again.
            Ok(holds(self).await.unwrap_or(false))
        };
        wait::until(what, patience, look).await
    }

    /// Waits until chain health is `state`.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn until_state(&mut self, state: State, patience: Duration) -> Result<Duration> {
        let what = format!("chain health is {state:?}");
        let holds = async |stage: &Self| Ok(stage.health().await?.monitor.state == state as u8);
        self.until(&what, patience, holds).await
    }

    /// Walks all accounts with `holdfast audit`, and sums up all differences, in units: zero.
    ///
    /// # Errors
    /// When there is one.
    pub async fn audit(&self) -> Result<u64> {
        let auditor = self.cluster.person("auditor").await?;
        let audit = auditor.says(&["audit"]).await?;
        ensure!(audit["sound"] == true, "the books are off: {audit}");
        let sums = audit["sums"].as_array().context("an audit without sums")?;
        let off = |sum: &Value| sum["difference"].as_str()?.parse::<i128>().ok();
        let differences: Option<Vec<_>> = sums.iter().map(off).collect();
        let lost: u128 = differences
            .context("sums without differences")?
            .iter()
            .map(|off| off.unsigned_abs())
            .sum();
        Ok(u64::try_from(lost)?)
    }
}
