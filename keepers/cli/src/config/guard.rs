//! Watching accounts of one's own.

use std::path::PathBuf;

use holdfast_client::Pubkey;
use holdfast_keeper_core::guard::GuardTerms;
use holdfast_risk::Millis;
use holdfast_rpc::Address;
use serde::{Deserialize, Serialize};

use super::{addresses, list};

/// The margin at which an account can be flagged, percent of its maintenance margin.
const MAINTENANCE: u32 = 100;
/// The whole, basis points.
const ONE: u16 = 10_000;

/// Watching accounts of one's own.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardSettings {
    /// Addresses of the margin accounts.
    #[serde(deserialize_with = "list")]
    pub accounts: Vec<String>,
    /// Warn below this, equity in percent of the maintenance margin; zero, as for the other lines:
    /// never.
    pub warn_percent: u32,
    /// Add margin below this.
    pub top_up_percent: u32,
    /// Reduce the largest position below this, where margin is not added.
    pub reduce_percent: u32,
    /// So far margin is added and positions are reduced.
    pub to_percent: u32,
    /// All lines are this much higher while venue or chain is strained.
    pub strained_percent: u32,
    /// Margin added within `budget_hours`, at most, native units.
    pub budget: u64,
    /// For how long the budget is.
    pub budget_hours: u64,
    /// The token account that margin comes out of; not set: the wallet's associated one.
    pub source: Option<String>,
    /// How far stops are behind the best price, basis points; zero: there are none.
    pub trail_bps: u16,
    /// A stop moves once it can be better by this, basis points.
    pub trail_step_bps: u16,
    /// How much worse than the price, or than a stop's level, orders may execute, basis points.
    pub slippage_bps: u16,
    /// File with what was spent and told.
    pub state: PathBuf,
    /// Who is told.
    pub webhooks: Vec<Hook>,
}

/// Somebody who is told.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// How the message is put.
    pub form: HookForm,
    /// Where it is posted to.
    pub url: Address,
    /// The chat, for Telegram.
    pub chat: Option<String>,
}

/// How a message is put.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HookForm {
    /// As Slack's incoming webhooks take it.
    Slack,
    /// As Discord's webhooks take it.
    Discord,
    /// As Telegram's bots take it.
    Telegram,
    /// Title, body and facts, for machines and for relays to anything else.
    Json,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            warn_percent: 200,
            top_up_percent: 0,
            reduce_percent: 0,
            to_percent: 200,
            strained_percent: 50,
            budget: 0,
            budget_hours: 24,
            source: None,
            trail_bps: 0,
            trail_step_bps: 50,
            slippage_bps: 200,
            state: PathBuf::from("holdfast-guard.json"),
            webhooks: Vec::new(),
        }
    }
}

impl GuardSettings {
    /// What the types do not say.
    pub(super) fn check(&self) -> Result<(), String> {
        addresses("guard.accounts", &self.accounts)?;
        self.source()?;
        self.check_lines()?;
        if self.top_up_percent > 0 && self.budget == 0 {
            return Err("guard.budget is 0 and guard.top_up_percent is set: set a budget, in \
                        millionths of the collateral, or set guard.top_up_percent = 0"
                .to_owned());
        }
        if self.budget_hours == 0 {
            return Err("guard.budget_hours is 0: choose 1 or more".to_owned());
        }
        let shares = [("trail_bps", self.trail_bps), ("slippage_bps", self.slippage_bps)];
        if let Some((name, share)) = shares.iter().find(|(_, share)| *share >= ONE) {
            return Err(format!(
                "guard.{name} is {share}: choose less than {ONE}, the whole price"
            ));
        }
        if self.trail_step_bps == 0 {
            return Err("guard.trail_step_bps is 0: choose 1 or more, or every price would move \
                        the stop and cost a fee"
                .to_owned());
        }
        self.webhooks.iter().try_for_each(Hook::check)
    }

    /// Lines at which something is done are above the one at which accounts are liquidated, and below
    /// the one that is to be reached.
    fn check_lines(&self) -> Result<(), String> {
        let to = self.to_percent;
        let lines = [
            ("warn_percent", self.warn_percent, u32::MAX),
            ("top_up_percent", self.top_up_percent, to),
            ("reduce_percent", self.reduce_percent, to),
        ];
        for (name, line, below) in lines.into_iter().filter(|(_, line, _)| *line > 0) {
            if line <= MAINTENANCE {
                return Err(format!(
                    "guard.{name} is {line}: at {MAINTENANCE} an account can be liquidated; choose \
                     more, or 0 for never"
                ));
            }
            if line >= below {
                return Err(format!(
                    "guard.{name} is {line} and guard.to_percent {to}: what is done has to lift \
                     accounts above the line; raise guard.to_percent or lower the line"
                ));
            }
        }
        Ok(())
    }

    /// The token account that margin comes out of, if one is set.
    ///
    /// # Errors
    /// A sentence when it is no address.
    pub fn source(&self) -> Result<Option<Pubkey>, String> {
        let named = addresses("guard.source", self.source.as_slice())?;
        Ok(named.first().copied())
    }

    /// What the guard is told, margin coming out of the token account `source`.
    ///
    /// # Errors
    /// A sentence when an account is no address.
    pub fn terms(&self, source: Pubkey) -> Result<GuardTerms, String> {
        Ok(GuardTerms {
            accounts: addresses("guard.accounts", &self.accounts)?.into_iter().collect(),
            source,
            warn_percent: self.warn_percent,
            top_up_percent: self.top_up_percent,
            reduce_percent: self.reduce_percent,
            to_percent: self.to_percent,
            strained_percent: self.strained_percent,
            budget: self.budget,
            period: Millis::HOUR.times(self.budget_hours),
            trail_bps: self.trail_bps,
            step_bps: self.trail_step_bps,
            slippage_bps: self.slippage_bps,
        })
    }

    /// Whether orders are to be placed, which takes the owner's keypair.
    pub const fn places_orders(&self) -> bool {
        self.reduce_percent > 0 || self.trail_bps > 0
    }
}

impl Hook {
    fn check(&self) -> Result<(), String> {
        self.url.must_be(&["http", "https"], "guard.webhooks.url")?;
        let needs = self.form == HookForm::Telegram;
        match &self.chat {
            None if needs => {
                Err("guard.webhooks: Telegram needs the chat to write to; set chat to \
                                  its number or @name"
                    .to_owned())
            }
            Some(_) if !needs => {
                Err("guard.webhooks: only Telegram has a chat; leave chat out, or set \
                     form = \"telegram\""
                    .to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
