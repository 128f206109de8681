//! Sending a person's transaction: tried first, so that a refusal costs nothing, then sent until it
//! has landed or can no longer land.

use holdfast_client::{Instruction, Pubkey};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_rpc::limits::{FOLLOWED, MOST_UNITS, PATIENCE};
use holdfast_rpc::{
    Address, Blockhash, Budget, Simulated, Tracker, Verdict, follow, refusal, rehearse, sign,
};
use serde_json::{Value, json};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::TraderSession;
use crate::output::{CommandOutput, Failure, joined, note, tell};
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
        let recent = self.recent_fees(instructions).await;
        let price = self.config.fees.price(kind, &recent, 0);
        let tried = self.rehearse(instructions).await?;
        if let Some(error) = &tried.refused {
            return Err(self.refusal(error, &tried.logs).await.into());
        }
        let units = Budget::measured(tried.units).unwrap_or(MOST_UNITS);
        let budget = Budget { units: Some(units), price };
        if self.config.dry_run {
            return Ok(Submitted::Tried(budget));
        }
        let blockhash = self.any(async |endpoint| endpoint.blockhash().await).await?;
        let transaction = sign(budget, instructions, &[&self.wallet], &blockhash.hash)?;
        self.land(transaction, blockhash).await
    }

    /// Fees paid lately for writing what these instructions write. They are an extra: none where no
    /// endpoint tells of any.
    async fn recent_fees(&self, instructions: &[Instruction]) -> Vec<u64> {
        let written = written(instructions);
        for endpoint in self.in_turn() {
            if let Ok(fees) = endpoint.recent_fees(&written).await {
                return fees;
            }
        }
        Vec::new()
    }

    /// Tries instructions at one endpoint after the other until one finds that they work, or two that they
    /// do not: one that is behind, or wrong, keeps nobody from anything.
    async fn rehearse(&self, instructions: &[Instruction]) -> Result<Simulated, String> {
        let mut refused: Option<(&Address, Simulated)> = None;
        let mut silent = Vec::new();
        for endpoint in self.in_turn() {
            match rehearse(endpoint, instructions, &[&self.wallet]).await {
                Ok(tried) if tried.refused.is_none() => {
                    if let Some((address, Simulated { refused: Some(error), .. })) = &refused {
                        note(format_args!("{address} alone would refuse it: {}", refusal(error)));
                    }
                    return Ok(tried);
                }
                Ok(_) if refused.is_some() => break,
                Ok(tried) => refused = Some((&endpoint.address, tried)),
                Err(reason) => silent.push(reason),
            }
        }
        refused.map(|(_, tried)| tried).ok_or_else(|| silent.join("; "))
    }

    /// Sends a transaction to every endpoint until there is a verdict.
    async fn land(
        &self,
        transaction: VersionedTransaction,
        blockhash: Blockhash,
    ) -> Result<Submitted, Failure> {
        let tracker = Tracker::new(transaction, blockhash);
        let signature = tracker.signature();
        tell(format_args!("sending {signature}"));
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
        "what becomes of {signature} is not known: nobody who may still show it has shown a new block \
         for {} s, or all have been asked for {} min; it may still land: look it up before you try again",
        PATIENCE.as_secs(),
        FOLLOWED.as_secs() / 60
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
