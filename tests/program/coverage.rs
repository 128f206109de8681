//! Every error the program can name is asserted by a test, and here is by which.

use std::collections::BTreeSet;

use holdfast_client::holdfast::error::HoldfastError::{self, *};

use crate::adversary::{governance, settings};
use crate::powers::{fuses, guardians, nonce, queue_refusals, set_up, stolen_upgrade, upgrade};
use crate::world::SEEN;
use crate::{
    administration, adversary, band, broken_books, deposit, execute_refusals, exits, flag,
    liquidate, margin_account, mature_profit, observe, place_order, pool_refusals, refresh_market,
    settlement, thaw, vaults, withdraw,
};

/// A test and the refusals it asserts.
type Proof = (fn(), &'static [HoldfastError]);

const PROOFS: &[Proof] = &[
    (broken_books::a_ledger_whose_parts_do_not_sum, &[LedgerBroken]),
    (broken_books::a_vault_that_holds_too_little, &[VaultShort]),
    (broken_books::an_account_that_contradicts_itself, &[AccountBroken]),
    (administration::creating_a_silo_is_refused, &[NotAdmin, MintDecimals, TermsOutOfBounds]),
    (administration::listing_is_refused, &[NotAdmin, FeedCount, UnknownProvider, TermsOutOfBounds]),
    (administration::sixteen_markets_are_listed_and_no_more, &[TooManyMarkets]),
    (margin_account::closing_anything_but_an_empty_own_account_is_refused, &[AccountNotEmpty]),
    (deposit::refusals, &[ZeroAmount, WrongVault, WrongSilo]),
    (withdraw::refusals, &[NotOwner, NotEnoughCollateral, WrongTokenAccount, BelowInitialMargin]),
    (withdraw::positions_keep_their_initial_margin, &[BelowInitialMargin]),
    (withdraw::tokens_in_the_other_vault_are_fetched_first, &[ReconcileFirst]),
    (place_order::placing_is_refused, &[InvalidOrder, NoFreeOrderSlot, ChainNotReady]),
    (place_order::a_fee_takes_no_margin_from_positions, &[BelowInitialMargin, WrongMarket]),
    (place_order::cancelling_is_refused, &[OrderNotFound, OrderNotExpired, WrongSilo, WrongMarket]),
    (place_order::an_opening_reserves_its_margin_when_it_is_placed, &[BelowInitialMargin]),
    (place_order::what_is_decided_is_not_taken_back, &[PriceKnown, OrderLapsed]),
    (
        place_order::triggers_are_set_off_by_anybody_once_they_are_met,
        &[OrderNotTriggered, TriggerNotMet, AlreadyTriggered, NoPriceYet, OrderNotFound],
    ),
    (execute_refusals::an_order_waits_for_its_price, &[NoPriceYet, BeyondLimit, OrderNotTriggered]),
    (
        execute_refusals::orders_that_are_not_there_expired_or_reduce_nothing,
        &[OrderNotFound, OrderExpired, NothingToReduce],
    ),
    (execute_refusals::sizes_and_margin, &[BelowInitialMargin, Overflow]),
    (execute_refusals::caps, &[OpenInterestCap, AccountShareCap, UtilisationCap]),
    (execute_refusals::wrong_accounts, &[WrongMarket, WrongSilo]),
    (execute_refusals::stale_prices_do_not_open, &[OrderLapsed]),
    (band::an_outlier_liquidates_nobody_until_it_is_followed, &[PriceOutsideBand]),
    (execute_refusals::after_a_break, &[ChainNotReady, MarketNotReady]),
    (flag::refusals, &[AccountSafe, AlreadyFlagged, WrongMarket]),
    (liquidate::too_early_too_late_or_not_at_all, &[NoPriceYet, NotFlagged, AccountSafe]),
    (liquidate::the_largest_leg_goes_first, &[NotLargestLeg, NoPosition]),
    (liquidate::after_a_break, &[MarketNotReady, ChainNotReady]),
    (mature_profit::refusals, &[NotMatured, ChainNotReady]),
    (mature_profit::what_the_pool_cannot_pay_is_cut_by_the_owner_alone, &[ProfitCut]),
    (pool_refusals::executing_too_early, &[RequestNotDue, StalePrice, ChainNotReady]),
    (pool_refusals::minimums_dust_and_use, &[BelowMinimum, LiquidityInUse, DepositTooSmall]),
    (pool_refusals::wrong_accounts, &[RequestDue, RequestLapsed, MarketsMissing]),
    (
        adversary::orders::an_order_that_opens_does_not_put_a_known_close_off,
        &[ClosingOrderFirst, PriceKnown],
    ),
    (adversary::losses::a_debt_that_may_be_paid_is_not_written_off, &[DebtCoverable]),
    (adversary::pools::nobody_joins_a_pool_that_owes_most_of_its_cash, &[PoolUndervalued]),
    (vaults::fees_go_to_the_receiver, &[NothingToMove]),
    (observe::refusals, &[SampleTooSoon]),
    (set_up::no_money_before_the_lock, &[ExchangeNotLocked]),
    (set_up::locking_is_refused, &[AlreadyLocked, SilosMissing, GuardianSet, TermsOutOfBounds]),
    (queue_refusals::contents_outside_the_bounds_are_refused, &[TermsOutOfBounds, GuardianSet]),
    (queue_refusals::applying_too_early_or_too_late, &[ChangeNotReady, ChangeExpired]),
    (queue_refusals::applying_with_other_accounts, &[WrongChange]),
    (queue_refusals::two_guardians_stay, &[GuardianSet]),
    (queue_refusals::cancelling_is_refused, &[NotGuardian, OwnRemoval, WrongChange]),
    (queue_refusals::after_a_handover, &[ProposerReplaced]),
    (queue_refusals::creating_needs_a_change_that_names_it, &[ChangeRequired, ChangeExpired]),
    (stolen_upgrade::announcing_something_else, &[WrongBuffer]),
    (upgrade::no_lock_before_the_program_is_handed_over, &[UpgradeAuthority]),
    (fuses::tripping_is_refused_without_proof, &[BooksSound]),
    (fuses::blowing_is_refused, &[NotGuardian, BudgetExhausted, TermsOutOfBounds]),
    (broken_books::they_trip_in_one_transaction, &[FuseBlown]),
    (guardians::refusals, &[NotGuardian, NothingToTighten, TermsOutOfBounds]),
    (guardians::a_budget_runs_out_and_refills, &[BudgetExhausted]),
    (nonce::no_instruction_of_the_admin_is_taken, &[DurableNonce]),
    (
        settlement::too_early_and_twice,
        &[PriceMayReturn, SettlementNotDue, AlreadyAnnounced, NotSettled, NoPosition],
    ),
    (settlement::a_settled_market_trades_no_more, &[MarketSettled]),
    (exits::refusals, &[NoExit, NotIdle, ExitWaiting]),
    (exits::in_shelter_each_hour_pays_a_tenth_and_a_day_everything, &[ExitsQueue, OutflowLimit]),
    (thaw::a_minute_closes_no_more_than_its_share, &[PaceExhausted]),
    (
        refresh_market::pull_feed,
        &[UnreadableFeed, NoFeedPrice, StaleFeed, FutureFeed, UncertainFeed, FeedNotNewer],
    ),
    (refresh_market::price_account, &[UnreadableFeed, WrongFeed, StaleFeed, UncertainFeed]),
    (refresh_market::wrong_accounts, &[WrongFeed, FeedBeforeDisruption]),
    (governance::the_applier_cannot_choose_between_two_announcements, &[ChangeSuperseded]),
    (governance::the_admin_is_none_of_the_guardians, &[GuardianSet]),
    (governance::fees_for_nobody_are_refused_from_the_beginning, &[TermsOutOfBounds]),
    (settings::fatal_settings_cannot_be_proposed_and_the_log_says_which, &[TermsOutOfBounds]),
    (settings::a_time_in_another_unit_is_named, &[NotMilliseconds]),
];

/// What no test can bring about: every cluster has the sysvar.
const UNREACHABLE: &[HoldfastError] = &[UnreadableSysvar];

#[test]
fn every_error_is_asserted() {
    let mut covered: BTreeSet<u32> = UNREACHABLE.iter().map(|error| u32::from(*error)).collect();
    for (test, errors) in PROOFS {
        SEEN.with_borrow_mut(BTreeSet::clear);
        test();
        for error in *errors {
            let code = u32::from(*error);
            assert!(SEEN.with_borrow(|seen| seen.contains(&code)), "{} not seen", error.name());
            covered.insert(code);
        }
    }
    let named = include_str!("../../programs/holdfast/src/error.rs").matches("#[msg(").count();
    let first = u32::from(Overflow);
    let missing: Vec<_> = (first..).take(named).filter(|code| !covered.contains(code)).collect();
    assert!(missing.is_empty(), "no test asserts {missing:?}");
}
