//! A cluster with everything on it: validator, prices, venue, keepers, people with accounts.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use holdfast_client::holdfast::oracle::{PYTH_PRICE_PROGRAM, STORK_PROGRAM, SWITCHBOARD_PROGRAM};
use holdfast_client::holdfast::state::Silo;
use holdfast_client::pyth::{CORE_BRIDGE, PUSH_ORACLE, RECEIVER};
use holdfast_client::{Pubkey, address, decode};
use holdfast_risk::chain::health::SKIP_WINDOW;
use serde_json::json;

use crate::cli::{Person, program};
use crate::cluster_client::ClusterClient;
use crate::copy::AccountCopy;
use crate::deployment::{BROUGHT, MARKETS, Parties, RecoverySpeed, plan_file};
use crate::place::Place;
use crate::process::Process;
use crate::proxy::Proxy;
use crate::publisher::feed_address;
use crate::tokens;
use crate::validator::{self, Validator};
use crate::wait::until;
use crate::wallets::Wallet;

/// SOL that a wallet starts with, lamports.
const LAMPORTS: u64 = 100_000_000_000;

/// Collateral that a wallet starts with, millionths.
const TOKENS: u64 = 50_000_000_000_000;

/// What liquidity and insurance start with, whole units.
const LIQUIDITY: &str = "5000000";
const INSURANCE: &str = "500000";

/// How long a daemon may take to do its first work.
const FIRST_WORK: Duration = Duration::from_secs(90);

/// How long a daemon may take to end.
const END: Duration = Duration::from_secs(15);

/// How long what keepers sent last may take to land.
const QUIET: Duration = Duration::from_secs(30);

/// Blocks after which the program cannot see any more that those before were made by another validator:
/// it looks as far back as this for leaders that failed.
const UNEVEN: u64 = SKIP_WINDOW + 2;

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// `solana-test-validator`.
    pub validator: PathBuf,
    /// Directory of the compiled programs.
    pub programs: PathBuf,
    /// Programs of others that stand there from the beginning: address, and file in that directory.
    pub beside: Vec<(Pubkey, &'static str)>,
    /// How many keepers.
    pub keepers: u16,
    /// Proxies that keepers reach the validator through; none: directly.
    pub proxies: u16,
    /// The publisher's own options: what prices do.
    pub prices: Vec<String>,
    /// Whether there is a market whose prices keepers bring.
    pub brings: bool,
    /// How fast chain health loosens.
    pub climb: RecoverySpeed,
}

/// A running cluster.
pub struct LocalCluster {
    /// Its files and ports.
    pub place: Place,
    /// Its validator.
    pub validator: Validator,
    /// What stands between it and the keepers.
    pub proxies: Vec<Arc<Proxy>>,
    /// Who publishes prices.
    pub publisher: Process,
    /// Keepers by their numbers; none where one was killed.
    pub keepers: Vec<Option<Process>>,
    history: Option<Process>,
    options: Options,
    mint: Pubkey,
}

impl LocalCluster {
    /// Starts everything in an empty `place`; `say` hears of each step.
    ///
    /// # Errors
    /// When a step fails; what was started is stopped.
    pub async fn start(place: Place, options: Options, say: impl Fn(&str)) -> Result<Self> {
        say("starting the validator");
        let [admin, mint] = ["admin", "mint"].map(|name| Wallet::open(&place.keys(), name));
        let (admin, mint) = (admin?, mint?);
        let validator = Validator::start(validator::Settings {
            binary: options.validator.clone(),
            ledger: place.file("ledger"),
            log: place.log("validator"),
            rpc_port: place.rpc_port(),
            mint: admin.address(),
            programs: beside(&options)
                .map(|(address, file)| (address, options.programs.join(file)))
                .collect(),
            beginning: None,
        })
        .await?;
        let mut proxies = Vec::new();
        for number in 0..options.proxies {
            let port = place.proxy_port(number);
            proxies.push(Proxy::start(place.rpc_port(), port, u64::from(number)).await?);
        }
        say("starting the publisher");
        let chain = ClusterClient::new(&validator.url());
        tokens::create_mint(&chain, &admin, &mint).await?;
        let publisher = publisher(&place, &options, &chain, &admin, &mint).await?;
        let mint = mint.address();
        let (keepers, history) = (Vec::new(), None);
        let mut cluster =
            Self { place, validator, proxies, publisher, keepers, history, options, mint };
        cluster.first_prices().await?;
        say("migrating: program, exchange, silo, markets, lock");
        cluster.migrate().await?;
        say("starting keepers");
        cluster.start_keepers().await?;
        say("filling the pools");
        cluster.fill_pools().await?;
        Ok(cluster)
    }

