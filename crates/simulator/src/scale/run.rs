//! A run: the keeper becomes ready, keeps for a while, and is compared with the cluster.

use std::time::Duration;

use bytemuck::bytes_of;
use hdrhistogram::Histogram;
use holdfast_client::address;
use holdfast_keeper_core::fees::Fees;
use holdfast_keeper_core::health::ChainCondition;
use holdfast_keeper_core::keeper::{BATCH, Io, Keeper, KeeperConfig};
use holdfast_keeper_core::witness::Operators;
use holdfast_risk::Millis;
use holdfast_testkit::venue::keypair;
use solana_signer::Signer;

use super::cluster::{Cluster, SLOT, feed_addresses};
use super::io::ScaleIo;
use super::{ScaleFindings, ScalePlan};

/// How often the keeper decides, if it keeps up, milliseconds.
const TICK: u64 = 100;
/// A decision that takes longer counts as one of an hour, microseconds.
const LONGEST_TICK_US: u64 = 3_600_000_000;
/// How often feeds publish, milliseconds.
const PUBLISHES: u64 = 1_000;
/// How often other keepers observe and refresh while this one is not ready, milliseconds.
const OTHERS: u64 = 5_000;
/// How often an account is made to fail, milliseconds.
const FAILS: u64 = 2_000;
/// How long before the end the last one fails: its liquidation takes less.
const LEFT: u64 = 30_000;
/// How long nothing changes at the end, so that everything has been told of.
const CALM: u64 = 10_000;
/// A keeper that is not ready within this time is given up, milliseconds.
const READY_WITHIN: u64 = 3_600_000;
/// Endpoints, and streams at the first of them, each of another operator.
const ENDPOINTS: usize = 3;
const STREAMS: usize = 2;

struct Run<'a> {
    cluster: Cluster,
    io: ScaleIo,
    keeper: Keeper,
    /// Virtual milliseconds since the beginning.
    now: u64,
    /// Until when blocks were made and prices published.
    made: u64,
    /// Whether accounts are made to fail, and change.
    fails: bool,
    calm: bool,
    stopwatch: &'a mut dyn FnMut() -> Duration,
    ticks: Histogram<u64>,
    ready: Option<u64>,
    unhealthy: u64,
}

/// Lets a keeper keep a venue of this size. `stopwatch` says how much time has passed for whoever runs
/// it: a decision that takes longer than a tick delays the next one by so much of the virtual time.
///
/// # Errors
/// A sentence when the keeper does not become ready.
pub fn run(
    plan: &ScalePlan,
    stopwatch: &mut dyn FnMut() -> Duration,
) -> Result<ScaleFindings, String> {
    let ticks = Histogram::new_with_max(LONGEST_TICK_US, 3);
    let ticks = ticks.map_err(|error| format!("no histogram: {error}"))?;
    let mut run = Run {
        cluster: Cluster::new(plan),
        io: ScaleIo::default(),
        keeper: Keeper::new(config(), Millis(0)),
        now: 0,
        made: 0,
        fails: false,
        calm: false,
        stopwatch,
        ticks,
        ready: None,
        unhealthy: 0,
    };
    while run.ready.is_none() {
        run.tick();
        if run.now > READY_WITHIN {
            let report = run.keeper.report(Millis(run.now));
            let seconds = READY_WITHIN / 1_000;
            return Err(format!("the keeper is not ready after {seconds} s: {report:?}"));
        }
    }
    let end = run.now + plan.lasts_ms;
    while run.now < end {
        run.fails = run.now + LEFT < end;
        run.tick();
    }
    (run.fails, run.calm) = (false, true);
    while run.now < end + CALM {
        run.tick();
    }
    Ok(run.findings())
}

impl Run<'_> {
    /// Time passes until the keeper's next decision, and it decides.
    fn tick(&mut self) {
        self.make_blocks();
        self.io.take_in(self.now);
        let now = Millis(self.now);
        let begun = (self.stopwatch)();
        for _ in 0..BATCH {
            let Some(event) = self.io.next_event() else { break };
            self.keeper.hear(event, now);
        }
        let commands = self.keeper.poll(now);
        let report = self.keeper.report(now);
        let took = (self.stopwatch)().saturating_sub(begun);
        for command in commands {
            self.io.begin(command);
        }
        self.io.carry_out(&self.cluster, self.now);
        self.ticks.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if self.ready.is_some() {
            self.unhealthy += u64::from(report.diagnosis.class != ChainCondition::Healthy);
        } else if report.ready {
            self.ready = Some(self.now);
        }
        self.now += TICK.max(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    }

    /// Blocks and prices up to now.
    fn make_blocks(&mut self) {
        while self.made + TICK <= self.now {
            self.made += TICK;
            let at = self.made;
            if at.is_multiple_of(PUBLISHES) {
                let mut changed = Cluster::feeds(at);
                if self.ready.is_none() && at.is_multiple_of(OTHERS) {
                    changed.extend(self.cluster.kept_by_others(at));
                }
                self.io.tell_accounts(&self.cluster, &changed, at);
            }
            if at.is_multiple_of(SLOT) {
                let transactions = self.io.leader_gets(at);
                let fails = self.fails && at.is_multiple_of(FAILS);
                let changed = self.cluster.make_block(at, self.calm, fails, &transactions);
                self.io.tell(&self.cluster, &changed, at);
            }
        }
    }

    fn findings(&self) -> ScaleFindings {
        let (people, fates) = (&self.cluster.people, &self.cluster.fates);
        let same = |number: &u64| {
            let kept =
                self.keeper.mirror().and_then(|it| it.accounts.get(&people.address(*number)));
            kept.is_some_and(|kept| bytes_of(kept) == bytes_of(&people.account(*number)))
        };
        ScaleFindings {
            accounts: people.len(),
            mirrored: people.numbers(None).filter(same).count() as u64,
            ready_ms: self.ready.unwrap_or_default(),
            ticks: self.ticks.len(),
            tick_median_us: self.ticks.value_at_quantile(0.5),
            tick_p99_us: self.ticks.value_at_quantile(0.99),
            tick_longest_us: self.ticks.max(),
            unhealthy_ticks: self.unhealthy,
            reconnects: self.io.opened.saturating_sub(STREAMS as u64),
            parts: self.io.parts,
            longest_answer: self.io.longest_answer,
            updates: self.io.told,
            failed: fates.failed.len() as u64,
            flagged: fates.flagged.len() as u64,
            liquidated: fates.liquidated.len() as u64,
            wronged: fates.wronged,
        }
    }
}

fn config() -> KeeperConfig {
    let (silo, wallet) = (address::silo(0), keypair("keeper", 0));
    KeeperConfig {
        silo,
        account: address::margin_account(&silo, &wallet.pubkey(), 0),
        keepers: vec![wallet.pubkey()],
        wallet,
        guardian: None,
        announced: None,
        feeds: feed_addresses(),
        fees: Fees::default(),
        posting: None,
        guard: None,
        dry_run: false,
        operators: Operators::new((0..ENDPOINTS).collect(), (0..STREAMS).collect()),
        genesis: Some([0; 32]),
    }
}
