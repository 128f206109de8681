//! What a settlement does to the silo's money and to the account's.

use holdfast_risk::account::ledger::{AccountBalances, FeeDistribution, Ledger, Settled, settle};
use holdfast_risk::account::loss::{ByMarket, InsuranceDraws, InsuranceTerms, LossCover, MARKETS};
use holdfast_risk::account::write_off::{WriteOffError, write_off};
use holdfast_risk::{Bps, Millis, SignedUsd, Usd};

use crate::given::{Answer, Given, Stop, accepted, assume, case, claim};

/// Any ledger.
pub fn ledger(given: &mut Given) -> Ledger {
    Ledger {
        collateral: Usd(given.u64()),
        liquidity: Usd(given.u64()),
        insurance: Usd(given.u64()),
        protocol: Usd(given.u64()),
        queued: Usd(given.u64()),
        pending_profit: Usd(given.u64()),
        debt: Usd(given.u64()),
    }
}

/// Any account's money.
pub fn balances(given: &mut Given) -> AccountBalances {
    AccountBalances {
        collateral: Usd(given.u64()),
        pending_profit: Usd(given.u64()),
        debt: Usd(given.u64()),
    }
}

/// Any charges.
fn passed_on(given: &mut Given) -> FeeDistribution {
    FeeDistribution {
        insurance: Usd(given.u64()),
        protocol: Usd(given.u64()),
        keeper: Usd(given.u64()),
    }
}

/// Any amount for each market.
pub fn by_market(given: &mut Given) -> ByMarket {
    let mut amounts = [0; MARKETS];
    for amount in &mut amounts {
        *amount = given.u64();
    }
    amounts
}

/// Any market of a silo: others are refused.
fn market(given: &mut Given) -> u8 {
    const { assert!(MARKETS == 16) }
    given.u64().to_le_bytes()[0] % 16
}

/// What the vaults must hold, without a limit.
pub fn held(ledger: &Ledger) -> u128 {
    u128::from(ledger.collateral.0)
        + u128::from(ledger.liquidity.0)
        + u128::from(ledger.insurance.0)
        + u128::from(ledger.protocol.0)
        + u128::from(ledger.queued.0)
}

/// What an account has, less what it owes.
fn worth(balances: &AccountBalances) -> i128 {
    i128::from(balances.collateral.0) + i128::from(balances.pending_profit.0)
        - i128::from(balances.debt.0)
}

/// A settlement of anything.
struct Case {
    ledger: Ledger,
    balances: AccountBalances,
    due: FeeDistribution,
    result: SignedUsd,
    flat: bool,
    market: u8,
    since: Millis,
    start: Usd,
    terms: InsuranceTerms,
    now: Millis,
    debts: ByMarket,
    drawn: ByMarket,
}

impl Case {
    fn of(given: &mut Given) -> Self {
        Self {
            ledger: ledger(given),
            balances: balances(given),
            due: passed_on(given),
            result: SignedUsd(given.i64()),
            flat: given.bool(),
            market: market(given),
            since: Millis(given.u64()),
            start: Usd(given.u64()),
            terms: InsuranceTerms { outage_reserve: Bps(given.u16()), epoch_cap: Bps(given.u16()) },
            now: Millis(given.u64()),
            debts: by_market(given),
            drawn: by_market(given),
        }
    }

