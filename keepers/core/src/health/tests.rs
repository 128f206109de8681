use holdfast_risk::Millis;
use proptest::prelude::*;

use crate::witness::Operators;

use super::{ChainCondition, Diagnosis, EndpointFault, Progress, Sources, Venue};

const VENUE: Venue =
    Venue { baseline_us: 400_000, restart_slot: 0, stale_prices: false, disputed: false };
/// The cluster of all tests.
const HERE: Option<[u8; 32]> = Some([0; 32]);
const SLOT_MS: u64 = 400;

/// A chain, endpoints that show it, and streams that tell of it, probed once a second.
struct World {
    sources: Sources,
    venue: Venue,
    now: u64,
    chain: Progress,
    /// What each endpoint shows instead of the chain.
    shows: Vec<Option<Progress>>,
    streams: usize,
    /// Of ten slots, how many are made into blocks.
    blocks_per_ten: u64,
    slot_ms: u64,
}

fn hash(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes
}

impl World {
    fn new(endpoints: usize, streams: usize) -> Self {
        let mut world = Self {
            sources: Sources::new(Operators::separate(endpoints, streams), HERE, Millis(0)),
            venue: VENUE,
            now: 0,
            chain: Progress {
                slot: 1_000,
                block_height: 900,
                last_height: 1_050,
                ..Progress::default()
            },
            shows: vec![None; endpoints],
            streams,
            blocks_per_ten: 10,
            slot_ms: SLOT_MS,
        };
        world.pass(30_000);
        assert_eq!(world.judge().class, ChainCondition::Healthy);
        world
    }

    fn slot(&mut self) {
        let chain = &mut self.chain;
        let parent = chain.slot;
        chain.slot += 1;
        if chain.slot % 10 < self.blocks_per_ten {
            chain.block_height += 1;
            chain.transactions += 1_000;
            chain.blockhash = hash(chain.block_height);
            chain.last_height = chain.block_height + 150;
        }
        for stream in 0..self.streams {
            self.sources.told(stream, chain.slot, parent, Millis(self.now));
        }
    }

    fn probe(&mut self) {
        for (endpoint, shown) in self.shows.iter().enumerate() {
            let progress = shown.unwrap_or(self.chain);
            self.sources.answered(endpoint, &progress, Millis(self.now));
        }
    }

    /// Time passes; slots are made if `slot_ms` is not zero.
    fn pass(&mut self, ms: u64) {
        for _ in 0..ms / 100 {
            self.now += 100;
            if self.slot_ms > 0 && self.now.is_multiple_of(self.slot_ms) {
                self.slot();
            }
            if self.now.is_multiple_of(1_000) {
                self.probe();
            }
        }
    }

    fn judge(&self) -> Diagnosis {
        self.sources.judge(&self.venue, Millis(self.now))
    }

    /// Milliseconds until a class is found.
    fn until(&mut self, class: ChainCondition) -> u64 {
        let begun = self.now;
        while self.judge().class != class {
            self.pass(100);
            assert!(self.now - begun < 120_000, "{class:?} is not found: {:?}", self.judge());
        }
        self.now - begun
    }
}

#[test]
fn a_frozen_endpoint_that_answers_is_found_and_the_others_serve() {
    let mut world = World::new(3, 1);
    world.shows[1] = Some(world.chain);
    world.pass(6_500);
    let judged = world.judge();
    assert_eq!(judged.class, ChainCondition::Healthy);
    assert_eq!(judged.endpoints, [None, Some(EndpointFault::Frozen), None]);
    world.shows[1] = None;
    world.pass(1_000);
    assert_eq!(world.judge().endpoints, [None; 3]);
}

#[test]
fn an_endpoint_whose_slot_counts_over_a_dead_bank_is_frozen() {
    let mut world = World::new(2, 0);
    for _ in 0..10 {
        let moving = world.chain.slot;
        let dead = world.shows[0].unwrap_or(world.chain);
        world.shows[0] = Some(Progress { slot: moving, ..dead });
        world.pass(1_000);
    }
    assert_eq!(world.judge().endpoints, [Some(EndpointFault::Frozen), None]);
}

#[test]
fn a_dead_banks_block_height_is_no_skipped_slot() {
    let mut world = World::new(2, 1);
    let dead = world.chain;
    for _ in 0..60 {
        // It is asked first, and shows the newest slot with a height that stands.
        let passes = (world.now + 1_000) / SLOT_MS - world.now / SLOT_MS;
        world.shows[0] = Some(Progress { slot: world.chain.slot + passes, ..dead });
        world.pass(1_000);
    }
    let judged = world.judge();
    assert_eq!(
        (judged.class, judged.endpoints[0]),
        (ChainCondition::Healthy, Some(EndpointFault::Frozen))
    );
    let pace = judged.pace.expect("it was watched for long enough");
    assert_eq!((pace.slot_us().div_ceil(10_000), pace.skipped()), (40, 0));
}

