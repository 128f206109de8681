use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use holdfast_client::Pubkey;
use serde_json::json;
use solana_transaction_error::TransactionError;
use tokio::time::Instant;

use super::super::TraderSession;
use super::{Budget, Fate, Landing, PATIENCE, Patience, SPARE_BLOCKS, Submitted, fate};
use crate::config::Config;
use crate::loopback::{page, result, serve, transaction, wallet};
use crate::rpc::Endpoint;

/// An endpoint at these block heights, one after the other and then always at the last, where the
/// transaction lands at height seven.
async fn endpoint(heights: &'static [u64]) -> Endpoint {
    let asked = AtomicUsize::new(0);
    serve(move |_, request| match request["method"].as_str() {
        Some("getBlockHeight") => {
            let round = asked.fetch_add(1, Relaxed);
            result(&request, json!(heights.get(round).or(heights.last())))
        }
        Some("getSignatureStatuses") => {
            let has_landed = heights.get(asked.load(Relaxed) - 1).or(heights.last()) == Some(&7);
            let status = json!({
                "slot": 9,
                "confirmations": null,
                "err": null,
                "status": {"Ok": null},
                "confirmationStatus": "confirmed",
            });
            let status = if has_landed { status } else { json!(null) };
            result(&request, json!({"context": {"slot": 9}, "value": [status]}))
        }
        _ => page(500, ""),
    })
    .await
}

/// What becomes of a transaction that may land up to height ten.
async fn landed(endpoints: Vec<Endpoint>) -> Result<Submitted, String> {
    let config = Config::default();
    let person =
        TraderSession { config: &config, endpoints, wallet: wallet(), silo: Pubkey::default() };
    person.land(&transaction(), 10).await
}

#[tokio::test]
async fn it_has_expired_when_every_endpoint_that_answers_says_so() {
    let expired: &[u64] = &[11 + SPARE_BLOCKS];
    let dead = serve(|_, _| page(500, "")).await;
    let said = landed(vec![dead, endpoint(expired).await]).await.map(|_| ()).unwrap_err();
    assert!(said.contains("nothing has happened"), "{said}");
    // Behind the first, but it knows better.
    let behind = endpoint(&[5, 6, 7]).await;
    let found = landed(vec![endpoint(expired).await, behind]).await;
    assert!(matches!(found, Ok(Submitted::Landed { slot: 9, .. })));
}

#[test]
fn only_what_can_land_no_more_has_not_landed() {
    let at = |landed, height| fate(&Landing { landed, height }, 1_000);
    assert_eq!(at(None, 0), Fate::Unknown);
    assert_eq!(at(None, 1_000 + SPARE_BLOCKS), Fate::Unknown);
    assert_eq!(at(None, 1_001 + SPARE_BLOCKS), Fate::Expired);
    assert_eq!(at(Some((7, None)), 5_000), Fate::Landed { slot: 7 });
    let refused = TransactionError::AccountNotFound;
    assert_eq!(at(Some((7, Some(refused.clone()))), 5_000), Fate::Refused(refused));
}

#[test]
fn patience_ends_when_no_block_comes() {
    let start = Instant::now();
    let mut patience = Patience { height: 0, since: start };
    let after = |share: u32| start + PATIENCE * share / 4;
    assert!(patience.lasts(Some(10), after(3)));
    assert!(patience.lasts(Some(10), after(6)));
    assert!(!patience.lasts(Some(10), after(7)));
    assert!(!patience.lasts(None, after(7)));
    assert!(patience.lasts(Some(11), after(8) + Duration::from_secs(1)));
}

#[test]
fn a_transaction_asks_for_more_than_it_took_and_no_more_than_it_may() {
    let budget = Budget::of(40_000, 1_000);
    assert_eq!(budget, Budget { units: 51_000, price: 1_000 });
    assert_eq!(budget.lamports(), 5_000 + 51);
    assert_eq!(Budget::of(u64::MAX, 0).units, 1_400_000);
}
