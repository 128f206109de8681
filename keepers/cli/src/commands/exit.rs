//! Withdrawing through the queue.

use holdfast_client::holdfast::state::{MarginAccount, Silo};
use holdfast_client::{Pubkey, instruction, tokens};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_risk::pool::PoolKind;
use serde_json::json;

use super::TraderSession;
use super::submit::Submitted;
use crate::cli::ExitTask;
use crate::output::{CommandOutput, Failure, joined};
use crate::render;

/// Does what was asked for.
pub async fn run(person: &TraderSession<'_>, task: ExitTask) -> Result<CommandOutput, Failure> {
    match task {
        ExitTask::Request { amount } => request(person, amount).await,
        ExitTask::Pay { address } => pay(person, address).await,
        ExitTask::Cancel => cancel(person).await,
    }
}

async fn request(person: &TraderSession<'_>, amount: u64) -> Result<CommandOutput, Failure> {
    let (address, account) = person.account().await?;
    super::must_have(&account, amount)?;
    let (owner, mint) = (person.owner(), person.silo().await?.mint);
    let destination = tokens::address(&owner, &mint);
    let instructions = [
        tokens::create(owner, owner, mint),
        instruction::request_exit(owner, person.silo, address, destination, amount),
    ];
    let submitted = person.submit(Kind::Exit, &instructions).await?;
    let to = destination.to_string();
    let facts = json!({"account": address.to_string(), "exit_amount": amount, "exit_to": to});
    let done = format!("{} are on their way out to {to}", render::amount(amount));
    Ok(submitted.said(&done, facts))
}

async fn pay(person: &TraderSession<'_>, wanted: Option<Pubkey>) -> Result<CommandOutput, Failure> {
    let (address, account) = match wanted {
        Some(address) => (address, person.read::<MarginAccount>("margin account", &address).await?),
        None => person.account().await?,
    };
    let waits = waiting(&account)?;
    let silo: Silo = person.read("silo", &account.silo).await?;
    let fetches = super::fetches(account.silo, &silo, PoolKind::Liquidity, waits);
    let pay = instruction::pay_exit(account.silo, address, account.exit_to);
    let instructions: Vec<_> = fetches.into_iter().chain([pay]).collect();
    let submitted = person.submit(Kind::Exit, &instructions).await?;
    let facts = json!({"account": address.to_string(), "exit_to": account.exit_to.to_string()});
    let Submitted::Landed { .. } = submitted else {
        return Ok(submitted.said("an exit paid as far as may be now", facts));
    };
    let after = person.read::<MarginAccount>("margin account", &address).await;
    let left = match after {
        Ok(after) => after.exit_amount,
        Err(reason) => {
            return Ok(submitted.said("paid what may be paid now", facts).noting(&reason));
        }
    };
    let paid = waits.saturating_sub(left);
    let facts = joined(facts, json!({"paid": paid, "exit_amount": left}));
    let (paid, left) = (render::amount(paid), render::amount(left));
    let done = format!("paid {paid} to {}, {left} still wait", account.exit_to);
    Ok(submitted.said(&done, facts))
}

async fn cancel(person: &TraderSession<'_>) -> Result<CommandOutput, Failure> {
    let (address, account) = person.account().await?;
    let waits = waiting(&account)?;
    let cancel = instruction::cancel_exit(person.owner(), address);
    let submitted = person.submit(Kind::Exit, &[cancel]).await?;
    let facts = json!({"account": address.to_string(), "amount": waits});
    let done = format!("{} are collateral again", render::amount(waits));
    Ok(submitted.said(&done, facts))
}

/// What is on its way out of an account.
fn waiting(account: &MarginAccount) -> Result<u64, String> {
    let waits = account.exit_amount;
    (waits > 0).then_some(waits).ok_or_else(|| {
        "no exit waits for this account: `holdfast account exit request` asks for one".to_owned()
    })
}
