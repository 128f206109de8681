//! Playing a path.

use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::moment::Moment;
use super::people::Crowd;
use super::population::move_in;
use super::report::{Refused, Report, state_name};
use super::running::DrillState;
use super::scenario::Scenario;
use holdfast_testkit::audit::Audit;
use holdfast_testkit::chain::Pace;
use holdfast_testkit::path::{Bar, Tick, ticks};
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

/// What to play.
pub struct Drill<'a> {
    /// What happens.
    pub scenario: &'static Scenario,
    /// The path: the scenario's own, or recorded prices.
    pub bars: &'a [Bar],
    /// Where the random choices come from.
    pub seed: u64,
    /// Margin accounts.
    pub accounts: usize,
}

/// Hears how far a drill has come: what it does, steps done, steps in all.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

impl Drill<'_> {
    /// Plays the drill.
    ///
    /// # Errors
    /// A sentence saying what went wrong; a refused liquidation or exit is a finding, not an error.
    pub fn run(&self, progress: Progress) -> Result<Report, String> {
        let last = self.bars.last().ok_or("the path is empty")?;
        let first = self.bars[0];
        let lasts = last.opened_ms + last.lasted_ms - first.opened_ms;
        let step = if lasts > LONG_PATH_MS { LONG_STEP_MS } else { self.scenario.step_ms };
        let path = ticks(self.bars, step);
        let mut random = ChaCha20Rng::seed_from_u64(self.seed);
        let mut running = self.open(&path, &mut random, progress)?;
        let insurance_before = running.venue.silo_state().ledger.insurance;
        let mut course = Vec::with_capacity(path.len());
        let mut prices = prices_at(first.open, first.open);
        for (done, tick) in path.iter().enumerate() {
            progress("playing the path", done as u64, path.len() as u64);
            prices = prices_at(tick.price, first.open);
            running.tick(tick.at_ms, &prices, &mut random)?;
            course.push(running.moment(tick));
        }
        running.settle(&prices)?;
        Ok(self.report(running, insurance_before, course))
    }

    /// Deploys, funds the pools and lets people in, ending at the path's first tick.
    fn open(
        &self,
        path: &[Tick],
        random: &mut ChaCha20Rng,
        progress: Progress,
    ) -> Result<DrillState, String> {
        let said = |failure: Failure| failure.message;
        let first = path.first().ok_or("the path is empty")?;
        let prices = prices_at(first.price, first.price);
        let listings = [
            Listing { name: "SOL-PERP", price: prices[0], providers: ALL },
            Listing { name: "BTC-PERP", price: prices[1], providers: ALL },
        ];
        progress("deploying the program", 0, 4);
        let learns = if self.scenario.slot_ms == Pace::HEALTHY.slot_ms { 0 } else { LEARNING_MS };
        let began = first.at_ms.saturating_sub(60_000 + learns);
        let mut venue = Venue::deploy(began, &listings)?;
        venue.cluster.set_nominal(self.scenario.slot_ms);
        venue.publish(&prices).map_err(said)?;
        progress("funding the pools", 1, 4);
        venue.join_pool(false, LIQUIDITY, &prices).map_err(said)?;
        venue.join_pool(true, INSURANCE, &prices).map_err(said)?;
        progress("opening accounts", 2, 4);
        let traders = move_in(&mut venue, self.accounts, &prices, random).map_err(said)?;
        let keeper = venue.trader(0).map_err(said)?.account;
        let people = Crowd::new(&mut venue, traders).map_err(said)?;
        let mut running = DrillState::new(venue, people, keeper, self.scenario);
        progress("executing the first orders", 3, 4);
        running.settle(&prices)?;
        for _ in 0..learns / LEARNING_LOOK_MS {
            running.venue.cluster.pass(LEARNING_LOOK_MS);
            running.venue.publish(&prices).map_err(said)?;
        }
        let calm = first.at_ms.saturating_sub(running.venue.cluster.now_ms());
        running.venue.cluster.pass(calm);
        running.venue.cluster.vote_time(self.scenario.epoch_slots);
        Ok(running)
    }

    fn report(&self, running: DrillState, insurance_before: u64, course: Vec<Moment>) -> Report {
        let mut accounts: Vec<_> = running.mirror.accounts.keys().copied().collect();
        accounts.push(running.keeper);
        let audit = Audit::of(&running.venue, &accounts);
        let (measure, watch) = (&running.measure, &running.watch);
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
