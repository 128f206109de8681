//! Carrying a keeper's commands out on the embedded cluster, with whatever fails.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::{Pubkey, holdfast};
use holdfast_keeper_core::health::Progress;
use holdfast_keeper_core::keeper::{Command, Event, Io, Shown};
use holdfast_keeper_core::tx_sender::Simulation;
use holdfast_keeper_core::witness::Source;
use holdfast_rpc::{Look, Part, Status};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use solana_message::Hash;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::chain::{Kept, SimulatedChain, Slot};
use super::fault::{Fault, Faults};
use super::lie::Lie;

/// Blocks after which a transaction's fate is known.
const CONFIRMED: u64 = 2;

/// Endpoints and streams of one keeper.
pub struct SimulatedIo {
    /// What fails now.
    pub faults: Faults,
    random: ChaCha20Rng,
    commands: Vec<Command>,
    /// Events under way, by when they arrive and a number that keeps them in order.
    coming: BTreeMap<(u64, u64), Event>,
    number: u64,
    open: BTreeSet<usize>,
    /// What frozen endpoints go on showing.
    frozen: BTreeMap<usize, Slot>,
    /// Banks over which slots are counted on.
    dead: BTreeMap<usize, Progress>,
    blockhash: Option<([u8; 32], u64)>,
    /// Transactions on their way into a block, with when they get there.
    sent: Vec<(u64, VersionedTransaction)>,
}

impl Io for SimulatedIo {
    fn begin(&mut self, command: Command) {
        self.commands.push(command);
    }
}

impl SimulatedIo {
    /// An edge at which nothing fails yet.
    pub fn new(random: ChaCha20Rng) -> Self {
        Self {
            faults: Faults::default(),
            random,
            commands: Vec::new(),
            coming: BTreeMap::new(),
            number: 0,
            open: BTreeSet::new(),
            frozen: BTreeMap::new(),
            dead: BTreeMap::new(),
            blockhash: None,
            sent: Vec::new(),
        }
    }

    /// Carries out what was begun.
    pub fn carry_out(&mut self, chain: &SimulatedChain, now: u64) {
        self.remember(chain);
        for command in std::mem::take(&mut self.commands) {
            let late = self.faults.delay(&mut self.random);
            self.carry(command, chain, now, late);
        }
    }

    fn carry(&mut self, command: Command, chain: &SimulatedChain, now: u64, late: u64) {
        match command {
            Command::Probe { endpoint, other, .. } => {
                if let Some(event) = self.probe(chain, endpoint, other) {
                    self.arrive(now + late, event);
                }
            }
            Command::Part { endpoint, part } => {
                if let Some(event) = self.part(chain, endpoint, part) {
                    self.arrive(now + late, event);
                }
            }
            Command::Open { stream, .. } => self.open(stream, now + late),
            Command::Look { endpoint, accounts } => {
                if self.answers(endpoint) {
                    let shown = self.look(chain, endpoint, &accounts);
                    self.arrive(now + late, Event::Looked { endpoint, shown });
                }
            }
            Command::Simulate { endpoint, simulation, since, transaction } => {
                if !self.faults.has(Fault::Unsimulated) && self.answers(endpoint) {
                    let result = self.simulate(chain, endpoint, since, transaction);
                    self.arrive(now + late, Event::Simulated { simulation, endpoint, result });
                }
            }
            Command::Send { endpoints, transaction } => {
                self.send(&endpoints, transaction, now + late);
            }
            Command::Fates { endpoint, transactions } => {
                let event = self.fates(chain, endpoint, &transactions);
                self.arrive(now + late, event);
            }
        }
    }

    /// Streams tell of a new block.
    pub fn tell(&mut self, slot: &Slot, now: u64) {
        let streams: Vec<_> = self.open.iter().copied().collect();
        for stream in streams {
            let source = Source::Stream(stream);
            let closes = self.faults.has(Fault::Closing) || self.faults.tells(source, Lie::Closes);
            if closes && self.random.random_ratio(1, 10) {
                self.open.remove(&stream);
                self.arrive(now, Event::Closed { stream });
                continue;
            }
            self.tell_stream(stream, slot, now);
        }
    }

