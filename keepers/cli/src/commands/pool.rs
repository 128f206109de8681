//! Joining and leaving the liquidity pool and the insurance fund.

use std::mem::offset_of;

use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::holdfast::pool_worth::add_estimate;
use holdfast_client::holdfast::state::{PoolRequest, Silo};
use holdfast_client::{Pubkey, address, instruction, tokens};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::share::Pool;
use holdfast_risk::pool::worth::{self, TradersResult};
use holdfast_risk::{Bps, Overflow, Rounding, SignedUsd, Usd};
use serde_json::{Value, json};

use super::TraderSession;
use crate::cli::PoolTask;
use crate::config::Config;
use crate::output::{CommandOutput, Failure, moment};
use crate::render;

/// The share of what would be received now that is accepted at the least, unless somebody says more or
/// less: what others do until the request is executed takes no more than the rest.
const LEAST_ACCEPTED: Bps = Bps(9_900);

/// Does what was asked for.
pub async fn run(
    config: &Config,
    kind: PoolKind,
    task: PoolTask,
) -> Result<CommandOutput, Failure> {
    let person = TraderSession::new(config).await?;
    match task {
        PoolTask::Join { amount, least } => join(&person, kind, amount, least).await,
        PoolTask::Leave { shares, least } => leave(&person, kind, shares, least).await,
        PoolTask::Cancel { number } => cancel(&person, kind, number).await,
        PoolTask::Show => show_pool(&person, kind).await,
    }
}

async fn join(
    person: &TraderSession<'_>,
    kind: PoolKind,
    amount: u64,
    least: Option<u64>,
) -> Result<CommandOutput, Failure> {
    let silo = person.silo().await?;
    let shares = silo.share_mint(kind);
    let source = person.must_hold("tokens", &silo.mint, amount).await?;
    let order = order(person, &silo, kind, false, amount, least).await?;
    ask(person, order, source, shares, &format!("asked to join with {}", render::amount(amount)))
        .await
}

async fn leave(
    person: &TraderSession<'_>,
    kind: PoolKind,
    shares: u64,
    least: Option<u64>,
) -> Result<CommandOutput, Failure> {
    let silo = person.silo().await?;
    let source = person.must_hold("shares", &silo.share_mint(kind), shares).await?;
    let order = order(person, &silo, kind, true, shares, least).await?;
    let done = format!("gave up {} shares to leave", render::amount(shares));
    ask(person, order, source, silo.mint, &done).await
}

/// What is asked for; without a least amount it is this much of what would be received now.
async fn order(
    person: &TraderSession<'_>,
    silo: &Silo,
    kind: PoolKind,
    leaves: bool,
    amount: u64,
    least: Option<u64>,
) -> Result<PoolOrder, String> {
    let least = match least {
        Some(least) => least,
        None => {
            let worth = worth_now(person, silo, kind, !leaves).await?;
            let unknown = |_| "what that is worth now does not fit: give --least".to_owned();
            accepted(silo, kind, worth, leaves, amount).map_err(unknown)?
        }
    };
    Ok(PoolOrder { insurance: kind == PoolKind::Insurance, leaves, amount, least })
}

/// What a pool is worth now, against whoever joins or leaves.
async fn worth_now(
    person: &TraderSession<'_>,
    silo: &Silo,
    kind: PoolKind,
    joins: bool,
) -> Result<SignedUsd, String> {
    let ledger = Ledger::from(&silo.ledger);
    let worth = match kind {
        PoolKind::Insurance => worth::insurance(&ledger, joins),
        PoolKind::Liquidity => {
            let (clock, markets) = (person.clock().await?, person.markets().await?);
            let mut traders = TradersResult::default();
            markets
                .iter()
                .try_for_each(|(_, it)| add_estimate(&mut traders, it, clock, !joins))
                .and_then(|()| worth::liquidity(&ledger, &traders, joins))
        }
    };
    worth.map_err(|_| "what the pool is worth now does not fit: give --least".to_owned())
}

/// The least that is accepted of what would be received now.
fn accepted(
    silo: &Silo,
    kind: PoolKind,
    worth: SignedUsd,
    leaves: bool,
    amount: u64,
) -> Result<u64, Overflow> {
    let pool = Pool { assets: worth.gain(), shares: silo.shares(kind) };
    let received =
        if leaves { pool.amount_for(amount)?.0 } else { pool.founded().shares_for(Usd(amount))? };
    Ok(Usd(received).portion(LEAST_ACCEPTED, Rounding::Down)?.0.max(1))
}

