use proptest::prelude::*;

use super::{BLOCKHASH_LIFE, Chain, EPOCH_SLOTS, Pace, SLOT_HASHES};

const NOW: u64 = 1_760_000_000_000;
const DAY_SLOTS: u64 = 216_000;
const SLOW: Pace = Pace { slot_ms: 1_400, failing_percent: 0 };

fn voted(epoch_slots: u64) -> Chain {
    let mut chain = Chain::new(NOW, 1_000_000);
    chain.vote_time(epoch_slots);
    chain.run(20_000, Pace::HEALTHY);
    chain
}

/// By how much the clock lags true time, milliseconds.
fn lag(chain: &Chain) -> i64 {
    chain.now_ms().cast_signed() - (chain.clock_s() * 1_000).cast_signed()
}

#[test]
fn on_a_healthy_chain_the_clock_is_at_most_two_seconds_behind_and_never_ahead() {
    let mut chain = voted(DAY_SLOTS);
    for _ in 0..200 {
        assert_eq!(chain.run(2_000, Pace::HEALTHY), 5);
        assert!((0..2_000).contains(&lag(&chain)), "{}", lag(&chain));
    }
    assert_eq!(chain.slot(), 1_000_000 + 420_000 / 400);
}

#[test]
fn slow_slots_make_the_clock_lag_by_the_votes_it_rests_on() {
    let mut chain = voted(DAY_SLOTS);
    let before = chain.slot();
    chain.run(140_000, SLOW);
    assert_eq!(chain.slot() - before, 100);
    assert!((2_000..4_500).contains(&lag(&chain)), "{}", lag(&chain));
}

#[test]
fn the_first_blocks_after_a_halt_look_normal_and_then_the_clock_jumps() {
    let mut chain = voted(DAY_SLOTS);
    let before = chain.clock_s();
    chain.stall(45_000);
    assert_eq!(chain.clock_s(), before);
    let seen: Vec<_> = (0..4)
        .map(|_| {
            while chain.run(100, Pace::HEALTHY) == 0 {}
            chain.clock_s() - before
        })
        .collect();
    assert!(seen[0] <= 1 && seen[1] <= 1, "{seen:?}");
    assert!(seen[2] >= 44 && seen[3] >= 44, "{seen:?}");
}

#[test]
fn early_in_an_epoch_a_halt_stays_hidden_and_the_clock_catches_up_at_two_and_a_half() {
    let mut chain = voted(1_000);
    chain.stall(7_200_000);
    // What the epoch allowed for before the halt is used up at once: 2.5 of its nominal time.
    chain.run(10_000, Pace::HEALTHY);
    let (then, hidden) = (chain.clock_s(), lag(&chain));
    assert!(hidden > 6_000_000, "{hidden}");
    chain.run(600_000, Pace::HEALTHY);
    assert_eq!(chain.clock_s() - then, 1_500);
    chain.run(7_200_000, Pace::HEALTHY);
    assert!((0..2_000).contains(&lag(&chain)), "{}", lag(&chain));
}

#[test]
fn the_clock_never_falls_and_slots_never_repeat() {
    let mut chain = voted(500);
    let paces = [Pace::HEALTHY, SLOW, Pace { slot_ms: 250, failing_percent: 60 }];
    let mut last = (chain.clock_s(), chain.slot());
    for step in 0..600_usize {
        if step % 97 == 0 {
            chain.stall(90_000);
        }
        chain.run(700, paces[step / 50 % 3]);
        let seen = (chain.clock_s(), chain.slot());
        assert!(seen.0 >= last.0 && seen.1 >= last.1);
        last = seen;
    }
    let slots: Vec<_> = chain.hashes().collect();
    assert_eq!(slots.len(), 512);
    assert!(slots.is_sorted_by(|newer, older| newer > older));
}

#[test]
fn failing_leaders_leave_gaps_in_the_slot_hashes_four_at_a_time() {
    let mut chain = voted(DAY_SLOTS);
    let made = chain.run(400_000, Pace { slot_ms: 400, failing_percent: 60 });
    assert!((395..=405).contains(&made), "{made}");
    // 128 blocks out of 320 slots.
    let slots: Vec<_> = chain.hashes().take(300).collect();
    let skipped = slots[0] - slots[128] - 128;
    assert!((180..=204).contains(&skipped), "{skipped}");
    let gaps = slots.windows(2).map(|pair| pair[0] - pair[1] - 1);
    assert!(gaps.into_iter().all(|gap| gap % 4 == 0));
}

