//! A venue, its keepers, and time.

use std::collections::BTreeSet;

use holdfast_client::{Pubkey, address, instruction};
use holdfast_keeper_core::fees::Fees;
use holdfast_keeper_core::guard::Guard;
use holdfast_keeper_core::keeper::{Io, Keeper, KeeperConfig};
use holdfast_keeper_core::witness::Operators;
use holdfast_risk::Millis;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::chain::SimulatedChain;
use super::edge::SimulatedIo;
use super::fault::{Fault, Faults};
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{LONE, Listing, feed_account, feed_id, keypair, silo_plan};
use holdfast_testkit::{Trader, Venue};

/// What a step lasts, milliseconds.
pub(super) const STEP: u64 = 100;
/// What a slot lasts, milliseconds.
const SLOT: u64 = 400;
/// Feeds publish this often, milliseconds.
const PUBLISHES: u64 = 1_000;
const BEGAN: u64 = 1_700_000_000_000;
/// The price everything begins at, millionths.
pub const PRICE: u64 = 150_000_000;
/// Seven times a margin of a thousand, in base units.
const SIZE: i64 = 46_666_666;

/// What a world is made of.
#[derive(Clone, Copy, Debug)]
pub struct WorldPlan {
    /// Where the random choices come from.
    pub seed: u64,
    /// Keepers.
    pub keepers: usize,
    /// Endpoints each has.
    pub endpoints: usize,
    /// Streams each has.
    pub streams: usize,
    /// Traders who are long with seven times their margin.
    pub traders: usize,
}

/// A venue with its keepers in virtual time.
pub struct KeeperWorld {
    /// The chain.
    pub chain: SimulatedChain,
    /// The keepers.
    pub keepers: Vec<Keeper>,
    /// What lies between each of them and the chain.
    pub edges: Vec<SimulatedIo>,
    /// Which keepers run.
    pub running: Vec<bool>,
    /// The traders.
    pub traders: Vec<Trader>,
    /// The price that feeds publish, millionths.
    pub price: u64,
    /// Virtual time since the keepers began, milliseconds.
    pub now: u64,
    plan: WorldPlan,
    faults: Faults,
    random: ChaCha20Rng,
    slot_left: u64,
}

impl KeeperWorld {
    /// Deploys a venue with liquidity and lets the traders in. The keepers begin now.
    ///
    /// # Errors
    /// A sentence saying what went wrong.
    pub fn new(plan: WorldPlan) -> Result<Self, String> {
        let mut random = ChaCha20Rng::seed_from_u64(plan.seed);
        let listing = Listing { name: "SOL-PERP", price: PRICE, providers: LONE };
        let mut venue = Venue::install_silo(BEGAN, silo_plan(&[listing]))?;
        let said = |failure: holdfast_testkit::Failure| failure.message;
        venue.publish(&[PRICE]).map_err(said)?;
        venue.join_pool(false, 10_000_000_000_000, &[PRICE]).map_err(said)?;
        let mut traders = Vec::new();
        for _ in 0..plan.traders {
            let trader = venue.trader(1_000_000_000).map_err(said)?;
            venue.trade(&trader, 0, SIZE, &[PRICE]).map_err(said)?;
            traders.push(trader);
        }
        let wallets: Vec<_> =
            (0..plan.keepers as u64).map(|name| keypair("keeper", name)).collect();
        let names: Vec<Pubkey> = wallets.iter().map(Signer::pubkey).collect();
        let mut keepers = Vec::new();
        for wallet in wallets {
            let owner = wallet.pubkey();
            venue.cluster.fund(&owner, 1_000_000_000_000);
            let open = instruction::open_margin_account(owner, owner, venue.silo, 0);
            venue.cluster.send(&[open], &[&wallet]).map_err(said)?;
            let orders = orders(&plan, venue.silo, wallet, &names);
            keepers.push(Keeper::new(orders, Millis(0)));
        }
        let edges =
            keepers.iter().map(|_| SimulatedIo::new(ChaCha20Rng::from_rng(&mut random))).collect();
        Ok(Self {
            chain: SimulatedChain::new(venue),
            running: vec![true; keepers.len()],
            keepers,
            edges,
            traders,
            price: PRICE,
            now: 0,
            plan,
            faults: Faults::default(),
            random,
            slot_left: SLOT,
        })
    }

    /// A keeper's process dies and is started again: it knows nothing, and nothing is under way to it.
    pub fn restart_keeper(&mut self, index: usize) {
        self.start(index, |orders| orders);
    }

