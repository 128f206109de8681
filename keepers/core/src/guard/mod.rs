//! Watching accounts for their owner: who is told, when margin is added within a budget, when positions
//! are reduced, and how stops follow the price. Pure: what is known goes in, intents and notices come
//! out.
//!
//! Margin is added only to an account that is below the line although its positions are valued in its
//! owner's favour, at prices that are current, and only once nothing of an earlier deposit is unknown.

mod ledger;
mod margin;
mod notice;
mod orders;
mod speaker;
mod step;
mod terms;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::Pubkey;
use holdfast_client::holdfast::instructions::OrderTrigger;
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;

use crate::health::ChainCondition;
use crate::tx_sender::{Outcome, TxOutcome};
use crate::{Intent, VenueSnapshot};

use ledger::Ledger;
pub use ledger::{Spend, SpendFate};
use margin::Margin;
pub use notice::{Alarm, Notice, Severity, Told};
use orders::{reduces, reduction, stops};
use speaker::Speaker;
pub use step::GuardStep;
pub use terms::{GuardTerms, Lines};
use view::{View, is_strained};

/// How long after a deposit was refused positions are reduced instead.
const GIVES_UP_FOR: Millis = Millis(60_000);

/// What outlives a restart: without it a budget could be spent twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What was spent lately, or may have been.
    pub spends: Vec<Spend>,
    /// What was told lately.
    pub told: Told,
}

/// The venue at a moment.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The venue.
    pub mirror: &'a VenueSnapshot,
    /// What is the matter with chain or endpoints.
    pub condition: ChainCondition,
    /// The venue's clock.
    pub venue_now: Millis,
    /// The block height that more than half of the endpoints have reached.
    pub height: u64,
    /// The slot up to which the mirror is complete.
    pub complete: u64,
}

/// A look at a guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardReport {
    /// Where each account with positions stands, percent of the maintenance margin.
    pub margins: BTreeMap<Pubkey, i64>,
    /// What is spent of the budget, native units.
    pub spent: u64,
    /// The budget, native units.
    pub budget: u64,
    /// The newest notices, the oldest of them first.
    pub notices: Vec<Notice>,
}

/// Watches accounts.
pub struct Guard {
    terms: GuardTerms,
    /// Who signs: the owner of accounts whose positions are reduced and get stops.
    wallet: Pubkey,
    ledger: Ledger,
    speaker: Speaker,
    /// The slot in which something last landed for an account.
    landed: BTreeMap<Pubkey, u64>,
    /// When a deposit to an account was last refused, by the venue's clock.
    refused: BTreeMap<Pubkey, Millis>,
    /// What the last look was about.
    margins: BTreeMap<Pubkey, i64>,
    /// The venue's state at the last look.
    state: State,
    /// Whether [`Memory`] is another than when it was last taken.
    changed: bool,
}

impl Guard {
    /// A guard that signs as `wallet` and remembers what an earlier run of it did.
    pub fn new(terms: GuardTerms, wallet: Pubkey, memory: Memory) -> Self {
        Self {
            ledger: Ledger::new(terms.budget, terms.period, memory.spends),
            speaker: Speaker::new(memory.told),
            terms,
            wallet,
            landed: BTreeMap::new(),
            refused: BTreeMap::new(),
            margins: BTreeMap::new(),
            state: State::Normal,
            changed: false,
        }
    }

    /// What is the matter with chain or endpoints at `now`, by the guard's own clock.
    pub fn watch(&mut self, condition: ChainCondition, now: Millis) {
        self.speaker.condition(condition, now);
    }

    /// The lines that hold in a scene.
    pub fn lines(&self, scene: &Scene) -> Lines {
        let chain = scene.mirror.chain(scene.venue_now);
        self.terms.lines(is_strained(&chain, scene.condition))
    }

