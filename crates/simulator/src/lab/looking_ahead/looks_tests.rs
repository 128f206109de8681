use super::{MEMORIES, looks};
use holdfast_risk::Millis;
use holdfast_testkit::path::Bar;

/// A day is a whole number of these.
const WAIT: Millis = Millis::MINUTE.times(24);

/// Minutes that go up and down by `ppm` each, day by day.
fn days(ppms: &[u64]) -> Vec<Bar> {
    let begins = 1_700_006_400_000;
    let minutes = ppms.iter().flat_map(|ppm| std::iter::repeat_n(*ppm, 1_440)).enumerate();
    let price = |up: bool, ppm: u64| 100_000_000 + if up { ppm * 100 } else { 0 };
    let bars = minutes.map(|(minute, ppm)| {
        let (open, close) = (price(minute % 2 == 1, ppm), price(minute % 2 == 0, ppm));
        Bar {
            opened_ms: begins + minute as u64 * 60_000,
            lasted_ms: 60_000,
            open,
            high: open.max(close),
            low: open.min(close),
            close,
        }
    });
    bars.collect()
}

#[test]
fn a_mean_with_the_rules_memory_is_what_the_rules_measure() {
    let looks = looks(&days(&[500, 2_000, 1_000]), WAIT).unwrap();
    let sixteen = MEMORIES.iter().position(|memory| *memory == 16).unwrap();
    for look in &looks {
        let differs = (look.means[sixteen] / look.measured - 1.0).abs();
        assert!(differs < 0.01, "{look:?}");
    }
}

#[test]
fn the_calmer_half_of_the_days_is_calm_and_the_first_day_is_not_looked_at() {
    let looks = looks(&days(&[9_000, 500, 2_000, 400, 1_000]), WAIT).unwrap();
    // Of the four days after the first one, the two that moved by 400 and 500 millionths.
    for look in &looks {
        assert_eq!(look.calm, look.realised.sqrt() < 750.0, "{look:?}");
    }
    let calm = looks.iter().filter(|look| look.calm).count();
    assert_eq!((looks.len(), calm), (240, 120));
}

#[test]
fn long_candles_and_short_files_are_refused() {
    let mut bars = days(&[500, 500]);
    assert!(looks(&bars[..1_440], WAIT).unwrap_err().contains("two days"));
    for bar in &mut bars {
        bar.lasted_ms = 300_000;
    }
    assert!(looks(&bars, WAIT).unwrap_err().contains("one minute"));
}
