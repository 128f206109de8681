use super::{CLASSES, Class, waits};

#[test]
fn the_simulated_queue_agrees_with_the_closed_form() {
    for wait in waits(400_000, 1) {
        // Long queues are correlated: the mean converges slowly near saturation.
        let most = if wait.load_percent >= 90 { 25.0 } else { 6.0 };
        assert!(wait.difference_percent().abs() < most, "{wait:?}");
    }
}

#[test]
fn whoever_pays_more_waits_less_and_lands_more_often() {
    let waits = waits(50_000, 2);
    for row in waits.chunks(CLASSES.len()) {
        assert!(row.windows(2).all(|pair| pair[0].closed_form < pair[1].closed_form));
    }
    for load in [50, 100, 150, 400, 5_000] {
        let land = CLASSES.map(|class| class.landing_percent(load));
        assert!(land.windows(2).all(|pair| pair[0] >= pair[1]), "{load}: {land:?}");
    }
    assert_eq!(Class::Urgent.landing_percent(4_000), 100);
    assert_eq!(Class::Plain.landing_percent(100), 100);
    assert_eq!(Class::Plain.landing_percent(200), 37);
    assert_eq!(Class::Plain.landing_percent(1_000), 0);
}
