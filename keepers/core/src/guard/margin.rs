//! Where an account stands against a line.

use holdfast_client::holdfast::account_health::{Purpose, compute_account_health};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_risk::account::margin::Health;

use crate::VenueSnapshot;

/// Where an account stands, its positions valued in its owner's favour as for a liquidation: what is
/// below a line then is below it at every price that can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margin {
    health: Health,
    /// Whether the prices of all its markets are within their age limits and from after the last
    /// disruption.
    pub current: bool,
}

impl Margin {
    /// Of an account with positions in known markets.
    pub fn of(mirror: &VenueSnapshot, chain: &Chain, account: &MarginAccount) -> Option<Self> {
        if account.open_markets == 0 {
            return None;
        }
        let (balances, purpose) = (account.balances(), Purpose::Liquidation);
        let next = |index| mirror.open_market(index);
        let health =
            compute_account_health(account, &balances, None, chain, purpose, next, |_, _| ());
        let mut markets = account.open_indices().filter_map(|index| mirror.market(index));
        let current =
            markets.all(|market| market.is_known(chain.now, chain.monitor.last_disruption));
        Some(Self { health: health.ok()?, current })
    }

    /// Whether equity is below `percent` of the maintenance margin.
    pub fn is_below(&self, percent: u32) -> bool {
        i128::from(self.health.equity.0) * 100
            < i128::from(self.health.maintenance.0) * i128::from(percent)
    }

    /// What is missing to reach `percent`, native units, rounded up.
    pub fn lacks(&self, percent: u32) -> u64 {
        let asked = (i128::from(self.health.maintenance.0) * i128::from(percent) + 99) / 100;
        let missing = asked - i128::from(self.health.equity.0);
        u64::try_from(missing.max(0)).unwrap_or(u64::MAX)
    }

    /// Maintenance margin that has to go for equity to be `percent` of what is left, native units,
    /// rounded up.
    pub fn exceeds(&self, percent: u32) -> u64 {
        let equity = i128::from(self.health.equity.0.max(0));
        let carried = equity * 100 / i128::from(percent.max(1));
        let excess = i128::from(self.health.maintenance.0) - carried;
        u64::try_from(excess.max(0)).unwrap_or(u64::MAX)
    }

    /// Equity in percent of the maintenance margin, rounded towards zero.
    pub fn percent(&self) -> i64 {
        let equity = i128::from(self.health.equity.0) * 100;
        let percent = equity.checked_div(self.health.maintenance.0.into());
        percent.map_or(i64::MAX, |percent| i64::try_from(percent).unwrap_or(i64::MAX))
    }

    /// The smallest amount worth adding, native units: a hundredth of the maintenance margin.
    pub const fn least(&self) -> u64 {
        self.health.maintenance.0.div_ceil(100)
    }
}