    fn cover(&self) -> LossCover<'_> {
        let draws = InsuranceDraws { since: self.since, start: self.start, drawn: &self.drawn };
        LossCover {
            market: self.market,
            debts: &self.debts,
            draws,
            terms: self.terms,
            now: self.now,
        }
    }

    /// The period of draws, in one of `PERIODS` cases: there was none; it is over; it runs, and the fund
    /// with what was drawn from it is no less than at its beginning, or is less; or what was drawn is beyond
    /// counting. They are told apart so that the solvers need not do it.
    fn period(&self, case: u64) -> Result<Period, Stop> {
        let fund = u128::from(self.ledger.insurance.0);
        let ends = (u128::from(self.since.0) + 86_400_000).min(u128::from(u64::MAX));
        assume((self.since.0 == 0) == (case == 0))?;
        assume(case == 0 || (u128::from(self.now.0) < ends) == (case > 1))?;
        if case < 2 {
            let nothing = [0; MARKETS];
            let (since, start) = (self.now, self.ledger.insurance);
            return Ok(Period { since, start, drawn: nothing, spent: 0, base: fund });
        }
        let (since, start, drawn) = (self.since, self.start, self.drawn);
        let began = u128::from(start.0);
        let counted = counted(&drawn);
        assume(counted.is_none() == (case == BEYOND_COUNTING))?;
        // Stakers have taken out what is missing: reserve and cap are shares of what they left.
        let Some(spent) = counted else {
            return Ok(Period { since, start, drawn, spent: sum(&drawn), base: began });
        };
        assume((fund + spent < began) == (case == 3))?;
        assume(case != 3 || fund + spent <= u128::from(u64::MAX))?;
        let base = if case == 3 { fund + spent } else { began };
        Ok(Period { since, start, drawn, spent, base })
    }

    fn settled(&self) -> Result<Settled, Stop> {
        let (result, due) = (self.result, self.due);
        accepted(settle(self.ledger, self.balances, result, due, &self.cover(), self.flat))
    }
}

/// How many cases of a period of draws are told apart, and the last of them.
const PERIODS: u64 = 5;
const BEYOND_COUNTING: u64 = PERIODS - 1;

/// A period of draws as a payment finds it.
struct Period {
    since: Millis,
    start: Usd,
    drawn: ByMarket,
    /// Drawn by all markets.
    spent: u128,
    /// What reserve and cap are shares of: the fund that the period began with, less what stakers have
    /// taken out since.
    base: u128,
}

/// The sum over all markets, where it is no more than an amount can be.
fn counted(amounts: &ByMarket) -> Option<u128> {
    let mut sum = 0;
    for amount in amounts {
        sum += u128::from(*amount);
        if sum > u128::from(u64::MAX) {
            return None;
        }
    }
    Some(sum)
}

/// The parts of the ledger keep their sum, and deposits that wait are not touched.
pub fn settle_conserves(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?.ledger;
    claim(after.queued == case.ledger.queued)?;
    claim(held(&after) == held(&case.ledger))
}

/// The ledger's collateral, pending profit and debt change by what the account's change by; the
/// keeper's reward is collateral of another account.
pub fn settle_moves_claims_with_the_account(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?;
    let apart = |silo: Usd, account: Usd| i128::from(silo.0) - i128::from(account.0);
    let others = apart(case.ledger.pending_profit, case.balances.pending_profit);
    claim(apart(after.ledger.pending_profit, after.balances.pending_profit) == others)?;
    let others = apart(case.ledger.debt, case.balances.debt);
    claim(apart(after.ledger.debt, after.balances.debt) == others)?;
    let others = apart(case.ledger.collateral, case.balances.collateral);
    let keeper = i128::from(after.passed_on.keeper.0);
    claim(apart(after.ledger.collateral, after.balances.collateral) == others + keeper)
}

/// An account with debt has no pending profit and no collateral, and one without positions has no
/// debt.
pub fn settle_leaves_debt_or_profit(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?.balances;
    claim(!case.flat || after.debt == Usd(0))?;
    claim(after.debt == Usd(0) || (after.pending_profit == Usd(0) && after.collateral == Usd(0)))
}

/// The account is better or worse off by exactly the result; what it cannot pay is bad debt, and it
/// has nothing left then.
pub fn settle_charges_the_account_exactly(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?;
    let bad = i128::from(after.bad_debt.0);
    claim(worth(&after.balances) == worth(&case.balances) + i128::from(case.result.0) + bad)?;
    claim(bad == 0 || (case.flat && worth(&after.balances) == 0))
}

/// A gain is never collateral at once, and collateral pays before pending profit does.
pub fn settle_takes_collateral_first(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?.balances;
    claim(after.collateral <= case.balances.collateral)?;
    let forgone = after.pending_profit < case.balances.pending_profit;
    claim(!forgone || after.collateral == Usd(0))
}

