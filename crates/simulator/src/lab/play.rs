//! Playing a scenario under a policy: time passes, prices land, people act, keepers work.

use std::collections::VecDeque;

use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Overflow, Price};
use holdfast_testkit::chain::{Chain, Pace};
use holdfast_testkit::path::Prices;

use super::crowd::Crowd;
use super::hands::whole_seconds;
use super::leaving::Ended;
use super::makers::{Desk, MakerOrder};
use super::providers::Providers;
use super::queue::Class;
use super::scenario::{FaultKind, Scenario, ScenarioFault, Weather};
use super::score::Score;
use super::venue::{CONFIDENCE, FEEDS, Venue};

/// What a transaction takes to land while the chain is well, while it is slow, and after a halt,
/// when everybody's arrive at once: a user's deposit took 17 seconds where bots' liquidations did
/// not.
const LANDS_MS: u64 = 1_000;
const SLUGGISH_MS: u64 = 3_000;
const CROWDED_MS: u64 = 17_000;
/// Life of a blockhash: who does not land sends again after this long.
const RESENDS_MS: u64 = 60_000;
/// Equity below these tenths of the maintenance requirement makes the careful add margin, and the
/// nervous leave.
const TIGHT_TENTHS: i128 = 15;
const TIGHTER_TENTHS: i128 = 12;
/// How often somebody refused asks again.
const ASKS_AGAIN_MS: u64 = 30_000;

/// Something on its way into a block.
#[derive(Clone, Copy, Debug)]
struct Sent {
    who: usize,
    what: What,
    sent_ms: u64,
    takes_ms: u64,
    due_ms: Option<u64>,
    attempt: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    TopUp(u64),
    Leave,
    Quote(MakerOrder),
    /// A stake asks at the pool, to leave when true.
    Pool(bool),
}

impl What {
    /// Whether it is about a stake rather than a margin account.
    const fn is_pool(self) -> bool {
        matches!(self, Self::Pool(_))
    }
}

/// What somebody has decided.
#[derive(Clone, Copy, Debug, Default)]
struct Mind {
    /// Since when it is tight.
    tight_ms: Option<u64>,
    topped: bool,
    leaving: bool,
}

/// How far a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultStage {
    Ahead,
    On,
    Over,
}

/// A scenario being played.
pub struct Play<'a> {
    scenario: &'a Scenario,
    crowd: &'a Crowd,
    path: &'a [Prices],
    seed: u64,
    chain: Chain,
    venue: Box<dyn Venue>,
    minds: Vec<Mind>,
    desk: Desk<'a>,
    providers: Providers<'a>,
    sent: VecDeque<Sent>,
    /// What was true when feeds last published.
    newest: Vec<u64>,
    /// What is true.
    truth: Vec<u64>,
    /// Readings on their way.
    quotes: VecDeque<(u64, Vec<Vec<Option<Quote>>>)>,
    kept_ms: u64,
    /// When something last could land.
    live_ms: u64,
    /// How far each fault is.
    stages: Vec<FaultStage>,
    /// What a fork goes back to.
    fork: Option<(Chain, Box<dyn Venue>)>,
    /// What is counted.
    pub score: Score,
}

impl<'a> Play<'a> {
    /// At the path's first prices.
    pub fn new(
        scenario: &'a Scenario,
        crowd: &'a Crowd,
        path: &'a [Prices],
        seed: u64,
        chain: Chain,
        venue: Box<dyn Venue>,
    ) -> Self {
        let (prices, people) = (&path[0].prices, crowd.people.len());
        let score = Score::new(venue.book(), prices, people);
        Self {
            scenario,
            crowd,
            path,
            seed,
            kept_ms: chain.now_ms(),
            live_ms: chain.now_ms(),
            chain,
            venue,
            minds: vec![Mind::default(); people],
            desk: Desk::new(&crowd.makers, people, prices.len()),
            providers: Providers::new(&crowd.providers, prices),
            sent: VecDeque::new(),
            newest: path[0].prices.clone(),
            truth: path[0].prices.clone(),
            quotes: VecDeque::new(),
            stages: vec![FaultStage::Ahead; scenario.faults.len()],
            fork: None,
            score,
        }
    }

    /// Plays it to the end, and says what it came to and how it ended; `look` sees the venue after every
    /// step.
    ///
    /// # Errors
    /// When an amount does not fit, or `look` objects.
    pub fn run(
        mut self,
        look: &mut dyn FnMut(&Chain, &dyn Venue) -> Result<(), String>,
    ) -> Result<(Score, Ended), String> {
        let fits = |error: Overflow| format!("an amount does not fit: {error:?}");
        for at in self.path {
            self.step(at).map_err(fits)?;
            look(&self.chain, self.venue.as_ref())?;
        }
        let last = &self.path[self.path.len() - 1];
        self.score.end(self.venue.book(), &last.prices, last.at_ms).map_err(fits)?;
        let ended = Ended { chain: self.chain, venue: self.venue, prices: last.prices.clone() };
        Ok((self.score, ended))
    }

