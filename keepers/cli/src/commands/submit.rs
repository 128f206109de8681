//! Sending a person's transaction: tried first, so that a refusal costs nothing, then sent until it
//! has landed or can no longer land.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use holdfast_client::{Instruction, Pubkey};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_keeper_core::tx_sender::{Blockhash, SPARE_BLOCKS};
use serde_json::{Value, json};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use tokio::time::Instant;

use super::TraderSession;
use crate::output::{CommandOutput, joined};
use crate::render::decimal;
use crate::rpc::{Endpoint, Landing, Simulated};

/// The most compute units a transaction may ask for.
const MOST_UNITS: u32 = 1_400_000;
/// A blockhash that one machine behind an endpoint knows may be new to another.
const MOST_TRIALS: usize = 4;
/// How often a transaction is sent again and asked for.
const ROUND: Duration = Duration::from_secs(1);
/// Without a new block for this long nobody knows what becomes of a transaction.
const PATIENCE: Duration = Duration::from_secs(60);
/// Lamports for each signature.
const SIGNATURE_FEE: u64 = 5_000;

/// What a transaction asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Compute units.
    pub units: u32,
    /// Micro-lamports per compute unit.
    pub price: u64,
}

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

impl Budget {
    /// A quarter more than what was measured: accounts may have changed by then.
    fn of(measured: u64, price: u64) -> Self {
        let units = measured.saturating_add(measured / 4).saturating_add(1_000);
        Self { units: u32::try_from(units).unwrap_or(MOST_UNITS).min(MOST_UNITS), price }
    }

    /// Lamports for a transaction with one signature.
    fn lamports(&self) -> u64 {
        let priority = u64::from(self.units).saturating_mul(self.price).div_ceil(1_000_000);
        SIGNATURE_FEE.saturating_add(priority)
    }
}

impl Submitted {
    /// What is said of it: `done` once it has landed.
    pub fn said(&self, done: &str, facts: Value) -> CommandOutput {
        match self {
            Self::Tried(budget) => {
                let lamports = budget.lamports();
                let text = format!(
                    "not sent (--dry-run), but it would work: {done}; {} compute units at {} \
                     micro-lamports, {} SOL in all",
                    budget.units,
                    budget.price,
                    decimal(lamports, 9)
                );
                let tried = json!({
                    "dry_run": true,
                    "compute_units": budget.units,
                    "compute_unit_price": budget.price,
                    "lamports": lamports,
                });
                CommandOutput::new(text, joined(tried, facts))
            }
            Self::Landed { signature, slot } => {
                let landed = json!({"signature": signature.to_string(), "slot": slot});
                CommandOutput::new(format!("{done}: {signature}"), joined(landed, facts))
            }
        }
    }
}

