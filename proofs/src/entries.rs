//! The theorems by name, each as a function from numbers to a code.

use crate::given::{Answer, Given, Stop, WORDS};

/// A theorem.
#[derive(Clone, Copy, Debug)]
pub struct Theorem {
    /// Its name.
    pub name: &'static str,
    /// Whether it is among those that are proved in two minutes.
    pub fast: bool,
    /// How many cases it is proved in, one after the other: its first word says which.
    pub cases: u64,
    /// What it says of some numbers.
    pub entry: fn(&[u64; WORDS]) -> u8,
}

/// It holds for these numbers.
pub const HOLDS: u8 = 0;
/// It says nothing about these numbers.
pub const VOID: u8 = 1;
/// It is false for these numbers.
pub const BROKEN: u8 = 2;

const fn code(answer: Answer) -> u8 {
    match answer {
        Ok(()) => HOLDS,
        Err(Stop::Void) => VOID,
        Err(Stop::Broken) => BROKEN,
    }
}

macro_rules! theorems {
    (fast) => { true };
    (slow) => { false };
    () => { 1 };
    ($cases:literal) => { $cases };
    ($($speed:ident $module:ident::$name:ident $(in $cases:literal cases)?;)*) => {
        /// All of them.
        pub const THEOREMS: &[Theorem] = &[
            $(Theorem {
                name: stringify!($name),
                fast: theorems!($speed),
                cases: theorems!($($cases)?),
                entry: $name,
            }),*
        ];
        $(
            #[doc = concat!("[`crate::", stringify!($module), "::", stringify!($name), "`].")]
            pub fn $name(words: &[u64; WORDS]) -> u8 {
                code(crate::$module::$name(&mut Given::new(words)))
            }
        )*
    };
}

theorems! {
    fast math::mul_div_is_exact in 2 cases;
    fast ledger::settle_conserves;
    fast ledger::settle_moves_claims_with_the_account;
    fast ledger::settle_leaves_debt_or_profit;
    fast ledger::settle_charges_the_account_exactly;
    fast ledger::settle_takes_collateral_first;
    fast ledger::settle_passes_on_what_is_due;
    fast ledger::settle_moves_the_fund_exactly;
    fast ledger::settle_asks_insurance_for_the_bad_debt;
    fast ledger::insurance_without_limits_pays_all;
    fast ledger::insurance_without_limits_pays_a_write_off;
    fast ledger::totals_are_sums;
    slow ledger::insurance_pays_no_more_than_is_asked;
    slow ledger::insurance_keeps_its_reserve in 5 cases;
    slow ledger::insurance_keeps_its_caps in 5 cases;
    slow ledger::a_periods_draws_leave_the_reserve in 5 cases;
    fast ledger::writing_off_conserves;
    fast pool::joining_never_dilutes;
    fast pool::leaving_never_dilutes;
    fast pool::founding_never_raises_a_share;
    fast pool::joining_gains_nothing;
    fast pool::leaving_gains_nothing;
    fast pool::joining_moves_the_deposit;
    fast pool::leaving_pays_the_worth;
    fast pool::a_leave_keeps_what_is_owed;
    fast pool::the_least_that_pays_in_full_does;
    fast pool::what_is_removed_leaves_what_backs_positions;
    fast pool::opening_keeps_every_cap;
    fast money::fee_splits_conserve;
    fast money::fees_round_up;
    fast money::insurance_grows_back_out_of_liquiditys_share in 3 cases;
    fast money::added_profit_waits_anew_by_its_share;
    fast money::a_thaw_never_borrows_from_the_next_minute;
    fast money::a_bound_on_notional_bounds_the_size;
    fast money::maturing_conserves;
    fast money::exits_never_borrow_from_the_next_hour in 24 cases;
    slow money::calling_often_pays_the_same in 47 cases;
    fast money::exits_are_paid_after_a_day;
    fast position::values_round_as_asked;
    fast position::a_trade_takes_its_sides_carry;
    fast position::closing_never_rounds_in_the_traders_favour in 4 cases;
    fast position::opening_never_rounds_in_the_traders_favour in 4 cases;
    fast position::carry_rounds_against_the_trader;
    fast position::profit_rounds_against_the_trader;
    fast position::spreads_round_against_the_trader;
    fast position::reductions_never_open;
    fast position::opening_is_told_from_reducing;
    fast position::triggers_include_their_level;
    fast position::results_are_gain_or_loss;
    fast market::what_decides_is_believed_and_timely;
    fast market::an_outlier_is_used_for_nothing;
    fast market::no_price_from_before_the_position;
    fast market::a_request_gets_a_believed_price;
    fast market::a_timely_price_decides;
    slow market::an_outlier_never_decides;
    fast market::waiting_never_improves_the_price;
    fast market::a_sudden_price_decides_with_the_next;
    fast market::a_closing_price_is_no_worse_than_the_newest;
    fast market::an_outlier_is_measured_within_the_band;
    fast market::a_position_counts_against_whoever_acts;
    fast margin::requirements_round_up;
    fast margin::a_withdrawal_leaves_initial_margin;
    fast margin::lines_include_equality;
    fast margin::liquidation_is_only_below_maintenance;
    fast margin::no_more_is_closed_than_is_held;
    fast margin::the_reward_rises_with_the_wait;
    fast margin::penalty_and_reward_stay_within_what_is_due;
    fast governance::every_exit_is_open_in_every_state;
    fast governance::nothing_adds_risk_after_a_break;
    fast governance::nothing_is_applied_before_its_wait;
    fast governance::an_upgrade_waits_for_a_week;
    fast governance::waits_are_bounded;
    fast governance::guardians_tighten_three_times_a_day;
    fast governance::nobody_takes_back_their_own_removal;
    fast governance::guardians_are_distinct;
    fast governance::markets_are_settled_after_notice;
    fast governance::flags_lapse;
    fast chain::a_look_never_loosens;
    fast chain::a_guardian_only_tightens;
    fast chain::the_clock_is_bounded;
    fast money::maturing_divides_what_is_payable;
    fast position::a_trade_moves_the_size_exactly;
}
