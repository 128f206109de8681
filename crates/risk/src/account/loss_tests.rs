extern crate std;
use std::vec::Vec;

use super::{ByMarket, Charged, InsuranceDraws, InsuranceTerms, LossCover, MARKETS, debts_after};
use crate::account::ledger::{AccountBalances, Ledger};
use crate::account::write_off::{WriteOffError, write_off};
use crate::math::Overflow;
use crate::units::{Bps, Millis, Usd};
use proptest::prelude::*;

const DAY: u64 = Millis::DAY.0;
const NOTHING: &ByMarket = &[0; MARKETS];
const TERMS: InsuranceTerms = InsuranceTerms { outage_reserve: Bps(2_000), epoch_cap: Bps(5_000) };

/// A trade in market 0 by an account without debt, before anything was drawn.
pub const COVER: LossCover<'static> = LossCover {
    market: 0,
    debts: NOTHING,
    draws: InsuranceDraws { since: Millis(0), start: Usd(0), drawn: NOTHING },
    terms: TERMS,
    now: Millis(1_700_000_000_000),
};

fn by_market(amounts: &[(usize, u64)]) -> ByMarket {
    let mut all = *NOTHING;
    for (market, amount) in amounts {
        all[*market] = *amount;
    }
    all
}

fn going_on<'a>(charged: &'a Charged, now: u64, terms: InsuranceTerms) -> LossCover<'a> {
    let Charged { since, start, drawn, .. } = charged;
    let draws = InsuranceDraws { since: *since, start: *start, drawn };
    LossCover { draws, terms, now: Millis(now), ..COVER }
}

#[test]
fn a_period_ends_after_a_day_and_the_next_is_measured_on_the_fund_then() {
    let debts = by_market(&[(3, 40)]);
    let first = LossCover { now: Millis(5), ..COVER }.charge(&debts, Usd(100)).unwrap();
    let begun = Charged { since: Millis(5), start: Usd(100), drawn: debts, insured: Usd(40) };
    assert_eq!(first, begun);
    let last = going_on(&first, 4 + DAY, TERMS).charge(&debts, Usd(60)).unwrap();
    assert_eq!((last.since, last.start, last.insured), (Millis(5), Usd(100), Usd(10)));
    let next = going_on(&first, 5 + DAY, TERMS).charge(&debts, Usd(60)).unwrap();
    assert_eq!((next.since, next.start, next.insured), (Millis(5 + DAY), Usd(60), Usd(30)));
}

/// Stakers who leave within a period take their part of the reserve along, not the cover of who is left.
#[test]
fn who_leaves_takes_no_cover_along() {
    let first = LossCover { now: Millis(5), ..COVER };
    let first = first.charge(&by_market(&[(3, 100)]), Usd(1_000)).unwrap();
    assert_eq!(first.insured, Usd(100));
    // 800 leave, so that the fund is smaller than a fifth of what it began with: of 200 in all, 100 were
    // drawn, and 40 are the reserve.
    let loss = by_market(&[(4, 500)]);
    let next = going_on(&first, 6, TERMS).charge(&loss, Usd(100)).unwrap();
    assert_eq!((next.start, next.insured), (Usd(1_000), Usd(60)));
    let last = going_on(&next, 7, TERMS).charge(&loss, Usd(40)).unwrap();
    assert_eq!(last.insured, Usd(0), "the reserve stays");
    // Joining enlarges nothing within the period.
    let joined = going_on(&first, 6, TERMS).charge(&by_market(&[(4, 5_000)]), Usd(9_900)).unwrap();
    assert_eq!(joined.insured, Usd(500));
}

#[test]
fn shares_above_everything_are_an_error() {
    let terms = InsuranceTerms { outage_reserve: Bps(2_000), epoch_cap: Bps(u16::MAX) };
    let most = Usd(u64::MAX);
    assert_eq!(LossCover { terms, ..COVER }.charge(NOTHING, most), Err(Overflow));
}

#[test]
fn debt_is_charged_to_the_market_where_it_arose_and_payments_take_the_first() {
    let debts = debts_after(NOTHING, 2, Usd(0), Usd(70)).unwrap();
    assert_eq!(debts, by_market(&[(2, 70)]));
    let debts = debts_after(&debts, 5, Usd(70), Usd(100)).unwrap();
    assert_eq!(debts, by_market(&[(2, 70), (5, 30)]));
    assert_eq!(debts_after(&debts, 5, Usd(100), Usd(20)), Ok(by_market(&[(5, 20)])));
    assert_eq!(debts_after(&debts, 16, Usd(100), Usd(101)), Err(Overflow));
    // Whatever is closed last: the market of the loss pays, as far as its cap goes.
    let cover = LossCover { market: 7, debts: &debts, ..COVER };
    let charged = cover.insure(Usd(100), Usd(101), Usd(100)).unwrap();
    assert_eq!(charged.drawn, by_market(&[(2, 50), (5, 30)]));
    assert_eq!(charged.insured, Usd(80), "the reserve stays");
}

#[test]
fn only_what_nothing_can_cover_is_written_off() {
    let debts = by_market(&[(1, 60), (4, 40)]);
    let cover = LossCover { debts: &debts, ..COVER };
    let ledger = Ledger {
        collateral: Usd(10),
        liquidity: Usd(500),
        insurance: Usd(1_000),
        debt: Usd(107),
        ..Ledger::default()
    };
    let balances = AccountBalances { collateral: Usd(10), pending_profit: Usd(0), debt: Usd(100) };
    let done = write_off(&ledger, balances, Usd(25), &cover).unwrap();
    assert_eq!((done.bad_debt, done.charged.insured), (Usd(65), Usd(65)));
    assert_eq!(done.balances, AccountBalances { debt: Usd(25), ..AccountBalances::default() });
    assert_eq!(done.debts, by_market(&[(4, 25)]));
    assert_eq!(done.charged.drawn, by_market(&[(1, 50), (4, 15)]));
    assert_eq!((done.ledger.debt, done.ledger.collateral), (Usd(32), Usd(0)));
    assert_eq!((done.ledger.liquidity, done.ledger.insurance), (Usd(575), Usd(935)));
    let refused = Err(WriteOffError::Coverable);
    assert_eq!(write_off(&ledger, balances, Usd(90), &cover), refused);
    let paid = AccountBalances { debt: Usd(0), ..balances };
    assert_eq!(write_off(&ledger, paid, Usd(0), &cover), refused);
}

