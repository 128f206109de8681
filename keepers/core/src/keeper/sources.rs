//! What is asked of endpoints and streams, when.

use holdfast_client::address;
use holdfast_risk::Millis;
use holdfast_rpc::{Part, agreed};
use solana_message::Hash;

use super::reading::Reading;
use super::{Agreed, Command, Keeper, Seen};
use crate::health::Progress;
use crate::tx_sender::Blockhash;
use crate::witness::Source;

/// How often every endpoint is probed.
const PROBE: Millis = Millis(1_000);
/// How often the mirror is compared with a snapshot while streams work.
const COMPARE: Millis = Millis(300_000);
/// How often a snapshot is taken while they do not.
const POLL: Millis = Millis(2_000);
/// An answer that takes longer is not waited for.
const PATIENCE: Millis = Millis(15_000);
/// The same for the next part of a snapshot, while its endpoint is usable: a large venue takes its
/// time. It doubles with each snapshot that did not come.
const SNAPSHOT_PATIENCE: Millis = Millis(60_000);
const LONGEST_SNAPSHOT_PATIENCE: Millis = Millis(300_000);
/// The first pause after a snapshot that failed; it doubles with each further one.
const SNAPSHOT_PAUSE: Millis = Millis(1_000);
const LONGEST_SNAPSHOT_PAUSE: Millis = Millis(4_000);
/// How long after a stream ended it is opened again; it doubles while that fails.
const REOPEN: Millis = Millis(500);
const LONGEST_REOPEN: Millis = Millis(30_000);
/// How often fates are asked for.
const FATES: Millis = Millis(500);
/// How far the clocks of one cluster's endpoints may be apart, and from what the time should be.
const CLOCKS_APART: Millis = Millis(60_000);
/// Blocks by which endpoints may catch up beyond the slots that passed.
const BLOCKS_AT_ONCE: u64 = 64;

/// What has been asked and not answered.
pub struct RequestTracker {
    probes: Vec<Option<Millis>>,
    probed: Vec<Option<Millis>>,
    /// The snapshot that is under way.
    snapshot: Option<Reading>,
    /// When the last snapshot was taken.
    taken: Option<Millis>,
    /// One is needed now.
    wanted: bool,
    /// Endpoints that failed to give one are passed over in turn.
    passed_over: usize,
    /// How many failed since the last one, and until when none is asked for.
    failures: u32,
    pause: Millis,
    streams: Vec<Line>,
    fates: Option<Millis>,
    /// When endpoints were last asked about accounts.
    pub look: Option<Millis>,
    /// When old claims were last forgotten.
    pub forgot: Option<Millis>,
}

/// One stream.
#[derive(Clone, Copy, Default)]
struct Line {
    open: bool,
    opening: Option<Millis>,
    /// Not before this.
    pause: Millis,
    failures: u32,
    /// Whether it was open when the snapshot that is under way was asked for.
    covers: bool,
    /// Snapshots taken that it was open for: what changes after the first, it has to tell.
    covered: u32,
}

impl Line {
    /// The same after it ended: it is opened again after a pause that grows while it does not last.
    fn broken(self, now: Millis) -> Self {
        let failures = if self.covered > 0 { 0 } else { self.failures };
        let pause = REOPEN.0.saturating_mul(1 << failures.min(10)).min(LONGEST_REOPEN.0);
        let failures = failures.saturating_add(1);
        Self { pause: now.after(Millis(pause)), failures, ..Self::default() }
    }
}

impl RequestTracker {
    pub fn new(endpoints: usize, streams: usize) -> Self {
        Self {
            probes: vec![None; endpoints],
            probed: vec![None; endpoints],
            snapshot: None,
            taken: None,
            wanted: true,
            passed_over: 0,
            failures: 0,
            pause: Millis(0),
            streams: vec![Line::default(); streams],
            fates: None,
            look: None,
            forgot: None,
        }
    }

    pub fn has_streams(&self) -> bool {
        !self.streams.is_empty()
    }

    pub fn answered_probe(&mut self, endpoint: usize) {
        if let Some(probe) = self.probes.get_mut(endpoint) {
            *probe = None;
        }
    }

    /// Whether the snapshot under way is this endpoint's; parts of one that was given up may still come.
    fn is_from(&self, endpoint: usize) -> bool {
        self.snapshot.as_ref().is_some_and(|reading| reading.endpoint == endpoint)
    }

    /// Whether a part of the snapshot under way is asked for there.
    pub fn has_asked(&self, endpoint: usize, part: &Part) -> bool {
        self.is_from(endpoint) && self.snapshot.as_ref().is_some_and(|it| it.has_asked(part))
    }

    /// A part came that was asked for. Once it was the last, the oldest slot that a part was so in.
    pub fn part_came(
        &mut self,
        part: &Part,
        slot: u64,
        accounts: usize,
        now: Millis,
    ) -> Option<u64> {
        let reading = self.snapshot.as_mut()?;
        reading.came(part, slot, accounts, now);
        reading.done()
    }

