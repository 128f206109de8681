//! The keeper: events in, commands out. No network and no clock of its own, so the same loop runs
//! against a cluster of the world and, in virtual time, against one in memory.
//!
//! [`Keeper::hear`] takes what happened, [`Keeper::poll`] says what to do now. Whoever drives it
//! carries the commands out and reports what came of them as events.

mod blockhashes;
mod evidence;
mod io;
mod reading;
mod report;
mod simulate_first;
mod sources;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::decide::guardian::Guardian;
use crate::fees::Fees;
use crate::guard::{Guard, Memory};
use crate::health::{ChainCondition, Diagnosis, Progress, Sources, Venue};
use crate::posting::{Poster, PostingTerms};
use crate::scheduler::{Scheduler, Target};
use crate::testimony::{Digest, Testimony};
use crate::tx_sender::{Blockhash, Simulation, Tried, TxSender};
use crate::witness::{Operators, Source};
use crate::{AccountCache, Hours, Intent};

use blockhashes::Blockhashes;
use evidence::Founding;
pub use holdfast_rpc::Shown;
pub use io::{BATCH, Command, Event, Io, WAITING};
pub use report::{Counts, PendingChange, Report};
use sources::RequestTracker;

/// What a keeper is told once.
pub struct KeeperConfig {
    /// The silo it keeps.
    pub silo: Pubkey,
    /// The margin account that rewards and fees are paid into.
    pub account: Pubkey,
    /// Pays and signs.
    pub wallet: Keypair,
    /// A guardian of the exchange, for whom it signs.
    pub guardian: Option<Keypair>,
    /// Hashes of changes that were announced: with a guardian's key all others are taken back. Without
    /// such a list none are.
    pub announced: Option<BTreeSet<[u8; 32]>>,
    /// Wallets of all keepers of the venue.
    pub keepers: Vec<Pubkey>,
    /// Feed accounts of the markets.
    pub feeds: Vec<Pubkey>,
    /// What transactions may cost.
    pub fees: Fees,
    /// When prices are brought, if they are.
    pub posting: Option<PostingTerms>,
    /// With a guard this keeper does what the guard decides, and nothing for the venue.
    pub guard: Option<Guard>,
    /// Decide and count, send nothing.
    pub dry_run: bool,
    /// The RPC endpoints and streams, by who runs them.
    pub operators: Operators,
    /// The cluster's genesis hash; without it, the one that two operators show, or the only one.
    pub genesis: Option<[u8; 32]>,
}

/// A keeper.
pub struct Keeper {
    silo: Pubkey,
    account: Pubkey,
    feeds: BTreeSet<Pubkey>,
    dry_run: bool,
    resting: bool,
    operators: Operators,
    sources: Sources,
    asked: RequestTracker,
    testimony: Testimony,
    founding: Founding,
    replica: Option<AccountCache>,
    /// Whether the mirror was complete once: before, nothing is decided by it.
    complete_once: bool,
    /// What feed accounts last were, as far as it is believed.
    feeds_seen: BTreeMap<Pubkey, Digest>,
    /// When a stream last told of a feed, or endpoints were asked for it.
    feeds_heard: BTreeMap<Pubkey, Millis>,
    desk: Scheduler,
    guardian: Option<Guardian>,
    poster: Option<Poster>,
    /// When the markets behind feeds are open.
    hours: Hours,
    guard: Option<Guard>,
    announced: Option<BTreeSet<[u8; 32]>>,
    lander: TxSender,
    /// What the wallet holds, lamports; not known before anybody says so.
    wallet: Option<u64>,
    /// The newest that each endpoint showed.
    shown: BTreeMap<usize, Progress>,
    blockhashes: Blockhashes,
    /// The chain as endpoints agree on it.
    agreed: Agreed,
    /// Fees that each endpoint has told of.
    recent_fees: BTreeMap<usize, Vec<u64>>,
    /// Simulations to be tried at another endpoint, and at which one not.
    second_opinions: Vec<(u64, VersionedTransaction, usize)>,
    /// Messages heard: their order within a slot.
    messages: u64,
    /// The slot of the last snapshot that the mirror was compared with.
    compared: u64,
    /// Accounts that may not be as the mirror has them.
    doubtful: BTreeSet<Pubkey>,
    diagnosis: Diagnosis,
    /// What there is to do, by the last decision.
    due: Vec<Intent>,
    counts: Counts,
}

