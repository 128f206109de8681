//! A price on its way, and how far it is.

use std::sync::Arc;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;

use super::{DraftStep, Offer};
use crate::tx_sender::Outcome;

/// A price on its way.
pub struct Draft {
    pub offer: Arc<Offer>,
    /// Index of the market that needs it most.
    pub market: u8,
    /// The account that what was signed is written to; none where one transaction does it all.
    pub account: Option<Pubkey>,
    /// The slot in which that account was open; zero while it is not known to be.
    pub opened: u64,
    /// Whether the opening transaction is still under way.
    opening: bool,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Being opened.
    Opening,
    /// To be posted.
    Opened,
    /// Being posted.
    Posting,
    /// Posted, when.
    Posted(Millis),
    /// To be closed.
    Failed,
    /// Being closed.
    Closing,
}

/// What the end of a step makes of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It goes on.
    GoesOn,
    /// Its price was stored.
    Posted,
    /// It did not work; the draft is closed next.
    Failed,
    /// Its account is closed, as far as a transaction shows it.
    Closed,
    /// Its account could not be closed: there may be none.
    Gone,
}

impl Draft {
    /// One whose first transaction was sent: it opens its account, or does it all where it needs none.
    pub fn new(offer: Arc<Offer>, market: u8, account: Option<Pubkey>) -> Self {
        let opening = account.is_some();
        let stage = if opening { Stage::Opening } else { Stage::Posting };
        Self { offer, market, account, opened: 0, opening, stage }
    }

    /// The next step; `None` while something is under way.
    pub fn next(&self) -> Option<DraftStep> {
        match self.stage {
            Stage::Opened => Some(DraftStep::Post),
            Stage::Failed => Some(DraftStep::Close),
            _ => None,
        }
    }

    /// Whether its account is not known to be open yet.
    pub fn is_opening(&self) -> bool {
        self.stage == Stage::Opening
    }

    /// When its price was stored, if it was.
    pub fn posted(&self) -> Option<Millis> {
        match self.stage {
            Stage::Posted(at) => Some(at),
            _ => None,
        }
    }

    /// Posting or closing it has begun.
    pub fn begun(&mut self, step: DraftStep) {
        self.stage = if step == DraftStep::Close { Stage::Closing } else { Stage::Posting };
    }

    /// An endpoint shows its account open in a slot, before the opening transaction is confirmed.
    pub fn shown(&mut self, slot: u64) {
        if self.stage == Stage::Opening {
            (self.opened, self.stage) = (slot, Stage::Opened);
        }
    }

    /// A step has ended.
    pub fn ended(&mut self, step: DraftStep, outcome: &Outcome, now: Millis) -> Turn {
        match (step, outcome) {
            (DraftStep::Open, Outcome::Landed { slot }) => {
                self.opening = false;
                self.shown(*slot);
                Turn::GoesOn
            }
            (DraftStep::Open, _) => {
                self.opening = false;
                // Where it is open already, it does not matter what became of the opening.
                if self.stage == Stage::Opening { self.fails() } else { Turn::GoesOn }
            }
            (DraftStep::Post, Outcome::Landed { .. }) => {
                self.stage = Stage::Posted(now);
                Turn::Posted
            }
            (DraftStep::Post, _) if self.opening => {
                // Only one endpoint has shown it: its opening is waited for.
                self.stage = Stage::Opening;
                Turn::GoesOn
            }
            (DraftStep::Post, _) => self.fails(),
            (DraftStep::Close, Outcome::Expired) => {
                self.stage = Stage::Failed;
                Turn::GoesOn
            }
            (DraftStep::Close, Outcome::Landed { .. }) => Turn::Closed,
            (DraftStep::Close, _) => Turn::Gone,
        }
    }

    fn fails(&mut self) -> Turn {
        self.stage = Stage::Failed;
        Turn::Failed
    }
}
