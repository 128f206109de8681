use super::{Circumstances, Refusal, SiloRules, execute};
use crate::book::Book;
use crate::fee::FeeShares;
use crate::ledger::{Ledger, Purse};
use crate::limits::Exceeded;
use crate::loss::InsuranceTerms;
use crate::order::{Order, PricePoint, Trigger};
use crate::policy::Permit;
use crate::terms::MarketTerms;
use crate::terms::tests::good;
use crate::units::{Bps, Millis, Ppm, Price, SignedSize, Size, Usd};

const SILO: SiloRules = SiloRules {
    fees: FeeShares { insurance: Bps(2_000), protocol: Bps(1_000) },
    insurance: InsuranceTerms { outage_reserve: Bps(2_000), epoch_cap: Bps(5_000) },
};
const MET: Circumstances = Circumstances {
    now: Millis(10_000),
    broke: Millis(0),
    volatility: Ppm(0),
    opening: Permit::Allowed,
};

fn terms() -> MarketTerms {
    let mut terms = good();
    terms.caps.side = Size(10_000_000);
    terms.spread.base = Ppm(0);
    terms.spread.depth = Size(1_000_000_000_000);
    terms.liquidation.smallest = Size(1_000);
    terms
}

fn book() -> Book {
    let purse = Purse { collateral: Usd(1_000_000_000), pending_profit: Usd(0) };
    let ledger = Ledger {
        collateral: purse.collateral,
        liquidity: Usd(10_000_000_000),
        ..Ledger::default()
    };
    Book { purse, ledger, ..Book::default() }
}

fn order(delta: i64) -> Order {
    Order {
        delta: SignedSize(delta),
        limit: if delta > 0 { Price(u64::MAX) } else { Price(1) },
        reduce_only: false,
        trigger: Trigger::Immediate,
        requested: Millis(5_000),
        expires: Millis(20_000),
    }
}

fn point(published: u64) -> PricePoint {
    PricePoint { published: Millis(published), price: Price(100_000_000) }
}

fn run(book: &Book, order: &Order, met: Circumstances) -> Result<Book, Refusal> {
    let recent = [point(9_000), point(6_000), point(3_000)];
    execute(book, order, recent.into_iter(), &terms(), &SILO, met).map(|done| done.traded.book)
}

#[test]
fn a_fee_of_one_percent_is_divided_and_nothing_is_lost() {
    let after = run(&book(), &order(1_000_000), MET).unwrap();
    assert_eq!(after.purse.collateral, Usd(1_000_000_000 - 1_000_001));
    assert_eq!((after.ledger.insurance, after.ledger.protocol), (Usd(200_000), Usd(100_000)));
    assert_eq!(after.ledger.total(), book().ledger.total());
    assert_eq!((after.longs.size, after.open), (Size(1_000_000), after.position.entry));
}

#[test]
fn each_way_to_refuse() {
    let refused = |order: Order, met| run(&book(), &order, met).err();
    let late = Circumstances { now: Millis(20_001), ..MET };
    assert_eq!(refused(order(1_000_000), late), Some(Refusal::Expired));
    let reduce = Order { reduce_only: true, ..order(1_000_000) };
    assert_eq!(refused(reduce, MET), Some(Refusal::NothingToReduce));
    let closed = Circumstances { opening: Permit::Refused, ..MET };
    assert_eq!(refused(order(1_000_000), closed), Some(Refusal::Closed));
    let after_all_prices = Circumstances { broke: Millis(9_001), ..MET };
    assert_eq!(refused(order(1_000_000), after_all_prices), Some(Refusal::NoPrice));
    assert_eq!(refused(order(999), MET), Some(Refusal::TooSmall));
    let exceeded = |cap| Some(Refusal::Exceeded(cap));
    assert_eq!(refused(order(10_000_001), MET), exceeded(Exceeded::OpenInterest));
    let stressed = Circumstances { opening: Permit::Stressed, ..MET };
    assert_eq!(refused(order(5_000_001), stressed), exceeded(Exceeded::OpenInterest));
}

#[test]
fn an_exit_is_never_refused_for_its_fee_or_its_loss() {
    let mut opened = run(&book(), &order(1_000_000), MET).unwrap();
    opened.ledger.collateral = Usd(0);
    opened.purse.collateral = Usd(0);
    let closed = Circumstances { opening: Permit::Refused, ..MET };
    let recent = [point(9_000)].into_iter();
    let exit = order(-9_000_000);
    let done = execute(&opened, &exit, recent, &terms(), &SILO, closed).unwrap();
    let after = done.traded.book;
    assert_eq!((after.position.size, after.open), (SignedSize(0), Usd(0)));
    assert_eq!((done.fee, done.traded.bad_debt.0 < 1_000), (Usd(0), true));
}
