//! What is said of accounts before it is believed.
//!
//! A claim says which bytes an account has, or that there is none. It is believed once two operators
//! have made it, or as many as there are, and more of them than contradict. Nothing but a digest is
//! kept of a claim: who completes it brings the bytes.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use solana_sha256_hasher::hashv;

use crate::witness::{Operators, Source, Witnesses};

/// How long what one snapshot shows is kept until another one shows it too.
const KEPT: Millis = Millis(600_000);
/// The same for what endpoints were asked about in vain.
const KEPT_AFTER_ASKING: Millis = Millis(10_000);
/// How long a second stream is waited for before endpoints are asked.
const SECOND: Millis = Millis(400);
/// How long endpoints are then given before they are asked again.
const AGAIN: Millis = Millis(800);
/// A claim that is not settled after this many questions is left to the next snapshot.
const MOST_ASKED: u32 = 6;
/// A dispute that lasts this long is one: before that, one side may only be late.
const DISPUTE: Millis = Millis(3_000);

/// How many sources usually make a claim until it is believed.
const USUAL: usize = 2;

/// What identifies an account's state: the beginning of a hash over owner and bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of an account; without bytes, of there being none.
    pub fn new(owner: &Pubkey, data: &[u8]) -> Self {
        let parts: [&[u8]; 2] = if data.is_empty() { [&[], &[]] } else { [owner.as_ref(), data] };
        let mut digest = [0; 16];
        digest.copy_from_slice(&hashv(&parts).to_bytes()[..16]);
        Self(digest)
    }
}

/// One thing said of an account.
#[derive(Debug)]
struct Claim {
    digest: Digest,
    /// By whom, and in which slot it was so: of each source, the newest.
    said: Vec<(Source, u64)>,
    /// Who showed something else in its slot or later.
    against: Witnesses,
    since: Millis,
}

/// Claims about one account.
#[derive(Debug, Default)]
struct Case {
    claims: Vec<Claim>,
    /// When endpoints are asked next, and how often they were.
    ask: Millis,
    asked: u32,
}

/// What is to be known to judge a claim.
#[derive(Clone, Copy, Debug)]
pub struct Court<'a> {
    /// Who runs which source.
    pub operators: &'a Operators,
    /// Operators that have to say the same.
    pub need: u32,
    /// The slot that the account is known from: what was so before it is no evidence of now.
    pub since: u64,
    /// The keeper's clock.
    pub now: Millis,
}

/// What is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belief {
    /// The slot since which it is so, as all but one of those say who say so.
    pub slot: u64,
    /// Whether a stream was among them.
    pub streamed: bool,
}

/// Claims that are not settled.
#[derive(Debug, Default)]
pub struct Testimony {
    cases: BTreeMap<Pubkey, Case>,
    /// When endpoints are to be asked, earliest first.
    asks: BTreeSet<(Millis, Pubkey)>,
}

impl Testimony {
    /// A source says that an account is so. `silent` are operators whose streams had to tell of the
    /// change and did not; they count against what no stream tells of.
    pub fn claim(
        &mut self,
        address: Pubkey,
        digest: Digest,
        (source, slot): (Source, u64),
        silent: Witnesses,
        court: Court,
    ) -> Option<Belief> {
        let own = court.operators.of(source);
        let case = self.cases.entry(address).or_default();
        if !case.hears(digest, (source, slot), own) {
            return None;
        }
        let claim = case.claim_of(digest, court.now);
        claim.against = claim.against.without(own);
        match claim.said.iter_mut().find(|(known, _)| *known == source) {
            Some((_, known)) => *known = slot,
            None => claim.said.push((source, slot)),
        }
        if let Some(belief) = claim.believed(silent, court) {
            case.claims.retain(|claim| claim.digest != digest && claim.newest() > belief.slot);
            self.tidy(address);
            return Some(belief);
        }
        if !self.asks.contains(&(case.ask, address)) {
            // Another stream says the same in a moment; another endpoint only when it is asked.
            let wait = if source.is_stream() { SECOND } else { Millis(0) };
            (case.ask, case.asked) = (court.now.after(wait), 0);
            self.asks.insert((case.ask, address));
        }
        None
    }

    /// An endpoint shows an account as the mirror has it, which contradicts every claim up to its
    /// slot.
    pub fn deny(&mut self, address: Pubkey, (source, slot): (Source, u64), court: Court) {
        let Some(case) = self.cases.get_mut(&address) else { return };
        let own = court.operators.of(source);
        for claim in &mut case.claims {
            claim.is_contradicted((source, slot), own);
        }
        case.claims.retain(|claim| !claim.said.is_empty() && !claim.is_refuted(court));
        self.tidy(address);
    }

    /// Accounts about which endpoints are to be asked now, at most this many.
    pub fn next_to_ask(&mut self, most: usize, court: Court) -> Vec<Pubkey> {
        let mut asked = Vec::new();
        while asked.len() < most
            && let Some(&(at, address)) = self.asks.first().filter(|(at, _)| *at <= court.now)
        {
            self.asks.remove(&(at, address));
            let Some(case) = self.cases.get_mut(&address) else { continue };
            case.asked += 1;
            let contested = case.claims.iter().any(|claim| claim.is_contested(court));
            if case.asked < MOST_ASKED || contested {
                case.ask = court.now.after(AGAIN);
                self.asks.insert((case.ask, address));
            }
            asked.push(address);
        }
        asked
    }

