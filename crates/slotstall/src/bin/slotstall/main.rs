//! `slotstall`: a local Solana cluster whose slots stall when a test says so.

mod accounts;
mod anchor;
mod stage;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, ValueEnum};
use serde_json::json;
use slotstall::node::Finality;
use slotstall::{Cluster, Node, live, serve_on};

use stage::Stage;

/// A local Solana cluster whose slots stall, skip, slow down, fork and restart when a test says so.
///
/// It answers JSON-RPC on a port and WebSocket on the port after it, like a validator, and runs the
/// programs you give it. Whatever speaks to a validator speaks to it: @solana/kit, @solana/web3.js,
/// Anchor, the solana command.
///
/// A test moves the chain with methods of the same JSON-RPC:
///
///   slotstall_stall {ms}           no slot for this long, then the first block; without ms, until
///                                  slotstall_resume
///   slotstall_run {ms}             time passes
///   slotstall_slow {slotMs, ms}    slots take longer
///   slotstall_skip {percent, ms}   leaders make no block
///   slotstall_votesOnly {ms}       slots go on, users' transactions do not land
///   slotstall_restart              as after a hard fork: LastRestartSlot moves
///   slotstall_fork {blocks}        the last blocks are abandoned
///   slotstall_expire               every blockhash known now expires
///   slotstall_lose {transactions}  the next transactions are taken and lost
///   slotstall_lag {blocks}         the endpoint falls behind
///   slotstall_freeze {frozen}      the endpoint goes on showing what it shows now
///   slotstall_epochAge {slots}     how long ago the epoch began: early, the clock hides a halt
///   slotstall_nominal {ms}         what the cluster calls a slot, 50 to 10,000
///   slotstall_setAccount {address, owner, data, lamports, executable}
///   slotstall_time {time}          real or virtual: whether time passes by itself, as --time says
///   slotstall_snapshot             everything as it is is kept; the answer says its number
///   slotstall_revert {snapshot}    everything is as it was then, time too
///   slotstall_status               what the chain shows, and what is true
#[derive(Parser)]
#[command(version, verbatim_doc_comment, after_help = EXAMPLES)]
struct Arguments {
    /// Port of JSON-RPC; WebSocket is on the one after it. 0: any that is free.
    #[arg(long, default_value_t = 8899)]
    port: u16,
    /// Address to listen at.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// A program to install: its address and its ELF file. May be repeated.
    #[arg(long, num_args = 2, value_names = ["ID", "ELF"], action = clap::ArgAction::Append)]
    program: Vec<String>,
    /// An account to put in place, as `solana account ADDRESS --output json` writes it. May be
    /// repeated.
    #[arg(long, value_name = "FILE")]
    account: Vec<PathBuf>,
    /// Installs the programs and accounts of the Anchor.toml in this directory, or in the nearest one
    /// above it that has one; a directory given here is looked at instead.
    #[arg(long, value_name = "DIRECTORY", num_args = 0..=1, default_missing_value = ".")]
    anchor: Option<PathBuf>,
    /// Where Anchor.toml's `test.validator.clone` accounts lie, as ADDRESS.json.
    #[arg(long, value_name = "DIRECTORY", default_value = "tests/accounts")]
    clones: PathBuf,
    /// The keypair file that gets 1,000,000 SOL and may upgrade the programs; it is made if it
    /// does not exist. Without this, it is the wallet of Anchor.toml if that exists, or else one whose key
    /// is public.
    #[arg(long, value_name = "FILE")]
    wallet: Option<PathBuf>,
    /// Whether time passes by itself, or only when a test says so.
    #[arg(long, value_enum, default_value_t = Time::Real)]
    time: Time,
    /// What the cluster calls a slot, milliseconds.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u64).range(50..=10_000))]
    slot_ms: u64,
    /// Prints where it answers as one JSON object.
    #[arg(long)]
    json: bool,
    /// A command to run against it, with ANCHOR_PROVIDER_URL, ANCHOR_WALLET, SLOTSTALL_URL and
    /// SLOTSTALL_WS set. When it ends, so does the cluster, with the same exit code.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  slotstall --anchor -- npx vitest run
  slotstall --program Vest1111111111111111111111111111111111111111 target/deploy/vesting.so
  curl localhost:8899 -H 'content-type: application/json' \\
    -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"slotstall_stall\",\"params\":[{\"ms\":45000}]}'";

/// How time passes.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Time {
    /// By itself, with blocks that are confirmed and finalized as votes come in. What a test lets
    /// pass comes on top.
    Real,
    /// Only by `slotstall_*`; every block is final at once.
    Virtual,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let stage = Stage::new(arguments)?;
    let node = Arc::new(Mutex::new(node(arguments, &stage)?));
    let wanted = SocketAddr::new(arguments.host, arguments.port);
    let address = serve_on(wanted, Arc::clone(&node), |_| {}).map_err(|error| {
        format!(
            "port {0} or the one after it cannot be had ({error}): choose another --port",
            arguments.port
        )
    })?;
    live(&node);
    let rpc = format!("http://{address}");
    let sockets = format!("ws://{}", SocketAddr::new(address.ip(), address.port() + 1));
    tell(arguments, &stage, &rpc, &sockets);
    let Some((program, rest)) = arguments.command.split_first() else {
        loop {
            std::thread::park();
        }
    };
    let status = Command::new(program)
        .args(rest)
        .env("ANCHOR_PROVIDER_URL", &rpc)
        .env("ANCHOR_WALLET", &stage.wallet_file)
        .env("SLOTSTALL_URL", &rpc)
        .env("SLOTSTALL_WS", &sockets)
        .status()
        .map_err(|error| format!("`{program}` cannot be run ({error})"))?;
    // A command that a signal ended has no code.
    let code = status.code().unwrap_or(1);
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn node(arguments: &Arguments, stage: &Stage) -> Result<Node, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    let now_ms = u64::try_from(now.as_millis()).map_err(|error| error.to_string())?;
    let mut cluster = Cluster::new(now_ms);
    cluster.set_nominal(arguments.slot_ms);
    stage.set(&mut cluster)?;
    let finality = match arguments.time {
        Time::Real => Finality::Voted,
        Time::Virtual => Finality::Instant,
    };
    Ok(Node::with(cluster, finality))
}

/// Says where it answers: to standard output, unless a command wants that for itself.
fn tell(arguments: &Arguments, stage: &Stage, rpc: &str, sockets: &str) {
    let wallet = stage.wallet_file.display().to_string();
    let programs = stage.program_addresses();
    let text = if arguments.json {
        json!({"rpc": rpc, "ws": sockets, "wallet": wallet, "programs": programs}).to_string()
    } else {
        let mut lines = vec![format!("answering at {rpc} and {sockets}, wallet {wallet}")];
        lines.extend(programs.iter().map(|program| format!("program {program}")));
        lines.join("\n")
    };
    if arguments.command.is_empty() { println!("{text}") } else { eprintln!("{text}") }
}
