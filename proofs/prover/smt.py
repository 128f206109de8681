"""Asks the solvers: writes terms in SMT-LIB, runs z3 and cvc5, and reads their models."""

import os
import re
import resource
import subprocess
import tempfile
from dataclasses import dataclass, field

import terms

SOLVERS = {
    "z3": ["z3", "-smt2"],
    "cvc5": ["cvc5", "--lang=smt2", "--quiet"],
}


@dataclass
class Answer:
    """`unsat`, `sat` with a model, or why neither."""

    verdict: str
    model: dict = field(default_factory=dict)
    seconds: float = 0.0


class Script:
    """A query in SMT-LIB. `linear` reads every product as any number in its interval, which proves
    no less when the answer is unsat; `pairs` then tells the solver what follows for the products
    from multiplying any two comparisons."""

    def __init__(self, conditions, linear, pairs=False):
        self.linear, self.pairs, self.lines, self.done = linear, pairs, [], {}
        self.products, self.inputs, self.queue = {}, [], list(conditions)
        self._drain()
        if linear and self.products:
            self.queue += self._lemmas()
            self._drain()

    def _drain(self):
        while self.queue:
            self.lines.append(f"(assert {self._bool(self.queue.pop())})")

    def _lemmas(self):
        """What multiplying a comparison by a factor that is not negative says about the products
        that the query names anyway: true of integers, and lost when products become any number."""
        atoms = [atom for atom in self.done if isinstance(atom, terms.Atom)]
        named = {atom for monomial in self.products for atom in monomial}
        factors = [terms.of(atom) for atom in atoms if atom in named and atom.lo >= 0]
        # What is true of a variable anyway, such as that a remainder is not negative.
        sure = [fact.args[0] for atom in atoms for fact in atom.facts if fact.op == "ge0"]
        factors += [term for term in sure if any(m[0] in named for m in term.parts if m)]
        comparisons = [term for term in self.done if isinstance(term, terms.Bool)]
        comparisons = [term for term in comparisons if term.op in ("ge0", "eq0")]
        lemmas = []
        for monomial in self.products:
            for at, factor in enumerate(monomial):
                others = monomial[:at] + monomial[at + 1:]
                if len(others) == 1 and others[0].lo >= 0:
                    other = terms.of(others[0])
                    most = terms.sub(terms.scale(other, factor.hi), terms.polynomial({monomial: 1}))
                    lemmas.append(terms.ge0(most))
        for comparison in comparisons:
            side = comparison.args[0]
            if any(_is_open(atom) for monomial in side.parts for atom in monomial):
                continue
            for factor in factors:
                times = terms.mul(side, factor)
                products = [monomial for monomial in times.parts if len(monomial) > 1]
                if not products or not all(product in self.products for product in products):
                    continue
                if comparison.op == "eq0":
                    lemmas.append(terms.implies(comparison, terms.eq0(times)))
                    continue
                below = terms.sub(terms.scale(times, -1), factor)
                lemmas.append(terms.implies(comparison, terms.ge0(times)))
                lemmas.append(terms.implies(terms.no(comparison), terms.ge0(below)))
        return lemmas + (self._products_of(comparisons, named) if self.pairs else [])

    def _products_of(self, comparisons, named):
        """Of any two comparisons: where both hold, the product of their sides is not negative."""
        sides = []
        for comparison in comparisons:
            term = comparison.args[0]
            plain = all(len(monomial) < 2 and not any(map(_is_open, monomial)) for monomial in term.parts)
            if comparison.op == "ge0" and plain and any(a in named for m in term.parts for a in m):
                sides += [comparison, terms.no(comparison)]
        lemmas = []
        for at, one in enumerate(sides):
            for other in sides[at + 1:]:
                if one.op != "ge0" or other.op != "ge0" or other is terms.no(one):
                    continue
                times = terms.mul(one.args[0], other.args[0])
                products = [monomial for monomial in times.parts if len(monomial) > 1]
                if products and all(product in self.products for product in products):
                    lemmas.append(terms.implies(terms.both(one, other), terms.ge0(times)))
        return lemmas

    def text(self, with_model):
        logic = "QF_LIA" if self.linear or not self.products else "QF_NIA"
        head = [f"(set-logic {logic})"]
        if with_model:
            head.insert(0, "(set-option :produce-models true)")
        tail = ["(check-sat)"]
        if with_model and self.inputs:
            tail.append(f"(get-value ({' '.join(self.inputs)}))")
        return "\n".join(head + self.lines + tail + ["(exit)"]) + "\n"

    def _declare(self, name, lo, hi):
        self.lines.append(f"(declare-const {name} Int)")
        self.lines.append(f"(assert (and (<= {_number(lo)} {name}) (<= {name} {_number(hi)})))")
        return name

    def _define(self, kind, text):
        name = f"{'b' if kind == 'Bool' else 't'}!{len(self.done)}"
        self.lines.append(f"(define-fun {name} () {kind} {text})")
        return name

    def _atom(self, atom):
        if atom not in self.done:
            if atom.choice is None:
                self.done[atom] = self._declare(atom.name, atom.lo, atom.hi)
                self.queue += atom.facts
                if re.fullmatch(r"w\d+", atom.name):
                    self.inputs.append(atom.name)
            else:
                condition, then, other = atom.choice
                parts = self._bool(condition), self._int(then), self._int(other)
                self.done[atom] = None
                self.done[atom] = self._define("Int", "(ite %s %s %s)" % parts)
                self.queue += atom.facts
        return self.done[atom]

    def _monomial(self, monomial):
        names = [self._atom(atom) for atom in monomial]
        if len(names) == 1:
            return names[0]
        if monomial not in self.products:
            if self.linear:
                lo, hi = terms.interval(monomial)
                self.products[monomial] = self._declare(f"p!{len(self.products)}", lo, hi)
                self.queue += _sides(monomial)
            else:
                self.products[monomial] = f"(* {' '.join(names)})"
        return self.products[monomial]

    def _int(self, term):
        parts = []
        for monomial, factor in term.parts.items():
            if not monomial:
                parts.append(_number(factor))
            elif factor == 1:
                parts.append(self._monomial(monomial))
            else:
                parts.append(f"(* {_number(factor)} {self._monomial(monomial)})")
        if len(parts) == 1:
            return parts[0]
        return f"(+ {' '.join(parts)})" if parts else "0"

    def _bool(self, term):
        # Without recursion into `and` and `or`: the terms can be deep.
        if term in self.done:
            return self.done[term]
        if term.op in ("true", "false"):
            return term.op
        if term.op == "not":
            return f"(not {self._bool(term.args[0])})"
        if term.op in ("ge0", "eq0"):
            text = f"({'>=' if term.op == 'ge0' else '='} {self._int(term.args[0])} 0)"
        else:
            text = f"({term.op} {' '.join([self._bool(part) for part in term.args])})"
        self.done[term] = None
        self.done[term] = self._define("Bool", text)
        return self.done[term]


