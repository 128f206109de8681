//! Time passes for a node.

use std::borrow::BorrowMut;

use super::{Condition, FINALIZED_AFTER, Node, VIEWS};
use crate::chain::BLOCKHASH_LIFE;
use crate::{Cluster, Pace};

impl<C: BorrowMut<Cluster>> Node<C> {
    /// From now on the chain goes like this, for `ms` if they are given, then well again. A halt that
    /// ends does so with its first block.
    pub fn begin(&mut self, condition: Condition, ms: Option<u64>) {
        let before = std::mem::replace(&mut self.state.condition, condition);
        self.state.until_ms = ms.map(|ms| self.present().now_ms() + ms);
        if before == Condition::Stalled && condition != Condition::Stalled {
            self.pass(0, self.present().chain().healthy());
        }
        self.land_pending();
    }

    /// Lets `ms` pass as the chain goes, and says how many blocks were made.
    pub fn run(&mut self, ms: u64) -> u64 {
        let (end, height) = (self.present().now_ms() + ms, self.present().chain().height());
        loop {
            if self.state.until_ms.is_some_and(|until| until <= self.present().now_ms()) {
                self.begin(Condition::Well, None);
            }
            let now = self.present().now_ms();
            if now >= end {
                return self.present().chain().height() - height;
            }
            self.run_to(end.min(self.state.until_ms.unwrap_or(end)));
        }
    }

    /// Lets time pass at most up to `stop`: all of it where nothing can happen, or one slot.
    fn run_to(&mut self, stop: u64) {
        let chain = self.present().chain();
        let (left, healthy) = (stop - chain.now_ms(), chain.healthy());
        let pace = match self.state.condition {
            Condition::Stalled => return self.cluster.borrow_mut().stall(left),
            Condition::Runs(pace) => pace,
            Condition::Well | Condition::VotesOnly => healthy,
        };
        // Blocks that nobody will ask for are made at once.
        let producing = 100 - pace.failing_percent.min(99);
        let kept = VIEWS as u64 * 200 / producing * pace.slot_ms;
        if self.state.pending.is_empty() && left > 2 * kept {
            self.cluster.borrow_mut().run(left - kept, pace);
            self.state.views.clear();
            return;
        }
        let due = chain.next().made_ms.saturating_sub(chain.now_ms());
        self.pass(due.clamp(1, left), pace);
    }

    /// Lets `ms` pass in which at most one block is made.
    fn pass(&mut self, ms: u64, pace: Pace) {
        let before = self.present().clone();
        if self.cluster.borrow_mut().run(ms, pace) > 0 {
            self.state.views.push_back(before);
            let excess = self.state.views.len().saturating_sub(VIEWS);
            self.state.views.drain(..excess);
            self.land_pending();
        }
    }

    /// Takes note of time that was passed on [`Node::cluster`] itself.
    pub fn tick(&mut self) {
        self.land_pending();
    }

    /// Lets enough blocks go by, at the cluster's own pace, for every blockhash known now to expire.
    pub fn expire_blockhashes(&mut self) {
        self.begin(Condition::Well, None);
        let slot_ms = self.present().chain().healthy().slot_ms;
        self.run((BLOCKHASH_LIFE + 2) * slot_ms);
    }

    /// Abandons the last blocks: what landed in them did not, their slots are skipped, and time goes
    /// on. Says how many were: at most 30, so that no block is that votes have finalized.
    pub fn fork(&mut self, blocks: usize) -> usize {
        let abandoned = blocks.min(self.state.views.len()).min(FINALIZED_AFTER - 1);
        let Some(index) = self.state.views.len().checked_sub(abandoned).filter(|_| abandoned > 0)
        else {
            return 0;
        };
        let earlier = self.state.views[index].clone();
        self.state.views.truncate(index);
        self.cluster.borrow_mut().fork_from(&earlier);
        self.forget_after(earlier.slot());
        abandoned
    }

    /// Restarts the cluster from the present slot, as after a hard fork, if it is stalled it goes on.
    pub fn restart(&mut self) {
        self.cluster.borrow_mut().restart();
        self.begin(Condition::Well, None);
    }
}
