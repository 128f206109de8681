//! Whose turn it is among several keepers, and which of them are at work, as far as one can tell
//! from what gets done.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use solana_sha256_hasher::hashv;

/// How long each further keeper waits before it does what another was to do.
pub const BACKUP_DELAY: Millis = Millis(2_000);
/// How long the order of keepers stays the same, and who is absent is not waited for.
const WINDOW: Millis = Millis(60_000);

/// The keepers as one of them sees them.
pub struct LeaderRotation {
    me: Pubkey,
    keepers: Vec<Pubkey>,
    /// Keepers that are not waited for, and until when.
    absent: BTreeMap<Pubkey, Millis>,
    /// When a keeper last did what was its to do.
    seen: BTreeMap<Pubkey, Millis>,
}

impl LeaderRotation {
    /// One among `keepers`; alone where there are none others.
    pub fn new(me: Pubkey, keepers: &[Pubkey]) -> Self {
        let (absent, seen) = (BTreeMap::new(), BTreeMap::new());
        Self { me, keepers: keepers.to_vec(), absent, seen }
    }

    /// The keepers that act on a market before this one, in their order: the same on every keeper,
    /// and another in every window.
    pub fn ahead(&self, market: u8, venue_now: Millis) -> Vec<Pubkey> {
        let window = (venue_now.0 / WINDOW.0).to_le_bytes();
        let lot = |keeper: &Pubkey| hashv(&[&window, &[market], keeper.as_ref()]).to_bytes();
        let own = lot(&self.me);
        let others = self.keepers.iter().filter(|keeper| **keeper != self.me && lot(keeper) < own);
        let mut ahead: Vec<_> = others.copied().collect();
        ahead.sort_by_cached_key(lot);
        ahead
    }

    /// How long this keeper waits for those ahead, so long for each.
    pub fn wait(&self, ahead: &[Pubkey], each: Millis, now: Millis) -> Millis {
        Millis(each.0.saturating_mul(self.present(ahead, now).count() as u64))
    }

    /// Nobody ahead did what has been to do since `since`: who did nothing else either is absent.
    pub fn passed(&mut self, ahead: &[Pubkey], since: Millis, now: Millis) {
        let idle = |keeper: &&Pubkey| self.seen.get(keeper).is_none_or(|seen| *seen <= since);
        let idle: Vec<_> = ahead.iter().filter(idle).copied().collect();
        self.absent.extend(idle.into_iter().map(|keeper| (keeper, now.after(WINDOW))));
    }

    /// Somebody else did what has been to do since `since`: whoever's turn it was, or, where nobody
    /// was waited for, `each` so long, one of those who were not.
    pub fn done(&mut self, ahead: &[Pubkey], each: Millis, since: Millis, now: Millis) {
        let turns = now.since(since).0.checked_div(each.0).unwrap_or_default();
        let turns = usize::try_from(turns).unwrap_or(usize::MAX);
        let present: Vec<_> = self.present(ahead, now).copied().collect();
        let by = match present.get(turns.min(present.len().saturating_sub(1))) {
            Some(keeper) => std::slice::from_ref(keeper),
            None => ahead,
        };
        for keeper in by {
            self.absent.remove(keeper);
            self.seen.insert(*keeper, now);
        }
    }

    fn present<'a>(&self, ahead: &'a [Pubkey], now: Millis) -> impl Iterator<Item = &'a Pubkey> {
        ahead.iter().filter(move |keeper| self.absent.get(keeper).is_none_or(|until| *until <= now))
    }
}

#[cfg(test)]
#[path = "leader_rotation_tests.rs"]
mod tests;
