"""Memory: objects, and in each what was stored at which offset.

Nothing is shared between two memories but what neither changes, so that a branch takes its own.
"""

from dataclasses import dataclass, field

import terms
import words
from terms import FALSE, TRUE, both, number


@dataclass(frozen=True)
class Pointer:
    """Where it may point: pairs of a condition and a place (object, offset)."""

    ways: tuple

    @staticmethod
    def to(thing, offset=0):
        return Pointer(((TRUE, (thing, offset)),))

    def moved(self, by):
        """`by` bytes on; a term with few values makes as many ways."""
        if by.value is not None:
            moves = [(TRUE, by.value)]
        elif by.hi - by.lo <= 4096:
            offsets = range(by.lo, by.hi + 1)
            moves = [(terms.eq(by, number(offset)), offset) for offset in offsets]
            moves = [(condition, offset) for condition, offset in moves if condition is not FALSE]
        else:
            raise NotImplementedError("an address that depends on too much")
        ways = [
            (both(condition, which), (thing, at + offset))
            for condition, (thing, at) in self.ways
            for which, offset in moves
        ]
        return Pointer(tuple(way for way in ways if way[0] is not FALSE))

    def or_else(self, condition, other):
        """This pointer where a condition holds, and `other` elsewhere."""
        ways = {}
        for holds, pointer in (condition, self), (terms.no(condition), other):
            for when, place in pointer.ways:
                when = both(when, holds)
                if when is not FALSE:
                    ways[place] = terms.any_of(ways.get(place, FALSE), when)
        return Pointer(tuple((when, place) for place, when in ways.items()))


def merged(condition, then, other):
    """A value of either of two states."""
    if then is other or condition is TRUE:
        return then
    if condition is FALSE:
        return other
    if isinstance(then, Pointer) and isinstance(other, Pointer):
        return then.or_else(condition, other)
    if isinstance(then, tuple):
        return tuple(merged(condition, one, two) for one, two in zip(then, other))
    return words.select(condition, then, other)


@dataclass
class Memory:
    """`objects[thing][offset] = (bytes, value)`; words may overlap in no object."""

    objects: dict = field(default_factory=dict)

    def copy(self):
        return Memory(dict(self.objects))

    def free(self, things):
        for thing in things:
            self.objects.pop(thing, None)

    def load(self, pointer, size, known, is_pointer=False):
        result = None
        for condition, (thing, offset) in reversed(pointer.ways):
            if terms.under(condition, known) is FALSE:
                continue
            value = _read(self.objects.get(thing, {}), offset, size)
            if value is None:
                if is_pointer:
                    raise NotImplementedError("a pointer that was never stored")
                value = terms.unknown(0, (1 << 8 * size) - 1, "unset")
            result = value if result is None else merged(condition, value, result)
        return settled(result, known)

    def store(self, pointer, size, value, known):
        ways = [way for way in pointer.ways if terms.under(way[0], known) is not FALSE]
        for condition, (thing, offset) in ways:
            cells = dict(self.objects.get(thing, {}))
            new = value
            if len(ways) > 1:
                old = _read(cells, offset, size)
                if old is None:
                    old = terms.unknown(0, (1 << 8 * size) - 1, "unset")
                new = merged(condition, value, old)
            _carve(cells, offset, size)
            cells[offset] = size, new
            self.objects[thing] = cells

    def copy_bytes(self, to, source, size):
        """`memcpy` between places that are known."""
        if len(to.ways) > 1:
            raise NotImplementedError("copying to one of several places")
        (_, (thing, start)), = to.ways
        taken = None
        for condition, (origin, begin) in reversed(source.ways):
            cells = dict(self.objects.get(origin, {}))
            _cut(cells, begin)
            _cut(cells, begin + size)
            part = {at - begin: cell for at, cell in cells.items() if begin <= at < begin + size}
            taken = part if taken is None else _merge_cells(condition, part, taken)
        cells = dict(self.objects.get(thing, {}))
        _carve(cells, start, size)
        cells.update({start + at: cell for at, cell in taken.items()})
        self.objects[thing] = cells

    def fill(self, to, size, byte):
        """`memset`."""
        (_, (thing, start)), = to.ways
        cells = dict(self.objects.get(thing, {}))
        _carve(cells, start, size)
        at = start
        while at < start + size:
            step = 8 if at % 8 == 0 and at + 8 <= start + size else 1
            cells[at] = step, number(int.from_bytes(bytes([byte] * step), "little"))
            at += step
        self.objects[thing] = cells

    def merge(self, condition, other):
        """This memory where a condition holds, and `other` elsewhere."""
        result = dict(other.objects)
        for thing, cells in self.objects.items():
            theirs = other.objects.get(thing)
            if theirs is None:
                result[thing] = cells
            elif theirs is not cells:
                result[thing] = _merge_cells(condition, cells, theirs)
        return Memory(result)


