//! Bringing signed transactions into blocks: sent to every endpoint and asked of each, again and
//! again, until there is a verdict about every one.

use std::collections::BTreeSet;

use futures_util::stream::{self, FuturesUnordered, StreamExt};
use holdfast_client::{Instruction, Pubkey};
use holdfast_risk::Millis;
use solana_keypair::Keypair;
use solana_message::Hash;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use tokio::time::{Instant, sleep};

use crate::limits::{AT_ONCE, FOLLOWED, LOOKS, MOST_TRIALS, MOST_UNITS};
use crate::{
    Budget, Endpoint, Look, Patience, Simulated, Tracker, Verdict, sign, unsigned,
    without_signatures,
};

/// Nothing is paid for a trial, but the payer must have what it would pay.
const TRIAL: Budget = Budget { units: Some(MOST_UNITS), price: 0 };

/// Runs instructions without sending them, so that a refusal costs nothing, once it is sure that they can
/// be signed.
///
/// # Errors
/// A sentence when the endpoint does not answer, or never knows the blockhashes it gives. That the
/// instructions are refused is no error here.
pub async fn rehearse(
    endpoint: &Endpoint,
    instructions: &[Instruction],
    signers: &[&Keypair],
) -> Result<Simulated, String> {
    let make =
        |blockhash: &Hash| sign(TRIAL, instructions, signers, blockhash).map(without_signatures);
    rehearse_with(endpoint, make).await
}

/// As [`rehearse`], as if everybody whom the instructions name had signed, programs' own addresses
/// among them.
///
/// # Errors
/// As [`rehearse`].
pub async fn rehearse_unsigned(
    endpoint: &Endpoint,
    instructions: &[Instruction],
    payer: &Pubkey,
) -> Result<Simulated, String> {
    rehearse_with(endpoint, |blockhash| Ok(unsigned(TRIAL, instructions, payer, blockhash))).await
}

async fn rehearse_with(
    endpoint: &Endpoint,
    make: impl Fn(&Hash) -> Result<VersionedTransaction, String>,
) -> Result<Simulated, String> {
    for trial in 0..MOST_TRIALS {
        let blockhash = endpoint.blockhash().await?;
        let transaction = make(&blockhash.hash)?;
        let tried = endpoint.simulate(&transaction, None).await?;
        if tried.refused != Some(TransactionError::BlockhashNotFound) {
            return Ok(tried);
        }
        pause(trial).await;
    }
    Err(format!(
        "the cluster behind {} does not know the blockhashes it gives: run this again later, or \
         choose another {}",
        endpoint.address,
        endpoint.setting()
    ))
}

/// Waits before the next look, having looked so often.
async fn pause(looks: usize) {
    sleep(LOOKS[looks.min(LOOKS.len() - 1)]).await;
}

/// Sends transactions to every endpoint and asks each for them until there is a verdict about all,
/// or no endpoint that could still tell has shown a new block for a minute, or all have been asked for half an
/// hour: then the rest is [`Unknown`](crate::Verdict::Unknown). No endpoint waits for another. `landed` hears how many
/// are in a block.
pub async fn follow(
    endpoints: &[Endpoint],
    transactions: Vec<Tracker<TransactionError>>,
    landed: &mut dyn FnMut(usize),
) -> Vec<Tracker<TransactionError>> {
    let mut following = Following::new(endpoints.len(), transactions);
    let mut rounds = FuturesUnordered::new();
    for (number, endpoint) in endpoints.iter().enumerate() {
        rounds.push(round(endpoint, following.next(number)));
    }
    while let Some((number, shown)) = rounds.next().await {
        landed(following.take(number, shown));
        if following.is_over() {
            break;
        }
        if let Some(endpoint) = endpoints.get(number) {
            rounds.push(round(endpoint, following.next(number)));
        }
    }
    following.transactions.iter_mut().for_each(Tracker::give_up);
    following.transactions
}

/// What one endpoint is asked next.
struct Round {
    number: usize,
    looks: usize,
    sends: Vec<VersionedTransaction>,
    /// Signatures, and the last block height that each may land at.
    asks: Vec<(Signature, u64)>,
}

