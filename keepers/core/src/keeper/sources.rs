//! What is asked of endpoints and streams, when.

use holdfast_risk::Millis;
use holdfast_rpc::agreed_height;
use holdfast_rpc::limits::MOST_ACCOUNTS;

use super::{Command, Keeper, Seen};
use crate::health::Progress;
use crate::tx_sender::Blockhash;
use solana_message::Hash;

/// How often every endpoint is probed.
const PROBE: Millis = Millis(1_000);
/// How often the mirror is compared with a snapshot while streams work.
const COMPARE: Millis = Millis(300_000);
/// How often a snapshot is taken while they do not.
const POLL: Millis = Millis(2_000);
/// An answer that takes longer is not waited for.
const PATIENCE: Millis = Millis(15_000);
/// The same for a snapshot, while its endpoint is of use: a large venue takes its time.
const SNAPSHOT_PATIENCE: Millis = Millis(300_000);
/// The first pause after a snapshot that failed; it doubles with each further one.
const SNAPSHOT_PAUSE: Millis = Millis(1_000);
const LONGEST_SNAPSHOT_PAUSE: Millis = Millis(4_000);
/// How often accounts in doubt are asked for until they are shown.
const LOOK: Millis = Millis(1_000);
/// How long after a stream ended it is opened again; it doubles while that fails.
const REOPEN: Millis = Millis(500);
const LONGEST_REOPEN: Millis = Millis(30_000);
/// How often fates are asked for.
const FATES: Millis = Millis(500);

