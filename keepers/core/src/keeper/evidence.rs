//! From what endpoints and streams say to what the mirror holds: see [`crate::testimony`].

use std::collections::BTreeMap;

use holdfast_client::{Pubkey, address};
use holdfast_risk::Millis;
use holdfast_rpc::limits::MOST_ACCOUNTS;
use holdfast_rpc::{Part, Shown, Snapshot};

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
/// Claims that are kept: a stream that makes more of them floods the keeper, and is closed; a snapshot
/// that does is given up.
const MOST_CLAIMS: usize = 100_000;
/// Accounts that one snapshot can claim to be gone; what more it lacks is left to later ones.
const MOST_GONE: usize = 10_000;
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

    /// Takes a part of a snapshot as so many claims.
    pub(super) fn take_part(
        &mut self,
        endpoint: usize,
        part: &Part,
        slot: u64,
        shown: Vec<Shown>,
        now: Millis,
    ) {
        if !self.asked.has_asked(endpoint, part) {
            return;
        }
        let source = Source::Endpoint(endpoint);
        if !self.is_heard(source, slot) {
            self.asked.snapshot_failed(endpoint, now);
            return;
        }
        let accounts = shown.len();
        for shown in shown {
            let address = shown.address;
            self.take_shown(source, shown, now);
            if let Some(replica) = &mut self.replica {
                replica.note_shown(&address);
            }
        }
        // One that contradicts nearly everything is not worth asking others about it.
        if self.complete_once && self.testimony.len() > MOST_CLAIMS {
            self.asked.snapshot_failed(endpoint, now);
            return;
        }
        if let Some(oldest) = self.asked.part_came(part, slot, accounts, now) {
            self.take_snapshot(endpoint, oldest, now);
        }
    }

    /// All parts of a snapshot have been taken, which were so in `slot` or later. What the mirror has
    /// and it lacks it claims to be gone.
    fn take_snapshot(&mut self, endpoint: usize, slot: u64, now: Millis) {
        let source = Source::Endpoint(endpoint);
        if self.complete_once {
            let lacking = self.replica.as_ref().map(|it| it.lacking(slot)).unwrap_or_default();
            for address in lacking.into_iter().take(MOST_GONE) {
                let gone = Shown { slot, address, owner: Pubkey::default(), data: Vec::new() };
                self.take_shown(source, gone, now);
            }
        } else {
            let own = self.operators.of(source);
            self.founding.snapshots = self.founding.snapshots.and(own);
            let too_few = self.founding.snapshots.count() < self.need();
            // Where they contradict one another about many accounts it takes another one as well.
            if too_few || self.replica.is_none() || self.testimony.len() > MOST_CLAIMS {
                self.asked.snapshot_incomplete(endpoint);
                return;
            }
            self.complete_once = true;
        }
        self.compared = self.compared.max(slot);
        self.asked.snapshot_taken(endpoint, now);
    }

    /// Begins the mirror once silo and chain health are believed, with all else that is; what is
    /// believed from then on it takes at once.
    fn begin_mirror(&mut self) {
        let believed = &self.founding.accounts;
        let kept = |address: &Pubkey| Some((*address, believed.get(address)?.1.data.clone()));
        let accounts: Vec<_> = self.venue_accounts().iter().filter_map(kept).collect();
        if accounts.len() < self.venue_accounts().len() {
            return;
        }
        let Ok(replica) = AccountCache::new(self.silo, &Snapshot { slot: 0, accounts }) else {
            tracing::debug!("what is believed of the venue's accounts cannot be read");
            return;
        };
        self.replica = Some(replica);
        for (_, (version, shown)) in std::mem::take(&mut self.founding.accounts) {
            self.apply(version, shown);
        }
    }

    /// The accounts without which there is no mirror.
    fn venue_accounts(&self) -> [Pubkey; 2] {
        [self.silo, address::chain_health()]
    }

    /// Takes what a source says of an account: the mirror has it once it is believed.
    pub(super) fn take_shown(&mut self, source: Source, shown: Shown, now: Millis) {
        if !self.is_heard(source, shown.slot) {
            return;
        }
        if source.is_stream() && self.feeds.contains(&shown.address) {
            self.feeds_heard.insert(shown.address, now);
        }
        let said = (source, shown.slot);
        let address = shown.address;
        let since = self.known_since(&address);
        let court = Court { operators: &self.operators, need: self.need(), since, now };
        if self.holds(&shown) {
            if !source.is_stream() {
                self.testimony.deny(address, said, court);
            }
            return;
        }
        // What was so before the mirror's state came about says nothing against it.
        let is_past = !source.is_stream() && shown.slot < since;
        if is_past || self.is_foreign(&shown) {
            return;
        }
        let digest = Digest::new(&shown.owner, &shown.data);
        let silent = self.silent_streams(&shown, now);
        let Some(belief) = self.testimony.claim(address, digest, said, silent, court) else {
            if let Source::Stream(stream) = source
                && self.testimony.len() > MOST_CLAIMS
                && self.complete_once
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
            self.begin_mirror();
        }
    }

    /// Whether the mirror has an account just so.
    fn holds(&self, shown: &Shown) -> bool {
        if self.feeds.contains(&shown.address) {
            let digest = Digest::new(&shown.owner, &shown.data);
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
        let known = self.complete_once && !shown.data.is_empty();
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
        if self.asked.look.is_some_and(|at| now.since(at) < ASKS) {
            return;
        }
        let usable = self.usable();
        let accounts = if usable.is_empty() {
            Vec::new()
        } else if self.complete_once {
            self.questionable(now)
        } else if self.replica.is_none() && self.need() > 1 {
            // They change all the time: operators show the same only if they are asked at once.
            self.venue_accounts().to_vec()
        } else {
            Vec::new()
        };
        if accounts.is_empty() {
            return;
        }
        self.asked.look = Some(now);
        // All of them: who told of it first may be who lies, and so may any one of them.
        for endpoint in usable {
            commands.push(Command::Look { endpoint, accounts: accounts.clone() });
        }
    }

    /// Accounts to ask about.
    fn questionable(&mut self, now: Millis) -> Vec<Pubkey> {
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
        accounts
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
        self.kept().and_then(|_| self.testimony.disputed(self.court(now)))
    }

    /// The slot up to which the mirror is complete.
    pub(super) fn complete(&self, now: Millis) -> u64 {
        let told = self.sources.told_by_all(now).max(self.compared);
        if !self.complete_once {
            return told;
        }
        self.testimony.oldest().map_or(told, |oldest| told.min(oldest.saturating_sub(1)))
    }
}

/// What an endpoint was asked for may be from before the slot was over.
const BEFORE_ALL: u64 = 0;
