//! What every instruction should do, written with the rules alone. The program's account types,
//! books and legs are not used: a mistake in them shows as a difference.

mod chain;
mod debt;
mod liquidation;
mod money;
mod order;
mod pool;
mod standing;

pub use chain::Look;
pub use money::owns;
pub use order::{Progress, requested_order};

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::SiloTermsState;
use holdfast_risk::account::execution;
use holdfast_risk::account::liquidation::LiquidationError;
use holdfast_risk::account::loss::{ByMarket, InsuranceDraws, InsuranceTerms, LossCover};
use holdfast_risk::account::profit;
use holdfast_risk::account::write_off::WriteOffError;
use holdfast_risk::market::fee::FeeShares;
use holdfast_risk::market::reading;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::{Bps, Millis, Overflow, Usd, pool as pools};

use crate::action::Action;
use crate::state::{Account, Draws, State};

/// Settings, which no action of the walk changes.
pub struct Settings {
    /// The markets'.
    pub markets: Vec<MarketTerms>,
    /// The silo's.
    pub silo: SiloTermsState,
}

impl Settings {
    /// How fees are divided while insurance holds `fund`.
    pub fn fees(&self, fund: Usd, open: Usd) -> FeeShares {
        let shares = FeeShares {
            insurance: Bps(self.silo.insurance_share_bps),
            protocol: Bps(self.silo.protocol_share_bps),
        };
        let target = Bps(self.silo.insurance_target_bps);
        shares.while_insurance_lacks(fund, open, target)
    }

    /// What bears a loss that an account with these debts leaves behind in a market.
    pub fn cover<'a>(
        &self,
        draws: &'a Draws,
        debts: &'a ByMarket,
        market: usize,
        now: Millis,
    ) -> LossCover<'a> {
        let terms = InsuranceTerms {
            outage_reserve: Bps(self.silo.outage_reserve_bps),
            epoch_cap: Bps(self.silo.epoch_cap_bps),
        };
        let draws = InsuranceDraws { since: draws.since, start: draws.start, drawn: &draws.drawn };
        let market = u8::try_from(market).expect("a market's index");
        LossCover { market, debts, draws, terms, now }
    }
}

/// Why an instruction does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The program's error.
    Program(u32),
    /// The token program's, the runtime's or the account framework's.
    Elsewhere,
    /// Whatever the reason.
    Somehow,
}

/// What an instruction comes to.
pub type Outcome<T = ()> = Result<T, Refused>;

impl From<HoldfastError> for Refused {
    fn from(error: HoldfastError) -> Self {
        Self::Program(u32::from(error))
    }
}

impl From<Overflow> for Refused {
    fn from(_: Overflow) -> Self {
        HoldfastError::Overflow.into()
    }
}

impl From<reading::ReadingError> for Refused {
    fn from(refusal: reading::ReadingError) -> Self {
        HoldfastError::from(refusal).into()
    }
}

impl From<execution::ExecutionError> for Refused {
    fn from(refusal: execution::ExecutionError) -> Self {
        HoldfastError::from(refusal).into()
    }
}

impl From<WriteOffError> for Refused {
    fn from(refusal: WriteOffError) -> Self {
        HoldfastError::from(refusal).into()
    }
}

impl From<LiquidationError> for Refused {
    fn from(refusal: LiquidationError) -> Self {
        HoldfastError::from(refusal).into()
    }
}

impl From<profit::MaturityError> for Refused {
    fn from(refusal: profit::MaturityError) -> Self {
        HoldfastError::from(refusal).into()
    }
}

impl From<pools::PoolError> for Refused {
    fn from(refusal: pools::PoolError) -> Self {
        HoldfastError::from(refusal).into()
    }
}

/// Refuses unless `holds`.
pub fn require(holds: bool, error: HoldfastError) -> Outcome {
    if holds { Ok(()) } else { Err(error.into()) }
}

impl State {
    /// The state after an action, or why it is refused.
    pub fn after(&self, action: &Action, look: &Look, settings: &Settings) -> Outcome<Self> {
        let mut state = self.clone();
        state.apply(action, look, settings)?;
        Ok(state)
    }

    fn apply(&mut self, action: &Action, look: &Look, settings: &Settings) -> Outcome {
        match *action {
            Action::Refresh { market, feed, published, verified } => {
                require(verified, HoldfastError::UnreadableFeed)?;
                require(market == feed, HoldfastError::WrongFeed)?;
                self.refresh(market, published, look, &settings.markets[market])
            }
            Action::Observe { with_markets } => self.observe(with_markets, look),
            Action::Open { account } => self.open(account),
            Action::Close { signer, account } => self.close(signer, account),
            Action::Deposit { person, account, amount } => self.deposit(person, account, amount),
            Action::Withdraw { signer, account, amount } => {
                self.withdraw(signer, account, amount, look, settings)
            }
            Action::RequestExit { signer, account, amount } => {
                self.request_exit(signer, account, amount, look)
            }
            Action::PayExit { account } => self.pay_exit(account, look),
            Action::CancelExit { signer, account } => self.cancel_exit(signer, account),
            Action::Place { signer, account, market, request } => {
                self.place(signer, account, market, request, look, settings)
            }
            Action::Trigger { account, number, market } => {
                self.trigger(account, number, market, look, settings)
            }
            Action::Cancel { signer, account, number, market } => {
                self.cancel(signer, account, number, market, look, settings)
            }
            Action::Execute { account, number, market, executor } => {
                self.execute(account, number, market, executor, look, settings)
            }
            Action::Flag { account } => self.flag(account, look, settings),
            Action::Liquidate { account, market, liquidator } => {
                self.liquidate(account, market, liquidator, look, settings)
            }
            Action::Mature { signer, account } => self.mature(signer, account, look, settings),
            Action::Request { request, leaves, amount, least } => {
                self.request(request, leaves, amount, least, look, settings)
            }
            Action::CancelRequest { signer, request } => self.cancel_request(signer, request, look),
            Action::WriteOff { account } => self.write_off(account, look, settings),
            Action::ExecuteRequest { request } => self.execute_request(request, look, settings),
            Action::Reconcile => self.reconcile(),
            Action::Collect => self.collect(),
            Action::Donate { vault, amount } => self.donate(vault, amount),
            Action::Foreign { .. } => Err(Refused::Somehow),
            Action::Blow { second, families, ms } => self.blow(second, families, ms, look),
            // No instruction breaks the books.
            Action::Trip { account } => {
                account.map(|account| self.existing(account)).transpose()?;
                Err(HoldfastError::BooksSound.into())
            }
        }
    }

    /// An account that has to exist.
    pub fn existing(&self, account: usize) -> Outcome<&Account> {
        self.accounts[account].as_ref().ok_or(Refused::Elsewhere)
    }

    /// An account that has to exist, for changing it.
    pub fn existing_mut(&mut self, account: usize) -> Outcome<&mut Account> {
        self.accounts[account].as_mut().ok_or(Refused::Elsewhere)
    }
}
