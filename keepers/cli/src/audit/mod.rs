//! `holdfast audit`: everything of a silo at one slot of a live cluster, reconciled to the unit, as
//! every endpoint shows it.

mod witnesses;

use holdfast_client::audit::{Check, SiloAccounts, Tokens};
use holdfast_client::decode::{self, NotDecoded, decode};
use holdfast_client::holdfast::state::{
    ChainHealth, Exchange, MarginAccount, Market, PoolRequest, Silo,
};
use holdfast_client::layout::Layout;
use holdfast_client::{Pubkey, address, tokens};
use holdfast_keeper_core::Snapshot;
use serde_json::json;
use solana_commitment_config::CommitmentConfig;

use crate::config::Config;
use crate::output::{CommandOutput, Failure, joined, note};
use crate::preflight;
use crate::render;
use holdfast_rpc::{Endpoint, Found};
use witnesses::Witness;

/// How often the silo may move between two looks before it is given up.
const MOST_LOOKS: usize = 10;

/// Everything of a silo, and when.
pub struct Seen {
    slot: u64,
    /// The silo with all that belongs to it.
    pub walk: SiloAccounts,
    /// What the venue knows of the chain.
    pub health: ChainHealth,
    /// Accounts of other silos.
    others: usize,
    /// Accounts that this version cannot read.
    unreadable: Vec<Pubkey>,
}

/// Reconciles the settings' silo as each endpoint shows it. Where several are named one alone decides
/// nothing, and where they do not agree, those that contradict most of them are named.
///
/// # Errors
/// A sentence when no endpoint shows everything. That a sum is off is no error but what is said.
pub async fn run(config: &Config) -> Result<CommandOutput, String> {
    let usable = preflight::usable(config).await?;
    let endpoints: Vec<_> = usable.iter().map(Endpoint::patient).collect();
    let silo = address::silo(config.silo);
    let hearing = witnesses::hear(&endpoints, silo).await;
    let Some(first) = hearing.agree.first() else {
        let reasons = [hearing.wrong.clone(), hearing.silent.clone()].concat();
        return Err(format!("no verdict on the books: {}", reasons.join("; ")));
    };
    hearing.silent.iter().for_each(note);
    let mut told = said(&silo, first);
    let names: Vec<_> = hearing.agree.iter().map(|witness| witness.name.clone()).collect();
    let facts = json!({"witnesses": names, "contradicted_by": hearing.wrong.clone()});
    told.facts = joined(told.facts, facts);
    let verdict = if hearing.wrong.is_empty() {
        alone(config, names.len(), first.off.is_some())
    } else {
        Some(format!(
            "endpoints contradict one another: {} of {} show the above, but {}; ask again without those",
            names.len(),
            names.len() + hearing.wrong.len(),
            hearing.wrong.join("; ")
        ))
    };
    if let Some(reason) = verdict {
        return Ok(told.failing(reason));
    }
    if names.len() == 1 {
        told.text
            .push_str("\non the word of one endpoint: name another operator's in rpc to be sure");
    }
    Ok(told)
}

/// Why what one witness alone says is no verdict, if it is none: others were asked, or it accuses.
fn alone(config: &Config, witnesses: usize, accuses: bool) -> Option<String> {
    if witnesses > 1 {
        return None;
    }
    if config.rpc.0.len() > 1 {
        return Some("no verdict on the books: only one endpoint shows them".to_owned());
    }
    accuses.then(|| {
        "one endpoint says that the books are off, and no other was asked: name another operator's in \
         rpc before anything is done about it"
            .to_owned()
    })
}

/// Looks until everything belongs together.
///
/// # Errors
/// A sentence when the endpoint does not show it, or the books never hold still.
pub async fn see(endpoint: &Endpoint, silo: Pubkey) -> Result<Seen, String> {
    render::read::<Silo>(endpoint, "silo", &silo).await?;
    for _ in 0..MOST_LOOKS {
        if let Some(seen) = look(endpoint, silo).await? {
            return Ok(seen);
        }
    }
    Err(format!(
        "the books moved between all {MOST_LOOKS} looks at accounts and vaults: try again, or with an \
         endpoint that answers faster"
    ))
}

/// Everything at one slot; `None` when the books had moved between the accounts and the vaults, which
/// belong to another program and need a request of their own, before and after.
async fn look(endpoint: &Endpoint, silo: Pubkey) -> Result<Option<Seen>, String> {
    let held = [
        silo,
        address::liquidity_vault(&silo),
        address::insurance_vault(&silo),
        address::liquidity_mint(&silo),
        address::insurance_mint(&silo),
    ];
    let (before_slot, before) = endpoint.confirmed(&held).await?;
    let everything = endpoint.everything(CommitmentConfig::confirmed()).await?;
    let (after_slot, after) = endpoint.confirmed(&held).await?;
    let books = everything.accounts.iter().find(|(address, _)| *address == silo);
    let books = books.map(|(_, data)| data.as_slice());
    let is_same = |slot: u64, found: &[Option<Found>]| {
        let first = found.first().and_then(Option::as_ref).map(|found| found.data.as_slice());
        slot == everything.slot || first == books
    };
    let held = if is_same(after_slot, &after) {
        after
    } else if is_same(before_slot, &before) {
        before
    } else {
        return Ok(None);
    };
    let tokens =
        tokens_of(&held).ok_or("a vault or share mint of the silo cannot be read: check rpc")?;
    sort(silo, tokens, everything).map(Some)
}

