//! People: what they deposit, which side they take, how much they borrow.

use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest};
use rand::Rng;
use rand_chacha::ChaCha20Rng;

use holdfast_testkit::venue::market_order;
use holdfast_testkit::{Failure, Trader, Venue};

/// Opens `count` margin accounts and places their first orders; the keeper executes them.
///
/// Three in four are long, as before crashes; leverage runs up to what initial margin allows.
///
/// # Errors
/// What the program said.
pub fn move_in(
    venue: &mut Venue,
    count: usize,
    prices: &[u64],
    random: &mut ChaCha20Rng,
) -> Result<Vec<Trader>, Failure> {
    let mut traders = Vec::with_capacity(count);
    for _ in 0..count {
        let collateral = random.random_range(500..20_000_u64) * 1_000_000;
        let trader = venue.trader(collateral)?;
        let markets = random.random_range(1..=prices.len());
        let first = random.random_range(0..prices.len());
        for market in (0..markets).map(|step| (first + step) % prices.len()) {
            let order = first_order(venue, collateral / markets as u64, prices[market], random);
            venue.place(&trader, market, order)?;
        }
        traders.push(trader);
    }
    Ok(traders)
}

/// An order worth one and a half to seven and a half times `margin`.
fn first_order(venue: &Venue, margin: u64, price: u64, random: &mut ChaCha20Rng) -> OrderRequest {
    let leverage_tenths = random.random_range(15..=75_u64);
    let worth = u128::from(margin) * u128::from(leverage_tenths) / 10;
    let size = i64::try_from(worth * 1_000_000 / u128::from(price)).unwrap_or(i64::MAX);
    let long = random.random_bool(0.75);
    market_order(if long { size } else { -size }, venue.cluster.now_ms())
}

/// An order that closes a position whole, whatever its size and however long it takes.
pub fn exit_order(held: i64) -> OrderRequest {
    let delta = if held > 0 { -i64::MAX } else { i64::MAX };
    OrderRequest { effect: OrderEffect::Reduce, expires_ms: u64::MAX, ..market_order(delta, 0) }
}
