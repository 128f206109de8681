//! Guards over half of the people: each watches one account, with the code that owners run, and adds
//! margin out of a budget of its own.

use holdfast_client::Pubkey;
use holdfast_keeper_core::guard::{Guard, GuardStep, GuardTerms, Memory, Scene};
use holdfast_keeper_core::health::ChainCondition;
use holdfast_keeper_core::scheduler::Kind;
use holdfast_keeper_core::tx_sender::{Outcome, TxOutcome};
use holdfast_keeper_core::{Intent, VenueSnapshot};
use holdfast_risk::Millis;
use serde::Serialize;
use solana_signer::Signer;

use holdfast_testkit::{Trader, Venue};

/// Every second account can be watched: of those that add no margin by themselves.
const FIRST: usize = 1;
const EVERY: usize = 2;
/// A guard's budget, as a share of what its account had at first.
const BUDGET_PERCENT: u64 = 50;

/// The accounts that can be watched, with their guards, if there are any.
#[derive(Default)]
pub struct Guards {
    /// The accounts.
    pub half: Vec<Pubkey>,
    /// The guards.
    pub watches: Vec<Watch>,
    /// Deposits that landed.
    pub top_ups: u64,
    /// Of these, those to accounts that were not below the line at prices that were true.
    pub false_top_ups: u64,
}

/// A guard and its account.
pub struct Watch {
    /// The account.
    pub account: Pubkey,
    guard: Guard,
    budget: u64,
    added: u64,
}

/// What guards did. Amounts are native units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GuardFigures {
    /// Accounts that were watched.
    pub watched: usize,
    /// Deposits that landed.
    pub top_ups: u64,
    /// Of these, those to accounts that were not below the line at prices that were true.
    pub false_top_ups: u64,
    /// What was added.
    pub added: u64,
    /// What all guards together could have added.
    pub budget: u64,
    /// Guards that added more than their budget.
    pub over_budget: usize,
}

impl Guards {
    /// Those who can be watched, and with `guarded` their guards.
    pub fn new(venue: &Venue, traders: &[Trader], guarded: bool) -> Self {
        let half: Vec<_> = traders.iter().skip(FIRST).step_by(EVERY).collect();
        let watches = half.iter().filter(|_| guarded).map(|trader| Watch::new(venue, trader));
        let watches = watches.collect();
        let half = half.iter().map(|trader| trader.account).collect();
        Self { half, watches, ..Self::default() }
    }

    /// What guards did, if there are any.
    pub fn figures(&self) -> Option<GuardFigures> {
        let over = self.watches.iter().filter(|watch| watch.added > watch.budget);
        (!self.watches.is_empty()).then(|| GuardFigures {
            watched: self.watches.len(),
            top_ups: self.top_ups,
            false_top_ups: self.false_top_ups,
            added: self.watches.iter().map(|watch| watch.added).sum(),
            budget: self.watches.iter().map(|watch| watch.budget).sum(),
            over_budget: over.count(),
        })
    }
}

impl Watch {
    fn new(venue: &Venue, trader: &Trader) -> Self {
        let budget = venue.account(&trader.account).collateral / 100 * BUDGET_PERCENT;
        let terms = GuardTerms {
            accounts: [trader.account].into(),
            source: trader.wallet,
            warn_percent: 200,
            top_up_percent: 150,
            reduce_percent: 0,
            to_percent: 200,
            strained_percent: 50,
            budget,
            // Once for the whole drill.
            period: Millis(u64::MAX),
            trail_bps: 0,
            step_bps: 1,
            slippage_bps: 0,
        };
        let guard = Guard::new(terms, trader.keypair.pubkey(), Memory::default());
        Self { account: trader.account, guard, budget, added: 0 }
    }

    /// What is added now, and the line that the account is to be below, percent of its maintenance margin.
    pub fn decide(&mut self, mirror: &VenueSnapshot, venue_now: Millis) -> Option<(u64, u32)> {
        let condition = ChainCondition::Healthy;
        let scene = Scene { mirror, condition, venue_now, height: 0, complete: u64::MAX };
        let line = self.guard.lines(&scene).top_up;
        let amount = self.guard.due(&scene).into_iter().find_map(|intent| match intent {
            Intent::Guard { step: GuardStep::TopUp { amount }, .. } => Some(amount),
            _ => None,
        })?;
        self.guard.begun(self.account, GuardStep::TopUp { amount }, u64::MAX, venue_now);
        Some((amount, line))
    }

    /// It has landed.
    pub fn landed(&mut self, amount: u64, slot: u64, venue_now: Millis) {
        let (account, step) = (self.account, GuardStep::TopUp { amount });
        let ended = TxOutcome {
            intent: Intent::Guard { account, step },
            kind: Kind::Exit,
            outcome: Outcome::Landed { slot },
            slots: 1,
            price: 0,
            lamports: 0,
            signed: 1,
            is_absent: false,
        };
        self.guard.ended(account, step, &ended, venue_now);
        self.added += amount;
    }
}
