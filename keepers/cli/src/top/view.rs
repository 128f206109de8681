//! What the dashboard shows: plain values, taken from a keeper.

use std::cmp::Reverse;

use holdfast_client::holdfast::account_health::{self, Purpose};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{MarginAccount, Market};
use holdfast_client::{Pubkey, standing};
use holdfast_keeper_core::health::{ChainCondition, EndpointFault};
use holdfast_keeper_core::keeper::Keeper;
use holdfast_keeper_core::{Intent, VenueSnapshot};
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;
use serde::{Serialize, Serializer};

use super::landing::Landing;
use crate::render::name;

/// Candidates shown, at most.
const CANDIDATES: usize = 50;
/// Things to do shown, at most.
const DUE: usize = 100;

/// One look at the venue. Times are milliseconds of the venue's clock; amounts, prices and sizes are
/// millionths.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The silo's number.
    pub silo: u16,
    /// The newest slot known.
    pub slot: u64,
    /// The venue's clock.
    pub now_ms: u64,
    /// What is going on, as a keeper judges it from here.
    #[serde(serialize_with = "class_name")]
    pub class: ChainCondition,
    /// Whether a keeper would do its work from here.
    pub ready: bool,
    /// RPC endpoints, in the order of the settings.
    pub endpoints: Vec<Source>,
    /// Streams, in the order of the settings.
    pub streams: Vec<Source>,
    /// Mean slot duration lately, as seen from here, microseconds.
    pub slot_us: Option<u64>,
    /// Slots skipped lately, as seen from here, basis points.
    pub skipped_bps: Option<u64>,
    /// What the venue knows of the chain; not known before the first snapshot.
    pub chain: Option<ChainView>,
    /// Markets by index.
    pub markets: Vec<MarketView>,
    /// Accounts nearest to liquidation, the nearest first.
    pub candidates: Vec<Candidate>,
    /// The first things to do, the most urgent first.
    pub due: Vec<Due>,
    /// How much there is to do in all.
    pub due_in_all: usize,
    /// What the keeper asked about landed.
    pub landing: Landing,
}

/// An endpoint or a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Where it is, without keys.
    pub place: String,
    /// Why it is of no use, if it is not.
    pub fault: Option<&'static str>,
}

/// What the venue knows of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainView {
    /// Its state.
    #[serde(serialize_with = "state_code")]
    pub state: State,
    /// Since when.
    pub since_ms: u64,
    /// Until when it is held at least; zero where it is not.
    pub until_ms: u64,
    /// The last disruption; zero: never.
    pub last_disruption_ms: u64,
    /// The last observation.
    pub observed_ms: u64,
    /// How far the venue's clock led the cluster's then.
    pub lead_ms: u64,
    /// What a slot usually takes, microseconds.
    pub baseline_us: u32,
    /// Mean slot duration of the last whole window, microseconds; zero before the first.
    pub window_us: u32,
    /// Slots skipped over the newest 128 blocks at the last observation.
    pub skipped: Option<u64>,
    /// The restart it knows of.
    pub restart_slot: Option<u64>,
}

/// A market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MarketView {
    /// Its index in the silo.
    pub index: u8,
    /// Its name.
    pub name: String,
    /// Its newest price; zero before the first.
    pub price: u64,
    /// When that was published.
    pub published_ms: u64,
    /// The slow reference price.
    pub reference: u64,
    /// Lower edge of the band around it.
    pub band_low: u64,
    /// Upper edge.
    pub band_high: u64,
    /// All long positions, base units.
    pub longs: u64,
    /// All short positions, base units.
    pub shorts: u64,
    /// How it stands.
    pub standing: MarketStanding,
}

/// How a market stands, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketStanding {
    /// It trades.
    Ready,
    /// Its price is outside the band.
    OutsideBand,
    /// It waits for enough prices since the chain's last disruption.
    Waiting,
    /// Its price is too old.
    Stale,
    /// Notice of settlement was given.
    Settling,
    /// It trades no more.
    Settled,
}

/// An account near liquidation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Its address.
    pub account: String,
    /// What it is worth.
    pub equity: i64,
    /// What it has to be worth.
    pub maintenance: u64,
    /// When it was flagged; zero: it is not.
    pub flagged_ms: u64,
    /// Markets it has positions in.
    pub markets: Vec<u8>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// What.
    pub what: &'static str,
    /// About which account or request.
    pub account: Option<String>,
    /// In which market.
    pub market: Option<u8>,
}

