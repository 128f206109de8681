use super::{Desk, Maker, MakerOrder, latency_ppm};
use crate::lab::book::Book;
use crate::lab::crowd::Crowd;
use crate::lab::people::Person;
use crate::lab::queue::Class;
use crate::lab::settings::Settings;
use holdfast_risk::SignedSize;
use holdfast_risk::account::position::Position;
use holdfast_testkit::chain::Chain;

const PRICE: u64 = 100_000_000;

/// One trader who is long by a hundred, and two makers.
fn crowd() -> Crowd {
    let person = Person {
        collateral: 5_000_000_000,
        leverage_tenths: 20,
        market: 0,
        second: false,
        long: true,
        careful: false,
        nervous: false,
        leaves: None,
        reaction_ms: 0,
        class: Class::Plain,
    };
    let maker = |edge_ppm| Maker { collateral: 5_000_000_000, market: 0, edge_ppm };
    Crowd { people: vec![person], makers: vec![maker(1_000), maker(3_000)], providers: Vec::new() }
}

fn book(crowd: &Crowd) -> Book {
    let chain = Chain::new(1_760_000_000_000, 1_000_000);
    let mut book = Book::new(&chain, &[PRICE], &crowd.funds(), &Settings::default());
    book.give_positions(&crowd.people, &[PRICE]).unwrap();
    book
}

#[test]
fn the_price_of_latency_grows_with_its_root() {
    assert_eq!(latency_ppm(800, 60_000), 1_600);
    assert_eq!(latency_ppm(800, 240_000), 3_200);
    assert_eq!(latency_ppm(800, 0), 0);
}

#[test]
fn makers_share_the_other_side_and_take_no_worse_price_than_pays() {
    let crowd = crowd();
    let mut desk = Desk::new(&crowd.makers, 1, 1);
    let sends = desk.decide(&book(&crowd), &[PRICE], 60_000, 1_000, |_| false).unwrap();
    let quote = |edge: u64| MakerOrder { market: 0, delta: -50_000_000, limit: PRICE - 100 * edge };
    assert_eq!(sends, [(1, quote(1_000)), (2, quote(3_000))]);
    assert_eq!(desk.quoting(), (2, 2));
    // What is on its way is not sent again, and nobody looks all the time.
    let sends = desk.decide(&book(&crowd), &[PRICE], 61_000, 1_000, |_| false).unwrap();
    assert!(sends.is_empty());
    let sends = desk.decide(&book(&crowd), &[PRICE], 90_000, 1_000, |who| who == 1).unwrap();
    assert_eq!(sends.len(), 1);
}

#[test]
fn whoever_earns_less_than_latency_costs_goes_out_first() {
    let crowd = crowd();
    let mut book = book(&crowd);
    for who in [1, 2] {
        let none = Position::default();
        let short = none.trade(SignedSize(-50_000_000), holdfast_risk::Price(PRICE), |_| {
            holdfast_risk::CarryIndex(0)
        });
        book.accounts[who].set_position(0, &short.unwrap().position);
    }
    let mut desk = Desk::new(&crowd.makers, 1, 1);
    // A minute's deviation of a tenth of a percent, seen over an hour.
    for minute in 0..60 {
        let price = if minute % 2 == 0 { PRICE } else { PRICE + PRICE / 1_000 };
        desk.decide(&book, &[price], minute * 61_000, 1_000, |_| false).unwrap();
    }
    assert_eq!(desk.quoting(), (2, 2));
    // Two minutes until something lands.
    let sends = desk.decide(&book, &[PRICE], 4_000_000, 120_000, |_| false).unwrap();
    assert_eq!(sends, [(1, MakerOrder { market: 0, delta: 50_000_000, limit: u64::MAX / 2 })]);
    assert_eq!(desk.quoting(), (1, 2));
}
