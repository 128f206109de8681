//! One state per case, and the instruction measured in it.

mod fates;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::holdfast::instructions::{OrderRequest, OrderTrigger, PoolOrder};
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::{MarketPlan, SiloPlan, Step, apply, presets};
use holdfast_risk::governance::UPGRADE_WAIT;
use holdfast_risk::market::settlement::{NO_PRICE, NOTICE};
use holdfast_testkit::feed::{Published, pyth_price_account, write_pyth_price_account};
use holdfast_testkit::venue::{LONE, Listing, market_order};
use holdfast_testkit::{Trader, Venue, elf, tokens, venue, with_units};
use litesvm::types::TransactionMetadata;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::Units;
use crate::profile::{Stages, stages};

const START_MS: u64 = 1_760_000_000_000;
const PRICE: u64 = 150_000_000;
const CRASHED: u64 = 137_000_000;
/// Ten whole units at the price: enough to matter, little enough for the caps.
const SIZE: i64 = 10_000_000;
/// Collateral per position: initial margin with its costs, and some for fees.
const MARGIN: u64 = 180_000_000;

/// What a signature and an account that is written cost in a block besides the units of programs:
/// solana-cost-model 4.2.2, `block_cost_limits.rs`.
const SIGNATURE: u64 = 720;
const WRITTEN_ACCOUNT: u64 = 300;

/// Measures every case.
///
/// # Errors
/// A sentence naming the case and what the program said.
pub fn measure() -> Result<Measured, String> {
    let mut bench = Bench::new()?;
    bench.money()?;
    bench.orders()?;
    bench.liquidations()?;
    bench.fates()?;
    bench.pools()?;
    bench.upkeep()?;
    bench.settlement()?;
    bench.administration()?;
    Ok(bench.measured)
}

/// What the cases took.
#[derive(Default)]
pub struct Measured {
    /// Units by case.
    pub units: Units,
    /// Where they go, by case, for a program that marks its stages.
    pub stages: BTreeMap<&'static str, Stages>,
    /// What the cluster's cost model counts for a transaction with nothing else in it, by case, where
    /// the silo's account is written.
    pub silo_costs: Units,
}

struct Bench {
    venue: Venue,
    measured: Measured,
}

impl Bench {
    fn new() -> Result<Self, String> {
        let listings = [Listing { name: "BENCH-PERP", price: PRICE, providers: LONE }; 16];
        let mut venue = Venue::deploy(START_MS, &listings)?;
        venue.publish(&[PRICE; 16]).map_err(|failure| failure.message)?;
        for insurance in [false, true] {
            let joined = venue.join_pool(insurance, 10_000_000_000_000, &[PRICE; 16]);
            joined.map_err(|failure| failure.message)?;
        }
        Ok(Self { venue, measured: Measured::default() })
    }

    /// Sends an instruction and notes what it took.
    fn take(
        &mut self,
        name: &'static str,
        instruction: Instruction,
        signer: &Keypair,
    ) -> Result<(), String> {
        self.take_of(name, &[instruction], &[signer])
    }

    /// Sends a transaction and notes what it took.
    fn take_of(
        &mut self,
        name: &'static str,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<(), String> {
        let sent = self.venue.cluster.send(instructions, signers);
        let taken = sent.map_err(|failure| format!("{name}: {}", failure.message))?;
        self.note(name, instructions, signers, &taken);
        Ok(())
    }

    fn note(
        &mut self,
        name: &'static str,
        instructions: &[Instruction],
        signers: &[&Keypair],
        taken: &TransactionMetadata,
    ) {
        let units = taken.compute_units_consumed;
        self.measured.units.insert(name, units);
        let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut written: BTreeSet<_> =
            metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
        if written.contains(&self.venue.silo) {
            written.extend(signers.iter().map(|signer| signer.pubkey()));
            let locks = WRITTEN_ACCOUNT * written.len() as u64;
            self.measured.silo_costs.insert(name, units + SIGNATURE + locks);
        }
        let stages = stages(&taken.logs);
        if !stages.is_empty() {
            self.measured.stages.insert(name, stages);
        }
    }

    fn keeper(&self) -> Keypair {
        self.venue.admin.insecure_clone()
    }

