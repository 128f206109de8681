//! Bringing prices on chain: which offered price, when, and how far each is.
//!
//! A source offers prices, each with what the chain needs to believe it: [`Offer`]. [`need`] decides
//! by the quote alone what is worth bringing; only the instructions of a [`Draft`] are the source's, and
//! whether it takes two transactions or one.

mod draft;
mod hosts;
mod need;
mod report;
mod source;
mod spending;
mod step;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{FeedState, Market};
use holdfast_client::{Instruction, Pubkey, address, pyth};
use holdfast_risk::Millis;
use holdfast_risk::market::reading::Quote;
use tracing::warn;

use crate::decide::refresh::Wait;
use crate::tx_sender::{Outcome, TxOutcome};
use crate::{Intent, VenueSnapshot};

use draft::{Draft, Turn};
pub use hosts::Hosts;
pub use need::prices_a_minute;
use need::{Look, Need};
pub use report::{PostingCounts, PostingReport, SourceReport, WantedFeed};
use source::draft_address;
pub use source::{FeedId, Offer, Source, Sources};
use spending::Spending;
pub use step::DraftStep;

/// How long an offered price is kept: the venue's clock may be behind the providers'.
const KEPT: Millis = Millis(60_000);
/// Prices that are kept of a feed: one for each second.
const MOST_KEPT: usize = 64;
/// The mirror has to show what was stored within this time, or another is brought.
const SHOWS_AFTER: Millis = Millis(10_000);

/// When prices are brought, and what that may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostingTerms {
    /// Whose prices.
    pub sources: Sources,
    /// Whose accounts of Pyth: keepers of one shard share them.
    pub shard: u16,
    /// A move worth bringing, basis points.
    pub moved_bps: u64,
    /// How many are begun within a minute; the last quarter for those that somebody waits for and for
    /// evidence of the time.
    pub posts_a_minute: u32,
    /// Lamports of fees within an hour, from which on none is begun; the last quarter likewise.
    pub lamports_an_hour: u64,
}

/// Brings prices.
pub struct Poster {
    terms: PostingTerms,
    wallet: Pubkey,
    /// Feeds whose prices are wanted, with their accounts and since when, by the venue's clock.
    followed: BTreeMap<FeedId, (Pubkey, Millis)>,
    /// The host of each source that offers.
    hosts: BTreeMap<Source, usize>,
    /// What they offer of each feed, the newest last.
    offers: BTreeMap<FeedId, VecDeque<Arc<Offer>>>,
    /// When what was heard last of each feed was signed. A market that is closed has an old price, which is
    /// signed again and again.
    signed: BTreeMap<FeedId, Millis>,
    /// What was last chosen to be brought of each feed.
    chosen: BTreeMap<FeedId, Arc<Offer>>,
    drafts: BTreeMap<FeedId, Draft>,
    /// Accounts that are not read, and were told of.
    missing: BTreeSet<Pubkey>,
    /// Feeds known to have no other draft than those in `drafts`: an earlier run may have left one.
    known: BTreeSet<FeedId>,
    spending: Spending,
    counts: BTreeMap<Source, PostingCounts>,
}

/// The venue at a moment.
pub struct Scene<'a> {
    /// The venue.
    pub mirror: &'a VenueSnapshot,
    /// Feed accounts that the keeper reads.
    pub feeds: &'a BTreeSet<Pubkey>,
    /// Who waits for prices.
    pub waits: &'a [Wait],
    /// The venue's clock.
    pub venue_now: Millis,
    /// The keeper's.
    pub now: Millis,
}

/// A price that is worth bringing.
struct Choice {
    need: Need,
    market: u8,
    offer: Arc<Offer>,
}

impl Poster {
    /// Brings prices that `wallet` pays for.
    pub fn new(terms: PostingTerms, wallet: Pubkey) -> Self {
        Self {
            terms,
            wallet,
            followed: BTreeMap::new(),
            hosts: BTreeMap::new(),
            offers: BTreeMap::new(),
            signed: BTreeMap::new(),
            chosen: BTreeMap::new(),
            drafts: BTreeMap::new(),
            missing: BTreeSet::new(),
            known: BTreeSet::new(),
            spending: Spending::new(terms.posts_a_minute, terms.lamports_an_hour),
            counts: BTreeMap::new(),
        }
    }

