//! The lab's page in a real browser, and its rules against the compiled program.

mod browser;

use std::path::{Path, PathBuf};

use browser::{Browser, View};
use holdfast_simulator::lab::policies::Policy;
use holdfast_simulator::lab::report::{Report, write};
use holdfast_simulator::lab::scenarios::{Prepared, compare_with_program, named, play_all};
use holdfast_simulator::lab::settings::Settings;
use holdfast_simulator::lab::{attacks, queue, sizing, swarm};

fn prepared(name: &str, accounts: usize) -> Prepared {
    Prepared::on_its_own(named(name).unwrap(), None, 1, accounts).unwrap()
}

/// After every step, every byte of the silo, its markets, the accounts and the health of the chain.
#[test]
fn the_rules_alone_and_the_compiled_program_agree_to_the_unit() {
    for name in ["stall", "feed-lies", "cascade-2025-10-10"] {
        compare_with_program(&prepared(name, 24)).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    let drawn = swarm::prepared(3, &Settings::default()).unwrap();
    compare_with_program(&drawn).unwrap_or_else(|why| panic!("seed 3: {why}"));
}

/// A short search: that nothing is gained is what `cargo xtask lab` says of more seeds.
#[test]
fn the_adversary_searches_on_the_prices_of_a_scenario() {
    let found = attacks::search(&[prepared("stall", 8)], 1, &|_| {}).unwrap();
    assert_eq!((found[0].scenario.as_str(), found[0].seeds), ("stall", 1));
    assert!(found[0].attempts > 40 && found[0].best_profit <= 0, "{:?}", found[0]);
}

/// A page with everything on it, small.
fn page() -> PathBuf {
    let names = ["cascade-2025-10-10", "stall", "feed-lies", "everything"];
    let prepared: Vec<_> = names.iter().map(|name| prepared(name, 40)).collect();
    let report = Report {
        seed: 1,
        played: play_all(&prepared, &Policy::ALL, &|_| {}).unwrap(),
        spreads: swarm::spread(1, 12, &Policy::ALL, &Settings::default(), &|_| {}).unwrap(),
        first_seed: 1,
        waits: queue::waits(20_000, 1),
        alarms: Vec::new(),
        attacks: Vec::new(),
        sizing: sizing::sizing(&Settings::default(), 1).unwrap(),
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lab");
    write(&report, &folder).unwrap();
    folder.join("lab.html")
}

#[test]
fn the_page_fits_phone_and_desktop_light_and_dark_without_an_error() {
    let page = page();
    let mut browser = Browser::start().unwrap();
    for width in [390, 1280] {
        for dark in [false, true] {
            let view = View { width, dark };
            let seen = browser.open(&page, view).unwrap();
            assert_eq!(seen.errors, [] as [String; 0], "{view:?}");
            assert!(seen.content_width <= width, "{view:?}: {} pixels wide", seen.content_width);
            assert!(width < 1_000 || seen.cut_tables == 0, "{view:?}: {} cut", seen.cut_tables);
            assert_eq!(seen.is_dark, dark, "{view:?}");
            assert!(seen.pictures > 8, "{view:?}: {} pictures", seen.pictures);
            let shade = if dark { "dark" } else { "light" };
            let picture = page.with_file_name(format!("{width}-{shade}.png"));
            std::fs::write(picture, seen.screenshot).unwrap();
        }
    }
}

/// The test above would see it: a page that logs an error and is too wide.
#[test]
fn a_page_with_an_error_or_too_wide_is_seen() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lab-broken");
    std::fs::create_dir_all(&folder).unwrap();
    let page = folder.join("broken.html");
    let text = "<!doctype html><meta name=viewport content='width=device-width'>\
                <div class='wide' style='width:300px;overflow:auto'><div style='width:400px'>cut</div></div>\
                <div style='width:3000px'>wide</div><script>console.error('no');nothing()</script>";
    std::fs::write(&page, text).unwrap();
    let seen = Browser::start().unwrap().open(&page, View { width: 390, dark: false }).unwrap();
    assert_eq!(seen.errors.len(), 2, "{:?}", seen.errors);
    assert!(seen.content_width >= 3_000);
    assert_eq!(seen.cut_tables, 1);
}
