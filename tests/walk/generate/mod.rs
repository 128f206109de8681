//! Drawing the next action: of every kind, sometimes sensible, sometimes not.

mod money;
mod orders;
mod prices;

use holdfast_risk::chain::health::State as ChainState;
use rand::Rng;
use rand::distr::weighted::WeightedIndex;
use rand::prelude::Distribution;
use rand_chacha::ChaCha8Rng;

use crate::action::{Action, Kind};
use crate::cast::{ACCOUNTS, FIRST_PRICES, PEOPLE};
use crate::model::{Look, Progress, Settings};
use crate::state::MARKETS;
use crate::state::{Account, State};

/// How often each kind is drawn.
const WEIGHTS: [(Kind, u32); 26] = [
    (Kind::Refresh, 300),
    (Kind::Observe, 90),
    (Kind::Open, 20),
    (Kind::Close, 20),
    (Kind::Deposit, 45),
    (Kind::Withdraw, 45),
    (Kind::RequestExit, 40),
    (Kind::PayExit, 15),
    (Kind::CancelExit, 30),
    (Kind::Place, 320),
    (Kind::Trigger, 60),
    (Kind::Cancel, 90),
    (Kind::Execute, 120),
    (Kind::Flag, 45),
    (Kind::Liquidate, 50),
    (Kind::Mature, 30),
    (Kind::WriteOff, 20),
    (Kind::Request, 30),
    (Kind::CancelRequest, 12),
    (Kind::ExecuteRequest, 60),
    (Kind::Reconcile, 10),
    (Kind::Collect, 8),
    (Kind::Donate, 5),
    (Kind::Foreign, 40),
    (Kind::Blow, 3),
    (Kind::Trip, 5),
];

/// Draws of a kind among which a sensible one is looked for.
const TRIES: usize = 10;

/// Whether an account could be flagged.
fn is_someone_unsafe(state: &State, settings: &Settings) -> bool {
    state.accounts.iter().flatten().any(|it| !state.health(it, settings).meets_maintenance())
}

/// Whether an account fails that nobody has flagged.
fn is_unflagged(account: &Account, state: &State, settings: &Settings) -> bool {
    account.flagged.0 == 0 && !state.health(account, settings).meets_maintenance()
}

/// Whether a waiting order is so far.
fn is_some_order(wanted: Progress, state: &State, look: &Look, settings: &Settings) -> bool {
    state.orders(look, settings).iter().any(|(.., far)| *far == wanted)
}

/// The source of actions.
pub struct Generator {
    random: ChaCha8Rng,
    /// What a unit of each market really costs.
    pub prices: [u64; MARKETS],
    /// What a trader may deposit at once, native units.
    deposit: u64,
    /// Refreshes that the running storm has left.
    storm: u32,
    /// The storm's direction.
    falling: bool,
    /// Its largest step, in millionths.
    force: i128,
}

impl Generator {
    /// Draws from a seeded source; deposits are up to `deposit`.
    pub fn new(random: ChaCha8Rng, deposit: u64) -> Self {
        Self { random, prices: FIRST_PRICES, deposit, storm: 0, falling: false, force: 0 }
    }

    /// How long nothing happens before the next step, in milliseconds. A chain that recovers is
    /// waited for.
    pub fn pause(&mut self, state: &State) -> u64 {
        let recovers = state.monitor.state >= ChainState::Thaw;
        match self.random.random_range(0..1_000) {
            0..350 => 0,
            350..850 => self.random.random_range(100..2_500),
            850..950 => self.random.random_range(2_500..8_000),
            950..990 if recovers => self.random.random_range(60_000..300_000),
            994..995 => self.random.random_range(30_000..300_000),
            995..999 => self.random.random_range(1_000_000..4_000_000),
            _ => 0,
        }
    }

    /// Trouble on the chain, now and then: milliseconds, and how many blocks were made in how many
    /// slots meanwhile.
    pub fn trouble(&mut self) -> Option<(u64, u64, u64)> {
        let ms = self.random.random_range(20_000..400_000);
        match self.random.random_range(0..2_500) {
            0 => Some((ms, 2, 2)),
            1 => Some((ms, ms / 400, ms / 1_200)),
            2 => Some((ms, ms / 600, ms / 600)),
            _ => None,
        }
    }