    fn begins_ms(&self) -> u64 {
        self.path[0].at_ms
    }

    fn weather(&self) -> Weather {
        let passed = self.chain.now_ms().saturating_sub(self.begins_ms());
        Weather::at(&self.scenario.faults, passed)
    }

    fn step(&mut self, at: &Prices) -> Result<(), Overflow> {
        let mut blocks = 0;
        let mut was = self.weather();
        self.truth.clone_from(&at.prices);
        while self.chain.now_ms() < at.at_ms {
            was = self.weather();
            blocks += self.pass(at.at_ms, &was)?;
        }
        let weather = self.weather();
        let lands = blocks > 0 && !was.votes_only && !weather.stands;
        self.live_ms = if lands { at.at_ms } else { self.live_ms };
        self.decide(&at.prices, at.at_ms)?;
        self.quote_and_provide(&at.prices, at.at_ms)?;
        self.publish(at, &weather);
        if lands {
            self.work(&at.prices, &weather)?;
        }
        let slot_ms = weather.slot_ms.unwrap_or(self.chain.healthy().slot_ms);
        let shown = if was.stands { None } else { Some(slot_ms) };
        let caution = self.venue.caution(&self.chain);
        let live = blocks > 0 && !was.votes_only;
        self.score.moment(at, shown, caution, self.venue.book(), live);
        self.score.quoted(self.venue.book(), &at.prices, self.desk.quoting());
        Ok(())
    }

    /// Lets time pass until `until_ms` or the next change of the weather, and says how many blocks
    /// were made.
    fn pass(&mut self, until_ms: u64, weather: &Weather) -> Result<u64, Overflow> {
        let faults = &self.scenario.faults;
        let (begins, now) = (self.begins_ms(), self.chain.now_ms());
        let span = |fault: &ScenarioFault| {
            let at = begins + fault.at_s * 1_000;
            (at, at + fault.lasts_s * 1_000)
        };
        let corners = faults.iter().flat_map(|fault| <[u64; 2]>::from(span(fault)));
        let next = corners.filter(|corner| *corner > now).min().unwrap_or(u64::MAX);
        for (index, fault) in faults.iter().enumerate() {
            if self.stages[index] == FaultStage::Ahead && span(fault).0 <= now {
                self.stages[index] = FaultStage::On;
                self.begin(fault);
            }
        }
        let ms = until_ms.min(next) - now;
        let mut blocks = 0;
        if weather.stands {
            self.chain.stall(ms);
        } else {
            let nominal = self.chain.healthy().slot_ms;
            let slot_ms = weather.slot_ms.unwrap_or(nominal);
            blocks = self.chain.run(ms, Pace { slot_ms, failing_percent: weather.failing_percent });
        }
        self.venue.pass(&self.chain);
        for (index, fault) in faults.iter().enumerate() {
            if self.stages[index] == FaultStage::On && span(fault).1 <= self.chain.now_ms() {
                self.stages[index] = FaultStage::Over;
                blocks += self.end(fault)?;
            }
        }
        Ok(blocks)
    }

    fn begin(&mut self, fault: &ScenarioFault) {
        self.score.fault_began(self.chain.now_ms());
        match fault.what {
            FaultKind::Nominal { slot_ms } => self.chain.set_nominal(slot_ms),
            FaultKind::Fork => self.fork = Some((self.chain.clone(), self.venue.fork())),
            _ => {}
        }
    }

    /// What ends with a fault: a halt, with the first block after it, or a fork, with all that
    /// landed in it.
    fn end(&mut self, fault: &ScenarioFault) -> Result<u64, Overflow> {
        let now = self.chain.now_ms();
        self.score.fault_ended(now);
        match fault.what {
            FaultKind::Halt { restarts } if !self.weather().stands => {
                if restarts {
                    self.chain.restart();
                }
                self.first_block(fault)
            }
            FaultKind::Fork => {
                let Some((chain, venue)) = self.fork.take() else { return Ok(0) };
                let passed = now - chain.now_ms();
                (self.chain, self.venue) = (chain, venue);
                // The other fork made blocks meanwhile: only ours are gone.
                let pace = self.chain.healthy();
                self.chain.run(passed, pace);
                self.venue.pass(&self.chain);
                self.score.rolled_back(self.venue.book());
                self.resend(now, passed);
                Ok(0)
            }
            _ => Ok(0),
        }
    }