    fn tell_stream(&mut self, stream: usize, slot: &Slot, now: u64) {
        let lies = self.faults.lies(Source::Stream(stream));
        let (mut number, mut parent) = (slot.progress.slot, slot.parent);
        for lie in &lies {
            match lie {
                Lie::RunsAhead => number += 30,
                Lie::RunsFarAhead => number += 500,
                Lie::LagsFar => number = number.saturating_sub(20_000_000).max(number / 2),
                Lie::IsAnotherCluster => number /= 3,
                Lie::TalksNonsense => number = self.random.random(),
                Lie::WrongParents => parent = parent.saturating_sub(self.random.random_range(1..9)),
                _ => {}
            }
        }
        if number != slot.progress.slot {
            parent = number.saturating_sub(1);
        }
        self.say(stream, Event::Slot { stream, slot: number, parent }, now);
        if lies.contains(&Lie::TellsNoAccounts) {
            return;
        }
        let changed = slot.changed.iter().map(|address| (*address, slot.accounts[address].clone()));
        let mut changed: Vec<_> = changed.collect();
        let invents =
            [Lie::ForgesAccounts, Lie::ForgesBooks, Lie::InventsAnAccount, Lie::ClosesAccounts];
        if lies.iter().any(|lie| invents.contains(lie)) {
            changed = slot.accounts.clone().into_iter().collect();
        }
        if lies.contains(&Lie::InventsAnAccount)
            && let Some((_, model)) = changed.first().cloned()
        {
            changed.push((Pubkey::new_from_array([98; 32]), model));
        }
        for (address, mut kept) in changed {
            lies.iter().for_each(|lie| lie.account(&mut kept));
            if lies.contains(&Lie::ClosesFeeds) && kept.owner != holdfast::ID {
                kept.data = Vec::new();
            }
            let Kept { owner, data } = kept;
            let shown = Shown { slot: number, address, owner, data };
            self.say(stream, Event::Shown { stream, shown }, now);
        }
    }

    fn open(&mut self, stream: usize, at: u64) {
        let lies = self.faults.tells(Source::Stream(stream), Lie::Closes);
        let fails = (lies || self.faults.has(Fault::Closing)) && self.random.random_ratio(1, 2);
        let event = if fails {
            self.open.remove(&stream);
            Event::Closed { stream }
        } else {
            self.open.insert(stream);
            Event::Opened { stream }
        };
        self.arrive(at, event);
    }

    /// Events that have arrived by `now`, in the order of their arrival.
    pub fn arrived(&mut self, now: u64) -> Vec<Event> {
        let later = self.coming.split_off(&(now + 1, 0));
        std::mem::replace(&mut self.coming, later).into_values().collect()
    }

    /// Transactions that reach the leader by `now`.
    pub fn leader_gets(&mut self, now: u64) -> Vec<VersionedTransaction> {
        let (there, under_way) =
            std::mem::take(&mut self.sent).into_iter().partition(|sent| sent.0 <= now);
        self.sent = under_way;
        let there: Vec<(u64, VersionedTransaction)> = there;
        there.into_iter().map(|(_, transaction)| transaction).collect()
    }

    fn say(&mut self, stream: usize, event: Event, now: u64) {
        let source = Source::Stream(stream);
        let twice =
            self.faults.has(Fault::Duplicating) || self.faults.tells(source, Lie::SaysTwice);
        let floods = self.faults.tells(source, Lie::Floods);
        let times = 1 + usize::from(twice) + 29 * usize::from(floods);
        for _ in 0..times {
            if let Some(late) = self.faults.message(stream, &mut self.random) {
                self.arrive(now + late, event.clone());
            }
        }
    }

    fn arrive(&mut self, at: u64, event: Event) {
        self.number += 1;
        self.coming.insert((at, self.number), event);
    }

