"""Proves the theorems of the harness: `cargo xtask prove` runs it.

For each theorem: its function is executed for all numbers at once, both solvers have to show that no
numbers break it, and numbers for which it holds have to be found and run on the host.
"""

import argparse
import difflib
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property

import build
import contracts
import digit
import ir
import smt
import terms
import words
import workers
from machine import Guard, Machine
from memory import Memory, Pointer
from terms import both, eq, number

# As in proofs/src/given.rs and entries.rs.
WORDS = 96
HOLDS, BROKEN = 0, 2

# Seconds of a processor that a solver has for a query; hardly one takes more than a single one.
TIMEOUT = 60


@dataclass
class Theorem:
    """What executing a theorem gave: all of it, or one case."""

    name: str
    case: int | None
    broken: terms.Bool
    holds: terms.Bool
    lemmas: list
    reasons: list
    visited: set

    def numbers(self, model):
        """All of a model's numbers; what it leaves out can be anything."""
        numbers = [model.get(f"w{at}", 0) for at in range(WORDS)]
        return numbers if self.case is None else [self.case, *numbers[1:]]


@dataclass
class Outcome:
    """`proved`, or why not; with numbers for which it holds, or is broken."""

    name: str
    verdict: str
    seconds: float = 0.0
    numbers: list | None = None
    solvers: dict = field(default_factory=dict)


