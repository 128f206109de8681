//! `request_pool`, `execute_pool_request`, `cancel_pool_request`: what they do, to the unit.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::holdfast::pool_worth::{Valued, add_market};
use holdfast_client::holdfast::state::PoolRequest;
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_risk::Usd;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::share::Pool;
use holdfast_risk::pool::worth::{self, TradersResult};
use holdfast_testkit::feed::Published;
use holdfast_testkit::tokens;
use solana_signer::Signer;

use crate::world::{BTC, CALM, SOL, World, stranger};

const AMOUNT: u64 = 1_000_000_007;

/// Someone who deals with one of the pools.
pub struct Provider {
    pub owner: Pubkey,
    pub money: Pubkey,
    pub shares: Pubkey,
    pub insurance: bool,
}

impl Provider {
    pub fn new(world: &mut World, insurance: bool, tokens: u64) -> Self {
        let (owner, money) = world.person(tokens);
        let silo = &world.silo;
        let mint =
            if insurance { address::insurance_mint(silo) } else { address::liquidity_mint(silo) };
        let name = format!("{insurance} {}", owner.pubkey());
        let shares = world.token_account(&name, mint, owner.pubkey(), 0);
        Self { owner: owner.pubkey(), money, shares, insurance }
    }

    pub fn request(&self, world: &World, leaves: bool, amount: u64, least: u64) -> Instruction {
        let (source, destination) =
            if leaves { (self.shares, self.money) } else { (self.money, self.shares) };
        let order = PoolOrder { insurance: self.insurance, leaves, amount, least };
        instruction::request_pool(self.owner, world.silo, 0, source, destination, order)
    }

    pub fn address(&self, world: &World) -> Pubkey {
        address::pool_request(&world.silo, &self.owner, 0)
    }

    pub fn execute(&self, world: &World, leaves: bool) -> Instruction {
        let destination = if leaves { self.money } else { self.shares };
        let (request, silo) = (self.address(world), world.silo);
        let markets = if self.insurance { &[][..] } else { &world.markets[..] };
        let (owner, insurance) = (self.owner, self.insurance);
        instruction::execute_pool_request(owner, silo, request, destination, insurance, markets)
    }

    pub fn cancel(&self, world: &World, refund: Pubkey) -> Instruction {
        let (request, insurance) = (self.address(world), self.insurance);
        instruction::cancel_pool_request(self.owner, world.silo, request, refund, insurance)
    }

    /// As a stranger returns a request.
    pub fn returned(&self, world: &World, to: Pubkey) -> Instruction {
        let mut cancel = self.cancel(world, to);
        cancel.accounts[0].pubkey = stranger();
        cancel
    }

    /// Joins with `amount` at these prices.
    pub fn join(&self, world: &mut World, amount: u64, prices: &[u64; 2]) {
        world.send(self.request(world, false, amount, 1));
        self.wait(world, prices);
        world.send(self.execute(world, false));
    }

    /// Until the request is due, and has a price.
    pub fn wait(&self, world: &mut World, prices: &[u64; 2]) {
        let due = world.cluster.read::<PoolRequest>(&self.address(world)).due_ms;
        world.pass_to(due - world.cluster.now_ms() + 1_000, prices);
    }
}

/// Someone has a position in gain, so that a share is not worth one.
fn traded() -> World {
    let mut world = World::new();
    world.trader_with(10_000_000_000, &[(0, 300_000_000), (1, -100_000)]);
    world.pass_to(1_000, &RISEN);
    world
}

const RISEN: [u64; 2] = [SOL * 110 / 100, BTC];

/// The pool as a request executed now finds it.
pub fn pool_now(world: &World, insurance: bool, joins: bool) -> Pool {
    let silo = world.silo_state();
    let ledger = Ledger::from(&silo.ledger);
    let kind = if insurance { PoolKind::Insurance } else { PoolKind::Liquidity };
    let worth = if insurance {
        worth::insurance(&ledger, joins)
    } else {
        let chain = world.seen_chain();
        let mut traders = TradersResult::default();
        for index in 0..world.markets.len() {
            let market = world.market(index);
            let since = market.newest_price().published;
            let valued = Valued { since, leaves: !joins, cash: ledger.liquidity };
            add_market(&mut traders, &market, &chain, &valued).unwrap();
        }
        worth::liquidity(&ledger, &traders, joins)
    };
    Pool { assets: worth.unwrap().gain(), shares: silo.shares(kind) }
}

#[test]
fn joining_buys_shares_at_the_pools_value() {
    for insurance in [false, true] {
        let mut world = traded();
        let provider = Provider::new(&mut world, insurance, AMOUNT);
        let before = world.silo_state().ledger;
        world.send(provider.request(&world, false, AMOUNT, 1));
        assert_eq!(world.balance(&provider.money), 0);
        assert_eq!(world.silo_state().ledger.queued, AMOUNT);
        let kept: PoolRequest = world.cluster.read(&provider.address(&world));
        assert_eq!((kept.pool, kept.leaves), (u8::from(insurance), 0));
        assert_eq!((kept.amount, kept.owner), (AMOUNT, provider.owner));
        provider.wait(&mut world, &RISEN);
        let pool = pool_now(&world, insurance, true);
        let shares = pool.shares_for(Usd(AMOUNT)).unwrap();
        assert_ne!(shares, AMOUNT);
        let rent = world.cluster.get(&provider.address(&world)).unwrap().lamports;
        let lamports = world.cluster.get(&provider.owner).unwrap().lamports;
        world.send(provider.execute(&world, false));
        assert_eq!(world.balance(&provider.shares), shares);
        assert_eq!(world.cluster.get(&provider.owner).unwrap().lamports, lamports + rent);
        let silo = world.silo_state();
        let outstanding = if insurance { silo.insurance_shares } else { silo.liquidity_shares };
        assert_eq!(outstanding, pool.shares + shares);
        let part = |ledger: &holdfast_client::holdfast::state::LedgerState| {
            if insurance { ledger.insurance } else { ledger.liquidity }
        };
        assert_eq!(part(&silo.ledger), part(&before) + AMOUNT);
        assert_eq!(silo.ledger.queued, 0);
    }
}

