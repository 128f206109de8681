//! What is deployed on a local cluster.

use holdfast_client::Pubkey;
use serde_json::{Value, json};

use crate::publisher::hermes::{brought_account, feed_id};

/// A market whose one feed the local publisher writes.
#[derive(Clone, Copy, Debug)]
pub struct Market {
    /// Its name, and its feed's.
    pub name: &'static str,
    /// Its first price, whole units.
    pub price: u64,
}

/// Markets of a local cluster, in the order of their indices.
pub const MARKETS: [Market; 2] =
    [Market { name: "SOL", price: 150 }, Market { name: "ETH", price: 3_000 }];

/// A market whose prices keepers bring from Hermes, which the publisher plays.
pub const BROUGHT: Market = Market { name: "BTC", price: 100_000 };

/// How fast states of chain health loosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoverySpeed {
    /// As on a cluster with value: a quarter of an hour after a halt.
    Usual,
    /// As fast as the program's bounds let it: three minutes.
    Fast,
}

/// Who has a part in a deployment.
#[derive(Clone, Debug)]
pub struct Parties {
    /// Owner of the token accounts that fees may go to.
    pub fee_receiver: Pubkey,
    /// Guardians.
    pub guardians: Vec<Pubkey>,
    /// The collateral.
    pub mint: Pubkey,
    /// The feed account of each of [`MARKETS`].
    pub feeds: Vec<Pubkey>,
    /// Whether there is the market [`BROUGHT`] too, the last one.
    pub brings: bool,
}

/// The plan file for `holdfast-migrate`.
///
/// # Errors
/// Never for these values.
pub fn plan_file(parties: &Parties, climb: RecoverySpeed) -> Result<String, toml::ser::Error> {
    let text = |key: &Pubkey| json!(key.to_string());
    let written = MARKETS.iter().zip(&parties.feeds).map(|(market, feed)| {
        json!({
            "name": market.name,
            "price": market.price,
            "quorum": 1,
            "feed": [{"provider": "pyth-price-account", "account": text(feed)}],
        })
    });
    let markets: Vec<_> = written.chain(parties.brings.then(brought)).collect();
    let mut plan = json!({
        "fee_receiver": text(&parties.fee_receiver),
        "guardians": parties.guardians.iter().map(text).collect::<Vec<_>>(),
        "silo": [{"mint": text(&parties.mint), "market": markets}],
    });
    if climb == RecoverySpeed::Fast {
        plan["thresholds"] = fast();
    }
    toml::to_string(&plan)
}

/// A market as public clusters have them: its orders wait for prices that take keepers seconds.
fn brought() -> Value {
    let id: String = feed_id(BROUGHT.name).iter().map(|byte| format!("{byte:02x}")).collect();
    let account = brought_account(BROUGHT.name).to_string();
    json!({
        "name": BROUGHT.name,
        "price": BROUGHT.price,
        "quorum": 1,
        "terms": {"decide_within_ms": 10_000},
        "feed": [{"provider": "pyth-pull", "id": id, "account": account}],
    })
}

/// The shortest times within the program's bounds.
fn fast() -> Value {
    json!({"hold_ms": 40_000, "grace_ms": 60_000, "restart_grace_ms": 60_000, "thaw_ms": 60_000})
}
