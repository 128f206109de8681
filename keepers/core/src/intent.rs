//! What a keeper wants to happen, and the instruction that does it.

use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_risk::pool::PoolKind;

use crate::VenueSnapshot;
use crate::decide::guardian::STRAINED;
use crate::guard::GuardStep;
use crate::posting::{DraftStep, FeedId};

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Close a flagged account's position in a market.
    Liquidate {
        /// The account.
        account: Pubkey,
        /// The market's index.
        market: u8,
    },
    /// Flag an account that fails its maintenance margin.
    Flag {
        /// The account.
        account: Pubkey,
    },
    /// Execute a waiting order.
    ExecuteOrder {
        /// The account.
        account: Pubkey,
        /// The market's index.
        market: u8,
        /// The order's number.
        number: u64,
    },
    /// Set a waiting order's trigger off.
    TriggerOrder {
        /// The account.
        account: Pubkey,
        /// The market's index.
        market: u8,
        /// The order's number.
        number: u64,
    },
    /// Remove an order that has expired or lapsed.
    RemoveOrder {
        /// The account.
        account: Pubkey,
        /// The market's index.
        market: u8,
        /// The order's number.
        number: u64,
    },
    /// Turn pending profit into collateral, all of it.
    MatureProfit {
        /// The account.
        account: Pubkey,
    },
    /// Pay an exit that waits.
    PayExit {
        /// The account.
        account: Pubkey,
    },
    /// Return a pool request that nobody executed in time.
    ReturnPool {
        /// The request.
        request: Pubkey,
    },
    /// Book what an account owes and cannot pay.
    WriteOffDebt {
        /// The account.
        account: Pubkey,
    },
    /// Execute a pool request.
    ExecutePool {
        /// The request.
        request: Pubkey,
    },
    /// Bring the vaults in line with the ledger.
    Reconcile,
    /// Read a market's feeds.
    RefreshMarket {
        /// The market's index.
        market: u8,
    },
    /// Bring a price of a market's feed on chain.
    BringPrice {
        /// The feed.
        feed: FeedId,
        /// The market's index.
        market: u8,
        /// How far it is.
        step: DraftStep,
    },
    /// Give notice that a market without a price will be settled.
    AnnounceSettlement {
        /// The market's index.
        market: u8,
    },
    /// Settle a market whose notice is over.
    SettleMarket {
        /// The market's index.
        market: u8,
    },
    /// Close an account's position in a settled market.
    SettlePosition {
        /// The account.
        account: Pubkey,
        /// The market's index.
        market: u8,
    },
    /// Bring the venue evidence of how the chain is doing.
    Observe,
    /// Strain the venue for a while, on a guardian's word.
    Tighten {
        /// The guardian.
        guardian: Pubkey,
    },
    /// Take a change back that nobody announced, on a guardian's word.
    CancelChange {
        /// Its number.
        number: u64,
        /// Who proposed it.
        proposer: Pubkey,
        /// The guardian.
        guardian: Pubkey,
    },
    /// Look after an account for its owner.
    Guard {
        /// The account.
        account: Pubkey,
        /// What to do about it.
        step: GuardStep,
    },
}

impl Intent {
    /// The account it is about, if it is about one.
    pub const fn account(&self) -> Option<Pubkey> {
        match self {
            Self::Liquidate { account, .. }
            | Self::Flag { account }
            | Self::ExecuteOrder { account, .. }
            | Self::TriggerOrder { account, .. }
            | Self::RemoveOrder { account, .. }
            | Self::MatureProfit { account }
            | Self::PayExit { account }
            | Self::WriteOffDebt { account }
            | Self::SettlePosition { account, .. }
            | Self::Guard { account, .. } => Some(*account),
            Self::ExecutePool { .. }
            | Self::ReturnPool { .. }
            | Self::Reconcile
            | Self::RefreshMarket { .. }
            | Self::BringPrice { .. }
            | Self::AnnounceSettlement { .. }
            | Self::SettleMarket { .. }
            | Self::Observe
            | Self::Tighten { .. }
            | Self::CancelChange { .. } => None,
        }
    }

    /// The account on whose state it depends most.
    pub fn subject(&self, mirror: &VenueSnapshot) -> Option<Pubkey> {
        match *self {
            Self::ExecutePool { request } | Self::ReturnPool { request } => Some(request),
            Self::RefreshMarket { market }
            | Self::BringPrice { market, .. }
            | Self::AnnounceSettlement { market }
            | Self::SettleMarket { market } => mirror.market_address(market),
            Self::Reconcile => Some(mirror.silo_address),
            Self::Observe | Self::Tighten { .. } => Some(address::chain_health()),
            Self::CancelChange { number, .. } => Some(address::change(number)),
            Self::Liquidate { .. }
            | Self::Flag { .. }
            | Self::ExecuteOrder { .. }
            | Self::TriggerOrder { .. }
            | Self::RemoveOrder { .. }
            | Self::MatureProfit { .. }
            | Self::PayExit { .. }
            | Self::WriteOffDebt { .. }
            | Self::SettlePosition { .. }
            | Self::Guard { .. } => self.account(),
        }
    }

