use std::io;

use axum::body::Body;
use futures_util::stream;
use holdfast_client::{Pubkey, holdfast};
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::keypair_from_seed;
use solana_message::Hash;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{ANSWER_WITHIN, Endpoint, Listed, NoPart, Past, client_error};
use crate::loopback::{KEYS, page, result, serve};
use crate::{Address, Budget, Key, Part, Shown, sign};

const FEED: Pubkey = Pubkey::new_from_array([9; 32]);

fn transaction() -> VersionedTransaction {
    let wallet = keypair_from_seed(&[1; 32]).expect("32 bytes");
    sign(Budget::default(), &[], &[&wallet], &Hash::default()).expect("it signs")
}

fn read(part: &Result<(u64, Vec<Shown>), NoPart>) -> Result<(), String> {
    match part {
        Ok(_) => Ok(()),
        Err(NoPart::TooLong) => Err("too long".to_owned()),
        Err(NoPart::Failed(reason)) => Err(reason.clone()),
    }
}

/// Everything a keeper asks; of each the name, and what was wrong if something was.
async fn everything(endpoint: &Endpoint) -> Vec<(&'static str, Result<(), String>)> {
    let signature = Signature::from([5; 64]);
    vec![
        ("genesis", endpoint.genesis().await.map(|_| ())),
        ("epoch", endpoint.epoch().await.map(|_| ())),
        ("account", endpoint.account(&FEED).await.map(|_| ())),
        ("progress", endpoint.progress(&[FEED], None).await.map(|_| ())),
        ("feeds", read(&endpoint.part(&Part::Named(vec![FEED])).await)),
        ("markets", read(&endpoint.part(&Part::Markets(FEED)).await)),
        ("look", endpoint.look(&[FEED]).await.map(|_| ())),
        ("send", endpoint.send(&transaction()).await),
        ("looks", endpoint.looks(&[(signature, 9)]).await.map(|_| ())),
        ("listed", listed(endpoint).await.map(|_| ())),
        ("past", endpoint.past("tx").await.map(|_| ())),
        ("knows", endpoint.knows(&signature).await.map(|_| ())),
    ]
}

async fn listed(endpoint: &Endpoint) -> Result<Vec<Listed>, String> {
    endpoint.listed(&FEED, None, None, 5, CommitmentConfig::confirmed()).await
}

/// A sentence that names the host, says what to do, and gives no key away.
fn is_sentence(endpoint: &Endpoint, said: &str) {
    assert!(said.starts_with(&format!("{} ", endpoint.address)), "{said}");
    assert!(said.contains(": check rpc"), "{said}");
    assert!(KEYS.iter().all(|key| !said.contains(key)), "{said}");
    assert!(!said.contains("user"), "{said}");
}

/// Everything fails, with a sentence that contains `why`.
async fn all_fail(endpoint: &Endpoint, why: &str) {
    for (name, outcome) in everything(endpoint).await {
        let said = outcome.expect_err(name);
        is_sentence(endpoint, &said);
        assert!(said.contains(why), "{name}: {said}");
    }
}

#[tokio::test]
async fn a_status_that_is_no_success_is_said() {
    for status in [400, 401, 403, 404, 500, 502, 503] {
        let endpoint = serve(move |_, _| page(status, "it went wrong")).await;
        all_fail(&endpoint, &status.to_string()).await;
    }
}

#[tokio::test]
async fn who_asks_to_come_back_at_once_is_asked_a_few_times() {
    let endpoint = serve(|_, _| {
        let mut page = page(429, "later");
        page.headers_mut().insert("retry-after", "0".parse().expect("a header"));
        page
    })
    .await;
    all_fail(&endpoint, "429").await;
}

/// Also one who asks to come back in two minutes, again and again.
#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_longer_than_for_an_answer() {
    let endpoint = Endpoint::new(Address(format!("http://host/{}", KEYS[0])));
    let begun = Instant::now();
    let answer = std::future::pending::<client_error::Result<()>>();
    let said = endpoint.asked(answer).await.expect_err("no answer");
    assert_eq!(begun.elapsed().as_secs(), ANSWER_WITHIN.as_secs());
    is_sentence(&endpoint, &said);
}

