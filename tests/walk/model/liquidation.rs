//! Flags and liquidations.

use holdfast_client::holdfast::account_health::Purpose;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_risk::account::liquidation::{
    self, LiquidationContext, MarginAssessment, flag_stands, is_liquidatable, is_worth_closing,
    liquidatable_since,
};
use holdfast_risk::account::margin::{Leg, requirement};
use holdfast_risk::chain::health::Thresholds;
use holdfast_risk::chain::landing::has_landed;
use holdfast_risk::chain::policy::{Action as Asked, Permit, permit};
use holdfast_risk::chain::rate_limit::{thaw_left, thaw_spend};
use holdfast_risk::market::belief::closing_price;
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::{Millis, Price, Usd};

use super::chain::Chain;
use super::{Look, Outcome, Refused, Settings, require};
use crate::action::Action;
use crate::state::{Account, State};

/// What a leg can be closed at, and how much of it in a thaw.
struct Closable {
    point: PricePoint,
    /// What is left of the minute's notional; `None` outside a thaw.
    left: Option<Usd>,
    worth_it: bool,
}

impl State {
    pub(super) fn flag(&mut self, account: usize, look: &Look, settings: &Settings) -> Outcome {
        let state = self.existing(account)?;
        let chain = self.guard(look);
        let health = self.standing(state, None, &chain, Purpose::Liquidation, settings)?;
        let clocks = state.open().map(|index| self.markets[index].now(chain.now));
        let now = clocks.max().unwrap_or(chain.now);
        let delays = state.open().map(|index| settings.markets[index].flag_delay);
        let longest = delays.max().unwrap_or(Millis(0));
        require(!flag_stands(state.flagged, now), HoldfastError::AlreadyFlagged)?;
        let known = self.is_known(state, &chain, settings);
        require(known && !health.meets_maintenance(), HoldfastError::AccountSafe)?;
        let state = self.existing_mut(account)?;
        (state.flagged, state.liquidatable) = (now, now.after(longest));
        state.flagged_slot = chain.slot;
        state.shortfall = health.shortfall().0;
        Ok(())
    }

    /// Whether one of an account's markets has a current price.
    fn is_known(&self, account: &Account, chain: &Chain, settings: &Settings) -> bool {
        account.open().any(|index| {
            let (books, terms) = (&self.markets[index], &settings.markets[index]);
            chain.moment(books, terms).is_current(&books.newest_stored())
        })
    }

    /// The newest price after the flag's delay that decides, with what the thaw leaves.
    fn closable(
        &self,
        account: &Account,
        index: usize,
        chain: &Chain,
        settings: &Settings,
    ) -> Outcome<Closable> {
        let (books, terms) = (&self.markets[index], &settings.markets[index]);
        require(chain.is_ready(books), HoldfastError::MarketNotReady)?;
        require(has_landed(account.flagged_slot, chain.slot), HoldfastError::NoPriceYet)?;
        let at = chain.moment(books, terms);
        let earliest = account.liquidatable.min(account.flagged.after(terms.flag_delay));
        require(books.newest().published >= earliest, HoldfastError::NoPriceYet)?;
        let held = account.positions[index].size;
        let mut recent = books.recent.iter().copied();
        let found = closing_price(recent.clone(), earliest, &at, held.side());
        let believed = recent.next().is_some_and(|newest| newest.believed);
        let refusal =
            if believed { HoldfastError::NoPriceYet } else { HoldfastError::PriceOutsideBand };
        let point = found.ok_or(refusal)?;
        let paced = permit(Asked::Liquidate, chain.monitor.state) == Permit::RisingLine;
        let liquidity = self.ledger.liquidity;
        let left = paced.then(|| thaw_left(books.thaw, at.now, liquidity, terms.thaw_pace));
        let left = left.transpose()?;
        let price = point.trader_adverse(held.side());
        let worth_it = is_worth_closing(held.size(), price, left, terms.liquidation);
        Ok(Closable { point, left, worth_it })
    }

    /// The largest requirement among the account's other positions that could be liquidated now, at
    /// their markets' newest prices.
    fn largest_other(
        &self,
        account: &Account,
        index: usize,
        chain: &Chain,
        settings: &Settings,
    ) -> Outcome<Usd> {
        let mut largest = Usd(0);
        for other in account.open().filter(|other| *other != index) {
            if !self.is_usable(account, other, chain, settings) {
                continue;
            }
            let terms = &settings.markets[other];
            let side = account.positions[other].size.side();
            let worth = chain.valuation(&self.markets[other], terms).trader_favourable(side);
            let leg = self.leg(account, other, worth, terms.ratios);
            largest = largest.max(requirement(leg.notional()?, leg.ratios.maintenance)?);
        }
        Ok(largest)
    }