    /// Whether it does something again when it lands again.
    pub const fn counts_each_time(&self) -> bool {
        matches!(self, Self::Tighten { .. } | Self::Guard { .. })
    }

    /// Whether it is signed no more than once: where it has not landed it is decided anew, at the prices
    /// of then.
    pub const fn is_signed_once(&self) -> bool {
        matches!(self, Self::Guard { .. })
    }

    /// The account that is no more once it has landed.
    pub fn closes(&self) -> Option<Pubkey> {
        match *self {
            Self::ExecutePool { request } | Self::ReturnPool { request } => Some(request),
            Self::CancelChange { number, .. } => Some(address::change(number)),
            _ => None,
        }
    }

    /// The instruction, paid into the margin account `keeper` and signed by `signer` where a
    /// signature is needed. `None` when the mirror does not hold the account or its market, for a price,
    /// whose instructions are [`Poster`](crate::posting::Poster)'s, and for what a guard does, which has
    /// [instructions](GuardStep::instructions) of its own.
    pub fn instruction(
        &self,
        mirror: &VenueSnapshot,
        keeper: Pubkey,
        signer: Pubkey,
    ) -> Option<Instruction> {
        let silo = mirror.silo_address;
        let markets_of = |account: &Pubkey, except: Option<u8>| {
            mirror.accounts.get(account).map(|state| mirror.markets_of(state, except))
        };
        Some(match *self {
            Self::Liquidate { account, market } => {
                let others = markets_of(&account, Some(market))?;
                let market = mirror.market_address(market)?;
                instruction::liquidate(silo, market, account, keeper, &others)
            }
            Self::Flag { account } => instruction::flag(account, &markets_of(&account, None)?),
            Self::ExecuteOrder { account, market, number } => {
                let others = markets_of(&account, Some(market))?;
                let market = mirror.market_address(market)?;
                instruction::execute_order(silo, market, account, keeper, number, &others)
            }
            Self::TriggerOrder { account, market, number } => {
                instruction::trigger_order(account, mirror.market_address(market)?, number)
            }
            Self::RemoveOrder { account, market, number } => {
                instruction::cancel_order(signer, account, mirror.market_address(market)?, number)
            }
            Self::MatureProfit { account } => instruction::mature_profit(signer, silo, account),
            Self::PayExit { account } => {
                instruction::pay_exit(silo, account, mirror.accounts.get(&account)?.exit_to)
            }
            Self::WriteOffDebt { account } => {
                instruction::write_off_debt(silo, account, &markets_of(&account, None)?)
            }
            Self::ReturnPool { request } => return_pool(mirror, request, signer)?,
            Self::ExecutePool { request } => execute_pool(mirror, request)?,
            Self::Reconcile => instruction::reconcile_vaults(silo),
            Self::AnnounceSettlement { market } => {
                instruction::announce_settlement(mirror.market_address(market)?)
            }
            Self::SettleMarket { market } => {
                instruction::settle_market(mirror.market_address(market)?)
            }
            Self::SettlePosition { account, market } => {
                instruction::settle_position(silo, mirror.market_address(market)?, account)
            }
            Self::RefreshMarket { market } => {
                let state = mirror.market(market)?;
                let feeds: Vec<_> = mirror.feeds_of(state).map(|(address, _)| *address).collect();
                instruction::refresh_market(silo, mirror.market_address(market)?, &feeds)
            }
            Self::BringPrice { .. } | Self::Guard { .. } => return None,
            Self::Observe => instruction::observe(&mirror.market_addresses()),
            Self::Tighten { guardian } => instruction::tighten(guardian, false, STRAINED.0),
            Self::CancelChange { number, proposer, guardian } => {
                instruction::cancel_change(guardian, number, proposer)
            }
        })
    }
}

fn return_pool(mirror: &VenueSnapshot, address: Pubkey, signer: Pubkey) -> Option<Instruction> {
    let request = mirror.requests.get(&address)?;
    let insurance = request.kind() == PoolKind::Insurance;
    let (silo, owner, to) = (mirror.silo_address, request.owner, request.refund);
    Some(instruction::return_pool_request(signer, owner, silo, address, to, insurance))
}

fn execute_pool(mirror: &VenueSnapshot, address: Pubkey) -> Option<Instruction> {
    let request = mirror.requests.get(&address)?;
    let insurance = request.kind() == PoolKind::Insurance;
    let markets = if insurance { Vec::new() } else { mirror.market_addresses() };
    let (silo, owner, to) = (mirror.silo_address, request.owner, request.destination);
    Some(instruction::execute_pool_request(owner, silo, address, to, insurance, &markets))
}
