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
        account: Some("a".to_owned()),
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

fn request(leaves: bool) -> PoolRow {
    PoolRow {
        cursor: "11.0.0".to_owned(),
        signature: "s11".to_owned(),
        slot: 11,
        time_s: Some(11),
        pool: "liquidity".to_owned(),
        leaves,
        request: "r".to_owned(),
        amount: 2_000_000,
        received: 1_500_000,
        worth: 1,
        share_price: None,
    }
}

#[test]
fn everything_is_a_line_in_order_with_exact_decimal_numbers() {
    let flows = [
        flow(10, "ExitPaid", 9_007_199_254_740_993),
        flow(1, "Deposited", 5),
        flow(3, "Withdrawn", 1_000_000),
    ];
    let mut deeds = Deeds::default();
    deeds.add(&[fill()], &flows, &[request(false), request(true)]);
    let text = deeds.table::<()>(|time_s| Ok(format!("at {time_s}"))).expect("it is written");
    let lines: Vec<_> = text.lines().collect();
    let expected = [
        "time_utc,slot,kind,account,market,size,price,position_after,realised,funding_and_borrow_paid,fee_paid,\
         penalty_paid,tokens_in,tokens_out,shares_received,shares_given,signature",
        "at 1,1,deposit,a,,,,,,,,,0.000005,,,,s1",
        ",2,liquidation,a,1,-2.000000,150.250000,-0.000001,-1.500000,0.000007,0.000000,0.000003,,,,,s2",
        "at 3,3,withdrawal,a,,,,,,,,,,1.000000,,,s3",
        "at 10,10,exit,a,,,,,,,,,,9007199254.740993,,,s10",
        "at 11,11,join_liquidity,,,,,,,,,,2.000000,,1.500000,,s11",
        "at 11,11,leave_liquidity,,,,,,,,,,,1.500000,,2.000000,s11",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_table_of_nothing_has_its_columns() {
    let text = Deeds::default().table::<()>(|_| Err(())).expect("it is written");
    assert!(text.starts_with("time_utc,slot,kind,") && text.lines().count() == 1, "{text}");
}
