"""What stands for a function that is proved by itself.

`mul_div` is what nearly every rule calls. Its own proof is in three steps: one digit of the long
division (on the function as compiled), the division out of digits, and `mul_div` out of divisions.
Each caller then uses what was proved instead of going through it again. A contract must say no more
than its theorem in the harness proves; `proofs/src/math.rs` and `digit.py` have them.
"""

import terms
import words
from memory import Pointer
from terms import both, choose, ge, lt, no, number

HALF = 1 << 32
WORD = 1 << 64


def _word(machine, state, value):
    return words.unsigned(value, 64, state.guard.known)


def _leave(state, to, *fields):
    """Stores the words of a result, and returns."""
    for at, value in enumerate(fields):
        state.memory.store(to.moved(number(8 * at)), 8, value, state.guard.known)
    return None, state


def mul_div(machine, arguments, state):
    """`a · b ÷ divisor`, rounded: an error when the divisor is zero or the result too large."""
    to, a, b, divisor, up = arguments
    a, b, divisor = (_word(machine, state, value) for value in (a, b, divisor))
    quotient, rest = words.divide(terms.mul(a, b), divisor)
    result = terms.add(quotient, words.bit(both(up, ge(rest, number(1)))))
    for one, other in (a, b), (b, a):
        # Follows from the definition, and spares the solvers a product: a share of at most one
        # whole is at most the whole, and one of at least a whole is at least that.
        atom, divides = terms.atom_of(quotient), ge(divisor, number(1))
        most = terms.implies(both(ge(divisor, one), divides), ge(other, result))
        least = terms.implies(both(ge(one, divisor), divides), ge(quotient, other))
        if atom is not None:
            atom.facts += [fact for fact in (most, least) if fact not in atom.facts]
    fails = terms.any_of(terms.eq(divisor, number(0)), ge(result, number(WORD)))
    value = choose(fails, terms.unknown(0, WORD - 1, "unset"), result)
    return _leave(state, to, words.bit(fails), value)


def divide(machine, arguments, state):
    """Quotient and remainder of a 128-bit number by a word; an error when the first is too large."""
    to, dividend, divisor = arguments
    dividend = words.unsigned(dividend, 128, state.guard.known)
    quotient, rest = words.divide(dividend, _word(machine, state, divisor))
    fails = terms.any_of(terms.eq(divisor, number(0)), ge(quotient, number(WORD)))
    unset = lambda: terms.unknown(0, WORD - 1, "unset")
    values = [choose(fails, unset(), value) for value in (quotient, rest)]
    return _leave(state, to, words.bit(fails), *values)


def digit(machine, arguments, state):
    """One digit of a long division. What it asks of its arguments has to hold at every call."""
    to, rest, following, divisor = arguments
    rest, following, divisor = (
        _word(machine, state, value) for value in (rest, following, divisor)
    )
    asked = both(ge(divisor, number(WORD // 2)), lt(rest, divisor), lt(following, number(HALF)))
    machine.fails(state.guard.and_(no(asked)), "a digit is asked for outside of its bounds")
    whole = terms.add(following, rest, HALF)
    estimate = terms.unknown(0, HALF - 1, "digit")
    left = terms.unknown(0, divisor.hi - 1, "left")
    exact = terms.eq(whole, terms.add(terms.mul(estimate, divisor), left))
    fact = terms.implies(asked, both(exact, lt(left, divisor)))
    for value in estimate, left:
        terms.atom_of(value).facts.append(fact)
    return _leave(state, to, estimate, left)


MARKETS = 16


def _sum(state, amounts):
    """The sum of an amount for each market."""
    known, total = state.guard.known, number(0)
    for market in range(MARKETS):
        amount = state.memory.load(amounts.moved(number(8 * market)), 8, known)
        total = terms.add(total, words.unsigned(amount, 64, known))
    return total


def _paid_by_insurance(state, to, paid, refused):
    """`Ok(Charged)` or an error; which market draws how much is left open."""
    state.memory.store(to, 8, refused, state.guard.known)
    state.memory.store(to.moved(number(152)), 8, paid, state.guard.known)
    return None, state


def charge(machine, arguments, state):
    """What insurance pays of debts: no more than they are, and no more than the fund holds."""
    to, _, debts, fund = arguments
    paid = terms.unknown(0, WORD - 1, "insured")
    terms.atom_of(paid).facts += [ge(_sum(state, debts), paid), ge(_word(machine, state, fund), paid)]
    return _paid_by_insurance(state, to, paid, terms.unknown(0, 1, "refused"))


def insure(machine, arguments, state):
    """What insurance pays of what an account leaves behind: no more than the fund holds. Asked the same
    once more it says the same."""
    to, cover, *amounts = arguments
    amounts = [_word(machine, state, value) for value in amounts]
    fund = amounts[-1]
    paid, refused = terms.unknown(0, WORD - 1, "insured"), terms.unknown(0, 1, "refused")
    known = state.guard.known
    debts, drawn = (state.memory.load(cover.moved(number(at)), 8, known, True) for at in (0, 8))
    terms.atom_of(paid).facts.append(ge(fund, paid))
    # Everything else that the answer depends on: debts, draws, period, terms, market.
    read = lambda at, size: state.memory.load(cover.moved(number(at)), size, known).key
    by_market = [state.memory.load(array.moved(number(8 * market)), 8, known).key
                 for array in (debts, drawn) for market in range(MARKETS)]
    about = (*by_market, read(16, 8), read(24, 8), read(32, 8), read(40, 2), read(42, 2), read(44, 1))
    for before, others, answer in machine.asked:
        if before == about:
            same = both(*(terms.eq(one, other) for one, other in zip(amounts, others)))
            equal = both(terms.eq(paid, answer[0]), terms.eq(refused, answer[1]))
            terms.atom_of(paid).facts.append(terms.implies(same, equal))
    machine.asked.append((about, amounts, (paid, refused)))
    return _paid_by_insurance(state, to, paid, refused)


def scaled(machine, arguments, state):
    """What `given::scaled` reminds of: true of all integers, so of those that stand for these words."""
    known = state.guard.known
    read = lambda value: state.memory.load(value, 16, known) if isinstance(value, Pointer) else value
    less, more, factor = map(read, arguments)
    holds = both(ge(more, less), ge(factor, number(0)))
    machine.lemmas.append(terms.implies(holds, ge(terms.mul(more, factor), terms.mul(less, factor))))
    return None, state


BELOW = {"math::digit": digit}
MIDDLE = {"math::divide": divide}
NUMBERS = {"math::mul_div": mul_div, "math::divide": divide, "given::scaled": scaled}
CHARGE = "account::loss::LossCover::charge"
INSURE = "account::loss::LossCover::insure"
RULES = {CHARGE: charge, INSURE: insure}
ABOVE = {**NUMBERS, **RULES}

# The theorems that are about a contract, or about more than it says, use the ones below it.
BELOW_OF = {
    "mul_div_is_exact": MIDDLE,
    "insurance_pays_no_more_than_is_asked": NUMBERS,
    "insurance_keeps_its_reserve": NUMBERS,
    "insurance_keeps_its_caps": NUMBERS,
    "a_periods_draws_leave_the_reserve": NUMBERS,
    "insurance_without_limits_pays_all": NUMBERS,
    "insurance_without_limits_pays_a_write_off": NUMBERS,
}


def of(theorem):
    """What stands for functions in the proof of a theorem."""
    return BELOW_OF.get(theorem, ABOVE)
