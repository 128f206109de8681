"""The proof of the contracts' ground: one digit of the long division, and the division itself.

`digit` is private to the rules, so the harness cannot call it: its compiled function is executed
here. `divide` shifts by the divisor's leading zeros; it is executed once for each of the 64 counts.
"""

import contracts
import terms
import words
from machine import Guard, Machine
from memory import Memory, Pointer
from terms import any_of, both, ge, lt, no, number

HALF, WORD = contracts.HALF, contracts.WORD

# Passes through the loop that corrects a digit; that there are no more is part of the proof.
CORRECTIONS = 4

NAME = "divide_is_exact_digit_by_digit"


def _forget():
    terms.forget()
    words.forget()


def _machine(harness, replaced):
    memory = Memory()
    memory.objects["result"] = {}
    return Machine(harness.module, replaced, CORRECTIONS), memory


def _exact(dividend, divisor, quotient, rest):
    """A quotient and remainder are what they should be."""
    whole = terms.add(terms.mul(quotient, divisor), rest)
    return both(terms.eq(dividend, whole), ge(rest, number(0)), lt(rest, divisor))


def _word(state, at):
    value = state.memory.load(Pointer.to("result", at), 8, state.guard.known)
    return words.unsigned(value, 64, state.guard.known)


def _failures(machine):
    return [condition for condition, _ in machine.failures]


def digit_queries(harness):
    """What must not be possible for one digit, on each way through it: that it is not exact."""
    _forget()
    machine, memory = _machine(harness, {})
    machine.ways = []
    rest = terms.variable("w0", 0, WORD - 1)
    following = terms.variable("w1", 0, HALF - 1)
    divisor = terms.variable("w2", WORD // 2, WORD - 1)
    guard = Guard().and_(lt(rest, divisor))
    symbol = harness.module.named("math::")["math::digit"]
    machine.call(symbol, [Pointer.to("result"), rest, following, divisor], memory, guard)
    whole = terms.add(following, rest, HALF)
    queries = _failures(machine)
    for state in machine.ways:
        estimate, left = _word(state, 0), _word(state, 8)
        exact = both(_exact(whole, divisor, estimate, left), lt(estimate, number(HALF)))
        queries.append(both(state.guard.holds(), no(exact)))
    return queries


def divide_queries(harness, zeros):
    """What must not be possible for a division by a divisor with so many leading zeros: that it is
    not exact where the quotient fits, or that it does not refuse where it does not."""
    _forget()
    queries = []
    low, high = 1 << (63 - zeros), (1 << (64 - zeros)) - 1
    divisor, lower = terms.variable("w0", low, high), terms.variable("w1", 0, WORD - 1)
    for fits, most in (True, high - 1), (False, WORD - 1):
        machine, memory = _machine(harness, contracts.BELOW)
        upper = terms.variable(f"upper{most}", 0, most)
        dividend = terms.add(lower, upper, WORD)
        guard = Guard().and_(lt(upper, divisor) if fits else ge(upper, divisor))
        if guard is None:
            continue
        symbol = harness.module.named("math::")["math::divide"]
        _, state = machine.call(symbol, [Pointer.to("result"), dividend, divisor], memory, guard)
        accepts = terms.eq(_word(state, 0), number(0))
        exact = _exact(dividend, divisor, _word(state, 8), _word(state, 16)) if fits else no(accepts)
        right = both(accepts, exact) if fits else exact
        queries += [both(state.guard.holds(), no(right)), *_failures(machine)]
    return [any_of(*queries)]


def judge(harness, outcome, refute):
    """Proves both for all numbers, or says in the outcome what is wrong."""
    queries = [("digit", query) for query in digit_queries(harness)]
    for zeros in range(65):
        for what, query in queries:
            for solver, answer in refute([query]).items():
                outcome.solvers[solver] = outcome.solvers.get(solver, 0) + answer.seconds
                if answer.verdict != "unsat":
                    outcome.verdict = f"{what}: {solver}: {answer.verdict}"
        if zeros < 64:
            queries = [(f"{zeros} zeros", query) for query in divide_queries(harness, zeros)]