/// What is passed on stays within what is due. Nobody gets less than is due while the pool has
/// cash: the keeper first, the protocol last.
pub fn settle_passes_on_what_is_due(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?;
    let (due, paid) = (case.due, after.passed_on);
    claim(paid.keeper <= due.keeper)?;
    claim(paid.insurance <= due.insurance)?;
    claim(paid.protocol <= due.protocol)?;
    claim(paid == due || after.ledger.liquidity == Usd(0))?;
    claim(paid.keeper == due.keeper || paid.insurance == Usd(0))?;
    claim(paid.insurance == due.insurance || paid.protocol == Usd(0))?;
    claim(after.ledger.protocol.0 - case.ledger.protocol.0 == paid.protocol.0)
}

/// The fund changes by what insurance pays and by what is passed on to it, and never pays more than it
/// holds.
pub fn settle_moves_the_fund_exactly(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?;
    claim(after.insured <= case.ledger.insurance)?;
    let fund = u128::from(after.ledger.insurance.0) + u128::from(after.insured.0);
    let received = u128::from(after.passed_on.insurance.0);
    claim(fund == u128::from(case.ledger.insurance.0) + received)
}

/// What insurance pays is what it pays of the bad debt, out of the fund as it was before.
pub fn settle_asks_insurance_for_the_bad_debt(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?;
    if after.bad_debt == Usd(0) {
        return claim(after.insured == Usd(0));
    }
    let fund = case.ledger.insurance;
    let due = accepted(case.cover().insure(case.balances.debt, after.bad_debt, fund))?;
    claim(after.insured == due.insured)
}

/// Insurance that may pay everything: without a reserve, with a cap of the whole fund, and before
/// anything was drawn.
fn without_limits<'a>(debts: &'a ByMarket, drawn: &'a ByMarket, now: Millis) -> LossCover<'a> {
    LossCover {
        market: 0,
        debts,
        draws: InsuranceDraws { since: Millis(0), start: Usd(0), drawn },
        terms: InsuranceTerms { outage_reserve: Bps(0), epoch_cap: Bps(10_000) },
        now,
    }
}

/// Without a reserve, with a cap of the whole fund and before anything was drawn, insurance pays a bad
/// debt whole, or all that the fund holds.
pub fn insurance_without_limits_pays_all(given: &mut Given) -> Answer {
    let nothing = [0; MARKETS];
    let cover = without_limits(&nothing, &nothing, Millis(given.u64()));
    let (ledger, due) = (ledger(given), passed_on(given));
    let balances = AccountBalances { debt: Usd(0), ..balances(given) };
    let result = SignedUsd(given.i64());
    let after = accepted(settle(ledger, balances, result, due, &cover, true))?;
    claim(after.insured == after.bad_debt.min(ledger.insurance))
}

/// Without a reserve, with a cap of the whole fund and before anything was drawn, insurance pays what
/// is written off of a debt from one market whole, or all that the fund holds.
pub fn insurance_without_limits_pays_a_write_off(given: &mut Given) -> Answer {
    let (ledger, balances) = (ledger(given), balances(given));
    let (nothing, mut debts) = ([0; MARKETS], [0; MARKETS]);
    debts[0] = balances.debt.0;
    let cover = without_limits(&debts, &nothing, Millis(given.u64()));
    let after = accepted(write_off(&ledger, balances, Usd(given.u64()), &cover))?;
    claim(after.charged.insured == after.bad_debt.min(ledger.insurance))
}

/// The sum over all markets.
pub fn sum(amounts: &ByMarket) -> u128 {
    let mut sum = 0;
    for amount in amounts {
        sum += u128::from(*amount);
    }
    sum
}

/// The ledger's total is the sum of its parts, and the account's worth that of its own.
pub fn totals_are_sums(given: &mut Given) -> Answer {
    let (ledger, balances) = (ledger(given), balances(given));
    let total = accepted(ledger.total())?;
    let owned = accepted(balances.owned())?;
    claim(u128::from(total.0) == held(&ledger))?;
    claim(i128::from(owned.0) == worth(&balances))
}

