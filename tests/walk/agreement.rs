//! What the keeper decides is what the program does: of everything that a keeper may do, it wants what the
//! program accepts and leaves what the program refuses, but for the exceptions in `exceptions`.

use std::collections::BTreeMap;
use std::fmt;

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_keeper_core::{Intent, VenueSnapshot, decide};
use holdfast_risk::market::settlement::{NO_PRICE, NOTICE};
use holdfast_simulator::mirror as reading;
use holdfast_testkit::venue::{Venue, feed_account};
use solana_signer::Signer;

use crate::cast::{Cast, DONOR};
use crate::exceptions::{Differing, may_be_left, may_be_refused};
use crate::state::MARKETS;
use crate::walk::Walk;

/// Number of the margin account that a stranger executes and liquidates for.
const KEEPER: u16 = 9;
/// Disagreements that are told in full.
const TOLD: usize = 5;
/// How often the chain is observed while markets wind down, milliseconds.
const MINUTE: u64 = 60_000;

/// How often keeper and program agreed.
pub struct Agreement {
    keeper: Pubkey,
    signer: Pubkey,
    accepted: BTreeMap<&'static str, u32>,
    refused: BTreeMap<&'static str, u32>,
    exceptions: BTreeMap<&'static str, u32>,
    disagreements: Vec<String>,
}

impl Agreement {
    /// Opens the account that the keeper acts for: nobody in the walk owns it.
    pub fn new(walk: &mut Walk) -> Self {
        let venue = &mut walk.cast.venue;
        let owner = walk.cast.people[DONOR].keypair.insecure_clone();
        let signer = owner.pubkey();
        let open = instruction::open_margin_account(signer, signer, venue.silo, KEEPER);
        venue.cluster.send(&[open], &[&owner]).expect("an account can be opened");
        let keeper = address::margin_account(&venue.silo, &signer, KEEPER);
        let (accepted, refused, exceptions, disagreements) = Default::default();
        Self { keeper, signer, accepted, refused, exceptions, disagreements }
    }

    /// Compares what the keeper would do now with what the program would accept, and says what it would
    /// do.
    pub fn look(&mut self, venue: &Venue, cast: &Cast) -> Vec<Intent> {
        // A transaction lands in a later slot than what its sender has seen.
        let mut fork = venue.fork();
        fork.cluster.advance(0, 1, 1);
        let mirror = mirror(&fork, cast);
        let intents = decide(&mirror, fork.seen_chain().now);
        let left = everything(&mirror).into_iter().filter(|intent| !intents.contains(intent));
        for intent in intents.iter().copied().chain(left) {
            self.look_at(&intent, &intents, &fork, &mirror);
        }
        intents
    }

    fn look_at(
        &mut self,
        intent: &Intent,
        intents: &[Intent],
        fork: &Venue,
        mirror: &VenueSnapshot,
    ) {
        let built = intent.instruction(mirror, self.keeper, self.signer);
        let instruction = built.expect("the mirror holds everything");
        let done = fork.cluster.simulate(&[instruction], &self.signer);
        let (wanted, kind) = (intents.contains(intent), name(intent));
        let differing = Differing { intent, intents, mirror, chain: &fork.seen_chain() };
        let exception = match &done {
            Ok(()) if wanted => {
                *self.accepted.entry(kind).or_default() += 1;
                return;
            }
            Err(_) if !wanted => {
                *self.refused.entry(kind).or_default() += 1;
                return;
            }
            Err(failure) => may_be_refused(&differing, failure),
            Ok(()) => may_be_left(&differing),
        };
        match exception {
            Some(reason) => *self.exceptions.entry(reason).or_default() += 1,
            None => {
                let said = done.err().map_or("accepted".to_owned(), |failure| failure.message);
                let wants = if wanted { "wants" } else { "leaves" };
                self.disagreements.push(format!("the keeper {wants} {intent:?}: {said}"));
            }
        }
    }

    /// From where a walk ended, on a fork: nobody publishes any more while the chain runs and is observed,
    /// until the markets are given up, settled, and nothing is open in them. The keeper alone acts.
    pub fn wind_down(&mut self, walk: &Walk) {
        let mut venue = walk.cast.venue.fork();
        // Before and after the day without a price, and before and after the notice.
        for wait in [NO_PRICE.0 - MINUTE, 2 * MINUTE, NOTICE.0 - MINUTE, 2 * MINUTE, 0, 0] {
            let until = venue.cluster.now_ms() + wait;
            while venue.cluster.now_ms() < until {
                venue.cluster.pass(MINUTE);
                let observe = instruction::observe(&venue.markets);
                self.send(&mut venue, observe);
            }
            let intents = self.look(&venue, &walk.cast);
            for intent in intents.iter().filter(|intent| settles(intent)) {
                let mirror = mirror(&venue, &walk.cast);
                let built = intent.instruction(&mirror, self.keeper, self.signer);
                self.send(&mut venue, built.expect("the mirror holds everything"));
            }
        }
    }

    fn send(&self, venue: &mut Venue, instruction: Instruction) {
        venue.cluster.send_unsigned(&[instruction], &self.signer).expect("the keeper may do it");
    }

