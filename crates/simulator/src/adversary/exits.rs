//! Whether everybody can leave after an attempt, whatever the attacker did in it.

use holdfast_client::{Pubkey, instruction};
use holdfast_testkit::tokens;
use holdfast_testkit::venue::keypair;
use solana_signer::Signer;

use super::moves;
use super::world::World;

/// Seconds in which an order to close has to be executed while honest people act every second.
const CLOSES_IN: usize = 10;
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
    // What a price has decided already is executed first, and cannot be taken back meanwhile.
    for _ in 0..2 {
        world.wait(CLOSES_IN, false);
        for account in &accounts {
            cancel_orders(&mut world, account);
        }
    }
    for account in &accounts {
        close_positions(&mut world, account);
    }
    world.wait(CLOSES_IN, false);
    let mut stuck = Vec::new();
    for account in &accounts {
        if world.account(account).open_markets != 0 {
            stuck.push(format!("{account} cannot close"));
        }
    }
    for _ in 0..LOOKS {
        world.pass(LOOK);
    }
    for (number, account) in (0..).zip(&accounts) {
        if !empty(&mut world, account, number) {
            stuck.push(format!("{account} cannot withdraw"));
        }
    }
    stuck
}

fn cancel_orders(world: &mut World, account: &Pubkey) {
    let state = world.account(account);
    for (number, market) in moves::waiting(&state) {
        let market = world.venue.markets[usize::from(market)];
        let cancel = instruction::cancel_order(state.owner, *account, market, number);
        let _ = world.transact(&[cancel], &state.owner);
    }
}

fn close_positions(world: &mut World, account: &Pubkey) {
    let state = world.account(account);
    for market in state.open_indices() {
        let held = state.position(market).size.0;
        let close = moves::close(world, &state, *account, market, held);
        let _ = world.transact(&[close], &state.owner);
    }
}

/// Withdraws everything; whether that went well.
fn empty(world: &mut World, account: &Pubkey, number: u64) -> bool {
    let (owner, silo) = (world.account(account).owner, world.venue.silo);
    let payer = world.venue.admin.pubkey();
    let _ = world.transact(&[instruction::reconcile_vaults(silo)], &payer);
    if world.account(account).pending_profit > 0 {
        let _ = world.transact(&[instruction::mature_profit(owner, silo, *account)], &owner);
    }
    let state = world.account(account);
    if state.pending_profit > 0 {
        return false;
    }
    let to = keypair("leaves to", number).pubkey();
    tokens::create_token_account(&mut world.venue.cluster, to, world.venue.mint, owner, 0);
    let markets = world.venue.markets_of(account, None);
    let withdraw = instruction::withdraw(owner, silo, *account, to, state.collateral, &markets);
    state.collateral == 0 || world.transact(&[withdraw], &owner).is_ok()
}
