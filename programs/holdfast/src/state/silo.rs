use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use holdfast_risk::account::execution::SiloRules;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::loss::{ByMarket, Charged, InsuranceDraws, InsuranceTerms, LossCover};
use holdfast_risk::bounds::{self, OutOfBounds};
use holdfast_risk::chain::fuse::{Books, Fuses, Gap};
use holdfast_risk::market::fee::FeeShares;
use holdfast_risk::market::terms::LEAST_REQUEST_DELAY;
use holdfast_risk::pool::{Claims, PoolKind};
use holdfast_risk::{Bps, Millis, Usd};

use super::MAX_MARKETS;
use crate::error::{HoldfastError, OrRefuse};

/// Insurance leaves so long after it was asked for at least: a loss that can be seen coming is booked
/// by then, so that nobody leaves ahead of it.
const LEAST_COOLDOWN: Millis = Millis::MINUTE.times(10);

/// A walled risk compartment with one collateral mint. Address: `["silo", number as u16 LE]`.
///
/// Holds: the ledger's parts, pending profit and debt aside, sum to what it counts on in both
/// vaults, and each vault holds at least that, but for what its fuse was tripped by; once locked it stays so, and settings only change by
/// a change that waited.
#[account(zero_copy)]
pub struct Silo {
    /// Layout version, for readers off chain: the program writes it and does not look at it.
    pub version: u8,
    /// Bump of the address; the silo signs for its vaults and share mints.
    pub bump: u8,
    /// Number among the exchange's silos.
    pub number: u16,
    /// Markets listed so far; the next one's index.
    pub market_count: u8,
    /// 1 once the exchange is locked: before, no money comes in.
    pub locked: u8,
    /// Explicit padding.
    pub padding: [u8; 2],
    /// Collateral mint: its unit is the unit of account.
    pub mint: Pubkey,
    /// Holds collateral, liquidity, protocol fees and the deposits queued for both pools.
    pub liquidity_vault: Pubkey,
    /// Holds the insurance fund.
    pub insurance_vault: Pubkey,
    /// Share token of the liquidity pool.
    pub liquidity_mint: Pubkey,
    /// Share token of the insurance fund.
    pub insurance_mint: Pubkey,
    /// The books.
    pub ledger: LedgerState,
    /// Entry value of all open positions, native units.
    pub open_notional: u64,
    /// Liquidity shares outstanding, those given up by waiting requests and those that nobody holds
    /// included.
    pub liquidity_shares: u64,
    /// Insurance shares outstanding, counted likewise.
    pub insurance_shares: u64,
    /// Liquidity shares that nobody holds.
    pub unheld_liquidity_shares: u64,
    /// Insurance shares that nobody holds.
    pub unheld_insurance_shares: u64,
    /// Settings.
    pub terms: SiloTermsState,
    /// Draws on insurance.
    pub draws: DrawsState,
    /// The newest change proposed for the settings: its number plus one, zero where none was.
    pub newest_terms: u64,
    /// Whether its books were found broken, and how.
    pub trip: TripState,
    /// The newest change proposed that resets the fuse: its number plus one, zero where none was.
    pub newest_reset: u64,
    /// Room for what is to come.
    pub reserved: [u8; 432],
}

/// A silo whose books were found broken only reduces; what was found, as [`Gap`], is left out of the
/// books, so that everybody can still leave.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TripState {
    /// 1 from when books were found broken until a change resets it.
    pub tripped: u8,
    /// Explicit padding.
    pub padding: [u8; 7],
    /// Parts of the ledger that it counts on in no vault, native units.
    pub unbacked: u64,
    /// What the ledger counts on in the vaults and has no part for, native units.
    pub unclaimed: u64,
    /// What is missing in the liquidity vault, native units.
    pub short: u64,
    /// What is missing in the insurance vault, native units.
    pub short_insurance: u64,
}

/// The running period of draws on insurance, as [`InsuranceDraws`].
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DrawsState {
    /// When it began, milliseconds.
    pub since_ms: u64,
    /// The fund at that moment, native units.
    pub start: u64,
    /// Drawn since by the market that is charged, native units.
    pub drawn: [u64; MAX_MARKETS],
}