    /// Takes note of what endpoints show that stand still from now on.
    fn remember(&mut self, chain: &SimulatedChain) {
        for endpoint in 0..8 {
            if self.faults.is_frozen(endpoint) {
                self.frozen.entry(endpoint).or_insert_with(|| chain.newest().clone());
            } else {
                self.frozen.remove(&endpoint);
            }
        }
        let newest = chain.newest().progress;
        self.blockhash = match self.blockhash {
            known @ Some(_) if self.faults.has(Fault::OneBlockhash) => known,
            _ => Some((newest.blockhash, newest.last_height)),
        };
    }

    fn shown<'a>(&'a mut self, chain: &'a SimulatedChain, endpoint: usize) -> &'a Slot {
        let lag = self.faults.lag(endpoint, &mut self.random);
        self.frozen.get(&endpoint).unwrap_or_else(|| chain.behind(lag))
    }

    fn answers(&self, endpoint: usize) -> bool {
        let silent = self.faults.tells(Source::Endpoint(endpoint), Lie::FallsSilent);
        !silent && !self.faults.is_refusing(endpoint)
    }

    fn probe(
        &mut self,
        chain: &SimulatedChain,
        endpoint: usize,
        other: Option<Hash>,
    ) -> Option<Event> {
        let source = Source::Endpoint(endpoint);
        if self.faults.tells(source, Lie::FallsSilent) {
            return None;
        }
        if self.faults.is_refusing(endpoint) {
            return Some(Event::NoProgress { endpoint });
        }
        let mut progress = self.shown(chain, endpoint).progress;
        if let Some((hash, last)) = self.blockhash.filter(|_| self.faults.has(Fault::OneBlockhash))
        {
            (progress.blockhash, progress.last_height) = (hash, last);
        }
        let (stands, newest) = (progress, chain.newest().progress.slot);
        let lies = self.faults.lies(source);
        for lie in &lies {
            lie.progress(&mut progress, &mut self.random);
        }
        if self.faults.has(Fault::Garbage(endpoint)) {
            Lie::TalksNonsense.progress(&mut progress, &mut self.random);
            progress.blockhash = self.random.random();
        }
        if lies.contains(&Lie::CountsOverADeadBank) {
            let dead = *self.dead.entry(endpoint).or_insert(stands);
            progress = Progress { slot: newest, ..dead };
        } else {
            self.dead.remove(&endpoint);
        }
        let fees =
            if lies.contains(&Lie::InventsFees) { vec![u64::MAX; 9] } else { vec![2_000; 9] };
        let wrong = lies.contains(&Lie::VouchesWrongly);
        let vouched = other.filter(|hash| chain.knows(hash) != wrong);
        Some(Event::Progress { endpoint, progress, fees, vouched })
    }

    /// Accounts as an endpoint shows them, and their slot.
    fn accounts(
        &mut self,
        chain: &SimulatedChain,
        endpoint: usize,
    ) -> (u64, BTreeMap<Pubkey, Kept>) {
        let lies = self.faults.lies(Source::Endpoint(endpoint));
        let shown = self.shown(chain, endpoint);
        let (mut slot, mut accounts) = (shown.progress.slot, shown.accounts.clone());
        for lie in &lies {
            match lie {
                Lie::ShowsOldAccounts => accounts = chain.behind(60).accounts.clone(),
                Lie::ShowsTheFuture => slot += 100_000,
                Lie::RunsAhead => slot += 30,
                Lie::RunsFarAhead => slot += 500,
                Lie::TalksNonsense => slot = self.random.random(),
                Lie::ChangesItsMind if self.random.random() => {
                    Lie::ForgesAccounts.accounts(&mut accounts);
                }
                _ => {}
            }
            lie.accounts(&mut accounts);
        }
        if self.faults.has(Fault::Garbage(endpoint)) {
            Lie::TearsAccounts.accounts(&mut accounts);
        }
        (slot, accounts)
    }

    fn look(
        &mut self,
        chain: &SimulatedChain,
        endpoint: usize,
        addresses: &[Pubkey],
    ) -> Vec<Shown> {
        let (slot, accounts) = self.accounts(chain, endpoint);
        let shown = addresses.iter().map(|address| {
            let found = accounts.get(address);
            let (owner, data) =
                found.map(|kept| (kept.owner, kept.data.clone())).unwrap_or_default();
            Shown { slot, address: *address, owner, data }
        });
        shown.collect()
    }

