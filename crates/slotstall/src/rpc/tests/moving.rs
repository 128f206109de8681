use serde_json::{Value, json};

use super::{NOW, SOL, Stage, base64};
use crate::node::Finality;

/// Without a preflight, which does not know the newest blockhash as final.
fn unchecked() -> Value {
    json!({"encoding": "base64", "skipPreflight": true})
}

#[test]
fn a_test_moves_the_chain() {
    let mut stage = Stage::with(Finality::Voted);
    let slot = stage.node.present().slot();
    let stalled = stage.result("slotstall_stall", json!([{"ms": 45_000}]));
    assert_eq!((&stalled["slot"], &stalled["nowMs"]), (&json!(slot + 1), &json!(NOW + 45_000)));
    assert_eq!(stage.result("slotstall_run", json!({"ms": 4_000}))["condition"], "well");
    assert_eq!(stage.result("slotstall_slow", json!([{"slotMs": 1_000}]))["condition"], "runs");
    let before = stage.result("slotstall_status", json!([]))["slot"].as_u64().unwrap();
    let after = stage.result("slotstall_run", json!([{"ms": 60_000}]))["slot"].as_u64().unwrap();
    assert!((59..=61).contains(&(after - before)), "{before} {after}");
    stage.result("slotstall_skip", json!([{"percent": 60, "ms": 60_000}]));
    assert_eq!(stage.result("slotstall_votesOnly", json!([]))["condition"], "votesOnly");
    assert_eq!(stage.result("slotstall_resume", json!([]))["condition"], "well");
    let slot = stage.node.present().slot();
    assert_eq!(stage.result("slotstall_restart", json!([]))["lastRestartSlot"], json!(slot));
    stage.result("slotstall_nominal", json!([{"ms": 200}]));
    stage.result("slotstall_run", json!([{"ms": 60_000}]));
    assert!(stage.node.present().slot() >= slot + 298);
    stage.result("slotstall_epochAge", json!([{"slots": 10}]));
    stage.result("slotstall_stall", json!([{"ms": 3_600_000}]));
    let hidden = stage.result("slotstall_run", json!([{"ms": 2_000}]));
    assert!(hidden["nowMs"].as_u64().unwrap() / 1_000 - hidden["clock"].as_u64().unwrap() > 3_500);
    for (method, wrong) in [
        ("slotstall_run", json!([{"ms": 1e15 as u64}])),
        ("slotstall_run", json!([])),
        ("slotstall_stall", json!([{"seconds": 45}])),
        ("slotstall_slow", json!([{"slotMs": 1}])),
        ("slotstall_skip", json!([{"percent": 100}])),
        ("slotstall_nominal", json!([{"ms": 0}])),
        ("slotstall_epochAge", json!([{"slots": 432_000}])),
    ] {
        assert_eq!(stage.refusal(method, wrong).0, -32602, "{method}");
    }
}

#[test]
fn a_test_moves_the_endpoint() {
    let mut stage = Stage::with(Finality::Voted);
    stage.result("slotstall_run", json!([{"ms": 60_000}]));
    let processed = json!([{"commitment": "processed"}]);
    let slot = stage.result("getSlot", processed.clone()).as_u64().unwrap();
    assert_eq!(stage.result("getSlot", json!([{"commitment": "confirmed"}])), json!(slot - 1));
    assert_eq!(stage.result("getSlot", json!([])), json!(slot - 31));
    stage.result("slotstall_lag", json!([{"blocks": 5}]));
    assert_eq!(stage.result("getSlot", processed.clone()), json!(slot - 5));
    stage.result("slotstall_lag", json!([{"blocks": 0}]));
    stage.result("slotstall_freeze", json!([{"frozen": true}]));
    stage.result("slotstall_run", json!([{"ms": 60_000}]));
    assert_eq!(stage.result("getSlot", processed.clone()), json!(slot));
    assert_eq!(stage.result("getHealth", json!([])), "ok");
    stage.result("slotstall_freeze", json!([{"frozen": false}]));
    assert_eq!(stage.result("getSlot", processed), json!(slot + 150));
    stage.result("slotstall_lose", json!([{"transactions": 1}]));
    let lost = stage.transfer(SOL);
    stage.result("sendTransaction", json!([lost, unchecked()]));
    assert_eq!(stage.node.history().count(), 0);
    let forged = json!([{
        "address": stage.friend.to_string(), "owner": stage.friend.to_string(), "data": "AQI=",
    }]);
    stage.result("slotstall_setAccount", forged);
    assert_eq!(stage.node.account(&stage.friend).unwrap().data, [1, 2]);
}

