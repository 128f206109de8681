//! An account's positions closed one after another, in any order and any slices.

extern crate std;
use std::vec::Vec;

use super::{Charges, TradeContext};
use crate::account::ledger::{AccountBalances, Ledger};
use crate::account::loss::tests::COVER;
use crate::account::margin::{Health, Leg, Ratios};
use crate::account::position::Position;
use crate::units::{Bps, CarryIndex, Price, Side, SignedSize, SignedUsd, Usd};
use proptest::prelude::*;

const RATIOS: Ratios = Ratios { initial: Bps(1_000), maintenance: Bps(500) };

/// An account and the silo around it.
struct Venue {
    balances: AccountBalances,
    ledger: Ledger,
    legs: Vec<Leg>,
    /// Everything the account could not pay so far.
    bad_debt: u64,
}

impl Venue {
    fn new(collateral: u64, pending: u64, legs: Vec<Leg>) -> Self {
        let balances = AccountBalances {
            collateral: Usd(collateral),
            pending_profit: Usd(pending),
            debt: Usd(0),
        };
        let ledger = Ledger {
            collateral: balances.collateral,
            pending_profit: balances.pending_profit,
            liquidity: Usd(1 << 40),
            insurance: Usd(1 << 30),
            ..Ledger::default()
        };
        Self { balances, ledger, legs, bad_debt: 0 }
    }

    fn equity(&self) -> i64 {
        let mut health = Health::new(&self.balances).unwrap();
        for leg in self.legs.iter().filter(|leg| leg.position.size.0 != 0) {
            health.add(leg).unwrap();
        }
        health.equity.0
    }

    fn deposit(&mut self, amount: u64) {
        self.balances.collateral.0 += amount;
        self.ledger.collateral.0 += amount;
    }

    /// Closes `part` of a leg's size in thousandths; false when there is nothing to close.
    fn close(&mut self, index: usize, part: i64) -> bool {
        let Leg { position, price, carry, .. } = self.legs[index];
        let delta = SignedSize(-(position.size.0 * part / 1_000));
        if delta.0 == 0 {
            return false;
        }
        let others = self.legs.iter().enumerate();
        let others = others.filter(|(at, leg)| *at != index && leg.position.size.0 != 0).count();
        let (balances, ledger) = (self.balances, self.ledger);
        let mut book = TradeContext {
            position,
            balances,
            ledger,
            others: others > 0,
            ..TradeContext::default()
        };
        let none = Position::default();
        book.longs = book.longs.replace(Side::Long, &none, &position).unwrap();
        book.shorts = book.shorts.replace(Side::Short, &none, &position).unwrap();
        (book.carry_long, book.carry_short, book.open) = (carry, carry, position.entry);
        let free = |_: &_, _: SignedUsd| Ok(Charges::default());
        let done = book.trade(delta, price, &COVER, free).unwrap();
        (self.balances, self.ledger) = (done.book.balances, done.book.ledger);
        self.legs[index].position = done.book.position;
        self.bad_debt += done.bad_debt.0;
        true
    }

    /// Plays the closes and then closes what is left; says how many there were.
    fn close_all(&mut self, closes: &[(usize, i64)]) -> i64 {
        let mut count = 0;
        let legs = self.legs.len();
        let rest = (0..legs).map(|index| (index, 1_000));
        for (index, part) in closes.iter().copied().chain(rest) {
            let open = self.legs.iter().any(|leg| leg.position.size.0 != 0);
            assert!(open || self.balances.debt == Usd(0), "only positions keep a debt");
            count += i64::from(self.close(index % legs, part));
        }
        count
    }
}

fn leg(size: i64, entry: u64, price: u64, carry: i64) -> Leg {
    let position = Position { size: SignedSize(size), entry: Usd(entry), carry: CarryIndex(0) };
    Leg { position, price: Price(price), carry: CarryIndex(carry), ratios: RATIOS }
}

/// Which leg, and how many thousandths of it.
fn closes() -> impl Strategy<Value = Vec<(usize, i64)>> {
    proptest::collection::vec((0..4_usize, 1..=1_000_i64), 0..8)
}

proptest! {
    #[test]
    fn in_any_order_an_account_ends_with_its_equity_or_leaves_what_is_missing(
        legs in proptest::collection::vec(
            (1..5_000_000_i64, any::<bool>(), 1..900_000_000_u64, 1..400_000_000_u64, -900_000..900_000_i64),
            1..5,
        ),
        collateral in 0..900_000_000_u64, pending in 0..90_000_000_u64, closes in closes(),
    ) {
        let legs: Vec<Leg> = legs
            .into_iter()
            .map(|(size, short, entry, price, carry)| {
                leg(if short { -size } else { size }, entry, price, carry)
            })
            .collect();
        let mut venue = Venue::new(collateral, pending, legs);
        let (equity, total) = (venue.equity(), venue.ledger.total().unwrap());
        let count = venue.close_all(&closes);
        let owned = venue.balances.owned().unwrap().0;
        prop_assert_eq!(venue.balances.debt, Usd(0));
        // A slice's value and its carry round against the trader, by less than a unit each.
        let left = owned - venue.bad_debt as i64;
        prop_assert!(left <= equity && left >= equity - 2 * count, "{} of {}", left, equity);
        prop_assert!(owned == 0 || venue.bad_debt == 0);
        prop_assert_eq!(venue.ledger.total().unwrap(), total);
        prop_assert_eq!(venue.ledger.collateral, venue.balances.collateral);
        prop_assert_eq!(venue.ledger.pending_profit, venue.balances.pending_profit);
        prop_assert_eq!(venue.ledger.debt, Usd(0));
    }

    #[test]
    fn two_opposite_legs_on_one_price_gain_nothing_wherever_it_goes_and_whoever_is_closed_first(
        size in 1..5_000_000_i64, entered in 1..400_000_000_u64, price in 1..900_000_000_u64,
        collateral in 0..90_000_000_u64, deposited in 0..90_000_000_u64, closes in closes(),
    ) {
        let entry = (size as u64 * entered).div_ceil(1_000_000);
        let legs = [leg(size, entry, price, 0), leg(-size, entry - 1, price, 0)].to_vec();
        let mut venue = Venue::new(collateral, 0, legs);
        venue.close(0, closes.first().map_or(1_000, |first| first.1));
        venue.deposit(deposited);
        venue.close_all(&closes);
        let owned = venue.balances.owned().unwrap().0;
        prop_assert!(owned <= (collateral + deposited) as i64, "gained {owned}");
        prop_assert!(venue.bad_debt <= 20, "forgiven {}", venue.bad_debt);
    }
}
