//! Whole functions of the venue's rules.

use holdfast_risk::account::position::{Position, notional};
use holdfast_risk::account::profit::matured;
use holdfast_risk::market::spread::{Spread, half_spread};
use holdfast_risk::pool::share::Pool;
use holdfast_risk::{
    Bps, CarryIndex, Overflow, Ppm, Price, Rounding, SignedSize, Size, Usd, math::mul_div,
};

use crate::{Operands, Operation, Output, maybe, operation};

pub const OPERATIONS: &[Operation] = &[
    operation!("multiply and divide, down", |o| {
        sum(mul_div(o[0] as u64, o[1] as u64, o[2] as u64, Rounding::Down))
    }),
    operation!("multiply and divide, up", |o| {
        sum(mul_div(o[0] as u64, o[1] as u64, o[2] as u64, Rounding::Up))
    }),
    operation!("notional", |o| {
        let value = notional(Size(o[0] as u64), Price(o[1] as u64), Rounding::Up);
        sum(value.map(|value| value.0))
    }),
    operation!("profit of a position", |o| {
        let profit = position(o).profit(Price(o[3] as u64));
        maybe(profit.ok().map(|profit| profit.0 as u128))
    }),
    operation!("carry of a position", |o| {
        let owed = position(o).carry_owed(CarryIndex(o[3] as i64));
        maybe(owed.ok().map(|owed| owed.0 as u128))
    }),
    operation!("trade", trade),
    operation!("matured profit", |o| {
        let [pending, total, liquidity, share] = *o;
        let (pending, total) = (Usd(pending as u64), Usd(total as u64));
        let amount = matured(pending, total, Usd(liquidity as u64), Bps(share as u16));
        sum(amount.map(|amount| amount.0))
    }),
    operation!("shares for an amount", |o| sum(pool(o).shares_for(Usd(o[2] as u64)))),
    operation!("amount for shares", |o| {
        sum(pool(o).amount_for(o[2] as u64).map(|amount| amount.0))
    }),
    operation!("half-spread", |o| {
        let terms = Spread {
            base: Ppm(o[0] as u32),
            depth: Size(o[1] as u64),
            volatility_share: Bps((o[0] >> 32) as u16),
        };
        let (skew, delta) = (SignedSize(o[2] as i64), SignedSize(o[3] as i64));
        let volatility = Ppm((o[0] >> 64) as u32);
        sum(half_spread(terms, skew, delta, volatility).map(|spread| spread.0.into()))
    }),
];

fn sum(result: Result<u64, Overflow>) -> Output {
    maybe(result.ok().map(u128::from))
}

fn position(operands: &Operands) -> Position {
    let [size, entry, carry, _] = *operands;
    Position {
        size: SignedSize(size as i64),
        entry: Usd(entry as u64),
        carry: CarryIndex(carry as i64),
    }
}

fn pool(operands: &Operands) -> Pool {
    Pool { assets: Usd(operands[0] as u64), shares: operands[1] as u64 }
}

/// All that a trade does, folded into one number.
fn trade(operands: &Operands) -> Output {
    let delta = SignedSize((operands[3] >> 64) as i64);
    let carry = CarryIndex(operands[2] as i64);
    let trade = position(operands).trade(delta, Price(operands[3] as u64), |_| carry);
    let folded = trade.map(|trade| {
        let unsigned = trade.position.entry.0 ^ trade.closed.0 ^ trade.opened.0;
        let signed = trade.position.size.0 ^ trade.realised.0;
        u128::from(unsigned) << 64 | u128::from(trade.notional.0 ^ signed as u64)
    });
    maybe(folded.ok())
}
