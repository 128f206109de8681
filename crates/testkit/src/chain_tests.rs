use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor};

use super::{Chain, Pace};

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
    chain.stand(45_000);
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
    chain.stand(7_200_000);
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
            chain.stand(90_000);
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
    let monitor = Monitor::new(&ChainSample { now: Millis(NOW), ..ChainSample::default() });
    assert_eq!(chain.sighting(&monitor).skipped, Some(0));
    let made = chain.run(400_000, Pace { slot_ms: 400, failing_percent: 60 });
    assert!((395..=405).contains(&made), "{made}");
    // 128 blocks out of 320 slots.
    let skipped = chain.sighting(&monitor).skipped.unwrap();
    assert!((180..=204).contains(&skipped), "{skipped}");
    let slots: Vec<_> = chain.hashes().take(300).collect();
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
