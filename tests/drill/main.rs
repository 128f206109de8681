//! The drills themselves: they repeat to the byte, their figures add up, and every outage ends with
//! nobody wronged and everybody able to leave.

mod guards;
mod outages;

use holdfast_simulator::drill::{Drill, Report, Scenario};
use holdfast_testkit::audit::Audit;
use holdfast_testkit::path::{Bar, built_in};

fn play(bars: &[Bar], seed: u64) -> Report {
    play_scenario("crash", bars, seed, 24)
}

fn play_scenario(name: &str, bars: &[Bar], seed: u64, accounts: usize) -> Report {
    play_with(name, bars, seed, accounts, false)
}

fn play_with(name: &str, bars: &[Bar], seed: u64, accounts: usize, guarded: bool) -> Report {
    let scenario = Scenario::named(name).unwrap();
    let paths = [bars.to_vec()];
    let drill = Drill { scenario, paths: &paths, outage_ms: None, seed, accounts, guarded };
    drill.run(&|_, _, _| {}).unwrap()
}

fn json(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

/// The fall without the recovery.
fn fall() -> Vec<Bar> {
    built_in().into_iter().take(3).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let bars = &fall()[1..];
    let first = json(&play(bars, 7));
    assert_eq!(first, json(&play(bars, 7)));
    assert_ne!(first, json(&play(bars, 8)));
}

#[test]
fn nobody_is_wronged_and_nothing_is_lost() {
    let report = play(&built_in(), 3);
    assert_eq!(report.audit, Audit::default());
    assert_eq!(report.vault_difference, 0);
    assert_eq!(report.wrongful_liquidations, 0);
    assert_eq!(report.exits_refused, 0);
    assert_eq!(report.price_low, 168_790_000);
    assert!(report.liquidated > 0 && report.liquidated <= report.accounts);
    assert!(report.partial + report.full >= report.liquidated as u64);
    assert!(report.exits > 0);
    let waits = report.slots_to_liquidate;
    assert!(waits.p50 > 0 && waits.p50 <= waits.p99);
    assert!(report.insurance_after + report.bad_debt >= report.insurance_before);
}

/// A fall too sudden for anybody to act leaves debts, and insurance pays them.
#[test]
fn a_gap_in_the_price_costs_insurance_and_still_adds_up() {
    let mut bars = fall();
    for bar in &mut bars[1..] {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price /= 2;
        }
    }
    let report = play(&bars, 3);
    assert!(report.bad_debt > 0);
    assert!(report.insurance_after < report.insurance_before);
    assert_eq!(report.audit, Audit::default());
    assert_eq!(report.wrongful_liquidations, 0);
    assert_eq!(report.exits_refused, 0);
}