/// Insurance pays no more than it is asked for, and no more than the fund holds.
pub fn insurance_pays_no_more_than_is_asked(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let fund = case.ledger.insurance;
    let insured = accepted(case.cover().charge(&case.debts, fund))?.insured;
    claim(u128::from(insured.0) <= sum(&case.debts) && insured <= fund)
}

/// What insurance pays leaves the reserve in the fund, and is booked in the period that runs, or in one
/// that begins now.
pub fn insurance_keeps_its_reserve(given: &mut Given) -> Answer {
    let which = case(given, PERIODS)?;
    let case = Case::of(given);
    let period = case.period(which)?;
    let fund = case.ledger.insurance;
    let charged = accepted(case.cover().charge(&case.debts, fund))?;
    claim(charged.since == period.since && charged.start == period.start)?;
    let reserve = (period.base * u128::from(case.terms.outage_reserve.0)).div_ceil(10_000);
    let insured = charged.insured.0;
    claim(insured == 0 || (insured <= fund.0 && u128::from(fund.0 - insured) >= reserve))
}

/// What insurance pays takes no market beyond its cap, and lowers no market's draws.
pub fn insurance_keeps_its_caps(given: &mut Given) -> Answer {
    let which = case(given, PERIODS)?;
    let case = Case::of(given);
    let period = case.period(which)?;
    let charged = accepted(case.cover().charge(&case.debts, case.ledger.insurance))?;
    let cap = period.base * u128::from(case.terms.epoch_cap.0) / 10_000;
    for (after, before) in charged.drawn.iter().zip(&period.drawn) {
        claim(after >= before && (after == before || u128::from(*after) <= cap))?;
    }
    Ok(())
}

/// All draws of a period together stay within the fund that it began with, less what stakers have taken
/// out since and less the reserve, and what a payment adds to them is what is paid. Draws beyond counting
/// are left as they are, and nothing is paid.
pub fn a_periods_draws_leave_the_reserve(given: &mut Given) -> Answer {
    let which = case(given, PERIODS)?;
    let case = Case::of(given);
    let period = case.period(which)?;
    let charged = accepted(case.cover().charge(&case.debts, case.ledger.insurance))?;
    let insured = u128::from(charged.insured.0);
    claim(sum(&charged.drawn) == period.spent + insured)?;
    let reserve = (period.base * u128::from(case.terms.outage_reserve.0)).div_ceil(10_000);
    claim(insured == 0 || period.spent + insured + reserve <= period.base)
}

/// Writing off pays what the account has, keeps the parts of the ledger's sum, and forgives only
/// what is beyond the account's gains; insurance pays no more than that. It is refused where nothing is.
pub fn writing_off_conserves(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let (before, owes) = (case.ledger, case.balances);
    let gains = case.due.keeper;
    let beyond = i128::from(owes.debt.0) - i128::from(owes.collateral.0) - i128::from(gains.0);
    let after = match write_off(&before, owes, gains, &case.cover()) {
        Ok(after) => after,
        Err(WriteOffError::Coverable) => return claim(beyond <= 0),
        Err(WriteOffError::Overflow) => return Ok(()),
    };
    claim(held(&after.ledger) == held(&before))?;
    let apart = |silo: Usd, account: Usd| i128::from(silo.0) - i128::from(account.0);
    let (books, owned) = (after.ledger, after.balances);
    claim(apart(books.debt, owned.debt) == apart(before.debt, owes.debt))?;
    claim(apart(books.collateral, owned.collateral) == apart(before.collateral, owes.collateral))?;
    claim(books.pending_profit == before.pending_profit)?;
    claim(owned.pending_profit == owes.pending_profit)?;
    let lost = i128::from(after.bad_debt.0);
    claim(lost > 0 && lost == beyond && worth(&owned) == worth(&owes) + lost)?;
    claim(owned.collateral == Usd(0) && owned.debt == gains)?;
    claim(after.charged.insured <= after.bad_debt)?;
    claim(books.insurance.0 + after.charged.insured.0 == before.insurance.0)
}
