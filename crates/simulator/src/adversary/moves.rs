//! The attacker's moves as instructions of the program.

use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger, PoolOrder};
use holdfast_client::holdfast::state::{MarginAccount, PoolRequest};
use holdfast_client::{Instruction, Pubkey, instruction};
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{feed_id, market_order};
use holdfast_testkit::{Trader, tokens};
use solana_signer::Signer;

use super::attempt::Attempt;
use super::grammar::{Act, Amount, Size, Target, Tick, Ticket, Trigger, Who};

/// The largest position an account may have, native units of notional: the presets' share of the
/// pool.
const CAP: u64 = 10_000_000_000_000;

/// Instructions being put together for one transaction.
pub struct Bundle<'w, 's> {
    attempt: &'w mut Attempt<'s>,
    instructions: Vec<Instruction>,
    /// Orders placed in the transaction so far, per account.
    placed: [u64; 2],
    posts: usize,
}

impl<'w, 's> Bundle<'w, 's> {
    /// Builds a transaction's instructions; those that cannot be built, such as executing an order
    /// that is not there, are left out. Posted ticks are in place afterwards.
    pub fn build(attempt: &'w mut Attempt<'s>, acts: &[Act]) -> Vec<Instruction> {
        let mut bundle = Self { attempt, instructions: Vec::new(), placed: [0; 2], posts: 0 };
        for act in acts {
            let built = bundle.instruction(act);
            bundle.instructions.extend(built);
        }
        bundle.instructions
    }

    fn instruction(&mut self, act: &Act) -> Option<Instruction> {
        match *act {
            Act::Deposit(who, amount) => self.deposit(who, amount),
            Act::Withdraw(who, amount) => self.withdraw(who, amount),
            Act::Place(who, ticket) => self.place(who, ticket),
            Act::Cancel(who, place) => {
                let (number, market) = self.order(who, place)?;
                let trader = self.trader(who);
                let owner = trader.keypair.pubkey();
                let market = self.attempt.venue.markets[usize::from(market)];
                Some(instruction::cancel_order(owner, trader.account, market, number))
            }
            Act::Trigger(who, place) => {
                let (number, market) = self.order(who, place)?;
                Some(trigger(self.attempt, self.trader(who).account, number, market))
            }
            Act::Execute(who, place) => self.execute(who, place),
            Act::Post { market, tick, others } => self.post(market, tick, others),
            Act::Flag(target) => {
                let account = self.account(target);
                let markets = self.attempt.venue.markets_of(&account, None);
                Some(instruction::flag(account, &markets))
            }
            Act::Liquidate(target, market) => {
                let account = self.account(target);
                let liquidator = self.trader(Who::B).account;
                Some(liquidate(self.attempt, account, market, liquidator))
            }
            Act::Join(insurance, amount) => self.request(insurance, false, amount),
            Act::Leave(insurance, amount) => self.request(insurance, true, amount),
            Act::ExecutePool(insurance) => self.execute_pool(insurance),
            Act::CancelPool(insurance) => self.cancel_pool(insurance),
            Act::Mature(who) => {
                let trader = self.trader(who);
                let owner = trader.keypair.pubkey();
                Some(instruction::mature_profit(owner, self.attempt.venue.silo, trader.account))
            }
            Act::Apply => self.attempt.stage_change(),
            Act::Observe => Some(instruction::observe(&self.attempt.venue.markets)),
        }
    }

