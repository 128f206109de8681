//! A snapshot that is being read: part after part, a few at once, so that neither an answer nor a
//! turn of the loop has to hold all accounts.

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use holdfast_rpc::{Key, Part};

/// Parts that are asked for at once.
const AT_ONCE: usize = 6;
/// In the first of 256 parts there are at most this many accounts where all are few enough to be asked
/// for at once: some five thousand with certainty.
const FEW: usize = 8;
/// A snapshot that is not read within this time is given up, however steadily its parts come.
const LONGEST: Millis = Millis(1_200_000);

/// A snapshot that is being read.
pub struct Reading {
    /// From which endpoint.
    pub endpoint: usize,
    /// Whether the mirror may lack something without it.
    pub needed: bool,
    silo: Pubkey,
    begun: Millis,
    heard: Millis,
    /// Parts to be asked for, the next one last.
    waiting: Vec<Part>,
    asked: Vec<Part>,
    /// Whether it is known how many accounts there are, more or less.
    sampled: bool,
    /// The oldest slot that a part was so in.
    slot: u64,
}

impl Reading {
    /// Begins with the accounts that are `named`, with what there is little of, and with one part in
    /// 256 of the margin accounts.
    pub fn new(
        endpoint: usize,
        silo: Pubkey,
        named: Vec<Pubkey>,
        needed: bool,
        now: Millis,
    ) -> Self {
        let waiting = vec![
            Part::Accounts(silo, Key::beginning_with(0)),
            Part::Requests(silo, Key::default()),
            Part::Changes,
            Part::Markets(silo),
            Part::Named(named),
        ];
        Self {
            endpoint,
            needed,
            silo,
            begun: now,
            heard: now,
            waiting,
            asked: Vec::new(),
            sampled: false,
            slot: u64::MAX,
        }
    }

    /// The next part to ask for, unless as many are under way as are at once.
    pub fn next_part(&mut self) -> Option<Part> {
        if self.asked.len() >= AT_ONCE {
            return None;
        }
        let part = self.waiting.pop()?;
        self.asked.push(part.clone());
        Some(part)
    }

    /// Whether nothing has come for so long that nothing is waited for any more.
    pub fn is_late(&self, patience: Millis, now: Millis) -> bool {
        now.since(self.heard) >= patience || now.since(self.begun) >= LONGEST
    }

    /// Whether a part is under way.
    pub fn has_asked(&self, part: &Part) -> bool {
        self.asked.contains(part)
    }

    /// A part came, with this many accounts as they were in a slot. The first tells by how many it
    /// shows whether all others are asked for in one part.
    pub fn came(&mut self, part: &Part, slot: u64, accounts: usize, now: Millis) {
        self.asked.retain(|asked| asked != part);
        self.heard = now;
        self.slot = self.slot.min(slot);
        self.ask_others(part, accounts <= FEW);
    }

    /// A part did not come. Says whether it is asked for in narrower ones: where it was too long, and
    /// where it was all of a kind, which an endpoint may find too much in ways of its own.
    pub fn failed(&mut self, part: &Part, too_long: bool, now: Millis) -> bool {
        self.asked.retain(|asked| asked != part);
        let narrower = if too_long || part.is_whole() { part.split() } else { Vec::new() };
        let goes_on = !narrower.is_empty();
        if goes_on {
            self.heard = now;
            self.ask_others(part, false);
        }
        self.waiting.extend(narrower);
        goes_on
    }

    /// After the first part of the margin accounts, the others are to be asked for: in one part if there
    /// are `few`, otherwise in the other 255.
    fn ask_others(&mut self, first: &Part, few: bool) {
        if self.sampled || !matches!(first, Part::Accounts(..)) {
            return;
        }
        self.sampled = true;
        let all = Part::Accounts(self.silo, Key::default());
        if few {
            self.waiting.push(all);
        } else {
            self.waiting.extend(all.split().into_iter().filter(|other| other != first));
        }
    }

    /// Once all parts have come, the oldest slot that one of them was so in.
    pub fn done(&self) -> Option<u64> {
        (self.waiting.is_empty() && self.asked.is_empty()).then_some(self.slot)
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
