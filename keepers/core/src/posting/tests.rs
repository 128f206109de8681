mod closed;
mod one_transaction;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytemuck::Zeroable;
use holdfast_client::Pubkey;
use holdfast_client::feed::Reading;
use holdfast_client::holdfast::state::PoolRequest;
use holdfast_client::pyth::{self, price_feed_address};
use holdfast_risk::Millis;
use holdfast_testkit::feed::Published;
use holdfast_testkit::hermes;

use super::{
    DraftStep, FeedId, Offer, Poster, PostingCounts, PostingTerms, Scene, Source, SourceReport,
    Sources,
};
use crate::decide::pool;
use crate::decide::refresh::Wait;
use crate::scheduler::Kind;
use crate::tx_sender::{Outcome, TxOutcome};
use crate::world::{NOW, PRICE, key, mirror};
use crate::{Intent, VenueSnapshot};

const IDS: [FeedId; 2] = [pyths(0x41), pyths(0x42)];
const TERMS: PostingTerms = PostingTerms {
    sources: Sources { pyth: true, switchboard: true, stork: true },
    shard: 3,
    moved_bps: 50,
    posts_a_minute: 10,
    lamports_an_hour: 1_000_000,
};

const fn pyths(byte: u8) -> FeedId {
    FeedId { source: Source::Pyth, id: [byte; 32] }
}

fn offer(market: usize, price: u64, at: u64) -> Arc<Offer> {
    let update = hermes::update(&[(IDS[market].id, Published::new(price, at))], at);
    Arc::new(pyth::read(&update).expect("an update").remove(0).into())
}

/// Two markets with a feed of Pyth each, on whose accounts there is a price of `NOW`.
struct Stage {
    poster: Poster,
    mirror: VenueSnapshot,
    feeds: BTreeSet<Pubkey>,
    waits: Vec<Wait>,
    now: u64,
}

impl Stage {
    fn new(terms: PostingTerms) -> Self {
        let (mut mirror, mut feeds) = (mirror(), BTreeSet::new());
        for (id, (_, market)) in IDS.iter().zip(&mut mirror.markets) {
            (market.feed_count, market.quorum) = (1, 1);
            (market.feeds[0].provider, market.feeds[0].id) = (1, id.id);
            market.feeds[0].published_ms = NOW;
            feeds.insert(price_feed_address(terms.shard, &id.id));
        }
        let poster = Poster::new(terms, key(60));
        let mut stage = Self { poster, mirror, feeds, waits: Vec::new(), now: NOW };
        for market in 0..IDS.len() {
            stage.store(&offer(market, PRICE, NOW));
        }
        assert_eq!(stage.due(), [], "nothing is offered");
        stage
    }

    fn store(&mut self, offer: &Offer) {
        let account = price_feed_address(3, &offer.feed.id);
        let reading = Reading { provider: 1, id: offer.feed.id, quote: offer.quote };
        self.mirror.feeds.insert(account, reading);
    }

    /// Offers a price of now.
    fn offer(&mut self, market: usize, price: u64) -> Arc<Offer> {
        let offered = offer(market, price, self.now);
        self.poster.hear(0, offered.clone());
        offered
    }

    fn due(&mut self) -> Vec<Intent> {
        self.poster.due(&Scene {
            mirror: &self.mirror,
            feeds: &self.feeds,
            waits: &self.waits,
            venue_now: Millis(self.now),
            now: Millis(self.now),
        })
    }

    fn counts(&self) -> PostingCounts {
        self.report().counts
    }

    /// What the poster says of Pyth.
    fn report(&self) -> SourceReport {
        let report = self.poster.report(Millis(self.now), Millis(self.now));
        report.sources.get(&Source::Pyth).cloned().expect("its prices are brought")
    }

    fn begin(&mut self, market: usize, step: DraftStep) {
        let at = Millis(self.now);
        assert!(self.due().contains(&intent(market, step)));
        self.poster.begun(&IDS[market], market as u8, step, at);
        assert!(!self.due().iter().any(|due| is_of(due, IDS[market])), "it is under way");
    }

