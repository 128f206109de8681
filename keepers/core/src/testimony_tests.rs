use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use proptest::prelude::*;

use super::{Belief, Court, Digest, Testimony};
use crate::witness::{Operators, Source, Witnesses};
use crate::world::key;

const E: [Source; 3] = [Source::Endpoint(0), Source::Endpoint(1), Source::Endpoint(2)];
const S: [Source; 2] = [Source::Stream(0), Source::Stream(1)];

/// Three operators with an endpoint each, two of them with a stream as well.
struct Room {
    operators: Operators,
    testimony: Testimony,
    now: u64,
    need: u32,
    since: u64,
}

impl Room {
    fn new() -> Self {
        let operators = Operators::new(vec![0, 1, 2], vec![0, 1]);
        Self { operators, testimony: Testimony::default(), now: 0, need: 2, since: 0 }
    }

    fn silent(&self, streams: &[Source]) -> Witnesses {
        streams.iter().map(|stream| self.operators.of(*stream)).collect()
    }

    fn says(&mut self, source: Source, slot: u64, what: u8) -> Option<Belief> {
        self.says_against(source, slot, what, &[])
    }

    /// As somebody says while these streams had to tell of it and did not.
    fn says_against(
        &mut self,
        source: Source,
        slot: u64,
        what: u8,
        silent: &[Source],
    ) -> Option<Belief> {
        let silent = self.silent(silent);
        let court = Court {
            operators: &self.operators,
            need: self.need,
            since: self.since,
            now: Millis(self.now),
        };
        self.testimony.claim(key(1), digest(what), (source, slot), silent, court)
    }

    fn denies(&mut self, source: Source, slot: u64) {
        let court = Court {
            operators: &self.operators,
            need: self.need,
            since: self.since,
            now: Millis(self.now),
        };
        self.testimony.deny(key(1), (source, slot), court);
    }

    fn disputed(&self) -> bool {
        let court = Court {
            operators: &self.operators,
            need: self.need,
            since: self.since,
            now: Millis(self.now),
        };
        self.testimony.disputed(court).is_some()
    }

    fn asks(&mut self) -> usize {
        let court = Court {
            operators: &self.operators,
            need: self.need,
            since: self.since,
            now: Millis(self.now),
        };
        self.testimony.next_to_ask(100, court).len()
    }
}

fn digest(what: u8) -> Digest {
    Digest::new(&Pubkey::default(), &[what])
}

fn believed(slot: u64, streamed: bool) -> Option<Belief> {
    Some(Belief { slot, streamed })
}

#[test]
fn two_operators_are_believed_and_one_is_not_however_often_and_by_whatever_it_speaks() {
    let mut room = Room::new();
    assert_eq!(room.says(S[0], 10, 7), None);
    assert_eq!(room.says(S[0], 10, 7), None);
    assert_eq!(room.says(E[0], 12, 7), None, "the same operator");
    assert_eq!(room.says(S[1], 10, 7), believed(10, true));
    assert_eq!(room.testimony.len(), 0);
    room.need = 1;
    assert_eq!(room.says(E[2], 20, 8), believed(20, false), "where there is no other");
}

#[test]
fn nobody_says_alone_since_when_something_is_so() {
    for slot in [0, u64::MAX] {
        let mut room = Room::new();
        room.says(S[0], slot, 7);
        let belief = room.says(S[1], 10, 7).expect("two say so");
        assert!(belief.slot <= 10, "{belief:?}");
    }
}

#[test]
fn who_speaks_of_long_ago_is_no_witness_of_now() {
    let mut room = Room::new();
    room.since = 9;
    assert_eq!(room.says(S[0], 3, 7), None);
    assert_eq!(room.says(S[1], 10, 7), None, "the other word is older than what is known");
    assert_eq!(room.says(E[2], 12, 7), believed(10, true));
}

#[test]
fn what_two_endpoints_say_against_a_third_and_silent_streams_is_in_dispute() {
    let mut room = Room::new();
    room.says_against(E[0], 30, 9, &S);
    assert_eq!(room.says_against(E[1], 30, 9, &S), None);
    assert!(!room.disputed(), "somebody may be late");
    room.now = 3_000;
    assert!(room.disputed());
    room.denies(E[2], 31);
    assert_eq!(room.says_against(E[0], 32, 9, &S), None);
    assert!(room.disputed());
    // They give in: what they said is forgotten.
    room.denies(E[0], 33);
    room.denies(E[1], 33);
    assert!(!room.disputed());
    assert_eq!(room.testimony.len(), 0);
}

#[test]
fn what_streams_left_out_three_endpoints_know() {
    let mut room = Room::new();
    room.says_against(E[0], 30, 9, &S);
    assert_eq!(room.says_against(E[1], 30, 9, &S), None);
    assert_eq!(room.says_against(E[2], 31, 9, &S), believed(30, false));
}

#[test]
fn a_newer_word_replaces_an_older_one_and_not_the_other_way_round() {
    let mut room = Room::new();
    room.says(S[0], 10, 7);
    room.says(S[0], 11, 8);
    assert_eq!(room.says(S[0], 10, 7), None, "late");
    assert_eq!(room.says(S[1], 10, 7), None, "nobody says so any more");
    assert_eq!(room.says(S[1], 11, 8), believed(11, true));
}

#[test]
fn endpoints_are_asked_after_a_second_stream_had_its_time_and_not_for_ever() {
    let mut room = Room::new();
    room.says(S[0], 10, 7);
    assert_eq!(room.asks(), 0);
    let mut asked = 0;
    for _ in 0..100 {
        room.now += 400;
        asked += room.asks();
    }
    assert_eq!(asked, 6);
    let court = Court { operators: &room.operators, need: 2, since: 0, now: Millis(room.now) };
    room.testimony.forget(court);
    assert_eq!(room.testimony.len(), 0, "nobody confirmed it");
}

proptest! {
    /// Whatever one operator says, in whatever order, nothing is believed that the others do not say.
    #[test]
    fn one_operator_alone_is_never_believed(
        liar in 0..3_usize,
        words in proptest::collection::vec((0..4_usize, 0..50_u64, 0..9_u8, any::<bool>()), 0..80),
    ) {
        let mut room = Room::new();
        for (who, slot, what, denies) in words {
            room.now += 100;
            // The truth is that nothing changes: the others deny whatever they are asked about.
            if denies {
                room.denies(E[(liar + 1 + who % 2) % 3], slot);
                continue;
            }
            let source = if who % 2 == 0 || liar == 2 { E[liar] } else { S[liar] };
            prop_assert_eq!(room.says(source, slot, what), None);
            prop_assert!(!room.disputed());
        }
    }
}