def settled(value, known):
    """Takes the side of a choice that is known to hold."""
    while isinstance(value, terms.Int):
        atom = terms.atom_of(value)
        if atom is None or atom.choice is None:
            break
        condition, then, other = atom.choice
        condition = terms.under(condition, known)
        if condition not in (TRUE, FALSE):
            break
        value = then if condition is TRUE else other
    return value


def _part(value, size, skip, length):
    """`length` bytes of a word of `size`, from byte `skip` on."""
    whole = words.unsigned(value, 8 * size)
    return terms.remainder(terms.quotient(whole, 1 << 8 * skip), 1 << 8 * length)


def _cut(cells, at):
    """Makes no word cross an offset."""
    for start, (size, value) in list(cells.items()):
        if start < at < start + size:
            if isinstance(value, Pointer):
                raise NotImplementedError("a part of a pointer")
            left, right = at - start, start + size - at
            cells[start] = left, _part(value, size, 0, left)
            cells[at] = right, _part(value, size, left, right)
            return


def _carve(cells, at, size):
    """Removes what is stored in a range."""
    _cut(cells, at)
    _cut(cells, at + size)
    for start in [start for start in cells if at <= start < at + size]:
        del cells[start]


def _read(cells, at, size):
    """The word at an offset, or None where nothing was stored."""
    found = cells.get(at)
    if found and found[0] == size:
        return found[1]
    cells = dict(cells)
    _cut(cells, at)
    _cut(cells, at + size)
    inside = {start: cell for start, cell in cells.items() if at <= start < at + size}
    if not inside:
        return None
    total, covered = number(0), 0
    for start, (length, value) in inside.items():
        value = words.unsigned(value, 8 * length)
        total = terms.add(total, value, 1 << 8 * (start - at))
        covered += length
    if covered < size:
        # Bytes that nobody stored: they can be anything.
        taken = {start + i for start, (length, _) in inside.items() for i in range(length)}
        for byte in set(range(at, at + size)) - taken:
            total = terms.add(total, terms.unknown(0, 255, "unset"), 1 << 8 * (byte - at))
    return total


def _merge_cells(condition, ours, theirs):
    """Words of either of two objects, cut where either is."""
    ours, theirs = dict(ours), dict(theirs)
    for one, other in (ours, theirs), (theirs, ours):
        for start, (size, _) in list(other.items()):
            _cut(one, start)
            _cut(one, start + size)
    result = {}
    for at in ours.keys() | theirs.keys():
        size = (ours.get(at) or theirs.get(at))[0]
        values = [cells[at][1] if at in cells else None for cells in (ours, theirs)]
        unset = lambda: terms.unknown(0, (1 << 8 * size) - 1, "unset")
        if any(isinstance(value, Pointer) for value in values) and None in values:
            continue
        one, other = [unset() if value is None else value for value in values]
        result[at] = size, merged(condition, one, other)
    return result
