//! What every outage must come to, whatever the seed.

use holdfast_migrations::presets;
use holdfast_simulator::drill::{Report, SCENARIOS, Scenario};
use holdfast_testkit::audit::Audit;

use crate::play_scenario;

const SEED: u64 = 11;
/// Enough for some to be below maintenance while their margin is on its way.
const ACCOUNTS: usize = 64;

fn play(name: &str) -> Report {
    play_scenario(name, &(Scenario::named(name).unwrap().prices)(), SEED, ACCOUNTS)
}

/// How often an action was refused, in a state or in any.
fn refused(report: &Report, action: &str, state: Option<&str>) -> u64 {
    let matches = report.refused.iter().filter(|refused| {
        refused.action == action && state.is_none_or(|state| refused.state == state)
    });
    matches.map(|refused| refused.count).sum()
}

fn is_survived(report: &Report) {
    let name = report.scenario;
    assert!(report.resumed, "{name}");
    assert_eq!(report.wrongful_liquidations, 0, "{name}");
    assert_eq!((report.exits_refused, report.exits_late), (0, 0), "{name}");
    assert_eq!(refused(report, "ask to reduce", None), 0, "{name}");
    assert_eq!(report.deposits_refused, 0, "{name}");
    assert_eq!((report.vault_difference, report.audit), (0, Audit::default()), "{name}");
    assert!(report.exits > 0 && report.deposits > 0, "{name}");
    let marks = [report.disrupted_at, report.known_at, report.safe_at, report.resumed_at];
    let marks = marks.map(|mark| mark.unwrap_or_else(|| panic!("{name}: {marks:?}")));
    assert!(marks.is_sorted_by_key(|mark| (mark.ms, mark.slot)), "{name}: {marks:?}");
}

/// Disrupted chains close to whoever opens until the ladder has been climbed.
fn is_sheltered(report: &Report) {
    is_survived(report);
    let name = report.scenario;
    for state in ["shelter", "thaw"] {
        assert!(refused(report, "ask to open", Some(state)) > 0, "{name}, {state}");
    }
    assert_eq!(refused(report, "ask to open", Some("normal")), 0, "{name}");
    assert!(refused(report, "withdraw", Some("shelter")) > 0, "{name}");
}

/// Slots between the disruption and the venue's knowing.
fn slots_to_know(report: &Report) -> u64 {
    report.known_at.unwrap().slot - report.disrupted_at.unwrap().slot
}

#[test]
fn stall() {
    let report = play("stall");
    let json = |report| serde_json::to_string(report).unwrap();
    assert_eq!(json(&report), json(&play("stall")), "to the byte");
    is_sheltered(&report);
    assert!(slots_to_know(&report) < 10, "seconds after the first block");
}

/// The same halt, whatever a slot takes.
fn is_found_at_once(name: &str) {
    let report = play(name);
    is_sheltered(&report);
    assert!(slots_to_know(&report) < 20, "seconds after the first block: {name}");
}

#[test]
fn stall_250() {
    is_found_at_once("stall-250");
}

#[test]
fn stall_200() {
    is_found_at_once("stall-200");
}

/// Whoever was locked out for hours gets the grace before anybody is liquidated.
#[test]
fn vote_only() {
    let report = play("vote-only");
    is_sheltered(&report);
    let [disrupted, known, liquidated] =
        [report.disrupted_at, report.known_at, report.liquidated_at].map(Option::unwrap);
    let returned_ms = disrupted.ms + 7_200_000;
    assert!(known.ms - returned_ms <= 3_000, "with the first block that takes anything");
    let grace_ms = presets::thresholds().grace_ms;
    assert!(liquidated.ms >= known.ms + grace_ms, "{liquidated:?} after {known:?}");
    assert!(report.liquidated > 0, "the price fell on");
}

#[test]
fn slow() {
    let report = play("slow");
    is_sheltered(&report);
    assert!(report.known_at.unwrap().ms - report.disrupted_at.unwrap().ms < 60_000);
}

#[test]
fn restart() {
    let report = play("restart");
    is_sheltered(&report);
    assert!(slots_to_know(&report) <= 2, "the sysvar moves with the first block");
}

#[test]
fn skip() {
    let report = play("skip");
    is_sheltered(&report);
    assert!(refused(&report, "refresh", None) < 10, "prices count while leaders go on failing");
}

#[test]
fn clock_lag() {
    let report = play("clock-lag");
    is_sheltered(&report);
    assert!(slots_to_know(&report) < 20, "two prices after the first block");
}

#[test]
fn oracle_freeze() {
    let report = play("oracle-freeze");
    is_survived(&report);
    assert!(report.refused.iter().all(|refused| refused.state == "normal"), "the chain is well");
}

#[test]
fn oracle_lie() {
    let report = play("oracle-lie");
    is_survived(&report);
    assert!(report.refused.is_empty(), "two of three agree: {:?}", report.refused);
    assert!(slots_to_know(&report) < 20);
}

/// Whoever adds a scenario adds its test, with its name here, and its row in the page.
#[test]
fn every_scenario_is_tested_and_has_a_row() {
    let tested = [
        "crash",
        "stall",
        "stall-250",
        "stall-200",
        "vote-only",
        "slow",
        "restart",
        "skip",
        "oracle-freeze",
        "oracle-lie",
        "clock-lag",
    ];
    assert_eq!(SCENARIOS.iter().map(|known| known.name).collect::<Vec<_>>(), tested);
    let page = include_str!("../../docs/drills.md");
    for name in tested {
        assert!(page.contains(&format!("`{name}`")), "docs/drills.md has no row for {name}");
    }
}
