//! Playing a path.

use std::collections::BTreeMap;

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::PositionLiquidated;
use holdfast_client::{Pubkey, instruction};
use holdfast_keepers::{Intent, Mirror, decide};
use holdfast_risk::Millis;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use solana_signer::Signer;

use super::measure::Measure;
use super::population::{exit_order, move_in};
use super::report::Report;
use crate::audit::Audit;
use crate::path::{Bar, Tick, ticks};
use crate::venue::Listing;
use crate::{Failure, Trader, Venue, events};

/// Dollars of liquidity and of insurance, native units.
const LIQUIDITY: u64 = 10_000_000_000_000;
const INSURANCE: u64 = 500_000_000_000;
/// The second market starts here and moves this share of what the first one moves: an assumption
/// that makes the markets fall together without falling alike.
const SECOND_PRICE: u64 = 110_000_000_000;
const SECOND_SHARE_PERCENT: i128 = 60;
/// A price at least this often; a path longer than a day gets by with fewer.
const STEP_MS: u64 = 5_000;
const LONG_STEP_MS: u64 = 10_000;
const LONG_PATH_MS: u64 = 86_400_000;
/// Chance that somebody wants out at a tick.
const EXIT_CHANCE: f64 = 0.05;

/// What to play.
pub struct Drill<'a> {
    /// Its name in the report.
    pub scenario: &'static str,
    /// The path.
    pub bars: &'a [Bar],
    /// Where the random choices come from.
    pub seed: u64,
    /// Margin accounts.
    pub accounts: usize,
}

/// Hears how far a drill has come: what it does, steps done, steps in all.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

/// One look at a running drill.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// When, milliseconds.
    pub at_ms: u64,
    /// First market's price, millionths.
    pub price: u64,
    /// Insurance fund, native units.
    pub insurance: u64,
    /// Liquidations so far.
    pub liquidations: u64,
}

struct Running {
    venue: Venue,
    traders: Vec<Trader>,
    keeper: Pubkey,
    measure: Measure,
    mirror: Mirror,
    exits: u64,
    exits_refused: u64,
    transactions: u64,
    compute_units: u64,
}

impl Drill<'_> {
    /// Plays the drill.
    ///
    /// # Errors
    /// A sentence saying what went wrong; a refused liquidation or exit is a finding, not an error.
    pub fn run(&self, progress: Progress) -> Result<Report, String> {
        let last = self.bars.last().ok_or("the path is empty")?;
        let first = self.bars[0];
        let lasts = last.opened_ms + last.lasted_ms - first.opened_ms;
        let step = if lasts > LONG_PATH_MS { LONG_STEP_MS } else { STEP_MS };
        let path = ticks(self.bars, step);
        let mut random = ChaCha20Rng::seed_from_u64(self.seed);
        let mut running = self.open(&path, &mut random, progress)?;
        let insurance_before = running.venue.silo_state().ledger.insurance;
        let mut course = Vec::with_capacity(path.len());
        for (done, tick) in path.iter().enumerate() {
            progress("playing the path", done as u64, path.len() as u64);
            running.tick(*tick, first.open, &mut random)?;
            course.push(running.moment(tick));
        }
        Ok(self.report(running, insurance_before, course))
    }

    /// Deploys, funds the pools and lets people in, ending at the path's first tick.
    fn open(
        &self,
        path: &[Tick],
        random: &mut ChaCha20Rng,
        progress: Progress,
    ) -> Result<Running, String> {
        let said = |failure: Failure| failure.message;
        let first = path.first().ok_or("the path is empty")?;
        let prices = prices_at(first.price, first.price);
        let listings = [
            Listing { name: "SOL-PERP", price: prices[0] },
            Listing { name: "BTC-PERP", price: prices[1] },
        ];
        progress("deploying the program", 0, 4);
        let began = first.at_ms.saturating_sub(60_000);
        let mut venue = Venue::deploy(began, &listings)?;
        venue.publish(&prices).map_err(said)?;
        progress("funding the pools", 1, 4);
        venue.join_pool(false, LIQUIDITY, &prices).map_err(said)?;
        venue.join_pool(true, INSURANCE, &prices).map_err(said)?;
        progress("opening accounts", 2, 4);
        let traders = move_in(&mut venue, self.accounts, &prices, random).map_err(said)?;
        let keeper = venue.trader(0).map_err(said)?.account;
        let addresses = traders.iter().map(|trader| trader.account);
        let mirror = first_mirror(&venue, addresses);
        let mut running = Running {
            venue,
            traders,
            keeper,
            measure: Measure::new(),
            mirror,
            exits: 0,
            exits_refused: 0,
            transactions: 0,
            compute_units: 0,
        };
        progress("executing the first orders", 3, 4);
        running.venue.cluster.pass(3_000);
        running.venue.publish(&prices).map_err(said)?;
        running.keep()?;
        Ok(running)
    }

    fn report(&self, running: Running, insurance_before: u64, course: Vec<Moment>) -> Report {
        let mut accounts: Vec<_> = running.mirror.accounts.keys().copied().collect();
        accounts.push(running.keeper);
        let audit = Audit::of(&running.venue, &accounts);
        let measure = &running.measure;
        Report {
            scenario: self.scenario,
            seed: self.seed,
            accounts: self.accounts,
            liquidated: measure.liquidated.len(),
            bad_debt: measure.bad_debt,
            insurance_before,
            insurance_after: running.venue.silo_state().ledger.insurance,
            vault_difference: audit.vaults,
            wrongful_liquidations: measure.wrongful,
            exits_refused: running.exits_refused,
            slots_to_liquidate: measure.percentiles(),
            partial: measure.partial,
            full: measure.full,
            price_low: course.iter().map(|moment| moment.price).min().unwrap_or_default(),
            exits: running.exits,
            transactions: running.transactions,
            compute_units: running.compute_units,
            course,
        }
    }
}

