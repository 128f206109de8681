//! Sending a person's transaction: tried first, so that a refusal costs nothing, then sent until it
//! has landed or can no longer land.

use holdfast_client::{Instruction, Pubkey};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_rpc::limits::{MOST_UNITS, PATIENCE};
use holdfast_rpc::{Blockhash, Budget, Tracker, Verdict, follow, rehearse, sign};
use serde_json::{Value, json};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::TraderSession;
use crate::output::{CommandOutput, Failure, joined};
use crate::render::decimal;

/// How a submission ended.
pub enum Submitted {
    /// It would have been sent.
    Tried(Budget),
    /// It landed.
    Landed {
        /// Its signature.
        signature: Signature,
        /// In which slot.
        slot: u64,
    },
}

impl Submitted {
    /// What is said of it: `done` once it has landed.
    pub fn said(&self, done: &str, facts: Value) -> CommandOutput {
        match self {
            Self::Tried(budget) => {
                let lamports = budget.lamports();
                let units = budget.units.unwrap_or_default();
                let text = format!(
                    "not sent (--dry-run), but it would work: {done}; {units} compute units at {} \
                     micro-lamports, {} SOL in all",
                    budget.price,
                    decimal(lamports, 9)
                );
                let tried = json!({
                    "dry_run": true,
                    "compute_units": units,
                    "compute_unit_price": budget.price,
                    "lamports": lamports,
                });
                CommandOutput::new(text, joined(tried, facts))
            }
            Self::Landed { signature, slot } => {
                let landed = facts_of(signature, "landed", Some(*slot));
                CommandOutput::new(format!("{done}: {signature}"), joined(landed, facts))
            }
        }
    }
}

impl TraderSession<'_> {
    /// Tries instructions, and sends them in one transaction unless this is a dry run. `kind` caps
    /// what the transaction may cost. The signature is printed before anything is sent, so that
    /// whoever is interrupted can look it up.
    ///
    /// # Errors
    /// What the program said, that the transaction has expired, or that its outcome is not known.
    pub async fn submit(
        &self,
        kind: Kind,
        instructions: &[Instruction],
    ) -> Result<Submitted, Failure> {
        let endpoint = self.endpoint()?;
        let recent = endpoint.recent_fees(&written(instructions)).await?;
        let price = self.config.fees.price(kind, &recent, 0);
        let tried = rehearse(endpoint, instructions, &[&self.wallet]).await?;
        if let Some(error) = &tried.refused {
            return Err(self.refusal(error, &tried.logs).await.into());
        }
        let units = Budget::measured(tried.units).unwrap_or(MOST_UNITS);
        let budget = Budget { units: Some(units), price };
        if self.config.dry_run {
            return Ok(Submitted::Tried(budget));
        }
        let blockhash = endpoint.blockhash().await?;
        let transaction = sign(budget, instructions, &[&self.wallet], &blockhash.hash)?;
        self.land(transaction, blockhash).await
    }

    /// Sends a transaction to every endpoint until there is a verdict.
    async fn land(
        &self,
        transaction: VersionedTransaction,
        blockhash: Blockhash,
    ) -> Result<Submitted, Failure> {
        let tracker = Tracker::new(transaction, blockhash);
        let signature = tracker.signature();
        eprintln!("sending {signature}");
        let followed = follow(&self.endpoints, vec![tracker], &mut |_| {}).await;
        match followed.first().and_then(Tracker::verdict) {
            Some(Verdict::Landed { slot }) => Ok(Submitted::Landed { signature, slot: *slot }),
            Some(Verdict::Refused { slot, reason }) => {
                let reason = self.refusal(reason, &[]).await;
                Err(refused(&signature, *slot, &reason))
            }
            Some(Verdict::Expired) => Err(expired(&signature)),
            Some(Verdict::Unknown) | None => Err(unknown(&signature)),
        }
    }
}

fn refused(signature: &Signature, slot: u64, reason: &str) -> Failure {
    let facts = facts_of(signature, "refused", Some(slot));
    Failure::with(format!("{reason} ({signature} landed, and paid its fee)"), facts)
}

fn expired(signature: &Signature) -> Failure {
    let reason = format!(
        "{signature} did not land before its blockhash expired, and cannot any more: nothing has \
         happened; try again"
    );
    Failure::with(reason, facts_of(signature, "expired", None))
}

fn unknown(signature: &Signature) -> Failure {
    let reason = format!(
        "nobody who may still show {signature} has shown a new block for {} s, so what becomes of \
         it is not known: it may still land; look it up before you try again",
        PATIENCE.as_secs()
    );
    Failure::with(reason, facts_of(signature, "unknown", None))
}

/// What a machine is told of a transaction that was sent.
fn facts_of(signature: &Signature, verdict: &str, slot: Option<u64>) -> Value {
    json!({"signature": signature.to_string(), "verdict": verdict, "slot": slot})
}

/// The accounts that instructions write, each once.
fn written(instructions: &[Instruction]) -> Vec<Pubkey> {
    let all = instructions.iter().flat_map(|instruction| &instruction.accounts);
    let mut written: Vec<_> =
        all.filter(|account| account.is_writable).map(|account| account.pubkey).collect();
    written.sort_unstable();
    written.dedup();
    written
}

#[cfg(test)]
#[path = "submit_tests.rs"]
mod tests;
