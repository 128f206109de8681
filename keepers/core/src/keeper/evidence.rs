//! From what endpoints and streams say to what the mirror holds: see [`crate::testimony`].

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use holdfast_rpc::limits::MOST_ACCOUNTS;
use holdfast_rpc::{FeedAccount, Shown, Snapshot};

use super::{Command, Keeper};
use crate::account_cache::Taken;
use crate::posting::Poster;
use crate::testimony::{Belief, Court, Digest};
use crate::witness::{Source, Witnesses};
use crate::{AccountCache, Version};

/// How often one endpoint is asked about accounts.
const ASKS: Millis = Millis(200);
/// A feed of which no stream has told for this long is asked for.
const QUIET: Millis = Millis(5_000);
/// How often claims that nobody confirms are forgotten.
const FORGETS: Millis = Millis(5_000);
/// Slots by which a stream may tell of an account later than of a slot.
const LATE: u64 = 10;
/// How far beyond the others a source may be and still be heard, and a stream behind them, slots.
const AHEAD: u64 = 50;
/// Claims that are kept: a stream that makes more of them floods the keeper, and is closed.
const MOST_CLAIMS: usize = 100_000;
/// How long after an abandoned fork accounts may be other than streams have told.
const AFTER_FORK: Millis = Millis(10_000);

/// What is believed before there is a mirror to hold it.
#[derive(Default)]
pub(super) struct Founding {
    /// Whose snapshots have come.
    snapshots: Witnesses,
    accounts: BTreeMap<Pubkey, (Version, Shown)>,
}

