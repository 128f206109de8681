use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::Pubkey;
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;

use super::{Alarm, Guard, GuardStep, GuardTerms, Memory, Scene};
use crate::health::ChainCondition;
use crate::scheduler::Kind;
use crate::tx_sender::{Outcome, TxOutcome};
use crate::world::{NOW, key, long, mirror};
use crate::{Intent, VenueSnapshot};

const WALLET: Pubkey = Pubkey::new_from_array([77; 32]);
/// One percent of the maintenance margin of [`long`], native units.
const PERCENT: u64 = 500_000;

/// Tops up below 150 % to 200 %, with a budget of 100 units a day; neither reduces nor trails.
pub fn terms<const N: usize>(accounts: [u8; N]) -> GuardTerms {
    GuardTerms {
        accounts: accounts.into_iter().map(key).collect::<BTreeSet<_>>(),
        source: key(99),
        warn_percent: 200,
        top_up_percent: 150,
        reduce_percent: 0,
        to_percent: 200,
        strained_percent: 50,
        budget: 100_000_000,
        period: Millis::DAY,
        trail_bps: 0,
        step_bps: 100,
        slippage_bps: 200,
    }
}

fn guard(terms: GuardTerms) -> Guard {
    Guard::new(terms, WALLET, Memory::default())
}

/// A venue with accounts whose equity is so many percent of their maintenance margin.
fn venue(accounts: &[(u8, u64)]) -> VenueSnapshot {
    let mut mirror = mirror();
    let account = |percent| MarginAccount { owner: WALLET, ..long(percent * PERCENT) };
    mirror.accounts =
        accounts.iter().map(|(name, percent)| (key(*name), account(*percent))).collect();
    mirror
}

fn scene(mirror: &VenueSnapshot) -> Scene<'_> {
    let condition = ChainCondition::Healthy;
    Scene { mirror, condition, venue_now: Millis(NOW), height: 1_000, complete: 10 }
}

fn steps(guard: &mut Guard, scene: &Scene) -> Vec<(Pubkey, GuardStep)> {
    let due = guard.due(scene).into_iter();
    due.map(|intent| match intent {
        Intent::Guard { account, step } => (account, step),
        other => panic!("not a guard's: {other:?}"),
    })
    .collect()
}

fn top_up(percent: u64) -> GuardStep {
    GuardStep::TopUp { amount: percent * PERCENT }
}

fn alarms(guard: &Guard) -> Vec<Alarm> {
    guard.report(Millis(NOW)).notices.into_iter().map(|notice| notice.alarm).collect()
}

fn ended(account: Pubkey, step: GuardStep, outcome: Outcome, is_absent: bool) -> TxOutcome {
    let (intent, kind) = (Intent::Guard { account, step }, Kind::Exit);
    TxOutcome { intent, kind, outcome, slots: 0, price: 0, lamports: 0, signed: 1, is_absent }
}

#[test]
fn a_guard_that_only_warns_has_nothing_to_send() {
    let warns = GuardTerms { top_up_percent: 0, ..terms([1]) };
    assert!(!guard(warns.clone()).sends());
    assert!(guard(terms([1])).sends());
    assert!(guard(GuardTerms { reduce_percent: 120, ..warns.clone() }).sends());
    assert!(guard(GuardTerms { trail_bps: 500, ..warns }).sends());
}

#[test]
fn margin_is_added_below_the_line_and_up_to_the_other() {
    let mut guard = guard(terms([1]));
    assert_eq!(steps(&mut guard, &scene(&venue(&[(1, 150)]))), []);
    let needs = venue(&[(1, 149), (2, 10)]);
    assert_eq!(steps(&mut guard, &scene(&needs)), [(key(1), top_up(51))], "only who is watched");
    assert_eq!(guard.report(Millis(NOW)).margins, BTreeMap::from([(key(1), 149)]));
}

#[test]
fn the_lines_are_higher_while_chain_or_venue_is_strained() {
    let mut guard = guard(terms([1]));
    let mut mirror = venue(&[(1, 199)]);
    assert_eq!(steps(&mut guard, &scene(&mirror)), []);
    let strains = [ChainCondition::SlowSlots, ChainCondition::HighSkip, ChainCondition::Restart];
    for condition in strains {
        let scene = Scene { condition, ..scene(&mirror) };
        assert_eq!(steps(&mut guard, &scene), [(key(1), top_up(51))], "{condition:?}");
    }
    let own = Scene { condition: ChainCondition::StreamSilent, ..scene(&mirror) };
    assert_eq!(steps(&mut guard, &own), [], "the fault is the guard's own");
    for state in [State::Strained, State::Throttled, State::Thaw, State::Shelter] {
        mirror.chain_health.monitor.state = state as u8;
        assert_eq!(steps(&mut guard, &scene(&mirror)), [(key(1), top_up(51))], "{state:?}");
    }
}

#[test]
fn old_prices_add_nothing_and_are_told_of() {
    let mut guard = guard(terms([1]));
    let mirror = venue(&[(1, 40)]);
    let later = Scene { venue_now: Millis(NOW + 31_000), ..scene(&mirror) };
    assert_eq!(steps(&mut guard, &later), []);
    assert!(alarms(&guard).contains(&Alarm::Unpriced));
}

#[test]
fn a_price_outside_the_band_adds_no_more_than_the_bands_edge_asks() {
    let mut guard = guard(terms([1]));
    let mut mirror = venue(&[(1, 400)]);
    let newest = &mut mirror.markets[0].1.prices[31];
    (newest.low, newest.high, newest.believed) = (50_000_000, 50_000_000, 0);
    // At 85, the band's edge, 50 of the 200 are left, and 42.5 are asked for.
    assert_eq!(
        steps(&mut guard, &scene(&mirror)),
        [(key(1), GuardStep::TopUp { amount: 35_000_000 })]
    );
}

