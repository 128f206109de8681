//! Positions from opening to closing, out of what changed them.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::FillRow;

/// A position, from the trade that opened it to the one that closed it. Amounts are native units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PositionRow {
    /// The market's index.
    pub market: u8,
    /// 1 for a long, -1 for a short.
    pub side: i8,
    /// When it was opened, seconds since 1970; null where no endpoint knew, or the history begins later.
    pub opened_s: Option<i64>,
    /// Signature of what opened it; null where the history begins later.
    pub opened_by: Option<String>,
    /// When it was closed, seconds since 1970; null while it is open, or where no endpoint knew.
    pub closed_s: Option<i64>,
    /// Signature of what closed it; null while it is open.
    pub closed_by: Option<String>,
    /// The size now, millionths; zero once it is closed.
    pub size: u64,
    /// The largest it was, millionths.
    pub largest: u64,
    /// Profit of what was closed, by price.
    pub realised: i64,
    /// Funding and borrow fee paid, without that of liquidations where it is not known.
    pub carry: i64,
    /// Taker fees paid.
    pub fees: u64,
    /// Liquidation penalties paid.
    pub penalties: u64,
    /// Profit less carry, fees and penalties.
    pub net: i64,
}

impl PositionRow {
    fn opened(market: u8, size: i64) -> Self {
        let side = if size < 0 { -1 } else { 1 };
        let size = size.unsigned_abs();
        Self { market, side, size, largest: size, ..Self::default() }
    }

    fn add(&mut self, fill: &FillRow) {
        self.realised = self.realised.saturating_add(fill.realised);
        self.carry = self.carry.saturating_add(fill.carry.unwrap_or_default());
        self.fees = self.fees.saturating_add(fill.fee);
        let penalty = fill.reward.saturating_add(fill.to_insurance);
        self.penalties = self.penalties.saturating_add(penalty);
        let paid = i128::from(self.carry) + i128::from(self.fees) + i128::from(self.penalties);
        let net = (i128::from(self.realised) - paid).clamp(i64::MIN.into(), i64::MAX.into());
        self.net = i64::try_from(net).unwrap_or_default();
    }
}

/// The positions of one account, the oldest first, out of everything that changed them, the oldest first. A
/// trade that turns a position around ends one and begins another; its fee and carry are the first one's.
pub fn positions(fills: &[FillRow]) -> Vec<PositionRow> {
    let (mut all, mut open) = (Vec::new(), BTreeMap::<u8, PositionRow>::new());
    for fill in fills {
        let mut position =
            open.remove(&fill.market).or_else(|| before(fill)).unwrap_or_else(|| {
                let (opened_s, opened_by) = (fill.time_s, Some(fill.signature.clone()));
                PositionRow {
                    opened_s,
                    opened_by,
                    ..PositionRow::opened(fill.market, fill.position)
                }
            });
        position.add(fill);
        let stays = fill.position != 0 && (fill.position < 0) == (position.side < 0);
        if stays {
            position.size = fill.position.unsigned_abs();
            position.largest = position.largest.max(position.size);
            open.insert(fill.market, position);
            continue;
        }
        position.size = 0;
        (position.closed_s, position.closed_by) = (fill.time_s, Some(fill.signature.clone()));
        all.push(position);
        if fill.position != 0 {
            let (opened_s, opened_by) = (fill.time_s, Some(fill.signature.clone()));
            let next = PositionRow {
                opened_s,
                opened_by,
                ..PositionRow::opened(fill.market, fill.position)
            };
            open.insert(fill.market, next);
        }
    }
    all.extend(open.into_values());
    all
}

/// The position that was there before the first change that is known, if there was one.
fn before(fill: &FillRow) -> Option<PositionRow> {
    let size = i64::try_from(fill.size).ok()?;
    let change = match fill.side {
        // A liquidation of the whole position: on which side it was, its event does not say.
        0 => {
            return (size != 0)
                .then(|| PositionRow { side: 0, ..PositionRow::opened(fill.market, size) });
        }
        side => size.saturating_mul(side.into()),
    };
    let before = fill.position.saturating_sub(change);
    (before != 0).then(|| PositionRow::opened(fill.market, before))
}

#[cfg(test)]
#[path = "positions_tests.rs"]
mod tests;
