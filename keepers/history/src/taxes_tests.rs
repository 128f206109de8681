use serde_json::{Map, json};

use super::*;

fn flow(slot: u64, kind: &str, amount: u64) -> Happened {
    let fields: Map<_, _> = [("amount".to_owned(), json!(amount))].into_iter().collect();
    Happened {
        cursor: format!("{slot}.0.0"),
        signature: format!("s{slot}"),
        index: 0,
        slot,
        time_s: Some(slot as i64),
        silo: Some(0),
        kind: kind.to_owned(),
        account: None,
        market: None,
        fields,
    }
}

fn fill() -> FillRow {
    FillRow {
        cursor: "2.0.0".to_owned(),
        signature: "s2".to_owned(),
        index: 0,
        slot: 2,
        time_s: None,
        silo: Some(0),
        kind: "liquidation".to_owned(),
        account: "a".to_owned(),
        market: 1,
        price: 150_250_000,
        size: 2_000_000,
        side: -1,
        position: -1,
        realised: -1_500_000,
        carry: Some(7),
        fee: 0,
        reward: 1,
        to_insurance: 2,
        debt: 0,
        bad_debt: 0,
        insured: 0,
    }
}

#[test]
fn everything_is_a_line_in_order_with_exact_decimal_numbers() {
    let flows = [
        flow(10, "ExitPaid", 9_007_199_254_740_993),
        flow(1, "Deposited", 5),
        flow(3, "Withdrawn", 1_000_000),
    ];
    let text =
        table::<()>(&[fill()], &flows, |time_s| Ok(format!("at {time_s}"))).expect("it is written");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], COLUMNS.join(","));
    assert_eq!(lines[1], "at 1,1,deposit,,,,,,,,,0.000005,,s1");
    assert_eq!(
        lines[2],
        ",2,liquidation,1,-2.000000,150.250000,-0.000001,-1.500000,0.000007,0.000000,0.000003,,,s2"
    );
    assert_eq!(lines[3], "at 3,3,withdrawal,,,,,,,,,,1.000000,s3");
    assert_eq!(lines[4], "at 10,10,exit,,,,,,,,,,9007199254.740993,s10");
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|line| line.split(',').count() == COLUMNS.len()));
}
