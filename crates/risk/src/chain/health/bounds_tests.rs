//! Every legal setting lets a healthy chain be Normal: the corners of the bounds, searched. A setting
//! beyond them is named.

extern crate std;
use std::vec::Vec;

use super::{ChainSample, Monitor, SKIP_WINDOW, State, Thresholds};
use crate::units::{Bps, Millis};

const START: u64 = 1_700_000_000_000;
/// Leaders that make none of their four slots, in a hundred.
const FAILING: u64 = 5;
/// A slot that brings a block.
const FIRST_SLOT: u64 = 10_004;

/// A healthy chain as its sysvars show it: a clock of whole seconds, and leaders that fail now and
/// then, spread over the schedule.
struct Healthy {
    slot_ms: u64,
    passed: u64,
}

impl Healthy {
    fn skips(slot: u64) -> bool {
        slot / 4 * 37 % 100 < FAILING
    }

    /// The newest block once `ms` have passed, and how many slots the newest blocks skipped.
    fn look(&mut self, ms: u64, last: &Monitor) -> ChainSample {
        self.passed += ms;
        let made = |slot: &u64| !Self::skips(*slot);
        let tip =
            (0..=FIRST_SLOT + self.passed / self.slot_ms).rev().find(made).unwrap_or_default();
        let mut blocks = (0..tip).rev().filter(made);
        let newest = blocks.next().unwrap_or_default();
        let older = blocks.nth(SKIP_WINDOW as usize - 1).unwrap_or_default();
        let made_ms = (tip - FIRST_SLOT) * self.slot_ms;
        let clock = Millis((START + made_ms) / 1_000 * 1_000);
        ChainSample {
            slot: tip,
            clock,
            now: last.now(clock, tip, Millis(0)),
            proven: clock,
            restart_slot: Some(0),
            skipped: super::skipped(newest, older),
        }
    }
}

/// Both ends of everything that decides whether a signal is good, and what lies beyond them, where
/// `check` takes it.
fn corners() -> Vec<Thresholds> {
    let mut found = Vec::new();
    for slow in [11_000, 12_500, 30_000] {
        for (slow_over, crawling) in [
            (10_001, slow + 1),
            (10_001, u16::MAX),
            (11_501, 25_000),
            (slow - 1, 25_000),
            (11_501, slow + 1),
        ] {
            for failing in [3, 3_000, 9_000] {
                for (skipping, skipping_over) in
                    [(2, 1), (1_001, 1_000), (failing - 1, 1_000), (failing - 1, failing - 2)]
                {
                    found.push(Thresholds {
                        slow: Bps(slow),
                        slow_over: Bps(slow_over),
                        crawling: Bps(crawling),
                        skipping: Bps(skipping),
                        skipping_over: Bps(skipping_over),
                        failing: Bps(failing),
                        ..Thresholds::default()
                    });
                }
            }
        }
    }
    found.retain(|limits| limits.check().is_ok());
    found
}

/// The longest times with the shortest gap, and the other way round.
fn with_times(limits: &Thresholds) -> [Thresholds; 2] {
    let minute = Millis(60_000);
    let (hour, ten_minutes) = (Millis(3_600_000), Millis(600_000));
    let short = Thresholds {
        gap: Millis(5_000),
        silence: Millis(20_000),
        blackout: minute,
        hold: Millis(40_000),
        grace: minute,
        restart_grace: minute,
        thaw: minute,
        ..*limits
    };
    let long = Thresholds {
        gap: Millis(5_000),
        silence: Millis(300_000),
        blackout: ten_minutes,
        hold: ten_minutes,
        grace: hour,
        restart_grace: hour,
        thaw: hour,
        ..*limits
    };
    [short, long]
}

