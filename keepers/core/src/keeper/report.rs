//! What a keeper says of itself.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_client::decode::content_hash;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{Monitor, State};

use super::Keeper;
use crate::guard::GuardReport;
use crate::health::{ChainCondition, Diagnosis};
use crate::listed_feeds::{ListedFeed, listed_feeds};
use crate::posting::PostingReport;
use crate::scheduler::{HeldBack, Kind};
use crate::tx_sender::{Outcome, TxOutcome};

/// What was counted since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Transactions handed to endpoints, repetitions included.
    pub sent: u64,
    /// Intents begun.
    pub begun: u64,
    /// Intents that landed and did what they should.
    pub landed: u64,
    /// Intents that landed and were refused by the program.
    pub refused: u64,
    /// Intents that could not land.
    pub expired: u64,
    /// Intents that a simulation refused, so that they were not sent.
    pub foreseen: u64,
    /// Simulations asked for.
    pub simulations: u64,
    /// Simulations that said anything.
    pub simulated: u64,
    /// Slots from first signature to landing, summed over all that landed.
    pub slots_to_land: u64,
    /// Micro-lamports per compute unit, summed over all that landed.
    pub prices: u64,
    /// Things to do, by the last decision.
    pub due: u64,
    /// Accounts that could not be read.
    pub unreadable: u64,
    /// Changes that streams left out.
    pub left_out: u64,
    /// Abandoned forks.
    pub forks: u64,
    /// Probes, snapshots and questions about transactions that failed.
    pub failed_requests: u64,
    /// Polls in each class, in the order of [`ChainCondition::ALL`] by discriminant.
    pub classes: [u64; ChainCondition::ALL.len()],
}

impl Counts {
    pub(super) fn end(&mut self, ended: &TxOutcome) {
        match ended.outcome {
            Outcome::Landed { .. } => {
                self.landed += 1;
                self.slots_to_land += ended.slots;
                self.prices = self.prices.saturating_add(ended.price);
            }
            Outcome::Refused { .. } => self.refused += 1,
            Outcome::Foreseen { .. } => self.foreseen += 1,
            Outcome::Expired => self.expired += 1,
        }
    }
}

/// A look at a keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The silo it keeps.
    pub silo: Pubkey,
    /// What is going on.
    pub diagnosis: Diagnosis,
    /// Whether it does its work: it has a mirror, its wallet can pay, and the fault is not its own.
    pub ready: bool,
    /// Whether its wallet cannot pay for anything, and it may have something to pay for.
    pub poor: bool,
    /// The newest slot known.
    pub slot: u64,
    /// The venue's clock.
    pub venue_now: Millis,
    /// The venue's state as its chain health has it; not known before the first snapshot.
    pub state: Option<State>,
    /// Whether a market with positions has no price within its age limit, and is not known to be closed.
    pub stale_prices: bool,
    /// The feeds that markets list.
    pub feeds: Vec<ListedFeed>,
    /// Accounts in the mirror.
    pub accounts: usize,
    /// Accounts that the last decision looked at.
    pub hot: usize,
    /// Intents under way.
    pub flying: usize,
    /// What is not tried for now.
    pub held_back: Vec<HeldBack>,
    /// For how long the oldest work of each kind has been due.
    pub oldest: BTreeMap<Kind, Millis>,
    /// Slots by which the mirror is behind the chain.
    pub behind: u64,
    /// Of each endpoint, whether transactions handed to it come to nothing.
    pub drops: Vec<bool>,
    /// Accounts with a reported state that is not accepted yet.
    pub unsettled: usize,
    /// An account about which sources contradict one another, with no majority.
    pub disputed: Option<Pubkey>,
    /// Changes that wait for being applied or taken back, by number.
    pub changes: Vec<PendingChange>,
    /// The bringing of prices.
    pub posting: PostingReport,
    /// What a guard sees and tells, where this is one.
    pub guard: Option<GuardReport>,
    /// What was counted.
    pub counts: Counts,
}

/// A change that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingChange {
    /// Its number.
    pub number: u64,
    /// What it is announced by: see [`content_hash`].
    pub hash: [u8; 32],
    /// From the newest clock of the cluster until it may be applied; zero where it may.
    pub ready_in: Millis,
}

impl Keeper {
    /// Looks at the keeper.
    pub fn report(&self, now: Millis) -> Report {
        let poor = self.is_poor();
        let ready = self.complete_once && self.diagnosis.class.consequence().ready && !poor;
        Report {
            silo: self.silo,
            diagnosis: self.diagnosis.clone(),
            ready,
            poor,
            slot: self.sources.frontier(),
            venue_now: self.venue_now(),
            state: self.mirror().map(|mirror| Monitor::from(&mirror.chain_health.monitor).state),
            stale_prices: self.venue(now).stale_prices,
            feeds: self.listed_feeds(),
            accounts: self.mirror().map_or(0, |mirror| mirror.accounts.len()),
            hot: self.kept().map_or(0, crate::AccountCache::hot),
            flying: self.lander.flying(),
            held_back: self.desk.held_back(now),
            oldest: self.desk.oldest(now),
            behind: self.sources.frontier().saturating_sub(self.complete(now)),
            drops: (0..self.operators.endpoints()).map(|it| self.lander.passes_over(it)).collect(),
            unsettled: self.testimony.len(),
            disputed: self.disputed(now),
            changes: self.pending_changes(),
            posting: self.posting_report(now),
            guard: self.guard.as_ref().map(|guard| guard.report(self.venue_now())),
            counts: self.counts.clone(),
        }
    }

    fn listed_feeds(&self) -> Vec<ListedFeed> {
        let now = self.venue_now();
        self.mirror().map_or_else(Vec::new, |mirror| listed_feeds(mirror, &self.hours, now))
    }

    fn posting_report(&self, now: Millis) -> PostingReport {
        let poster = self.poster.as_ref();
        poster.map(|poster| poster.report(self.venue_now(), now)).unwrap_or_default()
    }

    fn pending_changes(&self) -> Vec<PendingChange> {
        let clock = self.newest().map_or(Millis(0), |seen| seen.clock);
        let changes = self.mirror().into_iter().flat_map(|mirror| mirror.changes.values());
        let mut pending: Vec<_> = changes
            .map(|change| PendingChange {
                number: change.number,
                hash: content_hash(&change.content),
                ready_in: Millis(change.ready_ms.saturating_sub(clock.0)),
            })
            .collect();
        pending.sort_by_key(|change| change.number);
        pending
    }
}