    /// A host offers a price; whatever another host of the same source has offered is forgotten. What is
    /// not newer than the last one, or of no feed that is wanted, is left.
    pub fn hear(&mut self, host: usize, offer: Arc<Offer>) {
        let id = offer.feed;
        if self.hosts.insert(id.source, host).is_some_and(|before| before != host) {
            self.offers.retain(|other, _| other.source != id.source);
        }
        if !self.followed.contains_key(&id) {
            return;
        }
        self.signed.insert(id, offer.signed);
        let offers = self.offers.entry(id).or_default();
        let published = offer.quote.published;
        if offers.back().is_some_and(|newest| newest.quote.published >= published) {
            return;
        }
        offers.push_back(offer);
        let old = |offer: &Arc<Offer>| published.since(offer.quote.published) > KEPT;
        while offers.len() > MOST_KEPT || offers.front().is_some_and(old) {
            offers.pop_front();
        }
    }

    /// What to do now: goes on with what was begun, then begins what is needed most.
    pub fn due(&mut self, scene: &Scene) -> Vec<Intent> {
        self.follow(scene);
        self.forget_shown(scene);
        let mut due: Vec<_> =
            self.drafts.iter().filter_map(|(id, draft)| self.go_on(*id, draft, scene)).collect();
        let mut needed: Vec<_> = self.needed(scene).into_iter().collect();
        needed.sort_by_key(|(id, choice)| (choice.need, choice.market, *id));
        self.chosen.clear();
        for (feed, choice) in needed {
            if self.spending.allows(choice.need, self.chosen.len() as u64, scene.now) {
                let drafts = draft_address(&self.wallet, &feed).is_some();
                let step = if drafts { DraftStep::Open } else { DraftStep::Post };
                due.push(Intent::BringPrice { feed, market: choice.market, step });
                self.chosen.insert(feed, choice.offer);
            }
        }
        due
    }

    /// Feeds of all markets whose prices are brought, as far as the keeper reads the accounts that are
    /// written to.
    fn follow(&mut self, scene: &Scene) {
        let mut followed = BTreeMap::new();
        let (markets, sources) = (&scene.mirror.markets, self.terms.sources);
        for (id, _) in markets.iter().flat_map(|(_, market)| listed_of(market, sources)) {
            let before = self.followed.get(&id).copied();
            // What an account of Switchboard says may change, and with it whose it is.
            let kept = before.filter(|_| id.source != Source::Switchboard);
            let account = kept.map(|(account, _)| account);
            let account = account.or_else(|| self.account_of(&id, scene.mirror));
            let Some(account) = account else { continue };
            if scene.feeds.contains(&account) {
                let since = before.map_or(scene.venue_now, |(_, since)| since);
                followed.insert(id, (account, since));
            } else if self.missing.insert(account) {
                warn!(%account, "prices of a feed are not brought: name its account in feeds");
            }
        }
        self.followed = followed;
    }

    /// The account of a feed. Switchboard's is found by what it says: its name is no part of the id.
    fn account_of(&self, feed: &FeedId, mirror: &VenueSnapshot) -> Option<Pubkey> {
        match feed.source {
            Source::Pyth => Some(pyth::price_feed_address(self.terms.shard, &feed.id)),
            Source::Stork => Some(address::stork_feed(&feed.id)),
            Source::Switchboard => {
                let provider = feed.source.provider();
                let mut read = mirror.feeds.iter();
                let found = read.find(|(_, it)| it.provider == provider && it.id == feed.id);
                found.map(|(address, _)| *address)
            }
        }
    }

    /// Forgets drafts whose price was stored, once the mirror shows it.
    fn forget_shown(&mut self, scene: &Scene) {
        let mut drafts = std::mem::take(&mut self.drafts);
        drafts.retain(|id, draft| {
            let there = self.stored(id, scene.mirror).map(|stored| stored.published);
            let shown = there.is_some_and(|there| there >= draft.offer.quote.published);
            draft.posted().is_none_or(|at| !shown && scene.now.since(at) < SHOWS_AFTER)
        });
        self.drafts = drafts;
    }

