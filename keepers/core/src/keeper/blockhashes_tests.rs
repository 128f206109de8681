use solana_message::Hash;

use super::Blockhashes;
use crate::tx_sender::Blockhash;
use crate::witness::{Operators, Source, Witnesses};

fn operator(number: usize) -> Witnesses {
    Operators::separate(3, 0).of(Source::Endpoint(number))
}

fn hash(byte: u8, last_height: u64) -> Blockhash {
    Blockhash { hash: Hash::new_from_array([byte; 32]), last_height }
}

#[test]
fn nothing_is_signed_with_what_only_one_operator_knows() {
    let mut hashes = Blockhashes::default();
    hashes.give(hash(1, 250), operator(0), Some(100));
    hashes.give(hash(1, 250), operator(1), Some(100));
    hashes.give(hash(2, 251), operator(0), Some(101));
    assert_eq!(hashes.best(2, 101), Some(hash(1, 250)));
    assert_eq!(hashes.best(1, 101), Some(hash(2, 251)));
    hashes.vouch(&hash(2, 0).hash, operator(2));
    assert_eq!(hashes.best(2, 101), Some(hash(2, 251)));
    assert_eq!(hashes.best(2, 250), Some(hash(2, 251)));
    assert_eq!(hashes.best(2, 251), None);
}

#[test]
fn how_long_it_lives_is_not_left_to_whoever_gives_it() {
    for (said, taken) in [(0, 186), (u64::MAX, 314), (240, 240)] {
        let mut hashes = Blockhashes::default();
        hashes.give(hash(1, said), operator(0), Some(100));
        assert_eq!(hashes.best(1, 100), Some(hash(1, taken)));
    }
}

#[test]
fn whoever_floods_does_not_keep_the_others_from_being_asked_about() {
    let mut hashes = Blockhashes::default();
    hashes.give(hash(1, 250), operator(1), Some(100));
    (10..30).for_each(|byte| hashes.give(hash(byte, 250), operator(0), Some(100)));
    let asked: Vec<_> = (0..2).filter_map(|_| hashes.next_to_ask(operator(2))).collect();
    assert!(asked.contains(&hash(1, 0).hash) && asked.contains(&hash(29, 0).hash), "{asked:?}");
    hashes.vouch(&hash(1, 0).hash, operator(2));
    let asked: Vec<_> = (0..2).filter_map(|_| hashes.next_to_ask(operator(2))).collect();
    assert_eq!(asked, [hash(29, 0).hash]);
}
