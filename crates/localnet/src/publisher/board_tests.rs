use holdfast_testkit::path::straight;

use super::super::path::Motion;
use super::*;

const SOL: u64 = 150_000_000;
const NOW: u64 = 1_760_000_000_000;

fn board(motion: Motion, speed: f64) -> Board {
    let names = ["SOL", "BTC"];
    let paths = motion.paths(&[SOL, SOL]);
    let address = |index: usize| Pubkey::new_from_array([index as u8; 32]);
    let feeds = paths.into_iter().enumerate();
    let feeds = feeds.map(|(index, path)| (names[index].to_owned(), address(index), path));
    Board::new(feeds.collect(), speed)
}

/// What SOL says, as price and time.
fn said(board: &Board, now_ms: u64) -> Option<(u64, u64)> {
    let due = board.due(now_ms);
    let other = due.iter().find(|due| due.name == "BTC").expect("nobody gave it orders");
    assert_eq!((other.published.price, other.published.at_ms), (SOL, now_ms));
    let due = due.into_iter().find(|due| due.name == "SOL")?;
    board.sent(&due.address, due.published, 5);
    Some((due.published.price, due.published.at_ms))
}

#[test]
fn every_fault_does_what_it_says_and_is_taken_back() {
    let board = board(Motion::Still, 1.0);
    let set = |price, fault| board.set("SOL", price, fault).unwrap();
    assert_eq!(said(&board, NOW), Some((SOL, NOW)));
    set(None, FeedFault::Stop);
    assert_eq!(said(&board, NOW + 1), None);
    set(None, FeedFault::FreezeTime);
    assert_eq!(said(&board, NOW + 2), Some((SOL, NOW)));
    assert_eq!(said(&board, NOW + 9), Some((SOL, NOW)));
    set(None, FeedFault::Lie { factor: 1.5 });
    assert_eq!(said(&board, NOW + 10), Some((SOL / 2 * 3, NOW + 10)));
    set(None, FeedFault::Future { seconds: 60 });
    assert_eq!(said(&board, NOW + 11), Some((SOL, NOW + 60_011)));
    set(Some(7), FeedFault::Normal);
    assert_eq!(said(&board, NOW + 12), Some((7, NOW + 12)));
    set(None, FeedFault::Normal);
    assert_eq!(said(&board, NOW + 13), Some((SOL, NOW + 13)));
}

#[test]
fn a_lie_is_about_the_price_that_is_meant() {
    let board = board(Motion::Still, 1.0);
    board.set("SOL", Some(100), FeedFault::Lie { factor: 0.5 }).unwrap();
    assert_eq!(said(&board, NOW), Some((50, NOW)));
    let state = &board.state().feeds[0];
    assert_eq!((state.price, state.published.map(|sent| sent.price)), (100, Some(50)));
}

#[test]
fn wrong_orders_are_refused_and_change_nothing() {
    let board = board(Motion::Still, 1.0);
    let reason = board.set("DOGE", None, FeedFault::Stop).unwrap_err();
    assert!(reason.contains("SOL, BTC"), "{reason}");
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(board.set("SOL", Some(1), FeedFault::Lie { factor }).is_err());
    }
    assert_eq!(said(&board, NOW), Some((SOL, NOW)));
}

#[test]
fn a_path_runs_at_its_speed_from_the_first_price_on_also_while_a_feed_is_silent() {
    let board = board(Motion::Replay(straight(&[(0, 100.0), (100, 200.0)])), 10.0);
    let price = |now_ms| {
        let due = board.due(now_ms);
        due.first().map(|due| due.published.price)
    };
    assert_eq!(price(NOW), Some(SOL));
    assert_eq!(price(NOW + 5_000), Some(SOL / 2 * 3));
    board.set("SOL", None, FeedFault::Stop).unwrap();
    board.set("BTC", None, FeedFault::Stop).unwrap();
    assert_eq!(price(NOW + 8_000), None);
    let meant = board.state().feeds[0].price;
    // Eighty of a hundred seconds; inside a bar the price is a little ahead or behind.
    assert!((SOL / 100 * 175..=SOL / 100 * 185).contains(&meant), "{meant}");
}

#[test]
fn trouble_is_news_once() {
    let board = board(Motion::Still, 1.0);
    assert!(!board.went(None));
    assert!(board.went(Some("it is dead".to_owned())));
    assert!(!board.went(Some("it is dead".to_owned())));
    assert_eq!(board.state().trouble.as_deref(), Some("it is dead"));
    assert!(board.went(None));
}