    fn end(&mut self, market: usize, step: DraftStep, outcome: Outcome) {
        self.end_of(IDS[market], market, step, outcome);
    }

    fn end_of(&mut self, feed: FeedId, market: usize, step: DraftStep, outcome: Outcome) {
        let intent = Intent::BringPrice { feed, market: market as u8, step };
        let (kind, slots, price, lamports, signed) = (Kind::Exit, 1, 0, 5_000, 1);
        let is_absent = false;
        let ended = TxOutcome { intent, kind, outcome, slots, price, lamports, signed, is_absent };
        self.poster.ended(&feed, step, &ended, Millis(self.now));
    }
}

fn intent(market: usize, step: DraftStep) -> Intent {
    Intent::BringPrice { feed: IDS[market], market: market as u8, step }
}

fn is_of(intent: &Intent, id: FeedId) -> bool {
    matches!(intent, Intent::BringPrice { feed, .. } if *feed == id)
}

fn landed() -> Outcome {
    Outcome::Landed { slot: 77 }
}

fn failures() -> [Outcome; 3] {
    let reason = || "no".to_owned();
    [
        Outcome::Refused { slot: 77, reason: reason() },
        Outcome::Foreseen { reason: reason() },
        Outcome::Expired,
    ]
}

const UP: u64 = PRICE + PRICE / 100;

#[test]
fn a_price_is_brought_in_two_steps() {
    let mut stage = Stage::new(TERMS);
    stage.now += 1_000;
    let offered = stage.offer(0, UP);
    assert_eq!(stage.due(), [intent(0, DraftStep::Open)]);
    stage.begin(0, DraftStep::Open);
    stage.end(0, DraftStep::Open, landed());
    assert_eq!(stage.poster.opened_in(&IDS[0]), 77);
    // What was written is posted, whatever is offered meanwhile.
    stage.now += 1_000;
    stage.offer(0, UP * 2);
    let posted = stage.poster.instructions(&IDS[0], DraftStep::Post);
    assert_eq!(posted, Some(offered.post(key(60), 3)));
    stage.begin(0, DraftStep::Post);
    stage.end(0, DraftStep::Post, landed());
    assert_eq!(stage.due(), [], "the mirror does not show it yet");
    stage.store(&offered);
    assert_eq!(stage.counts(), PostingCounts { begun: 1, posted: 1, ..PostingCounts::default() });
    assert_eq!(stage.due(), [intent(0, DraftStep::Open)], "the price went on");
}

#[test]
fn what_an_endpoint_shows_to_be_open_is_posted_before_that_is_confirmed() {
    let others = key(1);
    for late in [vec![landed()], failures().to_vec()].concat() {
        let mut stage = Stage::new(TERMS);
        stage.now += 1_000;
        stage.offer(0, UP);
        assert_eq!(stage.poster.opening().count(), 0);
        stage.begin(0, DraftStep::Open);
        let draft = pyth::draft_address(&key(60), &IDS[0].id);
        assert_eq!(stage.poster.opening().collect::<Vec<_>>(), [draft]);
        assert!(!stage.poster.shown(&others, 50, &[1]), "it is none of them");
        assert!(stage.poster.shown(&draft, 50, &[]), "it is not there yet");
        assert_eq!(stage.due(), []);
        assert!(stage.poster.shown(&draft, 51, &[1]));
        assert_eq!((stage.poster.opened_in(&IDS[0]), stage.poster.opening().count()), (51, 0));
        stage.begin(0, DraftStep::Post);
        stage.end(0, DraftStep::Open, late);
        assert_eq!((stage.due(), stage.counts().refused), (vec![], 0));
        stage.end(0, DraftStep::Post, landed());
        assert_eq!(stage.counts().posted, 1);
    }
}