/// A silo's money in native units, as [`Ledger`], and what each vault holds of it.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LedgerState {
    /// Sum of all accounts' collateral, reserved order fees and exits that wait.
    pub collateral: u64,
    /// The liquidity pool's cash.
    pub liquidity: u64,
    /// The insurance fund.
    pub insurance: u64,
    /// Protocol fees not yet collected.
    pub protocol: u64,
    /// Deposits into the pools that wait for their price.
    pub queued: u64,
    /// Realised profit that has not matured: a claim on liquidity, not a part of the total.
    pub pending_profit: u64,
    /// What the ledger counts on in the liquidity vault.
    pub in_liquidity_vault: u64,
    /// What the ledger counts on in the insurance vault.
    pub in_insurance_vault: u64,
    /// Realised losses that accounts still owe to liquidity: a claim, not a part of the total.
    pub debt: u64,
}

/// A silo's settings.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable, AnchorSerialize, AnchorDeserialize,
)]
pub struct SiloTermsState {
    /// Insurance's share of fees, basis points.
    pub insurance_share_bps: u16,
    /// The protocol's share of fees, basis points.
    pub protocol_share_bps: u16,
    /// Share of insurance kept for outages, basis points.
    pub outage_reserve_bps: u16,
    /// Share of insurance one market may draw in a day, basis points.
    pub epoch_cap_bps: u16,
    /// Share of liquidity that pending profit may be paid from, basis points.
    pub payable_share_bps: u16,
    /// Open notional over liquidity up to which liquidity can leave, basis points.
    pub utilisation_bps: u16,
    /// What insurance should hold of the open notional, basis points: while it lacks some of that it takes
    /// more of the fees, from liquidity's share. Zero where it should not.
    pub insurance_target_bps: u16,
    /// Explicit padding, which is no part of an argument.
    #[borsh(skip)]
    pub padding: [u8; 2],
    /// From realising a profit to its maturity, milliseconds.
    pub maturity_ms: u64,
    /// From a pool request to the first price it may get, milliseconds.
    pub request_delay_ms: u64,
    /// From a request to unstake insurance to its execution, milliseconds.
    pub unstake_cooldown_ms: u64,
}

const _: () = assert!(size_of::<Silo>() == 8 + 5 * 32 + 72 + 40 + 40 + 144 + 8 + 40 + 8 + 432);

impl Silo {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"silo";
    /// First seed of the liquidity vault's address; the second is the silo's.
    pub const LIQUIDITY_VAULT_SEED: &'static [u8] = b"liquidity-vault";
    /// First seed of the insurance vault's address; the second is the silo's.
    pub const INSURANCE_VAULT_SEED: &'static [u8] = b"insurance-vault";
    /// First seed of the liquidity share mint's address; the second is the silo's.
    pub const LIQUIDITY_MINT_SEED: &'static [u8] = b"liquidity-mint";
    /// First seed of the insurance share mint's address; the second is the silo's.
    pub const INSURANCE_MINT_SEED: &'static [u8] = b"insurance-mint";

    /// The vault of a pool.
    pub fn vault(&self, kind: PoolKind) -> Pubkey {
        match kind {
            PoolKind::Liquidity => self.liquidity_vault,
            PoolKind::Insurance => self.insurance_vault,
        }
    }

    /// The share mint of a pool.
    pub fn share_mint(&self, kind: PoolKind) -> Pubkey {
        match kind {
            PoolKind::Liquidity => self.liquidity_mint,
            PoolKind::Insurance => self.insurance_mint,
        }
    }

    /// Shares of a pool outstanding.
    pub fn shares(&self, kind: PoolKind) -> u64 {
        match kind {
            PoolKind::Liquidity => self.liquidity_shares,
            PoolKind::Insurance => self.insurance_shares,
        }
    }

    /// Issues shares of a pool: some to a holder, some that nobody holds.
    pub fn issue(&mut self, kind: PoolKind, held: u64, unheld: u64) -> Result<()> {
        let (all, nobodys) = self.shares_mut(kind);
        let issued = held.checked_add(unheld).and_then(|issued| all.checked_add(issued));
        *all = issued.ok_or(HoldfastError::Overflow)?;
        *nobodys = nobodys.checked_add(unheld).ok_or(HoldfastError::Overflow)?;
        Ok(())
    }

    /// Takes back shares of a pool that a holder gave up.
    pub fn retire(&mut self, kind: PoolKind, held: u64) -> Result<()> {
        let (all, _) = self.shares_mut(kind);
        *all = all.checked_sub(held).ok_or(HoldfastError::Overflow)?;
        Ok(())
    }

