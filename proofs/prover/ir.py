"""Reads LLVM's textual representation: as much of it as the compiler makes of the rules."""

import re
from dataclasses import dataclass, field

# What says nothing about the result, or only what the executor finds out by itself.
_ATTRIBUTES = re.compile(
    r"(?<![\w.@%-])(?:tail|musttail|notail|fastcc|noundef|nuw|nsw|exact|samesign|nneg|disjoint|inbounds|"
    r"nonnull|noalias|readonly|readnone|writeonly|writable|zeroext|signext|dead_on_return|"
    r"dead_on_unwind|immarg|nocapture|volatile)(?![\w.-]) ?"
)
_PARENTHESES = re.compile(
    r"\b(?:range|captures|dereferenceable|dereferenceable_or_null|sret|initializes|memory)"
    r"\((?:[^()]|\([^()]*\))*\) ?"
)
_ALIGNMENT = re.compile(r"(?:, )?\balign \d+ ?")
_TRAILING = re.compile(r"(?:, ![\w.]+ !?[\w.]+(?:\{[^}]*\})?)+$| #\d+(?=,|$)")
_CALL = re.compile(r'(?:%\S+ = )?call [^@]*@("[^"]*"|[\w.$-]+)')
_NAME = re.compile(r'@("[^"]*"|[\w.$-]+)')


@dataclass
class Step:
    """One instruction: what it is, where its result goes, its type, and what it reads."""

    op: str
    to: str | None = None
    type: str = ""
    args: list = field(default_factory=list)
    extra: object = None
    text: str = ""


@dataclass
class Function:
    name: str
    parameters: list
    result: str
    blocks: dict
    order: dict


class Module:
    """Functions and constants by name. Several files make one module."""

    def __init__(self, *paths):
        self.functions, self.constants = {}, {}
        self._lines, self._paths = {}, {}
        for path in paths:
            self._read(path)

    def _read(self, path):
        with open(path, encoding="utf-8") as file:
            lines = iter(file.read().split("\n"))
        comment = ""
        for line in lines:
            if line.startswith("; ") and not line.startswith("; Function Attrs"):
                comment = line
            elif line.startswith("define "):
                name = _NAME.search(line).group(1).strip('"')
                body = [line]
                for inner in lines:
                    if inner == "}":
                        break
                    body.append(inner)
                self._lines[name], self._paths[name] = body, _path(comment)
            elif line.startswith("@"):
                name, _, value = line[1:].partition(" = ")
                self.constants[name.strip('"')] = value

    def path(self, name):
        """A function's path in its crate; its symbol when it is only declared."""
        return self._paths.get(name, name)

    def named(self, prefix):
        """Symbols by path, of the functions below a module."""
        return {path: name for name, path in self._paths.items() if path.startswith(prefix)}

    def reach(self, name, ends):
        """What executing a function can go through: bodies by symbol. Where a path is one of `ends` it
        goes no further."""
        bodies, waiting = {}, [name]
        while waiting:
            name = waiting.pop()
            if name in bodies or name not in self._lines or self.path(name) in ends:
                continue
            bodies[name] = [_clean(line) for line in self._lines[name]]
            called = [_CALL.match(line) for line in bodies[name]]
            waiting += [found.group(1).strip('"') for found in called if found]
        return bodies

    def function(self, name):
        """The function of a name; None when it is only declared."""
        if name not in self.functions:
            lines = self._lines.get(name)
            self.functions[name] = lines and _function(name, lines)
        return self.functions[name]


def _path(comment):
    """`book::Book::trade` for the compiler's comment `<holdfast_risk::book::Book>::trade::<…>`."""
    path = comment.removeprefix("; ")
    at = path.find("::<", 1)
    path = path[:at] if at > 0 else path
    return re.sub(r"[<>]|\bholdfast_\w+::", "", path)


