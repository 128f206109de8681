//! Events and accounts compared in the middle of everything: while blocks are given up, transactions are
//! listed late, endpoints take turns and readers end. What is not missing is never said to be, and what is
//! missing is found.

use std::collections::BTreeMap;
use std::time::Duration;

use anchor_lang::Event;
use holdfast_client::Pubkey;
use holdfast_client::holdfast::events::ExchangeCreated;
use holdfast_history::{Comparing, Database, Failure, Outcome, Reader, Reconciliation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::time::Instant;

use super::script::{Script, Scripted, scripted};
use super::world::{Deed, World};
use super::{PAGE, count, read_into};

/// Chains that are made up for each test.
const CASES: u32 = 24;
/// Steps within which everything is read, listed again and compared.
const ROUNDS: usize = 400;
/// Longer than accounts wait to be read.
const LONG: Duration = Duration::from_secs(3_600);
/// The slot that a chain begins with.
const FIRST: u64 = 100;

/// What becomes of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Lands,
    Fails,
    /// It is not listed before its block is final.
    ListedLate,
    /// Its block is given up.
    GivenUp,
    /// Its block is given up, and it lands in a later one.
    LandsAgain,
}

#[derive(Clone, Copy, Debug)]
struct Made {
    deed: Deed,
    /// Slots after the one before.
    later: u64,
    fate: Fate,
}

/// How what a transaction says gets lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    LogIsCut,
    NeverListed,
}

#[derive(Clone, Copy, Debug)]
struct Turn {
    /// From an endpoint that is behind the other.
    lags: bool,
    /// After the process was started again.
    restarts: bool,
    /// When accounts are to be read.
    asks: bool,
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    let fate = prop_oneof![
        6 => Just(Fate::Lands),
        1 => Just(Fate::Fails),
        1 => Just(Fate::ListedLate),
        1 => Just(Fate::GivenUp),
        1 => Just(Fate::LandsAgain),
    ];
    let made = (0..3_u8, 0..5_u8, 1..50_u64, 0..3_u64, fate).prop_map(
        |(who, what, amount, later, fate)| Made { deed: Deed { who, what, amount }, later, fate },
    );
    vec(made, 30..90)
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = (prop::bool::weighted(0.3), prop::bool::weighted(0.2), any::<bool>());
    vec(turn.prop_map(|(lags, restarts, asks)| Turn { lags, restarts, asks }), 1..40)
}

/// The endpoints of a chain, two that show the same and one of which is asked less often, and its last slot.
/// The chain begins with the creation of the exchange, if that is `whole`.
struct Chain {
    endpoints: [Script; 2],
    last: u64,
    /// What was lost.
    lost: Option<String>,
}

impl Chain {
    fn new(made: &[Made], whole: bool, lost: Option<(Index, Loss)>) -> Self {
        let (mut all, mut accounts) = (Vec::new(), BTreeMap::new());
        let (mut world, mut slot) = (World::default(), FIRST);
        if whole {
            let created = ExchangeCreated { admin: Pubkey::default() };
            all.push(scripted(0, slot, &[created.data()]));
        }
        for (index, one) in made.iter().enumerate() {
            slot += one.later;
            let mut after = world.clone();
            let mut landed = scripted(index + 1, slot, &[after.act(one.deed)]);
            landed.late = one.fate == Fate::ListedLate;
            landed.listed.failed = one.fate == Fate::Fails;
            if matches!(one.fate, Fate::GivenUp | Fate::LandsAgain) {
                all.push(Scripted { until: Some(0), ..landed.clone() });
            }
            if one.fate == Fate::LandsAgain {
                slot += 2;
                landed.listed.slot = slot;
            }
            if one.fate == Fate::GivenUp {
                continue;
            }
            if one.fate != Fate::Fails {
                world = after;
                accounts.insert(slot, world.accounts());
            }
            all.push(landed);
        }
        let lost = lost.and_then(|(index, loss)| lose(&mut all, index, loss));
        let endpoints = [all.clone(), all].map(|all| {
            let mut script = Script::of(all);
            script.accounts = accounts.clone();
            give_up(&mut script);
            script
        });
        Self { endpoints, last: slot, lost }
    }
}

