//! Reconciling a silo to the unit: what its books say against what its accounts and vaults hold.

use std::fmt;

use holdfast::state::{MarginAccount, Market, PoolRequest, SideState, Silo};
use holdfast_risk::Side;

/// Everything of one silo, at one moment.
pub struct SiloAccounts {
    /// The silo.
    pub silo: Silo,
    /// All its markets.
    pub markets: Vec<Market>,
    /// All its margin accounts.
    pub accounts: Vec<MarginAccount>,
    /// All its waiting pool requests.
    pub requests: Vec<PoolRequest>,
    /// Its token accounts and mints.
    pub tokens: Tokens,
}

/// What the token program says, native units and shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// In the liquidity vault.
    pub liquidity_vault: u64,
    /// In the insurance vault.
    pub insurance_vault: u64,
    /// Liquidity shares in existence.
    pub liquidity_shares: u64,
    /// Insurance shares in existence.
    pub insurance_shares: u64,
}

/// Something that is booked once and found again by summing up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invariant {
    /// Tokens of the liquidity vault. Anyone may give it more than is booked.
    LiquidityVault,
    /// Tokens of the insurance vault. Anyone may give it more than is booked.
    InsuranceVault,
    /// What both vaults hold by the ledger, against the ledger's parts.
    Ledger,
    /// Collateral, fees of waiting orders and exits that wait, against the accounts'.
    Collateral,
    /// Fees of waiting orders that accounts set aside, against the orders'.
    ReservedFees,
    /// Profit that has not matured, against the accounts'.
    PendingProfit,
    /// Losses not yet paid, against the accounts'.
    Debt,
    /// Losses not yet paid that arose in each market, summed, against the accounts' debts.
    DebtByMarket,
    /// Deposits into the pools that wait, against the requests'.
    Queued,
    /// Liquidity shares, against the mint's, those given up by requests and those that nobody holds.
    /// Holders may burn theirs.
    LiquidityShares,
    /// Insurance shares, likewise.
    InsuranceShares,
    /// Entry value of all open positions, against the accounts'.
    OpenNotional,
    /// Open interest of one side of a market, against the accounts' positions.
    OpenInterest(u8, Side),
    /// Entry value of one side of a market, against the accounts' positions.
    Entry(u8, Side),
    /// Size times carry index of one side of a market, against the accounts' positions.
    CarryBasis(u8, Side),
}

/// A sum as booked and as found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Of what.
    pub sum: Invariant,
    /// What the books say.
    pub booked: i128,
    /// What summing up gives.
    pub found: i128,
}

impl Check {
    /// What is found beyond what is booked.
    pub fn difference(&self) -> i128 {
        self.found.saturating_sub(self.booked)
    }