#[test]
fn two_frozen_machines_behind_one_address_are_frozen() {
    let mut world = World::new(2, 0);
    let one = world.chain;
    let other = Progress { slot: one.slot - 5, transactions: one.transactions - 5_000, ..one };
    for turn in 0..10 {
        world.shows[0] = Some(if turn % 2 == 0 { one } else { other });
        world.pass(1_000);
    }
    assert_eq!(world.judge().endpoints, [Some(EndpointFault::Frozen), None]);
}

#[test]
fn a_pause_of_everything_is_nobodys_fault() {
    let mut world = World::new(2, 1);
    world.slot_ms = 0;
    for _ in 0..8 {
        world.pass(1_000);
        let judged = world.judge();
        assert!(
            matches!(judged.class, ChainCondition::Healthy | ChainCondition::SlowSlots),
            "{judged:?}"
        );
        assert_eq!((judged.endpoints, judged.silent), (vec![None; 2], vec![false]));
    }
}

#[test]
fn all_endpoints_frozen_while_a_stream_moves_is_the_keepers_own_fault() {
    let mut world = World::new(2, 1);
    world.shows = vec![Some(world.chain); 2];
    assert!(world.until(ChainCondition::RpcStale) <= 11_000, "one stream against two endpoints");
    let mut world = World::new(2, 2);
    world.shows = vec![Some(world.chain); 2];
    assert!(world.until(ChainCondition::RpcStale) <= 7_000);
}

#[test]
fn endpoints_that_do_not_answer_are_the_keepers_own_fault() {
    let mut world = World::new(2, 0);
    world.now += 5_900;
    assert_eq!(world.judge().endpoints, [None; 2], "one answer that fails proves nothing");
    world.now += 100;
    assert_eq!(world.judge().class, ChainCondition::RpcStale);
    assert_eq!(world.judge().endpoints, [Some(EndpointFault::Silent); 2]);
}

#[test]
fn a_chain_that_stands_still_everywhere_is_a_halt() {
    let mut world = World::new(2, 1);
    world.slot_ms = 0;
    let took = world.until(ChainCondition::Halt);
    assert!((9_000..=11_000).contains(&took), "{took}");
    world.slot_ms = SLOT_MS;
    assert!(world.until(ChainCondition::SlowSlots) <= 1_500);
}

#[test]
fn one_endpoint_alone_never_proves_a_halt() {
    let mut world = World::new(1, 1);
    world.slot_ms = 0;
    assert!(world.until(ChainCondition::RpcStale) <= 11_000);
}

#[test]
fn endpoints_that_stand_still_at_different_slots_prove_no_halt() {
    let mut world = World::new(2, 0);
    let behind = Progress { slot: world.chain.slot - 200, ..world.chain };
    world.shows = vec![Some(world.chain), Some(behind)];
    world.slot_ms = 0;
    assert!(world.until(ChainCondition::RpcStale) <= 11_000);
}

#[test]
fn a_restart_the_venue_does_not_know_of_is_one_until_it_does() {
    let mut world = World::new(2, 1);
    world.chain.restart_slot = 1_050;
    assert!(world.until(ChainCondition::Restart) <= 1_000);
    world.venue.restart_slot = 1_050;
    assert_eq!(world.judge().class, ChainCondition::Healthy);
}

#[test]
fn streams_that_say_nothing_while_the_chain_moves_are_silent() {
    let mut world = World::new(2, 2);
    world.streams = 1;
    world.pass(10_000);
    assert_eq!(world.judge().silent, [false, true]);
    assert_eq!(world.judge().class, ChainCondition::Healthy);
    world.streams = 0;
    assert!(world.until(ChainCondition::StreamSilent) <= 6_000);
    world.sources.opened(0, Millis(world.now));
    assert_eq!(world.judge().class, ChainCondition::Healthy);
    world.sources.lost(0);
    assert_eq!(world.judge().class, ChainCondition::StreamSilent);
}

#[test]
fn an_abandoned_fork_is_told_with_its_parent_once_two_streams_say_so() {
    let mut world = World::new(2, 2);
    let (last, now) = (world.chain.slot, Millis(world.now));
    assert_eq!(world.sources.told(0, last + 1, last, now), None);
    assert_eq!(world.sources.told(0, last + 4, last - 2, now), None, "one stream's word");
    assert_eq!(world.judge().class, ChainCondition::Healthy);
    assert!(world.sources.suspects_fork(Millis(1_000), now));
    assert_eq!(world.sources.told(1, last + 4, last - 2, now), Some(last - 2));
    assert_eq!(world.judge().class, ChainCondition::ForkSwitch);
    world.chain.slot += 4;
    world.pass(3_000);
    assert_eq!(world.judge().class, ChainCondition::Healthy);
}

