//! Developer commands: `cargo xtask --help`.

mod adversary;
mod command;
mod local;
mod sbpf;
mod setup;
mod validator;

use std::process::{Command, ExitCode};

use clap::Parser;

use crate::command::{cargo, show, succeeds};

/// Developer commands of Holdfast.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Install what building and testing need
    ///
    /// Debian packages (a Rust compiler with its library's sources, and LLVM 22, about 400 MB)
    /// unless `cargo build-sbf` works, and cargo-nextest. What is there is left alone, so running
    /// it again costs a second.
    Setup,
    /// Compile the on-chain programs to target/deploy
    ///
    /// With Solana's own `cargo build-sbf` where it works, and otherwise with the distribution's
    /// Rust and the linker in toolchain/, which takes about 8 minutes the first time and seconds
    /// after a change.
    Build,
    /// Set up, build, and live through a crash or an outage on an embedded cluster
    ///
    /// Prints what was saved. The options are the drill's own: `cargo xtask drill --help`.
    #[command(disable_help_flag = true)]
    Drill {
        /// The drill's options
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Set up, build, and let an attacker search for gain against the venue
    ///
    /// On the compiled program in the embedded cluster, with random restarts and hill climbing. The
    /// options are its own: `cargo xtask adversary --help`.
    #[command(disable_help_flag = true)]
    Adversary {
        /// The search's options
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Set up, build, and measure the compute units of every instruction
    ///
    /// Writes docs/compute-units.md and target/bench/compute-units.json, and fails when a figure
    /// exceeds its ceiling in docs/compute-unit-ceilings.json.
    Bench {
        /// Measure instead what a price tick costs a keeper with up to a million accounts
        #[arg(long)]
        keeper: bool,
    },
    /// Set up, build and run all tests
    Test {
        /// Then play the outages on a real validator with three keepers, as processes
        ///
        /// Takes about a quarter of an hour, and the first time up to three more to compile the
        /// validator where none is installed. Writes target/e2e/report.md.
        #[arg(long)]
        e2e: bool,
    },
    /// Set up, build, and run the venue on a validator until Ctrl-C
    ///
    /// With prices, demo accounts and keepers. The first time, where no `solana-test-validator` is
    /// installed, compiling one takes up to three quarters of an hour. The options are its own:
    /// `cargo xtask localnet --help`.
    #[command(disable_help_flag = true)]
    Localnet {
        /// The local cluster's options
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Generate the program's interface description and the pages made from it
    ///
    /// Writes idl/holdfast.json, docs/accounts.md, docs/instructions.md, docs/errors.md and
    /// docs/leverage.md.
    Idl {
        /// Change nothing; fail when a committed file differs
        #[arg(long)]
        check: bool,
    },
    /// Format all code
    Fmt,
    /// Check formatting, lints, licences and sources without changing a file
    Lint,
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Setup => setup::install(),
        Task::Build => sbpf::build().map(|program| println!("{}", program.display())),
        Task::Drill { options } => drill(&options),
        Task::Adversary { options } => adversary::run(&options),
        Task::Bench { keeper: true } => bench_keeper(),
        Task::Bench { keeper: false } => bench(),
        Task::Test { e2e: false } => test(),
        Task::Test { e2e: true } => test().and_then(|()| local::end_to_end()),
        Task::Localnet { options } => local::run(&options),
        Task::Idl { check } => idl(check),
        Task::Fmt => fmt(&[]),
        Task::Lint => lint(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// The drill and the bench run in the tests' profile: what is compiled for one serves the others,
/// and their time goes into the virtual machine anyway.
fn simulate(binary: &str, options: &[&str]) -> Result<(), String> {
    let run =
        ["run", "--quiet", "--locked", "--package", "holdfast-simulator", "--bin", binary, "--"];
    show(Command::new("cargo").args(run).args(options))
}

fn drill(options: &[String]) -> Result<(), String> {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    if !options.iter().any(|option| matches!(*option, "-h" | "--help")) {
        setup::install_compiler()?;
        sbpf::build()?;
    }
    simulate("drill", &options)
}

fn bench() -> Result<(), String> {
    setup::install_compiler()?;
    sbpf::build()?;
    simulate("bench", &[sbpf::toolchain()])
}

fn bench_keeper() -> Result<(), String> {
    show(Command::new("cargo").args([
        "bench",
        "--locked",
        "--package",
        "holdfast-keeper-core",
        "--bench",
        "mirror",
    ]))
}

fn test() -> Result<(), String> {
    setup::install()?;
    sbpf::build()?;
    if !sbpf::official::works() {
        sbpf::linker::test()?;
    }
    idl(true)?;
    cargo(&["nextest", "run", "--workspace", "--locked", "--no-tests", "fail"])
}

fn idl(check: bool) -> Result<(), String> {
    let options = if check { &["--", "--check"][..] } else { &[] };
    let run = ["run", "--quiet", "--locked", "--package", "holdfast-idl"];
    cargo(&[&run[..], options].concat())
}

fn fmt(options: &[&str]) -> Result<(), String> {
    cargo(&[&["fmt", "--all"], options].concat())?;
    cargo(&[&["fmt", "--all", "--manifest-path", sbpf::MANIFEST], options].concat())
}

/// Licences, sources and bans of both workspaces; advisories as well where their database can be
/// reached.
fn deny() -> Result<(), String> {
    setup::install_deny()?;
    let check = |what: &[&str]| {
        // The allowed licences are those of both; neither has to have all of them.
        let both = ["check", "--allow", "license-not-encountered"];
        let common = |manifest| ["deny", "--manifest-path", manifest, "--config", "deny.toml"];
        ["Cargo.toml", sbpf::MANIFEST].into_iter().try_for_each(|manifest| {
            cargo(&[&common(manifest)[..], &["--locked"], &both, what].concat())
        })
    };
    check(&["bans", "licenses", "sources"])?;
    if !succeeds(Command::new("cargo").args(["deny", "fetch", "db"])) {
        eprintln!("advisories are not checked: their database on GitHub cannot be reached");
        return Ok(());
    }
    check(&["--allow", "advisory-not-detected", "advisories"])
}

fn lint() -> Result<(), String> {
    fmt(&["--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    deny()?;
    if sbpf::official::works() {
        return Ok(());
    }
    sbpf::linker::lint()
}
