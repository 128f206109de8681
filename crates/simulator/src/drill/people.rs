//! What people do while a drill plays: they ask to leave, add margin, and somebody new keeps trying
//! everything.

use std::collections::HashSet;

use holdfast_client::holdfast::instructions::OrderRequest;
use holdfast_client::holdfast::state::{MarginAccount, Market, OrderState};
use holdfast_client::{Pubkey, instruction, standing};
use holdfast_keeper_core::VenueSnapshot;
use holdfast_risk::Price;
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use solana_signer::Signer;

use super::population::exit_order;
use holdfast_testkit::venue::market_order;
use holdfast_testkit::{Failure, Trader, Venue, tokens};

/// Chance that somebody wants out at a tick, when all is well and when not.
const EXIT_CHANCE: f64 = 0.05;
const PANIC_CHANCE: f64 = 0.2;
/// One in this many adds margin when it gets tight during an outage.
const CAREFUL: usize = 2;
/// Equity below this many tenths of the maintenance requirement is tight.
const TIGHT_TENTHS: u64 = 15;
/// Somebody new tries this often.
const NEWCOMER_MS: u64 = 30_000;
/// What the newcomer has, native units.
const NEWCOMER_COLLATERAL: u64 = 1_000_000_000_000;
/// What the newcomer buys each time, native units' worth.
const NEWCOMER_BUYS: u64 = 100_000_000;

/// Everybody with a margin account but the keeper.
pub struct Crowd {
    traders: Vec<Trader>,
    newcomer: Trader,
    newcomer_tried_ms: u64,
    careful: HashSet<Pubkey>,
    in_flight: Vec<Sent>,
}

/// A transaction somebody sent.
struct Sent {
    trader: usize,
    what: What,
    /// How long it takes to land once there are blocks.
    takes_ms: u64,
    /// When it lands; unknown before the first block after it was sent.
    due_ms: Option<u64>,
}

enum What {
    Leave { market: usize, order: OrderRequest },
    AddMargin { amount: u64 },
}

/// Something that was tried, and how the program answered.
pub struct Tried {
    /// What.
    pub action: &'static str,
    /// Whose account.
    pub account: Pubkey,
    /// The answer.
    pub result: Result<(), Failure>,
}

impl Crowd {
    /// `traders` and somebody new.
    ///
    /// # Errors
    /// What the program said.
    pub fn new(venue: &mut Venue, traders: Vec<Trader>) -> Result<Self, Failure> {
        let newcomer = venue.trader(NEWCOMER_COLLATERAL)?;
        let careful = traders.iter().step_by(CAREFUL).map(|trader| trader.account).collect();
        Ok(Self { traders, newcomer, newcomer_tried_ms: 0, careful, in_flight: Vec::new() })
    }

    /// Everybody's margin accounts.
    pub fn accounts(&self) -> impl Iterator<Item = Pubkey> {
        self.everybody().map(|trader| trader.account)
    }

    /// The newcomer's margin account.
    pub fn newcomer(&self) -> Pubkey {
        self.newcomer.account
    }

    /// Whose account it is.
    pub fn owner(&self, account: &Pubkey) -> Option<&Trader> {
        self.everybody().find(|trader| trader.account == *account)
    }

    fn everybody(&self) -> impl Iterator<Item = &Trader> {
        self.traders.iter().chain([&self.newcomer])
    }

    /// Somebody with a position, and no request to leave it yet, may send one; `panic` makes it
    /// likelier.
    pub fn send_exit(
        &mut self,
        venue: &Venue,
        takes_ms: u64,
        panic: bool,
        random: &mut ChaCha20Rng,
    ) {
        if !random.random_bool(if panic { PANIC_CHANCE } else { EXIT_CHANCE })
            || self.traders.is_empty()
        {
            return;
        }
        let trader = random.random_range(0..self.traders.len());
        let state = venue.account(&self.traders[trader].account);
        let asked = self.in_flight.iter().any(|sent| sent.trader == trader);
        let market = state.open_indices().find(|index| !waits_to_leave(&state, *index));
        let Some(market) = market.filter(|_| !asked) else { return };
        let market = usize::from(market);
        let order = exit_order(state.positions[market].size);
        self.send(trader, takes_ms, What::Leave { market, order });
    }