#[test]
fn what_fails_before_its_opening_is_confirmed_waits_for_that() {
    let refused = || Outcome::Foreseen { reason: "it is not there".to_owned() };
    for (opening, next) in [(landed(), DraftStep::Post), (Outcome::Expired, DraftStep::Close)] {
        let mut stage = Stage::new(TERMS);
        stage.now += 1_000;
        stage.offer(0, UP);
        stage.begin(0, DraftStep::Open);
        let draft = pyth::draft_address(&key(60), &IDS[0].id);
        stage.poster.shown(&draft, 51, &[1]);
        stage.begin(0, DraftStep::Post);
        stage.end(0, DraftStep::Post, refused());
        assert_eq!((stage.due(), stage.counts().refused), (vec![], 0));
        stage.end(0, DraftStep::Open, opening);
        assert_eq!(stage.due(), [intent(0, next)]);
        if next == DraftStep::Post {
            assert_eq!(stage.poster.opened_in(&IDS[0]), 77);
            stage.begin(0, DraftStep::Post);
            stage.end(0, DraftStep::Post, refused());
            assert_eq!(stage.due(), [intent(0, DraftStep::Close)]);
        }
        assert_eq!(stage.counts().refused, 1);
    }
}

#[test]
fn a_mirror_that_does_not_show_what_was_stored_is_not_waited_for_without_end() {
    let mut stage = Stage::new(TERMS);
    stage.now += 1_000;
    stage.offer(0, UP);
    for step in [DraftStep::Open, DraftStep::Post] {
        stage.begin(0, step);
        stage.end(0, step, landed());
    }
    stage.now += 9_999;
    stage.offer(0, UP);
    assert_eq!(stage.due(), []);
    stage.now += 1;
    assert_eq!(stage.due(), [intent(0, DraftStep::Open)]);
}

#[test]
fn what_fails_is_closed_and_begun_again() {
    for failed in [DraftStep::Open, DraftStep::Post] {
        for failure in failures() {
            let mut stage = Stage::new(TERMS);
            stage.now += 1_000;
            stage.offer(0, UP);
            stage.begin(0, DraftStep::Open);
            if failed == DraftStep::Post {
                stage.end(0, DraftStep::Open, landed());
                stage.begin(0, DraftStep::Post);
            }
            let disbelieved = failed == DraftStep::Post && failure != Outcome::Expired;
            stage.end(0, failed, failure);
            let counts = stage.counts();
            assert_eq!((counts.refused, counts.disbelieved), (1, disbelieved.into()));
            stage.begin(0, DraftStep::Close);
            stage.end(0, DraftStep::Close, Outcome::Expired);
            stage.begin(0, DraftStep::Close);
            // There may have been none to close.
            stage.end(0, DraftStep::Close, Outcome::Foreseen { reason: "none".to_owned() });
            stage.now += 1_000;
            stage.offer(0, UP);
            assert_eq!(stage.due(), [intent(0, DraftStep::Open)]);
        }
    }
}

#[test]
fn a_price_that_came_too_late_is_closed_and_not_posted() {
    let opened = || {
        let mut stage = Stage::new(TERMS);
        stage.now += 1_000;
        stage.offer(0, UP);
        stage.begin(0, DraftStep::Open);
        stage.end(0, DraftStep::Open, landed());
        stage
    };
    let mut overtaken = opened();
    overtaken.store(&offer(0, UP, NOW + 1_000));
    assert_eq!(overtaken.due(), [intent(0, DraftStep::Close)], "another keeper was first");
    let mut old = opened();
    old.now += old.mirror.markets[0].1.terms.age_ms + 1;
    assert_eq!(old.due(), [intent(0, DraftStep::Close)]);
    let mut gone = opened();
    gone.mirror.markets.clear();
    assert_eq!(gone.due(), [intent(0, DraftStep::Close)], "its market is not there any more");
}

