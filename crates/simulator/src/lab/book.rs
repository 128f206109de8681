//! The books of a venue as the lab plays it: the program's own state, with no program around it.

use bytemuck::{Zeroable, bytes_of};
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::{
    ChainHealth, MarginAccount, Market, MonitorState, PoolRequest, SideState, Silo,
};
use holdfast_client::{Pubkey, stress};
use holdfast_migrations::presets;
use holdfast_risk::account::margin::Health;
use holdfast_risk::account::position::Position;
use holdfast_risk::chain::health::Monitor;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::{Millis, Overflow, Price, Side, SignedSize, Usd};
use holdfast_testkit::chain::Chain;
use holdfast_testkit::sighting;
use holdfast_testkit::venue::{ALL, feed_source, majority};

use super::people::Person;
use super::settings::Settings;

/// Dollars of liquidity and of insurance, native units.
pub const LIQUIDITY: u64 = 10_000_000_000_000;
/// Insurance fund.
pub const INSURANCE: u64 = 500_000_000_000;

/// What somebody has in the liquidity pool, and beside it.
#[derive(Clone, Copy, Default)]
pub struct Stake {
    /// Tokens outside, native units.
    pub wallet: u64,
    /// Shares held.
    pub shares: u64,
    /// What waits, addresses left out.
    pub request: Option<PoolRequest>,
}

/// What everybody brings, native units.
pub struct Funds {
    /// Collateral of every account, in their order.
    pub collateral: Vec<u64>,
    /// Tokens of those who provide liquidity for a while.
    pub stakes: Vec<u64>,
}

/// One silo with its markets and accounts.
#[derive(Clone)]
pub struct Book {
    /// The silo.
    pub silo: Silo,
    /// What the venue knows of the chain.
    pub health: ChainHealth,
    /// Its markets, by index.
    pub markets: Vec<Market>,
    /// Everybody's margin account.
    pub accounts: Vec<MarginAccount>,
    /// The account that rewards go to.
    pub keeper: MarginAccount,
    /// Those who provide liquidity for a while; the rest of the pool is always there.
    pub stakes: Vec<Stake>,
}

impl Stake {
    /// Tokens that are not in the pool, those that wait to join it included.
    pub fn outside(&self) -> u64 {
        let waiting = self.request.filter(|request| request.leaves == 0);
        self.wallet + waiting.map_or(0, |request| request.amount)
    }

    /// Shares of the pool, those that wait to leave it included.
    pub fn inside(&self) -> u64 {
        let waiting = self.request.filter(|request| request.leaves != 0);
        self.shares + waiting.map_or(0, |request| request.amount)
    }

    /// What two stakes are compared by.
    fn parts(&self) -> (u64, u64, Option<(u8, u64, u64)>) {
        let request = self.request.map(|request| (request.leaves, request.amount, request.due_ms));
        (self.wallet, self.shares, request)
    }
}

impl Book {
    /// A venue with the presets' terms, funded pools, and what everybody brings.
    pub fn new(chain: &Chain, prices: &[u64], funds: &Funds, settings: &Settings) -> Self {
        let mut silo = Silo::zeroed();
        silo.locked = 1;
        silo.market_count = prices.len() as u8;
        silo.terms = presets::silo();
        let collateral: u64 = funds.collateral.iter().sum();
        silo.ledger.collateral = collateral;
        silo.ledger.liquidity = LIQUIDITY;
        silo.ledger.insurance = INSURANCE;
        (silo.liquidity_shares, silo.insurance_shares) = (LIQUIDITY, INSURANCE);
        silo.ledger.in_liquidity_vault = collateral + LIQUIDITY;
        silo.ledger.in_insurance_vault = INSURANCE;
        let mut health = ChainHealth::zeroed();
        health.thresholds = presets::thresholds();
        let first = sighting(chain, &Monitor::from(&health.monitor));
        health.monitor = MonitorState::from(&Monitor::new(&first));
        let account = |collateral: u64| {
            let mut account = MarginAccount::zeroed();
            account.collateral = collateral;
            account.next_order = 1;
            account
        };
        Self {
            silo,
            health,
            markets: prices
                .iter()
                .enumerate()
                .map(|(index, price)| list(index, *price, settings))
                .collect(),
            accounts: funds.collateral.iter().copied().map(account).collect(),
            keeper: MarginAccount::zeroed(),
            stakes: funds
                .stakes
                .iter()
                .map(|wallet| Stake { wallet: *wallet, ..Stake::default() })
                .collect(),
        }
    }

