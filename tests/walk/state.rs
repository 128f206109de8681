//! The venue's state in plain structs over the rules' types. The model computes one; the chain's
//! accounts are decoded into another; they must be equal after every step.

use std::collections::VecDeque;

use holdfast_risk::account::ledger::{AccountBalances, Ledger};
use holdfast_risk::account::loss::ByMarket;
use holdfast_risk::account::order::Order;
use holdfast_risk::account::position::Position;
use holdfast_risk::chain::fuse::{Blows, Fuses};
use holdfast_risk::chain::health::{Monitor, ProviderTimes};
use holdfast_risk::chain::rate_limit::{Exit, RateLimitWindow};
use holdfast_risk::market::accrual::Accruals;
use holdfast_risk::market::belief::StoredPrice;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::market::reference::Reference;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::request::Closure;
use holdfast_risk::{Millis, Price, Usd};

/// Markets of the silo.
pub const MARKETS: usize = 3;
/// Order slots of an account.
pub const ORDER_SLOTS: usize = 8;
/// Prices a market remembers.
pub const RECENT: usize = 32;

/// Everything that instructions change.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What the venue remembers of the chain.
    pub monitor: Monitor,
    /// Families that guardians took away last, as bits.
    pub families: u8,
    /// For how long they did.
    pub blows: Blows,
    /// When the chain last let no pool change.
    pub closure: Closure,
    /// Publish times that `observe` took as evidence.
    pub published: ProviderTimes,
    /// The silo's parts.
    pub ledger: Ledger,
    /// Entry value of all open positions.
    pub open: Usd,
    /// Shares outstanding per pool.
    pub shares: [u64; 2],
    /// Those of them that nobody holds.
    pub unheld: [u64; 2],
    /// Draws on insurance.
    pub draws: Draws,
    /// What the ledger counts on per vault.
    pub counted: [u64; 2],
    /// The markets.
    pub markets: [MarketBooks; MARKETS],
    /// The margin accounts that exist.
    pub accounts: Vec<Option<Account>>,
    /// The pool requests that wait.
    pub requests: Vec<Option<Request>>,
    /// Tokens everywhere.
    pub tokens: Tokens,
}

/// The running period of draws on insurance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draws {
    /// When it began.
    pub since: Millis,
    /// The fund then.
    pub start: Usd,
    /// Drawn since, by market.
    pub drawn: ByMarket,
}

/// A market.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketBooks {
    /// All longs.
    pub longs: SideTotal,
    /// All shorts.
    pub shorts: SideTotal,
    /// What time moves.
    pub accruals: Accruals,
    /// Prices, newest first.
    pub recent: VecDeque<StoredPrice>,
    /// The last that was believed; zero before the first.
    pub believed: Price,
    /// What liquidations closed in the running minute of a thaw.
    pub thaw: RateLimitWindow,
    /// The slow reference price.
    pub reference: Reference,
    /// Publish time of the newest reading that counted.
    pub published: Millis,
    /// Newest publish time seen.
    pub seen: Millis,
}

/// A margin account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Money.
    pub balances: AccountBalances,
    /// Debt by the market where it arose.
    pub debts: ByMarket,
    /// Set aside for waiting orders' fees.
    pub reserved: u64,
    /// Initial margin that waiting orders have reserved.
    pub reserved_margin: u64,
    /// When pending profit was realised.
    pub profit_since: Millis,
    /// When flagged; zero when not.
    pub flagged: Millis,
    /// The slot that was in; zero when not.
    pub flagged_slot: u64,
    /// Publish time from which on a price may liquidate it; zero when not flagged.
    pub liquidatable: Millis,
    /// What is missing since the flag.
    pub shortfall: u64,
    /// Collateral on its way out; when it was asked for is remembered.
    pub exit: Exit,
    /// The slot it was asked for in.
    pub exit_slot: u64,
    /// Number of the next order.
    pub next_order: u64,
    /// Position per market.
    pub positions: [Position; MARKETS],
    /// When an order last changed each of them.
    pub changed: [Millis; MARKETS],
    /// Waiting orders by slot.
    pub orders: [Option<Waiting>; ORDER_SLOTS],
}

