//! Two silos with liquidity and prices, and ways to say what must be refused.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};

use anchor_lang::error::ErrorCode;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::{Market, MarketTermsState, Silo, SiloTermsState};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::{SiloPlan, Step, apply, plan, presets};
use holdfast_testkit::venue::{LONE, Listing, Venue, guardians, keypair, silo_plan};
use holdfast_testkit::{Failure, Trader, tokens};
use solana_signer::Signer;

pub const START_MS: u64 = 1_760_000_000_000;
pub const SOL: u64 = 150_000_000;
pub const BTC: u64 = 100_000_000_000;
/// Prices at which nothing happens.
pub const CALM: [u64; 2] = [SOL, BTC];
const LISTINGS: [Listing; 2] = [
    Listing { name: "SOL-PERP", price: SOL, providers: LONE },
    Listing { name: "BTC-PERP", price: BTC, providers: LONE },
];
/// What liquidity providers put into each silo.
pub const LIQUIDITY: u64 = 1_000_000_000_000;
/// What stakers put into each silo's insurance.
pub const INSURANCE: u64 = 100_000_000_000;
/// What the token program says (`spl_token::error::TokenError`).
pub const TOKENS_MISSING: u32 = 1;
pub const TOKEN_MINT_MISMATCH: u32 = 3;
pub const TOKEN_OWNER_MISMATCH: u32 = 4;
/// What the system program says of an account that exists (`SystemError::AccountAlreadyInUse`).
pub const IN_USE: u32 = 0;

thread_local! {
    /// Codes of the program's refusals that this test has asserted.
    pub static SEEN: RefCell<BTreeSet<u32>> = const { RefCell::new(BTreeSet::new()) };
}

/// The venue under test and a second silo beside it, with a mint, markets and people of its own.
pub struct World {
    venue: Venue,
    pub second: Place,
}

/// What a [`Venue`] knows of one silo.
pub struct Place {
    pub silo: Pubkey,
    pub mint: Pubkey,
    pub markets: Vec<Pubkey>,
}

impl Deref for World {
    type Target = Venue;
    fn deref(&self) -> &Venue {
        &self.venue
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Venue {
        &mut self.venue
    }
}

impl World {
    pub fn new() -> Self {
        Self::with(|_, _| ())
    }

    /// With other terms than the presets', the same for all markets.
    pub fn with(change: impl Fn(&mut SiloTermsState, &mut MarketTermsState)) -> Self {
        let mut world = Self::set_up(change);
        world.lock();
        world.provide();
        world.in_second(Self::provide);
        world
    }

    /// Before its lock, with nobody's money in it.
    pub fn set_up(change: impl Fn(&mut SiloTermsState, &mut MarketTermsState)) -> Self {
        let mut first = silo_plan(&LISTINGS);
        let mut terms = first.terms;
        for market in &mut first.markets {
            // Wide, so that a test's crash is believed at once.
            market.terms.band_bps = 5_000;
            change(&mut terms, &mut market.terms);
        }
        first.terms = terms;
        let second = SiloPlan { mint: keypair("mint", 1).pubkey(), ..first.clone() };
        let mut venue = Venue::install_program(START_MS, first.mint).unwrap();
        tokens::create_mint(&mut venue.cluster, second.mint, 6);
        let mint = second.mint;
        let admin = venue.admin.insecure_clone();
        let wanted = venue.deployment(vec![first, second]);
        for step in plan(&mut venue.cluster, &wanted).unwrap() {
            if step != Step::Lock {
                apply(&mut venue.cluster, &admin, &wanted, step).unwrap();
            }
        }
        let markets = |silo: &Pubkey| vec![address::market(silo, 0), address::market(silo, 1)];
        venue.markets = markets(&venue.silo);
        let silo = address::silo(1);
        let guardians = guardians().map(|guardian| guardian.pubkey());
        for person in guardians.iter().chain([&stranger()]) {
            venue.cluster.fund(person, 1_000_000_000_000);
        }
        Self { venue, second: Place { silo, mint, markets: markets(&silo) } }
    }

    /// Ends set-up as migrations do.
    pub fn lock(&mut self) {
        let guardians = guardians().map(|guardian| guardian.pubkey()).to_vec();
        let admin = self.admin.pubkey();
        self.send(instruction::lock_exchange(admin, guardians, presets::timelock(), 2));
    }

    fn provide(&mut self) {
        self.join_pool(false, LIQUIDITY, &CALM).unwrap();
        self.join_pool(true, INSURANCE, &CALM).unwrap();
    }

    /// Does something with the second silo in the first one's place.
    pub fn in_second<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.change_places();
        let done = act(self);
        self.change_places();
        done
    }

    fn change_places(&mut self) {
        std::mem::swap(&mut self.venue.silo, &mut self.second.silo);
        std::mem::swap(&mut self.venue.mint, &mut self.second.mint);
        std::mem::swap(&mut self.venue.markets, &mut self.second.markets);
    }

    /// The same on a fork of the cluster.
    pub fn fork(&self) -> Self {
        let Place { silo, mint, markets } = &self.second;
        let second = Place { silo: *silo, mint: *mint, markets: markets.clone() };
        Self { venue: self.venue.fork(), second }
    }

