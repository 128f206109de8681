//! Setting a scenario up, and playing it under each policy.

use holdfast_client::holdfast::state::MonitorState;
use holdfast_risk::Price;
use holdfast_risk::chain::health::Monitor;
use holdfast_risk::market::reading::Quote;
use holdfast_testkit::chain::Chain;
use holdfast_testkit::path::{Bar, Prices, together};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::book::Book;
use super::crowd::Crowd;
use super::elf::Elf;
use super::hands::{Hands, Rules, whole_seconds};
use super::leaving::Ended;
use super::ours::Ours;
use super::peer::Peer;
use super::play::Play;
use super::policies::Policy;
use super::scenario::Scenario;
use super::score::Score;
use super::settings::Settings;
use super::venue::Venue;

/// The slot a chain begins in.
const FIRST_SLOT: u64 = 1_000_000;
/// How long venues have watched when the path begins, and how often they looked.
const WATCHED_MS: u64 = 60_000;
const LOOK_MS: u64 = 6_000;
/// Paths longer than a day get by with fewer looks.
const LONG_PATH_MS: u64 = 86_400_000;
const LONG_STEP_MS: u64 = 15_000;

/// A scenario ready to be played.
pub struct Stage {
    /// What happens.
    pub scenario: Scenario,
    /// Where the random choices come from.
    pub seed: u64,
    crowd: Crowd,
    path: Vec<Prices>,
    chain: Chain,
    book: Book,
}

/// What looks at a venue after every step.
pub type Look<'a> = &'a mut dyn FnMut(&Chain, &dyn Venue) -> Result<(), String>;

impl Stage {
    /// People, prices and books at the beginning.
    ///
    /// # Errors
    /// When there are no prices, or an amount does not fit.
    pub fn set(
        scenario: &Scenario,
        paths: &[Vec<Bar>],
        seed: u64,
        accounts: usize,
        settings: &Settings,
    ) -> Result<Self, String> {
        let bars: Vec<&[Bar]> = paths.iter().map(Vec::as_slice).collect();
        let lasts = bars.iter().filter_map(|bars| Some(bars.last()?.opened_ms - bars[0].opened_ms));
        let long = lasts.max().unwrap_or_default() > LONG_PATH_MS;
        let step = if long { LONG_STEP_MS.max(scenario.step_ms) } else { scenario.step_ms };
        let path = together(&bars, step)?;
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let markets = path[0].prices.len();
        let crowd = Crowd::draw(accounts, markets, &mut random);
        let mut chain = Chain::new(path[0].at_ms - WATCHED_MS, FIRST_SLOT);
        chain.set_nominal(scenario.slot_ms);
        let book = Book::new(&chain, &path[0].prices, &crowd.funds(), settings);
        let mut stage = Self { scenario: scenario.clone(), seed, crowd, path, chain, book };
        stage.begin()?;
        Ok(stage)
    }

    /// Positions are opened, and the venue watches the chain for a while.
    fn begin(&mut self) -> Result<(), String> {
        let mut book = self.book.clone();
        let prices = self.path[0].prices.clone();
        let fits = |error| format!("an amount does not fit: {error:?}");
        book.give_positions(&self.crowd.people, &prices).map_err(fits)?;
        let mut monitor = Monitor::from(&book.health.monitor);
        monitor.baseline_us = u32::try_from(self.scenario.slot_ms * 1_000).unwrap_or(u32::MAX);
        book.health.monitor = MonitorState::from(&monitor);
        let mut rules = Rules(book);
        for _ in 0..WATCHED_MS / LOOK_MS {
            let pace = self.chain.healthy();
            self.chain.run(LOOK_MS, pace);
            let published = whole_seconds(self.chain.now_ms() - pace.slot_ms);
            for (market, price) in prices.iter().enumerate() {
                let quote =
                    Quote { price: Price(*price), confidence: Price(price / 5_000), published };
                rules.refresh(&self.chain, market, &[Some(quote); 3]);
            }
            rules.observe(&self.chain);
        }
        self.chain.vote_time(self.scenario.epoch_slots);
        self.book = rules.0;
        Ok(())
    }

    /// Plays it under a policy.
    ///
    /// # Errors
    /// When an amount does not fit, or `look` objects.
    pub fn play(&self, policy: Policy, look: Look) -> Result<Score, String> {
        self.play_scenario(policy, &self.scenario, look).map(|(score, _)| score)
    }

    /// Plays it under a policy, and has everybody leave from where it ended.
    ///
    /// # Errors
    /// As [`Stage::play`], or who could not leave.
    pub fn play_and_leave(&self, policy: Policy, look: Look) -> Result<Score, String> {
        let (score, ended) = self.play_scenario(policy, &self.scenario, look)?;
        ended.everybody_leaves().map(|()| score)
    }

    fn play_scenario(
        &self,
        policy: Policy,
        scenario: &Scenario,
        look: Look,
    ) -> Result<(Score, Ended), String> {
        let (book, chain) = (self.book.clone(), &self.chain);
        let venue: Box<dyn Venue> = match policy {
            Policy::Holdfast => Box::new(Ours::new(Rules(book))),
            peer => Box::new(Peer::new(peer, book, chain, &self.path[0].prices)),
        };
        self.play_venue(venue, scenario, look)
    }

    fn play_venue(
        &self,
        venue: Box<dyn Venue>,
        scenario: &Scenario,
        look: Look,
    ) -> Result<(Score, Ended), String> {
        let (crowd, path) = (&self.crowd, &self.path);
        Play::new(scenario, crowd, path, self.seed, self.chain.clone(), venue).run(look)
    }

    /// Plays it under a policy and compares with the same prices on a chain that is well.
    ///
    /// # Errors
    /// As [`Stage::play`].
    pub fn compare(&self, policy: Policy, look: Look) -> Result<Score, String> {
        let mut score = self.play(policy, look)?;
        if !self.scenario.faults.is_empty() {
            let live = self.scenario.without_faults();
            let (live, _) = self.play_scenario(policy, &live, &mut |_, _| Ok(()))?;
            score.against_live(&live);
        }
        Ok(score)
    }

    /// Plays ours by the rules and through the compiled program, from the same books: these, with
    /// what only the program has, addresses and layout versions. `rules` and `program` look at the
    /// two after every step; the rules come first.
    ///
    /// # Errors
    /// As [`Stage::play`], or what the deployment said.
    pub fn play_both(&self, rules: Look, program: Look) -> Result<[Score; 2], String> {
        let prices = &self.path[0].prices;
        let mut elf = Elf::deploy(self.chain.now_ms() - WATCHED_MS, prices, &self.crowd)?;
        let mut book = self.book.clone();
        book.adopt(elf.book());
        elf.replace(&book);
        elf.pass(&self.chain);
        let (alone, compiled) = (Ours::new(Rules(book)), Ours::new(elf));
        let (first, _) = self.play_venue(Box::new(alone), &self.scenario, rules)?;
        let (second, _) = self.play_venue(Box::new(compiled), &self.scenario, program)?;
        Ok([first, second])
    }

    /// When the path begins and ends, milliseconds since 1970.
    pub fn span(&self) -> (u64, u64) {
        (self.path[0].at_ms, self.path[self.path.len() - 1].at_ms)
    }

    /// Prices at the beginning, by market.
    pub fn first_prices(&self) -> &[u64] {
        &self.path[0].prices
    }

    /// The books at the beginning.
    pub fn book(&self) -> &Book {
        &self.book
    }
}
