//! The pools, the vaults and the protocol's fees.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_risk::chain::landing::{counted_until, has_landed};
use holdfast_risk::chain::policy::Action as Asked;
use holdfast_risk::market::belief::{DECIDES_FOR, Lapsed, range_since};
use holdfast_risk::pool::request::{Stage, opens, stage};
use holdfast_risk::pool::share::Pool;
use holdfast_risk::pool::worth::{self, SideExposure, TradersResult, is_trifle};
use holdfast_risk::pool::{Claims, Exit, PoolKind, join, leave};
use holdfast_risk::{Bps, Millis, Price, Side, SignedUsd, Usd};

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
        settings: &Settings,
    ) -> Outcome {
        if self.requests[request].is_some() {
            return Err(Refused::Elsewhere);
        }
        require(amount > 0, HoldfastError::ZeroAmount)?;
        require(least > 0, HoldfastError::InvalidOrder)?;
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
                worth = fund.founded().amount_for(amount)?.0;
            }
        } else {
            // Whichever pool is asked: what waits is in the liquidity vault.
            self.pay_in(FIRST_PROVIDER + provider, 0, amount)?;
            self.ledger.queued = self.ledger.queued.plus(Usd(amount))?;
        }
        let Chain { now: requested, slot, .. } = self.guard(look);
        let shared = self.shares[pool] > self.unheld[pool];
        let foreseen = kind == PoolKind::Insurance && (leaves || shared);
        let terms = &settings.silo;
        let wait = if foreseen { terms.unstake_cooldown_ms } else { terms.request_delay_ms };
        let due = requested.after(Millis(wait));
        self.requests[request] =
            Some(Request { leaves, amount, least, worth, requested, due, slot });
        Ok(())
    }

    /// Where a request stands.
    pub fn stage(waiting: &Request, chain: &Chain) -> Stage {
        stage(Self::opens(waiting, chain), chain.now, chain.closed)
    }

    fn opens(waiting: &Request, chain: &Chain) -> Millis {
        opens(waiting.due, &chain.closures)
    }

    /// A request is taken back, or returned by anyone.
    pub(super) fn cancel_request(&mut self, signer: usize, request: usize, look: &Look) -> Outcome {
        let waiting = self.requests[request].ok_or(Refused::Elsewhere)?;
        let provider = REQUESTS[request].0;
        let stage = Self::stage(&waiting, &self.guard(look));
        require(stage != Stage::Due, HoldfastError::RequestDue)?;
        let owns = signer == FIRST_PROVIDER + provider;
        require(owns || stage == Stage::Lapsed, HoldfastError::NotOwner)?;
        self.return_request(provider, request)
    }

    /// Deposit or shares go back to where they came from.
    pub fn return_request(&mut self, provider: usize, request: usize) -> Outcome {
        let waiting = self.requests[request].take().ok_or(Refused::Elsewhere)?;
        let pool = slot_of(pool_of(provider));
        if waiting.leaves {
            self.tokens.shares[provider] += waiting.amount;
            self.tokens.supply[pool] += waiting.amount;
            return Ok(());
        }
        self.ledger.queued = self.ledger.queued.minus(Usd(waiting.amount))?;
        self.pay_out(FIRST_PROVIDER + provider, 0, waiting.amount)
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
        let stage = Self::stage(&waiting, &chain);
        require(stage != Stage::Waits, HoldfastError::RequestNotDue)?;
        require(stage != Stage::Lapsed, HoldfastError::RequestLapsed)?;
        require(has_landed(waiting.slot, chain.slot), HoldfastError::RequestNotDue)?;
        let slots = chain.slot.saturating_sub(waiting.slot);
        let counted = counted_until(waiting.requested, slots, chain.now);
        require(counted >= waiting.due, HoldfastError::RequestNotDue)?;
        let worth = match kind {
            PoolKind::Insurance => worth::insurance(&self.ledger, !waiting.leaves)?,
            PoolKind::Liquidity => {
                let traders = self.traders_result(&waiting, &chain, settings)?;
                worth::liquidity(&self.ledger, &traders, !waiting.leaves)?
            }
        };
        if waiting.leaves {
            self.leave(provider, &waiting, worth, settings)
        } else {
            self.join(provider, &waiting, worth)
        }
    }

    fn join(&mut self, provider: usize, waiting: &Request, worth: SignedUsd) -> Outcome {
        let kind = pool_of(provider);
        let slot = slot_of(kind);
        let (deposit, least) = (Usd(waiting.amount), waiting.least);
        let joined = join(&self.ledger, kind, worth, self.shares[slot], deposit, least)?;
        self.ledger = joined.ledger;
        self.shares[slot] += joined.shares + joined.unheld;
        self.unheld[slot] += joined.unheld;
        self.tokens.shares[provider] += joined.shares;
        self.tokens.supply[slot] += joined.shares;
        Ok(())
    }

    fn leave(
        &mut self,
        provider: usize,
        waiting: &Request,
        worth: SignedUsd,
        settings: &Settings,
    ) -> Outcome {
        let kind = pool_of(provider);
        let slot = slot_of(kind);
        let exit = Exit {
            shares: waiting.amount,
            at_request: (kind == PoolKind::Insurance).then_some(Usd(waiting.worth)),
            least: Usd(waiting.least),
        };
        let claims = Claims {
            open: self.open,
            utilisation: Bps(settings.silo.utilisation_bps),
            payable_share: Bps(settings.silo.payable_share_bps),
        };
        let (ledger, paid) = leave(&self.ledger, kind, worth, self.shares[slot], exit, &claims)?;
        self.ledger = ledger;
        self.shares[slot] -= waiting.amount;
        self.pay_out(FIRST_PROVIDER + provider, slot, paid.0)
    }

    fn traders_result(
        &self,
        waiting: &Request,
        chain: &Chain,
        settings: &Settings,
    ) -> Outcome<TradersResult> {
        let mut traders = TradersResult::default();
        for (market, terms) in self.markets.iter().zip(&settings.markets) {
            if market.longs.size.0 == 0 && market.shorts.size.0 == 0 {
                continue;
            }
            let valuation = chain.valuation(market, terms);
            let (opened, at) = (Self::opens(waiting, chain), chain.moment(market, terms));
            let found = chain.fresh(market, terms).and_then(|_| {
                let range = range_since(market.recent.iter().copied(), opened, &at);
                let range = range.map_err(|Lapsed| HoldfastError::RequestLapsed)?;
                Ok(range.ok_or(HoldfastError::RequestNotDue)?)
            });
            let range = found.ok();
            let awaited = valuation.is_certain() && chain.now < opened.after(DECIDES_FOR);
            let (accruals, band) = (market.accruals, valuation.band);
            for (side, total, carry) in [
                (Side::Long, market.longs, accruals.carry_long),
                (Side::Short, market.shorts, accruals.carry_short),
            ] {
                let high = (side == Side::Long) == waiting.leaves;
                let edge =
                    |price: Price| if high { price.max(band.high) } else { price.min(band.low) };
                let price = match (range, waiting.leaves) {
                    (Some(range), true) => range.trader_favourable(side),
                    (Some(range), false) => range.trader_adverse(side),
                    (None, true) => edge(valuation.trader_best_case(side)),
                    (None, false) => edge(valuation.trader_adverse(side)),
                };
                if awaited || !is_trifle(&total, price, self.ledger.liquidity)? {
                    found?;
                }
                let initial = terms.ratios.initial;
                traders.add(&SideExposure { side, total, price, carry, initial })?;
            }
        }
        Ok(traders)
    }

    /// Donations join insurance; each vault holds its own.
    pub fn reconcile(&mut self) -> Outcome {
        let total = self.tokens.vaults[0] + self.tokens.vaults[1];
        let surplus = total - self.counted[0] - self.counted[1];
        let insurance = self.ledger.insurance.0 + surplus;
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