    /// Sends an instruction as if everyone it names had signed.
    #[track_caller]
    pub fn send(&mut self, instruction: Instruction) {
        let payer = self.admin.pubkey();
        if let Err(failure) = self.cluster.send_unsigned(&[instruction], &payer) {
            panic!("{}", failure.message);
        }
    }

    /// Simulates an instruction that must fail.
    #[track_caller]
    pub fn fails(&self, instruction: &Instruction) -> Failure {
        let payer = self.admin.pubkey();
        let result = self.cluster.simulate(std::slice::from_ref(instruction), &payer);
        result.expect_err("this must be refused")
    }

    /// The program must refuse an instruction with this error.
    #[track_caller]
    pub fn refuses(&self, instruction: &Instruction, error: HoldfastError) {
        let failure = self.fails(instruction);
        let name = error.name();
        let code = u32::from(error);
        assert_eq!(failure.code, Some(code), "not {name}: {}", failure.message);
        SEEN.with_borrow_mut(|seen| seen.insert(code));
    }

    /// The program must refuse an instruction because of this setting, which its log names.
    #[track_caller]
    pub fn refuses_setting(&self, instruction: &Instruction, setting: &str) {
        self.refuses(instruction, HoldfastError::TermsOutOfBounds);
        let named = format!("TermsOutOfBounds: {setting} has to be ");
        let failure = self.fails(instruction);
        assert!(failure.message.contains(&named), "not {setting}: {}", failure.message);
    }

    /// The program must refuse an order because of this argument, which its log names.
    #[track_caller]
    pub fn refuses_argument(&self, instruction: &Instruction, argument: &str) {
        self.refuses(instruction, HoldfastError::InvalidOrder);
        let named = format!("InvalidOrder: {argument} has to be ");
        let failure = self.fails(instruction);
        assert!(failure.message.contains(&named), "not {argument}: {}", failure.message);
    }

    /// Anchor must refuse an instruction with this error.
    #[track_caller]
    pub fn anchor_refuses(&self, instruction: &Instruction, error: ErrorCode) {
        let failure = self.fails(instruction);
        let name = error.name();
        assert!(failure.is(error), "not {name}: {}", failure.message);
    }

    /// The runtime must refuse to borrow an account that is passed twice.
    #[track_caller]
    pub fn refuses_twice(&self, instruction: &Instruction) {
        let failure = self.fails(instruction);
        assert!(failure.message.contains("AccountBorrowFailed"), "{}", failure.message);
    }

    /// Another program must refuse an instruction with this code of its own.
    #[track_caller]
    pub fn other_refuses(&self, instruction: &Instruction, code: u32) {
        let failure = self.fails(instruction);
        assert_eq!(failure.code, Some(code), "{}", failure.message);
    }

    /// Moves on to a time at which every market has a new price.
    #[track_caller]
    pub fn pass_to(&mut self, ms: u64, prices: &[u64; 2]) {
        // Longer than a venue may go unwatched.
        if ms > 60_000 {
            self.watch(ms).unwrap();
        } else {
            self.cluster.pass(ms);
        }
        self.publish(prices).unwrap();
    }

    /// A chain that broke just now, without prices since.
    pub fn break_chain(&mut self) {
        self.cluster.advance(60_000, 1, 1);
    }

    /// Someone with positions at calm prices, `(market, size)` each.
    #[track_caller]
    pub fn trader_with(&mut self, collateral: u64, positions: &[(usize, i64)]) -> Trader {
        let trader = self.trader(collateral).unwrap();
        for (market, delta) in positions {
            self.trade(&trader, *market, *delta, &CALM).unwrap();
        }
        trader
    }

    /// A token account for `owner`.
    pub fn token_account(
        &mut self,
        name: &str,
        mint: Pubkey,
        owner: Pubkey,
        amount: u64,
    ) -> Pubkey {
        let wallet = keypair(name, 7).pubkey();
        tokens::create_token_account(&mut self.cluster, wallet, mint, owner, amount);
        wallet
    }

    /// Writes the silo's account, for states that take long to reach.
    pub fn put(&mut self, silo: &Silo) {
        let address = self.silo;
        self.cluster.write(address, silo);
    }

    /// Writes a market's account, for settings that take days to change.
    pub fn put_market(&mut self, index: usize, market: &Market) {
        let address = self.markets[index];
        self.cluster.write(address, market);
    }

    /// Gives tokens to one of the silo's vaults.
    pub fn give(&mut self, vault: &Pubkey, amount: u64) {
        let (mint, silo, held) = (self.mint, self.silo, self.balance(vault));
        tokens::create_token_account(&mut self.cluster, *vault, mint, silo, held + amount);
    }

    /// Tokens in an account.
    pub fn balance(&self, wallet: &Pubkey) -> u64 {
        tokens::balance(&self.cluster, wallet)
    }
}

/// Someone with lamports and nothing else.
pub fn stranger() -> Pubkey {
    keypair("stranger", 0).pubkey()
}