#[test]
fn leaving_pays_the_shares_worth() {
    for insurance in [false, true] {
        let mut world = traded();
        let provider = Provider::new(&mut world, insurance, AMOUNT);
        provider.join(&mut world, AMOUNT, &RISEN);
        let shares = world.balance(&provider.shares);
        let mint = if insurance {
            address::insurance_mint(&world.silo)
        } else {
            address::liquidity_mint(&world.silo)
        };
        let outstanding = tokens::supply(&world.cluster, &mint);
        let at_request = pool_now(&world, insurance, false).amount_for(shares).unwrap();
        world.send(provider.request(&world, true, shares, 1));
        assert_eq!(world.balance(&provider.shares), 0);
        assert_eq!(tokens::supply(&world.cluster, &mint), outstanding - shares);
        if insurance {
            // Earned during the cooldown: not the leaver's.
            let vault = address::insurance_vault(&world.silo);
            world.give(&vault, 1_000_000_000);
            world.send(instruction::reconcile_vaults(world.silo));
            world.watch(86_400_000).unwrap();
        }
        world.pass_to(6_000, &RISEN);
        let worth = pool_now(&world, insurance, false).amount_for(shares).unwrap();
        assert!(!insurance || worth > at_request);
        let paid = if insurance { at_request } else { worth };
        let before = world.silo_state().ledger;
        world.send(provider.execute(&world, true));
        assert_eq!(world.balance(&provider.money), paid.0);
        let after = world.silo_state().ledger;
        if insurance {
            assert_eq!(after.insurance, before.insurance - paid.0);
            assert_eq!(after.in_insurance_vault, before.in_insurance_vault - paid.0);
        } else {
            assert_eq!(after.liquidity, before.liquidity - paid.0);
            assert_eq!(after.in_liquidity_vault, before.in_liquidity_vault - paid.0);
        }
        // What was bought is not worth more than was paid.
        assert!(paid.0 <= AMOUNT && paid.0 > AMOUNT - 10, "{paid:?}");
    }
}

/// Anybody may execute a request that is due; by when they do nobody gains.
#[test]
fn a_due_request_gets_no_better_price_for_waiting() {
    for (leaves, better) in [(false, [SOL * 112 / 100, BTC]), (true, [SOL * 105 / 100, BTC])] {
        let mut world = traded();
        let provider = Provider::new(&mut world, false, AMOUNT);
        let to = if leaves { provider.money } else { provider.shares };
        if leaves {
            provider.join(&mut world, AMOUNT, &RISEN);
        }
        let held = if leaves { world.balance(&provider.shares) } else { AMOUNT };
        world.send(provider.request(&world, leaves, held, 1));
        world.pass_to(6_000, &RISEN);
        let executes = provider.execute(&world, leaves);
        let mut later = world.fork();
        world.send(executes.clone());
        later.pass_to(4_000, &better);
        later.pass_to(1_000, &better);
        let pool = pool_now(&later, false, !leaves);
        let at_newest = if leaves {
            pool.amount_for(held).unwrap().0
        } else {
            pool.shares_for(Usd(held)).unwrap()
        };
        later.send(executes);
        let [now, waited] = [&world, &later].map(|world| world.balance(&to));
        // Carry of a few seconds is all that waiting changes.
        assert!(waited <= now && now - waited < 10, "{waited} instead of {now}");
        assert!(at_newest > now, "at the newest price it would be {at_newest}");
    }
}

/// A price that somebody stored long after its publication, so that they could choose it, decides
/// no request.
#[test]
fn a_price_stored_late_executes_no_request() {
    let mut world = traded();
    let provider = Provider::new(&mut world, false, AMOUNT);
    world.send(provider.request(&world, false, AMOUNT, 1));
    world.cluster.pass(20_000);
    let late = world.cluster.now_ms() - 10_000;
    for (market, price) in RISEN.into_iter().enumerate() {
        world.publish_one(market, Published::new(price, late)).unwrap();
    }
    world.refuses(&provider.execute(&world, false), HoldfastError::RequestNotDue);
    world.pass_to(1_000, &RISEN);
    world.send(provider.execute(&world, false));
}

#[test]
fn cancelling_returns_all_of_it() {
    for insurance in [false, true] {
        let mut world = traded();
        let provider = Provider::new(&mut world, insurance, AMOUNT);
        let before = world.silo_state();
        world.send(provider.request(&world, false, AMOUNT, 1));
        world.send(provider.cancel(&world, provider.money));
        assert_eq!(world.balance(&provider.money), AMOUNT);
        assert!(world.cluster.get(&provider.address(&world)).is_none());
        let held = |silo: &holdfast_client::holdfast::state::Silo| {
            let ledger = silo.ledger;
            (ledger.queued, ledger.in_liquidity_vault + ledger.in_insurance_vault)
        };
        assert_eq!(held(&world.silo_state()), held(&before));

        provider.join(&mut world, AMOUNT, &CALM);
        let shares = world.balance(&provider.shares);
        let before = bytemuck::bytes_of(&world.silo_state()).to_vec();
        world.send(provider.request(&world, true, shares, 1));
        world.send(provider.cancel(&world, provider.shares));
        assert_eq!(world.balance(&provider.shares), shares);
        assert_eq!(bytemuck::bytes_of(&world.silo_state()), before);
    }
}
