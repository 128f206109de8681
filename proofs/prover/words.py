"""What a machine does to its words, as integers.

A word of `width` bits is kept as any integer that is congruent to it, so that sums and products
stay plain polynomials. Where it matters which integer it is, `unsigned` and `signed` name the one
in range. They ask `known`, a set of booleans that hold where the instruction runs, before they
distinguish cases.
"""

import terms
from terms import FALSE, TRUE, add, any_of, both, choose, either, eq, ge, lt, no, number, sub


def _within(term, least, width, known):
    """The integer in `least .. least + 2^width` that a term is congruent to."""
    span = 1 << width
    below, above = lt(term, number(least)), ge(term, number(least + span))
    below, above = terms.under(below, known), terms.under(above, known)
    if below is FALSE and above is FALSE:
        return term
    if term.lo >= least - span and term.hi < least + 2 * span:
        up, down = add(term, number(span)), sub(term, number(span))
        return choose(below, up, choose(above, down, term))
    moved = sub(term, number(least))
    return add(terms.remainder(moved, span), number(least))


def unsigned(term, width, known=frozenset()):
    return _within(term, 0, width, known)


def signed(term, width, known=frozenset()):
    return _within(term, -(1 << (width - 1)), width, known)


def least(left, right, known=frozenset()):
    """The lesser of two integers."""
    order = _order(left, right, known)
    return terms.least(left, right) if order is None else (left, right)[order]


def most(left, right, known=frozenset()):
    """The greater of two integers."""
    order = _order(left, right, known)
    return terms.most(left, right) if order is None else (right, left)[order]


def _order(left, right, known):
    """0 where `known` says that the first of two integers is the lesser, 1 where the second is, or None."""
    decided = {TRUE: 0, FALSE: 1}
    order = decided.get(terms.under(ge(right, left), known))
    return order if order is not None else decided.get(terms.under(lt(left, right), known))


def binary(op, width, left, right, known):
    """The result of an arithmetic instruction, up to congruence."""
    if op == "add":
        return add(left, right)
    if op == "sub":
        return sub(left, right)
    if op == "mul":
        return terms.mul(left, right)
    if op == "shl":
        shift = unsigned(right, width, known)
        if shift.value is not None:
            return terms.scale(left, 1 << shift.value)
        return terms.mul(left, power(shift))
    if op == "ashr":
        return terms.quotient(signed(left, width, known), 1 << _constant(op, right))
    if op == "sdiv":
        value, by = signed(left, width, known), _constant(op, right)
        down = terms.quotient(value, by)
        up = terms.scale(terms.quotient(terms.scale(value, -1), by), -1)
        return choose(ge(value, number(0)), down, up)
    left, right = unsigned(left, width, known), unsigned(right, width, known)
    if op == "lshr":
        by = number(1 << right.value) if right.value is not None else power(right)
        return divide(left, by)[0]
    if op == "udiv":
        return divide(left, right)[0]
    if op == "urem":
        return divide(left, right)[1]
    return bitwise(op, width, left, right)


def _constant(op, term):
    if term.value is None:
        raise NotImplementedError(f"{op} by something that is not a constant")
    return term.value


def bitwise(op, width, left, right):
    """`and`, `or` and `xor` where they are arithmetic; anything in range otherwise."""
    if left.value is not None:
        left, right = right, left
    most = (1 << width) - 1
    if op == "xor" and right.value == most:
        return sub(number(most), left)
    if op == "and" and right.value is not None and (right.value + 1) & right.value == 0:
        return terms.remainder(left, right.value + 1)
    if op == "or":
        for high, low in (left, right), (right, left):
            if low.lo >= 0 and all(by % (1 << low.hi.bit_length()) == 0 for by in high.parts.values()):
                return add(high, low)
    if left.value is not None and right.value is not None:
        one, other = left.value, right.value
        return number({"and": one & other, "or": one | other, "xor": one ^ other}[op])
    bits = max(left.hi, right.hi).bit_length()
    if bits <= 4:
        total = number(0)
        for at in range(bits):
            one, other = (truth_of(terms.quotient(word, 1 << at)) for word in (left, right))
            total = add(total, bit(logic(op, one, other)), 1 << at)
        return total
    result = terms.unknown(0, most, "bits")
    half = number(1 << (width - 1))
    # The compiler compares signs by the highest bit of such a word.
    one, other, top = (ge(word, half) for word in (left, right, result))
    expected = logic(op, one, other)
    terms.atom_of(result).facts.append(either(top, expected, no(expected)))
    return result


