//! What has to be right before anything is sent. Each refusal says what to change.

use std::cmp::Reverse;
use std::time::Duration;

use bytemuck::Pod;
use futures_util::future::join_all;
use holdfast_client::decode::{Kind, decode};
use holdfast_client::holdfast::state::{Exchange, MarginAccount, Silo};
use holdfast_client::layout::Layout;
use holdfast_client::{Pubkey, address, holdfast};
use holdfast_rpc::{Endpoint, keypair_file};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::asking::first_answer;
use crate::config::Config;
use crate::output::note;
use crate::render::decimal;

/// Slots that an endpoint may be from where others are: a minute's.
pub const OLD: u64 = 150;
/// How long endpoints have to say in which slot they are, where that only decides who is asked first.
const SAYS_WITHIN: Duration = Duration::from_secs(1);

/// What was found.
pub struct Standing {
    /// The cluster's genesis hash.
    pub genesis: String,
    /// What the wallet holds.
    pub lamports: u64,
    /// The wallet's margin account, into which rewards are paid.
    pub account: Pubkey,
}

/// Reads the keypair.
///
/// # Errors
/// A sentence when the file cannot be read, is no keypair or may be read by others; never what it
/// contains.
pub fn wallet(config: &Config) -> Result<Keypair, String> {
    keypair_file::read(&config.keypair, "keypair")
}

/// Reads the guardian's keypair, if one is set.
///
/// # Errors
/// As [`wallet`].
pub fn guardian(config: &Config) -> Result<Option<Keypair>, String> {
    let file = config.guardian_keypair.as_ref();
    file.map(|file| keypair_file::read(file, "guardian_keypair")).transpose()
}

/// The keypair that connections to leaders are made with.
///
/// # Errors
/// A sentence when the file cannot be read, is no keypair or may be read by others; never what it
/// contains.
pub fn identity(config: &Config, wallet: &Keypair) -> Result<Keypair, String> {
    match &config.leaders.identity {
        Some(file) => keypair_file::read(file, "leaders.identity"),
        None => Ok(wallet.insecure_clone()),
    }
}

/// Asks every endpoint which cluster it is on, and one after the other for the venue and the wallet, until
/// one answers.
///
/// # Errors
/// A sentence for the first thing that is not as the settings want it.
pub async fn cluster(
    config: &Config,
    endpoints: &[Endpoint],
    wallet: &Keypair,
    guardian: Option<&Keypair>,
) -> Result<Standing, String> {
    let owner = wallet.pubkey();
    let keepers = config.keepers()?;
    if !keepers.is_empty() && !keepers.contains(&owner) {
        return Err(format!(
            "keepers does not name the wallet {owner}: the others would not take turns with it; give \
             all of them the same list, with every wallet in it"
        ));
    }
    let silo = address::silo(config.silo);
    let account = address::margin_account(&silo, &owner, config.account);
    let (genesis, answer) = answering(config, endpoints).await?;
    let lamports = first_answer(of_these(endpoints, &answer), async |endpoint| {
        program(config, endpoint).await?;
        if let Some(guardian) = guardian {
            is_guardian(endpoint, &guardian.pubkey()).await?;
        }
        margin_account(config, endpoint, wallet, account).await?;
        Ok(endpoint.account(&owner).await?.map_or(0, |found| found.lamports))
    });
    let lamports = lamports.await?;
    if lamports < config.least_lamports {
        return Err(format!(
            "the wallet {owner} holds {} SOL and least_lamports asks for {}: send it SOL, or lower the setting",
            decimal(lamports, 9),
            decimal(config.least_lamports, 9),
        ));
    }
    Ok(Standing { genesis, lamports, account })
}

/// Asks every endpoint which cluster it is on, and one after the other for the venue, until one answers.
/// Says the cluster's genesis hash and which endpoints are on it.
///
/// # Errors
/// A sentence for the first thing that is not as the settings want it.
pub async fn venue<'a>(
    config: &Config,
    endpoints: &'a [Endpoint],
) -> Result<(String, Vec<&'a Endpoint>), String> {
    let (genesis, answer) = answering(config, endpoints).await?;
    let usable: Vec<_> = of_these(endpoints, &answer).collect();
    let asked = usable.iter().copied();
    first_answer(asked, async |endpoint| program(config, endpoint).await).await?;
    Ok((genesis, usable))
}