    /// An account about which sources contradict one another so that nobody can tell who is right.
    pub fn disputed(&self, court: Court) -> Option<Pubkey> {
        let lasts =
            |claim: &Claim| claim.is_contested(court) && court.now.since(claim.since) >= DISPUTE;
        let (address, _) = self.cases.iter().find(|(_, case)| case.claims.iter().any(lasts))?;
        Some(*address)
    }

    /// The oldest slot of which something was said that is not settled.
    pub fn oldest(&self) -> Option<u64> {
        let claims = self.cases.values().flat_map(|case| &case.claims);
        claims.flat_map(|claim| &claim.said).map(|(_, slot)| *slot).min()
    }

    /// How many accounts are not settled.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Drops what nobody else has confirmed for a long time.
    pub fn forget(&mut self, court: Court) {
        for case in self.cases.values_mut() {
            let kept = if case.asked >= MOST_ASKED { KEPT_AFTER_ASKING } else { KEPT };
            case.claims.retain(|claim| {
                let late = court.now.since(claim.since) >= kept && !claim.is_contested(court);
                !late && !claim.is_refuted(court)
            });
        }
        self.cases.retain(|_, case| !case.claims.is_empty());
    }

    /// Forgets an account about which nothing is open any more.
    fn tidy(&mut self, address: Pubkey) {
        if let Some(case) = self.cases.get(&address).filter(|case| case.claims.is_empty()) {
            self.asks.remove(&(case.ask, address));
            self.cases.remove(&address);
        }
    }
}

impl Case {
    /// Whether a source's word counts: not when it has said something newer. What it said before is
    /// forgotten, and an endpoint contradicts what others say about the time up to its slot.
    fn hears(&mut self, digest: Digest, (source, slot): (Source, u64), own: Witnesses) -> bool {
        let others = || self.claims.iter().filter(|claim| claim.digest != digest);
        if others().flat_map(|claim| &claim.said).any(|said| said.0 == source && said.1 > slot) {
            return false;
        }
        for claim in self.claims.iter_mut().filter(|claim| claim.digest != digest) {
            claim.is_contradicted((source, slot), own);
        }
        self.claims.retain(|claim| !claim.said.is_empty());
        true
    }

    /// The claim with this digest, made now if it is new.
    fn claim_of(&mut self, digest: Digest, now: Millis) -> &mut Claim {
        let place = self.claims.iter().position(|claim| claim.digest == digest);
        let place = place.unwrap_or_else(|| {
            let (said, against) = (Vec::with_capacity(USUAL), Witnesses::default());
            // While the first snapshots are read there is a claim for every account.
            self.claims.reserve_exact(1);
            self.claims.push(Claim { digest, said, against, since: now });
            self.claims.len() - 1
        });
        &mut self.claims[place]
    }
}

impl Claim {
    fn newest(&self) -> u64 {
        self.said.iter().map(|(_, slot)| *slot).max().unwrap_or_default()
    }

    /// A source says something else of this slot.
    fn is_contradicted(&mut self, (source, slot): (Source, u64), own: Witnesses) {
        self.said.retain(|(known, said)| *known != source || *said > slot);
        if !source.is_stream() && self.newest() <= slot {
            self.against = self.against.and(own);
        }
    }

    /// What was said of the time that counts.
    fn words(&self, court: Court) -> impl Iterator<Item = &(Source, u64)> {
        self.said.iter().filter(move |(_, slot)| *slot >= court.since)
    }

    fn witnesses(&self, court: Court) -> Witnesses {
        self.words(court).map(|(source, _)| court.operators.of(*source)).collect()
    }

    fn streamed(&self) -> bool {
        self.said.iter().any(|(source, _)| source.is_stream())
    }

    fn believed(&self, silent: Witnesses, court: Court) -> Option<Belief> {
        let (made, streamed) = (self.witnesses(court).count(), self.streamed());
        let silent = if streamed { Witnesses::default() } else { silent };
        let against = self.against.and(silent).count();
        if made < court.need || court.need > 1 && made <= against {
            return None;
        }
        let mut slots: Vec<_> = self.words(court).map(|(_, slot)| *slot).collect();
        slots.sort_unstable_by_key(|slot| core::cmp::Reverse(*slot));
        // Each of them may say any slot: the second newest is not only one's word.
        let place = usize::try_from(court.need).unwrap_or(1).min(slots.len()).saturating_sub(1);
        Some(Belief { slot: slots.get(place).copied()?, streamed })
    }

    /// Whether enough others contradict it, and more than make it.
    fn is_refuted(&self, court: Court) -> bool {
        let (made, against) = (self.witnesses(court).count(), self.against.count());
        against >= court.need && against > made
    }

    /// Whether enough operators make it, and others keep it from being believed.
    fn is_contested(&self, court: Court) -> bool {
        self.witnesses(court).count() >= court.need.max(2)
    }
}

#[cfg(test)]
#[path = "testimony_tests.rs"]
mod tests;
