use super::{Band, BandTerms, Observed, Reference};
use crate::market::price::PricePoint;
use crate::units::{Bps, Millis, Price};
use proptest::prelude::*;

const TERMS: BandTerms = BandTerms { width: Bps(1_000), speed: Bps(20) };
const START: Millis = Millis(1_000_000);

fn first() -> Reference {
    Reference::default().follow(seen(100_000_000, 0, START, 0), TERMS).unwrap()
}

fn seen(price: u64, previous: u64, now: Millis, last_disruption: u64) -> Observed {
    Observed {
        point: PricePoint::exact(Price(price), now),
        previous: Millis(previous),
        now,
        last_disruption: Millis(last_disruption),
        age: Millis(30_000),
    }
}

/// Prices of `price` every `step_ms` for `steps` steps.
fn held(mut reference: Reference, price: u64, step_ms: u64, steps: u64) -> Reference {
    for _ in 0..steps {
        let previous = reference.moved.0;
        let now = Millis(previous + step_ms);
        reference = reference.follow(seen(price, previous, now, 0), TERMS).unwrap();
    }
    reference
}

#[test]
fn the_first_price_is_the_reference() {
    let expected = Reference { price: Price(100_000_000), moved: START, ..Reference::default() };
    assert_eq!(first(), expected);
}

#[test]
fn agreement_outside_the_band_is_followed_after_a_minute_or_five_with_one_feed() {
    let after = held(first(), 80_000_000, 5_000, 1);
    let since = after.outside;
    assert_eq!(since, Millis(START.0 + 5_000));
    let after = held(after, 80_000_000, 5_000, 20);
    assert_eq!(after.outside, since, "it stays outside without a lapse");
    for (several, wait) in [(true, 60_000), (false, 300_000)] {
        assert!(!after.yields(several, Millis(since.0 + wait - 1)));
        assert!(after.yields(several, Millis(since.0 + wait)));
    }
    let inside = held(after, 99_000_000, 5_000, 12);
    assert_eq!(inside.outside, since, "inside for less than a minute");
    let ended = held(inside, 99_000_000, 5_000, 1);
    assert_eq!((ended.outside, ended.outside_price, ended.strayed), Default::default());
}

/// A print inside the band does not keep a true move outside from being followed, whenever it comes; and
/// true prices that hop over the edge are followed as well.
#[test]
fn a_print_inside_the_band_does_not_begin_the_wait_anew() {
    let fallen = held(first(), 80_000_000, 5_000, 30);
    let printed = held(fallen, 99_000_000, 1_000, 1);
    assert!(!printed.yields(true, printed.moved), "itself it is no part of the move");
    let after = held(printed, 80_000_000, 1_000, 1);
    assert_eq!(after.outside, fallen.outside);
    assert!(after.yields(true, after.moved));
    let edge = |reference: &Reference| reference.band(TERMS.width).low.0;
    let low = held(first(), 86_000_000, 5_000, 30);
    let hopping = (0..40).fold(low, |hopping, step| {
        let price =
            edge(&hopping).strict_add_signed(if step % 2 == 0 { 100_000 } else { -100_000 });
        held(hopping, price, 5_000, 1)
    });
    assert_eq!(hopping.outside, low.outside);
}

#[test]
fn prices_inside_the_band_may_lead_from_one_side_of_it_to_the_other() {
    let out = held(first(), 89_000_000, 5_000, 1);
    let path = [97_000_000, 106_000_000, 115_000_000];
    let led = path.into_iter().fold(out, |led, price| held(led, price, 5_000, 1));
    assert_eq!((led.outside, led.strayed), (out.outside, Millis(0)));
    assert_eq!(led.outside_price, Price(115_000_000));
}

#[test]
fn a_band_holds_its_edges() {
    let band = Band { low: Price(90), high: Price(110) };
    let holds =
        |low, high| band.holds(PricePoint { published: START, low: Price(low), high: Price(high) });
    assert!(holds(90, 110));
    assert!(!holds(89, 110) && !holds(90, 111));
}

#[test]
fn a_band_that_no_price_has_left_does_not_yield() {
    assert!(!first().yields(true, Millis(u64::MAX)) && !first().yields(false, Millis(u64::MAX)));
}