    /// A trader with `count` long positions in the first markets.
    fn trader_with(&mut self, count: usize) -> Result<Trader, String> {
        let said = |failure: holdfast_testkit::Failure| failure.message;
        let trader = self.venue.trader(MARGIN * count.max(1) as u64).map_err(said)?;
        for market in 0..count {
            self.venue.trade(&trader, market, SIZE, &[PRICE; 16]).map_err(said)?;
        }
        Ok(trader)
    }

    fn publish(&mut self, price: u64) -> Result<(), String> {
        self.venue.publish(&[price; 16]).map_err(|failure| failure.message)
    }

    fn money(&mut self) -> Result<(), String> {
        let (owner, wallet) = self.venue.person(1_000_000_000);
        let (key, silo) = (owner.pubkey(), self.venue.silo);
        let account = address::margin_account(&silo, &key, 0);
        let open = instruction::open_margin_account(key, key, silo, 0);
        self.take("open_margin_account", open, &owner)?;
        let deposit = instruction::deposit(key, wallet, silo, account, 1_000_000);
        self.take("deposit", deposit, &owner)?;
        let withdraw = instruction::withdraw(key, silo, account, wallet, 1_000_000, &[]);
        self.take("withdraw_0", withdraw, &owner)?;
        self.take("deposit", instruction::deposit(key, wallet, silo, account, 1_000_000), &owner)?;
        let request = instruction::request_exit(key, silo, account, wallet, 1_000_000);
        self.take("request_exit", request.clone(), &owner)?;
        self.take("cancel_exit", instruction::cancel_exit(key, account), &owner)?;
        self.take("request_exit", request, &owner)?;
        self.take("pay_exit", instruction::pay_exit(silo, account, wallet), &self.keeper())?;
        self.take("close_margin_account", instruction::close_margin_account(key, account), &owner)?;
        for (name, count) in [("withdraw_1", 1), ("withdraw_16", 16)] {
            let trader = self.trader_with(count)?;
            let markets = self.venue.markets_of(&trader.account, None);
            let owner = trader.keypair.pubkey();
            let withdraw =
                instruction::withdraw(owner, silo, trader.account, trader.wallet, 1, &markets);
            self.take(name, withdraw, &trader.keypair)?;
        }
        Ok(())
    }

    fn orders(&mut self) -> Result<(), String> {
        let trader = self.trader_with(0)?;
        let now = self.venue.cluster.now_ms();
        let owner = trader.keypair.pubkey();
        let place = instruction::place_order(
            owner,
            trader.account,
            self.venue.markets[0],
            market_order(SIZE, now),
            &[],
        );
        self.take("place_order", place, &trader.keypair)?;
        let cancel = instruction::cancel_order(owner, trader.account, self.venue.markets[0], 1);
        self.take("cancel_order", cancel, &trader.keypair)?;
        let trigger = OrderTrigger::AtOrAbove { price: PRICE };
        let waits = OrderRequest { trigger, ..market_order(SIZE, now) };
        self.venue.place(&trader, 0, waits).map_err(|failure| failure.message)?;
        let trigger = instruction::trigger_order(trader.account, self.venue.markets[0], 2);
        self.take("trigger_order", trigger, &self.keeper())?;
        for (name, count) in
            [("execute_order_1", 1), ("execute_order_4", 4), ("execute_order_16", 16)]
        {
            let trader = self.trader_with(count - 1)?;
            let (wallet, silo) = (trader.wallet, self.venue.silo);
            let owner = trader.keypair.pubkey();
            tokens::create_token_account(
                &mut self.venue.cluster,
                wallet,
                self.venue.mint,
                owner,
                MARGIN,
            );
            let more = instruction::deposit(owner, wallet, silo, trader.account, MARGIN);
            let sent = self.venue.cluster.send(&[more], &[&trader.keypair]);
            sent.map_err(|failure| failure.message)?;
            self.execute(name, &trader, count - 1, SIZE)?;
            if count == 1 {
                self.execute("execute_order_close", &trader, 0, -SIZE)?;
            }
        }
        Ok(())
    }

