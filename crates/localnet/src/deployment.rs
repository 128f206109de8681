//! What is deployed on a local cluster.

use holdfast_client::Pubkey;
use serde_json::{Value, json};

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
}

/// The plan file for `holdfast-migrate`.
///
/// # Errors
/// Never for these values.
pub fn plan_file(parties: &Parties, climb: RecoverySpeed) -> Result<String, toml::ser::Error> {
    let text = |key: &Pubkey| json!(key.to_string());
    let markets: Vec<_> = MARKETS
        .iter()
        .zip(&parties.feeds)
        .map(|(market, feed)| {
            json!({
                "name": market.name,
                "price": market.price,
                "quorum": 1,
                "feed": [{"provider": "pyth-price-account", "account": text(feed)}],
            })
        })
        .collect();
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

/// The shortest times within the program's bounds.
fn fast() -> Value {
    json!({"hold_ms": 40_000, "grace_ms": 60_000, "restart_grace_ms": 60_000, "thaw_ms": 60_000})
}
