//! What is counted while a scenario plays.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_risk::Overflow;
use holdfast_testkit::path::Prices;
use serde::Serialize;

use super::book::Book;
use super::venue::{Caution, Liquidation};

/// A price further than this from the truth when it was published is not true, hundredths.
const FALSE_PERCENT: u64 = 1;
/// A price older than this is judged by what is true now.
const OLD_MS: u64 = 60_000;
/// Moments a timeline keeps.
const MOMENTS: usize = 240;

/// One look at a venue.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Moment {
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// First market's price, millionths.
    pub price: u64,
    /// What a slot takes; `None` while there are none.
    pub slot_ms: Option<u64>,
    /// How careful the venue is.
    pub caution: Caution,
    /// Liquidations so far.
    pub liquidations: u64,
    /// Bad debt so far, native units.
    pub bad_debt: u64,
}

/// What a scenario came to. Amounts are native units.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Score {
    /// What liquidated accounts could not pay.
    pub bad_debt: u64,
    /// What insurance paid of it.
    pub insured: u64,
    /// Liquidations.
    pub liquidations: u64,
    /// Accounts liquidated.
    pub liquidated: BTreeSet<usize>,
    /// Liquidations of accounts that the margin on its way would have saved, or that met maintenance
    /// at the true price while the one used was not true.
    pub wrongful: u64,
    /// Those among them at true prices, whose margin had been sent and found no place in a block yet.
    pub crowded_out: u64,
    /// Liquidations at prices published before the account failed or the chain was disrupted.
    pub early: u64,
    /// Accounts liquidated here that a live chain with the same prices would have spared.
    pub spared_live: u64,
    /// Accounts liquidated on a live chain that here are deeper in the red than their margin.
    pub missed: u64,
    /// Requests to leave that were refused.
    pub exits_refused: u64,
    /// Requests to leave that were filled.
    pub exits_done: u64,
    /// How long those waited, milliseconds, counted from the first block after they were sent.
    pub exit_waits_ms: Vec<u64>,
    /// Requests still waiting at the end.
    pub exits_waiting: u64,
    /// Top-ups refused.
    pub top_ups_refused: u64,
    /// Collateral added.
    pub added: u64,
    /// From the first block after something went wrong until the venue was more careful.
    pub known_ms: Option<u64>,
    /// From when all was well again until opening was possible.
    pub resumed_ms: Option<u64>,
    /// Result of liquidity and insurance together.
    pub liquidity_result: i128,
    /// Result of everybody who holds positions.
    pub taker_result: i128,
    /// What keepers earned.
    pub rewards: u64,
    /// How long accounts below maintenance waited for their liquidation, milliseconds.
    pub waits_ms: Vec<u64>,
    /// What a taker who knows the true price could gain at most, millionths of the notional.
    pub option_ppm: u64,
    /// Result of makers, what their hedges gained included.
    pub maker_result: i128,
    /// Share of the time in which a maker quotes, millionths.
    pub quoting_ppm: u64,
    /// Result of those who provide liquidity for a while.
    pub provider_result: i128,
    /// Requests to leave the pool that were refused.
    pub pool_exits_refused: u64,
    /// How long those that were executed waited, milliseconds, from when they were sent.
    pub pool_waits_ms: Vec<u64>,
    /// The timeline.
    #[serde(skip)]
    pub course: Vec<Moment>,
    #[serde(skip)]
    track: Track,
}

/// What has to be remembered for that.
#[derive(Clone, Debug, Default)]
struct Track {
    worth: i128,
    began_ms: Option<u64>,
    ended_ms: Option<u64>,
    first_block_ms: Option<u64>,
    cautious: bool,
    wants_out: BTreeMap<usize, (u64, Option<u64>)>,
    below: BTreeMap<usize, u64>,
    truth: BTreeMap<u64, Vec<u64>>,
    rewards_before: u64,
    /// Place of the first maker's account.
    people: usize,
    /// What makers had, and what their hedges gained since.
    maker_margin: i128,
    hedged: i128,
    /// What makers hold, by account and market, and the prices it was held at.
    held: Vec<Vec<i64>>,
    prices: Vec<u64>,
    /// Makers that quoted at a look, and all.
    quotes: (u64, u64),
    /// What providers had.
    staked: i128,
    leaving_pool: BTreeMap<usize, u64>,
}

impl Score {
    /// Nothing has happened yet.
    pub fn new(book: &Book, prices: &[u64], people: usize) -> Self {
        let ledger = &book.silo.ledger;
        let liquidity = book.shown().liquidity_worth(prices).unwrap_or_default();
        let makers = book.accounts.iter().skip(people);
        let track = Track {
            worth: liquidity + i128::from(ledger.insurance) + i128::from(ledger.protocol),
            rewards_before: book.keeper.collateral,
            people,
            maker_margin: makers.map(|account| i128::from(account.collateral)).sum(),
            staked: book.stakes.iter().map(|stake| i128::from(stake.wallet)).sum(),
            ..Track::default()
        };
        Self { track, ..Self::default() }
    }

