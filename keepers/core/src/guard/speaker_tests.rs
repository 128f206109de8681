use holdfast_risk::Millis;

use super::{Alarm, KEPT, Speaker};
use crate::health::ChainCondition::{self, Halt, Healthy, RpcStale};
use crate::world::key;

fn alarms(speaker: &Speaker) -> Vec<Alarm> {
    speaker.notices().map(|notice| notice.alarm.clone()).collect()
}

#[test]
fn what_lasts_is_told_once_an_hour_and_for_each_account() {
    let mut speaker = Speaker::default();
    let hour = Millis::HOUR.0;
    assert!(speaker.remind(Some(key(1)), Alarm::Unpriced, Millis(0)));
    assert!(speaker.remind(Some(key(2)), Alarm::Unpriced, Millis(0)));
    assert!(!speaker.remind(Some(key(1)), Alarm::Unpriced, Millis(hour - 1)));
    assert!(speaker.remind(Some(key(1)), Alarm::Missing, Millis(hour - 1)), "another alarm");
    assert!(speaker.remind(Some(key(1)), Alarm::Unpriced, Millis(hour)));
    let mut again = Speaker::new(speaker.told().clone());
    assert!(!again.remind(Some(key(1)), Alarm::Unpriced, Millis(hour + 1)), "after a restart");
}

#[test]
fn numbers_rise_and_the_oldest_notices_are_left_out() {
    let mut speaker = Speaker::default();
    for amount in 0..KEPT as u64 + 3 {
        speaker.tell(None, Alarm::ToppedUp { amount });
    }
    let numbers: Vec<_> = speaker.notices().map(|notice| notice.number).collect();
    assert_eq!(numbers, (4..KEPT as u64 + 4).collect::<Vec<_>>());
}

#[test]
fn the_chain_and_ones_own_endpoints_are_told_apart_once_it_lasts() {
    let mut speaker = Speaker::default();
    let course: [(ChainCondition, u64); 8] = [
        (Healthy, 0),
        (Halt, 20_000),
        (Healthy, 30_000),
        (Halt, 40_000),
        (Halt, 55_000),
        (Halt, 70_000),
        (RpcStale, 80_000),
        (RpcStale, 95_000),
    ];
    for (condition, at) in course {
        speaker.condition(condition, Millis(at));
    }
    let told = [Alarm::Chain { condition: Halt }, Alarm::Endpoints { condition: RpcStale }];
    assert_eq!(alarms(&speaker), told);
    speaker.condition(Healthy, Millis(100_000));
    speaker.condition(Healthy, Millis(159_999));
    assert_eq!(alarms(&speaker).len(), 2, "it may not be over");
    speaker.condition(Healthy, Millis(160_000));
    assert_eq!(alarms(&speaker)[2..], [Alarm::Recovered]);
    speaker.condition(Healthy, Millis(10_000_000));
    assert_eq!(alarms(&speaker).len(), 3, "only once");
}
