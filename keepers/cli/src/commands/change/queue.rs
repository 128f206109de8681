//! The queue of changes as it is on the chain, and how each of them stands.

use holdfast_client::holdfast::state::{ChainHealth, Change, ChangeKind, Exchange, Market, Silo};
use holdfast_client::{Pubkey, address, decode, holdfast};
use holdfast_risk::Millis;
use holdfast_risk::governance::{Newest, Stage};
use holdfast_rpc::{Endpoint, clock_of};

use crate::render;

/// Bytes of a change, at the most.
const LONGEST: usize = 2_048;

/// What changes wait for, and on.
pub struct Queue {
    /// The exchange.
    pub exchange: Exchange,
    /// What the venue knows of the chain.
    pub health: ChainHealth,
    /// The cluster's time.
    pub now: Millis,
}

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits until this moment, at the least.
    Waits(Millis),
    /// It may be applied.
    Ready,
    /// Nobody applied it in time.
    Expired,
    /// A newer one of the same target was proposed.
    Superseded,
    /// Its proposer is not the admin any more.
    Lapsed,
}

impl Standing {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waits(_) => "waits",
            Self::Ready => "ready",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Lapsed => "lapsed",
        }
    }
}

impl Queue {
    /// The exchange and the chain as an endpoint sees them.
    ///
    /// # Errors
    /// A sentence when it does not answer, or knows no exchange.
    pub async fn read(endpoint: &Endpoint) -> Result<Self, String> {
        let clock = endpoint.account(&solana_sdk_ids::sysvar::clock::ID).await?;
        let now = clock.and_then(|clock| clock_of(&clock.data));
        Ok(Self {
            exchange: render::read(endpoint, "exchange", &address::exchange()).await?,
            health: render::read(endpoint, "chain health", &address::chain_health()).await?,
            now: now.ok_or("the endpoint shows no clock: try another, or again later")?,
        })
    }

    /// How a change stands.
    ///
    /// # Errors
    /// A sentence when what it names cannot be read.
    pub async fn standing(&self, endpoint: &Endpoint, change: &Change) -> Result<Standing, String> {
        let of = &self.exchange.newest;
        let newest = match &change.content {
            ChangeKind::MarketTerms { market, .. } => {
                Some(render::read::<Market>(endpoint, "market", market).await?.newest_terms)
            }
            ChangeKind::MarketFeeds { market, .. } => {
                Some(render::read::<Market>(endpoint, "market", market).await?.newest_feeds)
            }
            ChangeKind::SiloTerms { silo, .. } => {
                Some(render::read::<Silo>(endpoint, "silo", silo).await?.newest_terms)
            }
            ChangeKind::FuseReset { silo } => {
                Some(render::read::<Silo>(endpoint, "silo", silo).await?.newest_reset)
            }
            ChangeKind::FeeReceiver(_) => Some(of.fee_receiver),
            ChangeKind::Timelock(_) => Some(of.timelock),
            ChangeKind::Thresholds(_) => Some(of.thresholds),
            ChangeKind::Upgrade { .. } => Some(of.upgrade),
            ChangeKind::Guardian { leaves: None, .. } => Some(of.joining),
            ChangeKind::Guardian { leaves: Some(key), .. } => {
                let mut guardians = self.exchange.guardians().iter();
                Some(guardians.find(|it| it.key == *key).map_or(0, |it| it.leaving))
            }
            ChangeKind::Admin(_) | ChangeKind::Silo { .. } | ChangeKind::Market { .. } => None,
        };
        let is_newest = newest.is_none_or(|newest| Newest(newest).is(change.number));
        Ok(self.stands(change, is_newest))
    }

    fn stands(&self, change: &Change, is_newest: bool) -> Standing {
        let broke = Millis(self.health.monitor.last_disruption_ms);
        let notice = change.content.notice();
        match change.schedule().stage_with_notice(self.now, broke, notice) {
            Stage::Expired => Standing::Expired,
            _ if change.proposer != self.exchange.admin => Standing::Lapsed,
            _ if !is_newest => Standing::Superseded,
            Stage::Ready => Standing::Ready,
            Stage::Waiting => {
                let noticed = if broke.0 == 0 { broke } else { broke.after(notice) };
                Standing::Waits(Millis(change.ready_ms).max(noticed))
            }
        }
    }

    /// Who may take a change back: keys, and whether everybody may.
    pub fn cancellers(&self, change: &Change, standing: Standing) -> (Vec<Pubkey>, bool) {
        let removed = change.content.removes(&self.exchange);
        let guardians = self.exchange.guardians().iter().map(|guardian| guardian.key);
        let keys = std::iter::once(self.exchange.admin).chain(guardians);
        let keys = keys.filter(|key| Some(*key) != removed).collect();
        (keys, matches!(standing, Standing::Expired | Standing::Lapsed))
    }
}

/// A change by its number.
///
/// # Errors
/// A sentence when there is none, or this version does not read it.
pub async fn change(endpoint: &Endpoint, number: u64) -> Result<Change, String> {
    let found = endpoint.account(&address::change(number)).await?;
    let found = found.ok_or(format!(
        "there is no change {number}: it was applied or taken back, or was never proposed; \
         `holdfast change list` shows those that are there"
    ))?;
    decode::change(&found.data)
        .map_err(|_| format!("the change {number} is not one that this version reads"))
}

/// All changes that are there, in the order of their numbers.
///
/// # Errors
/// A sentence when the endpoint does not answer, or this version does not read one.
pub async fn changes(endpoint: &Endpoint) -> Result<Vec<Change>, String> {
    let prefix = <Change as decode::Kind>::DISCRIMINATOR;
    let found = endpoint.heads(&holdfast::ID, prefix, LONGEST).await?;
    let read = found.iter().map(|head| {
        let unread = |_| format!("the change {} is not one that this version reads", head.address);
        decode::change(&head.data).map_err(unread)
    });
    let mut changes = read.collect::<Result<Vec<_>, _>>()?;
    changes.sort_by_key(|change| change.number);
    Ok(changes)
}
