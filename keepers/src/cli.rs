//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use holdfast_client::Pubkey;

use crate::config::Flags;
use crate::top::Form;

/// Keepers and operator commands of Holdfast.
///
/// Settings come from flags, then environment variables (HOLDFAST_RPC, ...), then holdfast.toml, then
/// the Solana CLI's configuration. `holdfast config example` explains each.
#[derive(Parser)]
#[command(name = "holdfast", version)]
pub struct Cli {
    /// Configuration file [default: holdfast.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "HOLDFAST_CONFIG")]
    pub config: Option<PathBuf>,
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
    /// Endpoints, chain health, the silo's books and its markets at a glance
    Status,
    /// The same and more, live: sources, candidates, due work and landing
    Top(Form),
    /// Margin accounts
    #[command(subcommand)]
    Account(AccountTask),
    /// Markets
    #[command(subcommand)]
    Market(MarketTask),
    /// Silos
    #[command(subcommand)]
    Silo(SiloTask),
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
pub enum AccountTask {
    /// Open the wallet's margin account with the number in the settings
    Open,
    /// Show an account's money, positions and orders
    Show {
        /// Its address
        address: Pubkey,
    },
}

#[derive(Subcommand)]
pub enum MarketTask {
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
