//! Commands around the queue of changes.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use holdfast_client::Pubkey;

#[derive(Subcommand)]
pub enum ChangeTask {
    /// Announce a change; it waits, and anyone applies it then. Only the admin can
    #[command(subcommand)]
    Propose(ProposeTask),
    /// List the changes that wait, are ready, or are left over
    List,
    /// Show what a change would make different, field by field, when it can be applied and who can take
    /// it back
    Show {
        /// Its number
        number: u64,
        /// A build of your own, to compare an upgrade with
        #[arg(long, value_name = "FILE")]
        build: Option<PathBuf>,
    },
    /// Take a change back: the admin, or any guardian whose own removal it is not
    Cancel {
        /// Its number
        number: u64,
        #[command(flatten)]
        form: Form,
    },
    /// Make a change whose time has come; anyone may. A silo or market that it asks for is created by
    /// the admin instead
    Apply {
        /// Its number
        number: u64,
        #[command(flatten)]
        form: Form,
    },
}

/// What becomes of the instruction.
#[derive(Args)]
pub struct Form {
    /// Print the instruction instead of sending it, for a multisig to sign
    #[arg(long)]
    pub print_message: bool,
    /// Who will sign the printed instruction [default: the admin to propose, else the wallet]
    #[arg(long, value_name = "ADDRESS", requires = "print_message")]
    pub signer: Option<Pubkey>,
}

#[derive(Subcommand)]
pub enum ProposeTask {
    /// Hand the exchange over to another admin
    Admin {
        /// Its key
        key: Pubkey,
        #[command(flatten)]
        form: Form,
    },
    /// Send protocol fees to token accounts of another owner
    FeeReceiver {
        /// Its key
        key: Pubkey,
        #[command(flatten)]
        form: Form,
    },
    /// Replace, remove or add one guardian
    #[command(arg_required_else_help = true)]
    Guardian {
        /// Who leaves
        #[arg(long, value_name = "ADDRESS", required_unless_present = "joins")]
        leaves: Option<Pubkey>,
        /// Who joins
        #[arg(long, value_name = "ADDRESS")]
        joins: Option<Pubkey>,
        #[command(flatten)]
        form: Form,
    },
    /// Let later changes wait longer or shorter
    Timelock {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        form: Form,
    },
    /// When the states of the chain are entered and left
    Thresholds {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        form: Form,
    },
    /// A market's settings
    MarketTerms {
        /// The market's index or name
        market: String,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        form: Form,
    },
    /// The silo's settings
    SiloTerms {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        form: Form,
    },
    /// Another program, out of a buffer that the exchange owns. `holdfast-migrate --upgrade` writes the
    /// buffer, has the cluster try the upgrade and proposes it in one go
    Upgrade {
        /// The buffer
        buffer: Pubkey,
        /// The program in it, as you have built it
        #[arg(long, value_name = "FILE")]
        build: PathBuf,
        #[command(flatten)]
        form: Form,
    },
    /// Any change, feeds, silos and markets to list among them: the `content` that `change show --json`
    /// prints
    File {
        /// A file of JSON
        file: PathBuf,
        #[command(flatten)]
        form: Form,
    },
}

/// Settings that change; all others stay as they are on the chain now.
#[derive(Args)]
pub struct Settings {
    /// A setting and its value, in the units of docs/accounts.md, such as taker_fee_bps=8; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", required = true, value_parser = setting)]
    pub set: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
