"""What stands for a function that is proved by itself.

`mul_div` is what nearly every rule calls. Its own proof is in three steps: one digit of the long
division (on the function as compiled), the division out of digits, and `mul_div` out of divisions.
Each caller then uses what was proved instead of going through it again. A contract must say no more
than its theorem in the harness proves; `proofs/src/math.rs` and `digit.py` have them.
"""

import terms
import words
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
        # whole is at most the whole.
        atom = terms.atom_of(quotient)
        fact = terms.implies(both(ge(divisor, one), ge(divisor, number(1))), ge(other, result))
        if atom is not None and fact not in atom.facts:
            atom.facts.append(fact)
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


BELOW = {"math::digit": digit}
MIDDLE = {"math::divide": divide}
ABOVE = {"math::mul_div": mul_div, "math::divide": divide}

# The two theorems that are about a contract use the one below it.
BELOW_OF = {"divide_is_exact": BELOW, "mul_div_is_exact": MIDDLE}
