//! One event per change of state. Amounts are native units, sizes and prices millionths, times
//! milliseconds, unless a field says otherwise.

use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{Monitor, Transition};

mod governance;

pub use governance::*;

/// A market took a price.
#[event]
pub struct MarketRefreshed {
    /// The market.
    pub market: Pubkey,
    /// The aggregated price: the lower middle of the readings.
    pub low: u64,
    /// The upper middle; the same where their number is odd.
    pub high: u64,
    /// Published at.
    pub published_ms: u64,
    /// Bit per feed that took part.
    pub feeds: u8,
    /// Bit per feed dropped because it diverges.
    pub outliers: u8,
    /// Whether it lies inside the band, or the band has yielded.
    pub believed: bool,
    /// The slow reference price from now on.
    pub reference: u64,
    /// Funding rate from now on, 10⁻¹⁵ per hour.
    pub funding_rate: i64,
    /// The longs' carry index.
    pub carry_long: i64,
    /// The shorts' carry index.
    pub carry_short: i64,
}

/// A market stored readings that give no new price.
#[event]
pub struct MarketUnpriced {
    /// The market.
    pub market: Pubkey,
    /// Why: 1 too few fresh readings, 2 they diverge, 3 nothing newer than the last price.
    pub reason: u8,
    /// Bit per feed whose reading was stored.
    pub feeds: u8,
}

/// A margin account was opened.
#[event]
pub struct AccountOpened {
    /// The account.
    pub account: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
}

/// A margin account was closed.
#[event]
pub struct AccountClosed {
    /// The account.
    pub account: Pubkey,
}

/// Collateral came in.
#[event]
pub struct Deposited {
    /// The account.
    pub account: Pubkey,
    /// How much.
    pub amount: u64,
    /// Collateral afterwards.
    pub collateral: u64,
}

/// Collateral went out.
#[event]
pub struct Withdrawn {
    /// The account.
    pub account: Pubkey,
    /// How much.
    pub amount: u64,
    /// Collateral afterwards.
    pub collateral: u64,
}

/// An order waits.
#[event]
pub struct OrderPlaced {
    /// The account.
    pub account: Pubkey,
    /// The order's number.
    pub number: u64,
    /// The market's index.
    pub market: u8,
    /// Size, a buy when positive.
    pub delta: i64,
    /// The first price it may get is published at or after this; zero while it waits for its trigger.
    pub earliest_ms: u64,
    /// Initial margin reserved for what it opens.
    pub margin: u64,
}

/// An order's trigger was set off.
#[event]
pub struct OrderTriggered {
    /// The account.
    pub account: Pubkey,
    /// The order's number.
    pub number: u64,
    /// The market's index.
    pub market: u8,
    /// The index price that met it.
    pub index_price: u64,
    /// The first price it may get is published at or after this.
    pub earliest_ms: u64,
}

/// An order was removed unexecuted.
#[event]
pub struct OrderRemoved {
    /// The account.
    pub account: Pubkey,
    /// The order's number.
    pub number: u64,
    /// Why: see `checks::order::RemovalReason`.
    pub reason: u8,
}

/// An order was executed.
#[event]
pub struct OrderExecuted {
    /// The account.
    pub account: Pubkey,
    /// The order's number.
    pub number: u64,
    /// The market's index.
    pub market: u8,
    /// Index price, published at `published_ms`.
    pub index_price: u64,
    /// When that price was published.
    pub published_ms: u64,
    /// Price with spread.
    pub price: u64,
    /// Size traded, a buy when positive.
    pub delta: i64,
    /// Position afterwards.
    pub position: i64,
    /// Profit of what was closed.
    pub realised: i64,
    /// Funding and borrow fee paid.
    pub carry: i64,
    /// Taker fee paid.
    pub fee: u64,
    /// What the account owes afterwards.
    pub debt: u64,
    /// What the account could not pay when its last position was closed.
    pub bad_debt: u64,
}

/// An account was flagged for liquidation.
#[event]
pub struct AccountFlagged {
    /// The account.
    pub account: Pubkey,
    /// When.
    pub flagged_ms: u64,
    /// A price published from then on may liquidate any of its positions.
    pub liquidatable_ms: u64,
    /// Equity then.
    pub equity: i64,
    /// Maintenance requirement then.
    pub maintenance: u64,
}

/// A position was liquidated, partly or whole.
#[event]
pub struct PositionLiquidated {
    /// The account.
    pub account: Pubkey,
    /// The market's index.
    pub market: u8,
    /// Price, published at `published_ms`.
    pub price: u64,
    /// When that price was published.
    pub published_ms: u64,
    /// Size closed.
    pub closed: u64,
    /// Position afterwards.
    pub position: i64,
    /// Profit of what was closed.
    pub realised: i64,
    /// Paid to the liquidator.
    pub reward: u64,
    /// Penalty paid to insurance.
    pub to_insurance: u64,
    /// What the account owes afterwards.
    pub debt: u64,
    /// What the account could not pay when its last position was closed.
    pub bad_debt: u64,
    /// The part of it that insurance paid.
    pub insured: u64,
}