    /// Something goes wrong.
    pub fn fault_began(&mut self, now: u64) {
        self.track.began_ms.get_or_insert(now);
        self.track.ended_ms = None;
    }

    /// That is over; something else may still be wrong.
    pub fn fault_ended(&mut self, now: u64) {
        self.track.ended_ms = Some(now);
        self.resumed_ms = None;
    }

    /// What was true when feeds published.
    pub fn published(&mut self, at_ms: u64, prices: &[u64]) {
        self.track.truth.insert(at_ms, prices.to_vec());
        while self.track.truth.len() > 200 {
            self.track.truth.pop_first();
        }
    }

    /// Blocks vanished: what was counted in them stays counted, for it happened to people.
    pub fn rolled_back(&mut self, book: &Book) {
        let still = |who: &usize| book.accounts[*who].open_markets != 0;
        self.track.below.retain(|who, _| still(who));
    }

    /// Somebody decides to leave.
    pub fn wants_out(&mut self, who: usize, now: u64) {
        self.track.wants_out.entry(who).or_insert((now, None));
    }

    /// Their request reached the venue.
    pub fn asked_out(&mut self, who: usize, taken: bool, sent_ms: u64) {
        self.exits_refused += u64::from(!taken);
        let entry = self.track.wants_out.entry(who).or_insert((sent_ms, None));
        entry.1.get_or_insert(sent_ms);
    }

    /// Margin reached the venue.
    pub fn deposit(&mut self, taken: bool, amount: u64) {
        self.top_ups_refused += u64::from(!taken);
        self.added += if taken { amount } else { 0 };
    }

    /// Who wanted out and is.
    pub fn exits(&mut self, book: &Book, now: u64) {
        let out = |who: &usize, asked: &mut (u64, Option<u64>)| {
            book.accounts[*who].open_markets == 0 && asked.1.is_some()
        };
        let done: Vec<_> = self.track.wants_out.extract_if(.., out).collect();
        for (who, (since, _)) in done {
            if self.liquidated.contains(&who) {
                continue;
            }
            self.exits_done += 1;
            let first = self.track.first_block_ms.filter(|first| *first > since && *first <= now);
            self.exit_waits_ms.push(now - first.unwrap_or(since));
        }
    }

