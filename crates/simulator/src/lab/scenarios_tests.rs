use holdfast_testkit::path::{Bar, straight};

use super::{Prepared, built_in, liveliest_hour, named, play_all};
use crate::lab::policies::Policy;
use crate::lab::report::{Report, Verdict, terminal, write};
use crate::lab::scenario::Scenario;
use crate::lab::settings::Settings;

fn prepared(name: &str) -> Prepared {
    Prepared::on_its_own(named(name).unwrap(), None, 1, 40).unwrap()
}

#[test]
fn every_file_is_read_and_its_path_outlasts_its_faults() {
    for scenario in built_in().unwrap() {
        let bars = scenario.bars(None, 1).unwrap();
        let last = bars.last().unwrap();
        let lasts = (last.opened_ms + last.lasted_ms - bars[0].opened_ms) / 1_000;
        for fault in &scenario.faults {
            assert!(fault.at_s + fault.lasts_s < lasts, "{}", scenario.name);
        }
        assert!(named(&scenario.name).is_ok());
    }
    assert!(named("nothing").unwrap_err().contains("no scenario is called"));
}

#[test]
fn a_mistake_in_a_file_is_named() {
    let text = |faults: &str| format!("name = \"x\"\nabout = \"y\"\nprices = \"crash\"\n{faults}");
    let cases = [
        ("[[faults]]\nat-s = 1\nlasts-s = 5\nwhat = \"hail\"", "hail"),
        ("[[faults]]\nat-s = 1\nlasts-s = 5\nwhat = { halt = { restart = true } }", "restart"),
        ("[[faults]]\nat-s = 1\nlasts-s = 0\nwhat = \"fork\"", "lasts-s is 0"),
        (
            "[[faults]]\nat-s = 1\nlasts-s = 5\nwhat = { skip = { percent = 100 } }",
            "percent is 100",
        ),
        ("[[faults]]\nat-s = 9000000\nlasts-s = 5\nwhat = \"fork\"", "at-s is 9000000"),
    ];
    for (faults, said) in cases {
        let error = Scenario::parse("x.toml", &text(faults)).unwrap_err();
        assert!(error.starts_with("x.toml: ") && error.contains(said), "{error}");
    }
    let paths = [
        ("legs.corners = [[0, 100.0]]", "take at least two"),
        ("legs.corners = [[9, 100.0], [9, 90.0]]", "each later than the one before"),
        ("legs.corners = [[0, 100.0], [9, nan]]", "a price is NaN"),
        (
            "diffusion = { start = 0, minutes = 9, minute-ppm = 9, jumps-per-day = 0, jump-bps = 0 }",
            "start is 0",
        ),
    ];
    for (path, said) in paths {
        let text = format!("name = \"x\"\nabout = \"y\"\n[prices]\n{path}\n");
        let error = Scenario::parse("x.toml", &text).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn ours_wrongs_nobody_where_others_do() {
    let play = |name: &str| {
        let policies = [Policy::Holdfast, Policy::Nothing, Policy::GmxSolana];
        play_all(&[prepared(name)], &policies, &|_| {}).unwrap().remove(0)
    };
    for name in ["restart", "feed-lies", "stall", "fork"] {
        let played = play(name);
        let ours = &played.scores[0].1;
        assert_eq!((ours.wrongful, ours.exits_refused, ours.top_ups_refused), (0, 0, 0), "{name}");
        assert!(ours.early == 0, "{name}");
    }
    // What does not reach a block in time is nothing that a venue can see.
    let played = play("everything");
    let ours = &played.scores[0].1;
    assert_eq!((ours.early, ours.exits_refused, ours.top_ups_refused), (0, 0, 0));
    assert!(played.scores[1].1.wrongful > ours.wrongful);
    let lies = play("feed-lies");
    assert!(lies.scores[1].1.wrongful > 0);
    let restart = play("restart");
    assert_eq!(Verdict::new(&restart.scores[2].1), Verdict::Wrongs);
}

#[test]
fn an_outage_on_recorded_prices_begins_when_one_says() {
    let path = straight(&[(0, 100.0), (36_000, 100.0), (39_600, 80.0), (90_000, 80.0)]);
    let at = path[0].opened_ms + 36_000_000;
    assert!(liveliest_hour(&path).abs_diff(at) <= 1_800_000);
    let on = |outage| {
        Prepared::on_recorded(named("stall").unwrap(), std::slice::from_ref(&path), outage, 1, 8)
    };
    let found = on(Some(at)).unwrap();
    let begins: u64 = found.paths[0][0].opened_ms;
    assert_eq!(begins + found.scenario.faults[0].at_s * 1_000, at);
    assert!(at - begins <= 1_800_000 && found.stage().is_ok());
    assert!(on(Some(1)).is_err());
    let minute = |opened_ms| Bar { opened_ms, ..path[0] };
    assert_eq!(liveliest_hour(&[minute(5)]), 5);
}

#[test]
fn the_report_is_written_whole() {
    let policies = [Policy::Holdfast, Policy::Drift];
    let report = Report {
        seed: 1,
        played: play_all(&[prepared("stall")], &policies, &|_| {}).unwrap(),
        spreads: crate::lab::swarm::spread(1, 3, &policies, &Settings::default(), &|_| {}).unwrap(),
        first_seed: 1,
        waits: crate::lab::queue::waits(2_000, 1),
        alarms: Vec::new(),
        attacks: Vec::new(),
        sizing: crate::lab::sizing::sizing(&Settings::default(), 1).unwrap(),
    };
    let folder = std::env::temp_dir().join(format!("holdfast-lab-{}", std::process::id()));
    write(&report, &folder).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let page = read("lab.html");
    assert!(page.contains("stall") && page.contains(Policy::Drift.name()));
    assert!(!page.contains("http://") && !page.contains("src="));
    assert_eq!(read("lab.csv").lines().count(), 1 + policies.len());
    let json: serde_json::Value = serde_json::from_str(&read("lab.json")).unwrap();
    assert_eq!(json["played"][0]["scenario"]["name"], "stall");
    assert!(terminal(&report).contains("Holdfast"));
}