    /// Whoever landed in a fork that vanished sends again, and everybody sees what they hold.
    fn resend(&mut self, now: u64, passed: u64) {
        for (who, mind) in self.minds.iter_mut().enumerate() {
            let recent = mind.tight_ms.is_some_and(|since| since + passed >= now);
            let waits = self.sent.iter().any(|sent| sent.who == who && !sent.what.is_pool());
            if recent && !waits {
                (mind.topped, mind.leaving) = (false, false);
            }
        }
    }

    /// The first block after a halt: prices that bots had sent when it began land and keepers act,
    /// people's transactions come later.
    fn first_block(&mut self, fault: &ScenarioFault) -> Result<u64, Overflow> {
        let pace = self.chain.healthy();
        let made = self.chain.run(pace.slot_ms, pace);
        self.venue.pass(&self.chain);
        let began = self.begins_ms() + fault.at_s * 1_000;
        let quotes = self.quotes_of(&self.newest.clone(), began, &Weather::default());
        self.venue.post(&self.chain, &quotes);
        self.option();
        self.keep(&self.truth.clone())?;
        Ok(made)
    }

    fn quotes_of(&self, prices: &[u64], at_ms: u64, weather: &Weather) -> Vec<Vec<Option<Quote>>> {
        let quote = |price: &u64, rank: usize| {
            let lie = weather.lie_percent.filter(|_| rank == 0);
            let price = lie.map_or(*price, |percent| price * percent / 100);
            let confidence = (price / CONFIDENCE).max(price * weather.unsure_bps / 10_000);
            Some(Quote {
                price: Price(price),
                confidence: Price(confidence),
                published: whole_seconds(at_ms),
            })
        };
        prices.iter().map(|price| (0..FEEDS).map(|rank| quote(price, rank)).collect()).collect()
    }

    /// Feeds publish what is true, and it is on its way.
    fn publish(&mut self, at: &Prices, weather: &Weather) {
        if weather.silent || weather.stands {
            return;
        }
        let published = at.at_ms.saturating_sub(self.chain.healthy().slot_ms);
        let quotes = self.quotes_of(&at.prices, published, weather);
        self.score.published(whole_seconds(published).0, &at.prices);
        self.newest.clone_from(&at.prices);
        self.quotes.push_back((at.at_ms + weather.late_ms, quotes));
    }

    /// There is a block: prices land, then what people sent, and keepers work.
    fn work(&mut self, prices: &[u64], weather: &Weather) -> Result<(), Overflow> {
        let now = self.chain.now_ms();
        while let Some((_, quotes)) = self.quotes.pop_front_if(|(due, _)| *due <= now) {
            self.venue.post(&self.chain, &quotes);
        }
        self.option();
        self.land(weather);
        if now >= self.kept_ms + weather.rpc_lag_ms {
            self.kept_ms = now;
            self.keep(prices)?;
        }
        Ok(())
    }

    /// What a taker who knows the true price could gain now.
    fn option(&mut self) {
        for (market, truth) in self.truth.iter().enumerate() {
            if let Some(known) = self.venue.known_price(&self.chain, market) {
                self.score.option(known, *truth);
            }
        }
    }

    fn keep(&mut self, prices: &[u64]) -> Result<(), Overflow> {
        let before = self.venue.book().clone();
        let done = self.venue.keep(&self.chain);
        for event in &done {
            // What is sent in the same moment races, and no venue can know of it.
            let now = self.chain.now_ms();
            let before_now = |sent: &&Sent| sent.who == event.who && sent.sent_ms < now;
            let crowded = self.sent.iter().filter(before_now).any(|sent| sent.attempt > 0);
            let pending = self.sent.iter().filter(before_now);
            let margin = pending.filter_map(|sent| match sent.what {
                What::TopUp(amount) => Some(amount),
                What::Leave | What::Quote(_) | What::Pool(_) => None,
            });
            let margin = margin.sum();
            self.score.liquidated(event, &before, prices, (margin, crowded), now)?;
        }
        self.score.exits(self.venue.book(), self.chain.now_ms());
        self.score.pool_exits(self.venue.book(), self.chain.now_ms());
        Ok(())
    }

    /// People look at the prices everybody knows of and decide.
    fn decide(&mut self, prices: &[u64], now: u64) -> Result<(), Overflow> {
        let first = self.begins_ms();
        let lasts = self.path[self.path.len() - 1].at_ms - first;
        for (who, person) in self.crowd.people.iter().enumerate() {
            if self.venue.book().accounts[who].open_markets == 0 {
                continue;
            }
            let health = self.venue.book().standing(who, prices)?;
            let line = |tenths: i128| i128::from(health.maintenance.0) * tenths / 10;
            let equity = i128::from(health.equity.0);
            let mind = &mut self.minds[who];
            let tight = equity < line(TIGHT_TENTHS);
            mind.tight_ms = tight.then(|| mind.tight_ms.unwrap_or(now));
            let reacted = mind.tight_ms.is_some_and(|since| now >= since + person.reaction_ms);
            let due = person.leaves.is_some_and(|at| (now - first) * 1_000 >= lasts * at);
            let flees = person.nervous && reacted && equity < line(TIGHTER_TENTHS);
            if (due || flees) && !mind.leaving {
                mind.leaving = true;
                self.score.wants_out(who, now);
                self.send(who, What::Leave);
            } else if person.careful && reacted && !mind.topped && !mind.leaving {
                mind.topped = true;
                self.send(who, What::TopUp(health.maintenance.0));
            }
        }
        Ok(())
    }

