//! The chain's states, every one that can be reached: the real [`Monitor::step`] under a chain that
//! does what it likes, explored until nothing new is found.
//!
//! [`Monitor::step`]: holdfast_risk::chain::health::Monitor::step

mod fault;
mod liquidation;
mod look;
mod rules;
mod setting;
mod venue;
mod world;

use holdfast_risk::Millis;
use holdfast_risk::chain::health::{State, Thresholds};

use crate::look::{Look, Proof, Weather};
use crate::venue::Venue;
use crate::world::Setting;

/// Everything that can happen to a chain of 400 ms slots in `ms`, in a silence, and in a blackout.
fn everything(ms: u64, limits: &Thresholds) -> Vec<Look> {
    let good = Look::pace("good", Weather::Good, ms, 400);
    vec![
        good,
        Look::pace("not quite slow", Weather::Between, ms, 526),
        Look { name: "not quite skipping", weather: Weather::Between, ..good }.skipping(20),
        Look::pace("slow", Weather::Bad, ms, 667),
        Look { name: "skipping", weather: Weather::Bad, ..good }.skipping(40),
        Look { name: "failing", weather: Weather::Halt, ..good }.skipping(128),
        Look::pace("crawling", Weather::Crawl, ms, 1_430),
        Look::pace("halted", Weather::Halt, ms.max(60_000), 60_000),
        Look { name: "restarted", weather: Weather::Restart, ..good },
        Look::pace("silent", Weather::Bad, limits.silence.0, 400),
        Look::pace("votes only", Weather::Halt, limits.blackout.0, 400),
        Look::pace("votes only, for hours", Weather::Halt, 3 * limits.blackout.0, 400),
        Look::guardian("a guardian strains", State::Strained, 3 * ms.max(60_000)),
        Look::guardian("a guardian shelters", State::Shelter, ms.max(60_000)),
        Look::pace("spam", Weather::Good, 1_000, 400),
    ]
}

/// A venue whose baseline is known, in milliseconds.
fn known(baseline_ms: u32, limits: Thresholds) -> Setting {
    assert_eq!(limits.check(), Ok(()));
    Setting { limits, baseline_us: Some(baseline_ms * 1_000), fresh: false }
}

fn shortest() -> Thresholds {
    let minute = Millis(60_000);
    Thresholds {
        gap: Millis(5_000),
        silence: Millis(20_000),
        blackout: minute,
        hold: Millis(40_000),
        grace: minute,
        restart_grace: minute,
        thaw: minute,
        ..Thresholds::default()
    }
}

/// A silence long enough not to be what a hidden halt is.
fn unhurried() -> Thresholds {
    Thresholds { blackout: Millis(600_000), ..shortest() }
}

fn ladder(ms: u64, limits: Thresholds) {
    let looks = everything(ms, &limits);
    Venue::new(known(400, limits), &looks, &looks[..1], State::Shelter).check();
}

#[test]
fn the_ladder_with_the_default_times() {
    ladder(20_000, Thresholds::default());
}

/// Two looks in each window.
#[test]
fn the_ladder_with_the_shortest_times() {
    ladder(10_000, shortest());
}

#[test]
fn the_ladder_with_the_longest_times() {
    let (hour, ten_minutes) = (Millis(3_600_000), Millis(600_000));
    ladder(
        240_000,
        Thresholds {
            gap: Millis(60_000),
            silence: Millis(300_000),
            blackout: ten_minutes,
            hold: ten_minutes,
            grace: hour,
            restart_grace: hour,
            thaw: hour,
            ..Thresholds::default()
        },
    );
}

/// However quiet, a venue that keepers look at ten times in a silence never trips, and neither does
/// one that loses nine looks in ten.
#[test]
fn a_quiet_venue_that_is_watched_stays_normal() {
    for limits in [Thresholds::default(), shortest()] {
        let cadence = limits.silence.0 / 10;
        let looks = [
            Look::pace("a look", Weather::Good, cadence, 400),
            Look::pace("nine lost", Weather::Good, limits.silence.0 - cadence, 400),
        ];
        Venue::new(known(400, limits), &looks, &looks, State::Normal).check();
    }
}

#[test]
fn jitter_between_the_thresholds_changes_nothing() {
    for ms in [3_000, 10_000, 20_000] {
        let looks = &everything(ms, &Thresholds::default())[..3];
        Venue::new(known(400, Thresholds::default()), looks, &looks[..1], State::Normal).check();
    }
}

/// Whatever the order of slot durations, and wherever a restart comes between: they strain at most,
/// and any of them, kept, is normal in the end.
#[test]
fn slot_durations_step_and_roll_back_without_a_disruption() {
    let paces = [400, 350, 300, 250, 200];
    let names = ["400 ms", "350 ms", "300 ms", "250 ms", "200 ms"];
    let at = |ms| {
        let pace = move |(name, slot_ms)| Look::pace(name, Weather::Change, ms, slot_ms);
        names.into_iter().zip(paces).map(pace).collect::<Vec<_>>()
    };
    let restarted = Look::pace("restarted", Weather::Restart, 20_000, 400);
    let limits = Thresholds { silence: Millis(60_000), blackout: Millis(120_000), ..shortest() };
    let looks = [at(20_000), at(40_000), vec![restarted]].concat();
    let setting = Setting { limits, baseline_us: None, fresh: false };
    Venue::new(setting, &looks, &at(20_000), State::Shelter).check();
}

/// What the cluster's clock may hide: it stands still while time passes, and then catches up at two
/// and a half times its pace. Prices tell the time, or do not.
#[test]
fn a_clock_that_lags_and_catches_up() {
    for baseline_ms in [360, 400, 500] {
        let good = Look { clock_ms: 25_000, ..Look::pace("good", Weather::Good, 10_000, 400) };
        let hidden = Look { clock_ms: 10_000, ms: 70_000, name: "halted unseen", ..good };
        let looks = [
            good,
            good.with("good, with a price", Proof::True),
            good.with("good, with an old price", Proof::Old),
            hidden,
            hidden.with("halted unseen, with a price", Proof::True),
        ];
        let setting = Setting { fresh: true, ..known(baseline_ms, unhurried()) };
        Venue::new(setting, &looks, &looks[..3], State::Shelter).check();
    }
}
