//! The keeper: events in, commands out. No network and no clock of its own, so the same loop runs
//! against a cluster of the world and, in virtual time, against one in memory.
//!
//! [`Keeper::hear`] takes what happened, [`Keeper::poll`] says what to do now. Whoever drives it
//! carries the commands out and reports what came of them as events.

mod io;
mod report;
mod simulate_first;
mod sources;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::decide::guardian::Guardian;
use crate::fees::Fees;
use crate::health::{ChainCondition, Diagnosis, Sources, Venue};
use crate::scheduler::{Scheduler, Target};
use crate::tx_sender::{Blockhash, TxSender};
use crate::{AccountCache, Intent, Snapshot};

pub use holdfast_rpc::{FeedAccount, Shown, TxStatus};
pub use io::{Command, Event, Io};
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
    /// Decide and count, send nothing.
    pub dry_run: bool,
    /// How many RPC endpoints there are.
    pub endpoints: usize,
    /// How many streams there are.
    pub streams: usize,
}

/// A keeper.
pub struct Keeper {
    silo: Pubkey,
    account: Pubkey,
    feeds: Vec<Pubkey>,
    dry_run: bool,
    resting: bool,
    sources: Sources,
    asked: RequestTracker,
    replica: Option<AccountCache>,
    /// What streams said before the first snapshot.
    early: Vec<Shown>,
    desk: Scheduler,
    guardian: Option<Guardian>,
    announced: Option<BTreeSet<[u8; 32]>>,
    lander: TxSender,
    /// The newest that each endpoint showed.
    shown: BTreeMap<usize, Seen>,
    recent_fees: Vec<u64>,
    /// Messages heard: their order within a slot.
    messages: u64,
    /// The slot up to which the mirror is complete.
    complete: u64,
    /// Accounts that may not be as the mirror has them.
    doubtful: BTreeSet<Pubkey>,
    /// When blocks were last abandoned.
    forked: Option<Millis>,
    diagnosis: Diagnosis,
    /// What there is to do, by the last decision.
    due: Vec<Intent>,
    counts: Counts,
}

/// What an endpoint last showed, as far as work needs it.
#[derive(Clone, Copy, Default)]
struct Seen {
    slot: u64,
    height: u64,
    clock: Millis,
    blockhash: Blockhash,
}