#[test]
fn a_restart_moves_only_the_restart_slot() {
    let mut chain = voted(DAY_SLOTS);
    let before = (chain.slot(), chain.clock_s(), chain.now_ms());
    assert_eq!(chain.restart_slot(), 0);
    chain.restart();
    assert_eq!(chain.restart_slot(), before.0);
    assert_eq!((chain.slot(), chain.clock_s(), chain.now_ms()), before);
}

#[test]
fn without_votes_the_clock_is_true_whatever_happens() {
    let mut chain = Chain::new(NOW, 1_000);
    chain.advance(3_600_000, 2, 2);
    assert_eq!((lag(&chain), chain.slot()), (0, 1_002));
    chain.advance(700, 0, 0);
    assert_eq!(lag(&chain), 700);
    chain.advance(100_000, 250, 110);
    assert_eq!(chain.slot(), 1_252);
}

#[test]
fn an_epoch_begins_at_its_slot_with_the_time_its_first_block_shows() {
    let mut chain = voted(EPOCH_SLOTS - 100);
    let before = chain.epoch();
    while chain.epoch() == before {
        chain.run(400, Pace::HEALTHY);
    }
    let epoch = chain.epoch();
    assert_eq!(epoch.number, before.number + 1);
    assert_eq!(epoch.first_slot, before.first_slot + EPOCH_SLOTS);
    assert_eq!((chain.slot(), chain.clock_s()), (epoch.first_slot, epoch.start_s));
    // A halt right after it stays hidden.
    chain.stall(600_000);
    chain.run(4_000, Pace::HEALTHY);
    assert!(lag(&chain) > 580_000, "{}", lag(&chain));
}

#[test]
fn slots_before_a_new_nominal_duration_keep_the_one_they_had() {
    let mut chain = voted(DAY_SLOTS);
    for slot_ms in [350, 300, 250, 200, 400] {
        chain.set_nominal(slot_ms);
        chain.run(3_600_000, chain.healthy());
        assert!((0..2_000).contains(&lag(&chain)), "{slot_ms}: {}", lag(&chain));
    }
}

#[test]
fn blocks_are_remembered_with_what_their_clocks_showed() {
    let mut chain = voted(DAY_SLOTS);
    let mut seen = Vec::new();
    let mut look = |chain: &Chain| seen.push((chain.tip(), chain.clock_s(), chain.height()));
    for _ in 0..20 {
        chain.run(400, Pace::HEALTHY);
        look(&chain);
    }
    chain.stall(60_000);
    let before = chain.clone();
    chain.run(0, Pace::HEALTHY);
    look(&chain);
    for _ in 0..600 {
        chain.run(400, Pace::HEALTHY);
        look(&chain);
    }
    let remembered: Vec<_> =
        chain.blocks().map(|known| (known.block, known.clock_s, known.height)).collect();
    assert_eq!(remembered.len(), SLOT_HASHES + 1);
    seen.reverse();
    assert_eq!(remembered, seen[..=SLOT_HASHES]);
    chain.fork_from(&before);
    assert!(chain.blocks().eq(before.blocks()), "those of the abandoned fork are forgotten");
}

#[test]
fn a_blockhash_lives_for_150_blocks_and_a_halt_does_not_age_it() {
    let mut chain = voted(DAY_SLOTS);
    let (hash, last) = (chain.tip().hash(), chain.height() + BLOCKHASH_LIFE);
    chain.run(75 * 400, Pace::HEALTHY);
    chain.stall(7_200_000);
    assert_eq!(chain.living(&hash), Some(last));
    // A halt ends with its first block.
    chain.run(74 * 400, Pace::HEALTHY);
    assert_eq!((chain.living(&hash), chain.height()), (Some(last), last));
    while chain.run(100, Pace::HEALTHY) == 0 {}
    assert_eq!(chain.living(&hash), None);
}

