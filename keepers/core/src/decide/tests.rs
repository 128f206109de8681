use bytemuck::Zeroable;
use holdfast_client::holdfast::state::{MarginAccount, OrderState, PoolRequest, SideState};
use holdfast_client::instruction;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{State, Thresholds};
use holdfast_risk::pool::request::WINDOW;

use super::refresh::Wait;
use super::{decide, pool};
use crate::world::{NOW, PRICE, flagged, held, key, long, mirror, order};
use crate::{Intent, VenueSnapshot};

fn decided(accounts: &[(u8, MarginAccount)]) -> Vec<Intent> {
    decided_in(mirror(), accounts)
}

fn decided_in(mut mirror: VenueSnapshot, accounts: &[(u8, MarginAccount)]) -> Vec<Intent> {
    mirror.accounts = accounts.iter().map(|(name, account)| (key(*name), *account)).collect();
    decide(&mirror, Millis(NOW))
}

#[test]
fn a_safe_account_is_left_alone_and_one_unit_less_is_flagged() {
    assert_eq!(decided(&[(1, long(50_000_000))]), []);
    assert_eq!(decided(&[(1, long(49_999_999))]), [Intent::Flag { account: key(1) }]);
}

#[test]
fn who_lacks_most_comes_first() {
    let intents = decided(&[(1, long(40_000_000)), (2, long(10_000_000)), (3, long(30_000_000))]);
    let order: Vec<_> = intents.iter().map(Intent::account).collect();
    assert_eq!(order, [key(2), key(3), key(1)].map(Some));
}

#[test]
fn a_flag_is_acted_on_after_its_delay_at_a_price_since() {
    let decided = |age: u64| decided(&[(1, flagged(long(40_000_000), age))]);
    assert_eq!(decided(2_999), []);
    assert_eq!(decided(3_000), [Intent::Liquidate { account: key(1), market: 0 }]);
    assert_eq!(decided(300_001), [Intent::Flag { account: key(1) }]);
}

#[test]
fn who_has_recovered_since_the_flag_is_left_alone() {
    let account = flagged(long(40_000_000), 5_000);
    let mut mirror = mirror();
    let newest = &mut mirror.markets[0].1.prices[31];
    (newest.low, newest.high) = (PRICE + 2_000_000, PRICE + 2_000_000);
    assert_eq!(decided_in(mirror, &[(1, account)]), []);
}

#[test]
fn the_position_with_the_larger_requirement_is_closed() {
    let mut account = long(40_000_000);
    account.open_markets = 3;
    account.positions[1] = held(-20_000_000, 2_000_000_000);
    let account = flagged(account, 5_000);
    let closes = Intent::Liquidate { account: key(1), market: 1 };
    assert_eq!(decided(&[(1, account)]), [closes]);
}

#[test]
fn in_shelter_a_flagged_account_above_the_deep_line_waits() {
    let account = flagged(long(40_000_000), 5_000);
    let mut mirror = mirror();
    mirror.accounts.insert(key(1), account);
    mirror.chain_health.monitor.state = State::Shelter as u8;
    mirror.chain_health.monitor.since_ms = NOW - 100_000;
    assert_eq!(decide(&mirror, Millis(NOW)), []);
    mirror.accounts.insert(key(1), MarginAccount { collateral: 25_000_000, ..account });
    assert_eq!(decide(&mirror, Millis(NOW)), []);
    mirror.accounts.insert(key(1), MarginAccount { collateral: 24_999_999, ..account });
    assert_eq!(decide(&mirror, Millis(NOW)).len(), 1);
}

#[test]
fn in_a_thaw_no_more_is_liquidated_than_the_minute_allows() {
    let account = flagged(long(10_000_000), 5_000);
    let thaw = |liquidity: u64, closed: u64| {
        let mut mirror = mirror();
        mirror.chain_health.monitor.state = State::Thaw as u8;
        mirror.chain_health.monitor.since_ms = NOW - 100_000;
        mirror.silo.ledger.liquidity = liquidity;
        let market = &mut mirror.markets[0].1;
        (market.terms.thaw_pace_bps, market.terms.smallest) = (1_000, 1_000_000);
        (market.thaw_since_ms, market.thaw_closed) = (NOW - 30_000, closed);
        mirror.accounts = (1..4).map(|name| (key(name), account)).collect();
        // One more, of which nothing is liquidated yet.
        mirror.accounts.insert(key(9), MarginAccount { flagged_ms: 0, ..account });
        mirror
    };
    let decided = |mirror: &VenueSnapshot| {
        let intents = decide(mirror, Millis(NOW));
        assert!(intents.contains(&Intent::Flag { account: key(9) }), "flags have no pace");
        intents.iter().filter(|intent| matches!(intent, Intent::Liquidate { .. })).count()
    };
    // Each is deeply insolvent and closes ten units worth 1,000, of which a tenth is the least.
    assert_eq!(decided(&thaw(30_000_000_000, 0)), 3);
    assert_eq!(decided(&thaw(21_000_000_000, 0)), 3, "the last one in part");
    assert_eq!(decided(&thaw(20_999_999_990, 0)), 2);
    assert_eq!(decided(&thaw(30_000_000_000, 2_900_000_001)), 0);
    let mut over = thaw(30_000_000_000, 2_900_000_001);
    over.markets[0].1.thaw_since_ms = NOW - 60_000;
    assert_eq!(decided(&over), 3, "another minute");
    let mut normal = thaw(1, 0);
    normal.chain_health.monitor.state = State::Normal as u8;
    assert_eq!(decided(&normal), 3, "the pace is a thaw's");
}