    fn shares_mut(&mut self, kind: PoolKind) -> (&mut u64, &mut u64) {
        match kind {
            PoolKind::Liquidity => (&mut self.liquidity_shares, &mut self.unheld_liquidity_shares),
            PoolKind::Insurance => (&mut self.insurance_shares, &mut self.unheld_insurance_shares),
        }
    }

    /// What has to stay in the liquidity pool.
    pub fn claims(&self) -> Claims {
        Claims {
            open: Usd(self.open_notional),
            utilisation: Bps(self.terms.utilisation_bps),
            payable_share: Bps(self.terms.payable_share_bps),
        }
    }

    /// Books tokens that came into a pool's vault and says what it must hold now.
    pub fn add_to_vault(&mut self, kind: PoolKind, amount: u64) -> Result<u64> {
        let held = self.in_vault_mut(kind);
        *held = Usd(*held).plus(Usd(amount)).into_program_error()?.0;
        Ok(self.must_hold(kind))
    }

    /// Books tokens that leave a pool's vault and says what it must still hold.
    pub fn take_from_vault(&mut self, kind: PoolKind, amount: u64) -> Result<u64> {
        let held = self.in_vault_mut(kind);
        *held = held.checked_sub(amount).ok_or(HoldfastError::ReconcileFirst)?;
        Ok(self.must_hold(kind))
    }

    /// What the ledger counts on in a pool's vault.
    pub fn counted(&self, kind: PoolKind) -> u64 {
        match kind {
            PoolKind::Liquidity => self.ledger.in_liquidity_vault,
            PoolKind::Insurance => self.ledger.in_insurance_vault,
        }
    }

    /// What a pool's vault must hold: what the ledger counts on, but for what was missing when the fuse
    /// was tripped.
    pub fn must_hold(&self, kind: PoolKind) -> u64 {
        let short = match kind {
            PoolKind::Liquidity => self.trip.short,
            PoolKind::Insurance => self.trip.short_insurance,
        };
        self.counted(kind).saturating_sub(short)
    }

    /// What is taken away because the books were found broken: everything that has a fuse.
    pub fn fuses(&self) -> Fuses {
        if self.trip.tripped != 0 { Fuses::ALL } else { Fuses::NONE }
    }

    /// The books beside what the vaults hold.
    pub fn books(&self, held: u64, held_insurance: u64) -> Result<Books> {
        Ok(Books {
            parts: Ledger::from(&self.ledger).total().into_program_error()?,
            counted: Usd(self.ledger.in_liquidity_vault),
            counted_insurance: Usd(self.ledger.in_insurance_vault),
            held: Usd(held),
            held_insurance: Usd(held_insurance),
        })
    }

    fn in_vault_mut(&mut self, kind: PoolKind) -> &mut u64 {
        match kind {
            PoolKind::Liquidity => &mut self.ledger.in_liquidity_vault,
            PoolKind::Insurance => &mut self.ledger.in_insurance_vault,
        }
    }

    /// The settings a trade in `market` needs, by an account with these `debts`.
    pub fn rules<'a>(&'a self, market: u8, debts: &'a ByMarket, now: Millis) -> SiloRules<'a> {
        let terms = &self.terms;
        let shares = FeeShares {
            insurance: Bps(terms.insurance_share_bps),
            protocol: Bps(terms.protocol_share_bps),
        };
        let (fund, open) = (Usd(self.ledger.insurance), Usd(self.open_notional));
        let fees = shares.while_insurance_lacks(fund, open, Bps(terms.insurance_target_bps));
        SiloRules { fees, cover: self.cover(market, debts, now) }
    }

    /// What bears a loss that an account with these `debts` leaves behind in `market`.
    pub fn cover<'a>(&'a self, market: u8, debts: &'a ByMarket, now: Millis) -> LossCover<'a> {
        LossCover {
            market,
            debts,
            draws: InsuranceDraws {
                since: Millis(self.draws.since_ms),
                start: Usd(self.draws.start),
                drawn: &self.draws.drawn,
            },
            terms: InsuranceTerms {
                outage_reserve: Bps(self.terms.outage_reserve_bps),
                epoch_cap: Bps(self.terms.epoch_cap_bps),
            },
            now,
        }
    }

    /// Takes over the draws on insurance after a bad debt was charged.
    pub fn set_draws(&mut self, charged: &Charged) {
        self.draws =
            DrawsState { since_ms: charged.since.0, start: charged.start.0, drawn: charged.drawn };
    }

