//! What a person does with the wallet.

pub mod account;
pub mod change;
pub mod exit;
pub mod guardian;
pub mod pool;
mod refused;
mod submit;
pub mod trade;
mod wait;

use holdfast_client::holdfast::state::{MarginAccount, Market, Silo};
use holdfast_client::{Instruction, Pubkey, address, decode, instruction, tokens};
use holdfast_risk::pool::PoolKind;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::config::Config;
use crate::preflight;
use crate::render;
use holdfast_rpc::Endpoint;

/// A person: a wallet, and the silo it is used in.
pub struct TraderSession<'a> {
    config: &'a Config,
    endpoints: Vec<Endpoint>,
    wallet: Keypair,
    silo: Pubkey,
}

impl<'a> TraderSession<'a> {
    /// The settings' wallet on the settings' cluster.
    ///
    /// # Errors
    /// A sentence when the keypair cannot be read, no endpoint answers, or one is on another cluster.
    pub async fn new(config: &'a Config) -> Result<Self, String> {
        let wallet = preflight::wallet(config)?;
        let endpoints = preflight::usable(config).await?;
        Ok(Self { config, endpoints, wallet, silo: address::silo(config.silo) })
    }

    fn endpoint(&self) -> Result<&Endpoint, String> {
        self.endpoints.first().ok_or_else(|| crate::config::NO_ENDPOINT.to_owned())
    }

    fn owner(&self) -> Pubkey {
        self.wallet.pubkey()
    }

    async fn silo(&self) -> Result<Silo, String> {
        render::read(self.endpoint()?, "silo", &self.silo).await
    }

    /// Address of the wallet's margin account, whether it exists or not.
    fn account_address(&self) -> Pubkey {
        address::margin_account(&self.silo, &self.owner(), self.config.account)
    }

    /// The wallet's margin account.
    async fn account(&self) -> Result<(Pubkey, MarginAccount), String> {
        let address = self.account_address();
        if self.endpoint()?.account(&address).await?.is_none() {
            return Err(format!(
                "the wallet {} has no margin account number {} in silo {}: open it first with \
                 `holdfast account open`, or name another with --account",
                self.owner(),
                self.config.account,
                self.config.silo
            ));
        }
        Ok((address, render::read(self.endpoint()?, "margin account", &address).await?))
    }

    /// All the silo's markets, in the order of their indices.
    async fn markets(&self) -> Result<Vec<(Pubkey, Market)>, String> {
        let count = self.silo().await?.market_count;
        let addresses: Vec<_> =
            (0..count).map(|index| address::market(&self.silo, index)).collect();
        let found = self.endpoint()?.accounts(&addresses).await?;
        let markets = addresses.into_iter().zip(found).filter_map(|(address, found)| {
            let market: Market = decode::decode(&found?.data).ok()?;
            Some((address, market))
        });
        Ok(markets.collect())
    }

    /// A market by its index or name.
    async fn market(&self, wanted: &str) -> Result<(Pubkey, Market), String> {
        let markets = self.markets().await?;
        let found = markets.iter().find(|(_, market)| {
            market.index.to_string() == wanted
                || render::name(&market.name).eq_ignore_ascii_case(wanted)
        });
        found.copied().ok_or_else(|| {
            let all = markets.iter();
            let known: Vec<_> = all
                .map(|(_, market)| format!("{} {}", market.index, render::name(&market.name)))
                .collect();
            format!(
                "there is no market {wanted} in silo {}; it has: {}",
                self.config.silo,
                known.join(", ")
            )
        })
    }

    /// Refuses when the wallet's token account of a mint holds less than `amount`.
    async fn must_hold(&self, what: &str, mint: &Pubkey, amount: u64) -> Result<Pubkey, String> {
        let address = tokens::address(&self.owner(), mint);
        let found = self.endpoint()?.account(&address).await?;
        let held = found.and_then(|found| tokens::balance(&found.data)).unwrap_or_default();
        if held < amount {
            return Err(format!(
                "the wallet's token account {address} holds {} {what} of mint {mint} and {} are \
                 needed: send it more, or ask for less",
                render::amount(held),
                render::amount(amount)
            ));
        }
        Ok(address)
    }
}

/// What goes in front of a payment of up to `amount` out of a pool's vault: if the silo at `address`
/// counts on less there, the rest is fetched from the other vault.
pub fn fetches(address: Pubkey, silo: &Silo, kind: PoolKind, amount: u64) -> Option<Instruction> {
    (silo.counted(kind) < amount).then(|| instruction::reconcile_vaults(address))
}

/// Refuses when the account holds less than `amount`, whatever positions need of it.
pub fn must_have(account: &MarginAccount, amount: u64) -> Result<(), String> {
    let held = account.collateral;
    (amount <= held).then_some(()).ok_or_else(|| {
        format!(
            "the account has {} of collateral and {} was asked for: ask for less",
            render::amount(held),
            render::amount(amount)
        )
    })
}
