//! `liquidate`.

use holdfast_client::holdfast::account_health;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::trade_context;
use holdfast_client::{Instruction, address, instruction, standing};
use holdfast_risk::account::liquidation::{self, LiquidationContext, MarginAssessment};
use holdfast_risk::account::trade_context::Traded;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::{Millis, Price};
use holdfast_testkit::Trader;
use holdfast_testkit::feed::Published;

use crate::world::{BTC, INSURANCE, LIQUIDITY, SOL, World};

/// Twenty bought with 600: safe at 150, below maintenance at 125, worth nothing at 110.
const CRASHED: u64 = 125_000_000;
const SIZE: i64 = 20_000_000;

struct Case {
    world: World,
    trader: Trader,
    keeper: Trader,
}

impl Case {
    /// Flagged at `price`, not yet liquidatable.
    fn flagged(price: u64, positions: &[(usize, i64)]) -> Self {
        let mut world = World::new();
        let keeper = world.trader(0).unwrap();
        let trader = world.trader_with(600_000_000, positions);
        world.pass_to(1_000, &[price, BTC]);
        let markets = world.markets_of(&trader.account, None);
        world.send(instruction::flag(trader.account, &markets));
        Self { world, trader, keeper }
    }

    /// Flagged, and the delay is over.
    fn due(price: u64) -> Self {
        let mut case = Self::flagged(price, &[(0, SIZE)]);
        case.world.pass_to(4_000, &[price, BTC]);
        case
    }

    fn liquidate(&self) -> Instruction {
        let world = &self.world;
        let others = world.markets_of(&self.trader.account, Some(0));
        let (account, liquidator) = (self.trader.account, self.keeper.account);
        instruction::liquidate(world.silo, world.markets[0], account, liquidator, &others)
    }

    #[track_caller]
    fn refuses(&self, error: HoldfastError) {
        self.world.refuses(&self.liquidate(), error);
    }

    /// Liquidates at `price`, judged at `judging`, and compares everything with what the rules say.
    fn liquidates_as_expected(&mut self, price: u64, judging: u64) -> Traded {
        let world = &mut self.world;
        let (mut silo, mut market) = (world.silo_state(), world.market(0));
        let mut account = world.account(&self.trader.account);
        let health = standing::health(&account, |_| Some(&market), |_| Price(judging));
        let judged = MarginAssessment { health: health.unwrap().unwrap(), price: Price(judging) };
        let terms = MarketTerms::from(&market.terms);
        let now = Millis(world.cluster.now_ms() / 1_000 * 1_000);
        let traded = liquidation::liquidate(
            &trade_context::open(&silo, &market, &account),
            &judged,
            &account_health::leg_of(&market, account.position(0), Price(price)),
            terms.liquidation,
            &silo.cover(market.index, &account.debts, now),
            LiquidationContext { due: Millis(account.liquidatable_ms), now, most: None },
        )
        .unwrap();
        trade_context::store(&traded, &mut silo, &mut market, &mut account, now).unwrap();
        account.clear_flag();
        let liquidate = self.liquidate();
        let world = &mut self.world;
        world.send(liquidate);
        assert_eq!(bytemuck::bytes_of(&world.silo_state()), bytemuck::bytes_of(&silo));
        assert_eq!(bytemuck::bytes_of(&world.market(0)), bytemuck::bytes_of(&market));
        let after = world.account(&self.trader.account);
        assert_eq!(bytemuck::bytes_of(&after), bytemuck::bytes_of(&account));
        let reward = world.account(&self.keeper.account).collateral;
        assert_eq!(reward, traded.passed_on.keeper.0);
        traded
    }
}

#[test]
fn a_partial_liquidation_brings_the_account_back() {
    let mut case = Case::due(CRASHED);
    let traded = case.liquidates_as_expected(CRASHED, CRASHED);
    assert_eq!(traded.bad_debt.0, 0);
    assert!((1..SIZE).contains(&traded.book.position.size.0));
    assert!(traded.passed_on.keeper.0 > 0 && traded.passed_on.insurance.0 > 0);
    case.refuses(HoldfastError::NotFlagged);
    let markets = [case.world.markets[0]];
    let again = instruction::flag(case.trader.account, &markets);
    case.world.refuses(&again, HoldfastError::AccountSafe);
}

#[test]
pub(crate) fn who_has_recovered_by_the_newest_price_is_left_alone() {
    let mut case = Case::due(CRASHED);
    case.world.pass_to(1_000, &[150_000_000, BTC]);
    case.refuses(HoldfastError::AccountSafe);
    // The flag stands: falling again is enough, and the newest price counts.
    let lower = CRASHED - 1_000_000;
    case.world.pass_to(1_000, &[lower, BTC]);
    case.liquidates_as_expected(lower, lower);
}

#[test]
fn who_has_recovered_a_little_is_closed_as_much_less() {
    let mut case = Case::due(CRASHED);
    case.world.pass_to(1_000, &[CRASHED + 500_000, BTC]);
    let better = CRASHED + 500_000;
    let closed = case.liquidates_as_expected(better, better).trade.closed;
    assert!(closed < Case::due(CRASHED).liquidates_as_expected(CRASHED, CRASHED).trade.closed);
}