    pub(super) fn liquidate(
        &mut self,
        account: usize,
        market: usize,
        liquidator: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let state = self.existing(account)?;
        self.existing(liquidator)?;
        let chain = self.guard(look);
        let (books, terms) = (&self.markets[market], &settings.markets[market]);
        let now = books.now(chain.now);
        require(flag_stands(state.flagged, now), HoldfastError::NotFlagged)?;
        let side = state.positions[market].size.side();
        require(state.positions[market].size.0 != 0, HoldfastError::NoPosition)?;
        let Closable { point, left, worth_it } = self.closable(state, market, &chain, settings)?;
        let price = chain.valuation(books, terms).liquidation_price(point, side);
        let health =
            self.standing(state, Some((market, price)), &chain, Purpose::Liquidation, settings)?;
        require(!health.meets_maintenance(), HoldfastError::AccountSafe)?;
        let reached = is_liquidatable(&health, &chain.monitor, Thresholds::default().thaw, now);
        require(reached, HoldfastError::ChainNotReady)?;
        require(worth_it, HoldfastError::PaceExhausted)?;
        let leg = self.leg(state, market, point.trader_adverse(side), terms.ratios);
        let largest_other = self.largest_other(state, market, &chain, settings)?;
        require(requirement_at(&leg, price)? >= largest_other, HoldfastError::NotLargestLeg)?;
        let book = self.book(state, market);
        let cover = settings.cover(&self.draws, &state.debts, market, now);
        let (judged, rules) = (MarginAssessment { health, price }, terms.liquidation);
        let from = state.liquidatable.min(state.flagged.after(terms.flag_delay));
        let thaw = Thresholds::default().thaw;
        let due = from.max(liquidatable_since(&health, &chain.monitor, thaw));
        let met = LiquidationContext { due, now, most: left };
        let traded = liquidation::liquidate(&book, &judged, &leg, rules, &cover, met)?;
        if left.is_some() {
            let books = &mut self.markets[market];
            books.thaw = thaw_spend(books.thaw, now, traded.trade.notional)?;
        }
        self.take_over(&traded, account, market, now, settings)?;
        // The account is open for writing already.
        if liquidator == account {
            return Err(Refused::Elsewhere);
        }
        let state = self.existing_mut(account)?;
        let partial = state.positions[market].size.0 != 0 && left.is_none();
        if partial || state.open().count() == 0 {
            state.clear_flag();
        }
        self.existing_mut(liquidator)?.receive(traded.passed_on.keeper.0)
    }
}

impl State {
    /// Actions of which the program has to accept one now, because an account fails: to flag it, or
    /// once that was done to liquidate one of its positions for `liquidator`. None where it is safe or
    /// has to wait: no market of its has a current price, or one that decides, or the chain does not
    /// allow it.
    pub fn remedies(
        &self,
        account: usize,
        liquidator: usize,
        look: &Look,
        settings: &Settings,
    ) -> Vec<Action> {
        let Ok(state) = self.existing(account) else { return Vec::new() };
        let chain = self.guard(look);
        let health = self.standing(state, None, &chain, Purpose::Liquidation, settings);
        let Some(health) = health.ok().filter(|health| !health.meets_maintenance()) else {
            return Vec::new();
        };
        let clocks = state.open().map(|index| self.markets[index].now(chain.now));
        let now = clocks.max().unwrap_or(chain.now);
        if !flag_stands(state.flagged, now) {
            let known = self.is_known(state, &chain, settings);
            return if known { vec![Action::Flag { account }] } else { Vec::new() };
        }
        let reached = is_liquidatable(&health, &chain.monitor, Thresholds::default().thaw, now);
        if !reached || !state.open().any(|index| self.is_usable(state, index, &chain, settings)) {
            return Vec::new();
        }
        let legs = state.open();
        legs.map(|market| Action::Liquidate { account, market, liquidator }).collect()
    }

    /// Whether a leg's newest price decides, was published after the flag's delay, and what a thaw
    /// leaves of the minute is worth a liquidation.
    fn is_usable(
        &self,
        account: &Account,
        index: usize,
        chain: &Chain,
        settings: &Settings,
    ) -> bool {
        let newest = self.markets[index].newest().published;
        let found = self.closable(account, index, chain, settings);
        found.is_ok_and(|it| it.worth_it && it.point.published == newest)
    }
}

/// What a leg asks for maintenance at a price.
fn requirement_at(leg: &Leg, price: Price) -> Outcome<Usd> {
    let valued = Leg { price, ..*leg };
    Ok(requirement(valued.notional()?, leg.ratios.maintenance)?)
}
