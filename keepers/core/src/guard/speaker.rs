//! What was told, and what of it is not told again so soon.

use std::collections::{BTreeMap, VecDeque};

use holdfast_client::Pubkey;
use holdfast_risk::Millis;

use super::notice::{Alarm, Notice, Told};
use super::view::is_chains;
use crate::health::ChainCondition;

/// What lasts is told again after this.
const AGAIN: Millis = Millis::HOUR;
/// Notices that are kept for whoever tells them.
const KEPT: usize = 64;
/// A condition of chain or endpoints is told once it has lasted this long.
const LASTS: Millis = Millis(15_000);
/// It is over once all has been well for this long.
const RECOVERS: Millis = Millis(60_000);

/// Tells of things, of each not too often.
#[derive(Debug, Default)]
pub struct Speaker {
    told: Told,
    notices: VecDeque<Notice>,
    number: u64,
    /// What is the matter now and since when, by the guard's own clock.
    condition: Option<(ChainCondition, Millis)>,
    /// What was the matter since all was last well, and when it was last told.
    troubles: BTreeMap<ChainCondition, Millis>,
}

impl Speaker {
    /// One that told this before.
    pub fn new(told: Told) -> Self {
        Self { told, ..Self::default() }
    }

    /// The newest notices, the oldest of them first.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter()
    }

    /// When things were told.
    pub const fn told(&self) -> &Told {
        &self.told
    }

    /// Tells of something that happened.
    pub fn tell(&mut self, account: Option<Pubkey>, alarm: Alarm) {
        self.number += 1;
        self.notices.push_back(Notice { number: self.number, account, alarm });
        if self.notices.len() > KEPT {
            self.notices.pop_front();
        }
    }

    /// Tells of something that lasts, unless that was told within the hour, by the venue's clock. Says
    /// whether it did.
    pub fn remind(&mut self, account: Option<Pubkey>, alarm: Alarm, venue_now: Millis) -> bool {
        self.told.retain(|_, at| venue_now.since(*at) < AGAIN);
        let key = (account, alarm.name().to_owned());
        let anew = !self.told.contains_key(&key);
        if anew {
            self.told.insert(key, venue_now);
            self.tell(account, alarm);
        }
        anew
    }

    /// What is the matter with the chain or the endpoints at `now`, by the guard's own clock: told once
    /// it has lasted for a while, and so is its end.
    pub fn condition(&mut self, condition: ChainCondition, now: Millis) {
        let known = self.condition.filter(|(known, _)| *known == condition);
        let (_, since) = *self.condition.insert(known.unwrap_or((condition, now)));
        let lasted = now.since(since);
        if condition == ChainCondition::Healthy {
            if lasted >= RECOVERS && !self.troubles.is_empty() {
                self.troubles.clear();
                self.tell(None, Alarm::Recovered);
            }
            return;
        }
        let told = self.troubles.get(&condition);
        if lasted < LASTS || told.is_some_and(|told| now.since(*told) < AGAIN) {
            return;
        }
        self.troubles.insert(condition, now);
        let alarm = if is_chains(condition) {
            Alarm::Chain { condition }
        } else {
            Alarm::Endpoints { condition }
        };
        self.tell(None, alarm);
    }
}

#[cfg(test)]
#[path = "speaker_tests.rs"]
mod tests;
