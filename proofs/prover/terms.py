"""Integer and boolean terms.

An integer term is a polynomial with whole coefficients over atoms: variables, and choices between
two terms. A boolean term is built from `p >= 0` and `p = 0`. Terms are shared and simplified when
they are made, and every integer term carries an interval that holds it, so that most of what a
machine does to its words (wrapping, comparing, masking) needs no solver at all.
"""

from functools import lru_cache


class Atom:
    """What a polynomial is made of: a variable, or a choice between two polynomials."""

    __slots__ = ("name", "lo", "hi", "choice", "facts", "order")
    count = 0

    def __init__(self, name, lo, hi, choice=None):
        Atom.count += 1
        self.order = Atom.count
        self.name, self.lo, self.hi, self.choice = name, lo, hi, choice
        # What is true of a variable besides its interval: booleans that every query that names the
        # variable has to assume.
        self.facts = []


class Int:
    """A polynomial: a map from monomials (sorted tuples of atoms) to coefficients."""

    __slots__ = ("parts", "lo", "hi", "key")

    def __init__(self, parts, key):
        self.parts, self.key = parts, key
        lo = hi = 0
        for monomial, factor in parts.items():
            least, most = interval(monomial)
            if factor < 0:
                least, most = most, least
            lo, hi = lo + factor * least, hi + factor * most
        self.lo, self.hi = lo, hi

    @property
    def value(self):
        """The number, when there is only one."""
        return self.lo if self.lo == self.hi else None


class Bool:
    """`op` is one of: true, false, var, ge0, eq0, not, and, or."""

    __slots__ = ("op", "args", "order")
    count = 0

    def __init__(self, op, args):
        Bool.count += 1
        self.op, self.args, self.order = op, args, Bool.count


@lru_cache(maxsize=None)
def interval(monomial):
    lo = hi = 1
    for atom in monomial:
        ends = [lo * atom.lo, lo * atom.hi, hi * atom.lo, hi * atom.hi]
        lo, hi = min(ends), max(ends)
    if len(monomial) == 2 and monomial[0] is monomial[1]:
        lo = max(lo, 0)
    return lo, hi


_ints, _bools = {}, {}


def polynomial(parts):
    parts = {monomial: factor for monomial, factor in parts.items() if factor}
    key = frozenset(parts.items())
    found = _ints.get(key)
    if found is None:
        found = _ints[key] = Int(parts, key)
        if found.lo == found.hi and found.parts.keys() - {()}:
            found = _ints[key] = number(found.lo)
    return found


@lru_cache(maxsize=None)
def number(value):
    return polynomial({(): value})


def of(atom):
    return polynomial({(atom,): 1})


def variable(name, lo, hi):
    """A new variable; two of the same name are a mistake of the caller."""
    return of(Atom(name, lo, hi))


def atom_of(term):
    """The atom that a term consists of, if it is one."""
    if len(term.parts) == 1:
        (monomial, factor), = term.parts.items()
        if factor == 1 and len(monomial) == 1:
            return monomial[0]
    return None


def add(left, right, factor=1):
    """`left + factor * right`."""
    parts = dict(left.parts)
    for monomial, by in right.parts.items():
        parts[monomial] = parts.get(monomial, 0) + factor * by
    return polynomial(parts)


def sub(left, right):
    return add(left, right, -1)


def scale(term, factor):
    return polynomial({monomial: by * factor for monomial, by in term.parts.items()})


# A sum of more parts than this is multiplied as one variable.
LONGEST_FACTOR = 8

_sums = {}


def _factor(term):
    """A term as it is multiplied: a long sum as a variable, or every part of it would make a product."""
    if len(term.parts) <= LONGEST_FACTOR:
        return term
    if term.key not in _sums:
        found = _sums[term.key] = variable(f"sum{len(_sums)}", term.lo, term.hi)
        atom_of(found).facts.append(eq(found, term))
    return _sums[term.key]


def mul(left, right):
    for one, other in (left, right), (right, left):
        if one.value is not None:
            return scale(other, one.value)
    left, right = _factor(left), _factor(right)
    total = number(0)
    for one, by in left.parts.items():
        for other, times in right.parts.items():
            monomial = tuple(sorted(one + other, key=lambda atom: atom.order))
            total = add(total, _product(monomial), by * times)
    return total


@lru_cache(maxsize=None)
def _product(monomial):
    """A product as a polynomial: one with a choice in it is a choice between products. A minimum or
    maximum stays what it is: what it is bounded by is worth more there."""
    for at, atom in enumerate(monomial):
        if atom.choice and not atom.facts and len(monomial) > 1:
            condition, then, other = atom.choice
            rest = _product(monomial[:at] + monomial[at + 1:])
            return choose(condition, mul(then, rest), mul(other, rest))
    return polynomial({monomial: 1})


