//! Everyone leaves, from wherever the walk ended.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_risk::chain::fuse::Fuses;
use holdfast_risk::chain::health::State as ChainState;
use holdfast_risk::market::belief::DECIDES_FOR;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::request::Stage;

use crate::action::Action;
use crate::cast::{ACCOUNTS, FIRST_PROVIDER, REQUESTS, pool_of};
use crate::model::{Look, Refused};
use crate::state::{State, Waiting};
use crate::walk::Walk;

/// Rounds of half a minute in which a chain has to recover and profit to mature.
const PATIENCE: usize = 200;

impl Walk {
    /// Every account closes, every provider leaves, and the vaults hold what the ledger says.
    pub fn exit(&mut self) {
        self.cancel_orders();
        self.close_positions();
        self.wait_for_calm();
        self.empty_accounts();
        self.leave_pools();
        self.check_empty();
    }

    fn open_accounts(&self) -> Vec<usize> {
        (0..ACCOUNTS.len()).filter(|account| self.state.accounts[*account].is_some()).collect()
    }

    /// None of them is decided any more, nor can be, when nobody has published for a while.
    fn cancel_orders(&mut self) {
        let longest = |terms: &MarketTerms| terms.execution_delay.after(terms.decide_within);
        let longest = self.settings.markets.iter().map(longest).max().unwrap_or_default();
        self.pass(longest.after(DECIDES_FOR).0 + 10_000);
        for account in self.open_accounts() {
            let orders = self.state.existing(account).unwrap().orders;
            for waiting in orders.into_iter().flatten() {
                let signer = ACCOUNTS[account].0;
                let Waiting { number, market, .. } = waiting;
                self.must(Action::Cancel { signer, account, number, market });
            }
        }
    }

    /// In whatever state the chain is. A price outside the band is waited out.
    fn close_positions(&mut self) {
        let mut asked = Vec::new();
        for account in self.open_accounts() {
            let state = self.state.existing(account).unwrap().clone();
            for market in state.open() {
                asked.push((account, market, self.ask_to_close(account, market)));
            }
        }
        for _ in 0..3 * PATIENCE {
            // Prices come in time for any age limit, or those outside a band would never agree for
            // long.
            self.pass(4_000);
            self.publish_all();
            let mut waiting = Vec::new();
            for (account, market, number) in asked {
                let executes = Action::Execute { account, number, market, executor: account };
                match self.step(executes) {
                    Ok(()) => {}
                    Err(refused) if refused == HoldfastError::NoPriceYet.into() => {
                        waiting.push((account, market, number));
                    }
                    // Evidence of the time moved the venue's clock past the price.
                    Err(refused) if refused == HoldfastError::OrderLapsed.into() => {
                        let signer = ACCOUNTS[account].0;
                        self.must(Action::Cancel { signer, account, number, market });
                        waiting.push((account, market, self.ask_to_close(account, market)));
                    }
                    Err(refused) => panic!("an exit is refused: {refused:?}"),
                }
            }
            asked = waiting;
            if asked.is_empty() {
                return;
            }
        }
        panic!("no price is believed: {asked:?}");
    }

    /// Asks to close a position whole; the order's number.
    fn ask_to_close(&mut self, account: usize, market: usize) -> u64 {
        let state = self.state.existing(account).unwrap();
        let (number, held) = (state.next_order, state.positions[market].size.0);
        let (signer, request) = (ACCOUNTS[account].0, closing(-held));
        self.must(Action::Place { signer, account, market, request });
        number
    }

    fn wait_for_calm(&mut self) {
        for _ in 0..PATIENCE {
            self.pass(30_000);
            self.publish_all();
            let chain = self.state.guard(&Look::at(self.cast.cluster()));
            let whole = chain.fuses == Fuses::NONE;
            let calm = whole && self.state.monitor.state == ChainState::Normal;
            let now = chain.now;
            let ripe = self.open_accounts().iter().all(|account| {
                let since = self.state.existing(*account).unwrap().profit_since;
                now.since(since).0 >= self.settings.silo.maturity_ms
            });
            if calm && ripe {
                return;
            }
        }
        panic!("the chain did not recover: {:?}", self.state.monitor);
    }

