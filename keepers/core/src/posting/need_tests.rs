use holdfast_client::holdfast::state::Market;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};

use super::{Look, Need, Wait, prices_a_minute};
use crate::VenueSnapshot;
use crate::world::{NOW, PRICE, mirror};

/// A move worth bringing in these tests.
const MOVED_BPS: u64 = 50;

fn quote(price: u64, published: u64) -> Quote {
    Quote { price: Price(price), confidence: Price(price / 1_000), published: Millis(published) }
}

/// What is there was published at `NOW` and taken; a second later the same price is offered.
struct Case {
    mirror: VenueSnapshot,
    market: Market,
    taken: u64,
    told: u64,
    stored: Option<Quote>,
    offered: Quote,
    waits: Vec<Wait>,
    now: u64,
}

fn case() -> Case {
    let mirror = mirror();
    let market = mirror.markets[0].1;
    let (stored, offered) = (Some(quote(PRICE, NOW)), quote(PRICE, NOW + 1_000));
    let waits = Vec::new();
    Case { mirror, market, taken: NOW, told: 0, stored, offered, waits, now: NOW + 1_000 }
}

impl Case {
    fn need(&self) -> Option<Need> {
        let look = Look {
            market: &self.market,
            taken: Millis(self.taken),
            told: Millis(self.told),
            stored: self.stored,
            waits: &self.waits,
            moved_bps: MOVED_BPS,
        };
        look.need(&self.offered, &self.mirror.chain(Millis(self.now)))
    }
}

#[test]
fn a_price_that_stands_is_left_alone_until_it_grows_old() {
    let mut case = case();
    assert_eq!(case.need(), None);
    for (age, needed) in [(14_999, None), (15_000, Some(Need::Old))] {
        case.now = NOW + age;
        case.offered = quote(PRICE, case.now);
        assert_eq!(case.need(), needed, "{age}");
    }
    let nothing_there = Case { stored: None, ..self::case() };
    assert_eq!(nothing_there.need(), Some(Need::Old));
}

#[test]
fn a_feed_is_prices_a_minute_two_prices_in_each_age_limit() {
    let mut market = case().market;
    let prices = [30_000, 60_000, 50_000, 0].map(|age_ms| {
        market.terms.age_ms = age_ms;
        prices_a_minute(&market)
    });
    assert_eq!(prices, [4, 2, 3, 60_000]);
}

#[test]
fn a_move_is_brought_in_both_directions() {
    let step = PRICE * MOVED_BPS / 10_000;
    let moved = [PRICE + step, PRICE - step, PRICE + step - 1, PRICE - step + 1];
    let needed = moved.map(|price| Case { offered: quote(price, NOW + 1_000), ..case() }.need());
    assert_eq!(needed, [Some(Need::Moved), Some(Need::Moved), None, None]);
}

#[test]
fn who_waits_gets_a_price_that_helps() {
    let wait = |from: u64| vec![Wait { market: 0, from: Millis(from) }];
    let of = |waits: Vec<Wait>| Case { waits, ..case() }.need();
    assert_eq!(of(wait(NOW + 1_000)), Some(Need::Awaited));
    assert_eq!(of(wait(NOW + 1_001)), None, "it is too early for this one");
    assert_eq!(of(vec![Wait { market: 1, from: Millis(NOW) }]), None, "another market's");
    // One that helps is there already: it is taken first, and if that was not enough another is brought.
    let there = Case { waits: wait(NOW), ..case() };
    assert_eq!(Case { taken: NOW - 1, ..there }.need(), None);
    let there = Case { waits: wait(NOW), ..case() };
    assert_eq!(there.need(), Some(Need::Awaited));
}

#[test]
fn nothing_is_brought_that_is_not_newer() {
    let waits = vec![Wait { market: 0, from: Millis(0) }];
    let at = |published: u64| {
        Case { offered: quote(PRICE * 2, published), waits: waits.clone(), ..case() }.need()
    };
    assert_eq!([NOW - 1, NOW, NOW + 1].map(at), [None, None, Some(Need::Awaited)]);
}

#[test]
fn a_sudden_price_is_to_be_borne_out_by_the_next() {
    let mut sudden = case();
    sudden.market.prices[usize::from(sudden.market.newest)].sudden = 1;
    assert_eq!(sudden.need(), Some(Need::Moved));
    sudden.taken = NOW - 1;
    assert_eq!(sudden.need(), None, "the next is there already, and is taken first");
}

/// A halt that the clock hides: what is offered lies far ahead of it.
#[test]
fn evidence_of_the_time_is_brought() {
    let hour = 3_600_000;
    let ahead = |by: u64| Case { offered: quote(PRICE, NOW + 1_000 + by), ..case() };
    let future = case().market.terms.future_ms;
    assert_eq!(ahead(future).need(), None, "the program takes it as a price");
    assert_eq!(ahead(future + 1).need(), Some(Need::Time));
    let mut told = ahead(hour);
    assert_eq!(told.need(), Some(Need::Time));
    // Whoever knows learns nothing for ten seconds, be it the market or only the feed's account.
    told.told = NOW + hour;
    assert_eq!(told.need(), None);
    told.told = NOW + hour - 9_000;
    assert_eq!(told.need(), Some(Need::Time));
    told.stored = Some(quote(PRICE, NOW + hour));
    assert_eq!(told.need(), None);
    let mut settled = ahead(hour);
    settled.market.settlement_price = PRICE;
    assert_eq!(settled.need(), None);
}

#[test]
fn nothing_is_brought_that_the_program_would_refuse() {
    let waits = vec![Wait { market: 0, from: Millis(0) }];
    let of = |offered: Quote| Case { offered, waits: waits.clone(), ..case() }.need();
    assert_eq!(of(quote(0, NOW + 1_000)), None);
    assert_eq!(of(Quote { confidence: Price(PRICE), ..quote(PRICE, NOW + 1_000) }), None);
    let late = NOW + 1_000 + case().market.terms.age_ms + 1;
    assert_eq!(Case { now: late, waits: waits.clone(), ..case() }.need(), None);
    let mut settled = Case { waits, ..case() };
    settled.market.settlement_price = PRICE;
    assert_eq!(settled.need(), None);
}