    /// Money comes in only once set-up is over.
    pub fn require_locked(&self) -> Result<()> {
        require!(self.locked != 0, HoldfastError::ExchangeNotLocked);
        Ok(())
    }

    /// The ledger's parts sum to what it counts on in the vaults, but for what its fuse was tripped by.
    pub fn invariant(&self) -> Result<()> {
        let held = Usd(self.ledger.in_liquidity_vault)
            .plus(Usd(self.ledger.in_insurance_vault))
            .and_then(|held| held.plus(Usd(self.trip.unbacked)))
            .into_program_error()?;
        let parts = Ledger::from(&self.ledger).total();
        let parts = parts.and_then(|parts| parts.plus(Usd(self.trip.unclaimed)));
        require!(held == parts.into_program_error()?, HoldfastError::LedgerBroken);
        Ok(())
    }
}

impl SiloTermsState {
    /// Whether every setting is within its bounds. Within them nobody is kept from leaving: some of
    /// the pending profit is payable, so that it does not tie up all liquidity, and positions tie up
    /// no more than their value. A time that was left out would let profit and stakes go at
    /// once, so none is zero.
    ///
    /// # Errors
    /// The first setting that leaves them.
    pub fn check(&self) -> core::result::Result<(), OutOfBounds> {
        let shares = u32::from(self.insurance_share_bps) + u32::from(self.protocol_share_bps);
        let delay = LEAST_REQUEST_DELAY.0..=Millis::HOUR.0;
        let cooldown = LEAST_COOLDOWN.0..=Millis::DAY.times(30).0;
        bounds::check(&[
            (
                "insurance_share_bps",
                "at most 10,000 together with protocol_share_bps",
                shares <= 10_000,
            ),
            ("insurance_target_bps", "at most 10,000", self.insurance_target_bps <= 10_000),
            ("outage_reserve_bps", "at most 9,000", self.outage_reserve_bps <= 9_000),
            ("epoch_cap_bps", "at most 10,000", self.epoch_cap_bps <= 10_000),
            (
                "payable_share_bps",
                "1,000 to 10,000",
                (1_000..=10_000).contains(&self.payable_share_bps),
            ),
            (
                "utilisation_bps",
                "10,000 to 50,000",
                (10_000..=50_000).contains(&self.utilisation_bps),
            ),
            (
                "maturity_ms",
                "1 to a day, in milliseconds",
                (1..=Millis::DAY.0).contains(&self.maturity_ms),
            ),
            (
                "request_delay_ms",
                "5,000 to an hour, in milliseconds",
                delay.contains(&self.request_delay_ms),
            ),
            (
                "unstake_cooldown_ms",
                "600,000 to thirty days, in milliseconds",
                cooldown.contains(&self.unstake_cooldown_ms),
            ),
        ])
    }
}

impl TripState {
    /// What the fuse was tripped by.
    pub fn gap(&self) -> Gap {
        Gap {
            unbacked: Usd(self.unbacked),
            unclaimed: Usd(self.unclaimed),
            short: Usd(self.short),
            short_insurance: Usd(self.short_insurance),
        }
    }
}

impl From<&Gap> for TripState {
    /// Of a tripped fuse.
    fn from(gap: &Gap) -> Self {
        Self {
            tripped: 1,
            padding: [0; 7],
            unbacked: gap.unbacked.0,
            unclaimed: gap.unclaimed.0,
            short: gap.short.0,
            short_insurance: gap.short_insurance.0,
        }
    }
}

impl From<&LedgerState> for Ledger {
    fn from(state: &LedgerState) -> Self {
        Self {
            collateral: Usd(state.collateral),
            liquidity: Usd(state.liquidity),
            insurance: Usd(state.insurance),
            protocol: Usd(state.protocol),
            queued: Usd(state.queued),
            pending_profit: Usd(state.pending_profit),
            debt: Usd(state.debt),
        }
    }
}

impl LedgerState {
    /// Takes the parts over; what the vaults hold stays.
    pub fn set(&mut self, ledger: &Ledger) {
        // By name, so that a part added to the ledger cannot be forgotten here.
        let Ledger { collateral, liquidity, insurance, protocol, queued, pending_profit, debt } =
            *ledger;
        self.collateral = collateral.0;
        self.liquidity = liquidity.0;
        self.insurance = insurance.0;
        self.protocol = protocol.0;
        self.queued = queued.0;
        self.pending_profit = pending_profit.0;
        self.debt = debt.0;
    }
}
