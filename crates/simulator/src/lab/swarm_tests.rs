use super::{draw, mean, play, share, spread};
use crate::lab::policies::Policy;
use crate::lab::settings::Settings;

#[test]
fn a_seed_draws_the_same_faults_and_plays_the_same_again() {
    assert_eq!(format!("{:?}", draw(7)), format!("{:?}", draw(7)));
    assert_ne!(format!("{:?}", draw(7).faults), format!("{:?}", draw(8).faults));
    for policy in [Policy::Holdfast, Policy::Drift] {
        let once = serde_json::to_string(&play(7, policy).unwrap()).unwrap();
        assert_eq!(once, serde_json::to_string(&play(7, policy).unwrap()).unwrap());
    }
}

#[test]
fn seeds_played_together_come_to_what_each_comes_to_alone() {
    let found =
        spread(1, 4, &[Policy::Holdfast, Policy::Nothing], &Settings::default(), &|_| {}).unwrap();
    for spread in found {
        let alone = (1..5).map(|seed| play(seed, spread.policy).unwrap().bad_debt);
        let most = alone.clone().max().unwrap();
        assert_eq!(spread.worst[0].1, most);
        let sum: u64 = alone.sum();
        assert!((spread.bad_debt.mean * 4.0 - sum as f64).abs() < 0.5);
        assert_eq!(spread.histogram.iter().sum::<u64>(), 4);
    }
}

#[test]
fn intervals_hold_what_they_should() {
    let rare = share(0, 1_000);
    assert!(rare.low == 0.0 && (0.003..0.005).contains(&rare.high));
    let half = share(500, 1_000);
    assert!(half.low < 0.5 && half.high > 0.5 && half.high - half.low < 0.07);
    let even = mean([1_u64, 2, 3, 4, 5].into_iter());
    assert!((even.mean - 3.0).abs() < 1e-9);
    assert!((even.half - 1.96 * (2.5_f64 / 5.0).sqrt()).abs() < 1e-9);
}
