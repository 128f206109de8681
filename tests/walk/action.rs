//! What can happen in one step of the walk.

use holdfast_client::holdfast::instructions::OrderRequest;
use holdfast_testkit::feed::Published;

use crate::model::owns;

/// One instruction; people, accounts, markets and requests by their index in the cast.
#[derive(Clone, Debug)]
pub enum Action {
    /// A provider publishes and someone refreshes.
    Refresh { market: usize, feed: usize, published: Published, verified: bool },
    /// Someone keeps a sample of the chain.
    Observe { with_markets: bool },
    /// An owner opens an account.
    Open { account: usize },
    /// Someone closes an account.
    Close { signer: usize, account: usize },
    /// Someone adds margin.
    Deposit { person: usize, account: usize, amount: u64 },
    /// Someone withdraws to their own wallet.
    Withdraw { signer: usize, account: usize, amount: u64 },
    /// Someone puts an idle account's collateral on its way out, to their own wallet.
    RequestExit { signer: usize, account: usize, amount: u64 },
    /// Someone pays an exit that waits.
    PayExit { account: usize },
    /// Someone takes an exit back.
    CancelExit { signer: usize, account: usize },
    /// Someone places an order.
    Place { signer: usize, account: usize, market: usize, request: OrderRequest },
    /// Someone sets an order's trigger off.
    Trigger { account: usize, number: u64, market: usize },
    /// Someone cancels an order.
    Cancel { signer: usize, account: usize, number: u64, market: usize },
    /// Someone executes an order for an account that gets the fee.
    Execute { account: usize, number: u64, market: usize, executor: usize },
    /// Someone flags.
    Flag { account: usize },
    /// Someone liquidates for an account that gets the reward.
    Liquidate { account: usize, market: usize, liquidator: usize },
    /// Someone matures an account's profit.
    Mature { signer: usize, account: usize },
    /// Someone writes off what an account cannot pay.
    WriteOff { account: usize },
    /// A provider asks to join or leave their pool.
    Request { request: usize, leaves: bool, amount: u64, least: u64 },
    /// Someone takes a request back.
    CancelRequest { signer: usize, request: usize },
    /// Someone executes a request.
    ExecuteRequest { request: usize },
    /// Someone reconciles the vaults.
    Reconcile,
    /// Someone collects the fees.
    Collect,
    /// The donor sends tokens to a vault.
    Donate { vault: usize, amount: u64 },
    /// Another action with one account swapped for the second silo's.
    Foreign { action: Box<Action>, swap: usize },
    /// Two guardians, the first and this one, blow fuses.
    Blow { second: usize, families: u8, ms: u64 },
    /// Somebody says that the books are broken, of an account or of all.
    Trip { account: Option<usize> },
}

/// An action without its particulars, for weights and tallies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Refresh,
    Observe,
    Open,
    Close,
    Deposit,
    Withdraw,
    RequestExit,
    PayExit,
    CancelExit,
    Place,
    Trigger,
    Cancel,
    Execute,
    Flag,
    Liquidate,
    Mature,
    WriteOff,
    Request,
    CancelRequest,
    ExecuteRequest,
    Reconcile,
    Collect,
    Donate,
    Foreign,
    Blow,
    Trip,
}

impl Action {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refresh { .. } => Kind::Refresh,
            Self::Observe { .. } => Kind::Observe,
            Self::Open { .. } => Kind::Open,
            Self::Close { .. } => Kind::Close,
            Self::Deposit { .. } => Kind::Deposit,
            Self::Withdraw { .. } => Kind::Withdraw,
            Self::RequestExit { .. } => Kind::RequestExit,
            Self::PayExit { .. } => Kind::PayExit,
            Self::CancelExit { .. } => Kind::CancelExit,
            Self::Place { .. } => Kind::Place,
            Self::Trigger { .. } => Kind::Trigger,
            Self::Cancel { .. } => Kind::Cancel,
            Self::Execute { .. } => Kind::Execute,
            Self::Flag { .. } => Kind::Flag,
            Self::Liquidate { .. } => Kind::Liquidate,
            Self::Mature { .. } => Kind::Mature,
            Self::WriteOff { .. } => Kind::WriteOff,
            Self::Request { .. } => Kind::Request,
            Self::CancelRequest { .. } => Kind::CancelRequest,
            Self::ExecuteRequest { .. } => Kind::ExecuteRequest,
            Self::Reconcile => Kind::Reconcile,
            Self::Collect => Kind::Collect,
            Self::Donate { .. } => Kind::Donate,
            Self::Foreign { .. } => Kind::Foreign,
            Self::Blow { .. } => Kind::Blow,
            Self::Trip { .. } => Kind::Trip,
        }
    }

    /// The account that this may leave less safe: its owner asked for it, or placed the order, or
    /// took a cut.
    pub fn exposed_account(&self) -> Option<usize> {
        match *self {
            Self::Close { account, .. }
            | Self::Withdraw { account, .. }
            | Self::Place { account, .. }
            | Self::Execute { account, .. } => Some(account),
            Self::Mature { signer, account } if owns(signer, account) => Some(account),
            _ => None,
        }
    }
}
