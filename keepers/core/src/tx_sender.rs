//! Bringing transactions into blocks: signed again with a higher price while they are urgent, sent
//! again until they have landed or can no longer land, and what became of each.
//!
//! Two versions of one transaction may both land. That costs a fee and no more where the program
//! refuses what is done already; what counts every time has one version that can land.

use std::collections::BTreeMap;

use holdfast_client::{Instruction, Pubkey};
use holdfast_risk::Millis;
use holdfast_rpc::limits::{MOST_SIGNED, MOST_UNITS, RESEND};
use holdfast_rpc::{Budget, Handed, Look, Routes, Tracker, Verdict, sign, without_signatures};
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::Intent;
use crate::fees::Fees;
use crate::health::OperatingPolicy;
use crate::scheduler::Kind;
use crate::units::Work;

pub use holdfast_rpc::{Blockhash, Simulation};

/// How long something urgent waits before it is signed again at a higher price.
const ESCALATE: Millis = Millis(4_000);
/// What is signed once pays at once what others pay at this attempt, the first being number zero.
const SIGNED_ONCE_AS: u32 = 2;
/// Blocks after which endpoints that have not told the fate of something signed once never will.
const UNDECIDED: u64 = 150;
/// How long a simulation is waited for.
const SIMULATES_WITHIN: Millis = Millis(1_000);

/// What the sender needs to know of the moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The keeper's clock.
    pub now: Millis,
    /// The newest slot.
    pub slot: u64,
    /// The block height that more than half of the endpoints have reached.
    pub height: u64,
    /// Endpoints of use, the preferred one first.
    pub endpoints: &'a [usize],
    /// The newest blockhash that enough endpoints know.
    pub blockhash: Option<Blockhash>,
    /// Fees paid lately on the accounts that are written.
    pub recent: &'a [u64],
    /// What may be signed: in a halt nothing lands sooner for a higher price.
    pub allowed: OperatingPolicy,
}

/// A transaction to send now.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// To which endpoints.
    pub endpoints: Vec<usize>,
    /// The transaction.
    pub transaction: VersionedTransaction,
}

/// What became of something that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Landed {
        /// In which slot.
        slot: u64,
    },
    /// It landed and the program refused it.
    Refused {
        /// In which slot.
        slot: u64,
        /// What the program said.
        reason: String,
    },
    /// A simulation was refused, and it was not sent.
    Foreseen {
        /// What the program said.
        reason: String,
    },
    /// No version of it can land any more.
    Expired,
}

/// What a simulation came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Tried {
    /// What was simulated is sent, or was not waited for any more.
    Goes,
    /// One endpoint has refused it: another one is to be asked.
    Again(Box<VersionedTransaction>),
    /// It is not sent.
    Ends(Box<TxOutcome>),
}

/// The end of a flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxOutcome {
    /// What was to be done.
    pub intent: Intent,
    /// For what.
    pub kind: Kind,
    /// What became of it.
    pub outcome: Outcome,
    /// Slots from its first signature to its landing, or until it was given up.
    pub slots: u64,
    /// The price of its last version, micro-lamports per compute unit.
    pub price: u64,
    /// What that version costs in a block, lamports, where one key signs it.
    pub lamports: u64,
    /// Versions signed.
    pub signed: usize,
    /// Whether endpoints agree that no version has landed or ever will. Without it what expired may have
    /// landed unseen.
    pub is_absent: bool,
}

/// Sends and follows transactions.
pub struct TxSender {
    /// The keys, each of which signs what needs its signature; the first pays.
    keys: Vec<Keypair>,
    fees: Fees,
    routes: Routes,
    flights: BTreeMap<u64, InFlight>,
    next: u64,
}

struct InFlight {
    intent: Intent,
    kind: Kind,
    instructions: Vec<Instruction>,
    begun: u64,
    versions: Vec<Version>,
    /// Where it went, in the order of sending.
    handed: Vec<Handed>,
    /// It is sent at this time, or as soon as it has been simulated.
    held: Option<Millis>,
    /// What is simulated, until one endpoint has refused it.
    trial: Option<VersionedTransaction>,
    /// Compute units to ask for of what was not simulated.
    usual: u32,
    /// Compute units to ask for after a simulation.
    units: Option<u32>,
    sent: Millis,
    signed: Millis,
}

