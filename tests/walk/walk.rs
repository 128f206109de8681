//! One step after another: predict, do, compare, check.

use holdfast_client::Pubkey;
use holdfast_risk::chain::health::State as ChainState;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_testkit::Failure;
use holdfast_testkit::feed::Published;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use solana_account::Account;
use solana_signer::Signer;

use crate::action::Action;
use crate::cast::{ACCOUNTS, Cast, Change, FIRST_PROVIDER, REQUESTS};
use crate::check::check_price_time;
use crate::generate::Generator;
use crate::model::{Look, Refused, Settings};
use crate::read;
use crate::state::MARKETS;
use crate::state::State;
use crate::tally::Tally;

/// The first error code of the program's own.
const FIRST_ERROR: u32 = 6_000;

/// How often somebody looks at the venue while nothing else happens.
const WATCHED_EVERY_MS: u64 = 60_000;

/// A walk through one venue.
pub struct Walk {
    seed: u64,
    steps: u32,
    last: String,
    /// The chain.
    pub cast: Cast,
    /// Settings.
    pub settings: Settings,
    /// The chain's state, which is also the model's.
    pub state: State,
    generator: Generator,
    /// Accepted and refused actions.
    pub tally: Tally,
    /// Steps after which somebody owed something.
    pub owing: u32,
    /// How often an account failed and somebody had to be able to act on it.
    pub remedied: u32,
    tokens: u128,
    foreign: Vec<(Pubkey, Account)>,
}

/// Says where a failed walk stood.
impl Drop for Walk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, step {}: {}", self.seed, self.steps, self.last);
        }
    }
}

impl Walk {
    /// A venue where everyone has an account and both pools are filled. Each liquidity provider
    /// owns `liquidity`; `change` makes other settings of the usual ones.
    pub fn new(seed: u64, liquidity: u64, change: Change) -> Self {
        let cast = Cast::new(liquidity, change);
        let markets = cast.markets.iter().map(MarketTerms::from).collect();
        let state = read::state(&cast);
        let mut walk = Self {
            seed,
            steps: 0,
            last: String::new(),
            settings: Settings { markets, silo: cast.silo },
            generator: Generator::new(ChaCha8Rng::seed_from_u64(seed), liquidity / 200),
            tally: Tally::default(),
            owing: 0,
            remedied: 0,
            tokens: state.all_tokens(),
            foreign: snapshot(&cast, &cast.foreign_accounts()),
            cast,
            state,
        };
        walk.settle(liquidity / 400);
        walk
    }

    /// Opens all accounts, each with one more share of collateral, and fills the pools.
    fn settle(&mut self, share: u64) {
        for (account, (person, _)) in ACCOUNTS.into_iter().enumerate() {
            self.must(Action::Open { account });
            let amount = share * (account as u64 + 1);
            self.must(Action::Deposit { person, account, amount });
        }
        for request in (0..REQUESTS.len()).step_by(2) {
            let provider = REQUESTS[request].0;
            let amount = self.state.tokens.wallets[FIRST_PROVIDER + provider] / 10 * 7;
            self.must(Action::Request { request, leaves: false, amount, least: 1 });
        }
        self.wait(self.settings.silo.request_delay_ms + 1_000);
        self.publish_all();
        for request in (0..REQUESTS.len()).step_by(2) {
            self.must(Action::ExecuteRequest { request });
        }
        self.tally = Tally::default();
    }

    /// Plays random actions.
    pub fn play(&mut self, steps: u32) {
        for _ in 0..steps {
            let pause = self.generator.pause(&self.state);
            self.wait(pause);
            if let Some((ms, slots, produced)) = self.generator.trouble() {
                self.cast.venue.cluster.advance(ms, slots, produced);
            }
            let look = Look::at(self.cast.cluster());
            let action = self.generator.action(&self.state, &look, &self.settings);
            let kind = action.kind();
            let accepted = self.step(action).is_ok();
            self.tally.count(kind, accepted);
        }
    }

    /// Lets time pass; somebody watches whenever it is long, or an unwatched venue would be sheltered
    /// for most of a walk.
    fn wait(&mut self, ms: u64) {
        if ms < WATCHED_EVERY_MS {
            return self.pass(ms);
        }
        let mut left = ms;
        while left > 0 {
            let _ = self.step(Action::Observe { with_markets: true });
            let part = left.min(WATCHED_EVERY_MS);
            self.pass(part);
            left -= part;
        }
        let _ = self.step(Action::Observe { with_markets: true });
    }

    /// Lets time pass on a healthy chain, in which a slot takes 400 ms however short the steps are.
    pub fn pass(&mut self, ms: u64) {
        let cluster = &mut self.cast.venue.cluster;
        let slots = (cluster.now_ms() + ms) / 400 - cluster.now_ms() / 400;
        if ms > 0 {
            cluster.advance(ms, slots, slots);
        }
    }

    /// The chain stands still for an hour, longer than the venue's clock leads, and everyone sees it.
    pub fn halt(&mut self) {
        self.publish_all();
        self.cast.venue.cluster.advance(3_600_000, 2, 2);
        self.must(Action::Observe { with_markets: true });
        assert_eq!(self.state.monitor.state, ChainState::Shelter);
    }