def logic(op, one, other):
    """`and`, `or` and `xor` of bits."""
    return {"and": both(one, other), "or": any_of(one, other), "xor": either(one, no(other), other)}[op]


_divisions, _powers = {}, {}


def forget():
    _divisions.clear()
    _powers.clear()


def divide(value, by):
    """Quotient and remainder of two terms that are not negative, where the divisor is not zero."""
    if by.value:
        return terms.quotient(value, by.value), terms.remainder(value, by.value)
    key = value.key, by.key
    if key not in _divisions:
        result = terms.unknown(0, value.hi, "ratio")
        rest = terms.unknown(0, max(by.hi - 1, 0), "rest")
        whole = eq(value, add(terms.mul(result, by), rest))
        fact = terms.implies(ge(by, number(1)), both(whole, lt(rest, by)))
        # What can only be one number is none to say anything of.
        for atom in filter(None, map(terms.atom_of, (result, rest))):
            atom.facts.append(fact)
        _divisions[key] = result, rest
    return _divisions[key]


def power(exponent):
    """Two to the power of a term."""
    if exponent.key not in _powers:
        lo, hi = max(exponent.lo, 0), min(exponent.hi, 127)
        result = terms.unknown(1 << lo, 1 << hi, "power")
        cases = [both(eq(exponent, number(e)), eq(result, number(1 << e))) for e in range(lo, hi + 1)]
        terms.atom_of(result).facts.append(any_of(*cases))
        _powers[exponent.key] = result
    return _powers[exponent.key]


def compare(how, width, left, right, known):
    """The result of `icmp`."""
    if how in ("eq", "ne"):
        result = _same(width, left, right, known)
        return result if how == "eq" else no(result)
    read = signed if how.startswith("s") else unsigned
    left, right = read(left, width, known), read(right, width, known)
    return {"lt": lambda: lt(left, right), "le": lambda: ge(right, left),
            "gt": lambda: lt(right, left), "ge": lambda: ge(left, right)}[how[1:]]()


def _same(width, left, right, known):
    apart = sub(left, right)
    if -(1 << width) < apart.lo and apart.hi < 1 << width:
        return eq(left, right)
    return eq(unsigned(left, width, known), unsigned(right, width, known))


def _exact(op, left, right):
    return {"add": add, "sub": sub, "mul": terms.mul}[op](left, right)


def checked(op, is_signed, width, left, right, known):
    """The result up to congruence, and whether it does not fit: `llvm.*.with.overflow`."""
    read = signed if is_signed else unsigned
    result = _exact(op, read(left, width, known), read(right, width, known))
    lowest = -(1 << (width - 1)) if is_signed else 0
    misses = any_of(lt(result, number(lowest)), ge(result, number(lowest + (1 << width))))
    return result, misses


def saturating(op, is_signed, width, left, right, known):
    """`llvm.*.sat`."""
    read = signed if is_signed else unsigned
    result = _exact(op, read(left, width, known), read(right, width, known))
    lowest = -(1 << (width - 1)) if is_signed else 0
    highest = lowest + (1 << width) - 1
    return most(least(result, number(highest), known), number(lowest), known)


def absolute(width, value, known):
    value = signed(value, width, known)
    return choose(terms.under(ge(value, number(0)), known), value, terms.scale(value, -1))


def leading_zeros(width, value, known):
    """`llvm.ctlz` as a variable with its definition."""
    value = unsigned(value, width, known)
    if value.lo.bit_length() == value.hi.bit_length():
        return number(width - value.lo.bit_length())
    zeros = terms.unknown(0, width, "zeros")
    cases = [both(eq(zeros, number(width)), eq(value, number(0)))]
    for shift in range(width):
        low, high = 1 << (width - 1 - shift), 1 << (width - shift)
        cases.append(both(eq(zeros, number(shift)), ge(value, number(low)), lt(value, number(high))))
    terms.atom_of(zeros).facts.append(any_of(*cases))
    return zeros


def truth_of(term):
    """A word of one bit as a boolean."""
    return eq(terms.remainder(term, 2), number(1))


def bit(condition):
    return choose(condition, number(1), number(0))


def select(condition, then, other):
    if isinstance(then, terms.Bool):
        return either(condition, then, other)
    return choose(condition, then, other)
