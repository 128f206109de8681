//! Several faults at once, drawn from a seed: each begins and ends when it likes. What the keeper holds
//! and the venue's books are checked after every step; afterwards the keeper has to do its work.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::hash::{DefaultHasher, Hash, Hasher};

use bytemuck::{Pod, bytes_of};
use holdfast_client::decode::{Kind, decode};
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Pubkey, address};
use holdfast_keeper_core::VenueSnapshot;
use holdfast_keeper_core::health::ChainCondition;
use holdfast_keeper_core::witness::Source;
use holdfast_risk::Millis;
use holdfast_testkit::audit::Audit;
use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::fault::Fault;
use super::lie::Lie;
use super::trial::liquidates;
use super::world::{KeeperWorld, WorldPlan};

/// Endpoints, each of another operator; the first two have a stream as well.
const ENDPOINTS: usize = 3;
const STREAMS: usize = 2;
/// When the last fault begins at the latest, and how long one lasts, milliseconds.
const BEGINS_WITHIN: u64 = 60_000;
const LASTS: std::ops::Range<u64> = 2_000..40_000;
/// How long it may take until nothing is found any more once nothing fails, milliseconds.
const CALMS_WITHIN: u64 = 90_000;

/// A fault, and when it goes on, milliseconds from the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// What fails.
    pub fault: Fault,
    /// From when.
    pub from: u64,
    /// Until when.
    pub until: u64,
}

impl Display for Spell {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        write!(to, "{:5.1} to {:5.1} s  {:?}", seconds(self.from), seconds(self.until), self.fault)
    }
}

/// What came of one seed.
#[derive(Clone, Debug)]
pub struct Endured {
    /// What failed.
    pub spells: Vec<Spell>,
    /// What should not have been, and when, milliseconds from the first step.
    pub violation: Option<(u64, String)>,
    /// Transactions that landed and were refused.
    pub refused: u64,
    /// Whether the venue took shelter: then it liquidates nobody who is not deeply insolvent.
    pub sheltered: bool,
}

/// What fails for a seed. Where an operator lies, the other two may be late or lose things but they
/// answer: a keeper that is left with one operator has to take its word.
pub fn spells(seed: u64) -> Vec<Spell> {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let liar = random.random_bool(0.6).then(|| random.random_range(0..ENDPOINTS));
    let number = random.random_range(2..=6);
    let spells = (0..number).map(|_| {
        let fault = match liar {
            Some(liar) if random.random_bool(0.5) => lie(liar, &mut random),
            Some(_) => *choose(&common(), &mut random),
            None => *choose(&[common(), total(&mut random)].concat(), &mut random),
        };
        let from = random.random_range(0..BEGINS_WITHIN);
        Spell { fault, from, until: from + random.random_range(LASTS) }
    });
    spells.collect()
}

/// Faults that leave every honest operator a witness.
fn common() -> Vec<Fault> {
    vec![
        Fault::Slow(1_500),
        Fault::Duplicating,
        Fault::Reordering(1_500),
        Fault::Dropping(4),
        Fault::Losing,
        Fault::Unsimulated,
        Fault::Halt,
        Fault::Skipping,
        Fault::SlowSlots,
        Fault::Forking(2),
        Fault::Forking(5),
        Fault::NoPrices,
    ]
}

/// Faults that leave fewer, or none.
fn total(random: &mut ChaCha20Rng) -> Vec<Fault> {
    let endpoint = random.random_range(0..ENDPOINTS);
    vec![
        Fault::Frozen(endpoint),
        Fault::Stale(endpoint, random.random_range(1..120)),
        Fault::Refusing(endpoint),
        Fault::AllFrozen,
        Fault::AllRefusing,
        Fault::Silent,
        Fault::Closing,
        Fault::OneBlockhash,
        Fault::Slow(3_000),
    ]
}

fn lie(operator: usize, random: &mut ChaCha20Rng) -> Fault {
    let by_stream = operator < STREAMS && random.random_bool(0.4);
    if by_stream {
        return Fault::Lies(Source::Stream(operator), *choose(&Lie::STREAMS, random));
    }
    match random.random_range(0..10) {
        0 => Fault::Garbage(operator),
        1 => Fault::Misjudging(operator),
        _ => Fault::Lies(Source::Endpoint(operator), *choose(&Lie::ENDPOINTS, random)),
    }
}

fn choose<'a, T>(among: &'a [T], random: &mut ChaCha20Rng) -> &'a T {
    among.choose(random).unwrap_or(&among[0])
}

