//! What was spent of the budget. It is never exceeded: whatever may have landed counts.

use holdfast_client::Pubkey;
use holdfast_risk::Millis;

/// Blocks after which a deposit can no longer be under way: it is signed within seconds after it was
/// noted, and by then its fate is settled or nobody will tell it.
const SETTLED_AFTER: u64 = 450;

/// Margin that was added, or may have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// To which account.
    pub account: Pubkey,
    /// How much, native units.
    pub amount: u64,
    /// When it was last known not to be over yet, or when its end was noticed, by the venue's clock.
    pub at: Millis,
    /// What became of it.
    pub fate: SpendFate,
}

/// What became of a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendFate {
    /// It is under way, signed with a blockhash of about this last block height.
    UnderWay {
        /// The height.
        last_height: u64,
    },
    /// It landed.
    Landed {
        /// In this slot.
        slot: u64,
    },
    /// Nobody can tell.
    Unknown,
}

/// The budget and what was spent of it.
#[derive(Clone, Debug)]
pub struct Ledger {
    budget: u64,
    period: Millis,
    spends: Vec<Spend>,
}

impl Ledger {
    /// A budget for a period, of which this was spent before.
    pub const fn new(budget: u64, period: Millis, spends: Vec<Spend>) -> Self {
        Self { budget, period, spends }
    }

    /// What was spent lately, or may have been.
    pub fn spends(&self) -> &[Spend] {
        &self.spends
    }

    /// What is spent of the budget at `now`, native units.
    pub fn spent(&self, now: Millis) -> u64 {
        let lately = self.spends.iter().filter(|spend| self.counts(spend, now));
        lately.fold(0_u64, |sum, spend| sum.saturating_add(spend.amount))
    }

    /// What is left of it, native units.
    pub fn left(&self, now: Millis) -> u64 {
        self.budget.saturating_sub(self.spent(now))
    }

    /// Whether a deposit to an account is under way, or has landed in a slot up to which the mirror is
    /// not complete: until then nobody knows what the account has.
    pub fn waits(&self, account: &Pubkey, complete: u64) -> bool {
        self.spends.iter().filter(|spend| spend.account == *account).any(|spend| match spend.fate {
            SpendFate::UnderWay { .. } => true,
            SpendFate::Landed { slot } => complete <= slot,
            SpendFate::Unknown => false,
        })
    }

    /// Notes a deposit that is about to be sent: it counts from now on.
    pub fn begun(&mut self, account: Pubkey, amount: u64, now: Millis, last_height: u64) {
        let fate = SpendFate::UnderWay { last_height };
        self.spends.push(Spend { account, amount, at: now, fate });
    }

    /// The deposit to an account that is under way has landed.
    pub fn landed(&mut self, account: &Pubkey, slot: u64, now: Millis) {
        self.end(account, SpendFate::Landed { slot }, now);
    }

    /// Nobody can tell what became of the one that is under way: it counts as spent.
    pub fn lost(&mut self, account: &Pubkey, now: Millis) {
        self.end(account, SpendFate::Unknown, now);
    }

    /// The one that is under way has certainly not landed, and never will.
    pub fn released(&mut self, account: &Pubkey) {
        self.spends.retain(|spend| spend.account != *account || !spend.is_under_way());
    }

    /// Forgets what is older than the period, and gives up on what cannot be under way any more at this
    /// block height. Says whether anything changed.
    pub fn settle(&mut self, height: u64, now: Millis) -> bool {
        let before = self.spends.len();
        let mut changed = false;
        for spend in &mut self.spends {
            if let SpendFate::UnderWay { last_height } = spend.fate
                && height > last_height.saturating_add(SETTLED_AFTER)
            {
                (spend.fate, spend.at, changed) = (SpendFate::Unknown, spend.at.max(now), true);
            }
        }
        let period = self.period;
        self.spends.retain(|spend| spend.is_under_way() || now.since(spend.at) < period);
        changed || self.spends.len() != before
    }

    fn end(&mut self, account: &Pubkey, fate: SpendFate, now: Millis) {
        let mut under_way = self.spends.iter_mut().filter(|spend| spend.is_under_way());
        if let Some(spend) = under_way.find(|spend| spend.account == *account) {
            // It may have landed at any time until now.
            (spend.fate, spend.at) = (fate, spend.at.max(now));
        }
    }

    fn counts(&self, spend: &Spend, now: Millis) -> bool {
        spend.is_under_way() || now.since(spend.at) < self.period
    }
}

impl Spend {
    const fn is_under_way(&self) -> bool {
        matches!(self.fate, SpendFate::UnderWay { .. })
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
