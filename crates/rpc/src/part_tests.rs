use bytemuck::{Zeroable, bytes_of};
use holdfast_client::Pubkey;
use holdfast_client::decode::Kind;
use holdfast_client::holdfast::state::{MarginAccount, PoolRequest};

use super::{Key, Part, WHOLE};

const SILO: Pubkey = Pubkey::new_from_array([3; 32]);
const ANYWHERE: Pubkey = Pubkey::new_from_array([4; 32]);

/// A margin account of an owner who is told by all of its bytes.
fn account(number: u16) -> Vec<u8> {
    let owner = Pubkey::new_from_array(std::array::from_fn(|place| 100 + place as u8));
    let account = MarginAccount { silo: SILO, owner, number, ..MarginAccount::zeroed() };
    [MarginAccount::DISCRIMINATOR, bytes_of(&account)].concat()
}

fn all() -> Part {
    Part::Accounts(SILO, Key::default())
}

#[test]
fn every_split_has_an_account_in_one_part_of_it_down_to_the_last() {
    let data = account(0x0201);
    let mut part = all();
    let mut path = Vec::new();
    assert!(part.is_whole() && part.has(&ANYWHERE, &data));
    while !part.split().is_empty() {
        let parts = part.split();
        assert_eq!(parts.len(), 256);
        let holding = parts.into_iter().enumerate().filter(|(_, part)| part.has(&ANYWHERE, &data));
        let mut holding: Vec<_> = holding.collect();
        assert_eq!(holding.len(), 1, "after {path:?}");
        let (byte, narrower) = holding.remove(0);
        path.push(byte as u8);
        assert!(!narrower.is_whole());
        part = narrower;
    }
    let rest = 102..132;
    assert_eq!(path, [vec![100, 101, 1, 2], rest.collect()].concat(), "owner, number, owner");
    assert_eq!(path.len(), WHOLE);
}

#[test]
fn filters_leave_out_other_kinds_and_other_silos() {
    let data = account(0);
    let elsewhere = Pubkey::new_from_array([5; 32]);
    assert!(!Part::Accounts(elsewhere, Key::default()).has(&ANYWHERE, &data));
    assert!(!Part::Requests(SILO, Key::default()).has(&ANYWHERE, &data));
    assert!(!Part::Markets(SILO).has(&ANYWHERE, &data) && !Part::Changes.has(&ANYWHERE, &data));
    assert!(!all().has(&ANYWHERE, &data[..20]), "too short to tell");
    let request = PoolRequest { silo: SILO, ..PoolRequest::zeroed() };
    let request = [PoolRequest::DISCRIMINATOR, bytes_of(&request)].concat();
    assert!(Part::Requests(SILO, Key::beginning_with(0)).has(&ANYWHERE, &request));
    assert!(!Part::Requests(SILO, Key::beginning_with(1)).has(&ANYWHERE, &request));
}

#[test]
fn endpoints_take_as_many_filters_of_such_a_length() {
    let mut part = all();
    while let Some(narrower) = part.split().pop() {
        part = narrower;
        let filters = part.filters();
        assert!(filters.len() <= 4, "{filters:?}");
        assert!(filters.iter().all(|(_, bytes)| bytes.len() <= 128), "{filters:?}");
    }
}

#[test]
fn named_accounts_are_told_by_their_address() {
    let part = Part::Named(vec![SILO]);
    assert!(part.has(&SILO, &[]) && !part.has(&ANYWHERE, &account(0)));
    assert!(part.split().is_empty() && part.filters().is_empty() && !part.is_whole());
}