struct Version {
    tracker: Tracker<String>,
    budget: Budget,
}

impl TxSender {
    /// A sender that pays and signs with `wallet`, and signs as `guardian` where that is asked for.
    pub fn new(wallet: Keypair, guardian: Option<Keypair>, fees: Fees) -> Self {
        let other = guardian.filter(|guardian| guardian.pubkey() != wallet.pubkey());
        let keys = [wallet].into_iter().chain(other).collect();
        Self { keys, fees, routes: Routes::default(), flights: BTreeMap::new(), next: 0 }
    }

    /// Who pays and signs.
    pub fn wallet(&self) -> Pubkey {
        self.keys.first().map(Signer::pubkey).unwrap_or_default()
    }

    /// Signs instructions as one transaction and begins to follow it. It is to be sent now.
    pub fn begin(
        &mut self,
        intent: Intent,
        kind: Kind,
        work: impl Into<Work>,
        moment: &Moment,
    ) -> Option<Outgoing> {
        let mut flight = InFlight::new(intent, kind, work.into(), moment);
        flight.sign(&self.keys, &self.fees, moment)?;
        let outgoing = flight.send(&self.routes, moment)?;
        self.follow(flight);
        Some(outgoing)
    }

    /// Begins to follow instructions that are to be simulated first: the simulation's number, and the
    /// transaction to simulate. It is sent once [`Self::simulated`] says so, or after a second.
    pub fn hold(
        &mut self,
        intent: Intent,
        kind: Kind,
        work: impl Into<Work>,
        moment: &Moment,
    ) -> Option<(u64, VersionedTransaction)> {
        let mut flight = InFlight::new(intent, kind, work.into(), moment);
        flight.held = Some(moment.now.after(SIMULATES_WITHIN));
        // What it takes is to be found out, not what it is allowed.
        let budget = Budget { units: Some(MOST_UNITS), price: 0 };
        let transaction = without_signatures(flight.transaction(&self.keys, moment, budget)?);
        flight.trial = Some(transaction.clone());
        Some((self.follow(flight), transaction))
    }

    fn follow(&mut self, flight: InFlight) -> u64 {
        let number = self.next;
        self.flights.insert(number, flight);
        self.next += 1;
        number
    }

    /// A simulation has ended. What two endpoints refuse is not sent, or one where there are no
    /// others; everything else is, with the next [`Self::poll`].
    pub fn simulated(
        &mut self,
        number: u64,
        result: Option<Simulation>,
        others: bool,
        now: Millis,
    ) -> Tried {
        let Some(flight) = self.flights.get_mut(&number).filter(|it| it.held.is_some()) else {
            return Tried::Goes;
        };
        let refused = result.as_ref().and_then(|result| result.refused.clone());
        if let (Some(_), Some(trial), true) = (&refused, flight.trial.take(), others) {
            flight.held = Some(now.after(SIMULATES_WITHIN));
            return Tried::Again(Box::new(trial));
        }
        flight.held = Some(Millis(0));
        if let Some(Simulation { units, .. }) = result {
            flight.units = flight.simulated_units(units);
        }
        let Some(reason) = refused else { return Tried::Goes };
        self.flights.remove(&number).map_or(Tried::Goes, |flight| {
            Tried::Ends(Box::new(flight.end(Outcome::Foreseen { reason }, flight.begun)))
        })
    }

    /// What is to be sent now, and what has ended because it can no longer land.
    pub fn poll(&mut self, moment: &Moment) -> (Vec<Outgoing>, Vec<TxOutcome>) {
        let (mut sends, mut ended) = (Vec::new(), Vec::new());
        let Self { keys, fees, routes, flights, .. } = self;
        flights.retain(|_, flight| match flight.turn(keys, fees, moment) {
            Turn::Wait => true,
            Turn::Send => {
                sends.extend(flight.send(routes, moment));
                true
            }
            Turn::Expired => {
                routes.expired(&flight.handed);
                ended.push(flight.end(Outcome::Expired, moment.slot));
                false
            }
        });
        (sends, ended)
    }

