//! Endpoints and streams a while away, over a line of a gigabit.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast_client::Pubkey;
use holdfast_keeper_core::keeper::{Command, Event, Io, Shown, WAITING};
use holdfast_rpc::limits::MOST_PART_BYTES;
use holdfast_rpc::{Look, Part, Simulation, Status};
use solana_transaction::versioned::VersionedTransaction;

use super::cluster::{Cluster, Owned};

/// From a question to its answer, from a block to what a stream tells of it, and from sending a
/// transaction to its arrival, milliseconds.
const AWAY: u64 = 150;
/// What comes through the line in a millisecond, bytes.
const LINE: u64 = 100_000;
/// What JSON adds to each account of an answer, bytes.
const WRAPPING: u64 = 250;
/// Blocks after which a transaction's fate is known.
const CONFIRMED: u64 = 2;

/// What lies between the keeper and the cluster.
#[derive(Default)]
pub struct ScaleIo {
    commands: Vec<Command>,
    /// Events under way, by when they arrive and a number that keeps them in order.
    coming: BTreeMap<(u64, u64), Event>,
    number: u64,
    /// Events that have arrived and were not heard yet.
    waiting: VecDeque<Event>,
    open: BTreeSet<usize>,
    /// Until when the line is busy with answers.
    busy: u64,
    sent: Vec<(u64, VersionedTransaction)>,
    /// How often streams were opened.
    pub opened: u64,
    /// Parts of snapshots that were asked for.
    pub parts: u64,
    /// Bytes of the longest answer.
    pub longest_answer: u64,
    /// Accounts of traders that streams told of.
    pub told: u64,
}

impl Io for ScaleIo {
    fn begin(&mut self, command: Command) {
        self.commands.push(command);
    }
}

impl ScaleIo {
    /// Carries out what was begun.
    pub fn carry_out(&mut self, cluster: &Cluster, now: u64) {
        for command in std::mem::take(&mut self.commands) {
            match command {
                Command::Probe { endpoint, other, .. } => {
                    let (progress, fees) = (cluster.progress(now), vec![2_000; 9]);
                    let event = Event::Progress { endpoint, progress, fees, vouched: other };
                    self.arrive(now + AWAY, event);
                }
                Command::Part { endpoint, part } => self.part(cluster, endpoint, part, now),
                Command::Open { stream, .. } => {
                    self.opened += 1;
                    self.open.insert(stream);
                    self.arrive(now + AWAY, Event::Opened { stream });
                }
                Command::Look { endpoint, accounts } => {
                    let shown = accounts.iter().map(|address| look(cluster, address, now));
                    let shown = shown.collect();
                    self.arrive(now + AWAY, Event::Looked { endpoint, shown });
                }
                Command::Simulate { endpoint, simulation, .. } => {
                    let result = Some(Simulation { units: 100_000, refused: None });
                    let event = Event::Simulated { simulation, endpoint, result };
                    self.arrive(now + AWAY, event);
                }
                Command::Send { transaction, .. } => self.sent.push((now + AWAY, transaction)),
                Command::Fates { endpoint, transactions } => {
                    let looks = transactions.iter().map(|(signature, _)| {
                        let slot = cluster.landed(signature);
                        let slot = slot.filter(|slot| slot + CONFIRMED <= cluster.slot());
                        let confirmed = |slot| Status::Confirmed { slot, refused: None };
                        let status = slot.map_or(Status::Absent { searched: true }, confirmed);
                        (*signature, Look { height: cluster.slot(), status })
                    });
                    let looks = looks.collect();
                    self.arrive(now + AWAY, Event::Fates { endpoint, looks });
                }
            }
        }
    }

    /// Streams tell of a block and what has changed in it.
    pub fn tell(&mut self, cluster: &Cluster, changed: &[Owned], now: u64) {
        let slot = cluster.slot();
        for stream in self.open.clone() {
            self.arrive(now + AWAY, Event::Slot { stream, slot, parent: slot - 1 });
        }
        let people = changed.iter().filter(|it| cluster.people.find(&it.address).is_some());
        self.told += people.count() as u64;
        self.tell_accounts(cluster, changed, now);
    }

