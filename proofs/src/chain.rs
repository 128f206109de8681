//! The venue's view of the chain only ever gets stricter at a look, and looser with time.

use holdfast_risk::chain::health::{ChainSample, Monitor, State, Thresholds};
use holdfast_risk::{Bps, Millis};

use crate::given::{Answer, Given, claim};
use crate::governance::state;

/// Any memory of the chain.
pub fn monitor(given: &mut Given) -> Monitor {
    Monitor {
        state: state(given),
        since: Millis(given.u64()),
        until: Millis(given.u64()),
        unrest: Millis(given.u64()),
        last_disruption: Millis(given.u64()),
        seen: Millis(given.u64()),
        lead: Millis(given.u64()),
        slot: given.u64(),
        restart_slot: if given.bool() { Some(given.u64()) } else { None },
        window_start: Millis(given.u64()),
        window_slot: given.u64(),
        window_us: given.u32(),
        baseline_us: given.u32(),
        proven: given.bool(),
    }
}

/// Any look at the chain.
fn sample(given: &mut Given) -> ChainSample {
    ChainSample {
        slot: given.u64(),
        clock: Millis(given.u64()),
        now: Millis(given.u64()),
        restart_slot: if given.bool() { Some(given.u64()) } else { None },
        proven: Millis(given.u64()),
        skipped: if given.bool() { Some(given.u64()) } else { None },
    }
}

/// Any thresholds.
fn thresholds(given: &mut Given) -> Thresholds {
    Thresholds {
        slow: Bps(given.u16()),
        slow_over: Bps(given.u16()),
        crawling: Bps(given.u16()),
        skipping: Bps(given.u16()),
        skipping_over: Bps(given.u16()),
        failing: Bps(given.u16()),
        gap: Millis(given.u64()),
        silence: Millis(given.u64()),
        blackout: Millis(given.u64()),
        hold: Millis(given.u64()),
        grace: Millis(given.u64()),
        restart_grace: Millis(given.u64()),
        thaw: Millis(given.u64()),
    }
}

/// An instruction never acts in a looser state than the one that was stored.
pub fn a_look_never_loosens(given: &mut Given) -> Answer {
    let (monitor, sample, limits) = (monitor(given), sample(given), thresholds(given));
    claim(monitor.guard(&sample, &limits).state >= monitor.state)
}

/// A guardian only makes the venue stricter, or strict for longer, and lengthens no disruption's Shelter.
pub fn a_guardian_only_tightens(given: &mut Given) -> Answer {
    let (monitor, state) = (monitor(given), state(given));
    let (now, lasts) = (given.u64(), given.u64());
    let until = now.saturating_add(lasts);
    let rung = state == State::Strained || state == State::Shelter;
    let longer = state == monitor.state && until > monitor.until.0 && !monitor.is_disrupted();
    let Some((after, transition)) = monitor.tighten(state, Millis(now), Millis(lasts)) else {
        return claim(!rung || !(state > monitor.state || longer));
    };
    claim(rung && (state > monitor.state || longer))?;
    claim(after.state == state && after.until.0 == until.max(monitor.until.0))?;
    claim(transition.from == monitor.state && transition.to == state)?;
    claim(after.last_disruption == monitor.last_disruption)?;
    claim(after.since.0 == if longer { monitor.since.0 } else { now })
}

/// The venue's clock is never behind the cluster's, nor behind what prices prove, unless they prove
/// too much; and no further ahead than the lead, or that proof.
pub fn the_clock_is_bounded(given: &mut Given) -> Answer {
    let monitor = monitor(given);
    let (clock, slot, proven) = (given.u64(), given.u64(), given.u64());
    let now = monitor.now(Millis(clock), slot, Millis(proven)).0;
    claim(now >= clock)?;
    let believed = proven <= clock.saturating_add(86_400_000);
    claim(!believed || now >= proven)?;
    let led = clock.saturating_add(monitor.lead.0);
    claim(now <= led || (believed && now == proven))
}
