//! The venue's rules as a WebAssembly module: numbers in, one call, numbers out.
//!
//! A caller writes 64-bit numbers to the array at [`input`], calls a function, and reads what it
//! returns or the array at [`output`]. Signed numbers are in two's complement. The order of the
//! numbers stands at each function, and `src/risk/module.ts` of the client follows it. Nothing is
//! decided here: every function is one call into `holdfast_risk`.
#![no_std]

mod ask;

use core::sync::atomic::{AtomicU64, Ordering};

use holdfast_risk::account::ledger::AccountBalances;
use holdfast_risk::account::liquidation_price::liquidation_price as found;
use holdfast_risk::account::loss::MARKETS;
use holdfast_risk::account::margin::{Health, Leg, Ratios};
use holdfast_risk::account::position::Position;
use holdfast_risk::chain::fuse::{BLOWS_KEPT, Blow, Blows, Fuses, permit_with};
use holdfast_risk::chain::health::{ChainSample, Monitor, State, Thresholds};
use holdfast_risk::chain::latency;
use holdfast_risk::chain::policy::{Action, Permit};
use holdfast_risk::market::belief::{Moment, StoredPrice};
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::market::reference::Reference;
use holdfast_risk::market::valuation::Valuation;
use holdfast_risk::market::volatility::Volatility;
use holdfast_risk::{Bps, CarryIndex, Millis, Ppm, Price, Side, SignedSize, Usd};

/// What stands for a number that is not known.
const UNKNOWN: u64 = u64::MAX;

/// Positions of an account besides one.
const OTHERS: usize = MARKETS - 1;

static INPUT: [AtomicU64; 256] = [const { AtomicU64::new(0) }; 256];
static OUTPUT: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

/// Address of the numbers to write.
#[unsafe(no_mangle)]
pub extern "C" fn input() -> *const AtomicU64 {
    INPUT.as_ptr()
}

/// Address of the numbers to read.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const AtomicU64 {
    OUTPUT.as_ptr()
}

