use super::*;

fn fill(number: i64, size: i64, position: i64) -> FillRow {
    FillRow {
        cursor: format!("{number}.0.0"),
        signature: format!("s{number}"),
        index: 0,
        slot: number.unsigned_abs(),
        time_s: Some(number),
        silo: Some(0),
        kind: "trade".to_owned(),
        account: "a".to_owned(),
        market: 0,
        price: 100,
        size: size.unsigned_abs(),
        side: if size < 0 { -1 } else { 1 },
        position,
        realised: 10,
        carry: Some(1),
        fee: 2,
        reward: 0,
        to_insurance: 0,
        debt: 0,
        bad_debt: 0,
        insured: 0,
    }
}

type Span = (i8, Option<i64>, Option<i64>, u64, u64, i64);

fn spans(all: &[PositionRow]) -> Vec<Span> {
    let span = |it: &PositionRow| (it.side, it.opened_s, it.closed_s, it.size, it.largest, it.net);
    all.iter().map(span).collect()
}

#[test]
fn a_position_lasts_from_opening_to_closing() {
    let fills = [fill(1, 5, 5), fill(2, 3, 8), fill(3, -8, 0), fill(4, -2, -2)];
    assert_eq!(
        spans(&positions(&fills)),
        [(1, Some(1), Some(3), 0, 8, 21), (-1, Some(4), None, 2, 2, 7)]
    );
}

#[test]
fn turning_a_position_around_ends_it_and_begins_another() {
    let all = positions(&[fill(1, 5, 5), fill(2, -9, -4)]);
    assert_eq!(spans(&all), [(1, Some(1), Some(2), 0, 5, 14), (-1, Some(2), None, 4, 4, 0)]);
    assert_eq!(all[1].opened_by.as_deref(), Some("s2"));
}

#[test]
fn a_liquidation_costs_its_penalty_and_need_not_say_its_side() {
    let mut end = fill(2, 5, 0);
    (end.side, end.fee, end.reward, end.to_insurance, end.realised) = (0, 0, 3, 4, -50);
    let all = positions(&[fill(1, -5, -5), end]);
    assert_eq!(spans(&all), [(-1, Some(1), Some(2), 0, 5, -51)]);
    assert_eq!(all[0].penalties, 7);
}

#[test]
fn what_was_opened_before_the_history_begins_has_no_opening() {
    let all = positions(&[fill(1, -3, 4), fill(2, -4, 0)]);
    assert_eq!(spans(&all), [(1, None, Some(2), 0, 7, 14)]);
    let mut end = fill(1, 5, 0);
    end.side = 0;
    assert_eq!(spans(&positions(&[end])), [(0, None, Some(1), 0, 5, 7)]);
}

#[test]
fn markets_are_told_apart() {
    let other = FillRow { market: 3, ..fill(2, -5, -5) };
    let all = positions(&[fill(1, 5, 5), other]);
    assert_eq!(all.iter().map(|it| (it.market, it.side)).collect::<Vec<_>>(), [(0, 1), (3, -1)]);
}
