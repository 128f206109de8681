//! One fault, once: how long it takes to be found, what it costs, and whether anything is found where
//! nothing fails.

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_keeper_core::health::ChainCondition;

use super::fault::Fault;
use super::world::{KeeperWorld, PRICE, WorldPlan};

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Where the random choices come from.
    pub seed: u64,
    /// What fails.
    pub fault: Fault,
    /// What it is to be taken for; `None`: it concerns one source among several, and nothing is to be
    /// the matter.
    pub class: Option<ChainCondition>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// Milliseconds from the fault to its class; `None` when it was not found in time.
    pub found: Option<u64>,
    /// Polls before the fault in which anything was the matter.
    pub false_alarms: u64,
    /// Polls before the fault.
    pub calm_polls: u64,
    /// Milliseconds from the end of the fault until a price that fell had led to a liquidation.
    pub liquidated: Option<u64>,
    /// Whether the venue took shelter: then it liquidates nobody who is not deeply insolvent.
    pub sheltered: bool,
    /// Transactions that landed and were refused.
    pub refused: u64,
    /// Transactions that landed.
    pub landed: u64,
}

/// How long is waited for a class, milliseconds.
const PATIENCE: u64 = 90_000;
/// How long it takes at most to liquidate when nothing fails any more: pauses after refusals last up
/// to a minute.
const RECOVERY: u64 = 180_000;

impl Trial {
    /// Lets a calm venue be kept for a while, makes the fault, waits for its class, ends it, lets the
    /// price fall, and waits for the liquidation.
    ///
    /// # Errors
    /// A sentence saying what went wrong with the world itself.
    pub fn run(&self) -> Result<Finding, String> {
        let plan = WorldPlan { seed: self.seed, keepers: 1, endpoints: 3, streams: 2, traders: 1 };
        let mut world = KeeperWorld::new(plan)?;
        let mut finding = Finding::default();
        world.pass(10_000);
        let before = world.keepers[0].report(holdfast_risk::Millis(world.now)).counts;
        world.pass(30_000 + self.seed % 10 * 700);
        let calm = world.keepers[0].report(holdfast_risk::Millis(world.now)).counts;
        let polls = |class: usize| calm.classes[class] - before.classes[class];
        finding.calm_polls = (0..ChainCondition::ALL.len()).map(polls).sum();
        finding.false_alarms = finding.calm_polls - polls(ChainCondition::Healthy as usize);

        world.fail(&[self.fault]);
        finding.found = match self.class {
            Some(class) => world.until(PATIENCE, |world| world.keepers[0].class() == class),
            None => {
                world.pass(30_000);
                (world.keepers[0].class() == ChainCondition::Healthy).then_some(0)
            }
        };
        world.fail(&[]);
        finding.liquidated = liquidates(&mut world);
        finding.sheltered = world.chain.venue.chain_health().monitor.last_disruption_ms > 0;
        let counts = world.keepers[0].report(holdfast_risk::Millis(world.now)).counts;
        (finding.refused, finding.landed) = (counts.refused, counts.landed);
        Ok(finding)
    }
}

/// Lets the price fall by a tenth, which is believed at once and leaves less than maintenance. Says
/// after how many milliseconds the first trader was liquidated, or the venue took shelter instead.
pub(super) fn liquidates(world: &mut KeeperWorld) -> Option<u64> {
    world.price = PRICE / 10 * 9;
    let account = world.traders[0].account;
    let before: MarginAccount = world.chain.venue.account(&account);
    world.until(RECOVERY, |world| {
        let now: MarginAccount = world.chain.venue.account(&account);
        now.positions[0].size < before.positions[0].size
            || world.chain.venue.chain_health().monitor.last_disruption_ms > 0
    })
}