proptest! {
    /// Whatever the order and whoever closes where.
    #[test]
    fn no_day_takes_the_reserve_and_no_market_more_than_its_cap(
        losses in proptest::collection::vec(
            (0..MARKETS, 0..2_000_u64, 0..500_u64, 0..300_u64, 0..DAY / 2),
            1..40,
        ),
        reserve in 0..=10_000_u16, cap in 0..=10_000_u16,
    ) {
        let terms = InsuranceTerms { outage_reserve: Bps(reserve), epoch_cap: Bps(cap) };
        let mut charged =
            Charged { since: Millis(0), start: Usd(0), drawn: *NOTHING, insured: Usd(0) };
        let (mut fund, mut now) = (1_000_u64, 1);
        for (market, loss, paid_in, leaves, passed) in losses {
            let debts = by_market(&[(market, loss), ((market + 5) % MARKETS, loss / 3)]);
            let before = charged;
            charged = going_on(&before, now, terms).charge(&debts, Usd(fund)).unwrap();
            let (insured, spent) = (charged.insured.0, charged.drawn.iter().sum::<u64>());
            let base = charged.start.0.min(fund + spent - insured);
            let kept = (base * u64::from(reserve)).div_ceil(10_000);
            prop_assert!(insured == 0 || fund - insured >= kept);
            prop_assert!(insured <= debts.iter().sum());
            let most = base * u64::from(cap) / 10_000;
            let goes_on = charged.since == before.since;
            for (drawn, earlier) in charged.drawn.iter().zip(&before.drawn) {
                let unchanged = goes_on && drawn == earlier;
                prop_assert!(unchanged || *drawn <= most);
            }
            prop_assert!(insured == 0 || spent + kept <= base);
            fund = (fund - charged.insured.0 + paid_in).saturating_sub(leaves);
            now += passed;
        }
    }

    /// As much as ever is allowed: insurance does not keep back what its rules would pay.
    #[test]
    fn one_loss_is_paid_as_far_as_reserve_and_cap_go(
        fund in 0..1_000_000_000_u64, loss in 0..2_000_000_000_u64,
        reserve in 0..=10_000_u16, cap in 0..=10_000_u16,
    ) {
        let terms = InsuranceTerms { outage_reserve: Bps(reserve), epoch_cap: Bps(cap) };
        let cover = LossCover { terms, ..COVER };
        let paid = cover.charge(&by_market(&[(9, loss)]), Usd(fund)).unwrap().insured.0;
        let above_reserve = fund - (fund * u64::from(reserve)).div_ceil(10_000);
        prop_assert_eq!(paid, loss.min(above_reserve).min(fund * u64::from(cap) / 10_000));
    }

    #[test]
    fn the_debts_always_sum_to_the_debt(
        steps in proptest::collection::vec((0..MARKETS as u8, 0..1_000_u64), 1..40),
    ) {
        let (mut debts, mut owed) = (*NOTHING, 0);
        for (market, unpaid) in steps {
            debts = debts_after(&debts, market, Usd(owed), Usd(unpaid)).unwrap();
            owed = unpaid;
            prop_assert_eq!(debts.iter().sum::<u64>(), owed);
        }
    }

    /// A write-off moves nothing that anybody owns but the insurance's money, and leaves the account
    /// a debt that its positions could still pay.
    #[test]
    fn a_write_off_keeps_the_sums(
        by in proptest::collection::vec(0..1_000_u64, MARKETS), collateral in 0..2_000_u64,
        gains in 0..3_000_u64, insurance in 0..5_000_u64,
    ) {
        let debts: ByMarket = core::array::from_fn(|market| by[market]);
        let debt = by.iter().sum::<u64>();
        let ledger = Ledger {
            collateral: Usd(collateral + 3),
            liquidity: Usd(77),
            insurance: Usd(insurance),
            debt: Usd(debt + 5),
            ..Ledger::default()
        };
        let balances =
            AccountBalances { collateral: Usd(collateral), pending_profit: Usd(0), debt: Usd(debt) };
        let cover = LossCover { debts: &debts, ..COVER };
        match write_off(&ledger, balances, Usd(gains), &cover) {
            Err(refusal) => {
                prop_assert_eq!(refusal, WriteOffError::Coverable);
                prop_assert!(debt <= collateral + gains);
            }
            Ok(done) => {
                prop_assert_eq!(done.ledger.total(), ledger.total());
                prop_assert_eq!(done.ledger.debt.0 - done.balances.debt.0, 5);
                prop_assert_eq!(done.ledger.collateral.0 - done.balances.collateral.0, 3);
                prop_assert_eq!(done.debts.iter().sum::<u64>(), done.balances.debt.0);
                prop_assert_eq!(done.bad_debt.0, debt - collateral - gains);
                prop_assert_eq!(done.balances.debt.0, gains);
                let drawn: Vec<u64> = done.charged.drawn.to_vec();
                prop_assert_eq!(drawn.iter().sum::<u64>(), done.charged.insured.0);
            }
        }
    }
}