/// Where endpoints and streams are, without keys.
pub struct Places {
    /// Endpoints.
    pub endpoints: Vec<String>,
    /// Streams.
    pub streams: Vec<String>,
}

impl View {
    /// What a keeper sees at `now` of its own clock.
    pub fn new(keeper: &Keeper, silo: u16, places: &Places, landing: Landing, now: Millis) -> Self {
        let report = keeper.report(now);
        let diagnosis = &report.diagnosis;
        let faults = diagnosis.endpoints.iter().map(|fault| fault.map(fault_name));
        let silent = diagnosis.silent.iter().map(|silent| silent.then_some("silent"));
        let chain = keeper.mirror().map(|mirror| (mirror, mirror.chain(report.venue_now)));
        let markets = |(mirror, chain): &(&VenueSnapshot, Chain)| {
            mirror.markets.iter().map(|(_, market)| MarketView::new(market, chain)).collect()
        };
        let pace = diagnosis.pace;
        Self {
            silo,
            slot: report.slot,
            now_ms: report.venue_now.0,
            class: diagnosis.class,
            ready: report.ready,
            endpoints: sources(&places.endpoints, faults),
            streams: sources(&places.streams, silent),
            slot_us: pace.map(|pace| pace.slot_us()),
            skipped_bps: pace.map(|pace| pace.skipped() * 10_000 / pace.slots.max(1)),
            chain: chain.as_ref().map(|(mirror, chain)| ChainView::new(mirror, chain)),
            markets: chain.as_ref().map(markets).unwrap_or_default(),
            candidates: chain
                .map(|(mirror, chain)| candidates(keeper, mirror, &chain))
                .unwrap_or_default(),
            due: keeper.due().iter().take(DUE).map(Due::from).collect(),
            due_in_all: keeper.due().len(),
            landing,
        }
    }
}

fn sources(places: &[String], faults: impl Iterator<Item = Option<&'static str>>) -> Vec<Source> {
    let pairs = places.iter().cloned().zip(faults);
    pairs.map(|(place, fault)| Source { place, fault }).collect()
}

const fn fault_name(fault: EndpointFault) -> &'static str {
    match fault {
        EndpointFault::Silent => "silent",
        EndpointFault::Frozen => "frozen",
        EndpointFault::Behind => "behind",
        EndpointFault::Absurd => "absurd",
        EndpointFault::OtherCluster => "shows another cluster",
    }
}

/// A state's name.
pub const fn state_name(state: State) -> &'static str {
    match state {
        State::Normal => "normal",
        State::Strained => "strained",
        State::Throttled => "throttled",
        State::Thaw => "thaw",
        State::Shelter => "shelter",
    }
}

fn state_code<S: Serializer>(state: &State, into: S) -> Result<S::Ok, S::Error> {
    into.serialize_str(state_name(*state))
}

fn class_name<S: Serializer>(class: &ChainCondition, into: S) -> Result<S::Ok, S::Error> {
    into.serialize_str(class.name())
}

impl ChainView {
    fn new(mirror: &VenueSnapshot, chain: &Chain) -> Self {
        let (health, monitor) = (&mirror.chain_health, &chain.monitor);
        let newest = health.samples.get(usize::from(health.newest)).filter(|_| health.count > 0);
        Self {
            state: monitor.state,
            since_ms: monitor.since.0,
            until_ms: monitor.until.0,
            last_disruption_ms: monitor.last_disruption.0,
            observed_ms: monitor.seen.0,
            lead_ms: monitor.lead.0,
            baseline_us: monitor.baseline_us,
            window_us: monitor.window_us,
            skipped: newest.map(|sample| sample.skipped).filter(|skipped| *skipped != u64::MAX),
            restart_slot: monitor.restart_slot,
        }
    }
}

impl MarketView {
    fn new(market: &Market, chain: &Chain) -> Self {
        let mark = market.valuation(chain.now, chain.monitor.last_disruption);
        let standing = if market.is_settled() {
            MarketStanding::Settled
        } else if market.settles_ms > 0 {
            MarketStanding::Settling
        } else if !mark.fresh {
            MarketStanding::Stale
        } else if !market.is_ready(chain.monitor.last_disruption) {
            MarketStanding::Waiting
        } else if !mark.believed {
            MarketStanding::OutsideBand
        } else {
            MarketStanding::Ready
        };
        let newest = if market.is_settled() { mark.against } else { market.newest_price() };
        Self {
            index: market.index,
            name: name(&market.name),
            price: newest.middle().0,
            published_ms: newest.published.0,
            reference: market.reference_price,
            band_low: mark.band.low.0,
            band_high: mark.band.high.0,
            longs: market.longs.size,
            shorts: market.shorts.size,
            standing,
        }
    }