    fn simulate(
        &mut self,
        chain: &SimulatedChain,
        endpoint: usize,
        since: u64,
        transaction: VersionedTransaction,
    ) -> Option<Simulation> {
        if self.faults.has(Fault::Misjudging(endpoint)) {
            return Some(Simulation { units: 1_000, refused: Some("it says no".to_owned()) });
        }
        if self.faults.has(Fault::Garbage(endpoint)) {
            return Some(Simulation { units: self.random.random(), refused: None });
        }
        let shown = self.shown(chain, endpoint);
        let level = shown.progress.slot >= since;
        let mut simulation = shown.simulate(transaction).filter(|_| level);
        for lie in self.faults.lies(Source::Endpoint(endpoint)) {
            lie.simulation(&mut simulation, &mut self.random);
        }
        simulation
    }

    fn part(&mut self, chain: &SimulatedChain, endpoint: usize, part: Part) -> Option<Event> {
        let source = Source::Endpoint(endpoint);
        if self.faults.tells(source, Lie::FallsSilent)
            || self.faults.tells(source, Lie::WithholdsSnapshots)
        {
            return None;
        }
        if self.faults.is_refusing(endpoint) {
            return Some(Event::NoPart { endpoint, part, too_long: false });
        }
        let (slot, accounts) = self.accounts(chain, endpoint);
        let is_in = |address: &Pubkey, kept: &Kept| {
            let named = matches!(part, Part::Named(_));
            (named || kept.owner == holdfast::ID) && part.has(address, &kept.data)
        };
        let shown = accounts.into_iter().filter(|(address, kept)| is_in(address, kept));
        let shown =
            shown.map(|(address, Kept { owner, data })| Shown { slot, address, owner, data });
        let shown = shown.collect();
        Some(Event::Part { endpoint, part, slot, shown })
    }

    fn fates(
        &mut self,
        chain: &SimulatedChain,
        endpoint: usize,
        transactions: &[(Signature, u64)],
    ) -> Event {
        if !self.answers(endpoint) {
            return Event::NoFates { endpoint };
        }
        let lies = self.faults.lies(Source::Endpoint(endpoint));
        let Progress { slot: newest, block_height: height, .. } =
            self.shown(chain, endpoint).progress;
        let says = |lie| lies.contains(&lie);
        let status = |signature: &Signature| {
            let landed = chain.landed().iter().find(|landed| landed.signature == *signature);
            let landed = landed.filter(|landed| landed.slot + CONFIRMED <= newest);
            match landed {
                _ if says(Lie::SaysLanded) => Status::Confirmed { slot: newest, refused: None },
                _ if says(Lie::SaysRefused) => {
                    Status::Confirmed { slot: newest, refused: Some("it says no".to_owned()) }
                }
                Some(landed) if !says(Lie::DeniesLandings) => {
                    Status::Confirmed { slot: landed.slot, refused: landed.refused.clone() }
                }
                _ => Status::Absent { searched: true },
            }
        };
        let looks = transactions
            .iter()
            .map(|(signature, _)| (*signature, Look { height, status: status(signature) }));
        Event::Fates { endpoint, looks: looks.collect() }
    }

    fn send(&mut self, endpoints: &[usize], transaction: VersionedTransaction, at: u64) {
        let lost = self.faults.has(Fault::Losing) && self.random.random_ratio(2, 3);
        // An endpoint that stands still, drops or answers garbage passes nothing on.
        let passes_on = |endpoint: &usize| {
            let source = Source::Endpoint(*endpoint);
            let deaf = [Lie::Drops, Lie::IsAnotherCluster, Lie::TalksNonsense];
            self.answers(*endpoint)
                && !self.faults.is_frozen(*endpoint)
                && !deaf.iter().any(|lie| self.faults.tells(source, *lie))
                && !self.faults.has(Fault::Garbage(*endpoint))
        };
        if !lost && endpoints.iter().any(passes_on) {
            self.sent.push((at, transaction));
        }
    }
}
