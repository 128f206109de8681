use serde_json::json;

use super::*;

fn happened(number: u64, time_s: i64, kind: &str, fields: Value) -> Happened {
    Happened {
        cursor: format!("{number}.0.0"),
        signature: format!("s{number}"),
        index: 0,
        slot: number,
        time_s: Some(time_s),
        silo: Some(0),
        kind: kind.to_owned(),
        account: None,
        market: None,
        fields: fields.as_object().cloned().unwrap_or_default(),
    }
}

fn both(number: u64, day: i64, leaves: bool, amount: u64, received: u64) -> [Happened; 2] {
    let asked = json!({"request": "r", "pool": "Insurance", "leaves": leaves, "amount": amount, "due_ms": 1});
    let done = json!({"request": "r", "amount": amount, "received": received, "worth": -5, "arrived": true});
    let time_s = day * 86_400;
    [
        happened(2 * number + 1, time_s, "PoolRequestExecuted", done),
        happened(2 * number, time_s - 60, "PoolRequested", asked),
    ]
}

#[test]
fn a_share_gains_what_its_price_rose_by_in_a_year_at_that_pace() {
    // A tenth in 73 days, a fifth of a year; those that leave are a day apart.
    let newest_first = [
        both(4, 74, true, 100, 130),
        both(3, 73, true, 100, 90),
        both(2, 73, false, 220, 100),
        both(1, 0, false, 200, 100),
    ];
    let rows = executed(&newest_first.concat());
    let prices: Vec<_> = rows.iter().map(|row| (row.leaves, row.share_price)).collect();
    assert_eq!(
        prices,
        [(true, 1_300_000), (true, 900_000), (false, 2_200_000), (false, 2_000_000)]
            .map(|(leaves, price)| (leaves, Some(price)))
    );
    assert_eq!((rows[0].pool.as_str(), rows[0].worth), ("insurance", -5));
    let earned = earned(&rows).expect("73 days");
    assert_eq!(
        (earned.from_price, earned.to_price, earned.apr_ppm),
        (2_000_000, 2_200_000, 500_000)
    );
    assert_eq!((earned.from_s, earned.to_s), (0, 73 * 86_400));
}

#[test]
fn nothing_is_said_of_less_than_a_day_or_of_one_request() {
    let one = both(1, 5, false, 100, 100).to_vec();
    assert_eq!(earned(&executed(&one)), None);
    let mut soon = both(2, 5, false, 110, 100).to_vec();
    soon.iter_mut().for_each(|it| it.time_s = it.time_s.map(|time| time + 3_600));
    assert_eq!(earned(&executed(&[soon, one].concat())), None);
}

#[test]
fn one_whose_request_is_not_known_is_left_out_and_one_that_got_nothing_has_no_price() {
    let [done, _] = both(1, 5, false, 100, 100);
    assert!(executed(&[done]).is_empty());
    assert_eq!(executed(&both(1, 5, false, 100, 0))[0].share_price, None);
}