    /// The next action: more often than not, one that the model accepts if one is found soon.
    pub fn action(&mut self, state: &State, look: &Look, settings: &Settings) -> Action {
        let weights = WeightedIndex::new(WEIGHTS.map(|(_, weight)| weight)).expect("weights");
        let (mut kind, _) = WEIGHTS[weights.sample(&mut self.random)];
        if self.is_idle(kind, state, look, settings) {
            kind = Kind::Refresh;
        } else if self.random.random_ratio(1, 2) && is_someone_unsafe(state, settings) {
            kind = self.rescue(state, settings);
        } else if self.random.random_ratio(1, 3) && self.sunk(state).is_some() {
            kind = Kind::Place;
        } else if self.random.random_ratio(1, 2)
            && is_some_order(Progress::Known, state, look, settings)
        {
            // It will have lapsed soon.
            kind = Kind::Execute;
        }
        let mut action = self.draw(kind, state, look, settings);
        if self.random.random_ratio(2, 3) {
            for _ in 0..TRIES {
                if state.after(&action, look, settings).is_ok() {
                    break;
                }
                action = self.draw(kind, state, look, settings);
            }
            // A flagged account that cannot be liquidated mostly waits for a price.
            if kind == Kind::Liquidate && state.after(&action, look, settings).is_err() {
                action = self.draw(Kind::Refresh, state, look, settings);
            }
        }
        action
    }

    /// What comes next for somebody who fails.
    fn rescue(&mut self, state: &State, settings: &Settings) -> Kind {
        let mut accounts = state.accounts.iter().flatten();
        let flags = accounts.clone().any(|it| is_unflagged(it, state, settings));
        let liquidates = accounts.any(|it| it.flagged.0 != 0);
        let first = !liquidates || self.random.random_ratio(1, 3);
        if flags && first { Kind::Flag } else { Kind::Liquidate }
    }

    /// What there is nothing to do for is mostly left out.
    fn is_idle(&mut self, kind: Kind, state: &State, look: &Look, settings: &Settings) -> bool {
        let mut accounts = state.accounts.iter().flatten();
        let busy = match kind {
            Kind::Open => state.accounts.iter().any(Option::is_none),
            Kind::Close => accounts.any(Account::is_empty),
            Kind::Flag => is_someone_unsafe(state, settings),
            Kind::Liquidate => accounts
                .any(|it| it.flagged.0 != 0 && !state.health(it, settings).meets_maintenance()),
            Kind::WriteOff => accounts.any(|it| it.balances.debt.0 != 0),
            Kind::Mature => accounts.any(|it| it.balances.pending_profit.0 != 0),
            Kind::RequestExit => accounts.any(|it| it.is_flat() && it.balances.collateral.0 != 0),
            Kind::PayExit | Kind::CancelExit => accounts.any(|it| it.exit.waits.0 != 0),
            Kind::Execute => is_some_order(Progress::Known, state, look, settings),
            Kind::Trigger => is_some_order(Progress::Untriggered, state, look, settings),
            _ => true,
        };
        !busy && self.random.random_ratio(4, 5)
    }

