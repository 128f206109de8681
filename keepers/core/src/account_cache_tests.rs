use std::collections::BTreeMap;

use bytemuck::{Zeroable, bytes_of};
use holdfast_client::decode::Kind;
use holdfast_client::holdfast::state::{
    ChainHealth, MarginAccount, Market, PoolRequest, Silo, VERSION,
};
use holdfast_client::{Pubkey, address};
use holdfast_risk::Millis;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{AccountCache, Snapshot, Taken, Version};
use crate::decide::refresh::Wait;
use crate::world::{NOW, key, long, mirror, order};
use crate::{Intent, decide};

fn silo() -> Pubkey {
    address::silo(0)
}

fn bytes<T: bytemuck::Pod + Kind>(state: &T) -> Vec<u8> {
    let mut bytes = [T::DISCRIMINATOR, bytes_of(state)].concat();
    bytes[T::DISCRIMINATOR.len()] = VERSION;
    bytes
}

/// An account told from others by its collateral.
fn account(collateral: u64) -> Vec<u8> {
    bytes(&MarginAccount { silo: silo(), collateral, ..MarginAccount::zeroed() })
}

/// The venue of the tests with these margin accounts.
fn snapshot(slot: u64, accounts: &BTreeMap<u8, u64>) -> Snapshot {
    let venue = mirror();
    let mut kept =
        vec![(silo(), bytes(&venue.silo)), (address::chain_health(), bytes(&venue.chain_health))];
    for (_, market) in venue.markets {
        let market = Market { silo: silo(), ..market };
        kept.push((address::market(&silo(), market.index), bytes(&market)));
    }
    kept.extend(accounts.iter().map(|(name, collateral)| (key(*name), account(*collateral))));
    Snapshot { slot, accounts: kept }
}

fn held(replica: &AccountCache) -> BTreeMap<u8, u64> {
    let accounts = replica.mirror().accounts.iter();
    accounts.map(|(address, account)| (address.to_bytes()[0], account.collateral)).collect()
}

fn at(slot: u64, write: u64) -> Version {
    Version { slot, write }
}

fn replica(slot: u64, accounts: &[(u8, u64)]) -> AccountCache {
    let accounts = accounts.iter().copied().collect();
    AccountCache::new(silo(), &snapshot(slot, &accounts)).expect("it is all there")
}

/// Lets the cache have a snapshot as the keeper does: what it shows, and what it lacks.
fn merge(replica: &mut AccountCache, snapshot: &Snapshot) {
    replica.compare();
    snapshot.accounts.iter().for_each(|(address, _)| replica.note_shown(address));
    for address in replica.lacking(snapshot.slot) {
        replica.close(address, at(snapshot.slot, 0));
    }
    for (address, data) in &snapshot.accounts {
        replica.update(*address, at(snapshot.slot, 0), data);
    }
}

/// What happened: in each slot, in this order, accounts took a new value or were closed.
type History = Vec<Vec<(u8, Option<u64>)>>;

fn history() -> impl Strategy<Value = History> {
    let write = (0..6_u8, proptest::option::weighted(0.8, 0..1_000_000_u64));
    vec(vec(write, 0..4), 2..12)
}

proptest! {
    #[test]
    fn whatever_the_order_the_end_is_the_truth(
        history in history(),
        taken_in in any::<prop::sample::Index>(),
        after_writes in 0..4_usize,
        order in vec(any::<(u64, bool)>(), 50),
        snapshot_arrives in 0..50_usize,
    ) {
        let snapshot_slot = taken_in.index(history.len());
        let (mut truth, mut shown) = (BTreeMap::new(), BTreeMap::new());
        let mut messages = Vec::new();
        let mut counter = 0;
        for (slot, writes) in history.iter().enumerate() {
            for (place, (name, value)) in writes.iter().enumerate() {
                // The snapshot may be taken in the midst of its slot.
                if slot == snapshot_slot && place == after_writes {
                    shown = truth.clone();
                }
                counter += 1;
                match value {
                    Some(value) => truth.insert(*name, *value),
                    None => truth.remove(name),
                };
                // The stream was open before the snapshot was taken.
                if slot >= snapshot_slot {
                    messages.push((*name, at(10 + slot as u64, counter), *value));
                }
            }
            if slot == snapshot_slot && writes.len() <= after_writes {
                shown = truth.clone();
            }
        }
        let mut replica = AccountCache::new(silo(), &snapshot(5, &BTreeMap::new())).expect("all there");
        let mut deliveries: Vec<_> = messages.iter().zip(order.iter().cycle()).collect();
        deliveries.sort_by_key(|(_, (place, _))| *place);
        let snapshot = snapshot(10 + snapshot_slot as u64, &shown);
        let arrives = snapshot_arrives.min(deliveries.len());
        for (place, ((name, version, value), (_, twice))) in deliveries.iter().enumerate() {
            if place == arrives {
                merge(&mut replica, &snapshot);
            }
            for _ in 0..1 + usize::from(*twice) {
                match value {
                    Some(value) => replica.update(key(*name), *version, &account(*value)),
                    None => replica.close(key(*name), *version),
                };
            }
        }
        if arrives == deliveries.len() {
            merge(&mut replica, &snapshot);
        }
        prop_assert_eq!(held(&replica), truth);
    }
}

#[test]
fn an_older_snapshot_changes_nothing() {
    let mut replica = replica(10, &[(1, 1), (2, 2)]);
    assert_eq!(replica.update(key(1), at(12, 1), &account(7)), Taken::New);
    assert_eq!(replica.close(key(2), at(12, 2)), Taken::New);
    merge(&mut replica, &snapshot(9, &BTreeMap::from([(1, 5), (2, 5)])));
    assert_eq!(held(&replica), BTreeMap::from([(1, 7)]));
}

