//! What other venues do about a chain that fails, each from its published constants.
//!
//! Margins, penalties, sizes of liquidations and order of losses are ours in all of them: what
//! differs is which price counts, and when it may be acted on.

use holdfast_risk::Bps;
use serde::Serialize;

/// A policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Ours, by the rules alone.
    Holdfast,
    /// Limits in slots on the age of a price, and a guard around its five-minute mean.
    Drift,
    /// After a restart everything waits for an administrator.
    GmxSolana,
    /// After an interruption everything waits for 300 seconds.
    Grace,
    /// As that, but the deeply insolvent are liquidated meanwhile.
    Sentinel,
    /// The price that counts moves by this much a slot at the most.
    Percolator,
    /// After an interruption nobody opens and nobody is liquidated for 300 seconds.
    Breaker,
    /// The newest price counts, always.
    Nothing,
}

impl Policy {
    /// All of them, ours first.
    pub const ALL: [Self; 8] = [
        Self::Holdfast,
        Self::Drift,
        Self::GmxSolana,
        Self::Grace,
        Self::Sentinel,
        Self::Percolator,
        Self::Breaker,
        Self::Nothing,
    ];

    /// What the report calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holdfast => "Holdfast",
            Self::Drift => "Static slot limits, TWAP guard (Drift)",
            Self::GmxSolana => "Restart waits for an admin (GMX-Solana)",
            Self::Grace => "Sequencer grace 300 s (GMX v2)",
            Self::Sentinel => "Grace with a floor (Aave)",
            Self::Percolator => "Price-move envelope (percolator)",
            Self::Breaker => "Five-minute breaker (Adrena)",
            Self::Nothing => "None",
        }
    }

    /// The same in a word, for the head of a column.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Holdfast => "Holdfast",
            Self::Drift => "Drift",
            Self::GmxSolana => "GMX-Solana",
            Self::Grace => "GMX v2",
            Self::Sentinel => "Aave",
            Self::Percolator => "percolator",
            Self::Breaker => "Adrena",
            Self::Nothing => "none",
        }
    }

    /// What it does, with the source of its constants.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Holdfast => {
                "Five states sensed by the program itself; two-step trades and liquidations at \
                 prices published after the request. Constants: docs/economics.md."
            }
            Self::Drift => {
                "A price older than 120 slots opens nothing; closing goes on, and liquidation too \
                 unless the price is 5 times its mean or 50 % from the five-minute one. \
                 drift-labs/protocol-v2, programs/drift: state/state.rs (OracleGuardRails: \
                 slots_before_stale_for_margin 120, too_volatile_ratio 5, \
                 oracle_twap_5min_percent_divergence 50 %), math/oracle.rs \
                 (is_oracle_valid_for_action: Liquidate is refused only for Invalid and \
                 TooVolatile). One feed."
            }
            Self::GmxSolana => {
                "When LastRestartSlot has changed every action is refused (StoreOutdated) until \
                 somebody with the role of restart admin calls update_last_restarted_slot. \
                 gmsol-labs/gmx-solana, programs/store: states/store.rs (has_role, \
                 validate_not_restarted). That it takes an hour is our assumption; nothing is \
                 published. One feed."
            }
            Self::Grace => {
                "No price is accepted for 300 seconds after the sequencer is back, so nothing \
                 executes. gmx-io/gmx-synthetics: config/general.ts (sequencerGraceDuration 300), \
                 contracts/oracle/Oracle.sol (validateSequencerUp). An interruption is a gap of a \
                 minute here. One feed."
            }
            Self::Sentinel => {
                "The same grace, except that accounts below 0.95 of their requirement are \
                 liquidated. aave/aave-v3-core: PriceOracleSentinel, ValidationLogic.sol \
                 (MINIMUM_HEALTH_FACTOR_LIQUIDATION_THRESHOLD 0.95). Repaying goes on. One feed."
            }
            Self::Percolator => {
                "The price that counts follows the feed by 3 basis points a slot over at most 100 \
                 slots a step: what its solvency envelope allows at our maintenance margin of 5 % \
                 and penalty of 1.5 % (max_price_move_bps_per_slot times max_accrual_dt_slots, \
                 plus fees, within maintenance). aeyakovenko/percolator: RiskParams. One feed."
            }
            Self::Breaker => {
                "For 300 seconds after an interruption nobody opens and nobody is liquidated; two \
                 feeds of three have to agree within 100 basis points. Its program's source is not \
                 public: the figures are those its team gives, and that closing goes on is assumed \
                 in its favour."
            }
            Self::Nothing => "The newest price of one feed counts, whatever its age, at once.",
        }
    }

    /// Basis points by which two feeds may differ; `None` where one feed decides.
    pub const fn agreement(self) -> Option<Bps> {
        match self {
            Self::Breaker => Some(Bps(100)),
            _ => None,
        }
    }
}

/// Age of a price, in slots, from which on Drift opens nothing.
pub const DRIFT_STALE_SLOTS: u64 = 120;
/// Share of the five-minute mean, percent, by which a price may differ at Drift.
pub const DRIFT_DIVERGENCE_PERCENT: u64 = 50;
/// How many times its mean a price may be at Drift, up or down.
pub const DRIFT_VOLATILE_RATIO: u64 = 5;
/// Length of Drift's mean.
pub const DRIFT_TWAP_MS: u64 = 300_000;
/// How long an administrator takes: an assumption.
pub const ADMIN_MS: u64 = 3_600_000;
/// How long grace and breaker last.
pub const GRACE_MS: u64 = 300_000;
/// A gap between two blocks that counts as an interruption where a policy does not say.
pub const GAP_MS: u64 = 60_000;
/// Aave's floor, percent of the requirement.
pub const SENTINEL_PERCENT: i128 = 95;
/// Percolator's bound on a move, basis points a slot.
pub const ENVELOPE_BPS: u64 = 3;
/// Slots it catches up with at once.
pub const ENVELOPE_SLOTS: u64 = 100;