def _bool(op, *args):
    key = (op, args)
    found = _bools.get(key)
    if found is None:
        found = _bools[key] = Bool(op, args)
    return found


TRUE, FALSE = _bool("true"), _bool("false")


def truth(value):
    return TRUE if value else FALSE


def bool_variable(name):
    return _bool("var", name)


def _only_choice(term):
    """The one choice in a term, its factor, and the rest of the term; None when there are more."""
    found = None
    for monomial, factor in term.parts.items():
        if any(atom.choice for atom in monomial):
            if found or len(monomial) > 1:
                return None
            found = monomial[0], factor
    if found is None:
        return None
    atom, factor = found
    return atom, factor, add(term, of(atom), -factor)


def _has_choice(term):
    return any(atom.choice for monomial in term.parts for atom in monomial)


def _compare(op, term):
    """A comparison, moved into a choice where that decides it on one side at least, or leaves two
    comparisons without choices."""
    found = _only_choice(term)
    if found is not None:
        atom, factor, rest = found
        condition, then, other = atom.choice
        make = ge0 if op == "ge0" else eq0
        sides = make(add(rest, then, factor)), make(add(rest, other, factor))
        plain = all(side.op not in ("and", "or") for side in sides) and not _has_choice(rest)
        plain = plain and not _has_choice(then) and not _has_choice(other)
        if plain or any(side in (TRUE, FALSE) for side in sides):
            return either(condition, *sides)
    return _bool(op, term)


@lru_cache(maxsize=None)
def ge0(term):
    """Whether a term is at least zero."""
    if term.lo >= 0:
        return TRUE
    if term.hi < 0:
        return FALSE
    return _compare("ge0", term)


@lru_cache(maxsize=None)
def eq0(term):
    """Whether a term is zero."""
    if term.value is not None:
        return truth(term.value == 0)
    if term.lo > 0 or term.hi < 0:
        return FALSE
    # One form for what is the same where a term is on one side of zero.
    if term.lo == 0 or term.hi == 0:
        return ge0(scale(term, -1) if term.lo == 0 else term)
    # One form for a term and its negative.
    if min(term.parts.items(), key=lambda part: [atom.order for atom in part[0]])[1] < 0:
        term = scale(term, -1)
    return _compare("eq0", term)


def ge(left, right):
    return ge0(sub(left, right))


def lt(left, right):
    return no(ge(left, right))


def eq(left, right):
    return eq0(sub(left, right))


@lru_cache(maxsize=None)
def no(term):
    if term is TRUE:
        return FALSE
    if term is FALSE:
        return TRUE
    if term.op == "not":
        return term.args[0]
    if term.op == "ge0":
        return ge0(sub(number(-1), term.args[0]))
    if term.op in ("and", "or"):
        return (any_of if term.op == "and" else both)(*[no(part) for part in term.args])
    return _bool("not", term)


def _join(op, terms, unit, zero):
    flat = {}
    for term in terms:
        for part in term.args if term.op == op else (term,):
            if part is zero or no(part) in flat:
                return zero
            if part is not unit:
                flat[part] = None
    # `a or (not a and b)` is `a or b`, and the other way round.
    for part in list(flat):
        if part.op in ("and", "or") and part.op != op:
            kept = [inner for inner in part.args if no(inner) not in flat]
            if any(inner in flat for inner in kept):
                del flat[part]
            elif len(kept) < len(part.args):
                rest = [other for other in flat if other is not part]
                return _join(op, [*rest, _join(part.op, kept, zero, unit)], unit, zero)
    if not flat:
        return unit
    if len(flat) == 1:
        return next(iter(flat))
    return _bool(op, *sorted(flat, key=lambda part: part.order))


def both(*terms):
    return _join("and", terms, TRUE, FALSE)


def any_of(*terms):
    return _join("or", terms, FALSE, TRUE)


def implies(condition, then):
    return any_of(no(condition), then)


def either(condition, then, other):
    """`then` where the condition holds, and `other` where it does not: of booleans."""
    if condition is TRUE or then is other:
        return then
    if condition is FALSE:
        return other
    return any_of(both(condition, then), both(no(condition), other))


