//! Every guarded instruction in every state: the table of `holdfast_risk::policy`, as the compiled
//! program enforces it.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::{Instruction, address, instruction};
use holdfast_risk::chain_health::State;
use holdfast_risk::policy::{Action, Permit, permit};
use holdfast_sim::venue::{keypair, market_order};
use holdfast_sim::{Failure, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::stage::{PRICE, Stage};

const STATES: [State; 5] =
    [State::Normal, State::Strained, State::Throttled, State::Thaw, State::Shelter];

/// Puts the venue into a state that began just now and does not end by itself.
fn enter(stage: &mut Stage, state: State) {
    let now = stage.venue.cluster.now_ms();
    stage.remember(|monitor| {
        monitor.state = state as u64;
        monitor.since_ms = now;
        monitor.until_ms = u64::MAX;
        monitor.unrest_ms = now;
    });
}

fn send(stage: &mut Stage, instruction: Instruction, signer: &Keypair) -> Result<(), Failure> {
    stage.venue.cluster.send(&[instruction], &[signer]).map(|_| ())
}

/// Tries one thing, prepared so that only the state of the chain can refuse it.
fn attempt(action: Action, state: State) -> Result<(), Failure> {
    let mut stage = Stage::new();
    let owner = stage.trader.keypair.insecure_clone();
    let (key, silo, account) = (owner.pubkey(), stage.venue.silo, stage.trader.account);
    let now = stage.venue.cluster.now_ms();
    match action {
        Action::AddMargin => {
            let (payer, wallet) = stage.venue.person(1_000);
            enter(&mut stage, state);
            let deposit = instruction::deposit(payer.pubkey(), wallet, silo, account, 1_000);
            send(&mut stage, deposit, &payer)
        }
        Action::Cancel => {
            let order = market_order(1_000_000, now);
            let number = stage.venue.place(&stage.trader, 0, order)?;
            enter(&mut stage, state);
            send(&mut stage, instruction::cancel_order(key, account, number), &owner)
        }
        Action::RequestReduction => {
            enter(&mut stage, state);
            let exit = stage.exit();
            stage.venue.place(&stage.trader, 0, exit).map(|_| ())
        }
        Action::RequestOpening => {
            enter(&mut stage, state);
            let order = market_order(1_000_000, now);
            stage.venue.place(&stage.trader, 0, order).map(|_| ())
        }
        Action::Reduce => {
            let exit = stage.exit();
            execute(&mut stage, exit, state)
        }
        Action::Open => execute(&mut stage, market_order(1_000_000, now), state),
        Action::WithdrawIdle => {
            let idle = stage.venue.trader(1_000_000)?;
            enter(&mut stage, state);
            let owner = idle.keypair.pubkey();
            let withdraw =
                instruction::withdraw(owner, silo, idle.account, idle.wallet, 1_000_000, &[]);
            send(&mut stage, withdraw, &idle.keypair)
        }
        Action::WithdrawFree => {
            enter(&mut stage, state);
            let markets = stage.venue.markets.clone();
            let wallet = stage.trader.wallet;
            let withdraw = instruction::withdraw(key, silo, account, wallet, 1, &markets);
            send(&mut stage, withdraw, &owner)
        }
        Action::Flag | Action::Liquidate => rescue(&mut stage, action, state),
        Action::RequestPool | Action::ChangePool => change_pool(&mut stage, action, state),
        Action::MatureProfit => mature(&mut stage, state),
    }
}

fn execute(
    stage: &mut Stage,
    order: holdfast_client::holdfast::instructions::OrderRequest,
    state: State,
) -> Result<(), Failure> {
    let number = stage.venue.place(&stage.trader, 0, order)?;
    stage.venue.cluster.pass(3_000);
    stage.venue.publish(&[PRICE])?;
    enter(stage, state);
    let account = stage.trader.account;
    stage.venue.execute(&account, number, &account)
}

/// The account is below maintenance and above the deep-insolvency line.
fn rescue(stage: &mut Stage, action: Action, state: State) -> Result<(), Failure> {
    let fallen = PRICE * 84 / 100;
    stage.venue.cluster.pass(3_000);
    stage.venue.publish(&[fallen])?;
    if action == Action::Flag {
        enter(stage, state);
        return stage.flag();
    }
    stage.flag()?;
    stage.venue.cluster.pass(4_000);
    stage.venue.publish(&[fallen])?;
    enter(stage, state);
    stage.liquidate()
}

fn change_pool(stage: &mut Stage, action: Action, state: State) -> Result<(), Failure> {
    let (owner, wallet) = stage.venue.person(1_000_000);
    let (key, silo) = (owner.pubkey(), stage.venue.silo);
    let shares = keypair("matrix shares", 0).pubkey();
    let mint = address::liquidity_mint(&silo);
    tokens::create_token_account(&mut stage.venue.cluster, shares, mint, key, 0);
    let order = PoolOrder { insurance: false, leaves: false, amount: 1_000_000, least: 0 };
    let request = instruction::request_pool(key, silo, 0, wallet, shares, order);
    if action == Action::RequestPool {
        enter(stage, state);
        return send(stage, request, &owner);
    }
    send(stage, request, &owner)?;
    stage.venue.cluster.pass(6_000);
    stage.venue.publish(&[PRICE])?;
    enter(stage, state);
    let request = address::pool_request(&silo, &key, 0);
    let markets = stage.venue.markets.clone();
    let execute = instruction::execute_pool_request(key, silo, request, shares, false, &markets);
    send(stage, execute, &owner)
}

fn mature(stage: &mut Stage, state: State) -> Result<(), Failure> {
    let exit = stage.exit();
    let number = stage.venue.place(&stage.trader, 0, exit)?;
    stage.venue.cluster.pass(3_000);
    stage.venue.publish(&[PRICE * 11 / 10])?;
    let account = stage.trader.account;
    stage.venue.execute(&account, number, &account)?;
    stage.calm(305, PRICE);
    enter(stage, state);
    let admin = stage.venue.admin.insecure_clone();
    let mature = instruction::mature_profit(admin.pubkey(), stage.venue.silo, account);
    send(stage, mature, &admin)
}

fn check(action: Action) {
    for state in STATES {
        let found = attempt(action, state);
        match permit(action, state) {
            Permit::Allowed | Permit::Stressed => {
                assert!(found.is_ok(), "{action:?} in {state:?}: {found:?}");
            }
            Permit::Refused | Permit::RisingLine | Permit::DeeplyInsolvent => {
                let failure = found.expect_err("what the table refuses");
                let named = failure.is(HoldfastError::ChainNotReady);
                assert!(named, "{action:?} in {state:?}: {}", failure.message);
            }
        }
    }
}

macro_rules! rows {
    ($($name:ident: $action:ident,)*) => {
        $(#[test]
        fn $name() {
            check(Action::$action);
        })*
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
}