    fn execute(
        &mut self,
        name: &'static str,
        trader: &Trader,
        market: usize,
        delta: i64,
    ) -> Result<(), String> {
        let request = market_order(delta, self.venue.cluster.now_ms());
        let placed = self.venue.place(trader, market, request);
        let number = placed.map_err(|failure| failure.message)?;
        self.venue.cluster.pass(3_000);
        self.publish(PRICE)?;
        let others = self.venue.markets_of(&trader.account, Some(market as u8));
        let keeper = self.venue.trader(0).map_err(|failure| failure.message)?;
        let execute = instruction::execute_order(
            self.venue.silo,
            self.venue.markets[market],
            trader.account,
            keeper.account,
            number,
            &others,
        );
        self.take(name, execute, &self.keeper())
    }

    fn liquidations(&mut self) -> Result<(), String> {
        let cases = [
            ("flag_1", "liquidate_1", 1),
            ("flag_4", "liquidate_4", 4),
            ("flag_16", "liquidate_16", 16),
        ];
        let keeper = self.venue.trader(0).map_err(|failure| failure.message)?;
        for (flag_name, liquidate_name, count) in cases {
            let trader = self.trader_with(count)?;
            self.venue.cluster.pass(1_000);
            self.publish(CRASHED)?;
            let markets = self.venue.markets_of(&trader.account, None);
            self.take(flag_name, instruction::flag(trader.account, &markets), &self.keeper())?;
            self.venue.cluster.pass(4_000);
            self.publish(CRASHED)?;
            let liquidate = instruction::liquidate(
                self.venue.silo,
                markets[0],
                trader.account,
                keeper.account,
                &markets[1..],
            );
            self.take(liquidate_name, liquidate, &self.keeper())?;
            self.venue.cluster.pass(1_000);
            self.publish(PRICE)?;
        }
        Ok(())
    }

    fn pools(&mut self) -> Result<(), String> {
        let (owner, wallet) = self.venue.person(3_000_000_000);
        let (key, silo) = (owner.pubkey(), self.venue.silo);
        let shares = venue::keypair("bench shares", 0).pubkey();
        let mint = address::liquidity_mint(&silo);
        tokens::create_token_account(&mut self.venue.cluster, shares, mint, key, 0);
        let order = PoolOrder { insurance: false, leaves: false, amount: 1_000_000_000, least: 1 };
        let request = instruction::request_pool(key, silo, 0, wallet, shares, order);
        self.take("request_pool", request, &owner)?;
        let address = address::pool_request(&silo, &key, 0);
        let cancel = instruction::cancel_pool_request(key, silo, address, wallet, false);
        self.take("cancel_pool_request", cancel, &owner)?;
        let request = instruction::request_pool(key, silo, 0, wallet, shares, order);
        let sent = self.venue.cluster.send(&[request], &[&owner]);
        sent.map_err(|failure| failure.message)?;
        self.venue.cluster.pass(6_000);
        self.publish(PRICE)?;
        let markets = self.venue.markets.clone();
        let execute =
            instruction::execute_pool_request(key, silo, address, shares, false, &markets);
        self.take("execute_pool_request_16", execute, &owner)?;
        self.pool_of_one_market()
    }

    /// The same in a venue of one market, which also gives its administration to measure.
    fn pool_of_one_market(&mut self) -> Result<(), String> {
        let listing = [Listing { name: "ONE-PERP", price: PRICE, providers: LONE }];
        let said = |failure: holdfast_testkit::Failure| failure.message;
        let one = Venue::deploy(START_MS, &listing)?;
        let whole = std::mem::replace(&mut self.venue, one);
        self.publish_first()?;
        self.venue.join_pool(false, 10_000_000_000_000, &[PRICE]).map_err(said)?;
        let trader = self.venue.trader(MARGIN).map_err(said)?;
        self.venue.trade(&trader, 0, SIZE, &[PRICE]).map_err(said)?;
        let (owner, wallet) = self.venue.person(1_000_000_000);
        let (key, silo) = (owner.pubkey(), self.venue.silo);
        let shares = venue::keypair("bench shares", 1).pubkey();
        let mint = address::liquidity_mint(&silo);
        tokens::create_token_account(&mut self.venue.cluster, shares, mint, key, 0);
        let order = PoolOrder { insurance: false, leaves: false, amount: 1_000_000_000, least: 1 };
        let request = instruction::request_pool(key, silo, 0, wallet, shares, order);
        self.venue.cluster.send(&[request], &[&owner]).map_err(said)?;
        self.venue.cluster.pass(6_000);
        self.publish_first()?;
        let request = address::pool_request(&silo, &key, 0);
        let markets = self.venue.markets.clone();
        let execute =
            instruction::execute_pool_request(key, silo, request, shares, false, &markets);
        self.take("execute_pool_request_1", execute, &owner)?;
        self.venue = whole;
        Ok(())
    }