    /// What is to be done now; the account that is worst off comes first and has the budget first.
    pub fn due(&mut self, scene: &Scene) -> Vec<Intent> {
        let Scene { mirror, venue_now, height, complete, .. } = *scene;
        self.changed |= self.ledger.settle(height, venue_now);
        let chain = mirror.chain(venue_now);
        let view = View { mirror, chain: &chain, lines: self.lines(scene), complete };
        let accounts = self.terms.accounts.clone();
        self.tell_of_missing(&view, &accounts);
        let standing = |address: &Pubkey| {
            let account = mirror.accounts.get(address)?;
            Some((Margin::of(mirror, &chain, account)?, *address, account))
        };
        let mut standing: Vec<_> = accounts.iter().filter_map(standing).collect();
        standing.sort_by_key(|(margin, address, _)| (margin.percent(), *address));
        self.margins =
            standing.iter().map(|(margin, address, _)| (*address, margin.percent())).collect();
        self.tell_of_state(chain.monitor.state);
        let mut left = self.ledger.left(venue_now);
        let mut due = Vec::new();
        for (margin, address, account) in standing {
            self.tell_of(&view, &margin, address, account);
            let steps = self.steps(&view, &margin, address, account, &mut left);
            due.extend(steps.into_iter().map(|step| Intent::Guard { account: address, step }));
        }
        due
    }

    /// Whether the budget has what a step takes.
    pub fn allows(&self, step: GuardStep, venue_now: Millis) -> bool {
        match step {
            GuardStep::TopUp { amount } => amount <= self.ledger.left(venue_now),
            GuardStep::Reduce { .. } | GuardStep::MoveStop { .. } => true,
        }
    }

    /// A step that is allowed is about to be sent, signed with a blockhash of about this last block
    /// height.
    pub fn begun(&mut self, account: Pubkey, step: GuardStep, last_height: u64, venue_now: Millis) {
        if let GuardStep::TopUp { amount } = step {
            self.ledger.begun(account, amount, venue_now, last_height);
            self.changed = true;
        }
    }

    /// What became of a step.
    pub fn ended(
        &mut self,
        account: Pubkey,
        step: GuardStep,
        ended: &TxOutcome,
        venue_now: Millis,
    ) {
        let is_deposit = matches!(step, GuardStep::TopUp { .. });
        self.changed |= is_deposit;
        let failed = match &ended.outcome {
            Outcome::Landed { slot } => {
                if is_deposit {
                    self.ledger.landed(&account, *slot, venue_now);
                }
                self.landed.insert(account, *slot);
                self.speaker.tell(Some(account), done(step));
                return;
            }
            Outcome::Refused { reason, .. } | Outcome::Foreseen { reason } => {
                if is_deposit {
                    self.ledger.released(&account);
                    self.refused.insert(account, venue_now);
                }
                reason.clone()
            }
            Outcome::Expired => {
                match (is_deposit, ended.is_absent) {
                    (true, true) => self.ledger.released(&account),
                    (true, false) => self.ledger.lost(&account, venue_now),
                    (false, _) => {}
                }
                "it did not land before its blockhash expired".to_owned()
            }
        };
        self.remind(Some(account), Alarm::Failed { reason: failed }, venue_now);
    }

    /// What has to be kept before anything more is sent, if it is another than when this was last asked.
    pub fn take_changes(&mut self) -> Option<Memory> {
        let changed = std::mem::take(&mut self.changed);
        changed.then(|| self.memory())
    }

    /// What outlives a restart.
    pub fn memory(&self) -> Memory {
        Memory { spends: self.ledger.spends().to_vec(), told: self.speaker.told().clone() }
    }

    /// Whether it may have something to send: otherwise it only warns.
    pub const fn sends(&self) -> bool {
        let GuardTerms { top_up_percent, reduce_percent, trail_bps, .. } = self.terms;
        top_up_percent > 0 || reduce_percent > 0 || trail_bps > 0
    }

    /// The token account that margin comes out of.
    pub const fn source(&self) -> Pubkey {
        self.terms.source
    }

