"""Proves the theorems of the harness: `cargo xtask prove` runs it.

For each theorem: its function is executed for all numbers at once, both solvers have to show that no
numbers break it, and numbers for which it holds have to be found and run on the host.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import build
import contracts
import digit
import ir
import smt
import terms
import words
from machine import Guard, Machine
from memory import Memory, Pointer
from terms import both, eq, number

# As in proofs/src/given.rs and entries.rs.
WORDS = 40
HOLDS, BROKEN = 0, 2

# Seconds that a solver has for a query; every query takes much less on a quiet machine.
TIMEOUT = 8


@dataclass
class Theorem:
    """What executing a theorem gave."""

    name: str
    broken: terms.Bool
    holds: terms.Bool
    reasons: list
    visited: set


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
        self.module = ir.Module(*build.chain(work, risk, work / "ir"))
        self.entries = self.module.named("entries::")
        self.program = build.host(risk, work / "host")

    def theorems(self):
        """Names, and whether they are among the fast ones."""
        listed = subprocess.run([self.program, "list"], capture_output=True, text=True, check=True)
        lines = [line.split() for line in listed.stdout.splitlines()]
        return {name: speed == "fast" for name, speed in lines}

    def run(self, name, numbers):
        """What a theorem says of numbers, run on the host."""
        line = " ".join([name, *map(str, numbers)])
        done = subprocess.run([self.program], input=line, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def execute(self, name, given=None):
        """Executes a theorem for all numbers, or for those given."""
        terms.forget()
        words.forget()
        machine = Machine(self.module, contracts.BELOW_OF.get(name, contracts.ABOVE))
        memory = Memory()
        word = lambda at: number(given[at]) if given else terms.variable(f"w{at}", 0, 2**64 - 1)
        memory.objects["words"] = {8 * at: (8, word(at)) for at in range(WORDS)}
        outcome = machine.call(self.entries[f"entries::{name}"], [Pointer.to("words")], memory, Guard())
        code, state = outcome if outcome else (number(BROKEN), None)
        returned = state.guard.holds() if state else terms.FALSE
        broken = [both(returned, eq(code, number(BROKEN)))]
        broken += [condition for condition, _ in machine.failures]
        reasons = [reason for _, reason in machine.failures]
        holds = both(returned, eq(code, number(HOLDS)))
        return Theorem(name, terms.any_of(*broken), holds, reasons, machine.visited)


def refute(conditions, timeout=TIMEOUT):
    """Whether each solver shows that conditions exclude each other: first with products as any
    numbers, then, for those that it does not suffice for, with products as they are."""
    answers, script = smt.ask(conditions, True, timeout)
    left = [solver for solver, answer in answers.items() if answer.verdict != "unsat"]
    if left and script.products:
        again, _ = smt.ask(conditions, False, timeout, left, with_model=True)
        answers.update(again)
    elif left:
        answers.update(smt.ask(conditions, True, timeout, left, with_model=True)[0])
    return answers


def numbers_of(model):
    return [model.get(f"w{at}", 0) for at in range(WORDS)]


def witness(harness, theorem, timeout=TIMEOUT):
    """Numbers for which the theorem holds, shown by running it; None when there seem to be none."""
    small = [
        terms.ge(number(1 << 20), word) for word in map(terms.of, _inputs(theorem.holds))
    ]
    for linear, extra, limit in (True, [], timeout), (False, small, 10), (False, [], timeout):
        for solver in smt.SOLVERS:
            conditions = [theorem.holds, *extra]
            answers, _ = smt.ask(conditions, linear, limit, [solver], with_model=True)
            if answers[solver].verdict == "unsat" and not extra:
                return None
            if answers[solver].verdict == "sat":
                numbers = numbers_of(answers[solver].model)
                if harness.run(theorem.name, numbers) == "holds":
                    return numbers
    return None


def _inputs(condition):
    """The words that a condition reads."""
    script = smt.Script([condition], True)
    return [atom for atom in script.done if isinstance(atom, terms.Atom) and atom.name in script.inputs]


def judge(harness, name):
    """Proves a theorem, or says what is wrong with it."""
    since = time.monotonic()
    theorem = harness.execute(name)
    answers = refute([theorem.broken])
    outcome = Outcome(name, "proved")
    outcome.solvers = {solver: answer.seconds for solver, answer in answers.items()}
    open_ = {s: a.verdict for s, a in answers.items() if a.verdict != "unsat"}
    if open_:
        outcome.verdict = "; ".join(f"{solver}: {verdict}" for solver, verdict in open_.items())
        for answer in answers.values():
            if answer.verdict == "sat":
                outcome.numbers = numbers_of(answer.model)
                outcome.verdict += f"; on the host it {harness.run(name, outcome.numbers)}"
                break
        outcome.verdict += f" ({', '.join(theorem.reasons)})" if theorem.reasons else ""
    else:
        outcome.numbers = witness(harness, theorem)
        if outcome.numbers is None:
            outcome.verdict = "says nothing: no numbers found for which it holds"
    outcome.seconds = time.monotonic() - since
    return outcome


def report(outcome, out):
    words_ = [str(word) for word in outcome.numbers or []]
    while words_ and words_[-1] == "0":
        words_.pop()
    proved = outcome.verdict == "proved"
    solvers = " ".join(f"{name} {seconds:.1f}" for name, seconds in outcome.solvers.items())
    line = f"{'proved' if proved else 'FAILED'}  {outcome.name}  {outcome.seconds:.1f} s ({solvers})"
    print(line, file=out, flush=True)
    if not proved:
        print(f"        {outcome.verdict}", file=out)
    print(f"        {'holds' if proved else 'tried'}: {' '.join(words_) or '0'}", file=out, flush=True)


def prove(options):
    since = time.monotonic()
    out = sys.stderr if options.json else sys.stdout
    work = build.ROOT / "target/proofs"
    work.mkdir(parents=True, exist_ok=True)
    harness = Harness(build.ROOT / "crates/risk", work)
    print(f"compiled by {build.version()}", file=out, flush=True)
    names = [name for name, fast in harness.theorems().items() if fast or not options.fast]
    names = [name for name in names if not options.only or name in options.only]
    outcomes = []
    for name in names:
        outcomes.append(judge(harness, name))
        report(outcomes[-1], out)
    if not options.only:
        outcomes.append(digit.judge(harness, Outcome, refute))
        report(outcomes[-1], out)
    failed = [outcome.name for outcome in outcomes if outcome.verdict != "proved"]
    seconds = round(time.monotonic() - since, 1)
    if options.json:
        print(json.dumps({"theorems": len(outcomes), "failed": len(failed), "seconds": seconds}))
    print(f"{len(outcomes)} theorems, {len(failed)} failed, {seconds} s", file=out)
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

        return mutants.run(options)
    return prove(options)


def deep(function):
    """Runs a function with a stack for deep terms; its result is the exit code."""
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(512 * 1024 * 1024)
    code = []
    thread = threading.Thread(target=lambda: code.append(function()))
    thread.start()
    thread.join()
    return code[0] if code else 1


if __name__ == "__main__":
    sys.exit(deep(main))
