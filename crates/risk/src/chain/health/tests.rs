extern crate std;
use std::vec;

use super::{ChainSample, Monitor, Signal, State, Thresholds, Transition, skipped};
use crate::units::{Bps, Millis};

const START: u64 = 1_700_000_000_000;

/// A chain whose clock and slots we move.
pub(super) struct Chain {
    pub(super) seen: ChainSample,
    pub(super) monitor: Monitor,
    pub(super) limits: Thresholds,
}

impl Chain {
    /// A venue that knows the time from prices.
    pub(super) fn new() -> Self {
        let fresh = Self::fresh();
        Self { monitor: Monitor { proven: true, ..fresh.monitor }, ..fresh }
    }

    /// A venue that has just begun.
    pub(super) fn fresh() -> Self {
        let seen = ChainSample {
            slot: 1_000,
            clock: Millis(START),
            now: Millis(START),
            proven: Millis(0),
            restart_slot: Some(0),
            skipped: Some(0),
        };
        Self { seen, monitor: Monitor::new(&seen), limits: Thresholds::default() }
    }

    /// Lets `ms` pass in `slots` slots and looks.
    pub(super) fn pass(&mut self, ms: u64, slots: u64) -> Option<Transition> {
        self.pass_priced(ms, slots, Millis(0))
    }

    /// The same, with prices that prove a time.
    pub(super) fn pass_priced(
        &mut self,
        ms: u64,
        slots: u64,
        proven: Millis,
    ) -> Option<Transition> {
        self.seen.slot += slots;
        self.seen.clock = Millis(self.seen.clock.0 + ms);
        self.seen.now = self.monitor.now(self.seen.clock, self.seen.slot, proven);
        self.seen.proven = proven;
        let (after, transition) = self.monitor.step(&self.seen, &self.limits);
        self.monitor = after;
        transition
    }

    /// Lets `seconds` pass at `slot_ms` a slot, looking every five seconds.
    pub(super) fn run(&mut self, seconds: u64, slot_ms: u64) {
        for _ in 0..seconds / 5 {
            self.pass(5_000, 5_000 / slot_ms);
        }
    }

    /// The next look may find that the cluster was restarted.
    pub(super) fn restart_if(&mut self, restarts: bool) {
        let before = self.seen.restart_slot.unwrap_or_default();
        self.seen.restart_slot = Some(before + u64::from(restarts));
    }

    pub(super) fn state(&self) -> State {
        self.monitor.state
    }
}

#[test]
fn every_slot_duration_on_the_way_down_and_back_settles() {
    let mut chain = Chain::new();
    for slot_ms in [400, 350, 300, 250, 200, 250, 300, 350, 400] {
        chain.run(3_600, slot_ms);
        assert_eq!(chain.state(), State::Normal, "{slot_ms} ms");
    }
}

#[test]
fn a_rollback_from_200_to_400_ms_strains_and_settles_but_never_shelters() {
    let mut chain = Chain::new();
    chain.run(7_200, 200);
    let mut strained = false;
    for _ in 0..720 {
        chain.pass(5_000, 12);
        assert!(chain.state() <= State::Strained);
        strained |= chain.state() == State::Strained;
    }
    assert!(strained);
    assert_eq!(chain.state(), State::Normal);
}

#[test]
fn a_halt_is_seen_in_its_first_look_and_left_rung_by_rung() {
    let mut chain = Chain::new();
    chain.run(60, 400);
    let last_disruption = chain.pass(3_600_000, 2).unwrap();
    assert_eq!((last_disruption.from, last_disruption.to), (State::Normal, State::Shelter));
    assert_eq!(last_disruption.signal, Some(Signal::Gap));
    assert_eq!(chain.monitor.last_disruption, chain.seen.now);
    let mut states = vec![chain.state()];
    for _ in 0..300 {
        chain.pass(5_000, 12);
        if chain.state() != *states.last().unwrap() {
            states.push(chain.state());
        }
    }
    assert_eq!(states, [State::Shelter, State::Thaw, State::Throttled, State::Normal]);
}

#[test]
fn the_edges_of_a_gap() {
    for (missing, slots, is_gap) in [
        (10_399, 1, false),
        (10_400, 1, true),
        (14_000, 10, true),
        (14_000, 11, false),
        (31_000, 50, false),
        (19_999, 25, false),
        (20_000, 25, true),
        (96_000, 90, true),
        (119_999, 150, false),
        (120_000, 150, true),
    ] {
        let mut chain = Chain::new();
        let found = chain.pass(missing, slots).is_some_and(|found| found.to == State::Shelter);
        assert_eq!(found, is_gap, "{missing} ms in {slots} slots");
    }
}

#[test]
fn a_short_gap_is_one_disruption_and_not_slow_slots_as_well() {
    let mut chain = Chain::new();
    chain.run(65, 400);
    chain.pass(12_000, 1);
    let last_disruption = chain.monitor.last_disruption;
    assert_eq!((chain.monitor.window_us, chain.monitor.window_start), (0, last_disruption));
    chain.run(120, 400);
    assert_eq!(chain.monitor.last_disruption, last_disruption);
    assert!(chain.monitor.window_us < 450_000);
}

