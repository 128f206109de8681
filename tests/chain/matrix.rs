//! Every guarded instruction in every state of the chain and of its market's price: the table of
//! `holdfast_risk::chain::policy`, as the compiled program enforces it.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::{Instruction, address, instruction};
use holdfast_migrations::presets;
use holdfast_risk::chain::health::State;
use holdfast_risk::chain::policy::{Action, Permit, permit};
use holdfast_testkit::venue::{ALL, keypair, market_order};
use holdfast_testkit::{Failure, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::conditions::{CONDITIONS, Condition};
use crate::forge::remember;
use holdfast_tests::{PRICE, Stage};

const STATES: [State; 5] =
    [State::Normal, State::Strained, State::Throttled, State::Thaw, State::Shelter];

/// Where an action is tried.
#[derive(Clone, Copy, Debug)]
struct Cell {
    state: State,
    price: Condition,
}

/// Puts the venue into a state that began just now and does not end by itself.
fn enter(stage: &mut Stage, cell: Cell) {
    let now = stage.venue.cluster.now_ms();
    remember(stage, |monitor| {
        monitor.state = cell.state as u8;
        monitor.since_ms = now;
        monitor.until_ms = u64::MAX;
        monitor.unrest_ms = now;
        if cell.price == Condition::PostGap {
            monitor.last_disruption_ms = now + 1;
        }
    });
}

fn send(stage: &mut Stage, instruction: Instruction, signer: &Keypair) -> Result<(), Failure> {
    stage.venue.cluster.send(&[instruction], &[signer]).map(|_| ())
}

/// Tries one thing, prepared so that only the state of the chain or the price can refuse it.
fn attempt(action: Action, cell: Cell, mut stage: Stage) -> Result<(), Failure> {
    let owner = stage.trader.keypair.insecure_clone();
    let (key, silo, account) = (owner.pubkey(), stage.venue.silo, stage.trader.account);
    let now = stage.venue.cluster.now_ms();
    if !needs_a_price_later(action) {
        cell.price.publish(&mut stage, 3_000, PRICE)?;
    }
    match action {
        Action::AddMargin => {
            let (payer, wallet) = stage.venue.person(1_000);
            enter(&mut stage, cell);
            let deposit = instruction::deposit(payer.pubkey(), wallet, silo, account, 1_000);
            send(&mut stage, deposit, &payer)
        }
        Action::Cancel => {
            let exit = stage.exit();
            let number = stage.venue.place(&stage.trader, 0, exit)?;
            enter(&mut stage, cell);
            let market = stage.venue.markets[0];
            send(&mut stage, instruction::cancel_order(key, account, market, number), &owner)
        }
        Action::RequestReduction => {
            enter(&mut stage, cell);
            let exit = stage.exit();
            stage.venue.place(&stage.trader, 0, exit).map(|_| ())
        }
        Action::RequestOpening => {
            enter(&mut stage, cell);
            let order = market_order(1_000_000, now);
            stage.venue.place(&stage.trader, 0, order).map(|_| ())
        }
        Action::Reduce => {
            let exit = stage.exit();
            execute(&mut stage, exit, cell)
        }
        Action::Open => execute(&mut stage, market_order(1_000_000, now), cell),
        Action::WithdrawIdle => {
            let idle = stage.venue.trader(1_000_000)?;
            enter(&mut stage, cell);
            let owner = idle.keypair.pubkey();
            let withdraw =
                instruction::withdraw(owner, silo, idle.account, idle.wallet, 1_000_000, &[]);
            send(&mut stage, withdraw, &idle.keypair)
        }
        Action::WithdrawFree => {
            enter(&mut stage, cell);
            let markets = stage.venue.markets.clone();
            let wallet = stage.trader.wallet;
            let withdraw = instruction::withdraw(key, silo, account, wallet, 1, &markets);
            send(&mut stage, withdraw, &owner)
        }
        Action::Flag | Action::Liquidate => rescue(&mut stage, action, cell),
        Action::RequestPool | Action::ChangePool => change_pool(&mut stage, action, cell),
        Action::MatureProfit => mature(&mut stage, cell),
        Action::ChangeInCalm => change_maintenance(&mut stage, cell),
    }
}

/// Whether the price that matters comes after something was asked for.
fn needs_a_price_later(action: Action) -> bool {
    use Action::{ChangeInCalm, ChangePool, Flag, Liquidate, MatureProfit, Open, Reduce};
    matches!(action, Reduce | Open | Flag | Liquidate | ChangePool | MatureProfit | ChangeInCalm)
}

fn execute(
    stage: &mut Stage,
    order: holdfast_client::holdfast::instructions::OrderRequest,
    cell: Cell,
) -> Result<(), Failure> {
    let number = stage.venue.place(&stage.trader, 0, order)?;
    cell.price.publish(stage, 3_000, PRICE)?;
    enter(stage, cell);
    let account = stage.trader.account;
    stage.venue.execute(&account, number, &account)
}

/// The account is below maintenance and above the deep-insolvency line.
fn rescue(stage: &mut Stage, action: Action, cell: Cell) -> Result<(), Failure> {
    let fallen = PRICE * 84 / 100;
    if action == Action::Flag {
        cell.price.publish(stage, 3_000, fallen)?;
        enter(stage, cell);
        return stage.flag();
    }
    Condition::Valid.publish(stage, 3_000, fallen)?;
    stage.flag()?;
    cell.price.publish(stage, 4_000, fallen)?;
    enter(stage, cell);
    stage.liquidate()
}

fn change_pool(stage: &mut Stage, action: Action, cell: Cell) -> Result<(), Failure> {
    // Together with the trader's more than a trifle beside the pool's cash.
    let other = stage.venue.trader(10_000_000_000)?;
    stage.venue.trade(&other, 0, 50_000_000, &[PRICE])?;
    let (owner, wallet) = stage.venue.person(10_000_000);
    let (key, silo) = (owner.pubkey(), stage.venue.silo);
    let shares = keypair("matrix shares", 0).pubkey();
    let mint = address::liquidity_mint(&silo);
    tokens::create_token_account(&mut stage.venue.cluster, shares, mint, key, 0);
    let order = PoolOrder { insurance: false, leaves: false, amount: 10_000_000, least: 1 };
    let request = instruction::request_pool(key, silo, 0, wallet, shares, order);
    if action == Action::RequestPool {
        enter(stage, cell);
        return send(stage, request, &owner);
    }
    send(stage, request, &owner)?;
    cell.price.publish(stage, 6_000, PRICE)?;
    enter(stage, cell);
    let request = address::pool_request(&silo, &key, 0);
    let markets = stage.venue.markets.clone();
    let execute = instruction::execute_pool_request(key, silo, request, shares, false, &markets);
    send(stage, execute, &owner)
}

fn mature(stage: &mut Stage, cell: Cell) -> Result<(), Failure> {
    let exit = stage.exit();
    let number = stage.venue.place(&stage.trader, 0, exit)?;
    stage.venue.cluster.pass(3_000);
    stage.venue.publish(&[PRICE * 11 / 10])?;
    let account = stage.trader.account;
    stage.venue.execute(&account, number, &account)?;
    stage.calm(305, PRICE);
    cell.price.publish(stage, 3_000, PRICE)?;
    enter(stage, cell);
    let admin = stage.venue.admin.insecure_clone();
    let mature = instruction::mature_profit(admin.pubkey(), stage.venue.silo, account);
    send(stage, mature, &admin)
}

fn change_maintenance(stage: &mut Stage, cell: Cell) -> Result<(), Failure> {
    let admin = stage.venue.admin.insecure_clone();
    let market = stage.venue.markets[0];
    let mut terms = stage.venue.market(0).terms;
    terms.maintenance_bps += 1;
    let content = ChangeKind::MarketTerms { market, terms };
    let propose = instruction::propose_change(admin.pubkey(), 0, content.clone());
    send(stage, propose, &admin)?;
    stage.venue.watch(presets::timelock().wait_ms).unwrap();
    stage.calm(120, PRICE);
    cell.price.publish(stage, 3_000, PRICE)?;
    enter(stage, cell);
    send(stage, instruction::apply_change(0, admin.pubkey(), &content), &admin)
}

fn check(action: Action) {
    let stage = Stage::with(ALL);
    for state in STATES {
        for price in CONDITIONS {
            let cell = Cell { state, price };
            let found = attempt(action, cell, stage.fork());
            let wanted = refusal(action, cell);
            let matches = match (&found, wanted) {
                (Ok(()), None) => true,
                (Err(failure), Some(error)) => failure.is(error),
                _ => false,
            };
            assert!(matches, "{action:?} in {cell:?}: {found:?}, not {wanted:?}");
        }
    }
}

/// What the program says where it refuses. A closed state comes first, except where it depends on
/// more: on an account's health, which needs a price, or on a change, which needs its time.
fn refusal(action: Action, cell: Cell) -> Option<HoldfastError> {
    let by_state = match permit(action, cell.state) {
        Permit::Allowed | Permit::Stressed => None,
        Permit::Queued => Some(HoldfastError::ExitsQueue),
        Permit::Refused | Permit::RisingLine | Permit::DeeplyInsolvent => {
            Some(HoldfastError::ChainNotReady)
        }
    };
    let by_price = cell.price.refuses(action);
    let price_first = matches!(action, Action::Liquidate | Action::ChangeInCalm);
    if price_first { by_price.or(by_state) } else { by_state.or(by_price) }
}

macro_rules! rows {
    ($($name:ident: $action:ident,)*) => {
        $(#[test]
        fn $name() {
            check(Action::$action);
        })*

        /// Whoever adds an action adds its row.
        #[test]
        fn every_action_has_a_row() {
            assert_eq!([$(Action::$action),*].as_slice(), Action::ALL);
        }
    };
}

rows! {
    adding_margin: AddMargin,
    cancelling: Cancel,
    asking_to_reduce: RequestReduction,
    reducing: Reduce,
    asking_to_open: RequestOpening,
    opening: Open,
    withdrawing_everything: WithdrawIdle,
    withdrawing_free_collateral: WithdrawFree,
    flagging: Flag,
    liquidating: Liquidate,
    asking_to_change_a_pool: RequestPool,
    changing_a_pool: ChangePool,
    maturing_profit: MatureProfit,
    changing_maintenance: ChangeInCalm,
}
