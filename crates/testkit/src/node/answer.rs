//! JSON-RPC: the methods that the `holdfast` binary uses.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use holdfast_client::Pubkey;
use serde_json::{Value, json};
use solana_account::Account;
use solana_transaction::versioned::VersionedTransaction;

use super::{Landed, Node};

/// Answers one request.
pub fn answer(node: &mut Node, request: &Value) -> Value {
    let params = &request["params"];
    let result = match request["method"].as_str().unwrap_or_default() {
        "getGenesisHash" => Ok(json!(node.genesis.to_string())),
        "getEpochInfo" => Ok(epoch(node)),
        "getLatestBlockhash" => {
            let (hash, last) = node.blockhash();
            let value = json!({"blockhash": hash.to_string(), "lastValidBlockHeight": last});
            Ok(with_context(node, value))
        }
        "getBlockHeight" => Ok(json!(node.block_height())),
        "isBlockhashValid" => {
            let lives = node.is_living(params[0].as_str().unwrap_or_default());
            Ok(with_context(node, json!(lives)))
        }
        "getMinimumBalanceForRentExemption" => rent(node, params),
        "getMultipleAccounts" => multiple(node, params),
        "getProgramAccounts" => program_accounts(node, params),
        "getRecentPrioritizationFees" => Ok(json!([])),
        "getSignatureStatuses" => Ok(statuses(node, params)),
        "getSignaturesForAddress" => history(node, params),
        "getTransaction" => Ok(transaction(node, params)),
        "sendTransaction" => send(node, params),
        "simulateTransaction" => simulate(node, params),
        method => Err(format!("Method not found: {method}")),
    };
    let id = &request["id"];
    match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(message) => {
            json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32000, "message": message}})
        }
    }
}

fn with_context(node: &Node, value: Value) -> Value {
    json!({"context": {"slot": node.cluster.slot()}, "value": value})
}

fn epoch(node: &Node) -> Value {
    json!({
        "absoluteSlot": node.cluster.slot(),
        "blockHeight": node.block_height(),
        "epoch": 0,
        "slotIndex": node.cluster.slot(),
        "slotsInEpoch": 432_000,
        "transactionCount": node.block_height(),
    })
}

fn pubkey(value: &Value) -> Result<Pubkey, String> {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_err(|_| format!("Invalid param: {text} is no address"))
}

fn shown(account: &Account) -> Value {
    json!({
        "lamports": account.lamports,
        "owner": account.owner.to_string(),
        "executable": account.executable,
        "rentEpoch": account.rent_epoch,
        "data": [BASE64_STANDARD.encode(&account.data), "base64"],
        "space": account.data.len(),
    })
}

fn multiple(node: &Node, params: &Value) -> Result<Value, String> {
    let addresses = params[0].as_array().ok_or("Invalid params")?;
    let accounts: Result<Vec<_>, String> = addresses
        .iter()
        .map(|address| Ok(node.account(&pubkey(address)?).as_ref().map_or(Value::Null, shown)))
        .collect();
    Ok(with_context(node, json!(accounts?)))
}

fn rent(node: &Node, params: &Value) -> Result<Value, String> {
    let length = params[0].as_u64().ok_or("Invalid params")?;
    Ok(json!(node.cluster.rent(length as usize)))
}

fn program_accounts(node: &Node, params: &Value) -> Result<Value, String> {
    let filters = params[1]["filters"].as_array().cloned().unwrap_or_default();
    let mut kept = Vec::new();
    for (address, account) in node.cluster.program_accounts(&pubkey(&params[0])?) {
        let mut passes = true;
        for filter in &filters {
            passes &= meets(&account.data, filter)?;
        }
        if passes {
            kept.push(json!({"pubkey": address.to_string(), "account": shown(&account)}));
        }
    }
    let context = params[1]["withContext"] == true;
    Ok(if context { with_context(node, json!(kept)) } else { json!(kept) })
}

fn meets(data: &[u8], filter: &Value) -> Result<bool, String> {
    if let Some(size) = filter["dataSize"].as_u64() {
        return Ok(data.len() as u64 == size);
    }
    let compare = &filter["memcmp"];
    let offset = compare["offset"].as_u64().ok_or("Invalid params")? as usize;
    let bytes = match (&compare["bytes"], compare["encoding"].as_str()) {
        (Value::Array(_), _) => serde_json::from_value(compare["bytes"].clone()).ok(),
        (Value::String(text), Some("base64")) => BASE64_STANDARD.decode(text).ok(),
        _ => None,
    };
    let bytes: Vec<u8> = bytes.ok_or("Invalid params: bytes or base64")?;
    Ok(data.get(offset..).is_some_and(|rest| rest.starts_with(&bytes)))
}

fn statuses(node: &Node, params: &Value) -> Value {
    let signatures = params[0].as_array().cloned().unwrap_or_default();
    let found = signatures.iter().map(|signature| {
        node.landed(signature.as_str().unwrap_or_default()).map_or(Value::Null, |landed| {
            let error = error_of(landed);
            let status = error.as_ref().map_or(json!({"Ok": null}), |error| json!({"Err": error}));
            json!({
                "slot": landed.slot,
                "confirmations": null,
                "confirmationStatus": "finalized",
                "err": error,
                "status": status,
            })
        })
    });
    let found: Vec<_> = found.collect();
    with_context(node, json!(found))
}

fn error_of(landed: &Landed) -> Option<Value> {
    let failure = landed.failure.as_ref()?;
    Some(json!({"InstructionError": [0, {"Custom": failure.code.unwrap_or_default()}]}))
}

fn history(node: &Node, params: &Value) -> Result<Value, String> {
    let account = pubkey(&params[0])?;
    let found = node.history(&account, params[1]["until"].as_str()).map(|(signature, landed)| {
        json!({"signature": signature, "slot": landed.slot, "err": error_of(landed)})
    });
    Ok(json!(found.collect::<Vec<_>>()))
}

fn transaction(node: &Node, params: &Value) -> Value {
    let landed = node.landed(params[0].as_str().unwrap_or_default());
    landed.map_or(Value::Null, |landed| {
        json!({
            "slot": landed.slot,
            "meta": {"err": error_of(landed), "logMessages": landed.logs},
        })
    })
}

fn simulate(node: &Node, params: &Value) -> Result<Value, String> {
    let transaction = decoded(params)?;
    if !node.is_living(&transaction.message.recent_blockhash().to_string()) {
        return Ok(with_context(node, json!({"err": "BlockhashNotFound", "logs": []})));
    }
    let (error, said) = match node.cluster.try_transaction(transaction) {
        Ok(said) => (None, said),
        Err(failed) => (Some(failed.err), failed.meta),
    };
    let value =
        json!({"err": error, "logs": said.logs, "unitsConsumed": said.compute_units_consumed});
    Ok(with_context(node, value))
}

fn send(node: &mut Node, params: &Value) -> Result<Value, String> {
    node.send(decoded(params)?).map(|signature| json!(signature))
}

fn decoded(params: &Value) -> Result<VersionedTransaction, String> {
    let encoded = params[0].as_str().ok_or("Invalid params")?;
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|error| error.to_string())?;
    bincode::deserialize(&bytes).map_err(|error| error.to_string())
}