/// The numbers written, one after the other.
struct Reader(core::slice::Iter<'static, AtomicU64>);

impl Reader {
    fn new() -> Self {
        Self(INPUT.iter())
    }

    fn next(&mut self) -> u64 {
        self.0.next().map_or(0, |number| number.load(Ordering::Relaxed))
    }

    fn signed(&mut self) -> i64 {
        self.next().cast_signed()
    }

    fn short(&mut self) -> u16 {
        u16::try_from(self.next()).unwrap_or(u16::MAX)
    }

    fn word(&mut self) -> u32 {
        u32::try_from(self.next()).unwrap_or(u32::MAX)
    }

    fn millis(&mut self) -> Millis {
        Millis(self.next())
    }

    fn bps(&mut self) -> Bps {
        Bps(self.short())
    }

    fn flag(&mut self) -> bool {
        self.next() != 0
    }

    fn known(&mut self) -> Option<u64> {
        Some(self.next()).filter(|number| *number != UNKNOWN)
    }

    /// Collateral, pending profit and debt.
    fn balances(&mut self) -> AccountBalances {
        AccountBalances {
            collateral: Usd(self.next()),
            pending_profit: Usd(self.next()),
            debt: Usd(self.next()),
        }
    }

    /// Size, entry and carry index of a position, the price it counts at, its side's carry index, and
    /// its market's initial and maintenance margin in basis points.
    fn leg(&mut self) -> Leg {
        Leg {
            position: Position {
                size: SignedSize(self.signed()),
                entry: Usd(self.next()),
                carry: CarryIndex(self.signed()),
            },
            price: Price(self.next()),
            carry: CarryIndex(self.signed()),
            ratios: Ratios { initial: self.bps(), maintenance: self.bps() },
        }
    }

    fn sample(&mut self) -> ChainSample {
        ChainSample {
            slot: self.next(),
            clock: self.millis(),
            now: Millis(0),
            proven: self.millis(),
            restart_slot: self.known(),
            skipped: self.known(),
        }
    }

    fn monitor(&mut self) -> Monitor {
        Monitor {
            state: State::from_code(u8::try_from(self.next()).unwrap_or(u8::MAX)),
            since: self.millis(),
            until: self.millis(),
            unrest: self.millis(),
            last_disruption: self.millis(),
            proven: self.flag(),
            seen: self.millis(),
            lead: self.millis(),
            slot: self.next(),
            restart_slot: self.known(),
            window_start: self.millis(),
            window_slot: self.next(),
            window_us: self.word(),
            baseline_us: self.word(),
        }
    }

    fn thresholds(&mut self) -> Thresholds {
        Thresholds {
            slow: self.bps(),
            slow_over: self.bps(),
            crawling: self.bps(),
            skipping: self.bps(),
            skipping_over: self.bps(),
            failing: self.bps(),
            blackout: match self.next() {
                0 => Thresholds::default().blackout,
                milliseconds => Millis(milliseconds),
            },
            gap: self.millis(),
            silence: self.millis(),
            hold: self.millis(),
            grace: self.millis(),
            restart_grace: self.millis(),
            thaw: self.millis(),
        }
    }
}

fn write(numbers: &[u64]) {
    for (place, number) in OUTPUT.iter().zip(numbers) {
        place.store(*number, Ordering::Relaxed);
    }
}

/// Where an account stands. In: its balances, the margin its orders reserved, the number of its
/// positions, a leg for each. Out: equity, gains not realised, initial and maintenance margin, what is missing to be safe, and the
/// collateral that can leave. Returns one, or zero when an amount does not fit.
#[unsafe(no_mangle)]
pub extern "C" fn standing() -> u32 {
    let mut read = Reader::new();
    let (balances, reserved) = (read.balances(), Usd(read.next()));
    let summed = Health::new(&balances).and_then(|mut health| {
        (0..read.next()).try_for_each(|_| health.add(&read.leg()).map(drop))?;
        health.initial = health.initial.plus(reserved)?;
        Ok(health)
    });
    let Ok(health) = summed else { return 0 };
    write(&[
        health.equity.0.cast_unsigned(),
        health.unrealised.0,
        health.initial.0,
        health.maintenance.0,
        health.shortfall().0,
        health.withdrawable(balances.collateral).0,
    ]);
    1
}

/// The last price against a position at which its account still meets maintenance; zero where there
/// is none or an amount does not fit. In: the account's balances, the position's leg, the number of
/// its other positions, a leg for each.
#[unsafe(no_mangle)]
pub extern "C" fn liquidation_price() -> u64 {
    let mut read = Reader::new();
    let (balances, own) = (read.balances(), read.leg());
    let count = usize::try_from(read.next()).unwrap_or(OTHERS).min(OTHERS);
    let others: [Leg; OTHERS] = core::array::from_fn(|_| read.leg());
    let price = found(&balances, &own, others.get(..count).unwrap_or(&others));
    price.ok().flatten().map_or(0, |price| price.0)
}

/// What a base unit of a position counts for. In: whether it is a long; zero where its owner wants
/// something, one where something may be taken from its owner, two for the most it can be worth; the newest price: low, high, published, delay until it was stored,
/// believed, sudden; the price stored before it: low, high, published, believed, zeros where there is
/// none; the one believed before: low, high, zeros where there is none; the reference
/// price; the venue's clock, the last disruption, the market's age limit, width of the band and
/// maintenance ratio, a minute's volatility in millionths; the settlement price, zero while the market
/// trades.
#[unsafe(no_mangle)]
pub extern "C" fn counts_for() -> u64 {
    let mut read = Reader::new();
    let side = if read.flag() { Side::Long } else { Side::Short };
    let purpose = read.next();
    let (low, high) = (Price(read.next()), Price(read.next()));
    let point = PricePoint { published: read.millis(), low, high };
    let (lag, believed, sudden) = (read.millis(), read.flag(), read.flag());
    let newest = StoredPrice { point, lag, believed, sudden };
    let (low, high) = (Price(read.next()), Price(read.next()));
    let point = PricePoint { published: read.millis(), low, high };
    let last = StoredPrice { point, believed: read.flag(), ..newest };
    let point = PricePoint { low: Price(read.next()), high: Price(read.next()), ..point };
    let believed = StoredPrice { point, believed: true, ..newest };
    let before = || [last, believed].into_iter().filter(|it| it.point.high.0 > 0);
    let reference = Reference { price: Price(read.next()), ..Reference::default() };
    let (now, last_disruption, age) = (read.millis(), read.millis(), read.millis());
    let at = Moment { now, last_disruption, age, decide_within: Millis(0) };
    let (width, maintenance) = (read.bps(), read.bps());
    let (per_minute, settled) = (Ppm(read.word()), Price(read.next()));
    let valuation = if settled.0 > 0 {
        Valuation::settled(settled, now)
    } else {
        Valuation::new(&newest, before, &reference, &at, width, maintenance, || per_minute)
    };
    match purpose {
        0 => valuation.trader_adverse(side).0,
        1 => valuation.trader_favourable(side).0,
        _ => valuation.trader_best_case(side).0,
    }
}

/// A minute's volatility in millionths. In: the market's variance, its tier's volatility.
#[unsafe(no_mangle)]
pub extern "C" fn per_minute() -> u32 {
    let mut read = Reader::new();
    let measured = Volatility { variance: read.next(), ..Volatility::default() }.per_minute();
    measured.max(Ppm(read.word())).0
}

/// Initial margin asked now, basis points. In: the market's initial margin, its penalty, a minute's
/// volatility, its flag delay, whether the chain is strained, a monitor, thresholds.
#[unsafe(no_mangle)]
pub extern "C" fn initial_margin() -> u32 {
    let mut read = Reader::new();
    let (floor, costs, per_minute) = (read.bps(), read.bps(), Ppm(read.word()));
    let (delay, stressed) = (read.millis(), read.flag());
    let (monitor, thresholds) = (read.monitor(), read.thresholds());
    let wait = latency::exposure(delay, &monitor, &thresholds);
    let ratio = latency::initial_ratio(floor, costs, per_minute, wait, stressed);
    ratio.map_or(u32::from(u16::MAX), |ratio| u32::from(ratio.0))
}

/// The chain as a guarded instruction sees it. In: a sample without the venue's clock, a monitor,
/// thresholds. Out: state, the venue's clock, since when, until when at least, last disruption,
/// last window's and the usual slot duration in microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn guard() {
    let mut read = Reader::new();
    let mut seen = read.sample();
    let (last, thresholds) = (read.monitor(), read.thresholds());
    seen.now = last.now(seen.clock, seen.slot, seen.proven);
    let guarded = last.guard(&seen, &thresholds);
    write(&[
        guarded.state as u64,
        seen.now.0,
        guarded.since.0,
        guarded.until.0,
        guarded.last_disruption.0,
        u64::from(guarded.window_us),
        u64::from(guarded.baseline_us),
    ]);
}

