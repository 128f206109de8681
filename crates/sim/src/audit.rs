//! Summing everything up: what a venue's books say against what its accounts and vaults hold.

use holdfast_client::holdfast::state::{MarginAccount, Silo};
use holdfast_client::{Pubkey, address};
use serde::Serialize;

use crate::{Venue, tokens};

/// Differences; all zero in a sound venue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Tokens in both vaults less what the accounts, pools, fees and requests own.
    pub vaults: i128,
    /// The ledger's collateral less what accounts hold.
    pub collateral: i128,
    /// The ledger's pending profit less what accounts claim.
    pub pending_profit: i128,
    /// The ledger's debt less what accounts owe.
    pub debt: i128,
    /// Open interest of all markets, both sides, less the accounts' positions.
    pub open_interest: i128,
    /// Entry value of all open positions less the accounts'.
    pub entry: i128,
}

impl Audit {
    /// All differences in money but the vaults', regardless of their signs.
    pub fn books(&self) -> i128 {
        self.collateral.abs() + self.pending_profit.abs() + self.debt.abs() + self.entry.abs()
    }

    /// Sums up every account given, which must be all of the silo's.
    pub fn of(venue: &Venue, accounts: &[Pubkey]) -> Self {
        let silo = venue.silo_state();
        let states: Vec<_> = accounts.iter().map(|address| venue.account(address)).collect();
        let sum = |of: fn(&MarginAccount) -> u64| -> i128 {
            states.iter().map(|state| i128::from(of(state))).sum()
        };
        let held = sum(|state| state.collateral + state.reserved_fees + state.exit_amount);
        let positions = || states.iter().flat_map(|state| state.positions);
        let open: i128 = positions().map(|held| i128::from(held.size.unsigned_abs())).sum();
        let entry: i128 = positions().map(|held| i128::from(held.entry)).sum();
        let markets = (0..venue.markets.len()).map(|index| venue.market(index));
        let listed: i128 = markets
            .map(|market| i128::from(market.longs.size) + i128::from(market.shorts.size))
            .sum();
        let ledger = &silo.ledger;
        Self {
            vaults: in_vaults(venue) - held - owned_by_others(&silo),
            collateral: i128::from(ledger.collateral) - held,
            pending_profit: i128::from(ledger.pending_profit) - sum(|state| state.pending_profit),
            debt: i128::from(ledger.debt) - sum(|state| state.debt),
            open_interest: listed - open,
            entry: i128::from(silo.open_notional) - entry,
        }
    }
}

fn in_vaults(venue: &Venue) -> i128 {
    [address::liquidity_vault(&venue.silo), address::insurance_vault(&venue.silo)]
        .iter()
        .map(|vault| i128::from(tokens::balance(&venue.cluster, vault)))
        .sum()
}

fn owned_by_others(silo: &Silo) -> i128 {
    let ledger = &silo.ledger;
    [ledger.liquidity, ledger.insurance, ledger.protocol, ledger.queued]
        .iter()
        .map(|amount| i128::from(*amount))
        .sum()
}
