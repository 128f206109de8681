use holdfast_client::Pubkey;
use serde_json::{Value, json};

use super::WalletBalance;
use crate::loopback::{page, result, serve};
use holdfast_rpc::Endpoint;

async fn at(slot: u64, account: Value) -> Endpoint {
    serve(move |_, request| {
        result(&request, json!({"context": {"slot": slot}, "value": [account]}))
    })
    .await
}

fn holding(lamports: u64) -> Value {
    json!({
        "lamports": lamports,
        "owner": "11111111111111111111111111111111",
        "data": ["", "base64"],
        "executable": false,
        "rentEpoch": 0,
    })
}

#[tokio::test]
async fn whoever_is_furthest_says_what_it_holds() {
    let wallet = Pubkey::new_from_array([5; 32]);
    let dead = async || serve(|_, _| page(500, "")).await;
    let wallet_balance = WalletBalance::holding(7);
    wallet_balance.look(&[dead().await], wallet).await;
    assert_eq!(wallet_balance.lamports(), 7, "nobody knows better");
    let (old, new) = (at(5, holding(90)).await, at(6, holding(42)).await);
    wallet_balance.look(&[dead().await, old, new], wallet).await;
    assert_eq!(wallet_balance.lamports(), 42);
    let liar = at(u64::MAX, holding(u64::MAX)).await;
    let others = [at(8, holding(41)).await, at(8, holding(41)).await];
    let [one, other] = others;
    wallet_balance.look(&[liar, one, other], wallet).await;
    assert_eq!(wallet_balance.lamports(), 41, "one of three decides nothing");
    wallet_balance.look(&[at(7, Value::Null).await], wallet).await;
    assert_eq!(wallet_balance.lamports(), 0, "no account holds nothing");
}
