//! What accounts owe, and who bears it.

use holdfast_client::holdfast::account_health::Purpose;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_risk::Millis;
use holdfast_risk::account::loss::{ByMarket, Charged, debts_after};
use holdfast_risk::account::trade_context::Traded;
use holdfast_risk::account::write_off::write_off;
use holdfast_risk::chain::policy::{Action as Asked, Permit, permit};

use super::{Look, Outcome, Settings, require};
use crate::state::{Draws, State};

impl State {
    /// What the account owes arose in this market, what it paid takes the first; bad debt is charged.
    pub(super) fn charge(
        &mut self,
        traded: &Traded,
        account: usize,
        index: usize,
        now: Millis,
        settings: &Settings,
    ) -> Outcome {
        let state = self.existing(account)?;
        let (owed, owes) = (state.balances.debt, traded.book.balances.debt);
        let (debts, draws) = (state.debts, self.draws);
        let cover = settings.cover(&draws, &debts, index, now);
        let left = if traded.bad_debt.0 > 0 {
            let charged = cover.insure(owed, traded.bad_debt, self.ledger.insurance)?;
            self.take_draws(&charged);
            ByMarket::default()
        } else {
            debts_after(&debts, cover.market, owed, owes)?
        };
        self.existing_mut(account)?.debts = left;
        Ok(())
    }

    fn take_draws(&mut self, charged: &Charged) {
        self.draws = Draws { since: charged.since, start: charged.start, drawn: charged.drawn };
    }

    pub(super) fn write_off(
        &mut self,
        account: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let state = self.existing(account)?;
        let chain = self.guard(look);
        let trusted = permit(Asked::Liquidate, chain.monitor.state) == Permit::Allowed;
        require(trusted, HoldfastError::ChainNotReady)?;
        let health = self.standing(state, None, &chain, Purpose::WriteOff, settings)?;
        let clocks = state.open().map(|index| self.markets[index].now(chain.now));
        let now = clocks.max().unwrap_or(chain.now);
        let cover = settings.cover(&self.draws, &state.debts, 0, now);
        let done = write_off(&self.ledger, state.balances, health.unrealised, &cover)?;
        self.ledger = done.ledger;
        self.take_draws(&done.charged);
        let state = self.existing_mut(account)?;
        state.debts = done.debts;
        state.set_balances(done.balances, now, Millis(settings.silo.maturity_ms))
    }
}