    /// Transactions whose fate is to be asked for, and the last height that each may land at.
    pub fn waiting(&self) -> Vec<(Signature, u64)> {
        let versions = self.flights.values().flat_map(|flight| &flight.versions);
        let trackers = versions.map(|version| &version.tracker);
        trackers.map(|tracker| (tracker.signature(), tracker.last_height())).collect()
    }

    /// An endpoint shows where a transaction is. It has ended once those who are `asked` agree on it:
    /// see [`Tracker`].
    pub fn shown(
        &mut self,
        signature: &Signature,
        endpoint: usize,
        look: Look<String>,
        asked: &[usize],
    ) -> Option<TxOutcome> {
        let (id, flight) = self.flights.iter_mut().find(|(_, flight)| flight.has(signature))?;
        let version = flight.versions.iter_mut();
        let version = version.map(|version| &mut version.tracker);
        let tracker = version.into_iter().find(|tracker| tracker.signature() == *signature)?;
        tracker.hear(endpoint, look);
        let (slot, refused) = match tracker.judge(asked)? {
            Verdict::Landed { slot } => (*slot, None),
            Verdict::Refused { slot, reason } => (*slot, Some(reason.clone())),
            // Another version may still land; by height it is known when none can.
            Verdict::Expired | Verdict::Unknown => return None,
        };
        let id = *id;
        let flight = self.flights.remove(&id)?;
        self.routes.landed(&flight.handed, slot);
        let outcome = match refused {
            None => Outcome::Landed { slot },
            Some(reason) => Outcome::Refused { slot, reason },
        };
        Some(flight.end(outcome, slot))
    }

    /// Whether transactions handed to this endpoint come to nothing.
    pub fn passes_over(&self, endpoint: usize) -> bool {
        self.routes.is_passed_over(endpoint)
    }

    /// How much is under way.
    pub fn flying(&self) -> usize {
        self.flights.len()
    }
}

/// What is done about something under way.
enum Turn {
    /// Nothing yet.
    Wait,
    /// Its newest version is sent.
    Send,
    /// It can no longer land, and is not signed again.
    Expired,
}

impl InFlight {
    fn new(intent: Intent, kind: Kind, work: Work, moment: &Moment) -> Self {
        Self {
            intent,
            kind,
            instructions: work.instructions,
            usual: work.units,
            begun: moment.slot,
            versions: Vec::new(),
            handed: Vec::new(),
            held: None,
            trial: None,
            units: None,
            sent: moment.now,
            signed: moment.now,
        }
    }

    /// Decides what is done now; signs another version where one is needed.
    fn turn(&mut self, keys: &[Keypair], fees: &Fees, moment: &Moment) -> Turn {
        if let Some(until) = self.held {
            if moment.now < until {
                return Turn::Wait;
            }
            self.held = None;
            return self.signed_anew(keys, fees, moment);
        }
        let Some(newest) = self.versions.last() else { return Turn::Expired };
        let lapsed = newest.tracker.has_lapsed(moment.height);
        let expired = newest.tracker.is_past(moment.height);
        let once = self.intent.is_signed_once();
        let last = once || self.kind == Kind::Chore || self.versions.len() >= MOST_SIGNED;
        if expired && last {
            let undecided = once && !self.is_absent();
            let waits =
                undecided && !newest.tracker.is_past(moment.height.saturating_sub(UNDECIDED));
            return if waits { Turn::Wait } else { Turn::Expired };
        }
        let again = !last && moment.allowed.allows(self.kind);
        let waited = moment.now.since(self.signed) >= ESCALATE;
        let dearer = waited && newest.budget.price < fees.cap(self.kind);
        let in_vain = if self.intent.counts_each_time() { expired } else { lapsed || dearer };
        if again && in_vain {
            self.signed_anew(keys, fees, moment)
        } else if !lapsed && moment.now.since(self.sent) >= RESEND {
            Turn::Send
        } else {
            Turn::Wait
        }
    }

