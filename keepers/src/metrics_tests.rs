use std::collections::BTreeSet;

use super::leaders::Counts;
use super::metrics;
use crate::loopback::report;

fn page() -> String {
    metrics(&report(), &Counts::default())
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
    assert!(page.contains("holdfast_ready 0\n") && page.contains("{class=\"healthy\"} 1\n"));
    assert!(page.contains("holdfast_endpoint_usable{endpoint=\"1\"} 1\n"));
}

#[test]
fn the_dashboard_asks_for_metrics_that_exist() {
    let (page, dashboard) = (page(), include_str!("../ops/grafana-dashboard.json"));
    let asked = dashboard.split("holdfast_").skip(1);
    let names: BTreeSet<_> = asked
        .map(|rest| rest.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_').next())
        .collect();
    assert!(names.len() > 10);
    for name in names.into_iter().flatten() {
        assert!(page.contains(&format!("# TYPE holdfast_{name} ")), "holdfast_{name}");
    }
}
