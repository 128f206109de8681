//! Who takes part: people, accounts, markets, the silo they walk in and the one that must not
//! notice.

use crate::state::MARKETS;

use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::holdfast::state::{MarketTermsState, SiloTermsState};

use holdfast_client::{Pubkey, address};
use holdfast_migrations::{MarketPlan, SiloPlan, apply, plan, presets};
use holdfast_risk::pool::PoolKind;
use holdfast_testkit::venue::{Venue, feed_id, keypair};
use holdfast_testkit::{Cluster, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Their first prices, millionths.
pub const FIRST_PRICES: [u64; MARKETS] = [150_000_000, 100_000_000_000, 40_000];
/// Owner (a person) and number of each margin account.
pub const ACCOUNTS: [(usize, u16); 10] =
    [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (0, 1), (1, 1)];
/// Provider (counted from [`FIRST_PROVIDER`]) and number of each pool request.
pub const REQUESTS: [(usize, u16); 8] =
    [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)];
/// Two liquidity providers and two insurance stakers follow the traders.
pub const FIRST_PROVIDER: usize = 8;
/// How many provide.
pub const PROVIDERS: usize = 4;
/// Sends tokens to vaults for nothing.
pub const DONOR: usize = 12;
/// The exchange's admin, who receives its fees.
pub const ADMIN: usize = 13;
/// Everyone.
pub const PEOPLE: usize = 14;
/// What a person other than a provider begins with, native units.
pub const WEALTH: u64 = 400_000_000_000;
/// What an insurance staker begins with, native units.
pub const STAKE: u64 = 60_000_000_000;

const START_MS: u64 = 1_760_000_000_000;

/// Someone with tokens.
pub struct Person {
    /// Signs.
    pub keypair: Keypair,
    /// Collateral tokens.
    pub wallet: Pubkey,
}

/// What a walk changes of the usual settings, for each market.
pub type Change = fn(&mut SiloTermsState, &mut MarketTermsState);

/// The deployed venue and everyone on it.
pub struct Cast {
    /// Venue with the silo that is walked in.
    pub venue: Venue,
    /// People.
    pub people: Vec<Person>,
    /// Margin accounts.
    pub accounts: Vec<Pubkey>,
    /// Pool requests.
    pub requests: Vec<Pubkey>,
    /// Share token account of each provider.
    pub shares: Vec<Pubkey>,
    /// Settings of the markets.
    pub markets: Vec<MarketTermsState>,
    /// Settings of the silo.
    pub silo: SiloTermsState,
    /// The other silo, its market and an account in it with a position.
    pub foreign: Foreign,
}

/// The second silo.
pub struct Foreign {
    /// Silo.
    pub silo: Pubkey,
    /// Market.
    pub market: Pubkey,
    /// Margin account.
    pub account: Pubkey,
}

/// A provider's pool.
pub const fn pool_of(provider: usize) -> PoolKind {
    if provider < 2 { PoolKind::Liquidity } else { PoolKind::Insurance }
}

impl Cast {
    /// Deploys two silos and gives everyone their tokens. `liquidity` is what each liquidity
    /// provider owns; `change` makes other settings of the usual ones.
    pub fn new(liquidity: u64, change: Change) -> Self {
        let mint = keypair("mint", 0).pubkey();
        let mut venue = Venue::deploy_program(START_MS, mint).unwrap();
        let (mut silo, mut markets) = (silo_terms(), market_terms());
        let foreign = plan_of(mint, silo, &markets[..1]);
        for market in &mut markets {
            change(&mut silo, market);
        }
        let silos = vec![plan_of(mint, silo, &markets), foreign];
        let wanted = venue.deployment(silos);
        for step in plan(&mut venue.cluster, &wanted).unwrap() {
            apply(&mut venue.cluster, &venue.admin, &wanted, step).unwrap();
        }
        let foreign = settle_foreign(&mut venue);
        venue.silo = address::silo(0);
        let of = |index: usize| address::market(&address::silo(0), index as u8);
        venue.markets = (0..MARKETS).map(of).collect();
        let people = gather(&mut venue, liquidity);
        let owner = |person: usize| people[person].keypair.pubkey();
        let accounts = ACCOUNTS
            .map(|(person, number)| address::margin_account(&venue.silo, &owner(person), number));
        let requests = REQUESTS.map(|(provider, number)| {
            address::pool_request(&venue.silo, &owner(FIRST_PROVIDER + provider), number)
        });
        let shares = (0..PROVIDERS).map(|index| share_account(&mut venue, &people, index));
        let shares = shares.collect();
        let (accounts, requests) = (accounts.to_vec(), requests.to_vec());
        Self { venue, people, accounts, requests, shares, markets, silo, foreign }
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.venue.cluster
    }

