//! Getting transactions into a block: sent again until the cluster has confirmed them or they can
//! land no more, and signed anew only when it is certain that they did not.

use super::{Endpoint, pause, priced};
use futures_util::{StreamExt, stream};
use holdfast_client::Instruction;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_rpc_client_api::client_error::{self, ErrorKind};
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

/// Transactions whose status may be asked for at once.
const MOST_STATUSES: usize = 256;

/// Requests under way at once.
const AT_ONCE: usize = 32;

/// Looks between two sendings of the same transaction.
const LOOKS: usize = 5;

/// Blockhashes that a transaction is signed for, one after the other, a minute each.
const SIGNINGS: usize = 5;

/// Blocks waited for beyond a blockhash's last one: behind one address there may be several nodes,
/// and the one that is asked for a status may be behind the one that was asked for the height.
const MARGIN: u64 = 20;

/// Blockhashes in a row that the endpoint gives and does not know: half a minute's.
const MOST_UNKNOWN: usize = 75;

/// An endpoint that fails so often in a row has gone.
const MOST_FAILURES: usize = 50;

/// What became of transactions.
enum Fate {
    /// All have landed, but these: they never will.
    Over(Vec<VersionedTransaction>),
    /// The cluster refused one.
    Refused(String),
}

impl Endpoint {
    /// Lands one transaction.
    pub async fn land(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<(), String> {
        let instructions = priced(self.price, instructions);
        for _ in 0..SIGNINGS {
            let (transaction, last_height) = self.tried_out(&instructions, signers).await?;
            match self.follow(vec![transaction], last_height, &mut |_| {}).await? {
                Fate::Over(lost) if lost.is_empty() => return Ok(()),
                Fate::Over(_) => {}
                Fate::Refused(reason) => return Err(reason),
            }
        }
        Err(format!(
            "the cluster behind {} took no transaction for {SIGNINGS} blockhashes: run this again \
             later, or raise --priority-fee",
            self.host
        ))
    }

    /// A transaction that the endpoint has taken, and the last height it can land at. An endpoint
    /// that is just starting, or several behind one address, may not know its own blockhash yet.
    async fn tried_out(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<(VersionedTransaction, u64), String> {
        for look in 0..MOST_UNKNOWN {
            let (blockhash, last_height) = self.blockhash().await?;
            let transaction = sign(instructions, signers, blockhash)?;
            if self.try_out(&transaction).await? {
                return Ok((transaction, last_height));
            }
            pause(look).await;
        }
        Err(format!(
            "the cluster behind {} does not know the blockhashes it gives: run this again later, \
             or choose another --url",
            self.host
        ))
    }

    /// Lands what it can of many transactions before their blockhash expires.
    pub async fn land_many(
        &self,
        instructions: Vec<Instruction>,
        payer: &Keypair,
        landed: &mut dyn FnMut(usize),
    ) -> Result<(), String> {
        let (blockhash, last_height) = self.blockhash().await?;
        let signed = instructions
            .into_iter()
            .map(|instruction| sign(&priced(self.price, &[instruction]), &[payer], blockhash));
        let signed: Result<Vec<_>, String> = signed.collect();
        match self.follow(signed?, last_height, landed).await? {
            Fate::Over(_) => Ok(()),
            Fate::Refused(reason) => Err(reason),
        }
    }

    async fn blockhash(&self) -> Result<(solana_message::Hash, u64), String> {
        let confirmed = CommitmentConfig::confirmed();
        let found = self.client.get_latest_blockhash_with_commitment(confirmed).await;
        found.map_err(|error| self.said(error))
    }

    /// Sends a transaction for the first time, with a simulation before: so a refusal comes with
    /// the program's words and costs nothing. Says whether the endpoint knew its blockhash.
    async fn try_out(&self, transaction: &VersionedTransaction) -> Result<bool, String> {
        let config = RpcSendTransactionConfig {
            preflight_commitment: Some(CommitmentConfig::confirmed().commitment),
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        match self.client.send_transaction_with_config(transaction, config).await {
            Ok(_) => Ok(true),
            Err(error) => match refusal(&error) {
                Some(reason) if reason.contains("Blockhash not found") => Ok(false),
                Some(reason) => Err(format!("the cluster refuses this: {reason}")),
                // It may have arrived: whoever follows it will see.
                None if is_network(&error) => Ok(true),
                None => Err(self.said(error)),
            },
        }
    }

    /// Sends transactions again and again until each has landed, was refused, or cannot land any
    /// more because the chain is past `last_height`.
    async fn follow(
        &self,
        mut pending: Vec<VersionedTransaction>,
        last_height: u64,
        landed: &mut dyn FnMut(usize),
    ) -> Result<Fate, String> {
        let (count, mut failures, mut look) = (pending.len(), 0, 0);
        loop {
            if look % LOOKS == 0 {
                self.send_all(&pending).await;
            }
            pause(look).await;
            match self.look(&mut pending, last_height).await {
                Ok(Some(fate)) => return Ok(fate),
                Ok(None) => failures = 0,
                Err(error) if failures < MOST_FAILURES && is_network(&error) => failures += 1,
                Err(error) => {
                    return Err(format!(
                        "{}; what was sent last may still land: run this again, it looks before \
                         it acts",
                        self.said(error)
                    ));
                }
            }
            landed(count - pending.len());
            look += 1;
        }
    }

    /// Takes what has landed out of `pending`; says how it ended, if it has.
    async fn look(
        &self,
        pending: &mut Vec<VersionedTransaction>,
        last_height: u64,
    ) -> Result<Option<Fate>, client_error::Error> {
        let confirmed = CommitmentConfig::confirmed();
        // Asked before the statuses, so that one that is not there then never will be.
        let height = self.client.get_block_height_with_commitment(confirmed).await?;
        let (mut waiting, mut under_way) = (Vec::new(), false);
        for some in pending.chunks(MOST_STATUSES) {
            let signatures: Vec<_> = some.iter().map(|it| it.signatures[0]).collect();
            let found = self.client.get_signature_statuses(&signatures).await?.value;
            for (transaction, status) in some.iter().zip(found) {
                match status {
                    Some(status) if status.satisfies_commitment(confirmed) => {
                        if let Some(error) = status.err {
                            let reason = format!("the cluster refused this: {error}");
                            return Ok(Some(Fate::Refused(reason)));
                        }
                    }
                    status => {
                        under_way |= status.is_some();
                        waiting.push(transaction.clone());
                    }
                }
            }
        }
        *pending = waiting;
        let is_over = pending.is_empty() || (height > last_height + MARGIN && !under_way);
        Ok(is_over.then(|| Fate::Over(std::mem::take(pending))))
    }

    /// Hands transactions to the endpoint. What it does not take is sent with the next round.
    async fn send_all(&self, transactions: &[VersionedTransaction]) {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        stream::iter(transactions)
            .for_each_concurrent(AT_ONCE, |transaction| async move {
                let _ = self.client.send_transaction_with_config(transaction, config).await;
            })
            .await;
    }
}

fn sign(
    instructions: &[Instruction],
    signers: &[&Keypair],
    blockhash: solana_message::Hash,
) -> Result<VersionedTransaction, String> {
    let payer = signers.first().map(|signer| signer.pubkey());
    let message = Message::new_with_blockhash(instructions, payer.as_ref(), &blockhash);
    VersionedTransaction::try_new(VersionedMessage::Legacy(message), signers)
        .map_err(|error| format!("the keypairs cannot sign this ({error})"))
}

/// What the simulation said, where there was one and it failed.
fn refusal(error: &client_error::Error) -> Option<String> {
    let ErrorKind::RpcError(RpcError::RpcResponseError { data, message, .. }) = &*error.kind else {
        return None;
    };
    match data {
        RpcResponseErrorData::SendTransactionPreflightFailure(simulated) => {
            let logs = simulated.logs.as_deref().unwrap_or_default();
            Some(format!("{message}\n{}", logs.join("\n")))
        }
        _ => Some(message.clone()),
    }
}

/// Whether it says nothing about the transaction: the request or its answer got lost.
fn is_network(error: &client_error::Error) -> bool {
    !matches!(*error.kind, ErrorKind::RpcError(RpcError::RpcResponseError { .. }))
}

#[cfg(test)]
#[path = "landing_tests.rs"]
mod tests;