#[test]
fn at_its_target_the_reference_keeps_what_it_has_earned() {
    let earned = Reference { remainder: 7, ..first() };
    let after = earned.follow(seen(100_000_000, START.0, START.after(Millis(5_000)), 0), TERMS);
    assert_eq!(after.map(|after| (after.price, after.remainder)), Ok((Price(100_000_000), 7)));
}

/// After a crash that the band has yielded to, no print is believed that the one before it does not
/// bear out; what goes on falling is followed.
#[test]
fn a_band_that_has_yielded_still_believes_no_single_print() {
    let crashed = held(first(), 80_000_000, 5_000, 62);
    let believed = |reference: &Reference, price| {
        let now = Millis(crashed.moved.0 + 5_000);
        let next = reference.follow(seen(price, crashed.moved.0, now, 0), TERMS).unwrap();
        next.believes(seen(price, 0, now, 0).point, TERMS.width, false, now)
    };
    assert!(believed(&crashed, 80_000_000) && believed(&crashed, 73_000_000));
    for print in [400_000_000, 1, 71_000_000, 150_000_000] {
        assert!(!believed(&crashed, print), "{print}");
        let strayed = held(crashed, print, 5_000, 2);
        assert!(!believed(&strayed, print), "a second one at {print}");
        assert!(believed(&strayed, 79_000_000), "and what came before it is believed as ever");
        // Prices that stay there have to agree for the whole wait, after a minute of doubt.
        let moved = held(crashed, print, 5_000, 13);
        assert_eq!(moved.outside, moved.moved);
    }
    let falling = (0..20)
        .fold(crashed, |falling, step| held(falling, 80_000_000 - step * 2_000_000, 5_000, 1));
    assert_eq!(falling.outside, crashed.outside, "42 is believed as 80 was");
}

#[test]
fn a_lapse_or_a_break_starts_the_wait_again() {
    let after = held(first(), 80_000_000, 5_000, 3);
    let late = Millis(after.moved.0 + 30_001);
    let lapsed = after.follow(seen(80_000_000, after.moved.0, late, 0), TERMS).unwrap();
    assert_eq!(lapsed.outside, late);
    let soon = Millis(after.moved.0 + 5_000);
    let last_disruption =
        after.follow(seen(80_000_000, after.moved.0, soon, soon.0), TERMS).unwrap();
    assert_eq!(last_disruption.outside, soon);
}

#[test]
fn the_whole_age_is_no_lapse_and_what_began_with_a_break_goes_on() {
    let after = held(first(), 80_000_000, 5_000, 3);
    let last = Millis(after.moved.0 + 30_000);
    let next = after.follow(seen(80_000_000, after.moved.0, last, 0), TERMS).unwrap();
    assert_eq!(next.outside, after.outside);
    let soon = Millis(after.moved.0 + 5_000);
    let next = after.follow(seen(80_000_000, after.moved.0, soon, after.outside.0), TERMS).unwrap();
    assert_eq!(next.outside, after.outside);
}

#[test]
fn who_arrives_exactly_keeps_what_is_left_of_the_move() {
    // A second moves by 3,333 units and a third of one.
    let seen = seen(100_003_333, START.0, Millis(START.0 + 1_000), 0);
    let next = first().follow(seen, TERMS).unwrap();
    assert_eq!((next.price, next.remainder), (Price(100_003_333), 200_000_000));
}

#[test]
fn a_halt_moves_nothing_whatever_its_length() {
    let after_a_day = Millis(START.0 + 86_400_000);
    let halted = seen(50_000_000, START.0, after_a_day, after_a_day.0);
    assert_eq!(first().follow(halted, TERMS).unwrap().price, Price(100_000_000));
    let silent = seen(50_000_000, START.0, after_a_day, 0);
    assert_eq!(
        first().follow(silent, TERMS).unwrap().price,
        Price(99_800_000),
        "one minute's worth"
    );
}

