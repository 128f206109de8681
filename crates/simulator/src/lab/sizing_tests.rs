use super::{DRAWS, LISTED, Millis, OUTAGES, SLOTS_MS, exceeded, moves, sizing, unpaid, wait};
use crate::lab::settings::Settings;

#[test]
fn longer_waits_and_more_leverage_ask_for_more_insurance() {
    let sizing = sizing(&Settings::default(), 1).unwrap();
    assert_eq!(sizing.rows.len(), SLOTS_MS.len() * OUTAGES.len());
    for of_slot in sizing.rows.chunks(OUTAGES.len()) {
        for pair in of_slot.windows(2) {
            assert!(
                pair[0].wait_ms < pair[1].wait_ms && pair[0].most_leverage >= pair[1].most_leverage
            );
        }
        for row in of_slot {
            assert_eq!(row.needed_bps.len(), LISTED.len());
            assert!(row.needed_bps.is_sorted() && row.most_leverage.is_some(), "{row:?}");
        }
    }
}

#[test]
fn a_chain_that_is_well_waits_for_no_grace() {
    let delay = Millis(3_000);
    assert_eq!(wait(400, 0, delay), Millis(3_000 + 32 * 400));
    let after = wait(400, 5, delay).since(wait(400, 0, delay));
    assert!(after > Millis::MINUTE.times(5), "{after:?}");
}

#[test]
fn a_book_owes_nothing_where_it_is_and_more_the_further_the_price_falls() {
    let unpaid = unpaid(&Settings::default(), 10, 1).unwrap();
    assert_eq!(unpaid[&0], 0);
    assert!(unpaid[&-40] > unpaid[&-20] && unpaid[&-20] > 0, "{unpaid:?}");
}

#[test]
fn every_draw_ends_somewhere_and_one_in_a_hundred_beyond() {
    let moves = moves(Millis::MINUTE.times(30), 800.0, 1);
    assert_eq!(moves.values().sum::<usize>(), DRAWS);
    assert!(moves.keys().any(|at| *at < 0) && moves.keys().any(|at| *at > 0), "{moves:?}");
    assert_eq!(exceeded([(7, DRAWS / 100), (3, 1), (0, DRAWS)].into_iter()), 3);
    assert_eq!(exceeded([(7, 1), (0, DRAWS - 1)].into_iter()), 0);
}
