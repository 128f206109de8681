//! What may be done in which state: one table, one function.

use crate::chain::health::State;

/// Something a person or a keeper wants to do, by what it results in, never by what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Deposit, add margin.
    AddMargin,
    /// Cancel an order or a pool request.
    Cancel,
    /// Ask to reduce or close a position.
    RequestReduction,
    /// Reduce or close a position.
    Reduce,
    /// Ask to open or increase a position.
    RequestOpening,
    /// Open or increase a position.
    Open,
    /// Withdraw with no position, order or pending profit.
    WithdrawIdle,
    /// Withdraw with any of them.
    WithdrawFree,
    /// Record that an account fails its maintenance margin.
    Flag,
    /// Liquidate.
    Liquidate,
    /// Ask to join or leave a pool.
    RequestPool,
    /// Join or leave a pool.
    ChangePool,
    /// Turn pending profit into collateral.
    MatureProfit,
    /// Change a market's maintenance margin or the program, after its wait: never in a storm.
    ChangeInCalm,
}

impl Action {
    /// Every action. The TypeScript client counts them in this order.
    pub const ALL: [Self; 14] = [
        Self::AddMargin,
        Self::Cancel,
        Self::RequestReduction,
        Self::Reduce,
        Self::RequestOpening,
        Self::Open,
        Self::WithdrawIdle,
        Self::WithdrawFree,
        Self::Flag,
        Self::Liquidate,
        Self::RequestPool,
        Self::ChangePool,
        Self::MatureProfit,
        Self::ChangeInCalm,
    ];
}

/// How far an action is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// As ever.
    Allowed,
    /// With the higher margin and lower caps of a strained chain.
    Stressed,
    /// Through a queue, within the outflow limit.
    Queued,
    /// Only accounts below the deep-insolvency line, after a wait.
    DeeplyInsolvent,
    /// Only accounts below a line that rises over the thaw.
    RisingLine,
    /// Not now.
    Refused,
}

/// Whether `action` is allowed in `state`. Deposits, cancellations and reductions are, in every
/// state.
pub const fn permit(action: Action, state: State) -> Permit {
    use Permit::{Allowed, DeeplyInsolvent, Queued, Refused, RisingLine, Stressed};
    match action {
        Action::AddMargin
        | Action::Cancel
        | Action::RequestReduction
        | Action::Reduce
        | Action::Flag
        | Action::RequestPool => Allowed,
        Action::RequestOpening | Action::Open => match state {
            State::Normal => Allowed,
            State::Strained | State::Throttled => Stressed,
            State::Thaw | State::Shelter => Refused,
        },
        Action::WithdrawIdle => match state {
            State::Normal | State::Strained | State::Throttled => Allowed,
            State::Thaw | State::Shelter => Queued,
        },
        Action::WithdrawFree => match state {
            State::Normal => Allowed,
            State::Strained | State::Throttled | State::Thaw => Stressed,
            State::Shelter => Refused,
        },
        Action::Liquidate => match state {
            State::Normal | State::Strained | State::Throttled => Allowed,
            State::Thaw => RisingLine,
            State::Shelter => DeeplyInsolvent,
        },
        Action::ChangePool => match state {
            State::Normal | State::Strained | State::Throttled => Allowed,
            State::Thaw | State::Shelter => Refused,
        },
        Action::MatureProfit => match state {
            State::Normal | State::Strained => Allowed,
            State::Throttled | State::Thaw | State::Shelter => Refused,
        },
        Action::ChangeInCalm => match state {
            State::Normal => Allowed,
            State::Strained | State::Throttled | State::Thaw | State::Shelter => Refused,
        },
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