    /// Everybody's positions are opened at `prices`, at no cost.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn give_positions(&mut self, people: &[Person], prices: &[u64]) -> Result<(), Overflow> {
        for (account, person) in self.accounts.iter_mut().zip(people) {
            let terms = &self.markets[0].terms;
            let asked = u64::from(terms.initial_bps) + u64::from(terms.penalty_bps);
            for (index, worth) in person.positions(prices.len(), asked) {
                let market = &mut self.markets[index];
                let size = worth * 1_000_000 / i128::from(prices[index]);
                let size = SignedSize(i64::try_from(size).map_err(|_| Overflow)?);
                let none = Position::default();
                let carry = |side| market.carry(side);
                let position = none.trade(size, Price(prices[index]), carry)?.position;
                for (side, state) in
                    [(Side::Long, &mut market.longs), (Side::Short, &mut market.shorts)]
                {
                    let total = SideTotal::from(&*state).replace(side, &none, &position)?;
                    *state = SideState::from(&total);
                }
                account.set_position(market.index, &position);
                let open = Usd(self.silo.open_notional).plus(position.entry)?;
                self.silo.open_notional = open.0;
            }
        }
        Ok(())
    }

    /// Takes over what only the program's own accounts have: addresses, owners, versions, names,
    /// shares.
    pub fn adopt(&mut self, other: &Self) {
        let silo = &mut self.silo;
        *silo = Silo {
            ledger: silo.ledger,
            open_notional: silo.open_notional,
            draws: silo.draws,
            ..other.silo
        };
        let health = &self.health;
        self.health =
            ChainHealth { version: other.health.version, bump: other.health.bump, ..*health };
        for (own, other) in self.markets.iter_mut().zip(&other.markets) {
            (own.version, own.bump, own.silo, own.name) =
                (other.version, other.bump, other.silo, other.name);
        }
        let accounts = self.accounts.iter_mut().zip(&other.accounts);
        for (own, other) in accounts.chain([(&mut self.keeper, &other.keeper)]) {
            (own.version, own.bump, own.number, own.silo, own.owner) =
                (other.version, other.bump, other.number, other.silo, other.owner);
        }
    }

    /// What differs from other books, if anything does.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let same = |one: &[u8], two: &[u8]| one == two;
        let accounts = |one: &Self| bytemuck::cast_slice::<_, u8>(&one.accounts).to_vec();
        let markets = |one: &Self| bytemuck::cast_slice::<_, u8>(&one.markets).to_vec();
        let parts = [
            ("the silo", same(bytes_of(&self.silo), bytes_of(&other.silo))),
            ("the health of the chain", same(bytes_of(&self.health), bytes_of(&other.health))),
            ("a market", markets(self) == markets(other)),
            ("a margin account", accounts(self) == accounts(other)),
            ("the keeper's account", same(bytes_of(&self.keeper), bytes_of(&other.keeper))),
            (
                "somebody's stake",
                self.stakes.iter().map(Stake::parts).eq(other.stakes.iter().map(Stake::parts)),
            ),
        ];
        parts.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
    }

    /// A market by its index, as the program's checks ask for it.
    ///
    /// # Errors
    /// `WrongMarket` when there is none.
    pub fn open_market(&self, index: u8) -> anchor_lang::Result<&Market> {
        self.markets.get(usize::from(index)).ok_or_else(|| HoldfastError::WrongMarket.into())
    }

    /// The book as it is looked at from outside.
    pub fn shown(&self) -> stress::Book<'_> {
        let Self { silo, markets, accounts, .. } = self;
        stress::Book { silo, markets, accounts }
    }

    /// Where an account stands at `prices`.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn standing(&self, who: usize, prices: &[u64]) -> Result<Health, Overflow> {
        self.shown().standing(&self.accounts[who], prices)
    }

    /// The venue's clock as it was last kept.
    pub fn seen(&self) -> Millis {
        Millis(self.health.monitor.seen_ms)
    }
}

fn list(index: usize, price: u64, settings: &Settings) -> Market {
    let mut market = Market::zeroed();
    market.index = index as u8;
    market.terms = presets::market(price / 1_000_000);
    settings.apply(&mut market.terms);
    market.silo = Pubkey::default();
    market.set_feeds(&majority(ALL.iter().map(|provider| feed_source(*provider, index)).collect()));
    market
}