#[test]
fn bad_debt_is_booked_at_once_and_insurance_pays() {
    let mut case = Case::due(100_000_000);
    let traded = case.liquidates_as_expected(100_000_000, 100_000_000);
    assert_eq!(traded.book.position.size.0, 0);
    assert!(traded.bad_debt.0 > 400_000_000);
    assert_eq!(traded.insured, traded.bad_debt);
    let world = &case.world;
    let ledger = world.silo_state().ledger;
    let earned = 180_000; // Insurance's share of the fee for opening, rounded down to hundreds.
    let left = INSURANCE - traded.insured.0;
    assert!((left + earned..left + 2 * earned + 1_000).contains(&ledger.insurance));
    assert_eq!(world.account(&case.trader.account).collateral, 0);
    // Nothing moved between the vaults: the ledger says what is owed, reconciling moves it.
    assert_eq!(world.balance(&address::insurance_vault(&world.silo)), INSURANCE);
    assert_eq!(world.balance(&address::liquidity_vault(&world.silo)), LIQUIDITY + 600_000_000);
}

#[test]
pub(crate) fn too_early_too_late_or_not_at_all() {
    let mut case = Case::flagged(CRASHED, &[(0, SIZE)]);
    case.refuses(HoldfastError::NoPriceYet);
    // Published a second before the flag's delay of three is over, then much later seen.
    case.world.pass_to(2_000, &[CRASHED, BTC]);
    case.refuses(HoldfastError::NoPriceYet);
    let mut recovered = case.world.fork();
    recovered.pass_to(2_000, &[150_000_000, BTC]);
    recovered.refuses(&case.liquidate(), HoldfastError::AccountSafe);
    case.world.pass_to(299_000, &[CRASHED, BTC]);
    case.refuses(HoldfastError::NotFlagged);

    let mut case = Case::due(CRASHED);
    let safe = case.world.trader_with(600_000_000, &[]);
    let mut never = case.liquidate();
    never.accounts[3].pubkey = safe.account;
    case.world.refuses(&never, HoldfastError::NotFlagged);
}

#[test]
pub(crate) fn the_largest_leg_goes_first() {
    let mut case = Case::flagged(115_000_000, &[(0, SIZE), (1, 10_000)]);
    case.world.pass_to(4_000, &[115_000_000, BTC]);
    let [first, second] = [case.world.markets[0], case.world.markets[1]];
    let (silo, account) = (case.world.silo, case.trader.account);
    let of = |market, others: &[_]| {
        instruction::liquidate(silo, market, account, case.keeper.account, others)
    };
    case.world.refuses(&of(second, &[first]), HoldfastError::NotLargestLeg);
    let foreign = case.world.second.markets[1];
    for others in [&[][..], &[second, second], &[foreign], &[case.world.second.silo]] {
        case.world.refuses(&of(first, others), HoldfastError::WrongMarket);
    }
    case.world.send(of(first, &[second]));

    let single = Case::due(CRASHED);
    let world = &single.world;
    let [first, second] = [world.markets[0], world.markets[1]];
    let (account, keeper) = (single.trader.account, single.keeper.account);
    let absent = instruction::liquidate(world.silo, second, account, keeper, &[first]);
    world.refuses(&absent, HoldfastError::NoPosition);
}

#[test]
pub(crate) fn wrong_accounts() {
    let mut case = Case::due(CRASHED);
    let foreign = case.world.in_second(|world| world.trader(0).unwrap());
    let market = case.world.second.markets[0];
    for (slot, address) in [(2, market), (3, foreign.account), (4, foreign.account)] {
        let mut crossed = case.liquidate();
        crossed.accounts[slot].pubkey = address;
        case.world.refuses(&crossed, HoldfastError::WrongSilo);
    }
    let mut own = case.liquidate();
    own.accounts[4].pubkey = case.trader.account;
    case.world.refuses_twice(&own);
}

#[test]
pub(crate) fn after_a_break() {
    let mut case = Case::flagged(CRASHED, &[(0, SIZE)]);
    case.world.break_chain();
    case.refuses(HoldfastError::MarketNotReady);
    for price in 0..3 {
        case.world.pass_to(2_000, &[CRASHED + price, BTC]);
    }
    // Ready, but in shelter only the deeply insolvent go.
    case.refuses(HoldfastError::ChainNotReady);
}

/// A larger position whose newest price was stored late waits for another, since at the one before it
/// the account is safe; meanwhile the smaller one is liquidated.
#[test]
fn a_price_stored_late_holds_up_no_other_position() {
    let fallen = 130_000_000;
    let mut case = Case::flagged(fallen, &[(0, SIZE), (1, 20_000)]);
    case.world.pass_to(4_000, &[SOL, BTC]);
    case.refuses(HoldfastError::AccountSafe);
    case.world.cluster.pass(8_000);
    let now = case.world.cluster.now_ms();
    for ago in [7_000, 6_000] {
        case.world.publish_one(0, Published::new(fallen, now - ago)).unwrap();
    }
    case.world.publish_one(1, Published::new(BTC, now)).unwrap();
    case.refuses(HoldfastError::AccountSafe);
    let (world, account) = (&mut case.world, case.trader.account);
    let others = world.markets_of(&account, Some(1));
    let market = world.markets[1];
    world.send(instruction::liquidate(world.silo, market, account, case.keeper.account, &others));
}