    /// A part did not come. Says whether the snapshot has failed by that.
    pub fn part_failed(
        &mut self,
        endpoint: usize,
        part: &Part,
        too_long: bool,
        now: Millis,
    ) -> bool {
        let asked = self.has_asked(endpoint, part);
        let goes_on = |reading: &mut Reading| reading.failed(part, too_long, now);
        let fails = asked && !self.snapshot.as_mut().is_some_and(goes_on);
        if fails {
            self.snapshot_failed(endpoint, now);
        }
        fails
    }

    pub fn snapshot_failed(&mut self, endpoint: usize, now: Millis) {
        if !self.is_from(endpoint) {
            return;
        }
        (self.snapshot, self.wanted) = (None, true);
        self.passed_over += 1;
        let pause = SNAPSHOT_PAUSE.0 << self.failures.min(10);
        self.failures = self.failures.saturating_add(1);
        self.pause = now.after(Millis(pause.min(LONGEST_SNAPSHOT_PAUSE.0)));
    }

    /// It came, and it takes another endpoint's before there is a mirror.
    pub fn snapshot_incomplete(&mut self, endpoint: usize) {
        if self.is_from(endpoint) {
            (self.snapshot, self.wanted) = (None, true);
            self.passed_over += 1;
        }
    }

    pub fn snapshot_taken(&mut self, endpoint: usize, now: Millis) {
        if !self.is_from(endpoint) {
            return;
        }
        (self.snapshot, self.taken) = (None, Some(now));
        (self.failures, self.pause) = (0, Millis(0));
        // The next one is another's, so that none is the only one compared with.
        self.passed_over += 1;
        for line in &mut self.streams {
            line.covered = line.covered.saturating_add(u32::from(line.covers));
        }
    }

    /// Whether streams have told everything since a snapshot that was taken after they opened. One that
    /// is only compared with changes nothing about that.
    pub fn is_whole(&self) -> bool {
        let needed = self.snapshot.as_ref().is_some_and(|reading| reading.needed);
        self.taken.is_some() && !needed && !self.wanted
    }

    /// A snapshot that is asked for from now on is needed: one under way is waited for first, so that
    /// there is never more than one.
    pub const fn snapshot_again(&mut self) {
        self.wanted = true;
    }

    /// Whether a stream has to have told whatever changed since the last snapshot.
    pub fn has_to_tell(&self, stream: usize) -> bool {
        self.streams.get(stream).is_some_and(|line| line.open && line.covers && line.covered > 0)
    }

    /// When the last snapshot was taken.
    pub fn snapshot_at(&self) -> Option<Millis> {
        self.taken
    }

    /// Another snapshot is wanted, unless one is under way.
    pub fn snapshot_soon(&mut self) {
        self.wanted |= self.snapshot.is_none();
    }

    /// A stream is open: a snapshot after it makes the mirror whole.
    pub fn opened(&mut self, stream: usize) {
        if let Some(line) = self.streams.get_mut(stream) {
            *line = Line { open: true, failures: line.failures, ..Line::default() };
            self.snapshot_again();
        }
    }

    pub fn closed(&mut self, stream: usize, now: Millis) {
        if let Some(line) = self.streams.get_mut(stream) {
            *line = line.broken(now);
        }
    }

    /// A stream that left something out is opened anew.
    pub fn reopen(&mut self, stream: usize) {
        if let Some(line) = self.streams.get_mut(stream) {
            *line = Line::default();
        }
    }
}

/// Whether something is to be asked: not while an answer may still come.
fn is_due(asked: Option<Millis>, now: Millis) -> bool {
    asked.is_none_or(|at| now.since(at) >= PATIENCE)
}

impl Keeper {
    pub(super) fn show(&mut self, endpoint: usize, progress: Progress, vouched: Option<Hash>) {
        self.shown.insert(endpoint, progress);
        let own = self.operators.of(Source::Endpoint(endpoint));
        let hash = Hash::new_from_array(progress.blockhash);
        let blockhash = Blockhash { hash, last_height: progress.last_height };
        let height = (self.need() > 1).then_some(self.agreed.height).filter(|height| *height > 0);
        self.blockhashes.give(blockhash, own, height);
        if let Some(hash) = vouched {
            self.blockhashes.vouch(&hash, own);
        }
    }

    /// Endpoints of use, the preferred one first.
    pub(super) fn usable(&self) -> Vec<usize> {
        let faults = self.diagnosis.endpoints.iter().enumerate();
        faults.filter(|(_, fault)| fault.is_none()).map(|(endpoint, _)| endpoint).collect()
    }