    /// A keeper is started again with a guardian's key, and with the hashes of what was announced where
    /// it shall take everything else back.
    pub fn appoint(
        &mut self,
        index: usize,
        guardian: Keypair,
        announced: Option<BTreeSet<[u8; 32]>>,
    ) {
        let guardian = Some(guardian);
        self.start(index, |orders| KeeperConfig { guardian, announced, ..orders });
    }

    /// A keeper is started again as a guard: it knows what the guard remembers.
    pub fn watch(&mut self, index: usize, guard: Guard) {
        self.start(index, |orders| KeeperConfig { guard: Some(guard), ..orders });
    }

    fn start(&mut self, index: usize, told: impl FnOnce(KeeperConfig) -> KeeperConfig) {
        let wallet = keypair("keeper", index as u64);
        let names: Vec<_> =
            (0..self.keepers.len() as u64).map(|name| keypair("keeper", name).pubkey()).collect();
        let orders = orders(&self.plan, self.chain.venue.silo, wallet, &names);
        self.keepers[index] = Keeper::new(told(orders), Millis(self.now));
        self.edges[index] = SimulatedIo::new(ChaCha20Rng::from_rng(&mut self.random));
        self.edges[index].faults = self.faults.clone();
    }

    /// From now on this fails, for every keeper.
    pub fn fail(&mut self, faults: &[Fault]) {
        self.faults = Faults(faults.to_vec());
        for edge in &mut self.edges {
            edge.faults = self.faults.clone();
        }
    }

    /// Lets time pass, step by step.
    pub fn pass(&mut self, ms: u64) {
        for _ in 0..ms / STEP {
            self.step();
        }
    }

    /// Lets time pass until something is so; says after how long, or `None` after `most`.
    pub fn until(&mut self, most: u64, mut is_so: impl FnMut(&Self) -> bool) -> Option<u64> {
        let begun = self.now;
        while !is_so(self) {
            if self.now - begun >= most {
                return None;
            }
            self.step();
        }
        Some(self.now - begun)
    }

    fn step(&mut self) {
        self.now += STEP;
        if self.now.is_multiple_of(PUBLISHES) && !self.faults.has(Fault::NoPrices) {
            self.publish();
        }
        self.move_chain();
        let running = self.keepers.iter_mut().zip(&mut self.edges).zip(&self.running);
        for ((keeper, edge), _) in running.filter(|(_, running)| **running) {
            for event in edge.arrived(self.now) {
                keeper.hear(event, Millis(self.now));
            }
            for command in keeper.poll(Millis(self.now)) {
                edge.begin(command);
            }
            edge.carry_out(&self.chain, self.now);
        }
    }

    fn publish(&mut self) {
        let cluster = &mut self.chain.venue.cluster;
        let published = Published::new(self.price, cluster.now_ms());
        let update = pyth_update(feed_id(0), published, cluster.slot());
        post_pyth_update(cluster, feed_account(0), &update);
    }

    fn move_chain(&mut self) {
        if self.faults.has(Fault::Halt) {
            self.chain.stand(STEP);
            return;
        }
        self.slot_left = self.slot_left.saturating_sub(STEP);
        if self.slot_left > 0 {
            return;
        }
        let lasts = if self.faults.has(Fault::SlowSlots) { 2 * SLOT } else { SLOT };
        self.slot_left = lasts;
        for fault in self.faults.0.clone() {
            if let Fault::Forking(depth) = fault
                && self.random.random_ratio(1, 20)
            {
                self.chain.fork(depth);
            }
        }
        let made = !self.faults.has(Fault::Skipping) || self.random.random_ratio(1, 2);
        let now = self.now;
        let transactions = self.edges.iter_mut().flat_map(|edge| edge.leader_gets(now)).collect();
        self.chain.pass(lasts, made, transactions);
        if made {
            for edge in &mut self.edges {
                edge.tell(self.chain.newest(), now);
            }
        }
    }
}

fn orders(plan: &WorldPlan, silo: Pubkey, wallet: Keypair, names: &[Pubkey]) -> KeeperConfig {
    KeeperConfig {
        silo,
        account: address::margin_account(&silo, &wallet.pubkey(), 0),
        wallet,
        guardian: None,
        announced: None,
        keepers: names.to_vec(),
        feeds: vec![feed_account(0)],
        fees: Fees::default(),
        posting: None,
        guard: None,
        dry_run: false,
        // As most nodes are: a stream beside each endpoint, as far as there are any.
        operators: Operators::new((0..plan.endpoints).collect(), (0..plan.streams).collect()),
        genesis: Some([0; 32]),
    }
}