    /// A look at the guard.
    pub fn report(&self, venue_now: Millis) -> GuardReport {
        GuardReport {
            margins: self.margins.clone(),
            spent: self.ledger.spent(venue_now),
            budget: self.terms.budget,
            notices: self.speaker.notices().cloned().collect(),
        }
    }

    /// What is done about an account with positions, out of what is `left` of the budget.
    fn steps(
        &mut self,
        view: &View,
        margin: &Margin,
        address: Pubkey,
        account: &MarginAccount,
        left: &mut u64,
    ) -> Vec<GuardStep> {
        let landed = self.landed.get(&address).is_some_and(|slot| view.complete <= *slot);
        if landed || self.ledger.waits(&address, view.complete) {
            return Vec::new();
        }
        let below = |line| margin.current && margin.is_below(line);
        let refused = self.refused.get(&address);
        let refused = refused.is_some_and(|at| view.chain.now.since(*at) < GIVES_UP_FOR);
        if below(view.lines.top_up) && !refused {
            let lacks = margin.lacks(view.lines.to);
            let amount = lacks.min(*left);
            if amount < lacks {
                let alarm = Alarm::BudgetSpent { lacks, left: *left };
                self.remind(Some(address), alarm, view.chain.now);
            }
            if amount > 0 && amount >= margin.least() {
                *left -= amount;
                return vec![GuardStep::TopUp { amount }];
            }
        }
        if account.owner != self.wallet {
            return Vec::new();
        }
        if below(view.lines.reduce) && !reduces(account) {
            let excess = margin.exceeds(view.lines.to);
            if let Some((market, order)) = reduction(view, account, excess, &self.terms) {
                return vec![GuardStep::Reduce { market, order }];
            }
        }
        let stops = stops(view, account, &self.terms).into_iter().map(|stop| {
            let orders::Stop { market, order, replaces } = stop;
            GuardStep::MoveStop { market, order, replaces }
        });
        stops.collect()
    }

    fn tell_of(&mut self, view: &View, margin: &Margin, address: Pubkey, account: &MarginAccount) {
        let now = view.chain.now;
        if account.flagged_ms != 0 {
            let alarm = Alarm::Flagged { shortfall: account.shortfall };
            self.remind(Some(address), alarm, now);
        }
        if margin.is_below(view.lines.warn) {
            let alarm = Alarm::Margin { percent: margin.percent(), line: view.lines.warn };
            self.remind(Some(address), alarm, now);
            if !margin.current {
                self.remind(Some(address), Alarm::Unpriced, now);
            }
        }
    }

    fn tell_of_missing(&mut self, view: &View, accounts: &BTreeSet<Pubkey>) {
        for address in accounts {
            if !view.mirror.accounts.contains_key(address) {
                self.remind(Some(*address), Alarm::Missing, view.chain.now);
            }
        }
    }

    /// The venue's state is told when it changes, while somebody has positions.
    fn tell_of_state(&mut self, state: State) {
        if state != self.state && !self.margins.is_empty() {
            self.speaker.tell(None, Alarm::Venue { state });
        }
        self.state = state;
    }

    fn remind(&mut self, account: Option<Pubkey>, alarm: Alarm, venue_now: Millis) {
        self.changed |= self.speaker.remind(account, alarm, venue_now);
    }
}

/// What is told of a step that landed.
const fn done(step: GuardStep) -> Alarm {
    match step {
        GuardStep::TopUp { amount } => Alarm::ToppedUp { amount },
        GuardStep::Reduce { market, .. } => Alarm::Reducing { market },
        GuardStep::MoveStop { market, order, .. } => {
            let level = match order.trigger {
                OrderTrigger::AtOrAbove { price } | OrderTrigger::AtOrBelow { price } => price,
                OrderTrigger::Immediate => 0,
            };
            Alarm::StopMoved { market, level }
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
