//! Our venue in the hands of the compiled program.

use anchor_lang::Discriminator;
use bytemuck::{Pod, bytes_of};
use holdfast_client::holdfast::checks::order::removable;
use holdfast_client::holdfast::events::{OrderExecuted, PositionLiquidated};
use holdfast_client::holdfast::instructions::{OrderRequest, PoolOrder};
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::{ChainHealth, MarginAccount, Market, PoolRequest, Silo};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_risk::market::reading::Quote;
use holdfast_testkit::chain::Chain;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::{ALL, Listing, feed_address, keypair};
use holdfast_testkit::{Trader, Venue, events, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::book::{Book, INSURANCE, LIQUIDITY, Stake};
use super::crowd::Crowd;
use super::hands::{Hands, guard};
use super::pool;
use super::venue::Liquidation;

/// Names of the markets.
const NAMES: [&str; 4] = ["FIRST-PERP", "SECOND-PERP", "THIRD-PERP", "FOURTH-PERP"];

/// Somebody who provides liquidity: who signs, and where tokens, shares and the request are.
struct Staker {
    keypair: Keypair,
    wallet: Pubkey,
    shares: Pubkey,
    request: Pubkey,
}

/// The compiled program on the embedded cluster.
pub struct Elf {
    venue: Venue,
    traders: Vec<(Keypair, Pubkey)>,
    stakers: Vec<Staker>,
    keeper: Pubkey,
    book: Book,
}

impl Clone for Elf {
    fn clone(&self) -> Self {
        let traders = self.traders.iter().map(|(key, account)| (key.insecure_clone(), *account));
        Self {
            venue: self.venue.fork(),
            traders: traders.collect(),
            stakers: self.stakers.iter().map(Staker::again).collect(),
            keeper: self.keeper,
            book: self.book.clone(),
        }
    }
}

impl Elf {
    /// Deploys the program, funds the pools and lets people in; nobody holds a position yet.
    ///
    /// # Errors
    /// What the deployment or the program said.
    pub fn deploy(now_ms: u64, prices: &[u64], crowd: &Crowd) -> Result<Self, String> {
        let listings: Vec<_> = NAMES
            .iter()
            .zip(prices)
            .map(|(name, price)| Listing { name, price: *price, providers: ALL })
            .collect();
        if listings.len() < prices.len() {
            return Err(format!("the compiled program is played with {} markets", NAMES.len()));
        }
        let said = |failure: holdfast_testkit::Failure| failure.message;
        let mut venue = Venue::deploy(now_ms, &listings)?;
        venue.publish(prices).map_err(said)?;
        venue.join_pool(false, LIQUIDITY, prices).map_err(said)?;
        venue.join_pool(true, INSURANCE, prices).map_err(said)?;
        let mut traders = Vec::new();
        for collateral in crowd.funds().collateral {
            let Trader { keypair, account, .. } = venue.trader(collateral).map_err(said)?;
            traders.push((keypair, account));
        }
        let amounts = crowd.providers.iter().map(|provider| provider.amount);
        let stakers: Vec<_> =
            amounts.enumerate().map(|(place, amount)| staker(&mut venue, place, amount)).collect();
        let keeper = venue.trader(0).map_err(said)?.account;
        let accounts = traders.iter().map(|(_, account)| venue.account(account)).collect();
        let book = Book {
            silo: venue.silo_state(),
            health: venue.chain_health(),
            markets: (0..prices.len()).map(|index| venue.market(index)).collect(),
            accounts,
            keeper: venue.account(&keeper),
            stakes: stakers.iter().map(|staker| staker.stake(&venue)).collect(),
        };
        Ok(Self { venue, traders, stakers, keeper, book })
    }

    /// Puts these books in place of the cluster's own, whose money they have to share.
    pub fn replace(&mut self, book: &Book) {
        self.put(self.venue.silo, &book.silo);
        self.put(address::chain_health(), &book.health);
        for (index, market) in book.markets.iter().enumerate() {
            self.put(self.venue.markets[index], market);
        }
        for (index, account) in book.accounts.iter().enumerate() {
            self.put(self.traders[index].1, account);
        }
        self.put(self.keeper, &book.keeper);
        self.book = book.clone();
    }

    fn put<T: Pod + Discriminator>(&mut self, address: Pubkey, state: &T) {
        if let Some(mut account) = self.venue.cluster.get(&address) {
            account.data = [T::DISCRIMINATOR, bytes_of(state)].concat();
            self.venue.cluster.set(address, account);
        }
    }

    fn send(&mut self, instruction: Instruction) -> Option<litesvm::types::TransactionMetadata> {
        self.venue.cluster.send(&[instruction], &[&self.venue.admin]).ok()
    }

    fn account(&self, who: usize) -> Pubkey {
        self.traders[who].1
    }

    fn reload(&mut self, who: Option<usize>, market: Option<usize>) {
        self.book.silo = self.venue.cluster.read::<Silo>(&self.venue.silo);
        if let Some(index) = market {
            self.book.markets[index] =
                self.venue.cluster.read::<Market>(&self.venue.markets[index]);
        }
        if let Some(who) = who {
            let address = self.account(who);
            self.book.accounts[who] = self.venue.cluster.read::<MarginAccount>(&address);
        }
        self.book.keeper = self.venue.cluster.read::<MarginAccount>(&self.keeper);
    }

    fn reload_stake(&mut self, place: usize) {
        self.reload(None, None);
        self.book.stakes[place] = self.stakers[place].stake(&self.venue);
    }

    fn others(&self, who: usize, except: Option<usize>) -> Vec<Pubkey> {
        let open = self.book.accounts[who].open_indices().map(usize::from);
        let others = open.filter(|index| Some(*index) != except);
        others.map(|index| self.venue.markets[index]).collect()
    }
}

fn staker(venue: &mut Venue, place: usize, amount: u64) -> Staker {
    let (keypair, wallet) = venue.person(amount);
    let owner = keypair.pubkey();
    let shares = self::keypair("lab shares", place as u64).pubkey();
    let mint = address::liquidity_mint(&venue.silo);
    tokens::create_token_account(&mut venue.cluster, shares, mint, owner, 0);
    let request = address::pool_request(&venue.silo, &owner, 0);
    Staker { keypair, wallet, shares, request }
}

impl Staker {
    fn again(&self) -> Self {
        Self { keypair: self.keypair.insecure_clone(), ..*self }
    }

    fn stake(&self, venue: &Venue) -> Stake {
        let cluster = &venue.cluster;
        let waits = cluster.get(&self.request).is_some_and(|found| !found.data.is_empty());
        let waiting = waits.then(|| cluster.read::<PoolRequest>(&self.request));
        Stake {
            wallet: tokens::balance(cluster, &self.wallet),
            shares: tokens::balance(cluster, &self.shares),
            request: waiting
                .map(|waiting| pool::request(waiting.leaves != 0, waiting.amount, waiting.due())),
        }
    }
}

impl Hands for Elf {
    fn book(&self) -> &Book {
        &self.book
    }

    fn pass(&mut self, chain: &Chain) {
        self.venue.cluster.show_chain(chain);
    }

    fn refresh(&mut self, _: &Chain, market: usize, quotes: &[Option<Quote>]) -> bool {
        let mut read = Vec::new();
        for (provider, quote) in ALL.iter().zip(quotes) {
            let Some(quote) = quote else { continue };
            let published = Published {
                price: quote.price.0,
                confidence: quote.confidence.0,
                at_ms: quote.published.0,
            };
            self.venue.publish_feed(*provider, market, published);
            read.push(*provider);
        }
        let feeds: Vec<_> =
            read.iter().map(|provider: &Provider| feed_address(*provider, market)).collect();
        let refresh =
            instruction::refresh_market(self.venue.silo, self.venue.markets[market], &feeds);
        let done = self.send(refresh).is_some();
        self.reload(None, Some(market));
        done
    }

    fn observe(&mut self, _: &Chain) -> bool {
        let done = self.send(instruction::observe(&self.venue.markets)).is_some();
        self.book.health = self.venue.cluster.read::<ChainHealth>(&address::chain_health());
        done
    }

    fn flag(&mut self, _: &Chain, who: usize) -> bool {
        let flag = instruction::flag(self.account(who), &self.others(who, None));
        let done = self.send(flag).is_some();
        self.reload(Some(who), None);
        done
    }

    fn liquidate(&mut self, _: &Chain, who: usize, market: usize) -> Option<Liquidation> {
        let liquidate = instruction::liquidate(
            self.venue.silo,
            self.venue.markets[market],
            self.account(who),
            self.keeper,
            &self.others(who, Some(market)),
        );
        let landed = self.send(liquidate);
        self.reload(Some(who), Some(market));
        let event = events::find::<PositionLiquidated>(&landed?)?;
        Some(Liquidation {
            who,
            market,
            price: event.price,
            published_ms: event.published_ms,
            closed: event.closed,
            bad_debt: event.bad_debt,
            insured: event.insured,
            reward: event.reward,
            whole: event.position == 0,
        })
    }

    fn deposit(&mut self, _: &Chain, who: usize, amount: u64) -> bool {
        let (key, account) = (self.traders[who].0.insecure_clone(), self.account(who));
        let wallet = keypair("lab wallet", who as u64).pubkey();
        let owner = key.pubkey();
        let cluster = &mut self.venue.cluster;
        tokens::create_token_account(cluster, wallet, self.venue.mint, owner, amount);
        let deposit = instruction::deposit(owner, wallet, self.venue.silo, account, amount);
        let done = self.venue.cluster.send(&[deposit], &[&key]).is_ok();
        self.reload(Some(who), None);
        done
    }

    fn place(&mut self, _: &Chain, who: usize, market: usize, order: OrderRequest) -> bool {
        let (key, account) = (self.traders[who].0.insecure_clone(), self.account(who));
        let trader = Trader { keypair: key, account, wallet: Pubkey::default() };
        let done = self.venue.place(&trader, market, order).is_ok();
        self.reload(Some(who), None);
        done
    }

    fn execute(&mut self, chain: &Chain, who: usize, market: usize, number: u64) -> Option<u64> {
        let account = self.account(who);
        let seen = guard(&self.book, chain);
        let waiting = *self.book.accounts[who].order_mut(number).expect("the book has the order");
        let (held, known) = (&self.book.accounts[who], &self.book.markets[market]);
        let opens = waiting.reduce_only == 0;
        let sent = if removable(&waiting, held, known, &seen, false).is_ok() {
            let market = self.venue.markets[market];
            let signer = self.venue.admin.pubkey();
            instruction::cancel_order(signer, account, market, number)
        } else {
            instruction::execute_order(
                self.venue.silo,
                self.venue.markets[market],
                account,
                self.keeper,
                number,
                &if opens { self.others(who, Some(market)) } else { Vec::new() },
            )
        };
        let landed = self.send(sent);
        self.reload(Some(who), Some(market));
        events::find::<OrderExecuted>(&landed?).map(|event| event.published_ms)
    }

    fn ask_pool(&mut self, _: &Chain, place: usize, leaves: bool) -> bool {
        let (provider, stake) = (&self.stakers[place], &self.book.stakes[place]);
        let (amount, from, to) = if leaves {
            (stake.shares, provider.shares, provider.wallet)
        } else {
            (stake.wallet, provider.wallet, provider.shares)
        };
        let order = PoolOrder { insurance: false, leaves, amount, least: 1 };
        let owner = provider.keypair.pubkey();
        let asked = instruction::request_pool(owner, self.venue.silo, 0, from, to, order);
        let done = self.venue.cluster.send(&[asked], &[&provider.keypair]).is_ok();
        self.reload_stake(place);
        done
    }

    fn execute_pool(&mut self, _: &Chain, place: usize) -> bool {
        let provider = &self.stakers[place];
        let (owner, silo) = (provider.keypair.pubkey(), self.venue.silo);
        let joins = self.book.stakes[place].request.is_some_and(|request| request.leaves == 0);
        let to = if joins { provider.shares } else { provider.wallet };
        let markets = &self.venue.markets;
        let execute =
            instruction::execute_pool_request(owner, silo, provider.request, to, false, markets);
        let done = self.send(execute).is_some();
        self.reload_stake(place);
        done
    }

    fn return_pool(&mut self, _: &Chain, place: usize) -> bool {
        let provider = &self.stakers[place];
        let joins = self.book.stakes[place].request.is_some_and(|request| request.leaves == 0);
        let to = if joins { provider.wallet } else { provider.shares };
        let (anybody, owner) = (self.venue.admin.pubkey(), provider.keypair.pubkey());
        let back = instruction::return_pool_request(
            anybody,
            owner,
            self.venue.silo,
            provider.request,
            to,
            false,
        );
        let done = self.send(back).is_some();
        self.reload_stake(place);
        done
    }
}
