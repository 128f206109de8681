extern crate std;

use super::tests::Chain;
use super::{Monitor, Signal, State};
use crate::chain::policy::{Action, Permit, permit};
use crate::units::Millis;
use proptest::prelude::*;

/// One move of a chain that does what it likes.
fn moves() -> impl Strategy<Value = (u64, u64, u64, bool)> {
    (2_000..400_000_u64, 0..2_000_u64, 0..300_u64, proptest::bool::weighted(0.05))
}

/// Slot durations that the cluster has, or has announced.
fn pace() -> impl Strategy<Value = u64> {
    proptest::sample::select(std::vec![400, 350, 300, 250, 200])
}

proptest! {
    #[test]
    fn changes_of_slot_duration_are_no_gap_at_any_cadence_of_looks(
        path in proptest::collection::vec((pace(), 1..180_u64, 1..40_u64), 1..40),
    ) {
        let mut chain = Chain::new();
        for (slot_ms, seconds, looks) in path {
            for _ in 0..looks {
                chain.pass(seconds * 1_000, seconds * 1_000 / slot_ms);
                prop_assert!(chain.state() <= State::Strained, "{:?}", chain.monitor);
            }
        }
    }

    #[test]
    fn a_halt_is_seen_unless_nobody_looked_for_longer_before_it(
        silence in 0..600_u64, longer in 0..600_u64,
    ) {
        let mut chain = Chain::new();
        for _ in 0..30 {
            chain.pass(4_000, 10);
        }
        let halt = silence.max(10) + longer;
        let found = chain.pass((silence + halt) * 1_000 + 800, silence * 1_000 / 400 + 1);
        prop_assert_eq!(found.and_then(|found| found.signal), Some(Signal::Gap));
    }

    #[test]
    fn at_any_slot_duration_a_halt_of_twice_the_silence_is_seen(
        slot_ms in pace(), silence in 0..600_u64, longer in 0..600_u64,
    ) {
        let mut chain = Chain::new();
        chain.run(7_200, slot_ms);
        let taken = u64::from(chain.monitor.baseline_us);
        let slots = silence * 1_000_000 / taken + 1;
        let halt = (2 * silence).max(10) + 2 + longer;
        let found = chain.pass((silence + halt) * 1_000, slots);
        prop_assert_eq!(found.and_then(|found| found.signal), Some(Signal::Gap));
    }

    #[test]
    fn slots_already_known_to_be_slow_are_no_gap(slot_ms in 600..1_150_u64, silence in 1..150_u64) {
        let mut chain = Chain::new();
        for _ in 0..8 {
            chain.pass(slot_ms * 10, 10);
        }
        chain.pass(slot_ms * silence, silence);
        prop_assert_eq!(chain.state(), State::Strained);
    }

    #[test]
    fn a_lead_without_proof_is_gone_in_four_times_its_length(
        lead in 1..3_600_u64, slot_ms in pace(), baseline_ms in 150..800_u32,
    ) {
        let mut chain = Chain::new();
        chain.seen.now = Millis(chain.seen.clock.0 + lead * 1_000);
        chain.monitor = Monitor { baseline_us: baseline_ms * 1_000, ..Monitor::new(&chain.seen) };
        for _ in 0..lead.div_ceil(5) * 4 {
            chain.pass(5_000, 5_000 / slot_ms);
        }
        prop_assert_eq!(chain.monitor.lead, Millis(0));
    }

    #[test]
    fn a_true_lead_is_kept_while_the_clock_catches_up(lead in 1..3_600_u64, slot_ms in 150..750_u64) {
        let mut chain = Chain::new();
        let mut true_now = chain.seen.clock.0 + lead * 1_000;
        chain.seen.now = Millis(true_now);
        let baseline_us = u32::try_from(slot_ms * 1_000).unwrap();
        chain.monitor = Monitor { baseline_us, ..Monitor::new(&chain.seen) };
        while chain.monitor.lead > Millis(0) {
            // The cluster allows two and a half times what 400 ms a slot would take.
            let shown = (true_now + 10 * slot_ms).min(chain.seen.clock.0 + 10 * 1_000);
            chain.pass(shown - chain.seen.clock.0, 10);
            true_now += 10 * slot_ms;
            prop_assert_eq!(chain.seen.now, Millis(true_now));
        }
    }
}

proptest! {
    #[test]
    fn loosening_never_skips_a_rung_and_exits_are_never_closed(
        path in proptest::collection::vec(moves(), 1..60),
    ) {
        let mut chain = Chain::new();
        for (ms, slots, skips, restart) in path {
            chain.seen.skipped = Some(skips);
            chain.restart_if(restart);
            let before = chain.state();
            chain.pass(ms, slots);
            let after = chain.state();
            let next = match before {
                State::Shelter => State::Thaw,
                State::Thaw => State::Throttled,
                State::Throttled | State::Strained | State::Normal => State::Normal,
            };
            prop_assert!(after >= before || after == next, "{:?} to {:?}", before, after);
            prop_assert!((150_000..=800_000).contains(&chain.monitor.baseline_us));
            for exit in [Action::AddMargin, Action::Cancel, Action::RequestReduction, Action::Reduce] {
                prop_assert_eq!(permit(exit, after), Permit::Allowed);
            }
        }
    }

    #[test]
    fn normal_is_reached_from_anywhere_by_a_calm_chain_and_anyone_looking(
        path in proptest::collection::vec(moves(), 1..40), slot_ms in 200..=500_u64,
    ) {
        let mut chain = Chain::new();
        for (ms, slots, skips, restart) in path {
            chain.seen.skipped = Some(skips);
            chain.restart_if(restart);
            chain.pass(ms, slots);
        }
        chain.seen.skipped = Some(0);
        chain.run(14_400, slot_ms);
        prop_assert_eq!(chain.state(), State::Normal);
    }

    #[test]
    fn jitter_around_a_steady_pace_changes_nothing(
        jitter in proptest::collection::vec(0..3_u64, 1..200),
    ) {
        let mut chain = Chain::new();
        for extra in jitter {
            chain.pass(5_000, 11 + extra);
            prop_assert_eq!(chain.state(), State::Normal);
        }
    }
}
