use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_client::holdfast::oracle::Provider;
use holdfast_keeper_core::ListedFeed;

use super::{Told, WalletBalance, metrics};
use crate::loopback::report;

fn page() -> String {
    let wallet_balance = Arc::new(WalletBalance::holding(42));
    metrics(&report(), &Told { wallet_balance, ..Told::default() })
}

#[test]
fn every_sample_belongs_to_a_family_that_was_announced_once() {
    let page = page();
    let mut announced = BTreeSet::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a kind");
            assert!(announced.insert(name.to_owned()) && ["gauge", "counter"].contains(&kind));
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().expect("a name");
            assert!(announced.contains(name), "{line}");
            let value = line.rsplit(' ').next().expect("a value");
            assert!(value.parse::<u64>().is_ok(), "{line}");
        }
    }
    assert!(
        page.contains("holdfast_ready{silo=\"11111111111111111111111111111111\"} 0\n")
            && page.contains("{class=\"healthy\"} 1\n")
    );
    assert!(page.contains("holdfast_wallet_lamports 42\n"));
    assert!(!page.contains("\nholdfast_venue_state "), "nobody knows it yet");
    assert!(page.contains("kind=\"risk\"} 0\n") && page.contains("holdfast_witnesses 2\n"));
    assert!(page.contains("holdfast_endpoint_usable{endpoint=\"1\"} 1\n"));
}

#[test]
fn feeds_are_told_apart() {
    let mut report = report();
    let feed =
        |place, provider, late| ListedFeed { market: 3, place, provider, late, closed: !late };
    report.feeds = vec![feed(0, Some(Provider::PythPull), false), feed(1, None, true)];
    let page = metrics(&report, &Told::default());
    for (feed, provider, late) in [(0, "pyth-pull", 0), (1, "unknown", 1)] {
        let place = format!("silo=\"{}\",market=\"3\",feed=\"{feed}\"", report.silo);
        for (name, value) in [("late", late), ("closed", 1 - late)] {
            let label = format!("{{{place},provider=\"{provider}\"}}");
            let line = format!("\nholdfast_feed_{name}{label} {value}\n");
            assert!(page.contains(&line), "{line}");
        }
    }
}

/// Names of the metrics that a file of ops asks for.
fn asked(file: &str) -> BTreeSet<&str> {
    let rests = file.split("holdfast_").skip(1);
    let others = |letter: char| !letter.is_ascii_lowercase() && letter != '_';
    rests.filter_map(|rest| rest.split(others).next()).collect()
}

#[test]
fn the_dashboard_shows_every_metric_and_alerts_ask_for_some() {
    let page = page();
    let families = page.lines().filter_map(|line| line.strip_prefix("# TYPE holdfast_"));
    let there: BTreeSet<_> = families.filter_map(|rest| rest.split(' ').next()).collect();
    assert_eq!(asked(include_str!("../../../ops/grafana-dashboard.json")), there);
    let alerts = asked(include_str!("../../../ops/alerts.yml"));
    assert!(alerts.len() > 3 && alerts.is_subset(&there), "{alerts:?}");
}

#[test]
fn the_guide_has_a_row_for_every_alert() {
    let (alerts, guide) =
        (include_str!("../../../ops/alerts.yml"), include_str!("../../../../docs/operators.md"));
    let names = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    for name in names {
        assert!(guide.contains(&format!("\n| {name} | ")), "{name}");
    }
}

#[test]
fn every_alert_is_seen_to_fire() {
    let (alerts, tests) =
        (include_str!("../../../ops/alerts.yml"), include_str!("../../../ops/alerts-tests.yml"));
    let names = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    for name in names {
        let mut tried = tests.split("alertname: ").skip(1);
        let fires = tried.any(|rest| {
            rest.strip_prefix(name).is_some_and(|rest| {
                let rest = rest.trim_start_matches([',', '\n', ' ']);
                rest.starts_with("exp_alerts:") && !rest.starts_with("exp_alerts: []")
            })
        });
        assert!(fires, "keepers/ops/alerts-tests.yml has no series on which {name} fires");
    }
}
