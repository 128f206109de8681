use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use proptest::prelude::*;

use super::{Kind, Scheduler, Target};
use crate::health::ChainCondition;
use crate::leader_rotation::{BACKUP_DELAY, LeaderRotation};
use crate::posting::{DraftStep, FeedId, Source};
use crate::world::{NOW, key, long, mirror, order};
use crate::{Intent, VenueSnapshot};

const FLAG: Intent = Intent::Flag { account: Pubkey::new_from_array([1; 32]) };

struct Office {
    mirror: VenueSnapshot,
    desk: Scheduler,
    now: u64,
    seen: u64,
}

impl Office {
    fn new(keepers: &[Pubkey]) -> Self {
        let mut mirror = mirror();
        mirror.accounts.insert(key(1), long(1));
        Self { mirror, desk: Scheduler::new(key(200), keepers), now: 1_000, seen: 10 }
    }

    fn pick_in(&mut self, class: ChainCondition, intents: &[Intent]) -> Vec<Intent> {
        let (allowed, now) = (class.consequence(), Millis(self.now));
        self.desk.pick(&self.mirror, intents, &allowed, self.seen, Millis(NOW), now)
    }

    fn pick(&mut self, intents: &[Intent]) -> Vec<Intent> {
        self.pick_in(ChainCondition::Healthy, intents)
    }
}

#[test]
fn what_is_under_way_is_not_sent_again_until_it_shows() {
    let mut office = Office::new(&[]);
    assert_eq!(office.pick(&[FLAG]), [FLAG]);
    office.desk.sent(FLAG.target());
    assert_eq!(office.pick(&[FLAG]), []);
    office.desk.landed(FLAG.target(), 12, Millis(office.now));
    office.seen = 12;
    assert_eq!(office.pick(&[FLAG]), [], "the mirror may not show slot 12 whole");
    office.seen = 13;
    assert_eq!(office.pick(&[FLAG]), [FLAG], "it landed and is still to do");
    office.seen = 12;
    office.now += 10_000;
    assert_eq!(office.pick(&[FLAG]), [FLAG], "a mirror that does not move is not waited for");
}

#[test]
fn refusals_are_followed_by_longer_and_longer_pauses_with_their_reason() {
    let mut office = Office::new(&[]);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        assert_eq!(office.pick(&[FLAG]), [FLAG]);
        office.desk.sent(FLAG.target());
        office.desk.refused(FLAG.target(), "the account is safe".into(), Millis(office.now));
        let held = office.desk.held_back(Millis(office.now));
        assert_eq!(held[0].reason, "the account is safe");
        let pause = held[0].until.0 - office.now;
        office.now += pause - 1;
        assert_eq!(office.pick(&[FLAG]), []);
        office.now += 1;
        pauses.push(pause / 1_000);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    office.desk.landed(FLAG.target(), 1, Millis(office.now));
    office.desk.refused(FLAG.target(), String::new(), Millis(office.now));
    assert_eq!(office.desk.held_back(Millis(office.now))[0].refusals, 1);
    assert_eq!(office.pick(&[]), []);
    assert_eq!(office.desk.held_back(Millis(office.now)).len(), 1, "a pause outlives the cause");
    office.now += 60_000;
    assert_eq!(office.pick(&[]), []);
    assert_eq!(office.pick(&[FLAG]), [FLAG]);
}

#[test]
fn what_was_refused_yields_to_what_was_not() {
    let mut office = Office::new(&[]);
    let other = Intent::Flag { account: key(2) };
    office.pick(&[FLAG, other]);
    office.desk.refused(FLAG.target(), String::new(), Millis(office.now));
    office.now += 1_000;
    assert_eq!(office.pick(&[FLAG, other]), [other, FLAG]);
}

#[test]
fn the_state_of_things_decides_what_is_sent() {
    let mut office = Office::new(&[]);
    let mut account = long(900_000_000);
    account.orders[0] = order(1, -1_000_000, NOW);
    account.orders[1] = order(2, 1_000_000, NOW);
    office.mirror.accounts.insert(key(1), account);
    let executes = |number| Intent::ExecuteOrder { account: key(1), market: 0, number };
    let (exit, opening) = (executes(1), executes(2));
    let refresh = Intent::RefreshMarket { market: 0 };
    let chore = Intent::MatureProfit { account: key(1) };
    let all = [FLAG, exit, opening, refresh, chore, Intent::Observe];
    assert_eq!(exit.kind(&office.mirror), Kind::Exit);
    assert_eq!(opening.kind(&office.mirror), Kind::Risk);
    let everything = [Intent::Observe, exit, refresh, FLAG, opening, chore];
    assert_eq!(office.pick_in(ChainCondition::Healthy, &all), everything);
    assert_eq!(office.pick_in(ChainCondition::SlowSlots, &all), everything);
    assert_eq!(office.pick_in(ChainCondition::HighSkip, &all), everything[..5]);
    assert_eq!(office.pick_in(ChainCondition::StreamSilent, &all), everything[..5]);
    assert_eq!(office.pick_in(ChainCondition::ForkSwitch, &all), everything[..3]);
    assert_eq!(office.pick_in(ChainCondition::Restart, &all), everything[..3]);
    for class in [ChainCondition::Halt, ChainCondition::BlockhashExpired, ChainCondition::RpcStale]
    {
        assert_eq!(office.pick_in(class, &all), []);
    }
}

