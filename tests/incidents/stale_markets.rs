//! Prices of one market, or of one provider, passed off as another's.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::{Pubkey, address, instruction};
use holdfast_testkit::chain::Pace;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::{ALL, LONE, Listing, keypair, market_order, silo_plan};
use holdfast_testkit::{Failure, Trader, Venue, tokens};
use solana_signer::Signer;

use crate::{OLD_EPOCH, refuses};
use holdfast_tests::{PRICE, START_MS};

/// Below maintenance, within the band.
const FALLEN: u64 = PRICE * 91 / 100;
const UNIT: u64 = 1_000_000;

/// Two markets at the same price; the second is the one whose price goes stale.
struct Pair {
    venue: Venue,
    /// Long fifty of the second with a seventh of their worth.
    trader: Trader,
    keeper: Trader,
}

impl Pair {
    fn new(providers: &'static [holdfast_client::holdfast::oracle::Provider]) -> Self {
        let listing = |name| Listing { name, price: PRICE, providers };
        let plan = silo_plan(&[listing("SOL-PERP"), listing("BTC-PERP")]);
        let mut venue = Venue::install_silo(START_MS, plan).unwrap();
        let prices = [PRICE; 2];
        venue.publish(&prices).unwrap();
        venue.join_pool(false, 500_000 * UNIT, &prices).unwrap();
        let keeper = venue.trader(0).unwrap();
        let trader = venue.trader(1_000 * UNIT).unwrap();
        venue.trade(&trader, 1, 50_000_000, &prices).unwrap();
        venue.cluster.vote_time(OLD_EPOCH);
        Self { venue, trader, keeper }
    }

    fn fork(&self) -> Self {
        let copy = |trader: &Trader| Trader {
            keypair: trader.keypair.insecure_clone(),
            account: trader.account,
            wallet: trader.wallet,
        };
        let (trader, keeper) = (copy(&self.trader), copy(&self.keeper));
        Self { venue: self.venue.fork(), trader, keeper }
    }

    /// Only the first market is refreshed, every five seconds for a minute.
    fn refresh_the_other(&mut self) {
        for _ in 0..12 {
            self.venue.cluster.run(5_000, Pace::HEALTHY);
            let published = Published::new(PRICE, self.venue.cluster.now_ms());
            self.venue.publish_one(0, published).unwrap();
            self.venue.observe().unwrap();
        }
    }

    fn flag(&mut self) -> Result<(), Failure> {
        let flag = instruction::flag(self.trader.account, &self.venue.markets[1..]);
        self.venue.cluster.send(&[flag], &[&self.venue.admin]).map(|_| ())
    }

    fn liquidate(&mut self) -> Result<(), Failure> {
        let (silo, market) = (self.venue.silo, self.venue.markets[1]);
        let (account, keeper) = (self.trader.account, self.keeper.account);
        let liquidate = instruction::liquidate(silo, market, account, keeper, &[]);
        self.venue.cluster.send(&[liquidate], &[&self.venue.admin]).map(|_| ())
    }

    fn withdraw(&mut self, amount: u64) -> Result<(), Failure> {
        let Trader { keypair, account, wallet } = &self.trader;
        let (silo, markets) = (self.venue.silo, &self.venue.markets[1..]);
        let withdraw =
            instruction::withdraw(keypair.pubkey(), silo, *account, *wallet, amount, markets);
        self.venue.cluster.send(&[withdraw], &[keypair]).map(|_| ())
    }

    /// Asks to join the pool, and says what executes it.
    fn ask_pool(&mut self) -> impl Fn(&mut Venue) -> Result<(), Failure> + use<> {
        let (owner, wallet) = self.venue.person(10 * UNIT);
        let (key, silo) = (owner.pubkey(), self.venue.silo);
        let shares: Pubkey = keypair("pair shares", 0).pubkey();
        let mint = address::liquidity_mint(&silo);
        tokens::create_token_account(&mut self.venue.cluster, shares, mint, key, 0);
        let order = PoolOrder { insurance: false, leaves: false, amount: 10 * UNIT, least: 1 };
        let request = instruction::request_pool(key, silo, 0, wallet, shares, order);
        self.venue.cluster.send(&[request], &[&owner]).unwrap();
        move |venue| {
            let request = address::pool_request(&silo, &key, 0);
            let markets = venue.markets.clone();
            let execute =
                instruction::execute_pool_request(key, silo, request, shares, false, &markets);
            venue.cluster.send(&[execute], &[&owner]).map(|_| ())
        }
    }
}

