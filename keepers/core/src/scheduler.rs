//! Which of the decided intents are carried out now, and by whom.
//!
//! Nothing is sent twice while it is under way, nothing again at once that was refused, and of
//! several keepers one acts first: the others follow after a delay each, if the thing is still to
//! do by then. Nothing of this is kept on disk: whoever starts finds out from the chain.

use std::collections::{BTreeMap, HashSet};

use holdfast_client::Pubkey;
use holdfast_risk::Millis;

use crate::guard::GuardStep;
use crate::health::OperatingPolicy;
use crate::leader_rotation::{BACKUP_DELAY, LeaderRotation};
use crate::posting::{DraftStep, FeedId};
use crate::{Intent, VenueSnapshot};

/// The first pause after a refusal; it doubles with each further one.
const FIRST_PAUSE: Millis = Millis(1_000);
const LONGEST_PAUSE: Millis = Millis(60_000);
/// The mirror has to show what landed within this time, or it is looked at again.
const SHOWS_AFTER: Millis = Millis(10_000);
/// Transactions of a kind under way at once: none takes the places of another.
const MOST_FLYING: usize = 64;

/// What an intent is about: one thing is under way at a time for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// An account's flag or liquidation.
    Account(Pubkey),
    /// An order.
    Order(Pubkey, u64),
    /// An account's pending profit.
    Profit(Pubkey),
    /// An account's debt.
    Debt(Pubkey),
    /// An account's exit.
    Exit(Pubkey),
    /// A pool request.
    Request(Pubkey),
    /// The silo's vaults.
    Vaults,
    /// A market's price.
    Market(u8),
    /// A feed's price that is to be brought.
    Feed(FeedId),
    /// One of this keeper's own that is on its way.
    Draft(FeedId),
    /// A market's settlement.
    Settlement(u8),
    /// An account's position in a settled market.
    Position(Pubkey, u8),
    /// The chain's health.
    Chain,
    /// A guardian's word on it.
    Tightening,
    /// A change that waits.
    Change(u64),
    /// Margin for an account that a guard watches.
    Margin(Pubkey),
    /// A reduction of such an account's positions.
    Reduction(Pubkey),
    /// Its stop in a market.
    Stop(Pubkey, u8),
}

/// What an intent is for: it decides what may stop it and what it may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Tells the venue how the chain is.
    Observe,
    /// Lets somebody out, or brings the price or the tokens that let them out.
    Exit,
    /// Takes risk off the venue, or lets a trader in.
    Risk,
    /// Can wait.
    Chore,
}

/// Decides who does what, when.
pub struct Scheduler {
    attendance: LeaderRotation,
    records: BTreeMap<Target, Record>,
    flying: HashSet<Target>,
    /// What the last decision named.
    due: HashSet<Target>,
}

/// What is remembered of a target.
#[derive(Clone, Debug)]
struct Record {
    /// Since when there has been something to do about it, and what for.
    since: Millis,
    kind: Kind,
    /// Refusals since then.
    refusals: u32,
    /// Nothing before this.
    pause: Millis,
    /// What the last refusal said.
    reason: String,
    /// In which slot it landed, and when that was noticed.
    landed: Option<(u64, Millis)>,
    /// Whose turn was before this keeper's.
    ahead: Vec<Pubkey>,
}

/// Something that is not tried for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// What.
    pub target: Target,
    /// How often it was refused.
    pub refusals: u32,
    /// Until when it is left alone.
    pub until: Millis,
    /// Why.
    pub reason: String,
}

impl Target {
    /// How long each further keeper waits before it does what another was to do: a price takes two
    /// transactions, one after the other.
    const fn patience(&self) -> Millis {
        match self {
            Self::Feed(_) => Millis(3 * BACKUP_DELAY.0),
            _ => BACKUP_DELAY,
        }
    }

    /// Whether it is this keeper's own, and nobody else's turn comes first.
    const fn is_own(&self) -> bool {
        matches!(self, Self::Draft(_) | Self::Margin(_) | Self::Reduction(_) | Self::Stop(..))
    }

    /// Whether it takes a guardian's key, which not every keeper has.
    const fn is_guardians(&self) -> bool {
        matches!(self, Self::Tightening | Self::Change(_))
    }
}

impl Intent {
    /// What it is about.
    pub const fn target(&self) -> Target {
        match *self {
            Self::Liquidate { account, .. } | Self::Flag { account } => Target::Account(account),
            Self::ExecuteOrder { account, number, .. }
            | Self::TriggerOrder { account, number, .. }
            | Self::RemoveOrder { account, number, .. } => Target::Order(account, number),
            Self::MatureProfit { account } => Target::Profit(account),
            Self::PayExit { account } => Target::Exit(account),
            Self::WriteOffDebt { account } => Target::Debt(account),
            Self::ExecutePool { request } | Self::ReturnPool { request } => {
                Target::Request(request)
            }
            Self::Reconcile => Target::Vaults,
            Self::RefreshMarket { market } => Target::Market(market),
            Self::BringPrice { feed, step: DraftStep::Open, .. } => Target::Feed(feed),
            Self::BringPrice { feed, .. } => Target::Draft(feed),
            Self::AnnounceSettlement { market } | Self::SettleMarket { market } => {
                Target::Settlement(market)
            }
            Self::SettlePosition { account, market } => Target::Position(account, market),
            Self::Observe => Target::Chain,
            Self::Tighten { .. } => Target::Tightening,
            Self::CancelChange { number, .. } => Target::Change(number),
            Self::Guard { account, step: GuardStep::TopUp { .. } } => Target::Margin(account),
            Self::Guard { account, step: GuardStep::Reduce { .. } } => Target::Reduction(account),
            Self::Guard { account, step: GuardStep::MoveStop { market, .. } } => {
                Target::Stop(account, market)
            }
        }
    }

