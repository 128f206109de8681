"""Changes the rules, one change at a time, and lets the theorems refute each.

`cargo xtask prove --mutants` runs it. A mutant is refuted when a solver finds numbers that break a
theorem and the host, with the changed rules, shows the same. The choice of mutants is random with a
fixed seed, so that everybody gets the same ones.
"""

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


def module_of(file):
    """`account::ledger` for `account/ledger.rs`, as the executor names functions."""
    return file.removesuffix(".rs").removesuffix("/mod").replace("/", "::")


def about(harness, names):
    """The functions of the rules that each theorem goes through, those left out that a contract stands
    for: it cannot refute what is changed there."""
    result = {}
    for name in names:
        visited = harness.execute(name, 0 if names[name][1] > 1 else None).visited
        known = contracts.of(name)
        result[name] = {path for path in visited if "::" in path and path not in known}
    return result


def refuted(mutant, work, by):
    """The theorem that refutes a mutant, with the numbers; None when none does."""
    risk = work / "risk"
    (risk / "src" / mutant.file).write_text(mutant.text)
    harness = prove.Harness(risk, work)
    for name, cases in by:
        for case in range(cases) if cases > 1 else [None]:
            try:
                theorem = harness.execute(name, case)
            except (NotImplementedError, AttributeError):
                break
            for numbers in guesses(theorem):
                said = harness.run(name, numbers)
                if said in ("broken", "panics"):
                    return name, numbers, said
    return None


def guesses(theorem):
    """Numbers that may break a theorem: what the solvers find, products as any numbers first."""
    if theorem.broken is terms.FALSE:
        return
    for linear, solver in (True, "z3"), (True, "cvc5"), (False, "z3"), (False, "cvc5"):
        answers, script = smt.ask([theorem.broken], linear, TIMEOUT, [solver], with_model=True)
        answer = answers[solver]
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


def nearest(mutant, modules):
    """The theorems that go through a mutant's module: those through its function first, and among
    them those through little else."""
    module = module_of(mutant.file)
    about_it = [n for n, paths in modules.items() if any(path.startswith(module) for path in paths)]

    def far(name):
        through = any(path.split("::")[-1] == mutant.function for path in modules[name])
        return not through, len(modules[name])

    return sorted(about_it, key=far)


def run():
    since = time.monotonic()
    risk, root = build.ROOT / "crates/risk", build.ROOT / "target/proofs"
    root.mkdir(parents=True, exist_ok=True)
    settings = tomllib.loads((build.ROOT / "proofs/mutants.toml").read_text())
    harness = prove.Harness(risk, root)
    theorems = harness.theorems()
    modules = about(harness, theorems)
    work = root / "mutants"
    work.mkdir(exist_ok=True)
    survivors, tried = [], 0
    for mutant in chosen(risk, settings["functions"]):
        if tried == COUNT:
            break
        fresh_copy(risk, work)
        try:
            by = [(name, theorems[name][1]) for name in nearest(mutant, modules)]
            found = refuted(mutant, work, by)
        except build.BuildError:
            # It is no program: another one takes its place.
            continue
        tried += 1
        if found:
            name, numbers, said = found
            print(f"refuted   {mutant.name()}\n          {name} {said}: {prove.shown(numbers)}", flush=True)
        else:
            survivors.append(mutant)
            print(f"SURVIVED  {mutant.name()}", flush=True)
    print(f"{tried} mutants, {tried - len(survivors)} refuted, {time.monotonic() - since:.0f} s")
    for mutant in survivors:
        reason = settings.get("survivors", {}).get(f"{mutant.function}: {mutant.before} to {mutant.after}")
        print(f"{mutant.name()}\n    {reason or 'no reason given in proofs/mutants.toml'}")
    return 0 if tried == COUNT and tried - len(survivors) >= LEAST_REFUTED else 1
