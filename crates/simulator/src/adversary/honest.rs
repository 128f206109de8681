//! Honest people: a poster and a keeper that act at a stated cadence, and a watch over what the
//! keeper could not do.

use std::collections::BTreeMap;

use holdfast_client::holdfast::account_health::{Purpose, valuation_price};
use holdfast_client::holdfast::checks::order::{
    OrderProgress, order_fate, order_progress, triggerable,
};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{MarginAccount, Market};
use holdfast_client::{Pubkey, instruction, standing};
use holdfast_risk::account::order::Order;
use holdfast_risk::chain::health::State;
use holdfast_testkit::feed::{
    Published, post_pyth_update, pyth_price_account, pyth_update, write_pyth_price_account,
};
use holdfast_testkit::switchboard::{pull_feed, write_pull_feed};
use holdfast_testkit::venue::feed_id;
use solana_signer::Signer;

use super::attempt::Attempt;
use super::moves;
use super::watches::Failing;

/// Seconds between samples of the chain.
const OBSERVED: usize = 5;
/// Seconds for which an account may fail maintenance at believable prices while honest people act
/// every second: the presets' delay after a flag, two prices, and the second in which it fails. A second in
/// which a wrong print is shown, or the price after it is not borne out yet, has no such price.
const PATIENCE: usize = 6;

/// Everybody honest does what is due in this second.
pub fn act(attempt: &mut Attempt) {
    let due =
        |cadence: Option<usize>| cadence.is_some_and(|every| attempt.second.is_multiple_of(every));
    let (posts, keeps) = (due(attempt.theatre.poster), due(attempt.theatre.keeper));
    let markets =
        [0, 1].into_iter().filter(|market| posts || (keeps && is_awaited(attempt, *market)));
    for market in markets.collect::<Vec<_>>() {
        post(attempt, market);
    }
    if attempt.second.is_multiple_of(OBSERVED) {
        observe(attempt);
    }
    if keeps {
        execute_orders(attempt);
        liquidate(attempt);
    }
}

/// Somebody samples the chain.
pub fn observe(attempt: &mut Attempt) {
    let observe = instruction::observe(&attempt.venue.markets);
    transact(attempt, &[observe]);
}

/// A refusal is no error: the work may have been done by somebody else.
fn transact(attempt: &mut Attempt, instructions: &[holdfast_client::Instruction]) -> bool {
    let payer = attempt.venue.admin.pubkey();
    attempt.transact(instructions, &payer).is_ok()
}

/// Whether an order waits for a market's next price: a keeper refreshes then, whatever others do.
fn is_awaited(attempt: &Attempt, index: usize) -> bool {
    let (chain, market) = (attempt.venue.seen_chain(), attempt.venue.market(index));
    let awaits = |account: &MarginAccount| {
        let orders = account.orders.iter().filter(|order| order.number != 0);
        let mut here = orders.filter(|order| usize::from(order.market) == index).map(Order::from);
        here.any(|order| {
            order_progress(&order, account, &market, &chain) == OrderProgress::AwaitsPrice
        })
    };
    attempt.accounts().any(|account| awaits(&attempt.account(&account)))
}

fn post(attempt: &mut Attempt, market: usize) {
    let price = attempt.published(market, attempt.second);
    let published = Published::new(price, attempt.at_ms(attempt.second));
    publish(attempt, market, published);
    let refresh = moves::refresh(attempt, market);
    transact(attempt, &[refresh]);
}

/// Every provider writes its feed of a market.
fn publish(attempt: &mut Attempt, market: usize, published: Published) {
    let id = feed_id(market);
    let cluster = &mut attempt.venue.cluster;
    for (provider, address) in attempt.cast.feeds[market].iter().enumerate() {
        match provider {
            0 => {
                let update = pyth_update(id, published, cluster.slot());
                post_pyth_update(cluster, *address, &update);
            }
            1 => write_pyth_price_account(cluster, *address, &pyth_price_account(published)),
            _ => write_pull_feed(cluster, *address, pull_feed(id, published)),
        }
    }
}

/// Every order that can be triggered or executed now is: what cannot is not tried, as a keeper asks
/// the program's checks before it sends anything.
fn execute_orders(attempt: &mut Attempt) {
    let chain = attempt.venue.seen_chain();
    let accounts: Vec<_> = attempt.accounts().collect();
    for account in accounts {
        for (number, market) in moves::waiting(&attempt.account(&account)) {
            if is_triggerable(attempt, &chain, &account, number, market) {
                let trigger = moves::trigger(attempt, account, number, market);
                transact(attempt, &[trigger]);
            } else if is_decided(attempt, &chain, &account, number, market) {
                let execute = moves::execute(attempt, account, number, market, attempt.cast.keeper);
                transact(attempt, &[execute]);
            }
        }
    }
    for insurance in [false, true] {
        if let Some(execute) = moves::execute_pool(attempt, insurance) {
            transact(attempt, &[execute]);
        }
    }
}

