//! The `holdfast-migrate` binary.

mod cli;
mod print;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use holdfast_client::Pubkey;
use holdfast_migrations::{
    Catalogue, Cluster, DesiredState, Migration, PackedIdl, ProgramTask, RpcCluster, close_buffer,
    leftovers, migrate, read_deployment, survey,
};
use holdfast_rpc::{Address, keypair_file};
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::runtime::Builder;

use crate::cli::{Access, Cli, Options, Task};

fn main() -> ExitCode {
    let Cli { task, access, options } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() && std::env::args().any(|argument| argument == "--json") {
                println!("{}", json!({"error": error.to_string()}));
            }
            error.exit()
        }
    };
    let done = match task {
        None => run(&access, &options),
        Some(Task::Buffers { close }) => buffers(&access, &close),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            if access.json {
                println!("{}", json!({"error": reason}));
            }
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(access: &Access, options: &Options) -> Result<(), String> {
    let authority = wallet(access)?;
    let program = options.program_keypair.as_deref();
    let program = program.map(|file| keypair_file::read(file, "--program-keypair")).transpose()?;
    let elf = std::fs::read(&options.elf).map_err(|error| {
        format!(
            "{} cannot be read ({error}): run `cargo xtask build`, or name the program with --elf",
            options.elf.display()
        )
    })?;
    let idl = options.idl.as_deref().map(packed).transpose()?;
    let mut cluster = RpcCluster::connect(&access.url, access.priority_fee)?;
    let mut wanted = read_deployment(&mut cluster, &options.plan_file)?;
    let catalogue = catalogue(&mut cluster, &options.hermes, &mut wanted)?;
    let migration = Migration {
        authority: &authority,
        program: program.as_ref(),
        elf: &elf,
        upgrade: options.upgrade,
        wanted: &wanted.deployment,
        feeds: &wanted.feeds,
        catalogue: catalogue.as_ref(),
        idl: idl.as_ref(),
    };
    let mut found = survey(&mut cluster, &migration)?;
    if options.plan {
        found.warnings.extend(wanted.warnings.iter().cloned());
        return print::survey(&found, &wanted.tiers, elf.len(), access.json);
    }
    for warning in &wanted.warnings {
        eprintln!("warning: {warning}");
    }
    let progress = print::Bar::new(&found, elf.len());
    let manifest = migrate(&mut cluster, &migration, |step| progress.show(step))?;
    progress.finish();
    // What waits runs later: until then the manifest names the program that is there.
    let waits = matches!(found.program, ProgramTask::Propose { .. } | ProgramTask::Proposed { .. });
    if !waits {
        manifest.write(&options.manifest)?;
    }
    let written = Some(options.manifest.as_path()).filter(|_| !waits);
    print::done(&manifest, written, found.is_done(), access.json)
}

/// Pyth's list of its feeds, where the plan names some and the cluster is a public one. Without the list
/// there is a warning.
fn catalogue(
    cluster: &mut RpcCluster,
    host: &str,
    wanted: &mut DesiredState,
) -> Result<Option<Catalogue>, String> {
    if cluster.place()?.is_local() || !wanted.deployment.has_pull_feeds() {
        return Ok(None);
    }
    let host = Address(host.to_owned());
    host.must_be(&["http", "https"], "--hermes")?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("this machine grants no sockets or timers ({error})"))?;
    match runtime.block_on(Catalogue::ask(&host)) {
        Ok(catalogue) => Ok(Some(catalogue)),
        Err(reason) => {
            wanted.warnings.push(format!(
                "{host} gives no list of Pyth's feeds ({reason}), so nobody knows which are retired and whose \
                 market closes when: name another host with --hermes"
            ));
            Ok(None)
        }
    }
}

fn packed(file: &Path) -> Result<PackedIdl, String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        format!("{} cannot be read ({error}): name it with --idl", file.display())
    })?;
    PackedIdl::new(text)
}

fn buffers(access: &Access, close: &[String]) -> Result<(), String> {
    let authority = wallet(access)?;
    let addresses = close
        .iter()
        .map(|text| text.parse::<Pubkey>().map_err(|_| format!("--close {text} is no address")));
    let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
    let mut cluster = RpcCluster::connect(&access.url, access.priority_fee)?;
    for address in &addresses {
        close_buffer(&mut cluster, &authority, address)?;
    }
    print::leftovers(&leftovers(&mut cluster, &authority.pubkey())?, access.json)
}

fn wallet(access: &Access) -> Result<Keypair, String> {
    let home = || std::env::home_dir().unwrap_or_default().join(".config/solana/id.json");
    keypair_file::read(&access.keypair.clone().unwrap_or_else(home), "--keypair")
}
