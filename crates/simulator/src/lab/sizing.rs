//! How large insurance has to be, and how much leverage it bears: as a function of how long nobody can
//! act and of what a slot takes.
//!
//! The lab's people hold positions; the price goes where a random walk with jumps takes it while nobody
//! can be liquidated; then everybody is settled. So this is the worst that waiting can cost, and needs
//! no more than margin's rules.

use std::collections::BTreeMap;

use holdfast_migrations::presets;
use holdfast_risk::chain::health::{ChainSample, Monitor, Thresholds};
use holdfast_risk::chain::latency;
use holdfast_risk::{Millis, Overflow};
use holdfast_testkit::chain::Chain;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

use super::book::Book;
use super::crowd::Crowd;
use super::settings::Settings;

/// What slots take, milliseconds.
const SLOTS_MS: [u64; 3] = [200, 400, 1_400];
/// How long nobody can act, minutes; zero stands for a chain that is well.
const OUTAGES: [u64; 5] = [0, 5, 30, 120, 300];
/// Leverages that are tried.
const LEVERAGES: std::ops::RangeInclusive<u64> = 2..=40;
/// Those for which the insurance that is needed is listed.
pub const LISTED: [u64; 4] = [5, 10, 15, 20];
/// People with a margin account.
const PEOPLE: usize = 300;
/// Drawn moves of the price.
const DRAWS: usize = 10_000;
/// One draw in so many may cost more than insurance has.
pub const ONE_IN: usize = 100;
/// Jumps a day on average.
pub const JUMPS_A_DAY: u64 = 4;
/// The largest jump, up or down, millionths.
pub const LARGEST_JUMP_PPM: f64 = 80_000.0;
/// Moves are told apart by a hundredth, up to forty of them, as a book looks at them.
const STEP_PPM: f64 = 10_000.0;
const MOST_STEPS: f64 = 40.0;
/// Where the path would begin; nothing depends on it.
const BEGINS_MS: u64 = 1_760_000_000_000;
const FIRST_SLOT: u64 = 1_000_000;
const PRICE: u64 = 100_000_000;

/// How long something waits, and what that takes.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What a slot takes, milliseconds.
    pub slot_ms: u64,
    /// How long nobody can act, minutes.
    pub outage_minutes: u64,
    /// From the last price that could be acted on to the last liquidation, milliseconds.
    pub wait_ms: u64,
    /// The move that one draw in a hundred exceeds, percent; 40 stands for more.
    pub move_percent: u64,
    /// The insurance that one draw in a hundred exceeds, for each of [`LISTED`], basis points of what is
    /// open.
    pub needed_bps: Vec<u64>,
    /// The largest leverage for which the target of the presets suffices.
    pub most_leverage: Option<u64>,
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Sizing {
    /// The presets' target of insurance, basis points of what is open.
    pub target_bps: u64,
    /// One standard deviation of a minute's move, millionths.
    pub minute_ppm: u32,
    /// By slot and outage.
    pub rows: Vec<Row>,
}

/// What accounts could not pay, basis points of what is open, by the move in hundredths.
type Unpaid = BTreeMap<i64, u64>;

/// Draws prices and settles everybody, for each slot, outage and leverage.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn sizing(settings: &Settings, seed: u64) -> Result<Sizing, Overflow> {
    let mut terms = presets::market(PRICE / 1_000_000);
    settings.apply(&mut terms);
    let minute_ppm = terms.tier_volatility_ppm;
    let target_bps = u64::from(presets::silo().insurance_target_bps);
    let books =
        LEVERAGES.map(|leverage| unpaid(settings, leverage, seed).map(|unpaid| (leverage, unpaid)));
    let books: Vec<(u64, Unpaid)> = books.collect::<Result<_, _>>()?;
    let cases = SLOTS_MS.iter().flat_map(|slot_ms| OUTAGES.map(|outage| (*slot_ms, outage)));
    let rows = cases.map(|(slot_ms, outage_minutes)| {
        let wait = wait(slot_ms, outage_minutes, Millis(terms.flag_delay_ms));
        let moves = moves(wait, f64::from(minute_ppm), seed);
        let needed = |unpaid: &Unpaid| {
            exceeded(moves.iter().map(|(at, count)| (unpaid.get(at).copied().unwrap_or(0), *count)))
        };
        let listed =
            LISTED.iter().filter_map(|leverage| books.iter().find(|(of, _)| of == leverage));
        let suffices = |(_, unpaid): &&(u64, Unpaid)| needed(unpaid) <= target_bps;
        Row {
            slot_ms,
            outage_minutes,
            wait_ms: wait.0,
            move_percent: exceeded(moves.iter().map(|(at, count)| (at.unsigned_abs(), *count))),
            needed_bps: listed.map(|(_, unpaid)| needed(unpaid)).collect(),
            most_leverage: books.iter().take_while(suffices).last().map(|(leverage, _)| *leverage),
        }
    });
    Ok(Sizing { target_bps, minute_ppm, rows: rows.collect() })
}