def under(condition, known):
    """A condition as far as it is decided by `known`, booleans that hold: true, false or itself."""
    if condition in known:
        return TRUE
    if no(condition) in known:
        return FALSE
    if condition.op == "ge0":
        least, above, below = _bounds(known), *_apart(condition.args[0])
        if above[0] in least and least[above[0]] <= above[1]:
            return TRUE
        if below[0] in least and least[below[0]] < below[1]:
            return FALSE
    if condition.op in ("and", "or"):
        sides = [under(part, known) for part in condition.args]
        if any(side is not part for side, part in zip(sides, condition.args)):
            return (both if condition.op == "and" else any_of)(*sides)
    return condition


@lru_cache(maxsize=None)
def _apart(term):
    """A term without its constant, and that; the same of its negative, whose constant is its own negative."""
    constant = term.parts.get((), 0)
    rest = {monomial: factor for monomial, factor in term.parts.items() if monomial}
    negative = frozenset((monomial, -factor) for monomial, factor in rest.items())
    return (frozenset(rest.items()), constant), (negative, -constant)


@lru_cache(maxsize=1024)
def _bounds(known):
    """What is known of each sum: the least constant with which it is not negative."""
    least = {}
    for condition in known:
        if condition.op == "ge0":
            rest, constant = _apart(condition.args[0])[0]
            least[rest] = min(constant, least.get(rest, constant))
    return least


_choices = {}


def choose(condition, then, other, lowest=None, highest=None):
    """`then` where the condition holds, and `other` where it does not: of integers. Whoever knows
    narrower ends than those of both sides says so."""
    if condition is TRUE or then is other:
        return then
    if condition is FALSE:
        return other
    if condition.op == "not":
        condition, then, other = condition.args[0], other, then
    key = (condition, then.key, other.key)
    found = _choices.get(key)
    if found is None:
        lo = min(then.lo, other.lo) if lowest is None else lowest
        hi = max(then.hi, other.hi) if highest is None else highest
        name = f"choice{len(_choices)}"
        found = _choices[key] = of(Atom(name, lo, hi, (condition, then, other)))
    return found


def least(left, right):
    """The lesser of two integers."""
    found = choose(ge(right, left), left, right, highest=min(left.hi, right.hi))
    return _bounded(found, [sub(left, found), sub(right, found)])


def most(left, right):
    """The greater of two integers."""
    found = choose(ge(right, left), right, left, lowest=max(left.lo, right.lo))
    return _bounded(found, [sub(found, left), sub(found, right)])


def _bounded(choice, apart):
    """A choice with what is not negative by its definition: it spares the solvers to distinguish cases
    where a bound is all they need."""
    atom = atom_of(choice)
    if atom is not None and atom.choice and not atom.facts:
        # As it is: simplified, it would say nothing.
        atom.facts += [_bool("ge0", term) for term in apart]
    return choice


_quotients = {}


def quotient(term, divisor):
    """A term divided by a number above zero, rounded down."""
    if divisor == 1:
        return term
    if term.lo // divisor == term.hi // divisor:
        return number(term.lo // divisor)
    # What is divisible anyway needs no variable.
    whole = {m: f // divisor for m, f in term.parts.items() if f % divisor == 0}
    rest = polynomial({m: f for m, f in term.parts.items() if f % divisor})
    if whole:
        return add(polynomial(whole), quotient(rest, divisor))
    key = (term.key, divisor)
    found = _quotients.get(key)
    if found is None:
        found = variable(f"quotient{len(_quotients)}", term.lo // divisor, term.hi // divisor)
        rest = add(term, found, -divisor)
        atom_of(found).facts += [ge0(rest), ge0(sub(number(divisor - 1), rest))]
        _quotients[key] = found
    return found


_remainders = {}


def remainder(term, divisor):
    """What that division leaves: of a variable as a variable, so that its interval is known."""
    if 0 <= term.lo and term.hi < divisor:
        return term
    result = add(term, quotient(term, divisor), -divisor)
    if atom_of(term) is None or result.value is not None:
        return result
    key = (term.key, divisor)
    if key not in _remainders:
        found = _remainders[key] = variable(f"remainder{len(_remainders)}", 0, divisor - 1)
        atom_of(found).facts.append(eq(found, result))
    return _remainders[key]


_fresh = [0]


def unknown(lo, hi, what="any"):
    """A new variable that can be anything in an interval."""
    _fresh[0] += 1
    return variable(f"{what}{_fresh[0]}", lo, hi)


def forget():
    """Forgets all terms, so that one theorem does not slow the next."""
    for table in (_ints, _bools, _choices, _quotients, _remainders, _sums):
        table.clear()
    for cached in (interval, number, ge0, eq0, no, _product, _apart, _bounds):
        cached.cache_clear()
    _bools[("true", ())], _bools[("false", ())] = TRUE, FALSE
    _fresh[0] = 0
