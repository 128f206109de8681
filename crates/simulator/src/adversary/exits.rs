//! Whether everybody can leave after an attempt, whatever the attacker did in it.

use holdfast_client::{Pubkey, instruction};
use holdfast_risk::account::order::Order;
use holdfast_testkit::tokens;
use holdfast_testkit::venue::keypair;
use solana_signer::Signer;

use super::moves;
use super::trace::reason;
use super::world::World;

/// Seconds in which an order to close has to be executed while honest people act every second, and in
/// each of which its owner tries to take other orders back: one whose price is known can only be taken
/// back once that has lapsed and before another decides it.
const CLOSES_IN: usize = 10;
/// Rounds of taking orders back and closing.
const ROUNDS: usize = 4;
/// Seconds between looks while profit matures, and how many: together longer than the presets let it
/// wait.
const LOOK: usize = 10;
const LOOKS: usize = 36;

/// Who cannot leave, and at which step: everybody takes their orders back, asks to close every
/// position, lets profit mature and withdraws all they have.
pub fn stuck(mut world: World) -> Vec<String> {
    world.theatre.poster = Some(1);
    world.theatre.keeper = Some(1);
    let accounts: Vec<Pubkey> = world.accounts().collect();
    let mut stuck = Vec::new();
    // What a price has decided already is executed first and may open once more: so several rounds,
    // of which the last has to succeed.
    for _ in 0..ROUNDS {
        stuck.clear();
        for account in &accounts {
            cancel_orders(&mut world, account, |_| true);
            let refused = close_positions(&mut world, account);
            stuck.extend(refused.map(|why| format!("{account} cannot ask to close: {why}")));
        }
        for _ in 0..CLOSES_IN {
            world.wait(1, false);
            for account in &accounts {
                cancel_orders(&mut world, account, |order| !order.is_immediate());
            }
        }
    }
    for account in &accounts {
        let state = world.account(account);
        if let Some((number, market)) = moves::waiting(&state).first().copied() {
            let execute = moves::execute(&world, *account, number, market, world.cast.keeper);
            let why = world.transact(&[execute], &state.owner).err();
            let why = why.map(|failure| reason(&failure)).unwrap_or_default();
            stuck.push(format!("{account} keeps an order: {why}"));
        } else if state.open_markets != 0 {
            stuck.push(format!("{account} is not closed"));
        }
    }
    for _ in 0..LOOKS {
        world.pass(LOOK);
    }
    for (number, account) in (0..).zip(&accounts) {
        if let Err(why) = empty(&mut world, account, number) {
            stuck.push(format!("{account} cannot withdraw: {why}"));
        }
    }
    stuck
}

/// An account's owner tries to take back every waiting order that is `unwanted`.
fn cancel_orders(world: &mut World, account: &Pubkey, unwanted: impl Fn(&Order) -> bool) {
    let state = world.account(account);
    let waiting = state.orders.iter().filter(|order| order.number != 0);
    for order in waiting.filter(|order| unwanted(&Order::from(*order))) {
        let market = world.venue.markets[usize::from(order.market)];
        let cancel = instruction::cancel_order(state.owner, *account, market, order.number);
        let _ = world.transact(&[cancel], &state.owner);
    }
}

/// Asks to close every position; why not, where that was refused.
fn close_positions(world: &mut World, account: &Pubkey) -> Option<String> {
    let state = world.account(account);
    let mut refused = None;
    for market in state.open_indices() {
        let held = state.position(market).size.0;
        let close = moves::close(world, &state, *account, market, held);
        if let Err(failure) = world.transact(&[close], &state.owner) {
            refused = Some(reason(&failure));
        }
    }
    refused
}

/// Withdraws everything, or says why not.
fn empty(world: &mut World, account: &Pubkey, number: u64) -> Result<(), String> {
    let (owner, silo) = (world.account(account).owner, world.venue.silo);
    let payer = world.venue.admin.pubkey();
    let _ = world.transact(&[instruction::reconcile_vaults(silo)], &payer);
    if world.account(account).pending_profit > 0 {
        let mature = instruction::mature_profit(owner, silo, *account);
        world.transact(&[mature], &owner).map_err(|failure| reason(&failure))?;
    }
    let state = world.account(account);
    if state.collateral == 0 {
        return Ok(());
    }
    let to = keypair("leaves to", number).pubkey();
    tokens::create_token_account(&mut world.venue.cluster, to, world.venue.mint, owner, 0);
    let markets = world.venue.markets_of(account, None);
    let withdraw = instruction::withdraw(owner, silo, *account, to, state.collateral, &markets);
    world.transact(&[withdraw], &owner).map(|_| ()).map_err(|failure| reason(&failure))
}
