//! One thing that a guard does about an account, and the instructions that do it.

use holdfast_client::holdfast::instructions::OrderRequest;
use holdfast_client::{Instruction, Pubkey, instruction};

use crate::VenueSnapshot;

/// One thing to do about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardStep {
    /// Add margin.
    TopUp {
        /// How much, native units.
        amount: u64,
    },
    /// Ask to reduce a position.
    Reduce {
        /// The market's index.
        market: u8,
        /// The order.
        order: OrderRequest,
    },
    /// Place a stop, or one in place of another that the price has left behind.
    MoveStop {
        /// The market's index.
        market: u8,
        /// The new stop.
        order: OrderRequest,
        /// The number of the one that it replaces.
        replaces: Option<u64>,
    },
}

impl GuardStep {
    /// The market it is about, if it is about one.
    pub const fn market(&self) -> Option<u8> {
        match self {
            Self::TopUp { .. } => None,
            Self::Reduce { market, .. } | Self::MoveStop { market, .. } => Some(*market),
        }
    }

    /// The instructions of one transaction: all of them take effect or none does. Deposits come out of
    /// the token account `source`. `None` when the mirror does not hold the market.
    pub fn instructions(
        &self,
        account: Pubkey,
        mirror: &VenueSnapshot,
        source: Pubkey,
        signer: Pubkey,
    ) -> Option<Vec<Instruction>> {
        // What only reduces reads no other market.
        let place = |market, order| instruction::place_order(signer, account, market, order, &[]);
        Some(match *self {
            Self::TopUp { amount } => {
                vec![instruction::deposit(signer, source, mirror.silo_address, account, amount)]
            }
            Self::Reduce { market, order } => vec![place(mirror.market_address(market)?, order)],
            Self::MoveStop { market, order, replaces } => {
                let market = mirror.market_address(market)?;
                let cancel = |number| instruction::cancel_order(signer, account, market, number);
                replaces.map(cancel).into_iter().chain([place(market, order)]).collect()
            }
        })
    }
}
