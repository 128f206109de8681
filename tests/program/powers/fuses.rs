//! `trip_fuse` and `blow_fuses`: what is taken away at once, by whom, for how long, and that nobody is
//! locked in by it.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::{FuseTripped, FusesBlown};
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, PoolOrder};
use holdfast_client::holdfast::state::{ChangeKind, TripState};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_testkit::venue::{keypair, market_order};
use holdfast_testkit::{Trader, events, tokens};
use solana_signer::Signer;

use super::{guardian, newcomer};
use crate::pool::Provider;
use crate::world::{BTC, CALM, SOL, World, stranger};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// Below what the failing account's maintenance margin takes.
const CRASHED: [u64; 2] = [125_000_000, BTC];

/// A silo in which everything that may be done has somebody to do it.
struct Stage {
    world: World,
    /// Long in the first market, with collateral to spare and an order that waits.
    rich: Trader,
    order: u64,
    /// Fails maintenance once the price falls.
    failing: Trader,
    /// Holds collateral and nothing else.
    idle: Trader,
    /// Has won, and the profit may mature.
    winner: Trader,
    /// Holds shares of the liquidity pool, and asked for more.
    provider: Pubkey,
    shares: Pubkey,
}

impl Stage {
    fn new() -> Self {
        let mut world = World::new();
        let rich = world.trader_with(5_000_000_000, &[(0, 20_000_000)]);
        let failing = world.trader_with(600_000_000, &[(0, 20_000_000)]);
        let idle = world.trader(1_000_000_000).unwrap();
        let winner = world.trader_with(5_000_000_000, &[(0, -10_000_000)]);
        let (provider, shares) = world.join_pool(false, 1_000_000_000, &CALM).unwrap();
        let order = market_order(5_000_000, world.cluster.now_ms());
        let limit = OrderRequest { limit: 1_000_000, ..order };
        let order = world.place(&rich, 0, limit).unwrap();
        world.trade(&winner, 0, 10_000_000, &[140_000_000, BTC]).unwrap();
        for _ in 0..61 {
            world.pass_to(5_000, &CALM);
        }
        let tokens = 1_000_000_000;
        for trader in [&rich, &idle] {
            let (mint, owner) = (world.mint, trader.keypair.pubkey());
            tokens::create_token_account(&mut world.cluster, trader.wallet, mint, owner, tokens);
        }
        Self { world, rich, order, failing, idle, winner, provider: provider.pubkey(), shares }
    }

    fn fork(&self) -> Self {
        let trader = |it: &Trader| Trader {
            keypair: it.keypair.insecure_clone(),
            account: it.account,
            wallet: it.wallet,
        };
        Self {
            world: self.world.fork(),
            rich: trader(&self.rich),
            order: self.order,
            failing: trader(&self.failing),
            idle: trader(&self.idle),
            winner: trader(&self.winner),
            provider: self.provider,
            shares: self.shares,
        }
    }

    /// A position shrinks through an order.
    #[track_caller]
    fn reduces(&mut self) {
        let now = self.world.cluster.now_ms();
        let world = &mut self.world;
        let request = OrderRequest { effect: OrderEffect::Reduce, ..market_order(-5_000_000, now) };
        let number = world.place(&self.rich, 0, request).unwrap();
        world.pass_to(3_000, &CALM);
        world.execute(&self.rich.account, number, &self.rich.account).unwrap();
    }

    /// Everything that only lowers risk or takes money home.
    #[track_caller]
    fn every_exit_works(&mut self) {
        let (silo, rich) = (self.world.silo, self.rich.account);
        let owner = self.rich.keypair.pubkey();
        let market = self.world.markets[0];
        self.world.send(instruction::deposit(owner, self.rich.wallet, silo, rich, 1_000));
        self.world.send(instruction::cancel_order(owner, rich, market, self.order));
        self.reduces();
        let markets = self.world.markets_of(&rich, None);
        let wallet = self.rich.wallet;
        self.world.send(instruction::withdraw(owner, silo, rich, wallet, 1_000_000, &markets));
        self.the_idle_leave();
        self.providers_ask_and_take_back();
        self.the_failing_are_liquidated();
    }

