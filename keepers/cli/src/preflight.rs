//! What has to be right before anything is sent. Each refusal says what to change.

use bytemuck::Pod;
use futures_util::future::join_all;
use holdfast_client::decode::{Kind, decode};
use holdfast_client::holdfast::state::{Exchange, MarginAccount, Silo};
use holdfast_client::{Pubkey, address, holdfast};
use holdfast_rpc::{Endpoint, keypair_file};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::config::Config;
use crate::render::decimal;

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

/// Asks every endpoint which cluster it is on, and the first that answers for the venue and the
/// wallet.
///
/// # Errors
/// A sentence for the first thing that is not as the settings want it.
pub async fn cluster(
    config: &Config,
    endpoints: &[Endpoint],
    wallet: &Keypair,
    guardian: Option<&Keypair>,
) -> Result<Standing, String> {
    let (genesis, first) = venue(config, endpoints).await?;
    let owner = wallet.pubkey();
    let keepers = config.keepers()?;
    if !keepers.is_empty() && !keepers.contains(&owner) {
        return Err(format!(
            "keepers does not name the wallet {owner}: the others would not take turns with it; give \
             all of them the same list, with every wallet in it"
        ));
    }
    if let Some(guardian) = guardian {
        is_guardian(first, &guardian.pubkey()).await?;
    }
    let silo = address::silo(config.silo);
    let account = address::margin_account(&silo, &wallet.pubkey(), config.account);
    margin_account(config, first, wallet, account).await?;
    let lamports = first.account(&wallet.pubkey()).await?.map_or(0, |found| found.lamports);
    if lamports < config.least_lamports {
        return Err(format!(
            "the wallet {} holds {} SOL and least_lamports asks for {}: send it SOL, or lower the setting",
            wallet.pubkey(),
            decimal(lamports, 9),
            decimal(config.least_lamports, 9),
        ));
    }
    Ok(Standing { genesis, lamports, account })
}

/// Asks every endpoint which cluster it is on, and the first that answers for the venue. Says the
/// cluster's genesis hash and which endpoint that is.
///
/// # Errors
/// A sentence for the first thing that is not as the settings want it.
pub async fn venue<'a>(
    config: &Config,
    endpoints: &'a [Endpoint],
) -> Result<(String, &'a Endpoint), String> {
    let (genesis, answer) = answering(config, endpoints).await?;
    let answers = endpoints.iter().zip(answer).find(|(_, answers)| *answers);
    let (first, _) = answers.ok_or(crate::config::NO_ENDPOINT)?;
    program(config, first).await?;
    Ok((genesis, first))
}

/// Endpoints that answer and are on one cluster, the one the settings name. A person needs only one
/// of them.
///
/// # Errors
/// A sentence when one is on another cluster, or none answers.
pub async fn usable(config: &Config) -> Result<Vec<Endpoint>, String> {
    let all = Endpoint::all(&config.rpc);
    let (_, answer) = answering(config, &all).await?;
    let answers = all.into_iter().zip(answer).filter(|(_, answers)| *answers);
    Ok(answers.map(|(endpoint, _)| endpoint).collect())
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
    for reason in silent {
        eprintln!("note: {reason}");
    }
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
    let reads = found.owner == holdfast::ID && decode::<T>(&found.data).is_ok();
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
