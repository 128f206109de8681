//! What happened in an attempt, for whoever replays it.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::decode::Kind;
use holdfast_client::holdfast::events::{MarketRefreshed, OrderExecuted, PoolRequestExecuted};
use holdfast_client::{Instruction, Pubkey, events, holdfast};
use holdfast_testkit::Failure;
use litesvm::types::TransactionMetadata;

use super::print::WrongPrint;

/// Seconds after which a price is late or old.
const LATE: usize = 5;

/// When a transaction was sent.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// Seconds since the beginning.
    pub second: usize,
    /// When that was, milliseconds since 1970.
    pub now_ms: u64,
    /// A wrong print, if there was one.
    pub print: Option<WrongPrint>,
}

impl At {
    /// Seconds since a publish time.
    fn age(self, published_ms: u64) -> usize {
        let age = self.now_ms.saturating_sub(published_ms) / 1_000;
        usize::try_from(age).unwrap_or(usize::MAX)
    }

    /// Whether the price of a second was wrong.
    fn is_wrong(self, second: usize) -> bool {
        self.print.is_some_and(|print| print.is_shown(second))
    }
}

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

    /// Notes what the venue did with a transaction.
    pub fn note(
        &mut self,
        at: At,
        instructions: &[Instruction],
        sent: &Result<TransactionMetadata, Failure>,
    ) {
        if !self.traced {
            return;
        }
        match sent {
            Ok(landed) => self.landed(at, landed),
            Err(failure) => {
                for instruction in instructions {
                    self.refused(at.second, instruction, failure);
                }
            }
        }
    }

    fn landed(&mut self, at: At, landed: &TransactionMetadata) {
        let second = at.second;
        for refreshed in events::all::<MarketRefreshed>(&landed.logs) {
            if at.age(refreshed.published_ms) > LATE {
                self.clue("a price stored late");
            }
        }
        for executed in events::all::<OrderExecuted>(&landed.logs) {
            self.executed(at, &executed);
        }
        for executed in events::all::<PoolRequestExecuted>(&landed.logs) {
            let PoolRequestExecuted { worth, amount, received, .. } = executed;
            self.say(|| {
                format!("{second:>4} s    a pool worth {worth} took {amount} and gave {received}")
            });
            let wrong = at.is_wrong(second);
            self.clue(if wrong { "a pool request at a wrong print" } else { "a pool request" });
        }
    }

    fn executed(&mut self, at: At, executed: &OrderExecuted) {
        let (second, age) = (at.second, at.age(executed.published_ms));
        let OrderExecuted { number, delta, price, index_price, fee, .. } = executed;
        self.say(|| {
            format!(
                "{second:>4} s    order {number} traded {delta} at {price} (index {index_price}, \
                 {age} s old), fee {fee}"
            )
        });
        let refusals = self.refusals.get(&(executed.account, *number)).cloned().unwrap_or_default();
        for (_, why) in refusals.iter().filter(|(refused, _)| second - refused <= age) {
            self.clue(&format!("executed at a price older than its refusal: {why}"));
        }
        if age > LATE {
            self.clue("executed at an old price");
        }
        if second.checked_sub(age).is_some_and(|published| at.is_wrong(published)) {
            self.clue("executed at a wrong print");
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
