//! What has to be right before accounts are watched. Each refusal says what to change.

use holdfast_client::decode::decode;
use holdfast_client::holdfast::state::{MarginAccount, Silo};
use holdfast_client::{Pubkey, address, tokens};
use holdfast_rpc::Endpoint;

use crate::asking::first_answer;
use crate::config::Config;
use crate::preflight;
use crate::render;

/// What was found.
pub struct Watch {
    /// The cluster's genesis hash.
    pub genesis: String,
    /// What the wallet holds.
    pub lamports: u64,
    /// The token account that margin comes out of.
    pub source: Pubkey,
}

/// Asks every endpoint which cluster it is on, and one after the other for the venue, the accounts, the
/// wallet and what it may spend, until one answers.
///
/// # Errors
/// A sentence for the first thing that is not as the settings want it.
pub async fn watch(
    config: &Config,
    endpoints: &[Endpoint],
    wallet: &Pubkey,
) -> Result<Watch, String> {
    if config.guard.accounts.is_empty() {
        return Err(
            "guard.accounts is empty: name the margin accounts to watch; `holdfast account \
                    list` lists the wallet's"
                .to_owned(),
        );
    }
    let (genesis, usable) = preflight::venue(config, endpoints).await?;
    let seen = first_answer(usable, async |endpoint| look(config, endpoint, wallet).await);
    let (source, lamports) = seen.await?;
    let sends = config.guard.top_up_percent > 0 || config.guard.places_orders();
    if sends && lamports < config.least_lamports {
        return Err(format!(
            "the wallet {wallet} holds {} SOL and least_lamports asks for {}: send it SOL, or lower \
             the setting",
            render::decimal(lamports, 9),
            render::decimal(config.least_lamports, 9),
        ));
    }
    Ok(Watch { genesis, lamports, source })
}

/// The token account that margin comes out of, and what the wallet holds, where an endpoint shows the
/// accounts and what the wallet may spend as the settings want them.
async fn look(
    config: &Config,
    endpoint: &Endpoint,
    wallet: &Pubkey,
) -> Result<(Pubkey, u64), String> {
    let state: Silo = render::read(endpoint, "silo", &address::silo(config.silo)).await?;
    let own = tokens::address(wallet, &state.mint);
    let source = config.guard.source()?.unwrap_or(own);
    let accounts = config.guard.terms(source)?.accounts;
    let mut owned = false;
    for address in &accounts {
        owned |= owner(config, endpoint, address).await? == *wallet;
    }
    if config.guard.places_orders() && !owned {
        return Err(format!(
            "guard.reduce_percent and guard.trail_bps take the owner's keypair, and {wallet} owns \
             none of guard.accounts: change keypair, or set both to 0"
        ));
    }
    if config.guard.top_up_percent > 0 {
        spendable(endpoint, &source, &state.mint, wallet).await?;
    }
    let lamports = endpoint.account(wallet).await?.map_or(0, |found| found.lamports);
    Ok((source, lamports))
}

/// Who owns a margin account of the silo.
async fn owner(config: &Config, endpoint: &Endpoint, address: &Pubkey) -> Result<Pubkey, String> {
    let found = endpoint.account(address).await?;
    let account = found.and_then(|found| decode::<MarginAccount>(&found.data).ok());
    let silo = address::silo(config.silo);
    let owner = account.filter(|account| account.silo == silo).map(|account| account.owner);
    owner.ok_or_else(|| {
        format!(
            "guard.accounts names {address}, which is no margin account of silo {}: `holdfast account \
             list` lists the wallet's",
            config.silo
        )
    })
}

/// Refused unless the wallet may spend of the token account that margin comes out of.
async fn spendable(
    endpoint: &Endpoint,
    source: &Pubkey,
    mint: &Pubkey,
    wallet: &Pubkey,
) -> Result<(), String> {
    let found = endpoint.account(source).await?;
    let allowed = found.and_then(|found| tokens::spendable(&found.data, mint, wallet));
    match allowed {
        None => Err(format!(
            "{source} is no token account of the silo's mint {mint}, and margin is to come out of it: \
             send the wallet tokens, or set guard.source"
        )),
        Some(0) => Err(format!(
            "the wallet {wallet} may spend nothing of the token account {source}: send it tokens, or \
             let its owner approve the wallet with `spl-token approve {source} AMOUNT {wallet}`"
        )),
        Some(_) => Ok(()),
    }
}