impl Keeper {
    pub(super) fn court(&self, now: Millis) -> Court<'_> {
        Court { operators: &self.operators, need: self.need(), since: 0, now }
    }

    /// The slot that an account is known from.
    fn known_since(&self, address: &Pubkey) -> u64 {
        let believed = self.founding.accounts.get(address).map(|(version, _)| version.slot);
        let replica = self.replica.as_ref();
        replica.map_or(believed, |replica| Some(replica.known_since([address]))).unwrap_or_default()
    }

    /// How many operators have to say the same: two, where there are two.
    pub(super) fn need(&self) -> u32 {
        self.diagnosis.witnesses.clamp(1, 2)
    }

    /// Whether a source is heard at all: not while others contradict where it says that it is.
    fn is_heard(&self, source: Source, slot: u64) -> bool {
        let frontier = self.sources.frontier();
        let sound = match source {
            Source::Endpoint(endpoint) => {
                self.diagnosis.endpoints.get(endpoint).is_some_and(Option::is_none)
            }
            Source::Stream(stream) => {
                self.diagnosis.silent.get(stream).is_some_and(|silent| !silent)
            }
        };
        let near = slot.abs_diff(frontier) <= AHEAD;
        // What an endpoint shows takes a while to come, where there is much of it.
        let past = !source.is_stream() && slot <= frontier;
        sound && (frontier == 0 || near || past)
    }

    /// Takes a snapshot as so many claims. What the mirror has and it lacks it claims to be gone.
    pub(super) fn take_snapshot(
        &mut self,
        endpoint: usize,
        snapshot: Snapshot,
        feeds: Vec<FeedAccount>,
        now: Millis,
    ) {
        let source = Source::Endpoint(endpoint);
        let slot = snapshot.slot;
        if !self.is_heard(source, slot) {
            self.asked.snapshot_failed(endpoint, now);
            return;
        }
        let lacking = match &self.replica {
            Some(replica) => replica.lacking(&snapshot),
            None => Vec::new(),
        };
        let accounts = snapshot.accounts.into_iter();
        let shown = accounts.map(|(address, data)| Shown {
            slot,
            address,
            owner: holdfast_client::holdfast::ID,
            data,
        });
        for shown in shown {
            self.take_shown(source, shown, now);
        }
        for address in lacking {
            let gone = Shown { slot, address, owner: Pubkey::default(), data: Vec::new() };
            self.take_shown(source, gone, now);
        }
        for FeedAccount { address, owner, data } in feeds {
            self.take_shown(source, Shown { slot, address, owner, data }, now);
        }
        if self.replica.is_none() {
            self.founding.snapshots = self.founding.snapshots.and(self.operators.of(source));
            if self.founding.snapshots.count() < self.need() || !self.found(slot) {
                self.asked.snapshot_incomplete(endpoint);
                return;
            }
        }
        self.compared = self.compared.max(slot);
        self.asked.snapshot_taken(endpoint, now);
    }

    /// Begins the mirror from what is believed. `false` when silo or chain health are not.
    fn found(&mut self, slot: u64) -> bool {
        let believed = &self.founding.accounts;
        let kept = |address: &Pubkey| Some((*address, believed.get(address)?.1.data.clone()));
        let venue = [self.silo, holdfast_client::address::chain_health()];
        let accounts = venue.iter().filter_map(kept).collect();
        let Ok(replica) = AccountCache::new(self.silo, &Snapshot { slot: 0, accounts }) else {
            tracing::debug!(slot, "the venue's accounts are not believed yet");
            return false;
        };
        self.replica = Some(replica);
        for (_, (version, shown)) in std::mem::take(&mut self.founding).accounts {
            self.apply(version, shown);
        }
        true
    }

    /// Takes what a source says of an account: the mirror has it once it is believed.
    pub(super) fn take_shown(&mut self, source: Source, shown: Shown, now: Millis) {
        if !self.is_heard(source, shown.slot) {
            return;
        }
        if source.is_stream() && self.feeds.contains(&shown.address) {
            self.feeds_heard.insert(shown.address, now);
        }
        let digest = Digest::new(&shown.owner, &shown.data);
        let said = (source, shown.slot);
        let address = shown.address;
        let since = self.known_since(&address);
        let court = Court { operators: &self.operators, need: self.need(), since, now };
        if self.holds(&shown, digest) {
            if !source.is_stream() {
                self.testimony.deny(address, said, court);
            }
            return;
        }
        if self.is_foreign(&shown) {
            return;
        }
        let silent = self.silent_streams(&shown, now);
        let Some(belief) = self.testimony.claim(address, digest, said, silent, court) else {
            if let Source::Stream(stream) = source
                && self.testimony.len() > MOST_CLAIMS
                && self.replica.is_some()
            {
                self.sources.lost(stream);
                self.asked.reopen(stream);
            }
            return;
        };
        self.note_left_out(belief, &shown);
        self.messages += 1;
        let write = if belief.streamed { self.messages } else { BEFORE_ALL };
        let version = Version { slot: belief.slot, write };
        if self.replica.is_some() {
            self.apply(version, shown);
        } else {
            self.founding.accounts.insert(address, (version, shown));
        }
    }

    /// Whether the mirror has an account just so.
    fn holds(&self, shown: &Shown, digest: Digest) -> bool {
        if self.feeds.contains(&shown.address) {
            return self.feeds_seen.get(&shown.address) == Some(&digest);
        }
        let believed = self.founding.accounts.get(&shown.address);
        match &self.replica {
            Some(replica) if shown.data.is_empty() => !replica.has(&shown.address),
            Some(replica) => replica.holds(&shown.address, &shown.data),
            None => believed.is_some_and(|(_, known)| known.data == shown.data),
        }
    }

    fn is_foreign(&self, shown: &Shown) -> bool {
        let Some(replica) = &self.replica else { return false };
        let kept = shown.data.is_empty() || self.feeds.contains(&shown.address);
        !kept && replica.is_foreign(&shown.address, &shown.data)
    }

    /// Operators whose streams are past a slot and had to tell of a change in it. Nobody tells of an
    /// account that is closed, but of its being emptied first; and after a fork accounts are as
    /// before without a word.
    fn silent_streams(&self, shown: &Shown, now: Millis) -> Witnesses {
        let closes = shown.data.is_empty()
            && self.replica.as_ref().is_none_or(|replica| replica.may_be_closed(&shown.address));
        if closes || self.sources.suspects_fork(AFTER_FORK, now) {
            return Witnesses::default();
        }
        self.past(shown.slot).map(|stream| self.operators.of(Source::Stream(stream))).collect()
    }

    /// Streams that have told of slots after this one, and of everything since a snapshot.
    fn past(&self, slot: u64) -> impl Iterator<Item = usize> {
        let streams = 0..self.operators.streams();
        streams.filter(move |stream| {
            self.asked.has_to_tell(*stream)
                && !self.diagnosis.silent.get(*stream).copied().unwrap_or_default()
                && self.sources.told_up_to(*stream) > slot.saturating_add(LATE)
        })
    }

    /// What is believed without a word from a stream that is past it, the stream has left out.
    fn note_left_out(&mut self, belief: Belief, shown: &Shown) {
        let known = self.replica.is_some() && !shown.data.is_empty();
        if belief.streamed || !known || self.doubtful.contains(&shown.address) {
            return;
        }
        let past: Vec<_> = self.past(belief.slot).collect();
        for stream in past {
            self.sources.lost(stream);
            self.asked.reopen(stream);
            self.counts.left_out += 1;
        }
    }

    /// Lets the mirror have what is believed.
    fn apply(&mut self, version: Version, shown: Shown) {
        let Some(replica) = &mut self.replica else { return };
        let Shown { address, owner, data, .. } = shown;
        let taken = if self.feeds.contains(&address) {
            let taken = match holdfast_client::feed::read(&address, &owner, &data) {
                Some(reading) => replica.feed(address, version, reading),
                None => replica.lose_feed(address, version),
            };
            if taken == Taken::New {
                self.feeds_seen.insert(address, Digest::new(&owner, &data));
            }
            taken
        } else if data.is_empty() {
            replica.close(address, version)
        } else {
            replica.update(address, version, &data)
        };
        self.counts.unreadable += u64::from(taken == Taken::Unreadable);
    }

    /// Asks endpoints about accounts: those that not enough have told of, and those about which the
    /// program said something else than the mirror.
    pub(super) fn look(&mut self, now: Millis, commands: &mut Vec<Command>) {
        if self.replica.is_none() || self.asked.look.is_some_and(|at| now.since(at) < ASKS) {
            return;
        }
        let usable = self.usable();
        if usable.is_empty() {
            return;
        }
        if self.asked.forgot.is_none_or(|at| now.since(at) >= FORGETS) {
            self.asked.forgot = Some(now);
            let court = Court { operators: &self.operators, need: self.need(), since: 0, now };
            self.testimony.forget(court);
        }
        let mut accounts: Vec<_> = self.doubtful.iter().take(MOST_ACCOUNTS / 4).copied().collect();
        accounts.extend(self.poster.iter().flat_map(Poster::opening).take(MOST_ACCOUNTS / 8));
        accounts.extend(self.quiet_feeds(now, MOST_ACCOUNTS / 2));
        let court = Court { operators: &self.operators, need: self.need(), since: 0, now };
        accounts.extend(self.testimony.next_to_ask(MOST_ACCOUNTS - accounts.len(), court));
        if accounts.is_empty() {
            return;
        }
        self.asked.look = Some(now);
        // All of them: who told of it first may be who lies, and so may any one of them.
        for endpoint in usable {
            commands.push(Command::Look { endpoint, accounts: accounts.clone() });
        }
    }

    /// Feeds of which nothing was heard lately, at most this many: a stream may not have got a
    /// subscription for each.
    fn quiet_feeds(&mut self, now: Millis, most: usize) -> Vec<Pubkey> {
        let heard = &self.feeds_heard;
        let quiet = |feed: &&Pubkey| heard.get(*feed).is_none_or(|at| now.since(*at) >= QUIET);
        let quiet: Vec<_> = self.feeds.iter().filter(quiet).take(most).copied().collect();
        self.feeds_heard.extend(quiet.iter().map(|feed| (*feed, now)));
        quiet
    }

    /// An account about which sources contradict one another, once there is a mirror to be wrong.
    pub(super) fn disputed(&self, now: Millis) -> Option<Pubkey> {
        self.replica.as_ref().and_then(|_| self.testimony.disputed(self.court(now)))
    }

    /// The slot up to which the mirror is complete.
    pub(super) fn complete(&self, now: Millis) -> u64 {
        let told = self.sources.told_by_all(now).max(self.compared);
        if self.replica.is_none() {
            return told;
        }
        self.testimony.oldest().map_or(told, |oldest| told.min(oldest.saturating_sub(1)))
    }
}

/// What an endpoint was asked for may be from before the slot was over.
const BEFORE_ALL: u64 = 0;