    /// Publishes every market's price now, and keeps a sample.
    pub fn publish_all(&mut self) {
        for market in 0..MARKETS {
            // Providers publish whole seconds; the next one is not too far ahead.
            let now =
                self.state.guard(&Look::at(self.cast.cluster())).now.0.next_multiple_of(1_000);
            if now <= self.state.markets[market].published.0 {
                continue;
            }
            let published = Published::new(self.generator.prices[market], now);
            self.must(Action::Refresh { market, feed: market, published, verified: true });
        }
        // Too soon after the last sample is fine: somebody looked.
        let _ = self.step(Action::Observe { with_markets: true });
    }

    /// An action that has to be accepted.
    pub fn must(&mut self, action: Action) {
        let done = self.step(action);
        assert!(done.is_ok(), "refused: {done:?}");
    }

    /// Does an action and checks everything.
    pub fn step(&mut self, action: Action) -> Result<(), Refused> {
        self.steps += 1;
        self.last = format!("{action:?}");
        let look = Look::at(self.cast.cluster());
        let expected = self.state.after(&action, &look, &self.settings);
        let (instruction, signers) = self.cast.build(&action, &self.state);
        let signers: Vec<_> = signers.iter().collect();
        let watched = self.watched();
        let before = snapshot(&self.cast, &watched);
        let landed = self.cast.venue.cluster.send(&[instruction], &signers);
        let seen = read::state(&self.cast);
        match (&landed, &expected) {
            (Ok(landed), Ok(expected)) => {
                same(expected, &seen);
                let last_disruption = self.state.guard(&look).monitor.last_disruption;
                check_price_time(landed, &action, &self.state, last_disruption, &self.settings);
            }
            (Err(failure), Err(refused)) => {
                agree(failure, *refused);
                assert!(before == snapshot(&self.cast, &watched), "a refusal changes nothing");
            }
            (Ok(_), Err(refused)) => panic!("accepted, but should be refused: {refused:?}"),
            (Err(failure), Ok(_)) => panic!("refused, but should be accepted: {}", failure.message),
        }
        seen.check_sums();
        seen.check_unharmed(&self.state, &action, &self.settings);
        seen.check_funding(&self.state, &action, &self.settings);
        assert_eq!(seen.all_tokens(), self.tokens, "no token appears or vanishes");
        let foreign = snapshot(&self.cast, &self.cast.foreign_accounts());
        assert!(foreign == self.foreign, "nothing crosses a silo's wall");
        self.owing += u32::from(seen.ledger.debt.0 > 0);
        self.state = seen;
        self.check_remedies();
        expected.map(|_| ())
    }

    /// Whoever fails can be flagged, or liquidated, now and by anybody, as soon as one of their
    /// markets has a newest price that decides.
    fn check_remedies(&mut self) {
        let look = Look::at(self.cast.cluster());
        for account in 0..ACCOUNTS.len() {
            let exists = |other: &usize| *other != account && self.state.accounts[*other].is_some();
            let Some(liquidator) = (0..ACCOUNTS.len()).find(exists) else { continue };
            let remedies = self.state.remedies(account, liquidator, &look, &self.settings);
            if remedies.is_empty() {
                continue;
            }
            let refused: Vec<_> =
                remedies.iter().map_while(|remedy| self.refusal(remedy)).collect();
            assert!(refused.len() < remedies.len(), "nobody can act on {account}: {refused:#?}");
            self.remedied += 1;
        }
    }

    /// Why the program would refuse an action now.
    fn refusal(&mut self, action: &Action) -> Option<Failure> {
        let (instruction, signers) = self.cast.build(action, &self.state);
        self.cast.venue.cluster.simulate(&[instruction], &signers[0].pubkey()).err()
    }

    /// Everything that an instruction could change.
    fn watched(&self) -> Vec<Pubkey> {
        let cast = &self.cast;
        let wallets: Vec<_> = cast.people.iter().map(|person| person.wallet).collect();
        let venue = [cast.venue.silo, holdfast_client::address::chain_health()];
        let lists = [&venue[..], &cast.venue.markets, &cast.accounts, &cast.requests];
        let tokens = [&wallets[..], &cast.shares, &cast.vaults(), &cast.mints()];
        [lists.concat(), tokens.concat()].concat()
    }
}

fn snapshot(cast: &Cast, of: &[Pubkey]) -> Vec<(Pubkey, Account)> {
    let get = |address: &Pubkey| cast.cluster().get(address).unwrap_or_default();
    of.iter().map(|address| (*address, get(address))).collect()
}

/// The program refused for the reason the model names.
fn agree(failure: &Failure, expected: Refused) {
    let own = failure.code.filter(|code| *code >= FIRST_ERROR);
    let agreed = match expected {
        Refused::Program(code) => own == Some(code),
        Refused::Elsewhere => own.is_none(),
        Refused::Somehow => true,
    };
    assert!(agreed, "should be refused as {expected:?}: {}", failure.message);
}

/// Panics with the lines that differ.
fn same(expected: &State, seen: &State) {
    if expected == seen {
        return;
    }
    let (expected, seen) = (format!("{expected:#?}"), format!("{seen:#?}"));
    let differing = expected.lines().zip(seen.lines()).enumerate().filter(|(_, (a, b))| a != b);
    let lines: Vec<_> =
        differing.map(|(line, (a, b))| format!("{line}: model {a}, program {b}")).collect();
    panic!("the model and the program differ:\n{}", lines.join("\n"));
}
