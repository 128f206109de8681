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

use std::cell::Cell;

use bytemuck::Pod;
use holdfast_client::decode::Kind;
use holdfast_client::holdfast::state::{MarginAccount, Market, Silo};
use holdfast_client::{Instruction, Pubkey, address, decode, instruction, tokens};
use holdfast_risk::Millis;
use holdfast_risk::pool::PoolKind;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::asking::first_answer;
use crate::config::Config;
use crate::preflight;
use crate::render;
use holdfast_rpc::Endpoint;

/// A person: a wallet, and the silo it is used in.
pub struct TraderSession<'a> {
    config: &'a Config,
    endpoints: Vec<Endpoint>,
    /// The endpoint that answered last, by its number: it is asked first.
    answering: Cell<usize>,
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
        let silo = address::silo(config.silo);
        Ok(Self { config, endpoints, answering: Cell::new(0), wallet, silo })
    }

    /// All endpoints, in the order in which they are asked.
    fn in_turn(&self) -> impl Iterator<Item = &Endpoint> {
        let (before, from) = self.endpoints.split_at(self.answering.get());
        from.iter().chain(before)
    }

    /// What the first endpoint says that answers.
    async fn any<T>(&self, ask: impl AsyncFn(&Endpoint) -> Result<T, String>) -> Result<T, String> {
        first_answer(self.in_turn(), async |endpoint| {
            let answer = ask(endpoint).await?;
            let number = self.endpoints.iter().position(|it| std::ptr::eq(it, endpoint));
            self.answering.set(number.unwrap_or_default());
            Ok(answer)
        })
        .await
    }

    /// One of the program's accounts.
    async fn read<T: Pod + Kind>(&self, what: &str, address: &Pubkey) -> Result<T, String> {
        self.any(async |endpoint| render::read(endpoint, what, address).await).await
    }

    /// The cluster's clock.
    async fn clock(&self) -> Result<Millis, String> {
        self.any(async |endpoint| endpoint.clock().await).await
    }

    fn owner(&self) -> Pubkey {
        self.wallet.pubkey()
    }

    async fn silo(&self) -> Result<Silo, String> {
        self.read("silo", &self.silo).await
    }

    /// Address of the wallet's margin account, whether it exists or not.
    fn account_address(&self) -> Pubkey {
        address::margin_account(&self.silo, &self.owner(), self.config.account)
    }

    /// The wallet's margin account.
    async fn account(&self) -> Result<(Pubkey, MarginAccount), String> {
        let address = self.account_address();
        let account = self.any(async |endpoint| {
            if endpoint.account(&address).await?.is_none() {
                return Err(format!(
                    "the wallet {} has no margin account number {} in silo {}: open it first with \
                     `holdfast account open`, or name another with --account",
                    self.owner(),
                    self.config.account,
                    self.config.silo
                ));
            }
            render::read(endpoint, "margin account", &address).await
        });
        Ok((address, account.await?))
    }

    /// All the silo's markets, in the order of their indices.
    async fn markets(&self) -> Result<Vec<(Pubkey, Market)>, String> {
        let count = self.silo().await?.market_count;
        let addresses: Vec<_> =
            (0..count).map(|index| address::market(&self.silo, index)).collect();
        let found = self.any(async |endpoint| endpoint.accounts(&addresses).await).await?;
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
        let found = self.any(async |endpoint| endpoint.account(&address).await).await?;
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