def _is_open(atom):
    """Whether an atom is a choice that products are moved into."""
    return atom.choice and not atom.facts


def _sides(monomial):
    """What a product with a minimum or maximum in it is on each side of that."""
    product = terms.polynomial({monomial: 1})
    for at, atom in enumerate(monomial):
        if atom.choice:
            condition, then, other = atom.choice
            rest = terms.polynomial({monomial[:at] + monomial[at + 1:]: 1})
            same = [terms.eq(product, terms.mul(side, rest)) for side in (then, other)]
            yield terms.either(condition, *same)


def _number(value):
    return str(value) if value >= 0 else f"(- {-value})"


def start(solver, script, timeout, with_model):
    """Starts a solver on a script. It may use so many seconds of a processor, however busy the
    machine is."""
    command = list(SOLVERS[solver])
    if solver == "cvc5" and with_model:
        command.append("--produce-models")
    query = tempfile.NamedTemporaryFile("w", suffix=".smt2")
    query.write(script.text(with_model))
    query.flush()
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (timeout, timeout + 1))
    process = subprocess.Popen(
        [*command, query.name],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=limit,
    )
    return process, query


def finish(started):
    process, query = started
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    query.close()
    verdict, _, rest = output.strip().partition("\n")
    if verdict not in ("sat", "unsat"):
        verdict = "out of time" if process.returncode < 0 else output.strip() or "no answer"
    values = re.findall(r"\((w\d+) (?:(\d+)|\(- (\d+)\))\)", rest)
    model = {name: int(value) if value else -int(negative) for name, value, negative in values}
    return Answer(verdict, model, usage.ru_utime + usage.ru_stime)


def ask(conditions, linear, timeout, solvers=("z3", "cvc5"), with_model=False, pairs=False):
    """Every solver's answer to whether all conditions can hold together."""
    script = Script(conditions, linear, pairs)
    started = {solver: start(solver, script, timeout, with_model) for solver in solvers}
    return {solver: finish(process) for solver, process in started.items()}, script
