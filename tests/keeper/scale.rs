//! A silo of twenty thousand accounts, as `cargo xtask scale` plays one of a million: nothing is missed,
//! and no answer is longer than it may be. What it takes is for the command to say.

use std::time::Duration;

use holdfast_simulator::scale::{ScalePlan, run};

/// Bytes: four times what one of 256 parts comes to.
const LONGEST_ANSWER: u64 = 1 << 20;

#[test]
fn a_large_silo_is_read_in_parts_and_nobody_in_it_is_missed() {
    let plan = ScalePlan { accounts: 20_000, lasts_ms: 60_000, updates: 1_000, seed: 1 };
    // No time passes for the stopwatch, so that every run is the same.
    let found = run(&plan, &mut || Duration::ZERO).expect("the keeper becomes ready");
    assert_eq!(found.mirrored, plan.accounts, "{found:?}");
    assert_eq!(found.reconnects, 0, "{found:?}");
    assert!(found.updates > 50_000, "{found:?}");
    assert!(found.failed >= 10, "{found:?}");
    assert_eq!((found.flagged, found.liquidated), (found.failed, found.failed), "{found:?}");
    assert_eq!(found.wronged, 0, "{found:?}");
    // Each of two endpoints showed the silo in 256 parts and four more.
    assert!(found.parts >= 2 * (256 + 4), "{found:?}");
    assert!((1..LONGEST_ANSWER).contains(&found.longest_answer), "{found:?}");
}
