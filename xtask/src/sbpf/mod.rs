//! Compiles the on-chain programs.

mod compiler;
mod edits;
pub mod linker;
pub mod official;
mod standard_library;

use std::path::PathBuf;

pub use compiler::cargo as debians_cargo;

use crate::command::root;

/// The workspace of what only the sBPF build needs.
pub const MANIFEST: &str = "toolchain/Cargo.toml";

/// A program: its package and where that lives.
struct Program {
    package: &'static str,
    workspace: &'static str,
    manifest: &'static str,
    /// Cargo's directory. One for each workspace: seen from another workspace the standard library
    /// is somewhere else, and Cargo would compile everything again.
    target: &'static str,
}

const PROGRAMS: [Program; 8] = [
    Program {
        package: "holdfast",
        workspace: "Cargo.toml",
        manifest: "programs/holdfast/Cargo.toml",
        target: "target/sbpf",
    },
    Program {
        package: "mock-oracle",
        workspace: "Cargo.toml",
        manifest: "programs/mock-oracle/Cargo.toml",
        target: "target/sbpf",
    },
    Program {
        package: "mock-providers",
        workspace: "Cargo.toml",
        manifest: "programs/mock-providers/Cargo.toml",
        target: "target/sbpf",
    },
    Program {
        package: "lender",
        workspace: "Cargo.toml",
        manifest: "examples/lender/Cargo.toml",
        target: "target/sbpf",
    },
    Program {
        package: "asker",
        workspace: "Cargo.toml",
        manifest: "tests/asker/Cargo.toml",
        target: "target/sbpf",
    },
    Program {
        package: "example-lending",
        workspace: "Cargo.toml",
        manifest: "examples/programs/lending/Cargo.toml",
        target: "target/sbpf",
    },
    Program {
        package: "example-vesting",
        workspace: "Cargo.toml",
        manifest: "examples/programs/vesting/Cargo.toml",
        target: "target/sbpf",
    },
    Program {
        package: "differential",
        workspace: MANIFEST,
        manifest: "toolchain/differential/program/Cargo.toml",
        target: "target/sbpf-differential",
    },
];

impl Program {
    /// The name of its library and file.
    fn library(&self) -> String {
        self.package.replace('-', "_")
    }

    /// Where Cargo leaves what it compiles for the virtual machine.
    fn release(&self) -> PathBuf {
        root().join(self.target).join("sbpf-solana-solana/release")
    }
}

/// Which of the two ways compiles programs here, for tables of what was measured.
pub fn toolchain() -> &'static str {
    if official::works() { "Solana's cargo build-sbf" } else { "this project's sBPF toolchain" }
}

/// Refuses a compiler of the distribution that is not the one programs are built with.
pub fn check_compiler() -> Result<(), String> {
    compiler::check()
}

/// Compiles all programs into `target/deploy`; the path of the venue's.
pub fn build() -> Result<PathBuf, String> {
    compile(&PROGRAMS, &[])
}

/// Compiles the venue's program in the same place with its stages marked in the log.
pub fn build_profiled() -> Result<PathBuf, String> {
    compile(&PROGRAMS[..1], &["--features", "profile"])
}

fn compile(programs: &[Program], options: &[&str]) -> Result<PathBuf, String> {
    let deploy = root().join("target/deploy");
    std::fs::create_dir_all(&deploy)
        .map_err(|error| format!("could not create {}: {error}", deploy.display()))?;
    if official::works() {
        eprintln!("building the programs with cargo build-sbf");
        for program in programs {
            official::build(program, &deploy, options)?;
        }
    } else {
        eprintln!("cargo build-sbf is not here: building with Debian's Rust and our linker");
        compiler::check()?;
        let library = standard_library::prepare()?;
        let linker = linker::build()?;
        for program in programs {
            compiler::build(program, &library, &linker, &deploy, options)?;
        }
    }
    Ok(deploy.join("holdfast.so"))
}