    /// Judges and books a liquidation; `before` is what the books said, `margin` what its owner had
    /// sent, and whether some of what they sent was `crowded` out of a block.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn liquidated(
        &mut self,
        event: &Liquidation,
        before: &Book,
        prices: &[u64],
        (margin, crowded): (u64, bool),
        now: u64,
    ) -> Result<(), Overflow> {
        let health = before.standing(event.who, prices)?;
        let safe_with = |more: u64| {
            i128::from(health.equity.0) + i128::from(more) >= i128::from(health.maintenance.0)
        };
        let truth = self.track.truth.get(&event.published_ms);
        let truth = truth.and_then(|prices| prices.get(event.market));
        let untrue = |truth: &u64| event.price.abs_diff(*truth) > truth * FALSE_PERCENT / 100;
        let old = now.saturating_sub(event.published_ms) > OLD_MS;
        let false_price = truth.is_none_or(untrue) || old && untrue(&prices[event.market]);
        let saved = margin > 0 && safe_with(margin);
        let at_false_price = false_price && safe_with(0);
        self.wrongful += u64::from(saved || at_false_price);
        self.crowded_out += u64::from(saved && crowded && !at_false_price);
        let failing = self.track.below.get(&event.who);
        let before_fault = self
            .track
            .began_ms
            .is_some_and(|began| event.published_ms <= began && now > began + OLD_MS);
        let before_failing = failing.is_some_and(|since| event.published_ms + OLD_MS < *since);
        self.early += u64::from(before_fault || before_failing);
        self.liquidations += 1;
        self.liquidated.insert(event.who);
        self.bad_debt += event.bad_debt;
        self.insured += event.insured;
        self.rewards += event.reward;
        if let Some(since) = self.track.below.remove(&event.who) {
            self.waits_ms.push(now - since);
        }
        Ok(())
    }

    /// One look, after everything of a step has happened.
    pub fn moment(
        &mut self,
        at: &Prices,
        slot_ms: Option<u64>,
        caution: Caution,
        book: &Book,
        live: bool,
    ) {
        self.course.push(Moment {
            at_ms: at.at_ms,
            price: at.prices[0],
            slot_ms,
            caution,
            liquidations: self.liquidations,
            bad_debt: self.bad_debt,
        });
        for who in 0..book.accounts.len() {
            let Ok(health) = book.standing(who, &at.prices) else { continue };
            if health.meets_maintenance() {
                self.track.below.remove(&who);
            } else {
                self.track.below.entry(who).or_insert(at.at_ms);
            }
        }
        if !live {
            self.track.first_block_ms = None;
            return;
        }
        let Some(began) = self.track.began_ms else { return };
        let first = *self.track.first_block_ms.get_or_insert(at.at_ms.max(began));
        if caution > Caution::Open {
            self.track.cautious = true;
            self.known_ms.get_or_insert(at.at_ms - first);
        }
        let Some(ended) = self.track.ended_ms else { return };
        if caution <= Caution::Careful {
            self.resumed_ms.get_or_insert(at.at_ms.saturating_sub(ended));
        }
    }

    /// Makers at a look: how many quote, of how many, and what the price did to what they had hedged.
    pub fn quoted(&mut self, book: &Book, prices: &[u64], quoting: (u64, u64)) {
        let track = &mut self.track;
        track.quotes = (track.quotes.0 + quoting.0, track.quotes.1 + quoting.1);
        let moves = || prices.iter().zip(&track.prices);
        let gained = |held: &Vec<i64>| {
            let each = held.iter().zip(moves());
            each.map(|(size, (now, then))| {
                -i128::from(*size) * (i128::from(*now) - i128::from(*then)) / 1_000_000
            })
            .sum::<i128>()
        };
        let hedged: i128 = track.held.iter().map(gained).sum();
        track.hedged += hedged;
        let sizes = |account: &MarginAccount| {
            (0..prices.len()).map(|market| account.position(market as u8).size.0).collect()
        };
        track.held = book.accounts.iter().skip(track.people).map(sizes).collect();
        track.prices = prices.to_vec();
    }

    /// A stake's request reached the venue.
    pub fn asked_pool(&mut self, place: usize, leaves: bool, taken: bool, sent_ms: u64) {
        if leaves {
            self.pool_exits_refused += u64::from(!taken);
            self.track.leaving_pool.entry(place).or_insert(sent_ms);
        }
    }

    /// Stakes that asked to leave the pool and have.
    pub fn pool_exits(&mut self, book: &Book, now: u64) {
        let gone = |place: &usize, _: &mut u64| {
            let stake = &book.stakes[*place];
            stake.request.is_none() && stake.shares == 0
        };
        let done = self.track.leaving_pool.extract_if(.., gone);
        self.pool_waits_ms.extend(done.map(|(_, since)| now - since));
    }

    /// A taker who knows the true price could have been filled here.
    pub fn option(&mut self, known: u64, truth: u64) {
        let ppm = known.abs_diff(truth) * 1_000_000 / truth.max(1);
        self.option_ppm = self.option_ppm.max(ppm);
    }

    /// The path is over.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn end(&mut self, book: &Book, prices: &[u64], now: u64) -> Result<(), Overflow> {
        self.exits(book, now);
        self.exits_waiting = self.track.wants_out.len() as u64;
        let ledger = &book.silo.ledger;
        let pool = book.shown().liquidity_worth(prices)?;
        let worth = pool + i128::from(ledger.insurance) + i128::from(ledger.protocol);
        let outside: i128 = book.stakes.iter().map(|stake| i128::from(stake.outside())).sum();
        let shares: i128 = book.stakes.iter().map(|stake| i128::from(stake.inside())).sum();
        let brought = self.track.staked - outside;
        self.liquidity_result = worth - self.track.worth - brought;
        let all = i128::from(book.silo.liquidity_shares).max(1);
        self.provider_result = pool * shares / all - brought;
        self.rewards = book.keeper.collateral - self.track.rewards_before;
        let mut makers = -self.track.maker_margin;
        for who in self.track.people..book.accounts.len() {
            makers += i128::from(book.standing(who, prices)?.equity.0);
        }
        self.maker_result = makers + self.track.hedged;
        self.quoting_ppm = self.track.quotes.0 * 1_000_000 / self.track.quotes.1.max(1);
        self.taker_result = -self.liquidity_result - i128::from(self.rewards) - makers;
        let kept = self.course.len().div_ceil(MOMENTS).max(1);
        let last = self.course.last().copied();
        let course = std::mem::take(&mut self.course);
        self.course = course.into_iter().step_by(kept).chain(last).collect();
        Ok(())
    }

    /// Compares with the same prices on a live chain.
    pub fn against_live(&mut self, live: &Self) {
        self.spared_live = self.liquidated.difference(&live.liquidated).count() as u64;
        self.missed = live.liquidated.difference(&self.liquidated).count() as u64;
    }

    /// The wait that this many exits in a hundred did not exceed, milliseconds.
    pub fn exit_wait_ms(&self, percent: usize) -> Option<u64> {
        percentile(&self.exit_waits_ms, percent)
    }

    /// The wait of a liquidation, likewise.
    pub fn wait_ms(&self, percent: usize) -> Option<u64> {
        percentile(&self.waits_ms, percent)
    }
}

/// A percentile of what was counted.
pub fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let index = (sorted.len() * percent / 100).min(sorted.len().checked_sub(1)?);
    sorted.get(index).copied()
}
