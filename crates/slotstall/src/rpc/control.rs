//! `slotstall_*`: what a test does to the chain and to the endpoint.

use std::borrow::BorrowMut;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use solana_account::Account;

use super::{Answer, Refusal, address};
use crate::node::{Condition, Finality};
use crate::{Cluster, Node, Pace};

/// How long something lasts.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Lasting {
    ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Duration {
    ms: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Slow {
    slot_ms: u64,
    ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    percent: u64,
    ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocks {
    blocks: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slots {
    slots: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transactions {
    transactions: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frozen {
    frozen: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    snapshot: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passing {
    time: Time,
}

/// How time passes, as the command's option says it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Time {
    Real,
    Virtual,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Forged {
    address: String,
    owner: String,
    lamports: Option<u64>,
    /// Base64.
    data: String,
    #[serde(default)]
    executable: bool,
}

impl Time {
    fn finality(&self) -> Finality {
        match self {
            Self::Real => Finality::Voted,
            Self::Virtual => Finality::Instant,
        }
    }
}

/// The longest that one call lets pass: ten days.
const LONGEST_MS: u64 = 10 * 86_400_000;

/// Answers, if the method is one of these: what the chain shows afterwards.
pub fn answer<C: BorrowMut<Cluster>>(
    node: &mut Node<C>,
    method: &str,
    params: &Value,
) -> Option<Answer> {
    let method = method.strip_prefix("slotstall_")?;
    let done = match method {
        "status" => Ok(()),
        "run" => read(params).and_then(|lasts: Duration| pass(node, lasts.ms)),
        "stall" => lasting(params).and_then(|lasts| begin(node, Condition::Stalled, lasts.ms)),
        "votesOnly" => {
            lasting(params).and_then(|lasts| begin(node, Condition::VotesOnly, lasts.ms))
        }
        "slow" => read(params).and_then(|slow: Slow| slows(node, &slow)),
        "skip" => read(params).and_then(|skip: Skip| skips(node, &skip)),
        "resume" => begin(node, Condition::Well, None),
        "restart" => {
            node.restart();
            Ok(())
        }
        "fork" => read(params).map(|of: Blocks| {
            node.fork(of.blocks);
        }),
        "expire" => {
            node.expire_blockhashes();
            Ok(())
        }
        "lose" => read(params).map(|of: Transactions| node.lose(of.transactions)),
        "lag" => read(params).map(|of: Blocks| node.lag(of.blocks)),
        "freeze" => read(params).map(|of: Frozen| node.freeze(of.frozen)),
        "epochAge" => read(params).and_then(|age: Slots| epoch_age(node, age.slots)),
        "nominal" => read(params).and_then(|lasts: Duration| nominal(node, lasts.ms)),
        "time" => read(params).map(|of: Passing| node.set_finality(of.time.finality())),
        "snapshot" => {
            node.snapshot();
            Ok(())
        }
        "revert" => {
            read(params).and_then(|of: Number| node.revert(of.snapshot).map_err(Refusal::params))
        }
        "setAccount" => read(params).and_then(|forged| set_account(node, &forged)),
        _ => return None,
    };
    Some(done.map(|()| status(node)))
}

/// Settings of a method, as an object or as the first of a list.
fn read<T: DeserializeOwned>(params: &Value) -> Result<T, Refusal> {
    let settings = if params.is_array() { &params[0] } else { params };
    serde_json::from_value(settings.clone()).map_err(Refusal::params)
}

fn lasting(params: &Value) -> Result<Lasting, Refusal> {
    let settings = if params.is_array() { &params[0] } else { params };
    if settings.is_null() { Ok(Lasting::default()) } else { read(params) }
}

/// Time passes at once, whether time is real or not.
fn pass<C: BorrowMut<Cluster>>(node: &mut Node<C>, ms: u64) -> Result<(), Refusal> {
    if ms > LONGEST_MS {
        return Err(Refusal::params(format!("ms is at most {LONGEST_MS}, ten days")));
    }
    node.run(ms);
    Ok(())
}

/// The chain goes like this for some time, which passes at once, or until something else is said.
fn begin<C: BorrowMut<Cluster>>(
    node: &mut Node<C>,
    condition: Condition,
    ms: Option<u64>,
) -> Result<(), Refusal> {
    node.begin(condition, ms);
    pass(node, ms.unwrap_or(0))
}

fn slows<C: BorrowMut<Cluster>>(node: &mut Node<C>, slow: &Slow) -> Result<(), Refusal> {
    if !(50..=60_000).contains(&slow.slot_ms) {
        return Err(Refusal::params(
            "slotMs is from 50 to 60000; a chain without slots is `stall`",
        ));
    }
    let pace = Pace { slot_ms: slow.slot_ms, failing_percent: 0 };
    begin(node, Condition::Runs(pace), slow.ms)
}

fn skips<C: BorrowMut<Cluster>>(node: &mut Node<C>, skip: &Skip) -> Result<(), Refusal> {
    if skip.percent > 99 {
        return Err(Refusal::params("percent is at most 99; a chain without blocks is `stall`"));
    }
    let healthy = node.present().chain().healthy();
    let pace = Pace { failing_percent: skip.percent, ..healthy };
    begin(node, Condition::Runs(pace), skip.ms)
}

fn epoch_age<C: BorrowMut<Cluster>>(node: &mut Node<C>, slots: u64) -> Result<(), Refusal> {
    if slots >= crate::chain::EPOCH_SLOTS {
        let what = format!("slots is below {}, those of an epoch", crate::chain::EPOCH_SLOTS);
        return Err(Refusal::params(what));
    }
    node.cluster.borrow_mut().vote_time(slots);
    Ok(())
}

fn nominal<C: BorrowMut<Cluster>>(node: &mut Node<C>, ms: u64) -> Result<(), Refusal> {
    if !(50..=10_000).contains(&ms) {
        return Err(Refusal::params("ms is from 50 to 10000: what the cluster calls a slot"));
    }
    node.cluster.borrow_mut().set_nominal(ms);
    Ok(())
}

fn set_account<C: BorrowMut<Cluster>>(node: &mut Node<C>, forged: &Forged) -> Result<(), Refusal> {
    let (address, owner) = (address(&forged.address)?, address(&forged.owner)?);
    let data = BASE64_STANDARD.decode(&forged.data).map_err(Refusal::params)?;
    let lamports = forged.lamports.unwrap_or_else(|| node.present().rent(data.len()));
    let executable = forged.executable;
    let account = Account { lamports, data, owner, executable, rent_epoch: u64::MAX };
    node.put(address, &account).map_err(Refusal::params)
}

/// What the chain shows, and what is true.
fn status<C: BorrowMut<Cluster>>(node: &Node<C>) -> Value {
    let chain = node.present().chain();
    let condition = match node.condition() {
        Condition::Well => "well",
        Condition::Runs(_) => "runs",
        Condition::VotesOnly => "votesOnly",
        Condition::Stalled => "stalled",
    };
    json!({
        "condition": condition,
        "nowMs": chain.now_ms(),
        "slot": chain.slot(),
        "blockHeight": chain.height(),
        "clock": chain.clock_s(),
        "lastRestartSlot": chain.restart_slot(),
        "epoch": chain.epoch().number,
        "waiting": node.waiting(),
        "frozen": node.is_frozen(),
        "snapshot": node.last_snapshot(),
        "slotsBehind": node.slots_behind(),
    })
}