#[test]
fn stale_prices_decide_nothing() {
    let mut mirror = mirror();
    mirror.accounts.insert(key(1), long(0));
    mirror.chain_health.monitor.seen_ms = NOW + 30_000;
    assert_eq!(decide(&mirror, Millis(NOW + 30_000)).len(), 1);
    assert_eq!(decide(&mirror, Millis(NOW + 30_001)), []);
}

#[test]
fn the_chain_is_observed_ten_times_per_silence_and_no_closer_than_samples_are_kept() {
    let mut mirror = mirror();
    assert_eq!(decide(&mirror, Millis(NOW + 5_999)), []);
    assert_eq!(decide(&mirror, Millis(NOW + 6_000)), [Intent::Observe]);
    mirror.chain_health.thresholds.silence_ms = 20_000;
    assert_eq!(decide(&mirror, Millis(NOW + 1_999)), []);
    assert_eq!(decide(&mirror, Millis(NOW + 2_000)), [Intent::Observe]);
}

/// Wherever thresholds may lie, losing several looks in a row is neither a silence nor a blackout.
#[test]
fn a_quiet_venue_is_looked_at_well_before_it_counts_as_unwatched() {
    for (silence_ms, blackout_ms) in [(20_000, 60_000), (60_000, 180_000), (300_000, 600_000)] {
        let mut mirror = mirror();
        mirror.chain_health.thresholds.silence_ms = silence_ms;
        mirror.chain_health.thresholds.blackout_ms = blackout_ms;
        let limits = Thresholds::from(&mirror.chain_health.thresholds);
        assert_eq!(limits.check(), Ok(()));
        let mut looks = (0..silence_ms).step_by(100);
        let first = looks.find(|ms| decide(&mirror, Millis(NOW + ms)) == [Intent::Observe]);
        let cadence = first.unwrap();
        assert!(cadence * 10 <= silence_ms, "{cadence} in {silence_ms}");
        assert!(cadence * 20 <= u64::from(blackout_ms), "{cadence} in {blackout_ms}");
    }
}

#[test]
fn an_observation_waits_for_everything_decided_before_it() {
    let mut mirror = mirror();
    mirror.accounts.insert(key(1), long(40_000_000));
    let flags = Intent::Flag { account: key(1) };
    assert_eq!(decide(&mirror, Millis(NOW + 6_000)), [flags, Intent::Observe]);
}

#[test]
fn an_intent_becomes_an_instruction_with_the_markets_it_needs() {
    let mut mirror = mirror();
    let mut account = long(40_000_000);
    account.open_markets = 3;
    mirror.accounts.insert(key(1), account);
    let [keeper, signer] = [key(7), key(8)];
    let silo = mirror.silo_address;
    let built = |intent: Intent| intent.instruction(&mirror, keeper, signer);
    let closes = Intent::Liquidate { account: key(1), market: 1 };
    let others = [key(1)];
    let expected = instruction::liquidate(silo, key(2), key(1), keeper, &others);
    assert_eq!(built(closes), Some(expected));
    let both = [key(1), key(2)];
    let flags = Intent::Flag { account: key(1) };
    assert_eq!(built(flags), Some(instruction::flag(key(1), &both)));
    assert_eq!(built(Intent::Observe), Some(instruction::observe(&both)));
    let removes = Intent::RemoveOrder { account: key(1), market: 0, number: 5 };
    assert_eq!(built(removes), Some(instruction::cancel_order(signer, key(1), key(1), 5)));
    assert_eq!(built(Intent::Flag { account: key(5) }), None);
    assert_eq!(built(Intent::Liquidate { account: key(1), market: 2 }), None);
}