    /// What it is for.
    pub fn kind(&self, mirror: &VenueSnapshot) -> Kind {
        match self {
            Self::Observe | Self::Tighten { .. } | Self::CancelChange { .. } => Kind::Observe,
            Self::RefreshMarket { .. }
            | Self::BringPrice { .. }
            | Self::PayExit { .. }
            | Self::Reconcile
            | Self::Guard { step: GuardStep::TopUp { .. } | GuardStep::Reduce { .. }, .. } => {
                Kind::Exit
            }
            Self::Liquidate { .. } | Self::Flag { .. } => Kind::Risk,
            Self::ExecuteOrder { account, market, number }
            | Self::TriggerOrder { account, market, number } => {
                let opens = mirror.accounts.get(account).is_some_and(|state| {
                    let held = state.position(*market).size;
                    let mut orders = state.orders.iter();
                    let order = orders.find(|slot| slot.number == *number);
                    order.is_some_and(|slot| {
                        holdfast_risk::account::order::Order::from(slot).opened(held).0 > 0
                    })
                });
                if opens { Kind::Risk } else { Kind::Exit }
            }
            Self::RemoveOrder { .. }
            | Self::MatureProfit { .. }
            | Self::ExecutePool { .. }
            | Self::ReturnPool { .. }
            | Self::WriteOffDebt { .. }
            | Self::AnnounceSettlement { .. }
            | Self::SettleMarket { .. }
            | Self::SettlePosition { .. }
            | Self::Guard { step: GuardStep::MoveStop { .. }, .. } => Kind::Chore,
        }
    }

    /// The market whose keeper it falls to; what belongs to no market falls to the chain's.
    fn market(&self, mirror: &VenueSnapshot) -> u8 {
        match self {
            Self::Liquidate { market, .. }
            | Self::ExecuteOrder { market, .. }
            | Self::TriggerOrder { market, .. }
            | Self::RefreshMarket { market }
            | Self::BringPrice { market, .. }
            | Self::AnnounceSettlement { market }
            | Self::SettleMarket { market }
            | Self::SettlePosition { market, .. } => *market,
            Self::Flag { account } | Self::RemoveOrder { account, .. } => {
                let state = mirror.accounts.get(account);
                state.and_then(|state| state.open_indices().next()).unwrap_or(u8::MAX)
            }
            Self::MatureProfit { .. }
            | Self::PayExit { .. }
            | Self::ExecutePool { .. }
            | Self::ReturnPool { .. }
            | Self::WriteOffDebt { .. }
            | Self::Reconcile
            | Self::Observe
            | Self::Tighten { .. }
            | Self::CancelChange { .. } => u8::MAX,
            Self::Guard { step, .. } => step.market().unwrap_or(u8::MAX),
        }
    }
}

impl Kind {
    /// Every kind, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Observe, Self::Exit, Self::Risk, Self::Chore];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Exit => "exit",
            Self::Risk => "risk",
            Self::Chore => "chore",
        }
    }
}

impl OperatingPolicy {
    /// Whether something of this kind may be sent.
    pub const fn allows(&self, kind: Kind) -> bool {
        match kind {
            Kind::Observe => self.observe,
            Kind::Exit => self.exits,
            Kind::Risk => self.risk,
            Kind::Chore => self.chores,
        }
    }
}

impl Scheduler {
    /// The desk of one keeper among `keepers`; alone where there are none others.
    pub fn new(me: Pubkey, keepers: &[Pubkey]) -> Self {
        Self {
            attendance: LeaderRotation::new(me, keepers),
            records: BTreeMap::new(),
            flying: HashSet::new(),
            due: HashSet::new(),
        }
    }