impl TraderSession<'_> {
    /// Tries instructions, and sends them in one transaction unless this is a dry run. `kind` caps
    /// what the transaction may cost.
    ///
    /// # Errors
    /// A sentence: what the program said, or that the outcome is not known.
    pub async fn submit(
        &self,
        kind: Kind,
        instructions: &[Instruction],
    ) -> Result<Submitted, String> {
        let recent = self.endpoint()?.recent_fees(&written(instructions)).await?;
        let price = self.config.fees.price(kind, &recent, 0);
        let tried = self.rehearse(instructions).await?;
        let budget = Budget::of(tried.units, price);
        if self.config.dry_run {
            return Ok(Submitted::Tried(budget));
        }
        let blockhash = self.endpoint()?.blockhash().await?;
        let transaction = self.sign(instructions, budget, &blockhash)?;
        self.land(&transaction, blockhash.last_height).await
    }

    /// Runs the instructions without sending them.
    async fn rehearse(&self, instructions: &[Instruction]) -> Result<Simulated, String> {
        // Nothing is paid for a trial, but a wallet must have what it would pay.
        let budget = Budget { units: MOST_UNITS, price: 0 };
        let mut trials = 0;
        loop {
            trials += 1;
            let blockhash = self.endpoint()?.blockhash().await?;
            let transaction = self.sign(instructions, budget, &blockhash)?;
            let tried = self.endpoint()?.simulate(&transaction, None).await?;
            match &tried.refused {
                None => return Ok(tried),
                Some(TransactionError::BlockhashNotFound) if trials < MOST_TRIALS => {
                    tokio::time::sleep(ROUND).await;
                }
                Some(error) => return Err(self.refusal(error, &tried.logs).await),
            }
        }
    }

    fn sign(
        &self,
        instructions: &[Instruction],
        budget: Budget,
        blockhash: &Blockhash,
    ) -> Result<VersionedTransaction, String> {
        let mut all = vec![
            ComputeBudgetInstruction::set_compute_unit_limit(budget.units),
            ComputeBudgetInstruction::set_compute_unit_price(budget.price),
        ];
        all.extend_from_slice(instructions);
        let message = Message::new_with_blockhash(&all, Some(&self.owner()), &blockhash.hash);
        VersionedTransaction::try_new(VersionedMessage::Legacy(message), &[&self.wallet])
            .map_err(|error| format!("the wallet cannot sign this ({error}): check keypair"))
    }

    /// Sends a transaction to every endpoint and asks each for it, again and again, until its fate is
    /// known. No endpoint waits for another. One that shows it in a block is believed; it has expired
    /// when every endpoint that answers says so.
    async fn land(
        &self,
        transaction: &VersionedTransaction,
        last_height: u64,
    ) -> Result<Submitted, String> {
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        let mut patience = Patience::new();
        let mut has_expired = false;
        let first = self.endpoints.iter().map(|it| round(it, transaction, Duration::ZERO));
        let mut rounds: FuturesUnordered<_> = first.collect();
        while let Some((endpoint, landing)) = rounds.next().await {
            let found = landing.as_ref().ok().map(|found| fate(found, last_height));
            match found {
                Some(Fate::Landed { slot }) => return Ok(Submitted::Landed { signature, slot }),
                Some(Fate::Refused(error)) => {
                    let reason = self.refusal(&error, &[]).await;
                    return Err(format!("{reason} ({signature} landed, and paid its fee)"));
                }
                Some(Fate::Expired) => has_expired = true,
                // Nobody waits for one that does not answer, where another has given it up.
                None if has_expired => {}
                None | Some(Fate::Unknown) => rounds.push(round(endpoint, transaction, ROUND)),
            }
            if !patience.lasts(landing.ok().map(|found| found.height), Instant::now()) {
                return Err(format!(
                    "nobody who may still show {signature} has shown a new block for {} s, so what \
                     becomes of it is not known: it may still land; look before you try again",
                    PATIENCE.as_secs()
                ));
            }
        }
        Err(format!(
            "{signature} did not land before its blockhash expired, and cannot any more: nothing \
             has happened; try again"
        ))
    }
}

/// After a pause, sends a transaction to an endpoint and asks it for the transaction: whether it
/// landed is asked of the chain, not of who took it.
async fn round<'a>(
    endpoint: &'a Endpoint,
    transaction: &VersionedTransaction,
    pause: Duration,
) -> (&'a Endpoint, Result<Landing, String>) {
    tokio::time::sleep(pause).await;
    drop(endpoint.send(transaction).await);
    let signature = transaction.signatures.first().copied().unwrap_or_default();
    (endpoint, endpoint.landing(signature).await)
}

/// What has become of a transaction.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Landed { slot: u64 },
    Refused(TransactionError),
    Expired,
    Unknown,
}

fn fate(found: &Landing, last_height: u64) -> Fate {
    match &found.landed {
        Some((slot, None)) => Fate::Landed { slot: *slot },
        Some((_, Some(error))) => Fate::Refused(error.clone()),
        None if found.height > last_height.saturating_add(SPARE_BLOCKS) => Fate::Expired,
        None => Fate::Unknown,
    }
}

/// How long nothing has moved.
pub struct Patience {
    height: u64,
    since: Instant,
}

impl Patience {
    /// From now on.
    pub fn new() -> Self {
        Self { height: 0, since: Instant::now() }
    }

    /// Whether there was a new block lately, given the height seen now.
    pub fn lasts(&mut self, height: Option<u64>, now: Instant) -> bool {
        if height.is_some_and(|height| height > self.height) {
            (self.height, self.since) = (height.unwrap_or_default(), now);
        }
        now.duration_since(self.since) < PATIENCE
    }
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