/// A waiting order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// Number.
    pub number: u64,
    /// Market.
    pub market: usize,
    /// Fee for its executor.
    pub fee: u64,
    /// Initial margin reserved for what it opens.
    pub margin: u64,
    /// When it was placed.
    pub requested: Millis,
    /// The slot in which it was placed or triggered.
    pub slot: u64,
    /// Terms.
    pub order: Order,
}

/// A waiting pool request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Leaves rather than joins.
    pub leaves: bool,
    /// Units deposited, or shares given up.
    pub amount: u64,
    /// No less is accepted.
    pub least: u64,
    /// Worth of given-up insurance shares then.
    pub worth: u64,
    /// When.
    pub requested: Millis,
    /// From when on it is priced.
    pub due: Millis,
    /// The slot it was made in.
    pub slot: u64,
}

/// Token balances.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    /// Collateral tokens per person.
    pub wallets: Vec<u64>,
    /// Shares per provider.
    pub shares: Vec<u64>,
    /// The silo's vaults.
    pub vaults: [u64; 2],
    /// Supply of the share mints.
    pub supply: [u64; 2],
}

impl State {
    /// What guardians have taken away.
    pub fn fuses(&self, clock: Millis) -> Fuses {
        if self.blows.is_blown(clock) { Fuses::from_bits(self.families) } else { Fuses::NONE }
    }
}

impl Account {
    /// An account just opened.
    pub fn new() -> Self {
        Self {
            balances: AccountBalances::default(),
            debts: ByMarket::default(),
            reserved: 0,
            reserved_margin: 0,
            profit_since: Millis(0),
            flagged: Millis(0),
            flagged_slot: 0,
            liquidatable: Millis(0),
            shortfall: 0,
            exit: Exit { asked: Usd(0), waits: Usd(0), requested: Millis(0) },
            exit_slot: 0,
            next_order: 1,
            positions: [Position::default(); MARKETS],
            changed: [Millis(0); MARKETS],
            orders: [None; ORDER_SLOTS],
        }
    }

    /// Indices of open positions.
    pub fn open(&self) -> impl Iterator<Item = usize> {
        let positions = self.positions.into_iter().enumerate();
        positions.filter(|(_, held)| held.size.0 != 0).map(|(index, _)| index)
    }

    /// The waiting order with a number.
    pub fn order(&self, number: u64) -> Option<Waiting> {
        self.orders.iter().flatten().find(|waiting| waiting.number == number).copied()
    }

    /// Nothing is left in it.
    pub fn is_empty(&self) -> bool {
        let nothing = self.balances == AccountBalances::default() && self.reserved == 0;
        self.is_idle() && nothing && self.exit.waits.0 == 0
    }

    /// Nothing is open or waits.
    pub fn is_flat(&self) -> bool {
        self.open().count() == 0 && self.orders.iter().flatten().count() == 0
    }

    /// Nothing is open, waits or matures.
    pub fn is_idle(&self) -> bool {
        self.is_flat() && self.balances.pending_profit.0 == 0
    }
}

impl MarketBooks {
    /// The newest price; zeros before the first.
    pub fn newest(&self) -> PricePoint {
        self.newest_stored().point
    }

    /// The newest price as it was stored.
    pub fn newest_stored(&self) -> StoredPrice {
        self.recent.front().copied().unwrap_or_default()
    }

    /// Remembers a price.
    pub fn push(&mut self, stored: StoredPrice) {
        if stored.believed {
            self.believed = stored.point.middle();
        }
        self.recent.push_front(stored);
        self.recent.truncate(RECENT);
    }

    /// The venue's clock, not behind the newest price.
    pub fn now(&self, now: Millis) -> Millis {
        now.max(self.newest().published)
    }
}

/// A pool's place in arrays.
pub const fn slot_of(kind: PoolKind) -> usize {
    match kind {
        PoolKind::Liquidity => 0,
        PoolKind::Insurance => 1,
    }
}
