"""Executes functions on terms, all ways through them at once.

Where ways meet again they become one state whose values are choices, so that the number of states
does not multiply. What must never happen (a panic, undefined behaviour, a loop that runs for too
long) is written down with the condition under which it would.
"""

import re
from dataclasses import dataclass, field

import ir
import terms
import words
from memory import Memory, Pointer, merged, settled
from terms import FALSE, TRUE, both, no, number

# A loop that runs more often is not unrolled; that it never does is part of what is proved.
LONGEST_LOOP = 40


class Guard:
    """What holds where a state is, as the list of the decisions that led there."""

    def __init__(self, parts=()):
        self.parts = tuple(parts)
        self.known = frozenset(self.parts)

    def and_(self, condition):
        """This and a condition; None when they contradict each other."""
        condition = terms.under(condition, self.known)
        if condition is FALSE:
            return None
        if condition is TRUE:
            return self
        return Guard(self.parts + (condition.args if condition.op == "and" else (condition,)))

    def holds(self):
        return both(*self.parts)


@dataclass(eq=False)
class State:
    guard: Guard
    values: dict
    memory: Memory
    # How often each block of the running function was passed.
    passes: dict = field(default_factory=dict)
    # Where the pointers are that a loop moves each time it is passed, by their name.
    places: tuple = ()

    def join(self, other):
        """One state for two that exclude each other."""
        shared = 0
        for one, two in zip(self.guard.parts, other.guard.parts):
            if one is not two:
                break
            shared += 1
        ours, theirs = self.guard.parts[shared:], other.guard.parts[shared:]
        # Where the ways parted, one decision tells them apart.
        apart = bool(ours and theirs) and ours[0] is no(theirs[0])
        condition = ours[0] if apart else both(*ours)
        either = terms.any_of(both(*ours), both(*theirs))
        guard = Guard(self.guard.parts[:shared] + ((either,) if either is not TRUE else ()))
        values = {
            name: merged(condition, value, other.values[name])
            for name, value in self.values.items()
            if name in other.values
        }
        passes = {**other.passes, **self.passes}
        for label, count in other.passes.items():
            passes[label] = max(passes[label], count)
        memory = self.memory.merge(condition, other.memory)
        return State(guard, values, memory, passes, self.places)


