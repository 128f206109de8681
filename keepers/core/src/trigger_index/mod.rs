//! Which accounts a decision has to look at: an index on what would have to happen first.
//!
//! An account is either *hot*, looked at in every decision, or *armed*: a few alarms stand on
//! prices and moments, none of which has gone off, and until one does no decision can concern the
//! account. Alarms may go off too early, never too late: whoever goes off is evaluated again by the
//! rules and armed anew if nothing is due.
//!
//! In a crash, or while prices are unknown, margin makes very many hot at once. These are looked at in
//! turn, so many in a decision, and with them those about whom the last one found most to do.

mod account;
mod wake_condition;

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

use holdfast_client::Pubkey;
use holdfast_client::holdfast::state::{MarketTermsState, SiloTermsState};
use holdfast_risk::Millis;

use crate::VenueSnapshot;
use account::{Arming, arm};
use wake_condition::{Alarms, WakeCondition};

/// The index. It is told what changed in the mirror and says whom to look at.
#[derive(Default)]
pub struct TriggerIndex {
    hot: BTreeSet<Pubkey>,
    /// Hot for their margin alone, or because an alarm on it went off.
    in_turn: BTreeSet<Pubkey>,
    /// Who of them was looked at last.
    turn: Pubkey,
    /// About whom the last decision found something to do, as far as they are looked at for it.
    due: BTreeSet<Pubkey>,
    /// Who was hot in the last decision.
    looked_at: BTreeSet<Pubkey>,
    alarms: Alarms,
    armed: HashMap<Pubkey, Vec<WakeCondition>>,
    seen: Seen,
    /// Whether anybody was looked at yet: before, everybody will be.
    begun: bool,
    /// Where looking at everybody goes on, while that is necessary.
    next: Option<Pubkey>,
}

/// Accounts that one decision looks at because everybody has to be, that it looks at in turn, and that
/// are due, each: with a million of them one that looked at all would take seconds. What has changed is
/// looked at beside them.
const AT_ONCE: usize = 8_192;

/// What the alarms were set against. When one of these moves in a way that alarms do not cover,
/// everybody is looked at again.
#[derive(Default)]
struct Seen {
    last_disruption: Millis,
    silo: Option<SiloTermsState>,
    markets: Vec<(MarketTermsState, Millis, bool)>,
}

impl TriggerIndex {
    /// An account was added, changed or removed.
    pub fn account_changed(&mut self, address: Pubkey) {
        if self.begun {
            self.disarm(&address);
            self.in_turn.remove(&address);
            self.hot.insert(address);
        }
    }

    /// The last decision found something to do about these accounts, the most urgent first.
    pub fn remember_due(&mut self, accounts: impl Iterator<Item = Pubkey>) {
        self.due = accounts.take(AT_ONCE).collect();
    }

    /// Whether everybody was looked at since that was last necessary.
    pub const fn has_looked_at_all(&self) -> bool {
        self.begun && self.next.is_none()
    }

    /// Anything may have changed: everybody is looked at next, as many at once as a decision can.
    pub fn forget(&mut self) {
        self.seen = Seen::default();
    }

