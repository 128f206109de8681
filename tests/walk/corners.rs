//! Everybody leaves, from wherever walks of different lengths end, under settings at the corners of
//! their bounds.

use holdfast_client::holdfast::state::{MarketTermsState, SiloTermsState};

use crate::cast::Change;
use crate::play::{POOR, RICH};
use crate::walk::Walk;

/// Everything takes as long as it may.
fn slow(silo: &mut SiloTermsState, market: &mut MarketTermsState) {
    (silo.maturity_ms, silo.request_delay_ms) = (3_600_000, 3_600_000);
    (market.execution_delay_ms, market.flag_delay_ms) = (30_000, 30_000);
    (market.age_ms, market.future_ms) = (300_000, 0);
    (market.decide_within_ms, market.thaw_pace_bps) = (10_000, 10);
    market.smallest = 1;
}

/// Hardly any price is believed before it has stood for its time, and none for long.
fn narrow(silo: &mut SiloTermsState, market: &mut MarketTermsState) {
    (silo.maturity_ms, silo.request_delay_ms) = (1, 5_000);
    (market.band_bps, market.reference_speed_bps, market.divergence_bps) = (100, 1, 10);
    (market.age_ms, market.future_ms, market.decide_within_ms) = (15_000, 999, 5_000);
    (market.execution_delay_ms, market.flag_delay_ms) = (1_000, 1_000);
}

/// Everything costs as much as it may, and as little as may be leaves at once.
fn dear(silo: &mut SiloTermsState, market: &mut MarketTermsState) {
    (silo.payable_share_bps, silo.utilisation_bps) = (1_000, 10_000);
    (silo.insurance_share_bps, silo.protocol_share_bps) = (0, 10_000);
    (silo.outage_reserve_bps, silo.epoch_cap_bps) = (9_000, 0);
    (market.taker_fee_bps, market.base_spread_ppm) = (100, 10_000);
    (market.volatility_share_bps, market.depth) = (10_000, market.side_cap * 10);
    (market.funding_cap_ppb, market.funding_velocity_ppb) = (1_000_000, u32::MAX);
    (market.full_skew, market.borrow_ppb) = (market.side_cap.div_ceil(4), 100_000);
}

/// Nothing costs anything, and nothing is kept back.
fn free(silo: &mut SiloTermsState, market: &mut MarketTermsState) {
    (silo.payable_share_bps, silo.utilisation_bps) = (10_000, 50_000);
    (silo.insurance_share_bps, silo.protocol_share_bps) = (10_000, 0);
    (silo.outage_reserve_bps, silo.epoch_cap_bps) = (0, 10_000);
    (market.taker_fee_bps, market.base_spread_ppm, market.volatility_share_bps) = (0, 0, 0);
    (market.funding_cap_ppb, market.funding_velocity_ppb, market.borrow_ppb) = (0, 0, 0);
    (market.band_bps, market.reference_speed_bps) = (5_000, 500);
    (market.account_share_bps, market.utilisation_bps) = (10_000, 50_000);
}

/// Walks of several lengths, half of them through a halt, each to its end.
fn everybody_leaves(change: Change) {
    for (seed, liquidity, steps) in [(21, RICH, 150), (22, POOR, 400), (23, RICH, 900)] {
        let mut walk = Walk::new(seed, liquidity, change);
        walk.play(steps);
        if seed % 2 == 0 {
            walk.halt();
        }
        walk.exit();
    }
}

#[test]
fn where_everything_takes_long() {
    everybody_leaves(slow);
}

#[test]
fn where_hardly_any_price_is_believed() {
    everybody_leaves(narrow);
}

#[test]
fn where_everything_is_dear() {
    everybody_leaves(dear);
}

#[test]
fn where_nothing_costs_anything() {
    everybody_leaves(free);
}