    /// How much more is long than short, per cent of both; negative when more is short.
    pub fn skew_percent(&self) -> i64 {
        let (longs, shorts) = (i128::from(self.longs), i128::from(self.shorts));
        let skew = ((longs - shorts) * 100).checked_div(longs + shorts);
        skew.and_then(|skew| i64::try_from(skew).ok()).unwrap_or_default()
    }

    /// How far the price is from the reference, basis points; `None` while there is none.
    pub fn off_reference_bps(&self) -> Option<i64> {
        let (price, reference) = (i128::from(self.price), i128::from(self.reference));
        let off = ((price - reference) * 10_000).checked_div(reference)?;
        i64::try_from(off).ok()
    }
}

impl MarketStanding {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::OutsideBand => "off band",
            Self::Waiting => "waiting",
            Self::Stale => "stale",
            Self::Settling => "settling",
            Self::Settled => "settled",
        }
    }
}

/// Accounts nearest to liquidation by what the index knows, judged as a liquidation would.
fn candidates(keeper: &Keeper, mirror: &VenueSnapshot, chain: &Chain) -> Vec<Candidate> {
    let near = keeper.nearest(CANDIDATES);
    let known = |address: &Pubkey| {
        let account = mirror.accounts.get(address)?;
        Candidate::new(address, account, mirror, chain)
    };
    let mut candidates: Vec<_> = near.iter().filter_map(known).collect();
    candidates.sort_by_key(|candidate| (candidate.margin_bps(), Reverse(candidate.maintenance)));
    candidates.truncate(CANDIDATES);
    candidates
}

impl Candidate {
    fn new(
        address: &Pubkey,
        account: &MarginAccount,
        mirror: &VenueSnapshot,
        chain: &Chain,
    ) -> Option<Self> {
        let worth = |market: &Market| {
            account_health::valuation_price(
                &account.position(market.index),
                market,
                chain,
                Purpose::Liquidation,
            )
        };
        let health = standing::health(account, |index| mirror.market(index), worth).ok()??;
        (account.open_markets != 0).then(|| Self {
            account: address.to_string(),
            equity: health.equity.0,
            maintenance: health.maintenance.0,
            flagged_ms: account.flagged_ms,
            markets: account.open_indices().collect(),
        })
    }

    /// Equity over maintenance, basis points: below 10,000 the account fails.
    pub fn margin_bps(&self) -> i64 {
        let margin = (i128::from(self.equity) * 10_000).checked_div(self.maintenance.into());
        margin.map_or(i64::MAX, |margin| i64::try_from(margin).unwrap_or(i64::MAX))
    }
}

impl From<&Intent> for Due {
    fn from(intent: &Intent) -> Self {
        let (what, request, market) = match *intent {
            Intent::Liquidate { market, .. } => ("liquidate", None, Some(market)),
            Intent::Flag { .. } => ("flag", None, None),
            Intent::ExecuteOrder { market, .. } => ("execute order", None, Some(market)),
            Intent::TriggerOrder { market, .. } => ("trigger order", None, Some(market)),
            Intent::RemoveOrder { market, .. } => ("remove order", None, Some(market)),
            Intent::MatureProfit { .. } => ("mature profit", None, None),
            Intent::PayExit { .. } => ("pay exit", None, None),
            Intent::WriteOffDebt { .. } => ("write off debt", None, None),
            Intent::ReturnPool { request } => ("return request", Some(request), None),
            Intent::ExecutePool { request } => ("pool request", Some(request), None),
            Intent::Reconcile => ("reconcile", None, None),
            Intent::RefreshMarket { market } => ("refresh", None, Some(market)),
            Intent::BringPrice { market, .. } => ("bring price", None, Some(market)),
            Intent::AnnounceSettlement { market } => ("announce settlement", None, Some(market)),
            Intent::SettleMarket { market } => ("settle market", None, Some(market)),
            Intent::SettlePosition { market, .. } => ("settle position", None, Some(market)),
            Intent::Observe => ("observe", None, None),
            Intent::Tighten { .. } => ("tighten", None, None),
            Intent::CancelChange { .. } => ("take change back", None, None),
            Intent::Guard { step, .. } => ("guard", None, step.market()),
        };
        let account = intent.account().or(request).map(|address| address.to_string());
        Self { what, account, market }
    }
}
