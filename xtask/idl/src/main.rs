//! Generates `idl/` from the source of the programs, three pages of `docs/` from that and one from
//! the rules, and what is compared with Rust in TypeScript; or checks that the committed files
//! are what would be generated. Either way, what the pages point at has to exist.

mod accounts;
mod arguments;
mod chains;
mod constants;
mod enums;
mod examples;
mod fields;
mod leverage;
mod links;
mod metadata;
mod names;
mod program;
mod source;
mod standings;
mod tables;
mod typescript;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use serde::Serialize;

/// How rustup names the toolchain to what it starts.
const TOOLCHAIN: &str = "RUSTUP_TOOLCHAIN";

/// Generates the program's interface description and the pages made from it.
#[derive(Parser)]
struct Arguments {
    /// Change nothing; fail when a committed file differs from what would be generated.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if std::env::var_os(TOOLCHAIN).is_some() {
        without_toolchain()
    } else {
        generate(&arguments).map(|()| ExitCode::SUCCESS)
    };
    done.unwrap_or_else(|reason| {
        eprintln!("error: {reason:#}");
        ExitCode::FAILURE
    })
}

fn generate(arguments: &Arguments) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let plain = program::described(&root, "holdfast")?;
    let mock = program::described(&root, "mock-oracle")?;
    let sources = source::read(&root, &plain)?;
    let idl = program::enrich(plain, &sources)?;
    source::check(&idl, &sources)?;
    let files = [
        ("idl/holdfast.json", json(&idl)?),
        ("idl/holdfast.ts", typescript::module(&idl)?),
        ("idl/mock_oracle.json", json(&mock)?),
        ("idl/mock_oracle.ts", typescript::module(&mock)?),
        ("clients/ts/tests/instructions.json", json(&examples::all(&idl)?)?),
        ("clients/ts/tests/proposals.json", json(&examples::proposals())?),
        ("clients/slotstall/test/chain.json", json(&chains::all())?),
        ("tests/ts/metadata.json", json(&metadata::all()?)?),
        ("clients/ts/tests/standings.json", json(&standings::all()?)?),
        ("docs/accounts.md", tables::layouts(&idl, &sources)?),
        ("docs/instructions.md", tables::instructions(&idl)),
        ("docs/errors.md", tables::errors(&idl)),
        ("docs/leverage.md", leverage::page()?),
    ];
    for (name, content) in files {
        let path = root.join(name);
        if arguments.check {
            check(&path, name, &content)?;
        } else {
            write(&path, &content)?;
        }
    }
    links::check(&root)
}

fn json(content: &impl Serialize) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(content)?))
}

/// Runs this program again without the variable that rustup sets: with it, the builder (0.1.4)
/// asks Cargo for a toolchain named `{toolchain}`.
fn without_toolchain() -> Result<ExitCode> {
    let arguments = std::env::args_os().skip(1);
    let status =
        Command::new(std::env::current_exe()?).args(arguments).env_remove(TOOLCHAIN).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(path: &PathBuf, name: &str, content: &str) -> Result<()> {
    let committed = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
    if committed != content {
        bail!("{name} differs from the program's source: run `cargo xtask idl` and commit it");
    }
    Ok(())
}

fn write(path: &Path, content: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    std::fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}