    fn draw(&mut self, kind: Kind, state: &State, look: &Look, settings: &Settings) -> Action {
        let account = self.random.random_range(0..ACCOUNTS.len());
        match kind {
            Kind::Refresh => self.refresh(state, look),
            Kind::Observe => Action::Observe { with_markets: self.random.random_ratio(2, 3) },
            Kind::Open => {
                let missing = self.any_account(state, |it| it.is_none());
                Action::Open { account: missing.unwrap_or(account) }
            }
            Kind::Close => {
                let empty = |it: Option<&Account>| it.is_some_and(Account::is_empty);
                let account = self.any_account(state, empty).unwrap_or(account);
                Action::Close { signer: self.owner_of(account), account }
            }
            Kind::Deposit => self.deposit(account),
            Kind::Withdraw => self.withdraw(account, state),
            Kind::RequestExit | Kind::PayExit | Kind::CancelExit => self.exit(kind, account, state),
            Kind::Place => self.place(account, state, look),
            Kind::Trigger => self.set_off(state, look, settings),
            Kind::Cancel => self.cancel(state, look, settings),
            Kind::Execute => self.execute(state, look, settings),
            Kind::Flag => {
                let fails =
                    |it: Option<&Account>| it.is_some_and(|it| is_unflagged(it, state, settings));
                Action::Flag { account: self.any_account(state, fails).unwrap_or(account) }
            }
            Kind::Liquidate => {
                let flagged = |it: Option<&Account>| it.is_some_and(|it| it.flagged.0 != 0);
                let liquidator = self.random.random_range(0..ACCOUNTS.len());
                let account = self.any_account(state, flagged).unwrap_or(account);
                let open: Vec<_> = state.accounts[account].iter().flat_map(Account::open).collect();
                let market = if open.is_empty() { self.market() } else { *self.one_of(&open) };
                Action::Liquidate { account, market, liquidator }
            }
            Kind::Mature => {
                let owed =
                    |it: Option<&Account>| it.is_some_and(|it| it.balances.pending_profit.0 > 0);
                let account = self.any_account(state, owed).unwrap_or(account);
                let stranger = self.random.random_ratio(1, 3);
                let signer = if stranger {
                    self.random.random_range(0..PEOPLE)
                } else {
                    ACCOUNTS[account].0
                };
                Action::Mature { signer, account }
            }
            Kind::WriteOff => {
                let owes = |it: Option<&Account>| it.is_some_and(|it| it.balances.debt.0 > 0);
                Action::WriteOff { account: self.any_account(state, owes).unwrap_or(account) }
            }
            Kind::Request => self.request(state),
            Kind::CancelRequest => self.cancel_request(),
            Kind::ExecuteRequest => Action::ExecuteRequest { request: self.any_request() },
            Kind::Reconcile => Action::Reconcile,
            Kind::Collect => Action::Collect,
            Kind::Donate => self.donate(),
            Kind::Foreign => self.foreign(state, look, settings),
            Kind::Blow => self.blow(),
            Kind::Trip => {
                let some = self.random.random_ratio(1, 2);
                Action::Trip { account: some.then_some(account) }
            }
        }
    }

    /// One of the accounts of a sort, more often than not.
    fn any_account(
        &mut self,
        state: &State,
        sort: impl Fn(Option<&Account>) -> bool,
    ) -> Option<usize> {
        let found: Vec<_> =
            (0..ACCOUNTS.len()).filter(|account| sort(state.accounts[*account].as_ref())).collect();
        (!found.is_empty() && self.random.random_ratio(3, 4)).then(|| *self.one_of(&found))
    }

    fn market(&mut self) -> usize {
        self.random.random_range(0..MARKETS)
    }

    /// Almost always the owner.
    fn owner_of(&mut self, account: usize) -> usize {
        if self.random.random_ratio(1, 20) {
            return self.random.random_range(0..PEOPLE);
        }
        ACCOUNTS[account].0
    }

    /// Mostly as guardians may, for up to half an hour.
    fn blow(&mut self) -> Action {
        let odd = self.random.random_ratio(1, 10);
        let families = if odd { 8 } else { self.random.random_range(0..8) };
        let ms = self.random.random_range(if odd { 0..60_000 } else { 60_000..1_800_000 });
        Action::Blow { second: self.random.random_range(0..3), families, ms }
    }

    fn foreign(&mut self, state: &State, look: &Look, settings: &Settings) -> Action {
        loop {
            let kind = WEIGHTS[self.random.random_range(0..WEIGHTS.len())].0;
            if !matches!(kind, Kind::Foreign | Kind::Observe | Kind::Donate | Kind::Blow) {
                let action = Box::new(self.draw(kind, state, look, settings));
                return Action::Foreign { action, swap: self.random.random_range(0..20) };
            }
        }
    }
}