    fn trader(&self, who: Who) -> &'s Trader {
        &self.attempt.cast.attackers[who as usize]
    }

    fn state(&self, who: Who) -> MarginAccount {
        self.attempt.venue.account(&self.trader(who).account)
    }

    fn account(&self, target: Target) -> Pubkey {
        match target {
            Target::Own(who) => self.trader(who).account,
            Target::Honest(place) => {
                let honest = &self.attempt.cast.honest;
                honest[usize::from(place) % honest.len()]
            }
        }
    }

    /// Number and market of the waiting order at a place, oldest first; those placed in this
    /// transaction are not known yet.
    fn order(&self, who: Who, place: u8) -> Option<(u64, u8)> {
        waiting(&self.state(who)).get(usize::from(place)).copied()
    }

    fn deposit(&self, who: Who, amount: Amount) -> Option<Instruction> {
        let trader = self.trader(who);
        let held = tokens::balance(&self.attempt.venue.cluster, &trader.wallet);
        let amount = resolve(amount, held)?;
        let (silo, owner) = (self.attempt.venue.silo, trader.keypair.pubkey());
        Some(instruction::deposit(owner, trader.wallet, silo, trader.account, amount))
    }

    fn withdraw(&self, who: Who, amount: Amount) -> Option<Instruction> {
        let trader = self.trader(who);
        let amount = resolve(amount, self.state(who).collateral)?;
        let markets = self.attempt.venue.markets_of(&trader.account, None);
        let (silo, owner) = (self.attempt.venue.silo, trader.keypair.pubkey());
        Some(instruction::withdraw(owner, silo, trader.account, trader.wallet, amount, &markets))
    }

    fn place(&mut self, who: Who, ticket: Ticket) -> Option<Instruction> {
        let market = usize::from(ticket.market);
        let truth = self.attempt.truth(market);
        let at = |bps: i32| away(truth, bps);
        let trigger = match ticket.trigger {
            Trigger::None => OrderTrigger::Immediate,
            Trigger::Above(bps) => OrderTrigger::AtOrAbove { price: at(bps) },
            Trigger::Below(bps) => OrderTrigger::AtOrBelow { price: at(bps) },
        };
        let terms = self.attempt.venue.market(market).terms;
        let held = self.state(who).positions[market].size.unsigned_abs();
        let size = resolve_size(ticket.size, truth, held, terms.smallest);
        let size = i64::try_from(size).ok().filter(|size| *size > 0)?;
        let any = if ticket.buy { u64::MAX / 2 } else { 1 };
        let request = OrderRequest {
            delta: if ticket.buy { size } else { -size },
            limit: ticket.limit.map_or(any, at),
            trigger,
            effect: if ticket.reduce_only { OrderEffect::Reduce } else { OrderEffect::Open },
            any_price: ticket.any_price,
            expires_ms: self.attempt.venue.cluster.now_ms() + 3_600_000,
            fee: 0,
        };
        self.placed[who as usize] += 1;
        let trader = self.trader(who);
        let (owner, market) = (trader.keypair.pubkey(), self.attempt.venue.markets[market]);
        let markets = self.attempt.venue.markets_of(&trader.account, None);
        Some(instruction::place_order(owner, trader.account, market, request, &markets))
    }

    fn execute(&self, who: Who, place: u8) -> Option<Instruction> {
        let state = self.state(who);
        let waiting = waiting(&state);
        let new = usize::from(place).checked_sub(waiting.len());
        let (number, market) = match new {
            None => waiting[usize::from(place)],
            // One placed in this very transaction.
            Some(new) => {
                let new = u64::try_from(new).ok()?;
                (new < self.placed[who as usize]).then_some((state.next_order + new, 0))?
            }
        };
        let account = self.trader(who).account;
        Some(execute(self.attempt, account, number, market, account))
    }

    fn post(&mut self, market: u8, tick: Tick, others: u8) -> Option<Instruction> {
        let index = usize::from(market);
        let (price, at_ms) = self.attempt.tick(index, tick)?;
        let address = *self.attempt.cast.posted.get(self.posts)?;
        self.posts += 1;
        let cluster = &mut self.attempt.venue.cluster;
        let update = pyth_update(feed_id(index), Published::new(price, at_ms), cluster.slot());
        post_pyth_update(cluster, address, &update);
        let mut feeds = vec![address];
        let listed = self.attempt.cast.feeds[index].iter().skip(1).enumerate();
        feeds.extend(listed.filter(|(bit, _)| others & (1 << bit) != 0).map(|(_, feed)| *feed));
        let venue = &self.attempt.venue;
        Some(instruction::refresh_market(venue.silo, venue.markets[index], &feeds))
    }

    fn request(&self, insurance: bool, leaves: bool, amount: Amount) -> Option<Instruction> {
        let trader = self.trader(Who::A);
        let shares = self.attempt.cast.shares[usize::from(insurance)];
        let (source, destination) =
            if leaves { (shares, trader.wallet) } else { (trader.wallet, shares) };
        let held = tokens::balance(&self.attempt.venue.cluster, &source);
        let amount = resolve(amount, held)?;
        let order = PoolOrder { insurance, leaves, amount, least: 1 };
        let (owner, silo) = (trader.keypair.pubkey(), self.attempt.venue.silo);
        let number = u16::from(insurance);
        Some(instruction::request_pool(owner, silo, number, source, destination, order))
    }

    fn execute_pool(&self, insurance: bool) -> Option<Instruction> {
        execute_pool(self.attempt, insurance)
    }

    fn cancel_pool(&self, insurance: bool) -> Option<Instruction> {
        let (address, request) = self.attempt.pool_request(insurance)?;
        let trader = self.trader(Who::A);
        let shares = self.attempt.cast.shares[usize::from(insurance)];
        let refund = if request.leaves == 0 { trader.wallet } else { shares };
        Some(instruction::cancel_pool_request(
            request.owner,
            request.silo,
            address,
            refund,
            insurance,
        ))
    }
}

