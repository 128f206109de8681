//! The guards in a drill: they look, decide and add margin, and what was not needed is counted.

use holdfast_client::holdfast::state::Market;
use holdfast_client::{Pubkey, standing};
use holdfast_risk::Price;

use super::people::deposit;
use super::running::DrillState;

impl DrillState {
    /// The guards look, decide and add margin; as a keeper's, their transactions land at once.
    pub(super) fn watch_over(&mut self) -> Result<(), String> {
        let venue_now = self.venue.seen_chain().now;
        for place in 0..self.guards.watches.len() {
            let watch = &mut self.guards.watches[place];
            let account = watch.account;
            let Some((amount, line)) = watch.decide(&self.mirror, venue_now) else { continue };
            let needed = self.is_below(&account, line);
            let owner = self.people.owner(&account);
            let owner = owner.ok_or_else(|| format!("nobody owns {account}"))?;
            deposit(&mut self.venue, owner, amount).map_err(|failure| failure.message)?;
            let slot = self.venue.cluster.slot();
            self.guards.watches[place].landed(amount, slot, venue_now);
            self.guards.top_ups += 1;
            self.guards.false_top_ups += u64::from(!needed);
            self.refresh_for(account);
        }
        Ok(())
    }

    /// Whether an account is below a line, percent of its maintenance margin, at prices that are true.
    fn is_below(&self, account: &Pubkey, line: u32) -> bool {
        let Some(state) = self.mirror.accounts.get(account) else { return false };
        let price = |market: &Market| Price(self.truth[usize::from(market.index)]);
        let health = standing::health(state, |index| self.mirror.market(index), price);
        let Ok(Some(health)) = health else { return false };
        let equity = i128::from(health.equity.0) * 100;
        equity < i128::from(health.maintenance.0) * i128::from(line)
    }
}
