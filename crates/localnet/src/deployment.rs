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

#[cfg(test)]
mod tests {
    use super::{BROUGHT, MARKETS, Parties, Pubkey, RecoverySpeed, Value, plan_file};

    fn markets(brings: bool) -> Vec<Value> {
        let [fee_receiver, mint] = [1, 2].map(|byte| Pubkey::new_from_array([byte; 32]));
        let (guardians, feeds) = (vec![mint; 3], vec![mint; MARKETS.len()]);
        let parties = Parties { fee_receiver, guardians, mint, feeds, brings };
        let text = plan_file(&parties, RecoverySpeed::Usual).expect("it is written");
        let plan: Value = toml::from_str(&text).expect("it is read");
        plan["silo"][0]["market"].as_array().expect("markets").clone()
    }

    #[test]
    fn the_market_whose_prices_keepers_bring_is_the_last_one() {
        assert_eq!(markets(false).len(), MARKETS.len());
        let all = markets(true);
        assert_eq!(all.len(), MARKETS.len() + 1);
        let last = &all[MARKETS.len()];
        assert_eq!((last["name"].as_str(), last["quorum"].as_u64()), (Some(BROUGHT.name), Some(1)));
        assert_eq!(last["feed"][0]["provider"], "pyth-pull");
        assert_eq!(last["terms"]["decide_within_ms"], 10_000);
    }
}
