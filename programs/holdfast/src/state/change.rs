use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::bounds;
use holdfast_risk::chain::health::Thresholds;
use holdfast_risk::governance::{
    Canceller, NOTICE_AFTER_DISRUPTION, Schedule, Stage, Timelock, UPGRADE_NOTICE_AFTER_DISRUPTION,
};
use holdfast_risk::market::terms::MarketTerms;

use super::feeds::Feeds;
use super::{Exchange, MarketTermsState, SiloTermsState, ThresholdsState, TimelockState};
use crate::error::{HoldfastError, OrRefuse};

/// A change that waits, for everyone to read. Address: `["change", number as u64 LE]`.
///
/// Holds: nothing changes until it is applied, used or taken back, and the account is closed.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// Layout version, for readers off chain: the program writes it and does not look at it.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Number among the exchange's changes.
    pub number: u64,
    /// The admin who proposed it and gets the rent back. It lapses with that admin.
    pub proposer: Pubkey,
    /// It may be applied at this moment at the earliest, milliseconds of the cluster's clock.
    pub ready_ms: u64,
    /// It may be applied before this moment, milliseconds of the cluster's clock.
    pub expires_ms: u64,
    /// What it changes.
    pub content: ChangeKind,
}

/// What a change does.
///
/// A new account is read before it is written, so zeros have to be a content shorter than any: a
/// guardian's change that names none.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Replaces, removes or adds one guardian: so the others can still take back a removal.
    Guardian {
        /// Who leaves.
        leaves: Option<Pubkey>,
        /// Who joins.
        joins: Option<Pubkey>,
    },
    /// Hands the exchange over.
    Admin(Pubkey),
    /// Sends protocol fees to token accounts of another owner.
    FeeReceiver(Pubkey),
    /// Lets later changes wait longer or shorter.
    Timelock(TimelockState),
    /// When the states of the chain are entered and left.
    Thresholds(ThresholdsState),
    /// A market's settings. Maintenance margin changes in a normal state of the chain only.
    MarketTerms {
        /// The market.
        market: Pubkey,
        /// Its new settings.
        terms: MarketTermsState,
    },
    /// A market's feeds.
    MarketFeeds {
        /// The market.
        market: Pubkey,
        /// Its new feeds.
        feeds: Feeds,
    },
    /// A silo's settings.
    SiloTerms {
        /// The silo.
        silo: Pubkey,
        /// Its new settings.
        terms: SiloTermsState,
    },
    /// Lets `create_silo` create exactly this.
    Silo {
        /// The collateral mint.
        mint: Pubkey,
        /// The settings.
        terms: SiloTermsState,
    },
    /// Lets `list_market` list exactly this.
    Market {
        /// The silo.
        silo: Pubkey,
        /// The name.
        name: [u8; 16],
        /// The settings.
        terms: MarketTermsState,
        /// The feeds.
        feeds: Feeds,
    },
    /// Lets `apply_upgrade` replace the program by what a buffer holds. It waits for a week at least
    /// and for a normal state of the chain.
    Upgrade {
        /// The buffer, whose authority is the exchange, so that nobody can write to it any more.
        buffer: Pubkey,
        /// SHA-256 of the program in it.
        sha256: [u8; 32],
    },
    /// Lets a silo whose books were found broken do everything again, once they add up.
    FuseReset {
        /// The silo.
        silo: Pubkey,
    },
}

impl Change {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"change";

    /// Bytes of the account of a change with this content.
    pub fn space(content: &ChangeKind) -> Result<usize> {
        let fixed = Self::DISCRIMINATOR.len() + 1 + 1 + 8 + 32 + 8 + 8;
        Ok(fixed + borsh::object_length(content)?)
    }

    /// Whether it may be applied at `now` by the cluster's clock, on a chain that last broke at
    /// `last_disruption`.
    pub fn require_ready(
        &self,
        exchange: &Exchange,
        now: Millis,
        last_disruption: Millis,
    ) -> Result<()> {
        require_keys_eq!(self.proposer, exchange.admin, HoldfastError::ProposerReplaced);
        let notice = self.content.notice();
        match self.schedule().stage_with_notice(now, last_disruption, notice) {
            Stage::Ready => Ok(()),
            Stage::Waiting => err!(HoldfastError::ChangeNotReady),
            Stage::Expired => err!(HoldfastError::ChangeExpired),
        }
    }

    /// Whether `key` may take it back at `now` by the cluster's clock.
    pub fn require_cancellable(
        &self,
        exchange: &Exchange,
        key: &Pubkey,
        now: Millis,
    ) -> Result<()> {
        let has_power = exchange.admin == *key || exchange.is_guardian(key);
        let is_removed = self.content.removes(exchange) == Some(*key);
        let expired = self.schedule().stage(now, Millis(0)) == Stage::Expired;
        let lapsed = expired || self.proposer != exchange.admin;
        Canceller { has_power, is_removed }.check(lapsed).into_program_error()
    }

    /// When it may be applied, a break of the chain aside.
    pub fn schedule(&self) -> Schedule {
        Schedule { ready: Millis(self.ready_ms), expires: Millis(self.expires_ms) }
    }
}

impl ChangeKind {
    /// Whether it stays within the bounds of the code and fits the exchange as it is.
    pub fn check(&self, exchange: &Exchange) -> Result<()> {
        match self {
            Self::Admin(key) => {
                require!(!exchange.is_guardian(key), HoldfastError::GuardianSet);
                require_key("admin", key)
            }
            Self::FeeReceiver(key) => require_key("fee_receiver", key),
            Self::Guardian { leaves, joins } => exchange.replaced(*leaves, *joins).map(|_| ()),
            Self::Timelock(timelock) => Timelock::from(timelock).check().into_program_error(),
            Self::Thresholds(thresholds) => {
                Thresholds::from(thresholds).check().into_program_error()
            }
            Self::MarketTerms { terms, .. } => {
                MarketTerms::from(terms).check().into_program_error()
            }
            Self::MarketFeeds { feeds, .. } => feeds.check(),
            Self::SiloTerms { terms, .. } | Self::Silo { terms, .. } => {
                terms.check().into_program_error()
            }
            Self::Market { terms, feeds, .. } => {
                MarketTerms::from(terms).check().into_program_error()?;
                feeds.check()
            }
            // What it names is an account: `require_frozen` looks at it, or applying it does.
            Self::Upgrade { .. } | Self::FuseReset { .. } => Ok(()),
        }
    }

    /// How a change of this content waits under a timelock.
    pub fn timelock(&self, timelock: Timelock) -> Timelock {
        match self {
            Self::Upgrade { .. } => timelock.of_upgrade(),
            _ => timelock,
        }
    }

    /// How long after a break of the chain it is not applied. Thresholds may be what keeps a chain
    /// breaking, so they need no notice.
    pub fn notice(&self) -> Millis {
        match self {
            Self::Thresholds(_) => Millis(0),
            Self::Upgrade { .. } => UPGRADE_NOTICE_AFTER_DISRUPTION,
            _ => NOTICE_AFTER_DISRUPTION,
        }
    }

    /// Whose power it would end.
    pub fn removes(&self, exchange: &Exchange) -> Option<Pubkey> {
        match self {
            Self::Admin(_) => Some(exchange.admin),
            Self::Guardian { leaves, .. } => *leaves,
            _ => None,
        }
    }
}

/// Refuses the empty key, which nobody has.
pub fn require_key(setting: &'static str, key: &Pubkey) -> Result<()> {
    bounds::check(&[(setting, "a key that somebody has", *key != Pubkey::default())])
        .into_program_error()
}
