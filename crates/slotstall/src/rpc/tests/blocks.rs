use serde_json::{Value, json};
use solana_account::Account;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{Message, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::{SOL, Stage, base64};
use crate::node::Finality;
use crate::rpc::answer;

#[test]
fn blocks_that_are_not_there_are_refused_with_why() {
    let mut stage = Stage::with(Finality::Voted);
    stage.result("slotstall_skip", json!([{"percent": 50, "ms": 40_000}]));
    stage.result("slotstall_run", json!([{"ms": 20_000}]));
    let from = stage.node.present().slot() - 400;
    let slots = stage.result("getBlocks", json!([from]));
    let slots: Vec<_> =
        slots.as_array().unwrap().iter().map(|slot| slot.as_u64().unwrap()).collect();
    let skipped = slots.windows(2).find(|pair| pair[1] > pair[0] + 1).unwrap()[0] + 1;
    let confirmed = json!({"commitment": "confirmed"});
    for (slot, code, said) in [
        (1, -32001, "First available block"),
        (skipped, -32007, "was skipped"),
        (stage.node.present().slot() + 1, -32004, "Block not available"),
    ] {
        let (got, message, _) = stage.refusal("getBlock", json!([slot, confirmed]));
        assert!(got == code && message.contains(said), "{slot}: {got} {message}");
    }
    // The present block has no votes yet.
    let newest = stage.node.present().slot();
    assert_eq!(stage.refusal("getBlock", json!([newest, confirmed])).0, -32004);
    let later = slots.iter().find(|slot| **slot > skipped).unwrap();
    let block = stage.result("getBlock", json!([later, confirmed]));
    assert_eq!(block["parentSlot"].as_u64(), Some(skipped - 1));
}

#[test]
fn history_knows_nothing_that_is_not_confirmed() {
    let mut stage = Stage::new();
    let processed = json!({"commitment": "processed"});
    let (slot, friend) = (stage.node.present().slot(), stage.friend.to_string());
    for (method, params) in [
        ("getBlock", json!([slot, processed])),
        ("getBlocks", json!([slot, processed])),
        ("getBlocks", json!([slot, slot, processed])),
        ("getBlocksWithLimit", json!([slot, 5, processed])),
        ("getTransaction", json!(["1".repeat(64), processed])),
        ("getSignaturesForAddress", json!([friend, processed])),
    ] {
        let (code, said, _) = stage.refusal(method, params);
        assert!(code == -32602 && said.contains("below `confirmed`"), "{method}: {said}");
    }
}

#[test]
fn a_range_or_a_number_too_large_is_refused() {
    let mut stage = Stage::new();
    let many: Vec<_> = (0..257).map(|_| "1").collect();
    let filters: Vec<_> = (0..5).map(|size| json!({"dataSize": size})).collect();
    let owner = stage.friend.to_string();
    for (method, params) in [
        ("getBlocks", json!([0, 500_001])),
        ("getBlocksWithLimit", json!([0, 500_001])),
        ("getSlotLeaders", json!([0, 5_001])),
        ("getRecentPerformanceSamples", json!([721])),
        ("getSignatureStatuses", json!([many])),
        ("getProgramAccounts", json!([owner, {"filters": filters}])),
    ] {
        let (code, said, _) = stage.refusal(method, params);
        assert!(code == -32602 && said.contains("max "), "{method}: {said}");
    }
    assert_eq!(stage.refusal("getInflationReward", json!([["nobody"]])).0, -32602);
    let range = json!([{"range": {"firstSlot": 2_000_000, "lastSlot": 1_999_999}}]);
    assert_eq!(stage.refusal("getBlockProduction", range).0, -32602);
}

/// A block shows the time that the clock showed in it, not when it was made.
#[test]
fn after_a_halt_a_blocks_time_is_the_clocks() {
    let mut stage = Stage::new();
    stage.result("slotstall_run", json!([{"ms": 4_000}]));
    let first = stage.result("slotstall_stall", json!([{"ms": 3_600_000}]));
    stage.result("slotstall_run", json!([{"ms": 4_000}]));
    let time = stage.result("getBlockTime", json!([first["slot"]]));
    assert_eq!(time, first["clock"]);
    assert!(first["nowMs"].as_u64().unwrap() / 1_000 - time.as_u64().unwrap() > 3_500);
    assert_eq!(stage.result("getBlock", json!([first["slot"]]))["blockTime"], time);
}

/// The token program's `Transfer`, between two accounts of one owner.
#[test]
fn a_transaction_shows_what_its_token_accounts_held() {
    let mut stage = Stage::new();
    let token: Pubkey = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA".parse().unwrap();
    let (mint, from, to) = (Pubkey::new_unique(), Pubkey::new_unique(), Pubkey::new_unique());
    let owner = stage.payer.pubkey();
    let held = |data: Vec<u8>| Account { data, lamports: SOL, owner: token, ..Account::default() };
    let mut data = vec![0; 82];
    (data[44], data[45]) = (6, 1);
    stage.node.cluster.set(mint, held(data));
    for (address, amount) in [(from, 1_500_000_u64), (to, 0)] {
        let mut data = vec![0; 165];
        data[..32].copy_from_slice(mint.as_ref());
        data[32..64].copy_from_slice(owner.as_ref());
        data[64..72].copy_from_slice(&amount.to_le_bytes());
        data[108] = 1;
        stage.node.cluster.set(address, held(data));
    }
    let accounts = vec![
        AccountMeta::new(from, false),
        AccountMeta::new(to, false),
        AccountMeta::new_readonly(owner, true),
    ];
    let data = [&[3], 500_000_u64.to_le_bytes().as_slice()].concat();
    let transfer = Instruction { program_id: token, accounts, data };
    let hash = stage.node.present().blockhash();
    let message = Message::new_with_blockhash(&[transfer], Some(&owner), &hash);
    let signed =
        VersionedTransaction::try_new(VersionedMessage::Legacy(message), &[&stage.payer]).unwrap();
    let sent = stage.result("sendTransaction", json!([super::encoded(&signed), base64()]));
    let meta = stage.result("getTransaction", json!([sent]))["meta"].clone();
    let amounts = |when: &str| {
        let list = meta[when].as_array().unwrap().iter();
        let mut amounts: Vec<_> = list
            .map(|it| {
                assert_eq!(
                    (&it["mint"], &it["owner"]),
                    (&json!(mint.to_string()), &json!(owner.to_string()))
                );
                it["uiTokenAmount"]["uiAmountString"].as_str().unwrap().to_owned()
            })
            .collect();
        amounts.sort();
        amounts
    };
    assert_eq!(amounts("preTokenBalances"), ["0", "1.5"]);
    assert_eq!(amounts("postTokenBalances"), ["0.5", "1"]);
}

#[test]
fn a_client_hears_of_a_slot_as_it_comes_in() {
    let mut stage = Stage::with(Finality::Voted);
    let mut listening = super::Subscriptions::default();
    let request = json!({"id": 1, "method": "slotsUpdatesSubscribe", "params": []});
    assert_eq!(listening.answer(&stage.node, &request).unwrap()["result"], 1);
    stage.node.run(400);
    let slot = stage.node.present().slot();
    let news = listening.news(&stage.node);
    let told: Vec<_> = news.iter().map(|it| it["params"]["result"].clone()).collect();
    assert!(news.iter().all(|it| it["method"] == "slotsUpdatesNotification"));
    assert!(told.iter().all(|it| it["slot"] == json!(slot) && it["timestamp"].is_u64()));
    let kinds: Vec<_> = told.iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["firstShredReceived", "createdBank", "completed"]);
    assert_eq!(
        answer(&mut stage.node, &json!({"id": 1, "method": "voteSubscribe"}))["error"]["code"],
        -32601
    );
    assert_eq!(listening.news(&stage.node), [Value::Null; 0]);
}
