use super::{Course, FARTHEST, FIRST, SECONDS, Track, basis_points};

/// An hour at a hundred dollars, and a fall of six percent over a minute in it.
fn track() -> Track {
    let price = |second: u64| 100_000_000 - 100_000 * second.saturating_sub(2_000).min(60);
    Track::new((0..3_600).map(price).collect()).unwrap()
}

#[test]
fn a_track_knows_where_it_moves_most() {
    let liveliest = track().liveliest;
    assert!((1_910..=2_000).contains(&liveliest), "{liveliest}");
    assert!(Track::new(vec![1; SECONDS - 1]).is_none());
    assert!(Track::new(vec![1; SECONDS]).is_some());
}

#[test]
fn a_course_follows_its_track_from_where_courses_begin() {
    let track = track();
    let mut fell = 0;
    for seed in 0..20 {
        let course = Course::along(&track, seed);
        let moved = |second| basis_points(FIRST[0], course.price(0, second));
        assert!(moved(0).abs() < 1.0, "seed {seed} begins at {}", moved(0));
        assert!((0..SECONDS).all(|second| moved(second).abs() <= FARTHEST + 0.1));
        fell += usize::from(moved(SECONDS - 1) < -300.0);
        let again = Course::along(&track, seed);
        assert!((0..SECONDS).all(|second| again.price(0, second) == course.price(0, second)));
    }
    // Half of them and a few more are taken from where it moves most.
    assert!((6..=16).contains(&fell), "{fell} of 20 fell");
}
