//! Carrying a keeper's commands out on the embedded cluster, with whatever fails.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::{Pubkey, holdfast};
use holdfast_keeper_core::Snapshot;
use holdfast_keeper_core::health::Progress;
use holdfast_keeper_core::keeper::{Command, Event, FeedAccount, Io, Shown, TxStatus};
use holdfast_keeper_core::tx_sender::Simulation;
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use solana_transaction::versioned::VersionedTransaction;

use super::chain::{Chain, Kept, Slot};
use super::fault::{Fault, Faults};

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
    blockhash: Option<([u8; 32], u64)>,
    /// Transactions on their way into a block, with when they get there.
    sent: Vec<(u64, VersionedTransaction)>,
    /// The last slot that streams told of.
    told: u64,
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
            blockhash: None,
            sent: Vec::new(),
            told: 0,
        }
    }

    /// Carries out what was begun.
    pub fn carry_out(&mut self, chain: &Chain, now: u64) {
        self.remember(chain);
        for command in std::mem::take(&mut self.commands) {
            let late = self.faults.delay(&mut self.random);
            match command {
                Command::Probe { endpoint, .. } => {
                    let event = self.probe(chain, endpoint);
                    self.arrive(now + late, event);
                }
                Command::Snapshot { endpoint, feeds } => {
                    let event = self.snapshot(chain, endpoint, &feeds);
                    self.arrive(now + 2 * late, event);
                }
                Command::Open { stream, .. } => {
                    let fails = self.faults.has(Fault::Closing) && self.random.random_ratio(1, 2);
                    let event = if fails {
                        self.open.remove(&stream);
                        Event::Closed { stream }
                    } else {
                        self.open.insert(stream);
                        Event::Opened { stream }
                    };
                    self.arrive(now + late, event);
                }
                Command::Look { endpoint, accounts } => {
                    if !self.faults.is_refusing(endpoint) {
                        let shown = self.look(chain, endpoint, &accounts);
                        self.arrive(now + late, Event::Looked { shown });
                    }
                }
                Command::Simulate { endpoint, simulation, since, transaction } => {
                    if !self.faults.has(Fault::Unsimulated) {
                        let result = self.simulate(chain, endpoint, since, transaction);
                        self.arrive(now + late, Event::Simulated { simulation, result });
                    }
                }
                Command::Send { endpoints, transaction } => {
                    self.send(&endpoints, transaction, now + late);
                }
                Command::Fates { endpoint, signatures } => {
                    let newest = self.shown(chain, endpoint).progress.slot;
                    let refusing = self.faults.is_refusing(endpoint);
                    let known = chain.landed().iter().filter(|landed| {
                        !refusing
                            && landed.slot + CONFIRMED <= newest
                            && signatures.contains(&landed.signature)
                    });
                    let fates = known.map(|landed| TxStatus {
                        signature: landed.signature,
                        slot: landed.slot,
                        refused: landed.refused.clone(),
                    });
                    let fates = fates.collect();
                    self.arrive(now + late, Event::Fates { fates });
                }
            }
        }
    }

    /// Streams tell of a new block.
    pub fn tell(&mut self, slot: &Slot, now: u64) {
        let streams: Vec<_> = self.open.iter().copied().collect();
        for stream in streams {
            if self.faults.has(Fault::Closing) && self.random.random_ratio(1, 10) {
                self.open.remove(&stream);
                self.arrive(now, Event::Closed { stream });
                continue;
            }
            let told = Event::Slot { stream, slot: slot.progress.slot, parent: slot.parent };
            self.say(told, now);
            for address in &slot.changed {
                let Kept { owner, data } = slot.accounts[address].clone();
                let shown = Shown { slot: slot.progress.slot, address: *address, owner, data };
                self.say(Event::Shown { stream, shown }, now);
            }
        }
        self.told = slot.progress.slot;
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

    fn say(&mut self, event: Event, now: u64) {
        let times = 1 + usize::from(self.faults.has(Fault::Duplicating));
        for _ in 0..times {
            if let Some(late) = self.faults.message(&mut self.random) {
                self.arrive(now + late, event.clone());
            }
        }
    }

    fn arrive(&mut self, at: u64, event: Event) {
        self.number += 1;
        self.coming.insert((at, self.number), event);
    }

    /// Takes note of what endpoints show that stand still from now on.
    fn remember(&mut self, chain: &Chain) {
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

    fn shown<'a>(&'a self, chain: &'a Chain, endpoint: usize) -> &'a Slot {
        let lag = self.faults.lag(endpoint);
        self.frozen.get(&endpoint).unwrap_or_else(|| chain.behind(lag))
    }

    fn probe(&mut self, chain: &Chain, endpoint: usize) -> Event {
        if self.faults.is_refusing(endpoint) {
            return Event::NoProgress { endpoint };
        }
        let mut progress = self.shown(chain, endpoint).progress;
        if let Some((hash, last)) = self.blockhash.filter(|_| self.faults.has(Fault::OneBlockhash))
        {
            (progress.blockhash, progress.last_height) = (hash, last);
        }
        if self.faults.has(Fault::Garbage(endpoint)) {
            progress = Progress {
                slot: self.random.random(),
                block_height: self.random.random(),
                transactions: self.random.random(),
                blockhash: self.random.random(),
                last_height: self.random.random(),
                ..progress
            };
        }
        Event::Progress { endpoint, progress, fees: Vec::new() }
    }

    fn look(&self, chain: &Chain, endpoint: usize, addresses: &[Pubkey]) -> Vec<Shown> {
        let slot = self.shown(chain, endpoint);
        let shown = addresses.iter().map(|address| {
            let found = slot.accounts.get(address);
            let (owner, data) =
                found.map(|kept| (kept.owner, kept.data.clone())).unwrap_or_default();
            Shown { slot: slot.progress.slot, address: *address, owner, data }
        });
        shown.collect()
    }

    fn simulate(
        &mut self,
        chain: &Chain,
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
        let answers = !self.faults.is_refusing(endpoint) && shown.progress.slot >= since;
        shown.simulate(transaction).filter(|_| answers)
    }

    fn snapshot(&mut self, chain: &Chain, endpoint: usize, feeds: &[Pubkey]) -> Event {
        if self.faults.is_refusing(endpoint) {
            return Event::NoSnapshot;
        }
        let garbage = self.faults.has(Fault::Garbage(endpoint));
        let shown = self.shown(chain, endpoint);
        let slot = shown.progress.slot;
        let (mut accounts, mut read) = (Vec::new(), Vec::new());
        for (address, Kept { owner, data }) in &shown.accounts {
            let mut data = data.clone();
            if garbage {
                data.truncate(data.len() / 2);
            }
            if *owner == holdfast::ID {
                accounts.push((*address, data));
            } else if feeds.contains(address) {
                read.push(FeedAccount { address: *address, owner: *owner, data });
            }
        }
        Event::Snapshot { snapshot: Snapshot { slot, accounts }, feeds: read }
    }

    fn send(&mut self, endpoints: &[usize], transaction: VersionedTransaction, at: u64) {
        let lost = self.faults.has(Fault::Losing) && self.random.random_ratio(2, 3);
        // Who stands still or answers garbage passes nothing on.
        let passes_on = |endpoint: &usize| {
            !self.faults.is_refusing(*endpoint)
                && !self.faults.is_frozen(*endpoint)
                && !self.faults.has(Fault::Garbage(*endpoint))
        };
        if !lost && endpoints.iter().any(passes_on) {
            self.sent.push((at, transaction));
        }
    }
}
