//! What happened in an attempt, for whoever replays it.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::decode::Kind;
use holdfast_client::holdfast::events::{OrderExecuted, PoolRequestExecuted};
use holdfast_client::{Instruction, Pubkey, events, holdfast};
use holdfast_testkit::Failure;
use litesvm::types::TransactionMetadata;

/// Events and refusals in the order in which they came. Nothing is kept unless asked for.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    traced: bool,
    /// Lines to print.
    pub lines: Vec<String>,
    /// What was remarkable.
    pub clues: BTreeSet<String>,
    /// Refusals of an account's order: when (seconds), and why.
    refusals: BTreeMap<(Pubkey, u64), Vec<(usize, String)>>,
}

impl Trace {
    /// An empty trace; `traced` when it is to be kept.
    pub fn new(traced: bool) -> Self {
        Self { traced, ..Self::default() }
    }

    /// Adds a line.
    pub fn say(&mut self, line: impl FnOnce() -> String) {
        if self.traced {
            self.lines.push(line());
        }
    }

    /// Adds something remarkable.
    pub fn clue(&mut self, clue: &str) {
        if self.traced {
            self.clues.insert(clue.to_owned());
        }
    }

    /// Takes over refusals out of an attempt that was not kept.
    pub fn refused_only(&mut self, other: Self) {
        self.refusals = other.refusals;
    }

    /// Notes what the venue did with a transaction; `second` is when, and `age` says how long ago a
    /// publish time was, seconds.
    pub fn note(
        &mut self,
        second: usize,
        instructions: &[Instruction],
        sent: &Result<TransactionMetadata, Failure>,
        began_ms: u64,
    ) {
        if !self.traced {
            return;
        }
        match sent {
            Ok(landed) => self.landed(second, landed, began_ms),
            Err(failure) => {
                for instruction in instructions {
                    self.refused(second, instruction, failure);
                }
            }
        }
    }

    fn landed(&mut self, second: usize, landed: &TransactionMetadata, began_ms: u64) {
        for executed in events::all::<OrderExecuted>(&landed.logs) {
            let published = executed.published_ms.saturating_sub(began_ms) / 1_000;
            self.lines.push(format!(
                "{second:>4} s    order {} traded {} at {} (index {} of second {published}), fee {}",
                executed.number, executed.delta, executed.price, executed.index_price, executed.fee,
            ));
            let key = (executed.account, executed.number);
            let refusals = self.refusals.get(&key).into_iter().flatten();
            let after = refusals.filter(|(at, _)| *at as u64 >= published);
            let clues =
                after.map(|(_, why)| format!("executed at a price older than its refusal: {why}"));
            self.clues.extend(clues.collect::<Vec<_>>());
            if second as u64 > published + 5 {
                self.clues.insert("executed at a price older than five seconds".to_owned());
            }
        }
        for executed in events::all::<PoolRequestExecuted>(&landed.logs) {
            self.lines.push(format!(
                "{second:>4} s    a pool worth {} took {} and gave {}",
                executed.assets, executed.amount, executed.received,
            ));
            self.clues
                .insert(format!("a pool request executed, worth {}", magnitude(executed.assets)));
        }
    }

    fn refused(&mut self, second: usize, instruction: &Instruction, failure: &Failure) {
        let execute = <holdfast::instruction::ExecuteOrder as Kind>::DISCRIMINATOR;
        let Some(number) = instruction.data.strip_prefix(execute) else { return };
        let Ok(number) = number.try_into().map(u64::from_le_bytes) else { return };
        let Some(account) = instruction.accounts.get(3) else { return };
        let why = reason(failure);
        self.refusals.entry((account.pubkey, number)).or_default().push((second, why));
    }
}

/// The name of the error with which a transaction was refused.
pub fn reason(failure: &Failure) -> String {
    let named = failure.message.split_once("Error Code: ");
    let name = named.and_then(|(_, rest)| rest.split_once('.')).map(|(name, _)| name);
    let first = failure.message.lines().next().unwrap_or_default();
    name.unwrap_or(first).to_owned()
}

fn magnitude(units: u64) -> &'static str {
    match units {
        0 => "nothing",
        1..1_000_000_000_000 => "less than a million",
        _ => "a million and more",
    }
}