    /// Whether it is as it should be: equal, but a vault may have been given more and shares may
    /// have been burnt.
    pub fn is_sound(&self) -> bool {
        match self.sum {
            Invariant::LiquidityVault | Invariant::InsuranceVault => self.found >= self.booked,
            Invariant::LiquidityShares | Invariant::InsuranceShares => self.found <= self.booked,
            _ => self.found == self.booked,
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let side = |side: &Side| if *side == Side::Long { "longs" } else { "shorts" };
        let name = match self {
            Self::LiquidityVault => "liquidity vault",
            Self::InsuranceVault => "insurance vault",
            Self::Ledger => "ledger",
            Self::Collateral => "collateral",
            Self::ReservedFees => "reserved fees",
            Self::PendingProfit => "pending profit",
            Self::Debt => "debt",
            Self::DebtByMarket => "debt by market",
            Self::Queued => "queued deposits",
            Self::LiquidityShares => "liquidity shares",
            Self::InsuranceShares => "insurance shares",
            Self::OpenNotional => "open notional",
            Self::OpenInterest(market, of) => {
                return write!(out, "market {market} {} open interest", side(of));
            }
            Self::Entry(market, of) => return write!(out, "market {market} {} entry", side(of)),
            Self::CarryBasis(market, of) => {
                return write!(out, "market {market} {} carry basis", side(of));
            }
        };
        out.write_str(name)
    }
}

/// Sums everything up: a line for each sum.
pub fn reconcile(walk: &SiloAccounts) -> Vec<Check> {
    let mut lines = money(walk);
    for market in &walk.markets {
        lines.extend(side(walk, market, Side::Long, &market.longs));
        lines.extend(side(walk, market, Side::Short, &market.shorts));
    }
    lines
}

fn money(walk: &SiloAccounts) -> Vec<Check> {
    let (silo, tokens) = (&walk.silo, &walk.tokens);
    let ledger = &silo.ledger;
    let accounts = |of: fn(&MarginAccount) -> i128| walk.accounts.iter().map(of).sum::<i128>();
    let held = accounts(|account| {
        total(&[account.collateral, account.reserved_fees, account.exit_amount])
    });
    let fees = accounts(|account| total(&account.orders.map(|order| order.fee)));
    let entries = accounts(|account| total(&account.positions.map(|position| position.entry)));
    let requests = |pool: Option<u8>, leaves: bool| {
        let found = walk.requests.iter().filter(|request| {
            (request.leaves != 0) == leaves && pool.is_none_or(|pool| request.pool == pool)
        });
        found.map(|request| i128::from(request.amount)).sum::<i128>()
    };
    let in_vaults = total(&[ledger.in_liquidity_vault, ledger.in_insurance_vault]);
    let parts =
        [ledger.collateral, ledger.liquidity, ledger.insurance, ledger.protocol, ledger.queued];
    let reserved = accounts(|account| account.reserved_fees.into());
    let pending = accounts(|account| account.pending_profit.into());
    let debt = accounts(|account| account.debt.into());
    let by_market = accounts(|account| total(&account.debts));
    let unheld = [silo.unheld_liquidity_shares, silo.unheld_insurance_shares].map(i128::from);
    let shares = |supply: u64, pool: u8| {
        i128::from(supply) + requests(Some(pool), true) + unheld[usize::from(pool)]
    };
    let line = |sum, booked: u64, found| Check { sum, booked: booked.into(), found };
    vec![
        line(Invariant::LiquidityVault, ledger.in_liquidity_vault, tokens.liquidity_vault.into()),
        line(Invariant::InsuranceVault, ledger.in_insurance_vault, tokens.insurance_vault.into()),
        Check { sum: Invariant::Ledger, booked: in_vaults, found: total(&parts) },
        line(Invariant::Collateral, ledger.collateral, held),
        Check { sum: Invariant::ReservedFees, booked: reserved, found: fees },
        line(Invariant::PendingProfit, ledger.pending_profit, pending),
        line(Invariant::Debt, ledger.debt, debt),
        line(Invariant::DebtByMarket, ledger.debt, by_market),
        line(Invariant::Queued, ledger.queued, requests(None, false)),
        line(Invariant::LiquidityShares, silo.liquidity_shares, shares(tokens.liquidity_shares, 0)),
        line(Invariant::InsuranceShares, silo.insurance_shares, shares(tokens.insurance_shares, 1)),
        line(Invariant::OpenNotional, silo.open_notional, entries),
    ]
}

fn side(walk: &SiloAccounts, market: &Market, side: Side, booked: &SideState) -> [Check; 3] {
    let index = market.index;
    let positions = || {
        let positions = walk.accounts.iter().map(|account| account.position(index));
        positions.filter(|position| position.size.0 != 0 && position.size.side() == side)
    };
    let size = positions().map(|position| i128::from(position.size.size().0)).sum();
    let entry = positions().map(|position| i128::from(position.entry.0)).sum();
    let carry = positions()
        .map(|position| i128::from(position.size.size().0) * i128::from(position.carry.0))
        .fold(0, i128::saturating_add);
    [
        Check {
            sum: Invariant::OpenInterest(index, side),
            booked: booked.size.into(),
            found: size,
        },
        Check { sum: Invariant::Entry(index, side), booked: booked.entry.into(), found: entry },
        Check {
            sum: Invariant::CarryBasis(index, side),
            booked: i128::from_le_bytes(booked.carry_basis),
            found: carry,
        },
    ]
}

fn total(amounts: &[u64]) -> i128 {
    amounts.iter().map(|amount| i128::from(*amount)).sum()
}
