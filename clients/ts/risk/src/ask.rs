//! What somebody about to ask for something wants to know first: the price of a trade and what it leaves
//! of the position, what a pool's shares are worth, how much of an exit can be paid.

use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::position::Position;
use holdfast_risk::chain::policy::Permit;
use holdfast_risk::chain::rate_limit::{Exit, payable};
use holdfast_risk::market::exposure::{SideTotal, skew};
use holdfast_risk::market::fee::taker_fee;
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::market::spread::{Spread, half_spread, trade_price};
use holdfast_risk::market::volatility::Volatility;
use holdfast_risk::pool::share::Pool;
use holdfast_risk::pool::worth::{self, SideExposure, TradersResult};
use holdfast_risk::{
    Bps, CarryIndex, Millis, Overflow, Ppm, Price, Side, SignedSize, SignedUsd, Size, Usd,
};

use crate::{Reader, write};

/// Millionths of a share in a whole one.
const WHOLE_SHARE: u64 = 1_000_000;

impl Reader {
    fn price(&mut self) -> Price {
        Price(self.next())
    }

    fn position(&mut self) -> Position {
        Position {
            size: SignedSize(self.signed()),
            entry: Usd(self.next()),
            carry: CarryIndex(self.signed()),
        }
    }

    /// Size, entry value, and the two halves of the carry basis, the lower first.
    fn side_total(&mut self) -> SideTotal {
        let (size, entry) = (Size(self.next()), Usd(self.next()));
        let (low, high) = (u128::from(self.next()), u128::from(self.next()));
        SideTotal { size, entry, carry_basis: (low | high << 64).cast_signed() }
    }

    fn spread(&mut self) -> Spread {
        Spread { base: Ppm(self.word()), depth: Size(self.next()), volatility_share: self.bps() }
    }
}

/// A trade at the newest price. In: base spread in millionths, depth, share of volatility and taker fee in
/// basis points; all longs, all shorts, the market's variance, the newest price: low, high; the account's
/// position: size, entry, carry index; the carry index of longs, of shorts; the size to trade, a buy when
/// positive. Out: half-spread, the part of it that is for the skew and the part for volatility, in
/// millionths; the price with spread; the taker fee; the position afterwards: size, entry, carry index.
/// Returns one, or zero when an amount does not fit or nothing is traded.
#[unsafe(no_mangle)]
pub extern "C" fn trade() -> u32 {
    let mut read = Reader::new();
    traded(&mut read).map_or(0, |numbers| {
        write(&numbers);
        1
    })
}

fn traded(read: &mut Reader) -> Result<[u64; 8], Overflow> {
    let (terms, rate) = (read.spread(), read.bps());
    let skewed = skew(Size(read.next()), Size(read.next()))?;
    let volatility = Volatility { variance: read.next(), ..Volatility::default() }.per_minute();
    let point = PricePoint { low: read.price(), high: read.price(), published: Millis(0) };
    let position = read.position();
    let carry = [CarryIndex(read.signed()), CarryIndex(read.signed())];
    let delta = SignedSize(read.signed());
    let spread = half_spread(terms, skewed, delta, volatility)?;
    let calm = half_spread(terms, skewed, delta, Ppm(0))?;
    let price = trade_price(point.traded(delta.side()), delta.side(), spread)?;
    let index = |side| if matches!(side, Side::Long) { carry[0] } else { carry[1] };
    let trade = position.trade(delta, price, index)?;
    let after = trade.position;
    Ok([
        spread.0.into(),
        calm.0.saturating_sub(terms.base.0).into(),
        spread.0.saturating_sub(calm.0).into(),
        price.0,
        taker_fee(trade.notional, rate)?.0,
        after.size.0.cast_unsigned(),
        after.entry.0,
        after.carry.0.cast_unsigned(),
    ])
}

/// A pool, for whoever joins or leaves it now. In: whether it is the insurance fund, whether somebody leaves;
/// the ledger's collateral, liquidity, insurance, pending profit and debt; the shares outstanding; the
/// deposit or the shares given up; the number of markets, and for each the initial margin in basis points
/// and for its longs and its shorts: size, entry value, lower and upper half of the carry basis, what a unit
/// counts for, carry index. Out: what the pool is worth, signed; what a whole share is paid; what the
/// deposit buys or the shares are paid. Returns one, or zero when an amount does not fit.
#[unsafe(no_mangle)]
pub extern "C" fn pool() -> u32 {
    let mut read = Reader::new();
    priced(&mut read).map_or(0, |numbers| {
        write(&numbers);
        1
    })
}

fn priced(read: &mut Reader) -> Result<[u64; 3], Overflow> {
    let (is_insurance, leaves) = (read.flag(), read.flag());
    let ledger = Ledger {
        collateral: Usd(read.next()),
        liquidity: Usd(read.next()),
        insurance: Usd(read.next()),
        pending_profit: Usd(read.next()),
        debt: Usd(read.next()),
        ..Ledger::default()
    };
    let (shares, asked) = (read.next(), read.next());
    let worth: SignedUsd = if is_insurance {
        worth::insurance(&ledger, !leaves)?
    } else {
        let mut traders = TradersResult::default();
        for _ in 0..read.next() {
            let initial: Bps = read.bps();
            for side in [Side::Long, Side::Short] {
                let (total, price) = (read.side_total(), read.price());
                let carry = CarryIndex(read.signed());
                traders.add(&SideExposure { side, total, price, carry, initial })?;
            }
        }
        worth::liquidity(&ledger, &traders, !leaves)?
    };
    let pool = Pool { assets: worth.gain(), shares };
    let gets =
        if leaves { pool.amount_for(asked)?.0 } else { pool.founded().shares_for(Usd(asked))? };
    Ok([worth.0.cast_unsigned(), pool.amount_for(WHOLE_SHARE)?.0, gets])
}

/// How much of an exit can be paid now. In: whether the chain is trusted with withdrawals, what was asked
/// for, what of it still waits, when it was asked for, now.
#[unsafe(no_mangle)]
pub extern "C" fn exit_payable() -> u64 {
    let mut read = Reader::new();
    let permit = if read.flag() { Permit::Allowed } else { Permit::Queued };
    let (asked, waits) = (Usd(read.next()), Usd(read.next()));
    let (requested, now) = (read.millis(), read.millis());
    payable(Exit { asked, waits, requested }, now, permit).map_or(0, |amount| amount.0)
}
