//! What a pause must not do.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::instruction;
use holdfast_risk::chain::health::State;
use holdfast_testkit::chain::Pace;
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use crate::{HOUR_MS, OLD_EPOCH, YOUNG_EPOCH, halt, refuses};
use holdfast_tests::{PRICE, Stage};

/// GMX-Solana: after a restart of the cluster everything waited for an administrator, cancelling and
/// reducing too. Here both work in the first blocks, and the only thing closed is opening.
#[test]
fn a_restart_does_not_lock_anybody_in() {
    let mut stage = Stage::open();
    let now = stage.venue.cluster.now_ms();
    let waiting = stage.venue.place(&stage.trader, 0, market_order(1_000_000, now)).unwrap();
    stage.venue.cluster.vote_time(OLD_EPOCH);
    stage.venue.cluster.stall(5 * HOUR_MS);
    stage.venue.cluster.restart();
    stage.venue.cluster.run(400, Pace::HEALTHY);
    let (owner, account) = (stage.trader.keypair.insecure_clone(), stage.trader.account);
    let market = stage.venue.markets[0];
    let cancel = instruction::cancel_order(owner.pubkey(), account, market, waiting);
    stage.venue.cluster.send(&[cancel], &[&owner]).unwrap();
    let later = stage.venue.cluster.now_ms() + 8 * HOUR_MS;
    let opens = market_order(1_000_000, later);
    refuses(stage.venue.place(&stage.trader, 0, opens), HoldfastError::ChainNotReady);
    let exit = stage.exit();
    let number = stage.venue.place(&stage.trader, 0, exit).unwrap();
    stage.venue.cluster.run(4_000, Pace::HEALTHY);
    stage.venue.publish(&[PRICE]).unwrap();
    assert_eq!(stage.state(), State::Shelter);
    stage.venue.execute(&account, number, &account).unwrap();
    assert_eq!(stage.venue.account(&account).open_markets, 0);
}

/// marginfi: when a pause was over, interest was charged for all of it at once. Here a halt costs
/// nothing, whether the clock jumps over it or is hours behind and runs fast to catch up.
#[test]
fn nobody_pays_for_a_pause_afterwards() {
    let paid = |stage: &mut Stage, minutes: u64| {
        let before = stage.venue.market(0).carry_long;
        for _ in 0..minutes * 12 {
            stage.venue.cluster.run(5_000, Pace::HEALTHY);
            stage.venue.publish(&[PRICE]).unwrap();
        }
        stage.venue.market(0).carry_long - before
    };
    for epoch_slots in [OLD_EPOCH, YOUNG_EPOCH] {
        let mut well = Stage::open();
        well.venue.cluster.vote_time(OLD_EPOCH);
        paid(&mut well, 2);
        let mut paused = Stage::open();
        paused.venue.cluster.vote_time(epoch_slots);
        paid(&mut paused, 2);
        let calm = paid(&mut well, 20);
        let before = paused.venue.market(0).carry_long;
        halt(&mut paused, 3 * HOUR_MS, epoch_slots);
        paid(&mut paused, 20);
        let after_pause = paused.venue.market(0).carry_long - before;
        assert!(calm > 0 && after_pause <= calm, "{after_pause} against {calm}");
    }
}

/// marginfi: whoever moved slowly enough never tripped its breaker, because each step was compared
/// with the one before. Here what a slot usually takes is learned too, but within bounds: a chain
/// that slows by a fiftieth at a time is caught like one that slows at once.
#[test]
fn slowing_down_little_by_little_is_noticed() {
    let mut stage = Stage::open();
    stage.venue.cluster.vote_time(OLD_EPOCH);
    let mut slot_ms = 400;
    let mut strained_at = None;
    while stage.state() != State::Shelter {
        for _ in 0..5 {
            stage.venue.cluster.run(5_000, Pace { slot_ms, failing_percent: 0 });
            stage.venue.observe().unwrap();
        }
        if stage.state() >= State::Strained {
            strained_at.get_or_insert(slot_ms);
        }
        slot_ms += slot_ms / 50;
        assert!(slot_ms < 3_000, "nobody noticed");
    }
    assert!(strained_at.is_some_and(|slot_ms| slot_ms < 1_400), "{strained_at:?}");
}