/// Loses what one of those that worked said, and says which.
fn lose(all: &mut Vec<Scripted>, index: Index, loss: Loss) -> Option<String> {
    let worked = |one: &Scripted| one.until.is_none() && !one.listed.failed;
    // The first one is the creation of the exchange, from which everything is counted.
    let worked: Vec<_> = (1..all.len()).filter(|place| worked(&all[*place])).collect();
    let place = *worked.get(index.index(worked.len().max(1)))?;
    let signature = all[place].listed.signature.clone();
    match loss {
        Loss::LogIsCut => {
            for one in all.iter_mut().filter(|one| one.listed.signature == signature) {
                one.past.logs.truncate(1);
                one.past.logs.push("Log truncated".to_owned());
            }
        }
        Loss::NeverListed => all.retain(|one| one.listed.signature != signature),
    }
    Some(signature)
}

/// Lets each fork be given up before its block could be final, and before what was in it lands again.
fn give_up(script: &mut Script) {
    for place in 0..script.all.len() {
        let one = &script.all[place];
        if one.until.is_none() {
            continue;
        }
        let again = script.all[place + 1..]
            .iter()
            .find(|other| other.listed.signature == one.listed.signature);
        let until = match again {
            Some(again) => script.look_at(again.listed.slot, false),
            None => script.look_at(one.listed.slot, true),
        };
        script.all[place].until = Some(until);
    }
}

/// A process that reads and compares.
struct Process {
    database: Database,
    reader: Reader,
    comparing: Comparing,
    now: Instant,
}

impl Process {
    fn start(database: Database, now: Instant) -> Self {
        let reader = Reader::new(database.clone(), PAGE);
        let comparing = Comparing::new(database.clone(), now);
        Self { database, reader, comparing, now }
    }

    /// What came of it, unless the endpoint did not have what was needed.
    async fn turn(&mut self, endpoint: &Script) -> Option<Outcome> {
        match self.try_turn(endpoint).await {
            Ok(outcome) => Some(outcome),
            Err(Failure::Source(_)) => None,
            Err(Failure::Database(reason)) => panic!("{reason}"),
        }
    }

    async fn try_turn(&mut self, endpoint: &Script) -> Result<Outcome, Failure> {
        self.comparing.begin(endpoint).await?;
        let step = self.reader.step(endpoint).await?;
        self.comparing.turn(endpoint, &step, self.now).await
    }

    async fn play(&mut self, chain: &Chain, turns: &[Turn], mut each: impl FnMut(&Outcome)) {
        for turn in turns {
            if turn.restarts {
                *self = Self::start(self.database.clone(), self.now);
            }
            if turn.asks {
                self.now += LONG;
            }
            let endpoint = &chain.endpoints[usize::from(turn.lags)];
            if let Some(outcome) = self.turn(endpoint).await {
                each(&outcome);
            }
        }
    }

    /// What it comes to once everything has happened and is final.
    async fn at_last(&mut self, chain: &Chain, mut each: impl FnMut(&Outcome)) -> Reconciliation {
        for _ in 0..ROUNDS {
            self.now += LONG;
            let Some(outcome) = self.turn(&chain.endpoints[0]).await else { continue };
            each(&outcome);
            if let Outcome::Told(compared) = outcome
                && compared.slot >= chain.last
            {
                return compared;
            }
        }
        panic!("events and accounts were not compared within {ROUNDS} steps");
    }
}

fn played<T>(play: impl AsyncFnOnce(Process) -> T) -> T {
    let folder = TempDir::new().expect("a folder");
    let database = Database::open(&folder.path().join("history"), "genesis").expect("a database");
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(play(Process::start(database, Instant::now())))
}