/// Lets a venue in shelter, used to slots of `baseline_ms`, see a healthy chain at the keepers'
/// cadence, for twice as long as the ladder takes and an hour in which it learns what slots take. When it was Normal first, and the strictest state after that.
fn climb(limits: &Thresholds, slot_ms: u64, baseline_ms: u32) -> (Option<u64>, State) {
    let mut chain = Healthy { slot_ms, passed: 0 };
    let first = chain.look(0, &Monitor::new(&ChainSample::default()));
    let mut monitor = Monitor {
        state: State::Shelter,
        until: first.now.after(limits.grace),
        last_disruption: first.now,
        baseline_us: baseline_ms * 1_000,
        ..Monitor::new(&first)
    };
    let cadence = (limits.silence.0 / 10).max(2_400);
    let (mut normal, mut strictest) = (None, State::Normal);
    let ladder = limits.grace.0 + limits.thaw.0 + limits.hold.0;
    while chain.passed < 2 * ladder + 3_600_000 {
        let seen = chain.look(cadence, &monitor);
        if monitor.is_due(seen.now, seen.slot, limits) {
            monitor = monitor.step(&seen, limits).0;
        }
        match (normal, monitor.state) {
            (None, State::Normal) => normal = Some(chain.passed),
            (Some(_), state) => strictest = strictest.max(state),
            _ => {}
        }
    }
    (normal, strictest)
}

#[test]
fn normal_is_reached_and_kept_within_all_bounds_on_a_healthy_chain() {
    let corners = corners();
    assert!(corners.len() >= 10, "{}", corners.len());
    // The tightest decide; the others are tried where slots have just doubled.
    for limits in corners.iter().flat_map(with_times) {
        let tight = limits.slow_over <= Bps(11_501) && limits.skipping <= Bps(1_001);
        let paces: &[u64] = if tight { &[200, 250, 300, 350, 400] } else { &[400] };
        let known: &[u32] = if tight { &[200, 400] } else { &[200] };
        for (&slot_ms, &baseline_ms) in
            paces.iter().flat_map(|slot| known.iter().map(move |known| (slot, known)))
        {
            let (normal, strictest) = climb(&limits, slot_ms, baseline_ms);
            let at = (slot_ms, baseline_ms, limits);
            assert!(normal.is_some(), "{at:?}");
            assert_eq!(strictest, State::Normal, "{at:?}");
        }
    }
}

#[test]
fn the_threshold_that_leaves_its_bounds_is_named() {
    let preset = Thresholds::default();
    assert_eq!(preset.check(), Ok(()));
    let beyond = [
        ("slow_bps", Thresholds { slow: Bps(0), ..preset }),
        ("slow_bps", Thresholds { slow: Bps(30_001), ..preset }),
        ("slow_over_bps", Thresholds { slow_over: Bps(11_500), ..preset }),
        ("slow_over_bps", Thresholds { slow_over: preset.slow, ..preset }),
        ("crawling_bps", Thresholds { crawling: Bps(24_999), ..preset }),
        ("failing_bps", Thresholds { failing: Bps(2_999), ..preset }),
        ("failing_bps", Thresholds { failing: Bps(9_001), ..preset }),
        ("skipping_bps", Thresholds { skipping: Bps(0), ..preset }),
        ("skipping_bps", Thresholds { skipping: Bps(1_000), ..preset }),
        ("skipping_bps", Thresholds { skipping: preset.failing, ..preset }),
        ("skipping_over_bps", Thresholds { skipping_over: Bps(999), ..preset }),
        ("skipping_over_bps", Thresholds { skipping_over: preset.skipping, ..preset }),
        ("gap_ms", Thresholds { gap: Millis(4_999), ..preset }),
        ("silence_ms", Thresholds { silence: Millis(300_001), ..preset }),
        ("blackout_ms", Thresholds { blackout: Millis(119_999), ..preset }),
        ("hold_ms", Thresholds { hold: Millis(39_999), ..preset }),
        ("grace_ms", Thresholds { grace: Millis(59_999), ..preset }),
        ("restart_grace_ms", Thresholds { restart_grace: Millis(3_600_001), ..preset }),
        ("thaw_ms", Thresholds { thaw: Millis(0), ..preset }),
    ];
    for (setting, limits) in beyond {
        assert_eq!(limits.check().map_err(|out| out.setting), Err(setting), "{limits:?}");
    }
}
