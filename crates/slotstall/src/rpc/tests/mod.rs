mod blocks;
mod moving;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use solana_account::Account;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::{Subscriptions, answer, answer_text};
use crate::node::Finality;
use crate::{Cluster, Node};

const NOW: u64 = 1_760_000_000_000;
const SOL: u64 = 1_000_000_000;

struct Stage {
    node: Node,
    payer: Keypair,
    friend: Pubkey,
}

impl Stage {
    fn new() -> Self {
        Self::with(Finality::Instant)
    }

    fn with(finality: Finality) -> Self {
        let (payer, friend) = (Keypair::new(), Pubkey::new_unique());
        let mut cluster = Cluster::new(NOW);
        cluster.fund(&payer.pubkey(), 10 * SOL);
        Self { node: Node::with(cluster, finality), payer, friend }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answered = answer(&mut self.node, &request);
        assert_eq!((&answered["jsonrpc"], &answered["id"]), (&json!("2.0"), &json!(7)));
        answered
    }

    fn result(&mut self, method: &str, params: Value) -> Value {
        let answered = self.ask(method, params);
        assert_eq!(answered["error"], Value::Null, "{method}");
        answered["result"].clone()
    }

    fn refusal(&mut self, method: &str, params: Value) -> (i64, String, Value) {
        let answered = self.ask(method, params);
        let error = &answered["error"];
        let message = error["message"].as_str().unwrap_or_else(|| panic!("{answered}"));
        (error["code"].as_i64().unwrap(), message.to_owned(), error["data"].clone())
    }