/// Endpoints that answer and are on one cluster, the one the settings name, in the order in which a
/// person asks them: those last that are far from where others are, or do not say where they are. A
/// person needs only one of them.
///
/// # Errors
/// A sentence when one is on another cluster, or none answers.
pub async fn usable(config: &Config) -> Result<Vec<Endpoint>, String> {
    let all = Endpoint::all(&config.rpc);
    let (_, answer) = answering(config, &all).await?;
    let answers = all.into_iter().zip(answer).filter(|(_, answers)| *answers);
    let usable: Vec<_> = answers.map(|(endpoint, _)| endpoint).collect();
    if usable.len() < 2 {
        return Ok(usable);
    }
    let slots = slots(&usable).await;
    Ok(level_first(usable.into_iter().zip(slots).collect()))
}

/// Endpoints, each with the slot that it shows: those last that are far from where others are, which goes to
/// the error stream, or show none.
pub fn level_first(mut endpoints: Vec<(Endpoint, Option<u64>)>) -> Vec<Endpoint> {
    let here = whereabouts(endpoints.iter().filter_map(|(_, slot)| *slot));
    let apart = |slot: u64| slot.abs_diff(here) > OLD;
    for (endpoint, slot) in &endpoints {
        if let Some(slot) = slot.filter(|slot| apart(*slot)) {
            let (address, by) = (&endpoint.address, slot.abs_diff(here));
            let way = if slot < here { "behind" } else { "beyond" };
            note(format_args!("{address} is {by} slots {way} the others: it is asked last"));
        }
    }
    endpoints.sort_by_key(|(_, slot)| slot.is_none_or(apart));
    endpoints.into_iter().map(|(endpoint, _)| endpoint).collect()
}

/// The slot that each endpoint shows, where it shows one in time.
async fn slots(endpoints: &[Endpoint]) -> Vec<Option<u64>> {
    let asked = endpoints.iter().map(async |endpoint| {
        let found = tokio::time::timeout(SAYS_WITHIN, endpoint.epoch()).await;
        found.ok().and_then(Result::ok).map(|(slot, _)| slot)
    });
    join_all(asked).await
}

/// The slot that two have reached. Of two it is the later one: one that has stopped is more often wrong
/// than one that goes on.
fn whereabouts(slots: impl Iterator<Item = u64>) -> u64 {
    let mut slots: Vec<_> = slots.collect();
    slots.sort_unstable_by_key(|slot| Reverse(*slot));
    slots.get(usize::from(slots.len() > 2)).copied().unwrap_or_default()
}

/// Those endpoints that answer.
fn of_these<'a>(endpoints: &'a [Endpoint], answer: &[bool]) -> impl Iterator<Item = &'a Endpoint> {
    let answers = endpoints.iter().zip(answer).filter(|(_, answers)| **answers);
    answers.map(|(endpoint, _)| endpoint)
}

/// The genesis hash that all endpoints agree on, and which of them answer. One is enough; what the
/// others say instead goes to the error stream.
async fn answering(config: &Config, endpoints: &[Endpoint]) -> Result<(String, Vec<bool>), String> {
    let (mut known, mut silent) = (config.genesis.clone(), Vec::new());
    let mut answer = Vec::new();
    for (endpoint, found) in endpoints.iter().zip(geneses(endpoints).await) {
        answer.push(found.is_ok());
        match found {
            Ok(found) => same_cluster(&mut known, endpoint, found)?,
            Err(reason) => silent.push(reason),
        }
    }
    let said = || {
        if silent.is_empty() { crate::config::NO_ENDPOINT.to_owned() } else { silent.join("; ") }
    };
    let genesis = known.filter(|_| answer.contains(&true)).ok_or_else(said)?;
    silent.iter().for_each(note);
    Ok((genesis, answer))
}

