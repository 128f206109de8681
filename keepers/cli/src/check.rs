//! `holdfast config check`: whether everything that a keeper needs is there, also what it only needs later.

use futures_util::future::join_all;
use holdfast_client::decode::Kind;
use holdfast_client::feed::{self, Reading};
use holdfast_client::holdfast;
use holdfast_client::holdfast::state::Market;
use holdfast_rpc::{Endpoint, Found};
use serde_json::{Value, json};
use solana_signer::Signer;

use crate::config::Config;
use crate::daemon::stream;
use crate::output::{CommandOutput, joined};
use crate::preflight::{self, Standing};
use crate::prices;
use crate::render;

/// Something that was tried: what was found, or why it does not do.
struct Tried {
    name: String,
    found: Result<String, String>,
}

impl Tried {
    fn text(&self) -> String {
        match &self.found {
            Ok(found) => format!("{}: {found}", self.name),
            Err(reason) => reason.clone(),
        }
    }

    fn facts(&self) -> Value {
        let found = self.found.as_ref();
        json!({"name": self.name, "found": found.ok(), "error": found.err()})
    }
}

/// Says what was checked, or what to change. What a keeper can do without is told as an exception.
///
/// # Errors
/// A sentence for the first thing that would stop a keeper.
pub async fn run(config: &Config, offline: bool) -> Result<CommandOutput, String> {
    let (wallet, guardian) = (preflight::wallet(config)?, preflight::guardian(config)?);
    preflight::identity(config, &wallet)?;
    let guardian_key = guardian.as_ref().map(|key| key.pubkey().to_string());
    let keys = json!({"wallet": wallet.pubkey().to_string(), "guardian": &guardian_key});
    if offline {
        return Ok(CommandOutput::new(
            "settings and keypair are fine; no endpoint was asked",
            keys,
        ));
    }
    let endpoints = Endpoint::all(&config.rpc);
    let Standing { genesis, lamports, account } =
        preflight::cluster(config, &endpoints, &wallet, guardian.as_ref()).await?;
    let tried = [
        ("accounts", accounts(&endpoints).await?),
        ("streams", streams(config).await?),
        ("feeds", feeds(config).await?),
    ];
    let prices = prices::check(config).await?;
    let mut found = json!({
        "genesis": &genesis,
        "lamports": lamports,
        "account": account.to_string(),
        "prices": &prices,
    });
    let mut rows = vec![
        ("cluster", genesis),
        ("wallet", format!("{} SOL", render::decimal(lamports, 9))),
        ("rewards go to", account.to_string()),
        ("guardian", guardian_key.unwrap_or_else(|| "none".to_owned())),
    ];
    for (name, tried) in &tried {
        rows.push((*name, said(tried)));
        found[*name] = tried.iter().map(Tried::facts).collect();
    }
    rows.push(("prices", prices));
    let amiss = tried.iter().flat_map(|(_, tried)| tried).filter_map(|it| it.found.as_ref().err());
    let amiss: Vec<_> = amiss.map(|reason| format!("\n- {reason}")).collect();
    let verdict = if amiss.is_empty() { "all is well" } else { "all is well, except that" };
    let text = format!("{}\n{verdict}{}", render::facts(&rows), amiss.concat());
    Ok(CommandOutput::new(text, joined(keys, found)))
}

fn said(tried: &[Tried]) -> String {
    tried.iter().map(Tried::text).collect::<Vec<_>>().join("; ")
}

/// Whether endpoints list the program's accounts, all of which a keeper mirrors. Not every provider does.
///
/// # Errors
/// A sentence when none does: a keeper would never be ready.
async fn accounts(endpoints: &[Endpoint]) -> Result<Vec<Tried>, String> {
    let asked = endpoints.iter().map(async |endpoint| {
        // A few of them show whether it does so at all.
        let heads = endpoint.heads(&holdfast::ID, Market::DISCRIMINATOR, 0).await;
        let found = heads.map(|heads| format!("lists {} markets", heads.len()));
        Tried { name: endpoint.address.to_string(), found }
    });
    let tried = join_all(asked).await;
    if tried.iter().any(|tried| tried.found.is_ok()) {
        return Ok(tried);
    }
    Err(format!(
        "no endpoint lists the program's accounts, and a keeper needs all of them ({}): ask a provider for \
         getProgramAccounts, or name others in rpc",
        said(&tried)
    ))
}

/// Whether streams open. A keeper does without, by taking snapshots all the time.
async fn streams(config: &Config) -> Result<Vec<Tried>, String> {
    let feeds = config.feeds()?;
    let asked = config.streams().into_iter().map(async |address| {
        let opened = stream::opens(&address, feeds.clone()).await;
        let found = opened.map(|()| "opens".to_owned());
        let found =
            found.map_err(|reason| format!("{address} does not open ({reason}): check websocket"));
        Tried { name: address.to_string(), found }
    });
    Ok(join_all(asked).await)
}

/// Whether the settings name enough feeds of each market for a price. Others refresh it where they do not.
async fn feeds(config: &Config) -> Result<Vec<Tried>, String> {
    let (named, markets) = (config.feeds()?, render::known_markets(config).await?);
    let found = render::any(config, async |endpoint| endpoint.accounts(&named).await).await?;
    let reading = |(address, found): (_, &Option<Found>)| {
        let Found { owner, data, .. } = found.as_ref()?;
        feed::read(address, owner, data)
    };
    let readings: Vec<_> = named.iter().zip(&found).filter_map(reading).collect();
    let open = markets.iter().filter(|(_, market)| !market.is_settled());
    Ok(open.map(|(_, market)| named_of(market, &readings)).collect())
}

fn named_of(market: &Market, readings: &[Reading]) -> Tried {
    let listed = market.feeds.iter().take(usize::from(market.feed_count));
    let named = listed.filter(|feed| readings.iter().any(|reading| reading.is_of(feed))).count();
    let name = render::name(&market.name);
    let (count, quorum) = (market.feed_count, market.quorum);
    let found = if named < usize::from(quorum) {
        Err(format!(
            "others have to refresh {name}: feeds names accounts of {named} of its {count} feeds that can be \
             read, and a price takes {quorum}"
        ))
    } else {
        Ok(format!("{named} of {count} feeds"))
    };
    Tried { name, found }
}