    #[track_caller]
    fn the_idle_leave(&mut self) {
        let (silo, idle, wallet) = (self.world.silo, self.idle.account, self.idle.wallet);
        let owner = self.idle.keypair.pubkey();
        let exit = |amount| instruction::request_exit(owner, silo, idle, wallet, amount);
        self.world.send(exit(500_000_000));
        self.world.send(instruction::cancel_exit(owner, idle));
        self.world.send(exit(400_000_000));
        self.world.send(instruction::pay_exit(silo, idle, wallet));
        let rest = self.world.account(&idle).collateral;
        self.world.send(instruction::withdraw(owner, silo, idle, wallet, rest, &[]));
        self.world.send(instruction::close_margin_account(owner, idle));
    }

    /// Requests are taken, and given back: while the fuse is blown as they lapse.
    #[track_caller]
    fn providers_ask_and_take_back(&mut self) {
        let (silo, owner, shares) = (self.world.silo, self.provider, self.shares);
        let money = self.world.token_account("provider", self.world.mint, owner, 0);
        let order = PoolOrder { insurance: false, leaves: true, amount: 1_000_000, least: 1 };
        self.world.send(instruction::request_pool(owner, silo, 1, shares, money, order));
        let request = address::pool_request(&silo, &owner, 1);
        self.world.send(instruction::cancel_pool_request(owner, silo, request, shares, false));
    }

    #[track_caller]
    fn the_failing_are_liquidated(&mut self) {
        let failing = self.failing.account;
        let keeper = self.rich.account;
        let world = &mut self.world;
        world.pass_to(1_000, &CRASHED);
        world.send(instruction::flag(failing, &world.markets[..1]));
        world.pass_to(4_000, &CRASHED);
        let market = world.markets[0];
        world.send(instruction::liquidate(world.silo, market, failing, keeper, &[]));
        assert!(world.account(&failing).position(0).size.0 < 20_000_000);
        for _ in 0..13 {
            world.pass_to(5_000, &CALM);
        }
    }

    /// What adds risk, or pays out at a price, is refused.
    #[track_caller]
    fn nothing_opens(&mut self) {
        self.opening_is(Some(HoldfastError::FuseBlown));
        self.pooling_is(Some(HoldfastError::FuseBlown));
        self.maturing_is(Some(HoldfastError::FuseBlown));
    }

    #[track_caller]
    fn opening_is(&self, refused: Option<HoldfastError>) {
        let mut world = self.world.fork();
        let request = market_order(1_000_000, world.cluster.now_ms());
        let Ok(number) = world.place(&self.rich, 0, request) else {
            let (owner, market) = (self.rich.keypair.pubkey(), world.markets[0]);
            let account = self.rich.account;
            let markets = world.markets_of(&account, None);
            let place = instruction::place_order(owner, account, market, request, &markets);
            return is(&world, &place, refused);
        };
        world.pass_to(3_000, &CALM);
        let (silo, market, account) = (world.silo, world.markets[0], self.rich.account);
        let others = world.markets_of(&account, Some(0));
        let execute = instruction::execute_order(silo, market, account, account, number, &others);
        is(&world, &execute, refused);
    }

    #[track_caller]
    fn pooling_is(&self, refused: Option<HoldfastError>) {
        let mut world = self.world.fork();
        let (owner, shares) = world.ask_to_join(false, 1_000_000_000).unwrap();
        let owner = owner.pubkey();
        world.pass_to(6_000, &CALM);
        let request = address::pool_request(&world.silo, &owner, 0);
        let (silo, markets) = (world.silo, world.markets.clone());
        let execute =
            instruction::execute_pool_request(owner, silo, request, shares, false, &markets);
        is(&world, &execute, refused);
    }

    #[track_caller]
    fn maturing_is(&self, refused: Option<HoldfastError>) {
        let world = &self.world;
        let mature = instruction::mature_profit(stranger(), world.silo, self.winner.account);
        is(world, &mature, refused);
    }
}

#[track_caller]
fn is(world: &World, instruction: &Instruction, refused: Option<HoldfastError>) {
    match refused {
        Some(error) => world.refuses(instruction, error),
        None => {
            let tried = world.cluster.simulate(std::slice::from_ref(instruction), &stranger());
            tried.unwrap_or_else(|failure| panic!("{}", failure.message));
        }
    }
}

