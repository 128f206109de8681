//! Accounts and their money.

use holdfast_client::holdfast::account_health::Purpose;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_risk::account::ledger::AccountBalances;
use holdfast_risk::account::profit;
use holdfast_risk::chain::landing::counted_until;
use holdfast_risk::chain::policy::{Action as Asked, Permit, permit};
use holdfast_risk::chain::rate_limit::{Exit, payable};
use holdfast_risk::{Bps, Millis, Usd};

use super::{Look, Outcome, Refused, Settings, require};
use crate::cast::ACCOUNTS;
use crate::state::{Account, State};

/// Whether a person owns an account.
pub fn owns(person: usize, account: usize) -> bool {
    ACCOUNTS[account].0 == person
}

impl Account {
    /// Takes over money; added profit moves its maturity.
    pub fn set_balances(
        &mut self,
        balances: AccountBalances,
        now: Millis,
        maturity: Millis,
    ) -> Outcome {
        let (before, after) = (self.balances.pending_profit, balances.pending_profit);
        self.profit_since = profit::since(before, self.profit_since, after, now, maturity)?;
        self.balances = balances;
        Ok(())
    }

    /// Adds to the collateral.
    pub fn receive(&mut self, amount: u64) -> Outcome {
        self.balances.collateral = self.balances.collateral.plus(Usd(amount))?;
        Ok(())
    }

    /// The account was seen to be safe.
    pub fn clear_flag(&mut self) {
        self.flagged = Millis(0);
        self.flagged_slot = 0;
        self.liquidatable = Millis(0);
        self.shortfall = 0;
    }

    /// An order opened or enlarged the position in a market: what closes it waits, in time and in slots.
    pub fn enlarged(&mut self, market: usize, now: Millis, slot: u64) {
        self.changed[market] = now;
        let long = self.positions[market].size.0 > 0;
        for waiting in self.orders.iter_mut().flatten() {
            if waiting.market == market && (waiting.order.delta.0 < 0) == long {
                waiting.slot = slot;
            }
        }
    }
}

impl State {
    pub(super) fn open(&mut self, account: usize) -> Outcome {
        if self.accounts[account].is_some() {
            return Err(Refused::Elsewhere);
        }
        self.accounts[account] = Some(Account::new());
        Ok(())
    }

    pub(super) fn close(&mut self, signer: usize, account: usize) -> Outcome {
        let state = self.existing(account)?;
        require(owns(signer, account), HoldfastError::NotOwner)?;
        require(state.is_empty(), HoldfastError::AccountNotEmpty)?;
        self.accounts[account] = None;
        Ok(())
    }

    pub(super) fn deposit(&mut self, person: usize, account: usize, amount: u64) -> Outcome {
        self.existing(account)?;
        require(amount > 0, HoldfastError::ZeroAmount)?;
        self.pay_in(person, 0, amount)?;
        self.ledger.collateral = self.ledger.collateral.plus(Usd(amount))?;
        let state = self.existing_mut(account)?;
        state.receive(amount)?;
        state.shortfall = state.shortfall.saturating_sub(amount);
        if state.shortfall == 0 {
            state.clear_flag();
        }
        Ok(())
    }

    pub(super) fn withdraw(
        &mut self,
        signer: usize,
        account: usize,
        amount: u64,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let state = self.existing(account)?;
        require(owns(signer, account), HoldfastError::NotOwner)?;
        require(amount > 0, HoldfastError::ZeroAmount)?;
        require(amount <= state.balances.collateral.0, HoldfastError::NotEnoughCollateral)?;
        let chain = self.guard(look);
        let idle = state.is_idle();
        let permit = chain.require(if idle { Asked::WithdrawIdle } else { Asked::WithdrawFree })?;
        require(permit != Permit::Queued, HoldfastError::ExitsQueue)?;
        let mut health = self.standing(state, None, &chain, Purpose::Margin(permit), settings)?;
        health.initial = health.initial.plus(Usd(state.reserved_margin))?;
        let free = health.withdrawable(state.balances.collateral);
        require(amount <= free.0, HoldfastError::BelowInitialMargin)?;
        self.pay_out(signer, 0, amount)?;
        self.ledger.collateral = self.ledger.collateral.minus(Usd(amount))?;
        let state = self.existing_mut(account)?;
        state.balances.collateral = state.balances.collateral.minus(Usd(amount))?;
        state.clear_flag();
        Ok(())
    }