#[test]
fn of_what_is_offered_the_newest_that_the_program_would_take_is_brought() {
    let mut stage = Stage::new(TERMS);
    let chosen = |stage: &mut Stage| {
        assert_eq!(stage.due(), [intent(0, DraftStep::Open)]);
        stage.poster.instructions(&IDS[0], DraftStep::Open)
    };
    let opened = |offer: &Offer| Some(offer.open(key(60)));
    let offers = [1_000, 2_000, 3_000].map(|after| offer(0, UP + after, NOW + after));
    for offer in &offers {
        stage.poster.hear(0, offer.clone());
    }
    // Older ones, the same again and other feeds' change nothing.
    stage.poster.hear(0, offer(0, UP, NOW + 2_000));
    let other = hermes::update(&[([9; 32], Published::new(UP, NOW))], NOW);
    stage.poster.hear(0, Arc::new(pyth::read(&other).expect("an update").remove(0).into()));
    let future = stage.mirror.markets[0].1.terms.future_ms;
    stage.now = NOW + 3_000 - future;
    assert_eq!(chosen(&mut stage), opened(&offers[2]));
    // It lies too far ahead: whoever waits gets the one before, and else it tells the time.
    stage.now -= 1;
    assert_eq!(chosen(&mut stage), opened(&offers[2]));
    stage.waits = vec![Wait { market: 0, from: Millis(NOW) }];
    assert_eq!(chosen(&mut stage), opened(&offers[1]));
    for second in 4..100 {
        stage.poster.hear(0, offer(0, UP, NOW + second * 1_000));
    }
    assert!(stage.poster.offers[&IDS[0]].len() <= 64);
    let last = offer(0, UP, NOW + 99_000);
    assert_eq!(chosen(&mut stage), opened(&last), "what is a minute older is forgotten");
}

#[test]
fn what_another_host_has_offered_and_what_was_offered_with_a_lie_is_forgotten() {
    let mut stage = Stage::new(TERMS);
    stage.now += 1_000;
    stage.poster.hear(0, offer(0, UP, NOW + 86_400_000));
    let sound = stage.offer(0, UP);
    stage.poster.hear(1, sound.clone());
    assert_eq!(stage.due(), [intent(0, DraftStep::Open)]);
    let opens = stage.poster.instructions(&IDS[0], DraftStep::Open);
    assert_eq!(opens, Some(sound.open(key(60))));
    stage.begin(0, DraftStep::Open);
    stage.end(0, DraftStep::Open, landed());
    stage.poster.hear(1, offer(0, UP, NOW + 2_000));
    stage.begin(0, DraftStep::Post);
    stage.end(0, DraftStep::Post, Outcome::Foreseen { reason: "no".to_owned() });
    assert_eq!((stage.counts().disbelieved, stage.poster.offers.len()), (1, 0));
}

#[test]
fn the_budget_goes_to_who_waits() {
    let mut stage = Stage::new(PostingTerms { posts_a_minute: 1, ..TERMS });
    stage.now += 1_000;
    stage.offer(0, UP);
    stage.offer(1, PRICE);
    stage.waits = vec![Wait { market: 1, from: Millis(stage.now) }];
    assert_eq!(stage.due(), [intent(1, DraftStep::Open)]);
    stage.begin(1, DraftStep::Open);
    assert_eq!(stage.due(), [], "nothing is left");
    stage.now += 60_000;
    stage.end(1, DraftStep::Open, landed());
    stage.offer(0, UP);
    assert!(stage.due().contains(&intent(0, DraftStep::Open)));
    let used =
        |stage: &Stage| stage.poster.report(Millis(stage.now), Millis(stage.now)).budget_used;
    assert_eq!(used(&stage), 0);
    let mut poor = Stage::new(PostingTerms { lamports_an_hour: 10_000, ..TERMS });
    poor.now += 1_000;
    poor.offer(0, UP);
    poor.begin(0, DraftStep::Open);
    poor.end(0, DraftStep::Open, landed());
    assert_eq!(used(&poor), 50);
}

