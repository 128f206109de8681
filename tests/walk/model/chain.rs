//! The chain's health and the markets' prices.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_risk::chain::fuse::{Fuses, check_blow};
use holdfast_risk::chain::health::{ChainSample, Monitor, Thresholds, proven_time, skipped};
use holdfast_risk::chain::policy::{Action as Asked, Permit, permit};
use holdfast_risk::market::accrual::{Conditions, refresh};
use holdfast_risk::market::belief::{Moment, StoredPrice, is_sudden, measured_price};
use holdfast_risk::market::exposure::skew;
use holdfast_risk::market::price::{PricePoint, is_ready};
use holdfast_risk::market::reading::{Quote, ReadingError};
use holdfast_risk::market::reference::Observed;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::market::valuation::Valuation;
use holdfast_risk::pool::request::{Closures, closures, is_closed};
use holdfast_risk::{Millis, Price};
use holdfast_testkit::Cluster;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::feed_id;

use super::{Outcome, require};
use crate::state::{MarketBooks, State};

/// The sysvars, as any instruction of this moment sees them.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Slot.
    pub slot: u64,
    /// The cluster's clock, in whole seconds.
    pub clock: Millis,
    skipped: Option<u64>,
}

/// The chain as a guarded instruction sees it.
pub struct Chain {
    /// Stricter of what was observed and what is seen.
    pub monitor: Monitor,
    /// The venue's clock.
    pub now: Millis,
    /// The slot.
    pub slot: u64,
    /// What guardians have taken away.
    pub fuses: Fuses,
    /// When pools were closed.
    pub closures: Closures,
    /// Since when they are, where it is the chain that closes them.
    pub closed: Option<Millis>,
}

impl Look {
    /// Reads the sysvars.
    pub fn at(cluster: &Cluster) -> Self {
        let hashes = cluster.get(&solana_slot_hashes::sysvar::ID).expect("slot hashes").data;
        let slot_of = |index: usize| -> u64 {
            let from = 8 + 40 * index;
            u64::from_le_bytes(hashes[from..from + 8].try_into().expect("eight bytes"))
        };
        let clock = Millis(cluster.now_ms() / 1_000 * 1_000);
        Self { slot: cluster.slot(), clock, skipped: skipped(slot_of(0), slot_of(128)) }
    }

    fn sighting(&self, last: &Monitor, proven: Millis) -> ChainSample {
        let now = last.now(self.clock, self.slot, proven);
        let (slot, clock, skipped) = (self.slot, self.clock, self.skipped);
        ChainSample { slot, clock, now, proven, restart_slot: Some(0), skipped }
    }
}

impl Chain {
    /// How far an action is allowed.
    pub fn require(&self, asked: Asked) -> Outcome<Permit> {
        require(!self.fuses.take(asked), HoldfastError::FuseBlown)?;
        let permit = permit(asked, self.monitor.state);
        require(permit != Permit::Refused, HoldfastError::ChainNotReady)?;
        Ok(permit)
    }

    /// When a market's prices are looked at, and its limits on them.
    pub fn moment(&self, market: &MarketBooks, terms: &MarketTerms) -> Moment {
        Moment {
            now: market.now(self.now),
            last_disruption: self.monitor.last_disruption,
            age: terms.quotes.age,
            decide_within: terms.decide_within,
        }
    }

    /// How far a market's newest price is believed.
    pub fn valuation(&self, market: &MarketBooks, terms: &MarketTerms) -> Valuation {
        let (newest, at) = (market.newest_stored(), self.moment(market, terms));
        let before = || market.recent.iter().skip(1).copied();
        let per_minute = || market.accruals.volatility.per_minute().max(terms.tier_volatility);
        let (width, maintenance) = (terms.band.width, terms.ratios.maintenance);
        Valuation::new(&newest, before, &market.reference, &at, width, maintenance, per_minute)
    }

    /// A market's newest price, if it is fresh and believed.
    pub fn fresh(&self, market: &MarketBooks, terms: &MarketTerms) -> Outcome<PricePoint> {
        let valuation = self.valuation(market, terms);
        require(valuation.fresh && market.newest().low.0 > 0, HoldfastError::StalePrice)?;
        require(valuation.is_certain(), HoldfastError::PriceOutsideBand)?;
        Ok(market.newest())
    }