/// What the reference is after moving for `minutes` at `price`, refreshed after each of `pauses` in
/// turn.
fn after(minutes: u64, from: u64, price: u64, speed: u16, pauses: &[u64]) -> u64 {
    let terms = BandTerms { speed: Bps(speed), ..TERMS };
    let begins = seen(from, 0, START, 0);
    let mut reference = Reference::default().follow(begins, terms).unwrap();
    let (end, mut now) = (START.after(Millis::MINUTE.times(minutes)), START);
    for pause in pauses.iter().cycle() {
        let previous = now.0;
        now = now.after(Millis(*pause)).min(end);
        reference = reference.follow(seen(price, previous, now, 0), terms).unwrap();
        if now == end {
            break;
        }
    }
    reference.price.0
}

#[test]
fn a_price_of_few_units_is_followed_at_any_cadence() {
    // A thousandth of a cent at 0.2 % a minute: one unit takes fifty minutes.
    let moved = [400, 1_000, 60_000].map(|pause| after(500, 10, 20, 20, &[pause]));
    assert_eq!(moved, [20, 20, 20]);
}

proptest! {
    #[test]
    fn whatever_the_cadence_the_reference_arrives_at_the_same_place(
        minutes in 1..30_u64, from in 1..1_000_000_000_u64, speed in 1..=500_u16, up: bool,
        pauses in proptest::collection::vec(1_000..60_000_u64, 1..10),
    ) {
        let target = if up { u64::MAX / 1_000_000 } else { 0 };
        let coarse = after(minutes, from, target, speed, &[60_000]);
        let found = after(minutes, from, target, speed, &pauses);
        // Moves compound: shorter ones go up further and down less far, by at most the square of
        // what a minute moves, minute for minute.
        let compound = u128::from(coarse.max(from)) * u128::from(speed).pow(2) / 100_000_000;
        let tolerance = u128::from(minutes) * (compound + 1) + 1;
        prop_assert!(u128::from(found.abs_diff(coarse)) <= tolerance, "{found} {coarse}");
        prop_assert!(found >= coarse.saturating_sub(1), "nothing is lost by asking often");
    }

    /// Whatever came before: a price outside the band is believed only when prices have agreed with one
    /// another for the whole wait, up to this one.
    #[test]
    fn nothing_outside_is_believed_that_prices_did_not_lead_to(
        path in proptest::collection::vec((1..300_000_000_u64, 1..60_u64), 2..60),
    ) {
        let mut reference = first();
        // Prices outside so far that somebody believed in may lead on to the next.
        let mut run: Option<(Millis, u64)> = None;
        for (price, seconds) in path {
            let (previous, now) = (reference.moved.0, Millis(reference.moved.0 + seconds * 1_000));
            let look = seen(price, previous, now, 0);
            reference = reference.follow(look, TERMS).unwrap();
            let inside = reference.band(TERMS.width).holds(look.point);
            let believed = reference.believes(look.point, TERMS.width, true, now);
            let leads = run.is_some_and(|(_, last)| price.abs_diff(last) <= last / 10);
            if believed && !inside {
                prop_assert!(leads);
                prop_assert!(run.is_some_and(|(since, _)| now.since(since) >= Millis::MINUTE));
            }
            run = match run {
                _ if reference.outside.0 == 0 => None,
                Some((since, _)) if inside && leads => Some((since, price)),
                Some(run) if inside => Some(run),
                Some((since, _)) if leads && reference.outside == since => Some((since, price)),
                Some(run) if reference.outside == run.0 => Some(run),
                _ => Some((now, price)),
            };
        }
    }

    #[test]
    fn however_often_it_is_asked_it_moves_no_faster_than_its_speed(
        steps in proptest::collection::vec((1..90_000_u64, 1..400_000_000_u64), 1..60),
    ) {
        let mut reference = first();
        for (passed, price) in steps {
            let now = Millis(reference.moved.0 + passed);
            let next = reference.follow(seen(price, reference.moved.0, now, 0), TERMS).unwrap();
            // One unit more: what earlier steps have kept.
            let most = reference.price.0 * 20 * passed.min(60_000) / 600_000_000 + 1;
            prop_assert!(next.price.0.abs_diff(reference.price.0) <= most);
            let between = reference.price.0.min(price)..=reference.price.0.max(price);
            prop_assert!(between.contains(&next.price.0), "towards the price, never past it");
            reference = next;
        }
    }
}