/// Otherwise no price would ever be from after the disruption, and nobody could leave.
#[test]
fn a_chain_that_goes_on_crawling_or_failing_is_disrupted_once_and_shelters_until_it_is_over() {
    let crawls = |chain: &mut Chain| {
        chain.pass(10_000, 7);
    };
    let fails = |chain: &mut Chain| {
        chain.seen.skipped = Some(200);
        chain.pass(5_000, 12);
    };
    for worsens in [crawls as fn(&mut Chain), fails] {
        let mut chain = Chain::new();
        while chain.state() != State::Shelter {
            worsens(&mut chain);
        }
        let (last_disruption, until) = (chain.monitor.last_disruption, chain.monitor.until);
        for _ in 0..30 {
            worsens(&mut chain);
        }
        assert_eq!(
            (chain.state(), chain.monitor.last_disruption),
            (State::Shelter, last_disruption)
        );
        assert!(chain.monitor.until > until);
        chain.pass(60_000, 1);
        assert_eq!(
            chain.monitor.last_disruption, chain.seen.now,
            "a halt is a disruption of its own"
        );
    }
}

#[test]
fn what_slots_took_before_a_halt_and_during_it_is_forgotten() {
    for (slot_ms, before) in [(700, 60), (400, 15)] {
        let mut chain = Chain::new();
        chain.run(before, slot_ms);
        let baseline = chain.monitor.baseline_us;
        chain.pass(60_000, 1);
        assert_eq!(chain.monitor.baseline_us, baseline);
        assert_eq!((chain.state(), chain.monitor.window_us), (State::Shelter, 0));
        let (last_disruption, start) = (chain.monitor.last_disruption, chain.monitor.window_start);
        assert_eq!(start, last_disruption);
        chain.run(20, 400);
        assert!(chain.monitor.window_us < 450_000);
    }
}

#[test]
fn throttling_lasts_as_long_as_signals_are_bad() {
    let mut chain = Chain::new();
    chain.pass(60_000, 1);
    chain.run(905, 400);
    assert_eq!(chain.state(), State::Throttled);
    chain.seen.skipped = Some(40);
    chain.run(600, 400);
    assert_eq!(chain.state(), State::Throttled);
    chain.seen.skipped = Some(0);
    chain.run(55, 400);
    assert_eq!(chain.state(), State::Throttled);
    chain.run(10, 400);
    assert_eq!(chain.state(), State::Normal);
}

#[test]
fn a_chain_that_comes_back_from_a_halt_at_half_its_pace_settles() {
    let mut chain = Chain::new();
    chain.run(7_200, 200);
    chain.pass(60_000, 1);
    let baseline = chain.monitor.baseline_us;
    chain.run(905, 400);
    assert_eq!((chain.state(), chain.monitor.baseline_us), (State::Throttled, baseline));
    chain.run(3_600, 400);
    assert_eq!(chain.state(), State::Normal);
}

#[test]
fn a_restart_shelters_for_longer_than_a_gap() {
    let mut chain = Chain::new();
    chain.seen.restart_slot = Some(900);
    let found = chain.pass(5_000, 12).unwrap();
    assert_eq!(found.signal, Some(Signal::Restart));
    chain.run(600, 400);
    assert_eq!(chain.state(), State::Shelter);
    chain.run(330, 400);
    assert_eq!(chain.state(), State::Thaw);
}

#[test]
fn slow_slots_strain_and_crawling_ones_disrupt() {
    let mut slow = Chain::new();
    slow.run(60, 700);
    assert_eq!(slow.state(), State::Strained);
    let mut crawling = Chain::new();
    crawling.run(60, 1_300);
    assert_eq!(crawling.state(), State::Shelter);
}

#[test]
fn skipped_slots_strain_and_failing_leaders_disrupt() {
    for (count, state) in
        [(4, State::Normal), (31, State::Normal), (32, State::Strained), (128, State::Shelter)]
    {
        let mut chain = Chain::new();
        chain.seen.skipped = Some(count);
        chain.pass(5_000, 12);
        assert_eq!(chain.state(), state, "{count} skipped");
    }
}

#[test]
fn too_few_entries_are_no_evidence() {
    let mut chain = Chain::new();
    chain.seen.skipped = skipped(1_000, 1_000);
    assert_eq!(chain.seen.skipped, None);
    assert_eq!(chain.pass(5_000, 12), None);
    assert_eq!(skipped(1_000, 1_001), None);
    assert_eq!(skipped(1_000, 872), Some(0));
    assert_eq!(skipped(1_000, 862), Some(10));
    assert_eq!(skipped(447_000_000, 0), None, "a cluster that was moved to a later slot");
    assert_eq!(skipped(432_127, 0), Some(431_999));
    assert_eq!(skipped(432_128, 0), None);
}

