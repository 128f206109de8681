//! Generates `idl/holdfast.json` from the program's source, three pages of `docs/` from that and one
//! from the rules, or checks that the committed files are what would be generated. Either way, what
//! the pages point at has to exist.

mod fields;
mod leverage;
mod links;
mod source;
mod tables;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anchor_lang_idl::build::IdlBuilder;
use anyhow::{Context as _, Result, bail};
use clap::Parser;

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
    // Addresses are derived by crates/client; the builder's resolver cannot read seeds that load
    // a zero-copy account.
    let idl = IdlBuilder::new()
        .program_path(root.join("programs/holdfast"))
        .resolution(false)
        .cargo_args(vec!["--locked".to_owned()])
        .build()
        .context("the program's interface could not be generated")?;
    let sources = source::read(&root, &idl)?;
    source::check(&idl, &sources)?;
    let json = format!("{}\n", serde_json::to_string_pretty(&idl)?);
    let files = [
        ("idl/holdfast.json", json),
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
