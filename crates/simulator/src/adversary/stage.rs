//! Where an attack is played: a venue with honest people in it, and what the attacker begins with.

use holdfast_client::holdfast::state::{ChangeKind, MarketTermsState};
use holdfast_client::{Pubkey, address, instruction};
use holdfast_migrations::{SiloPlan, presets};
use holdfast_risk::chain::health::{Monitor, State};
use holdfast_testkit::venue::{ALL, LONE, Listing, feed_address, keypair, silo_plan};
use holdfast_testkit::{Failure, Trader, Venue, tokens};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::course::{FIRST, MEMORY, Shape};
use super::grammar::{Kind, Kinds};

/// When stages open, milliseconds since 1970.
const OPENS_MS: u64 = 1_760_000_000_000;
/// Cash of honest liquidity and insurance, native units.
const LIQUIDITY: u64 = 50_000_000_000_000;
const INSURANCE: u64 = 2_000_000_000_000;
/// What the attacker has for each account, native units.
pub const PURSE: u64 = 3_000_000_000_000;
/// What the straddle's accounts hold in each crowd, native units: the initial margin and what
/// trading costs beside that crowd; and the straddle's size, millionths of a base unit.
const THIN: [u64; 2] = [1_170_000_000_000, 1_270_000_000_000];
const STRADDLE: i64 = 98_000_000_000;
/// Collateral of each honest trader, native units: nobody among them comes near maintenance on any
/// course, so liquidating one is never legitimate income.
const COLLATERAL: u64 = 4_000_000_000_000;
/// Markets of honest traders and their sizes in whole units of money, where both sides are alike and
/// where longs prevail.
const CROWDS: [[(usize, i64); 7]; 2] = [
    [
        (0, 8_000_000),
        (0, -8_000_000),
        (0, 4_000_000),
        (0, -3_000_000),
        (0, -1_000_000),
        (1, 4_000_000),
        (1, -4_000_000),
    ],
    [
        (0, 8_000_000),
        (0, 8_000_000),
        (0, 8_000_000),
        (0, -3_000_000),
        (0, -3_000_000),
        (1, 4_000_000),
        (1, -2_000_000),
    ],
];

/// What the attacker begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stake {
    /// Everything in the wallet, accounts empty.
    Outside,
    /// Everything in the accounts.
    Inside,
    /// A long in one account and as much short in the other, both near the initial margin, and the
    /// rest in the wallet.
    Straddle,
}

/// What a seed draws before it searches.
#[derive(Clone, Copy, Debug)]
pub struct Theatre {
    /// What prices do.
    pub shape: Shape,
    /// Seconds between prices that somebody honest posts; never when `None`.
    pub poster: Option<usize>,
    /// Seconds between rounds of an honest keeper; never when `None`.
    pub keeper: Option<usize>,
    /// Whether longs prevail among honest traders.
    pub long: bool,
    /// What the attacker begins with.
    pub stake: Stake,
    /// What the attacker may do.
    pub kinds: Kinds,
}

impl Theatre {
    /// The theatre a seed draws: kinds of moves are left out at random, so that one easy gain does
    /// not hide the others.
    pub fn draw(random: &mut ChaCha20Rng) -> Self {
        let shape = [Shape::Wander, Shape::Leap, Shape::Edge][random.random_range(0..3)];
        let poster = [Some(1), Some(1), Some(1), Some(10), None][random.random_range(0..5)];
        let keeper = [Some(1), Some(1), Some(1), None][random.random_range(0..4)];
        let long = random.random_bool(0.4);
        let stake = [Stake::Outside, Stake::Inside, Stake::Straddle][random.random_range(0..3)];
        let share = [0.3, 0.5, 0.7][random.random_range(0..3)];
        let mut kinds = 0;
        for bit in 0..12 {
            if random.random_bool(share) {
                kinds |= 1 << bit;
            }
        }
        if stake == Stake::Outside {
            kinds |= Kind::Deposit as u32;
        }
        if kinds & (Kind::Open as u32 | Kind::Pool as u32) == 0 {
            kinds |= Kind::Reduce as u32;
        }
        Self { shape, poster, keeper, long, stake, kinds: Kinds(kinds) }
    }