#[test]
fn a_test_goes_back_to_a_snapshot_as_often_as_it_likes() {
    let mut stage = Stage::new();
    assert_eq!(stage.result("slotstall_status", json!([]))["snapshot"], Value::Null);
    let kept = stage.result("slotstall_snapshot", json!([]));
    assert_eq!(kept["snapshot"], 0);
    let transfer = stage.transfer(SOL);
    for _ in 0..2 {
        let signature = stage.result("sendTransaction", json!([transfer, base64()]));
        assert_eq!(stage.node.account(&stage.friend).unwrap().lamports, SOL);
        stage.result("slotstall_stall", json!([{"ms": 60_000}]));
        stage.result("slotstall_snapshot", json!([]));
        let back = stage.result("slotstall_revert", json!([{"snapshot": 0}]));
        assert_eq!(back, kept);
        assert_eq!(stage.node.account(&stage.friend), None);
        let statuses = stage.result("getSignatureStatuses", json!([[signature]]));
        assert_eq!(statuses["value"], json!([null]));
    }
    let (code, said, _) = stage.refusal("slotstall_revert", json!([{"snapshot": 1}]));
    assert!(code == -32602 && said.contains("no snapshot 1"), "{said}");
}

#[test]
fn a_test_takes_time_into_its_own_hands_and_gives_it_back() {
    let mut stage = Stage::with(Finality::Voted);
    stage.result("slotstall_run", json!([{"ms": 20_000}]));
    let transfer = stage.transfer(SOL);
    stage.result("sendTransaction", json!([transfer, unchecked()]));
    let balance = json!([stage.friend.to_string()]);
    assert_eq!(stage.result("getBalance", balance.clone())["value"], 0);
    stage.result("slotstall_time", json!([{"time": "virtual"}]));
    assert_eq!(stage.result("getBalance", balance.clone())["value"], SOL);
    stage.result("slotstall_time", json!([{"time": "real"}]));
    assert_eq!(stage.result("getBalance", balance)["value"], 0);
    let (code, said, _) = stage.refusal("slotstall_time", json!([{"time": "unreal"}]));
    assert!(code == -32602 && said.contains("virtual"), "{said}");
}

#[test]
fn an_endpoint_far_behind_says_so() {
    let mut stage = Stage::with(Finality::Voted);
    stage.result("slotstall_run", json!([{"ms": 60_000}]));
    stage.result("slotstall_lag", json!([{"blocks": 90}]));
    assert_eq!(stage.result("getHealth", json!([])), "ok");
    stage.result("slotstall_skip", json!([{"percent": 60, "ms": 120_000}]));
    let (code, said, data) = stage.refusal("getHealth", json!([]));
    assert!(code == -32005 && said.contains("behind by"), "{said}");
    assert!(data["numSlotsBehind"].as_u64() > Some(128));
}

#[test]
fn an_account_that_is_put_in_place_is_final_at_once() {
    let mut stage = Stage::with(Finality::Voted);
    stage.result("slotstall_run", json!([{"ms": 20_000}]));
    let (address, owner) = (stage.friend.to_string(), stage.friend.to_string());
    let forged = json!([{"address": address, "owner": owner, "data": "AQI=", "lamports": SOL}]);
    stage.result("slotstall_setAccount", forged);
    for commitment in ["processed", "confirmed", "finalized"] {
        let balance = json!([stage.friend.to_string(), {"commitment": commitment}]);
        assert_eq!(stage.result("getBalance", balance)["value"], SOL, "{commitment}");
    }
}
