//! A venue on the embedded cluster, deployed by the migrations, with people to trade on it.

use std::cell::RefCell;
use std::collections::HashMap;

use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger, PoolOrder};
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::{ChainHealth, MarginAccount, Market, Silo};
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::{Pubkey, address, instruction};
use holdfast_migrations::{Deployment, MarketPlan, SiloPlan, apply, deploy_program, plan, presets};
use solana_keypair::{Keypair, keypair_from_seed};
use solana_signer::Signer;

use crate::cluster::{Cluster, Failure};
use crate::{elf, switchboard, tokens};

/// Lamports everyone starts with.
const LAMPORTS: u64 = 1_000_000_000_000;

/// A market to list: its name and about what one unit costs.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Name.
    pub name: &'static str,
    /// Price, millionths.
    pub price: u64,
    /// Who prices it; more than half have to agree.
    pub providers: &'static [Provider],
}

/// One provider.
pub const LONE: &[Provider] = &[Provider::PythPull];
/// Three providers, two of which have to agree.
pub const ALL: &[Provider] =
    &[Provider::PythPull, Provider::PythPriceAccount, Provider::Switchboard];

/// Someone with a margin account.
pub struct Trader {
    /// Signs.
    pub keypair: Keypair,
    /// The margin account.
    pub account: Pubkey,
    /// Tokens outside the venue.
    pub wallet: Pubkey,
}

/// A deployed venue: one silo with its markets and their feeds.
pub struct Venue {
    /// The cluster it runs on.
    pub cluster: Cluster,
    /// Admin, upgrade authority and payer of keeper transactions.
    pub admin: Keypair,
    /// The silo.
    pub silo: Pubkey,
    /// Its collateral mint.
    pub mint: Pubkey,
    /// Its markets.
    pub markets: Vec<Pubkey>,
    people: u64,
}

/// A keypair that is the same in every run.
pub fn keypair(name: &str, number: u64) -> Keypair {
    let mut seed = [0; 32];
    for (byte, value) in seed.iter_mut().zip(name.bytes()) {
        *byte = value;
    }
    seed[24..].copy_from_slice(&number.to_le_bytes());
    keypair_from_seed(&seed).expect("32 bytes are a seed")
}

/// The guardians of these venues.
pub fn guardians() -> [Keypair; 3] {
    [0, 1, 2].map(|number| keypair("guardian", number))
}

/// Pyth's feed id of a market in these venues.
pub fn feed_id(index: usize) -> [u8; 32] {
    [index as u8 + 1; 32]
}

/// Address of the account a market's updates are posted to.
pub fn feed_account(index: usize) -> Pubkey {
    feed_address(Provider::PythPull, index)
}

/// Address of a provider's feed account for a market.
pub fn feed_address(provider: Provider, index: usize) -> Pubkey {
    thread_local! {
        // Asked for with every price, and a curve's multiplication each time.
        static KNOWN: RefCell<HashMap<(u8, usize), Pubkey>> = RefCell::default();
    }
    let name = match provider {
        Provider::PythPull => "feed",
        Provider::PythPriceAccount => "price account",
        Provider::Switchboard => "switchboard",
        Provider::Stork => "stork",
    };
    let address = || keypair(name, index as u64).pubkey();
    KNOWN.with_borrow_mut(|known| *known.entry((provider as u8, index)).or_insert_with(address))
}

/// What a market lists of that feed.
pub fn feed_source(provider: Provider, index: usize) -> FeedSource {
    let address = feed_address(provider, index);
    let id = match provider {
        Provider::PythPull | Provider::Stork => feed_id(index),
        Provider::PythPriceAccount => address.to_bytes(),
        Provider::Switchboard => switchboard::feed_id(&address, feed_id(index)),
    };
    FeedSource { provider: provider as u8, id }
}

impl Venue {
    /// Deploys the compiled program and the presets' silo with `listings`.
    ///
    /// # Errors
    /// A sentence saying what is missing or went wrong.
    pub fn deploy(now_ms: u64, listings: &[Listing]) -> Result<Self, String> {
        Self::deploy_silo(now_ms, silo_plan(listings))
    }

    /// Deploys the compiled program and a silo.
    ///
    /// # Errors
    /// A sentence saying what is missing or went wrong.
    pub fn deploy_silo(now_ms: u64, silo: SiloPlan) -> Result<Self, String> {
        Self::deploy_program(now_ms, silo.mint)?.with_silos(vec![silo])
    }

    /// As [`Venue::deploy_silo`], but the program is put in place without its deployment.
    ///
    /// # Errors
    /// A sentence saying what is missing or went wrong.
    pub fn install_silo(now_ms: u64, silo: SiloPlan) -> Result<Self, String> {
        Self::install_program(now_ms, silo.mint)?.with_silos(vec![silo])
    }

