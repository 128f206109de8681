//! For each instruction a state in which it succeeds.

use holdfast_client::holdfast::instructions::{FeedSource, PoolOrder};
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_sim::Trader;
use holdfast_sim::venue::{feed_account, keypair, market_order};
use solana_signer::Signer;

use crate::world::{CALM, SOL, World};

/// Falls below maintenance at this price with the collateral of [`leveraged`].
const FALLEN: [u64; 2] = [SOL * 88 / 100, CALM[1]];

/// An instruction that succeeds, and who else is there.
pub struct Scene {
    pub instruction: Instruction,
    /// All margin accounts of the silo.
    pub people: Vec<Pubkey>,
    /// A margin account of the second silo.
    pub other_account: Pubkey,
    /// Accounts that are right but for being others: slot and address.
    pub same_kind: Vec<(usize, Pubkey)>,
}

/// A trader, a bystander with the same positions and money, and somebody in the second silo.
struct Cast {
    trader: Trader,
    bystander: Trader,
    other_account: Pubkey,
}

fn leveraged(world: &mut World) -> Cast {
    let positions = [(0, 50_000_000), (1, 1_000)];
    let trader = world.trader_with(1_100_000_000, &positions);
    let bystander = world.trader_with(1_100_000_000, &positions);
    let other = world.in_second(|second| second.trader_with(1_100_000_000, &positions));
    Cast { trader, bystander, other_account: other.account }
}

impl Cast {
    fn scene(&self, instruction: Instruction, same_kind: &[(usize, Pubkey)]) -> Scene {
        Scene {
            instruction,
            people: vec![self.trader.account, self.bystander.account],
            other_account: self.other_account,
            same_kind: same_kind.to_vec(),
        }
    }

    fn owner(&self) -> Pubkey {
        self.trader.keypair.pubkey()
    }
}

pub fn deposit(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let wallet = world.token_account("deposit", world.mint, cast.owner(), 1_000);
    let (silo, account) = (world.silo, cast.trader.account);
    let deposit = instruction::deposit(cast.owner(), wallet, silo, account, 1_000);
    cast.scene(deposit, &[(4, cast.bystander.account)])
}

pub fn withdraw(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let markets = world.markets.clone();
    let (account, wallet) = (cast.trader.account, cast.trader.wallet);
    let withdraw = instruction::withdraw(cast.owner(), world.silo, account, wallet, 1, &markets);
    let same = [(4, cast.bystander.account), (5, cast.bystander.wallet), (7, world.markets[1])];
    cast.scene(withdraw, &same)
}

pub fn place_order(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let order = market_order(1_000_000, world.cluster.now_ms());
    let place =
        instruction::place_order(cast.owner(), cast.trader.account, world.markets[0], order);
    cast.scene(place, &[(1, cast.bystander.account), (3, world.markets[1])])
}

pub fn cancel_order(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let order = market_order(1_000_000, world.cluster.now_ms());
    let number = world.place(&cast.trader, 0, order).unwrap();
    world.place(&cast.bystander, 0, order).unwrap();
    let cancel = instruction::cancel_order(cast.owner(), cast.trader.account, number);
    cast.scene(cancel, &[(0, cast.bystander.keypair.pubkey()), (1, cast.bystander.account)])
}

pub fn execute_order(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let order = market_order(-1_000_000, world.cluster.now_ms());
    let number = world.place(&cast.trader, 0, order).unwrap();
    world.pass_to(3_000, &CALM);
    let (silo, market) = (world.silo, world.markets[0]);
    let (account, executor) = (cast.trader.account, cast.bystander.account);
    let execute = instruction::execute_order(silo, market, account, executor, number, &[]);
    cast.scene(execute, &[(2, world.markets[1]), (3, executor), (4, account)])
}

pub fn flag(world: &mut World) -> Scene {
    let cast = leveraged(world);
    world.pass_to(3_000, &FALLEN);
    let markets = world.markets.clone();
    let flag = instruction::flag(cast.trader.account, &markets);
    let safe = world.trader(1_000_000).unwrap().account;
    let mut scene = cast.scene(flag, &[(1, safe), (2, world.markets[1]), (3, world.markets[0])]);
    scene.people.push(safe);
    scene
}

pub fn liquidate(world: &mut World) -> Scene {
    let mut scene = flag(world);
    let flag = scene.instruction.clone();
    world.send(flag);
    world.pass_to(4_000, &FALLEN);
    let (silo, markets) = (world.silo, world.markets.clone());
    let (account, bystander, safe) = (scene.people[0], scene.people[1], scene.people[2]);
    let liquidate = instruction::liquidate(silo, markets[0], account, bystander, &markets[1..]);
    scene.instruction = liquidate;
    scene.same_kind = vec![(2, markets[1]), (3, safe), (4, safe), (5, markets[0])];
    scene
}

pub fn mature_profit(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let order = market_order(-10_000_000, world.cluster.now_ms());
    let number = world.place(&cast.trader, 0, order).unwrap();
    let risen = [SOL * 105 / 100, CALM[1]];
    world.pass_to(3_000, &risen);
    world.execute(&cast.trader.account, number, &cast.trader.account).unwrap();
    for _ in 0..31 {
        world.pass_to(10_000, &risen);
    }
    let mature = instruction::mature_profit(world.silo, cast.trader.account);
    cast.scene(mature, &[(2, cast.bystander.account)])
}

