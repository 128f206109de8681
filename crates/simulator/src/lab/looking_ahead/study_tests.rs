use super::{Candidate, Study, qlike};
use crate::lab::looking_ahead::looks::{Look, MEMORIES, Month};

/// Moments at which the price does what the mean of this place says, and what is measured is `wrong`
/// times that.
fn month(place: usize, wrong: f64) -> Month {
    let looks = (0..200_u32).map(|at| {
        let realised = f64::from(100 + at % 50 * 20).powi(2);
        let mut means = [realised / 100.0; MEMORIES.len()];
        means[place] = realised;
        Look { realised, measured: realised * wrong, means, unsure: 0.0, calm: at % 50 < 25 }
    });
    Month { name: "months.csv".to_owned(), looks: looks.collect() }
}

#[test]
fn a_forecast_is_best_where_it_is_right() {
    assert!(qlike(4.0, 4.0).abs() < 1e-12);
    assert!(qlike(4.0, 2.0) > qlike(4.0, 8.0));
}

#[test]
fn what_forecasts_is_found_and_what_is_always_covered_hides_it() {
    // The slow mean of two hours knows; what is measured is wrong now by much and now by little.
    let mut known = month(4, 1.0);
    for (at, look) in known.looks.iter_mut().enumerate() {
        look.measured *= [0.5, 1.5][at % 2];
    }
    let months = [known];
    let study = Study::of(&months, &months).unwrap();
    let (memory, alone) = (&study.findings[0], &study.findings[1]);
    assert!(memory.candidate.is_one_mean() && memory.unseen.better_percent() < 50.0, "{memory:?}");
    assert_eq!(alone.candidate.slow, 4);
    assert!(alone.unseen.better_percent() > 50.0, "{alone:?}");
    assert!(alone.unseen.calm_margin <= 1.0, "{alone:?}");
    let charged = study.findings.last().unwrap();
    assert!(charged.exceeded_percent == 0.0, "{charged:?}");
    assert!(charged.unseen.better_percent().abs() < 1e-9, "{charged:?}");
    assert!(study.table().contains("as the preset charges it"));
}

#[test]
fn a_candidate_stays_between_what_is_always_covered_and_three_times_todays_margin() {
    let candidate =
        Candidate { fast: 0, slow: 4, slow_percent: 100, unsure_percent: 0, scale_percent: 100 };
    let month = month(4, 0.01);
    for look in &month.looks {
        assert!(candidate.covers(look, 1e12) == 1e12);
        let covers = candidate.covers(look, 1.0);
        assert!((covers / look.measured - 9.0).abs() < 1e-9, "{look:?}: {covers}");
    }
}