    /// Makes what the silos' deployment lacks. The first silo is the venue's.
    ///
    /// # Errors
    /// A sentence saying what is missing or went wrong.
    pub fn with_silos(mut self, silos: Vec<SiloPlan>) -> Result<Self, String> {
        let count = silos.first().map_or(0, |silo| silo.markets.len()) as u8;
        let wanted = self.deployment(silos);
        for step in plan(&mut self.cluster, &wanted)? {
            apply(&mut self.cluster, &self.admin, &wanted, step)?;
        }
        self.markets = (0..count).map(|index| address::market(&self.silo, index)).collect();
        Ok(self)
    }

    /// What a migration of these silos wants.
    pub fn deployment(&self, silos: Vec<SiloPlan>) -> Deployment {
        Deployment {
            fee_receiver: self.admin.pubkey(),
            guardians: guardians().map(|guardian| guardian.pubkey()).to_vec(),
            thresholds: presets::thresholds(),
            timelock: presets::timelock(),
            silos,
        }
    }

    /// Deploys the compiled program alone, beside a collateral mint.
    ///
    /// # Errors
    /// A sentence saying what is missing or went wrong.
    pub fn deploy_program(now_ms: u64, mint: Pubkey) -> Result<Self, String> {
        let mut venue = Self::bare(now_ms, mint);
        let program = holdfast_migrations::local_program_keypair()?;
        deploy_program(&mut venue.cluster, &venue.admin, &program, &elf::read()?, |_| {})?;
        venue.cluster.pass(400);
        Ok(venue)
    }

    /// As [`Venue::deploy_program`], but the program is put in place without its deployment.
    ///
    /// # Errors
    /// A sentence saying what is missing or went wrong.
    pub fn install_program(now_ms: u64, mint: Pubkey) -> Result<Self, String> {
        let mut venue = Self::bare(now_ms, mint);
        venue.cluster.install(holdfast_client::holdfast::ID, &venue.admin.pubkey(), &elf::read()?);
        venue.cluster.pass(400);
        Ok(venue)
    }

    /// A cluster with an admin and a collateral mint.
    pub fn bare(now_ms: u64, mint: Pubkey) -> Self {
        let mut cluster = Cluster::new(now_ms);
        let admin = keypair("admin", 0);
        cluster.fund(&admin.pubkey(), LAMPORTS);
        tokens::create_mint(&mut cluster, mint, 6);
        Self { cluster, admin, silo: address::silo(0), mint, markets: Vec::new(), people: 0 }
    }

    /// The same venue on a fork of its cluster: what happens there leaves this one alone.
    pub fn fork(&self) -> Self {
        Self {
            cluster: self.cluster.clone(),
            admin: self.admin.insecure_clone(),
            silo: self.silo,
            mint: self.mint,
            markets: self.markets.clone(),
            people: self.people,
        }
    }

    /// Someone new, with tokens in a wallet but no margin account yet.
    pub fn person(&mut self, tokens: u64) -> (Keypair, Pubkey) {
        self.people += 1;
        let keypair = keypair("person", self.people);
        self.cluster.fund(&keypair.pubkey(), LAMPORTS);
        let wallet = self::keypair("wallet", self.people).pubkey();
        let (mint, owner) = (self.mint, keypair.pubkey());
        tokens::create_token_account(&mut self.cluster, wallet, mint, owner, tokens);
        (keypair, wallet)
    }

    /// Someone new with a margin account holding `collateral`.
    ///
    /// # Errors
    /// What the program said.
    pub fn trader(&mut self, collateral: u64) -> Result<Trader, Failure> {
        let (keypair, wallet) = self.person(collateral);
        let owner = keypair.pubkey();
        let account = address::margin_account(&self.silo, &owner, 0);
        let mut instructions = vec![instruction::open_margin_account(owner, owner, self.silo, 0)];
        if collateral > 0 {
            instructions.push(instruction::deposit(owner, wallet, self.silo, account, collateral));
        }
        self.cluster.send(&instructions, &[&keypair])?;
        Ok(Trader { keypair, account, wallet })
    }

    /// Joins a pool at once: requests, waits out the delay at the same prices, executes.
    ///
    /// # Errors
    /// What the program said.
    pub fn join_pool(
        &mut self,
        insurance: bool,
        amount: u64,
        prices: &[u64],
    ) -> Result<(Keypair, Pubkey), Failure> {
        let (keypair, shares) = self.ask_to_join(insurance, amount)?;
        let owner = keypair.pubkey();
        self.cluster.pass(6_000);
        self.publish(prices)?;
        let request = address::pool_request(&self.silo, &owner, 0);
        let markets = if insurance { &[][..] } else { &self.markets[..] };
        let execute = instruction::execute_pool_request(
            owner, self.silo, request, shares, insurance, markets,
        );
        // As keepers do: what a staker has joined with lies in the liquidity vault.
        let reconcile = instruction::reconcile_vaults(self.silo);
        self.cluster.send(&[execute, reconcile], &[&keypair])?;
        Ok((keypair, shares))
    }

