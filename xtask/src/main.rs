//! Developer commands: `cargo xtask --help`.

mod adversary;
mod ci;
mod client;
mod command;
mod fuzz;
mod lint;
mod local;
mod nightly;
mod node;
mod operations;
mod pages;
mod prove;
mod sbpf;
mod setup;
mod simulate;
mod test;
mod tidy;
mod validator;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// Developer commands of Holdfast.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Install what building and testing need
    ///
    /// Debian packages (a Rust compiler with its library's sources, LLVM 22, about 400 MB, and a
    /// Chromium) unless `cargo build-sbf` works, cargo-nextest, and the packages of
    /// package-lock.json (290 MB) with Node where it is missing or older than 20.18. What is there is left alone, so
    /// running it again costs a second.
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
    /// Set up, build, and compare our policy with those of other venues in crashes and outages
    ///
    /// With `--report DIR` it writes a page that shows who survives what. The options are the lab's
    /// own: `cargo xtask lab --help`.
    #[command(disable_help_flag = true)]
    Lab {
        /// The lab's options
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
    /// Writes idl, docs/accounts.md, docs/instructions.md, docs/errors.md, docs/leverage.md and what
    /// is generated of clients/ts.
    Idl {
        /// Change nothing; fail when a committed file differs
        #[arg(long)]
        check: bool,
    },
    /// Record what a validator shows while it is stopped, slowed down, killed and started again
    ///
    /// Writes crates/slotstall/tests/recorded, which the model of a chain has to reproduce. Takes six
    /// minutes on a machine that does nothing else; the first time, compiling a validator takes longer.
    Record,
    /// Draw docs/crates.svg: the crates and which uses which
    Picture,
    /// Prove the rules for all numbers, with two solvers
    ///
    /// Installs Debian's Rust compiler, z3 and cvc5 where they are missing. docs/proofs.md says what is
    /// proved, and what a run took.
    Prove(prove::Options),
    /// Format all code
    Fmt,
    /// Try the alerts on recorded series, and ask systemd how exposed the keeper's service is
    Operations,
    /// Check formatting, lints, licences and sources without changing a file
    Lint,
    /// Check the rules of this repository that no other tool knows
    ///
    /// Which crate uses which, lengths of files and functions, circles between files, modules
    /// outside their folder, CHECK comments, and that generated pages and links are current.
    Tidy,
    /// Run every gate, as CI does, and print what each took
    ///
    /// Formatting, tidy, licences, lints, documentation, generated pages, tests, compute-unit
    /// ceilings, and the outages on a real validator with a tenth of their load. Stops at the first
    /// gate that fails. From nothing it takes more than an hour on two cores; the validator is
    /// compiled beside the other gates.
    Ci {
        /// Leave out the outages on a real validator, and compile none
        #[arg(long)]
        without_validator: bool,
    },
    /// Search for input that a parser cannot handle
    ///
    /// Runs until something fails or the time is over, from the bytes in fuzz/corpus. What it finds
    /// belongs there too: `cargo xtask test` reads all of it again.
    Fuzz(fuzz::Search),
    /// Let a keeper's endpoints, streams and chain fail: one fault at a time, or several at once
    #[command(disable_help_flag = true)]
    Faults {
        /// The options of the command: --help lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Let a keeper keep a million accounts, in virtual time
    ///
    /// Prints what its decisions took, how much memory it needed and how long it took to become ready,
    /// and fails when a decision took more than a second, a stream had to be opened again, the process
    /// needed more than 4 GiB, or an account was missed. Compiled with optimisation; takes some minutes.
    /// The options are its own: `cargo xtask scale --help`. Try `--accounts 20000 --minutes 1` first.
    #[command(disable_help_flag = true)]
    Scale {
        /// The options of the command: --help lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Try faults and random walks with many seeds
    Seeds {
        /// Seeds for each fault; a thousand take a quarter of an hour on two cores
        #[arg(long, default_value_t = 1_000)]
        faults: u64,
        /// Seeds of random walks: each is walked once against the model and once against the keeper
        #[arg(long, default_value_t = 250)]
        walks: u64,
    },
    /// Change the rules and checks in small ways, and list the changes that no test notices
    ///
    /// Takes hours. The options are cargo-mutants' own, `--shard 1/8` among them.
    #[command(disable_help_flag = true)]
    Mutants {
        /// The options of cargo-mutants
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
}

fn main() -> ExitCode {
    if let Some(compiled) = fuzz::compile() {
        return compiled;
    }
    let done = match Task::parse() {
        Task::Setup => setup::install().and_then(|()| node::install()),
        Task::Build => sbpf::build().map(|program| println!("{}", program.display())),
        Task::Drill { options } => simulate::drill(&options),
        Task::Lab { options } => simulate::lab(&options),
        Task::Adversary { options } => adversary::run(&options),
        Task::Bench { keeper: true } => simulate::bench_keeper(),
        Task::Bench { keeper: false } => simulate::bench(),
        Task::Test { e2e: false } => test::all(),
        Task::Test { e2e: true } => test::all().and_then(|()| local::end_to_end(local::Load::Full)),
        Task::Localnet { options } => local::run(&options),
        Task::Idl { check } => pages::generate(check),
        Task::Record => local::record(),
        Task::Picture => tidy::picture::write(),
        Task::Prove(options) => prove::prove(&options),
        Task::Fmt => lint::format(&[]),
        Task::Operations => operations::check(),
        Task::Lint => lint::all(),
        Task::Tidy => tidy::check().and_then(|()| pages::generate(true)),
        Task::Ci { without_validator } => ci::run(without_validator),
        Task::Fuzz(search) => fuzz::search(&search),
        Task::Faults { options } => simulate::faults(&options),
        Task::Scale { options } => simulate::scale(&options),
        Task::Seeds { faults, walks } => nightly::seeds(faults, walks),
        Task::Mutants { options } => nightly::mutants(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}
