//! Solana's own clients, against a node that answers on ports.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use serde_json::{Value, json};
use slotstall::node::Finality;
use slotstall::{Cluster, Node, Shared, live, serve, serve_on};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::{RpcSignatureSubscribeConfig, RpcTransactionConfig};
use solana_rpc_client_api::response::RpcSignatureResult;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_status_client_types::UiTransactionEncoding;

const NOW: u64 = 1_760_000_000_000;
const SOL: u64 = 1_000_000_000;

fn node(finality: Finality) -> Shared {
    Arc::new(Mutex::new(Node::with(Cluster::new(NOW), finality)))
}

async fn transfer(client: &RpcClient, payer: &Keypair, to: &Pubkey) -> VersionedTransaction {
    let data = [2_u32.to_le_bytes().as_slice(), &SOL.to_le_bytes()].concat();
    let accounts = vec![AccountMeta::new(payer.pubkey(), true), AccountMeta::new(*to, false)];
    let transfer = Instruction { program_id: Pubkey::default(), accounts, data };
    let hash = client.get_latest_blockhash().await.unwrap();
    let message = Message::new_with_blockhash(&[transfer], Some(&payer.pubkey()), &hash);
    VersionedTransaction::try_new(VersionedMessage::Legacy(message), &[payer]).unwrap()
}

#[tokio::test]
async fn the_rust_client_sends_and_confirms_on_a_chain_that_lives() {
    let node = node(Finality::Voted);
    let address = serve(Arc::clone(&node), |_| {}).unwrap();
    live(&node);
    let client =
        RpcClient::new_with_commitment(format!("http://{address}"), CommitmentConfig::confirmed());
    let (payer, friend) = (Keypair::new(), Pubkey::new_unique());
    let given = client.request_airdrop(&payer.pubkey(), 10 * SOL).await.unwrap();
    while !client.confirm_transaction(&given).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let transaction = transfer(&client, &payer, &friend).await;
    let signature = client.send_and_confirm_transaction(&transaction).await.unwrap();
    assert_eq!(client.get_balance(&friend).await.unwrap(), SOL);
    assert_eq!(client.get_account(&friend).await.unwrap().lamports, SOL);
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        max_supported_transaction_version: Some(0),
    };
    let found = client.get_transaction_with_config(&signature, config).await.unwrap();
    assert_eq!(found.transaction.transaction.decode(), Some(transaction.clone()));
    let simulated = client.simulate_transaction(&transaction).await.unwrap().value;
    assert!(simulated.err.is_none() && simulated.units_consumed > Some(0));
    let history = client.get_signatures_for_address(&friend).await.unwrap();
    assert_eq!(history[0].signature, signature.to_string());
    let VersionedMessage::Legacy(message) = &transaction.message else { unreachable!() };
    assert_eq!(client.get_fee_for_message(message).await.unwrap(), 5_000);
    assert!(client.get_epoch_info().await.unwrap().absolute_slot >= 1_000_000);
    assert_eq!(client.get_version().await.unwrap().solana_core, "4.2.2");
    client.get_health().await.unwrap();
    client.get_identity().await.unwrap();
    client.get_recent_prioritization_fees(&[friend]).await.unwrap();
}

#[tokio::test]
async fn the_rust_client_hears_of_slots_and_signatures() {
    let node = node(Finality::Voted);
    // A slot passes with every request.
    let address = serve(Arc::clone(&node), |node| _ = node.run(400)).unwrap();
    let sockets = SocketAddr::new(address.ip(), address.port() + 1);
    let client =
        RpcClient::new_with_commitment(format!("http://{address}"), CommitmentConfig::processed());
    let listener = PubsubClient::new(format!("ws://{sockets}")).await.unwrap();
    let (mut slots, _) = listener.slot_subscribe().await.unwrap();
    let payer = Keypair::new();
    node.lock().unwrap().cluster.fund(&payer.pubkey(), 10 * SOL);
    let transaction = transfer(&client, &payer, &Pubkey::new_unique()).await;
    let signature = client.send_transaction(&transaction).await.unwrap();
    let config = RpcSignatureSubscribeConfig {
        commitment: Some(CommitmentConfig::processed()),
        ..RpcSignatureSubscribeConfig::default()
    };
    let (mut heard, _) = listener.signature_subscribe(&signature, Some(config)).await.unwrap();
    let result = heard.next().await.unwrap().value;
    assert!(
        matches!(result, RpcSignatureResult::ProcessedSignature(result) if result.err.is_none())
    );
    let first = slots.next().await.unwrap();
    assert_eq!(first.parent + 1, first.slot);
}

#[tokio::test]
async fn pages_of_any_origin_may_ask_and_a_path_may_hold_a_key() {
    let address = serve(node(Finality::Instant), |_| {}).unwrap();
    let url = format!("http://{address}/a/secret");
    let client = reqwest::Client::new();
    let asked = client.request(reqwest::Method::OPTIONS, &url).send().await.unwrap();
    for header in ["access-control-allow-origin", "access-control-allow-headers"] {
        assert_eq!(asked.headers()[header], "*");
    }
    let question = json!([{"id": 1, "method": "getHealth"}, {"id": 2, "method": "getSlot"}]);
    let answered = client.post(&url).json(&question).send().await.unwrap();
    assert_eq!(answered.headers()["access-control-allow-origin"], "*");
    let answered: Value = answered.json().await.unwrap();
    assert_eq!((&answered[0]["result"], &answered[1]["id"]), (&json!("ok"), &json!(2)));
    assert_eq!(client.get(&url).send().await.unwrap().text().await.unwrap(), "ok");
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let address = serve(node(Finality::Instant), |_| {}).unwrap();
    serve_on(address, node(Finality::Instant), |_| {}).unwrap_err();
}