/// Nothing is missing, and nothing may be said to be, nor doubted.
fn all_is_well(outcome: &Outcome) {
    match outcome {
        Outcome::Told(compared) => assert!(compared.off.is_empty(), "{compared:?}"),
        Outcome::Doubts(sums) => panic!("{sums:?}"),
        Outcome::Nothing | Outcome::Waits(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn nothing_is_said_to_be_missing_that_is_not(
        made in made(),
        whole in any::<bool>(),
        turns in turns(),
    ) {
        let chain = Chain::new(&made, whole, None);
        let compared = played(async |mut process: Process| {
            process.play(&chain, &turns, all_is_well).await;
            process.at_last(&chain, all_is_well).await
        });
        prop_assert_eq!(compared.since.is_none(), whole);
        prop_assert!(compared.off.is_empty(), "{:?}", compared);
    }

    #[test]
    fn what_is_missing_is_found_at_last(
        made in made(),
        turns in turns(),
        which in any::<Index>(),
        cut in any::<bool>(),
    ) {
        let loss = if cut { Loss::LogIsCut } else { Loss::NeverListed };
        let chain = Chain::new(&made, true, Some((which, loss)));
        prop_assume!(chain.lost.is_some());
        let compared = played(async |mut process: Process| {
            process.play(&chain, &turns, |_| {}).await;
            process.at_last(&chain, |_| {}).await
        });
        prop_assert!(!compared.off.is_empty(), "{:?}", compared);
        let cut_off: Vec<_> = chain.lost.into_iter().filter(|_| cut).collect();
        prop_assert_eq!(compared.truncated, cut_off);
    }
}

#[tokio::test]
async fn accounts_wait_for_events_that_are_not_final() {
    let deed = |number: u8| Deed { who: number % 3, what: 4, amount: 3 };
    let made = |number: u8| Made { deed: deed(number), later: 2, fate: Fate::Lands };
    let chain = Chain::new(&(0..60).map(made).collect::<Vec<_>>(), true, None);
    let folder = TempDir::new().expect("a folder");
    let database = Database::open(&folder.path().join("history"), "genesis").expect("a database");
    let [ahead, behind] = &chain.endpoints;
    let mut process = Process::start(database, Instant::now());
    while process.turn(ahead).await.expect("it reads") == Outcome::Nothing {}
    process.now += LONG;
    let step = process.reader.step(behind).await.expect("it reads");
    let told = process.comparing.turn(ahead, &step, process.now).await.expect("it answers");
    let Outcome::Waits(reason) = told else { panic!("{told:?}") };
    let slot = step.final_to.expect("there is no gap");
    assert!(reason.contains(&format!("complete up to slot {slot}")), "{reason}");
    assert!(step.complete_to > step.final_to, "{step:?}");
    // The same accounts, once the events are there.
    let step = process.reader.step(ahead).await.expect("it reads");
    let told = process.comparing.turn(ahead, &step, process.now).await.expect("it answers");
    let Outcome::Told(compared) = told else { panic!("{told:?}") };
    assert_eq!((compared.off.as_slice(), compared.since), ([].as_slice(), None));
    assert!(compared.slot > slot, "{compared:?}");
}

#[tokio::test]
async fn what_an_endpoint_left_out_is_listed_again_before_it_is_believed() {
    let deed = |number: u8| Deed { who: number % 3, what: 0, amount: 3 };
    let made = |number: u8| Made { deed: deed(number), later: 1, fate: Fate::Lands };
    let made: Vec<_> = (0..60).map(made).collect();
    let [mut forgetful, whole] = Chain::new(&made, true, None).endpoints;
    let left_out = forgetful.all.remove(30).listed.signature;
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("history");
    let database = Database::open(&path, "genesis").expect("a database");
    read_into(&database, &forgetful).await.expect("it reads");
    let mut process = Process::start(database.clone(), Instant::now());
    let told = process.turn(&forgetful).await;
    assert!(matches!(&told, Some(Outcome::Doubts(_))), "{told:?}");
    let whole = whole.caught_up();
    let mut outcome = process.turn(&whole).await.expect("it reads");
    while let Outcome::Waits(reason) = &outcome {
        assert!(reason.contains("listed again"), "{reason}");
        outcome = process.turn(&whole).await.expect("it reads");
    }
    all_is_well(&outcome);
    assert!(matches!(outcome, Outcome::Told(_)), "{outcome:?}");
    let known = format!("SELECT count(*) FROM tx WHERE signature = '{left_out}'");
    assert_eq!(count(&path, &known), 1);
}