    /// The careful send margin, once each, when their equity at the prices everybody knows of gets
    /// tight. Says whose accounts it is for.
    pub fn send_margin(
        &mut self,
        mirror: &VenueSnapshot,
        prices: &[u64],
        takes_ms: u64,
    ) -> Vec<Pubkey> {
        let price = |market: &Market| Price(prices[usize::from(market.index)]);
        let missing = |address: &Pubkey| {
            let state = mirror.accounts.get(address).filter(|state| state.open_markets != 0)?;
            let health = standing::health(state, |index| mirror.market(index), price).ok()??;
            let line = health.maintenance.0 * TIGHT_TENTHS / 10;
            (health.equity.0 < line.cast_signed()).then_some(health.maintenance.0)
        };
        let mut sent = Vec::new();
        for trader in (0..self.traders.len()).step_by(CAREFUL) {
            let account = self.traders[trader].account;
            if !self.careful.contains(&account) {
                continue;
            }
            let Some(amount) = missing(&account) else { continue };
            self.careful.remove(&account);
            self.send(trader, takes_ms, What::AddMargin { amount });
            sent.push(account);
        }
        sent
    }

    fn send(&mut self, trader: usize, takes_ms: u64, what: What) {
        self.in_flight.push(Sent { trader, what, takes_ms, due_ms: None });
    }

    /// There are blocks: what was sent long enough ago lands.
    pub fn land(&mut self, venue: &mut Venue) -> Vec<Tried> {
        let now = venue.cluster.now_ms();
        for sent in &mut self.in_flight {
            sent.due_ms.get_or_insert(now + sent.takes_ms);
        }
        let is_due = |sent: &mut Sent| sent.due_ms.is_some_and(|due| due <= now);
        let due: Vec<_> = self.in_flight.extract_if(.., is_due).collect();
        due.into_iter()
            .map(|sent| {
                let trader = &self.traders[sent.trader];
                let (action, result) = match sent.what {
                    What::Leave { market, order } => {
                        ("ask to reduce", venue.place(trader, market, order).map(|_| ()))
                    }
                    What::AddMargin { amount } => ("deposit", deposit(venue, trader, amount)),
                };
                Tried { action, account: trader.account, result }
            })
            .collect()
    }

    /// Every half a minute the newcomer deposits a unit, withdraws one and asks to open, unless an
    /// order of theirs waits already.
    pub fn try_everything(&mut self, venue: &mut Venue, prices: &[u64]) -> Vec<Tried> {
        let now = venue.cluster.now_ms();
        let state = venue.account(&self.newcomer.account);
        let waits = state.orders.iter().any(|order| order.number != 0);
        if now < self.newcomer_tried_ms + NEWCOMER_MS {
            return Vec::new();
        }
        self.newcomer_tried_ms = now;
        let newcomer = &self.newcomer;
        let mut tried = vec![("deposit", deposit(venue, newcomer, 1))];
        tried.push(("withdraw", withdraw(venue, newcomer, 1)));
        if !waits {
            let size = NEWCOMER_BUYS * 1_000_000 / prices[0].max(1);
            let order = market_order(i64::try_from(size).unwrap_or(i64::MAX), now);
            tried.push(("ask to open", venue.place(newcomer, 0, order).map(|_| ())));
        }
        let account = newcomer.account;
        tried.into_iter().map(|(action, result)| Tried { action, account, result }).collect()
    }
}

/// Whether a request to close the position in a market waits already.
pub fn waits_to_leave(account: &MarginAccount, market: u8) -> bool {
    let waits =
        |order: &OrderState| order.number != 0 && order.market == market && order.reduce_only == 1;
    account.orders.iter().any(waits)
}

/// Tokens arrive from elsewhere and go into the margin account.
pub fn deposit(venue: &mut Venue, trader: &Trader, amount: u64) -> Result<(), Failure> {
    let owner = trader.keypair.pubkey();
    let held = tokens::balance(&venue.cluster, &trader.wallet);
    tokens::create_token_account(
        &mut venue.cluster,
        trader.wallet,
        venue.mint,
        owner,
        held + amount,
    );
    let deposit = instruction::deposit(owner, trader.wallet, venue.silo, trader.account, amount);
    venue.cluster.send(&[deposit], &[&trader.keypair]).map(|_| ())
}

fn withdraw(venue: &mut Venue, trader: &Trader, amount: u64) -> Result<(), Failure> {
    let owner = trader.keypair.pubkey();
    let markets = venue.markets_of(&trader.account, None);
    let withdraw =
        instruction::withdraw(owner, venue.silo, trader.account, trader.wallet, amount, &markets);
    venue.cluster.send(&[withdraw], &[&trader.keypair]).map(|_| ())
}