class Harness:
    """The compiled theorems: as a module to execute, and as a program to run numbers on."""

    def __init__(self, risk, work):
        self._risk, self._work = risk, work

    @cached_property
    def module(self):
        """What is executed, compiled when it is first wanted."""
        return ir.Module(*build.chain(self._risk, self._work / "ir"))

    @cached_property
    def program(self):
        """The program that runs theorems on numbers, compiled when it is first wanted."""
        return build.host(self._risk, self._work / "host")

    def entry(self, name):
        """A theorem's function, by its symbol."""
        return self.module.named("entries::")[f"entries::{name}"]

    def theorems(self):
        """Names, with whether they are among the fast ones and in how many cases they are proved."""
        listed = subprocess.run([self.program, "list"], capture_output=True, text=True, check=True)
        lines = [line.split() for line in listed.stdout.splitlines()]
        return {name: (speed == "fast", int(cases)) for name, speed, cases in lines}

    def run(self, name, numbers):
        """What a theorem says of numbers, run on the host."""
        line = " ".join([name, *map(str, numbers)])
        done = subprocess.run([self.program], input=line, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def execute(self, name, case, known):
        """Executes a theorem for all numbers, or for all of one case; contracts that are known stand for
        functions."""
        terms.forget()
        words.forget()
        machine = Machine(self.module, known)
        memory = Memory()
        inputs = [terms.variable(f"w{at}", 0, 2**64 - 1) for at in range(WORDS)]
        if case is not None:
            inputs[0] = number(case)
        memory.objects["words"] = {8 * at: (8, word) for at, word in enumerate(inputs)}
        outcome = machine.call(self.entry(name), [Pointer.to("words")], memory, Guard())
        code, state = outcome if outcome else (number(BROKEN), None)
        returned = state.guard.holds() if state else terms.FALSE
        broken = [both(returned, eq(code, number(BROKEN)))]
        broken += [condition for condition, _ in machine.failures]
        reasons = [reason for _, reason in machine.failures]
        holds = both(returned, eq(code, number(HOLDS)))
        return Theorem(name, case, terms.any_of(*broken), holds, machine.lemmas, reasons, machine.visited)


def refute(conditions, lemmas=(), timeout=TIMEOUT):
    """Whether each solver shows that conditions exclude each other: with products as any numbers,
    which nearly always suffices; else with what follows for products from pairs of comparisons; else
    with products as they are, which comes first where the harness says what to multiply."""
    answers, left = {}, list(smt.SOLVERS)
    stages = [(True, False), (True, True), (False, False)]
    if lemmas:
        stages = [stages[0], stages[2], stages[1]]
    for linear, pairs in stages:
        found, script = smt.ask([*conditions, *lemmas], linear, timeout, left, not linear, pairs)
        for solver, answer in found.items():
            answer.seconds += answers[solver].seconds if solver in answers else 0
            answers[solver] = answer
        left = [solver for solver in left if answers[solver].verdict != "unsat"]
        if not left:
            break
    return answers


def witness(harness, theorem, timeout=TIMEOUT):
    """Numbers for which the theorem holds, shown by running it; None when there seem to be none."""
    for linear, extra, limit in (True, [], timeout), (False, small(theorem.holds), 10), (False, [], timeout):
        for solver in smt.SOLVERS:
            conditions = [theorem.holds, *extra]
            answers, _ = smt.ask(conditions, linear, limit, [solver], with_model=True)
            if answers[solver].verdict == "unsat" and not extra:
                return None
            if answers[solver].verdict == "sat":
                numbers = theorem.numbers(answers[solver].model)
                if harness.run(theorem.name, numbers) == "holds":
                    return numbers
    return None


def small(condition):
    """That the words which a condition reads are small."""
    script = smt.Script([condition], True)
    inputs = [atom for atom in script.done if isinstance(atom, terms.Atom) and atom.name in script.inputs]
    return [terms.ge(number(1 << 20), terms.of(word)) for word in inputs]


def judge(harness, name, cases):
    """Proves a theorem in all its cases, or says what is wrong with it."""
    since = time.monotonic()
    outcome = Outcome(name, "proved")
    try:
        if name == digit.NAME:
            digit.judge(harness, outcome, refute)
        else:
            _judge(harness, cases, outcome)
    except Exception as error:
        # What the executor does not know is no proof, and no reason to leave out the others.
        outcome.verdict = f"cannot be executed: {error!r}"
    outcome.seconds = time.monotonic() - since
    return outcome


def _judge(harness, cases, outcome):
    for case in range(cases) if cases > 1 else [None]:
        theorem = harness.execute(outcome.name, case, contracts.of(outcome.name))
        if not _proves(harness, theorem, outcome):
            return
        if outcome.numbers is None:
            outcome.numbers = witness(harness, theorem)
    if outcome.numbers is None:
        outcome.verdict = "says nothing: no numbers found for which it holds"


def _proves(harness, theorem, outcome):
    """Whether both solvers prove a case of a theorem; if not, the outcome says why."""
    answers = refute([theorem.broken], theorem.lemmas)
    for solver, answer in answers.items():
        outcome.solvers[solver] = outcome.solvers.get(solver, 0) + answer.seconds
    open_ = {s: a.verdict for s, a in answers.items() if a.verdict != "unsat"}
    if not open_:
        return True
    outcome.numbers = None
    outcome.verdict = "; ".join(f"{solver}: {verdict}" for solver, verdict in open_.items())
    for answer in answers.values():
        if answer.verdict == "sat":
            outcome.numbers = theorem.numbers(answer.model)
            outcome.verdict += f"; on the host it {harness.run(theorem.name, outcome.numbers)}"
            break
    outcome.verdict += f" ({', '.join(theorem.reasons)})" if theorem.reasons else ""
    return False


def shown(numbers):
    """Numbers in a line; those that are left out at its end are zero."""
    last = max((at for at, word in enumerate(numbers) if word), default=0)
    return " ".join(str(word) for word in numbers[:last + 1])


def report(outcome, out):
    proved = outcome.verdict == "proved"
    solvers = " ".join(f"{name} {seconds:.1f}" for name, seconds in outcome.solvers.items())
    line = f"{'proved' if proved else 'FAILED'}  {outcome.name}  {outcome.seconds:.1f} s ({solvers})"
    print(line, file=out, flush=True)
    if not proved:
        print(f"        {outcome.verdict}", file=out)
    if outcome.numbers:
        said = "holds" if proved else "tried"
        print(f"        {said}: {shown(outcome.numbers)}", file=out, flush=True)


def wanted(theorems, options):
    """The names of what is to be proved; it ends here where one is unknown."""
    names = [*theorems, digit.NAME]
    unknown = [name for name in options.only if name not in names]
    for name in unknown:
        near = difflib.get_close_matches(name, names, n=4, cutoff=0.4)
        near += [other for other in names if name in other and other not in near]
        advice = f"near it: {', '.join(near)}" if near else "docs/proofs.md lists all"
        print(f"error: no theorem `{name}`; {advice}", file=sys.stderr)
    if unknown:
        sys.exit(2)
    if options.only:
        return [name for name in names if name in options.only]
    return [name for name in names if not options.fast or name == digit.NAME or theorems[name][0]]


def outcomes(harness, theorems, names):
    """What became of each theorem, in their order. The slow are begun first: nothing else would be left
    to do beside them."""
    slow = [name for name in names if name in theorems and not theorems[name][0]]
    with workers.pool(harness) as processes:
        begun = {}
        for name in dict.fromkeys([*slow, *names]):
            cases = theorems[name][1] if name in theorems else 1
            begun[name] = workers.begin(processes, judge, name, cases)
        for name in names:
            yield begun[name].result()


def prove(options):
    since = time.monotonic()
    out = sys.stderr if options.json else sys.stdout
    harness = Harness(build.ROOT / "crates/risk", build.WORK)
    theorems = harness.theorems()
    names = wanted(theorems, options)
    print(f"{len(harness.module.named(''))} functions compiled by {build.version()}", file=out, flush=True)
    failed = 0
    for outcome in outcomes(harness, theorems, names):
        failed += outcome.verdict != "proved"
        report(outcome, out)
    seconds = round(time.monotonic() - since, 1)
    if options.json:
        print(json.dumps({"theorems": len(names), "failed": failed, "seconds": seconds}))
    print(f"{len(names)} theorems, {failed} failed, {seconds} s", file=out)
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(prog="cargo xtask prove", description="Proves the rules.")
    parser.add_argument("--fast", action="store_true", help="only what is proved in two minutes")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--only", nargs="*", default=[], help="theorems by name")
    parser.add_argument("--mutants", action="store_true", help="change the rules and refute that")
    options = parser.parse_args()
    if options.mutants:
        import mutants

        return mutants.run()
    return prove(options)


if __name__ == "__main__":
    sys.exit(main())
