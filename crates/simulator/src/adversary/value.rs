//! What the attacker has, at true prices, and what it is exposed to.
//!
//! Zero exposure: the gain of an attempt is what the attacker has more at its end than at its
//! beginning, less what the market's moves alone gave. For every second that passes, the size the
//! attacker holds at its beginning (both accounts, and the pool's side of everybody's positions by
//! the shares of liquidity it owns) times the move of the true price in that second is taken off.
//! So holding a position earns nothing, in whichever direction the price goes; what is left is
//! price differences to the truth at the moment of trading, fees, shares of the pools, losses that
//! somebody else bore, and rewards.

use holdfast_client::holdfast::state::{MarginAccount, Market, Silo};
use holdfast_client::standing;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::share::Pool;
use holdfast_risk::pool::worth::{self, SideExposure, TradersResult};
use holdfast_risk::{Bps, Overflow, Price, Side, SignedUsd, Usd};
use holdfast_testkit::tokens;

use super::attempt::Attempt;
use super::course::FIRST;

/// What the attacker has.
#[derive(Clone, Copy, Debug)]
pub struct Holdings {
    /// Wallets, accounts and pool shares at true prices, less what closing costs, native units.
    pub worth: i128,
    /// Size held in each market, millionths of a base unit.
    pub exposure: [i128; 2],
}

impl Holdings {
    /// What the attacker has now.
    pub fn read(attempt: &Attempt) -> Self {
        let (silo, markets) = (attempt.venue.silo_state(), attempt.markets());
        let mut held = Self { worth: 0, exposure: [0; 2] };
        for trader in &attempt.cast.attackers {
            held.worth += i128::from(tokens::balance(&attempt.venue.cluster, &trader.wallet));
            held.add_account(attempt, &attempt.account(&trader.account), &markets, &silo);
        }
        for insurance in [false, true] {
            held.add_pool(attempt, &silo, &markets, insurance);
        }
        held
    }

    /// An account is worth its equity at true prices less what closing costs, and never less than
    /// nothing: its owner can leave it behind. Then it has no exposure either.
    fn add_account(
        &mut self,
        attempt: &Attempt,
        state: &MarginAccount,
        markets: &[Market; 2],
        silo: &Silo,
    ) {
        let market = |index: u8| markets.get(usize::from(index));
        let truth = |market: &Market| Price(attempt.truth(usize::from(market.index)));
        let Ok(Some(health)) = standing::health(state, market, truth) else { return };
        let mut worth = i128::from(health.equity.0) + i128::from(state.reserved_fees);
        // Profit is owed by liquidity, which owes no more than it has.
        let unpayable = state.pending_profit.saturating_sub(silo.ledger.liquidity);
        worth -= i128::from(unpayable);
        let mut sizes = [0; 2];
        for (index, market) in markets.iter().enumerate() {
            sizes[index] = i128::from(state.positions[index].size);
            // At the lowest price of any course: it must neither move with the market nor exceed
            // what closing really costs, or closing would be a gain.
            let notional = sizes[index].abs() * i128::from(FIRST[index] / 10 * 9) / 1_000_000;
            let terms = &market.terms;
            let cost = i128::from(terms.taker_fee_bps) * 100 + i128::from(terms.base_spread_ppm);
            worth -= notional * cost / 1_000_000;
        }
        if worth > 0 {
            self.worth += worth;
            self.exposure[0] += sizes[0];
            self.exposure[1] += sizes[1];
        }
    }

    fn add_pool(&mut self, attempt: &Attempt, silo: &Silo, markets: &[Market; 2], insurance: bool) {
        let shares = attempt.cast.shares[usize::from(insurance)];
        let mut shares = tokens::balance(&attempt.venue.cluster, &shares);
        if let Some((_, request)) = attempt.pool_request(insurance) {
            if request.leaves == 0 {
                self.worth += i128::from(request.amount);
            } else {
                shares += request.amount;
            }
        }
        if shares == 0 {
            return;
        }
        let kind = if insurance { PoolKind::Insurance } else { PoolKind::Liquidity };
        let ledger = Ledger::from(&silo.ledger);
        let worth = if insurance {
            worth::insurance(&ledger, true)
        } else {
            liquidity_worth(&ledger, attempt, markets)
        };
        let Ok(worth) = worth else { return };
        let pool = Pool { assets: worth.gain(), shares: silo.shares(kind) };
        let worth = pool.amount_for(shares).unwrap_or(Usd(0));
        self.worth += i128::from(worth.0);
        if insurance {
            return;
        }
        for (index, market) in markets.iter().enumerate() {
            let net = i128::from(market.longs.size) - i128::from(market.shorts.size);
            self.exposure[index] -= net * i128::from(shares) / i128::from(pool.shares.max(1));
        }
    }
}

/// What the liquidity pool is worth at true prices. All that traders would lose counts, whether their
/// margin covers it or not: so the worth moves with the market as the exposure says. Debt counts for
/// nothing.
fn liquidity_worth(
    ledger: &Ledger,
    attempt: &Attempt,
    markets: &[Market; 2],
) -> Result<SignedUsd, Overflow> {
    let mut traders = TradersResult::default();
    for (index, market) in markets.iter().enumerate() {
        let (price, initial) = (Price(attempt.truth(index)), Bps(market.terms.initial_bps));
        for (side, total) in [(Side::Long, &market.longs), (Side::Short, &market.shorts)] {
            let (total, carry) = (SideTotal::from(total), market.carry(side));
            traders.add(&SideExposure { side, total, price, carry, initial })?;
        }
    }
    worth::liquidity(&Ledger { debt: Usd(0), ..*ledger }, &traders, true)
}