    fn publish_first(&mut self) -> Result<(), String> {
        self.venue.publish(&[PRICE]).map_err(|failure| failure.message)
    }

    fn upkeep(&mut self) -> Result<(), String> {
        let said = |failure: holdfast_testkit::Failure| failure.message;
        let keeper = self.keeper();
        self.venue.cluster.pass(3_000);
        self.take("observe", instruction::observe(&[]), &keeper)?;
        self.take("chain_state", instruction::chain_state(), &keeper)?;
        self.venue.cluster.pass(3_000);
        let (silo, market) = (self.venue.silo, self.venue.markets[0]);
        let update = holdfast_testkit::feed::pyth_update(
            venue::feed_id(0),
            Published::new(PRICE + 1, self.venue.cluster.now_ms()),
            self.venue.cluster.slot(),
        );
        let feed = venue::feed_account(0);
        holdfast_testkit::feed::post_pyth_update(&mut self.venue.cluster, feed, &update);
        self.take("refresh_market_1", instruction::refresh_market(silo, market, &[feed]), &keeper)?;
        let trader = self.trader_with(1)?;
        self.venue.cluster.pass(3_000);
        self.publish(PRICE * 11 / 10)?;
        let request = market_order(-SIZE, self.venue.cluster.now_ms());
        let number = self.venue.place(&trader, 0, request).map_err(said)?;
        self.venue.cluster.pass(3_000);
        self.publish(PRICE * 11 / 10)?;
        self.venue.execute(&trader.account, number, &trader.account).map_err(said)?;
        self.venue.watch(301_000).map_err(said)?;
        let mature = instruction::mature_profit(keeper.pubkey(), silo, trader.account);
        self.take("mature_profit", mature, &keeper)?;
        self.take("reconcile_vaults", instruction::reconcile_vaults(silo), &keeper)?;
        let receiver = venue::keypair("fees", 0).pubkey();
        let (mint, admin) = (self.venue.mint, keeper.pubkey());
        tokens::create_token_account(&mut self.venue.cluster, receiver, mint, admin, 0);
        self.take("collect_fees", instruction::collect_fees(silo, receiver), &keeper)
    }

    /// A market whose price never returns.
    fn settlement(&mut self) -> Result<(), String> {
        // The liquidations have left the market volatile: opening takes more than elsewhere.
        let said = |failure: holdfast_testkit::Failure| failure.message;
        let trader = self.venue.trader(10 * MARGIN).map_err(said)?;
        self.venue.trade(&trader, 0, SIZE, &[PRICE; 16]).map_err(said)?;
        let keeper = self.keeper();
        let (silo, market) = (self.venue.silo, self.venue.markets[0]);
        self.venue.watch(NO_PRICE.0).map_err(said)?;
        self.take("announce_settlement", instruction::announce_settlement(market), &keeper)?;
        self.venue.watch(NOTICE.0).map_err(said)?;
        self.take("settle_market", instruction::settle_market(market), &keeper)?;
        let settle = instruction::settle_position(silo, market, trader.account);
        self.take("settle_position", settle, &keeper)
    }

