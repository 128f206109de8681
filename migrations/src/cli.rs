//! The commands of `holdfast-migrate`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Deploys Holdfast to a cluster, and upgrades it: the program, the exchange, its silos and their
/// markets, then the lock that lets money in.
///
/// It looks at the cluster first and does only what is missing. Stopped at any point, the next run
/// goes on from there. Everything in the plan file is checked before anything is sent.
///
/// A cluster is local when it is reached on this machine or on a private network and its genesis
/// hash is not that of mainnet-beta, devnet or testnet. Elsewhere a program is refused that
/// Solana's own toolchain did not compile, or that has the id of local clusters, whose keypair
/// everybody has.
///
/// It knows the account layouts of the source it was built from: build it from the same source as
/// the program.
#[derive(Parser)]
#[command(name = "holdfast-migrate", version)]
pub struct Cli {
    /// What to do instead of migrating.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// Where, and who pays.
    #[command(flatten)]
    pub access: Access,
    /// What to migrate.
    #[command(flatten)]
    pub options: Options,
}

/// Where, and who pays.
#[derive(Args)]
pub struct Access {
    /// RPC endpoint
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:8899")]
    pub url: String,
    /// File of the keypair that pays, deploys, hands the upgrade authority to the exchange and becomes its admin
    /// [default: ~/.config/solana/id.json]
    #[arg(long, global = true, value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// Micro-lamports offered for each compute unit; a busy cluster takes nothing for less
    #[arg(long, global = true, value_name = "PRICE", default_value_t = 0)]
    pub priority_fee: u64,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to migrate.
#[derive(Args)]
pub struct Options {
    /// What the cluster should have; migrations/deployment.example.toml explains every field
    #[arg(long, value_name = "FILE", default_value = "deployment.toml")]
    pub plan_file: PathBuf,
    /// Say what is there and what would be done, and send nothing
    #[arg(long)]
    pub plan: bool,
    /// The compiled program
    #[arg(long, value_name = "FILE", default_value = "target/deploy/holdfast.so")]
    pub elf: PathBuf,
    /// File of the program's keypair, for its first deployment; local clusters have a known one
    #[arg(long, value_name = "FILE")]
    pub program_keypair: Option<PathBuf>,
    /// Replace the program when another version of it is deployed
    #[arg(long)]
    pub upgrade: bool,
    /// Host of Hermes that lists Pyth's feeds: which there are, and when their markets are closed
    ///
    /// It is asked where a market has such a feed and the cluster is not local; the list takes no token.
    #[arg(long, value_name = "URL", default_value = "https://hermes.pyth.network")]
    pub hermes: String,
    /// The program's interface description, idl/holdfast.json, to keep on the cluster too, where
    /// explorers and clients look for it
    ///
    /// Its account is made before the upgrade authority is handed over, because nobody can later;
    /// from then on this keypair may change it, and no other. What it takes stays in the account.
    #[arg(long, value_name = "FILE")]
    pub idl: Option<PathBuf>,
    /// Where to write what is deployed where; keepers read it
    #[arg(long, value_name = "FILE", default_value = "holdfast-deployment.json")]
    pub manifest: PathBuf,
}

/// Other tasks.
#[derive(Subcommand)]
pub enum Task {
    /// List buffers of the keypair that a stopped deployment left, and close some
    ///
    /// A migration goes on with its own buffer. Those of other versions of the program, or of other
    /// programs, hold SOL until they are closed.
    Buffers {
        /// Close this one and take back what it holds; may be repeated
        #[arg(long, value_name = "ADDRESS")]
        close: Vec<String>,
    },
}
