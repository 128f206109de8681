//! Settings of the deployment file that replace a preset's.

use holdfast_client::holdfast::state::{MarketTermsState, SiloTermsState, ThresholdsState};
use serde::Deserialize;

/// A table of optional fields, each in the unit of the field it replaces.
macro_rules! changes {
    ($name:ident of $state:ident { $($field:ident: $form:ty,)* } $($other:ident)?) => {
        /// What differs from the preset.
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($field: Option<$form>,)*
        }

        impl $name {
            /// The preset with these changes.
            pub fn over(&self, preset: $state) -> $state {
                // A field that is missing below does not compile here.
                let $state { $($field,)* $($other,)? } = preset;
                $state { $($field: self.$field.unwrap_or($field),)* $($other,)? }
            }
        }
    };
}

changes!(SiloChanges of SiloTermsState {
    insurance_share_bps: u16,
    protocol_share_bps: u16,
    outage_reserve_bps: u16,
    epoch_cap_bps: u16,
    payable_share_bps: u16,
    utilisation_bps: u16,
    insurance_target_bps: u16,
    maturity_ms: u64,
    request_delay_ms: u64,
    unstake_cooldown_ms: u64,
} padding);

changes!(MarketChanges of MarketTermsState {
    initial_bps: u16,
    maintenance_bps: u16,
    penalty_bps: u16,
    first_share_bps: u16,
    last_share_bps: u16,
    taker_fee_bps: u16,
    confidence_bps: u16,
    volatility_share_bps: u16,
    account_share_bps: u16,
    utilisation_bps: u16,
    divergence_bps: u16,
    band_bps: u16,
    reference_speed_bps: u16,
    thaw_pace_bps: u16,
    base_spread_ppm: u32,
    funding_cap_ppb: u32,
    funding_velocity_ppb: u32,
    borrow_ppb: u32,
    tier_volatility_ppm: u32,
    ramp_ms: u64,
    age_ms: u64,
    future_ms: u64,
    decide_within_ms: u64,
    execution_delay_ms: u64,
    flag_delay_ms: u64,
    smallest: u64,
    depth: u64,
    full_skew: u64,
    side_cap: u64,
});

changes!(ThresholdChanges of ThresholdsState {
    slow_bps: u16,
    slow_over_bps: u16,
    crawling_bps: u16,
    skipping_bps: u16,
    skipping_over_bps: u16,
    failing_bps: u16,
    blackout_ms: u32,
    gap_ms: u64,
    silence_ms: u64,
    hold_ms: u64,
    grace_ms: u64,
    restart_grace_ms: u64,
    thaw_ms: u64,
});
