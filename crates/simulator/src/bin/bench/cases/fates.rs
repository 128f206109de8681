//! What becomes of an order besides its execution, and a liquidation that nobody can pay for: on a
//! venue of two markets, whose prices go where the other cases do not want them.

use holdfast_client::holdfast::instructions::OrderRequest;
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::venue::{LONE, Listing, market_order};
use holdfast_testkit::{Failure, Trader, Venue, tokens};
use solana_signer::Signer;

use super::{Bench, MARGIN, PRICE, SIZE, START_MS};

/// Whoever bought at the price with the initial margin has less than nothing here.
const BANKRUPT: u64 = 128_000_000;

fn said(failure: Failure) -> String {
    failure.message
}

impl Bench {
    pub(super) fn fates(&mut self) -> Result<(), String> {
        let listings = [Listing { name: "FATE-PERP", price: PRICE, providers: LONE }; 2];
        let whole = std::mem::replace(&mut self.venue, Venue::deploy(START_MS, &listings)?);
        self.venue.publish(&[PRICE; 2]).map_err(said)?;
        for insurance in [false, true] {
            self.venue.join_pool(insurance, 10_000_000_000_000, &[PRICE; 2]).map_err(said)?;
        }
        self.kept()?;
        self.removed()?;
        self.bankrupt()?;
        self.venue = whole;
        Ok(())
    }

    fn holder(&mut self) -> Result<Trader, String> {
        let trader = self.venue.trader(MARGIN).map_err(said)?;
        self.venue.trade(&trader, 0, SIZE, &[PRICE; 2]).map_err(said)?;
        Ok(trader)
    }

    /// Places an order in a market and says how to execute it once its price is there.
    fn decided(
        &mut self,
        trader: &Trader,
        market: usize,
        request: OrderRequest,
        prices: [u64; 2],
    ) -> Result<Instruction, String> {
        let number = self.venue.place(trader, market, request).map_err(said)?;
        self.venue.cluster.pass(3_000);
        self.venue.publish(&prices).map_err(said)?;
        let others = self.venue.markets_of(&trader.account, u8::try_from(market).ok());
        let (silo, market) = (self.venue.silo, self.venue.markets[market]);
        let account = trader.account;
        Ok(instruction::execute_order(silo, market, account, account, number, &others))
    }

    fn kept(&mut self) -> Result<(), String> {
        let trader = self.venue.trader(MARGIN).map_err(said)?;
        let now = self.venue.cluster.now_ms();
        let request = OrderRequest { limit: PRICE / 2, ..market_order(SIZE, now) };
        let executes = self.decided(&trader, 0, request, [PRICE; 2])?;
        self.take_refused("execute_order_kept", &executes)
    }

    fn removed(&mut self) -> Result<(), String> {
        let trader = self.holder()?;
        let (wallet, owner) = (trader.wallet, trader.keypair.pubkey());
        let (mint, silo) = (self.venue.mint, self.venue.silo);
        tokens::create_token_account(&mut self.venue.cluster, wallet, mint, owner, MARGIN);
        let more = instruction::deposit(owner, wallet, silo, trader.account, MARGIN - 4_000_000);
        self.venue.cluster.send(&[more], &[&trader.keypair]).map_err(said)?;
        let request = market_order(SIZE, self.venue.cluster.now_ms());
        let executes = self.decided(&trader, 1, request, [BANKRUPT, PRICE])?;
        self.take("execute_order_removed", executes, &self.keeper())?;
        self.venue.cluster.pass(1_000);
        self.venue.publish(&[PRICE; 2]).map_err(said)
    }

    /// A crash beyond the band, which one feed has to show for five minutes until it is believed.
    fn bankrupt(&mut self) -> Result<(), String> {
        let (trader, keeper) = (self.holder()?, self.venue.trader(0).map_err(said)?);
        for _ in 0..40 {
            self.venue.watch(10_000).map_err(said)?;
            self.venue.publish(&[BANKRUPT, PRICE]).map_err(said)?;
        }
        let market = self.venue.markets[0];
        let flag = instruction::flag(trader.account, &[market]);
        let flagger = self.keeper();
        self.venue.cluster.send(&[flag], &[&flagger]).map_err(said)?;
        self.venue.cluster.pass(4_000);
        self.venue.publish(&[BANKRUPT, PRICE]).map_err(said)?;
        let silo = self.venue.silo;
        let liquidate = instruction::liquidate(silo, market, trader.account, keeper.account, &[]);
        self.take("liquidate_bankrupt", liquidate, &self.keeper())
    }

    /// Sends an instruction that is refused, and notes what it took.
    fn take_refused(&mut self, name: &'static str, refused: &Instruction) -> Result<(), String> {
        let keeper = self.keeper();
        let sent = self.venue.cluster.send(std::slice::from_ref(refused), &[&keeper]);
        let failure = sent.err().ok_or_else(|| format!("{name}: it was not refused"))?;
        let taken = failure.message.lines().rev().find_map(|line| {
            let (_, rest) = line.split_once(" consumed ")?;
            rest.split_once(" of ")?.0.parse().ok()
        });
        let units = taken.ok_or_else(|| format!("{name}: {}", failure.message))?;
        self.measured.units.insert(name, units);
        Ok(())
    }
}