/// What is taken away now, a bit for each family as `Fuses` has them. In: the cluster's clock, the families
/// that guardians blew last, when each of their blows began and ends, whether the silo's fuse is tripped.
#[unsafe(no_mangle)]
pub extern "C" fn fuses() -> u32 {
    let mut read = Reader::new();
    let (clock, families) = (read.millis(), Fuses::from_bits(read.next() as u8));
    let blow = |_| Blow { from: read.millis(), until: read.millis(), ..Blow::default() };
    let blows: [Blow; BLOWS_KEPT] = core::array::from_fn(blow);
    let blown = if Blows(blows).is_blown(clock) { families } else { Fuses::NONE };
    let tripped = if read.flag() { Fuses::ALL } else { Fuses::NONE };
    u32::from(blown.or(tripped).bits())
}

/// How far an action, by its place in [`Action::ALL`], is allowed in a state with such fuses blown, as the
/// variants of `Permit` count; for an action that there is not, the last, refused.
#[unsafe(no_mangle)]
pub extern "C" fn permit(action: u32, state: u32, fuses: u32) -> u32 {
    let state = State::from_code(u8::try_from(state).unwrap_or(u8::MAX));
    let fuses = Fuses::from_bits(fuses as u8);
    let action = usize::try_from(action).ok().and_then(|action| Action::ALL.get(action));
    action.map_or(Permit::Refused, |action| permit_with(*action, state, fuses)) as u32
}