    fn empty_accounts(&mut self) {
        for account in self.open_accounts() {
            let signer = ACCOUNTS[account].0;
            if self.state.existing(account).unwrap().exit.waits.0 > 0 {
                self.or_reconcile(Action::PayExit { account });
            }
            if self.state.existing(account).unwrap().balances.pending_profit.0 > 0 {
                self.must(Action::Mature { signer, account });
            }
            let amount = self.state.existing(account).unwrap().balances.collateral.0;
            if amount > 0 {
                self.or_reconcile(Action::Withdraw { signer, account, amount });
            }
            self.must(Action::Close { signer, account });
        }
    }

    /// An action that may need the tokens that are still in the other vault.
    fn or_reconcile(&mut self, action: Action) {
        if self.step(action.clone()) == Err(HoldfastError::ReconcileFirst.into()) {
            self.must(Action::Reconcile);
            self.must(action);
        }
    }

    fn leave_pools(&mut self) {
        for request in 0..REQUESTS.len() {
            self.take_back(request);
        }
        for kind in [PoolKind::Liquidity, PoolKind::Insurance] {
            let of_pool = |request: &usize| pool_of(REQUESTS[*request].0) == kind;
            let requests: Vec<_> = (0..REQUESTS.len()).step_by(2).filter(of_pool).collect();
            for request in &requests {
                let (request, amount) = (*request, self.state.tokens.shares[REQUESTS[*request].0]);
                if amount > 0 {
                    self.must(Action::Request { request, leaves: true, amount, least: 1 });
                }
            }
            while requests.iter().any(|request| self.stage(*request) == Some(Stage::Waits)) {
                self.pass(30_000);
                self.publish_all();
            }
            for request in requests {
                if self.state.requests[request].is_some() {
                    self.leave_pool(request);
                }
            }
        }
    }

    fn stage(&self, request: usize) -> Option<Stage> {
        let chain = self.state.guard(&Look::at(self.cast.cluster()));
        self.state.requests[request].map(|waiting| State::stage(&waiting, &chain))
    }

    /// What is due lapses within minutes, and can be taken back then.
    fn take_back(&mut self, request: usize) {
        while self.stage(request) == Some(Stage::Due) {
            self.pass(30_000);
            self.publish_all();
        }
        if self.state.requests[request].is_some() {
            let signer = FIRST_PROVIDER + REQUESTS[request].0;
            self.or_reconcile(Action::CancelRequest { signer, request });
        }
    }

    /// Shares of a pool that has lost everything are worth nothing: their request is taken back.
    fn leave_pool(&mut self, request: usize) {
        let action = Action::ExecuteRequest { request };
        let look = Look::at(self.cast.cluster());
        let expected = self.state.after(&action, &look, &self.settings);
        if expected == Err(Refused::from(HoldfastError::ZeroAmount)) {
            self.take_back(request);
        } else {
            self.or_reconcile(action);
        }
    }

    fn check_empty(&mut self) {
        // Refused where there are no fees to collect.
        for action in [Action::Reconcile, Action::Collect, Action::Reconcile] {
            let _ = self.step(action);
        }
        let state = &self.state;
        assert!(self.open_accounts().is_empty(), "every account closed");
        assert_eq!(state.open.0, 0, "nothing is open");
        for market in &state.markets {
            assert_eq!((market.longs, market.shorts), Default::default(), "markets are empty");
        }
        let ledger = state.ledger;
        let owed = ledger.collateral.0 + ledger.queued.0 + ledger.pending_profit.0;
        assert_eq!(owed, 0, "nobody is owed anything");
        let left = [ledger.liquidity.0, ledger.insurance.0];
        assert_eq!(state.tokens.vaults, left, "vaults hold what the ledger says");
    }
}

/// An order that closes a position at any price, without a fee.
fn closing(delta: i64) -> OrderRequest {
    OrderRequest {
        delta,
        limit: if delta > 0 { u64::MAX / 2 } else { 1 },
        trigger: OrderTrigger::Immediate,
        effect: OrderEffect::Reduce,
        any_price: false,
        expires_ms: u64::MAX,
        fee: 0,
    }
}