/// Something that happens to a chain.
#[derive(Clone, Debug)]
enum Event {
    Runs {
        ms: u64,
        pace: Pace,
    },
    Stalls {
        ms: u64,
    },
    Renames {
        ms: u64,
    },
    Restarts,
    /// Goes back by up to this many events.
    Forks {
        events: usize,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let pace = (100_u64..3_000, 0_u64..100)
        .prop_map(|(slot_ms, failing_percent)| Pace { slot_ms, failing_percent });
    prop_oneof![
        6 => (1_u64..120_000, pace).prop_map(|(ms, pace)| Event::Runs { ms, pace }),
        3 => (1_u64..7_200_000).prop_map(|ms| Event::Stalls { ms }),
        1 => (200_u64..=400).prop_map(|ms| Event::Renames { ms }),
        1 => Just(Event::Restarts),
        1 => (1_usize..4).prop_map(|events| Event::Forks { events }),
    ]
}

/// What holds of the sysvars of any chain at any time.
fn check(chain: &Chain) -> Result<(), TestCaseError> {
    let hashes: Vec<_> = chain.hashes().collect();
    prop_assert_eq!(hashes.len(), SLOT_HASHES);
    prop_assert!(hashes[0] < chain.slot() && hashes.is_sorted_by(|newer, older| newer > older));
    prop_assert!(chain.restart_slot() <= chain.slot());
    prop_assert!(chain.next().slot > chain.slot());
    let (epoch, tip) = (chain.epoch(), chain.tip());
    prop_assert!((epoch.first_slot..epoch.first_slot + EPOCH_SLOTS).contains(&chain.slot()));
    // Nominal durations lie between 200 and 400 ms; whole seconds are cut twice.
    let slots = chain.slot() - epoch.first_slot;
    let (least, most) = (slots * 200 * 75 / 100_000, slots * 400 * 250 / 100_000);
    let shown = chain.clock_s() - epoch.start_s;
    prop_assert!((least.saturating_sub(2)..=most).contains(&shown), "{} of {}", shown, slots);
    prop_assert!(tip.made_ms <= chain.now_ms());
    prop_assert_eq!(chain.living(&tip.hash()), Some(chain.height() + BLOCKHASH_LIFE));
    Ok(())
}

proptest! {
    #[test]
    fn sysvars_keep_their_invariants_whatever_happens(
        age in 1_u64..400_000,
        events in prop::collection::vec(event(), 1..24),
    ) {
        let mut chain = Chain::new(NOW, 1_000_000);
        chain.vote_time(age);
        let mut past = vec![chain.clone()];
        for event in events {
            let before = chain.clone();
            match event {
                Event::Runs { ms, pace } => {
                    let made = chain.run(ms, pace);
                    prop_assert_eq!(chain.height(), before.height() + made);
                    prop_assert!(chain.clock_s() >= before.clock_s());
                    prop_assert!(chain.slot() >= before.slot());
                    let older = chain.hashes().filter(|slot| *slot <= before.slot()).count();
                    let newer = made.saturating_sub(1);
                    prop_assert_eq!(older as u64, (SLOT_HASHES as u64).saturating_sub(newer));
                }
                Event::Stalls { ms } => {
                    chain.stall(ms);
                    prop_assert_eq!(chain.now_ms(), before.now_ms() + ms);
                    let shows = |of: &Chain| (of.tip(), of.clock_s(), of.height(), of.next().slot);
                    prop_assert_eq!(shows(&chain), shows(&before));
                    prop_assert!(chain.hashes().eq(before.hashes()));
                }
                Event::Renames { ms } => {
                    chain.set_nominal(ms);
                    prop_assert_eq!(chain.clock_s(), before.clock_s());
                }
                Event::Restarts => {
                    chain.restart();
                    prop_assert_eq!(chain.restart_slot(), before.slot());
                }
                Event::Forks { events } => {
                    let earlier = &past[past.len().saturating_sub(events)];
                    chain.fork_from(earlier);
                    prop_assert_eq!(chain.tip(), earlier.tip());
                    prop_assert_eq!(chain.now_ms(), before.now_ms());
                    prop_assert_eq!(chain.next().slot, before.next().slot);
                    chain.run(60_000, chain.healthy());
                    let abandoned = earlier.slot() + 1..=before.slot();
                    prop_assert!(chain.hashes().all(|slot| !abandoned.contains(&slot)));
                    past.clear();
                }
            }
            check(&chain)?;
            past.push(chain.clone());
        }
    }
}
