//! The venue while a drill plays: time passes, people ask to leave, the keeper works.

use std::collections::BTreeMap;

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::PositionLiquidated;
use holdfast_client::holdfast::state::{MarginAccount, OrderState};
use holdfast_client::{Pubkey, instruction};
use holdfast_keepers::{Intent, Mirror, decide};
use holdfast_risk::Millis;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha20Rng;
use solana_signer::Signer;

use super::measure::Measure;
use super::population::exit_order;
use super::run::Moment;
use crate::feed::Published;
use crate::path::Tick;
use crate::{Failure, Trader, Venue, events};

/// Chance that somebody wants out at a tick.
const EXIT_CHANCE: f64 = 0.05;
/// Longer than an order waits for its execution.
const SETTLES_MS: u64 = 3_000;

/// A venue with people on it, their keeper, and what was counted so far.
pub struct Running {
    /// The venue.
    pub venue: Venue,
    traders: Vec<Trader>,
    /// The keeper's margin account.
    pub keeper: Pubkey,
    /// What was seen.
    pub measure: Measure,
    /// The keeper's view of the venue.
    pub mirror: Mirror,
    /// Positions closed by their owners.
    pub exits: u64,
    /// Requests to close, and their executions, that were refused or never came.
    pub exits_refused: u64,
    /// Transactions the keeper sent.
    pub transactions: u64,
    /// How many of them were refused.
    pub transactions_refused: u64,
    /// Compute units of those that landed.
    pub compute_units: u64,
}

impl Running {
    /// Nothing has happened yet.
    pub fn new(venue: Venue, traders: Vec<Trader>, keeper: Pubkey) -> Self {
        let mirror = first_mirror(&venue, &traders);
        Self {
            venue,
            traders,
            keeper,
            measure: Measure::new(),
            mirror,
            exits: 0,
            exits_refused: 0,
            transactions: 0,
            transactions_refused: 0,
            compute_units: 0,
        }
    }

    /// Time passes to `at_ms`, prices are published, somebody may want out, the keeper works.
    pub fn tick(
        &mut self,
        at_ms: u64,
        prices: &[u64],
        random: &mut ChaCha20Rng,
    ) -> Result<(), String> {
        let passes = at_ms.saturating_sub(self.venue.cluster.now_ms());
        self.venue.cluster.pass(passes);
        self.publish(prices)?;
        if random.random_bool(EXIT_CHANCE) {
            self.ask_to_leave(random);
        }
        self.keep()
    }

    /// Lets what was asked for be executed at `prices`; an exit that still waits was refused.
    pub fn settle(&mut self, prices: &[u64]) -> Result<(), String> {
        self.venue.cluster.pass(SETTLES_MS);
        self.publish(prices)?;
        self.keep()?;
        self.refresh_mirror();
        for account in self.mirror.accounts.values() {
            let waits = |index: &u8| waits_to_leave(account, *index);
            self.exits_refused += account.open_indices().filter(waits).count() as u64;
        }
        Ok(())
    }

    /// Publishes and refreshes; observing is the keeper's decision.
    fn publish(&mut self, prices: &[u64]) -> Result<(), String> {
        for (index, price) in prices.iter().enumerate() {
            let published = Published::new(*price, self.venue.cluster.now_ms());
            self.venue.publish_one(index, published).map_err(|failure| failure.message)?;
        }
        Ok(())
    }

    /// Somebody with a position, and no request to leave it yet, asks to close it.
    fn ask_to_leave(&mut self, random: &mut ChaCha20Rng) {
        let Some(trader) = self.traders.choose(random) else { return };
        let state = self.venue.account(&trader.account);
        let market = state.open_indices().find(|index| !waits_to_leave(&state, *index));
        let Some(market) = market else { return };
        let held = state.positions[usize::from(market)].size;
        let order = exit_order(held, self.venue.cluster.now_ms());
        if self.venue.place(trader, usize::from(market), order).is_err() {
            self.exits_refused += 1;
        }
    }

