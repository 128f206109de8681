//! What `holdfast-migrate` says.

use std::path::Path;

use holdfast_migrations::{
    IdlTask, Manifest, MigrationPlan, OrphanBuffer, ProgramTask, Progress, sol,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// What is there and what would be done.
pub fn survey(
    found: &MigrationPlan,
    tiers: &[String],
    length: usize,
    as_json: bool,
) -> Result<(), String> {
    if as_json {
        return show(&json!({
            "cluster": found.place.to_string(),
            "genesis": found.place.genesis,
            "accounts": found.accounts,
            "program": found.program,
            "program_bytes": length,
            "bytes_written": found.written,
            "idl": found.idl,
            "steps": found.steps,
            "differences": found.differences,
            "tiers": tiers,
            "warnings": found.warnings,
            "refusals": found.refusals,
            "cost_lamports": found.cost,
            "balance_lamports": found.balance,
        }));
    }
    println!("cluster   {}", found.place);
    let accounts: Vec<_> =
        found.accounts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let none = if accounts.is_empty() { "none" } else { "" };
    println!("accounts  {}{none}", accounts.join(", "));
    println!("wallet    {} SOL, {} needed", sol(found.balance), sol(found.cost));
    for difference in &found.differences {
        println!("differs   the cluster has {difference}: propose a change, or change the file");
    }
    for tier in tiers {
        println!("tier      {tier}");
    }
    for warning in &found.warnings {
        println!("warning   {warning}");
    }
    for refusal in &found.refusals {
        println!("refused   {refusal}");
    }
    if found.is_done() {
        println!("nothing to do");
        return Ok(());
    }
    println!("to do");
    if let Some(task) = sentence(found.program) {
        let upgrades =
            matches!(found.program, ProgramTask::Upgrade { .. } | ProgramTask::Propose { .. });
        let flag = if upgrades { ", with --upgrade" } else { "" };
        println!("  {task}{flag} ({length} bytes, {} written already)", found.written);
    }
    if let Some(task) = found.idl.and_then(idl_sentence) {
        println!("  {task}");
    }
    for step in &found.steps {
        println!("  {step}");
    }
    Ok(())
}

/// What is there after a run; without a `file`, once the upgrade that waits is applied.
pub fn done(
    manifest: &Manifest,
    file: Option<&Path>,
    nothing: bool,
    as_json: bool,
) -> Result<(), String> {
    if as_json {
        return show(&serde_json::to_value(manifest).map_err(|error| error.to_string())?);
    }
    println!("{}", if nothing { "nothing was missing" } else { "deployed" });
    println!("program   {}", manifest.program);
    println!("exchange  {}", manifest.exchange);
    for silo in &manifest.silos {
        println!("silo {}    {}", silo.number, silo.address);
        for market in &silo.markets {
            println!("  {:<7} {}", market.name, market.address);
        }
    }
    match file {
        Some(file) => println!("written to {}", file.display()),
        None => println!("an upgrade waits: run this again once it is applied, for the manifest"),
    }
    Ok(())
}

/// Buffers that are there.
pub fn leftovers(found: &[OrphanBuffer], as_json: bool) -> Result<(), String> {
    if as_json {
        let rows = found.iter().map(|it| {
            json!({"address": it.address.to_string(), "lamports": it.lamports, "bytes": it.length})
        });
        return show(&rows.collect());
    }
    if found.is_empty() {
        println!("no buffers");
    }
    for buffer in found {
        println!("{}  {} SOL, {} bytes", buffer.address, sol(buffer.lamports), buffer.length);
    }
    Ok(())
}

/// How far a run is, on a terminal.
pub struct Bar(ProgressBar);

impl Bar {
    /// At the beginning of what was found to do.
    pub fn new(found: &MigrationPlan, length: usize) -> Self {
        let bar = ProgressBar::new(length as u64);
        let style = "writing the program {bar:30} {bytes}/{total_bytes} in {elapsed}";
        bar.set_style(
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        if found.program.is_settled() {
            bar.finish_and_clear();
        }
        Self(bar)
    }

    /// Something is done.
    pub fn show(&self, progress: Progress) {
        match progress {
            Progress::Written(bytes) => self.0.set_position(bytes as u64),
            Progress::Program(task) => {
                self.0.finish_and_clear();
                if let Some(task) = sentence(task) {
                    eprintln!("done: {task}");
                }
            }
            Progress::Idl(task) => {
                if let Some(task) = idl_sentence(task) {
                    eprintln!("done: {task}");
                }
            }
            Progress::Done(step) => eprintln!("done: {step}"),
        }
    }

    /// All is done.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn sentence(task: ProgramTask) -> Option<String> {
    match task {
        ProgramTask::Nothing => None,
        ProgramTask::Deploy => Some("deploy the program".to_owned()),
        ProgramTask::Upgrade { extend: 0 } => Some("upgrade the program".to_owned()),
        ProgramTask::Upgrade { extend } => {
            Some(format!("extend the program by {extend} bytes and upgrade it"))
        }
        ProgramTask::Propose { extend: 0 } => Some("propose to upgrade the program".to_owned()),
        ProgramTask::Propose { extend } => {
            Some(format!("extend the program by {extend} bytes and propose to upgrade it"))
        }
        ProgramTask::Proposed { number } => Some(format!(
            "the upgrade is change {number}, which waits: `holdfast change show {number}` says until \
             when, and `holdfast change apply {number}` makes it then"
        )),
    }
}

fn idl_sentence(task: IdlTask) -> Option<&'static str> {
    match task {
        IdlTask::Nothing => None,
        IdlTask::Upload => Some("upload the interface description"),
        IdlTask::Update => Some("replace the interface description"),
        IdlTask::Wait => Some("wait with the interface description until the upgrade is applied"),
    }
}

fn show(value: &Value) -> Result<(), String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    println!("{text}");
    Ok(())
}