#[tokio::test]
async fn who_never_answers_is_not_waited_for() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    // The system accepts the connections; nobody reads.
    let endpoint = Endpoint::new(Address(format!("http://{address}/{}", KEYS[0])));
    tokio::time::pause();
    all_fail(&endpoint, "does not answer").await;
}

#[tokio::test]
async fn who_is_not_there_is_said_so() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    let endpoint = Endpoint::new(Address(format!("http://{address}/{}", KEYS[0])));
    all_fail(&endpoint, "refused").await;
}

#[tokio::test]
async fn what_is_no_answer_is_said() {
    for body in ["", "garbage", "<html>", "{\"jsonrpc\": \"2.0\", \"resu", "\u{0}", "[]", "7"] {
        let endpoint = serve(move |_, _| page(200, body)).await;
        all_fail(&endpoint, "does not answer").await;
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_said() {
    let endpoint = serve(|_, _| {
        let begun = Ok("{\"jsonrpc\": \"2.0\", \"id\": 0, \"result\": ");
        page(200, Body::from_stream(stream::iter([begun, Err(io::Error::other("cut"))])))
    })
    .await;
    all_fail(&endpoint, "does not answer").await;
}

#[tokio::test]
async fn who_repeats_the_address_gives_no_key_away() {
    let endpoint = serve(|uri, request| {
        let message = format!("{uri} is over its limit, {KEYS:?}");
        let error = json!({"code": -32005, "message": message});
        page(200, json!({"jsonrpc": "2.0", "id": request["id"], "error": error}).to_string())
    })
    .await;
    all_fail(&endpoint, "is over its limit").await;
    let endpoint = serve(|uri, request| {
        let error = json!({"address": uri.to_string()});
        page(200, json!({"jsonrpc": "2.0", "id": request["id"], "error": error}).to_string())
    })
    .await;
    all_fail(&endpoint, "does not answer").await;
}

#[tokio::test]
async fn nothing_panics_whatever_the_shape_is() {
    let with_context = |value: Value| json!({"context": {"slot": 7}, "value": value});
    let shapes = [
        json!(null),
        json!(7),
        json!(-1),
        json!("text"),
        json!([]),
        json!([null, null]),
        json!({}),
        json!({"context": {"slot": "seven"}, "value": []}),
        with_context(json!(null)),
        with_context(json!([])),
        with_context(json!([null, null, null])),
        with_context(json!([{"lamports": -5}])),
        with_context(json!({"blockhash": "no hash", "lastValidBlockHeight": 1})),
        json!({"absoluteSlot": 1.5, "blockHeight": "high"}),
    ];
    for shape in shapes {
        let answer = shape.clone();
        let endpoint = serve(move |_, request| result(&request, answer.clone())).await;
        for (_, outcome) in everything(&endpoint).await {
            outcome.err().iter().for_each(|said| is_sentence(&endpoint, said));
        }
    }
}

fn account(owner: &str, data: Value) -> Value {
    let (rent, length) = (u64::MAX, 0);
    json!({
        "lamports": 1, "owner": owner, "data": data,
        "executable": false, "rentEpoch": rent, "space": length,
    })
}

#[tokio::test]
async fn accounts_that_make_no_sense_are_said() {
    let owner = holdfast::ID.to_string();
    let wrong = [
        json!([]),
        json!([null, null]),
        json!([account(&owner, json!(["not base64!", "base64"]))]),
        json!([account(&owner, json!(["AQID", "base64+zstd"]))]),
        json!([account(&owner, json!({"parsed": {}, "program": "x", "space": 1}))]),
        json!([account("nobody", json!(["AQID", "base64"]))]),
    ];
    for accounts in wrong {
        let shown = accounts.clone();
        let endpoint = serve(move |_, request| {
            result(&request, json!({"context": {"slot": 7}, "value": shown.clone()}))
        })
        .await;
        let said = endpoint.accounts(&[FEED]).await.err().expect("they make no sense");
        is_sentence(&endpoint, &said);
    }
}

/// An endpoint at which only the sysvars are not as they should be.
async fn with_sysvars(sysvars: Value) -> Endpoint {
    serve(move |_, request| {
        let with_context = |value: Value| json!({"context": {"slot": 7}, "value": value});
        let said = match request["method"].as_str().unwrap_or_default() {
            "getEpochInfo" => json!({
                "absoluteSlot": 7, "blockHeight": 5, "epoch": 0, "slotIndex": 7,
                "slotsInEpoch": 32, "transactionCount": 9,
            }),
            "getLatestBlockhash" => {
                let hash = Hash::new_from_array([4; 32]).to_string();
                with_context(json!({"blockhash": hash, "lastValidBlockHeight": 155}))
            }
            "getRecentPrioritizationFees" => json!("there is no such method"),
            "getGenesisHash" => json!(Hash::new_from_array([4; 32]).to_string()),
            "isBlockhashValid" => with_context(json!(true)),
            _ => with_context(sysvars.clone()),
        };
        result(&request, said)
    })
    .await
}

#[tokio::test]
async fn progress_is_read_or_said_to_make_no_sense() {
    let shown = |data: &str| {
        account("Sysvar1111111111111111111111111111111111111", json!([data, "base64"]))
    };
    // Forty bytes of `Clock`, the last eight of which are the time; eight of `LastRestartSlot`.
    let zeroes = "A".repeat(42);
    let (right, negative) = (format!("{zeroes}AJAAAAAAAAAA=="), format!("{zeroes}D//////////w=="));
    let restart = "BQAAAAAAAAA=";
    let endpoint = with_sysvars(json!([shown(&right), shown(restart)])).await;
    let hash = Hash::new_from_array([4; 32]);
    let probed = endpoint.progress(&[], Some(hash)).await.expect("it is right");
    let (progress, fees) = (probed.progress, probed.fees);
    assert_eq!((progress.slot, progress.block_height, progress.transactions), (7, 5, 9));
    assert_eq!(
        (progress.clock.0, progress.restart_slot, fees),
        (9_000, 5, vec![]),
        "no fees are no fault"
    );
    assert!(probed.vouched);
    assert_eq!(progress.genesis, [4; 32]);
    let wrong = [
        json!([null, shown(restart)]),
        json!([shown(&right), null]),
        json!([shown("AQID"), shown(restart)]),
        json!([shown(&right), shown("AQID")]),
        json!([shown(&negative), shown(restart)]),
    ];
    for sysvars in wrong {
        let endpoint = with_sysvars(sysvars.clone()).await;
        let said = endpoint.progress(&[], None).await.expect_err("it makes no sense");
        is_sentence(&endpoint, &said);
        assert!(said.contains("that makes sense"), "{sysvars}: {said}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_shown_without_data() {
    let there = account(&holdfast::ID.to_string(), json!(["AQID", "base64"]));
    let values = json!([there, null]);
    let endpoint = serve(move |_, request| {
        result(&request, json!({"context": {"slot": 7}, "value": values.clone()}))
    })
    .await;
    let gone = Pubkey::new_from_array([8; 32]);
    let shown = endpoint.look(&[FEED, gone]).await.expect("it is right");
    let facts = shown.into_iter().map(|shown| (shown.slot, shown.address, shown.owner, shown.data));
    let expected =
        [(7, FEED, holdfast::ID, vec![1, 2, 3]), (7, gone, Pubkey::default(), Vec::new())];
    assert_eq!(facts.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_part_is_asked_for_by_its_filters_and_comes_with_its_slot() {
    let silo = Pubkey::new_from_array([3; 32]);
    let part = Part::Accounts(silo, Key::beginning_with(7));
    let wanted = part.filters().len();
    let endpoint = serve(move |_, request| {
        let config = &request["params"][1];
        let filters = config["filters"].as_array().cloned().unwrap_or_default();
        let right = request["method"] == "getProgramAccounts" && config["withContext"] == true;
        let in_words = filters.iter().all(|filter| filter["memcmp"]["encoding"] == "base58");
        assert!(right && in_words && filters.len() == wanted, "{request}");
        let account = account(&holdfast::ID.to_string(), json!(["AQID", "base64"]));
        let keyed = json!({"pubkey": FEED.to_string(), "account": account});
        result(&request, json!({"context": {"slot": 7}, "value": [keyed]}))
    })
    .await;
    let (slot, shown) = endpoint.part(&part).await.expect("it is right");
    let facts = shown.into_iter().map(|shown| (shown.slot, shown.address, shown.owner, shown.data));
    let expected = vec![(7, FEED, holdfast::ID, vec![1, 2, 3])];
    assert_eq!((slot, facts.collect::<Vec<_>>()), (7, expected));
}

#[tokio::test]
async fn a_part_that_is_too_long_is_told_from_one_that_fails() {
    let endpoint = serve(|_, request| result(&request, json!("x".repeat(2_000)))).await;
    let narrow = Endpoint::with_limits("rpc", endpoint.address.clone(), ANSWER_WITHIN, 1_000);
    let part = Part::Markets(FEED);
    assert_eq!(narrow.part(&part).await.err(), Some(NoPart::TooLong));
    let said = endpoint.part(&part).await.err();
    assert!(matches!(said, Some(NoPart::Failed(_))), "{said:?}");
}

#[tokio::test]
async fn a_past_transaction_has_its_logs_and_every_account_that_it_names() {
    let named = [[1; 32], [2; 32], [3; 32], [4; 32]].map(Pubkey::new_from_array);
    let texts = named.map(|address| address.to_string());
    let endpoint = serve(move |_, request| {
        let shown = json!({
            "slot": 7,
            "meta": {
                "logMessages": ["one", "two"],
                "loadedAddresses": {"writable": [texts[2]], "readonly": [texts[3]]},
            },
            "transaction": {"message": {"accountKeys": [texts[0], texts[1]]}},
        });
        result(&request, shown)
    })
    .await;
    let logs = ["one", "two"].map(str::to_owned).to_vec();
    let past = Past { logs, accounts: named.to_vec() };
    assert_eq!(endpoint.past("tx").await, Ok(Some(past)));
}

#[tokio::test]
async fn a_past_transaction_that_is_not_kept_is_told_from_one_that_makes_no_sense() {
    let endpoint = serve(|_, request| result(&request, Value::Null)).await;
    assert_eq!(endpoint.past("tx").await, Ok(None));
    for shown in [json!({"meta": null}), json!({"meta": {"logMessages": null}}), json!([1])] {
        let endpoint = serve(move |_, request| result(&request, shown.clone())).await;
        let said = endpoint.past("tx").await.expect_err("it makes no sense");
        assert!(said.contains("answers with no logs of a transaction"), "{said}");
    }
}

#[tokio::test]
async fn listed_transactions_say_when_and_whether_they_worked_and_are_final() {
    let endpoint = serve(|_, request| {
        let one = |signature, err, confirmation| {
            json!({
                "signature": signature, "slot": 7, "err": err, "memo": null, "blockTime": 9,
                "confirmationStatus": confirmation,
            })
        };
        let failed = json!({"InstructionError": [0, {"Custom": 1}]});
        result(&request, json!([one("b", failed, "confirmed"), one("a", Value::Null, "finalized")]))
    })
    .await;
    let listed = listed(&endpoint).await.expect("a list");
    let seen = listed
        .iter()
        .map(|it| (it.signature.as_str(), it.slot, it.time_s, it.failed, it.finalized));
    let seen: Vec<_> = seen.collect();
    assert_eq!(seen, [("b", 7, Some(9), true, false), ("a", 7, Some(9), false, true)]);
}
