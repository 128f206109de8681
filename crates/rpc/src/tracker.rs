//! What becomes of one transaction, decided by what endpoints show of it. No network and no clock:
//! the same state machine serves a keeper in virtual time and a command in front of a person.
//!
//! A transaction is signed, then sent, then seen, and ends with one [`Verdict`]. No single endpoint
//! decides where several answer: a landing needs at least half of them, an expiry more than half,
//! so that the two exclude each other. A verdict is final; what is shown later does not change it.

use std::collections::BTreeMap;

use holdfast_risk::Millis;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use crate::Blockhash;
use crate::limits::{RESEND, SPARE_BLOCKS};

/// Where a transaction is, as one endpoint shows it. `E` says why the program refused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status<E> {
    /// In no block that the endpoint knows of.
    Absent {
        /// Whether it would know: it searched its history, or remembers blocks that old.
        searched: bool,
    },
    /// In a block that is not confirmed yet.
    Processed,
    /// In a confirmed block.
    Confirmed {
        /// The block's slot.
        slot: u64,
        /// Why the program refused it, if it did.
        refused: Option<E>,
    },
}

/// What one endpoint shows of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look<E> {
    /// The endpoint's confirmed block height, asked before the status.
    pub height: u64,
    /// Where the transaction is.
    pub status: Status<E>,
}

impl<E> Look<E> {
    /// The same with another way to say why the program refused it.
    pub fn map<F>(self, say: impl FnOnce(E) -> F) -> Look<F> {
        let status = match self.status {
            Status::Absent { searched } => Status::Absent { searched },
            Status::Processed => Status::Processed,
            Status::Confirmed { slot, refused } => {
                Status::Confirmed { slot, refused: refused.map(say) }
            }
        };
        Look { height: self.height, status }
    }
}

/// What has become of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<E> {
    /// It did what it should.
    Landed {
        /// In this slot.
        slot: u64,
    },
    /// It is in a block, paid its fee, and the program refused it.
    Refused {
        /// In this slot.
        slot: u64,
        /// Why.
        reason: E,
    },
    /// It has not landed, and its blockhash cannot be used any more: it never will.
    Expired,
    /// Nobody shows what becomes of it: it may have landed or may still land.
    Unknown,
}

impl<E> Verdict<E> {
    /// Whether the transaction is in a block, whatever the program said to it.
    pub const fn is_in_block(&self) -> bool {
        matches!(self, Self::Landed { .. } | Self::Refused { .. })
    }
}

/// One signed transaction and what endpoints have shown of it.
#[derive(Clone, Debug)]
pub struct Tracker<E> {
    transaction: VersionedTransaction,
    last_height: u64,
    /// When it was last sent to each endpoint.
    sent: BTreeMap<usize, Millis>,
    /// What each endpoint last showed.
    looks: BTreeMap<usize, Look<E>>,
    verdict: Option<Verdict<E>>,
}

impl<E: Clone + PartialEq> Tracker<E> {
    /// Follows a transaction that was signed with this blockhash.
    pub const fn new(transaction: VersionedTransaction, blockhash: Blockhash) -> Self {
        Self {
            transaction,
            last_height: blockhash.last_height,
            sent: BTreeMap::new(),
            looks: BTreeMap::new(),
            verdict: None,
        }
    }

    /// The transaction.
    pub const fn transaction(&self) -> &VersionedTransaction {
        &self.transaction
    }

    /// Its first signature, by which it is known.
    pub fn signature(&self) -> Signature {
        self.transaction.signatures.first().copied().unwrap_or_default()
    }

    /// The last block height that it may land at.
    pub const fn last_height(&self) -> u64 {
        self.last_height
    }

    /// It is being sent to an endpoint.
    pub fn sending(&mut self, endpoint: usize, now: Millis) {
        self.sent.insert(endpoint, now);
    }

    /// Whether it is to be sent to this endpoint now: it has no verdict, may still land at this
    /// height, and was not sent there lately.
    pub fn is_due(&self, endpoint: usize, height: u64, now: Millis) -> bool {
        let lately = self.sent.get(&endpoint).is_some_and(|at| now.since(*at) < RESEND);
        self.verdict.is_none() && !self.has_lapsed(height) && !lately
    }

    /// Whether its blockhash cannot be used any more once the chain is at this height. It may have
    /// landed before.
    pub const fn has_lapsed(&self, height: u64) -> bool {
        height > self.last_height
    }

    /// Whether a landing would be known by now: the chain is some blocks beyond the last one that
    /// it could land in.
    pub const fn is_past(&self, height: u64) -> bool {
        height > self.last_height.saturating_add(SPARE_BLOCKS)
    }

    /// Takes what an endpoint shows, unless there is a verdict already.
    pub fn hear(&mut self, endpoint: usize, look: Look<E>) {
        if self.verdict.is_none() {
            self.looks.insert(endpoint, look);
        }
    }

    /// What has become of it, by what endpoints have shown. `answering` are the endpoints that
    /// answer, or may still; those that do not are counted only where they showed something that
    /// decides.
    pub fn judge(&mut self, answering: &[usize]) -> Option<&Verdict<E>> {
        if self.verdict.is_none() {
            self.verdict = self.found(answering);
        }
        self.verdict.as_ref()
    }

    /// The verdict, if there is one.
    pub const fn verdict(&self) -> Option<&Verdict<E>> {
        self.verdict.as_ref()
    }

    /// Nobody asks about it any more.
    pub fn give_up(&mut self) {
        self.verdict.get_or_insert(Verdict::Unknown);
    }

    /// Whether an endpoint has shown all that it can: a landing, or that there will be none.
    pub fn has_decided(&self, endpoint: usize) -> bool {
        self.looks.get(&endpoint).is_some_and(|look| self.decides(look))
    }

    fn decides(&self, look: &Look<E>) -> bool {
        match look.status {
            Status::Absent { searched } => searched && self.is_past(look.height),
            Status::Processed => false,
            Status::Confirmed { .. } => true,
        }
    }

    fn found(&self, answering: &[usize]) -> Option<Verdict<E>> {
        let deciding = self.looks.iter().filter(|(_, look)| self.decides(look));
        let silent = deciding.clone().filter(|(endpoint, _)| !answering.contains(endpoint));
        let witnesses = answering.len() + silent.count();
        let shown = deciding.map(|(_, look)| &look.status);
        for status in shown.clone() {
            let agreed = shown.clone().filter(|other| *other == status).count();
            match status {
                Status::Confirmed { slot, refused } if agreed * 2 >= witnesses => {
                    let slot = *slot;
                    return Some(match refused.clone() {
                        None => Verdict::Landed { slot },
                        Some(reason) => Verdict::Refused { slot, reason },
                    });
                }
                Status::Absent { .. } if agreed * 2 > witnesses => return Some(Verdict::Expired),
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
#[path = "tracker_tests.rs"]
mod tests;