    /// Whether honest people post and keep every second.
    pub fn is_kept(&self) -> bool {
        self.poster == Some(1) && self.keeper == Some(1)
    }
}

/// Everybody on a stage.
pub struct Cast {
    /// The attacker's accounts and their owners.
    pub attackers: [Trader; 2],
    /// Where shares of liquidity and of insurance go.
    pub shares: [Pubkey; 2],
    /// Margin accounts of honest traders.
    pub honest: Vec<Pubkey>,
    /// The honest keeper's margin account.
    pub keeper: Pubkey,
    /// Where the attacker posts Pyth updates.
    pub posted: Vec<Pubkey>,
    /// Feed accounts of each market, of the providers in their order.
    pub feeds: [Vec<Pubkey>; 2],
    /// Where the attacker's requests at liquidity and at insurance are.
    pub requests: [Pubkey; 2],
}

/// A venue and everybody in it, before the first move.
pub struct Stage {
    /// One venue for each [`Stake`], in their order, for each crowd.
    venues: [[Venue; 3]; 2],
    /// Who is there.
    pub cast: Cast,
    /// What the change that is ready does.
    pub change: ChangeKind,
}

impl Stage {
    /// Deploys the program `elf`, funds the pools and lets honest people in.
    ///
    /// # Errors
    /// A sentence saying what went wrong.
    pub fn open(elf: &[u8]) -> Result<Self, String> {
        let plan = plan();
        let mut venue = Venue::bare(OPENS_MS, plan.mint);
        let authority = venue.admin.pubkey();
        venue.cluster.install(holdfast_client::holdfast::ID, &authority, elf);
        venue.cluster.pass(400);
        let mut venue = venue.with_silos(vec![plan])?;
        let said = |failure: Failure| failure.message;
        let change = prepare_change(&mut venue).map_err(said)?;
        let (mut balanced, mut long) = (venue.fork(), venue);
        let cast = populate(&mut balanced, CROWDS[0]).map_err(said)?;
        populate(&mut long, CROWDS[1]).map_err(said)?;
        let staked = |venue: &Venue, thin: u64| -> Result<[Venue; 3], Failure> {
            Ok([
                fund(venue.fork(), &cast, &[], false)?,
                fund(venue.fork(), &cast, &[PURSE; 2], false)?,
                fund(venue.fork(), &cast, &[thin; 2], true)?,
            ])
        };
        let venues =
            [staked(&balanced, THIN[0]).map_err(said)?, staked(&long, THIN[1]).map_err(said)?];
        Ok(Self { venues, cast, change })
    }

    /// The venue as the attacker finds it.
    pub fn venue(&self, theatre: &Theatre) -> &Venue {
        &self.venues[usize::from(theatre.long)][theatre.stake as usize]
    }
}

/// Funds the pools and lets everybody in.
fn populate(venue: &mut Venue, crowd: [(usize, i64); 7]) -> Result<Cast, Failure> {
    venue.join_pool(false, LIQUIDITY, &FIRST)?;
    venue.join_pool(true, INSURANCE, &FIRST)?;
    let mut honest = Vec::new();
    for (market, worth) in crowd {
        let trader = venue.trader(COLLATERAL)?;
        let price = i64::try_from(FIRST[market] / 1_000_000).unwrap_or(1);
        venue.trade(&trader, market, worth * 1_000_000 / price, &FIRST)?;
        honest.push(trader.account);
    }
    let keeper = venue.trader(0)?.account;
    let attackers = [attacker(venue)?, attacker(venue)?];
    let owner = attackers[0].keypair.pubkey();
    let shares = [false, true].map(|insurance| shares(venue, owner, insurance));
    let posted = (0..16).map(|number| keypair("posted", number).pubkey()).collect();
    let feeds = [0, 1].map(|market| {
        let providers = venue.providers(market).into_iter();
        providers.map(|provider| feed_address(provider, market)).collect()
    });
    let requests = [0, 1].map(|number| address::pool_request(&venue.silo, &owner, number));
    Ok(Cast { attackers, shares, honest, keeper, posted, feeds, requests })
}

