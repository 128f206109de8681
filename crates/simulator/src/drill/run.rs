//! Playing a path.

use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::guards::Guards;
use super::moment::Moment;
use super::people::Crowd;
use super::population::move_in;
use super::report::{Refused, Report, state_name};
use super::running::DrillState;
use super::scenario::{Phase, Scenario};
use holdfast_testkit::audit::Audit;
use holdfast_testkit::chain::Pace;
use holdfast_testkit::path::{Bar, Prices, together};
use holdfast_testkit::venue::{ALL, Listing};
use holdfast_testkit::{Failure, Venue};

/// Dollars of liquidity and of insurance, native units.
const LIQUIDITY: u64 = 10_000_000_000_000;
const INSURANCE: u64 = 500_000_000_000;
/// The second market starts here and moves this share of what the first one moves: an assumption
/// that makes the markets fall together without falling alike.
const SECOND_PRICE: u64 = 110_000_000_000;
const SECOND_SHARE_PERCENT: i128 = 60;
/// How long a venue has seen a chain of other than the usual slots, and how often it looked: its
/// baseline moves by a fiftieth a window.
const LEARNING_MS: u64 = 1_200_000;
const LEARNING_LOOK_MS: u64 = 6_000;
/// A recorded path longer than a day gets by with fewer prices.
const LONG_STEP_MS: u64 = 10_000;
const LONG_PATH_MS: u64 = Millis::DAY.0;

/// Markets that a drill takes.
const NAMES: [&str; 8] = [
    "SOL-PERP",
    "BTC-PERP",
    "THIRD-PERP",
    "FOURTH-PERP",
    "FIFTH-PERP",
    "SIXTH-PERP",
    "SEVENTH-PERP",
    "EIGHTH-PERP",
];

/// What to play.
pub struct Drill<'a> {
    /// What happens.
    pub scenario: &'static Scenario,
    /// The paths, one a market: the scenario's own, or recorded prices. A second market follows one
    /// that is alone.
    pub paths: &'a [Vec<Bar>],
    /// When the outage begins, milliseconds since 1970; where nothing is said, as the scenario has it.
    pub outage_ms: Option<u64>,
    /// Where the random choices come from.
    pub seed: u64,
    /// Margin accounts.
    pub accounts: usize,
    /// Whether guards watch half of them.
    pub guarded: bool,
}

/// Hears how far a drill has come: what it does, steps done, steps in all.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

