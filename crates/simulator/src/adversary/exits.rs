//! Whether everybody can leave after an attempt, whatever the attacker did in it.

use holdfast_client::{Pubkey, instruction};
use holdfast_risk::account::order::Order;
use holdfast_testkit::tokens;
use holdfast_testkit::venue::keypair;
use solana_signer::Signer;

use super::attempt::Attempt;
use super::moves;
use super::trace::reason;

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
pub fn stuck(mut attempt: Attempt) -> Vec<String> {
    attempt.theatre.poster = Some(1);
    attempt.theatre.keeper = Some(1);
    let accounts: Vec<Pubkey> = attempt.accounts().collect();
    let mut stuck = Vec::new();
    // What a price has decided already is executed first and may open once more: so several rounds,
    // of which the last has to succeed.
    for _ in 0..ROUNDS {
        stuck.clear();
        for account in &accounts {
            cancel_orders(&mut attempt, account, |_| true);
            let refused = close_positions(&mut attempt, account);
            stuck.extend(refused.map(|why| format!("{account} cannot ask to close: {why}")));
        }
        for _ in 0..CLOSES_IN {
            attempt.wait(1, false);
            for account in &accounts {
                cancel_orders(&mut attempt, account, |order| !order.is_immediate());
            }
        }
    }
    for account in &accounts {
        let state = attempt.account(account);
        if let Some((number, market)) = moves::waiting(&state).first().copied() {
            let execute = moves::execute(&attempt, *account, number, market, attempt.cast.keeper);
            let why = attempt.transact(&[execute], &state.owner).err();
            let why = why.map(|failure| reason(&failure)).unwrap_or_default();
            stuck.push(format!("{account} keeps an order: {why}"));
        } else if state.open_markets != 0 {
            stuck.push(format!("{account} is not closed"));
        }
    }
    for _ in 0..LOOKS {
        attempt.pass(LOOK);
    }
    for (number, account) in (0..).zip(&accounts) {
        if let Err(why) = empty(&mut attempt, account, number) {
            stuck.push(format!("{account} cannot withdraw: {why}"));
        }
    }
    stuck
}

/// An account's owner tries to take back every waiting order that is `unwanted`.
fn cancel_orders(attempt: &mut Attempt, account: &Pubkey, unwanted: impl Fn(&Order) -> bool) {
    let state = attempt.account(account);
    let waiting = state.orders.iter().filter(|order| order.number != 0);
    for order in waiting.filter(|order| unwanted(&Order::from(*order))) {
        let market = attempt.venue.markets[usize::from(order.market)];
        let cancel = instruction::cancel_order(state.owner, *account, market, order.number);
        let _ = attempt.transact(&[cancel], &state.owner);
    }
}

/// Asks to close every position; why not, where that was refused.
fn close_positions(attempt: &mut Attempt, account: &Pubkey) -> Option<String> {
    let state = attempt.account(account);
    let mut refused = None;
    for market in state.open_indices() {
        let held = state.position(market).size.0;
        let close = moves::close(attempt, &state, *account, market, held);
        if let Err(failure) = attempt.transact(&[close], &state.owner) {
            refused = Some(reason(&failure));
        }
    }
    refused
}

/// Withdraws everything, or says why not.
fn empty(attempt: &mut Attempt, account: &Pubkey, number: u64) -> Result<(), String> {
    let (owner, silo) = (attempt.account(account).owner, attempt.venue.silo);
    let payer = attempt.venue.admin.pubkey();
    let _ = attempt.transact(&[instruction::reconcile_vaults(silo)], &payer);
    if attempt.account(account).pending_profit > 0 {
        let mature = instruction::mature_profit(owner, silo, *account);
        attempt.transact(&[mature], &owner).map_err(|failure| reason(&failure))?;
    }
    let state = attempt.account(account);
    if state.collateral == 0 {
        return Ok(());
    }
    let to = keypair("leaves to", number).pubkey();
    tokens::create_token_account(&mut attempt.venue.cluster, to, attempt.venue.mint, owner, 0);
    let markets = attempt.venue.markets_of(account, None);
    let withdraw = instruction::withdraw(owner, silo, *account, to, state.collateral, &markets);
    attempt.transact(&[withdraw], &owner).map(|_| ()).map_err(|failure| reason(&failure))
}
