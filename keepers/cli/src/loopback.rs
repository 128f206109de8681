//! What tests need of a keeper and of endpoints, on this machine.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};
use holdfast_client::Pubkey;
use holdfast_keeper_core::fees::Fees;
use holdfast_keeper_core::keeper::{Keeper, KeeperConfig, Report};
use holdfast_risk::Millis;
use serde_json::{Value, json};
use solana_keypair::{Keypair, keypair_from_seed};
use solana_message::{Hash, Message, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use tokio::net::TcpListener;

use crate::config::Address;
use crate::rpc::Endpoint;

/// Keys in the address of an endpoint here.
pub const KEYS: [&str; 3] = ["secret-key", "hidden-key", "password-key"];

/// Serves whatever `answer` makes of a request and its address, and says where with keys.
pub async fn serve(
    answer: impl Fn(Uri, Value) -> Response<Body> + Send + Sync + 'static,
) -> Endpoint {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let answer = Arc::new(answer);
    let pages = Router::new().fallback(move |uri: Uri, body: String| async move {
        answer(uri, serde_json::from_str(&body).unwrap_or_default())
    });
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let [path, query, password] = KEYS;
    Endpoint::new(Address(format!("http://user:{password}@{address}/{path}?api-key={query}")))
}

/// A response.
pub fn page(status: u16, body: impl Into<Body>) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("a status");
    Response::builder().status(status).body(body.into()).expect("a response")
}

/// The answer to a request.
pub fn result(request: &Value, result: Value) -> Response<Body> {
    page(200, json!({"jsonrpc": "2.0", "id": request["id"], "result": result}).to_string())
}

/// A wallet.
pub fn wallet() -> Keypair {
    keypair_from_seed(&[1; 32]).expect("32 bytes")
}

/// What a keeper of two endpoints and a stream says that has seen nothing yet.
pub fn report() -> Report {
    let orders = KeeperConfig {
        silo: Pubkey::default(),
        account: Pubkey::default(),
        wallet: wallet(),
        guardian: None,
        keepers: Vec::new(),
        feeds: Vec::new(),
        fees: Fees::default(),
        dry_run: false,
        endpoints: 2,
        streams: 1,
    };
    Keeper::new(orders, Millis(0)).report(Millis(0))
}

/// A transaction that the wallet signed.
pub fn transaction() -> VersionedTransaction {
    let wallet = wallet();
    let message = Message::new_with_blockhash(&[], Some(&wallet.pubkey()), &Hash::default());
    let message = VersionedMessage::Legacy(message);
    VersionedTransaction::try_new(message, &[&wallet]).expect("it signs")
}
