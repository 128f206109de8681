//! Opening a margin account, and money in and out of it.

use std::mem::offset_of;

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{address, instruction, tokens};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_risk::pool::PoolKind;
use serde_json::json;

use super::{TraderSession, exit};
use crate::cli::AccountTask;
use crate::config::Config;
use crate::output::{CommandOutput, Failure};
use crate::render;

/// Does what was asked for.
pub async fn run(config: &Config, task: AccountTask) -> Result<CommandOutput, Failure> {
    let person = match task {
        AccountTask::Show { address: Some(address) } => {
            return Ok(render::account(config, address).await?);
        }
        _ => TraderSession::new(config).await?,
    };
    match task {
        AccountTask::Open => open(&person).await,
        AccountTask::Show { .. } => Ok(render::account(config, person.account().await?.0).await?),
        AccountTask::List => list(&person).await,
        AccountTask::Deposit { amount } => deposit(&person, amount).await,
        AccountTask::Withdraw { amount } => withdraw(&person, amount).await,
        AccountTask::Exit(task) => exit::run(&person, task).await,
    }
}

async fn open(person: &TraderSession<'_>) -> Result<CommandOutput, Failure> {
    let (owner, address) = (person.owner(), person.account_address());
    let number = person.config.account;
    if person.any(async |endpoint| endpoint.account(&address).await).await?.is_some() {
        return Err(format!(
            "the margin account number {number} is open already: it is {address}; open another with \
             --account"
        ).into());
    }
    person.silo().await?;
    let open = instruction::open_margin_account(owner, owner, person.silo, number);
    let submitted = person.submit(Kind::Chore, &[open]).await?;
    let facts = json!({"account": address.to_string(), "number": number});
    Ok(submitted.said(&format!("opened {address}"), facts))
}

async fn list(person: &TraderSession<'_>) -> Result<CommandOutput, Failure> {
    let owner = person.owner();
    let offset = offset_of!(MarginAccount, owner);
    let found = person.any(async |endpoint| endpoint.having::<MarginAccount>(offset, &owner).await);
    let found = found.await?;
    let rows = found.iter().map(|(address, account)| {
        let silo = account.silo.to_string();
        [address.to_string(), account.number.to_string(), silo, render::amount(account.collateral)]
    });
    let text = render::table(["account", "number", "silo", "collateral"], rows);
    let accounts = found.iter().map(|(address, account)| {
        json!({
            "account": address.to_string(),
            "number": account.number,
            "silo": account.silo.to_string(),
            "collateral": account.collateral,
        })
    });
    let accounts: Vec<_> = accounts.collect();
    Ok(CommandOutput::new(text, json!({"owner": owner.to_string(), "accounts": accounts})))
}

async fn deposit(person: &TraderSession<'_>, amount: u64) -> Result<CommandOutput, Failure> {
    let (account, _) = person.account().await?;
    let mint = person.silo().await?.mint;
    let source = person.must_hold("tokens", &mint, amount).await?;
    let deposit = instruction::deposit(person.owner(), source, person.silo, account, amount);
    let submitted = person.submit(Kind::Exit, &[deposit]).await?;
    let facts = json!({"account": account.to_string(), "amount": amount});
    Ok(submitted.said(&format!("deposited {}", render::amount(amount)), facts))
}

async fn withdraw(person: &TraderSession<'_>, amount: u64) -> Result<CommandOutput, Failure> {
    let (address, account) = person.account().await?;
    super::must_have(&account, amount)?;
    let (owner, silo, books) = (person.owner(), person.silo, person.silo().await?);
    let destination = tokens::address(&owner, &books.mint);
    let markets: Vec<_> =
        account.open_indices().map(|index| address::market(&silo, index)).collect();
    let mut instructions = vec![tokens::create(owner, owner, books.mint)];
    instructions.extend(super::fetches(silo, &books, PoolKind::Liquidity, amount));
    let withdraw = instruction::withdraw(owner, silo, address, destination, amount, &markets);
    instructions.push(withdraw);
    let submitted = person.submit(Kind::Exit, &instructions).await?;
    let to = destination.to_string();
    let facts = json!({"account": address.to_string(), "amount": amount, "destination": to});
    Ok(submitted.said(&format!("withdrew {} into {to}", render::amount(amount)), facts))
}