fn tokens_of(held: &[Option<Found>]) -> Option<Tokens> {
    let data = |index: usize| Some(held.get(index)?.as_ref()?.data.as_slice());
    Some(Tokens {
        liquidity_vault: tokens::balance(data(1)?)?,
        insurance_vault: tokens::balance(data(2)?)?,
        liquidity_shares: tokens::supply(data(3)?)?,
        insurance_shares: tokens::supply(data(4)?)?,
    })
}

/// Sorts the program's accounts into the silo's and others.
fn sort(silo: Pubkey, tokens: Tokens, everything: Snapshot) -> Result<Seen, String> {
    let (mut books, mut others, mut unreadable) = (None, 0, Vec::new());
    let mut health = None;
    let (mut markets, mut accounts, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for (address, data) in &everything.accounts {
        if Layout::identify(data, data.len()).is_err() {
            unreadable.push(*address);
        } else if let Ok(found) = decode::<MarginAccount>(data) {
            take(&mut accounts, found, found.silo == silo, &mut others);
        } else if let Ok(found) = decode::<Market>(data) {
            take(&mut markets, found, found.silo == silo, &mut others);
        } else if let Ok(found) = decode::<PoolRequest>(data) {
            take(&mut requests, found, found.silo == silo, &mut others);
        } else if let Ok(found) = decode::<Silo>(data) {
            if *address == silo {
                books = Some(found);
            }
        } else if let Ok(found) = decode::<ChainHealth>(data) {
            health = Some(found);
        } else if !holds_no_money(data) {
            unreadable.push(*address);
        }
    }
    markets.sort_by_key(|market: &Market| market.index);
    let silo = books.ok_or("the endpoint shows accounts without their silo: check rpc")?;
    let health = health.ok_or("the endpoint shows no health of the chain: check rpc")?;
    let walk = SiloAccounts { silo, markets, accounts, requests, tokens };
    Ok(Seen { slot: everything.slot, walk, health, others, unreadable })
}

fn take<T>(kept: &mut Vec<T>, found: T, belongs: bool, others: &mut usize) {
    if belongs {
        kept.push(found);
    } else {
        *others += 1;
    }
}

/// The exchange, and changes that wait.
fn holds_no_money(data: &[u8]) -> bool {
    decode::<Exchange>(data).is_ok() || decode::change(data) != Err(NotDecoded::WrongKind)
}

fn said(silo: &Pubkey, witness: &Witness) -> CommandOutput {
    let Witness { seen, lines, .. } = witness;
    let rows = lines.iter().map(|line| {
        let verdict = if line.is_sound() { "" } else { "OFF" };
        let numbers = [line.booked, line.found, line.difference()].map(|it| it.to_string());
        let [booked, found, difference] = numbers;
        [line.sum.to_string(), booked, found, difference, verdict.to_owned()]
    });
    let table = render::table(["sum", "booked", "found", "difference", ""], rows);
    let (walk, others) = (&seen.walk, seen.others);
    let counts = format!(
        "slot {}: walked {} accounts with {} positions and {} orders, {} markets, {} pool requests; \
         {others} accounts of other silos",
        seen.slot,
        walk.accounts.len(),
        positions(walk),
        orders(walk),
        walk.markets.len(),
        walk.requests.len(),
    );
    let mut said = CommandOutput::new(format!("{table}\n{counts}"), facts(silo, seen, lines));
    said.failed = witness.off.clone().map(Failure::of_the_books);
    if said.failed.is_none() {
        said.text.push_str("\nevery sum is as it should be");
    }
    said
}

fn positions(walk: &SiloAccounts) -> usize {
    walk.accounts.iter().map(|account| account.open_indices().count()).sum()
}

fn orders(walk: &SiloAccounts) -> usize {
    let orders = walk.accounts.iter().flat_map(|account| account.orders);
    orders.filter(|order| order.number != 0).count()
}

/// What is off.
fn off(seen: &Seen, lines: &[Check]) -> Option<String> {
    let sums = lines.iter().filter(|line| !line.is_sound());
    let mut off: Vec<_> =
        sums.map(|line| format!("{} by {}", line.sum, line.difference())).collect();
    if let (Some(first), count) = (seen.unreadable.first(), seen.unreadable.len()) {
        off.push(format!("{count} accounts that this version cannot read, {first} among them"));
    }
    let listed = usize::from(seen.walk.silo.market_count);
    if listed != seen.walk.markets.len() {
        off.push(format!("{listed} markets are listed and {} found", seen.walk.markets.len()));
    }
    (!off.is_empty()).then(|| format!("the books are off: {}", off.join("; ")))
}

fn facts(silo: &Pubkey, seen: &Seen, lines: &[Check]) -> serde_json::Value {
    let walk = &seen.walk;
    let sums = lines.iter().map(|line| {
        // Wider than what JSON readers take for a number.
        json!({
            "sum": line.sum.to_string(),
            "booked": line.booked.to_string(),
            "found": line.found.to_string(),
            "difference": line.difference().to_string(),
            "sound": line.is_sound(),
        })
    });
    json!({
        "silo": silo.to_string(),
        "slot": seen.slot,
        "sound": off(seen, lines).is_none(),
        "accounts": walk.accounts.len(),
        "positions": positions(walk),
        "orders": orders(walk),
        "markets": walk.markets.len(),
        "requests": walk.requests.len(),
        "other_accounts": seen.others,
        "unreadable": seen.unreadable.iter().map(Pubkey::to_string).collect::<Vec<_>>(),
        "sums": sums.collect::<Vec<_>>(),
    })
}