pub fn refresh_market(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let silo = world.silo;
    world.pass_to(3_000, &CALM);
    world.cluster.pass(2_000);
    let published = holdfast_sim::feed::Published::new(SOL, world.cluster.now_ms());
    let slot = world.cluster.slot();
    let update = holdfast_sim::feed::pyth_update(holdfast_sim::venue::feed_id(0), published, slot);
    holdfast_sim::feed::post_pyth_update(&mut world.cluster, feed_account(0), &update);
    let refresh = instruction::refresh_market(silo, world.markets[0], &[feed_account(0)]);
    cast.scene(refresh, &[(2, world.markets[1]), (3, feed_account(1))])
}

pub fn observe(world: &mut World) -> Scene {
    let cast = leveraged(world);
    world.cluster.pass(3_000);
    let markets = world.markets.clone();
    let same = [(1, markets[1]), (2, markets[0])];
    cast.scene(instruction::observe(&markets), &same)
}

/// A request to join the liquidity pool, not yet sent.
fn joining(world: &mut World, cast: &Cast) -> (Instruction, Pubkey, Pubkey) {
    let silo = world.silo;
    let wallet = world.token_account("joining", world.mint, cast.owner(), 2_000_000);
    let shares = world.token_account("joined", address::liquidity_mint(&silo), cast.owner(), 0);
    let order = PoolOrder { insurance: false, leaves: false, amount: 1_000_000, least: 0 };
    let request = instruction::request_pool(cast.owner(), silo, 7, wallet, shares, order);
    (request, wallet, shares)
}

pub fn request_pool(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let (request, _, _) = joining(world, &cast);
    let spare = keypair("spare", 7).pubkey();
    world.token_account("spare", world.mint, cast.owner(), 2_000_000);
    cast.scene(request, &[(4, spare), (0, cast.bystander.keypair.pubkey())])
}

pub fn cancel_pool_request(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let (request, wallet, _) = joining(world, &cast);
    world.send(request);
    let silo = world.silo;
    let address = address::pool_request(&silo, &cast.owner(), 7);
    let cancel = instruction::cancel_pool_request(cast.owner(), silo, address, wallet, false);
    let same = [(0, cast.bystander.keypair.pubkey()), (3, cast.bystander.wallet)];
    cast.scene(cancel, &same)
}

pub fn execute_pool_request(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let (request, _, shares) = joining(world, &cast);
    world.send(request);
    world.pass_to(6_000, &CALM);
    let (silo, markets) = (world.silo, world.markets.clone());
    let address = address::pool_request(&silo, &cast.owner(), 7);
    let execute =
        instruction::execute_pool_request(cast.owner(), silo, address, shares, false, &markets);
    let spare = world.token_account("spare", address::liquidity_mint(&silo), cast.owner(), 0);
    let bystander = cast.bystander.keypair.pubkey();
    let same = [(0, bystander), (4, spare), (8, markets[1]), (9, markets[0])];
    cast.scene(execute, &same)
}

pub fn reconcile_vaults(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let reconcile = instruction::reconcile_vaults(world.silo);
    cast.scene(reconcile, &[])
}

pub fn collect_fees(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let admin = world.admin.pubkey();
    let receiver = world.token_account("fees", world.mint, admin, 0);
    let spare = world.token_account("spare", world.mint, admin, 0);
    let collect = instruction::collect_fees(world.silo, receiver);
    cast.scene(collect, &[(3, spare)])
}

pub fn close_margin_account(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let idle = world.trader(0).unwrap();
    let other_idle = world.trader(0).unwrap();
    let close = instruction::close_margin_account(idle.keypair.pubkey(), idle.account);
    cast.scene(close, &[(0, cast.owner()), (1, other_idle.account)])
}

pub fn open_margin_account(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let (owner, silo) = (cast.owner(), world.silo);
    let open = instruction::open_margin_account(owner, owner, silo, 9);
    cast.scene(open, &[(1, cast.bystander.keypair.pubkey()), (3, cast.bystander.account)])
}

pub fn create_exchange(world: &mut World) -> Scene {
    let admin = world.admin.pubkey();
    let instruction = instruction::create_exchange(admin, admin);
    let nobody = keypair("nobody", 0).pubkey();
    Scene { instruction, people: vec![nobody], other_account: nobody, same_kind: Vec::new() }
}

pub fn create_silo(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let (admin, mint) = (world.admin.pubkey(), world.mint);
    let create = instruction::create_silo(admin, 2, mint, presets::silo());
    cast.scene(create, &[(2, world.silo)])
}

pub fn list_market(world: &mut World) -> Scene {
    let cast = leveraged(world);
    let feed = FeedSource { provider: Provider::PythPull as u8, id: [9; 32] };
    let (admin, silo) = (world.admin.pubkey(), world.silo);
    let terms = presets::market(150);
    let list = instruction::list_market(admin, silo, 2, [0; 16], terms, vec![feed]);
    cast.scene(list, &[(3, world.markets[0])])
}