    fn signed_anew(&mut self, keys: &[Keypair], fees: &Fees, moment: &Moment) -> Turn {
        self.sign(keys, fees, moment).map_or(Turn::Wait, |()| Turn::Send)
    }

    /// Signs another version, at the price that its number asks.
    fn sign(&mut self, keys: &[Keypair], fees: &Fees, moment: &Moment) -> Option<()> {
        let ahead = if self.intent.is_signed_once() { SIGNED_ONCE_AS } else { 0 };
        let attempt = u32::try_from(self.versions.len()).unwrap_or(u32::MAX).saturating_add(ahead);
        // Others may pay less by now; an attempt never pays less than the one before.
        let before = self.versions.last().map_or(0, |version| version.budget.price);
        let price = fees.price(self.kind, moment.recent, attempt).max(before);
        let units = self.units.unwrap_or(self.usual);
        let budget = Budget { units: Some(units), price };
        let transaction = self.transaction(keys, moment, budget)?;
        let tracker = Tracker::new(transaction, moment.blockhash?);
        self.versions.push(Version { tracker, budget });
        self.signed = moment.now;
        Some(())
    }

    /// Sends the newest version: to every endpoint where that is allowed, else each time to the next
    /// one.
    fn send(&mut self, routes: &Routes, moment: &Moment) -> Option<Outgoing> {
        let tracker = &self.versions.last()?.tracker;
        let transaction = tracker.transaction().clone();
        let endpoints = if moment.allowed.fan_out {
            moment.endpoints.to_vec()
        } else {
            routes.choose(moment.endpoints, self.handed.len()).into_iter().collect()
        };
        let slot = moment.slot;
        self.handed.extend(endpoints.iter().map(|&endpoint| Handed { endpoint, slot }));
        self.sent = moment.now;
        Some(Outgoing { endpoints, transaction })
    }

    fn transaction(
        &self,
        keys: &[Keypair],
        moment: &Moment,
        budget: Budget,
    ) -> Option<VersionedTransaction> {
        let (payer, others) = keys.split_first()?;
        let asked = |key: &&Keypair| {
            let mut accounts = self.instructions.iter().flat_map(|it| &it.accounts);
            accounts.any(|account| account.is_signer && account.pubkey == key.pubkey())
        };
        let signers: Vec<_> = std::iter::once(payer).chain(others.iter().filter(asked)).collect();
        sign(budget, &self.instructions, &signers, &moment.blockhash?.hash).ok()
    }

    /// Compute units to ask for after a simulation took this many: not fewer than were measured before,
    /// and not more than twice as many, because one endpoint may say anything.
    fn simulated_units(&self, units: u64) -> Option<u32> {
        let usual = self.usual;
        Budget::measured(units).map(|units| units.clamp(usual, usual.saturating_mul(2)))
    }

    fn has(&self, signature: &Signature) -> bool {
        self.versions.iter().any(|version| version.tracker.signature() == *signature)
    }

    /// Whether endpoints agree that no version has landed or ever will.
    fn is_absent(&self) -> bool {
        let mut verdicts = self.versions.iter().map(|version| version.tracker.verdict());
        verdicts.all(|verdict| matches!(verdict, Some(Verdict::Expired)))
    }

    fn end(&self, outcome: Outcome, slot: u64) -> TxOutcome {
        let budget = self.versions.last().map(|version| version.budget);
        TxOutcome {
            intent: self.intent,
            kind: self.kind,
            outcome,
            slots: slot.saturating_sub(self.begun),
            price: budget.map_or(0, |budget| budget.price),
            lamports: budget.map_or(0, |budget| budget.lamports()),
            signed: self.versions.len(),
            is_absent: self.is_absent(),
        }
    }
}

#[cfg(test)]
#[path = "tx_sender_tests.rs"]
mod tests;