    /// The next step of a draft: as long as its price is worth storing it is posted.
    fn go_on(&self, feed: FeedId, draft: &Draft, scene: &Scene) -> Option<Intent> {
        let (step, market) = (draft.next()?, draft.market);
        let chain = scene.mirror.chain(scene.venue_now);
        let worth = scene.mirror.market(market).is_some_and(|market| {
            let mut listed = listed_of(market, self.terms.sources).filter(|(id, _)| *id == feed);
            listed.any(|(_, listed)| {
                let look = self.look(market, &feed, listed, scene);
                let quote = &draft.offer.quote;
                look.counts(quote, &chain) || look.tells_time(quote, &chain)
            })
        });
        let step = if worth { step } else { DraftStep::Close };
        Some(Intent::BringPrice { feed, market, step })
    }

    /// Feeds of which a price is needed, with the market that needs it most.
    fn needed(&self, scene: &Scene) -> BTreeMap<FeedId, Choice> {
        let chain = scene.mirror.chain(scene.venue_now);
        let mut needed = BTreeMap::<FeedId, Choice>::new();
        for (_, market) in &scene.mirror.markets {
            for (id, feed) in listed_of(market, self.terms.sources) {
                if !self.followed.contains_key(&id) || self.drafts.contains_key(&id) {
                    continue;
                }
                let look = self.look(market, &id, feed, scene);
                let Some((need, offer)) = self.offered(&id, &look, &chain) else { continue };
                let found = Choice { need, market: market.index, offer };
                let key = |choice: &Choice| (choice.need, choice.market);
                if needed.get(&id).is_none_or(|known| key(&found) < key(known)) {
                    needed.insert(id, found);
                }
            }
        }
        needed
    }

