//! Which error of the program a refusal of the rules is.

use anchor_lang::prelude::*;
use holdfast_risk::account::execution;
use holdfast_risk::account::liquidation;
use holdfast_risk::account::profit;
use holdfast_risk::account::write_off::WriteOffError;
use holdfast_risk::bounds::OutOfBounds;
use holdfast_risk::governance;
use holdfast_risk::market::limits;
use holdfast_risk::market::reading;
use holdfast_risk::units::ImplausibleTime;
use holdfast_risk::{Overflow, pool};

use super::HoldfastError;

impl From<Overflow> for HoldfastError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

impl From<reading::ReadingError> for HoldfastError {
    fn from(refusal: reading::ReadingError) -> Self {
        match refusal {
            reading::ReadingError::NoPrice => Self::NoFeedPrice,
            reading::ReadingError::Stale => Self::StaleFeed,
            reading::ReadingError::Future => Self::FutureFeed,
            reading::ReadingError::Uncertain => Self::UncertainFeed,
            reading::ReadingError::BeforeDisruption => Self::FeedBeforeDisruption,
            reading::ReadingError::NotNewer => Self::FeedNotNewer,
        }
    }
}

impl From<execution::ExecutionError> for HoldfastError {
    fn from(refusal: execution::ExecutionError) -> Self {
        use limits::Exceeded;
        match refusal {
            execution::ExecutionError::Expired => Self::OrderExpired,
            execution::ExecutionError::NotTriggered => Self::OrderNotTriggered,
            execution::ExecutionError::Lapsed => Self::OrderLapsed,
            execution::ExecutionError::BeyondLimit => Self::BeyondLimit,
            execution::ExecutionError::Closed => Self::ChainNotReady,
            execution::ExecutionError::NothingToReduce => Self::NothingToReduce,
            execution::ExecutionError::NoPrice => Self::NoPriceYet,
            execution::ExecutionError::TooSmall => Self::InvalidOrder,
            execution::ExecutionError::Exceeded(Exceeded::OpenInterest) => Self::OpenInterestCap,
            execution::ExecutionError::Exceeded(Exceeded::AccountShare) => Self::AccountShareCap,
            execution::ExecutionError::Exceeded(Exceeded::Utilisation) => Self::UtilisationCap,
            execution::ExecutionError::Exceeded(Exceeded::Overflow)
            | execution::ExecutionError::Overflow => Self::Overflow,
        }
    }
}

impl From<profit::MaturityError> for HoldfastError {
    fn from(refusal: profit::MaturityError) -> Self {
        match refusal {
            profit::MaturityError::Cut => Self::ProfitCut,
            profit::MaturityError::Overflow => Self::Overflow,
        }
    }
}

impl From<WriteOffError> for HoldfastError {
    fn from(refusal: WriteOffError) -> Self {
        match refusal {
            WriteOffError::Coverable => Self::DebtCoverable,
            WriteOffError::Overflow => Self::Overflow,
        }
    }
}

impl From<liquidation::LiquidationError> for HoldfastError {
    fn from(refusal: liquidation::LiquidationError) -> Self {
        match refusal {
            liquidation::LiquidationError::Paced => Self::PaceExhausted,
            liquidation::LiquidationError::Overflow => Self::Overflow,
        }
    }
}

impl From<pool::PoolError> for HoldfastError {
    fn from(refusal: pool::PoolError) -> Self {
        match refusal {
            pool::PoolError::InUse => Self::LiquidityInUse,
            pool::PoolError::BelowMinimum => Self::BelowMinimum,
            pool::PoolError::Nothing => Self::ZeroAmount,
            pool::PoolError::TooSmall => Self::DepositTooSmall,
            pool::PoolError::Undervalued => Self::PoolUndervalued,
            pool::PoolError::Overflow => Self::Overflow,
        }
    }
}

/// Logs the setting, as no error code could: `TermsOutOfBounds: <setting> has to be <rule>`.
impl From<OutOfBounds> for HoldfastError {
    fn from(refusal: OutOfBounds) -> Self {
        msg!("TermsOutOfBounds: {}", refusal);
        Self::TermsOutOfBounds
    }
}

impl HoldfastError {
    /// An order's argument is none, logged as a setting is: `InvalidOrder: <argument> has to be
    /// <rule>`.
    pub fn invalid_order(refusal: OutOfBounds) -> Self {
        msg!("InvalidOrder: {}", refusal);
        Self::InvalidOrder
    }
}

impl From<ImplausibleTime> for HoldfastError {
    fn from(_: ImplausibleTime) -> Self {
        Self::NotMilliseconds
    }
}

impl From<governance::GovernanceError> for HoldfastError {
    fn from(refusal: governance::GovernanceError) -> Self {
        match refusal {
            governance::GovernanceError::Guardians => Self::GuardianSet,
            governance::GovernanceError::Exhausted => Self::BudgetExhausted,
            governance::GovernanceError::Powerless => Self::NotGuardian,
            governance::GovernanceError::OwnRemoval => Self::OwnRemoval,
        }
    }
}

/// Turns a rule's refusal into the program's error.
pub trait OrRefuse<T> {
    /// The value, or the error that names the refusal.
    fn into_program_error(self) -> Result<T>;
}

impl<T, E> OrRefuse<T> for core::result::Result<T, E>
where
    HoldfastError: From<E>,
{
    #[inline]
    fn into_program_error(self) -> Result<T> {
        self.map_err(refused)
    }
}

/// Out of line, so that a rule that does not refuse costs one comparison where it is asked.
#[cold]
#[inline(never)]
fn refused<E>(refusal: E) -> Error
where
    HoldfastError: From<E>,
{
    HoldfastError::from(refusal).into()
}
