//! Whole walks: against the model, and against the keeper.

use crate::agreement::Agreement;
use crate::walk::Walk;

/// What each liquidity provider owns, native units.
pub const RICH: u64 = 4_000_000_000_000;
/// Little enough that profits and bad debt exhaust the pool.
pub const POOR: u64 = 250_000_000_000;

/// A walk of this many steps, after which everybody leaves; it says what was played.
pub fn walk(seed: u64, liquidity: u64, steps: u32) -> Walk {
    let mut walk = Walk::new(seed, liquidity, |_, _| ());
    let started = std::time::Instant::now();
    walk.play(steps);
    println!("{:.0} steps a second", f64::from(steps) / started.elapsed().as_secs_f64());
    println!("{}", walk.tally);
    println!("{} steps with debt, {} times a remedy", walk.owing, walk.remedied);
    // Exits have to work from wherever the walk ended, and right after a halt.
    if seed % 2 == 1 {
        walk.halt();
    }
    walk.exit();
    walk
}

/// A walk after each step of which keeper and program are compared, and after it while its markets are
/// given up and settled.
pub fn disagreements(seed: u64, liquidity: u64, steps: u32) {
    let mut walk = Walk::new(seed, liquidity, |_, _| ());
    let mut agreement = Agreement::new(&mut walk);
    for _ in 0..steps {
        walk.play(1);
        agreement.look(&walk.cast.venue, &walk.cast);
    }
    agreement.wind_down(&walk);
    println!("{agreement}");
    agreement.check();
}