#[test]
fn a_due_pool_request_gets_a_price_of_every_market_it_waits_for() {
    let mut stage = Stage::new(TERMS);
    stage.now += 1_000;
    for market in 0..IDS.len() {
        stage.offer(market, PRICE);
    }
    let mut due_at = |due_ms: u64| {
        stage.mirror.requests.insert(key(30), PoolRequest { due_ms, ..PoolRequest::zeroed() });
        stage.waits = pool::waits(&stage.mirror, &stage.mirror.chain(Millis(stage.now)));
        stage.due()
    };
    assert_eq!(due_at(NOW + 1_001), [], "it is not due");
    assert_eq!(due_at(NOW + 1_000), [0, 1].map(|market| intent(market, DraftStep::Open)));
    assert_eq!(due_at(NOW), [], "every market has a price since");
}

#[test]
fn accounts_that_the_keeper_does_not_read_are_not_written_to() {
    let mut stage = Stage::new(TERMS);
    stage.feeds.remove(&price_feed_address(3, &IDS[0].id));
    stage.now += 1_000;
    stage.offer(0, UP);
    stage.offer(1, UP);
    assert_eq!(stage.due(), [intent(1, DraftStep::Open)]);
    let wanted: Vec<_> = stage.report().feeds.iter().map(|feed| feed.id).collect();
    assert_eq!(wanted, [IDS[1].id]);
    // It is another provider's now, whose feed nobody has read.
    stage.mirror.markets[1].1.feeds[0].provider = 3;
    assert_eq!(stage.due(), []);
}

#[test]
fn two_markets_with_one_feed_get_it_once() {
    let mut stage = Stage::new(TERMS);
    stage.mirror.markets[1].1.feeds[0].id = IDS[0].id;
    stage.now += 1_000;
    stage.offer(0, UP);
    assert_eq!(stage.due(), [intent(0, DraftStep::Open)]);
    stage.waits = vec![Wait { market: 1, from: Millis(stage.now) }];
    let step = DraftStep::Open;
    assert_eq!(stage.due(), [Intent::BringPrice { feed: IDS[0], market: 1, step }]);
}

#[test]
fn what_nobody_has_looked_at_is_simulated_first() {
    let mut stage = Stage::new(TERMS);
    let doubts = |stage: &Stage| {
        [DraftStep::Open, DraftStep::Post, DraftStep::Close]
            .map(|step| stage.poster.doubts(&IDS[0], step))
    };
    assert_eq!(doubts(&stage), [true; 3], "an earlier run may have left a draft");
    stage.now += 1_000;
    let offered = stage.offer(0, UP);
    for step in [DraftStep::Open, DraftStep::Post] {
        stage.begin(0, step);
        stage.end(0, step, landed());
    }
    stage.store(&offered);
    assert_eq!(doubts(&stage), [false, true, true], "the draft was closed with the posting");
    stage.now += 1_000;
    stage.offer(0, PRICE);
    stage.begin(0, DraftStep::Open);
    stage.end(0, DraftStep::Open, Outcome::Expired);
    stage.begin(0, DraftStep::Close);
    stage.end(0, DraftStep::Close, Outcome::Foreseen { reason: "none".to_owned() });
    assert_eq!(doubts(&stage), [true; 3], "it may be opened yet");
}

#[test]
fn the_age_of_offers_is_that_of_what_was_signed() {
    let mut stage = Stage::new(TERMS);
    let age = |stage: &Stage| stage.report().offer_age.0;
    stage.now += 5_000;
    assert_eq!(age(&stage), 5_000, "nothing has come since they are wanted");
    // A market that is closed has an old price, and it is signed again and again.
    for (signed, now, expected) in [(4_000, 5_000, 1_000), (60_000, 62_000, 2_000)] {
        for (market, published) in [(0, NOW - 86_400_000), (1, NOW + 4_000)] {
            let prices = [(IDS[market].id, Published::new(PRICE, published))];
            let update = hermes::update(&prices, NOW + signed);
            stage
                .poster
                .hear(0, Arc::new(pyth::read(&update).expect("an update").remove(0).into()));
        }
        stage.now = NOW + now;
        assert_eq!(age(&stage), expected);
    }
}
