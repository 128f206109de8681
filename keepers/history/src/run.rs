//! Reading and serving until asked to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use holdfast_rpc::Endpoint;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use crate::api::Api;
use crate::comparing::{Comparing, Outcome};
use crate::database::Database;
use crate::reader::{Failure, Reader, Step};
use crate::reconcile::Reconciliation;
use crate::status::Status;
use crate::store::{Happened, Store};

/// Transactions that are asked for at once, and written together.
const PAGE: usize = 100;
/// The pause between two looks for something new.
const POLL: Duration = Duration::from_secs(1);
/// The pause after no endpoint could be read from.
const TROUBLED: Duration = Duration::from_secs(5);
/// Events that a stream may be behind.
const BEHIND: usize = 4_096;

/// What is read, and where it is kept and served.
pub struct Settings {
    /// The endpoints, the preferred one first.
    pub endpoints: Vec<Endpoint>,
    /// The genesis hash of their cluster: others are not read from.
    pub genesis: String,
    /// The file of the database.
    pub database: PathBuf,
    /// Where pages are served.
    pub listen: SocketAddr,
    /// A folder whose files are served beside them.
    pub page: Option<PathBuf>,
    /// Number of the silo whose markets and pools are meant.
    pub silo: u16,
}

/// Reads and serves until `stop` is over, and says what there is then.
///
/// # Errors
/// A sentence when the database or the port cannot be had, or the database fails.
pub async fn run(settings: Settings, stop: impl Future<Output = ()>) -> Result<Status, String> {
    if let Some(folder) =
        settings.page.as_ref().filter(|folder| !folder.join("index.html").is_file())
    {
        return Err(format!("{} has no index.html: build the page first", folder.display()));
    }
    let database = Database::open(&settings.database, &settings.genesis)?;
    let listen = settings.listen;
    let listener = TcpListener::bind(listen).await.map_err(|reason| {
        format!("--listen {listen} cannot be had ({reason}): choose another address or port")
    })?;
    let listen = listener.local_addr().map_err(|reason| format!("--listen {listen}: {reason}"))?;
    let (genesis, silo) = (settings.genesis.clone(), settings.silo);
    let status = Status { genesis, silo, ..Status::default() };
    let (live, status) = (broadcast::channel(BEHIND).0, watch::channel(status).0);
    let api = Api::new(database.clone(), status.subscribe(), live.clone(), settings.silo);
    let pages = api.router(settings.page.as_deref());
    let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
    let serving = tokio::spawn(async move { axum::serve(listener, pages).await });
    info!(%listen, database = %settings.database.display(), "the history is served");
    let mut running = Running {
        reader: Reader::new(database.clone(), PAGE),
        comparing: Comparing::new(database.clone(), Instant::now()),
        checked: vec![false; settings.endpoints.len()],
        settings,
        database,
        live,
        status,
        current: 0,
    };
    let read = running.forever();
    let ended = tokio::select! {
        () = stop => Ok(()),
        failed = read => failed,
    };
    serving.abort();
    info!("stopped");
    ended.map(|()| running.status.borrow().clone())
}

struct Running {
    settings: Settings,
    database: Database,
    reader: Reader,
    comparing: Comparing,
    live: broadcast::Sender<Arc<Happened>>,
    status: watch::Sender<Status>,
    /// Endpoints that are known to be on the right cluster.
    checked: Vec<bool>,
    /// The endpoint that is read from.
    current: usize,
}

impl Running {
    async fn forever(&mut self) -> Result<(), String> {
        self.look_further_back().await?;
        loop {
            let pause = match self.turn().await {
                Ok(step) if step.more => Duration::ZERO,
                Ok(_) => POLL,
                Err(Failure::Database(reason)) => return Err(reason),
                Err(Failure::Source(reason)) => {
                    warn!(%reason, "no endpoint can be read from");
                    self.status.send_modify(|status| status.trouble = Some(reason));
                    TROUBLED
                }
            };
            sleep(pause).await;
        }
    }

    /// An endpoint that is asked today may keep more than those before did.
    async fn look_further_back(&mut self) -> Result<(), String> {
        if self.database.with(|store| store.is_whole()).await? {
            return Ok(());
        }
        for endpoint in &self.settings.endpoints {
            match self.reader.look_further_back(endpoint).await {
                Ok(()) => {}
                Err(Failure::Database(reason)) => return Err(reason),
                Err(Failure::Source(reason)) => {
                    warn!(%reason, "an endpoint was not asked for more")
                }
            }
        }
        Ok(())
    }