impl Running {
    /// Time passes to the tick, prices are published, somebody may want out, the keeper works.
    fn tick(&mut self, tick: Tick, start: u64, random: &mut ChaCha20Rng) -> Result<(), String> {
        let passes = tick.at_ms.saturating_sub(self.venue.cluster.now_ms());
        self.venue.cluster.pass(passes);
        let prices = prices_at(tick.price, start);
        self.venue.publish(&prices).map_err(|failure| failure.message)?;
        if random.random_bool(EXIT_CHANCE) {
            self.ask_to_leave(random);
        }
        self.keep()
    }

    /// Somebody with a position asks to close it.
    fn ask_to_leave(&mut self, random: &mut ChaCha20Rng) {
        let Some(trader) = self.traders.choose(random) else { return };
        let state = self.venue.account(&trader.account);
        let Some(market) = state.open_indices().next() else { return };
        let held = state.positions[usize::from(market)].size;
        let order = exit_order(held, self.venue.cluster.now_ms());
        match self.venue.place(trader, usize::from(market), order) {
            Ok(_) => {}
            // All slots taken by earlier requests to leave: this one is among them.
            Err(failure) if failure.is(HoldfastError::NoFreeOrderSlot) => {}
            Err(_) => self.exits_refused += 1,
        }
    }

    /// The keeper works until it has nothing left to do.
    fn keep(&mut self) -> Result<(), String> {
        self.refresh_mirror();
        self.measure.look(&self.mirror, self.venue.cluster.slot());
        let intents = decide(&self.mirror, Millis(self.venue.cluster.now_ms()));
        for intent in intents {
            self.carry_out(&intent)?;
        }
        Ok(())
    }

    /// Sends one intent. The account and the markets are read again first: an earlier intent of the
    /// same round may have changed them.
    fn carry_out(&mut self, intent: &Intent) -> Result<(), String> {
        self.refresh_for(intent.account());
        let signer = self.venue.admin.pubkey();
        let Some(instruction) = intent.instruction(&self.mirror, self.keeper, signer) else {
            return Err(format!("{intent:?} is about an account the mirror does not hold"));
        };
        if let Intent::Liquidate { account, market } = intent {
            self.measure.judge(&self.mirror, account, *market);
        }
        self.transactions += 1;
        let exits = self.is_exit(intent);
        match self.venue.cluster.send(&[instruction], &[&self.venue.admin]) {
            Ok(landed) => {
                self.compute_units += landed.compute_units_consumed;
                self.exits += u64::from(exits);
                if let Some(event) = events::find::<PositionLiquidated>(&landed) {
                    self.measure.landed(&event, self.venue.cluster.slot());
                }
            }
            Err(failure) => self.refused(intent, exits, &failure)?,
        }
        Ok(())
    }