/// The longest that a liquidation waits: on a chain that is well its own delays, else the outage and all
/// that the venue waits for after one.
fn wait(slot_ms: u64, outage_minutes: u64, flag_delay: Millis) -> Millis {
    let mut chain = Monitor::new(&ChainSample::default());
    chain.baseline_us = u32::try_from(slot_ms * 1_000).unwrap_or(u32::MAX);
    let usual = Thresholds::default();
    if outage_minutes == 0 {
        let none = Millis(0);
        let at_once = Thresholds { grace: none, restart_grace: none, thaw: none, ..usual };
        return latency::exposure(flag_delay, &chain, &at_once);
    }
    latency::exposure(flag_delay, &chain, &usual).after(Millis::MINUTE.times(outage_minutes))
}

/// What accounts could not pay where people borrow up to so much.
fn unpaid(settings: &Settings, leverage: u64, seed: u64) -> Result<Unpaid, Overflow> {
    let crowd = Crowd::draw(PEOPLE, 1, &mut ChaCha20Rng::seed_from_u64(seed));
    let chain = Chain::new(BEGINS_MS, FIRST_SLOT);
    let mut book = Book::new(&chain, &[PRICE], &crowd.funds(), settings);
    let terms = &mut book.markets[0].terms;
    let asked = u16::try_from(10_000 / leverage).map_err(|_| Overflow)?;
    terms.initial_bps = asked.saturating_sub(terms.penalty_bps);
    book.give_positions(&crowd.people, &[PRICE])?;
    let open = book.silo.open_notional.max(1);
    let risk = book.shown().risk(&[PRICE])?;
    let at = risk.curve.iter().map(|at| {
        let bps = u64::try_from(u128::from(at.deficit) * 10_000 / u128::from(open));
        bps.map(|bps| (at.move_thousandths / 10, bps)).map_err(|_| Overflow)
    });
    at.collect()
}

/// Where the price is after a wait: how many draws end at each move, hundredths, rounded away from where
/// it was.
fn moves(wait: Millis, minute_ppm: f64, seed: u64) -> BTreeMap<i64, usize> {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let minutes = wait.0.div_ceil(Millis::MINUTE.0);
    let deviation = minute_ppm * (wait.0 as f64 / Millis::MINUTE.0 as f64).sqrt();
    let mut moves = BTreeMap::new();
    for _ in 0..DRAWS {
        // Twelve uniform draws, less their mean: a deviation of one.
        let normal = (0..12).map(|_| random.random_range(0.0..1.0_f64)).sum::<f64>() - 6.0;
        let mut moved = normal * deviation;
        for _ in 0..minutes {
            if random.random_range(0..Millis::DAY.0 / Millis::MINUTE.0) < JUMPS_A_DAY {
                moved += random.random_range(-LARGEST_JUMP_PPM..LARGEST_JUMP_PPM);
            }
        }
        let steps = (moved.abs() / STEP_PPM).ceil().min(MOST_STEPS).copysign(moved);
        *moves.entry(steps as i64).or_insert(0) += 1;
    }
    moves
}

/// The value that one draw in a hundred exceeds, of values with how many draws have each.
fn exceeded(values: impl Iterator<Item = (u64, usize)>) -> u64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by_key(|value| std::cmp::Reverse(*value));
    let mut seen = 0_usize;
    let found = values.into_iter().find(|(_, count)| {
        seen += count;
        seen > DRAWS / ONE_IN
    });
    found.map_or(0, |(value, _)| value)
}

#[cfg(test)]
#[path = "sizing_tests.rs"]
mod tests;