/// Lets a venue be kept through what fails for a seed.
///
/// # Errors
/// A sentence saying what went wrong with the world itself.
pub fn endure(seed: u64) -> Result<Endured, String> {
    let plan = WorldPlan { seed, keepers: 1, endpoints: ENDPOINTS, streams: STREAMS, traders: 2 };
    let mut world = KeeperWorld::new(plan)?;
    let mut ever = Ever::default();
    world.pass(10_000);
    let begun = world.now;
    let spells = spells(seed);
    let last = spells.iter().map(|spell| spell.until).max().unwrap_or_default();
    let mut violation = None;
    while violation.is_none() && world.now - begun <= last {
        let since = world.now - begun;
        let goes_on = |spell: &&Spell| (spell.from..spell.until).contains(&since);
        let faults: Vec<_> = spells.iter().filter(goes_on).map(|spell| spell.fault).collect();
        world.fail(&faults);
        world.pass(super::world::STEP);
        violation = ever.amiss(&world);
    }
    world.fail(&[]);
    let violation = violation.or_else(|| recovers(&mut world));
    Ok(Endured {
        spells,
        violation: violation.map(|what| (world.now - begun, what)),
        refused: world.keepers[0].report(Millis(world.now)).counts.refused,
        sheltered: has_sheltered(&world),
    })
}

/// What is amiss once nothing fails any more: the keeper finds nothing, holds what is there, and
/// liquidates whoever a falling price makes fail.
fn recovers(world: &mut KeeperWorld) -> Option<String> {
    let calm = |world: &KeeperWorld| world.keepers[0].class() == ChainCondition::Healthy;
    if world.until(CALMS_WITHIN, calm).is_none() {
        return Some(format!("it still finds {:?}", world.keepers[0].class()));
    }
    let liquidated = liquidates(world);
    if liquidated.is_none() && !has_sheltered(world) {
        return Some("whoever fails is not liquidated afterwards".to_owned());
    }
    let held = world.keepers[0].mirror().map_or(0, |mirror| mirror.accounts.len());
    let there = world.chain.newest().accounts.values();
    let there = there.filter(|kept| decode::<MarginAccount>(&kept.data).is_ok()).count();
    (held != there).then(|| format!("it knows {held} accounts of {there}"))
}

fn has_sheltered(world: &KeeperWorld) -> bool {
    world.chain.venue.chain_health().monitor.last_disruption_ms > 0
}

/// Every account of the venue as it ever was, abandoned blocks included, by hash.
#[derive(Default)]
struct Ever {
    states: BTreeSet<(Pubkey, u64)>,
    slot: u64,
}

impl Ever {
    /// What is amiss now: the keeper holds what never was, or the books do not add up.
    fn amiss(&mut self, world: &KeeperWorld) -> Option<String> {
        let newest = world.chain.newest();
        if newest.progress.slot != self.slot {
            self.slot = newest.progress.slot;
            let now = newest.accounts.iter();
            self.states.extend(now.map(|(address, kept)| (*address, hash(&kept.data))));
            let accounts: Vec<_> = newest
                .accounts
                .iter()
                .filter(|(_, kept)| decode::<MarginAccount>(&kept.data).is_ok())
                .map(|(address, _)| *address)
                .collect();
            let audit = Audit::new(&world.chain.venue, &accounts);
            if audit != Audit::default() {
                return Some(format!("the books do not add up: {audit:?}"));
            }
        }
        let mirror = world.keepers[0].mirror()?;
        let invented = held(mirror).find(|state| !self.states.contains(state))?;
        Some(format!("the keeper holds what {} never was", invented.0))
    }
}

/// Every account of a keeper's mirror, by hash.
fn held(mirror: &VenueSnapshot) -> impl Iterator<Item = (Pubkey, u64)> {
    let single = [
        (mirror.silo_address, whole(&mirror.silo)),
        (address::chain_health(), whole(&mirror.chain_health)),
    ];
    let markets = mirror.markets.iter().map(|(address, market)| (*address, whole(market)));
    let accounts = mirror.accounts.iter().map(|(address, account)| (*address, whole(account)));
    single.into_iter().chain(markets).chain(accounts)
}

fn whole<T: Pod + Kind>(state: &T) -> u64 {
    hash(&[T::DISCRIMINATOR, bytes_of(state)].concat())
}

fn hash(data: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    hasher.finish()
}