    /// Ends the validator and starts another with every account as it was, but for what `edit` does to
    /// them. Slots and the chain's clock go on, so that the venue sees no halt; keepers are ended before
    /// and started after. What happened before is not in the other's history.
    ///
    /// # Errors
    /// When a step fails.
    pub async fn succeed(
        &mut self,
        edit: impl FnOnce(&mut AccountCopy) -> Result<()>,
    ) -> Result<()> {
        for keeper in self.keepers.iter_mut().filter_map(Option::take) {
            keeper.stop(END).await?;
        }
        let (url, mut copy) = (self.validator.url(), None);
        until("accounts that nobody changes", QUIET, async || {
            copy =
                AccountCopy::take(&url, beside(&self.options).map(|(address, _)| address)).await?;
            Ok(copy.is_some())
        })
        .await?;
        let (mut copy, now) = (copy.context("no accounts")?, Instant::now());
        let reached = self.chain().slot().await?;
        edit(&mut copy)?;
        let accounts = self.place.file("accounts");
        copy.write(&accounts)?;
        let ledger = self.place.file("next-ledger");
        let first = self.validator.succeed(ledger, accounts, (reached, now)).await?;
        // The manifest names the cluster, and the cluster is another one.
        self.migrate().await?;
        let even = async |chain: &ClusterClient| Ok(chain.confirmed_slot().await? > first + UNEVEN);
        self.until("blocks that follow each other", FIRST_WORK, even).await?;
        for number in 0..self.options.keepers {
            self.start_keeper(number)?;
        }
        Ok(())
    }

    /// Stops everything, the last started first.
    ///
    /// # Errors
    /// When a process cannot be waited for.
    pub async fn stop(self) -> Result<()> {
        if let Some(history) = self.history {
            history.stop(END).await?;
        }
        for keeper in self.keepers.into_iter().flatten() {
            keeper.stop(END).await?;
        }
        self.publisher.stop(END).await?;
        self.validator.stop().await
    }

    /// An error that shows the end of a log, if something ended unasked.
    ///
    /// # Errors
    /// When something has.
    pub fn must_run(&mut self) -> Result<()> {
        self.validator.must_run()?;
        self.publisher.must_run()?;
        let keepers = self.keepers.iter_mut().flatten();
        keepers.chain(&mut self.history).try_for_each(Process::must_run)
    }

    /// The compiled program that was deployed.
    pub fn elf(&self) -> PathBuf {
        self.options.programs.join("holdfast.so")
    }

    /// The collateral.
    pub const fn mint(&self) -> Pubkey {
        self.mint
    }

    /// The validator's own RPC.
    pub fn chain(&self) -> ClusterClient {
        ClusterClient::new(&self.validator.url())
    }

    /// The silo's address.
    pub fn silo() -> Pubkey {
        address::silo(0)
    }

    /// Somebody with SOL, collateral and a configuration file, made on first use.
    ///
    /// # Errors
    /// When the gifts do not land.
    pub async fn person(&self, name: &str) -> Result<Person> {
        let config = self.place.file(&format!("{name}.toml"));
        let person = Person::new(&config);
        if config.exists() {
            return Ok(person);
        }
        let wallet = Wallet::open(&self.place.keys(), name)?;
        self.give(&wallet.address()).await?;
        self.configure(name, &wallet, json!({"rpc": [self.validator.url()]}))?;
        Ok(person)
    }

    /// Gives SOL and collateral.
    ///
    /// # Errors
    /// When the transaction does not land.
    pub async fn give(&self, to: &Pubkey) -> Result<()> {
        self.giver().give(to).await
    }

    /// Who gives, for those who do so without the cluster.
    pub fn giver(&self) -> Giver {
        Giver { keys: self.place.keys(), url: self.validator.url(), mint: self.mint }
    }