    fn signed(&self, lamports: u64) -> VersionedTransaction {
        let data = [2_u32.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat();
        let accounts =
            vec![AccountMeta::new(self.payer.pubkey(), true), AccountMeta::new(self.friend, false)];
        let transfer = Instruction { program_id: Pubkey::default(), accounts, data };
        let hash = self.node.present().blockhash();
        let message = Message::new_with_blockhash(&[transfer], Some(&self.payer.pubkey()), &hash);
        VersionedTransaction::try_new(VersionedMessage::Legacy(message), &[&self.payer]).unwrap()
    }

    fn transfer(&self, lamports: u64) -> String {
        encoded(&self.signed(lamports))
    }

    fn hold(&mut self, data: &[u8]) -> (Pubkey, Pubkey) {
        let (address, owner) = (Pubkey::new_unique(), Pubkey::new_unique());
        let lamports = self.node.present().rent(data.len());
        let account = Account { lamports, data: data.to_vec(), owner, ..Account::default() };
        self.node.cluster.set(address, account);
        (address, owner)
    }
}

fn encoded(transaction: &VersionedTransaction) -> String {
    BASE64_STANDARD.encode(bincode::serialize(transaction).unwrap())
}

fn base64() -> Value {
    json!({"encoding": "base64"})
}

#[test]
fn an_account_comes_in_every_encoding_and_in_slices() {
    let mut stage = Stage::new();
    let (address, owner) = stage.hold(&[1, 2, 3, 4]);
    let address = address.to_string();
    let mut data = |config: Value| {
        stage.result("getAccountInfo", json!([address, config]))["value"]["data"].clone()
    };
    assert_eq!(data(base64()), json!(["AQIDBA==", "base64"]));
    assert_eq!(data(json!({"encoding": "base58"})), json!(["2VfUX", "base58"]));
    assert_eq!(data(json!({})), json!("2VfUX"));
    let slice = json!({"encoding": "base64", "dataSlice": {"offset": 1, "length": 2}});
    assert_eq!(data(slice), json!(["AgM=", "base64"]));
    assert_eq!(data(json!({"encoding": "base64+zstd"}))[1], "base64+zstd");
    let whole = stage.result("getAccountInfo", json!([address, base64()]))["value"].clone();
    assert_eq!((&whole["owner"], &whole["space"]), (&json!(owner.to_string()), &json!(4)));
    let nowhere = Pubkey::new_unique().to_string();
    assert_eq!(stage.result("getAccountInfo", json!([nowhere]))["value"], Value::Null);
    let both = json!([[address, nowhere], base64()]);
    let both = stage.result("getMultipleAccounts", both)["value"].clone();
    assert_eq!((&both[0]["space"], &both[1]), (&json!(4), &Value::Null));
    let (large, _) = stage.hold(&[0; 200]);
    let (code, said, _) = stage.refusal("getAccountInfo", json!([large.to_string()]));
    assert!(code == -32600 && said.contains("base 58"), "{said}");
}

#[test]
fn programs_accounts_pass_filters_of_either_encoding() {
    let mut stage = Stage::new();
    let (address, owner) = stage.hold(&[1, 2, 3, 4]);
    let account = Account { data: vec![9; 5], lamports: SOL, owner, ..Account::default() };
    stage.node.cluster.set(Pubkey::new_unique(), account);
    let mut found = |filters: Value| {
        let config = json!({"encoding": "base64", "filters": filters});
        let found = stage.result("getProgramAccounts", json!([owner.to_string(), config]));
        let list: Vec<_> =
            found.as_array().unwrap().iter().map(|one| one["pubkey"].clone()).collect();
        list
    };
    assert_eq!(found(json!([])).len(), 2);
    let only = [json!(address.to_string())];
    assert_eq!(found(json!([{"dataSize": 4}])), only);
    // The bytes 2 and 3.
    assert_eq!(
        found(json!([{"memcmp": {"offset": 1, "bytes": "AgM=", "encoding": "base64"}}])),
        only
    );
    assert_eq!(found(json!([{"memcmp": {"offset": 1, "bytes": "9t"}}])), only);
    assert_eq!(found(json!([{"memcmp": {"offset": 1, "bytes": [2, 3]}}])), only);
    let nothing: [Value; 0] = [];
    assert_eq!(found(json!([{"dataSize": 4}, {"memcmp": {"offset": 9, "bytes": "9t"}}])), nothing);
    let config = json!({"encoding": "base64", "withContext": true});
    let with = stage.result("getProgramAccounts", json!([owner.to_string(), config]));
    assert_eq!(with["context"]["slot"], json!(stage.node.present().slot()));
}

#[test]
fn preflight_refuses_with_logs_and_skipping_it_lets_the_failure_land() {
    let mut stage = Stage::new();
    let too_much = stage.transfer(20 * SOL);
    let (code, said, data) = stage.refusal("sendTransaction", json!([too_much, base64()]));
    assert_eq!(code, -32002);
    assert!(said.starts_with("Transaction simulation failed: Error processing Instruction 0"));
    assert_eq!(data["err"], json!({"InstructionError": [0, {"Custom": 1}]}));
    assert!(data["logs"].as_array().unwrap().len() > 1 && data["unitsConsumed"].as_u64() > Some(0));
    let skipping = json!({"encoding": "base64", "skipPreflight": true});
    let signature = stage.result("sendTransaction", json!([too_much, skipping]));
    let status =
        stage.result("getSignatureStatuses", json!([[signature, "unknown"]]))["value"].clone();
    assert_eq!(status[0]["err"], json!({"InstructionError": [0, {"Custom": 1}]}));
    assert_eq!((&status[0]["confirmationStatus"], &status[1]), (&json!("finalized"), &Value::Null));
}

#[test]
fn a_forged_signature_and_a_dead_blockhash_are_refused() {
    let mut stage = Stage::new();
    let mut forged = stage.signed(SOL);
    forged.signatures[0] = Keypair::new().sign_message(b"another");
    let (code, ..) = stage.refusal("sendTransaction", json!([encoded(&forged), base64()]));
    assert_eq!(code, -32003);
    let late = stage.transfer(SOL);
    stage.result("slotstall_expire", json!([]));
    let (code, said, data) = stage.refusal("sendTransaction", json!([late, base64()]));
    assert!(code == -32002 && said.ends_with("Blockhash not found"), "{said}");
    assert_eq!(data["err"], "BlockhashNotFound");
}

#[test]
fn a_simulation_changes_nothing_and_asks_for_no_signature() {
    let mut stage = Stage::new();
    let mut transaction = stage.signed(SOL);
    transaction.signatures[0] = Default::default();
    stage.result("slotstall_expire", json!([]));
    let friend = stage.friend.to_string();
    let config = json!({
        "encoding": "base64", "replaceRecentBlockhash": true, "innerInstructions": true,
        "accounts": {"encoding": "base64", "addresses": [friend]},
    });
    let text = encoded(&transaction);
    let value = stage.result("simulateTransaction", json!([text, config]))["value"].clone();
    assert_eq!((&value["err"], &value["accounts"][0]["lamports"]), (&Value::Null, &json!(SOL)));
    assert!(value["unitsConsumed"].as_u64() > Some(0) && value["innerInstructions"].is_array());
    assert!(value["replacementBlockhash"]["blockhash"].is_string());
    assert!(stage.node.account(&stage.friend).is_none());
    let value = stage.result("simulateTransaction", json!([text, base64()]))["value"].clone();
    assert_eq!(value["err"], "BlockhashNotFound");
    let both = json!({"encoding": "base64", "sigVerify": true, "replaceRecentBlockhash": true});
    assert_eq!(stage.refusal("simulateTransaction", json!([text, both])).0, -32602);
}

#[test]
fn what_landed_is_found_by_address_and_by_signature() {
    let mut stage = Stage::new();
    let mut sent = Vec::new();
    for lamports in [SOL, 2 * SOL, 3 * SOL] {
        let transaction = stage.transfer(lamports);
        sent.push(stage.result("sendTransaction", json!([transaction, base64()])));
        stage.node.run(400);
    }
    let friend = stage.friend.to_string();
    let mut listed = |config: Value| {
        let found = stage.result("getSignaturesForAddress", json!([friend, config]));
        let list = found.as_array().unwrap().iter().map(|one| one["signature"].clone());
        list.collect::<Vec<_>>()
    };
    assert_eq!(listed(json!({})), [sent[2].clone(), sent[1].clone(), sent[0].clone()]);
    assert_eq!(listed(json!({"limit": 1})), [sent[2].clone()]);
    assert_eq!(listed(json!({"until": sent[0]})), [sent[2].clone(), sent[1].clone()]);
    assert_eq!(listed(json!({"before": sent[2], "limit": 1})), [sent[1].clone()]);
    let found = stage.result("getTransaction", json!([sent[1], "json"]));
    let keys = &found["transaction"]["message"]["accountKeys"];
    assert_eq!((&keys[1], &found["version"]), (&json!(friend), &Value::Null));
    let newer = json!([sent[1], {"maxSupportedTransactionVersion": 0}]);
    assert_eq!(stage.result("getTransaction", newer)["version"], "legacy");
    let meta = &found["meta"];
    assert_eq!((&meta["fee"], &meta["err"]), (&json!(5_000), &Value::Null));
    let gained =
        meta["postBalances"][1].as_u64().unwrap() - meta["preBalances"][1].as_u64().unwrap();
    assert_eq!(gained, 2 * SOL);
    let found = stage.result("getTransaction", json!([sent[1], {"encoding": "jsonParsed"}]));
    let key = &found["transaction"]["message"]["accountKeys"][0];
    assert_eq!((&key["signer"], &key["writable"]), (&json!(true), &json!(true)));
    let found = stage.result("getTransaction", json!([sent[1], base64()]));
    assert_eq!(found["transaction"][1], "base64");
    assert_eq!(
        stage.result("getTransaction", json!([sent[1].as_str().unwrap().to_lowercase()])),
        Value::Null
    );
}

#[test]
fn an_airdrop_lands_as_a_transaction() {
    let mut stage = Stage::new();
    let friend = stage.friend.to_string();
    let signature = stage.result("requestAirdrop", json!([friend, 3 * SOL]));
    let status = stage.result("getSignatureStatuses", json!([[signature]]))["value"][0].clone();
    assert_eq!(status["err"], Value::Null);
    assert_eq!(stage.result("getBalance", json!([friend]))["value"], json!(3 * SOL));
}

#[test]
fn fees_are_known_while_the_blockhash_lives() {
    let mut stage = Stage::new();
    let message = stage.signed(SOL).message;
    let text = BASE64_STANDARD.encode(message.serialize());
    assert_eq!(stage.result("getFeeForMessage", json!([text]))["value"], json!(5_000));
    stage.result("slotstall_expire", json!([]));
    assert_eq!(stage.result("getFeeForMessage", json!([text]))["value"], Value::Null);
}

#[test]
fn the_chain_answers_for_itself() {
    let mut stage = Stage::new();
    let slot = stage.node.present().slot();
    assert_eq!(stage.result("getSlot", json!([])), json!(slot));
    assert_eq!(stage.result("getSlot", Value::Null), json!(slot));
    assert_eq!(stage.result("getHealth", json!([])), "ok");
    assert_eq!(stage.result("getVersion", json!([]))["solana-core"], "4.2.2");
    assert_eq!(stage.result("getBlockTime", json!([slot])), json!(NOW / 1_000));
    assert_eq!(stage.refusal("getBlockTime", json!([slot + 1])).0, -32004);
    let epoch = stage.result("getEpochInfo", json!([]));
    assert_eq!((&epoch["absoluteSlot"], &epoch["slotIndex"]), (&json!(slot), &json!(136_000)));
    let latest = stage.result("getLatestBlockhash", json!([]))["value"].clone();
    let height = stage.result("getBlockHeight", json!([])).as_u64().unwrap();
    assert_eq!(latest["lastValidBlockHeight"], json!(height + 150));
    let hash = latest["blockhash"].clone();
    assert_eq!(stage.result("isBlockhashValid", json!([hash]))["value"], true);
    stage.result("slotstall_expire", json!([]));
    assert_eq!(stage.result("isBlockhashValid", json!([hash]))["value"], false);
    let later = json!([{"minContextSlot": slot + 1_000_000}]);
    assert_eq!(stage.refusal("getSlot", later).0, -32016);
    let methods = [
        "getGenesisHash",
        "getIdentity",
        "getFirstAvailableBlock",
        "getRecentPrioritizationFees",
        "getEpochSchedule",
    ];
    for method in methods {
        assert_ne!(stage.result(method, json!([])), Value::Null, "{method}");
    }
}

#[test]
fn tokens_are_read_with_their_decimals() {
    let mut stage = Stage::new();
    let token = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA".parse().unwrap();
    let (mint, owner, account) = (Pubkey::new_unique(), Pubkey::new_unique(), Pubkey::new_unique());
    let mut data = vec![0; 82];
    data[36..44].copy_from_slice(&5_000_000_u64.to_le_bytes());
    (data[44], data[45]) = (6, 1);
    let held = |data: Vec<u8>| Account { data, lamports: SOL, owner: token, ..Account::default() };
    stage.node.cluster.set(mint, held(data));
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[64..72].copy_from_slice(&1_500_000_u64.to_le_bytes());
    data[108] = 1;
    stage.node.cluster.set(account, held(data));
    let value = |result: Value| result["value"]["uiAmountString"].clone();
    let account = account.to_string();
    assert_eq!(value(stage.result("getTokenAccountBalance", json!([account]))), "1.5");
    assert_eq!(value(stage.result("getTokenSupply", json!([mint.to_string()]))), "5");
    assert_eq!(stage.refusal("getTokenAccountBalance", json!([mint.to_string()])).0, -32602);
    let token = token.to_string();
    for filter in [json!({"mint": mint.to_string()}), json!({"programId": token})] {
        let asked = json!([owner.to_string(), filter, {"encoding": "jsonParsed"}]);
        let found = stage.result("getTokenAccountsByOwner", asked)["value"].clone();
        assert_eq!(found[0]["pubkey"], json!(account));
        let info = &found[0]["account"]["data"]["parsed"]["info"];
        assert_eq!(info["tokenAmount"]["uiAmountString"], "1.5");
    }
}

#[test]
fn what_is_no_request_is_refused_as_by_a_validator() {
    let mut stage = Stage::new();
    assert_eq!(
        stage.refusal("getNothing", json!([])),
        (-32601, "Method not found".into(), Value::Null)
    );
    assert_eq!(stage.refusal("slotstall_nothing", json!([])).0, -32601);
    assert_eq!(stage.refusal("getBalance", json!([])).0, -32602);
    assert_eq!(stage.refusal("getBalance", json!(["0"])).0, -32602);
    let node = &mut stage.node;
    assert_eq!(answer_text(node, b"{")["error"]["code"], -32700);
    assert_eq!(answer_text(node, b"[]")["error"]["code"], -32600);
    assert_eq!(answer_text(node, b"{\"id\": 1}")["error"]["code"], -32600);
    let batch = answer_text(node, br#"[{"id":1,"method":"getHealth"},{"id":2,"method":"no"}]"#);
    assert_eq!((&batch[0]["result"], &batch[1]["id"]), (&json!("ok"), &json!(2)));
}

/// Everything that happens between two looks is told, once.
#[test]
fn subscribers_are_told_what_changes() {
    let mut stage = Stage::with(Finality::Voted);
    stage.node.run(60_000);
    let friend = stage.friend.to_string();
    let mut listening = Subscriptions::default();
    let confirmed = json!({"encoding": "base64", "commitment": "confirmed"});
    let transaction = stage.signed(SOL);
    let signature = transaction.signatures[0].to_string();
    let topics = [
        ("accountSubscribe", json!([friend, confirmed])),
        ("logsSubscribe", json!([{"mentions": [friend]}, confirmed])),
        ("programSubscribe", json!([Pubkey::default().to_string(), confirmed])),
        ("signatureSubscribe", json!([signature, confirmed])),
        ("slotSubscribe", json!([])),
        ("rootSubscribe", json!([])),
    ];
    for (index, (method, params)) in topics.into_iter().enumerate() {
        let request = json!({"id": index, "method": method, "params": params});
        let answered = listening.answer(&stage.node, &request).unwrap();
        assert_eq!(answered["result"], json!(index + 1), "{method}");
    }
    assert_eq!(listening.news(&stage.node), [Value::Null; 0]);
    stage.node.send(transaction).unwrap();
    assert_eq!(listening.news(&stage.node), [Value::Null; 0], "not confirmed yet");
    stage.node.run(400);
    let news = listening.news(&stage.node);
    let of = |method: &str| {
        let found = news.iter().filter(|news| news["method"] == method);
        found.map(|news| news["params"]["result"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("accountNotification")[0]["value"]["lamports"], json!(SOL));
    assert_eq!(of("logsNotification")[0]["value"]["signature"], json!(signature));
    assert_eq!(of("programNotification").len(), 2, "payer and friend");
    assert_eq!(of("signatureNotification")[0]["value"], json!({"err": null}));
    let slot = stage.node.present().slot();
    assert_eq!(
        of("slotNotification"),
        [json!({"slot": slot, "parent": slot - 1, "root": slot - 31})]
    );
    assert_eq!(of("rootNotification"), [json!(slot - 31)]);
    stage.node.run(800);
    let methods: Vec<_> =
        listening.news(&stage.node).iter().map(|news| news["method"].clone()).collect();
    assert_eq!(methods, ["slotNotification", "slotNotification", "rootNotification"]);
    for id in [5, 6] {
        let kind = if id == 5 { "slotUnsubscribe" } else { "rootUnsubscribe" };
        let request = json!({"id": 1, "method": kind, "params": [id]});
        assert_eq!(listening.answer(&stage.node, &request).unwrap()["result"], true);
    }
    stage.node.run(800);
    assert_eq!(listening.news(&stage.node), [Value::Null; 0]);
    let again = json!({"id": 1, "method": "signatureUnsubscribe", "params": [4]});
    assert_eq!(listening.answer(&stage.node, &again).unwrap()["error"]["code"], -32602);
    assert!(listening.answer(&stage.node, &json!({"id": 1, "method": "getSlot"})).is_none());
}
