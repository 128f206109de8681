//! The pools, the vaults and the protocol's fees.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_risk::chain::policy::Action as Asked;
use holdfast_risk::market::exposure::traders_gain;
use holdfast_risk::pool::share::Pool;
use holdfast_risk::pool::{Exit, PoolKind, join, leave, liquidity_value};
use holdfast_risk::{Bps, Millis, Side, SignedUsd, Usd};

use super::chain::Chain;
use super::{Look, Outcome, Refused, Settings, require};
use crate::cast::{ADMIN, DONOR, FIRST_PROVIDER, REQUESTS, pool_of};
use crate::state::{Request, State, slot_of};

impl State {
    pub(super) fn request(
        &mut self,
        request: usize,
        leaves: bool,
        amount: u64,
        least: u64,
        look: &Look,
    ) -> Outcome {
        if self.requests[request].is_some() {
            return Err(Refused::Elsewhere);
        }
        require(amount > 0, HoldfastError::ZeroAmount)?;
        let provider = REQUESTS[request].0;
        let kind = pool_of(provider);
        let pool = slot_of(kind);
        let mut worth = 0;
        if leaves {
            let held = &mut self.tokens.shares[provider];
            *held = held.checked_sub(amount).ok_or(Refused::Elsewhere)?;
            self.tokens.supply[pool] -= amount;
            if kind == PoolKind::Insurance {
                let fund = Pool { assets: self.ledger.insurance, shares: self.shares[pool] };
                worth = fund.amount_for(amount)?.0;
            }
        } else {
            self.pay_in(FIRST_PROVIDER + provider, pool, amount)?;
            self.ledger.queued = self.ledger.queued.plus(Usd(amount))?;
        }
        let requested = self.guard(look).now;
        self.requests[request] = Some(Request { leaves, amount, least, worth, requested });
        Ok(())
    }

    /// A request is taken back.
    pub fn cancel_request(&mut self, signer: usize, request: usize) -> Outcome {
        let waiting = self.requests[request].take().ok_or(Refused::Elsewhere)?;
        let provider = REQUESTS[request].0;
        require(signer == FIRST_PROVIDER + provider, HoldfastError::NotOwner)?;
        let pool = slot_of(pool_of(provider));
        if waiting.leaves {
            self.tokens.shares[provider] += waiting.amount;
            self.tokens.supply[pool] += waiting.amount;
            return Ok(());
        }
        self.ledger.queued = self.ledger.queued.minus(Usd(waiting.amount))?;
        // Whichever pool was asked: that vault ends up with everything but insurance.
        self.pay_out(signer, 0, waiting.amount)
    }

    pub(super) fn execute_request(
        &mut self,
        request: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let waiting = self.requests[request].take().ok_or(Refused::Elsewhere)?;
        let provider = REQUESTS[request].0;
        let kind = pool_of(provider);
        let chain = self.guard(look);
        chain.require(Asked::ChangePool)?;
        let unstakes = waiting.leaves && kind == PoolKind::Insurance;
        let terms = &settings.silo;
        let wait = if unstakes { terms.unstake_cooldown_ms } else { terms.request_delay_ms };
        let due = waiting.requested.after(Millis(wait));
        require(chain.now >= due, HoldfastError::RequestNotDue)?;
        let assets = match kind {
            PoolKind::Insurance => self.ledger.insurance,
            PoolKind::Liquidity => {
                let owed = self.owed_to_traders(due, waiting.leaves, &chain, settings)?;
                liquidity_value(&self.ledger, owed, !waiting.leaves)?
            }
        };
        if waiting.leaves {
            self.leave(provider, &waiting, assets, Bps(terms.utilisation_bps))
        } else {
            self.join(provider, &waiting, assets)
        }
    }

    fn join(&mut self, provider: usize, waiting: &Request, assets: Usd) -> Outcome {
        let kind = pool_of(provider);
        let slot = slot_of(kind);
        let pool = Pool { assets, shares: self.shares[slot] };
        let (ledger, shares) = join(&self.ledger, kind, pool, Usd(waiting.amount), waiting.least)?;
        self.ledger = ledger;
        self.shares[slot] += shares;
        self.tokens.shares[provider] += shares;
        self.tokens.supply[slot] += shares;
        Ok(())
    }

    fn leave(&mut self, provider: usize, waiting: &Request, assets: Usd, used: Bps) -> Outcome {
        let kind = pool_of(provider);
        let slot = slot_of(kind);
        let exit = Exit {
            shares: waiting.amount,
            at_request: (kind == PoolKind::Insurance).then_some(Usd(waiting.worth)),
            least: Usd(waiting.least),
        };
        let pool = Pool { assets, shares: self.shares[slot] };
        let (ledger, paid) = leave(&self.ledger, kind, pool, exit, self.open, used)?;
        self.ledger = ledger;
        self.shares[slot] -= waiting.amount;
        self.pay_out(FIRST_PROVIDER + provider, slot, paid.0)
    }

    fn owed_to_traders(
        &self,
        due: Millis,
        leaves: bool,
        chain: &Chain,
        settings: &Settings,
    ) -> Outcome<SignedUsd> {
        let mut owed = SignedUsd(0);
        for (market, terms) in self.markets.iter().zip(&settings.markets) {
            if market.longs.size.0 == 0 && market.shorts.size.0 == 0 {
                continue;
            }
            let point = chain.fresh(market, terms)?;
            require(point.published >= due, HoldfastError::RequestNotDue)?;
            let accruals = market.accruals;
            owed = owed.plus(traders_gain(
                &market.longs,
                &market.shorts,
                |side| {
                    if leaves { point.trader_favourable(side) } else { point.trader_adverse(side) }
                },
                |side| match side {
                    Side::Long => accruals.carry_long,
                    Side::Short => accruals.carry_short,
                },
            )?)?;
        }
        Ok(owed)
    }

    /// Donations join insurance; each vault holds its own.
    pub fn reconcile(&mut self) -> Outcome {
        let total = self.tokens.vaults[0] + self.tokens.vaults[1];
        let surplus = total - self.counted[0] - self.counted[1];
        let insurance = self.ledger.insurance.0 + surplus;
        let moves = surplus != 0 || self.tokens.vaults[1] != insurance;
        require(moves, HoldfastError::NothingToMove)?;
        self.ledger.insurance = Usd(insurance);
        self.counted = [total - insurance, insurance];
        self.tokens.vaults = self.counted;
        Ok(())
    }

    pub(super) fn collect(&mut self) -> Outcome {
        let fees = core::mem::take(&mut self.ledger.protocol).0;
        require(fees > 0, HoldfastError::NothingToMove)?;
        self.pay_out(ADMIN, 0, fees)
    }

    pub(super) fn donate(&mut self, vault: usize, amount: u64) -> Outcome {
        let wallet = &mut self.tokens.wallets[DONOR];
        *wallet = wallet.checked_sub(amount).ok_or(Refused::Elsewhere)?;
        self.tokens.vaults[vault] += amount;
        Ok(())
    }
}
