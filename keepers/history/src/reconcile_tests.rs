use anchor_lang::Event;

use super::*;

fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

fn sums(events: &[Vec<u8>]) -> Sums {
    let mut sums = Sums::default();
    events.iter().for_each(|bytes| sums.apply(bytes));
    sums
}

fn traded(delta: i64, position: i64) -> Vec<u8> {
    OrderExecuted {
        account: key(1),
        number: 1,
        market: 2,
        index_price: 1,
        published_ms: 1,
        price: 1,
        delta,
        position,
        realised: 0,
        carry: 0,
        fee: 0,
        debt: 0,
        bad_debt: 0,
    }
    .data()
}

fn liquidated(closed: u64, position: i64) -> Vec<u8> {
    PositionLiquidated {
        account: key(1),
        market: 2,
        price: 1,
        published_ms: 1,
        closed,
        position,
        realised: 0,
        reward: 0,
        to_insurance: 0,
        debt: 0,
        bad_debt: 0,
        insured: 0,
    }
    .data()
}

fn placed() -> Vec<u8> {
    OrderPlaced { account: key(1), number: 1, market: 2, delta: 1, earliest_ms: 0, margin: 0 }
        .data()
}

/// Kinds of events that move none.
const OTHERS: [&str; 21] = [
    "ExchangeCreated",
    "SiloCreated",
    "MarketListed",
    "ExchangeLocked",
    "ChangeProposed",
    "UpgradeProposed",
    "ChangeCancelled",
    "ChangeApplied",
    "FusesBlown",
    "FuseTripped",
    "MarketRefreshed",
    "MarketUnpriced",
    "OrderTriggered",
    "AccountFlagged",
    "ProfitMatured",
    "DebtWrittenOff",
    "ChainObserved",
    "ChainStateChanged",
    "SettlementAnnounced",
    "SettlementCancelled",
    "MarketSettled",
];

#[test]
fn every_kind_of_event_moves_sums_or_is_known_to_move_none() {
    let named: BTreeSet<_> = KINDS.into_iter().chain(OTHERS).collect();
    assert_eq!(named.len(), KINDS.len() + OTHERS.len());
    let all: BTreeSet<_> = crate::described::kinds().collect();
    assert_eq!(named, all);
}

#[test]
fn trades_liquidations_and_settlements_sum_up_to_the_position() {
    let position = format!("position {} 2", key(1));
    let both = sums(&[placed(), placed(), traded(-7, -7), liquidated(3, -4)]);
    assert_eq!(both.get(&position), -4);
    assert_eq!(both.get(&format!("orders {}", key(1))), 1);
    let settled = PositionSettled {
        account: key(1),
        market: 2,
        price: 1,
        closed: -4,
        realised: 0,
        carry: 0,
        debt: 0,
        bad_debt: 0,
    };
    let all = sums(&[placed(), traded(-7, -7), liquidated(3, -4), settled.data()]);
    assert_eq!(all, Sums::default());
    assert_eq!(sums(&[placed(), traded(9, 9), liquidated(9, 0)]), Sums::default());
}

#[test]
fn a_liquidation_that_is_missing_shows_however_the_position_goes_on() {
    let position = format!("position {} 2", key(1));
    // All of four was liquidated, which is missing; then there were two on the other side, until they were too.
    let open = sums(&[placed(), traded(4, 4), placed(), traded(-2, -2)]);
    assert_eq!(open.get(&position), 2);
    let mut closed = open;
    closed.apply(&liquidated(2, 0));
    assert_eq!(closed.get(&position), 4);
    // Where no event says on which side a position was that is left from before, it is on that of its sum.
    let mut from_before = Sums::default();
    from_before.add(&position, -5);
    from_before.apply(&liquidated(5, 0));
    assert_eq!(from_before, Sums::default());
}

#[test]
fn tokens_in_and_out_sum_up_to_the_vaults() {
    let account = key(1);
    let events = [
        AccountOpened { account, owner: key(2) }.data(),
        Deposited { account, amount: 100, collateral: 100 }.data(),
        Withdrawn { account, amount: 30, collateral: 70 }.data(),
        ExitRequested { account, amount: 50, destination: key(3), requested_ms: 1 }.data(),
        ExitPaid { account, amount: 20, left: 30 }.data(),
        VaultsReconciled { silo: key(4), surplus: 5, moved: -1 }.data(),
        FeesCollected { silo: key(4), amount: 1 }.data(),
    ];
    let before = sums(&events);
    assert_eq!((before.get(VAULTS), before.get(ACCOUNTS)), (54, 1));
    assert_eq!(before.get(&exit(&account)), 30);
    let mut after = before;
    after.apply(&ExitCancelled { account, amount: 30 }.data());
    after.apply(&AccountClosed { account }.data());
    assert_eq!((after.get(&exit(&account)), after.get(ACCOUNTS)), (0, 0));
}

fn asked(leaves: bool, amount: u64) -> Vec<u8> {
    PoolRequested { request: key(5), pool: 0, leaves, amount, due_ms: 1 }.data()
}

fn executed(amount: u64, received: u64, arrived: bool) -> Vec<u8> {
    PoolRequestExecuted { request: key(5), amount, received, worth: 1, arrived }.data()
}

#[test]
fn requests_move_tokens_when_they_are_made_paid_or_returned() {
    let cancelled = PoolRequestCancelled { request: key(5) }.data();
    let waiting = format!("deposit {}", key(5));
    let vaults = |events: &[Vec<u8>]| {
        let sums = sums(events);
        (sums.get(VAULTS), sums.get(&waiting))
    };
    assert_eq!(sums(&[asked(true, 90)]).get(REQUESTS), 1);
    for ended in [cancelled.clone(), executed(90, 80, true)] {
        assert_eq!(sums(&[asked(true, 90), ended]).get(REQUESTS), 0);
    }
    assert_eq!(sums(&[asked(true, 90), executed(90, 80, false)]).get(REQUESTS), 1);
    assert_eq!(vaults(&[asked(false, 90)]), (90, 90));
    assert_eq!(vaults(&[asked(false, 90), cancelled.clone()]), (0, 0));
    assert_eq!(vaults(&[asked(false, 90), executed(90, 80, true)]), (90, 0));
    // Shares that did not arrive are returned without moving tokens.
    assert_eq!(vaults(&[asked(false, 90), executed(90, 80, false), cancelled.clone()]), (90, 0));
    let joined = [asked(false, 90), executed(90, 80, true)];
    let leaves = |arrived| [&joined[..], &[asked(true, 80), executed(80, 60, arrived)]].concat();
    assert_eq!(vaults(&leaves(true)), (30, 0));
    assert_eq!(vaults(&leaves(false)), (90, 60));
    assert_eq!(vaults(&[leaves(false), vec![cancelled]].concat()), (30, 0));
}

#[test]
fn what_is_missing_on_either_side_is_named_with_both_numbers() {
    let (mut held, mut by_events) = (Sums::default(), Sums::default());
    held.add("vaults", 5);
    held.add("accounts", 1);
    by_events.add("vaults", 5);
    by_events.add("exit x", 7);
    let found = compare(9, Some(3), &held, &by_events);
    assert_eq!((found.slot, found.since, found.sums), (9, Some(3), 3));
    let off: Vec<_> =
        found.off.iter().map(|off| (&*off.sum, &*off.held, &*off.by_events)).collect();
    assert_eq!(off, [("accounts", "1", "0"), ("exit x", "0", "7")]);
}
