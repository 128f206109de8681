//! What guards are good for, whatever happens: they avert liquidations, add nothing where nothing is
//! needed, and never exceed their budgets.

use holdfast_simulator::drill::{Guarding, Scenario};
use holdfast_testkit::audit::Audit;

use crate::play_with;

const SEED: u64 = 11;
const ACCOUNTS: usize = 64;

fn compared(name: &str) -> Guarding {
    let prices = (Scenario::named(name).unwrap().prices)();
    let play = |guarded| play_with(name, &prices, SEED, ACCOUNTS, guarded);
    let (without, with) = (play(false), play(true));
    assert_eq!(without.guards, None);
    assert_eq!((with.vault_difference, with.audit), (0, Audit::default()), "{name}");
    assert_eq!(with.exits_refused, 0, "{name}");
    Guarding::new(&without, &with).unwrap()
}

fn is_good(name: &str) -> Guarding {
    let compared = compared(name);
    let guards = &compared.guards;
    assert_eq!(guards.watched, ACCOUNTS / 2, "{name}");
    assert_eq!((guards.false_top_ups, guards.over_budget), (0, 0), "{name}: {guards:?}");
    assert!(guards.added <= guards.budget, "{name}: {guards:?}");
    assert_eq!(compared.wrongful_liquidations, 0, "{name}");
    assert!(compared.averted >= 0, "{name}: {compared:?}");
    compared
}

#[test]
fn in_a_crash() {
    let compared = is_good("crash");
    assert!(compared.averted > 0 && compared.guards.top_ups > 0, "{compared:?}");
}

#[test]
fn in_a_halt() {
    is_good("stall");
}

#[test]
fn where_nothing_lands_for_hours() {
    let compared = is_good("vote-only");
    assert!(compared.averted > 0, "whoever comes back has the grace: {compared:?}");
}

#[test]
fn where_slots_are_slow() {
    is_good("slow");
}

#[test]
fn where_feeds_are_silent() {
    is_good("oracle-freeze");
}

#[test]
fn where_a_feed_lies() {
    is_good("oracle-lie");
}