    /// Requests to join a pool: who asks, and where shares will go.
    ///
    /// # Errors
    /// What the program said.
    pub fn ask_to_join(
        &mut self,
        insurance: bool,
        amount: u64,
    ) -> Result<(Keypair, Pubkey), Failure> {
        let (keypair, wallet) = self.person(amount);
        let owner = keypair.pubkey();
        let share_mint = if insurance {
            address::insurance_mint(&self.silo)
        } else {
            address::liquidity_mint(&self.silo)
        };
        let shares = self::keypair("shares", self.people).pubkey();
        tokens::create_token_account(&mut self.cluster, shares, share_mint, owner, 0);
        let order = PoolOrder { insurance, leaves: false, amount, least: 1 };
        let request = instruction::request_pool(owner, self.silo, 0, wallet, shares, order);
        self.cluster.send(&[request], &[&keypair])?;
        Ok((keypair, shares))
    }

    /// Places an order and says its number.
    ///
    /// # Errors
    /// What the program said.
    pub fn place(
        &mut self,
        trader: &Trader,
        market: usize,
        request: OrderRequest,
    ) -> Result<u64, Failure> {
        let number = self.account(&trader.account).next_order;
        let owner = trader.keypair.pubkey();
        let market = self.markets[market];
        let markets = self.markets_of(&trader.account, None);
        let place = instruction::place_order(owner, trader.account, market, request, &markets);
        self.cluster.send(&[place], &[&trader.keypair]).map(|_| number)
    }

    /// Executes a waiting order for `executor`, with the markets it needs.
    ///
    /// # Errors
    /// What the program said.
    pub fn execute(
        &mut self,
        account: &Pubkey,
        number: u64,
        executor: &Pubkey,
    ) -> Result<(), Failure> {
        let state = self.account(account);
        let order = state.orders.iter().find(|order| order.number == number);
        let index = order.map_or(0, |order| order.market);
        let others = self.markets_of(account, Some(index));
        let market = self.markets[usize::from(index)];
        let execute =
            instruction::execute_order(self.silo, market, *account, *executor, number, &others);
        self.cluster.send(&[execute], &[&self.admin]).map(|_| ())
    }

    /// Opens or changes a position at `prices`: places, waits, refreshes and executes.
    ///
    /// # Errors
    /// What the program said.
    pub fn trade(
        &mut self,
        trader: &Trader,
        market: usize,
        delta: i64,
        prices: &[u64],
    ) -> Result<(), Failure> {
        let request = market_order(delta, self.cluster.now_ms());
        let number = self.place(trader, market, request)?;
        self.cluster.pass(3_000);
        self.publish(prices)?;
        self.execute(&trader.account, number, &trader.account)
    }

    /// Addresses of the markets an account has positions in, without `except`, in rising order.
    pub fn markets_of(&self, account: &Pubkey, except: Option<u8>) -> Vec<Pubkey> {
        let state = self.account(account);
        let open = state.open_indices().filter(|index| Some(*index) != except);
        open.map(|index| self.markets[usize::from(index)]).collect()
    }

    /// A margin account.
    pub fn account(&self, address: &Pubkey) -> MarginAccount {
        self.cluster.read(address)
    }

    /// A market's account.
    pub fn market(&self, index: usize) -> Market {
        self.cluster.read(&self.markets[index])
    }

    /// The silo's account.
    pub fn silo_state(&self) -> Silo {
        self.cluster.read(&self.silo)
    }

    /// The chain health account.
    pub fn chain_health(&self) -> ChainHealth {
        self.cluster.read(&address::chain_health())
    }
}

/// A silo with the presets' terms and a market per listing.
pub fn silo_plan(listings: &[Listing]) -> SiloPlan {
    let terms = listings.iter().map(|listing| presets::market(listing.price / 1_000_000));
    let markets = listings.iter().zip(terms).enumerate().map(|(index, (listing, terms))| {
        let feeds = listing.providers.iter().map(|provider| feed_source(*provider, index));
        MarketPlan { name: listing.name.to_owned(), terms, feeds: majority(feeds.collect()) }
    });
    let mint = keypair("mint", 0).pubkey();
    SiloPlan { mint, terms: presets::silo(), markets: markets.collect() }
}

/// Feeds of which more than half have to agree.
pub fn majority(sources: Vec<FeedSource>) -> Feeds {
    let quorum = sources.len() as u8 / 2 + 1;
    Feeds { sources, quorum }
}

/// An order that takes any price within the next hour.
pub fn market_order(delta: i64, now_ms: u64) -> OrderRequest {
    OrderRequest {
        delta,
        limit: if delta > 0 { u64::MAX / 2 } else { 1 },
        trigger: OrderTrigger::Immediate,
        effect: OrderEffect::Open,
        any_price: false,
        expires_ms: now_ms + 3_600_000,
        fee: 0,
    }
}