    /// Makers and providers of liquidity decide.
    fn quote_and_provide(&mut self, prices: &[u64], now: u64) -> Result<(), Overflow> {
        let first = self.begins_ms();
        let lasts = (self.path[self.path.len() - 1].at_ms - first).max(1);
        // Whoever quotes counts the time in which nothing landed as well.
        let lands_ms = self.takes_ms() + now.saturating_sub(self.live_ms);
        let (book, sent) = (self.venue.book(), &self.sent);
        let is_sending = |who| sent.iter().any(|sent| sent.who == who && !sent.what.is_pool());
        let quotes = self.desk.decide(book, prices, now, lands_ms, is_sending)?;
        let is_asking = |place| sent.iter().any(|sent| sent.who == place && sent.what.is_pool());
        let asks = self.providers.decide(book, prices, (now - first) * 1_000 / lasts, is_asking);
        for (who, quote) in quotes {
            self.send(who, What::Quote(quote));
        }
        for (place, leaves) in asks {
            self.send(place, What::Pool(leaves));
        }
        Ok(())
    }

    /// What a transaction sent now takes to land, once there are blocks.
    fn takes_ms(&self) -> u64 {
        let weather = self.weather();
        let slow = weather.slot_ms.is_some() || weather.failing_percent > 0;
        match () {
            () if weather.stands || weather.votes_only => CROWDED_MS,
            () if slow => SLUGGISH_MS,
            () => LANDS_MS,
        }
    }

    fn send(&mut self, who: usize, what: What) {
        let takes_ms = self.takes_ms();
        let sent_ms = self.chain.now_ms();
        self.sent.push_back(Sent { who, what, sent_ms, takes_ms, due_ms: None, attempt: 0 });
    }

    /// What people sent lands, or is refused, or has to be sent again.
    fn land(&mut self, weather: &Weather) {
        let now = self.chain.now_ms();
        for mut sent in std::mem::take(&mut self.sent) {
            let due = *sent.due_ms.get_or_insert(now + sent.takes_ms);
            if due > now {
                self.sent.push_back(sent);
                continue;
            }
            let lands = self.lands(&sent, weather);
            let taken = lands && self.carry_out(&sent);
            // A quote that came too late is worth nothing.
            let is_over = taken || matches!(sent.what, What::Quote(_));
            if !is_over {
                sent.attempt += 1;
                sent.due_ms = Some(now + if lands { ASKS_AGAIN_MS } else { RESENDS_MS });
                self.sent.push_back(sent);
            }
        }
    }

    fn carry_out(&mut self, sent: &Sent) -> bool {
        let who = sent.who;
        match sent.what {
            What::TopUp(amount) => {
                let taken = self.venue.deposit(&self.chain, who, amount);
                self.score.deposit(taken, amount);
                taken
            }
            What::Leave => {
                let taken = self.venue.ask_exit(&self.chain, who);
                self.score.asked_out(who, taken, sent.sent_ms);
                taken
            }
            What::Quote(order) => self.venue.quote(&self.chain, who, &order),
            What::Pool(leaves) => {
                let taken = self.venue.ask_pool(&self.chain, who, leaves);
                self.score.asked_pool(who, leaves, taken, sent.sent_ms);
                taken
            }
        }
    }

    /// Whether an attempt finds a place in a block: the same for every policy.
    fn lands(&self, sent: &Sent, weather: &Weather) -> bool {
        // Makers and providers send often: each time is drawn anew.
        let (class, serial) = match (sent.what, self.crowd.people.get(sent.who)) {
            (What::Quote(_), _) => (Class::Paying, sent.sent_ms),
            (What::Pool(_), _) => (Class::Plain, sent.sent_ms),
            (_, person) => (person.map_or(Class::Plain, |person| person.class), 0),
        };
        let drawn = [self.seed, sent.who as u64, sent.attempt + serial].iter().fold(
            0x9E37_79B9_7F4A_7C15_u64,
            |hash, part| {
                let mixed = (hash ^ part).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                mixed ^ (mixed >> 29)
            },
        );
        drawn % 100 < class.landing_percent(weather.load_percent)
    }
}