impl Keeper {
    /// A keeper that has seen nothing yet.
    pub fn new(orders: KeeperConfig, now: Millis) -> Self {
        let me = orders.wallet.pubkey();
        let sources = Sources::new(orders.endpoints, orders.streams, now);
        let diagnosis = sources.judge(&Venue::default(), now);
        Self {
            silo: orders.silo,
            account: orders.account,
            feeds: orders.feeds,
            dry_run: orders.dry_run,
            resting: false,
            sources,
            asked: RequestTracker::new(orders.endpoints, orders.streams),
            replica: None,
            early: Vec::new(),
            desk: Scheduler::new(me, &orders.keepers),
            guardian: orders.guardian.as_ref().map(Signer::pubkey).map(Guardian::new),
            announced: orders.announced,
            lander: TxSender::new(orders.wallet, orders.guardian, orders.fees),
            shown: BTreeMap::new(),
            recent_fees: Vec::new(),
            messages: 0,
            complete: 0,
            doubtful: BTreeSet::new(),
            forked: None,
            diagnosis,
            due: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// The mirror, once there is one.
    pub fn mirror(&self) -> Option<&crate::VenueSnapshot> {
        self.replica.as_ref().map(AccountCache::mirror)
    }

    /// What there is to do, by the last decision: most urgent first, by whomever.
    pub fn due(&self) -> &[Intent] {
        &self.due
    }

    /// Accounts that prices would concern first, so many of each market and side, and those that the
    /// last decision looked at.
    pub fn nearest(&self, count: usize) -> BTreeSet<Pubkey> {
        self.replica.as_ref().map(|replica| replica.nearest(count)).unwrap_or_default()
    }

    /// What is going on, as of the last poll.
    pub const fn class(&self) -> ChainCondition {
        self.diagnosis.class
    }

    /// Takes what happened.
    pub fn hear(&mut self, event: Event, now: Millis) {
        match event {
            Event::Progress { endpoint, progress, fees } => {
                self.asked.answered_probe(endpoint);
                self.sources.answered(endpoint, &progress, now);
                self.show(endpoint, &progress);
                if !fees.is_empty() {
                    self.recent_fees = fees;
                }
            }
            Event::NoProgress { endpoint } => {
                self.asked.answered_probe(endpoint);
                self.counts.failed_requests += 1;
            }
            Event::Snapshot { snapshot, feeds } => self.take_snapshot(&snapshot, feeds, now),
            Event::NoSnapshot => {
                self.asked.snapshot_failed(now);
                self.counts.failed_requests += 1;
            }
            Event::Opened { stream } => {
                self.sources.opened(stream, now);
                self.asked.opened(stream);
            }
            Event::Closed { stream } => {
                self.sources.lost(stream);
                self.asked.closed(stream, now);
            }
            Event::Slot { stream, slot, parent } => {
                if let Some(parent) = self.sources.told(stream, slot, parent, now) {
                    self.fork(parent, now);
                }
                self.complete = self.complete.max(slot);
            }
            Event::Shown { stream, shown } => {
                self.sources.heard(stream, now);
                self.messages += 1;
                self.take_shown(shown, self.messages);
            }
            Event::Looked { shown } => {
                for shown in shown {
                    self.doubtful.remove(&shown.address);
                    self.take_shown(shown, BEFORE_ALL);
                }
            }
            Event::Simulated { simulation, result } => {
                self.counts.simulated += u64::from(result.is_some());
                if let Some(ended) = self.lander.simulated(simulation, result) {
                    self.end(ended, now);
                }
            }
            Event::Fates { fates } => self.take_fates(fates, now),
            Event::NoFates => self.counts.failed_requests += 1,
        }
    }

    /// What to do now.
    pub fn poll(&mut self, now: Millis) -> Vec<Command> {
        self.diagnosis = self.sources.judge(&self.venue(), now);
        self.counts.classes[self.diagnosis.class as usize] += 1;
        let mut commands = Vec::new();
        self.ask(now, &mut commands);
        self.work(now, &mut commands);
        commands
    }

    /// Applies a snapshot, and what streams said before the first one.
    fn take_snapshot(&mut self, snapshot: &Snapshot, feeds: Vec<FeedAccount>, now: Millis) {
        let told: Vec<_> =
            (0..self.asked.streams()).map(|stream| self.sources.told_up_to(stream)).collect();
        let merged = match &mut self.replica {
            Some(replica) => Ok(replica.merge(snapshot)),
            None => AccountCache::new(self.silo, snapshot).map(|replica| {
                self.replica = Some(replica);
                crate::Merged::default()
            }),
        };
        let Ok(merged) = merged else {
            self.asked.snapshot_failed(now);
            return;
        };
        self.counts.unreadable += merged.unreadable as u64;
        // What changed without a word from a stream that is past it, the stream has left out.
        if merged.changed > 0 {
            for (stream, told) in told.into_iter().enumerate() {
                if told > snapshot.slot && self.asked.has_to_tell(stream) {
                    self.sources.lost(stream);
                    self.asked.reopen(stream);
                    self.counts.left_out += merged.changed as u64;
                }
            }
        }
        self.asked.snapshot_taken(now);
        self.complete = self.complete.max(snapshot.slot);
        for shown in std::mem::take(&mut self.early) {
            self.messages += 1;
            self.take_shown(shown, self.messages);
        }
        for FeedAccount { address, owner, data } in feeds {
            self.take_shown(Shown { slot: snapshot.slot, address, owner, data }, BEFORE_ALL);
        }
    }

    /// Applies one account: which write of its slot it was, see [`crate::Version`].
    fn take_shown(&mut self, shown: Shown, write: u64) {
        let version = crate::Version { slot: shown.slot, write };
        let Some(replica) = &mut self.replica else {
            if self.early.len() < MOST_EARLY {
                self.early.push(shown);
            } else {
                // The snapshot comes too late to build on: begin again with the streams.
                self.early.clear();
                self.asked.snapshot_again();
            }
            return;
        };
        let Shown { address, owner, data, .. } = shown;
        let taken = if self.feeds.contains(&address) {
            let reading = holdfast_client::feed::read(&address, &owner, &data);
            reading.map(|reading| replica.feed(address, version, reading))
        } else if data.is_empty() {
            Some(replica.close(address, version))
        } else {
            Some(replica.update(address, version, &data))
        };
        let unreadable = taken.is_none_or(|taken| taken == crate::Taken::Unreadable);
        self.counts.unreadable += u64::from(unreadable);
    }

    fn fork(&mut self, parent: u64, now: Millis) {
        self.counts.forks += 1;
        self.forked = Some(now);
        self.complete = self.complete.min(parent);
        if let Some(replica) = &mut self.replica {
            replica.forked(parent);
        }
        self.asked.snapshot_again();
    }

    /// Notes what became of transactions.
    fn take_fates(&mut self, fates: Vec<TxStatus>, now: Millis) {
        for TxStatus { signature, slot, refused } in fates {
            if let Some(ended) = self.lander.landed(&signature, slot, refused) {
                self.end(ended, now);
            }
        }
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

/// What an endpoint was asked for may be from before the slot was over.
const BEFORE_ALL: u64 = 0;

/// Messages kept until the first snapshot comes.
const MOST_EARLY: usize = 100_000;