/// percolator: one asset's refresh kept the staleness clock of all of them fresh, and six of
/// thirteen instructions did not ask. Here everything that trades in a market waits for a price of
/// its own, while the chain is observed and another market is refreshed all the time.
#[test]
fn whatever_takes_a_price_takes_the_markets_own() {
    let mut pair = Pair::new(LONE);
    // Two prices come before the orders' delay is over.
    let mut slow = pair.venue.market(1);
    slow.terms.execution_delay_ms = 4_000;
    pair.venue.cluster.write(pair.venue.markets[1], &slow);
    let now = pair.venue.cluster.now_ms();
    let account = pair.trader.account;
    let opens = pair.venue.place(&pair.trader, 1, market_order(1_000_000, now)).unwrap();
    let exit = market_order(-1_000_000, now);
    let closes = pair.venue.place(&pair.trader, 1, exit).unwrap();
    let join = pair.ask_pool();
    pair.venue.cluster.run(1_000, Pace::HEALTHY);
    pair.venue.reprice(1, FALLEN).unwrap();
    pair.flag().unwrap();
    pair.refresh_the_other();
    refuses(pair.venue.execute(&account, opens, &account), HoldfastError::NoPriceYet);
    refuses(pair.venue.execute(&account, closes, &account), HoldfastError::NoPriceYet);
    refuses(pair.liquidate(), HoldfastError::NoPriceYet);
    refuses(join(&mut pair.venue), HoldfastError::StalePrice);
    pair.venue.reprice(1, PRICE).unwrap();
    pair.venue.execute(&account, closes, &account).unwrap();
    pair.venue.execute(&account, opens, &account).unwrap();
    refuses(pair.liquidate(), HoldfastError::NotFlagged);
    join(&mut pair.venue).unwrap();
}

/// What only values a position does so at the edge of what the price may have become: against whoever
/// withdraws, and in favour of whoever would be flagged.
#[test]
fn a_stale_price_is_believed_by_nobody() {
    let mut pair = Pair::new(LONE);
    pair.fork().withdraw(100 * UNIT).unwrap();
    pair.refresh_the_other();
    refuses(pair.withdraw(100 * UNIT), HoldfastError::BelowInitialMargin);

    let mut pair = Pair::new(LONE);
    pair.venue.cluster.run(1_000, Pace::HEALTHY);
    pair.venue.reprice(1, FALLEN).unwrap();
    pair.fork().flag().unwrap();
    pair.refresh_the_other();
    refuses(pair.flag(), HoldfastError::AccountSafe);
}

/// marginfi again: a price that walked away slowly enough was never an outlier. Here a provider is
/// compared with the others, not with what it said before, so it may walk as slowly as it likes.
#[test]
fn one_provider_walking_away_little_by_little_convinces_nobody() {
    let mut pair = Pair::new(ALL);
    let mut said = PRICE;
    while said > PRICE * 70 / 100 {
        pair.venue.cluster.run(5_000, Pace::HEALTHY);
        said -= PRICE / 200;
        let now = pair.venue.cluster.now_ms();
        for provider in ALL {
            let price = if *provider == ALL[0] { said } else { PRICE };
            pair.venue.publish_feed(*provider, 1, Published::new(price, now));
        }
        pair.venue.refresh(1, ALL).unwrap();
        pair.venue.observe().unwrap();
        assert_eq!(pair.venue.market(1).newest_price().low.0, PRICE);
        refuses(pair.flag(), HoldfastError::AccountSafe);
    }
}