class Machine:
    """Runs the functions of a module. `contracts` replaces some by what is proved of them."""

    def __init__(self, module, contracts, longest_loop=LONGEST_LOOP):
        self.module, self.contracts, self.longest_loop = module, contracts, longest_loop
        # Set to a list, it receives every way to the end of a function that calls no other: for what
        # is easier to show way by way.
        self.ways = None
        self.failures, self.visited = [], set()
        # What the harness reminds the solvers of: true of all integers.
        self.lemmas = []
        # What contracts answered, where the same question has to get the same answer.
        self.asked = []
        self.things, self.bases = 0, {}

    def fails(self, guard, reason):
        if guard is not None and guard.holds() is not FALSE:
            self.failures.append((guard.holds(), reason))

    def allocate(self, what="object"):
        self.things += 1
        return f"{what}{self.things}"

    def call(self, name, arguments, memory, guard):
        """Runs a function; its result and the state after it, or None when it never returns."""
        path = self.module.path(name)
        self.visited.add(path)
        if path in self.contracts:
            return self.contracts[path](self, arguments, State(guard, {}, memory))
        function = self.module.function(name)
        if function is None:
            self.fails(guard, f"call of {path}")
            return None
        values = {to: value for (_, to), value in zip(function.parameters, arguments)}
        return self._run(function, State(guard, values, memory))

    def _run(self, function, state):
        start = next(iter(function.blocks))
        waiting, returned, frame = {start: [state]}, None, []
        while waiting:
            label = min(waiting, key=function.order.__getitem__)
            states = waiting.pop(label)
            # States that stand at different places of an array stay apart: the nearest goes first, and
            # those behind it meet it there.
            places = sorted({state.places for state in states})
            chosen = [state for state in states if state.places == places[0]]
            if self.ways is not None:
                chosen = chosen[:1]
            rest = [state for state in states if state not in chosen]
            if rest:
                waiting[label] = rest
            states, state = chosen, chosen[0]
            for other in states[1:]:
                state = state.join(other)
            state.passes[label] = state.passes.get(label, 0) + 1
            if state.passes[label] > self.longest_loop:
                self.fails(state.guard, f"a loop in {self.module.path(function.name)} runs on")
                continue
            for step in function.blocks[label][:-1]:
                if step.op != "phi" and not self._step(step, state, frame):
                    break
            else:
                last = function.blocks[label][-1]
                if last.op == "ret":
                    state.values = {"": _value(state, *last.args[0]) if last.args else None}
                    if self.ways is not None:
                        self.ways.append(state)
                    returned = state if returned is None else returned.join(state)
                    continue
                for target, guard in self._ways(last, state):
                    entered = self._enter(function, label, target, state, guard)
                    waiting.setdefault(target, []).append(entered)
        if returned is None:
            return None
        returned.memory.free(frame)
        return returned.values.get(""), State(returned.guard, {}, returned.memory)

    def _ways(self, last, state):
        """Where a block leads, and under which conditions."""
        if last.op == "unreachable":
            self.fails(state.guard, "code that the compiler takes for unreachable")
            return []
        if last.op == "br" and not last.args:
            return [(last.extra[0], state.guard)]
        if last.op == "br":
            condition = _value(state, "i1", last.args[0])
            sides = [(last.extra[0], condition), (last.extra[1], no(condition))]
        else:
            value, width = _value(state, last.type, last.args[0]), int(last.type[1:])
            same = lambda case: words.compare("eq", width, value, number(case), state.guard.known)
            sides = [(to, same(case)) for case, to in last.extra[1]]
            sides.append((last.extra[0], both(*[no(condition) for _, condition in sides])))
        ways = {}
        for target, condition in sides:
            ways[target] = terms.any_of(ways.get(target, FALSE), condition)
        guarded = [(target, state.guard.and_(condition)) for target, condition in ways.items()]
        return [(target, guard) for target, guard in guarded if guard is not None]

    def _enter(self, function, origin, target, state, guard):
        """The state at the beginning of a block, its phi instructions done."""
        values, places = dict(state.values), dict(state.places)
        for step in function.blocks[target]:
            if step.op != "phi":
                break
            value = next(value for value, label in step.extra if label == origin)
            values[step.to] = _value(state, step.type, value)
            if isinstance(values[step.to], Pointer):
                places[step.to] = tuple(place for _, place in values[step.to].ways)
        places = tuple(sorted(places.items()))
        return State(guard, values, state.memory.copy(), dict(state.passes), places)

    def _step(self, step, state, frame):
        """Runs one instruction; whether the block goes on after it."""
        if step.op == "call":
            return self._call(step, state)
        if step.op == "alloca":
            thing = self.allocate()
            frame.append(thing)
            state.memory.objects[thing] = {}
            state.values[step.to] = Pointer.to(thing)
            return True
        result = getattr(self, f"_{step.op}", None)
        value = result(step, state) if result else self._arithmetic(step, state)
        if step.to:
            state.values[step.to] = value
        return True

    def _arithmetic(self, step, state):
        left, right = (_value(state, step.type, arg) for arg in step.args)
        if step.type == "i1":
            return words.logic(step.op, left, right)
        width = int(step.type[1:])
        known = state.guard.known
        if step.op in ("udiv", "urem", "sdiv", "srem"):
            zero = words.compare("eq", width, right, number(0), known)
            self.fails(state.guard.and_(zero), "division by zero")
        return words.binary(step.op, width, left, right, known)

    def _icmp(self, step, state):
        left, right = (_value(state, step.type, arg) for arg in step.args)
        if step.type == "i1":
            same = terms.either(left, right, no(right))
            return {"eq": same, "ne": no(same)}[step.extra]
        if step.type == "ptr" or isinstance(left, Pointer) or isinstance(right, Pointer):
            return _same_place(step.extra, _place(left), _place(right))
        return words.compare(step.extra, int(step.type[1:]), left, right, state.guard.known)

    def _select(self, step, state):
        condition, then, other = (_value(state, *arg) for arg in step.args)
        return merged(terms.under(condition, state.guard.known), then, other)

    def _zext(self, step, state):
        value = _value(state, step.extra, step.args[0])
        if step.extra == "i1":
            return words.bit(value)
        return words.unsigned(value, int(step.extra[1:]), state.guard.known)

    def _sext(self, step, state):
        value = _value(state, step.extra, step.args[0])
        if step.extra == "i1":
            return terms.scale(words.bit(value), -1)
        return words.signed(value, int(step.extra[1:]), state.guard.known)

    def _trunc(self, step, state):
        value = _value(state, step.extra, step.args[0])
        return words.truth_of(value) if step.type == "i1" else value

    def _ptrtoint(self, step, state):
        """An address: where its object lies, which can be anywhere, and how far into it."""
        result = None
        for condition, (thing, offset) in reversed(_value(state, "ptr", step.args[0]).ways):
            if thing not in self.bases:
                self.bases[thing] = terms.unknown(1, 1 << 48, "base")
            address = terms.add(self.bases[thing], number(offset))
            result = address if result is None else merged(condition, address, result)
        return result

    def _inttoptr(self, step, state):
        """The place that an address came from."""
        value = _value(state, step.extra, step.args[0])
        if isinstance(value, Pointer):
            return value
        for thing, base in self.bases.items():
            offset = terms.sub(value, base)
            if offset.value is not None:
                return Pointer.to(thing, offset.value)
        raise NotImplementedError(f"an address from nowhere: {step.text}")

    def _freeze(self, step, state):
        return _value(state, *step.args[0])

    def _getelementptr(self, step, state):
        base, *indices = step.args
        if len(indices) != 1:
            raise NotImplementedError(step.text)
        index = words.signed(_value(state, *indices[0]), 64, state.guard.known)
        return _value(state, *base).moved(terms.scale(index, ir.size_of(step.type)))

    def _load(self, step, state):
        kind, pointer = step.args[0], _value(state, *step.args[1])
        self._constant(pointer, state)
        value = state.memory.load(pointer, ir.size_of(kind), state.guard.known, kind == "ptr")
        if kind == "i1":
            return words.truth_of(value)
        return value

    def _store(self, step, state):
        kind = step.args[0][0]
        value, pointer = (_value(state, *arg) for arg in step.args[:2])
        value = words.bit(value) if kind == "i1" else value
        state.memory.store(pointer, ir.size_of(kind), value, state.guard.known)

    def _extractvalue(self, step, state):
        return _value(state, step.type, step.args[0])[step.extra[1]]

    def _insertvalue(self, step, state):
        inserted, at = step.extra
        parts = list(_value(state, step.type, step.args[0]))
        parts[at] = _value(state, *inserted)
        return tuple(parts)

    def _constant(self, pointer, state):
        """Brings constants that a pointer may point to into memory."""
        for _, (thing, _) in pointer.ways:
            if thing.startswith("@") and thing not in state.memory.objects:
                data = _bytes_of(self.module.constants.get(thing[1:], ""))
                state.memory.objects[thing] = {at: (1, number(b)) for at, b in enumerate(data)}

    def _call(self, step, state):
        name = step.extra
        arguments = [settled(_value(state, *arg), state.guard.known) for arg in step.args]
        if name.startswith("llvm."):
            return self._intrinsic(step, state, arguments)
        outcome = self.call(name, arguments, state.memory, state.guard)
        if outcome is None:
            return False
        value, after = outcome
        state.guard, state.memory = after.guard, after.memory
        if step.to:
            state.values[step.to] = value
        return True

    def _intrinsic(self, step, state, arguments):
        name, known = step.extra.split("."), state.guard.known
        if name[1] == "trap":
            self.fails(state.guard, "a trap")
            return False
        if name[1] in ("memcpy", "memmove", "memset"):
            to, what, size = arguments[:3]
            if name[1] == "memset":
                state.memory.fill(to, size.value, what.value)
            else:
                self._constant(what, state)
                state.memory.copy_bytes(to, what, size.value)
            return True
        if name[1] == "bpf":
            state.values[step.to] = arguments[1]
            return True
        width = int(step.args[0][0][1:])
        state.values[step.to] = _function(name, width, arguments, known)
        return True