/// The chain as endpoints agree on it, and when they last did.
#[derive(Clone, Copy, Default)]
struct Agreed {
    slot: u64,
    height: u64,
    clock: Millis,
    at: Millis,
    /// Whether they do not agree on the time.
    disputed: bool,
}

/// The chain at a moment, as far as work needs it.
#[derive(Clone, Copy)]
struct Seen {
    slot: u64,
    height: u64,
    clock: Millis,
    blockhash: Option<Blockhash>,
}

impl Keeper {
    /// A keeper that has seen nothing yet.
    pub fn new(orders: KeeperConfig, now: Millis) -> Self {
        let me = orders.wallet.pubkey();
        let operators = orders.operators;
        let sources = Sources::new(operators.clone(), orders.genesis, now);
        let diagnosis = sources.judge(&Venue::default(), now);
        Self {
            silo: orders.silo,
            account: orders.account,
            feeds: orders.feeds.into_iter().collect(),
            dry_run: orders.dry_run,
            resting: false,
            sources,
            asked: RequestTracker::new(operators.endpoints(), operators.streams()),
            operators,
            testimony: Testimony::default(),
            founding: Founding::default(),
            replica: None,
            complete_once: false,
            feeds_seen: BTreeMap::new(),
            feeds_heard: BTreeMap::new(),
            desk: Scheduler::new(me, &orders.keepers),
            guardian: orders.guardian.as_ref().map(Signer::pubkey).map(Guardian::new),
            poster: orders.posting.map(|terms| Poster::new(terms, me)),
            hours: Hours::default(),
            guard: orders.guard,
            announced: orders.announced,
            lander: TxSender::new(orders.wallet, orders.guardian, orders.fees),
            wallet: None,
            shown: BTreeMap::new(),
            blockhashes: Blockhashes::default(),
            agreed: Agreed::default(),
            recent_fees: BTreeMap::new(),
            second_opinions: Vec::new(),
            messages: 0,
            compared: 0,
            doubtful: BTreeSet::new(),
            diagnosis,
            due: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// The mirror, once there is one.
    pub fn mirror(&self) -> Option<&crate::VenueSnapshot> {
        self.kept().map(AccountCache::mirror)
    }

    /// The mirror with its index, once it is complete.
    fn kept(&self) -> Option<&AccountCache> {
        self.replica.as_ref().filter(|_| self.complete_once)
    }

    /// What there is to do, by the last decision: most urgent first, by whomever.
    pub fn due(&self) -> &[Intent] {
        &self.due
    }

    /// Accounts that prices would concern first, this many of each market and side, and those that the
    /// last decision looked at.
    pub fn nearest(&self, count: usize) -> BTreeSet<Pubkey> {
        self.kept().map(|replica| replica.nearest(count)).unwrap_or_default()
    }

    /// What is going on, as of the last poll.
    pub const fn class(&self) -> ChainCondition {
        self.diagnosis.class
    }

    /// Takes what happened.
    pub fn hear(&mut self, event: Event, now: Millis) {
        match event {
            Event::Progress { endpoint, progress, fees, vouched } => {
                self.asked.answered_probe(endpoint);
                self.sources.answered(endpoint, &progress, now);
                self.show(endpoint, progress, vouched);
                self.recent_fees.insert(endpoint, fees);
            }
            Event::NoProgress { endpoint } => {
                self.asked.answered_probe(endpoint);
                self.counts.failed_requests += 1;
            }
            Event::Part { endpoint, part, slot, shown } => {
                self.take_part(endpoint, &part, slot, shown, now);
            }
            Event::NoPart { endpoint, part, too_long } => {
                let failed = self.asked.part_failed(endpoint, &part, too_long, now);
                self.counts.failed_requests += u64::from(failed);
            }
            Event::Opened { stream } => {
                self.sources.opened(stream, now);
                self.asked.opened(stream);
            }
            Event::Closed { stream } => {
                self.sources.lost(stream);
                self.asked.closed(stream, now);
            }
            Event::Slot { stream, slot, parent } => self.take_slot(stream, slot, parent, now),
            Event::Shown { stream, shown } => {
                self.sources.heard(stream, now);
                self.take_shown(Source::Stream(stream), shown, now);
            }
            Event::Looked { endpoint, shown } => {
                for shown in shown {
                    self.doubtful.remove(&shown.address);
                    if let Some(poster) = &mut self.poster
                        && poster.shown(&shown.address, shown.slot, &shown.data)
                    {
                        continue;
                    }
                    self.take_shown(Source::Endpoint(endpoint), shown, now);
                }
            }
            Event::Simulated { simulation, endpoint, result } => {
                self.take_simulation(simulation, endpoint, result, now);
            }
            Event::Fates { endpoint, looks } => {
                let usable = self.usable();
                for (signature, look) in looks {
                    if let Some(ended) = self.lander.shown(&signature, endpoint, look, &usable) {
                        self.end(ended, now);
                    }
                }
            }
            Event::NoFates { .. } => self.counts.failed_requests += 1,
            Event::Wallet { lamports } => self.wallet = Some(lamports),
            Event::Offered { host, prices } => {
                if let Some(poster) = &mut self.poster {
                    prices.into_iter().for_each(|price| poster.hear(host, price));
                }
            }
            Event::Hours(hours) => self.hours = hours,
        }
    }

    /// What to do now.
    pub fn poll(&mut self, now: Millis) -> Vec<Command> {
        self.agree(now);
        self.diagnosis = self.sources.judge(&self.venue(now), now);
        self.counts.classes[self.diagnosis.class as usize] += 1;
        let condition = self.condition();
        if let Some(guard) = &mut self.guard {
            guard.watch(condition, now);
        }
        let mut commands = Vec::new();
        self.ask(now, &mut commands);
        self.work(now, &mut commands);
        commands
    }

    /// A stream tells of a slot. Blocks count as abandoned once two operators' streams say so; one
    /// alone is reason to compare the mirror and to ask before acting.
    fn take_slot(&mut self, stream: usize, slot: u64, parent: u64, now: Millis) {
        let suspected = self.sources.suspects_fork(FORK_AGAIN, now);
        if let Some(parent) = self.sources.told(stream, slot, parent, now) {
            self.counts.forks += 1;
            self.compared = self.compared.min(parent);
            if let Some(replica) = &mut self.replica {
                replica.forked(parent);
            }
            self.asked.snapshot_again();
        } else if !suspected && self.sources.suspects_fork(FORK_AGAIN, now) {
            self.asked.snapshot_again();
        }
    }

    /// A simulation has ended. A refusal by one endpoint is tried at another before it counts.
    fn take_simulation(
        &mut self,
        simulation: u64,
        endpoint: usize,
        result: Option<Simulation>,
        now: Millis,
    ) {
        self.counts.simulated += u64::from(result.is_some());
        let others = self.usable().into_iter().any(|other| other != endpoint);
        match self.lander.simulated(simulation, result, others, now) {
            Tried::Goes => {}
            Tried::Again(transaction) => {
                self.second_opinions.push((simulation, *transaction, endpoint));
            }
            Tried::Ends(ended) => self.end(*ended, now),
        }
    }

    /// What is the matter for whoever depends on the mirror: without one endpoints are of no use, whatever
    /// they say of the chain.
    const fn condition(&self) -> ChainCondition {
        match self.diagnosis.class {
            ChainCondition::Healthy if !self.complete_once => ChainCondition::RpcStale,
            class => class,
        }
    }

    /// Whether there may be something to pay for, and the wallet cannot pay a fee and keep what its account
    /// has to hold.
    fn is_poor(&self) -> bool {
        let pays = !self.dry_run && self.guard.as_ref().is_none_or(Guard::sends);
        pays && self.wallet.is_some_and(|lamports| lamports < LEAST_LAMPORTS)
    }

    /// What a guard has to keep before anything of the last poll is sent, if it changed.
    pub fn changed_memory(&mut self) -> Option<Memory> {
        self.guard.as_mut()?.take_changes()
    }

    /// Begins nothing more; what is under way is still followed.
    pub const fn rest(&mut self) {
        self.resting = true;
    }

    /// What of an account is not tried for now, and why.
    pub fn held_back(&self, target: Target, now: Millis) -> Option<String> {
        let held = self.desk.held_back(now);
        held.into_iter().find(|held| held.target == target).map(|held| held.reason)
    }
}

/// What an account without data has to hold, and a few fees.
const LEAST_LAMPORTS: u64 = 1_000_000;
/// How long after a stream told of a fork alone another one is no news.
const FORK_AGAIN: Millis = Millis(10_000);