    fn look<'a>(
        &self,
        market: &'a Market,
        id: &FeedId,
        feed: &FeedState,
        scene: &Scene<'a>,
    ) -> Look<'a> {
        Look {
            market,
            taken: Millis(feed.published_ms),
            told: Millis(feed.seen_ms),
            stored: self.stored(id, scene.mirror),
            waits: scene.waits,
            moved_bps: self.terms.moved_bps,
        }
    }

    /// What is needed most of what is offered of a feed: the newest price that the program would take,
    /// or the newest of all, where that tells the time.
    fn offered(&self, id: &FeedId, look: &Look, chain: &Chain) -> Option<(Need, Arc<Offer>)> {
        let offers = self.offers.get(id)?;
        let counts = |offer: &&Arc<Offer>| look.counts(&offer.quote, chain);
        let tells = |offer: &&Arc<Offer>| look.tells_time(&offer.quote, chain);
        let (newest, evidence) = (offers.iter().rev().find(counts), offers.back().filter(tells));
        let needed = [newest, evidence].into_iter().flatten();
        let needed = needed.filter_map(|offer| Some((look.need(&offer.quote, chain)?, offer)));
        needed.min_by_key(|(need, _)| *need).map(|(need, offer)| (need, offer.clone()))
    }

    /// What the account of a feed says.
    fn stored(&self, id: &FeedId, mirror: &VenueSnapshot) -> Option<Quote> {
        mirror.feeds.get(&self.account(id)?).map(|reading| reading.quote)
    }

    /// The instructions of a step that was due a moment ago.
    pub fn instructions(&self, id: &FeedId, step: DraftStep) -> Option<Vec<Instruction>> {
        Some(match step {
            DraftStep::Open => self.chosen.get(id)?.open(self.wallet),
            DraftStep::Post => self.posted(id)?.post(self.wallet, self.terms.shard),
            DraftStep::Close => vec![pyth::close(self.wallet, &id.id)],
        })
    }

    /// Compute units that they ask for, where that does not follow from them.
    pub fn units(&self, id: &FeedId, step: DraftStep) -> Option<u32> {
        (step == DraftStep::Post).then(|| self.posted(id)?.units()).flatten()
    }

    /// What is posted now: a draft, or what was just chosen where there is none.
    fn posted(&self, id: &FeedId) -> Option<&Arc<Offer>> {
        let drafted = self.drafts.get(id).map(|draft| &draft.offer);
        drafted.or_else(|| self.chosen.get(id))
    }

    /// Whether a step is simulated before it is sent: nobody has looked at the signatures, what is to be
    /// closed may not be there, and an earlier run may have left a draft.
    pub fn doubts(&self, id: &FeedId, step: DraftStep) -> bool {
        step != DraftStep::Open || !self.known.contains(id)
    }

    /// The slot in which a draft was opened: who has not got so far knows nothing of it.
    pub fn opened_in(&self, id: &FeedId) -> u64 {
        self.drafts.get(id).map_or(0, |draft| draft.opened)
    }

    /// The account that a feed's prices are stored in.
    pub fn account(&self, id: &FeedId) -> Option<Pubkey> {
        self.followed.get(id).map(|(account, _)| *account)
    }

    /// A step is under way, with the instructions of this moment.
    pub fn begun(&mut self, id: &FeedId, market: u8, step: DraftStep, now: Millis) {
        if let Some(draft) = self.drafts.get_mut(id) {
            draft.begun(step);
        } else if let Some(offer) = self.chosen.remove(id) {
            let account = draft_address(&self.wallet, id);
            self.drafts.insert(*id, Draft::new(offer, market, account));
            self.counts.entry(id.source).or_default().begun += 1;
            self.spending.begin(now);
        }
    }

    /// A step has ended.
    pub fn ended(&mut self, id: &FeedId, step: DraftStep, ended: &TxOutcome, now: Millis) {
        let draft = self.drafts.get_mut(id);
        if matches!(ended.outcome, Outcome::Landed { .. } | Outcome::Refused { .. }) {
            let posts = draft.as_ref().filter(|_| step == DraftStep::Post);
            let more = posts.map_or(0, |draft| draft.offer.fees());
            self.spending.pay(ended.lamports.saturating_add(more), now);
        }
        let Some(draft) = draft else { return };
        let drafted = draft.account.is_some();
        let counts = self.counts.entry(id.source).or_default();
        match draft.ended(step, &ended.outcome, now) {
            Turn::GoesOn => {}
            Turn::Posted => {
                counts.posted += 1;
                self.known.insert(*id);
            }
            Turn::Failed => {
                counts.refused += 1;
                if step == DraftStep::Post && ended.outcome != Outcome::Expired {
                    counts.disbelieved += 1;
                    // What else was offered with it may be no better.
                    self.offers.remove(id);
                }
                if !drafted {
                    self.drafts.remove(id);
                }
            }
            Turn::Closed => {
                self.known.insert(*id);
                self.drafts.remove(id);
            }
            Turn::Gone => {
                self.known.remove(id);
                self.drafts.remove(id);
            }
        }
    }

    /// Accounts that are being opened. Endpoints are asked for them: what they show in a block is
    /// confirmed later, and the price would be older by then.
    pub fn opening(&self) -> impl Iterator<Item = Pubkey> {
        let opening = self.drafts.values().filter(|draft| draft.is_opening());
        opening.filter_map(|draft| draft.account)
    }

    /// An endpoint shows such an account, empty where there is none. `false`: it is none of them.
    pub fn shown(&mut self, account: &Pubkey, slot: u64, data: &[u8]) -> bool {
        let Some(draft) = self.drafts.values_mut().find(|draft| draft.account == Some(*account))
        else {
            return false;
        };
        if !data.is_empty() {
            draft.shown(slot);
        }
        true
    }

    /// Looks at it.
    pub fn report(&self, venue_now: Millis, now: Millis) -> PostingReport {
        let sources = Source::ALL.into_iter().filter(|source| self.terms.sources.has(*source));
        let sources = sources.map(|source| (source, self.source_report(source, venue_now)));
        PostingReport { sources: sources.collect(), budget_used: self.spending.used(now) }
    }

    fn source_report(&self, source: Source, venue_now: Millis) -> SourceReport {
        let followed = || self.followed.iter().filter(|(id, _)| id.source == source);
        let age = |(id, (_, since)): (&FeedId, &(Pubkey, Millis))| {
            venue_now.since(self.signed.get(id).copied().unwrap_or(*since))
        };
        let wanted = |(id, (account, _)): (&FeedId, &(Pubkey, Millis))| WantedFeed {
            id: id.id,
            account: *account,
        };
        SourceReport {
            feeds: followed().map(wanted).collect(),
            offer_age: followed().map(age).max().unwrap_or_default(),
            counts: self.counts.get(&source).copied().unwrap_or_default(),
        }
    }
}

/// Feeds that a market lists of these sources.
pub fn listed_of(market: &Market, sources: Sources) -> impl Iterator<Item = (FeedId, &FeedState)> {
    let listed = market.feeds.iter().take(usize::from(market.feed_count));
    listed.filter_map(move |feed| {
        let source = Source::of(feed.provider).filter(|source| sources.has(*source))?;
        Some((FeedId { source, id: feed.id }, feed))
    })
}

#[cfg(test)]
mod tests;