    /// What only the admin does, on a cluster with nothing but the program; its one market is
    /// priced by a Pyth price account.
    fn administration(&mut self) -> Result<(), String> {
        let mint = self.venue.mint;
        let empty = SiloPlan { mint, terms: presets::silo(), markets: Vec::new() };
        self.venue = Venue::deploy_program(START_MS, mint)?;
        let admin = self.keeper();
        let key = admin.pubkey();
        self.take(
            "create_exchange",
            instruction::create_exchange(key, key, presets::thresholds()),
            &admin,
        )?;
        self.take("create_silo", instruction::create_silo(key, 0, mint, empty.terms), &admin)?;
        let silo = address::silo(0);
        let feed: Pubkey = venue::feed_account(0);
        let provider = Provider::PythPriceAccount as u8;
        let plan = MarketPlan {
            name: "BENCH-PERP".to_owned(),
            terms: presets::market(150),
            feeds: Feeds { sources: vec![FeedSource { provider, id: feed.to_bytes() }], quorum: 1 },
        };
        let list = instruction::list_market(key, silo, 0, [0; 16], plan.terms, plan.feeds);
        self.take("list_market", list, &admin)?;
        let published = Published::new(PRICE, self.venue.cluster.now_ms());
        let account = pyth_price_account(published);
        write_pyth_price_account(&mut self.venue.cluster, feed, &account);
        let market = address::market(&silo, 0);
        let refresh = instruction::refresh_market(silo, market, &[feed]);
        self.take("refresh_market_price_account", refresh, &admin)?;
        self.powers(market, &admin)
    }

    /// The end of set-up, changes, and a guardian.
    fn powers(&mut self, market: Pubkey, admin: &Keypair) -> Result<(), String> {
        let key = admin.pubkey();
        let [guardian, second, _] = venue::guardians();
        let keys = vec![guardian.pubkey(), second.pubkey()];
        self.venue.cluster.fund(&guardian.pubkey(), 1_000_000_000);
        let wanted = self.venue.deployment(Vec::new());
        apply(&mut self.venue.cluster, admin, &wanted, Step::HandOver)?;
        let lock = instruction::lock_exchange(key, keys, presets::timelock(), 1);
        self.take("lock_exchange", lock, admin)?;
        let content = ChangeKind::MarketTerms { market, terms: presets::market(151) };
        let propose = |number| instruction::propose_change(key, number, content.clone());
        self.take("propose_change", propose(0), admin)?;
        self.take("cancel_change", instruction::cancel_change(key, 0, key), admin)?;
        self.take("propose_change", propose(1), admin)?;
        self.venue.watch(presets::timelock().wait_ms).map_err(|failure| failure.message)?;
        self.take("apply_change", instruction::apply_change(1, key, &content), admin)?;
        let tighten = instruction::tighten(guardian.pubkey(), true, 60_000);
        self.upgrade(admin)?;
        let blow = instruction::blow_fuses([guardian.pubkey(), second.pubkey()], 7, 60_000);
        self.take_of("blow_fuses", &[blow], &[&guardian, &second])?;
        let silo = self.venue.silo;
        let mut broken = self.venue.silo_state();
        broken.ledger.liquidity += 1;
        self.venue.cluster.write(silo, &broken);
        self.take("trip_fuse", instruction::trip_fuse(silo, None), admin)?;
        self.take("tighten", tighten, &guardian)
    }

    /// The program replaced by itself with something behind it.
    fn upgrade(&mut self, admin: &Keypair) -> Result<(), String> {
        let (key, buffer) = (admin.pubkey(), venue::keypair("buffer", 0).pubkey());
        let new = [&elf::read()?[..], b"another version"].concat();
        self.venue.cluster.write_buffer(buffer, &address::exchange(), &new);
        let sha256 = solana_sha256_hasher::hash(&new).to_bytes();
        let content = ChangeKind::Upgrade { buffer, sha256 };
        let propose = instruction::propose_change(key, 2, content);
        self.take_of("propose_upgrade", &with_units(&[propose]), &[admin])?;
        self.venue.watch(UPGRADE_WAIT.0).map_err(|failure| failure.message)?;
        // Until the chain, looked at so rarely before, is in its normal state.
        for _ in 0..24 {
            self.venue.cluster.pass(5_000);
            self.venue.observe().map_err(|failure| failure.message)?;
        }
        let apply = instruction::apply_upgrade(2, key, buffer);
        self.take_of("apply_upgrade", &with_units(&[apply]), &[admin])?;
        self.venue.cluster.pass(400);
        Ok(())
    }
}