#[test]
fn an_endpoint_that_leaps_is_believed_once_it_goes_on_from_there() {
    for endpoints in [1, 2, 3] {
        let mut world = World::new(endpoints, 0);
        // Nobody was heard for eight minutes, or a load balancer had chosen a node far behind.
        world.chain.slot += 5_000;
        world.chain.block_height += 5_000;
        world.pass(2_000);
        assert!(world.judge().endpoints.iter().all(Option::is_some), "{:?}", world.judge());
        world.pass(30_000);
        assert_eq!(world.judge().endpoints, vec![None; endpoints]);
        assert_eq!(world.judge().class, ChainCondition::Healthy);
    }
}

#[test]
fn one_of_another_cluster_is_of_no_use_until_it_is_here_again() {
    let mut world = World::new(3, 0);
    world.shows[1] = Some(Progress { genesis: [7; 32], slot: 9_000_000, ..world.chain });
    world.pass(2_000);
    assert_eq!(world.judge().endpoints, [None, Some(EndpointFault::OtherCluster), None]);
    assert_eq!(world.judge().class, ChainCondition::Healthy);
    world.shows[1] = None;
    world.pass(2_000);
    assert_eq!(world.judge().endpoints, [None; 3]);
}

#[test]
fn what_streams_say_late_or_twice_abandons_nothing() {
    let mut sources = Sources::new(Operators::separate(0, 1), HERE, Millis(0));
    let mut told = |slot, parent| sources.told(0, slot, parent, Millis(1));
    let late_and_twice = [(10, 9), (10, 9), (13, 12), (11, 10), (12, 11), (11, 10), (15, 14)];
    assert!(late_and_twice.into_iter().all(|(slot, parent)| told(slot, parent).is_none()));
    assert_eq!(told(14, 13), None);
    assert_eq!(told(17, 12), Some(12));
    assert_eq!(told(13, 12), None, "a block of the abandoned fork, late");
    assert_eq!(told(18, 17), None);
    assert_eq!(told(21, 15), Some(12), "the other fork after all");
}

#[test]
fn a_chain_that_goes_on_below_its_last_slot_is_followed() {
    let mut sources = Sources::new(Operators::separate(0, 1), HERE, Millis(0));
    let mut told = |slot, parent| sources.told(0, slot, parent, Millis(1));
    for slot in (102..=140).step_by(2) {
        assert_eq!(told(slot, slot - 2), None);
    }
    assert_eq!([told(106, 104), told(108, 106), told(110, 108), told(112, 110)], [None; 4]);
    assert_eq!([told(103, 100), told(105, 103), told(107, 105)], [None; 3]);
    assert_eq!(told(109, 107), Some(100));
    assert_eq!([told(110, 109), told(111, 110)], [None; 2]);
}

#[test]
fn a_slot_that_is_made_anew_after_another_one_abandons_the_first() {
    let mut sources = Sources::new(Operators::separate(0, 1), HERE, Millis(0));
    let mut told = |slot, parent| sources.told(0, slot, parent, Millis(1));
    (101..=140).for_each(|slot| assert_eq!(told(slot, slot - 1), None));
    assert_eq!(told(106, 103), Some(103));
    assert_eq!([told(107, 106), told(108, 107)], [None; 2]);
}

#[test]
fn slots_that_take_half_as_long_again_are_slow() {
    let mut world = World::new(2, 1);
    world.slot_ms = 700;
    assert!(world.until(ChainCondition::SlowSlots) <= 20_000);
    world.slot_ms = SLOT_MS;
    assert!(world.until(ChainCondition::Healthy) <= 20_000);
    world.slot_ms = 500;
    world.pass(60_000);
    assert_eq!(world.judge().class, ChainCondition::Healthy);
}

#[test]
fn skipped_slots_are_counted_by_blocks() {
    let mut world = World::new(2, 1);
    world.blocks_per_ten = 7;
    assert!(world.until(ChainCondition::HighSkip) <= 20_000);
    world.blocks_per_ten = 9;
    assert!(world.until(ChainCondition::Healthy) <= 20_000);
}

