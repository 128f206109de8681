//! Where an account stands, and what a trade of it touches.

use holdfast_client::holdfast::account_health::Purpose;
use holdfast_risk::account::margin::{Health, Leg, Ratios};
use holdfast_risk::account::trade_context::{TradeContext, Traded};
use holdfast_risk::chain::health::Thresholds;
use holdfast_risk::chain::latency::{exposure, initial_ratio};
use holdfast_risk::chain::policy::Permit;
use holdfast_risk::{Bps, Millis, Ppm, Price, Side};

use super::chain::Chain;
use super::{Outcome, Settings};
use crate::state::{Account, State};

impl State {
    /// An account's standing for a purpose; its market of the instruction at the price given.
    pub(super) fn standing(
        &self,
        account: &Account,
        own: Option<(usize, Price)>,
        chain: &Chain,
        purpose: Purpose,
        settings: &Settings,
    ) -> Outcome<Health> {
        let mut health = Health::new(&account.balances)?;
        for index in account.open() {
            let own_price = own.filter(|(market, _)| *market == index).map(|(_, price)| price);
            let terms = &settings.markets[index];
            let valuation = chain.valuation(&self.markets[index], terms);
            let side = account.positions[index].size.side();
            let worth = match purpose {
                Purpose::Margin(_) => valuation.trader_adverse(side),
                Purpose::Liquidation => valuation.trader_favourable(side),
                Purpose::WriteOff => valuation.trader_best_case(side),
            };
            let mut leg = self.leg(account, index, own_price.unwrap_or(worth), terms.ratios);
            if let Purpose::Margin(permit) = purpose {
                leg.ratios.initial = self.asked_initial(index, chain, permit, settings)?;
            }
            health.add(&leg)?;
        }
        Ok(health)
    }

    /// A position at a price.
    pub fn leg(&self, account: &Account, index: usize, price: Price, ratios: Ratios) -> Leg {
        let (position, accruals) = (account.positions[index], &self.markets[index].accruals);
        let carry = match position.size.side() {
            Side::Long => accruals.carry_long,
            Side::Short => accruals.carry_short,
        };
        Leg { position, price, carry, ratios }
    }

    pub(super) fn volatility(&self, index: usize) -> Ppm {
        self.markets[index].accruals.volatility.per_minute()
    }

    /// Share of notional that opening in a market asks for.
    pub(super) fn asked_initial(
        &self,
        index: usize,
        chain: &Chain,
        permit: Permit,
        settings: &Settings,
    ) -> Outcome<Bps> {
        let terms = &settings.markets[index];
        let wait = exposure(terms.flag_delay, &chain.monitor, &Thresholds::default());
        let (floor, costs) = (terms.ratios.initial, terms.liquidation.penalty);
        let stressed = permit == Permit::Stressed;
        let volatility = self.volatility(index).max(terms.tier_volatility);
        Ok(initial_ratio(floor, costs, volatility, wait, stressed)?)
    }

    pub(super) fn book(&self, account: &Account, index: usize) -> TradeContext {
        let market = &self.markets[index];
        TradeContext {
            position: account.positions[index],
            balances: account.balances,
            others: account.open().any(|open| open != index),
            longs: market.longs,
            shorts: market.shorts,
            carry_long: market.accruals.carry_long,
            carry_short: market.accruals.carry_short,
            ledger: self.ledger,
            open: self.open,
        }
    }

    pub(super) fn take_over(
        &mut self,
        traded: &Traded,
        account: usize,
        index: usize,
        now: Millis,
        settings: &Settings,
    ) -> Outcome {
        let book = &traded.book;
        self.charge(traded, account, index, now, settings)?;
        let market = &mut self.markets[index];
        (market.longs, market.shorts) = (book.longs, book.shorts);
        (self.ledger, self.open) = (book.ledger, book.open);
        let state = self.existing_mut(account)?;
        let before = state.positions[index].size;
        state.positions[index] = book.position;
        let orders = state.orders.iter_mut().flatten().filter(|it| it.market == index);
        orders
            .map(|it| &mut it.order)
            .filter(|order| order.waits_anew(before, book.position.size))
            .for_each(|order| order.earliest = Millis(0));
        state.set_balances(book.balances, now, Millis(settings.silo.maturity_ms))
    }
}