    /// The silo's vaults.
    pub fn vaults(&self) -> [Pubkey; 2] {
        vaults_of(&self.venue.silo)
    }

    /// The silo's share mints.
    pub fn mints(&self) -> [Pubkey; 2] {
        mints_of(&self.venue.silo)
    }

    /// Accounts of this silo with what takes their place in the other.
    pub fn counterparts(&self) -> Vec<(Pubkey, Pubkey)> {
        let (own, other) = (self.venue.silo, self.foreign.silo);
        let mut pairs = vec![(own, other)];
        pairs.extend(self.vaults().into_iter().zip(vaults_of(&other)));
        pairs.extend(self.mints().into_iter().zip(mints_of(&other)));
        pairs.extend(self.venue.markets.iter().map(|market| (*market, self.foreign.market)));
        pairs.extend(self.accounts.iter().map(|account| (*account, self.foreign.account)));
        pairs
    }

    /// Everything that belongs to the other silo.
    pub fn foreign_accounts(&self) -> Vec<Pubkey> {
        let Foreign { silo, market, account } = self.foreign;
        [
            [silo, market].to_vec(),
            [account].to_vec(),
            vaults_of(&silo).to_vec(),
            mints_of(&silo).to_vec(),
        ]
        .concat()
    }
}

fn vaults_of(silo: &Pubkey) -> [Pubkey; 2] {
    [address::liquidity_vault(silo), address::insurance_vault(silo)]
}

fn mints_of(silo: &Pubkey) -> [Pubkey; 2] {
    [address::liquidity_mint(silo), address::insurance_mint(silo)]
}

/// The presets with an unstaking cooldown that fits into a walk.
fn silo_terms() -> SiloTermsState {
    SiloTermsState { unstake_cooldown_ms: 1_200_000, ..presets::silo() }
}

/// Three markets; the last one's caps are low enough to be met.
fn market_terms() -> Vec<MarketTermsState> {
    let mut markets: Vec<_> =
        FIRST_PRICES.iter().map(|price| presets::market(price / 1_000_000)).collect();
    let worth = |money: u64| money * 1_000_000 / FIRST_PRICES[2] * 1_000_000;
    // Bands that a storm leaves and comes back into.
    for (terms, width) in markets.iter_mut().zip([2_000, 5_000, 5_000]) {
        (terms.band_bps, terms.reference_speed_bps) = (width, 500);
    }
    let small = &mut markets[2];
    (small.smallest, small.depth) = (worth(10), worth(50_000_000));
    (small.full_skew, small.side_cap) = (worth(100_000), worth(300_000));
    markets
}

fn plan_of(mint: Pubkey, terms: SiloTermsState, markets: &[MarketTermsState]) -> SiloPlan {
    let markets = markets.iter().enumerate().map(|(index, terms)| {
        let feed = FeedSource { provider: Provider::PythPull as u8, id: feed_id(index) };
        let feeds = Feeds { sources: vec![feed], quorum: 1 };
        MarketPlan { name: format!("{index}-PERP"), terms: *terms, feeds }
    });
    SiloPlan { mint, terms, markets: markets.collect() }
}

/// Gives the second silo liquidity and a position.
fn settle_foreign(venue: &mut Venue) -> Foreign {
    venue.silo = address::silo(1);
    venue.markets = vec![address::market(&venue.silo, 0)];
    let prices = &FIRST_PRICES[..1];
    venue.publish(prices).unwrap();
    venue.join_pool(false, 1_000_000_000_000, prices).unwrap();
    let trader = venue.trader(10_000_000_000).unwrap();
    venue.trade(&trader, 0, 100_000_000, prices).unwrap();
    Foreign { silo: venue.silo, market: venue.markets[0], account: trader.account }
}

fn gather(venue: &mut Venue, liquidity: u64) -> Vec<Person> {
    let mut people: Vec<_> = (0..ADMIN)
        .map(|index| {
            let tokens = match index {
                8 | 9 => liquidity,
                10 | 11 => STAKE,
                _ => WEALTH,
            };
            let (keypair, wallet) = venue.person(tokens);
            Person { keypair, wallet }
        })
        .collect();
    let (keypair, wallet) = (venue.admin.insecure_clone(), keypair("fees", 0).pubkey());
    let owner = keypair.pubkey();
    tokens::create_token_account(&mut venue.cluster, wallet, venue.mint, owner, 0);
    people.push(Person { keypair, wallet });
    people
}

fn share_account(venue: &mut Venue, people: &[Person], provider: usize) -> Pubkey {
    let address = keypair("provider", provider as u64).pubkey();
    let mint = mints_of(&venue.silo)[crate::state::slot_of(pool_of(provider))];
    let owner = people[FIRST_PROVIDER + provider].keypair.pubkey();
    tokens::create_token_account(&mut venue.cluster, address, mint, owner, 0);
    address
}
