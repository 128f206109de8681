//! How long a chain that does not move is waited for.

use tokio::time::Instant;

use crate::limits::PATIENCE;

/// Waiting for new blocks.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    height: u64,
    since: Instant,
}

impl Patience {
    /// Waits from `now` on.
    pub const fn new(now: Instant) -> Self {
        Self { height: 0, since: now }
    }

    /// The highest block height seen.
    pub const fn height(&self) -> u64 {
        self.height
    }

    /// A block height was seen.
    pub const fn saw(&mut self, height: u64, now: Instant) {
        if height > self.height {
            (self.height, self.since) = (height, now);
        }
    }

    /// Whether there was a new block lately.
    pub fn lasts(&self, now: Instant) -> bool {
        now.duration_since(self.since) < PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_when_no_block_comes() {
        let start = Instant::now();
        let mut patience = Patience::new(start);
        let after = |share: u32| start + PATIENCE * share / 4;
        patience.saw(10, after(3));
        assert!(patience.lasts(after(6)));
        patience.saw(10, after(6));
        assert!(!patience.lasts(after(7)));
        patience.saw(11, after(8));
        assert!(patience.lasts(after(9)));
    }
}
