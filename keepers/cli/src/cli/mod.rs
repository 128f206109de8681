//! The command line.

mod change;
mod trader;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::config::Flags;
use crate::top;

pub use change::{ChangeTask, Form, ProposeTask};
pub use trader::{
    AccountTask, ExitTask, GuardianTask, MinimumState, OrderTerms, PoolTask, TradeTask, Way,
};

/// Keepers and operator commands of Holdfast.
///
/// Settings come from flags, then environment variables (HOLDFAST_RPC, ...), then holdfast.toml, then
/// the Solana CLI's configuration. `holdfast config example` explains each.
#[derive(Parser)]
#[command(name = "holdfast", version, next_help_heading = "Settings")]
pub struct Cli {
    /// Configuration file [default: holdfast.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "HOLDFAST_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print one JSON object; amounts are integers in millionths, times milliseconds
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub flags: Flags,
    #[command(subcommand)]
    pub task: Task,
}

#[derive(Subcommand)]
pub enum Task {
    /// Keep a silo: observe, execute, liquidate
    #[command(subcommand)]
    Keeper(KeeperTask),
    /// Watch accounts of yours: warn, add margin within a budget, reduce, move stops
    #[command(subcommand)]
    Guard(GuardTask),
    /// Endpoints, chain health, the silo's books and its markets at a glance
    Status,
    /// The same and more, live: sources, candidates, due work and landing
    Top(top::Form),
    /// What happened at the venue
    #[command(subcommand)]
    History(HistoryTask),
    /// Margin accounts
    #[command(subcommand)]
    Account(AccountTask),
    /// Orders: open and close positions
    #[command(subcommand)]
    Trade(TradeTask),
    /// The liquidity pool: it takes the other side of every trade
    #[command(subcommand)]
    Pool(PoolTask),
    /// The insurance fund: it pays bad debt first
    #[command(subcommand)]
    Insurance(PoolTask),
    /// Markets
    #[command(subcommand)]
    Market(MarketTask),
    /// Silos
    #[command(subcommand)]
    Silo(SiloTask),
    /// What a guardian does
    #[command(subcommand)]
    Guardian(GuardianTask),
    /// The queue of changes: announce, read, take back, apply
    #[command(subcommand)]
    Change(ChangeTask),
    /// Walk every account of the silo and reconcile its books to the unit; exit code 3 when a sum is
    /// off or an account cannot be read
    Audit,
    /// How the silo's whole book moves with the price, how far prices can move before insurance no
    /// longer covers what accounts cannot pay, and whether disrupting the chain would pay here
    Risk,
    /// Settings
    #[command(subcommand)]
    Config(ConfigTask),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Subcommand)]
pub enum KeeperTask {
    /// Run until stopped
    Run,
}

#[derive(Subcommand)]
pub enum HistoryTask {
    /// Read the program's events into a database and serve them, until stopped
    Run(HistoryForm),
}

/// Where a history is kept and served.
#[derive(clap::Args)]
pub struct HistoryForm {
    /// File of the database; it is made where it is not there
    #[arg(long, value_name = "FILE", default_value = "holdfast-history.sqlite")]
    pub database: PathBuf,
    /// Where pages are served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8480")]
    pub listen: SocketAddr,
    /// A folder with a built page that is served beside them
    #[arg(long, value_name = "DIR")]
    pub page: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum GuardTask {
    /// Run until stopped
    Run,
    /// Tell every webhook that it is reached
    Test,
}

#[derive(Subcommand)]
pub enum MarketTask {
    /// List the silo's markets
    List,
    /// Show a market's prices, sides and settings
    Show {
        /// Its index in the silo
        index: u8,
    },
}

#[derive(Subcommand)]
pub enum SiloTask {
    /// Show the silo's books
    Show,
}

#[derive(Subcommand)]
pub enum ConfigTask {
    /// Check the settings and everything they name; sends nothing
    Check {
        /// Ask no endpoint
        #[arg(long)]
        offline: bool,
    },
    /// Print every setting with its default and meaning
    Example,
}
