//! Running a keeper against a real cluster: the clock, the signals, and who carries commands out.

pub mod guard;
mod io;
mod leaders;
mod metrics;
mod operators;
mod reports;
mod serve;
pub mod stream;
mod supervisor;
mod wallet_balance;
mod webhook;

use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_client::{Pubkey, address};
use holdfast_keeper_core::health::EndpointFault;
use holdfast_keeper_core::keeper::{
    BATCH, Command, Event, Io, Keeper, KeeperConfig, Report, WAITING,
};
use holdfast_keeper_core::posting::Source;
use holdfast_risk::Millis;
use holdfast_rpc::{Address, Endpoint};
use solana_keypair::Keypair;
use solana_message::Hash;
use solana_signer::Signer;
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;
use tracing::info;

use crate::config::Config;
use crate::preflight;
use crate::prices::{self, Following, Patience, Timetable};
use crate::render::decimal;
use guard::MemoryFile;
use io::RpcIo;
#[cfg(test)]
pub use metrics::metrics;
use operators::operators;
pub use reports::Reports;
use supervisor::Supervisor;
use wallet_balance::WalletBalance;

/// How often the keeper decides, if nothing happens.
pub const TICK: Duration = Duration::from_millis(100);
/// How long what is under way is still followed after a stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// Checks everything, then keeps the silo until stopped.
///
/// # Errors
/// A sentence saying what to change; nothing was sent.
pub async fn run(config: &Config) -> Result<(), String> {
    let (wallet, guardian) = (preflight::wallet(config)?, preflight::guardian(config)?);
    let endpoints = Endpoint::all(&config.rpc);
    let standing = preflight::cluster(config, &endpoints, &wallet, guardian.as_ref()).await?;
    let identity = preflight::identity(config, &wallet)?;
    let (streams, me) = (config.streams(), wallet.pubkey());
    info!(
        cluster = %standing.genesis,
        wallet = %me,
        balance = %decimal(standing.lamports, 9),
        silo = config.silo,
        guardian = guardian.is_some(),
        dry_run = config.dry_run,
        "keeping"
    );
    let orders = KeeperConfig {
        silo: address::silo(config.silo),
        account: standing.account,
        wallet,
        guardian,
        announced: config.announced()?,
        keepers: config.keepers()?,
        feeds: config.feeds()?,
        fees: config.fees,
        posting: config.posting(),
        guard: None,
        dry_run: config.dry_run,
        operators: operators(&config.rpc.0, &streams),
        genesis: genesis_of(&standing.genesis),
    };
    let mut running = Running::new(orders, endpoints, streams);
    let prices = follow_prices(config, &running);
    if let Some(hook) = config.webhook.clone() {
        tokio::spawn(webhook::tell(hook, running.report.subscribe()));
    }
    running
        .equip(config, Wallet { key: me, lamports: standing.lamports, identity }, prices)
        .await?;
    running.until_stopped().await;
    Ok(())
}

/// Follows the prices of every source that hosts are named of; says what is counted of each source.
fn follow_prices(config: &Config, running: &Running) -> prices::Counted {
    let hosts = Source::ALL.into_iter().map(|source| (source, config.prices.hosts(source).1));
    let followed = hosts.filter(|(_, hosts)| !hosts.is_empty()).map(|(source, hosts)| {
        let counts = Arc::new(prices::Counts::default());
        let follows = Following {
            source,
            hosts: hosts.to_vec(),
            patience: Patience::default(),
            reports: running.report.subscribe(),
            events: running.edge.events(),
            counts: counts.clone(),
        };
        tokio::spawn(follows.supervise());
        (source, counts)
    });
    followed.collect()
}

/// Who pays, and as whom leaders are reached.
struct Wallet {
    key: Pubkey,
    /// What it held at the start.
    lamports: u64,
    identity: Keypair,
}

/// A keeper with its edge and its clock.
pub struct Running {
    /// The keeper.
    pub keeper: Keeper,
    /// Where a guard keeps what outlives it.
    memory: Option<MemoryFile>,
    edge: RpcIo,
    heard: mpsc::Receiver<Event>,
    report: watch::Sender<(tokio::time::Instant, Report)>,
    begun: Instant,
}

impl Running {
    fn new(orders: KeeperConfig, endpoints: Vec<Endpoint>, streams: Vec<Address>) -> Self {
        let (events, heard) = mpsc::channel(WAITING);
        let edge = RpcIo::new(endpoints, streams, events);
        let begun = Instant::now();
        let keeper = Keeper::new(orders, Millis(0));
        let first = (tokio::time::Instant::now(), keeper.report(Millis(0)));
        Self { keeper, memory: None, edge, heard, report: watch::channel(first).0, begun }
    }

