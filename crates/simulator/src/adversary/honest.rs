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

use super::moves;
use super::watches::Failing;
use super::world::World;

/// Seconds between samples of the chain.
const OBSERVED: usize = 5;
/// Seconds for which an account may fail maintenance at believable prices while honest people act
/// every second: the presets' delay after a flag, two prices, and the second in which it fails.
const PATIENCE: usize = 6;

/// Everybody honest does what is due in this second.
pub fn act(world: &mut World) {
    let due =
        |cadence: Option<usize>| cadence.is_some_and(|every| world.second.is_multiple_of(every));
    let (posts, keeps) = (due(world.theatre.poster), due(world.theatre.keeper));
    let markets =
        [0, 1].into_iter().filter(|market| posts || (keeps && is_awaited(world, *market)));
    for market in markets.collect::<Vec<_>>() {
        post(world, market);
    }
    if world.second.is_multiple_of(OBSERVED) {
        observe(world);
    }
    if keeps {
        execute_orders(world);
        liquidate(world);
    }
}

/// Somebody samples the chain.
pub fn observe(world: &mut World) {
    let observe = instruction::observe(&world.venue.markets);
    transact(world, &[observe]);
}

/// A refusal is no error: the work may have been done by somebody else.
fn transact(world: &mut World, instructions: &[holdfast_client::Instruction]) -> bool {
    let payer = world.venue.admin.pubkey();
    world.transact(instructions, &payer).is_ok()
}

/// Whether an order waits for a market's next price: a keeper refreshes then, whatever others do.
fn is_awaited(world: &World, index: usize) -> bool {
    let (chain, market) = (world.venue.seen_chain(), world.venue.market(index));
    let awaits = |account: &MarginAccount| {
        let orders = account.orders.iter().filter(|order| order.number != 0);
        let mut here = orders.filter(|order| usize::from(order.market) == index).map(Order::from);
        here.any(|order| {
            order_progress(&order, account, &market, &chain) == OrderProgress::AwaitsPrice
        })
    };
    world.accounts().any(|account| awaits(&world.account(&account)))
}

fn post(world: &mut World, market: usize) {
    let price = world.published(market, world.second);
    let published = Published::new(price, world.at_ms(world.second));
    publish(world, market, published);
    let refresh = moves::refresh(world, market);
    transact(world, &[refresh]);
}

/// Every provider writes its feed of a market.
fn publish(world: &mut World, market: usize, published: Published) {
    let id = feed_id(market);
    let cluster = &mut world.venue.cluster;
    for (provider, address) in world.cast.feeds[market].iter().enumerate() {
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
fn execute_orders(world: &mut World) {
    let chain = world.venue.seen_chain();
    let accounts: Vec<_> = world.accounts().collect();
    for account in accounts {
        for (number, market) in moves::waiting(&world.account(&account)) {
            if is_triggerable(world, &chain, &account, number, market) {
                let trigger = moves::trigger(world, account, number, market);
                transact(world, &[trigger]);
            } else if is_decided(world, &chain, &account, number, market) {
                let execute = moves::execute(world, account, number, market, world.cast.keeper);
                transact(world, &[execute]);
            }
        }
    }
    for insurance in [false, true] {
        if let Some(execute) = moves::execute_pool(world, insurance) {
            transact(world, &[execute]);
        }
    }
}

fn is_triggerable(world: &World, chain: &Chain, account: &Pubkey, number: u64, market: u8) -> bool {
    let (state, market) = (world.account(account), world.venue.market(usize::from(market)));
    let order = state.orders.iter().find(|order| order.number == number);
    order.is_some_and(|order| triggerable(order, &state, &market, chain).is_ok())
}

fn is_decided(world: &World, chain: &Chain, account: &Pubkey, number: u64, market: u8) -> bool {
    let (state, markets) = (world.account(account), world.markets());
    let order = state.orders.iter().find(|order| order.number == number);
    order.is_some_and(|order| {
        let (silo, market) = (world.venue.silo_state(), &markets[usize::from(market)]);
        let next = |index: u8| Ok(&markets[usize::from(index)]);
        order_fate(&silo, &state, market, order, chain, next).is_ok()
    })
}

fn liquidate(world: &mut World) {
    let seen = Seen::now(world);
    let accounts = world.accounts().filter(|account| seen.fails(&world.account(account)));
    let accounts: Vec<_> = accounts.collect();
    let mut failing = BTreeMap::new();
    for account in accounts {
        let markets = world.venue.markets_of(&account, None);
        transact(world, &[instruction::flag(account, &markets)]);
        let keeper = world.cast.keeper;
        for market in [1, 0] {
            let liquidate = moves::liquidate(world, account, market, keeper);
            if transact(world, &[liquidate]) {
                break;
            }
        }
        let state = world.account(&account);
        if Seen::now(world).fails(&state) {
            let sizes = [0, 1].map(|market: usize| state.positions[market].size);
            failing.insert(account, Failing { since: world.second, sizes });
        }
    }
    watch(world, failing);
}

/// Counts accounts that go on failing without anything having been done about it.
fn watch(world: &mut World, failing: BTreeMap<Pubkey, Failing>) {
    let promised = world.theatre.is_kept();
    let second = world.second;
    let mut late = Vec::new();
    let watches = world.watches_mut();
    let before = std::mem::take(&mut watches.failing);
    for (account, mut now) in failing {
        if let Some(then) = before.get(&account).filter(|then| then.sizes == now.sizes) {
            now.since = then.since;
        }
        if promised && second - now.since == PATIENCE {
            watches.violations += 1;
            late.push(account);
        }
        watches.failing.insert(account, now);
    }
    for account in late {
        world.trace.say(|| {
            format!("{second:>4} s    {account} fails maintenance and nobody can liquidate it")
        });
        world.trace.clue("not liquidated in time");
    }
}

/// What everybody sees of the chain and of prices.
struct Seen {
    chain: Chain,
    markets: [Market; 2],
}

impl Seen {
    fn now(world: &World) -> Self {
        Self { chain: world.venue.seen_chain(), markets: world.markets() }
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
}