impl Drill<'_> {
    /// Plays the drill.
    ///
    /// # Errors
    /// A sentence saying what went wrong; a refused liquidation or exit is a finding, not an error.
    pub fn run(&self, progress: Progress) -> Result<Report, String> {
        let path = self.path()?;
        let phases = self.phases(&path)?;
        let mut random = ChaCha20Rng::seed_from_u64(self.seed);
        let mut running = self.open(&path[0], phases, &mut random, progress)?;
        let insurance_before = running.venue.silo_state().ledger.insurance;
        let mut course = Vec::with_capacity(path.len());
        for (done, at) in path.iter().enumerate() {
            progress("playing the path", done as u64, path.len() as u64);
            running.tick(at.at_ms, &at.prices, &mut random)?;
            course.push(running.moment(at));
        }
        let last = path.last().map_or(&[][..], |at| &at.prices);
        running.settle(last)?;
        Ok(self.report(running, insurance_before, course))
    }

    /// The markets' prices as time goes by.
    fn path(&self) -> Result<Vec<Prices>, String> {
        if self.paths.len() > NAMES.len() {
            return Err(format!("a drill takes {} markets at the most", NAMES.len()));
        }
        let bars: Vec<&[Bar]> = self.paths.iter().map(Vec::as_slice).collect();
        let ends = |bars: &[Bar]| bars.last().map_or(0, |bar| bar.opened_ms + bar.lasted_ms);
        let begins = |bars: &[Bar]| bars.first().map_or(0, |bar| bar.opened_ms);
        let lasts = bars.iter().map(|bars| ends(bars) - begins(bars)).min().unwrap_or_default();
        let step = if lasts > LONG_PATH_MS { LONG_STEP_MS } else { self.scenario.step_ms };
        let mut path = together(&bars, step)?;
        if self.paths.len() == 1 {
            let start = path[0].prices[0];
            for at in &mut path {
                at.prices = prices_at(at.prices[0], start).to_vec();
            }
        }
        Ok(path)
    }

    /// The scenario's phases, its outage beginning when one says; it has to end before the path does.
    fn phases(&self, path: &[Prices]) -> Result<Vec<Phase>, String> {
        let (begins, ends) = (path[0].at_ms, path[path.len() - 1].at_ms);
        let after = self.outage_ms.map(|at| {
            let last = format!("the prices go from {begins} to {ends} milliseconds since 1970");
            at.checked_sub(begins).filter(|_| at < ends).ok_or(format!("--outage-at: {last}"))
        });
        let phases = self.scenario.beginning(after.transpose()?)?;
        let lasts: u64 = phases.iter().map(|phase| phase.lasts_ms).sum();
        if lasts >= ends - begins {
            return Err(format!(
                "the outage of {} ends {} s into prices of {} s: begin it earlier with --outage-at, \
                 or take longer files",
                self.scenario.name,
                lasts / 1_000,
                (ends - begins) / 1_000
            ));
        }
        Ok(phases)
    }

    /// Deploys, funds the pools and lets people in, ending at the path's first prices.
    fn open(
        &self,
        first: &Prices,
        phases: Vec<Phase>,
        random: &mut ChaCha20Rng,
        progress: Progress,
    ) -> Result<DrillState, String> {
        let said = |failure: Failure| failure.message;
        let prices = &first.prices[..];
        let named = NAMES.iter().zip(prices);
        let listings: Vec<_> =
            named.map(|(name, price)| Listing { name, price: *price, providers: ALL }).collect();
        progress("deploying the program", 0, 4);
        let learns = if self.scenario.slot_ms == Pace::HEALTHY.slot_ms { 0 } else { LEARNING_MS };
        let began = first.at_ms.saturating_sub(60_000 + learns);
        let mut venue = Venue::deploy(began, &listings)?;
        venue.cluster.set_nominal(self.scenario.slot_ms);
        venue.publish(prices).map_err(said)?;
        progress("funding the pools", 1, 4);
        venue.join_pool(false, LIQUIDITY, prices).map_err(said)?;
        venue.join_pool(true, INSURANCE, prices).map_err(said)?;
        progress("opening accounts", 2, 4);
        let traders = move_in(&mut venue, self.accounts, prices, random).map_err(said)?;
        let keeper = venue.trader(0).map_err(said)?.account;
        let guards = Guards::new(&venue, &traders, self.guarded);
        let people = Crowd::new(&mut venue, traders).map_err(said)?;
        let trouble = self.scenario.trouble();
        let mut running = DrillState::new(venue, people, keeper, guards, trouble, phases);
        progress("executing the first orders", 3, 4);
        running.settle(prices)?;
        for _ in 0..learns / LEARNING_LOOK_MS {
            running.venue.cluster.pass(LEARNING_LOOK_MS);
            running.venue.publish(prices).map_err(said)?;
        }
        let calm = first.at_ms.saturating_sub(running.venue.cluster.now_ms());
        running.venue.cluster.pass(calm);
        running.venue.cluster.vote_time(self.scenario.epoch_slots);
        Ok(running)
    }

    fn report(&self, running: DrillState, insurance_before: u64, course: Vec<Moment>) -> Report {
        let mut accounts: Vec<_> = running.mirror.accounts.keys().copied().collect();
        accounts.push(running.keeper);
        let audit = Audit::new(&running.venue, &accounts);
        let (measure, watch) = (&running.measure, &running.watch);
        let half = running.guards.half.iter();
        let ended = running.venue.seen_chain().monitor.state;
        let refused = running.refusals.iter().map(|((action, state), count)| Refused {
            action,
            state: state_name(*state),
            count: *count,
        });
        Report {
            scenario: self.scenario.name,
            seed: self.seed,
            accounts: self.accounts,
            liquidated: measure.liquidated.len(),
            half_liquidated: half.filter(|it| measure.liquidated.contains_key(*it)).count(),
            guards: running.guards.figures(),
            bad_debt: measure.bad_debt,
            insurance_before,
            insurance_after: running.venue.silo_state().ledger.insurance,
            vault_difference: audit.vaults,
            audit,
            wrongful_liquidations: measure.wrongful,
            exits_refused: running.exits_refused,
            slots_to_liquidate: measure.percentiles(),
            partial: measure.partial,
            full: measure.full,
            price_low: course.iter().map(|moment| moment.price).min().unwrap_or_default(),
            exits: running.exits,
            transactions: running.transactions,
            transactions_refused: running.transactions_refused,
            compute_units: running.compute_units,
            disrupted_at: watch.last_disruption,
            known_at: watch.known,
            safe_at: watch.safe,
            resumed_at: watch.resumed,
            resumed: (watch.resumed.is_some() || watch.last_disruption.is_none())
                && ended == State::Normal,
            liquidated_at: watch.liquidated,
            exits_late: running.exits_late.len(),
            deposits: running.deposits,
            deposits_refused: running.deposits_refused,
            refused: refused.collect(),
            course,
        }
    }
}

/// Both markets' prices when the first stands at `price` after starting at `start`.
fn prices_at(price: u64, start: u64) -> [u64; 2] {
    let moved = i128::from(price) - i128::from(start);
    let second = i128::from(SECOND_PRICE);
    let change = second * moved * SECOND_SHARE_PERCENT / (100 * i128::from(start));
    [price, u64::try_from(second + change).unwrap_or(1).max(1)]
}
