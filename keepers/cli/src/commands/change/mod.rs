//! The queue of changes: proposing, reading, taking back and applying them.

mod message;
mod present;
mod propose;
mod queue;
mod show;

use holdfast_client::holdfast::state::{Change, ChangeKind};
use holdfast_client::{Instruction, instruction};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_rpc::Endpoint;
use serde_json::json;

use self::queue::{Queue, Standing};
use super::TraderSession;
use crate::cli::{ChangeTask, Form};
use crate::config::Config;
use crate::output::{CommandOutput, Failure};
use crate::render;

/// Does what was asked for.
pub async fn run(config: &Config, task: ChangeTask) -> Result<CommandOutput, Failure> {
    match task {
        ChangeTask::Propose(task) => propose::run(config, task).await,
        ChangeTask::List => Ok(list(config).await?),
        ChangeTask::Show { number, build } => Ok(show(config, number, build.as_deref()).await?),
        ChangeTask::Cancel { number, form } => cancel(config, number, &form).await,
        ChangeTask::Apply { number, form } => apply(config, number, &form).await,
    }
}

async fn list(config: &Config) -> Result<CommandOutput, String> {
    let found = render::any(config, async |endpoint| {
        let queue = Queue::read(endpoint).await?;
        let mut found = Vec::new();
        for change in queue::changes(endpoint).await? {
            let standing = queue.standing(endpoint, &change).await?;
            found.push((change, standing));
        }
        Ok((queue, found))
    });
    let (queue, found) = found.await?;
    let facts = found.iter().map(|(change, standing)| show::facts_of(change, *standing));
    let facts = json!({"changes": facts.collect::<Vec<_>>()});
    if found.is_empty() {
        return Ok(CommandOutput::new("no change waits", facts));
    }
    let rows = found.iter().map(|(change, standing)| {
        let kind = show::kind(&change.content);
        [change.number.to_string(), kind, show::stands(*standing, &queue)]
    });
    Ok(CommandOutput::new(render::table(["number", "kind", "stands"], rows), facts))
}

async fn show(
    config: &Config,
    number: u64,
    build: Option<&std::path::Path>,
) -> Result<CommandOutput, String> {
    let found = render::any(config, async |endpoint| {
        let (queue, change, standing) = stands(endpoint, number).await?;
        let present = present::present(endpoint, &queue, &change.content).await?;
        Ok((queue, change, standing, present))
    });
    let (queue, change, standing, present) = found.await?;
    let differences = show::differences(&present, &change.content);
    let build = build.map(|file| show::Build::compare(file, &change.content)).transpose()?;
    Ok(show::show(&queue, &change, standing, &differences, build.as_ref()))
}

/// A change by its number, how it stands, and what it waits for.
async fn stands(endpoint: &Endpoint, number: u64) -> Result<(Queue, Change, Standing), String> {
    let queue = Queue::read(endpoint).await?;
    let change = queue::change(endpoint, number).await?;
    let standing = queue.standing(endpoint, &change).await?;
    Ok((queue, change, standing))
}

async fn cancel(config: &Config, number: u64, form: &Form) -> Result<CommandOutput, Failure> {
    let person = TraderSession::new(config).await?;
    let (queue, change, standing) =
        person.any(async |endpoint| stands(endpoint, number).await).await?;
    let signer = form.signer.unwrap_or_else(|| person.owner());
    let (keys, anyone) = queue.cancellers(&change, standing);
    if !anyone && !keys.contains(&signer) {
        let keys = keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(format!(
            "{signer} cannot take change {number} back: sign with one of {keys} (--keypair)"
        )
        .into());
    }
    let cancel = instruction::cancel_change(signer, number, change.proposer);
    let done = format!("change {number} is taken back");
    send(&person, &[cancel], form, &done, &change).await
}

async fn apply(config: &Config, number: u64, form: &Form) -> Result<CommandOutput, Failure> {
    let person = TraderSession::new(config).await?;
    let (queue, change, standing) =
        person.any(async |endpoint| stands(endpoint, number).await).await?;
    if standing != Standing::Ready {
        let stands = show::stands(standing, &queue);
        return Err(format!("change {number} cannot be applied: {stands}").into());
    }
    let apply = match &change.content {
        ChangeKind::Upgrade { buffer, .. } => {
            instruction::apply_upgrade(number, change.proposer, *buffer)
        }
        ChangeKind::Silo { .. } | ChangeKind::Market { .. } => {
            return Err(format!(
                "change {number} lets the admin create a {}: create it, with this change",
                show::kind(&change.content).to_lowercase()
            )
            .into());
        }
        content => instruction::apply_change(number, change.proposer, content),
    };
    let done = format!("change {number} is made");
    send(&person, &[apply], form, &done, &change).await
}

/// Prints the instructions for a multisig, or sends them.
async fn send(
    person: &TraderSession<'_>,
    instructions: &[Instruction],
    form: &Form,
    done: &str,
    change: &Change,
) -> Result<CommandOutput, Failure> {
    let signer = form.signer.unwrap_or_else(|| person.owner());
    if form.print_message {
        return Ok(message::print(instructions, &signer, &change.content)?);
    }
    let facts = json!({"number": change.number, "kind": show::kind(&change.content)});
    Ok(person.submit(Kind::Observe, instructions).await?.said(done, facts))
}
