//! What the keeper decides is what the program does: of everything that may be done for an account,
//! the keeper wants what the program accepts and nothing else.

use std::collections::BTreeMap;
use std::fmt;

use holdfast_client::holdfast::checks::order::{OrderFate, RemovalReason, order_fate};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Pubkey, address, instruction};
use holdfast_keeper_core::{Intent, VenueSnapshot, decide};
use holdfast_risk::chain::health::State as ChainState;
use holdfast_simulator::mirror as reading;
use holdfast_testkit::Failure;
use holdfast_testkit::venue::{Venue, feed_account};
use solana_signer::Signer;

use crate::cast::{Cast, DONOR};
use crate::state::MARKETS;
use crate::walk::Walk;

/// Number of the margin account that a stranger executes and liquidates for.
const KEEPER: u16 = 9;
/// Disagreements that are told in full.
const TOLD: usize = 5;

/// How often keeper and program agreed.
pub struct Agreement {
    keeper: Pubkey,
    signer: Pubkey,
    accepted: BTreeMap<&'static str, u32>,
    refused: BTreeMap<&'static str, u32>,
    exceptions: BTreeMap<&'static str, u32>,
    disagreements: Vec<String>,
}

/// What a pool request comes to is seen when it is sent: the keeper does not work out what shares are
/// worth, and the answer changes with every trade.
const POOL: [HoldfastError; 5] = [
    HoldfastError::DepositTooSmall,
    HoldfastError::PoolUndervalued,
    HoldfastError::LiquidityInUse,
    HoldfastError::BelowMinimum,
    HoldfastError::ZeroAmount,
];

/// Why an intent may be refused.
fn may_be_refused(intent: &Intent, intents: &[Intent], failure: &Failure) -> Option<&'static str> {
    let is = |error: &HoldfastError| failure.is(*error);
    match intent {
        Intent::ExecutePool { .. } if POOL.iter().any(is) => {
            Some("what a pool request comes to is seen when it is sent")
        }
        _ if is(&HoldfastError::ReconcileFirst) && intents.contains(&Intent::Reconcile) => {
            Some("tokens that lie in the other vault are fetched first")
        }
        _ => None,
    }
}

/// Why the keeper may leave undone what the program would accept.
fn may_be_left(
    left: &Intent,
    intents: &[Intent],
    chain: &Chain,
    mirror: &VenueSnapshot,
) -> Option<&'static str> {
    if let Intent::ExecuteOrder { account, market, number } = *left {
        let triggers = intents.contains(&Intent::TriggerOrder { account, market, number });
        return (triggers && is_too_small(account, market, number, chain, mirror))
            .then_some("an order that has lapsed is triggered again, not removed as too small");
    }
    let Intent::Liquidate { account, market } = left else { return None };
    let liquidated = intents.iter().filter_map(|intent| match intent {
        Intent::Liquidate { account, market } => Some((account, market)),
        _ => None,
    });
    if liquidated.clone().any(|(other, _)| other == account) {
        return Some("one position of an account is liquidated at a time");
    }
    if chain.monitor.state == ChainState::Thaw
        && liquidated.clone().any(|(_, other)| other == market)
    {
        return Some("the minute's notional in a thaw is left to who lacks more");
    }
    None
}

/// Whether executing an order would remove it, because what it opens is too small.
fn is_too_small(
    account: Pubkey,
    market: u8,
    number: u64,
    chain: &Chain,
    mirror: &VenueSnapshot,
) -> bool {
    let (account, market) =
        (&mirror.accounts[&account], mirror.market(market).expect("it is known"));
    let waiting = account.orders.iter().find(|slot| slot.number == number).expect("it waits");
    let next = |index| mirror.open_market(index);
    let fate = order_fate(&mirror.silo, account, market, waiting, chain, next);
    matches!(fate, Ok(OrderFate::Removed(RemovalReason::TooSmall)))
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

    /// Compares what the keeper would do now with what the program would accept.
    pub fn look(&mut self, walk: &Walk) {
        // A transaction lands in a later slot than what its sender has seen.
        let mut fork = walk.cast.venue.fork();
        fork.cluster.advance(0, 1, 1);
        let mirror = mirror(&fork, &walk.cast);
        let intents = decide(&mirror, fork.seen_chain().now);
        for intent in &intents {
            self.look_at(intent, &intents, &fork, &mirror);
        }
        for (address, account) in &mirror.accounts {
            for left in everything(*address, account) {
                if !intents.contains(&left) {
                    self.look_at(&left, &intents, &fork, &mirror);
                }
            }
        }
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
        let exception = match &done {
            Ok(()) if wanted => {
                *self.accepted.entry(kind).or_default() += 1;
                return;
            }
            Err(_) if !wanted => {
                *self.refused.entry(kind).or_default() += 1;
                return;
            }
            Err(failure) => may_be_refused(intent, intents, failure),
            Ok(()) => may_be_left(intent, intents, &fork.seen_chain(), mirror),
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
const WANTED: [&str; 10] = [
    "pay exit",
    "liquidate",
    "flag",
    "execute order",
    "trigger order",
    "remove order",
    "mature profit",
    "execute pool request",
    "refresh market",
    "observe",
];
/// What it has to have left.
const LEFT: [&str; 8] = [
    "pay exit",
    "write off debt",
    "liquidate",
    "flag",
    "execute order",
    "trigger order",
    "remove order",
    "mature profit",
];

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
        Intent::AnnounceSettlement { .. } => "announce settlement",
        Intent::SettleMarket { .. } => "settle market",
        Intent::SettlePosition { .. } => "settle position",
        Intent::Observe => "observe",
        Intent::Reconcile => "reconcile",
        Intent::Tighten { .. } => "tighten",
        Intent::CancelChange { .. } => "take change back",
    }
}

/// Everything that anybody may try with an account.
fn everything(address: Pubkey, account: &MarginAccount) -> Vec<Intent> {
    let legs = account.open_indices().map(|market| Intent::Liquidate { account: address, market });
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
