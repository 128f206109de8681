//! The steps after the program: what is missing on a cluster, and how it is made.

use std::fmt;

use anchor_lang::solana_program::bpf_loader_upgradeable as loader;
use holdfast_client::holdfast;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::Feeds;
use holdfast_client::holdfast::state::{
    Exchange, MarketTermsState, Silo, SiloTermsState, ThresholdsState, TimelockState,
};
use holdfast_client::{Pubkey, address, instruction};
use serde::Serialize;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::Cluster;
use crate::account::read;
use crate::program::authority;

/// What a cluster should have.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Owner of the token accounts that protocol fees may go to.
    pub fee_receiver: Pubkey,
    /// Who may take changes back and tighten.
    pub guardians: Vec<Pubkey>,
    /// When chain health tightens and loosens.
    pub thresholds: ThresholdsState,
    /// How long changes wait.
    pub timelock: TimelockState,
    /// Silos, in the order of their numbers.
    pub silos: Vec<SiloPlan>,
}

impl Deployment {
    /// Whether a market has a feed of Pyth's pull oracle.
    pub fn has_pull_feeds(&self) -> bool {
        let markets = self.silos.iter().flat_map(|silo| &silo.markets);
        let mut sources = markets.flat_map(|market| &market.feeds.sources);
        sources.any(|source| source.provider == Provider::PythPull as u8)
    }
}

/// A silo that should exist.
#[derive(Clone, Debug)]
pub struct SiloPlan {
    /// Its collateral mint.
    pub mint: Pubkey,
    /// Its settings.
    pub terms: SiloTermsState,
    /// Its markets, in the order of their indices.
    pub markets: Vec<MarketPlan>,
}

/// A market that should exist.
#[derive(Clone, Debug)]
pub struct MarketPlan {
    /// Its name, at most 16 bytes.
    pub name: String,
    /// Its settings.
    pub terms: MarketTermsState,
    /// Its feeds.
    pub feeds: Feeds,
}

/// Something a cluster lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The exchange and its chain health.
    CreateExchange,
    /// A silo, by its number.
    CreateSilo(u16),
    /// A market, by its silo's number and its index.
    ListMarket(u16, u8),
    /// The exchange becomes the program's upgrade authority, for good: from then on the program is
    /// replaced by a change that waited, or not at all.
    HandOver,
    /// The end of set-up: from then on money comes in and every change waits.
    Lock,
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::CreateExchange => out.write_str("create the exchange"),
            Self::CreateSilo(number) => write!(out, "create silo {number}"),
            Self::ListMarket(number, index) => write!(out, "list market {index} of silo {number}"),
            Self::HandOver => out.write_str(
                "hand the upgrade authority to the exchange: upgrades wait from then on",
            ),
            Self::Lock => out.write_str("lock the exchange: set-up ends and money may come in"),
        }
    }
}

/// What is missing on `cluster`, in the order it has to be made.
///
/// # Errors
/// A sentence when the cluster does not answer, holds accounts this version does not read, has a
/// silo of another mint, or lacks something though its exchange is locked.
pub fn plan(cluster: &mut impl Cluster, wanted: &Deployment) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let exchange = read::<Exchange>(cluster, &address::exchange())?;
    if exchange.is_none() {
        steps.push(Step::CreateExchange);
    }
    for (number, silo) in (0_u16..).zip(&wanted.silos) {
        let found = read::<Silo>(cluster, &address::silo(number))?;
        if let Some(found) = found.filter(|found| found.mint != silo.mint) {
            return Err(format!("silo {number} exists with another mint: {}", found.mint));
        }
        let listed = found.map_or(0, |found| found.market_count);
        if found.is_none() {
            steps.push(Step::CreateSilo(number));
        }
        let missing = (0_u8..).zip(&silo.markets).skip(usize::from(listed));
        steps.extend(missing.map(|(index, _)| Step::ListMarket(number, index)));
    }
    let locked = exchange.is_some_and(|exchange| exchange.is_locked());
    if let Some(step) = steps.first().filter(|_| locked) {
        return Err(format!("the exchange is locked: propose a change for {step:?}"));
    }
    let authority = authority(cluster, &holdfast::ID)?;
    if authority != Some(address::exchange()) {
        steps.push(Step::HandOver);
    }
    if !locked {
        steps.push(Step::Lock);
    }
    Ok(steps)
}

/// Makes one missing thing, signed and paid by `admin`.
///
/// # Errors
/// A sentence saying why it could not be made.
pub fn apply(
    cluster: &mut impl Cluster,
    admin: &Keypair,
    wanted: &Deployment,
    step: Step,
) -> Result<(), String> {
    let silo_plan = |number: u16| {
        wanted.silos.get(usize::from(number)).ok_or(format!("the plan has no silo {number}"))
    };
    let payer = admin.pubkey();
    let instruction = match step {
        Step::CreateExchange => {
            instruction::create_exchange(payer, wanted.fee_receiver, wanted.thresholds)
        }
        Step::CreateSilo(number) => {
            let silo = silo_plan(number)?;
            instruction::create_silo(payer, number, silo.mint, silo.terms)
        }
        Step::ListMarket(number, index) => {
            let market = silo_plan(number)?.markets.get(usize::from(index));
            let market = market.ok_or(format!("the plan has no market {index}"))?;
            let name = padded(&market.name)?;
            let (silo, feeds) = (address::silo(number), market.feeds.clone());
            instruction::list_market(payer, silo, index, name, market.terms, feeds)
        }
        Step::HandOver => {
            let exchange = address::exchange();
            loader::set_upgrade_authority(&holdfast::ID, &payer, Some(&exchange))
        }
        Step::Lock => {
            let silos = u16::try_from(wanted.silos.len()).map_err(|_| "too many silos")?;
            instruction::lock_exchange(payer, wanted.guardians.clone(), wanted.timelock, silos)
        }
    };
    cluster.send(&[instruction], &[admin])
}

pub(crate) fn padded(name: &str) -> Result<[u8; 16], String> {
    let mut bytes = [0; 16];
    let target = bytes.get_mut(..name.len()).ok_or(format!("{name:?} is longer than 16 bytes"))?;
    target.copy_from_slice(name.as_bytes());
    Ok(bytes)
}