#[test]
fn an_abandoned_fork_yields_to_what_is_said_next() {
    let mut replica = replica(10, &[(1, 1), (2, 2)]);
    replica.update(key(1), at(13, 1), &account(7));
    replica.update(key(3), at(13, 2), &account(8));
    let other = snapshot(12, &BTreeMap::from([(1, 5), (2, 2)]));
    merge(&mut replica, &other);
    assert_eq!(held(&replica), BTreeMap::from([(1, 7), (2, 2), (3, 8)]));
    replica.forked(11);
    assert_eq!(replica.update(key(1), at(10, 9), &account(9)), Taken::Old);
    merge(&mut replica, &other);
    assert_eq!(held(&replica), BTreeMap::from([(1, 5), (2, 2)]));
    // What the snapshot was taken of may be written again in its own slot.
    assert_eq!(replica.update(key(1), at(12, 3), &account(6)), Taken::New);
}

#[test]
fn garbage_and_strangers_are_told_apart() {
    let mut replica = replica(10, &[(1, 1)]);
    let mut torn = account(5);
    torn.truncate(100);
    assert_eq!(replica.update(key(1), at(11, 1), &torn), Taken::Unreadable);
    assert_eq!(replica.update(key(1), at(11, 2), &[]), Taken::Unreadable);
    let mut newer = account(5);
    newer[8] += 1;
    assert_eq!(replica.update(key(1), at(11, 2), &newer), Taken::Unreadable, "another layout");
    let elsewhere = bytes(&MarginAccount { silo: key(77), ..MarginAccount::zeroed() });
    assert_eq!(replica.update(key(4), at(11, 3), &elsewhere), Taken::Foreign);
    assert_eq!(replica.update(key(5), at(11, 4), &bytes(&Silo::zeroed())), Taken::Foreign);
    let forged = bytes(&Market { silo: silo(), ..Market::zeroed() });
    assert_eq!(replica.update(key(6), at(11, 5), &forged), Taken::Foreign);
    assert_eq!(held(&replica), BTreeMap::from([(1, 1)]));
    assert!(replica.is_foreign(&key(4), &elsewhere) && !replica.is_foreign(&key(1), &account(5)));
    assert!(replica.is_foreign(&key(5), &bytes(&Silo::zeroed())));
    assert!(!replica.is_foreign(&key(1), &torn), "it is to be told of");
}

#[test]
fn only_what_is_empty_may_be_closed() {
    let mut replica = replica(10, &[(1, 0), (2, 1)]);
    let request = bytes(&PoolRequest { silo: silo(), amount: 5, ..PoolRequest::zeroed() });
    replica.update(key(3), at(11, 1), &request);
    let closable = [1, 2, 3].map(|name| replica.may_be_closed(&key(name)));
    assert_eq!(closable, [true, false, true]);
}

#[test]
fn a_snapshot_without_the_venue_is_refused() {
    let empty = Snapshot { slot: 3, accounts: Vec::new() };
    let said = |snapshot: &Snapshot| AccountCache::new(silo(), snapshot).err().unwrap_or_default();
    assert_eq!(said(&empty), "the snapshot of slot 3 has no silo");
    let silo_alone = Snapshot { slot: 3, accounts: vec![(silo(), bytes(&Silo::zeroed()))] };
    assert_eq!(said(&silo_alone), "the snapshot of slot 3 has no chain health");
}

#[test]
fn requests_come_and_go_and_settings_follow() {
    let mut replica = replica(10, &[]);
    let request = bytes(&PoolRequest { silo: silo(), amount: 5, ..PoolRequest::zeroed() });
    assert_eq!(replica.update(key(1), at(11, 1), &request), Taken::New);
    assert_eq!(replica.mirror().requests[&key(1)].amount, 5);
    merge(&mut replica, &snapshot(12, &BTreeMap::new()));
    assert!(replica.mirror().requests.is_empty());
    let health = ChainHealth { newest: 9, ..mirror().chain_health };
    assert_eq!(replica.update(address::chain_health(), at(13, 1), &bytes(&health)), Taken::New);
    assert_eq!(replica.mirror().chain_health.newest, 9);
}

#[test]
fn it_decides_what_its_mirror_decides() {
    let mut replica = replica(10, &[]);
    let short = bytes(&MarginAccount { silo: silo(), ..long(40_000_000) });
    replica.update(key(1), at(11, 1), &short);
    let decided = replica.decide(Millis(NOW), u64::MAX);
    assert_eq!(decided, [Intent::Flag { account: key(1) }]);
    assert_eq!(decided, decide(replica.mirror(), Millis(NOW)));
    replica.close(key(1), at(12, 1));
    assert_eq!((replica.decide(Millis(NOW), u64::MAX), replica.hot()), (vec![], 0));
}

#[test]
fn orders_and_pool_requests_wait_for_prices() {
    let mut replica = replica(10, &[]);
    let mut account = MarginAccount { silo: silo(), ..long(900_000_000) };
    account.orders[0] = order(1, -1_000_000, NOW - 1_000);
    replica.update(key(1), at(11, 1), &bytes(&account));
    let request = PoolRequest { silo: silo(), due_ms: NOW + 400, ..PoolRequest::zeroed() };
    replica.update(key(2), at(11, 2), &bytes(&request));
    let mut waits = |at: u64| {
        replica.decide(Millis(at), u64::MAX);
        replica.waits(Millis(at))
    };
    let [order, request] = [1_000, 400].map(|after| Millis(NOW + after));
    let order = Wait { market: 0, from: order };
    assert_eq!(waits(NOW + 399), [order]);
    let requests = [0, 1].map(|market| Wait { market, from: request });
    assert_eq!(waits(NOW + 400), [order, requests[0], requests[1]]);
}