#[test]
fn who_is_worst_off_has_the_budget_first() {
    let mut guard = guard(terms([1, 2, 3]));
    let mirror = venue(&[(1, 140), (2, 60), (3, 100)]);
    let due = steps(&mut guard, &scene(&mirror));
    // Of 200 percent of one account's maintenance margin: 140, and then 60 of 100.
    assert_eq!(due, [(key(2), top_up(140)), (key(3), top_up(60))]);
    let spent = |alarm: &Alarm| matches!(alarm, Alarm::BudgetSpent { .. });
    assert_eq!(alarms(&guard).iter().filter(|alarm| spent(alarm)).count(), 2, "the other two");
}

#[test]
fn nothing_is_added_until_the_mirror_shows_what_landed() {
    let mut guard = guard(terms([1]));
    let mirror = venue(&[(1, 140)]);
    let at = |complete| Scene { complete, ..scene(&mirror) };
    let (account, step) = steps(&mut guard, &at(10))[0];
    guard.begun(account, step, 1_150, Millis(NOW));
    assert_eq!(steps(&mut guard, &at(10)), [], "it is under way");
    let landed = ended(account, step, Outcome::Landed { slot: 12 }, false);
    guard.ended(account, step, &landed, Millis(NOW));
    assert_eq!(steps(&mut guard, &at(12)), [], "the mirror may not show it");
    assert_eq!(steps(&mut guard, &at(13)), [(account, top_up(60))], "it fell on");
    assert_eq!(alarms(&guard).last(), Some(&Alarm::ToppedUp { amount: 60 * PERCENT }));
}

#[test]
fn a_restart_spends_nothing_twice() {
    let mut first = guard(terms([1]));
    let mirror = venue(&[(1, 50)]);
    let (account, step) = steps(&mut first, &scene(&mirror))[0];
    assert_eq!(step, top_up(150));
    first.begun(account, step, 1_150, Millis(NOW));
    let memory = first.take_changes().expect("it has to be kept");
    assert_eq!(first.take_changes(), None);
    let mut second = Guard::new(terms([1]), WALLET, memory);
    assert_eq!(steps(&mut second, &scene(&mirror)), [], "the deposit may still land");
    let later = Scene { height: 1_601, ..scene(&mirror) };
    assert_eq!(steps(&mut second, &later), [(account, top_up(50))], "what the budget has left");
    let spent = Alarm::BudgetSpent { lacks: 150 * PERCENT, left: 50 * PERCENT };
    assert_eq!(alarms(&second), [spent], "what was told before is not told again");
}

#[test]
fn what_is_refused_or_absent_is_not_spent_and_what_is_unknown_is() {
    let refused = || Outcome::Foreseen { reason: "no tokens".to_owned() };
    for (outcome, is_absent, spent) in [
        (refused(), true, 0),
        (Outcome::Refused { slot: 3, reason: "no tokens".to_owned() }, false, 0),
        (Outcome::Expired, true, 0),
        (Outcome::Expired, false, 60 * PERCENT),
    ] {
        let mut guard = guard(terms([1]));
        let step = top_up(60);
        guard.begun(key(1), step, 1_150, Millis(NOW));
        guard.ended(key(1), step, &ended(key(1), step, outcome.clone(), is_absent), Millis(NOW));
        assert_eq!(guard.report(Millis(NOW)).spent, spent, "{outcome:?}");
        assert!(matches!(alarms(&guard)[..], [Alarm::Failed { .. }]), "{outcome:?}");
    }
}

#[test]
fn where_margin_is_not_added_the_owners_key_reduces() {
    let terms = GuardTerms { reduce_percent: 120, ..terms([1]) };
    let mut guard = guard(terms);
    let mut mirror = venue(&[(1, 110)]);
    assert_eq!(steps(&mut guard, &scene(&mirror)), [(key(1), top_up(90))]);
    let step = top_up(90);
    guard.begun(key(1), step, 1_150, Millis(NOW));
    let refused = Outcome::Foreseen { reason: "no tokens".to_owned() };
    guard.ended(key(1), step, &ended(key(1), step, refused, true), Millis(NOW));
    let due = steps(&mut guard, &scene(&mirror));
    let [(_, GuardStep::Reduce { market: 0, order })] = due[..] else { panic!("{due:?}") };
    // Equity carries 55 percent of the maintenance margin twice over: 45 percent of ten units go.
    assert_eq!(order.delta, -4_500_000);
    let anothers = MarginAccount { owner: key(5), ..mirror.accounts[&key(1)] };
    mirror.accounts.insert(key(1), anothers);
    assert_eq!(steps(&mut guard, &scene(&mirror)), [], "another's account");
}

#[test]
fn what_lasts_is_told_once_and_a_change_of_state_at_once() {
    let mut guard = guard(terms([1, 8]));
    let mut mirror = venue(&[(1, 180)]);
    let below = Alarm::Margin { percent: 180, line: 200 };
    for _ in 0..3 {
        steps(&mut guard, &scene(&mirror));
    }
    assert_eq!(alarms(&guard), [Alarm::Missing, below]);
    mirror.chain_health.monitor.state = State::Shelter as u8;
    steps(&mut guard, &scene(&mirror));
    assert_eq!(alarms(&guard)[2..], [Alarm::Venue { state: State::Shelter }]);
}
