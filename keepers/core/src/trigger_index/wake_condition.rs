//! Alarms on prices and moments.

use std::collections::BTreeSet;
use std::ops::Bound;

use holdfast_client::Pubkey;
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{MAX_MARKETS, Market};
use holdfast_risk::units::{BPS_ONE, ONE};
use holdfast_risk::{Bps, CarryIndex, Millis, Price, Side};

/// What has to happen before an account has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeCondition {
    /// A market's [`worth`] of a side falls to this (a long's) or rises to it (a short's).
    Margin {
        /// The market's index.
        market: u8,
        /// The side.
        side: Side,
        /// The worth.
        worth: i128,
    },
    /// A market publishes a price at or below this.
    Falls {
        /// The market's index.
        market: u8,
        /// The price.
        to: Price,
    },
    /// A market publishes a price at or above this.
    Rises {
        /// The market's index.
        market: u8,
        /// The price.
        to: Price,
    },
    /// The venue's clock shows this.
    Moment(Millis),
}

/// What a whole base unit of one side adds to equity less maintenance, up to a constant of each
/// position, in 10⁻¹⁰ native units. A long gains it, a short loses it; it contains price, carry and
/// maintenance ratio, so neither price nor funding can move an account's standing around it.
pub fn worth(side: Side, price: Price, carry: CarryIndex, maintenance: Bps) -> i128 {
    let price = i128::from(price.0);
    let carry = i128::from(carry.0) * i128::from(BPS_ONE);
    let (whole, ratio) = (i128::from(BPS_ONE), i128::from(maintenance.0));
    match side {
        Side::Long => (whole - ratio) * price * i128::from(ONE) - carry,
        Side::Short => (whole + ratio) * price * i128::from(ONE) + carry,
    }
}

/// All alarms, in the order in which they go off.
#[derive(Default)]
pub struct Alarms {
    markets: [OfMarket; MAX_MARKETS],
    moments: BTreeSet<(Millis, Pubkey)>,
}

#[derive(Default)]
struct OfMarket {
    longs: BTreeSet<(i128, Pubkey)>,
    shorts: BTreeSet<(i128, Pubkey)>,
    falls: BTreeSet<(Price, Pubkey)>,
    rises: BTreeSet<(Price, Pubkey)>,
}

const FIRST: Pubkey = Pubkey::new_from_array([0; 32]);
const LAST: Pubkey = Pubkey::new_from_array([255; 32]);

impl Alarms {
    /// Sets an account's alarms.
    pub fn set(&mut self, address: Pubkey, alarms: &[WakeCondition]) {
        for alarm in alarms {
            self.change(address, *alarm, true);
        }
    }

    /// Takes an account's alarms away.
    pub fn unset(&mut self, address: Pubkey, alarms: &[WakeCondition]) {
        for alarm in alarms {
            self.change(address, *alarm, false);
        }
    }

    fn change(&mut self, address: Pubkey, alarm: WakeCondition, set: bool) {
        match alarm {
            WakeCondition::Margin { market, side, worth } => {
                let market = self.market_mut(market);
                let sides = match side {
                    Side::Long => &mut market.longs,
                    Side::Short => &mut market.shorts,
                };
                put(sides, (worth, address), set);
            }
            WakeCondition::Falls { market, to } => {
                put(&mut self.market_mut(market).falls, (to, address), set)
            }
            WakeCondition::Rises { market, to } => {
                put(&mut self.market_mut(market).rises, (to, address), set)
            }
            WakeCondition::Moment(moment) => put(&mut self.moments, (moment, address), set),
        }
    }

    fn market_mut(&mut self, market: u8) -> &mut OfMarket {
        &mut self.markets[usize::from(market) % MAX_MARKETS]
    }

    /// Accounts whose alarm goes off as a market stands now, having published the prices after `seen`:
    /// those on margin apart from those on prices. An account stays in the index until it is disarmed.
    pub fn ring(
        &self,
        market: &Market,
        chain: &Chain,
        seen: Millis,
        on_margin: &mut impl Extend<Pubkey>,
        on_prices: &mut impl Extend<Pubkey>,
    ) {
        let own = &self.markets[usize::from(market.index) % MAX_MARKETS];
        let mark = market.valuation(chain.now, chain.monitor.last_disruption);
        let ratio = market.terms.ratios().maintenance;
        let worth = |side| worth(side, mark.trader_favourable(side), market.carry(side), ratio);
        on_margin.extend(from(&own.longs, (worth(Side::Long), FIRST)));
        on_margin.extend(up_to(&own.shorts, (worth(Side::Short), LAST)));
        let recent = market.recent_prices().map(|stored| stored.point);
        let new = recent.take_while(|point| point.published > seen);
        let (mut low, mut high) = (Price(u64::MAX), Price(0));
        for point in new {
            (low, high) = (low.min(point.low), high.max(point.high));
        }
        if low <= high {
            on_prices.extend(from(&own.falls, (low, FIRST)));
            on_prices.extend(up_to(&own.rises, (high, LAST)));
        }
    }

    /// Accounts whose margin alarm goes off next, `count` in each market and on each side.
    pub fn nearest(&self, count: usize, into: &mut impl Extend<Pubkey>) {
        for market in &self.markets {
            into.extend(market.longs.iter().rev().take(count).map(|(_, address)| *address));
            into.extend(market.shorts.iter().take(count).map(|(_, address)| *address));
        }
    }

    /// Accounts whose alarm goes off by `now`.
    pub fn pass(&self, now: Millis, into: &mut impl Extend<Pubkey>) {
        into.extend(up_to(&self.moments, (now, LAST)));
    }
}

fn put<K: Ord>(set: &mut BTreeSet<(K, Pubkey)>, entry: (K, Pubkey), set_it: bool) {
    if set_it {
        set.insert(entry);
    } else {
        set.remove(&entry);
    }
}

fn from<K: Ord + Copy>(
    set: &BTreeSet<(K, Pubkey)>,
    least: (K, Pubkey),
) -> impl Iterator<Item = Pubkey> {
    set.range((Bound::Included(least), Bound::Unbounded)).map(|(_, address)| *address)
}

fn up_to<K: Ord + Copy>(
    set: &BTreeSet<(K, Pubkey)>,
    most: (K, Pubkey),
) -> impl Iterator<Item = Pubkey> {
    set.range((Bound::Unbounded, Bound::Included(most))).map(|(_, address)| *address)
}
