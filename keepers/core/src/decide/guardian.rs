//! Whether to use a guardian's key: the venue is strained for a while on evidence that it cannot
//! have, or has not acted upon.
//!
//! Two conditions count. The prices of all markets that have positions stand still, and so do the
//! feeds themselves: the program sees the chain and no feed by itself. Or slots are slow or skipped by
//! the venue's own rule and thresholds, and the venue is still in its normal state long after it should
//! have noticed. Neither counts where the fault may be the keeper's own, and shelter is never asked
//! for: that stops trading, which is not for one machine to decide.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::Market;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Judgement, Monitor, SKIP_WINDOW, Signal, State};
use holdfast_risk::governance::Budget;

use crate::health::{Diagnosis, Pace};
use crate::{Hours, VenueSnapshot};

/// A condition has to last this long without a pause. In this time the program notices whatever it
/// can notice: 128 blocks pass, and a silence of observers.
pub const LASTING: Millis = Millis(90_000);
/// How long the venue is strained.
pub const STRAINED: Millis = Millis(600_000);
/// Endpoints of use that it takes to be sure that the fault is not the keeper's own.
const AGREEING: usize = 2;

/// Somebody with a guardian's key.
pub struct Guardian {
    key: Pubkey,
    prices: Condition,
    pace: Condition,
}

/// What a guardian looks at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The venue's accounts.
    pub mirror: &'a VenueSnapshot,
    /// When the markets behind feeds are open.
    pub hours: &'a Hours,
    /// What is going on.
    pub diagnosis: &'a Diagnosis,
    /// When the last snapshot was taken, by the keeper's clock.
    pub snapshot: Option<Millis>,
    /// The cluster's clock.
    pub clock: Millis,
    /// The venue's clock.
    pub venue_now: Millis,
    /// The keeper's clock.
    pub now: Millis,
}

/// What follows from a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Nothing,
    /// A snapshot has to confirm it first: a stream may have left something out.
    Confirm,
    /// Strain the venue.
    Tighten,
}

/// Something that may go on.
#[derive(Default)]
struct Condition {
    /// When it began, by the cluster's clock; short pauses do not end it.
    begun: Option<Millis>,
    /// Since when it has been there without a pause, by the keeper's clock.
    since: Option<Millis>,
    /// Since when it is known not to be there.
    gone: Option<Millis>,
}

impl Guardian {
    /// A guardian who has seen nothing yet.
    pub fn new(key: Pubkey) -> Self {
        Self { key, prices: Condition::default(), pace: Condition::default() }
    }

    /// The guardian's key.
    pub const fn key(&self) -> Pubkey {
        self.key
    }

    /// Takes a look. It has to be taken often, whatever comes of it.
    pub fn judge(&mut self, look: &Look) -> Verdict {
        let chain = look.mirror.chain(look.venue_now);
        let sure = is_sure(look.diagnosis);
        let stale = sure.then(|| prices_stand(look.mirror, look.hours, &chain));
        self.prices.see(stale, look);
        let drags = sure.then_some(look.diagnosis.pace).flatten();
        self.pace.see(drags.map(|pace| strains(pace, &chain)), look);
        if chain.monitor.state != State::Normal {
            return Verdict::Nothing;
        }
        let conditions = [&self.prices, &self.pace];
        let lasting = conditions.into_iter().filter(|condition| condition.lasts(look.now));
        let unheard = lasting.filter(|condition| self.may_tighten(condition, look));
        let confirmed = |condition: &Condition| condition.since < look.snapshot;
        match unheard.map(confirmed).max() {
            None => Verdict::Nothing,
            Some(false) => Verdict::Confirm,
            Some(true) => Verdict::Tighten,
        }
    }

    /// Whether the exchange lets this guardian tighten, and none has since the condition began.
    fn may_tighten(&self, condition: &Condition, look: &Look) -> bool {
        let (Some(exchange), Some(begun)) = (&look.mirror.exchange, condition.begun) else {
            return false;
        };
        let guardians = exchange.guardians();
        let heard = guardians.iter().flat_map(|guardian| guardian.tightened_ms);
        let own = guardians.iter().find(|guardian| guardian.key == self.key);
        let left =
            own.is_some_and(|own| Budget(own.tightened_ms.map(Millis)).spend(look.clock).is_ok());
        left && !heard.into_iter().any(|tightened| tightened >= begun.0)
    }
}

impl Condition {
    /// Notes whether it is there; `None`: nobody can tell.
    fn see(&mut self, there: Option<bool>, look: &Look) {
        match there {
            Some(true) => {
                self.gone = None;
                self.begun.get_or_insert(look.clock);
                self.since.get_or_insert(look.now);
            }
            Some(false) => {
                self.since = None;
                let gone = *self.gone.get_or_insert(look.now);
                if look.now.since(gone) >= LASTING {
                    self.begun = None;
                }
            }
            None => self.since = None,
        }
    }

    fn lasts(&self, now: Millis) -> bool {
        self.since.is_some_and(|since| now.since(since) >= LASTING)
    }
}

/// Whether the keeper's own sources are beyond doubt: streams that tell, no fork, no halt, and two
/// endpoints of use.
fn is_sure(diagnosis: &Diagnosis) -> bool {
    let consequence = diagnosis.class.consequence();
    let of_use = diagnosis.endpoints.iter().filter(|fault| fault.is_none()).count();
    consequence.observe && !consequence.poll && of_use >= AGREEING
}

/// Whether no market that has positions has a price within its age limit, and none of its feeds has
/// either. A market of which no feed is known proves nothing, nor does one that is closed.
fn prices_stand(mirror: &VenueSnapshot, hours: &Hours, chain: &Chain) -> bool {
    let traded = |market: &&Market| {
        let idle = market.longs.size == 0 && market.shorts.size == 0;
        !idle && !market.is_settled() && !hours.is_closed(market, chain.now)
    };
    let stands = |market: &Market| {
        let age = Millis(market.terms.age_ms);
        let mut feeds = mirror.feeds_of(market).peekable();
        feeds.peek().is_some()
            && feeds.all(|(_, reading)| chain.now.since(reading.quote.published) > age)
            && !market.valuation(chain.now, chain.monitor.last_disruption).fresh
    };
    let mut markets = mirror.markets.iter().map(|(_, market)| market).filter(traded).peekable();
    markets.peek().is_some() && markets.all(stands)
}

/// Whether the pace strains a chain by the venue's rule, as if the program had measured it: over the
/// keeper's own time instead of the program's window.
fn strains(pace: Pace, chain: &Chain) -> bool {
    let skipped = pace.skipped().saturating_mul(SKIP_WINDOW).checked_div(pace.made);
    let seen = ChainSample {
        slot: chain.monitor.slot.saturating_add(pace.slots),
        clock: chain.now,
        now: chain.now,
        proven: Millis(0),
        restart_slot: chain.monitor.restart_slot,
        skipped: Some(skipped.unwrap_or(u64::MAX)),
    };
    let last = Monitor {
        seen: seen.now,
        slot: seen.slot,
        window_start: Millis(seen.now.0.saturating_sub(pace.time.0)),
        window_slot: chain.monitor.slot,
        window_us: 0,
        ..chain.monitor
    };
    let judged = seen.judge(&last, &chain.thresholds);
    let slow = |signal| matches!(signal, Signal::SlowSlots | Signal::SkippedSlots);
    matches!(judged, Judgement::Strain(signal) | Judgement::Disruption(signal) if slow(signal))
}

#[cfg(test)]
#[path = "guardian_tests.rs"]
mod tests;
