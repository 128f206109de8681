//! Settings to start from.

use holdfast_client::holdfast::state::{
    MarketTermsState, SiloTermsState, ThresholdsState, TimelockState,
};
use holdfast_risk::chain::health::Thresholds;

/// Those that the venue's times and margins are made for.
pub fn thresholds() -> ThresholdsState {
    (&Thresholds::default()).into()
}

/// Changes wait for two days and stay ready for a week.
pub fn timelock() -> TimelockState {
    TimelockState { wait_ms: 172_800_000, ready_ms: 604_800_000 }
}

/// A silo: a tenth of fees to the protocol, a fifth to insurance, and more while that holds less than two
/// percent of what is open; profit matures in five minutes.
pub fn silo() -> SiloTermsState {
    SiloTermsState {
        insurance_share_bps: 2_000,
        protocol_share_bps: 1_000,
        outage_reserve_bps: 2_000,
        epoch_cap_bps: 5_000,
        payable_share_bps: 8_000,
        utilisation_bps: 30_000,
        insurance_target_bps: 200,
        padding: [0; 2],
        maturity_ms: 300_000,
        request_delay_ms: 5_000,
        unstake_cooldown_ms: 86_400_000,
    }
}

/// A liquid market of an asset worth about `price` whole units: leverage up to about 8.7
/// (initial margin and penalty), sizes scaled so that the caps are the same in money whatever the
/// asset costs.
pub fn market(price: u64) -> MarketTermsState {
    let worth = |money: u64| money * 1_000_000 / price.max(1);
    MarketTermsState {
        initial_bps: 1_000,
        maintenance_bps: 500,
        penalty_bps: 150,
        first_share_bps: 1_000,
        last_share_bps: 5_000,
        taker_fee_bps: 6,
        confidence_bps: 200,
        volatility_share_bps: 1_000,
        account_share_bps: 2_000,
        utilisation_bps: 30_000,
        divergence_bps: 100,
        band_bps: 1_500,
        reference_speed_bps: 100,
        thaw_pace_bps: 500,
        base_spread_ppm: 200,
        funding_cap_ppb: 1_000_000,
        funding_velocity_ppb: 2_000_000,
        borrow_ppb: 50_000,
        tier_volatility_ppm: 800,
        ramp_ms: 60_000,
        age_ms: 30_000,
        future_ms: 1_000,
        decide_within_ms: 5_000,
        execution_delay_ms: 2_000,
        flag_delay_ms: 3_000,
        smallest: worth(10),
        depth: worth(2_000_000_000),
        full_skew: worth(20_000_000),
        side_cap: worth(50_000_000),
    }
}