    /// One step with the first endpoint that can be read from, the one before first.
    async fn turn(&mut self) -> Result<Step, Failure> {
        let mut reasons: Vec<String> = Vec::new();
        for _ in 0..self.settings.endpoints.len() {
            match self.ask().await {
                Ok(step) => return Ok(step),
                Err(Failure::Source(reason)) => {
                    warn!(%reason, "trying another endpoint");
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                    self.current = (self.current + 1) % self.settings.endpoints.len();
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::Source(reasons.join("; ")))
    }

    async fn ask(&mut self) -> Result<Step, Failure> {
        let endpoint = self.settings.endpoints.get(self.current);
        let endpoint =
            endpoint.ok_or_else(|| Failure::Source("rpc names no endpoint".to_owned()))?;
        if !self.checked.get(self.current).copied().unwrap_or_default() {
            let found = endpoint.genesis().await.map_err(Failure::Source)?;
            if found != self.settings.genesis {
                let (place, genesis) = (&endpoint.address, &self.settings.genesis);
                return Err(Failure::Source(format!(
                    "{place} is on another cluster: its genesis hash is {found}, expected {genesis}"
                )));
            }
            if let Some(checked) = self.checked.get_mut(self.current) {
                *checked = true;
            }
        }
        let place = endpoint.address.to_string();
        let read = self.read().await;
        for happened in self.reader.take_happened() {
            // Nobody may listen.
            let _ = self.live.send(Arc::new(happened));
        }
        let step = read?;
        self.show(place, &step).await?;
        Ok(step)
    }

    /// One step, and comparing, when it is time for that.
    async fn read(&mut self) -> Result<Step, Failure> {
        let Some(endpoint) = self.settings.endpoints.get(self.current) else {
            return Ok(Step::default());
        };
        self.comparing.begin(endpoint).await?;
        let step = self.reader.step(endpoint).await?;
        let outcome = self.comparing.turn(endpoint, &step, Instant::now()).await?;
        self.tell(outcome);
        Ok(step)
    }

    /// Says what comparing came to. Where that is doubted, another endpoint is read from, if there is one.
    fn tell(&mut self, outcome: Outcome) {
        let waiting = match outcome {
            Outcome::Nothing => None,
            Outcome::Waits(reason) => Some(reason),
            Outcome::Doubts(sums) => {
                warn!(
                    differ = sums.join(", "),
                    "events and accounts may not agree: all is listed again"
                );
                self.current = (self.current + 1) % self.settings.endpoints.len().max(1);
                None
            }
            Outcome::Told(compared) => {
                log(&compared);
                self.status.send_modify(|status| status.reconciliation = Some(compared));
                None
            }
        };
        self.status.send_modify(|status| status.waiting = waiting);
    }

    async fn show(&self, endpoint: String, step: &Step) -> Result<(), Failure> {
        let look = |store: &mut Store| Ok((store.counts()?, store.is_whole()?));
        let (counts, whole) = self.database.with(look).await.map_err(Failure::Database)?;
        self.status.send_modify(|status| {
            let (genesis, reconciliation) = (status.genesis.clone(), status.reconciliation.take());
            *status = Status {
                genesis,
                silo: status.silo,
                endpoint,
                complete_to: step.complete_to,
                final_to: step.final_to,
                reading_back: step.more,
                whole,
                transactions: counts.transactions,
                events: counts.events,
                not_final: counts.not_final,
                truncated: counts.truncated,
                first_slot: counts.first_slot,
                last_slot: counts.last_slot,
                reconciliation,
                waiting: status.waiting.take(),
                trouble: None,
            };
        });
        Ok(())
    }
}

/// Writes what comparing came to where operators look.
fn log(compared: &Reconciliation) {
    let slot = compared.slot;
    if compared.off.is_empty() {
        info!(slot, sums = compared.sums, "events and accounts agree");
        return;
    }
    let differ: Vec<_> = compared.off.iter().map(|off| off.sum.as_str()).collect();
    let (differ, truncated) = (differ.join(", "), compared.truncated.join(", "));
    error!(slot, differ, truncated, "events and accounts do not agree");
}
