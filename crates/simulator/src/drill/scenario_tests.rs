use super::{ChainBehaviour, FaultKind, Phase, SCENARIOS, Scenario, Timeline};

static PHASES: [Phase; 2] = [
    Phase::calm(5_000),
    Phase { chain: ChainBehaviour::Stands { restarts: false }, ..Phase::calm(2_000) },
];

#[test]
fn stretches_stop_at_the_ends_of_phases_and_then_all_is_well() {
    let mut timeline = Timeline::new(PHASES);
    let mut seen = Vec::new();
    for most in [3_000, 3_000, 3_000, 9_000, 9_000] {
        let stretch = timeline.stretch(most);
        seen.push((stretch.ms, stretch.phase.is_trouble(), stretch.begins, stretch.ends));
    }
    let expected = [
        (3_000, false, true, false),
        (2_000, false, false, true),
        (2_000, true, true, true),
        (9_000, false, true, false),
        (9_000, false, false, false),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn names_are_unique_and_every_path_outlasts_its_phases() {
    for scenario in SCENARIOS {
        assert!(std::ptr::eq(Scenario::named(scenario.name).unwrap(), scenario));
        let bars = (scenario.prices)();
        let last = bars.last().unwrap();
        let lasts: u64 = scenario.phases.iter().map(|phase| phase.lasts_ms).sum();
        assert!(last.opened_ms + last.lasted_ms - bars[0].opened_ms > lasts);
    }
}

#[test]
fn only_the_crash_is_about_the_price_alone() {
    for scenario in SCENARIOS {
        let price_alone = scenario.trouble() == FaultKind::Price;
        assert_eq!(price_alone, scenario.name == "crash");
    }
}

#[test]
fn the_outage_begins_when_one_says() {
    let stall = Scenario::named("stall").unwrap();
    let later = stall.beginning(Some(3_600_000)).unwrap();
    assert_eq!(later[0], Phase::calm(3_600_000));
    assert_eq!(later[1..], stall.phases[1..]);
    assert_eq!(stall.beginning(Some(0)).unwrap(), stall.phases[1..]);
    assert_eq!(stall.beginning(None).unwrap(), stall.phases);
    assert!(Scenario::named("crash").unwrap().beginning(Some(1)).is_err());
}