/// What an endpoint showed of the transactions that it was asked for.
type Shown = Result<Vec<(Signature, Look<TransactionError>)>, String>;

/// Sends transactions to an endpoint and asks it for them: whether one landed is asked of the chain,
/// not of who took it.
async fn round(endpoint: &Endpoint, round: Round) -> (usize, Shown) {
    stream::iter(&round.sends)
        .for_each_concurrent(AT_ONCE, |transaction| async move {
            drop(endpoint.send(transaction).await);
        })
        .await;
    pause(round.looks).await;
    let looks = endpoint.looks(&round.asks).await;
    let signatures = round.asks.into_iter().map(|(signature, _)| signature);
    (round.number, looks.map(|looks| signatures.zip(looks).collect()))
}

/// Transactions under way, and what endpoints have shown.
struct Following {
    transactions: Vec<Tracker<TransactionError>>,
    endpoints: Vec<Line>,
    begun: Instant,
}

/// One endpoint.
struct Line {
    looks: usize,
    /// Whether it answered its last round; one that has had none may still answer.
    answers: bool,
    patience: Patience,
}

impl Following {
    fn new(endpoints: usize, transactions: Vec<Tracker<TransactionError>>) -> Self {
        let begun = Instant::now();
        let line = || Line { looks: 0, answers: true, patience: Patience::new(begun) };
        let endpoints = std::iter::repeat_with(line).take(endpoints).collect();
        Self { transactions, endpoints, begun }
    }

    /// The next round of an endpoint.
    fn next(&mut self, number: usize) -> Round {
        let now = self.begun.elapsed().as_millis();
        let now = Millis(u64::try_from(now).unwrap_or(u64::MAX));
        let (looks, height) =
            self.endpoints.get(number).map_or((0, 0), |line| (line.looks, line.patience.height()));
        let (mut sends, mut asks) = (Vec::new(), Vec::new());
        for tracker in self.transactions.iter_mut().filter(|it| it.verdict().is_none()) {
            if tracker.is_due(number, height, now) {
                tracker.sending(number, now);
                sends.push(tracker.transaction().clone());
            }
            asks.push((tracker.signature(), tracker.last_height()));
        }
        Round { number, looks, sends, asks }
    }

    /// Takes what an endpoint showed, and says how many transactions are in a block.
    fn take(&mut self, number: usize, shown: Shown) -> usize {
        if let Some(line) = self.endpoints.get_mut(number) {
            line.looks += 1;
            line.answers = shown.is_ok();
            let heights = shown.iter().flatten().map(|(_, look)| look.height);
            line.patience.saw(heights.max().unwrap_or_default(), Instant::now());
        }
        // They were asked for in this order, without those that had their verdict then.
        let mut looks = shown.into_iter().flatten().peekable();
        for tracker in &mut self.transactions {
            let signature = tracker.signature();
            if let Some((_, look)) = looks.next_if(|(of, _)| *of == signature) {
                tracker.hear(number, look);
            }
        }
        let lines = self.endpoints.iter().enumerate();
        let answering: Vec<_> =
            lines.filter(|(_, line)| line.answers).map(|(number, _)| number).collect();
        let judged = self.transactions.iter_mut().map(|tracker| tracker.judge(&answering));
        judged.filter(|verdict| verdict.is_some_and(Verdict::is_in_block)).count()
    }

    /// Whether all have their verdict, or nobody who could still tell has moved for too long, or all of this
    /// takes too long.
    fn is_over(&self) -> bool {
        if self.begun.elapsed() >= FOLLOWED {
            return true;
        }
        let waiting = self.transactions.iter().filter(|tracker| tracker.verdict().is_none());
        let tellers: BTreeSet<_> = waiting
            .flat_map(|tracker| {
                (0..self.endpoints.len()).filter(|number| !tracker.has_decided(*number))
            })
            .collect();
        let mut tellers = tellers.into_iter().filter_map(|number| self.endpoints.get(number));
        !tellers.any(|line| line.patience.lasts(Instant::now()))
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