fn is_triggerable(
    attempt: &Attempt,
    chain: &Chain,
    account: &Pubkey,
    number: u64,
    market: u8,
) -> bool {
    let (state, market) = (attempt.account(account), attempt.venue.market(usize::from(market)));
    let order = state.orders.iter().find(|order| order.number == number);
    order.is_some_and(|order| triggerable(order, &state, &market, chain).is_ok())
}

fn is_decided(attempt: &Attempt, chain: &Chain, account: &Pubkey, number: u64, market: u8) -> bool {
    let (state, markets) = (attempt.account(account), attempt.markets());
    let order = state.orders.iter().find(|order| order.number == number);
    order.is_some_and(|order| {
        let (silo, market) = (attempt.venue.silo_state(), &markets[usize::from(market)]);
        let next = |index: u8| Ok(&markets[usize::from(index)]);
        order_fate(&silo, &state, market, order, chain, next).is_ok()
    })
}

fn liquidate(attempt: &mut Attempt) {
    let seen = Seen::now(attempt);
    let accounts = attempt.accounts().filter(|account| seen.fails(&attempt.account(account)));
    let accounts: Vec<_> = accounts.collect();
    let mut failing = BTreeMap::new();
    for account in accounts {
        let markets = attempt.venue.markets_of(&account, None);
        transact(attempt, &[instruction::flag(account, &markets)]);
        let keeper = attempt.cast.keeper;
        for market in [1, 0] {
            let liquidate = moves::liquidate(attempt, account, market, keeper);
            if transact(attempt, &[liquidate]) {
                break;
            }
        }
        let (state, seen) = (attempt.account(&account), Seen::now(attempt));
        if seen.fails(&state) {
            let sizes = [0, 1].map(|market: usize| state.positions[market].size);
            failing.insert(account, Failing { seconds: usize::from(seen.prices(&state)), sizes });
        }
    }
    watch(attempt, failing);
}

/// Counts accounts that go on failing without anything having been done about it.
fn watch(attempt: &mut Attempt, failing: BTreeMap<Pubkey, Failing>) {
    let promised = attempt.theatre.is_kept();
    let second = attempt.second;
    let mut late = Vec::new();
    let watches = attempt.watches_mut();
    let before = std::mem::take(&mut watches.failing);
    for (account, mut now) in failing {
        let counts = now.seconds > 0;
        if let Some(then) = before.get(&account).filter(|then| then.sizes == now.sizes) {
            now.seconds += then.seconds;
        }
        if promised && counts && now.seconds == PATIENCE + 1 {
            watches.violations += 1;
            late.push(account);
        }
        watches.failing.insert(account, now);
    }
    for account in late {
        attempt.trace.say(|| {
            format!("{second:>4} s    {account} fails maintenance and nobody can liquidate it")
        });
        attempt.trace.clue("not liquidated in time");
    }
}

/// What everybody sees of the chain and of prices.
struct Seen {
    chain: Chain,
    markets: [Market; 2],
}

impl Seen {
    fn now(attempt: &Attempt) -> Self {
        Self { chain: attempt.venue.seen_chain(), markets: attempt.markets() }
    }

    /// Whether an account fails maintenance at the newest believable prices, as the program judges.
    fn fails(&self, state: &MarginAccount) -> bool {
        if state.open_markets == 0 || self.chain.monitor.state != State::Normal {
            return false;
        }
        let price = |market: &Market| {
            let position = state.position(market.index);
            valuation_price(&position, market, &self.chain, Purpose::Liquidation)
        };
        let market = |index: u8| self.markets.get(usize::from(index));
        let health = standing::health(state, market, price).ok().flatten();
        health.is_some_and(|it| !it.meets_maintenance())
    }

    /// Whether the newest price of every market in which an account has a position can be used.
    fn prices(&self, state: &MarginAccount) -> bool {
        let broken = self.chain.monitor.last_disruption;
        let mut held = self.markets.iter().filter(|market| state.position(market.index).size.0 != 0);
        held.all(|market| market.valuation(self.chain.now, broken).is_certain())
    }
}