    /// Streams tell of accounts that have changed since the last block.
    pub fn tell_accounts(&mut self, cluster: &Cluster, changed: &[Owned], now: u64) {
        for stream in self.open.clone() {
            for account in changed {
                let shown = shown(account.clone(), cluster.slot());
                self.arrive(now + AWAY, Event::Shown { stream, shown });
            }
        }
    }

    /// Takes in what has arrived by `now`. A stream that comes to a full queue is closed, as in a keeper
    /// that does not keep up.
    pub fn take_in(&mut self, now: u64) {
        let later = self.coming.split_off(&(now + 1, 0));
        for event in std::mem::replace(&mut self.coming, later).into_values() {
            let stream = match &event {
                Event::Slot { stream, .. } | Event::Shown { stream, .. } => Some(*stream),
                _ => None,
            };
            match stream {
                Some(stream) if !self.open.contains(&stream) => {}
                Some(stream) if self.waiting.len() >= WAITING => {
                    self.open.remove(&stream);
                    self.waiting.push_back(Event::Closed { stream });
                }
                _ => self.waiting.push_back(event),
            }
        }
    }

    /// The next event that is to be heard.
    pub fn next_event(&mut self) -> Option<Event> {
        self.waiting.pop_front()
    }

    /// Transactions that reach the leader by `now`.
    pub fn leader_gets(&mut self, now: u64) -> Vec<VersionedTransaction> {
        let sent = std::mem::take(&mut self.sent).into_iter();
        let (there, under_way): (Vec<_>, Vec<_>) = sent.partition(|(at, _)| *at <= now);
        self.sent = under_way;
        there.into_iter().map(|(_, transaction)| transaction).collect()
    }

    fn arrive(&mut self, at: u64, event: Event) {
        self.number += 1;
        self.coming.insert((at, self.number), event);
    }

    /// An endpoint shows a part of a snapshot, or what is of it is more than is read at once.
    fn part(&mut self, cluster: &Cluster, endpoint: usize, part: Part, now: u64) {
        self.parts += 1;
        let slot = cluster.slot();
        let (mut all, mut length) = (Vec::new(), 0);
        for account in accounts(cluster, &part, now) {
            length += account.data.len() as u64 * 4 / 3 + WRAPPING;
            if length > MOST_PART_BYTES as u64 {
                break;
            }
            all.push(shown(account, slot));
        }
        let too_long = length > MOST_PART_BYTES as u64;
        let read = length.min(MOST_PART_BYTES as u64);
        self.longest_answer = self.longest_answer.max(read);
        self.busy = self.busy.max(now + AWAY) + read / LINE;
        let event = if too_long {
            Event::NoPart { endpoint, part, too_long }
        } else {
            Event::Part { endpoint, part, slot, shown: all }
        };
        self.arrive(self.busy, event);
    }
}

/// The accounts of a part.
fn accounts<'a>(
    cluster: &'a Cluster,
    part: &'a Part,
    now: u64,
) -> Box<dyn Iterator<Item = Owned> + 'a> {
    match part {
        Part::Named(addresses) => {
            Box::new(addresses.iter().filter_map(move |address| cluster.find(address, now)))
        }
        Part::Markets(silo) if *silo == cluster.silo => Box::new(cluster.markets().into_iter()),
        Part::Accounts(silo, key) if *silo == cluster.silo => {
            let people =
                cluster.people.numbers(key.first()).map(move |number| cluster.person(number));
            Box::new(people.filter(move |account| part.has(&account.address, &account.data)))
        }
        Part::Markets(_) | Part::Accounts(..) | Part::Changes | Part::Requests(..) => {
            Box::new(std::iter::empty())
        }
    }
}

fn look(cluster: &Cluster, address: &Pubkey, now: u64) -> Shown {
    let slot = cluster.slot();
    match cluster.find(address, now) {
        Some(account) => shown(account, slot),
        None => Shown { slot, address: *address, owner: Pubkey::default(), data: Vec::new() },
    }
}

fn shown(account: Owned, slot: u64) -> Shown {
    let Owned { address, owner, data } = account;
    Shown { slot, address, owner, data }
}