    /// Serves the pages, asks when markets are open and reaches leaders, where the settings want it.
    async fn equip(
        &mut self,
        config: &Config,
        wallet: Wallet,
        prices: prices::Counted,
    ) -> Result<(), String> {
        let leaders = Arc::new(leaders::Counts::default());
        let wallet_balance = Arc::new(WalletBalance::holding(wallet.lamports));
        let (seen, endpoints) = (wallet_balance.clone(), Endpoint::all(&config.rpc));
        let events = self.edge.events();
        tokio::spawn(async move { seen.watch(&endpoints, wallet.key, events).await });
        self.ask_hours(config);
        if let Some(listen) = config.listen {
            let told = metrics::Told { leaders: leaders.clone(), prices, wallet_balance };
            serve::serve(listen, self.report.subscribe(), told).await?;
        }
        if config.leaders.send && !config.dry_run {
            self.edge.reach_leaders(wallet.identity, self.report.subscribe(), leaders);
        }
        Ok(())
    }

    /// Asks when markets are open, where the settings name hosts that say so.
    fn ask_hours(&self, config: &Config) {
        let hosts = config.prices.hermes.0.clone();
        if !hosts.is_empty() {
            tokio::spawn(Timetable::new(hosts, self.edge.events()).supervise());
        }
    }

    /// A keeper that only looks: it decides and sends nothing, and needs no wallet.
    ///
    /// # Errors
    /// A sentence saying what to change in the settings.
    pub fn looking(config: &Config) -> Result<Self, String> {
        let (endpoints, streams) = (Endpoint::all(&config.rpc), config.streams());
        let orders = KeeperConfig {
            silo: address::silo(config.silo),
            account: Pubkey::default(),
            wallet: Keypair::new(),
            guardian: None,
            announced: None,
            keepers: Vec::new(),
            feeds: config.feeds()?,
            fees: config.fees,
            posting: None,
            guard: None,
            dry_run: true,
            operators: operators(&config.rpc.0, &streams),
            genesis: config.genesis.as_deref().and_then(genesis_of),
        };
        let looking = Self::new(orders, endpoints, streams);
        looking.ask_hours(config);
        Ok(looking)
    }

    async fn until_stopped(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut class = self.keeper.class();
        let mut faults = Vec::new();
        let mut supervisor = Supervisor::of_environment();
        let stop = stopped();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = tick.tick() => self.turn(),
            }
            if self.keeper.class() != class {
                class = self.keeper.class();
                info!(class = class.name(), "the state of things changed");
            }
            self.tell_of_endpoints(&mut faults);
            supervisor.decides(class.name());
        }
        supervisor.stops();
        info!("stopping: nothing more is begun");
        self.keeper.rest();
        let deadline = Instant::now() + FAREWELL;
        while self.report.borrow().1.flying > 0 && Instant::now() < deadline {
            tick.tick().await;
            self.turn();
        }
        self.edge.stop().await;
        info!("stopped");
    }

    /// Says which endpoints have become useless, or of use again.
    fn tell_of_endpoints(&self, before: &mut Vec<Option<EndpointFault>>) {
        let now = self.report.borrow().1.diagnosis.endpoints.clone();
        for (endpoint, fault) in now.iter().enumerate() {
            let known = before.get(endpoint).copied().flatten();
            if *fault != known {
                info!(endpoint = %self.edge.address(endpoint), ?fault, "an endpoint changed");
            }
        }
        *before = now;
    }

    /// Hears what waits, then does what is to be done.
    pub fn turn(&mut self) {
        let now = self.now();
        for _ in 0..BATCH {
            let Ok(event) = self.heard.try_recv() else { break };
            self.keeper.hear(event, now);
        }
        let commands = self.keeper.poll(now);
        let kept = self.keep_memory();
        for command in commands {
            // What could not be noted is not sent; it is handed out again until it lapses.
            if kept || !matches!(command, Command::Send { .. }) {
                self.edge.begin(command);
            }
        }
        let report = self.keeper.report(now);
        self.report.send_replace((tokio::time::Instant::now(), report));
    }

    /// Writes down what a guard has to remember, before anything is sent; whether that is done.
    fn keep_memory(&mut self) -> bool {
        let changed = self.keeper.changed_memory();
        self.memory.as_mut().is_none_or(|file| file.keep(changed))
    }

    /// The keeper's clock: milliseconds since it began.
    pub fn now(&self) -> Millis {
        Millis(u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// A genesis hash as the keeper compares it.
fn genesis_of(text: &str) -> Option<[u8; 32]> {
    text.parse().ok().map(|hash: Hash| hash.to_bytes())
}

/// Ends when the process is asked to stop.
pub async fn stopped() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Shared by all tasks of an edge.
type Endpoints = Arc<Vec<Endpoint>>;
