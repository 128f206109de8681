use std::collections::BTreeSet;

use holdfast_client::Pubkey;
use holdfast_keepers::fees::Fees;
use holdfast_keepers::keeper::{Keeper, Orders};
use holdfast_risk::Millis;
use solana_keypair::keypair_from_seed;

use super::metrics;

fn page() -> String {
    let orders = Orders {
        silo: Pubkey::default(),
        account: Pubkey::default(),
        wallet: keypair_from_seed(&[1; 32]).expect("32 bytes"),
        guardian: None,
        keepers: Vec::new(),
        feeds: Vec::new(),
        fees: Fees::default(),
        dry_run: false,
        endpoints: 2,
        streams: 1,
    };
    metrics(&Keeper::new(orders, Millis(0)).report(Millis(0)))
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
