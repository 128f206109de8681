use holdfast_client::Pubkey;
use serde_json::{Value, json};

use super::Purse;
use crate::loopback::{page, result, serve};
use crate::rpc::Endpoint;

async fn with(account: Value) -> Endpoint {
    serve(move |_, request| result(&request, json!({"context": {"slot": 7}, "value": [account]})))
        .await
}

#[tokio::test]
async fn whoever_answers_first_says_what_it_holds() {
    let wallet = Pubkey::new_from_array([5; 32]);
    let account = json!({
        "lamports": 42,
        "owner": "11111111111111111111111111111111",
        "data": ["", "base64"],
        "executable": false,
        "rentEpoch": 0,
    });
    let dead = async || serve(|_, _| page(500, "")).await;
    let purse = Purse::holding(7);
    purse.look(&[dead().await], wallet).await;
    assert_eq!(purse.lamports(), 7, "nobody knows better");
    purse.look(&[dead().await, with(account).await], wallet).await;
    assert_eq!(purse.lamports(), 42);
    purse.look(&[with(Value::Null).await], wallet).await;
    assert_eq!(purse.lamports(), 0, "no account holds nothing");
}