    /// A refusal that the decision could not foresee: the account changed since the look, or an
    /// opening met a cap. Anything else is an error of the keeper or the program.
    fn refused(&mut self, intent: &Intent, exits: bool, failure: &Failure) -> Result<(), String> {
        let gone = [HoldfastError::NothingToReduce, HoldfastError::OrderNotFound];
        let capped = [
            HoldfastError::BelowInitialMargin,
            HoldfastError::AccountShareCap,
            HoldfastError::UtilisationCap,
            HoldfastError::OpenInterestCap,
            HoldfastError::PositionTooSmall,
        ];
        let is_one_of = |errors: &[HoldfastError]| {
            errors.iter().any(|error| failure.code == Some(u32::from(*error)))
        };
        match intent {
            Intent::ExecuteOrder { account, number, .. }
                if is_one_of(&gone) || !exits && is_one_of(&capped) =>
            {
                self.withdraw_order(*account, *number);
                Ok(())
            }
            Intent::ExecuteOrder { .. } if exits => {
                self.exits_refused += 1;
                Ok(())
            }
            Intent::Liquidate { .. } if failure.is(HoldfastError::AccountSafe) => Ok(()),
            _ => Err(format!("{intent:?} was refused: {}", failure.message)),
        }
    }

    /// The owner takes an order back that has become pointless.
    fn withdraw_order(&mut self, account: Pubkey, number: u64) {
        let Some(owner) = self.traders.iter().find(|trader| trader.account == account) else {
            return;
        };
        let cancel = instruction::cancel_order(owner.keypair.pubkey(), account, number);
        let sent = self.venue.cluster.send(&[cancel], &[&owner.keypair]);
        if sent.is_err() {
            self.exits_refused += 1;
        }
    }

    fn is_exit(&self, intent: &Intent) -> bool {
        let Intent::ExecuteOrder { account, number, .. } = intent else { return false };
        let state = self.mirror.accounts.get(account);
        state.is_some_and(|state| {
            state.orders.iter().any(|order| order.number == *number && order.reduce_only == 1)
        })
    }

    fn refresh_mirror(&mut self) {
        self.mirror.silo = self.venue.silo_state();
        self.mirror.chain_health = self.venue.chain_health();
        let accounts: Vec<_> = self.mirror.accounts.keys().copied().collect();
        for account in accounts {
            self.mirror.accounts.insert(account, self.venue.account(&account));
        }
        self.refresh_markets();
    }

    fn refresh_for(&mut self, account: Pubkey) {
        self.refresh_markets();
        self.mirror.accounts.insert(account, self.venue.account(&account));
    }

    fn refresh_markets(&mut self) {
        for (index, (_, market)) in self.mirror.markets.iter_mut().enumerate() {
            *market = self.venue.market(index);
        }
    }

    fn moment(&self, tick: &Tick) -> Moment {
        Moment {
            at_ms: tick.at_ms,
            price: tick.price,
            insurance: self.mirror.silo.ledger.insurance,
            liquidations: self.measure.partial + self.measure.full,
        }
    }
}

fn first_mirror(venue: &Venue, accounts: impl Iterator<Item = Pubkey>) -> Mirror {
    let markets = venue.markets.iter().enumerate();
    Mirror {
        silo_address: venue.silo,
        silo: venue.silo_state(),
        chain_health: venue.chain_health(),
        markets: markets.map(|(index, address)| (*address, venue.market(index))).collect(),
        accounts: accounts
            .map(|address| (address, venue.account(&address)))
            .collect::<BTreeMap<_, _>>(),
    }
}

/// Both markets' prices when the first stands at `price` after starting at `start`.
fn prices_at(price: u64, start: u64) -> [u64; 2] {
    let moved = i128::from(price) - i128::from(start);
    let second = i128::from(SECOND_PRICE);
    let change = second * moved * SECOND_SHARE_PERCENT / (100 * i128::from(start));
    [price, u64::try_from(second + change).unwrap_or(1).max(1)]
}
