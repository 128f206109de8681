"""Changes the rules, one change at a time, and lets the theorems refute each.

`cargo xtask prove --mutants` runs it. A mutant is refuted when a solver finds numbers that break a
theorem and the host, with the changed rules, shows the same. The choice of mutants is random with a
fixed seed, so that everybody gets the same ones.
"""

import collections
import itertools
import os
import random
import re
import shutil
import time
import tomllib
from dataclasses import dataclass

import build
import contracts
import prove
import smt
import terms
import workers

COUNT, LEAST_REFUTED, SEED = 100, 95, 20_260_101

# Seconds that a solver has to find numbers.
TIMEOUT = 20

# Each text can become another. Only the first that begins at a place is taken.
CHANGES = [
    (r" <= ", " < "), (r" < ", " <= "), (r" >= ", " > "), (r" > ", " >= "),
    (r" == ", " != "), (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
    (r"Rounding::Up\b", "Rounding::Down"), (r"Rounding::Down\b", "Rounding::Up"),
    (r"\.min\(", ".max("), (r"\.max\(", ".min("),
    (r"\.plus\(", ".minus("), (r"\.minus\(", ".plus("),
    (r"\.gain\(\)", ".loss()"), (r"\.loss\(\)", ".gain()"),
    (r"saturating_add\b", "saturating_sub"), (r"saturating_sub\b", "saturating_add"),
    (r"checked_add\b", "checked_sub"), (r"checked_sub\b", "checked_add"),
    (r"wrapping_add\b", "wrapping_sub"), (r"wrapping_sub\b", "wrapping_add"),
    (r"\.after\(", ".since("), (r"\.since\(", ".after("),
    (r"(?<=ledger)\.liquidity\b", ".insurance"), (r"(?<=ledger)\.insurance\b", ".liquidity"),
    (r"\.initial\b", ".maintenance"), (r"\.maintenance\b", ".initial"),
    (r"\.first_share\b", ".last_share"), (r"\.wait\b", ".ready"),
    (r"(?<=[ (])!(?=\w)", ""), (r"\bPermit::Allowed\b", "Permit::Refused"),
    (r"=> Allowed\b", "=> Refused"), (r"=> Refused\b", "=> Allowed"), (r"=> Queued\b", "=> Refused"),
    (r"(?<![\w.])(?:1|2|5|32|64)(?![\w.])", "3"),
]


@dataclass
class Mutant:
    """One change of one file of the rules."""

    file: str
    function: str
    line: int
    before: str
    after: str
    text: str

    def name(self):
        return f"{self.file}:{self.line} in {self.function}: `{self.before}` to `{self.after}`"

    def key(self):
        """What names it among the survivors, wherever its line has moved: the line as it becomes."""
        return f"{self.function}: {self.text.splitlines()[self.line - 1].strip()}"


def functions(source):
    """The functions of a file: names, and where their bodies begin and end."""
    for found in re.finditer(r"^( *)(?:pub(?:\([a-z]+\))? )?(?:const )?fn (\w+)", source, re.M):
        start = re.compile(r"\{\n").search(source, found.end()).end()
        end = source.find(f"\n{found.group(1)}}}\n", start)
        yield found.group(2), start, end


def candidates(risk, proved):
    """Every change of every function that theorems are about, in the order of the files."""
    for file, names in proved.items():
        source = (risk / "src" / file).read_text()
        for name, start, end in functions(source):
            if name not in names:
                continue
            for pattern, new in CHANGES:
                for found in re.finditer(pattern, source[start:end]):
                    at = start + found.start()
                    line = source[source.rfind("\n", 0, at) + 1:source.find("\n", at)]
                    if line.strip().startswith("//"):
                        continue
                    text = source[:at] + new + source[start + found.end():]
                    number = source.count("\n", 0, at) + 1
                    before, after = found.group().strip(), new.strip() or "nothing"
                    yield Mutant(file, name, number, before, after, text)


def reaches(harness, names):
    """What executing each theorem goes through. Where a contract stands for a function it ends: such a
    theorem cannot refute what is changed there."""
    reach = harness.module.reach
    return {name: reach(harness.entry(name), contracts.of(name)) for name in names}


def affected(before, after, theorems):
    """The theorems that go through anything that a change made different; the quickest first. What is said
    of the others is said of the changed rules too."""
    names = [name for name in after if after[name] != before[name]]

    def slow(name):
        fast, cases = theorems[name]
        return not fast, cases > 1, len(after[name])

    return sorted(names, key=slow)


def attempt(shared, mutant):
    """Whether a mutant is a program, and the theorem that refutes it, with the numbers."""
    theorems, before = shared
    work = build.WORK / "mutants" / str(os.getpid())
    fresh_copy(build.ROOT / "crates/risk", work)
    (work / "risk/src" / mutant.file).write_text(mutant.text)
    harness = prove.Harness(work / "risk", work)
    try:
        after = reaches(harness, theorems)
    except build.BuildError:
        return False, None
    for name in affected(before, after, theorems):
        cases = theorems[name][1]
        for case in range(cases) if cases > 1 else [None]:
            found = counterexample(harness, name, case)
            if found:
                return True, found
    return True, None


def counterexample(harness, name, case):
    """Numbers for which the changed rules break a theorem when they are run; None when none are found.
    Where contracts of rules stand in the way, because more answers meet them than the rules give, the
    rules are executed instead."""
    for known in contracts.of(name), contracts.NUMBERS:
        try:
            theorem = harness.execute(name, case, known)
        except Exception:
            # What the executor does not know refutes nothing.
            return None
        in_vain = False
        for numbers in guesses(theorem):
            said = harness.run(name, numbers)
            if said in ("broken", "panics"):
                return name, numbers, said
            in_vain = True
        if not in_vain or theorem.visited.isdisjoint(contracts.RULES):
            return None
    return None


def guesses(theorem):
    """Numbers that may break a theorem: what the solvers find, products as any numbers first, then small
    numbers, which they multiply sooner."""
    if theorem.broken is terms.FALSE:
        return
    conditions, small = [theorem.broken, *theorem.lemmas], prove.small(theorem.broken)
    ways = [(True, []), (False, small), (False, [])]
    for (linear, extra), solver in itertools.product(ways, smt.SOLVERS):
        answers, script = smt.ask([*conditions, *extra], linear, TIMEOUT, [solver], with_model=True)
        answer = answers[solver]
        if answer.verdict == "unsat" and extra:
            continue
        if answer.verdict == "unsat":
            return
        if answer.verdict == "sat":
            yield theorem.numbers(answer.model)
            if linear and not script.products:
                return


def fresh_copy(risk, work):
    shutil.rmtree(work / "risk", ignore_errors=True)
    shutil.copytree(risk, work / "risk", ignore=shutil.ignore_patterns("target"))


def chosen(risk, proved):
    """All mutants in the seed's order."""
    found = list(candidates(risk, proved))
    random.Random(SEED).shuffle(found)
    return found


def attempts(shared, mutants):
    """Mutants that are programs, in the seed's order, and what became of each: no more than `COUNT`. For one
    that is no program another takes its place."""
    with workers.pool(shared) as processes:
        begin = lambda mutant: (mutant, workers.begin(processes, attempt, mutant))
        begun = collections.deque(map(begin, itertools.islice(mutants, COUNT)))
        while begun:
            mutant, result = begun.popleft()
            is_program, found = result.result()
            if is_program:
                yield mutant, found
            else:
                begun.extend(map(begin, itertools.islice(mutants, 1)))


def run():
    since = time.monotonic()
    settings = tomllib.loads((build.ROOT / "proofs/mutants.toml").read_text())
    risk = build.ROOT / "crates/risk"
    harness = prove.Harness(risk, build.WORK)
    theorems = harness.theorems()
    shared = theorems, reaches(harness, theorems)
    shutil.rmtree(build.WORK / "mutants", ignore_errors=True)
    survivors, tried = [], 0
    for mutant, found in attempts(shared, iter(chosen(risk, settings["functions"]))):
        tried += 1
        if found:
            name, numbers, said = found
            print(f"refuted   {mutant.name()}\n          {name} {said}: {prove.shown(numbers)}", flush=True)
        else:
            survivors.append(mutant)
            print(f"SURVIVED  {mutant.name()}", flush=True)
    refuted = tried - len(survivors)
    print(f"{tried} mutants, {refuted} refuted, {time.monotonic() - since:.0f} s")
    reasons = [settings["survivors"].get(mutant.key()) for mutant in survivors]
    for mutant, reason in zip(survivors, reasons):
        print(f"{mutant.name()}\n    {reason or f'proofs/mutants.toml has no reason for: {mutant.key()}'}")
    return 0 if tried == COUNT and refuted >= LEAST_REFUTED and all(reasons) else 1