#[test]
fn reductions_come_before_openings_and_older_before_newer() {
    let mut account = long(900_000_000);
    account.orders[0] = order(1, 1_000_000, NOW - 9_000);
    account.orders[1] = order(2, -1_000_000, NOW - 5_000);
    account.orders[2] = order(3, -2_000_000, NOW - 8_000);
    account.orders[3] = order(4, -2_000_000, NOW - 1_999);
    let numbers = decided(&[(1, account)]).into_iter().map(|intent| match intent {
        Intent::ExecuteOrder { number, .. } => number,
        other => panic!("{other:?}"),
    });
    assert_eq!(numbers.collect::<Vec<_>>(), [3, 2], "what closes in the market goes first");
    account.orders[1..4].fill(OrderState::default());
    let opens = Intent::ExecuteOrder { account: key(1), market: 0, number: 1 };
    assert_eq!(decided(&[(1, account)]), [opens]);
}

#[test]
fn housekeeping_comes_last() {
    let mut account = long(900_000_000);
    account.orders[0] = OrderState { expires_ms: NOW - 8_000, ..order(5, 1, NOW - 9_000) };
    account.pending_profit = 1;
    account.profit_since_ms = NOW - 300_000;
    let removes = Intent::RemoveOrder { account: key(1), market: 0, number: 5 };
    let matures = Intent::MatureProfit { account: key(1) };
    assert_eq!(decided(&[(1, account)]), [removes, matures]);
    let mut poor = mirror();
    poor.silo.ledger.liquidity = 0;
    assert_eq!(decided_in(poor, &[(1, account)]), [removes], "a cut is for the owner to take");
    account.profit_since_ms += 1;
    assert_eq!(decided(&[(1, account)]), [removes]);
}

#[test]
fn pool_requests_wait_for_their_time_and_for_prices_since_and_lapse() {
    let mut mirror = mirror();
    (mirror.silo.liquidity_shares, mirror.silo.ledger.queued) =
        (1_000_000_000_000_000, 2_000_000_000);
    let mut request = PoolRequest { owner: key(5), destination: key(6), ..PoolRequest::zeroed() };
    (request.amount, request.least) = (1_000_000_000, 1);
    (request.requested_ms, request.due_ms) = (NOW - 5_000, NOW);
    mirror.requests.insert(key(30), request);
    (request.requested_ms, request.due_ms) = (NOW - 8_000, NOW - 3_000);
    request.refund = key(9);
    mirror.requests.insert(key(31), request);
    let [newer, older] = [30, 31].map(|name| Intent::ExecutePool { request: key(name) });
    assert_eq!(decide(&mirror, Millis(NOW)), [older, newer]);
    assert_eq!(decide(&mirror, Millis(NOW - 1)), [older]);
    mirror.requests.get_mut(&key(30)).expect("it is there").least = u64::MAX;
    assert_eq!(
        decide(&mirror, Millis(NOW)),
        [older],
        "the newer one asks for more than it is worth"
    );
    mirror.requests.get_mut(&key(30)).expect("it is there").least = 1;
    mirror.markets[1].1.newest -= 1;
    assert_eq!(decide(&mirror, Millis(NOW)), [older], "no price since the newer one is due");
    mirror.chain_health.monitor.state = State::Shelter as u8;
    assert_eq!(decide(&mirror, Millis(NOW)), []);
    let built = older.instruction(&mirror, key(7), key(8)).expect("it is known");
    let silo = mirror.silo_address;
    let markets = [key(1), key(2)];
    let expected =
        instruction::execute_pool_request(key(5), silo, key(31), key(6), false, &markets);
    assert_eq!(built, expected);
    mirror.chain_health.monitor.state = State::Normal as u8;
    mirror.requests.get_mut(&key(31)).expect("it is there").due_ms = NOW - WINDOW.0;
    let returns = Intent::ReturnPool { request: key(31) };
    assert_eq!(decide(&mirror, Millis(NOW)), [returns]);
    let built = returns.instruction(&mirror, key(7), key(8)).expect("it is known");
    let expected = instruction::return_pool_request(key(8), key(5), silo, key(31), key(9), false);
    assert_eq!(built, expected);
}

#[test]
fn a_pool_request_waits_for_a_price_of_every_market_with_positions() {
    let mut mirror = mirror();
    let request = |due_ms: u64| PoolRequest { due_ms, ..PoolRequest::zeroed() };
    let of = |mirror: &VenueSnapshot| pool::waits(mirror, &mirror.chain(Millis(NOW + 500)));
    mirror.requests.insert(key(30), request(NOW + 501));
    assert_eq!(of(&mirror), [], "it is not due");
    mirror.requests.insert(key(30), request(NOW + 1));
    let from = Millis(NOW + 1);
    let waits = [0, 1].map(|market| Wait { market, from });
    assert_eq!(of(&mirror), waits);
    let empty = SideState::default();
    (mirror.markets[0].1.longs, mirror.markets[0].1.shorts) = (empty, empty);
    assert_eq!(of(&mirror), waits[1..]);
    mirror.requests.insert(key(30), PoolRequest { pool: 1, ..request(NOW + 1) });
    assert_eq!(of(&mirror), [], "insurance needs no price");
    mirror.requests.insert(key(30), request(NOW));
    assert_eq!(of(&mirror), [], "every market has a price since");
}