/// Pending profit became collateral.
#[event]
pub struct ProfitMatured {
    /// The account.
    pub account: Pubkey,
    /// Pending profit before.
    pub pending: u64,
    /// What it became.
    pub matured: u64,
}

/// A pool request waits.
#[event]
pub struct PoolRequested {
    /// The request.
    pub request: Pubkey,
    /// 0 liquidity, 1 insurance.
    pub pool: u8,
    /// Whether it leaves.
    pub leaves: bool,
    /// Native units or shares.
    pub amount: u64,
    /// From when on it is executed, milliseconds.
    pub due_ms: u64,
}

/// A pool request was taken back or returned.
#[event]
pub struct PoolRequestCancelled {
    /// The request.
    pub request: Pubkey,
}

/// A pool request was executed.
#[event]
pub struct PoolRequestExecuted {
    /// The request.
    pub request: Pubkey,
    /// Native units or shares given.
    pub amount: u64,
    /// Shares or native units received.
    pub received: u64,
    /// What the pool was worth, native units; negative when it owed more than it had.
    pub worth: i64,
    /// Whether it arrived: if not, the destination was closed or frozen, and it waits in the request.
    pub arrived: bool,
}

/// What an account owed and cannot pay was booked as bad debt.
#[event]
pub struct DebtWrittenOff {
    /// The account.
    pub account: Pubkey,
    /// What was written off, native units.
    pub bad_debt: u64,
    /// What insurance paid of it, native units.
    pub insured: u64,
    /// What the account still owes, native units.
    pub debt: u64,
}

/// A sample of the chain's speed was kept.
#[event]
pub struct ChainObserved {
    /// Its slot.
    pub slot: u64,
    /// The cluster's clock.
    pub clock_ms: u64,
    /// The venue's clock.
    pub now_ms: u64,
    /// Slots skipped over the newest 128 blocks; `u64::MAX` unknown.
    pub skipped: u64,
}

/// The venue's state changed, or a new disruption prolonged it.
#[event]
pub struct ChainStateChanged {
    /// State before: 0 normal, 1 strained, 2 throttled, 3 thaw, 4 shelter.
    pub from: u8,
    /// State after.
    pub to: u8,
    /// What tightened it: 1 slow slots, 2 skipped slots, 3 silence, 4 gap, 5 restart, 6 a guardian; 0 time.
    pub signal: u8,
    /// The venue's clock.
    pub now_ms: u64,
    /// What a slot usually takes, microseconds.
    pub baseline_us: u32,
    /// What slots took over the last whole window, microseconds.
    pub window_us: u32,
}

impl ChainStateChanged {
    /// What became of the monitor at `now`, by the venue's clock.
    pub fn new(transition: &Transition, after: &Monitor, now: Millis) -> Self {
        let (from, to) = (transition.from as u8, transition.to as u8);
        let signal = transition.signal.map_or(0, |signal| signal as u8);
        let (baseline_us, window_us) = (after.baseline_us, after.window_us);
        Self { from, to, signal, now_ms: now.0, baseline_us, window_us }
    }
}

/// Vaults were brought in line with the ledger.
#[event]
pub struct VaultsReconciled {
    /// The silo.
    pub silo: Pubkey,
    /// Donated tokens that joined insurance.
    pub surplus: u64,
    /// Moved from the liquidity vault to the insurance vault; back when negative.
    pub moved: i64,
}

/// Protocol fees were collected.
#[event]
pub struct FeesCollected {
    /// The silo.
    pub silo: Pubkey,
    /// How much.
    pub amount: u64,
}

/// Collateral is on its way out.
#[event]
pub struct ExitRequested {
    /// The account.
    pub account: Pubkey,
    /// How much.
    pub amount: u64,
    /// The token account it goes to.
    pub destination: Pubkey,
    /// When it was asked for: it is paid within a day.
    pub requested_ms: u64,
}

/// An exit was paid, whole or in part.
#[event]
pub struct ExitPaid {
    /// The account.
    pub account: Pubkey,
    /// How much.
    pub amount: u64,
    /// What still waits.
    pub left: u64,
}

/// An exit was taken back.
#[event]
pub struct ExitCancelled {
    /// The account.
    pub account: Pubkey,
    /// What had not been paid.
    pub amount: u64,
}

/// A market without a price will be settled.
#[event]
pub struct SettlementAnnounced {
    /// The market.
    pub market: Pubkey,
    /// When the notice is over.
    pub settles_ms: u64,
    /// The price it will be settled at.
    pub price: u64,
}

/// A price returned in time: the market goes on.
#[event]
pub struct SettlementCancelled {
    /// The market.
    pub market: Pubkey,
}

/// A market is settled.
#[event]
pub struct MarketSettled {
    /// The market.
    pub market: Pubkey,
    /// At this price.
    pub price: u64,
}

/// A position in a settled market was closed.
#[event]
pub struct PositionSettled {
    /// The account.
    pub account: Pubkey,
    /// The market's index.
    pub market: u8,
    /// The settlement price.
    pub price: u64,
    /// The position that was closed.
    pub closed: i64,
    /// Its profit.
    pub realised: i64,
    /// Funding and borrow fee paid.
    pub carry: i64,
    /// What the account owes afterwards.
    pub debt: u64,
    /// What it could not pay.
    pub bad_debt: u64,
}