    /// Starts the keeper `number` (from 0), again if it was killed.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_keeper(&mut self, number: u16) -> Result<()> {
        let name = keeper_name(number);
        let mut command = Command::new(program("holdfast")?);
        command.arg("--config").arg(self.place.file(&format!("{name}.toml")));
        let started =
            Process::start(&name, command.args(["keeper", "run"]), &self.place.log(&name))?;
        let place = self.keepers.get_mut(usize::from(number)).context("no such keeper")?;
        *place = Some(started);
        Ok(())
    }

    /// Starts a history of all that happened since the beginning; its port is the place's.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_history(&mut self) -> Result<()> {
        let config = self.place.file("history.toml");
        let settings = json!({"deployment": self.place.manifest(), "rpc": [self.validator.url()]});
        std::fs::write(&config, toml::to_string(&settings)?)?;
        let mut command = Command::new(program("holdfast")?);
        command.arg("--config").arg(config).args(["history", "run", "--database"]);
        command.arg(self.place.file("history.sqlite"));
        command.args(["--listen", &format!("127.0.0.1:{}", self.place.history_port())]);
        let started = Process::start("the history", &mut command, &self.place.log("history"))?;
        self.history = Some(started);
        Ok(())
    }

    /// Waits until `holds`, and says how long that took. What does not answer is asked again.
    ///
    /// # Errors
    /// When it takes longer than `patience`, or something ended unasked.
    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        holds: impl AsyncFn(&ClusterClient) -> Result<bool>,
    ) -> Result<Duration> {
        let chain = self.chain();
        let look = async || {
            self.must_run()?;
            Ok(holds(&chain).await.unwrap_or(false))
        };
        until(what, patience, look).await
    }

    async fn first_prices(&mut self) -> Result<()> {
        let feeds = feeds(&self.place)?;
        let published = async |chain: &ClusterClient| {
            for feed in &feeds {
                if chain.data(feed).await?.is_none_or(|data| data.iter().all(|byte| *byte == 0)) {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        self.until("prices", FIRST_WORK, published).await.map(|_| ())
    }

    async fn migrate(&self) -> Result<()> {
        let keys = self.place.keys();
        let open = |name: &str| Wallet::open(&keys, name);
        let admin = open("admin")?;
        let guardians = (1..=3).map(|number| Ok(open(&format!("guardian-{number}"))?.address()));
        let parties = Parties {
            fee_receiver: admin.address(),
            guardians: guardians.collect::<Result<_>>()?,
            mint: self.mint,
            feeds: feeds(&self.place)?,
            brings: self.options.brings,
        };
        let plan = self.place.file("deployment.toml");
        std::fs::write(&plan, plan_file(&parties, self.options.climb)?)?;
        let mut command = Command::new(program("holdfast-migrate")?);
        command.args(["--url", &self.validator.url(), "--json"]);
        command.arg("--keypair").arg(&admin.file).arg("--plan-file").arg(&plan);
        command.arg("--elf").arg(self.elf());
        command.arg("--manifest").arg(self.place.manifest());
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        if !output.status.success() {
            bail!("migrating failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    async fn start_keepers(&mut self) -> Result<()> {
        let keys = self.place.keys();
        let numbers = 0..self.options.keepers;
        let wallets = numbers.clone().map(|number| Wallet::open(&keys, &keeper_name(number)));
        let wallets = wallets.collect::<Result<Vec<_>>>()?;
        let all: Vec<_> = wallets.iter().map(|wallet| wallet.address().to_string()).collect();
        for (number, wallet) in numbers.zip(&wallets) {
            self.give(&wallet.address()).await?;
            let listen = format!("127.0.0.1:{}", self.place.keeper_port(number));
            let mut more = json!({
                "rpc": self.endpoints(),
                "keepers": all,
                "listen": listen,
                "log": "json",
            });
            if self.options.brings {
                let host = format!("http://127.0.0.1:{}", self.place.publisher_port());
                more["prices"] = json!({"hermes": [host]});
            }
            self.configure(&keeper_name(number), wallet, more)?;
            let keeper = self.place.file(&format!("{}.toml", keeper_name(number)));
            Person::new(&keeper).says(&["account", "open"]).await?;
            self.keepers.push(None);
            self.start_keeper(number)?;
        }
        Ok(())
    }

    /// Writes a configuration file: whose wallet, which deployment, and `more`.
    fn configure(&self, name: &str, wallet: &Wallet, more: serde_json::Value) -> Result<()> {
        let mut settings = json!({
            "keypair": wallet.file,
            "deployment": self.place.manifest(),
        });
        if let (Some(settings), Some(more)) = (settings.as_object_mut(), more.as_object()) {
            settings.extend(more.clone());
        }
        std::fs::write(self.place.file(&format!("{name}.toml")), toml::to_string(&settings)?)?;
        Ok(())
    }

    /// Where keepers reach the validator.
    fn endpoints(&self) -> Vec<String> {
        let proxies = (0..self.options.proxies).map(|number| self.place.proxy_port(number));
        let through: Vec<_> = proxies.map(|port| format!("http://127.0.0.1:{port}")).collect();
        if through.is_empty() { vec![self.validator.url()] } else { through }
    }

    async fn fill_pools(&mut self) -> Result<()> {
        let provider = self.person("provider").await?;
        provider.says(&["pool", "join", LIQUIDITY]).await?;
        provider.says(&["insurance", "join", INSURANCE]).await?;
        let filled = async |chain: &ClusterClient| {
            let data = chain.data(&Self::silo()).await?.context("there is no silo")?;
            let silo = decode::decode::<Silo>(&data).ok().context("the silo is unreadable")?;
            Ok(silo.ledger.liquidity > 0 && silo.ledger.insurance > 0)
        };
        let what = "the keepers' first work: filling the pools";
        self.until(what, FIRST_WORK, filled).await.map(|_| ())
    }
}

/// Gives SOL and collateral.
#[derive(Clone, Debug)]
pub struct Giver {
    keys: PathBuf,
    url: String,
    mint: Pubkey,
}

impl Giver {
    /// Gives SOL and collateral.
    ///
    /// # Errors
    /// When the transaction does not land.
    pub async fn give(&self, to: &Pubkey) -> Result<()> {
        let admin = Wallet::open(&self.keys, "admin")?;
        let gift = tokens::gift(&admin, &self.mint, to, LAMPORTS, TOKENS)?;
        ClusterClient::new(&self.url).send(&gift, &[&admin.keypair]).await
    }
}

/// Programs that stand there from the beginning: address, and file in the directory of programs.
fn beside(options: &Options) -> impl Iterator<Item = (Pubkey, &'static str)> {
    let brought = [CORE_BRIDGE, PUSH_ORACLE, RECEIVER, SWITCHBOARD_PROGRAM, STORK_PROGRAM];
    let brought = brought.map(|program| (program, "mock_providers.so"));
    let prices = [(PYTH_PRICE_PROGRAM, "mock_oracle.so")].into_iter().chain(brought);
    prices.chain(options.beside.iter().copied())
}

/// A keeper's name: of its keypair, configuration and log.
pub fn keeper_name(number: u16) -> String {
    format!("keeper-{}", number + 1)
}

fn feeds(place: &Place) -> Result<Vec<Pubkey>> {
    let publisher = Wallet::open(&place.keys(), "publisher")?.address();
    let feeds = MARKETS.iter().map(|market| feed_address(&publisher, market.name));
    feeds.collect::<Result<_, _>>().map_err(anyhow::Error::msg)
}

async fn publisher(
    place: &Place,
    options: &Options,
    chain: &ClusterClient,
    admin: &Wallet,
    mint: &Wallet,
) -> Result<Process> {
    let wallet = Wallet::open(&place.keys(), "publisher")?;
    let gift = tokens::gift(admin, &mint.address(), &wallet.address(), LAMPORTS, 0)?;
    chain.send(&gift, &[&admin.keypair]).await?;
    let mut command = Command::new(program("holdfast-publisher")?);
    command.args(["--url", &format!("http://127.0.0.1:{}", place.rpc_port())]);
    command.arg("--keypair").arg(&wallet.file);
    command.args(["--control", &format!("127.0.0.1:{}", place.publisher_port())]);
    for market in MARKETS {
        command.args(["--feed", &format!("{}={}", market.name, market.price)]);
    }
    if options.brings {
        command.args(["--offered", &format!("{}={}", BROUGHT.name, BROUGHT.price)]);
    }
    Process::start("the publisher", command.args(&options.prices), &place.log("publisher"))
}