    /// The keeper looks, decides and acts.
    fn keep(&mut self) -> Result<(), String> {
        self.refresh_mirror();
        let now = self.now();
        self.measure.look(&self.mirror, now, self.venue.cluster.slot());
        for intent in decide(&self.mirror, now) {
            self.carry_out(&intent)?;
        }
        Ok(())
    }

    /// Sends one intent. The account and the markets are read again first: an earlier intent of the
    /// same round may have changed them.
    fn carry_out(&mut self, intent: &Intent) -> Result<(), String> {
        if let Some(account) = intent.account() {
            self.refresh_for(account);
        }
        let signer = self.venue.admin.pubkey();
        let Some(instruction) = intent.instruction(&self.mirror, self.keeper, signer) else {
            return Err(format!("{intent:?} is about an account the mirror does not hold"));
        };
        let exits = self.is_exit(intent);
        self.transactions += 1;
        match self.venue.cluster.send(&[instruction], &[&self.venue.admin]) {
            Ok(landed) => {
                self.compute_units += landed.compute_units_consumed;
                self.exits += u64::from(exits);
                if let Some(event) = events::find::<PositionLiquidated>(&landed) {
                    // The mirror still shows what was true before.
                    self.measure.judge(&self.mirror, self.now(), &event);
                    self.measure.landed(&event, self.venue.cluster.slot());
                }
                Ok(())
            }
            Err(failure) => {
                self.transactions_refused += 1;
                self.refused(intent, exits, &failure)
            }
        }
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
                self.withdraw_order(*account, *number)
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
    fn withdraw_order(&mut self, account: Pubkey, number: u64) -> Result<(), String> {
        let owner = self.traders.iter().find(|trader| trader.account == account);
        let owner = owner.ok_or_else(|| format!("nobody owns {account}"))?;
        let cancel = instruction::cancel_order(owner.keypair.pubkey(), account, number);
        let sent = self.venue.cluster.send(&[cancel], &[&owner.keypair]);
        sent.map(|_| ()).map_err(|failure| failure.message)
    }

    fn is_exit(&self, intent: &Intent) -> bool {
        let Intent::ExecuteOrder { account, number, .. } = intent else { return false };
        let state = self.mirror.accounts.get(account);
        state.is_some_and(|state| {
            state.orders.iter().any(|order| order.number == *number && order.reduce_only == 1)
        })
    }

    /// The venue's clock: the cluster's, which shows whole seconds.
    fn now(&self) -> Millis {
        Millis(self.venue.cluster.now_ms() / 1_000 * 1_000)
    }

    fn refresh_mirror(&mut self) {
        self.mirror.silo = self.venue.silo_state();
        self.mirror.chain_health = self.venue.chain_health();
        for (address, account) in &mut self.mirror.accounts {
            *account = self.venue.account(address);
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

    /// The look of things at a tick.
    pub fn moment(&self, tick: &Tick) -> Moment {
        Moment {
            at_ms: tick.at_ms,
            price: tick.price,
            insurance: self.mirror.silo.ledger.insurance,
            liquidations: self.measure.partial + self.measure.full,
        }
    }
}

/// Whether a request to close the position in a market waits already.
fn waits_to_leave(account: &MarginAccount, market: u8) -> bool {
    let waits =
        |order: &OrderState| order.number != 0 && order.market == market && order.reduce_only == 1;
    account.orders.iter().any(waits)
}

fn first_mirror(venue: &Venue, traders: &[Trader]) -> Mirror {
    let markets = venue.markets.iter().enumerate();
    let accounts = traders.iter().map(|trader| trader.account);
    Mirror {
        silo_address: venue.silo,
        silo: venue.silo_state(),
        chain_health: venue.chain_health(),
        markets: markets.map(|(index, address)| (*address, venue.market(index))).collect(),
        accounts: accounts.map(|address| (address, venue.account(&address))).collect(),
        requests: BTreeMap::new(),
        feeds: BTreeMap::new(),
    }
}
