//! Summing everything up: what a venue's books say against what its accounts and vaults hold.

use holdfast_client::audit::{Check, Invariant, SiloAccounts, Tokens, reconcile};
use holdfast_client::decode::decode;
use holdfast_client::holdfast::state::PoolRequest;
use holdfast_client::{Pubkey, address, holdfast};
use serde::Serialize;

use crate::{Venue, tokens};

/// Differences; all zero in a sound venue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Tokens in both vaults less what the ledger counts on.
    pub vaults: i128,
    /// The accounts' collateral less the ledger's.
    pub collateral: i128,
    /// The profit that accounts claim less the ledger's.
    pub pending_profit: i128,
    /// What accounts owe less the ledger's debt.
    pub debt: i128,
    /// Open interest of each market and side against the accounts' positions.
    pub open_interest: i128,
    /// Entry value of the open positions, in sum and of each market and side, against the accounts'.
    pub entry: i128,
    /// Everything else: the ledger's parts, fees set aside, requests, shares, carry.
    pub rest: i128,
}

impl Audit {
    /// All differences in money but the vaults', regardless of their signs.
    pub fn books(&self) -> i128 {
        self.collateral.abs() + self.pending_profit.abs() + self.debt.abs() + self.entry.abs()
    }

    /// Sums up every account given, which must be all of the silo's, and all pool requests.
    pub fn new(venue: &Venue, accounts: &[Pubkey]) -> Self {
        let walk = SiloAccounts {
            silo: venue.silo_state(),
            markets: (0..venue.markets.len()).map(|index| venue.market(index)).collect(),
            accounts: accounts.iter().map(|address| venue.account(address)).collect(),
            requests: requests(venue),
            tokens: held(venue),
        };
        let mut audit = Self::default();
        for line in reconcile(&walk) {
            audit.add(&line);
        }
        audit
    }

    fn add(&mut self, line: &Check) {
        let difference = line.difference();
        match line.sum {
            Invariant::LiquidityVault | Invariant::InsuranceVault => self.vaults += difference,
            Invariant::Collateral => self.collateral += difference,
            Invariant::PendingProfit => self.pending_profit += difference,
            Invariant::Debt => self.debt += difference,
            Invariant::OpenInterest(..) => self.open_interest += difference.abs(),
            Invariant::OpenNotional | Invariant::Entry(..) => self.entry += difference.abs(),
            _ => self.rest += difference.abs(),
        }
    }
}

fn requests(venue: &Venue) -> Vec<PoolRequest> {
    let all = venue.cluster.program_accounts(&holdfast::ID).into_iter();
    let requests = all.filter_map(|(_, account)| decode::<PoolRequest>(&account.data).ok());
    requests.filter(|request| request.silo == venue.silo).collect()
}

fn held(venue: &Venue) -> Tokens {
    let (cluster, silo) = (&venue.cluster, &venue.silo);
    Tokens {
        liquidity_vault: tokens::balance(cluster, &address::liquidity_vault(silo)),
        insurance_vault: tokens::balance(cluster, &address::insurance_vault(silo)),
        liquidity_shares: tokens::supply(cluster, &address::liquidity_mint(silo)),
        insurance_shares: tokens::supply(cluster, &address::insurance_mint(silo)),
    }
}