/// What breaks the books, in words, and how.
type Break = (&'static str, fn(&mut Stage));

/// Books that do not add up, as no instruction leaves them.
const BREAKS: [Break; 5] = [
    ("a part of the ledger that is in no vault", |stage| {
        edit(stage, |silo| silo.ledger.liquidity += 1_000_000);
    }),
    ("a vault's money that is nobody's", |stage| {
        edit(stage, |silo| silo.ledger.liquidity -= 1_000_000);
    }),
    ("money missing in the liquidity vault", |stage| {
        edit(stage, |silo| {
            silo.ledger.liquidity += 1_000_000;
            silo.ledger.in_liquidity_vault += 1_000_000;
        });
    }),
    ("money missing in the insurance vault", |stage| {
        edit(stage, |silo| {
            silo.ledger.insurance += 1_000_000;
            silo.ledger.in_insurance_vault += 1_000_000;
        });
    }),
    ("an account that contradicts itself", |stage| {
        let mut account = stage.world.account(&broken(stage));
        account.open_markets = 1 << 9;
        let address = broken(stage);
        stage.world.cluster.write(address, &account);
    }),
];

/// The account that is broken where one is.
fn broken(stage: &Stage) -> Pubkey {
    stage.winner.account
}

fn edit(stage: &mut Stage, change: impl Fn(&mut holdfast_client::holdfast::state::Silo)) {
    let mut silo = stage.world.silo_state();
    change(&mut silo);
    stage.world.put(&silo);
}

/// Broken books trip in one transaction of anybody's; then nothing opens, and every exit works.
#[test]
fn every_exit_works_whatever_tripped_the_fuse() {
    let sound = Stage::new();
    sound.opening_is(None);
    sound.pooling_is(None);
    sound.maturing_is(None);
    sound.fork().every_exit_works();
    for (name, break_it) in BREAKS {
        println!("{name}");
        let mut stage = sound.fork();
        break_it(&mut stage);
        let account = name.contains("account").then(|| broken(&stage));
        let trip = instruction::trip_fuse(stage.world.silo, account);
        let sent = stage.world.cluster.send_unsigned(&[trip], &stranger()).unwrap();
        assert_eq!(events::find::<FuseTripped>(&sent).unwrap().silo, stage.world.silo);
        assert_eq!(stage.world.silo_state().trip.tripped, 1);
        stage.opening_is(Some(HoldfastError::FuseBlown));
        stage.pooling_is(Some(HoldfastError::FuseBlown));
        stage.maturing_is(Some(HoldfastError::FuseBlown));
        stage.every_exit_works();
        // The second silo is behind its wall.
        assert_eq!(stage.world.in_second(|world| world.silo_state().trip), TripState::default());
    }
}

/// Without proof nothing is tripped: not by sound books, not twice, not by a stranger's account.
#[test]
pub(crate) fn tripping_is_refused_without_proof() {
    let mut stage = Stage::new();
    let silo = stage.world.silo;
    let trip = instruction::trip_fuse(silo, None);
    stage.world.refuses(&trip, HoldfastError::BooksSound);
    let with = |account| instruction::trip_fuse(silo, Some(account));
    stage.world.refuses(&with(stage.rich.account), HoldfastError::BooksSound);
    // Donations prove nothing.
    stage.world.give(&address::liquidity_vault(&silo), 5);
    stage.world.refuses(&trip, HoldfastError::BooksSound);
    for (slot, other) in [(1, address::insurance_vault(&silo)), (2, stage.idle.wallet)] {
        let mut elsewhere = trip.clone();
        elsewhere.accounts[slot].pubkey = other;
        stage.world.refuses(&elsewhere, HoldfastError::WrongVault);
    }
    let foreign = stage.world.second.silo;
    let elsewhere = instruction::trip_fuse(foreign, Some(stage.rich.account));
    stage.world.refuses(&elsewhere, HoldfastError::WrongSilo);
    BREAKS[2].1(&mut stage);
    // The gift of five is there already.
    stage.world.send(trip.clone());
    assert_eq!(stage.world.silo_state().trip.short, 1_000_000 - 5);
    stage.world.refuses(&trip, HoldfastError::BooksSound);
    // What is missing more is another break: exits stop until it is known, and then go on.
    edit(&mut stage, |silo| silo.ledger.liquidity += 7);
    let owner = stage.rich.keypair.pubkey();
    let deposit = instruction::deposit(owner, stage.rich.wallet, silo, stage.rich.account, 1_000);
    stage.world.refuses(&deposit, HoldfastError::LedgerBroken);
    stage.world.send(trip);
    assert_eq!(stage.world.silo_state().trip.unbacked, 7);
    stage.world.send(deposit);
}

/// Only a change that waited resets the fuse, and only once the books add up again. The protocol is paid
/// after that.
#[test]
fn a_tripped_fuse_is_reset_by_a_change() {
    let mut stage = Stage::new();
    BREAKS[2].1(&mut stage);
    let silo = stage.world.silo;
    stage.world.send(instruction::trip_fuse(silo, None));
    let (mint, admin) = (stage.world.mint, stage.world.admin.pubkey());
    let receiver = stage.world.token_account("fees", mint, admin, 0);
    let collect = instruction::collect_fees(silo, receiver);
    stage.world.refuses(&collect, HoldfastError::FuseBlown);
    let number = stage.world.propose(ChangeKind::FuseReset { silo });
    let reset = stage.world.application(number);
    stage.world.refuses(&reset, HoldfastError::ChangeNotReady);
    stage.world.wait();
    stage.nothing_opens();
    stage.world.refuses(&reset, HoldfastError::VaultShort);
    let mut ledger = stage.fork();
    edit(&mut ledger, |silo| silo.ledger.liquidity += 1);
    ledger.world.refuses(&reset, HoldfastError::LedgerBroken);
    let vault = address::liquidity_vault(&silo);
    stage.world.give(&vault, 1_000_000);
    let mut swapped = reset.clone();
    swapped.accounts[6].pubkey = address::insurance_vault(&silo);
    stage.world.refuses(&swapped, HoldfastError::WrongVault);
    swapped.accounts.truncate(6);
    stage.world.refuses(&swapped, HoldfastError::WrongVault);
    stage.world.send(reset);
    assert_eq!(stage.world.silo_state().trip, TripState::default());
    stage.world.send(collect);
    stage.opening_is(None);
    stage.pooling_is(None);
}

/// Money that somebody gives to mend a vault is not booked as a gift to the insurance fund, and what is
/// one is, while the rest stays missing.
#[test]
fn vaults_are_reconciled_around_what_is_missing() {
    let mut stage = Stage::new();
    let silo = stage.world.silo;
    let reconcile = instruction::reconcile_vaults(silo);
    stage.world.send(reconcile.clone());
    BREAKS[2].1(&mut stage);
    stage.world.refuses(&reconcile, HoldfastError::VaultShort);
    stage.world.send(instruction::trip_fuse(silo, None));
    let (liquidity, insurance) = (address::liquidity_vault(&silo), address::insurance_vault(&silo));
    let before = stage.world.silo_state().ledger;
    stage.world.send(reconcile.clone());
    stage.world.give(&liquidity, 400_000);
    stage.world.send(reconcile.clone());
    assert_eq!(stage.world.silo_state().ledger, before, "it is what was missing");
    stage.world.give(&insurance, 30);
    stage.world.send(reconcile.clone());
    let after = stage.world.silo_state().ledger;
    assert_eq!(after.insurance, before.insurance + 30);
    assert_eq!(after.in_liquidity_vault, before.in_liquidity_vault);
    stage.world.give(&liquidity, 600_000);
    stage.world.send(reconcile);
    assert_eq!(stage.world.silo_state().ledger, after);
}

fn blow(families: u8, lasts_ms: u64) -> Instruction {
    instruction::blow_fuses([guardian(0), guardian(1)], families, lasts_ms)
}

/// Each family by itself, and all of them: it is over by time alone, and no exit has noticed.
#[test]
fn two_guardians_take_families_away_for_a_time() {
    let sound = Stage::new();
    for families in 1..=7_u8 {
        let mut stage = sound.fork();
        let sent = stage.world.cluster.send_unsigned(&[blow(families, 60_000)], &stranger());
        let blown: FusesBlown = events::find(&sent.unwrap()).unwrap();
        let until = stage.world.cluster.now_ms() / 1_000 * 1_000 + 60_000;
        assert_eq!((blown.families, blown.until_ms), (families, until));
        let refused = |bit: u8| (families & bit > 0).then_some(HoldfastError::FuseBlown);
        stage.opening_is(refused(1));
        stage.pooling_is(refused(2));
        stage.maturing_is(refused(4));
        if families == 7 {
            stage.fork().every_exit_works();
        }
        for _ in 0..13 {
            stage.world.pass_to(5_000, &CALM);
        }
        stage.opening_is(None);
        stage.pooling_is(None);
        stage.maturing_is(None);
    }
}

/// What guardians took away for a while is given back whole: a stake whose cooldown ended meanwhile
/// leaves without another one.
#[test]
fn no_blow_makes_a_cooldown_begin_again() {
    let mut world = World::new();
    let staker = Provider::new(&mut world, true, 1_000_000_000);
    staker.join(&mut world, 1_000_000_000, &CALM);
    let shares = world.balance(&staker.shares);
    world.send(staker.request(&world, true, shares, 1));
    world.pass_to(DAY - 60_000, &CALM);
    world.send(blow(2, 720_000));
    let leaves = staker.execute(&world, true);
    world.pass_to(300_000, &CALM);
    world.refuses(&leaves, HoldfastError::FuseBlown);
    world.fork().send(staker.cancel(&world, staker.shares));
    world.pass_to(480_000, &CALM);
    // Another blow, of another family, delays nothing.
    world.send(blow(1, 60_000));
    let mut late = world.fork();
    world.send(leaves.clone());
    assert!(world.balance(&staker.money) > 999_999_000);
    late.pass_to(600_000, &CALM);
    late.refuses(&leaves, HoldfastError::RequestLapsed);
}

/// Another blow adds families and time, and cuts neither.
#[test]
fn a_blow_that_runs_is_never_loosened() {
    let mut stage = Stage::new();
    stage.world.send(blow(2, 600_000));
    stage.world.send(blow(1, 60_000));
    let health = stage.world.chain_health();
    let until = stage.world.cluster.now_ms() / 1_000 * 1_000 + 600_000;
    assert_eq!((health.fuse.families, health.fuse.blows[0].until_ms), (3, until));
    assert_eq!(health.fuse.blows[1].until_ms, 0);
    // The next one begins with its own families only.
    stage.world.watch(600_000).unwrap();
    stage.world.send(blow(4, 60_000));
    assert_eq!(stage.world.chain_health().fuse.families, 4);
}

#[test]
pub(crate) fn blowing_is_refused() {
    let mut world = World::new();
    let by = |first, second| instruction::blow_fuses([first, second], 1, 60_000);
    for (first, second) in [
        (guardian(0), guardian(0)),
        (guardian(0), world.admin.pubkey()),
        (stranger(), guardian(1)),
        (newcomer(), stranger()),
    ] {
        world.refuses(&by(first, second), HoldfastError::NotGuardian);
    }
    let mut unsigned = by(guardian(0), guardian(1));
    unsigned.accounts[1].is_signer = false;
    world.anchor_refuses(&unsigned, anchor_lang::error::ErrorCode::AccountNotSigner);
    for families in [0, 8, 255] {
        world.refuses_setting(&blow(families, 60_000), "families");
    }
    for lasts in [0, 59_999, 72 * HOUR + 1, u64::MAX] {
        world.refuses_setting(&blow(7, lasts), "lasts_ms");
    }
    // 72 hours in any thirty days, whoever signs.
    world.send(blow(7, 72 * HOUR));
    let others = instruction::blow_fuses([guardian(2), guardian(1)], 1, 60_000);
    world.cluster.pass(73 * HOUR);
    world.refuses(&others, HoldfastError::BudgetExhausted);
    world.cluster.pass(27 * DAY - 2 * HOUR);
    world.refuses(&others, HoldfastError::BudgetExhausted);
    world.cluster.pass(HOUR + 60_000);
    world.send(others);
}

/// What stolen keys get out of fuses: two guardians keep others from opening for three days a month.
#[test]
fn a_thief_of_two_guardians_locks_nobody_in() {
    let mut stage = Stage::new();
    stage.world.send(blow(7, 72 * HOUR));
    stage.every_exit_works();
    let lone = instruction::blow_fuses([guardian(0), keypair("accomplice", 0).pubkey()], 7, HOUR);
    stage.world.refuses(&lone, HoldfastError::NotGuardian);
    assert_eq!(stage.world.market(0).newest_price().low.0, SOL);
}