#[test]
fn silence_strains_until_somebody_has_looked_for_a_while() {
    let mut chain = Chain::new();
    assert_eq!(chain.pass(60_000, 150).unwrap().signal, Some(Signal::Silence));
    chain.run(55, 400);
    assert_eq!(chain.state(), State::Strained);
    chain.run(10, 400);
    assert_eq!(chain.state(), State::Normal);
}

#[test]
fn a_halt_that_the_clock_hides_is_seen_through_prices() {
    let mut chain = Chain::new();
    chain.run(60, 400);
    let proven = Millis(chain.seen.clock.0 + 3_605_000);
    let transition = chain.pass_priced(5_000, 12, proven);
    assert_eq!(transition.unwrap().signal, Some(Signal::Gap));
    let after = chain.monitor;
    assert_eq!(after.lead, Millis(3_600_000));
    // The clock catches up at two and a half times its pace; the venue's clock goes on by slots.
    chain.pass(12_500, 12);
    let slots_take = 12 * u64::from(after.baseline_us) / 1_000;
    assert_eq!(chain.seen.now, Millis(proven.0 + slots_take));
    assert_eq!(chain.monitor.last_disruption, proven);
}

#[test]
fn a_lead_does_not_grow_without_proof() {
    for slot_ms in [200, 390, 395, 405, 450] {
        let mut chain = Chain::new();
        chain.pass(5_000, 12);
        chain.seen.now = Millis(chain.seen.clock.0 + 2_000);
        chain.monitor = chain.monitor.step(&chain.seen, &chain.limits).0;
        assert_eq!(chain.monitor.lead, Millis(2_000));
        let mut slots = 0;
        for look in 1..3_600 {
            let passed = look * 5_000 / slot_ms;
            chain.pass(5_000, passed - slots);
            slots = passed;
            assert!(chain.monitor.lead <= Millis(2_000), "{slot_ms} ms: {:?}", chain.monitor);
        }
    }
}

#[test]
fn an_old_price_proves_nothing_nor_does_one_more_than_a_day_ahead() {
    let chain = Chain::new();
    let (clock, slot) = (chain.seen.clock, chain.seen.slot);
    let now = |proven| chain.monitor.now(clock, slot, Millis(proven));
    let day = Millis(clock.0 + 86_400_000);
    assert_eq!((now(clock.0 - 1), now(day.0)), (clock, day));
    assert_eq!((now(day.0 + 1), now(u64::MAX)), (clock, clock));
}

#[test]
fn looks_within_two_seconds_or_a_slot_are_not_kept() {
    let chain = Chain::new();
    let slot = chain.monitor.slot;
    let due =
        |ms, slots| chain.monitor.is_due(Millis(START + ms), slot + slots, &Thresholds::default());
    assert!(!due(1_999, 5) && due(2_000, 1));
    let gap = Thresholds::default().gap.0;
    assert!(!due(gap - 1, 0) && due(gap, 0), "in the same slot only a gap");
}

#[test]
fn a_guard_tightens_and_never_loosens() {
    let mut chain = Chain::new();
    chain.pass(3_600_000, 2);
    let sheltered = chain.monitor;
    chain.seen.slot += 2_500;
    chain.seen.now = Millis(chain.seen.now.0 + 1_000_000);
    let guarded = sheltered.guard(&chain.seen, &chain.limits);
    assert_eq!(guarded.state, State::Shelter);
    let calm = Chain::new().monitor;
    let halted = ChainSample { now: Millis(START + 60_000), slot: 1_001, ..Chain::new().seen };
    assert_eq!(calm.guard(&halted, &chain.limits).state, State::Shelter);
}

#[test]
fn the_defaults_are_within_their_bounds_and_each_bound_bites() {
    let good = Thresholds::default();
    assert!(good.check().is_ok());
    let bad = [
        Thresholds { slow: Bps(12_499), slow_over: Bps(12_000), ..good },
        Thresholds { slow_over: good.slow, ..good },
        Thresholds { slow_over: Bps(11_500), ..good },
        Thresholds { slow: Bps(30_000), ..good },
        Thresholds { crawling: Bps(24_999), ..good },
        Thresholds { skipping_over: good.skipping, ..good },
        Thresholds { skipping_over: Bps(999), ..good },
        Thresholds { failing: Bps(2_999), ..good },
        Thresholds { failing: Bps(9_001), ..good },
        Thresholds { gap: Millis(4_999), ..good },
        Thresholds { silence: Millis(19_999), ..good },
        Thresholds { silence: Millis(300_001), blackout: Millis(600_000), ..good },
        Thresholds { blackout: Millis(59_999), silence: Millis(20_000), ..good },
        Thresholds { blackout: Millis(600_001), ..good },
        Thresholds { blackout: Millis(119_999), ..good },
        Thresholds { hold: Millis(39_999), ..good },
        Thresholds { grace: Millis(59_999), ..good },
        Thresholds { restart_grace: Millis(3_600_001), ..good },
        Thresholds { thaw: Millis(59_999), ..good },
    ];
    assert!(bad.iter().all(|limits| limits.check().is_err()));
}