/// Numbers and markets of an account's waiting orders, oldest first.
pub fn waiting(account: &MarginAccount) -> Vec<(u64, u8)> {
    let orders = account.orders.iter().filter(|order| order.number != 0);
    let mut waiting: Vec<_> = orders.map(|order| (order.number, order.market)).collect();
    waiting.sort_unstable();
    waiting
}

/// `place_order` that closes a position of `held`, whatever the price.
pub fn close(
    attempt: &Attempt,
    state: &MarginAccount,
    account: Pubkey,
    market: u8,
    held: i64,
) -> Instruction {
    let request = OrderRequest {
        effect: OrderEffect::Reduce,
        any_price: true,
        ..market_order(-held, attempt.venue.cluster.now_ms())
    };
    let market = attempt.venue.markets[usize::from(market)];
    instruction::place_order(state.owner, account, market, request, &[])
}

/// `trigger_order` with its market.
pub fn trigger(attempt: &Attempt, account: Pubkey, number: u64, market: u8) -> Instruction {
    instruction::trigger_order(account, attempt.venue.markets[usize::from(market)], number)
}

/// `execute_order` with the markets it needs.
pub fn execute(
    attempt: &Attempt,
    account: Pubkey,
    number: u64,
    market: u8,
    executor: Pubkey,
) -> Instruction {
    let venue = &attempt.venue;
    let others = venue.markets_of(&account, Some(market));
    let market = venue.markets[usize::from(market)];
    instruction::execute_order(venue.silo, market, account, executor, number, &others)
}

/// `liquidate` with the markets it needs.
pub fn liquidate(
    attempt: &Attempt,
    account: Pubkey,
    market: u8,
    liquidator: Pubkey,
) -> Instruction {
    let venue = &attempt.venue;
    let others = venue.markets_of(&account, Some(market));
    let market = venue.markets[usize::from(market)];
    instruction::liquidate(venue.silo, market, account, liquidator, &others)
}

/// `execute_pool_request` of the attacker's request at a pool, if there is one.
pub fn execute_pool(attempt: &Attempt, insurance: bool) -> Option<Instruction> {
    let (address, request) = attempt.pool_request(insurance)?;
    let markets = if insurance { &[][..] } else { &attempt.venue.markets[..] };
    let PoolRequest { owner, silo, destination, .. } = request;
    Some(instruction::execute_pool_request(owner, silo, address, destination, insurance, markets))
}

/// `refresh_market` of all honest feeds.
pub fn refresh(attempt: &Attempt, market: usize) -> Instruction {
    let venue = &attempt.venue;
    instruction::refresh_market(venue.silo, venue.markets[market], &attempt.cast.feeds[market])
}

/// Nothing for no tokens.
fn resolve(amount: Amount, held: u64) -> Option<u64> {
    let amount = match amount {
        Amount::Units(units) => units.min(held),
        Amount::Share(halved) => held >> halved,
    };
    (amount > 0).then_some(amount)
}

/// Millionths of a base unit.
fn resolve_size(size: Size, truth: u64, held: u64, smallest: u64) -> u64 {
    match size {
        // A price that has risen must not push the largest position over the cap.
        Size::Cap(halved) => {
            let cap = u128::from(CAP >> halved) * 980_000 / u128::from(truth.max(1));
            u64::try_from(cap).unwrap_or(u64::MAX)
        }
        Size::Smallest => smallest,
        Size::HalfSmallest => smallest / 2,
        Size::Held(eighths) => held / 8 * u64::from(eighths) + held % 8 * u64::from(eighths) / 8,
        Size::HeldLessSmallest => held.saturating_sub(smallest),
        Size::HeldLessHalf => held.saturating_sub(smallest / 2),
    }
}

/// The price some basis points away, at least one millionth.
fn away(price: u64, bps: i32) -> u64 {
    let moved = i128::from(price) * (10_000 + i128::from(bps)) / 10_000;
    u64::try_from(moved.max(1)).unwrap_or(u64::MAX)
}