/// All at once: one that hangs costs its own time only.
async fn geneses(endpoints: &[Endpoint]) -> Vec<Result<String, String>> {
    join_all(endpoints.iter().map(Endpoint::genesis)).await
}

/// Refuses an endpoint whose genesis hash is not the known one, which the first to answer sets.
///
/// # Errors
/// A sentence that names both.
pub fn same_cluster(
    known: &mut Option<String>,
    endpoint: &Endpoint,
    found: String,
) -> Result<(), String> {
    let expected = known.get_or_insert_with(|| found.clone());
    if *expected == found {
        return Ok(());
    }
    Err(format!(
        "{} is on another cluster: its genesis hash is {found}, expected {expected}; change rpc, \
         genesis or deployment",
        endpoint.address
    ))
}

/// The program, its exchange and the silo are there, in the layout this binary knows.
async fn program(config: &Config, endpoint: &Endpoint) -> Result<(), String> {
    let id = holdfast::ID;
    let place = &endpoint.address;
    let program = endpoint.account(&id).await?;
    if !program.is_some_and(|found| found.executable) {
        return Err(format!(
            "there is no program {id} on the cluster of {place}: point rpc at the cluster it is deployed on"
        ));
    }
    kept::<Exchange>(config, endpoint, "exchange", address::exchange()).await?;
    kept::<Silo>(config, endpoint, "silo", address::silo(config.silo)).await
}

/// The exchange knows the guardian.
async fn is_guardian(endpoint: &Endpoint, guardian: &Pubkey) -> Result<(), String> {
    let found = endpoint.account(&address::exchange()).await?;
    let exchange = found.and_then(|found| decode::<Exchange>(&found.data).ok());
    let known = exchange.is_some_and(|exchange| exchange.is_guardian(guardian));
    known.then_some(()).ok_or_else(|| {
        format!(
            "{guardian} is no guardian of this exchange: set guardian_keypair to the key of one, or \
             leave it out"
        )
    })
}

/// One of the program's accounts is there, in the layout this binary knows.
async fn kept<T: Pod + Kind>(
    config: &Config,
    endpoint: &Endpoint,
    name: &str,
    address: Pubkey,
) -> Result<(), String> {
    let Some(found) = endpoint.account(&address).await? else {
        return Err(format!(
            "the program has no {name} at {address}: run the migrations, or change silo (now {})",
            config.silo
        ));
    };
    let known = Layout::identify(&found.data, found.data.len()).is_ok();
    let reads = known && found.owner == holdfast::ID && decode::<T>(&found.data).is_ok();
    reads.then_some(()).ok_or_else(|| {
        format!(
            "the {name} at {address} is not as this version knows it: use the holdfast binary \
             built with the deployed program"
        )
    })
}

/// Rewards and fees are paid into a margin account of the wallet.
async fn margin_account(
    config: &Config,
    endpoint: &Endpoint,
    wallet: &Keypair,
    address: Pubkey,
) -> Result<(), String> {
    let found = endpoint.account(&address).await?;
    let reads = found.is_some_and(|found| decode::<MarginAccount>(&found.data).is_ok());
    reads.then_some(()).ok_or_else(|| {
        format!(
            "the wallet {} has no margin account number {} in silo {}: open it with \
             `holdfast account open`, or change account",
            wallet.pubkey(),
            config.account,
            config.silo
        )
    })
}

#[cfg(test)]
mod tests {
    use super::whereabouts;

    #[test]
    fn two_say_where_the_chain_is() {
        let where_is = |slots: &[u64]| whereabouts(slots.iter().copied());
        assert_eq!(where_is(&[]), 0);
        assert_eq!(where_is(&[7]), 7);
        // Of two, the one that goes on.
        assert_eq!(where_is(&[7, 900]), 900);
        // One of three that runs ahead, or has stopped, changes nothing.
        assert_eq!(where_is(&[9_000_000, 900, 901]), 901);
        assert_eq!(where_is(&[7, 900, 901]), 900);
    }
}