    pub(super) fn request_exit(
        &mut self,
        signer: usize,
        account: usize,
        amount: u64,
        look: &Look,
    ) -> Outcome {
        let state = self.existing(account)?;
        require(owns(signer, account), HoldfastError::NotOwner)?;
        require(amount > 0, HoldfastError::ZeroAmount)?;
        require(state.exit.waits.0 == 0, HoldfastError::ExitWaiting)?;
        require(state.is_flat(), HoldfastError::NotIdle)?;
        require(amount <= state.balances.collateral.0, HoldfastError::NotEnoughCollateral)?;
        let chain = self.guard(look);
        let requested = chain.now;
        let state = self.existing_mut(account)?;
        state.balances.collateral = state.balances.collateral.minus(Usd(amount))?;
        state.exit = Exit { asked: Usd(amount), waits: Usd(amount), requested };
        state.exit_slot = chain.slot;
        Ok(())
    }

    pub(super) fn pay_exit(&mut self, account: usize, look: &Look) -> Outcome {
        let state = self.existing(account)?;
        let exit = state.exit;
        require(exit.waits.0 > 0, HoldfastError::NoExit)?;
        let chain = self.guard(look);
        let permit = permit(Asked::WithdrawIdle, chain.monitor.state);
        let slots = chain.slot.saturating_sub(state.exit_slot);
        let amount = payable(exit, counted_until(exit.requested, slots, chain.now), permit)?;
        require(amount.0 > 0, HoldfastError::OutflowLimit)?;
        self.ledger.collateral = self.ledger.collateral.minus(amount)?;
        let left = exit.waits.minus(amount)?;
        self.existing_mut(account)?.exit.waits = left;
        self.pay_out(ACCOUNTS[account].0, 0, amount.0)
    }

    pub(super) fn cancel_exit(&mut self, signer: usize, account: usize) -> Outcome {
        let state = self.existing_mut(account)?;
        require(owns(signer, account), HoldfastError::NotOwner)?;
        require(state.exit.waits.0 > 0, HoldfastError::NoExit)?;
        let amount = state.exit.waits;
        state.exit = Exit { asked: Usd(0), waits: Usd(0), ..state.exit };
        state.receive(amount.0)
    }

    pub(super) fn mature(
        &mut self,
        signer: usize,
        account: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let state = self.existing(account)?;
        let chain = self.guard(look);
        chain.require(Asked::MatureProfit)?;
        let maturity = Millis(settings.silo.maturity_ms);
        let due = state.profit_since.after(maturity);
        let ripe = state.balances.pending_profit.0 > 0 && chain.now >= due;
        require(ripe, HoldfastError::NotMatured)?;
        let share = Bps(settings.silo.payable_share_bps);
        let matured = profit::mature(&self.ledger, state.balances, share, owns(signer, account))?;
        self.ledger = matured.ledger;
        self.existing_mut(account)?.set_balances(matured.balances, chain.now, maturity)
    }

    /// Tokens from a wallet into a vault that the ledger counts.
    pub(super) fn pay_in(&mut self, person: usize, vault: usize, amount: u64) -> Outcome {
        let wallet = &mut self.tokens.wallets[person];
        *wallet = wallet.checked_sub(amount).ok_or(Refused::Elsewhere)?;
        self.tokens.vaults[vault] += amount;
        self.counted[vault] += amount;
        Ok(())
    }

    /// Tokens out of a vault, as far as the ledger counts them there.
    pub(super) fn pay_out(&mut self, person: usize, vault: usize, amount: u64) -> Outcome {
        let counted = &mut self.counted[vault];
        *counted = counted.checked_sub(amount).ok_or(HoldfastError::ReconcileFirst)?;
        self.tokens.vaults[vault] -= amount;
        self.tokens.wallets[person] += amount;
        Ok(())
    }
}