/// What has been asked and not answered.
pub struct RequestTracker {
    probes: Vec<Option<Millis>>,
    probed: Vec<Option<Millis>>,
    /// Since when a snapshot is under way, and from which endpoint.
    snapshot: Option<(Millis, usize)>,
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
    /// Endpoints are asked in turn: one that fails is not the only one.
    fate_turn: usize,
    look: Option<Millis>,
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
            fate_turn: 0,
            look: None,
        }
    }

    pub fn streams(&self) -> usize {
        self.streams.len()
    }

    pub fn answered_probe(&mut self, endpoint: usize) {
        if let Some(probe) = self.probes.get_mut(endpoint) {
            *probe = None;
        }
    }

    pub fn snapshot_failed(&mut self, now: Millis) {
        (self.snapshot, self.wanted) = (None, true);
        self.passed_over += 1;
        let pause = SNAPSHOT_PAUSE.0 << self.failures.min(10);
        self.failures = self.failures.saturating_add(1);
        self.pause = now.after(Millis(pause.min(LONGEST_SNAPSHOT_PAUSE.0)));
    }

    pub fn snapshot_taken(&mut self, now: Millis) {
        (self.snapshot, self.taken) = (None, Some(now));
        (self.failures, self.pause) = (0, Millis(0));
        for line in &mut self.streams {
            line.covered = line.covered.saturating_add(u32::from(line.covers));
        }
    }

    /// Whether streams have told everything since a snapshot that was taken after they opened.
    pub const fn is_whole(&self) -> bool {
        self.taken.is_some() && self.snapshot.is_none() && !self.wanted
    }

    /// Another snapshot is needed, whatever one is under way.
    pub fn snapshot_again(&mut self) {
        (self.snapshot, self.wanted) = (None, true);
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
            *line = Line { open: true, ..Line::default() };
            self.snapshot_again();
        }
    }

    pub fn closed(&mut self, stream: usize, now: Millis) {
        if let Some(line) = self.streams.get_mut(stream) {
            let pause = REOPEN.0.saturating_mul(1 << line.failures.min(10)).min(LONGEST_REOPEN.0);
            let failures = line.failures.saturating_add(1);
            *line = Line { pause: now.after(Millis(pause)), failures, ..Line::default() };
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
    pub(super) fn show(&mut self, endpoint: usize, progress: &Progress) {
        let hash = Hash::new_from_array(progress.blockhash);
        let seen = Seen {
            slot: progress.slot,
            height: progress.block_height,
            clock: progress.clock,
            blockhash: Blockhash { hash, last_height: progress.last_height },
        };
        self.shown.insert(endpoint, seen);
    }

    /// Endpoints of use, the preferred one first.
    pub(super) fn usable(&self) -> Vec<usize> {
        let faults = self.diagnosis.endpoints.iter().enumerate();
        faults.filter(|(_, fault)| fault.is_none()).map(|(endpoint, _)| endpoint).collect()
    }

    /// The newest that a usable endpoint showed.
    pub(super) fn newest(&self) -> Option<Seen> {
        let shown = self.usable().into_iter().filter_map(|endpoint| self.shown.get(&endpoint));
        shown.max_by_key(|seen| seen.slot).copied()
    }

    /// The block height that more than half of the usable endpoints have reached.
    pub(super) fn height(&self) -> Option<u64> {
        let shown = self.usable().into_iter().filter_map(|endpoint| self.shown.get(&endpoint));
        agreed_height(shown.map(|seen| seen.height))
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
            commands.push(Command::Probe { endpoint, accounts: accounts.clone() });
        }
        self.open_streams(now, commands);
        self.ask_snapshot(now, commands);
        self.look(now, commands);
        let signatures = self.lander.signatures();
        let lately = self.asked.fates.is_some_and(|at| now.since(at) < FATES);
        let usable = self.usable();
        if let Some(endpoint) = usable.get(self.asked.fate_turn % usable.len().max(1)).copied()
            && !signatures.is_empty()
            && !lately
        {
            self.asked.fates = Some(now);
            self.asked.fate_turn += 1;
            commands.push(Command::Fates { endpoint, signatures });
        }
    }

    /// Looks at accounts about which the program said something else than the mirror. A stream tells
    /// of a program's accounts, so it is silent about those that were closed.
    fn look(&mut self, now: Millis, commands: &mut Vec<Command>) {
        let lately = self.asked.look.is_some_and(|at| now.since(at) < LOOK);
        if self.doubtful.is_empty() || lately {
            return;
        }
        let newest = |endpoint: &usize| self.shown.get(endpoint).map(|seen| seen.slot);
        let Some(endpoint) = self.usable().into_iter().max_by_key(newest) else { return };
        self.asked.look = Some(now);
        let accounts = self.doubtful.iter().take(MOST_ACCOUNTS).copied().collect();
        commands.push(Command::Look { endpoint, accounts });
    }

    fn open_streams(&mut self, now: Millis, commands: &mut Vec<Command>) {
        let silent = &self.diagnosis.silent;
        for (stream, line) in self.asked.streams.iter_mut().enumerate() {
            let dead = line.open && silent.get(stream).copied().unwrap_or_default();
            if dead {
                *line = Line { pause: now, ..Line::default() };
            }
            if !line.open && now >= line.pause && is_due(line.opening, now) {
                line.opening = Some(now);
                commands.push(Command::Open { stream, feeds: self.feeds.clone() });
            }
        }
    }

    fn ask_snapshot(&mut self, now: Millis, commands: &mut Vec<Command>) {
        let usable = self.usable();
        let asked = &mut self.asked;
        let polls = self.diagnosis.class.consequence().poll || asked.streams.is_empty();
        let every = if polls { POLL } else { COMPARE };
        let old = asked.taken.is_none_or(|taken| now.since(taken) >= every);
        let under_way = asked.snapshot.is_some_and(|(since, endpoint)| {
            now.since(since) < SNAPSHOT_PATIENCE && usable.contains(&endpoint)
        });
        // Whoever has become useless is not waited for.
        let abandoned = asked.snapshot.is_some() && !under_way;
        if !(asked.wanted || old || abandoned) || under_way || now < asked.pause {
            return;
        }
        let Some(endpoint) = usable.get(asked.passed_over % usable.len().max(1)).copied() else {
            return;
        };
        (asked.snapshot, asked.wanted) = (Some((now, endpoint)), false);
        for line in &mut asked.streams {
            line.covers = line.open;
        }
        commands.push(Command::Snapshot { endpoint, feeds: self.feeds.clone() });
    }
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
