use std::cell::Cell;

use holdfast_client::Pubkey;
use holdfast_client::instruction;
use holdfast_rpc::limits::SPARE_BLOCKS;
use holdfast_rpc::loopback::{epoch, page, serve, statuses};
use holdfast_rpc::{Blockhash, Endpoint};
use serde_json::Value;

use super::super::TraderSession;
use super::{Submitted, written};
use crate::config::Config;
use crate::loopback::{transaction, wallet};
use crate::output::Failure;

/// An endpoint at a block height, where every transaction landed in this slot, or in none.
async fn endpoint(height: u64, slot: Option<u64>) -> Endpoint {
    serve(move |_, request| match request["method"].as_str() {
        Some("getEpochInfo") => epoch(&request, 9, height),
        Some("getSignatureStatuses") => statuses(&request, 9, &[slot]),
        _ => page(500, ""),
    })
    .await
}

/// What becomes of a transaction that may land up to height ten.
async fn landed(endpoints: Vec<Endpoint>) -> Result<Submitted, Failure> {
    let config = Config::default();
    let person = TraderSession {
        config: &config,
        endpoints,
        answering: Cell::new(0),
        wallet: wallet(),
        silo: Pubkey::default(),
    };
    person.land(transaction(), Blockhash { last_height: 10, ..Blockhash::default() }).await
}

#[tokio::test]
async fn what_has_expired_is_said_with_its_signature() {
    let expired = landed(vec![endpoint(11 + SPARE_BLOCKS, None).await]).await.err();
    let expired = expired.expect("it did not land");
    assert!(expired.reason.contains("nothing has happened"), "{}", expired.reason);
    let told = expired.object();
    let signature = transaction().signatures[0].to_string();
    assert_eq!((&told["verdict"], &told["signature"]), (&"expired".into(), &signature.into()));
    assert_eq!((&told["slot"], &told["error"]), (&Value::Null, &expired.reason.into()));
}

#[tokio::test]
async fn what_has_landed_is_said_with_its_slot() {
    let found = landed(vec![endpoint(5, Some(9)).await]).await.ok().expect("it landed");
    let told = found.said("done", Value::Object(Default::default())).facts;
    assert_eq!((&told["verdict"], &told["slot"]), (&"landed".into(), &9.into()));
}

#[test]
fn every_written_account_is_named_once() {
    let key = |byte| Pubkey::new_from_array([byte; 32]);
    let flags = [instruction::flag(key(9), &[key(1)]), instruction::flag(key(8), &[key(1)])];
    let written = written(&flags);
    assert!(written.is_sorted() && written.contains(&key(8)) && written.contains(&key(9)));
    assert!(written.windows(2).all(|pair| pair[0] != pair[1]));
}