def _split(text):
    """Splits at the commas outside of brackets."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{<") - (letter in ")]}>")
        if letter == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return parts + [last] if last else parts


def _clean(line):
    line = line.split("  ;")[0].strip()
    previous = None
    while previous != line:
        previous, line = line, _TRAILING.sub("", line).strip()
    return _ALIGNMENT.sub("", _ATTRIBUTES.sub("", _PARENTHESES.sub("", line))).strip()


def _typed(text):
    """A type and a value: `i64 %x`."""
    kind, _, value = text.rpartition(" ")
    return kind.strip(), value.strip()


def _function(name, lines):
    head = _clean(lines[0])
    result, _, rest = head.removeprefix("define ").partition(" @")
    inside = rest[rest.index("(") + 1:rest.rindex(")")]
    parameters = [_typed(part) for part in _split(inside)]
    blocks, current = {}, None
    statements = iter(lines[1:])
    for line in statements:
        label = re.match(r'^("[^"]+"|[\w.$-]+):', line)
        if label:
            current = blocks.setdefault(label.group(1).strip('"'), [])
            continue
        if not line.strip() or line.lstrip().startswith(";"):
            continue
        if line.lstrip().startswith("switch "):
            while not line.rstrip().split(", !")[0].endswith("]"):
                line += " " + next(statements).strip()
        step = _step(_clean(line))
        if step:
            current.append(step)
    result = result.replace("internal", "").replace("hidden", "").split()[-1]
    if "}" in head.split(" @")[0]:
        result = "{" + head.split(" @")[0].split("{")[1]
    return Function(name, parameters, result, blocks, _order(blocks))


def _order(blocks):
    """Reverse postorder: a block comes after those that lead to it, loops excepted."""
    seen, finished = set(), []
    start = next(iter(blocks))
    stack = [(start, iter(_targets(blocks[start])))]
    seen.add(start)
    while stack:
        label, targets = stack[-1]
        following = next((target for target in targets if target not in seen), None)
        if following is None:
            finished.append(label)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(_targets(blocks[following]))))
    return {label: at for at, label in enumerate(reversed(finished))}


def _targets(block):
    last = block[-1]
    if last.op == "br":
        return last.extra
    if last.op == "switch":
        return [last.extra[0]] + [label for _, label in last.extra[1]]
    return []


_IGNORED = ("llvm.lifetime", "llvm.experimental.noalias", "llvm.dbg", "llvm.assume")
_BINARY = {
    "add", "sub", "mul", "udiv", "sdiv", "urem", "srem", "and", "or", "xor", "shl", "lshr", "ashr",
}


def _step(line):
    """Reads one instruction; None for one that does nothing here."""
    to = None
    if re.match(r"%\S+ = ", line):
        to, _, line = line.partition(" = ")
    op, _, rest = line.partition(" ")
    text = f"{to} = {line}" if to else line
    if op in _BINARY:
        left, right = _split(rest)
        kind, left = _typed(left)
        return Step(op, to, kind, [left, right], text=text)
    reader = _READERS.get(op)
    if reader is None:
        raise NotImplementedError(f"instruction: {text}")
    step = reader(rest)
    if step:
        step.op, step.to, step.text = op, to, text
    return step


def _icmp(rest):
    how, _, rest = rest.partition(" ")
    left, right = _split(rest)
    kind, left = _typed(left)
    return Step("", type=kind, args=[left, right], extra=how)


def _phi(rest):
    kind, _, rest = rest.partition(" [")
    ways = re.findall(r"\[ (.+?), %(\"[^\"]+\"|[\w.$-]+) \]", "[" + rest)
    return Step("", type=kind, extra=[(value, label.strip('"')) for value, label in ways])


def _br(rest):
    labels = [label.strip('"') for label in re.findall(r'label %("[^"]+"|[\w.$-]+)', rest)]
    condition = [_typed(_split(rest)[0])[1]] if len(labels) == 2 else []
    return Step("", args=condition, extra=labels)


def _switch(rest):
    head, _, table = rest.partition("[")
    value, default = _split(head)
    kind, value = _typed(value)
    cases = re.findall(r'i\d+ (-?\d+), label %("[^"]+"|[\w.$-]+)', table)
    label = re.search(r'label %("[^"]+"|[\w.$-]+)', default).group(1).strip('"')
    cases = [(int(number), to.strip('"')) for number, to in cases]
    return Step("", type=kind, args=[value], extra=(label, cases))


def _call(rest):
    name = _NAME.search(rest).group(1).strip('"')
    if name.startswith(_IGNORED):
        return None
    kind = rest[:rest.index("@")].strip()
    inside = rest[rest.index("(", rest.index("@")) + 1:rest.rindex(")")]
    return Step("", type=kind, args=[_typed(part) for part in _split(inside)], extra=name)


def _convert(rest):
    value, _, kind = rest.partition(" to ")
    before, value = _typed(value)
    return Step("", type=kind, args=[value], extra=before)


def _memory(rest):
    parts = [_typed(part) if " " in part else part for part in _split(rest)]
    return Step("", args=parts)


def _element(rest):
    kind, *parts = _split(rest)
    return Step("", type=kind, args=[_typed(part) for part in parts])


def _aggregate(rest):
    parts = _split(rest)
    kind, value = _typed(parts[0])
    inserted = _typed(parts[1]) if len(parts) == 3 else None
    return Step("", type=kind, args=[value], extra=(inserted, int(parts[-1])))


_READERS = {
    "icmp": _icmp,
    "phi": _phi,
    "br": _br,
    "switch": _switch,
    "call": _call,
    "select": lambda rest: Step("", args=[_typed(part) for part in _split(rest)]),
    "zext": _convert,
    "sext": _convert,
    "trunc": _convert,
    "ptrtoint": _convert,
    "inttoptr": _convert,
    "load": _memory,
    "store": _memory,
    "alloca": lambda rest: Step("", type=_split(rest)[0]),
    "getelementptr": _element,
    "extractvalue": _aggregate,
    "insertvalue": _aggregate,
    "freeze": lambda rest: Step("", args=[_typed(rest)]),
    "ret": lambda rest: Step("", args=[] if rest == "void" else [_typed(rest)]),
    "unreachable": lambda rest: Step(""),
}


def size_of(kind):
    """Bytes of a type."""
    return _layout(kind)[0]


def _layout(kind):
    """Bytes of a type, and what its address is divisible by."""
    if kind == "ptr":
        return 8, 8
    if kind.startswith("i"):
        size = (int(kind[1:]) + 7) // 8
        return size, 1 << (size - 1).bit_length()
    found = re.fullmatch(r"\[(\d+) x (.+)\]", kind)
    if found:
        size, alignment = _layout(found.group(2))
        return int(found.group(1)) * _up(size, alignment), alignment
    if kind.startswith("{"):
        offset, strictest = 0, 1
        for part in _split(kind[1:-1].strip()):
            size, alignment = _layout(part)
            offset, strictest = _up(offset, alignment) + size, max(strictest, alignment)
        return _up(offset, strictest), strictest
    raise NotImplementedError(f"type: {kind}")


def _up(offset, alignment):
    """The next offset from here on that is divisible by an alignment."""
    return (offset + alignment - 1) // alignment * alignment
