//! Bringing transactions into blocks: signed again with a higher price while they are urgent, sent
//! again until they have landed or can no longer land, and what became of each.
//!
//! Two versions of one transaction may both land. That costs a fee and no more where the program
//! refuses what is done already; what counts every time has one version that can land.

use std::collections::BTreeMap;

use holdfast_client::{Instruction, Pubkey};
use holdfast_risk::Millis;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_keypair::Keypair;
use solana_message::{Hash, Message, VersionedMessage};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::Intent;
use crate::fees::Fees;
use crate::health::OperatingPolicy;
use crate::scheduler::Kind;
use crate::units::{MOST_UNITS, compute_units, measured};

/// How often an unlanded transaction is sent again as it is.
const RESEND: Millis = Millis(1_000);
/// How long something urgent waits before it is signed again at a higher price.
const ESCALATE: Millis = Millis(4_000);
/// How long a simulation is waited for.
const SIMULATES_WITHIN: Millis = Millis(1_000);
/// Blocks after a blockhash's last one before it is sure that nobody reports a landing any more:
/// heights are those just made, landings those confirmed.
pub const SPARE_BLOCKS: u64 = 8;
/// How often something is signed before it counts as failed.
const MOST_SIGNED: usize = 6;

/// A blockhash to sign with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blockhash {
    /// The hash.
    pub hash: Hash,
    /// The last block height at which it may be used.
    pub last_height: u64,
}

/// What the lander needs to know of the moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The keeper's clock.
    pub now: Millis,
    /// The newest slot.
    pub slot: u64,
    /// The newest block height.
    pub height: u64,
    /// The newest blockhash.
    pub blockhash: Blockhash,
    /// Fees paid lately on the accounts that are written.
    pub recent: &'a [u64],
    /// What may be signed: in a halt nothing lands sooner for a higher price.
    pub allowed: OperatingPolicy,
}

/// What a simulation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Compute units it took.
    pub units: u64,
    /// Why the program refused it, if it did.
    pub refused: Option<String>,
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
    /// Versions signed.
    pub signed: usize,
}

/// Sends and follows transactions.
pub struct TxSender {
    /// Who signs what asks for their signature; the first pays.
    keys: Vec<Keypair>,
    fees: Fees,
    flights: BTreeMap<u64, InFlight>,
    next: u64,
}

struct InFlight {
    intent: Intent,
    kind: Kind,
    instruction: Instruction,
    begun: u64,
    versions: Vec<Version>,
    /// It is sent at this time, or as soon as it has been simulated.
    held: Option<Millis>,
    /// Compute units to ask for; of what was not simulated, by what was measured before.
    units: Option<u32>,
    sent: Millis,
    signed: Millis,
}

struct Version {
    transaction: VersionedTransaction,
    last_height: u64,
    price: u64,
}

impl TxSender {
    /// A lander that pays and signs with `wallet`, and signs as `guardian` where that is asked for.
    pub fn new(wallet: Keypair, guardian: Option<Keypair>, fees: Fees) -> Self {
        let other = guardian.filter(|guardian| guardian.pubkey() != wallet.pubkey());
        let keys = [wallet].into_iter().chain(other).collect();
        Self { keys, fees, flights: BTreeMap::new(), next: 0 }
    }

    /// Who pays and signs.
    pub fn wallet(&self) -> Pubkey {
        self.keys.first().map(Signer::pubkey).unwrap_or_default()
    }

    /// Signs an instruction and begins to follow it. The transaction is to be sent now.
    pub fn begin(
        &mut self,
        intent: Intent,
        kind: Kind,
        instruction: Instruction,
        moment: &Moment,
    ) -> Option<VersionedTransaction> {
        let mut flight = InFlight::new(intent, kind, instruction, moment);
        let transaction = flight.sign(&self.keys, &self.fees, moment)?;
        self.follow(flight);
        Some(transaction)
    }

    /// Begins to follow an instruction that is to be simulated first: the simulation's number, and
    /// the transaction to simulate. It is sent once [`Self::simulated`] says so, or after a second.
    pub fn hold(
        &mut self,
        intent: Intent,
        kind: Kind,
        instruction: Instruction,
        moment: &Moment,
    ) -> Option<(u64, VersionedTransaction)> {
        let mut flight = InFlight::new(intent, kind, instruction, moment);
        flight.held = Some(moment.now.after(SIMULATES_WITHIN));
        // What it takes is to be found out, not what it is allowed.
        let transaction = flight.transaction(&self.keys, moment, MOST_UNITS, 0)?;
        Some((self.follow(flight), transaction))
    }

    fn follow(&mut self, flight: InFlight) -> u64 {
        let number = self.next;
        self.flights.insert(number, flight);
        self.next += 1;
        number
    }

    /// A simulation has ended. What is refused there is not sent; everything else is with the next
    /// [`Self::poll`]. `None` as well when it was not waited for any more.
    pub fn simulated(&mut self, number: u64, result: Option<Simulation>) -> Option<TxOutcome> {
        let flight = self.flights.get_mut(&number).filter(|flight| flight.held.is_some())?;
        flight.held = Some(Millis(0));
        let Simulation { units, refused } = result?;
        flight.units = measured(units);
        let reason = refused?;
        let flight = self.flights.remove(&number)?;
        Some(flight.end(Outcome::Foreseen { reason }, flight.begun))
    }

