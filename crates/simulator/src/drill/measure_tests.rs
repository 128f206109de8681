use std::collections::BTreeMap;

use bytemuck::Zeroable;
use holdfast_client::Pubkey;
use holdfast_client::holdfast::events::PositionLiquidated;
use holdfast_client::holdfast::state::{
    ChainHealth, MarginAccount, Market, PositionState, PriceState, Silo,
};
use holdfast_keeper_core::VenueSnapshot;
use holdfast_migrations::presets;
use holdfast_risk::Millis;

use super::Measure;
use crate::drill::watch::Mark;

const FLAGGED: u64 = 1_700_000_000_000;
/// When the last price was published.
const NOW: Millis = Millis(FLAGGED + 26_000);
const CALM: u64 = 100_000_000;
const CRASHED: u64 = 95_000_000;

/// One account, long ten at 100 with 80 of margin and flagged, and a price every second since five
/// seconds before its flag: calm until two seconds after it, crashed from then on.
fn mirror() -> VenueSnapshot {
    let mut market = Market::zeroed();
    market.terms = presets::market(100);
    for (second, price) in (0..32_u64).zip(&mut market.prices) {
        let price_now = if second < 7 { CALM } else { CRASHED };
        let published_ms = FLAGGED - 5_000 + second * 1_000;
        *price = PriceState {
            published_ms,
            low: price_now,
            high: price_now,
            believed: 1,
            ..PriceState::default()
        };
    }
    market.newest = 31;
    market.reference_price = CALM;
    let mut account = MarginAccount::zeroed();
    account.open_markets = 1;
    account.collateral = 80_000_000;
    account.flagged_ms = FLAGGED;
    account.liquidatable_ms = FLAGGED + market.terms.flag_delay_ms;
    account.positions[0] =
        PositionState { size: 10_000_000, entry: 1_000_000_000, ..PositionState::default() };
    VenueSnapshot {
        silo_address: Pubkey::default(),
        silo: Silo::zeroed(),
        chain_health: ChainHealth::zeroed(),
        exchange: None,
        markets: vec![(Pubkey::default(), market)],
        accounts: [(Pubkey::default(), account)].into_iter().collect(),
        requests: BTreeMap::new(),
        changes: BTreeMap::new(),
        feeds: BTreeMap::new(),
        slot: u64::MAX,
    }
}

/// Closed whole at `price`, published this long after the flag.
fn event(price: u64, after_ms: i64) -> PositionLiquidated {
    PositionLiquidated {
        account: Pubkey::default(),
        market: 0,
        price,
        published_ms: FLAGGED.saturating_add_signed(after_ms),
        closed: 10_000_000,
        position: 0,
        realised: 0,
        reward: 0,
        to_insurance: 0,
        debt: 0,
        bad_debt: 7,
        insured: 0,
    }
}

fn wrongful(mirror: &VenueSnapshot, event: &PositionLiquidated) -> bool {
    let mut measure = Measure::new();
    measure.judge(mirror, NOW, event, None);
    measure.wrongful == 1
}

#[test]
fn failing_at_a_price_published_after_the_flag_and_its_delay_is_right() {
    assert!(!wrongful(&mirror(), &event(CRASHED, 3_000)));
    assert!(!wrongful(&mirror(), &event(CRASHED, 9_000)));
}

#[test]
fn a_price_from_before_the_flag_or_within_its_delay_is_wrongful() {
    let mut early = mirror();
    for price in &mut early.markets[0].1.prices {
        (price.low, price.high) = (CRASHED, CRASHED);
    }
    assert!(wrongful(&early, &event(CRASHED, -1_000)));
    assert!(wrongful(&early, &event(CRASHED, 2_000)));
    assert!(!wrongful(&early, &event(CRASHED, 3_000)));
}

#[test]
fn a_newest_price_at_which_the_account_is_safe_makes_it_wrongful() {
    let mut recovered = mirror();
    let market = &mut recovered.markets[0].1;
    let newest = usize::from(market.newest);
    (market.prices[newest].low, market.prices[newest].high) = (2 * CRASHED, 2 * CRASHED);
    assert!(wrongful(&recovered, &event(CRASHED, 3_000)));
}

#[test]
fn a_price_the_market_never_published_is_wrongful() {
    assert!(wrongful(&mirror(), &event(CRASHED - 1, 3_000)));
    assert!(wrongful(&mirror(), &event(CRASHED, 3_001)));
}

#[test]
fn a_safe_an_unflagged_and_an_unknown_account_are_wronged() {
    let with = |change: fn(&mut MarginAccount)| {
        let mut mirror = mirror();
        mirror.accounts.values_mut().for_each(change);
        wrongful(&mirror, &event(CRASHED, 3_000))
    };
    // Ten at 95 ask for 47.50 and have lost 50.
    assert!(!with(|account| account.collateral = 97_499_999));
    assert!(with(|account| account.collateral = 97_500_000));
    assert!(with(|account| account.flagged_ms = 0));
    let mut nobody = mirror();
    nobody.accounts = Default::default();
    assert!(wrongful(&nobody, &event(CRASHED, 3_000)));
}

#[test]
fn a_wait_is_counted_from_the_first_look_below_maintenance() {
    let mut measure = Measure::new();
    let mirror = mirror();
    measure.look(&mirror, NOW, 100);
    measure.look(&mirror, NOW, 113);
    measure.landed(&event(CRASHED, 3_000), 121);
    let waits = measure.percentiles();
    assert_eq!((waits.p50, waits.p99), (21, 21));
    assert_eq!((measure.partial, measure.full, measure.bad_debt), (0, 1, 7));
}

#[test]
fn an_account_that_recovers_starts_its_wait_anew() {
    let mut measure = Measure::new();
    let mut mirror = mirror();
    measure.look(&mirror, NOW, 100);
    mirror.accounts.values_mut().for_each(|account| account.collateral = 1_000_000_000);
    measure.look(&mirror, NOW, 110);
    mirror.accounts.values_mut().for_each(|account| account.collateral = 80_000_000);
    measure.look(&mirror, NOW, 120);
    measure.landed(&event(CRASHED, 3_000), 125);
    assert_eq!(measure.percentiles().p50, 5);
}

#[test]
fn a_price_from_before_the_break_is_wrongful() {
    for (after_ms, expected) in [(2_999, 0), (3_000, 0), (3_001, 1)] {
        let mut measure = Measure::new();
        let last_disruption = Mark { ms: FLAGGED + after_ms, slot: 0 };
        measure.judge(&mirror(), NOW, &event(CRASHED, 3_000), Some(last_disruption));
        assert_eq!(measure.wrongful, expected, "{after_ms}");
    }
}

#[test]
fn whoever_has_sent_margin_is_wronged_until_it_lands() {
    let mut measure = Measure::new();
    measure.margin_sent.insert(Pubkey::default());
    measure.judge(&mirror(), NOW, &event(CRASHED, 3_000), None);
    assert_eq!(measure.wrongful, 1);
    measure.margin_sent.clear();
    measure.judge(&mirror(), NOW, &event(CRASHED, 3_000), None);
    assert_eq!(measure.wrongful, 1);
}

#[test]
fn a_price_that_was_not_true_is_wrongful() {
    for (truth, expected) in [(CRASHED * 100 / 99, 0), (CRASHED * 100 / 98, 1)] {
        let mut measure = Measure::new();
        measure.true_prices.insert(FLAGGED + 3_000, vec![truth]);
        measure.judge(&mirror(), NOW, &event(CRASHED, 3_000), None);
        assert_eq!(measure.wrongful, expected, "{truth}");
    }
}
