//! Blockhashes to sign with: those that two operators know, so that what is signed can land whoever
//! of them is wrong.

use std::collections::VecDeque;

use solana_message::Hash;

use crate::tx_sender::Blockhash;
use crate::witness::Witnesses;

/// Blockhashes that are remembered: some twenty seconds of three endpoints'.
const REMEMBERED: usize = 64;
/// Blocks for which a blockhash may be used, and how many fewer are left of one that is confirmed.
const LIVES: u64 = 150;
const CONFIRMS_WITHIN: u64 = 64;

/// Blockhashes that endpoints gave.
#[derive(Debug, Default)]
pub struct Blockhashes {
    given: VecDeque<Given>,
    /// Questions asked about blockhashes of others, so that nobody's is asked about alone.
    turn: usize,
}

#[derive(Debug)]
struct Given {
    blockhash: Blockhash,
    by: Witnesses,
    /// Who else knows it.
    known: Witnesses,
}

impl Blockhashes {
    /// An endpoint gave a blockhash while the chain was at `height`, as far as all of them agree. How
    /// long it lives is not left to one's word.
    pub fn give(&mut self, blockhash: Blockhash, by: Witnesses, height: Option<u64>) {
        if let Some(known) = self.find_mut(&blockhash.hash) {
            known.known = known.known.and(by);
            return;
        }
        let lives = |height: u64| {
            let least = height.saturating_add(LIVES - CONFIRMS_WITHIN);
            blockhash.last_height.clamp(least, height.saturating_add(LIVES + CONFIRMS_WITHIN))
        };
        let last_height = height.map_or(blockhash.last_height, lives);
        self.given.push_back(Given {
            blockhash: Blockhash { last_height, ..blockhash },
            by,
            known: by,
        });
        if self.given.len() > REMEMBERED {
            self.given.pop_front();
        }
    }

    /// An endpoint knows a blockhash that another one gave.
    pub fn vouch(&mut self, hash: &Hash, by: Witnesses) {
        if let Some(known) = self.find_mut(hash) {
            known.known = known.known.and(by);
        }
    }

    /// The blockhash that an operator's endpoint is asked about: the newest of one of the others, of
    /// each in turn.
    pub fn next_to_ask(&mut self, own: Witnesses) -> Option<Hash> {
        let mut givers = Witnesses::default();
        let mut newest = Vec::new();
        for given in self.given.iter().rev().filter(|given| given.by != own) {
            if !givers.has(given.by) {
                givers = givers.and(given.by);
                newest.push(given);
            }
        }
        self.turn = self.turn.wrapping_add(1);
        let asked = newest.get(self.turn % newest.len().max(1))?;
        (!asked.known.has(own)).then_some(asked.blockhash.hash)
    }

    /// The newest that this many operators know, and that can be used at this height.
    pub fn best(&self, need: u32, height: u64) -> Option<Blockhash> {
        let mut lives =
            self.given.iter().rev().filter(|given| given.blockhash.last_height > height);
        lives.find(|given| given.known.count() >= need).map(|given| given.blockhash)
    }

    fn find_mut(&mut self, hash: &Hash) -> Option<&mut Given> {
        self.given.iter_mut().find(|given| given.blockhash.hash == *hash)
    }
}

#[cfg(test)]
#[path = "blockhashes_tests.rs"]
mod tests;