    /// What is to be sent now, and what has ended because it can no longer land.
    pub fn poll(&mut self, moment: &Moment) -> (Vec<VersionedTransaction>, Vec<TxOutcome>) {
        let (mut sends, mut ended) = (Vec::new(), Vec::new());
        let (keys, fees) = (&self.keys, &self.fees);
        self.flights.retain(|_, flight| {
            if let Some(until) = flight.held {
                if moment.now >= until {
                    flight.held = None;
                    sends.extend(flight.sign(keys, fees, moment));
                }
                return true;
            }
            let Some(newest) = flight.versions.last() else { return false };
            let lapsed = moment.height > newest.last_height;
            let expired = moment.height > newest.last_height.saturating_add(SPARE_BLOCKS);
            let last = flight.kind == Kind::Chore || flight.versions.len() >= MOST_SIGNED;
            if expired && last {
                ended.push(flight.end(Outcome::Expired, moment.slot));
                return false;
            }
            let again = !last && moment.allowed.allows(flight.kind);
            let waited = moment.now.since(flight.signed) >= ESCALATE;
            let dearer = waited && newest.price < fees.cap(flight.kind);
            let in_vain = if flight.intent.counts_each_time() { expired } else { lapsed || dearer };
            if again && in_vain {
                sends.extend(flight.sign(keys, fees, moment));
            } else if !lapsed && moment.now.since(flight.sent) >= RESEND {
                sends.push(newest.transaction.clone());
                flight.sent = moment.now;
            }
            true
        });
        (sends, ended)
    }

    /// Signatures whose fate is to be asked for.
    pub fn signatures(&self) -> Vec<Signature> {
        let versions = self.flights.values().flat_map(|flight| &flight.versions);
        versions.map(|version| version.signature()).collect()
    }

    /// A transaction is in a block; `refused` says why the program did not do it.
    pub fn landed(
        &mut self,
        signature: &Signature,
        slot: u64,
        refused: Option<String>,
    ) -> Option<TxOutcome> {
        let (id, _) = self.flights.iter().find(|(_, flight)| flight.has(signature))?;
        let flight = self.flights.remove(&id.clone())?;
        let outcome = match refused {
            None => Outcome::Landed { slot },
            Some(reason) => Outcome::Refused { slot, reason },
        };
        Some(flight.end(outcome, slot))
    }

    /// How much is under way.
    pub fn flying(&self) -> usize {
        self.flights.len()
    }
}

impl InFlight {
    fn new(intent: Intent, kind: Kind, instruction: Instruction, moment: &Moment) -> Self {
        Self {
            intent,
            kind,
            instruction,
            begun: moment.slot,
            versions: Vec::new(),
            held: None,
            units: None,
            sent: moment.now,
            signed: moment.now,
        }
    }

    /// Signs another version, at the price that its number asks.
    fn sign(
        &mut self,
        keys: &[Keypair],
        fees: &Fees,
        moment: &Moment,
    ) -> Option<VersionedTransaction> {
        let attempt = u32::try_from(self.versions.len()).unwrap_or(u32::MAX);
        // Others may pay less by now; an attempt never pays less than the one before.
        let before = self.versions.last().map_or(0, |version| version.price);
        let price = fees.price(self.kind, moment.recent, attempt).max(before);
        let units = self.units.unwrap_or_else(|| compute_units(&self.instruction));
        let transaction = self.transaction(keys, moment, units, price)?;
        let last_height = moment.blockhash.last_height;
        self.versions.push(Version { transaction: transaction.clone(), last_height, price });
        (self.sent, self.signed) = (moment.now, moment.now);
        Some(transaction)
    }

    fn transaction(
        &self,
        keys: &[Keypair],
        moment: &Moment,
        units: u32,
        price: u64,
    ) -> Option<VersionedTransaction> {
        let instructions = [
            ComputeBudgetInstruction::set_compute_unit_limit(units),
            ComputeBudgetInstruction::set_compute_unit_price(price),
            self.instruction.clone(),
        ];
        let blockhash = &moment.blockhash.hash;
        let payer = keys.first()?.pubkey();
        let message = Message::new_with_blockhash(&instructions, Some(&payer), blockhash);
        let asked = message.signer_keys();
        let signers: Vec<_> = keys.iter().filter(|key| asked.contains(&&key.pubkey())).collect();
        VersionedTransaction::try_new(VersionedMessage::Legacy(message), &signers).ok()
    }

    fn has(&self, signature: &Signature) -> bool {
        self.versions.iter().any(|version| version.signature() == *signature)
    }

    fn end(&self, outcome: Outcome, slot: u64) -> TxOutcome {
        TxOutcome {
            intent: self.intent,
            kind: self.kind,
            outcome,
            slots: slot.saturating_sub(self.begun),
            price: self.versions.last().map_or(0, |version| version.price),
            signed: self.versions.len(),
        }
    }
}

impl Version {
    fn signature(&self) -> Signature {
        self.transaction.signatures.first().copied().unwrap_or_default()
    }
}

#[cfg(test)]
#[path = "tx_sender_tests.rs"]
mod tests;