/// Makes a request with the lowest number that the wallet does not use, in favour of its account of
/// the mint `received`.
async fn ask(
    person: &TraderSession<'_>,
    order: PoolOrder,
    source: Pubkey,
    received: Pubkey,
    done: &str,
) -> Result<CommandOutput, Failure> {
    let (owner, silo) = (person.owner(), person.silo);
    let taken: Vec<u16> =
        requests(person).await?.iter().map(|(_, request)| request.number).collect();
    let number = (0..=u16::MAX).find(|number| !taken.contains(number));
    let number = number
        .ok_or_else(|| "the wallet has as many requests as it can have: cancel some".to_owned())?;
    let destination = tokens::address(&owner, &received);
    let instructions = [
        tokens::create(owner, owner, received),
        instruction::request_pool(owner, silo, number, source, destination, order),
    ];
    let submitted = person.submit(Kind::Chore, &instructions).await?;
    let facts = json!({
        "request": address::pool_request(&silo, &owner, number).to_string(),
        "number": number,
        "pool": u8::from(order.insurance),
        "leaves": order.leaves,
        "amount": order.amount,
        "least": order.least,
        "destination": destination.to_string(),
    });
    Ok(submitted.said(&format!("{done} (request {number})"), facts))
}

async fn cancel(
    person: &TraderSession<'_>,
    kind: PoolKind,
    number: Option<u16>,
) -> Result<CommandOutput, Failure> {
    let requests = requests(person).await?;
    let mut waiting = requests.iter().filter(|(_, request)| {
        request.kind() == kind && number.is_none_or(|number| request.number == number)
    });
    let Some((address, request)) = waiting.next() else {
        return Err("no such request of the wallet waits: it was executed or cancelled"
            .to_owned()
            .into());
    };
    if let Some((_, other)) = waiting.next() {
        return Err(format!(
            "several requests wait, {} and {} among them: name one by its number",
            request.number, other.number
        )
        .into());
    }
    let (owner, silo) = (person.owner(), person.silo().await?);
    let joins = request.leaves == 0;
    let (returned, paid) =
        if joins { (silo.mint, request.amount) } else { (silo.share_mint(kind), 0) };
    let refund = tokens::address(&owner, &returned);
    let insurance = kind == PoolKind::Insurance;
    let mut instructions = vec![tokens::create(owner, owner, returned)];
    instructions.extend(super::fetches(person.silo, &silo, PoolKind::Liquidity, paid));
    let cancel = instruction::cancel_pool_request(owner, person.silo, *address, refund, insurance);
    instructions.push(cancel);
    let submitted = person.submit(Kind::Exit, &instructions).await?;
    let facts = json!({
        "request": address.to_string(),
        "number": request.number,
        "amount": request.amount,
        "refund": refund.to_string(),
    });
    Ok(submitted.said(&format!("took request {} back", request.number), facts))
}

/// The wallet's waiting requests in this silo.
async fn requests(person: &TraderSession<'_>) -> Result<Vec<(Pubkey, PoolRequest)>, String> {
    let (offset, owner) = (offset_of!(PoolRequest, owner), person.owner());
    let found = person.any(async |endpoint| endpoint.having::<PoolRequest>(offset, &owner).await);
    let mut found = found.await?;
    found.retain(|(_, request)| request.silo == person.silo);
    found.sort_by_key(|(_, request)| request.number);
    Ok(found)
}

async fn show_pool(person: &TraderSession<'_>, kind: PoolKind) -> Result<CommandOutput, Failure> {
    let silo = person.silo().await?;
    let (cash, outstanding) = match kind {
        PoolKind::Liquidity => (silo.ledger.liquidity, silo.liquidity_shares),
        PoolKind::Insurance => (silo.ledger.insurance, silo.insurance_shares),
    };
    let mint = silo.share_mint(kind);
    let account = tokens::address(&person.owner(), &mint);
    let found = person.any(async |endpoint| endpoint.account(&account).await).await?;
    let held = found.and_then(|found| tokens::balance(&found.data)).unwrap_or_default();
    let requests = requests(person).await?;
    let requests: Vec<_> = requests.iter().filter(|(_, request)| request.kind() == kind).collect();
    let rows = [
        ("holds", render::amount(cash)),
        ("shares outstanding", render::amount(outstanding)),
        ("share mint", mint.to_string()),
        ("the wallet's shares", render::amount(held)),
    ];
    let waiting = requests.iter().map(|(_, request)| {
        let asks = if request.leaves == 0 { "joins" } else { "leaves" };
        let (amount, least) = (render::amount(request.amount), render::amount(request.least));
        [request.number.to_string(), asks.to_owned(), amount, least]
    });
    let waiting = render::table(["request", "asks", "amount or shares", "at least"], waiting);
    let facts = json!({
        "assets": cash,
        "shares": outstanding,
        "share_mint": mint.to_string(),
        "wallet_shares": held,
        "requests": requests.iter().map(|(address, it)| to_json(address, it)).collect::<Vec<_>>(),
    });
    Ok(CommandOutput::new(format!("{}\n{waiting}", render::facts(&rows)), facts))
}

fn to_json(address: &Pubkey, request: &PoolRequest) -> Value {
    json!({
        "request": address.to_string(),
        "number": request.number,
        "leaves": request.leaves != 0,
        "amount": request.amount,
        "least": request.least,
        "requested_ms": moment(request.requested_ms),
        "due_ms": request.due_ms,
    })
}