/// The presets' silo with one market on a lone Pyth feed and one on three feeds. Nothing is earned
/// by waiting: borrowing and funding are off, so that a gain is never a fair pay for carrying risk.
fn plan() -> SiloPlan {
    let listings = [
        Listing { name: "SOL-PERP", price: FIRST[0], providers: LONE },
        Listing { name: "BTC-PERP", price: FIRST[1], providers: ALL },
    ];
    let mut plan = silo_plan(&listings);
    plan.terms = presets::silo();
    for market in &mut plan.markets {
        market.terms.borrow_ppb = 0;
        market.terms.funding_cap_ppb = 0;
        market.terms.funding_velocity_ppb = 0;
    }
    plan
}

/// Moves money of the attacker inside, opens the straddle, and ends at a whole second with half a
/// minute of quiet prices in the ring.
fn fund(mut venue: Venue, cast: &Cast, inside: &[u64], positions: bool) -> Result<Venue, Failure> {
    for (trader, amount) in cast.attackers.iter().zip(inside) {
        let owner = trader.keypair.pubkey();
        let deposit =
            instruction::deposit(owner, trader.wallet, venue.silo, trader.account, *amount);
        venue.cluster.send(&[deposit], &[&trader.keypair])?;
    }
    if positions {
        let [long, short] = &cast.attackers;
        venue.trade(long, 0, STRADDLE, &FIRST)?;
        venue.trade(short, 0, -STRADDLE, &FIRST)?;
    }
    for _ in 0..MEMORY {
        let rest = 1_000 - venue.cluster.now_ms() % 1_000;
        venue.cluster.pass(rest);
        venue.publish(&FIRST)?;
    }
    Ok(venue)
}

/// Proposes a change of the first market's terms and waits until it is ready and the venue calm.
fn prepare_change(venue: &mut Venue) -> Result<ChangeKind, Failure> {
    venue.publish(&FIRST)?;
    let terms = MarketTermsState { execution_delay_ms: 4_000, ..venue.market(0).terms };
    let change = ChangeKind::MarketTerms { market: venue.markets[0], terms };
    let propose = instruction::propose_change(venue.admin.pubkey(), 0, change.clone());
    venue.cluster.send_unsigned(&[propose], &venue.admin.pubkey())?;
    venue.cluster.pass(presets::timelock().wait_ms);
    loop {
        venue.cluster.pass(30_000);
        venue.publish(&FIRST)?;
        if Monitor::from(&venue.chain_health().monitor).state == State::Normal {
            return Ok(change);
        }
    }
}

/// An empty margin account whose owner has a full purse.
fn attacker(venue: &mut Venue) -> Result<Trader, Failure> {
    let trader = venue.trader(0)?;
    let owner = trader.keypair.pubkey();
    tokens::create_token_account(&mut venue.cluster, trader.wallet, venue.mint, owner, PURSE);
    Ok(trader)
}

/// An empty account for shares of a pool.
fn shares(venue: &mut Venue, owner: Pubkey, insurance: bool) -> Pubkey {
    let mint = if insurance {
        address::insurance_mint(&venue.silo)
    } else {
        address::liquidity_mint(&venue.silo)
    };
    let to: Keypair = keypair("attacker shares", u64::from(insurance));
    tokens::create_token_account(&mut venue.cluster, to.pubkey(), mint, owner, 0);
    to.pubkey()
}