    /// Of what was decided, in its order, what this keeper sends now. `seen` is the slot up to which
    /// the mirror is known to be complete; `venue_now` the venue's clock, which all keepers share;
    /// `now` this keeper's own.
    pub fn pick(
        &mut self,
        mirror: &VenueSnapshot,
        intents: &[Intent],
        allowed: &OperatingPolicy,
        seen: u64,
        venue_now: Millis,
        now: Millis,
    ) -> Vec<Intent> {
        self.forget(intents, now);
        let mut taken = self.taken();
        let mut picked = Vec::new();
        let mut turns = BTreeMap::new();
        for intent in intents {
            let target = intent.target();
            let record = self.records.entry(target).or_insert_with(|| Record::new(now));
            let kind = intent.kind(mirror);
            record.kind = kind;
            let places = &mut taken[kind as usize];
            let market = intent.market(mirror);
            let turn = || self.attendance.ahead(market, venue_now);
            let ahead = turns.entry(market).or_insert_with(turn);
            record.ahead = if target.is_own() { Vec::new() } else { ahead.clone() };
            let wait = self.attendance.wait(&record.ahead, target.patience(), now);
            let begins = record.since.after(wait);
            let chosen = *places < MOST_FLYING
                && allowed.allows(kind)
                && !self.flying.contains(&target)
                && now >= begins.max(record.pause)
                && !record.is_settling(seen, now);
            if chosen && !picked.iter().any(|(_, other): &(u32, Intent)| other.target() == target) {
                *places += 1;
                picked.push((record.refusals.min(4), *intent));
                // A keeper without a guardian's key misses nothing when it does not tighten.
                if !target.is_guardians() {
                    self.attendance.passed(&record.ahead, record.since, now);
                }
            }
        }
        // What was refused before is less likely to land: it yields to what was not.
        picked.sort_by_key(|(refusals, intent)| (intent.kind(mirror), *refusals));
        picked.into_iter().map(|(_, intent)| intent).collect()
    }

    /// How much of each kind is under way.
    fn taken(&self) -> [usize; Kind::ALL.len()] {
        let kinds = self.flying.iter().filter_map(|target| self.records.get(target));
        kinds.fold(Default::default(), |mut taken: [usize; Kind::ALL.len()], record| {
            taken[record.kind as usize] += 1;
            taken
        })
    }

    /// It is under way.
    pub fn sent(&mut self, target: Target) {
        self.flying.insert(target);
    }

    /// It landed and did what it should.
    pub fn landed(&mut self, target: Target, slot: u64, now: Millis) {
        self.flying.remove(&target);
        if let Some(record) = self.records.get_mut(&target) {
            record.refusals = 0;
            (record.landed, record.since) = (Some((slot, now)), now);
        }
    }

    /// It was refused, or can no longer land.
    pub fn refused(&mut self, target: Target, reason: String, now: Millis) {
        self.flying.remove(&target);
        let record = self.records.entry(target).or_insert_with(|| Record::new(now));
        let pause = FIRST_PAUSE.0.saturating_mul(1 << record.refusals.min(10));
        record.refusals = record.refusals.saturating_add(1);
        record.pause = now.after(Millis(pause.min(LONGEST_PAUSE.0)));
        record.reason = reason;
    }

    /// How often it was refused since there is something to do about it.
    pub fn refusals(&self, target: Target) -> u32 {
        self.records.get(&target).map_or(0, |record| record.refusals)
    }

    /// What is left alone for now, with the reasons.
    pub fn held_back(&self, now: Millis) -> Vec<HeldBack> {
        let paused = self.records.iter().filter(|(_, record)| record.pause > now);
        let held = paused.map(|(target, record)| HeldBack {
            target: *target,
            refusals: record.refusals,
            until: record.pause,
            reason: record.reason.clone(),
        });
        held.collect()
    }

    /// For how long the oldest work of each kind has been due, by the last decision.
    pub fn oldest(&self, now: Millis) -> BTreeMap<Kind, Millis> {
        let mut oldest = BTreeMap::new();
        for (target, record) in &self.records {
            // What landed is done, unless it is still there when the mirror should show it.
            let settles = record.landed.is_some_and(|(_, at)| now.since(at) < SHOWS_AFTER);
            if self.due.contains(target) && !settles {
                let age = oldest.entry(record.kind).or_insert(Millis(0));
                *age = now.since(record.since).max(*age);
            }
        }
        oldest
    }

    /// How much is under way.
    pub fn flying(&self) -> usize {
        self.flying.len()
    }

    /// Drops what is no longer to do, except what is under way or was refused a short while ago.
    fn forget(&mut self, intents: &[Intent], now: Millis) {
        self.due = intents.iter().map(Intent::target).collect();
        let (due, flying, attendance) = (&self.due, &self.flying, &mut self.attendance);
        self.records.retain(|target, record| {
            if due.contains(target) || flying.contains(target) {
                return true;
            }
            let ahead = std::mem::take(&mut record.ahead);
            if !record.is_ours() && !target.is_guardians() {
                attendance.done(&ahead, target.patience(), record.since, now);
            }
            record.pause > now
        });
    }
}

impl Record {
    const fn new(now: Millis) -> Self {
        Self {
            since: now,
            kind: Kind::Chore,
            refusals: 0,
            pause: Millis(0),
            reason: String::new(),
            landed: None,
            ahead: Vec::new(),
        }
    }

    /// Whether it was this keeper that did it.
    const fn is_ours(&self) -> bool {
        self.landed.is_some() && self.refusals == 0
    }

    /// Whether it landed and the mirror cannot show it yet.
    fn is_settling(&self, seen: u64, now: Millis) -> bool {
        self.landed.is_some_and(|(slot, at)| seen <= slot && now.since(at) < SHOWS_AFTER)
    }
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