def _function(name, width, arguments, known):
    """An intrinsic that computes something."""
    op = name[1]
    if op in ("umin", "umax", "smin", "smax"):
        read = words.signed if op[0] == "s" else words.unsigned
        left, right = (read(value, width, known) for value in arguments)
        return (words.least if op.endswith("min") else words.most)(left, right, known)
    if len(name) > 2 and name[2] in ("with", "sat"):
        compute = words.checked if name[2] == "with" else words.saturating
        return compute(op[1:], op[0] == "s", width, *arguments, known)
    if op == "abs":
        return words.absolute(width, arguments[0], known)
    if op == "ctlz":
        return words.leading_zeros(width, arguments[0], known)
    raise NotImplementedError(".".join(name))


def _place(value):
    """A pointer, also where the compiler keeps it as a word; of words only zero is one."""
    if isinstance(value, Pointer):
        return value
    if value.value == 0:
        return Pointer.to("null")
    raise NotImplementedError("a pointer beside a word")


def _same_place(how, left, right):
    """Whether two pointers are equal."""
    ways = [
        both(when, where)
        for when, place in left.ways
        for where, other in right.ways
        if place == other
    ]
    return {"eq": terms.any_of(*ways), "ne": no(terms.any_of(*ways))}[how]


def _value(state, kind, text):
    """What an operand stands for."""
    if text.startswith("%"):
        return state.values[text]
    if text.startswith("@"):
        return Pointer.to(text.strip('"'))
    if text in ("true", "false"):
        return terms.truth(text == "true")
    if text in ("undef", "poison"):
        if kind.startswith("{"):
            return tuple(_value(state, part.strip(), text) for part in kind.strip("{} ").split(","))
        if kind == "i1":
            return terms.ge0(terms.unknown(-1, 0))
        return terms.unknown(0, (1 << int(kind[1:])) - 1)
    if text == "null":
        return Pointer.to("null")
    return number(int(text))


def _bytes_of(text):
    """The bytes of a constant, as far as it consists of texts and zeros."""
    data = bytearray()
    for found in re.finditer(r'\[(\d+) x i8\] (?:c"([^"]*)"|zeroinitializer)', text):
        size, letters = int(found.group(1)), found.group(2)
        if letters is None:
            data += bytes(size)
        else:
            plain = re.sub(r"\\([0-9A-F]{2})", lambda code: chr(int(code.group(1), 16)), letters)
            data += plain.encode("latin-1")
    return bytes(data)