#[test]
fn tokens_are_fetched_from_the_other_vault_for_whoever_is_paid_next() {
    let mut mirror = mirror();
    let ledger = &mut mirror.silo.ledger;
    (ledger.insurance, ledger.in_insurance_vault) = (1_000, 400);
    ledger.in_liquidity_vault = 1_000;
    assert_eq!(decide(&mirror, Millis(NOW)), [], "what the fund has earned can wait");
    mirror.silo.insurance_shares = 1_000;
    let mut request = PoolRequest { pool: 1, leaves: 1, amount: 500, ..PoolRequest::zeroed() };
    (request.worth_at_request, request.due_ms) = (400, NOW);
    mirror.requests.insert(key(30), request);
    let pays = Intent::ExecutePool { request: key(30) };
    assert_eq!(decide(&mirror, Millis(NOW)), [pays]);
    mirror.requests.get_mut(&key(30)).expect("it is there").worth_at_request = 401;
    assert_eq!(decide(&mirror, Millis(NOW)), [Intent::Reconcile, pays]);
    assert_eq!(decide(&mirror, Millis(NOW - 1)), [], "it is not due");
    let built = Intent::Reconcile.instruction(&mirror, key(7), key(8));
    assert_eq!(built, Some(instruction::reconcile_vaults(mirror.silo_address)));
    // Insurance has paid for a loss: whoever withdraws next may need it.
    mirror.requests.clear();
    mirror.silo.ledger.in_insurance_vault = 1_001;
    assert_eq!(decide(&mirror, Millis(NOW)), [Intent::Reconcile]);
}

#[test]
fn a_debt_that_nothing_covers_is_written_off() {
    // Long one unit that gains nothing, and owes ten.
    let mut account = long(0);
    (account.debt, account.debts[1]) = (10_000_000, 10_000_000);
    let mut mirror = mirror();
    mirror.silo.ledger.debt = account.debt;
    let writes = Intent::WriteOffDebt { account: key(1) };
    let decided = decided_in(mirror, &[(1, account)]);
    assert!(decided.contains(&writes), "{decided:?}");
}

/// A day in milliseconds.
const DAY: u64 = 24 * 3_600_000;

/// The second market has had no price for a day; the first has one now.
fn silent() -> VenueSnapshot {
    let mut mirror = mirror();
    for price in &mut mirror.markets[1].1.prices {
        price.published_ms -= DAY;
    }
    mirror
}

#[test]
fn a_market_without_a_price_for_a_day_is_announced_and_then_settled() {
    let announces = Intent::AnnounceSettlement { market: 1 };
    assert_eq!(decided_in(silent(), &[]), [announces]);
    let mut broken = silent();
    broken.chain_health.monitor.last_disruption_ms = NOW - DAY + 1;
    assert_eq!(decided_in(broken, &[]), []);
    let noticed = |settles_ms| {
        let mut mirror = silent();
        mirror.markets[1].1.settles_ms = settles_ms;
        decided_in(mirror, &[])
    };
    assert_eq!(noticed(NOW + 1), []);
    assert_eq!(noticed(NOW), [Intent::SettleMarket { market: 1 }]);
}

#[test]
fn positions_in_a_settled_market_are_settled_and_nothing_else_is_done_in_it() {
    let mut mirror = mirror();
    mirror.markets[0].1.settlement_price = PRICE;
    let mut account = flagged(long(40_000_000), 5_000);
    account.orders[0] = order(1, -1_000_000, NOW - 10_000);
    let settles = Intent::SettlePosition { account: key(1), market: 0 };
    let removes = Intent::RemoveOrder { account: key(1), market: 0, number: 1 };
    assert_eq!(decided_in(mirror, &[(1, account)]), [settles, removes]);
}

#[test]
fn an_exit_that_waits_is_paid_as_far_as_its_hours_go() {
    let mut account = MarginAccount::zeroed();
    (account.exit_amount, account.exit_asked) = (50, 50);
    (account.exit_ms, account.exit_to) = (NOW - 3_600_000, key(60));
    let pays = Intent::PayExit { account: key(1) };
    assert_eq!(decided(&[(1, account)]), [pays]);
    let mut spent = mirror();
    spent.chain_health.monitor.state = State::Shelter as u8;
    spent.accounts.insert(key(1), account);
    assert_eq!(decide(&spent, Millis(NOW)), [pays]);
    account.exit_amount = 45;
    spent.accounts.insert(key(1), account);
    assert_eq!(decide(&spent, Millis(NOW)), [], "the hour's tenth is paid");
    let silo = spent.silo_address;
    let built = pays.instruction(&spent, key(7), key(8));
    assert_eq!(built, Some(instruction::pay_exit(silo, key(1), key(60))));
}
