use holdfast_client::Pubkey;
use serde_json::{Value, json};

use super::super::Motion;
use super::*;

const SOL: u64 = 150_000_000;

fn board() -> Board {
    let path = Motion::Still.paths(&[SOL]).remove(0);
    Board::new(vec![("SOL".to_owned(), Pubkey::new_from_array([1; 32]), path)], 1.0)
}

/// A board behind a port, and where that is.
async fn served() -> (Board, String) {
    let board = board();
    let address =
        serve("127.0.0.1:0".parse().unwrap(), board.clone(), Router::new()).await.unwrap();
    (board, format!("http://{address}"))
}

async fn post(url: &str, order: &Value) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("{url}/set")).body(order.to_string());
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn orders_are_obeyed() {
    let (board, url) = served().await;
    let orders = [
        (json!({"feed": "SOL", "mode": "stop"}), None, FeedFault::Stop),
        (
            json!({"feed": "SOL", "mode": "lie", "factor": 1.5}),
            None,
            FeedFault::Lie { factor: 1.5 },
        ),
        (
            json!({"feed": "SOL", "mode": "future", "seconds": 60, "price": 160.25}),
            Some(160_250_000),
            FeedFault::Future { seconds: 60 },
        ),
        (json!({"feed": "SOL", "mode": "freeze-time"}), None, FeedFault::FreezeTime),
        (json!({"feed": "SOL", "mode": "normal"}), None, FeedFault::Normal),
    ];
    for (order, price, fault) in orders {
        assert_eq!(post(&url, &order).await.0, 200, "{order}");
        board.due(0);
        let state = &board.state().feeds[0];
        assert_eq!((state.price, state.fault), (price.unwrap_or(SOL), fault));
    }
}

#[tokio::test]
async fn wrong_orders_are_refused_with_a_sentence() {
    let (board, url) = served().await;
    let before = board.state();
    let wrong = [
        (json!({"feed": "DOGE", "mode": "stop"}), "there is no feed"),
        (json!({"feed": "SOL", "mode": "lie"}), "missing field `factor`"),
        (json!({"feed": "SOL", "mode": "lie", "factor": 0.0}), "above zero"),
        (json!({"feed": "SOL", "mode": "future"}), "missing field `seconds`"),
        (json!({"feed": "SOL", "mode": "melt"}), "unknown variant `melt`"),
        (json!({"feed": "SOL"}), "missing field `mode`"),
        (json!({"feed": "SOL", "mode": "normal", "price": 0}), "between a cent and a million"),
        (json!([]), "invalid"),
    ];
    for (order, reason) in wrong {
        let (status, text) = post(&url, &order).await;
        assert!(status == 400 && text.contains(reason), "{order}: {status} {text}");
    }
    assert_eq!(board.state(), before);
}

#[tokio::test]
async fn the_state_is_shown() {
    let (board, url) = served().await;
    board.set("SOL", Some(151_500_000), FeedFault::Lie { factor: 2.0 }).unwrap();
    let due = board.due(1_000).remove(0);
    board.sent(&due.address, due.published, 42);
    let answer = reqwest::get(format!("{url}/state")).await.unwrap().text().await.unwrap();
    let wanted = json!({
        "trouble": null,
        "feeds": [{
            "feed": "SOL",
            "address": Pubkey::new_from_array([1; 32]).to_string(),
            "price": 151.5,
            "mode": "lie",
            "factor": 2.0,
            "published": {"price": 303.0, "at_ms": 1_000, "slot": 42},
        }],
    });
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), wanted);
}

#[tokio::test]
async fn others_cannot_reach_it() {
    let reason = serve("0.0.0.0:0".parse().unwrap(), board(), Router::new()).await.unwrap_err();
    assert!(reason.contains("use 127.0.0.1"), "{reason}");
}
