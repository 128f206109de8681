"""Compiles the rules and the harness: to LLVM's representation as the chain's compiler makes it,
and to a program for the host, on which counterexamples are replayed."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/proofs"
TARGET = "sbpf-solana-solana"
RUSTC = "/usr/bin/rustc"
CORE = "/usr/lib/rustlib/src/rust/library/core/src/lib.rs"

# The chain's compiler and optimisation; functions stay functions, so that each is executed (or
# replaced by its contract) by name.
CHAIN = [
    "--edition=2024", f"--target={ROOT}/toolchain/{TARGET}.json", "-Zunstable-options",
    "-Copt-level=3", "-Ccodegen-units=1", "-Coverflow-checks=on", "-Cpanic=abort",
    "-Cno-vectorize-slp", "-Cno-vectorize-loops", "--crate-type=lib", "--cap-lints=allow",
]
SEPARATE = [
    "-Zinline-mir=no", "-Zcross-crate-inline-threshold=never", "-Cllvm-args=-inline-threshold=-1000",
]


class BuildError(Exception):
    """The compiler refused."""


def _rustc(*arguments):
    environment = dict(os.environ, RUSTC_BOOTSTRAP="1")
    for name in ("RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTFLAGS"):
        environment.pop(name, None)
    done = subprocess.run([RUSTC, *map(str, arguments)], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(done.stderr)


def version():
    """The compiler, in one line."""
    return subprocess.run([RUSTC, "-V"], capture_output=True, text=True, check=True).stdout.strip()


def sysroot():
    """Rust's core library for the chain, compiled once for a compiler."""
    root = WORK / "sysroot"
    library, stamp = root / "lib/rustlib" / TARGET / "lib", root / "stamp"
    if stamp.exists() and stamp.read_text() == version():
        return root
    library.mkdir(parents=True, exist_ok=True)
    private = ["-Zforce-unstable-if-unmarked", "--out-dir", library]
    _rustc("--crate-name=core", CORE, *CHAIN, *private)
    # The compiler wants one; nothing here needs what is in it.
    empty = WORK / "compiler_builtins.rs"
    empty.write_text("#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_std]\n")
    _rustc("--crate-name=compiler_builtins", empty, *CHAIN, *private, "--sysroot", root)
    stamp.write_text(version())
    return root


def chain(risk, out):
    """LLVM's representation of the rules in `risk` and of the harness over them."""
    out.mkdir(parents=True, exist_ok=True)
    common = [*CHAIN, *SEPARATE, "--sysroot", sysroot(), "--out-dir", out, "-L", out]
    _rustc("--crate-name=holdfast_risk", risk / "src/lib.rs", "--emit=llvm-ir,metadata", *common)
    harness = ROOT / "proofs/src/lib.rs"
    _rustc("--crate-name=holdfast_proofs", harness, "--emit=llvm-ir", *common,
           "--extern", f"holdfast_risk={out}/libholdfast_risk.rmeta")
    return out / "holdfast_risk.ll", out / "holdfast_proofs.ll"


def host(risk, out):
    """The program that runs theorems on numbers, over the rules in `risk`, for the host."""
    out.mkdir(parents=True, exist_ok=True)
    common = ["--edition=2024", "-Copt-level=0", "-Coverflow-checks=on", "--cap-lints=allow",
              "--out-dir", out, "-L", out]
    for name, source in ("risk", risk / "src/lib.rs"), ("proofs", ROOT / "proofs/src/lib.rs"):
        _rustc(f"--crate-name=holdfast_{name}", source, "--crate-type=lib", *common,
               "--extern", f"holdfast_risk={out}/libholdfast_risk.rlib")
    _rustc("--crate-name=replay", ROOT / "proofs/src/main.rs", *common,
           "--extern", f"holdfast_proofs={out}/libholdfast_proofs.rlib")
    return out / "replay"