    /// Nothing differs but for the exceptions, and there was something to agree on.
    pub fn check(&self) {
        let told: Vec<_> = self.disagreements.iter().take(TOLD).map(String::as_str).collect();
        let count = self.disagreements.len();
        assert!(told.is_empty(), "{count} disagreements, among them\n{}", told.join("\n"));
        for kind in WANTED {
            assert!(self.accepted.contains_key(kind), "{kind} was never accepted");
        }
        for kind in LEFT {
            assert!(self.refused.contains_key(kind), "{kind} was never refused");
        }
    }
}

/// What the keeper has to have wanted, for the comparison to be worth something.
const WANTED: [&str; 14] = [
    "pay exit",
    "liquidate",
    "flag",
    "execute order",
    "trigger order",
    "remove order",
    "mature profit",
    "execute pool request",
    "return pool request",
    "announce settlement",
    "settle market",
    "settle position",
    "refresh market",
    "observe",
];
/// What it has to have left.
const LEFT: [&str; 15] = [
    "pay exit",
    "write off debt",
    "liquidate",
    "flag",
    "execute order",
    "trigger order",
    "remove order",
    "mature profit",
    "execute pool request",
    "return pool request",
    "announce settlement",
    "settle market",
    "settle position",
    "refresh market",
    "observe",
];

/// Whether it is a step of a settlement.
fn settles(intent: &Intent) -> bool {
    matches!(
        intent,
        Intent::AnnounceSettlement { .. }
            | Intent::SettleMarket { .. }
            | Intent::SettlePosition { .. }
    )
}

fn name(intent: &Intent) -> &'static str {
    match intent {
        Intent::Liquidate { .. } => "liquidate",
        Intent::Flag { .. } => "flag",
        Intent::ExecuteOrder { .. } => "execute order",
        Intent::TriggerOrder { .. } => "trigger order",
        Intent::RemoveOrder { .. } => "remove order",
        Intent::MatureProfit { .. } => "mature profit",
        Intent::PayExit { .. } => "pay exit",
        Intent::ExecutePool { .. } => "execute pool request",
        Intent::ReturnPool { .. } => "return pool request",
        Intent::WriteOffDebt { .. } => "write off debt",
        Intent::RefreshMarket { .. } => "refresh market",
        Intent::BringPrice { .. } => "bring price",
        Intent::AnnounceSettlement { .. } => "announce settlement",
        Intent::SettleMarket { .. } => "settle market",
        Intent::SettlePosition { .. } => "settle position",
        Intent::Observe => "observe",
        Intent::Reconcile => "reconcile",
        Intent::Tighten { .. } => "tighten",
        Intent::CancelChange { .. } => "take change back",
        Intent::Guard { .. } => "guard",
    }
}

/// Everything that a keeper may try. What it does on a guardian's word is not among it: that is decided by
/// what it has seen for a while, and by a list of its own.
fn everything(mirror: &VenueSnapshot) -> Vec<Intent> {
    let accounts = mirror.accounts.iter().flat_map(|(address, it)| for_account(*address, it));
    let requests = mirror.requests.keys().flat_map(|request| {
        [Intent::ExecutePool { request: *request }, Intent::ReturnPool { request: *request }]
    });
    let markets = mirror.markets.iter().flat_map(|(_, market)| {
        let market = market.index;
        [
            Intent::RefreshMarket { market },
            Intent::AnnounceSettlement { market },
            Intent::SettleMarket { market },
        ]
    });
    let venue = [Intent::Reconcile, Intent::Observe];
    accounts.chain(requests).chain(markets).chain(venue).collect()
}

/// Everything that it may try with an account.
fn for_account(address: Pubkey, account: &MarginAccount) -> Vec<Intent> {
    let legs = account.open_indices().flat_map(|market| {
        let account = address;
        [Intent::Liquidate { account, market }, Intent::SettlePosition { account, market }]
    });
    let orders = account.orders.iter().filter(|slot| slot.number != 0).flat_map(|slot| {
        let (account, market, number) = (address, slot.market, slot.number);
        [
            Intent::ExecuteOrder { account, market, number },
            Intent::TriggerOrder { account, market, number },
            Intent::RemoveOrder { account, market, number },
        ]
    });
    let whole = [
        Intent::Flag { account: address },
        Intent::MatureProfit { account: address },
        Intent::PayExit { account: address },
        Intent::WriteOffDebt { account: address },
    ];
    legs.chain(orders).chain(whole).collect()
}

/// What a keeper knows that has just looked, the chain as the program will find it included: what it
/// cannot know before it has observed it is in doubt, which is another matter.
fn mirror(venue: &Venue, cast: &Cast) -> VenueSnapshot {
    let cluster = &venue.cluster;
    let existing = |of: &[Pubkey]| -> Vec<Pubkey> {
        of.iter().copied().filter(|address| cluster.get(address).is_some()).collect()
    };
    let mut mirror = reading::mirror(venue, existing(&cast.accounts));
    mirror.chain_health.remember(&venue.seen_chain().monitor);
    let requests = existing(&cast.requests).into_iter();
    mirror.requests = requests.map(|address| (address, cluster.read(&address))).collect();
    (0..MARKETS).for_each(|index| reading::hear(&mut mirror, venue, feed_account(index)));
    mirror
}

impl fmt::Display for Agreement {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, count) in &self.accepted {
            writeln!(to, "{kind}: wanted and accepted {count} times")?;
        }
        for (kind, count) in &self.refused {
            writeln!(to, "{kind}: left and refused {count} times")?;
        }
        for (reason, count) in &self.exceptions {
            writeln!(to, "{count} times differently: {reason}")?;
        }
        Ok(())
    }
}