#[test]
fn no_more_is_under_way_than_can_be_followed() {
    let mut office = Office::new(&[]);
    let many: Vec<_> = (0..100).map(|name| Intent::Flag { account: key(name) }).collect();
    let first = office.pick(&many);
    assert_eq!(first, many[..64]);
    first.iter().for_each(|intent| office.desk.sent(intent.target()));
    assert_eq!(office.pick(&many), []);
    office.desk.landed(Target::Account(key(5)), 9, Millis(office.now));
    assert_eq!(office.pick(&many).len(), 1);
}

#[test]
fn chores_under_way_keep_nothing_urgent_waiting() {
    let mut office = Office::new(&[]);
    let chores: Vec<_> = (0..100).map(|name| Intent::MatureProfit { account: key(name) }).collect();
    let first = office.pick(&chores);
    assert_eq!(first.len(), 64);
    first.iter().for_each(|intent| office.desk.sent(intent.target()));
    let all = [&chores[..], &[FLAG, Intent::Observe]].concat();
    assert_eq!(office.pick(&all), [Intent::Observe, FLAG]);
    // What is chosen takes places too, of its own kind only.
    let risks = (0..100).map(|name| Intent::Flag { account: key(name) });
    let all: Vec<_> = risks.chain([Intent::Observe]).chain(chores).collect();
    assert_eq!(office.pick(&all).len(), 65);
}

proptest! {
    /// Of several keepers with one view exactly one acts at once; when it does not, exactly one more
    /// does after each delay.
    #[test]
    fn keepers_take_turns(names in proptest::collection::btree_set(any::<u8>(), 1..6), venue_now in any::<u32>()) {
        let keepers: Vec<_> = names.iter().map(|name| key(*name)).collect();
        let mut mirror = mirror();
        mirror.accounts.insert(key(1), long(1));
        let mut desks: Vec<_> = keepers.iter().map(|me| Scheduler::new(*me, &keepers)).collect();
        let (allowed, venue_now) = (ChainCondition::Healthy.consequence(), Millis(u64::from(venue_now)));
        for round in 0..keepers.len() as u64 {
            for (delay, acting) in [(0, round + 1), (BACKUP_DELAY.0 - 1, round + 1)] {
                let now = Millis(round * BACKUP_DELAY.0 + delay);
                let act = desks.iter_mut().filter_map(|desk| {
                    desk.pick(&mirror, &[FLAG], &allowed, 0, venue_now, now).pop()
                });
                prop_assert_eq!(act.count() as u64, acting);
            }
        }
    }
}

#[test]
fn what_another_did_first_is_a_sign_of_it() {
    let keepers = [key(1), key(2)];
    let (mirror, allowed) = (mirror(), ChainCondition::Healthy.consequence());
    let mut desks = keepers.map(|me| Scheduler::new(me, &keepers));
    let acts = |desk: &mut Scheduler, intents: &[Intent], at: u64| {
        desk.pick(&mirror, intents, &allowed, 100, Millis(NOW), Millis(at)).len()
    };
    let refresh = [Intent::RefreshMarket { market: 0 }];
    let second = desks.iter_mut().position(|desk| acts(desk, &refresh, 0) == 0);
    let second = &mut desks[second.expect("one is second")];
    let target = refresh[0].target();
    // Nobody else refreshes: this one does, and does not wait again.
    assert_eq!(acts(second, &refresh, 2_000), 1);
    second.sent(target);
    second.landed(target, 1, Millis(2_500));
    assert_eq!((acts(second, &[], 2_600), acts(second, &refresh, 3_000)), (0, 1));
    // The other was first after all: from now on its turn is respected.
    second.sent(target);
    second.refused(target, "it was done".to_owned(), Millis(3_500));
    assert_eq!((acts(second, &[], 3_600), acts(second, &[], 4_600)), (0, 0));
    assert_eq!((acts(second, &refresh, 5_000), acts(second, &refresh, 6_999)), (0, 0));
    assert_eq!(acts(second, &refresh, 7_000), 1);
}

#[test]
fn a_price_is_waited_for_longer_and_ones_own_is_not() {
    let keepers = [key(200), key(201), key(202)];
    let mut office = Office::new(&keepers);
    let feed = FeedId { source: Source::Pyth, id: [7; 32] };
    let bring = |step| Intent::BringPrice { feed, market: 1, step };
    let (open, post) = (bring(DraftStep::Open), bring(DraftStep::Post));
    let ahead = LeaderRotation::new(key(200), &keepers).ahead(1, Millis(NOW)).len() as u64;
    let turn = office.now + 3 * ahead * BACKUP_DELAY.0;
    assert!(ahead > 0, "choose another market: the first in line proves nothing");
    for (at, picked) in [(office.now, vec![post]), (turn - 1, vec![post]), (turn, vec![open, post])]
    {
        office.now = at;
        assert_eq!(office.pick(&[open, post]), picked, "{at}");
    }
}