    /// Whether a market has had enough prices since the last break.
    pub fn is_ready(&self, market: &MarketBooks) -> bool {
        let believed = market.recent.iter().filter(|stored| stored.believed);
        is_ready(believed.map(|stored| stored.point), self.monitor.last_disruption)
    }
}

impl State {
    /// What a guarded instruction acts on.
    pub fn guard(&self, look: &Look) -> Chain {
        let seen = look.sighting(&self.monitor, Millis(0));
        let monitor = self.monitor.guard(&seen, &Thresholds::default());
        let fuses = self.fuses(look.clock);
        let closure = self.closure.guard(&self.monitor, &monitor);
        let closures = closures(closure, &self.blows, monitor.lead);
        let closed = is_closed(monitor.state).then_some(closure.from);
        Chain { monitor, now: seen.now, slot: look.slot, fuses, closures, closed }
    }

    pub(super) fn blow(&mut self, second: usize, families: u8, ms: u64, look: &Look) -> Outcome {
        require(second != 0, HoldfastError::NotGuardian)?;
        require((1..=7).contains(&families), HoldfastError::TermsOutOfBounds)?;
        check_blow(Millis(ms)).map_err(HoldfastError::from)?;
        let fuses = self.fuses(look.clock).or(Fuses::from_bits(families));
        self.blows = self.blows.blow(fuses, look.clock, Millis(ms)).map_err(HoldfastError::from)?;
        self.families = fuses.bits();
        Ok(())
    }

    pub(super) fn observe(&mut self, with_markets: bool, look: &Look) -> Outcome {
        let (mut published, limits) = (self.published, Thresholds::default());
        for (index, market) in self.markets.iter().enumerate().filter(|_| with_markets) {
            published.learn(feed_id(index), market.seen);
        }
        let from = look.clock.min(self.monitor.seen).since(limits.blackout);
        let seen = look.sighting(&self.monitor, proven_time(&[published], from));
        if !self.monitor.is_due(seen.now, seen.slot) {
            // What is learned is kept at any time.
            require(published != self.published, HoldfastError::SampleTooSoon)?;
            self.published = published;
            return Ok(());
        }
        let after = self.monitor.step(&seen, &limits).0;
        self.closure = self.closure.step(&self.monitor, &after);
        (self.monitor, self.published) = (after, published);
        Ok(())
    }

    pub(super) fn refresh(
        &mut self,
        index: usize,
        published: Published,
        look: &Look,
        terms: &MarketTerms,
    ) -> Outcome {
        let chain = self.guard(look);
        let (open, liquidity) = (self.open, self.ledger.liquidity);
        let market = &mut self.markets[index];
        let quote = Quote {
            price: Price(published.price),
            confidence: Price(published.confidence),
            published: Millis(published.at_ms / 1_000 * 1_000),
        };
        let judged =
            quote.check(market.published, chain.monitor.last_disruption, chain.now, terms.quotes);
        if judged == Err(ReadingError::Future) && quote.published > market.seen {
            market.seen = quote.published;
            return Ok(());
        }
        judged?;
        market.published = quote.published;
        market.seen = market.seen.max(quote.published);
        let (previous, last_disruption) =
            (market.newest().published, chain.monitor.last_disruption);
        let point = PricePoint::exact(quote.price, quote.published);
        let (now, age) = (chain.now.max(point.published), terms.quotes.age);
        let seen = Observed { point, previous, now, last_disruption, age };
        market.reference = market.reference.follow(seen, terms.band)?;
        // One feed: a band that is left yields to nobody's confirmation.
        let believed = market.reference.believes(point, terms.band.width, false, now);
        let (before, at) = (market.newest_stored(), chain.moment(market, terms));
        let at = Moment { now, ..at };
        let sudden = is_sudden(point, &before, &at, terms.band.width);
        let stored = StoredPrice { point, lag: now.since(point.published), believed, sudden };
        market.push(stored);
        let (from, edges) =
            (market.accruals.volatility.price, market.reference.band(terms.band.width));
        let measured = measured_price(&stored, &before, from, &at, edges);
        let conditions = Conditions {
            skew: skew(market.longs.size, market.shorts.size)?,
            open,
            liquidity,
            last_disruption,
            sheltered: chain.monitor.is_disrupted(),
        };
        market.accruals = refresh(&market.accruals, conditions, measured, now, terms)?;
        Ok(())
    }
}