    /// Settles where the chain is by what endpoints of use show and by where it was: neither time nor
    /// blocks leap because one of them, or two of three, say so.
    pub(super) fn agree(&mut self, now: Millis) {
        let usable = self.usable();
        let shown: Vec<_> = usable.iter().filter_map(|endpoint| self.shown.get(endpoint)).collect();
        let Some(height) = agreed(shown.iter().map(|seen| seen.block_height)) else { return };
        let Some(clock) = agreed(shown.iter().map(|seen| seen.clock.0)) else { return };
        let slot = self.sources.frontier();
        let before = self.agreed;
        if before.at == Millis(0) {
            self.agreed = Agreed { slot, height, clock: Millis(clock), at: now, disputed: false };
            return;
        }
        let passed = slot.saturating_sub(before.slot).saturating_add(BLOCKS_AT_ONCE);
        let height = height.min(before.height.saturating_add(passed));
        let expected = before.clock.after(now.since(before.at));
        let is_apart = |one: u64, other: u64| one.abs_diff(other) > CLOCKS_APART.0;
        let all_agree = shown.iter().all(|seen| !is_apart(seen.clock.0, clock));
        let disputed = is_apart(clock, expected.0) && !all_agree;
        let clock = if disputed { expected } else { Millis(clock) };
        self.agreed = Agreed { slot, height, clock, at: now, disputed };
    }

    /// The chain now, as endpoints agree on it; `None` while none is usable.
    pub(super) fn newest(&self) -> Option<Seen> {
        let Agreed { slot, height, clock, at, .. } = self.agreed;
        let known = at > Millis(0) && self.usable().iter().any(|it| self.shown.contains_key(it));
        let blockhash = self.blockhashes.best(self.need(), height);
        known.then_some(Seen { slot, height, clock, blockhash })
    }

    /// Probes, snapshots, streams and fates.
    pub(super) fn ask(&mut self, now: Millis, commands: &mut Vec<Command>) {
        let accounts = self.written();
        for endpoint in 0..self.asked.probes.len() {
            let lately = self.asked.probed[endpoint].is_some_and(|at| now.since(at) < PROBE);
            if lately || !is_due(self.asked.probes[endpoint], now) {
                continue;
            }
            self.asked.probes[endpoint] = Some(now);
            self.asked.probed[endpoint] = Some(now);
            let other = self.blockhashes.next_to_ask(self.operators.of(Source::Endpoint(endpoint)));
            commands.push(Command::Probe { endpoint, accounts: accounts.clone(), other });
        }
        self.open_streams(now, commands);
        self.ask_snapshot(now, commands);
        self.look(now, commands);
        let transactions = self.lander.waiting();
        let lately = self.asked.fates.is_some_and(|at| now.since(at) < FATES);
        if transactions.is_empty() || lately {
            return;
        }
        self.asked.fates = Some(now);
        for endpoint in self.usable() {
            commands.push(Command::Fates { endpoint, transactions: transactions.clone() });
        }
    }

    fn open_streams(&mut self, now: Millis, commands: &mut Vec<Command>) {
        let silent = &self.diagnosis.silent;
        for (stream, line) in self.asked.streams.iter_mut().enumerate() {
            let dead = line.open && silent.get(stream).copied().unwrap_or_default();
            if dead {
                *line = line.broken(now);
            }
            if !line.open && now >= line.pause && is_due(line.opening, now) {
                line.opening = Some(now);
                let feeds = self.feeds.iter().copied().collect();
                commands.push(Command::Open { stream, feeds });
            }
        }
    }

    /// Begins a snapshot when one is due, and asks for the next parts of the one under way.
    fn ask_snapshot(&mut self, now: Millis, commands: &mut Vec<Command>) {
        self.begin_snapshot(now);
        let Some(reading) = &mut self.asked.snapshot else { return };
        while let Some(part) = reading.next_part() {
            commands.push(Command::Part { endpoint: reading.endpoint, part });
        }
    }

    fn begin_snapshot(&mut self, now: Millis) {
        let usable = self.usable();
        let asked = &mut self.asked;
        let polls = self.diagnosis.class.consequence().poll || asked.streams.is_empty();
        let every = if polls { POLL } else { COMPARE };
        let old = asked.taken.is_none_or(|taken| now.since(taken) >= every);
        let patience = SNAPSHOT_PATIENCE.0 << asked.failures.min(8);
        let patience = Millis(patience.min(LONGEST_SNAPSHOT_PATIENCE.0));
        if let Some(reading) = &asked.snapshot {
            if usable.contains(&reading.endpoint) && !reading.is_late(patience, now) {
                return;
            }
            // Whoever has become useless is not waited for.
            (asked.snapshot, asked.wanted) = (None, true);
            asked.passed_over += 1;
            asked.failures = asked.failures.saturating_add(1);
        }
        if !(asked.wanted || old) || now < asked.pause {
            return;
        }
        let Some(endpoint) = usable.get(asked.passed_over % usable.len().max(1)).copied() else {
            return;
        };
        let mut named = vec![self.silo, address::chain_health(), address::exchange()];
        named.extend(&self.feeds);
        let reading = Reading::new(endpoint, self.silo, named, asked.wanted, now);
        (asked.snapshot, asked.wanted) = (Some(reading), false);
        for line in &mut asked.streams {
            line.covers = line.open;
        }
        if let Some(replica) = &mut self.replica {
            replica.compare();
        }
    }
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
