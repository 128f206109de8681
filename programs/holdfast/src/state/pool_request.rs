use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::Monitor;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::request::{self, Stage, is_closed};

use super::ChainHealth;
use crate::clock::Chain;

/// A request to join or leave a pool, priced after it was made.
/// Address: `["request", silo, owner, number as u16 LE]`.
///
/// Holds: closed when it is executed, taken back or returned, and changed only where what it received
/// cannot be delivered: see [`PoolRequest::hold`].
#[account(zero_copy)]
pub struct PoolRequest {
    /// Layout version, for readers off chain: the program writes it and does not look at it.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// The owner's number for it.
    pub number: u16,
    /// 0 liquidity, 1 insurance.
    pub pool: u8,
    /// 0 joins, 1 leaves.
    pub leaves: u8,
    /// Explicit padding.
    pub padding: [u8; 2],
    /// The silo.
    pub silo: Pubkey,
    /// Who asked, and gets the rent back.
    pub owner: Pubkey,
    /// Where shares or tokens go.
    pub destination: Pubkey,
    /// Deposited native units, or shares given up.
    pub amount: u64,
    /// The owner accepts no less: shares when joining, native units when leaving.
    pub least: u64,
    /// What given-up insurance shares were worth at the request, native units.
    pub worth_at_request: u64,
    /// Asked at, milliseconds.
    pub requested_ms: u64,
    /// The first moment whose prices may price it, milliseconds: fixed when it was made. Zero once it was
    /// executed and holds what it received.
    pub due_ms: u64,
    /// Where deposit or shares return when nobody executed it in time, or what it received.
    pub refund: Pubkey,
    /// The slot it was made in.
    pub slot: u64,
    /// Room for later.
    pub reserved: [u8; 56],
}

const _: () = assert!(size_of::<PoolRequest>() == 8 + 96 + 40 + 32 + 8 + 56);

/// Stands for the time at which a request is due that was executed.
const EXECUTED: u64 = 0;

impl PoolRequest {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"request";

    /// The pool asked.
    pub fn kind(&self) -> PoolKind {
        if self.pool == 0 { PoolKind::Liquidity } else { PoolKind::Insurance }
    }

    /// The first moment whose prices may price the request.
    pub fn due(&self) -> Millis {
        Millis(self.due_ms)
    }

    /// When its window opens: only prices published from then on price it.
    pub fn opens(&self, chain: &Chain, health: &ChainHealth) -> Millis {
        let closed = health.closure().guard(&Monitor::from(&health.monitor), &chain.monitor);
        let closures = request::closures(closed, &health.fuse.times(), chain.monitor.lead);
        request::opens(self.due(), &closures)
    }

    /// Keeps what it `received` when it was executed, until somebody returns it to the destination: shares
    /// as those of a request to leave, tokens as the deposit of one to join.
    pub fn hold(&mut self, received: u64) {
        self.leaves = u8::from(self.leaves == 0);
        self.amount = received;
        self.refund = self.destination;
        self.due_ms = EXECUTED;
    }

    /// Where it stands. One that was executed has nothing to wait for.
    pub fn stage(&self, chain: &Chain, health: &ChainHealth) -> Stage {
        if self.due_ms == EXECUTED {
            return Stage::Lapsed;
        }
        let closed = health.closure().guard(&Monitor::from(&health.monitor), &chain.monitor);
        let since = is_closed(chain.monitor.state).then_some(closed.from);
        request::stage(self.opens(chain, health), chain.now, since)
    }
}
