use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde_json::json;
use solana_keypair::keypair_from_seed;
use solana_message::Hash;
use tokio::time::Instant;

use super::{Following, follow};
use crate::limits::{FOLLOWED, PATIENCE, REMEMBERED_BLOCKS, SPARE_BLOCKS};
use crate::loopback::{epoch, page, result, serve, statuses};
use crate::{Blockhash, Budget, Endpoint, Look, Status, Tracker, Verdict, sign};

/// The last height that a transaction may land at here, and one at which it has not.
const LAST: u64 = 10;
const PAST: u64 = LAST + SPARE_BLOCKS + 1;

/// An endpoint at these block heights, one after the other and then always at the last, where every
/// transaction lands at height seven.
async fn endpoint(heights: &'static [u64]) -> Endpoint {
    let asked = AtomicUsize::new(0);
    let at = |round: usize| heights.get(round).or(heights.last()).copied().unwrap_or_default();
    serve(move |_, request| match request["method"].as_str() {
        Some("getEpochInfo") => epoch(&request, 9, at(asked.fetch_add(1, Relaxed))),
        Some("getSignatureStatuses") => {
            let landed = (at(asked.load(Relaxed) - 1) == 7).then_some(9);
            let count = request["params"][0].as_array().map_or(0, Vec::len);
            statuses(&request, 9, &vec![landed; count])
        }
        _ => page(500, ""),
    })
    .await
}

fn tracker(number: u8) -> Tracker<solana_transaction_error::TransactionError> {
    let (wallet, hash) =
        (keypair_from_seed(&[1; 32]).expect("32 bytes"), Hash::new_from_array([number; 32]));
    let signed = sign(Budget::default(), &[], &[&wallet], &hash).expect("it signs");
    Tracker::new(signed, Blockhash { hash, last_height: LAST })
}

/// What becomes of one transaction.
async fn verdict(
    endpoints: &[Endpoint],
) -> Option<Verdict<solana_transaction_error::TransactionError>> {
    follow(endpoints, vec![tracker(1)], &mut |_| {}).await.pop()?.verdict().cloned()
}

#[tokio::test]
async fn it_has_expired_when_more_than_half_of_those_that_answer_say_so() {
    let expired: &[u64] = &[PAST];
    let dead = serve(|_, _| page(500, "")).await;
    assert_eq!(verdict(&[dead, endpoint(expired).await]).await, Some(Verdict::Expired));
    // Behind the first, but it knows better.
    let behind = endpoint(&[5, 6, 7]).await;
    let found = verdict(&[endpoint(expired).await, behind]).await;
    assert_eq!(found, Some(Verdict::Landed { slot: 9 }));
}

#[tokio::test]
async fn one_of_three_that_runs_ahead_expires_nothing() {
    let [one, other] = [endpoint(&[5, 6, 6, 7]).await, endpoint(&[5, 5, 6, 7]).await];
    let found = verdict(&[endpoint(&[1_000_000]).await, one, other]).await;
    assert_eq!(found, Some(Verdict::Landed { slot: 9 }));
}

#[tokio::test]
async fn one_of_three_that_shows_a_landing_makes_none() {
    let [one, other] = [endpoint(&[5, PAST]).await, endpoint(&[5, PAST]).await];
    let found = verdict(&[endpoint(&[7]).await, one, other]).await;
    assert_eq!(found, Some(Verdict::Expired));
}

#[tokio::test]
async fn many_are_followed_at_once_and_counted() {
    let mut counts = Vec::new();
    let all: Vec<_> = (0..200).map(tracker).collect();
    let all = follow(&[endpoint(&[5, 6, 7]).await], all, &mut |count| counts.push(count)).await;
    let landed = Verdict::Landed { slot: 9 };
    assert_eq!(all.iter().filter(|tracker| tracker.verdict() == Some(&landed)).count(), 200);
    assert_eq!(counts, [0, 0, 200]);
}

/// An endpoint past the expiry that keeps no history, at this slot and height.
async fn without_history(slot: u64, height: u64) -> Endpoint {
    serve(move |_, request| match request["method"].as_str() {
        Some("getEpochInfo") => epoch(&request, 9, height),
        Some("getSignatureStatuses") if request["params"][1].is_null() => {
            statuses(&request, slot, &[None])
        }
        Some("getSignatureStatuses") => {
            let error = json!({"code": -32011, "message": "Transaction history is not available"});
            let answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
            page(200, answer.to_string())
        }
        _ => page(500, ""),
    })
    .await
}

#[tokio::test]
async fn who_keeps_no_history_knows_what_it_remembers() {
    let remembers = without_history(9, LAST + REMEMBERED_BLOCKS).await;
    assert_eq!(verdict(&[remembers]).await, Some(Verdict::Expired));
    // Too long ago, and from a node that is behind the one that told the height.
    let forgot = without_history(9, LAST + REMEMBERED_BLOCKS + 1).await;
    let behind = without_history(8, PAST).await;
    for endpoint in [forgot, behind] {
        let looks = endpoint.looks(&[(tracker(1).signature(), LAST)]).await.expect("it answers");
        assert_eq!(looks[0].status, Status::Absent { searched: false });
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_tell_is_unknown_after_a_minute_without_a_block() {
    let dead = serve(|_, _| page(500, "")).await;
    let begun = Instant::now();
    assert_eq!(verdict(&[dead]).await, Some(Verdict::Unknown));
    assert!(begun.elapsed() >= PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_followed_for_ever() {
    let mut following = Following::new(1, vec![tracker(1)]);
    let signature = tracker(1).signature();
    let is_over = |following: &mut Following, height: u64| {
        let look = Look { height, status: Status::Absent { searched: false } };
        following.take(0, Ok(vec![(signature, look)]));
        following.is_over()
    };
    tokio::time::advance(FOLLOWED - Duration::from_secs(1)).await;
    assert!(!is_over(&mut following, 8));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(is_over(&mut following, 9), "though there are new blocks");
}

#[tokio::test]
async fn the_history_is_searched_before_something_counts_as_expired() {
    // The cache has forgotten what the history still tells.
    let endpoint = serve(|_, request| match request["method"].as_str() {
        Some("getEpochInfo") => epoch(&request, 9, 5_000),
        Some("getSignatureStatuses") => {
            let searched = request["params"][1]["searchTransactionHistory"] == true;
            statuses(&request, 9, &[searched.then_some(4)])
        }
        _ => result(&request, json!(null)),
    })
    .await;
    assert_eq!(verdict(&[endpoint]).await, Some(Verdict::Landed { slot: 4 }));
}