#[test]
fn transactions_that_do_not_land_are_as_good_as_slow_slots() {
    let mut world = World::new(2, 1);
    let end = |world: &mut World, landed| world.sources.ended(landed, Millis(world.now));
    for landed in [true, false, false, false, true, false, false] {
        end(&mut world, landed);
    }
    assert_eq!(world.judge().class, ChainCondition::Healthy);
    end(&mut world, false);
    assert_eq!(world.judge().class, ChainCondition::SlowSlots);
    (0..8).for_each(|_| end(&mut world, true));
    assert_eq!(world.judge().class, ChainCondition::Healthy);
    (0..16).for_each(|_| end(&mut world, false));
    assert_eq!(world.judge().class, ChainCondition::SlowSlots);
    world.pass(299_000);
    assert_eq!(world.judge().class, ChainCondition::SlowSlots);
    world.pass(1_000);
    assert_eq!(world.judge().class, ChainCondition::Healthy, "old ends say nothing");
}

#[test]
fn a_blockhash_that_stays_the_same_everywhere_expires() {
    let mut world = World::new(2, 1);
    let stuck = world.chain.blockhash;
    let mut took = 0;
    while world.judge().class != ChainCondition::BlockhashExpired {
        let shown = Progress { blockhash: stuck, ..world.chain };
        world.shows = vec![Some(shown); 2];
        world.pass(1_000);
        took += 1;
        assert!(took <= 31);
    }
    let old = Progress { last_height: world.chain.block_height - 1, ..world.chain };
    world.shows = vec![Some(old), None];
    world.pass(2_000);
    assert_eq!(world.judge().class, ChainCondition::Healthy);
}

#[test]
fn stale_prices_on_a_chain_that_is_well_are_the_oracles() {
    let mut world = World::new(2, 1);
    world.venue.stale_prices = true;
    assert_eq!(world.judge().class, ChainCondition::OracleStale);
}

#[test]
fn a_slot_that_cannot_be_is_not_believed() {
    let mut world = World::new(3, 0);
    let absurd = Progress { slot: u64::MAX, ..world.chain };
    world.shows[0] = Some(absurd);
    world.pass(8_000);
    let judged = world.judge();
    assert_eq!(judged.endpoints, [Some(EndpointFault::Absurd), None, None]);
    assert_eq!(judged.class, ChainCondition::Healthy);
    let mut fresh = Sources::new(Operators::separate(3, 0), HERE, Millis(0));
    fresh.answered(1, &world.chain, Millis(1_000));
    fresh.answered(2, &world.chain, Millis(1_000));
    fresh.answered(0, &absurd, Millis(1_000));
    let judged = fresh.judge(&VENUE, Millis(1_000));
    assert_eq!(judged.endpoints, [Some(EndpointFault::Absurd), None, None]);
}

proptest! {
    /// A chain that is well, seen through endpoints that are somewhat late and a load balancer that
    /// steps back a little, is never taken for anything else.
    #[test]
    fn a_healthy_chain_raises_no_alarm(
        lags in proptest::collection::vec((0..6_u64, 0..6_u64), 200),
        skips in proptest::collection::vec(0..100_u8, 200),
    ) {
        let mut world = World::new(2, 1);
        for ((one, other), skip) in lags.into_iter().zip(skips) {
            // About seven per cent of slots are skipped, as on the real chain.
            world.blocks_per_ten = if skip < 70 { 10 } else { 9 };
            let late = |lag: u64| {
                let chain = world.chain;
                Some(Progress {
                    slot: chain.slot - lag,
                    block_height: chain.block_height - lag,
                    transactions: chain.transactions - lag * 1_000,
                    blockhash: hash(chain.block_height - lag),
                    last_height: chain.last_height - lag,
                    ..chain
                })
            };
            world.shows = vec![late(one), late(other)];
            world.pass(1_000);
            let judged = world.judge();
            prop_assert_eq!(judged.class, ChainCondition::Healthy);
            prop_assert_eq!(judged.endpoints, vec![None; 2]);
        }
    }

    /// Whatever is answered, judging is possible and says something about every source.
    #[test]
    fn any_answers_are_judged(answers in proptest::collection::vec(
        (0..3_usize, any::<u64>(), any::<u64>(), any::<u64>(), any::<u8>(), 0..20_000_u64), 0..100,
    )) {
        let mut sources = Sources::new(Operators::separate(2, 1), HERE, Millis(0));
        let mut now = 0;
        for (source, slot, height, transactions, hashed, passes) in answers {
            now += passes;
            let progress = Progress {
                slot,
                block_height: height,
                transactions,
                blockhash: [hashed; 32],
                last_height: height,
                ..Progress::default()
            };
            if source == 2 {
                sources.told(0, slot, height, Millis(now));
            } else {
                sources.answered(source, &progress, Millis(now));
            }
            let judged = sources.judge(&VENUE, Millis(now));
            prop_assert_eq!((judged.endpoints.len(), judged.silent.len()), (2, 1));
        }
    }
}
