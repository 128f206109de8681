use super::{Provider, Providers};
use crate::lab::book::{Book, Stake};
use crate::lab::crowd::Crowd;
use crate::lab::pool;
use crate::lab::settings::Settings;
use holdfast_risk::Millis;
use holdfast_testkit::chain::Chain;

const PRICE: u64 = 100_000_000;

fn crowd() -> Crowd {
    let provider = |comes, leaves, fears_ppm| Provider { amount: 1_000, comes, leaves, fears_ppm };
    let providers = vec![
        provider(0, Some(500), None),
        provider(0, None, Some(50_000)),
        provider(300, None, None),
    ];
    Crowd { people: Vec::new(), makers: Vec::new(), providers }
}

#[test]
fn providers_come_and_leave_at_their_time_or_in_fear() {
    let crowd = crowd();
    let chain = Chain::new(1_760_000_000_000, 1_000_000);
    let mut book = Book::new(&chain, &[PRICE], &crowd.funds(), &Settings::default());
    let mut minds = Providers::new(&crowd.providers, &[PRICE]);
    let mut decide = |book: &Book, price, passed| minds.decide(book, &[price], passed, |_| false);
    assert_eq!(decide(&book, PRICE, 0), [(0, false), (1, false)]);
    for place in [0, 1] {
        book.stakes[place] = Stake { wallet: 0, shares: 1_000, request: None };
    }
    assert_eq!(decide(&book, PRICE, 299), []);
    assert_eq!(decide(&book, PRICE, 300), [(2, false)]);
    // What waits is not asked for again.
    book.stakes[2] =
        Stake { request: Some(pool::request(false, 1_000, Millis(0))), ..book.stakes[2] };
    assert_eq!(decide(&book, PRICE, 310), []);
    assert_eq!(decide(&book, PRICE - PRICE / 20, 320), [(1, true)]);
    assert_eq!(decide(&book, PRICE, 500), [(0, true), (1, true)]);
    // Whoever has left stays away.
    book.stakes[0] = Stake { wallet: 1_000, ..Stake::default() };
    assert_eq!(decide(&book, PRICE, 600), [(1, true)]);
}

#[test]
fn what_a_stake_asks_for_and_gets_adds_up() {
    let crowd = crowd();
    let chain = Chain::new(1_760_000_000_000, 1_000_000);
    let mut book = Book::new(&chain, &[PRICE], &crowd.funds(), &Settings::default());
    book.stakes[0].wallet = 5_000_000_000;
    let before = book.silo.ledger;
    pool::ask(&mut book, 0, false, Millis(1)).unwrap();
    assert!(pool::ask(&mut book, 0, true, Millis(1)).is_err());
    assert_eq!((book.stakes[0].outside(), book.silo.ledger.queued), (5_000_000_000, 5_000_000_000));
    pool::execute_at(&mut book, &[PRICE], 0).unwrap();
    assert_eq!((book.stakes[0].inside(), book.stakes[0].outside()), (5_000_000_000, 0));
    pool::ask(&mut book, 0, true, Millis(1)).unwrap();
    pool::execute_at(&mut book, &[PRICE], 0).unwrap();
    assert_eq!(book.stakes[0].wallet, 5_000_000_000);
    assert_eq!(book.silo.ledger.liquidity, before.liquidity);
    book.silo.invariant().unwrap();
}
