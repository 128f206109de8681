//! `deployment.toml`: what a cluster should have, written down.

mod fields;
mod terms;

use std::path::{Path, PathBuf};

use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::holdfast::state::{ThresholdsState, TimelockState};
use holdfast_client::{Pubkey, address, feed};
use holdfast_risk::chain::health::Thresholds;
use holdfast_risk::governance::{Timelock, check_guardians};
use holdfast_risk::market::terms::MarketTerms;
use serde::Deserialize;
use toml::Spanned;

use crate::recording;
use crate::tier::{self, Tier};
use crate::{Cluster, Deployment, MarketPlan, SiloPlan, presets};
use fields::{Address, FeedId, ProviderName};
use terms::{MarketChanges, SiloChanges, ThresholdChanges};

/// A deployment with what its file says beside it.
#[derive(Clone, Debug)]
pub struct DesiredState {
    /// What the cluster should have.
    pub deployment: Deployment,
    /// Feed accounts that are fixed: the silo's number, the market's index and the account.
    pub feeds: Vec<(u16, u8, Pubkey)>,
    /// What the markets' own histories say about their tiers, in sentences.
    pub tiers: Vec<String>,
    /// The same where a market's terms cover less than its history moved.
    pub warnings: Vec<String>,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeploymentFile {
    fee_receiver: Address,
    guardians: Spanned<Vec<Address>>,
    thresholds: Option<Spanned<ThresholdChanges>>,
    timelock: Option<Spanned<TimelockFile>>,
    #[serde(rename = "silo")]
    silos: Vec<Spanned<SiloFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimelockFile {
    wait_ms: u64,
    ready_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiloFile {
    mint: Address,
    #[serde(default)]
    terms: SiloChanges,
    #[serde(rename = "market", default)]
    markets: Vec<Spanned<MarketFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketFile {
    name: Spanned<String>,
    price: u64,
    /// Which preset: how much the price moves.
    tier: Option<Tier>,
    /// A file of candles, as exchanges export them, that says how much it moved; a relative path is
    /// meant from the deployment file.
    history: Option<Spanned<PathBuf>>,
    quorum: u8,
    #[serde(default)]
    terms: MarketChanges,
    #[serde(rename = "feed")]
    feeds: Vec<Spanned<FeedFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedFile {
    provider: ProviderName,
    id: Option<FeedId>,
    account: Option<Address>,
}

/// Reads a deployment file and checks everything in it. Feeds that are named by their account alone
/// are looked up on the cluster.
///
/// # Errors
/// A sentence naming the file, the line and the field.
pub fn read(cluster: &mut impl Cluster, path: &Path) -> Result<DesiredState, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!(
            "{shown} cannot be read ({error}): start from migrations/deployment.example.toml, and \
             name yours with --plan-file"
        )
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(cluster, &text, folder).map_err(|error| format!("{shown}: {error}"))
}

/// As [`read`], from the file's text; `folder` is where it lies.
///
/// # Errors
/// A sentence naming the line and the field.
pub fn parse(
    cluster: &mut impl Cluster,
    text: &str,
    folder: &Path,
) -> Result<DesiredState, String> {
    let file: DeploymentFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let lines = Lines(text);
    let guardians: Vec<_> = file.guardians.get_ref().iter().map(|key| key.0).collect();
    check_guardians(&guardians)
        .map_err(|_| lines.say(&file.guardians, "guardians are two to five different keys"))?;
    let mut wanted = DesiredState {
        deployment: Deployment {
            fee_receiver: file.fee_receiver.0,
            guardians,
            thresholds: thresholds(&lines, file.thresholds.as_ref())?,
            timelock: timelock(&lines, file.timelock.as_ref())?,
            silos: Vec::new(),
        },
        feeds: Vec::new(),
        tiers: Vec::new(),
        warnings: Vec::new(),
    };
    for (number, silo) in (0_u16..).zip(&file.silos) {
        let plan = lines.silo(cluster, silo, number, &mut wanted.feeds)?;
        for (market, planned) in silo.get_ref().markets.iter().zip(&plan.markets) {
            lines.history(market.get_ref(), planned, folder, &mut wanted)?;
        }
        wanted.deployment.silos.push(plan);
    }
    Ok(wanted)
}

fn thresholds(
    lines: &Lines,
    given: Option<&Spanned<ThresholdChanges>>,
) -> Result<ThresholdsState, String> {
    let Some(given) = given else { return Ok(presets::thresholds()) };
    let state = given.get_ref().over(presets::thresholds());
    Thresholds::from(&state).check().map_err(|bound| {
        lines.say(given, &format!("the thresholds leave the bounds of the program: {bound}"))
    })?;
    Ok(state)
}

fn timelock(lines: &Lines, given: Option<&Spanned<TimelockFile>>) -> Result<TimelockState, String> {
    let Some(given) = given else { return Ok(presets::timelock()) };
    let TimelockFile { wait_ms, ready_ms } = *given.get_ref();
    let state = TimelockState { wait_ms, ready_ms };
    let checked = Timelock::from(&state).check();
    checked.map_err(|_| lines.say(given, "wait_ms and ready_ms are each 1 to 30 days"))?;
    Ok(state)
}

/// The text, to say where something is.
struct Lines<'a>(&'a str);

impl Lines<'_> {
    fn say<T>(&self, place: &Spanned<T>, what: &str) -> String {
        let before = self.0.get(..place.span().start).unwrap_or_default();
        format!("line {}: {what}", before.matches('\n').count() + 1)
    }

    fn silo(
        &self,
        cluster: &mut impl Cluster,
        given: &Spanned<SiloFile>,
        number: u16,
        accounts: &mut Vec<(u16, u8, Pubkey)>,
    ) -> Result<SiloPlan, String> {
        let silo = given.get_ref();
        let terms = silo.terms.over(presets::silo());
        terms.check().map_err(|bound| {
            self.say(given, &format!("the silo's terms leave the bounds of the program: {bound}"))
        })?;
        let mut markets = Vec::new();
        for (index, market) in (0_u8..).zip(&silo.markets) {
            let mut fixed = |account| accounts.push((number, index, account));
            markets.push(self.market(cluster, market, &mut fixed)?);
        }
        Ok(SiloPlan { mint: silo.mint.0, terms, markets })
    }

    fn market(
        &self,
        cluster: &mut impl Cluster,
        given: &Spanned<MarketFile>,
        fixed: &mut impl FnMut(Pubkey),
    ) -> Result<MarketPlan, String> {
        let market = given.get_ref();
        let name = market.name.get_ref();
        if !(1..=16).contains(&name.len()) {
            return Err(self.say(&market.name, "a market's name has 1 to 16 bytes"));
        }
        let preset = market
            .tier
            .map_or_else(|| presets::market(market.price), |tier| tier.market(market.price));
        let terms = market.terms.over(preset);
        MarketTerms::from(&terms).check().map_err(|bound| {
            let what = format!("the terms of {name} leave the bounds of the program: {bound}");
            self.say(given, &what)
        })?;
        let mut sources = Vec::new();
        for feed in &market.feeds {
            sources.push(self.feed(cluster, feed, fixed)?);
        }
        let feeds = Feeds { sources, quorum: market.quorum };
        feeds.check().map_err(|_| {
            let what = format!(
                "{name} needs one to five different feeds and a quorum of more than half of them, \
                 which no provider reaches alone where there are several"
            );
            self.say(given, &what)
        })?;
        Ok(MarketPlan { name: name.clone(), terms, feeds })
    }

    /// What a market's own history says about its tier.
    fn history(
        &self,
        given: &MarketFile,
        planned: &MarketPlan,
        folder: &Path,
        wanted: &mut DesiredState,
    ) -> Result<(), String> {
        let Some(history) = &given.history else { return Ok(()) };
        let at = |reason: String| self.say(history, &reason);
        let read = recording::read(&folder.join(history.get_ref())).map_err(at)?;
        let listed = planned.terms.tier_volatility_ppm;
        let (said, asks_more) = tier::judge(&planned.name, &read.bars, listed).map_err(at)?;
        let to = if asks_more { &mut wanted.warnings } else { &mut wanted.tiers };
        to.push(said);
        Ok(())
    }

    fn feed(
        &self,
        cluster: &mut impl Cluster,
        given: &Spanned<FeedFile>,
        fixed: &mut impl FnMut(Pubkey),
    ) -> Result<FeedSource, String> {
        let feed = given.get_ref();
        let provider = feed.provider.0;
        let account = feed.account.as_ref().map(|account| account.0);
        let id = feed.id.as_ref().map(|id| id.0);
        let id = match (provider, id, account) {
            // The manifest takes these accounts from the ids.
            (Provider::PythPriceAccount, None, Some(account)) => account.to_bytes(),
            (Provider::PythPriceAccount, ..) => {
                return Err(self.say(given, "a pyth-price-account is named by its account alone"));
            }
            (Provider::Stork, Some(id), given_account) => {
                let account = address::stork_feed(&id);
                if given_account.is_some_and(|given| given != account) {
                    let what = format!("the account of this stork feed is {account}: leave it out");
                    return Err(self.say(given, &what));
                }
                fixed(account);
                id
            }
            (_, Some(id), account) => {
                account.into_iter().for_each(fixed);
                id
            }
            (_, None, Some(account)) => {
                fixed(account);
                id_of(cluster, provider, &account).map_err(|what| self.say(given, &what))?
            }
            (_, None, None) => {
                return Err(self.say(given, "a feed is named by its id, its account, or both"));
            }
        };
        Ok(FeedSource { provider: provider as u8, id })
    }
}

/// The feed's id, as its account on the cluster gives it.
fn id_of(
    cluster: &mut impl Cluster,
    provider: Provider,
    account: &Pubkey,
) -> Result<[u8; 32], String> {
    let found = cluster.account(account)?.ok_or(format!(
        "there is no account {account} on the cluster: name another, or the feed's id"
    ))?;
    let reading = feed::read(account, &found.owner, &found.data);
    reading
        .filter(|reading| reading.provider == provider as u8)
        .map(|reading| reading.id)
        .ok_or(format!("{account} is no feed of this provider: name another, or the feed's id"))
}

#[cfg(test)]
mod tests;
