//! What a settlement does to the silo's money and to the account's.

use holdfast_risk::account::ledger::{
    AccountBalances, FeeDistribution, Ledger, LossCover, Settled, settle,
};
use holdfast_risk::account::loss::{Cushions, InsuranceDraw, InsuranceTerms, split};
use holdfast_risk::{Bps, Millis, SignedUsd, Usd};

use crate::given::{Answer, Given, Stop, accepted, assume, claim};

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
pub fn passed_on(given: &mut Given) -> FeeDistribution {
    FeeDistribution {
        insurance: Usd(given.u64()),
        protocol: Usd(given.u64()),
        keeper: Usd(given.u64()),
    }
}

/// Any draw on insurance.
pub fn drawn(given: &mut Given) -> InsuranceDraw {
    InsuranceDraw { since: Millis(given.u64()), fund: Usd(given.u64()), amount: Usd(given.u64()) }
}

/// Any terms of insurance.
pub fn insurance_terms(given: &mut Given) -> InsuranceTerms {
    InsuranceTerms { outage_reserve: Bps(given.u16()), epoch_cap: Bps(given.u16()) }
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
    result: SignedUsd,
    due: FeeDistribution,
    cover: LossCover,
    flat: bool,
}

impl Case {
    fn of(given: &mut Given) -> Self {
        Self {
            ledger: ledger(given),
            balances: balances(given),
            result: SignedUsd(given.i64()),
            due: passed_on(given),
            cover: LossCover {
                drawn: drawn(given),
                terms: insurance_terms(given),
                now: Millis(given.u64()),
            },
            flat: given.bool(),
        }
    }

    fn settled(&self) -> Result<Settled, Stop> {
        accepted(settle(self.ledger, self.balances, self.result, self.due, self.cover, self.flat))
    }
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

/// Insurance pays no more than the bad debt, and in a period no more than its cap.
pub fn settle_draws_on_insurance_within_its_cap(given: &mut Given) -> Answer {
    let case = Case::of(given);
    let after = case.settled()?;
    claim(after.insured <= after.bad_debt)?;
    let received = after.passed_on.insurance.0;
    let before = u128::from(case.ledger.insurance.0);
    let fund = u128::from(after.ledger.insurance.0) + u128::from(after.insured.0);
    claim(fund == before + u128::from(received))?;
    if after.insured > Usd(0) {
        let cap = u128::from(after.drawn.fund.0) * u128::from(case.cover.terms.epoch_cap.0);
        claim(u128::from(after.drawn.amount.0) * 10_000 <= cap)?;
        let reserve = before * u128::from(case.cover.terms.outage_reserve.0);
        let left = before - u128::from(after.insured.0);
        claim(left * 10_000 >= reserve)?;
    }
    Ok(())
}

/// Bad debt that the fund may still pay is paid: less only where a limit or the debt ends it.
pub fn insurance_pays_what_it_may(given: &mut Given) -> Answer {
    let (drawn, fund, terms) = (drawn(given), Usd(given.u64()), insurance_terms(given));
    assume(terms.outage_reserve <= Bps(10_000))?;
    let available = accepted(drawn.available(fund, terms))?;
    let free = u128::from(fund.0) * (10_000 - u128::from(terms.outage_reserve.0));
    let cap = u128::from(drawn.fund.0) * u128::from(terms.epoch_cap.0);
    let taken = u128::from(drawn.amount.0) + u128::from(available.0);
    claim(u128::from(available.0) * 10_000 <= free)?;
    claim(available == Usd(0) || taken * 10_000 <= cap)?;
    let by_reserve = (u128::from(available.0) + 1) * 10_000 > free;
    claim(by_reserve || (taken + 1) * 10_000 > cap)
}

/// A period of draws begins anew after a day, with the fund of that moment, and not before.
pub fn insurance_periods_last_a_day(given: &mut Given) -> Answer {
    let (drawn, now, fund) = (drawn(given), Millis(given.u64()), Usd(given.u64()));
    let at = drawn.at(now, fund);
    let day = u128::from(drawn.since.0) + 86_400_000;
    let ends = drawn.since == Millis(0) || now == Millis(u64::MAX) || u128::from(now.0) >= day;
    let anew = InsuranceDraw { since: now, fund, amount: Usd(0) };
    claim(at == if ends { anew } else { drawn })
}

/// A loss is divided without a rest: insurance first, then liquidity.
pub fn losses_are_divided_without_a_rest(given: &mut Given) -> Answer {
    let (loss, insurance, liquidity) = (given.u64(), given.u64(), given.u64());
    let parts = split(Usd(loss), Cushions { insurance: Usd(insurance), liquidity: Usd(liquidity) });
    let (by_fund, by_pool) = (parts.insurance.0, parts.liquidity.0);
    claim(by_fund <= insurance && by_pool <= liquidity)?;
    let sum = u128::from(by_fund) + u128::from(by_pool) + u128::from(parts.uncovered.0);
    claim(sum == u128::from(loss))?;
    claim(by_fund == insurance || by_fund == loss)?;
    claim(parts.uncovered == Usd(0) || by_pool == liquidity)
}

/// The ledger's total is the sum of its parts, and the account's worth that of its own.
pub fn totals_are_sums(given: &mut Given) -> Answer {
    let (ledger, balances) = (ledger(given), balances(given));
    assume(balances.debt == Usd(0) || balances.pending_profit == Usd(0))?;
    let total = accepted(ledger.total())?;
    let owned = accepted(balances.owned())?;
    claim(u128::from(total.0) == held(&ledger))?;
    claim(i128::from(owned.0) == worth(&balances))
}