    /// Accounts to decide about at `now`, after the alarms that markets and time set off. What it
    /// costs grows with those accounts, not with how many there are.
    pub fn candidates(&mut self, mirror: &VenueSnapshot, now: Millis) -> &BTreeSet<Pubkey> {
        let chain = mirror.chain(now);
        if self.is_unforeseen(mirror, chain.monitor.last_disruption) {
            (self.begun, self.next) = (true, Some(Pubkey::default()));
        }
        for (market, seen) in
            mirror.markets.iter().map(|(_, market)| market).zip(&self.seen.markets)
        {
            self.alarms.ring(market, &chain, seen.1, &mut self.in_turn, &mut self.hot);
        }
        let clocks = mirror.markets.iter().map(|(_, market)| market.now(now));
        self.alarms.pass(clocks.max().unwrap_or(now), &mut self.hot);
        self.remember(mirror, chain.monitor.last_disruption);
        self.look_further(mirror);
        let mut looking = std::mem::take(&mut self.hot);
        looking.extend(self.take_turns());
        self.looked_at.clear();
        for address in looking {
            self.disarm(&address);
            self.in_turn.remove(&address);
            let Some(account) = mirror.accounts.get(&address) else { continue };
            match arm(mirror, &chain, account) {
                Arming::Hot => {
                    self.hot.insert(address);
                    self.looked_at.insert(address);
                }
                Arming::InTurn(alarms) => {
                    self.in_turn.insert(address);
                    self.looked_at.insert(address);
                    self.arm(address, alarms);
                }
                Arming::Armed(alarms) => self.arm(address, alarms),
            }
        }
        &self.looked_at
    }

    /// Accounts that prices would concern first: those that are looked at anyway, and this many of
    /// each market and side whose alarms on margin go off next.
    pub fn nearest(&self, count: usize) -> BTreeSet<Pubkey> {
        let mut nearest = self.looked_at.clone();
        self.alarms.nearest(count, &mut nearest);
        nearest
    }

    /// Accounts that the last decision looked at.
    pub fn looked_at(&self) -> &BTreeSet<Pubkey> {
        &self.looked_at
    }

    /// How many accounts the last decision looked at.
    pub fn hot(&self) -> usize {
        self.looked_at.len()
    }

    /// The chain broke (orders then wait for prices since) or a break or a price was taken back, a
    /// market was settled, or settings changed.
    fn is_unforeseen(&self, mirror: &VenueSnapshot, last_disruption: Millis) -> bool {
        let seen = &self.seen;
        let same_markets = seen.markets.len() == mirror.markets.len()
            && mirror.markets.iter().zip(&seen.markets).all(
                |((_, market), (terms, newest, settled))| {
                    market.terms == *terms
                        && market.is_settled() == *settled
                        && market.newest_price().published >= *newest
                },
            );
        last_disruption != seen.last_disruption
            || seen.silo != Some(mirror.silo.terms)
            || !same_markets
    }

    /// Adds the next of those who have to be looked at because everybody has to be. The alarms that
    /// stand until then go off as before.
    fn look_further(&mut self, mirror: &VenueSnapshot) {
        let Some(first) = self.next else { return };
        let mut ahead = mirror.accounts.keys_from(first).copied();
        self.hot.extend(ahead.by_ref().take(AT_ONCE));
        self.next = ahead.next();
    }

    /// Whose turn it is, and those who are due.
    fn take_turns(&mut self) -> Vec<Pubkey> {
        let after = self.in_turn.range((Bound::Excluded(self.turn), Bound::Unbounded));
        let before = self.in_turn.range(..=self.turn);
        let mut taken: Vec<_> = after.chain(before).take(AT_ONCE).copied().collect();
        self.turn = taken.last().copied().unwrap_or_default();
        taken.extend(self.due.intersection(&self.in_turn));
        taken
    }

    fn remember(&mut self, mirror: &VenueSnapshot, last_disruption: Millis) {
        let markets = mirror.markets.iter();
        let markets = markets.map(|(_, market)| {
            (market.terms, market.newest_price().published, market.is_settled())
        });
        let silo = Some(mirror.silo.terms);
        self.seen = Seen { last_disruption, silo, markets: markets.collect() };
    }

    fn arm(&mut self, address: Pubkey, alarms: Vec<WakeCondition>) {
        if !alarms.is_empty() {
            self.alarms.set(address, &alarms);
            self.armed.insert(address, alarms);
        }
    }

    fn disarm(&mut self, address: &Pubkey) {
        if let Some(alarms) = self.armed.remove(address) {
            self.alarms.unset(*address, &alarms);
        }
    }
}

#[cfg(test)]
mod tests;
